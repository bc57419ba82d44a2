/* The table of flows of one allocation. */
#include "av-edge/flow.h"

#include <stdlib.h>

void ave_flows_fini(struct ave_flows *f)
{
	free(f->v);
	*f = (struct ave_flows){0};
}

enum edge_err ave_flows_add(struct ave_flow **out, struct ave_flows *f,
			    const struct ave_flow *init, uint32_t max)
{
	if (f->count >= max)
		return EDGE_ELIMIT;
	if (f->count == f->cap) {
		uint32_t cap = f->cap ? f->cap * 2 : 1;
		struct ave_flow *v = realloc(f->v, cap * sizeof(*v));

		if (!v)
			return EDGE_ENOMEM;
		f->v = v;
		f->cap = cap;
	}
	f->v[f->count] = *init;
	*out = &f->v[f->count++];
	return EDGE_OK;
}

void ave_flows_remove(struct ave_flows *f, struct ave_flow *flow)
{
	*flow = f->v[--f->count];
	f->last = 0;
}

static struct ave_flow *live(struct ave_flow *flow, uint64_t now_ms)
{
	return flow->until_ms > now_ms ? flow : NULL;
}

struct ave_flow *ave_flows_by_channel(struct ave_flows *f, uint16_t channel,
				      uint64_t now_ms)
{
	if (f->last < f->count && f->v[f->last].channel == channel)
		return live(&f->v[f->last], now_ms);
	for (uint32_t i = 0; i < f->count; i++)
		if (f->v[i].channel == channel) {
			f->last = i;
			return live(&f->v[i], now_ms);
		}
	return NULL;
}

struct ave_flow *ave_flows_by_peer(struct ave_flows *f,
				   const struct edge_addr *peer,
				   uint64_t now_ms)
{
	if (f->last < f->count && edge_addr_eq(&f->v[f->last].peer, peer))
		return live(&f->v[f->last], now_ms);
	for (uint32_t i = 0; i < f->count; i++)
		if (edge_addr_eq(&f->v[i].peer, peer)) {
			f->last = i;
			return live(&f->v[i], now_ms);
		}
	return NULL;
}
