/* Facts about XMPP federation. */
#include <string.h>

#include "topology/name.h"
#include "topology/snap.h"
#include "topology/snap_rows.h"

/* xmpp.partner.NNN: "fabrikam.com type=... proxy=- more=a.test,b.test" */

void topo_snap_put_xmpp(FILE *out, const struct topo *t)
{
	for (size_t i = 0; i < t->xmpp_count; i++) {
		const struct topo_xmpp_partner *p = &t->xmpp[i];

		(void)fprintf(out, "xmpp.partner.%03zu\t%s ", i, p->domain);
		topo_snap_print_fields(out, topo_xmpp_fields, p, ' ');
		(void)fputs(" more=", out);
		for (size_t k = 0; k < p->more.count; k++)
			(void)fprintf(out, "%s%s", k ? "," : "", p->more.v[k]);
		(void)fprintf(out, "%s\n", p->more.count ? "" : "-");
	}
}

static bool take_more(struct topo_snap_in *in, struct edge_slice s,
		      struct topo_xmpp_names *out)
{
	size_t n = topo_snap_count(s, ',');
	struct edge_slice word;
	const char **v;

	if (n == SIZE_MAX)
		return false;
	v = topo_arena_array(in->arena, n, sizeof(*v));
	if (!v)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!topo_snap_word(&s, ',', &word) ||
		    !topo_snap_name(in, word, &v[i]))
			return false;
	*out = (struct topo_xmpp_names){v, n};
	return true;
}

static bool take_partner(struct topo_snap_in *in, struct edge_slice s,
			 void *item)
{
	struct topo_xmpp_partner *p = item;
	struct edge_slice name;

	*p = topo_xmpp_partner_default();
	return topo_snap_word(&s, ' ', &name) &&
	       topo_snap_name(in, name, &p->domain) &&
	       topo_snap_read_fields(in, &s, topo_xmpp_fields, p, ' ') &&
	       topo_snap_lit(&s, "more=") && take_more(in, s, &p->more);
}

bool topo_snap_take_xmpp(struct topo_snap_in *in, const struct topo_fact **at)
{
	static const struct topo_snap_running running = {
		"xmpp.partner.", sizeof(struct topo_xmpp_partner),
		take_partner};

	in->t->xmpp =
		topo_snap_take_running(in, &running, &in->t->xmpp_count, at);
	return in->t->xmpp;
}

/* xmpp.partners: the names again, for people; earlier versions had no more. */

void topo_snap_put_xmpp_names(FILE *out, const struct topo *t,
			      const struct topo_snap_row *row)
{
	(void)row;
	for (size_t i = 0; i < t->xmpp_count; i++)
		(void)fprintf(out, "%s%s", i ? " " : "", t->xmpp[i].domain);
	if (!t->xmpp_count)
		(void)fputc('-', out);
}

static bool take_names_alone(struct topo_snap_in *in,
			     const struct topo_names *names)
{
	struct topo_xmpp_partner *v =
		topo_arena_array(in->arena, names->count, sizeof(*v));

	if (!v || names->count > TOPO_SNAP_RUNNING_MAX)
		return false;
	for (size_t i = 0; i < names->count; i++) {
		v[i] = topo_xmpp_partner_default();
		v[i].domain = names->v[i];
	}
	in->t->xmpp = v;
	in->t->xmpp_count = names->count;
	return true;
}

bool topo_snap_take_xmpp_names(struct topo_snap_in *in, struct edge_slice s,
			       const struct topo_snap_row *row)
{
	struct topo_names names;

	(void)row;
	if (!topo_snap_list(in, s, true, &names))
		return false;
	if (!in->t->xmpp_count)
		return take_names_alone(in, &names);
	if (names.count != in->t->xmpp_count)
		return false;
	for (size_t i = 0; i < names.count; i++)
		if (strcmp(names.v[i], in->t->xmpp[i].domain) != 0)
			return false;
	return true;
}

/* xmpp.dialbackkey: 64 hex digits, a secret. */

enum { KEY_LEN = 64 };

void topo_snap_put_dialback(FILE *out, const struct topo *t,
			    const struct topo_snap_row *row)
{
	const char *key = t->xmpp_gateway.dialback_key;

	(void)row;
	(void)fputs(key ? key : "-", out);
}

bool topo_snap_take_dialback(struct topo_snap_in *in, struct edge_slice s,
			     const struct topo_snap_row *row)
{
	(void)row;
	if (edge_slice_eq_str(s, "-"))
		return true;
	if (edge_slice_len(s) != KEY_LEN)
		return false;
	for (const uint8_t *p = s.p; p < s.end; p++)
		if (!strchr("0123456789abcdef", *p))
			return false;
	in->t->xmpp_gateway.dialback_key = topo_arena_str(in->arena, s);
	return true;
}
