/* From the domain to its services, as DNS publishes them; and what it must not
 * publish. */
#include "edgectl/probe_walk.h"

#include <stdio.h>
#include <string.h>

#include "edgectl/probe_dns.h"

enum {
	TLS_PORT = 443, /* TO 6.1 E1, E4, E6 */
	ENDS_MAX = 60,	/* ours: a pool of 12, and five parts */
	NAME = EDGE_DNS_NAME_LEN + 64,
	TEXT = CTL_PROBE_TEXT,
};

static const char no_dns[] = "PROBE-001", stray_target[] = "PROBE-002",
		  inside_srv[] = "PROBE-003", inside_name[] = "PROBE-004",
		  other_port[] = "PROBE-005", private[] = "PROBE-007";

static const struct part {
	const char *name, *title, *service; /* SRV; NULL: a name */
} parts[CTL_PROBE_PARTS] = {
	[CTL_PROBE_SIGN_IN] = {"sign-in", "sign-in of remote users",
			       "_sip._tls"},
	[CTL_PROBE_FEDERATION] = {"federation", "federation",
				  "_sipfederationtls._tcp"},
	[CTL_PROBE_WEBCONF] = {"webconf", "web conferencing", NULL},
	[CTL_PROBE_AV] = {"av", "audio, video and sharing", NULL},
	[CTL_PROBE_PARTNERS] = {"xmpp", "XMPP partners", "_xmpp-server._tcp"},
};

const char *ctl_probe_part_name(enum ctl_probe_part p)
{
	return parts[p].name;
}

bool ctl_probe_is_deaf(const struct ctl_probe_run *r)
{
	return r->unanswered && !r->answered;
}

static bool is_answer(struct ctl_probe_run *r, const struct ctl_probe_rows *a)
{
	bool is = !a->err || a->err == EDGE_ENOTFOUND;

	r->answered += is;
	r->unanswered += !is;
	return is;
}

static void tell_no_dns(struct ctl_probe_run *r, size_t parent,
			const char *question, enum edge_err err)
{
	char text[TEXT];

	snprintf(text, sizeof(text), "DNS %s", question);
	ctl_probe_bad(r, parent, no_dns,
		      err == EDGE_ETIMEOUT || err == EDGE_EDNS
			      ? "no server gave an answer"
			      : edge_err_str(err),
		      text);
}

static void tell_more(struct ctl_probe_run *r, size_t parent, size_t more,
		      const char *what)
{
	if (more)
		ctl_probe_add(r->tree, parent, CTL_PROBE_SKIPPED,
			      "%zu more %s: not tried", more, what);
}

/* ---- names and their addresses */

/* what: the option that says another name; NULL: there is none */
struct target {
	const char *name, *what;
	uint16_t port;
};

static void tell_no_address(struct ctl_probe_run *r, size_t parent,
			    enum ctl_probe_part p, const struct target *t)
{
	char saw[TEXT], text[TEXT];
	size_t node;

	snprintf(saw, sizeof(saw), "no address%s%s%s",
		 t->what ? " (the name is a guess; --" : "",
		 t->what ? t->what : "", t->what ? " says another one)" : "");
	snprintf(text, sizeof(text), "A, AAAA %s", t->name);
	node = ctl_probe_bad(r, parent, ctl_probe_id(p, CTL_PROBE_NO_ADDRESS),
			     saw, text);
	ctl_probe_add(r->tree, node, CTL_PROBE_SKIPPED,
		      "connections: not tried");
}

/* The node of an address; one that no route leads to is a warning. */
static size_t tell_address(struct ctl_probe_run *r, size_t parent,
			   const char *name, const struct edge_addr *a)
{
	struct ctl_probe_node n = {.state = CTL_PROBE_WARN, .id = private};
	const char *type = a->family == AF_INET ? "A" : "AAAA";
	char ip[EDGE_ADDR_STRLEN];

	edge_addr_print_ip(a, false, ip);
	if (edge_addr_classify(a) == EDGE_ADDR_GLOBAL)
		return ctl_probe_add(r->tree, parent, CTL_PROBE_GOOD,
				     "%s %s → %s", type, name, ip);
	snprintf(n.text, sizeof(n.text), "%s %s → %s", type, name, ip);
	snprintf(n.saw, sizeof(n.saw), "%s is of a private network", ip);
	return ctl_probe_tell(r->tree, parent, &n);
}

static void walk_addresses(struct ctl_probe_run *r, size_t parent,
			   enum ctl_probe_part p, const struct target *t,
			   const struct ctl_probe_rows *a)
{
	size_t i;

	for (i = 0; i < a->count && r->ends < ENDS_MAX; i++) {
		size_t node = tell_address(r, parent, t->name, &a->addr[i]);

		r->ends++;
		ctl_probe_end(r, node, p, t->name, &a->addr[i]);
	}
	tell_more(r, parent, a->count - i + a->more, "addresses");
}

static void walk_name(struct ctl_probe_run *r, size_t parent,
		      enum ctl_probe_part p, const struct target *t)
{
	struct ctl_probe_rows a;
	char question[NAME];

	ctl_probe_dns_addr(&a, r->dns, t->name, t->port);
	if (!is_answer(r, &a)) {
		snprintf(question, sizeof(question), "%s A, AAAA", t->name);
		tell_no_dns(r, parent, question, a.err);
		return;
	}
	if (a.err)
		tell_no_address(r, parent, p, t);
	walk_addresses(r, parent, p, t, &a);
}

/* ---- SRV records */

static bool is_in_domain(const char *name, const char *domain)
{
	size_t len = strlen(name), tail = strlen(domain);

	if (len < tail || strcmp(name + len - tail, domain) != 0)
		return false;
	return len == tail || name[len - tail - 1] == '.';
}

static void keep_target(struct ctl_probe_run *r, enum ctl_probe_part p,
			const char *question, const struct edge_dns_srv *s)
{
	r->targets++;
	if (p != CTL_PROBE_PARTNERS &&
	    !is_in_domain(s->target, r->plan->domain) && !*r->stray)
		snprintf(r->stray, sizeof(r->stray), "%.150s → %.150s",
			 question, s->target);
	if (p == CTL_PROBE_SIGN_IN && r->sign_in_port != TLS_PORT)
		r->sign_in_port = s->port;
}

/* Clients then try names that everybody knows. */
static void walk_fallback(struct ctl_probe_run *r, size_t parent)
{
	char name[EDGE_DNS_NAME_LEN + 8];
	struct ctl_probe_rows a;
	const struct target t = {.name = name, .port = TLS_PORT};
	size_t node;

	snprintf(name, sizeof(name), "sip.%s", r->plan->domain);
	ctl_probe_dns_addr(&a, r->dns, name, TLS_PORT);
	if (!is_answer(r, &a) || a.err) {
		ctl_probe_add(
			r->tree, parent, CTL_PROBE_SKIPPED,
			"connections: not tried, %s has no address either",
			name);
		return;
	}
	node = ctl_probe_add(r->tree, parent, CTL_PROBE_HEAD,
			     "what clients try without it:");
	walk_name(r, node, CTL_PROBE_SIGN_IN, &t);
}

static void tell_no_record(struct ctl_probe_run *r, size_t parent,
			   enum ctl_probe_part p, const char *question)
{
	const char *id = ctl_probe_id(p, CTL_PROBE_NO_RECORD);
	char text[TEXT];
	size_t node;

	if (!id) {
		ctl_probe_add(r->tree, parent, CTL_PROBE_SKIPPED,
			      "DNS %s: no such record, nothing to try",
			      question);
		return;
	}
	snprintf(text, sizeof(text), "DNS %s", question);
	node = ctl_probe_bad(r, parent, id, "no such record", text);
	if (p == CTL_PROBE_SIGN_IN)
		walk_fallback(r, node);
	else
		ctl_probe_add(r->tree, node, CTL_PROBE_SKIPPED,
			      "connections: not tried");
}

static void walk_service(struct ctl_probe_run *r, size_t parent,
			 enum ctl_probe_part p)
{
	char name[NAME], question[NAME + 8];
	struct ctl_probe_rows a;

	snprintf(name, sizeof(name), "%s.%s", parts[p].service,
		 r->plan->domain);
	snprintf(question, sizeof(question), "%s SRV", name);
	ctl_probe_dns_srv(&a, r->dns, name);
	if (!is_answer(r, &a)) {
		tell_no_dns(r, parent, question, a.err);
		return;
	}
	if (a.err)
		tell_no_record(r, parent, p, question);
	for (size_t i = 0; i < a.count; i++) {
		const struct target t = {.name = a.srv[i].target,
					 .port = a.srv[i].port};
		size_t node = ctl_probe_add(r->tree, parent, CTL_PROBE_GOOD,
					    "DNS %s → %s:%u", question, t.name,
					    t.port);

		keep_target(r, p, question, &a.srv[i]);
		walk_name(r, node, p, &t);
	}
	tell_more(r, parent, a.more, "targets");
}

/* ---- parts */

/* By a name: given, or the usual one. */
static void walk_place(struct ctl_probe_run *r, size_t parent,
		       enum ctl_probe_part p,
		       const struct ctl_probe_place *given)
{
	char name[EDGE_DNS_NAME_LEN + 16];
	const struct target t = {
		.name = name,
		.what = *given->name ? NULL : parts[p].name,
		.port = given->port ? given->port : TLS_PORT,
	};

	if (*given->name)
		snprintf(name, sizeof(name), "%s", given->name);
	else
		snprintf(name, sizeof(name), "%s.%s", parts[p].name,
			 r->plan->domain);
	walk_name(r, parent, p, &t);
}

static void walk_part(struct ctl_probe_run *r, enum ctl_probe_part p)
{
	size_t head;

	if (ctl_probe_is_deaf(r))
		return;
	if (r->plan->without[p]) {
		ctl_probe_add(r->tree, CTL_PROBE_ROOT, CTL_PROBE_SKIPPED,
			      "%s: left out (--without)", parts[p].title);
		return;
	}
	head = ctl_probe_add(r->tree, CTL_PROBE_ROOT, CTL_PROBE_HEAD, "%s",
			     parts[p].title);
	if (p == CTL_PROBE_SIGN_IN && *r->plan->sip.name)
		walk_place(r, head, p, &r->plan->sip);
	else if (parts[p].service)
		walk_service(r, head, p);
	else
		walk_place(r, head, p,
			   p == CTL_PROBE_AV ? &r->plan->av
					     : &r->plan->webconf);
}

/* ---- what must not be there */

static void walk_inside_srv(struct ctl_probe_run *r, size_t parent)
{
	char name[NAME], text[TEXT], saw[TEXT];
	struct ctl_probe_rows a;

	snprintf(name, sizeof(name), "_sipinternaltls._tcp.%s",
		 r->plan->domain);
	ctl_probe_dns_srv(&a, r->dns, name);
	if (!is_answer(r, &a)) {
		tell_no_dns(r, parent, name, a.err);
	} else if (a.err) {
		ctl_probe_add(r->tree, parent, CTL_PROBE_GOOD,
			      "%s SRV is not published", name);
	} else {
		snprintf(saw, sizeof(saw), "SRV → %s:%u", a.srv[0].target,
			 a.srv[0].port);
		snprintf(text, sizeof(text), "%s is published", name);
		ctl_probe_bad(r, parent, inside_srv, saw, text);
	}
}

static void walk_inside_name(struct ctl_probe_run *r, size_t parent)
{
	char name[NAME], text[TEXT], ip[EDGE_ADDR_STRLEN];
	struct ctl_probe_rows a;

	snprintf(name, sizeof(name), "lyncdiscoverinternal.%s",
		 r->plan->domain);
	ctl_probe_dns_addr(&a, r->dns, name, 0);
	if (!is_answer(r, &a)) {
		tell_no_dns(r, parent, name, a.err);
	} else if (a.err) {
		ctl_probe_add(r->tree, parent, CTL_PROBE_GOOD,
			      "%s is not published", name);
	} else {
		edge_addr_print_ip(&a.addr[0], false, ip);
		snprintf(text, sizeof(text), "%s is published", name);
		ctl_probe_bad(r, parent, inside_name, ip, text);
	}
}

static void judge_targets(struct ctl_probe_run *r, size_t parent)
{
	struct ctl_probe_node port = {.state = CTL_PROBE_WARN,
				      .id = other_port};

	if (*r->stray)
		ctl_probe_bad(r, parent, stray_target, r->stray,
			      "an SRV record leads to another domain");
	else if (r->targets)
		ctl_probe_add(r->tree, parent, CTL_PROBE_GOOD,
			      "SRV records lead to names of %s",
			      r->plan->domain);
	if (!r->sign_in_port || r->sign_in_port == TLS_PORT)
		return;
	snprintf(port.text, sizeof(port.text), "sign-in at another port");
	snprintf(port.saw, sizeof(port.saw), "port %u", r->sign_in_port);
	ctl_probe_tell(r->tree, parent, &port);
}

static void walk_leaks(struct ctl_probe_run *r)
{
	size_t head;

	if (ctl_probe_is_deaf(r))
		return;
	head = ctl_probe_add(r->tree, CTL_PROBE_ROOT, CTL_PROBE_HEAD,
			     "what must not be published");
	walk_inside_srv(r, head);
	walk_inside_name(r, head);
	judge_targets(r, head);
}

void ctl_probe_walk(struct ctl_probe_run *r)
{
	for (int p = 0; p < CTL_PROBE_PARTS; p++)
		walk_part(r, (enum ctl_probe_part)p);
	walk_leaks(r);
}
