/* A trial of A/V authentication without its dialogue: the same bodies, for
 * credentials that are good for a minute and for no user. PURE. */
#ifndef AV_EDGE_MRAS_TRY_H
#define AV_EDGE_MRAS_TRY_H

#include "av-edge/mras_mint.h"

enum {
	MRAS_TRY_MINUTES = 1,	  /* ours: the shortest that there is */
	MRAS_TRY_RESPONSE = 4096, /* ours: one answer fits [bytes] */
};

/**
 * The body of a response to the body of a request, as in the dialogue.
 * Whatever identity and duration are asked for, the credentials are those of
 * "sip:edgectl@<pool>" for MRAS_TRY_MINUTES.
 * @return what the response says: more than one credentialsRequest is
 *         MRAS_NOT_SUPPORTED
 */
enum mras_phrase mras_try(struct edge_put *w, const struct mras_mint *c,
			  struct edge_slice body);

#endif
