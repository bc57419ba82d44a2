/* Keys of TLS session tickets: made from randomness, replaced every hour. */
#ifndef COMMON_TICKET_H
#define COMMON_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

enum {
	EDGE_TICKET_NAME_LEN = 16, /* RFC 5077 §4 key_name [bytes] */
	EDGE_TICKET_KEY_LEN = 32,  /* AES-256 and HMAC-SHA-256 [bytes] */
	EDGE_TICKET_LIFE_S = 3600, /* AE 1.5: rotated hourly [s] */
};

struct edge_ticket_key {
	uint8_t name[EDGE_TICKET_NAME_LEN];
	uint8_t cipher[EDGE_TICKET_KEY_LEN];
	uint8_t mac[EDGE_TICKET_KEY_LEN];
};

struct edge_tickets; /* any thread (locks inside) */

EDGE_MUST_CHECK enum edge_err edge_tickets_new(struct edge_tickets **out);
void edge_tickets_free(struct edge_tickets *t); /* wipes; NULL is fine */
/** The key to seal with now; a new one when the last is an hour old.
 * EDGE_ESYS when there is no randomness. */
EDGE_MUST_CHECK enum edge_err edge_tickets_current(struct edge_ticket_key *out,
						   struct edge_tickets *t,
						   uint64_t now_s);
/** The key a ticket names: the current one or the one before, each for an
 * hour after it was replaced at most. is_old: seal the ticket anew. */
bool edge_tickets_find(struct edge_tickets *t,
		       const uint8_t name[EDGE_TICKET_NAME_LEN], uint64_t now_s,
		       struct edge_ticket_key *out, bool *is_old);

#endif
