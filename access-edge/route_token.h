/* Our Record-Route entries: token with cid and boot id, and its MAC. */
#ifndef ACCESS_EDGE_ROUTE_TOKEN_H
#define ACCESS_EDGE_ROUTE_TOKEN_H

#include "common/handle.h"
#include "common/sip/msg.h"
#include "access-edge/view.h"

enum acc_token_kind {
	ACC_TOKEN_CLIENT,  /* state:Ci.R<cid>.<boot>, toward the client */
	ACC_TOKEN_INSIDE,  /* state:Ee.<base64url of the other one> */
	ACC_TOKEN_PARTNER, /* state:Fe.R<cid>.<boot> */
};

struct acc_token {
	enum acc_token_kind kind;
	edge_handle cid;
	uint32_t boot;	 /* 0: none in the text, as the vectors have it */
	bool of_partner; /* of the pair: the other end is a partner's */
};

/* Pool route keys, newest valid first; immutable, one per process. Uses kept
 * MAC contexts, so one instance per thread. */
enum { ACC_ROUTE_KEYS = 8, ACC_ROUTE_KID_LEN = 32 };
struct acc_route_key {
	char kid[ACC_ROUTE_KID_LEN];
	uint8_t key[32];
	uint64_t not_before_s, not_after_s; /* wall clock, UTC */
};
EDGE_MUST_CHECK enum edge_err
acc_route_keys_new(struct acc_route_keys **out,
		   const struct acc_route_key *keys, size_t count);
void acc_route_keys_free(struct acc_route_keys *k); /* wiped */
/** The key that signs now: valid, latest not_before; NULL when none. Its
 * 16-byte side key, equal in the pool, is for the loop hash (AE 2.3). */
const uint8_t *acc_route_keys_loop_key(const struct acc_route_keys *k,
				       uint64_t wall_s);

/** Write "<sip:HOST:PORT;transport=tls;[ms-fe=..;]opaque=state:..;lr;
 * ms-route-sig=kid.mac>" (AE 2.6) into out, NUL-terminated. */
EDGE_MUST_CHECK enum edge_err acc_token_print(const struct acc_view *v,
					      const struct acc_token *t,
					      char *out, size_t cap);

/** Is this Route entry ours by host or ms-fe (a machine of our pool, the pool,
 * the access name), on a SIP port of ours or none? */
bool acc_token_is_ours(const struct acc_view *v, const struct edge_sip_uri *u);
/** Read and check an entry that is ours. EDGE_ENOTFOUND: plain entry with
 * neither token nor MAC (a preloaded proxy); EDGE_EAUTH: MAC wrong or absent,
 * key unknown or expired; EDGE_EFORMAT: MAC right but no token we know. What
 * stands behind ";lr" is not covered by the MAC and never read. */
EDGE_MUST_CHECK enum edge_err acc_token_check(const struct acc_view *v,
					      const struct edge_sip_uri *u,
					      struct acc_token *out);

/* What partners are not to see, in a form that only edges of this pool read:
 * "kid.base64url" of the sealed text. */
enum { ACC_HIDDEN_LEN = 2048, ACC_SEALED_LEN = 2816 };
enum acc_hidden { ACC_HIDDEN_ROUTES = 'R', ACC_HIDDEN_CONTACT = 'C' };
/** EDGE_ELIMIT: longer than ACC_HIDDEN_LEN; EDGE_ENOTFOUND: no key now. */
EDGE_MUST_CHECK enum edge_err acc_token_seal(const struct acc_view *v,
					     enum acc_hidden what,
					     struct edge_slice text,
					     char out[ACC_SEALED_LEN]);
/** NUL-terminated into out. EDGE_EAUTH: not sealed here, or as something else.
 */
EDGE_MUST_CHECK enum edge_err acc_token_unseal(const struct acc_view *v,
					       enum acc_hidden what,
					       struct edge_slice sealed,
					       char out[ACC_HIDDEN_LEN]);

#endif
