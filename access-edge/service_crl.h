/* Keeps the revocation lists of partners' authorities current. */
#ifndef ACCESS_EDGE_SERVICE_CRL_H
#define ACCESS_EDGE_SERVICE_CRL_H

#include "access-edge/shard.h"

/*
 * Fetches over HTTP from the Access address on its NIC, with a resolver of its
 * own; nothing of the inside is asked for or dialled.
 */
struct acc_service_crl; /* owner: the service; thread: that of its loop */

/** What shards look certificates up in, and what is remembered of them, is
 * made; chains of partners are kept from now on. */
EDGE_MUST_CHECK enum edge_err acc_service_crl_open(struct acc_shared *shared,
						   const struct topo *t);
void acc_service_crl_close(struct acc_shared *shared); /* not open is fine */

/** Nothing is fetched yet. @param shared  outlives it */
EDGE_MUST_CHECK enum edge_err acc_service_crl_new(struct acc_service_crl **out,
						  struct edge_loop *loop,
						  struct acc_shared *shared);
/** Before the loop's end; NULL is fine. */
void acc_service_crl_free(struct acc_service_crl *c);
/** Begin, end or go on as the snapshot and the limits of now want it (AE 3.1
 * KeepCrlsUpToDateForPeers, partners' listener); both bound what is kept.
 * Without a DNS server nothing is fetched, and an event says so. */
void acc_service_crl_follow(struct acc_service_crl *c, const struct topo *t);
/** Are lists fetched now? */
bool acc_service_crl_is_on(const struct acc_service_crl *c);

#endif
