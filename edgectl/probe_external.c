/* The verb: options to a plan, a walk, the tree as text or JSON. */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/dns_name.h"
#include "edgectl/ctl.h"
#include "edgectl/probe_dns.h"
#include "edgectl/probe_tls.h"
#include "edgectl/probe_walk.h"

enum {
	TIMEOUT_S = 5,	    /* ours: for each step [s] */
	TIMEOUT_MAX_S = 60, /* ours [s] */
};

struct words {
	const char *dns, *address, *trust, *timeout, *sip, *webconf, *av,
		*without;
};

/* NAME[:PORT]; text NULL: stays as it is. */
static enum ctl_exit read_place(struct ctl *c, struct ctl_probe_place *out,
				const char *option, const char *text)
{
	struct edge_slice rest = edge_slice_str(text), host;
	char name[EDGE_DNS_NAME_LEN];
	uint64_t port = 0;

	if (!text)
		return CTL_GOOD;
	if (!edge_take_until(&rest, ':', &host))
		host = rest;
	else if (!edge_slice_u64(rest, 65535, &port) || !port)
		return ctl_usage(c, "--%s \"%.60s\": want NAME[:PORT]", option,
				 text);
	if (!edge_slice_copy(name, sizeof(name), host) ||
	    !edge_dns_name_clean(out->name, name))
		return ctl_usage(c, "--%s \"%.60s\": want NAME[:PORT]", option,
				 text);
	out->port = (uint16_t)port;
	return CTL_GOOD;
}

static bool leave_out(struct ctl_probe_plan *p, struct edge_slice name)
{
	for (int i = 0; i < CTL_PROBE_PARTS; i++)
		if (edge_slice_eq_str(
			    name, ctl_probe_part_name((enum ctl_probe_part)i)))
			return p->without[i] = true;
	return false;
}

static enum ctl_exit read_without(struct ctl *c, struct ctl_probe_plan *p,
				  const char *text)
{
	struct edge_slice rest = edge_slice_str(text), one;

	while (rest.p < rest.end) {
		if (!edge_take_until(&rest, ',', &one)) {
			one = rest;
			rest.p = rest.end;
		}
		if (!leave_out(p, one))
			return ctl_usage(c,
					 "--without \"%.60s\": want sign-in, "
					 "federation, webconf, av, xmpp",
					 text);
	}
	return CTL_GOOD;
}

static bool can_send_from(const struct edge_addr *a)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(a, &sa);
	int fd = socket(a->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool can = fd >= 0 && !bind(fd, (const struct sockaddr *)&sa, len);

	if (fd >= 0)
		close(fd);
	return can;
}

static enum ctl_exit read_plan(struct ctl *c, struct ctl_probe_plan *p,
			       const struct words *w)
{
	uint64_t s = TIMEOUT_S;

	if (w->timeout && !ctl_number(c, "--timeout", w->timeout, &s))
		return CTL_USAGE;
	if (s > TIMEOUT_MAX_S)
		return ctl_usage(c, "--timeout \"%.20s\": at most %d s",
				 w->timeout, TIMEOUT_MAX_S);
	p->ms = (uint32_t)s * 1000;
	if (w->address &&
	    edge_addr_parse(&p->local, edge_slice_str(w->address), 0))
		return ctl_usage(c, "--address \"%.60s\": want an IP address",
				 w->address);
	if (w->address && !can_send_from(&p->local))
		return ctl_usage(c,
				 "--address %.60s: not an address of this "
				 "host",
				 w->address);
	if (read_place(c, &p->sip, "sip", w->sip) ||
	    read_place(c, &p->webconf, "webconf", w->webconf) ||
	    read_place(c, &p->av, "av", w->av))
		return CTL_USAGE;
	return read_without(c, p, w->without);
}

static enum ctl_exit read_words(struct ctl *c, struct ctl_probe_plan *p,
				struct words *w, int argc, char **argv)
{
	const struct ctl_option options[] = {
		{"dns", &w->dns, NULL},	    {"address", &w->address, NULL},
		{"trust", &w->trust, NULL}, {"timeout", &w->timeout, NULL},
		{"sip", &w->sip, NULL},	    {"webconf", &w->webconf, NULL},
		{"av", &w->av, NULL},	    {"without", &w->without, NULL},
	};

	if (ctl_options(c, options, sizeof(options) / sizeof(*options), &argc,
			argv))
		return CTL_USAGE;
	if (argc != 1)
		return ctl_usage(c, "probe external wants one DOMAIN");
	if (!edge_dns_name_clean(p->domain, argv[0]))
		return ctl_usage(c, "\"%.80s\" is not a domain", argv[0]);
	return read_plan(c, p, w);
}

/* ---- the answer */

static struct json_t *node_json(const struct ctl_probe_tree *t, size_t n)
{
	const struct ctl_probe_node *node = &t->nodes[n];
	struct json_t *made = json_pack("{s:s, s:s}", "state",
					ctl_probe_state_name(node->state),
					"text", node->text);
	struct json_t *children = json_array();

	if (node->id) {
		const struct ctl_probe_advice *a = ctl_probe_advice(node->id);

		json_object_set_new(made, "id", json_string(node->id));
		json_object_set_new(made, "saw", json_string(node->saw));
		json_object_set_new(made, "users", json_string(a->users));
		json_object_set_new(made, "fix", json_string(a->fix));
	}
	for (size_t i = n + 1; i < t->count; i++)
		if (t->nodes[i].parent == n)
			json_array_append_new(children, node_json(t, i));
	json_object_set_new(made, "below", children);
	return made;
}

static void put_json(struct ctl *c, const struct ctl_probe_tree *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct ctl_probe_node *n = &t->nodes[i];

		if (n->id)
			ctl_find(c,
				 n->state == CTL_PROBE_BAD ? TOPO_ERROR
							   : TOPO_WARN,
				 n->id, n->text, "%s", n->saw);
	}
	ctl_put(c, "tree", node_json(t, CTL_PROBE_ROOT));
	ctl_put_number(c, "good", t->states[CTL_PROBE_GOOD]);
	ctl_put_number(c, "bad", t->states[CTL_PROBE_BAD]);
	ctl_put_number(c, "warnings", t->states[CTL_PROBE_WARN]);
	ctl_put_number(c, "skipped", t->states[CTL_PROBE_SKIPPED]);
}

static enum ctl_exit answer(struct ctl *c, const struct ctl_probe_run *r)
{
	const unsigned *n = r->tree->states;

	if (ctl_probe_is_deaf(r))
		return ctl_fail(c, EDGE_EDNS, "PROBE-001", r->plan->domain,
				"no DNS server gave an answer");
	if (c->json) {
		put_json(c, r->tree);
	} else {
		ctl_probe_print(stdout, r->tree);
		printf("%u good, %u bad, %u warnings, %u not tried\n",
		       n[CTL_PROBE_GOOD], n[CTL_PROBE_BAD], n[CTL_PROBE_WARN],
		       n[CTL_PROBE_SKIPPED]);
	}
	return n[CTL_PROBE_BAD] || n[CTL_PROBE_WARN] ? CTL_WARNINGS : CTL_GOOD;
}

static enum ctl_exit run(struct ctl *c, struct ctl_probe_run *r,
			 const struct words *w)
{
	const struct ctl_probe_dns_plan dns = {
		.servers = w->dns, .local = r->plan->local, .ms = r->plan->ms};
	char why[160] = "";
	enum edge_err err =
		ctl_probe_roots_new(&r->roots, w->trust, why, sizeof(why));

	if (err)
		return ctl_fail(c, EDGE_ESYS, "CTL-007",
				w->trust ? w->trust : "the system's roots",
				"%s", why);
	err = ctl_probe_dns_new(&r->dns, &dns, why, sizeof(why));
	if (err == EDGE_EFORMAT)
		return ctl_usage(c, "%s", why);
	if (err)
		return ctl_fail(c, EDGE_EDNS, "PROBE-001", r->plan->domain,
				"%s", why);
	ctl_probe_walk(r);
	return answer(c, r);
}

enum ctl_exit ctl_probe_external(struct ctl *c, int argc, char **argv)
{
	struct ctl_probe_plan plan = {0};
	struct ctl_probe_run *r;
	struct words w = {0};
	enum ctl_exit exit = read_words(c, &plan, &w, argc, argv);

	if (exit)
		return exit;
	signal(SIGPIPE, SIG_IGN); /* who hangs up is told as such */
	exit = CTL_IO;
	r = calloc(1, sizeof(*r));
	if (!r)
		return exit;
	r->plan = &plan;
	r->line.fd = -1;
	r->tree = ctl_probe_tree_new(plan.domain);
	if (r->tree)
		exit = run(c, r, &w);
	ctl_probe_tree_free(r->tree);
	ctl_probe_dns_free(r->dns);
	ctl_probe_roots_free(r->roots);
	free(r);
	return exit;
}
