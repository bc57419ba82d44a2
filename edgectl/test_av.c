/* test av-edge, test p2p-av: the way a client takes, in the words of
 * Test-CsAVEdgeConnectivity and Test-CsP2PAV. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "edgectl/cert_topology.h"
#include "edgectl/ctl.h"
#include "edgectl/mras_xml.h"
#include "edgectl/rtp.h"
#include "edgectl/session.h"
#include "edgectl/test_input.h"
#include "edgectl/test_report.h"

enum {
	ANSWER_MS = 10000,
	PACKETS = 100,	     /* 2 s of speech */
	PACKETS_MAX = 15000, /* 5 minutes */
	LOSS_PERCENT = 5,    /* more is a failure: speech suffers */
};

struct trial {
	struct ctl_report report;
	struct ctl *c;
	const struct topo *topo;
	struct ctl_wire_plan sip;
	bool udp, tcp;
	uint32_t packets;
};

static bool ask(struct trial *t, struct ctl_session *s,
		const struct ctl_person *p, struct ctl_mras_answer *answer)
{
	char body[2048], uri[600];
	struct edge_slice got;
	uint64_t since = ctl_report_now_us();

	snprintf(uri, sizeof(uri), "sip:%s@%s;gruu;opaque=srvr:MRAS:edgectl",
		 t->topo->mras_user, strchr(p->aor, '@') + 1);
	got = ctl_mras_ask(body, sizeof(body), p->aor, uri,
			   strcmp(p->location, "both") ? p->location : NULL);
	if (ctl_session_service(s, uri, CTL_MRAS_TYPE, got, &got))
		return ctl_report_fail(&t->report, "TEST-002", uri,
				       ctl_session_why(s));
	if (ctl_mras_decode(answer, got))
		return ctl_report_fail(&t->report, "TEST-002", uri,
				       "its answer is not understood");
	if (strcmp(answer->reason, "OK") != 0)
		return ctl_report_fail(&t->report, "TEST-002", uri,
				       answer->reason);
	ctl_report_step(&t->report, "credentials", since,
			"%s, for %" PRIu32 " minutes, relays: %zu", p->aor,
			answer->minutes, answer->relay_count);
	return true;
}

/* Signs in, gets credentials, signs out. */
static bool credentials(struct trial *t, const struct ctl_person *p,
			struct ctl_mras_answer *answer)
{
	const struct ctl_user u = {
		.aor = p->aor, .name = p->name, .password = p->password};
	struct ctl_session *s = NULL;
	char at[EDGE_ADDR_STRLEN];
	uint64_t since = ctl_report_now_us();
	bool good;

	edge_addr_print(&t->sip.server, at);
	if (ctl_session_open(&s, &t->sip, &u, t->report.why,
			     sizeof(t->report.why)))
		return ctl_report_fail(&t->report, "TEST-001", at,
				       "sign-in failed");
	ctl_report_step(&t->report, "sign-in", since, "%s at %s, %s", p->aor,
			at, ctl_session_tls(s));
	good = ask(t, s, p, answer);
	ctl_session_close(s);
	return good;
}

static bool allocate(struct trial *t, struct ctl_turn **out,
		     const struct ctl_mras_answer *a,
		     const struct ctl_mras_relay *r, bool is_tcp)
{
	struct ctl_turn_plan plan = {
		.is_tcp = is_tcp,
		.username = edge_slice(a->username, a->username_len),
		.password = edge_slice(a->password, a->password_len),
		.ms = ANSWER_MS,
	};
	char at[EDGE_ADDR_STRLEN], relayed[EDGE_ADDR_STRLEN];
	uint64_t since = ctl_report_now_us();

	if (!ctl_input_resolve(&plan.server, r->host,
			       is_tcp ? r->tcp_port : r->udp_port, t->topo)) {
		return ctl_report_fail(&t->report, "TEST-003", r->host,
				       "it has no address here");
	}
	edge_addr_print(&plan.server, at);
	if (ctl_turn_open(out, &plan, t->report.why, sizeof(t->report.why)))
		return ctl_report_fail(&t->report, "TEST-003", at,
				       "allocation failed");
	edge_addr_print(ctl_turn_relayed(*out), relayed);
	ctl_report_step(
		&t->report, "allocation", since, "%s over %s (%s) gives %s", at,
		is_tcp ? "TCP with pseudo-TLS" : "UDP", r->location, relayed);
	return true;
}

/* Every relay of the answer, over what it offers and we want. */
static bool try_relays(struct trial *t, const struct ctl_mras_answer *a)
{
	bool good = true, any = false;

	for (size_t i = 0; i < a->relay_count; i++) {
		const struct ctl_mras_relay *r = &a->relays[i];

		for (int tcp = 0; tcp < 2; tcp++) {
			struct ctl_turn *turn = NULL;

			if (tcp ? !t->tcp || !r->tcp_port
				: !t->udp || !r->udp_port)
				continue;
			any = true;
			*t->report.why = '\0';
			good &= allocate(t, &turn, a, r, tcp);
			ctl_turn_close(turn);
		}
	}
	return any ? good
		   : ctl_report_fail(&t->report, "TEST-003", "mediaRelayList",
				     "no relay with the wanted transport");
}

static bool tell_way(struct trial *t, const char *from, const char *to,
		     const struct ctl_rtp_way *w)
{
	double loss = w->sent ? 100.0 * (w->sent - w->received) / w->sent : 100;

	ctl_say(t->c,
		"media       %s to %s: sent %" PRIu32 " received %" PRIu32
		" bad %" PRIu32 ", loss %.1f %%, latency %.2f ms, worst %.2f "
		"ms",
		from, to, w->sent, w->received, w->bad, loss,
		w->average_us / 1000.0, w->worst_us / 1000.0);
	json_array_append_new(
		t->report.steps,
		json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:f, s:f, s:f}",
			  "step", "media", "from", from, "to", to, "sent",
			  (int)w->sent, "received", (int)w->received, "bad",
			  (int)w->bad, "loss_percent", loss, "latency_ms",
			  w->average_us / 1000.0, "worst_ms",
			  w->worst_us / 1000.0));
	return w->sent && !w->bad && loss <= LOSS_PERCENT;
}

static bool talk(struct trial *t, struct ctl_turn *end[2],
		 const struct ctl_person *p)
{
	const struct ctl_rtp_plan plan = {.end = {end[0], end[1]},
					  .packets = t->packets,
					  .is_stream = t->tcp};
	struct ctl_rtp_way way[2];
	uint64_t since = ctl_report_now_us();
	enum edge_err err;
	bool is_good;

	for (int i = 0; i < 2; i++)
		if (ctl_turn_set_peer(end[i], ctl_turn_relayed(end[1 - i]),
				      t->report.why, sizeof(t->report.why)))
			return ctl_report_fail(&t->report, "TEST-003", p[i].aor,
					       "");
	ctl_report_step(&t->report, "connection", since,
			"each is the other's destination");
	err = ctl_rtp_run(way, &plan);
	if (err)
		return ctl_report_fail(&t->report, "TEST-004", "media",
				       ctl_reason(err));
	is_good = tell_way(t, p[0].aor, p[1].aor, &way[0]);
	is_good &= tell_way(t, p[1].aor, p[0].aor, &way[1]); /* both are told */
	if (is_good)
		return true;
	return ctl_report_fail(&t->report, "TEST-004", "media",
			       "packets were lost or came altered");
}

/* One relay of the answer with the wanted transport. */
static const struct ctl_mras_relay *choose(const struct trial *t,
					   const struct ctl_mras_answer *a)
{
	for (size_t i = 0; i < a->relay_count; i++)
		if (t->tcp ? a->relays[i].tcp_port : a->relays[i].udp_port)
			return &a->relays[i];
	return NULL;
}

static bool connect_both(struct trial *t, const struct ctl_person p[2],
			 const struct ctl_mras_answer a[2])
{
	struct ctl_turn *end[2] = {NULL, NULL};
	bool good = true;

	for (int i = 0; i < 2 && good; i++) {
		const struct ctl_mras_relay *r = choose(t, &a[i]);

		good = r ? allocate(t, &end[i], &a[i], r, t->tcp)
			 : ctl_report_fail(
				   &t->report, "TEST-003", "mediaRelayList",
				   "no relay with the wanted transport");
	}
	good = good && talk(t, end, p);
	ctl_turn_close(end[0]);
	ctl_turn_close(end[1]);
	return good;
}

static bool run_av_edge(struct trial *t, const struct ctl_person *p)
{
	struct ctl_mras_answer *a = calloc(1, sizeof(*a));
	bool good = a && credentials(t, p, a) && try_relays(t, a);

	if (a)
		edge_wipe(a, sizeof(*a));
	free(a);
	return good;
}

static bool run_p2p(struct trial *t, const struct ctl_person p[2])
{
	struct ctl_mras_answer *a = calloc(2, sizeof(*a));
	bool good = a && credentials(t, &p[0], &a[0]) &&
		    credentials(t, &p[1], &a[1]) && connect_both(t, p, a);

	if (a)
		edge_wipe(a, 2 * sizeof(*a));
	free(a);
	return good;
}

struct wishes { /* options of both verbs */
	const char *sip, *location, *protocol, *packets;
};

/* Where its relay is to be; what is not said of it is said of all. */
static enum ctl_exit locate(struct ctl *c, struct ctl_person *p,
			    const struct wishes *w)
{
	if (!p->location)
		p->location = w->location ? w->location : "internet";
	if (strcmp(p->location, "internet") != 0 &&
	    strcmp(p->location, "intranet") != 0 &&
	    strcmp(p->location, "both") != 0)
		return ctl_usage(c, "a location is internet, intranet or both");
	return CTL_GOOD;
}

static enum ctl_exit prepare(struct trial *t, const struct wishes *w)
{
	uint64_t packets = PACKETS;
	enum ctl_exit exit = ctl_config(t->c);

	if (exit)
		return exit;
	if (w->packets &&
	    (!ctl_number(t->c, "--packets", w->packets, &packets) ||
	     packets > PACKETS_MAX))
		return ctl_usage(t->c, "--packets: at most %d", PACKETS_MAX);
	t->packets = (uint32_t)packets;
	if (w->protocol && strcmp(w->protocol, "udp") != 0 &&
	    strcmp(w->protocol, "tcp") != 0)
		return ctl_usage(t->c, "--protocol wants udp or tcp");
	t->tcp = w->protocol && !strcmp(w->protocol, "tcp");
	t->udp = !t->tcp;
	t->topo = ctl_cert_topology(t->c, "nothing says where to test");
	if (!t->topo)
		return CTL_IO;
	t->sip = (struct ctl_wire_plan){
		.name = t->topo->access_name,
		.trust = t->c->config->trust.public_roots,
		.ms = ANSWER_MS,
	};
	if (!ctl_input_server(&t->sip.server, w->sip, t->topo))
		return ctl_fail(t->c, EDGE_EDNS, "TEST-001",
				w->sip ? w->sip : t->topo->access_name,
				"it has no address here");
	ctl_report_begin(&t->report, t->c, t->topo->pool);
	return CTL_GOOD;
}

enum ctl_exit ctl_test_av_edge(struct ctl *c, int argc, char **argv)
{
	struct wishes w = {NULL, NULL, NULL, NULL};
	struct ctl_person p = {.role = "user"};
	const struct ctl_option options[] = {
		{"user-sip-address", &p.aor, NULL},
		{"user-name", &p.given_name, NULL},
		{"user-password-file", &p.password_file, NULL},
		{"sip", &w.sip, NULL},
		{"location", &w.location, NULL},
		{"protocol", &w.protocol, NULL},
	};
	struct trial t = {.c = c};
	enum ctl_exit exit = ctl_options(c, options, 6, &argc, argv);

	if (!exit && argc)
		exit = ctl_usage(c, "test av-edge wants no words");
	if (!exit)
		exit = ctl_person_check(c, &p);
	if (!exit)
		exit = locate(c, &p, &w);
	if (!exit)
		exit = prepare(&t, &w);
	if (!exit) {
		t.udp |= !w.protocol;
		t.tcp |= !w.protocol;
		exit = ctl_report_end(&t.report, run_av_edge(&t, &p));
	}
	ctl_person_fini(&p);
	topo_drop(t.topo);
	return exit;
}

enum ctl_exit ctl_test_p2p_av(struct ctl *c, int argc, char **argv)
{
	struct wishes w = {NULL, NULL, NULL, NULL};
	struct ctl_person p[2] = {{.role = "sender"}, {.role = "receiver"}};
	const struct ctl_option options[] = {
		{"sender-sip-address", &p[0].aor, NULL},
		{"sender-name", &p[0].given_name, NULL},
		{"sender-password-file", &p[0].password_file, NULL},
		{"sender-location", &p[0].location, NULL},
		{"receiver-sip-address", &p[1].aor, NULL},
		{"receiver-name", &p[1].given_name, NULL},
		{"receiver-password-file", &p[1].password_file, NULL},
		{"receiver-location", &p[1].location, NULL},
		{"sip", &w.sip, NULL},
		{"location", &w.location, NULL},
		{"protocol", &w.protocol, NULL},
		{"packets", &w.packets, NULL},
	};
	struct trial t = {.c = c};
	enum ctl_exit exit = ctl_options(c, options, 12, &argc, argv);

	if (!exit && argc)
		exit = ctl_usage(c, "test p2p-av wants no words");
	for (int i = 0; i < 2 && !exit; i++)
		exit = ctl_person_check(c, &p[i]);
	for (int i = 0; i < 2 && !exit; i++)
		exit = locate(c, &p[i], &w);
	if (!exit)
		exit = prepare(&t, &w);
	if (!exit)
		exit = ctl_report_end(&t.report, run_p2p(&t, p));
	ctl_person_fini(&p[0]);
	ctl_person_fini(&p[1]);
	topo_drop(t.topo);
	return exit;
}
