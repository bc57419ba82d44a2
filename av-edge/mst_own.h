/* What the MS-TURN dialect keeps of an allocation. */
#ifndef AV_EDGE_MST_OWN_H
#define AV_EDGE_MST_OWN_H

#include "av-edge/mras_cred.h"
#include "av-edge/mst_auth.h"
#include "av-edge/mst_replay.h"
#include "av-edge/view.h"
#include "common/crypto.h"

struct mst_own {	     /* owner: the allocation; wiped by free */
	struct mst_mac *mac; /* K, as the first Allocate was keyed */
	struct mst_replay replay;
	struct mst_reply last;
	uint64_t refused_ms; /* the last unsigned 0116; 0: none */
	uint16_t realm_len, username_len;
	bool is_padded; /* as its last message was understood, AV 1.6 */
	uint8_t username[MRAS_TOKEN_LEN];
	uint8_t realm[AVE_REALM_MAX]; /* without its quotes */
	uint8_t connection[MST_CONNECTION_LEN];
	uint8_t tid[MST_TID_LEN]; /* of the next Data Indication */
};

/** mac is taken over when this works. m: an Allocate that was admitted. */
EDGE_MUST_CHECK enum edge_err mst_own_new(struct mst_own **out,
					  const struct mst_msg *m,
					  struct mst_mac *mac,
					  struct edge_stock *random);
void mst_own_free(struct mst_own *o); /* NULL is fine */
bool mst_own_is_user(const struct mst_own *o, struct edge_slice username);
/** No realm in m, or the one the key was made with. */
bool mst_own_is_realm(const struct mst_own *o, const struct mst_msg *m);
/** A transaction id that no other Data Indication of it has. */
void mst_own_take_tid(struct mst_own *o, uint8_t tid[MST_TID_LEN]);

#endif
