/* Which certificates were shown lately, and what was thought of them. */
#ifndef COMMON_PEER_CACHE_H
#define COMMON_PEER_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/peer.h"

/* AE 3.1 MaxAcceptedCertificatesStored, MaxRejectedCertificatesStored,
 * CertificatesDeletedPercentage. */
struct edge_peer_cache_limits {
	uint32_t accepted, rejected; /* 0: 1000, 500 */
	uint32_t deleted_percent;    /* of a full half: the ones seen longest
					ago go; 0: 20, at most 100 */
};

struct edge_peer_cache_row { /* for the status page */
	uint8_t sha256[EDGE_SHA256_LEN];
	char name[EDGE_PEER_NAME_LEN]; /* first dNSName, else CN; peer text */
	enum edge_peer_fault fault;    /* the last one */
	int64_t first_s, last_s;       /* wall */
	uint64_t count;
};

/*
 * For people: nothing is decided by what is here. A certificate is in one half,
 * by its last verdict. System calls: none beyond memory and locks.
 */
struct edge_peer_cache; /* any thread (locks inside) */

EDGE_MUST_CHECK enum edge_err
edge_peer_cache_new(struct edge_peer_cache **out,
		    const struct edge_peer_cache_limits *l);
void edge_peer_cache_free(struct edge_peer_cache *c); /* NULL is fine */
void edge_peer_cache_limits_set(struct edge_peer_cache *c,
				const struct edge_peer_cache_limits *l);
/**
 * A handshake showed that certificate. Not kept, but counted: one that the
 * handshake itself refused, of which nothing is known (sha256 is zero); no
 * certificate at all is neither.
 * @param is_accepted  the owner's verdict: names and revocation as well
 * @param now_s  wall
 */
void edge_peer_cache_note(struct edge_peer_cache *c, const struct edge_peer *p,
			  bool is_accepted, int64_t now_s);
/** Of one half, the one seen last first; returns the rows written. */
size_t edge_peer_cache_rows(struct edge_peer_cache *c, bool is_accepted,
			    struct edge_peer_cache_row *rows, size_t n);
/** Kept in that half now. */
size_t edge_peer_cache_count(struct edge_peer_cache *c, bool is_accepted);
/** Handshakes by the fault of their certificate, since the start. */
uint64_t edge_peer_cache_seen(struct edge_peer_cache *c,
			      enum edge_peer_fault fault);

#endif
