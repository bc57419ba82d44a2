/* Facts about partners: allowed and blocked domains, providers. */
#include <string.h>

#include "topology/name.h"
#include "topology/snap.h"
#include "topology/snap_rows.h"

void topo_snap_put_allowed(FILE *out, const struct topo *t,
			   const struct topo_snap_row *row)
{
	(void)row;
	for (size_t i = 0; i < t->allowed_count; i++) {
		const struct topo_partner *p = &t->allowed[i];

		(void)fprintf(out, "%s%s", i ? " " : "", p->domain);
		if (p->proxy_fqdn)
			(void)fprintf(out, "(via %s)", p->proxy_fqdn);
	}
	if (!t->allowed_count)
		(void)fputc('-', out);
}

/* "name" or "name(via proxy)", and the blank behind it. */
static bool take_partner(struct topo_snap_in *in, struct edge_slice *s,
			 struct topo_partner *p)
{
	struct edge_slice word, name, proxy;

	if (!topo_snap_word(s, ' ', &word))
		return false;
	if (!edge_take_until(&word, '(', &name))
		return topo_snap_name(in, word, &p->domain);
	if (!edge_slice_eq_str(word, "via") || !edge_take_until(s, ')', &proxy))
		return false;
	if (s->p < s->end && (!topo_snap_lit(s, " ") || s->p == s->end))
		return false;
	return topo_snap_name(in, name, &p->domain) &&
	       topo_snap_name(in, proxy, &p->proxy_fqdn);
}

bool topo_snap_take_allowed(struct topo_snap_in *in, struct edge_slice s,
			    const struct topo_snap_row *row)
{
	size_t cap = topo_snap_count(s, ' '), n = 0;
	struct topo_partner *v;

	(void)row;
	if (cap == SIZE_MAX)
		return false;
	v = topo_arena_array(in->arena, cap, sizeof(*v));
	if (!v)
		return false;
	while (cap && s.p < s.end)
		if (!take_partner(in, &s, &v[n++]))
			return false;
	for (size_t i = 0; i < n; i++)
		v[i].verification = topo_partner_default().verification;
	in->t->allowed = v;
	in->t->allowed_count = n;
	return true;
}

/* What differs from the default, in the order of the list of allowed domains:
 * "fabrikam.com=AlwaysVerifiable" and names of those that are monitored. */

static const struct topo_field *level_of_partner(void)
{
	return topo_field_find(topo_partner_fields, "VerificationLevel");
}

void topo_snap_put_levels(FILE *out, const struct topo *t,
			  const struct topo_snap_row *row)
{
	const struct topo_partner usual = topo_partner_default();
	bool any = false;

	(void)row;
	for (size_t i = 0; i < t->allowed_count; i++) {
		const struct topo_partner *p = &t->allowed[i];

		if (p->verification == usual.verification)
			continue;
		(void)fprintf(out, "%s%s=%s", any ? " " : "", p->domain,
			      topo_field_word(level_of_partner(), p));
		any = true;
	}
	if (!any)
		(void)fputc('-', out);
}

void topo_snap_put_monitored(FILE *out, const struct topo *t,
			     const struct topo_snap_row *row)
{
	bool any = false;

	(void)row;
	for (size_t i = 0; i < t->allowed_count; i++) {
		if (!t->allowed[i].is_monitored)
			continue;
		(void)fprintf(out, "%s%s", any ? " " : "",
			      t->allowed[i].domain);
		any = true;
	}
	if (!any)
		(void)fputc('-', out);
}

/* The rows again, to be changed; NULL on no memory. */
static struct topo_partner *partners_again(struct topo_snap_in *in)
{
	struct topo_partner *v =
		topo_arena_array(in->arena, in->t->allowed_count, sizeof(*v));

	if (v && in->t->allowed_count)
		memcpy(v, in->t->allowed, in->t->allowed_count * sizeof(*v));
	return v;
}

/* The partner of that name from *i on, which then is behind it. */
static struct topo_partner *next_partner(const struct topo_snap_in *in,
					 struct topo_partner *v, size_t *i,
					 struct edge_slice name)
{
	while (*i < in->t->allowed_count)
		if (edge_slice_eq_str(name, v[(*i)++].domain))
			return &v[*i - 1];
	return NULL;
}

bool topo_snap_take_levels(struct topo_snap_in *in, struct edge_slice s,
			   const struct topo_snap_row *row)
{
	struct topo_partner *v = partners_again(in), *p;
	struct edge_slice word, name;
	size_t i = 0;

	(void)row;
	if (edge_slice_eq_str(s, "-"))
		return true;
	while (v && s.p < s.end) {
		if (!topo_snap_word(&s, ' ', &word) ||
		    !edge_take_until(&word, '=', &name))
			return false;
		p = next_partner(in, v, &i, name);
		if (!p || !topo_field_take(level_of_partner(), p, word))
			return false;
	}
	in->t->allowed = v;
	return v;
}

bool topo_snap_take_monitored(struct topo_snap_in *in, struct edge_slice s,
			      const struct topo_snap_row *row)
{
	struct topo_partner *v = partners_again(in), *p;
	struct edge_slice word;
	size_t i = 0;

	(void)row;
	if (edge_slice_eq_str(s, "-"))
		return true;
	while (v && s.p < s.end) {
		if (!topo_snap_word(&s, ' ', &word))
			return false;
		p = next_partner(in, v, &i, word);
		if (!p)
			return false;
		p->is_monitored = true;
	}
	in->t->allowed = v;
	return v;
}

void topo_snap_put_blocked(FILE *out, const struct topo *t,
			   const struct topo_snap_row *row)
{
	(void)row;
	for (size_t i = 0; i < t->blocked_count; i++)
		(void)fprintf(out, "%s%s", i ? " " : "", t->blocked[i]);
	if (!t->blocked_count)
		(void)fputc('-', out);
}

bool topo_snap_take_blocked(struct topo_snap_in *in, struct edge_slice s,
			    const struct topo_snap_row *row)
{
	struct topo_names names;

	(void)row;
	if (!topo_snap_list(in, s, true, &names))
		return false;
	in->t->blocked = names.v;
	in->t->blocked_count = names.count;
	return true;
}

/* Providers: kind, proxy, level and properties, then the name, which may hold
 * blanks. */

static const struct topo_field *level_of_provider(void)
{
	return topo_field_find(topo_provider_fields, "VerificationLevel");
}

void topo_snap_put_providers(FILE *out, const struct topo *t)
{
	for (size_t i = 0; i < t->provider_count; i++) {
		const struct topo_provider *p = &t->providers[i];

		(void)fprintf(out, "provider.%03zu\t%s %s %s,", i,
			      p->is_public ? "public" : "hosting",
			      p->proxy_fqdn,
			      topo_field_word(level_of_provider(), p));
		topo_snap_print_fields(out, topo_provider_fields, p, ',');
		(void)fprintf(out, " %s\n", p->name);
	}
}

/* Earlier versions wrote the enabled ones alone, with any word or "-" for the
 * level and without properties. */
static bool take_properties(struct topo_snap_in *in, struct edge_slice s,
			    struct topo_provider *p)
{
	struct edge_slice level;

	if (!edge_take_until(&s, ',', &level)) {
		p->is_enabled = true;
		(void)topo_field_take(level_of_provider(), p, s);
		return true;
	}
	return topo_field_take(level_of_provider(), p, level) &&
	       topo_snap_read_fields(in, &s, topo_provider_fields, p, ',') &&
	       s.p == s.end;
}

static bool take_provider(struct topo_snap_in *in, struct edge_slice s,
			  void *item)
{
	struct topo_provider *p = item;
	struct edge_slice kind, proxy, properties;
	bool is_public;

	if (!topo_snap_word(&s, ' ', &kind) ||
	    !topo_snap_word(&s, ' ', &proxy) ||
	    !topo_snap_word(&s, ' ', &properties) || s.p == s.end)
		return false;
	is_public = edge_slice_eq_str(kind, "public");
	*p = topo_provider_default(is_public);
	p->name = topo_arena_str(in->arena, s);
	return (is_public || edge_slice_eq_str(kind, "hosting")) &&
	       topo_snap_name(in, proxy, &p->proxy_fqdn) &&
	       take_properties(in, properties, p);
}

bool topo_snap_take_providers(struct topo_snap_in *in,
			      const struct topo_fact **at)
{
	static const struct topo_snap_running running = {
		"provider.", sizeof(struct topo_provider), take_provider};

	in->t->providers = topo_snap_take_running(in, &running,
						  &in->t->provider_count, at);
	return in->t->providers;
}
