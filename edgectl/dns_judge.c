/* A list of records from the topology, and each answer against it. */
#include "edgectl/dns_judge.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DNS_PORT = 53 };

/* -- what is wanted ------------------------------------------------------ */

struct listing {
	struct ctl_dns_wants *out;
	const struct topo *topo;
	const struct edge_config *config;
	uint8_t family;
};

/* NULL: no room, an inside name, or it is wanted already. */
static struct ctl_dns_want *add(struct listing *l, const char *prefix,
				const char *name, bool is_srv)
{
	struct ctl_dns_wants *o = l->out;
	char full[EDGE_DNS_NAME_LEN];
	struct ctl_dns_want *w;

	if (!name || !*name ||
	    (size_t)snprintf(full, sizeof(full), "%s%s", prefix, name) >=
		    sizeof(full) ||
	    topo_is_inside_name(l->topo, edge_slice_str(full)))
		return NULL;
	for (size_t i = 0; i < o->count; i++)
		if (o->v[i].is_srv == is_srv && !strcasecmp(o->v[i].name, full))
			return NULL;
	if (o->count == CTL_DNS_WANTS) {
		o->left_off++;
		return NULL;
	}
	w = &o->v[o->count++];
	memset(w, 0, sizeof(*w));
	w->is_srv = is_srv;
	memcpy(w->name, full, sizeof(full));
	return w;
}

static void must_have(struct ctl_dns_want *w, const struct listing *l,
		      const struct edge_addr *at)
{
	if (w->at_count == CTL_DNS_ADDRS || at->family != l->family)
		return;
	w->at[w->at_count] = *at;
	w->at[w->at_count++].port = 0;
}

/* Of a pool a balancer may have the addresses that the world sees. */
static const char *in_pool(const struct listing *l, const char *public,
			   const char *setting)
{
	return l->topo->member_count && !public ? setting : NULL;
}

/* Before a NAT edge.ini alone knows what the world sees; without that a private
 * address says nothing. */
static void want_addresses(struct ctl_dns_want *w, const struct listing *l,
			   const char *public, const struct edge_addr *own)
{
	struct edge_addr at;
	unsigned bits;

	w->setting = in_pool(l, public, w->setting);
	if (!public) {
		if (edge_addr_classify(own) != EDGE_ADDR_PRIVATE)
			must_have(w, l, own);
		w->may_have_more = l->topo->member_count != 0;
		return;
	}
	while (edge_config_next_net(&public, &at, &bits))
		must_have(w, l, &at);
}

static void want_av(struct listing *l)
{
	const struct topo *t = l->topo;
	const char *public = l->config->public_at.av;
	struct ctl_dns_want *w = add(l, "", t->av_name, false);

	if (!w)
		return;
	w->is_relay = true;
	w->setting = in_pool(l, public, "av");
	if (public) {
		want_addresses(w, l, public, &t->av_public);
		return;
	}
	must_have(w, l, &t->av_public);
	must_have(w, l, &t->av_public6);
	for (size_t i = 0; i < t->av_member_count; i++)
		must_have(w, l, &t->av_members[i]);
}

static void want_access(struct listing *l, const char *prefix, const char *name)
{
	struct ctl_dns_want *w = add(l, prefix, name, false);

	if (!w)
		return;
	w->setting = "access";
	want_addresses(w, l, l->config->public_at.access,
		       &l->topo->listen[TOPO_PORT_ACCESS_CLIENT].addr);
}

static void want_webconf(struct listing *l)
{
	struct ctl_dns_want *w = add(l, "", l->topo->webconf_name, false);

	if (!w)
		return;
	w->setting = "webconf";
	want_addresses(w, l, l->config->public_at.webconf,
		       &l->topo->listen[TOPO_PORT_WEBCONF_CLIENT].addr);
}

/* Strict clients want the target in the domain that they asked for. */
static bool is_below(const char *name, const char *domain)
{
	size_t n = strlen(name), d = strlen(domain);

	return n > d && name[n - d - 1] == '.' &&
	       !strcasecmp(name + n - d, domain);
}

static void want_service(struct listing *l, const char *prefix,
			 const char *domain, enum topo_port_kind kind)
{
	const struct topo_listen *at = &l->topo->listen[kind];
	const char *access = l->topo->access_name;
	struct ctl_dns_want *w;

	if (!at->present)
		return;
	w = add(l, prefix, domain, true);
	if (!w)
		return;
	w->port = at->addr.port;
	snprintf(w->target, sizeof(w->target), "sip.%.249s", domain);
	if (access && is_below(access, domain))
		snprintf(w->other, sizeof(w->other), "%s", access);
}

static void unwanted(struct listing *l, const char *prefix, const char *domain,
		     bool is_srv)
{
	struct ctl_dns_want *w = add(l, prefix, domain, is_srv);

	if (w)
		w->is_unwanted = true;
}

void ctl_dns_list(struct ctl_dns_wants *out, const struct topo *t,
		  const struct edge_config *c, uint8_t family)
{
	struct listing l = {out, t, c, family};
	out->count = 0;
	out->left_off = 0;
	want_access(&l, "", t->access_name);
	want_webconf(&l);
	want_av(&l);
	for (size_t i = 0; i < t->domain_count; i++) {
		const char *domain = t->domains[i].name;

		want_access(&l, "sip.", domain);
		want_service(&l, "_sip._tls.", domain, TOPO_PORT_ACCESS_CLIENT);
		if (t->federation_ports)
			want_service(&l, "_sipfederationtls._tcp.", domain,
				     TOPO_PORT_ACCESS_FEDERATION);
		unwanted(&l, "_sipinternaltls._tcp.", domain, true);
		unwanted(&l, "lyncdiscoverinternal.", domain, false);
	}
}

/* -- verdicts ------------------------------------------------------------ */

bool ctl_dns_has(const struct edge_addr *list, size_t count,
		 const struct edge_addr *a)
{
	for (size_t i = 0; i < count; i++)
		if (edge_addr_same_ip(&list[i], a))
			return true;
	return false;
}

static void say_addresses(const struct ctl_dns_want *w, char *saw, size_t cap)
{
	size_t len = 0;

	*saw = '\0';
	for (size_t i = 0; i < w->got_count && len < cap; i++) {
		char text[EDGE_ADDR_STRLEN];

		edge_addr_print_ip(&w->got[i], false, text);
		len += (size_t)snprintf(saw + len, cap - len, "%s%s",
					i ? ", " : "", text);
	}
}

static enum ctl_dns_verdict judge_addresses(const struct ctl_dns_want *w)
{
	if (!w->at_count)
		return CTL_DNS_GOOD;
	for (size_t i = 0; i < w->at_count; i++)
		if (!ctl_dns_has(w->got, w->got_count, &w->at[i]))
			return CTL_DNS_WRONG;
	for (size_t i = 0; i < w->got_count && !w->may_have_more; i++)
		if (!ctl_dns_has(w->at, w->at_count, &w->got[i]))
			return CTL_DNS_WRONG;
	return CTL_DNS_GOOD;
}

static bool is_right(const struct ctl_dns_want *w, const struct edge_dns_srv *s)
{
	return s->port == w->port &&
	       (!strcasecmp(s->target, w->target) ||
		(*w->other && !strcasecmp(s->target, w->other)));
}

static void say_services(const struct ctl_dns_want *w, char *saw, size_t cap)
{
	size_t len = 0;

	*saw = '\0';
	for (size_t i = 0; i < w->srv_count && len < cap; i++)
		len += (size_t)snprintf(saw + len, cap - len, "%s%s:%u",
					i ? ", " : "", w->srv[i].target,
					w->srv[i].port);
}

/* Of those that are tried first one will do; the list is in that order. */
static enum ctl_dns_verdict judge_services(const struct ctl_dns_want *w)
{
	for (size_t i = 0; i < w->srv_count; i++)
		if (w->srv[i].priority == w->srv[0].priority &&
		    is_right(w, &w->srv[i]))
			return CTL_DNS_GOOD;
	return CTL_DNS_WRONG;
}

enum ctl_dns_verdict ctl_dns_judge(const struct ctl_dns_want *w, char *saw,
				   size_t cap)
{
	if (!w->is_answered || (w->err && w->err != EDGE_ENOTFOUND)) {
		snprintf(saw, cap, "%s",
			 edge_err_str(w->is_answered ? w->err : EDGE_ETIMEOUT));
		return CTL_DNS_SILENT;
	}
	if (w->err || (!w->got_count && !w->srv_count)) {
		snprintf(saw, cap, "no such record");
		return w->is_unwanted ? CTL_DNS_GOOD : CTL_DNS_ABSENT;
	}
	if (w->is_srv)
		say_services(w, saw, cap);
	else
		say_addresses(w, saw, cap);
	if (w->is_unwanted)
		return CTL_DNS_UNWANTED;
	return w->is_srv ? judge_services(w) : judge_addresses(w);
}

/* -- balancers ----------------------------------------------------------- */

/* An answer, and nobody of ours in it. */
static bool is_elsewhere(const struct ctl_dns_want *w)
{
	if (!w->setting || !w->is_answered || w->err || !w->got_count)
		return false;
	for (size_t i = 0; i < w->at_count; i++)
		if (ctl_dns_has(w->got, w->got_count, &w->at[i]))
			return false;
	return w->at_count != 0;
}

bool ctl_dns_is_balanced(const struct ctl_dns_wants *w)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->v[i].is_relay && is_elsewhere(&w->v[i]))
			return true;
	return false;
}

enum ctl_dns_verdict ctl_dns_balanced(enum ctl_dns_verdict v,
				      const struct ctl_dns_want *w)
{
	return v == CTL_DNS_WRONG && !w->is_srv && is_elsewhere(w)
		       ? CTL_DNS_BALANCED
		       : v;
}

/* -- resolv.conf --------------------------------------------------------- */

size_t ctl_resolv_parse(struct edge_addr out[CTL_DNS_SERVERS],
			struct edge_slice text)
{
	static const char word[] = "nameserver";
	size_t count = 0;

	while (edge_slice_len(text) && count < CTL_DNS_SERVERS) {
		struct edge_slice line, first;

		if (!edge_take_until(&text, '\n', &line)) {
			line = text;
			text.p = text.end;
		}
		line = edge_slice_trim(line);
		if (!edge_take(&line, sizeof(word) - 1, &first) ||
		    !edge_slice_eq_str(first, word) || !edge_slice_len(line) ||
		    (*line.p != ' ' && *line.p != '\t'))
			continue;
		line = edge_slice_trim(line);
		if ((!edge_addr_parse(&out[count], line, DNS_PORT) ||
		     !edge_addr_parse_port(&out[count], line)) &&
		    out[count].family)
			count++;
	}
	return count;
}
