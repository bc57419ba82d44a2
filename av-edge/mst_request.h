/* One request of an MS-TURN client, on its way through the server. */
#ifndef AV_EDGE_MST_REQUEST_H
#define AV_EDGE_MST_REQUEST_H

#include "av-edge/allocation.h"
#include "av-edge/mst_answer.h"
#include "av-edge/mst_own.h"

struct mst_request {
	struct ave_relay *relay;
	const struct ave_leg *leg;
	struct ave_alloc *alloc; /* of its 5-tuple; or NULL */
	const struct mst_msg *msg;
};

struct mst_own *mst_own_of(const struct mst_request *q);
uint64_t mst_limit(const struct mst_request *q, enum ave_limit which);

/** What to say to whom no K can be proven: counted, at a limited rate; with
 * nonce and realm where the client can go on with them. AV 1.13. false: close
 * the stream, which would wait for ever. */
bool mst_challenge(const struct mst_request *q, enum ave_reason why);
/** Counted, and answered with k's integrity; a 300 where another member may
 * have what is missing here. */
void mst_refuse(const struct mst_request *q, const struct mst_mac *k,
		enum ave_reason why);
/** End an answer, send it, keep it for retransmissions of q. */
void mst_answer_send(struct mst_answer *a, const struct mst_request *q,
		     const struct mst_mac *k);

/* The requests, AV 1.14. false: on a stream, close it. */
bool mst_allocate(const struct mst_request *q);
void mst_send(const struct mst_request *q);
void mst_set_active(const struct mst_request *q);

#endif
