/* The fixed facts: each one written and read by the functions of its row. */
#include "topology/snap_rows.h"

#include <stddef.h>
#include <string.h>

#include "topology/name.h"
#include "topology/snap.h"

/* Names and texts, by the field's offset. */

static const char *const *text_of(const struct topo *t,
				  const struct topo_snap_row *row)
{
	return (const char *const *)((const char *)t + row->at);
}

static void put_text(FILE *out, const struct topo *t,
		     const struct topo_snap_row *row)
{
	const char *s = *text_of(t, row);

	(void)fputs(s && *s ? s : "-", out);
}

bool topo_snap_text(struct topo_snap_in *in, struct edge_slice s,
		    const char **out)
{
	if (edge_slice_eq_str(s, "-"))
		return true;
	*out = topo_arena_str(in->arena, s);
	return *out;
}

static bool take_text(struct topo_snap_in *in, struct edge_slice s,
		      const struct topo_snap_row *row)
{
	return topo_snap_text(in, s, (const char **)((char *)in->t + row->at));
}

static bool take_name(struct topo_snap_in *in, struct edge_slice s,
		      const struct topo_snap_row *row)
{
	return topo_snap_name(in, s, (const char **)((char *)in->t + row->at));
}

static void put_list(FILE *out, const struct topo *t,
		     const struct topo_snap_row *row)
{
	const struct topo_names *n =
		(const struct topo_names *)(const void *)((const char *)t +
							  row->at);

	for (size_t i = 0; i < n->count; i++)
		(void)fprintf(out, "%s%s", i ? " " : "", n->v[i]);
	if (!n->count)
		(void)fputc('-', out);
}

bool topo_snap_list(struct topo_snap_in *in, struct edge_slice s, bool names,
		    struct topo_names *out)
{
	size_t n = topo_snap_count(s, ' ');
	const char **v;
	struct edge_slice word;

	if (n == SIZE_MAX)
		return false;
	v = topo_arena_array(in->arena, n, sizeof(*v));
	if (!v)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!topo_snap_word(&s, ' ', &word))
			return false;
		if (names && !topo_name_is_canonical(word))
			return false;
		v[i] = topo_arena_str(in->arena, word);
	}
	*out = (struct topo_names){v, n};
	return true;
}

static bool take_words(struct topo_snap_in *in, struct edge_slice s,
		       const struct topo_snap_row *row)
{
	void *field = (char *)in->t + row->at;

	return topo_snap_list(in, s, false, field);
}

static bool take_names(struct topo_snap_in *in, struct edge_slice s,
		       const struct topo_snap_row *row)
{
	void *field = (char *)in->t + row->at;

	return topo_snap_list(in, s, true, field);
}

static void put_members(FILE *out, const struct topo *t,
			const struct topo_snap_row *row)
{
	(void)row;
	for (size_t i = 0; i < t->member_count; i++)
		(void)fprintf(out, "%s%s", i ? " " : "", t->members[i].fqdn);
	if (!t->member_count)
		(void)fputc('-', out);
}

static bool take_members(struct topo_snap_in *in, struct edge_slice s,
			 const struct topo_snap_row *row)
{
	(void)row;
	return topo_snap_hosts(in, s, ' ', &in->t->members,
			       &in->t->member_count);
}

/* Addresses. */

static void put_ip(FILE *out, const struct topo *t,
		   const struct topo_snap_row *row)
{
	const void *a = (const char *)t + row->at;
	char text[EDGE_ADDR_STRLEN];

	edge_addr_print_ip(a, false, text);
	(void)fputs(text, out);
}

static bool take_ip(struct topo_snap_in *in, struct edge_slice s,
		    const struct topo_snap_row *row)
{
	void *field = (char *)in->t + row->at;
	struct edge_addr a;

	if (edge_addr_parse(&a, s, 0) || !a.family)
		return false;
	memcpy(field, &a, sizeof(a));
	return true;
}

/* "-": no such address. */
static void put_ip6(FILE *out, const struct topo *t,
		    const struct topo_snap_row *row)
{
	const struct edge_addr *a = (const void *)((const char *)t + row->at);

	if (a->family)
		put_ip(out, t, row);
	else
		(void)fputc('-', out);
}

static bool take_ip6(struct topo_snap_in *in, struct edge_slice s,
		     const struct topo_snap_row *row)
{
	const struct edge_addr *a =
		(const void *)((const char *)in->t + row->at);

	return edge_slice_eq_str(s, "-") ||
	       (take_ip(in, s, row) && a->family == AF_INET6);
}

/* Listeners: in a group the protocol word tells the kind. TO 1.5. */

/* clang-format off */
static const char *const protocols[TOPO_PORT_KINDS] = {
	[TOPO_PORT_ACCESS_INSIDE] = "mtls",
	[TOPO_PORT_ACCESS_CLIENT] = "tls",
	[TOPO_PORT_WEBCONF_INSIDE] = "mtls",
	[TOPO_PORT_WEBCONF_CLIENT] = "tls",
	[TOPO_PORT_AVAUTH] = "mtls",
	[TOPO_PORT_AV_INSIDE_TCP] = "tcp",
	[TOPO_PORT_AV_OUTSIDE_TCP] = "tcp",
	[TOPO_PORT_AV_INSIDE_UDP] = "udp",
	[TOPO_PORT_AV_OUTSIDE_UDP] = "udp",
	[TOPO_PORT_AV_RANGE] = "tcp+udp",
	[TOPO_PORT_ACCESS_FEDERATION] = "mtls",
	[TOPO_PORT_XMPP_OUTSIDE] = "tls",
	[TOPO_PORT_XMPP_INSIDE] = "mtls",
	[TOPO_PORT_REPLICA] = "https",
};
/* clang-format on */

enum { GROUP_MAX = 3 };
struct topo_snap_group {
	size_t count;
	enum topo_port_kind kinds[GROUP_MAX];
};

/* clang-format off */
static const struct topo_snap_group
	access_inside = {1, {TOPO_PORT_ACCESS_INSIDE}},
	access_client = {1, {TOPO_PORT_ACCESS_CLIENT}},
	access_federation = {1, {TOPO_PORT_ACCESS_FEDERATION}},
	xmpp_outside = {1, {TOPO_PORT_XMPP_OUTSIDE}},
	xmpp_inside = {1, {TOPO_PORT_XMPP_INSIDE}},
	webconf_inside = {1, {TOPO_PORT_WEBCONF_INSIDE}},
	webconf_client = {1, {TOPO_PORT_WEBCONF_CLIENT}},
	avauth = {1, {TOPO_PORT_AVAUTH}},
	av_inside = {2, {TOPO_PORT_AV_INSIDE_TCP, TOPO_PORT_AV_INSIDE_UDP}},
	av_outside = {3, {TOPO_PORT_AV_OUTSIDE_TCP, TOPO_PORT_AV_OUTSIDE_UDP,
			  TOPO_PORT_AV_RANGE}},
	replica = {1, {TOPO_PORT_REPLICA}};
/* clang-format on */

static void put_group(FILE *out, const struct topo *t,
		      const struct topo_snap_row *row)
{
	const struct topo_snap_group *g = row->group;
	char text[EDGE_ADDR_STRLEN];
	bool any = false;

	for (size_t i = 0; i < g->count; i++) {
		const struct topo_listen *l = &t->listen[g->kinds[i]];

		if (!l->present)
			continue;
		edge_addr_print(&l->addr, text);
		(void)fprintf(out, "%s%s", any ? " " : "", text);
		if (l->count > 1)
			(void)fprintf(out, "-%u", l->addr.port + l->count - 1U);
		(void)fprintf(out, "/%s", protocols[g->kinds[i]]);
		any = true;
	}
	if (!any)
		(void)fputc('-', out);
}

/* "192.0.2.1:50000-59999" */
static bool take_listen(struct edge_slice s, struct topo_listen *l)
{
	struct edge_slice first;
	uint64_t last;

	l->count = 1;
	l->present = true;
	if (!edge_take_until(&s, '-', &first))
		return edge_addr_parse_port(&l->addr, s) == EDGE_OK &&
		       l->addr.port && l->addr.family;
	if (edge_addr_parse_port(&l->addr, first) || !l->addr.port ||
	    !l->addr.family || !edge_slice_u64(s, UINT16_MAX, &last) ||
	    last <= l->addr.port)
		return false;
	l->count = (uint16_t)(last - l->addr.port + 1);
	return true;
}

static bool take_one(struct topo *t, const struct topo_snap_group *g,
		     struct edge_slice where, struct edge_slice protocol)
{
	for (size_t i = 0; i < g->count; i++) {
		enum topo_port_kind kind = g->kinds[i];

		if (!edge_slice_eq_str(protocol, protocols[kind]))
			continue;
		if (t->listen[kind].present)
			return false;
		t->listen[kind].protocol = protocols[kind];
		return take_listen(where, &t->listen[kind]);
	}
	return false;
}

static bool take_group(struct topo_snap_in *in, struct edge_slice s,
		       const struct topo_snap_row *row)
{
	struct edge_slice word, where;

	if (edge_slice_eq_str(s, "-"))
		return true;
	while (s.p < s.end)
		if (!topo_snap_word(&s, ' ', &word) ||
		    !edge_take_until(&word, '/', &where) ||
		    !take_one(in->t, row->group, where, word))
			return false;
	return true;
}

static const char *or_dash(const char *s)
{
	return s ? s : "-";
}

static void put_public_names(FILE *out, const struct topo *t,
			     const struct topo_snap_row *row)
{
	(void)row;
	(void)fprintf(out, "access=%s webconf=%s av=%s",
		      or_dash(t->access_name), or_dash(t->webconf_name),
		      or_dash(t->av_name));
}

static bool take_public_name(struct topo_snap_in *in, struct edge_slice *s,
			     const char *key, const char **out)
{
	struct edge_slice word;

	if (!topo_snap_lit(s, key) || !topo_snap_word(s, ' ', &word))
		return false;
	return edge_slice_eq_str(word, "-") || topo_snap_name(in, word, out);
}

static bool take_public_names(struct topo_snap_in *in, struct edge_slice s,
			      const struct topo_snap_row *row)
{
	struct topo *t = in->t;

	(void)row;
	return take_public_name(in, &s, "access=", &t->access_name) &&
	       take_public_name(in, &s, "webconf=", &t->webconf_name) &&
	       take_public_name(in, &s, "av=", &t->av_name) && s.p == s.end;
}

/* clang-format off */
static const struct topo_snap_row rows[] = {
	{"self", put_text, take_name, .at = offsetof(struct topo, self)},
	{"pool", put_text, take_name, .at = offsetof(struct topo, pool)},
	{"members", put_members, take_members, .at = 0},
	{"signature", put_text, take_text, .at = offsetof(struct topo, signature)},
	{"sha256", put_text, take_text, .at = offsetof(struct topo, sha256)},
	{"mras.user", put_text, take_name, .at = offsetof(struct topo, mras_user)},
	{"internal", put_ip, take_ip, .at = offsetof(struct topo, internal)},
	{"av.public", put_ip, take_ip, .at = offsetof(struct topo, av_public)},
	{"internal.ipv6", put_ip6, take_ip6,
		.at = offsetof(struct topo, internal6), .is_new = true},
	{"av.own.ipv6", put_ip6, take_ip6,
		.at = offsetof(struct topo, av_own6), .is_new = true},
	{"av.public.ipv6", put_ip6, take_ip6,
		.at = offsetof(struct topo, av_public6), .is_new = true},
	{"webconf.own.ipv6", put_ip6, take_ip6,
		.at = offsetof(struct topo, webconf_own6), .is_new = true},
	{"listen.access.inside", put_group, take_group, .group = &access_inside},
	{"listen.access.client", put_group, take_group, .group = &access_client},
	{"listen.access.federation", put_group, take_group,
		.group = &access_federation},
	{"listen.webconf.inside", put_group, take_group,
		.group = &webconf_inside},
	{"listen.webconf.client", put_group, take_group,
		.group = &webconf_client},
	{"listen.avauth", put_group, take_group, .group = &avauth},
	{"listen.av.internal", put_group, take_group, .group = &av_inside},
	{"listen.av.external", put_group, take_group, .group = &av_outside},
	{"listen.xmpp.outside", put_group, take_group,
		.group = &xmpp_outside, .is_new = true},
	{"listen.xmpp.inside", put_group, take_group,
		.group = &xmpp_inside, .is_new = true},
	{"listen.replica", put_group, take_group, .group = &replica},
	{"names", put_public_names, take_public_names, .at = 0},
	{"sipdomains", topo_snap_put_domains, topo_snap_take_domains, .at = 0},
	{"sipdomain.default", topo_snap_put_default, topo_snap_take_default, .at = 0},
	{"nexthop", topo_snap_put_next_hop, topo_snap_take_next_hop, .at = 0},
	{"trusted", topo_snap_put_trust, topo_snap_take_trust,
		.bit = TOPO_TRUST_SIP},
	{"trusted.webconf", topo_snap_put_trust, topo_snap_take_trust,
		.bit = TOPO_TRUST_WEBCONF},
	{"pushers", topo_snap_put_trust, topo_snap_take_trust,
		.bit = TOPO_TRUST_REPLICA},
	{"trust.xmpp", topo_snap_put_trust, topo_snap_take_trust,
		.bit = TOPO_TRUST_XMPP, .is_new = true},
	{"federation", topo_snap_put_federation, topo_snap_take_federation, .at = 0},
	{"settings", topo_snap_put_settings, topo_snap_take_settings, .at = 0},
	{"settings.defaultroute", topo_snap_put_route, topo_snap_take_route, .at = 0},
	{"settings.proxy", topo_snap_put_proxy, topo_snap_take_proxy,
		.is_new = true},
	{"settings.federation", topo_snap_put_fields, topo_snap_take_fields,
		.at = offsetof(struct topo, access),
		.fields = topo_access_fields, .is_new = true},
	{"settings.proxy.more", topo_snap_put_fields, topo_snap_take_fields,
		.at = offsetof(struct topo, proxy),
		.fields = topo_proxy_fields, .is_new = true},
	{"allowed", topo_snap_put_allowed, topo_snap_take_allowed, .at = 0},
	{"allowed.levels", topo_snap_put_levels, topo_snap_take_levels,
		.is_new = true},
	{"allowed.monitored", topo_snap_put_monitored,
		topo_snap_take_monitored, .is_new = true},
	{"blocked", topo_snap_put_blocked, topo_snap_take_blocked, .at = 0},
	{"token.lifetime", topo_snap_put_lifetime, topo_snap_take_lifetime, .at = 0},
	{"notserved", put_list, take_words, .at = offsetof(struct topo, not_served)},
	{"simpleurls", put_list, take_names, .at = offsetof(struct topo, simple_urls)},
	{"xmpp.partners", topo_snap_put_xmpp_names, topo_snap_take_xmpp_names, .at = 0},
	{"xmpp.gateway", topo_snap_put_fields, topo_snap_take_fields,
		.at = offsetof(struct topo, xmpp_gateway),
		.fields = topo_gateway_fields, .is_new = true},
	{"xmpp.dialbackkey", topo_snap_put_dialback, topo_snap_take_dialback,
		.is_new = true},
	{"inside.suffixes", put_list, take_names, .at = offsetof(struct topo, inside_suffixes)},
	{"inside.names", put_list, take_names, .at = offsetof(struct topo, inside_names)},
	{.key = NULL},
};
/* clang-format on */

const struct topo_snap_row *topo_snap_rows(void)
{
	return rows;
}
