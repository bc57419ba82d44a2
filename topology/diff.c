/* What changed between two snapshots, as services and as people see it. */
#include "topology/diff.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "topology/facts.h"
#include "topology/snap.h"

/* The public struct comes first, so that one pointer frees all. */
struct diff_box {
	struct topo_diff diff;
	struct topo_arena arena;
};

static bool same_listen(const struct topo_listen *a,
			const struct topo_listen *b)
{
	return edge_addr_eq(&a->addr, &b->addr) && a->count == b->count;
}

static enum topo_listen_change listen_change(const struct topo_listen *before,
					     const struct topo_listen *after)
{
	bool was = before && before->present;

	if (!was)
		return after->present ? TOPO_LISTEN_OPEN : TOPO_LISTEN_NONE;
	if (!after->present)
		return TOPO_LISTEN_CLOSE;
	return same_listen(before, after) ? TOPO_LISTEN_KEEP : TOPO_LISTEN_MOVE;
}

/* Which part of a service a changed fact is about. */
/* clang-format off */
static const struct {
	const char *key;
	bool is_prefix;
	size_t at; /* of the bool in struct topo_diff */
} parts[] = {
	{"nexthop", false, offsetof(struct topo_diff, next_hop)},
	{"registrar.000", false, offsetof(struct topo_diff, next_hop)},
	{"sipdomain", true, offsetof(struct topo_diff, domains)},
	{"trusted", true, offsetof(struct topo_diff, trusted)},
	{"registrar.", true, offsetof(struct topo_diff, trusted)},
	{"pushers", false, offsetof(struct topo_diff, trusted)},
	{"allowed", true, offsetof(struct topo_diff, federation)},
	{"blocked", false, offsetof(struct topo_diff, federation)},
	{"federation", false, offsetof(struct topo_diff, federation)},
	{"provider.", true, offsetof(struct topo_diff, federation)},
	{"settings", true, offsetof(struct topo_diff, federation)},
	{"xmpp.", true, offsetof(struct topo_diff, xmpp)},
	{"trust.xmpp", false, offsetof(struct topo_diff, trusted)},
	{"host.", true, offsetof(struct topo_diff, hosts)},
	{"av.public", false, offsetof(struct topo_diff, av)},
	{"av.public.ipv6", false, offsetof(struct topo_diff, av)},
	{"webconf.own.ipv6", false, offsetof(struct topo_diff, webconf)},
	{"av.own.ipv6", false, offsetof(struct topo_diff, av)},
	{"internal.ipv6", false, offsetof(struct topo_diff, av)},
	{"av.member.", true, offsetof(struct topo_diff, av)},
	{"token.lifetime", false, offsetof(struct topo_diff, av)},
	{"mras.user", false, offsetof(struct topo_diff, av)},
};
/* clang-format on */

static void mark(struct topo_diff *d, const char *key)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		size_t len = strlen(parts[i].key);
		bool hit = parts[i].is_prefix
				   ? strncmp(key, parts[i].key, len) == 0
				   : strcmp(key, parts[i].key) == 0;

		if (hit)
			*(bool *)(void *)((char *)d + parts[i].at) = true;
	}
}

static bool same_hosts(const struct topo_host *a, const struct topo_host *b)
{
	if (a->addr_count != b->addr_count)
		return false;
	for (size_t i = 0; i < a->addr_count; i++)
		if (!edge_addr_same_ip(&a->addrs[i], &b->addrs[i]))
			return false;
	return true;
}

/* Addresses are facts of their own: compare those of the next hop too. */
static bool same_hop_addresses(const struct topo *a, const struct topo *b)
{
	const struct topo_cluster *x = topo_next_hop(a), *y = topo_next_hop(b);

	if (x->member_count != y->member_count ||
	    !same_hosts(&x->pool, &y->pool))
		return false;
	for (size_t i = 0; i < x->member_count; i++)
		if (!same_hosts(&x->members[i], &y->members[i]))
			return false;
	return true;
}

static void add_change(struct topo_diff *d, struct topo_fact_change *rows,
		       struct topo_fact_change change)
{
	mark(d, change.key);
	rows[d->fact_count++] = change;
}

/* As people may see it. */
static const char *text_of(const struct topo_fact *f)
{
	struct edge_slice shown = topo_fact_shown(f->key, f->value);

	return (const char *)shown.p; /* NUL follows */
}

static const struct topo_fact *fact_at(const struct topo_facts *f, size_t i)
{
	return i < f->count ? &f->v[i] : NULL;
}

/* Of two, the one with the lower key alone, or both when it is the same. */
static void line_up(const struct topo_fact **x, const struct topo_fact **y)
{
	int order = *x && *y ? strcmp((*x)->key, (*y)->key) : 0;

	if (order < 0)
		*y = NULL;
	else if (order > 0)
		*x = NULL;
}

/* Both lists are sorted by key: one walk over the two. */
static void walk(struct topo_diff *d, struct topo_fact_change *rows,
		 const struct topo_facts *a, const struct topo_facts *b)
{
	size_t i = 0, k = 0;

	while (i < a->count || k < b->count) {
		const struct topo_fact *x = fact_at(a, i), *y = fact_at(b, k);
		struct topo_fact_change c = {0};

		line_up(&x, &y);
		if (x) {
			c.key = x->key;
			c.before = text_of(x);
			i++;
		}
		if (y) {
			c.key = y->key;
			c.after = text_of(y);
			k++;
		}
		if (x && y && edge_slice_eq(x->value, y->value))
			continue;
		assert(c.key); /* x, y or both are there */
		add_change(d, rows, c);
	}
}

static enum edge_err facts_of(struct topo_facts *out, const struct topo *t,
			      struct topo_arena *arena)
{
	char *text;
	size_t len;
	enum edge_err err;

	*out = (struct topo_facts){0};
	if (!t)
		return EDGE_OK;
	err = topo_snap_encode(&text, &len, t);
	if (err)
		return err;
	err = topo_facts_parse(out, edge_slice(text, len), arena, NULL, 0);
	edge_wipe(text, len);
	free(text);
	return err;
}

static enum edge_err compare(struct diff_box *b, const struct topo *before,
			     const struct topo *after)
{
	struct topo_facts old_facts, new_facts;
	struct topo_fact_change *rows;
	enum edge_err err = facts_of(&old_facts, before, &b->arena);

	if (!err)
		err = facts_of(&new_facts, after, &b->arena);
	if (err)
		return err;
	rows = topo_arena_array(&b->arena, old_facts.count + new_facts.count,
				sizeof(*rows));
	if (!rows)
		return EDGE_ENOMEM;
	walk(&b->diff, rows, &old_facts, &new_facts);
	b->diff.facts = rows;
	return EDGE_OK;
}

enum edge_err topo_diff_new(struct topo_diff **out, const struct topo *before,
			    const struct topo *after)
{
	struct diff_box *b = calloc(1, sizeof(*b));
	enum edge_err err;

	if (!b)
		return EDGE_ENOMEM;
	err = compare(b, before, after);
	if (err) {
		topo_diff_free(&b->diff);
		return err;
	}
	for (size_t k = 0; k < TOPO_PORT_KINDS; k++)
		b->diff.listen[k] = listen_change(
			before ? &before->listen[k] : NULL, &after->listen[k]);
	if (before && !same_hop_addresses(before, after))
		b->diff.next_hop = true;
	*out = &b->diff;
	return EDGE_OK;
}

void topo_diff_free(struct topo_diff *d)
{
	struct diff_box *b = (struct diff_box *)(void *)d;

	if (!b)
		return;
	topo_arena_fini(&b->arena);
	free(b);
}

int topo_fact_change_print(const struct topo_fact_change *c, char *out,
			   size_t cap)
{
	if (!c->before)
		return snprintf(out, cap, "+ %s %s", c->key, c->after);
	if (!c->after)
		return snprintf(out, cap, "- %s %s", c->key, c->before);
	return snprintf(out, cap, "~ %s %s -> %s", c->key, c->before, c->after);
}
