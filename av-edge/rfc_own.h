/* What the RFC dialect keeps of an allocation. */
#ifndef AV_EDGE_RFC_OWN_H
#define AV_EDGE_RFC_OWN_H

#include "av-edge/mras_cred.h"
#include "av-edge/rfc_answer.h"
#include "common/crypto.h"

enum { RFC_REPLY_MAX = 192 /* ours: the longest Allocate response is 152 */ };

/* A Connect request that waits for its peer, RFC 6062 §5.2. */
struct rfc_waiting {
	uint32_t connection;
	uint8_t tid[RFC_TID_LEN];
	enum rfc_attr which;
	bool has_fingerprint;
};

struct rfc_own {	     /* owner: the allocation; wiped by free */
	struct rfc_mac *mac; /* as the Allocate was keyed */
	uint8_t token[MRAS_TOKEN_LEN];
	uint8_t tid[RFC_TID_LEN]; /* of the next indication */
	/* the answer to the Allocate, for those who ask again */
	uint8_t allocate_tid[RFC_TID_LEN];
	uint8_t reply[RFC_REPLY_MAX];
	size_t reply_len;
	struct rfc_waiting *waiting;
	size_t waiting_count, waiting_cap;
};

/** mac is taken over when this works. */
EDGE_MUST_CHECK enum edge_err rfc_own_new(struct rfc_own **out,
					  struct rfc_mac *mac,
					  const uint8_t token[MRAS_TOKEN_LEN],
					  struct edge_stock *random);
void rfc_own_free(struct rfc_own *o); /* NULL is fine */
/** A transaction id that no other indication of it has. */
void rfc_own_take_tid(struct rfc_own *o, uint8_t tid[RFC_TID_LEN]);
/** The answer to the Allocate of that transaction id. */
void rfc_own_keep_reply(struct rfc_own *o, struct edge_slice tid,
			struct edge_slice reply);
/** Empty: another one. */
struct edge_slice rfc_own_reply(const struct rfc_own *o, struct edge_slice tid);
/** EDGE_ENOMEM. As many as its connections: the relay has the cap. */
EDGE_MUST_CHECK enum edge_err rfc_own_wait(struct rfc_own *o,
					   const struct rfc_waiting *w);
/** False: nobody waits for that connection. */
bool rfc_own_take_waiting(struct rfc_waiting *out, struct rfc_own *o,
			  uint32_t connection);

#endif
