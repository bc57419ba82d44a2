/* Snapshot <-> struct topo, and the only reference count of the product. */
#include "topology/snap.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "topology/snap_rows.h"

struct topo_box {
	atomic_uint refs;
	struct topo_arena arena;
	struct topo topo;
};

static struct topo_box *box_of(const struct topo *t)
{
	const char *p = (const char *)t - offsetof(struct topo_box, topo);

	return (struct topo_box *)(uintptr_t)p;
}

static void box_free(struct topo_box *b)
{
	if (!b)
		return;
	topo_arena_fini(&b->arena);
	free(b);
}

const struct topo *topo_hold(const struct topo *t)
{
	if (t)
		atomic_fetch_add_explicit(&box_of(t)->refs, 1,
					  memory_order_relaxed);
	return t;
}

void topo_drop(const struct topo *t)
{
	if (t && atomic_fetch_sub_explicit(&box_of(t)->refs, 1,
					   memory_order_acq_rel) == 1)
		box_free(box_of(t));
}

static enum edge_err fault(char *why, size_t cap, const struct topo_fact *at,
			   const char *key)
{
	if (!why)
		return EDGE_EFORMAT;
	if (at)
		(void)snprintf(why, cap, "line %u: %s: malformed value",
			       at->line, at->key);
	else
		(void)snprintf(why, cap, "%s: fact is missing", key);
	return EDGE_EFORMAT;
}

static enum edge_err take_rows(struct topo_snap_in *in, char *why, size_t cap)
{
	for (const struct topo_snap_row *r = topo_snap_rows(); r->key; r++) {
		const struct topo_fact *at =
			topo_facts_find(&in->facts, r->key);

		if (!at && r->is_new)
			continue;
		if (!at || !r->take(in, at->value, r))
			return fault(why, cap, at, r->key);
	}
	return EDGE_OK;
}

static enum edge_err take_all(struct topo_snap_in *in, char *why, size_t cap)
{
	const struct topo_fact *at = NULL;

	if (!topo_snap_take_hosts(in, &at))
		return fault(why, cap, at, "host");
	if (!topo_snap_take_av_members(in, &at))
		return fault(why, cap, at, "av.member.000");
	if (!topo_snap_take_registrars(in, &at))
		return fault(why, cap, at, "registrar.000");
	if (!topo_snap_take_providers(in, &at))
		return fault(why, cap, at, "provider.000");
	if (!topo_snap_take_xmpp(in, &at))
		return fault(why, cap, at, "xmpp.partner.000");
	return take_rows(in, why, cap);
}

enum edge_err topo_snap_decode(const struct topo **out, struct edge_slice snap,
			       uint64_t seq, char *why, size_t why_cap)
{
	struct topo_box *b = calloc(1, sizeof(*b));
	struct topo_snap_in in = {0};
	enum edge_err err = EDGE_ENOMEM;

	if (why && why_cap)
		why[0] = '\0';
	if (!b)
		goto out;
	atomic_init(&b->refs, 1);
	b->topo.seq = seq;
	/* what facts of earlier versions do not say */
	b->topo.access = topo_access_default();
	b->topo.proxy = topo_proxy_default();
	b->topo.xmpp_gateway = topo_xmpp_gateway_default();
	in.arena = &b->arena;
	in.t = &b->topo;
	err = topo_facts_parse(&in.facts, snap, &b->arena, why, why_cap);
	if (err)
		goto out;
	err = take_all(&in, why, why_cap);
	if (b->arena.failed)
		err = EDGE_ENOMEM;
	if (err)
		goto out;
	*out = &b->topo;
	b = NULL;
out:
	box_free(b);
	return err;
}

/* What was written must be readable: no value may hold a stray byte. */
static enum edge_err verify(const char *text, size_t len)
{
	struct topo_arena arena = {0};
	struct topo_facts facts;
	enum edge_err err = topo_facts_parse(&facts, edge_slice(text, len),
					     &arena, NULL, 0);

	topo_arena_fini(&arena);
	return err;
}

enum edge_err topo_snap_encode(char **text, size_t *len, const struct topo *t)
{
	char *lines = NULL, *sorted = NULL;
	size_t lines_len = 0, sorted_len = 0;
	FILE *out = open_memstream(&lines, &lines_len);
	enum edge_err err = EDGE_ENOMEM;

	if (!out)
		return EDGE_ENOMEM;
	for (const struct topo_snap_row *r = topo_snap_rows(); r->key; r++) {
		(void)fprintf(out, "%s\t", r->key);
		r->put(out, t, r);
		(void)fputc('\n', out);
	}
	topo_snap_put_hosts(out, t);
	topo_snap_put_av_members(out, t);
	topo_snap_put_registrars(out, t);
	topo_snap_put_providers(out, t);
	topo_snap_put_xmpp(out, t);
	if (fclose(out))
		goto out;
	err = topo_facts_sort(&sorted, &sorted_len,
			      edge_slice(lines, lines_len));
	if (err)
		goto out;
	err = verify(sorted, sorted_len);
	if (err)
		goto out;
	*text = sorted;
	*len = sorted_len;
	sorted = NULL;
out:
	free(sorted);
	edge_wipe(lines, lines_len);
	free(lines);
	return err;
}
