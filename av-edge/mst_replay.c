/* The sequence window, the ring of transaction ids, the last answer. */
#include "av-edge/mst_replay.h"

#include <stdlib.h>
#include <string.h>

static bool number_is_new(struct mst_replay *r, uint32_t n)
{
	uint64_t bit;

	if (n > r->highest) {
		uint32_t up = n - r->highest;

		r->bits = up < MST_WINDOW ? r->bits << up : 0;
		r->bits |= 1;
		r->highest = n;
		return true;
	}
	if (r->highest - n >= MST_WINDOW)
		return false;
	bit = UINT64_C(1) << (r->highest - n);
	if (r->bits & bit)
		return false;
	r->bits |= bit;
	return true;
}

static bool is_same(const struct mst_seen_id *s, const struct mst_msg *m)
{
	return s->type == m->type && !memcmp(s->tid, m->tid.p, MST_TID_LEN);
}

static void remember(struct mst_seen_id *s, const struct mst_msg *m)
{
	s->type = m->type;
	memcpy(s->tid, m->tid.p, MST_TID_LEN);
}

static bool id_is_new(struct mst_replay *r, const struct mst_msg *m)
{
	if (!r->recent)
		r->recent = calloc(MST_RECENT_IDS, sizeof(*r->recent));
	if (!r->recent)
		return false;
	for (size_t i = 0; i < MST_RECENT_IDS; i++)
		if (is_same(&r->recent[i], m))
			return false;
	remember(&r->recent[r->next], m);
	r->next = (r->next + 1) % MST_RECENT_IDS;
	return true;
}

void mst_replay_fini(struct mst_replay *r)
{
	free(r->recent);
	r->recent = NULL;
}

bool mst_replay_is_new(struct mst_replay *r, const struct mst_msg *m)
{
	return mst_has(m, MST_SEQUENCE)
		       ? number_is_new(r, m->v[MST_SEQUENCE].number)
		       : id_is_new(r, m);
}

void mst_reply_keep(struct mst_reply *r, const struct mst_msg *of,
		    struct edge_slice wire, uint64_t until_ms)
{
	size_t len = edge_slice_len(wire);

	if (!len || len > MST_REPLY_MAX)
		return;
	r->until_ms = until_ms;
	r->len = (uint16_t)len;
	remember(&r->of, of);
	memcpy(r->bytes, wire.p, len);
}

struct edge_slice mst_reply_find(const struct mst_reply *r,
				 const struct mst_msg *m, uint64_t now_ms)
{
	if (!r->len || now_ms >= r->until_ms || !is_same(&r->of, m))
		return edge_slice(NULL, 0);
	return edge_slice(r->bytes, r->len);
}
