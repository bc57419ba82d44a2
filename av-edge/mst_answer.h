/* What is in each answer of the MS-TURN server, in its order; AV 1.13, 1.14. */
#ifndef AV_EDGE_MST_ANSWER_H
#define AV_EDGE_MST_ANSWER_H

#include "av-edge/mst_auth.h"
#include "av-edge/mst_tcp.h"
#include "av-edge/reason.h"

enum {
	MST_ANSWER_MAX = 320, /* ours: a 401 with the longest realm is 248 */
	MST_WIRE_MAX = MST_FRAME_HEAD + MST_ANSWER_MAX,
};

/* One answer in the making; room for a frame's head stands before it. */
struct mst_answer {
	struct edge_put w;
	uint8_t bytes[MST_WIRE_MAX];
};

void mst_answer_begin(struct mst_answer *a, uint16_t type,
		      struct edge_slice tid);
/** Signed when k is not NULL, framed for a stream; all that goes on the wire.
 * Empty: it did not fit. */
struct edge_slice mst_answer_end(struct mst_answer *a, const struct mst_mac *k,
				 bool is_framed);

/* Error answers that a stranger gets: 401, 438 and their like. */
struct mst_challenge {
	unsigned code;
	const char *text; /* reason; "" saves bytes */
	struct edge_slice nonce, realm;
	struct edge_addr server; /* Alternate Server; family 0: none */
	uint32_t version;	 /* MS-Version; 0: none */
};
void mst_put_challenge(struct edge_put *w, const struct mst_challenge *c);
/** Leaves out what would make the answer longer than most bytes and is not
 * needed: Alternate Server, then MS-Version. false: still too long. */
bool mst_challenge_fit(struct mst_challenge *c, size_t most);

/* What an Allocate request was granted. */
struct mst_terms {
	struct edge_addr relayed[2]; /* IPv4, IPv6; family 0: not relayed */
	struct edge_addr client;     /* as seen here */
	uint32_t lifetime_s, bandwidth, version;
	const uint8_t *connection; /* MST_CONNECTION_LEN bytes */
	uint32_t number;	   /* MS-Sequence Number */
};
void mst_put_terms(struct edge_put *w, const struct mst_terms *t);

/** Attribute numbers of a 420; an odd number of them ends with a repeated one.
 */
void mst_put_unknown(struct edge_put *w, const uint16_t *numbers, size_t count);

/** The code of an answer; 500 for what the client has no part in. */
unsigned mst_code_of(enum ave_reason why);
/** "Stale Nonce"; "" for a code that is never sent. */
const char *mst_code_str(unsigned code);

#endif
