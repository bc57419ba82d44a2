/* Who asks: the checks of AV 1.14 in their order. */
#ifndef AV_EDGE_MST_CALLER_H
#define AV_EDGE_MST_CALLER_H

#include "av-edge/mst_request.h"

struct mst_caller {
	struct ave_grant grant;
	struct mst_mac *mac; /* owned; NULL once it was taken over */
	bool is_holder;	     /* of the allocation on its 5-tuple */
};

/** Of an Allocate request that carries Message Integrity. What is admitted
 * must be finished by mst_caller_fini. AVE_INTERNAL: no memory. */
enum ave_reason mst_caller_admit(struct mst_caller *out,
				 const struct mst_request *q);
/** Of a request without a nonce, on no allocation. */
enum ave_reason mst_caller_know(struct mst_caller *out,
				const struct mst_request *q);
void mst_caller_fini(struct mst_caller *c);
/** Is it from the client of q->alloc? AVE_FINE or AVE_BAD_INTEGRITY. */
enum ave_reason mst_caller_owns(const struct mst_request *q);
/** Of an owner's message that is no Allocate: may it have its effect? Only
 * once; AV 1.10. */
enum ave_reason mst_caller_may(const struct mst_request *q);
/** K of the answer. */
const struct mst_mac *mst_caller_key(const struct mst_caller *c,
				     const struct mst_request *q);

#endif
