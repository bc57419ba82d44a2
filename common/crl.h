/* What certificates say of revocation lists, and the lists themselves: the
 * OpenSSL half of common/revocation.c. */
#ifndef COMMON_CRL_H
#define COMMON_CRL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum {
	EDGE_CRL_URL_LEN = 512, /* ours: longer ones are passed over */
	EDGE_CRL_URLS = 2,	/* ours: looked at of a certificate */
	EDGE_CRL_ID_LEN = 32,
	EDGE_CRL_KEY_LEN = 16,
};

/* Of one certificate that has an issuer in its chain. */
struct edge_crl_want {
	char url[EDGE_CRL_URLS][EDGE_CRL_URL_LEN]; /* http only */
	size_t url_count;
	uint64_t serial; /* keyed hash */
	bool is_ca;
	uint8_t issuer_id[EDGE_CRL_ID_LEN]; /* of its name and public key */
	const void *issuer; /* X509 *, borrowed from the chain */
};

/* A list that was accepted: serials alone, as sorted keyed hashes. */
struct edge_crl {
	int64_t this_s, next_s; /* wall */
	bool users_only, cas_only;
	size_t count;
	uint64_t serials[];
};

/** Certificates of a chain (edge_peer.chain; NULL: 0) that have an issuer in
 * it: all but the last, which the trust store vouches for. */
size_t edge_crl_chain_count(const void *chain);
/**
 * What certificate i (0: the leaf) of the chain says.
 * URLs count that are http and stand alone: parts by reason (onlySomeReasons)
 * and lists by another issuer (indirect) are passed over.
 * @param key  of the hashes. EDGE_ENOMEM, EDGE_EFORMAT.
 * Source: RFC 5280 4.2.1.13.
 */
EDGE_MUST_CHECK enum edge_err
edge_crl_want(struct edge_crl_want *out, const void *chain, size_t i,
	      const uint8_t key[EDGE_CRL_KEY_LEN]);

/* What a list is judged by. */
struct edge_crl_judge {
	const char *url;    /* it was fetched from; a list that names its place
			       must name this one */
	const void *issuer; /* X509 * */
	const uint8_t *key; /* of the hashes */
	int64_t now_s;	    /* wall */
};

/**
 * Decode (DER or PEM) and judge a list. Takes memory of some ten times its
 * size for a while; the list that comes out has 8 bytes a serial.
 * EDGE_EFORMAT     no list, or without nextUpdate, or thisUpdate is to come
 * EDGE_EAUTH       not signed by the issuer, by one that may not, or weakly
 * EDGE_EOLDER      nextUpdate has passed
 * EDGE_EDENIED     of a kind that is not supported: delta, indirect, by reason,
 *                  for another place, or with critical parts that are unknown
 * EDGE_ENOMEM
 * Any thread. Source: RFC 5280 5, 6.3.3.
 */
EDGE_MUST_CHECK enum edge_err edge_crl_decode(struct edge_crl **out,
					      struct edge_slice body,
					      const struct edge_crl_judge *j);
void edge_crl_free(struct edge_crl *l); /* NULL is fine */
bool edge_crl_has(const struct edge_crl *l, uint64_t serial);
bool edge_crl_same(const struct edge_crl *a, const struct edge_crl *b);

/** One more, one less that holds an issuer; any thread. */
void edge_crl_issuer_hold(const void *issuer);
void edge_crl_issuer_drop(const void *issuer); /* NULL is fine */

#endif
