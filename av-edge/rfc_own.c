/* What the RFC dialect keeps of an allocation. */
#include "av-edge/rfc_own.h"

#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"

enum { FIRST = 4 /* ours: Connects at once */ };

enum edge_err rfc_own_new(struct rfc_own **out, struct rfc_mac *mac,
			  const uint8_t token[MRAS_TOKEN_LEN],
			  struct edge_stock *random)
{
	struct rfc_own *o = calloc(1, sizeof(*o));

	if (!o)
		return EDGE_ENOMEM;
	o->mac = mac;
	memcpy(o->token, token, MRAS_TOKEN_LEN);
	edge_stock_take(random, o->tid, sizeof(o->tid));
	*out = o;
	return EDGE_OK;
}

void rfc_own_free(struct rfc_own *o)
{
	if (!o)
		return;
	rfc_mac_free(o->mac);
	free(o->waiting);
	edge_wipe(o, sizeof(*o));
	free(o);
}

void rfc_own_take_tid(struct rfc_own *o, uint8_t tid[RFC_TID_LEN])
{
	memcpy(tid, o->tid, RFC_TID_LEN);
	for (size_t i = RFC_TID_LEN; i && !++o->tid[i - 1];)
		i--;
}

void rfc_own_keep_reply(struct rfc_own *o, struct edge_slice tid,
			struct edge_slice reply)
{
	size_t len = edge_slice_len(reply);

	o->reply_len = 0;
	if (len > sizeof(o->reply))
		return;
	memcpy(o->allocate_tid, tid.p, RFC_TID_LEN);
	memcpy(o->reply, reply.p, len);
	o->reply_len = len;
}

struct edge_slice rfc_own_reply(const struct rfc_own *o, struct edge_slice tid)
{
	bool same =
		edge_slice_eq(tid, edge_slice(o->allocate_tid, RFC_TID_LEN));

	return edge_slice(o->reply, same ? o->reply_len : 0);
}

enum edge_err rfc_own_wait(struct rfc_own *o, const struct rfc_waiting *w)
{
	if (o->waiting_count == o->waiting_cap) {
		size_t cap = o->waiting_cap ? 2 * o->waiting_cap : FIRST;
		struct rfc_waiting *v = realloc(o->waiting, cap * sizeof(*v));

		if (!v)
			return EDGE_ENOMEM;
		o->waiting = v;
		o->waiting_cap = cap;
	}
	o->waiting[o->waiting_count++] = *w;
	return EDGE_OK;
}

bool rfc_own_take_waiting(struct rfc_waiting *out, struct rfc_own *o,
			  uint32_t connection)
{
	for (size_t i = 0; i < o->waiting_count; i++) {
		if (o->waiting[i].connection != connection)
			continue;
		*out = o->waiting[i];
		o->waiting[i] = o->waiting[--o->waiting_count];
		return true;
	}
	return false;
}
