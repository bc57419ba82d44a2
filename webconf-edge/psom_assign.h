/* How a data leg is given its client: ASSIGN and its answers. PURE; WC 5.8. */
#ifndef WEBCONF_EDGE_PSOM_ASSIGN_H
#define WEBCONF_EDGE_PSOM_ASSIGN_H

#include "webconf-edge/psom_frame.h"

struct psom_assign {		/* all borrowed */
	const uint8_t *session; /* PSOM_SESSION_LEN */
	const uint8_t *nonce;	/* PSOM_NONCE_LEN, of the edge token */
	struct edge_slice conference, inner;
	const struct edge_addr *client;
	uint16_t tls; /* of the client's connection: 0x0303, 0x0304 */
};

/** The frame, in out; empty when it does not fit. */
struct edge_slice psom_assign_ask(uint8_t *out, size_t cap,
				  const struct psom_assign *a);

enum psom_assign_answer {
	PSOM_ASSIGN_MORE,    /* bytes are missing */
	PSOM_ASSIGN_TAKEN,   /* raw bytes follow what was used */
	PSOM_ASSIGN_DENIED,  /* inner token not good: 403 */
	PSOM_ASSIGN_REFUSED, /* any other code */
	PSOM_ASSIGN_BROKEN,  /* no answer to this session */
};
/** @param used  length of the answer, with TAKEN */
enum psom_assign_answer psom_assign_answer(size_t *used, struct edge_slice in,
					   const uint8_t *session);
/** "TLSv1.3" as field 0062 has it; 0 for anything else. */
uint16_t psom_tls_number(const char *version);

#endif
