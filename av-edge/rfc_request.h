/* One request of a STUN or TURN client, on its way through the server. */
#ifndef AV_EDGE_RFC_REQUEST_H
#define AV_EDGE_RFC_REQUEST_H

#include "av-edge/allocation.h"
#include "av-edge/rfc_caller.h"

struct rfc_request {
	struct ave_relay *relay;
	const struct ave_leg *leg;
	struct ave_alloc *alloc; /* of its 5-tuple; or NULL */
	const struct rfc_msg *msg;
	struct rfc_caller *caller; /* admitted; or NULL */
};

struct rfc_own *rfc_own_of(const struct ave_alloc *a);
uint64_t rfc_limit(const struct rfc_request *q, enum ave_limit which);
bool rfc_asks(const struct rfc_request *q, enum rfc_attr a);

/** May a stranger be answered now? Counted when not: then the stream must be
 * closed, nothing comes again by itself there. Who has an allocation on a
 * stream is no stranger. */
bool rfc_may_answer(const struct rfc_request *q, enum ave_rate what);
/** What to say to whom no key can be proven: counted, at a limited rate, at
 * most 2.8 times as long as a datagram that asked, else not at all. False: the
 * stream must be closed. */
bool rfc_challenge(const struct rfc_request *q, enum ave_reason why);
/** Counted, and answered with the caller's integrity. */
void rfc_refuse(const struct rfc_request *q, enum ave_reason why);
/** A success response to be filled. */
void rfc_accept(struct rfc_answer *a, const struct rfc_request *q);
/** End an answer as the request ended, and send it. */
struct edge_slice rfc_answer_send(struct rfc_answer *a,
				  const struct rfc_request *q);
/** Success without anything more. */
void rfc_agree(const struct rfc_request *q);

/* The requests. False: the stream must be closed. */
bool rfc_binding(const struct rfc_request *q);
bool rfc_allocate(const struct rfc_request *q);
bool rfc_refresh(const struct rfc_request *q);
bool rfc_create_permission(const struct rfc_request *q);
bool rfc_channel_bind(const struct rfc_request *q);
bool rfc_connect(const struct rfc_request *q);
bool rfc_connection_bind(const struct rfc_request *q);
/* Send indication: never answered. */
void rfc_send(const struct rfc_request *q);
/* A peer's connection is there, or will not be. */
void rfc_peer_is(struct ave_relay *r, struct ave_alloc *a,
		 const struct edge_addr *peer, uint32_t connection,
		 enum ave_reason how);

#endif
