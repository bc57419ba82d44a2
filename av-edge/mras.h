/* The dialogue of A/V authentication. PURE: (request, peer, keys, topology,
 * time) -> answer; AV 2. */
#ifndef AV_EDGE_MRAS_H
#define AV_EDGE_MRAS_H

#include "av-edge/mras_ring.h"
#include "av-edge/mras_xml.h"
#include "common/addr.h"
#include "common/peer.h"
#include "common/sip/msg.h"
#include "topology/topology.h"

struct mras; /* memory for one answer at a time; wiped by free */

EDGE_MUST_CHECK enum edge_err mras_new(struct mras **out);
void mras_free(struct mras *m); /* NULL is fine */

/* What an answer depends on beside the request; borrowed. */
struct mras_case {
	const struct topo *topo;
	const struct mras_ring *ring;
	int64_t now_s; /* wall */
	const struct edge_peer *peer;
	struct edge_addr from;
	bool is_busy;	 /* 503 to whoever asks for something */
	bool is_too_big; /* 413: the body was not read */
	bool is_cut;	 /* 400: framing was lost in it */
	uint8_t key[16]; /* of To tags */
	void (*random)(void *out, size_t len);
};

struct mras_answer {
	/* until the next call; empty: say nothing (ACK, a response, a request
	 * without Via) */
	struct edge_slice bytes;
	unsigned status;	 /* of SIP; 0: nothing was said */
	enum mras_phrase phrase; /* of a 200 to SERVICE */
	bool has_phrase;
	size_t minted;
	/* the first one's, for the log */
	uint8_t pseudonym[MRAS_PSEUDONYM_LEN];
};

/** EDGE_ENOMEM: bytes are empty. */
EDGE_MUST_CHECK enum edge_err mras_answer(struct mras_answer *out,
					  struct mras *m,
					  const struct mras_case *c,
					  const struct edge_sip_msg *msg);

/** The answer is not used any more: its passwords are wiped. */
void mras_forget(struct mras *m);

/** Does the peer's certificate name a server that may ask? TO 1.7, exact. */
bool mras_is_trusted(const struct topo *t, const struct edge_peer *p);

#endif
