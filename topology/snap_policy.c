/* Facts about policy: domains, next hop, trust, federation. */
#include <string.h>

#include "topology/name.h"
#include "topology/snap.h"
#include "topology/snap_rows.h"

static const char *yes_no(bool b)
{
	return b ? "yes" : "no";
}

static const char *or_dash(const char *s)
{
	return s ? s : "-";
}

/* "key=yes", then a blank when more follows. */
static bool take_bool(struct edge_slice *s, const char *key, bool *out)
{
	struct edge_slice word;

	if (!topo_snap_lit(s, key) || !topo_snap_word(s, ' ', &word))
		return false;
	*out = edge_slice_eq_str(word, "yes");
	return *out || edge_slice_eq_str(word, "no");
}

/* SIP domains. */

void topo_snap_put_domains(FILE *out, const struct topo *t,
			   const struct topo_snap_row *row)
{
	(void)row;
	for (size_t i = 0; i < t->domain_count; i++)
		(void)fprintf(out, "%s%s%s%s", i ? " " : "", t->domains[i].name,
			      t->domains[i].sub_domains ? "(+sub)" : "",
			      t->domains[i].authoritative ? "(authoritative)"
							  : "");
	if (!t->domain_count)
		(void)fputc('-', out);
}

static bool take_domain(struct topo_snap_in *in, struct edge_slice s,
			struct topo_domain *d)
{
	struct edge_slice name;

	if (!edge_take_until(&s, '(', &name))
		return topo_snap_name(in, s, &d->name);
	s.p--; /* the bracket is part of what follows */
	d->sub_domains = topo_snap_lit(&s, "(+sub)");
	d->authoritative = topo_snap_lit(&s, "(authoritative)");
	return s.p == s.end && topo_snap_name(in, name, &d->name);
}

bool topo_snap_take_domains(struct topo_snap_in *in, struct edge_slice s,
			    const struct topo_snap_row *row)
{
	size_t n = topo_snap_count(s, ' ');
	struct topo_domain *v;
	struct edge_slice word;

	(void)row;
	if (!n || n == SIZE_MAX)
		return false;
	v = topo_arena_array(in->arena, n, sizeof(*v));
	if (!v)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!topo_snap_word(&s, ' ', &word) ||
		    !take_domain(in, word, &v[i]))
			return false;
	in->t->domains = v;
	in->t->domain_count = n;
	return true;
}

void topo_snap_put_default(FILE *out, const struct topo *t,
			   const struct topo_snap_row *row)
{
	(void)row;
	for (size_t i = 0; i < t->domain_count; i++)
		if (t->domains[i].is_default) {
			(void)fputs(t->domains[i].name, out);
			return;
		}
	(void)fputc('-', out);
}

bool topo_snap_take_default(struct topo_snap_in *in, struct edge_slice s,
			    const struct topo_snap_row *row)
{
	struct topo *t = in->t;
	struct topo_domain *v;

	(void)row;
	v = topo_arena_array(in->arena, t->domain_count, sizeof(*v));
	if (!v)
		return false;
	memcpy(v, t->domains, t->domain_count * sizeof(*v));
	t->domains = v;
	for (size_t i = 0; i < t->domain_count; i++)
		if (edge_slice_eq_str(s, v[i].name)) {
			v[i].is_default = true;
			return true;
		}
	return edge_slice_eq_str(s, "-");
}

/* Next hop: said again for people, and checked against registrar.000. */

void topo_snap_put_next_hop(FILE *out, const struct topo *t,
			    const struct topo_snap_row *row)
{
	(void)row;
	const struct topo_cluster *c = topo_next_hop(t);

	(void)fprintf(out, "%s:%u director=%s", c->fqdn, c->port,
		      yes_no(c->is_director));
}

bool topo_snap_take_next_hop(struct topo_snap_in *in, struct edge_slice s,
			     const struct topo_snap_row *row)
{
	const struct topo_cluster *c = topo_next_hop(in->t);
	char want[300]; /* a name, a port, a word */

	(void)row;
	(void)snprintf(want, sizeof(want), "%s:%u director=%s", c->fqdn,
		       c->port, yes_no(c->is_director));
	return c->port && edge_slice_eq_str(s, want);
}

/* Trusted names, one fact a set. */

void topo_snap_put_trust(FILE *out, const struct topo *t,
			 const struct topo_snap_row *row)
{
	bool any = false;

	for (size_t i = 0; i < t->trusted_count; i++) {
		if (!(t->trusted[i].listeners & row->bit))
			continue;
		(void)fprintf(out, "%s%s", any ? " " : "", t->trusted[i].fqdn);
		any = true;
	}
	if (!any)
		(void)fputc('-', out);
}

static struct topo_trusted *trust_row(struct topo_trusted *v, size_t *count,
				      const char *fqdn)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(v[i].fqdn, fqdn) == 0)
			return &v[i];
	v[*count] = (struct topo_trusted){fqdn, 0};
	return &v[(*count)++];
}

bool topo_snap_take_trust(struct topo_snap_in *in, struct edge_slice s,
			  const struct topo_snap_row *row)
{
	struct topo *t = in->t;
	struct topo_names names;
	struct topo_trusted *v;

	if (!topo_snap_list(in, s, true, &names))
		return false;
	v = topo_arena_array(in->arena, t->trusted_count + names.count,
			     sizeof(*v));
	if (!v)
		return false;
	if (t->trusted_count)
		memcpy(v, t->trusted, t->trusted_count * sizeof(*v));
	for (size_t i = 0; i < names.count; i++)
		trust_row(v, &t->trusted_count, names.v[i])->listeners |=
			row->bit;
	t->trusted = v;
	return true;
}

/* Federation and its settings: TO 1.8, 1.9. */

void topo_snap_put_federation(FILE *out, const struct topo *t,
			      const struct topo_snap_row *row)
{
	(void)row;
	(void)fprintf(out, "ports=%s route=%s", yes_no(t->federation_ports),
		      or_dash(t->route));
	if (t->route)
		(void)fputs(t->route_declared ? "(declared)" : "(inferred)",
			    out);
}

bool topo_snap_take_federation(struct topo_snap_in *in, struct edge_slice s,
			       const struct topo_snap_row *row)
{
	struct topo *t = in->t;
	struct edge_slice label;

	(void)row;
	if (!take_bool(&s, "ports=", &t->federation_ports) ||
	    !topo_snap_lit(&s, "route="))
		return false;
	if (edge_slice_eq_str(s, "-"))
		return true;
	if (!edge_take_until(&s, '(', &label) || label.p == label.end)
		return false;
	t->route_declared = edge_slice_eq_str(s, "declared)");
	t->route = topo_arena_str(in->arena, label);
	return t->route_declared || edge_slice_eq_str(s, "inferred)");
}

void topo_snap_put_settings(FILE *out, const struct topo *t,
			    const struct topo_snap_row *row)
{
	const struct topo_access_settings *a = &t->access;

	(void)row;
	(void)fprintf(out,
		      "outside=%s anonymous=%s federated=%s routing=%s "
		      "discovery=%s crl=%s markverifiable=%s tlscount=%u",
		      yes_no(a->outside_users), yes_no(a->anonymous_users),
		      yes_no(a->federated_users),
		      a->default_route ? "default" : "dnssrv",
		      yes_no(a->discovery), yes_no(a->keep_crls),
		      yes_no(a->mark_verifiable), a->tls_count);
}

/* The word of routing= is checked against settings.defaultroute later. */
static bool take_routing(struct edge_slice *s, bool *is_default)
{
	struct edge_slice word;

	if (!topo_snap_lit(s, "routing=") || !topo_snap_word(s, ' ', &word))
		return false;
	*is_default = edge_slice_eq_str(word, "default");
	return *is_default || edge_slice_eq_str(word, "dnssrv");
}

bool topo_snap_take_settings(struct topo_snap_in *in, struct edge_slice s,
			     const struct topo_snap_row *row)
{
	struct topo_access_settings *a = &in->t->access;
	bool is_default;
	uint64_t n;

	(void)row;
	if (!take_bool(&s, "outside=", &a->outside_users) ||
	    !take_bool(&s, "anonymous=", &a->anonymous_users) ||
	    !take_bool(&s, "federated=", &a->federated_users) ||
	    !take_routing(&s, &is_default) ||
	    !take_bool(&s, "discovery=", &a->discovery) ||
	    !take_bool(&s, "crl=", &a->keep_crls) ||
	    !take_bool(&s, "markverifiable=", &a->mark_verifiable) ||
	    !topo_snap_lit(&s, "tlscount=") || !edge_slice_u64(s, 4, &n) || !n)
		return false;
	a->tls_count = (unsigned)n;
	in->default_routing = is_default;
	return true;
}

void topo_snap_put_proxy(FILE *out, const struct topo *t,
			 const struct topo_snap_row *row)
{
	const struct topo_proxy_settings *p = &t->proxy;

	(void)row;
	(void)fprintf(out,
		      "whitespace=%s keepalive=%u tlscount=%u clientbody=%u "
		      "serverbody=%u",
		      yes_no(!p->no_white_space), p->keep_alive_min,
		      p->tls_count, p->client_body_kb, p->server_body_kb);
}

/* "key=n"; 0 for what was not said, else at least min. */
static bool take_number(struct edge_slice *s, const char *key, unsigned min,
			unsigned max, unsigned *out)
{
	struct edge_slice word;
	uint64_t n;

	if (!topo_snap_lit(s, key) || !topo_snap_word(s, ' ', &word) ||
	    !edge_slice_u64(word, max, &n) || (n && n < min))
		return false;
	*out = (unsigned)n;
	return true;
}

bool topo_snap_take_proxy(struct topo_snap_in *in, struct edge_slice s,
			  const struct topo_snap_row *row)
{
	struct topo_proxy_settings *p = &in->t->proxy;
	bool offers;

	(void)row;
	if (!take_bool(&s, "whitespace=", &offers) ||
	    !take_number(&s, "keepalive=", 1, TOPO_KEEP_ALIVE_MAX_MIN,
			 &p->keep_alive_min) ||
	    !take_number(&s, "tlscount=", 1, 4, &p->tls_count) ||
	    !take_number(&s, "clientbody=", TOPO_CLIENT_BODY_MIN_KB,
			 TOPO_CLIENT_BODY_MAX_KB, &p->client_body_kb) ||
	    !take_number(&s, "serverbody=", TOPO_SERVER_BODY_MIN_KB,
			 TOPO_SERVER_BODY_MAX_KB, &p->server_body_kb))
		return false;
	p->no_white_space = !offers;
	return s.p == s.end;
}

static const struct topo_field *route_level(void)
{
	return topo_field_find(topo_access_fields, "VerificationLevel");
}

void topo_snap_put_route(FILE *out, const struct topo *t,
			 const struct topo_snap_row *row)
{
	const struct topo_access_settings *a = &t->access;

	(void)row;
	(void)fprintf(
		out, "%s verification=%s public=%s disclaimer=%s",
		or_dash(a->default_route), topo_field_word(route_level(), a),
		yes_no(a->route_is_public), yes_no(a->archiving_disclaimer));
}

bool topo_snap_take_route(struct topo_snap_in *in, struct edge_slice s,
			  const struct topo_snap_row *row)
{
	struct topo_access_settings *a = &in->t->access;
	struct edge_slice name, level;

	(void)row;
	if (!edge_take_until(&s, ' ', &name) ||
	    !topo_snap_lit(&s, "verification=") ||
	    !edge_take_until(&s, ' ', &level) || level.p == level.end ||
	    !take_bool(&s, "public=", &a->route_is_public) ||
	    !take_bool(&s, "disclaimer=", &a->archiving_disclaimer) ||
	    s.p < s.end)
		return false;
	/* earlier versions wrote any word, and "-" for none */
	(void)topo_field_take(route_level(), a, level);
	if (edge_slice_eq_str(name, "-"))
		return !in->default_routing;
	return in->default_routing &&
	       topo_snap_name(in, name, &a->default_route);
}

/* Token lifetime: "8h", "90m", "100s", the largest whole unit. */

enum { HOUR = 3600, MINUTE = 60 }; /* [s] */

void topo_snap_put_lifetime(FILE *out, const struct topo *t,
			    const struct topo_snap_row *row)
{
	unsigned s = t->token_lifetime_s;

	(void)row;
	if (s % HOUR == 0)
		(void)fprintf(out, "%uh", s / HOUR);
	else if (s % MINUTE == 0)
		(void)fprintf(out, "%um", s / MINUTE);
	else
		(void)fprintf(out, "%us", s);
}

bool topo_snap_take_lifetime(struct topo_snap_in *in, struct edge_slice s,
			     const struct topo_snap_row *row)
{
	unsigned unit;
	uint64_t n;

	(void)row;
	if (s.p == s.end)
		return false;
	unit = s.end[-1] == 'h'	  ? HOUR
	       : s.end[-1] == 'm' ? MINUTE
	       : s.end[-1] == 's' ? 1
				  : 0;
	s.end--;
	if (!unit || !edge_slice_u64(s, UINT32_MAX / HOUR, &n) || !n)
		return false;
	in->t->token_lifetime_s = (unsigned)n * unit;
	return true;
}
