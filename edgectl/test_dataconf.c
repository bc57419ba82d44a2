/* test dataconf: two participants share a content, in the words of
 * Test-CsDataConference. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "edgectl/cert_topology.h"
#include "edgectl/ctl.h"
#include "edgectl/dataconf_share.h"
#include "edgectl/test_input.h"
#include "edgectl/test_report.h"
#include "topology/file.h"

enum {
	ANSWER_MS = 10000,
	PROXY_BUSY = 503, /* WC 5.3: the one code that another may not give */
	CONTENT_BYTES = 1 << 20, /* ours: a slide or two */
	CONTENT_MAX = 64 << 20,
};

static const char *const roles[CTL_SHARE_PEOPLE] = {"sender", "receiver"};

struct trial {
	struct ctl_report report;
	struct ctl *c;
	const struct topo *topo;
	struct ctl_join join[CTL_SHARE_PEOPLE];
	struct ctl_share share;
	char place[400]; /* of the proxy tried last */
};

/* ---- joining ---- */

/* Random order, so that edges share the participants (WC 5.3). */
static void shuffle(size_t order[CTL_JOIN_PROXIES], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t j = edge_random_u32() % (i + 1);

		order[i] = order[j];
		order[j] = i;
	}
}

/* *is_final: another proxy would not do better. */
static bool try_proxy(struct trial *t, int who, const struct ctl_proxy *p,
		      bool *is_final)
{
	struct ctl_wire_plan at = {.name = p->host,
				   .trust = t->c->config->trust.public_roots,
				   .ms = ANSWER_MS};
	uint64_t since = ctl_report_now_us();
	struct ctl_seat_fault fault = {.why = "it has no address here"};
	char where[EDGE_ADDR_STRLEN] = "?";
	enum edge_err err = EDGE_EDNS;

	if (ctl_input_resolve(&at.server, p->host, p->port, t->topo)) {
		edge_addr_print(&at.server, where);
		err = ctl_seat_open(&t->share.seat[who], t->share.lines,
				    &t->join[who], &at, &fault);
	}
	snprintf(t->place, sizeof(t->place), "%s at %s:%u (%s)", roles[who],
		 p->host, p->port, where);
	if (!err) {
		ctl_report_step(&t->report, "join", since, "%s, %s, session %s",
				t->place, ctl_seat_tls(t->share.seat[who]),
				ctl_seat_session(t->share.seat[who]));
		return true;
	}
	*is_final = err == EDGE_EREFUSED && fault.code != PROXY_BUSY;
	snprintf(t->report.why, sizeof(t->report.why), "%s", fault.why);
	return false;
}

static bool join(struct trial *t, int who)
{
	size_t order[CTL_JOIN_PROXIES] = {0};
	const struct ctl_join *j = &t->join[who];
	bool is_final = false;

	if (!j->proxy_count)
		return ctl_report_fail(&t->report, "TEST-006", roles[who],
				       "the list of proxies is empty: the "
				       "conferencing server is registered at "
				       "no edge");
	shuffle(order, j->proxy_count);
	for (size_t i = 0; i < j->proxy_count && !is_final; i++) {
		if (i)
			ctl_say(t->c, "%-11s %s: %s; trying the next", "proxy",
				t->place, t->report.why);
		if (try_proxy(t, who, &j->proxies[order[i]], &is_final)) {
			*t->report.why = '\0';
			return true;
		}
	}
	return ctl_report_fail(&t->report, "TEST-006", t->place, "");
}

static bool run(struct trial *t)
{
	bool good;

	if (ctl_lines_new(&t->share.lines))
		return ctl_report_fail(&t->report, "TEST-006", "conference",
				       ctl_reason(EDGE_ESYS));
	good = join(t, CTL_SENDER) && join(t, CTL_RECEIVER) &&
	       ctl_share_run(&t->share);
	ctl_share_leave(&t->share);
	ctl_lines_free(t->share.lines);
	return good;
}

/* ---- input ---- */

static enum ctl_exit read_join(struct trial *t, int who, const char *path)
{
	uint8_t *text = NULL;
	size_t len = 0;
	char why[160] = "";
	enum edge_err err =
		topo_file_read(&text, &len, AT_FDCWD, path, CTL_JOIN_MAX_BYTES);

	if (!err)
		err = ctl_join_decode(&t->join[who], edge_slice(text, len), why,
				      sizeof(why));
	if (text)
		edge_wipe(text, len);
	free(text);
	if (*why) /* it was read: the input is wrong */
		err = EDGE_EFORMAT;
	return err ? ctl_fail(t->c, err, "TEST-008", path, "%s",
			      *why ? why : ctl_reason(err))
		   : CTL_GOOD;
}

static enum ctl_exit prepare(struct trial *t, const char *bytes)
{
	uint64_t len = CONTENT_BYTES;
	enum ctl_exit exit = ctl_config(t->c);

	if (exit)
		return exit;
	if (bytes &&
	    (!ctl_number(t->c, "--bytes", bytes, &len) || len > CONTENT_MAX))
		return ctl_usage(t->c, "--bytes: at most %d", CONTENT_MAX);
	t->topo = ctl_cert_topology(t->c, "nothing says where to test");
	if (!t->topo)
		return CTL_IO;
	t->share.len = (size_t)len;
	t->share.report = &t->report;
	t->share.ms = ANSWER_MS;
	ctl_report_begin(&t->report, t->c, t->topo->pool);
	return CTL_GOOD;
}

static void fini(struct trial *t)
{
	edge_wipe(t->join, sizeof(t->join));
	topo_drop(t->topo);
}

enum ctl_exit ctl_test_dataconf(struct ctl *c, int argc, char **argv)
{
	const char *path[CTL_SHARE_PEOPLE] = {NULL, NULL}, *bytes = NULL;
	const struct ctl_option options[] = {
		{"sender-join", &path[CTL_SENDER], NULL},
		{"receiver-join", &path[CTL_RECEIVER], NULL},
		{"bytes", &bytes, NULL},
	};
	struct trial t = {.c = c};
	enum ctl_exit exit = ctl_options(c, options, 3, &argc, argv);

	if (!exit && argc)
		exit = ctl_usage(c, "test dataconf wants no words");
	if (!exit && (!path[CTL_SENDER] || !path[CTL_RECEIVER]))
		exit = ctl_usage(c, "--sender-join and --receiver-join are "
				    "wanted: files with the connection-info "
				    "of an addUser response");
	for (int who = 0; who < CTL_SHARE_PEOPLE && !exit; who++)
		exit = read_join(&t, who, path[who]);
	if (!exit)
		exit = prepare(&t, bytes);
	if (!exit)
		exit = ctl_report_end(&t.report, run(&t));
	fini(&t);
	return exit;
}
