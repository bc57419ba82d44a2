/* doctor, family SVC: credentials of A/V authentication, and an allocation at
 * every relay that they are for, ours and those of the pool. */
#include "edgectl/doctor_svc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "edgectl/keyring.h"
#include "edgectl/mras_xml.h"
#include "edgectl/svc_judge.h"
#include "edgectl/turn.h"

enum {
	ASK_TEXT = 2048,
	ANSWER_MS = 1500, /* ours: of a relay of this host [ms] */
	MEMBERS = 8,	  /* ours: asked of a pool */
	WHY = 200,
};

struct relays {
	struct ctl_doctor *d;
	struct ctl_mras_answer answer;
	unsigned good;
};

/* -- credentials --------------------------------------------------------- */

static enum edge_err post(struct ctl_doctor *d, struct edge_admin_answer *a)
{
	char xml[ASK_TEXT], who[300];
	struct edge_slice ask;
	struct edge_admin_question q = {
		.run = d->c->config->run,
		.daemon = ctl_daemons[CTL_AV],
		.method = "POST",
		.path = "/v1/mras/try",
		.ms = d->c->answer_ms,
	};
	enum edge_err err = EDGE_ENOMEM;
	char *body = NULL;
	json_t *o;

	snprintf(who, sizeof(who), "sip:edgectl@%.250s", d->topo->pool);
	ask = ctl_mras_ask(xml, sizeof(xml), who, who, NULL);
	o = json_pack("{s:s#}", "request", (const char *)ask.p,
		      (size_t)edge_slice_len(ask));
	if (o)
		body = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (body) {
		q.json = edge_slice_str(body);
		err = edge_admin_call(a, &q);
	}
	free(body);
	return err;
}

/* Texts of the answer that are on no heap of ours afterwards, but jansson's. */
static enum edge_err read_answer(struct ctl_mras_answer *out,
				 const struct edge_admin_answer *a)
{
	json_t *o = json_loads(a->body ? a->body : "", 0, NULL);
	const char *xml = json_string_value(json_object_get(o, "response"));
	enum edge_err err = EDGE_EFORMAT;

	if (a->status == 200 && xml)
		err = ctl_mras_decode(out, edge_slice_str(xml));
	json_decref(o);
	return err;
}

static bool mint(struct relays *r)
{
	struct ctl_doctor *d = r->d;
	struct edge_admin_answer a = {0};
	enum edge_err err = post(d, &a);

	if (!err)
		err = read_answer(&r->answer, &a);
	if (a.body)
		edge_wipe(a.body, strlen(a.body));
	free(a.body);
	if (!err && !strcmp(r->answer.reason, "OK")) {
		ctl_doctor_good(d,
				"A/V authentication makes credentials for "
				"%zu relays",
				r->answer.relay_count);
		return true;
	}
	ctl_cure_add(&d->cure, CTL_ON_EDGE, "systemctl restart av-edge");
	if (err)
		ctl_doctor_bad(d, TOPO_ERROR, "SVC-008", "av-edge",
			       "no credentials: %s", ctl_reason(err));
	else
		ctl_doctor_bad(d, TOPO_ERROR, "SVC-008", "av-edge",
			       "its answer is \"%s\"", r->answer.reason);
	return false;
}

/* -- allocations --------------------------------------------------------- */

static enum edge_err allocate(struct relays *r, const struct edge_addr *at,
			      const struct ctl_local *side, bool is_tcp,
			      char why[WHY])
{
	const struct ctl_mras_answer *a = &r->answer;
	const struct ctl_turn_plan plan = {
		.server = *at,
		.local = side->local,
		.device = side->device,
		.is_tcp = is_tcp,
		.username = edge_slice(a->username, a->username_len),
		.password = edge_slice(a->password, a->password_len),
		.ms = ANSWER_MS,
	};
	struct ctl_turn *t = NULL;
	enum edge_err err;

	why[0] = '\0';
	err = ctl_turn_open(&t, &plan, why, WHY);
	ctl_turn_close(t);
	return err;
}

/* A relay of this host: what it is named stands for our own listener, whatever
 * a translation puts in front of it. */
static void own(struct relays *r, enum topo_port_kind kind)
{
	const struct topo_listen *l = &r->d->topo->listen[kind];
	const bool is_tcp = kind == TOPO_PORT_AV_INSIDE_TCP ||
			    kind == TOPO_PORT_AV_OUTSIDE_TCP;
	const bool is_inside = kind == TOPO_PORT_AV_INSIDE_TCP ||
			       kind == TOPO_PORT_AV_INSIDE_UDP;
	struct ctl_local side;
	char text[EDGE_ADDR_STRLEN], why[WHY];

	if (!l->present || ctl_doctor_is_cut_off(r->d, &l->addr, is_inside))
		return;
	if (is_inside)
		ctl_local_inside(&side, r->d);
	else
		ctl_local_outside(&side, r->d, kind);
	if (!side.is_here)
		return;
	edge_addr_print(&l->addr, text);
	if (!allocate(r, &l->addr, &side, is_tcp, why)) {
		r->good++;
		return;
	}
	if (r->d->is_firewall_bad)
		return; /* FW says it */
	ctl_cure_add(&r->d->cure, CTL_ON_EDGE, "systemctl restart av-edge");
	ctl_doctor_bad(r->d, TOPO_ERROR, "SVC-009", "av-edge",
		       "allocation at %s/%s: %s", text, is_tcp ? "tcp" : "udp",
		       why);
}

static void all_of_ours(struct relays *r)
{
	for (size_t i = 0; i < r->answer.relay_count; i++) {
		const struct ctl_mras_relay *m = &r->answer.relays[i];
		const bool is_inside = !strcmp(m->location, "intranet");

		if (m->udp_port)
			own(r, is_inside ? TOPO_PORT_AV_INSIDE_UDP
					 : TOPO_PORT_AV_OUTSIDE_UDP);
		if (m->tcp_port)
			own(r, is_inside ? TOPO_PORT_AV_INSIDE_TCP
					 : TOPO_PORT_AV_OUTSIDE_TCP);
	}
	if (r->good)
		ctl_doctor_good(r->d, "%u allocations at this host's relay",
				r->good);
}

/* -- the other members --------------------------------------------------- */

/* The i-th address is the i-th member's, when each has one. */
static const char *member_of(const struct topo *t, size_t i, const char *text)
{
	return t->member_count == t->av_member_count ? t->members[i].fqdn
						     : text;
}

static void other_key(struct ctl_doctor *d, const char *name, const char *text)
{
	const struct edge_config *c = d->c->config;
	struct ctl_av_pair p = {
		.host = d->topo->self,
		.chain = c->certificate[EDGE_CERT_AV_AUTH].chain,
		.key = c->certificate[EDGE_CERT_AV_AUTH].key,
		.is_now = true,
	};
	const char *stored = edge_config_credential(p.key);
	char path[CTL_CURE_LINE];

	if (stored) { /* where systemd takes it from */
		(void)snprintf(path, sizeof(path), "/etc/credstore/%s", stored);
		p.key = path;
	}
	ctl_av_pair_share(&d->cure, &p);
	ctl_cure_add(&d->cure, CTL_ON_MEMBER, "systemctl reload av-edge");
	ctl_doctor_bad(d, TOPO_ERROR, "CERT-004", name,
		       "the relay at %s refuses a credential of this host: "
		       "another A/V key",
		       text);
}

static void member(struct relays *r, size_t i)
{
	struct ctl_doctor *d = r->d;
	const enum topo_port_kind kind = TOPO_PORT_AV_OUTSIDE_UDP;
	struct edge_addr at = d->topo->av_members[i];
	struct ctl_local side;
	char text[EDGE_ADDR_STRLEN], why[WHY];
	const char *name;
	enum edge_err err;

	at.port = d->topo->listen[kind].addr.port;
	edge_addr_print(&at, text);
	name = member_of(d->topo, i, text);
	ctl_local_outside(&side, d, kind);
	if (side.local.family != at.family || !side.is_here)
		return; /* the same relay by another family */
	err = allocate(r, &at, &side, false, why);
	if (!err)
		ctl_doctor_good(d, "%s takes credentials of this host", name);
	else if (err == EDGE_EDENIED)
		other_key(d, name, text);
	else {
		ctl_cure_add(&d->cure, CTL_ON_MEMBER,
			     "systemctl restart av-edge");
		ctl_doctor_bad(d, TOPO_WARN, "SVC-013", name, "%s/udp: %s",
			       text, why);
	}
}

void ctl_svc_relay(struct ctl_doctor *d)
{
	const json_t *status = d->status[CTL_AV];
	struct relays *r;

	if (strcmp(ctl_json_text(status, "state"), "ready") != 0 ||
	    d->bad_certificates & 1U << EDGE_CERT_AV_AUTH)
		return; /* said already */
	r = calloc(1, sizeof(*r));
	if (!r)
		return;
	r->d = d;
	if (mint(r)) {
		all_of_ours(r);
		for (size_t i = 0; i < d->topo->av_member_count && i < MEMBERS;
		     i++)
			member(r, i);
	}
	edge_wipe(r, sizeof(*r));
	free(r);
}
