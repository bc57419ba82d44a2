/* Keeps the revocation lists of partners' authorities current. */
#ifndef ACCESS_EDGE_SERVICE_CRL_H
#define ACCESS_EDGE_SERVICE_CRL_H

#include "access-edge/shard.h"

/*
 * Fetches over HTTP from the Access address on its NIC, with a resolver of its
 * own; nothing of the inside is asked for or dialled.
 */
struct acc_service_crl; /* owner: the service; thread: that of its loop */

/** Nothing is fetched yet. @param shared  outlives it */
EDGE_MUST_CHECK enum edge_err acc_service_crl_new(struct acc_service_crl **out,
						  struct edge_loop *loop,
						  struct acc_shared *shared);
/** Before the loop's end; NULL is fine. */
void acc_service_crl_free(struct acc_service_crl *c);
/** Begin, end or go on as the snapshot and the limits of now want it (AE 3.1
 * KeepCrlsUpToDateForPeers, partners' listener). Without a DNS server nothing
 * is fetched, and an event says so. */
void acc_service_crl_follow(struct acc_service_crl *c, const struct topo *t);
/** Are lists fetched now? */
bool acc_service_crl_is_on(const struct acc_service_crl *c);

/** The store of lists by the limits of now. */
struct edge_revocation_limits
acc_service_crl_limits(const struct acc_shared *shared);
/** What is remembered of partners' certificates, AE 3.1. */
struct edge_peer_cache_limits acc_service_crl_seen(const struct topo *t);

#endif
