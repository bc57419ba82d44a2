/* The permissions of one allocation. */
#include "av-edge/permission.h"

#include <stdlib.h>

enum { FIRST = 2 /* ours: most calls have one or two peers */ };

void ave_permissions_fini(struct ave_permissions *p)
{
	free(p->v);
	*p = (struct ave_permissions){0};
}

static struct ave_permission *find(struct ave_permissions *p,
				   const struct edge_addr *peer)
{
	if (p->last < p->count && edge_addr_same_ip(&p->v[p->last].ip, peer))
		return &p->v[p->last];
	for (uint32_t i = 0; i < p->count; i++)
		if (edge_addr_same_ip(&p->v[i].ip, peer)) {
			p->last = i;
			return &p->v[i];
		}
	return NULL;
}

struct ave_permission *ave_permissions_find(struct ave_permissions *p,
					    const struct edge_addr *peer,
					    uint64_t now_ms)
{
	struct ave_permission *found = find(p, peer);

	return found && found->until_ms > now_ms ? found : NULL;
}

static struct ave_permission *ended(struct ave_permissions *p, uint64_t now_ms)
{
	for (uint32_t i = 0; p->v && i < p->count; i++)
		if (p->v[i].until_ms <= now_ms)
			return &p->v[i];
	return NULL;
}

uint32_t ave_permissions_live(const struct ave_permissions *p, uint64_t now_ms)
{
	uint32_t live = 0;

	for (uint32_t i = 0; i < p->count; i++)
		live += p->v[i].until_ms > now_ms;
	return live;
}

static enum edge_err grow(struct ave_permissions *p)
{
	uint32_t cap = p->cap ? p->cap * 2 : FIRST;
	struct ave_permission *v = realloc(p->v, cap * sizeof(*v));

	if (!v)
		return EDGE_ENOMEM;
	p->v = v;
	p->cap = cap;
	return EDGE_OK;
}

enum edge_err ave_permissions_put(struct ave_permissions *p,
				  const struct edge_addr *peer, uint64_t now_ms,
				  uint64_t until_ms, uint32_t max)
{
	struct ave_permission *slot = find(p, peer);

	if (!slot)
		slot = ended(p, now_ms);
	if (!slot) {
		if (p->count >= max)
			return EDGE_ELIMIT;
		if ((!p->v || p->count == p->cap) && grow(p) != EDGE_OK)
			return EDGE_ENOMEM;
		slot = &p->v[p->count++];
	}
	slot->ip = *peer;
	slot->ip.port = 0;
	slot->until_ms = until_ms;
	return EDGE_OK;
}
