/* The dialect's part of an allocation. */
#include "av-edge/mst_own.h"

#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"

enum edge_err mst_own_new(struct mst_own **out, const struct mst_msg *m,
			  struct mst_mac *mac, struct edge_stock *random)
{
	struct edge_slice realm = mst_trim(m->v[MST_REALM].bytes);
	struct edge_slice username = m->v[MST_USERNAME].bytes;
	struct mst_own *o;

	if (edge_slice_len(username) > sizeof(o->username) ||
	    edge_slice_len(realm) > sizeof(o->realm))
		return EDGE_EFORMAT;
	o = calloc(1, sizeof(*o));
	if (!o)
		return EDGE_ENOMEM;
	o->mac = mac;
	o->is_padded = m->is_padded;
	o->realm_len = (uint16_t)edge_slice_len(realm);
	memcpy(o->realm, realm.p, o->realm_len);
	o->username_len = (uint16_t)edge_slice_len(username);
	memcpy(o->username, username.p, o->username_len);
	edge_stock_take(random, o->connection, sizeof(o->connection));
	edge_stock_take(random, o->tid, sizeof(o->tid));
	*out = o;
	return EDGE_OK;
}

void mst_own_free(struct mst_own *o)
{
	if (!o)
		return;
	mst_mac_free(o->mac);
	mst_replay_fini(&o->replay);
	edge_wipe(o, sizeof(*o));
	free(o);
}

bool mst_own_is_user(const struct mst_own *o, struct edge_slice username)
{
	return edge_slice_eq(username,
			     edge_slice(o->username, o->username_len));
}

bool mst_own_is_realm(const struct mst_own *o, const struct mst_msg *m)
{
	return !mst_has(m, MST_REALM) ||
	       edge_slice_eq(mst_trim(m->v[MST_REALM].bytes),
			     edge_slice(o->realm, o->realm_len));
}

/* Its random start, counted up in the last bytes: no randomness a packet. */
void mst_own_take_tid(struct mst_own *o, uint8_t tid[MST_TID_LEN])
{
	memcpy(tid, o->tid, MST_TID_LEN);
	for (size_t i = MST_TID_LEN; i-- > MST_TID_LEN / 2;)
		if (++o->tid[i])
			return;
}
