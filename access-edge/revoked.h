/* Partners whose certificate was revoked are not let in, and are cut off. */
#ifndef ACCESS_EDGE_REVOKED_H
#define ACCESS_EDGE_REVOKED_H

#include "access-edge/link.h"

/**
 * What is thought of a partner's certificate that was fine so far, by the lists
 * that are known now; those that are not are fetched from now on.
 * @param why  words for what is not FINE; static
 * @return FINE, also when nothing is checked (KeepCrlsUpToDateForPeers is off)
 *         and, unless access.crl_hard_fail says so, when no current list tells;
 *         REVOKED; CRL_STALE: hard fail, and no current list tells
 * Source: AE 1.5 revocation.
 */
enum edge_peer_fault acc_revoked_fault(const struct acc_shard *s,
				       const struct edge_peer *p,
				       const char **why);
/** A handshake with a partner has shown that certificate: for people (AE 3.1).
 * fault: why it is not accepted, its own or one that we found; FINE: it is. */
void acc_revoked_note(const struct acc_shard *s, const struct edge_peer *p,
		      enum edge_peer_fault fault);

/** Live partners are looked at again when a list says something new, and each
 * hour, since lists end. */
void acc_revoked_start(struct acc_shard *s);
void acc_revoked_stop(struct acc_shard *s);
/** The rules have changed: at the next look, all of them. */
void acc_revoked_hurry(struct acc_shard *s);

#endif
