/* Revocation lists of partners' authorities, by the place they are fetched
 * from. Shared by shards. */
#ifndef COMMON_REVOCATION_H
#define COMMON_REVOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/crl.h"
#include "common/err.h"
#include "common/slice.h"

struct edge_peer;

/* From good to bad; of a chain, the worst of its certificates. */
#define EDGE_REVOCATION_MAP(X)                                      \
	X(EDGE_REVOCATION_GOOD, "good")                             \
	X(EDGE_REVOCATION_NO_LIST, "names no list that is fetched") \
	X(EDGE_REVOCATION_UNKNOWN, "no current list")               \
	X(EDGE_REVOCATION_REVOKED, "revoked")

enum edge_revocation_verdict {
#define EDGE_REVOCATION_NAME(name, text) name,
	EDGE_REVOCATION_MAP(EDGE_REVOCATION_NAME)
#undef EDGE_REVOCATION_NAME
};

const char *edge_revocation_str(enum edge_revocation_verdict v);

struct edge_revocation_limits {
	uint32_t lists; /* known at a time; 0: 1024. The one not asked for
			   longest goes */
	uint64_t bytes; /* of all that are kept; 0: 64 MiB */
	/* after a failure, doubled each time; 0: 60, 3600. A list that came is
	 * left alone for retry_s as well */
	uint32_t retry_s, retry_max_s;
};

struct edge_revocation_row { /* for the status page */
	char url[EDGE_CRL_URL_LEN];
	int64_t this_s, next_s; /* wall; both 0: no list yet */
	int64_t due_s;		/* of the next fetch */
	size_t count;		/* serials */
	uint32_t failures;	/* since the last good one */
	enum edge_err why;	/* the last failure */
	bool is_current;
};

/*
 * What is not done: OCSP (RFC 6960), delta lists, indirect lists, lists by
 * reason; such a list is refused (EDGE_EDENIED) and its certificates stay
 * UNKNOWN. Nothing here opens a socket or a file: no system calls beyond memory
 * and locks.
 */
struct edge_revocation; /* any thread (locks inside) */

EDGE_MUST_CHECK enum edge_err
edge_revocation_new(struct edge_revocation **out,
		    const struct edge_revocation_limits *l);
void edge_revocation_free(struct edge_revocation *r); /* NULL is fine */
/** Lists beyond the new limits go. Any thread. */
void edge_revocation_limits_set(struct edge_revocation *r,
				const struct edge_revocation_limits *l);
/**
 * Is a certificate of the peer's chain revoked, by what is known now? Lists
 * that are not known are due from now on, unless the peer is faulty: only a
 * chain that was verified causes a fetch. Ask only for peers that the public
 * trust vouches for.
 * @param peer   its policy said wants_revocation; else NO_LIST
 * @param now_s  wall
 * A list that has ended still says who was revoked, but not who is good.
 * Whether UNKNOWN and NO_LIST pass is the caller's to say (AE 1.5: soft-fail
 * for discovered partners). Live connections are asked about again when
 * edge_revocation_generation has changed, and now and then (each hour) since
 * lists end. Cost: one hash and one walk over the lists a certificate.
 */
enum edge_revocation_verdict edge_revocation_check(struct edge_revocation *r,
						   const struct edge_peer *peer,
						   int64_t now_s);
/** Changes whenever a list comes that says something else than before. Any
 * thread; no lock. */
uint64_t edge_revocation_generation(const struct edge_revocation *r);

/**
 * A list to be fetched now: half-way to its nextUpdate or an hour before, what
 * comes first, at least once a day, within a quarter of an hour only when it
 * ends within half of one. Not told again for two minutes: edge_revocation_put
 * or _failed comes before. Lists that nobody asked about for a week are not
 * fetched.
 */
bool edge_revocation_due(struct edge_revocation *r, int64_t now_s,
			 char url[EDGE_CRL_URL_LEN]);
/**
 * What was fetched. It is decoded outside the lock, on the caller's thread.
 * Errors are those of edge_crl_decode, then EDGE_EOLDER: not as new as the
 * one that is kept (which stays), EDGE_ELIMIT: larger than all may be,
 * EDGE_ENOTFOUND: not asked for any more. Each counts as a failure.
 */
EDGE_MUST_CHECK enum edge_err edge_revocation_put(struct edge_revocation *r,
						  const char *url,
						  struct edge_slice body,
						  int64_t now_s);
void edge_revocation_failed(struct edge_revocation *r, const char *url,
			    enum edge_err why, int64_t now_s);
/** The last asked about first; returns the rows written. */
size_t edge_revocation_rows(struct edge_revocation *r,
			    struct edge_revocation_row *rows, size_t n,
			    int64_t now_s);

#endif
