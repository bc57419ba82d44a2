/* Connections to partners: found by DNS, opened on need, checked, kept. */
#ifndef ACCESS_EDGE_OUTBOUND_H
#define ACCESS_EDGE_OUTBOUND_H

#include "access-edge/destination.h"
#include "access-edge/txn.h"
#include "access-edge/upstream.h"

struct acc_outbounds; /* of one shard */
struct acc_outbound;  /* one partner: a proxy's name, or a domain by SRV */

EDGE_MUST_CHECK enum edge_err acc_outbounds_new(struct acc_outbounds **out,
						struct acc_shard *s);
void acc_outbounds_free(struct acc_outbounds *o); /* NULL is fine */

/**
 * A connection for a request to that destination.
 * @param up    the partner; valid until the turn ends
 * @param link  on READY: may be written
 * @return WAIT: being found or connected, wait there; NONE: *why says why, and
 *         acc_outbound_detail what the inside is told
 */
enum acc_pick acc_outbound_pick(struct acc_outbounds *o,
				const struct acc_destination *to,
				struct acc_outbound **up,
				struct acc_link **link, enum acc_reason *why);
/** Queue a transaction until the partner is ready or out of reach. */
void acc_outbound_wait(struct acc_outbound *up, struct acc_txn *x);
/** Name of the peer that a connection goes to. */
const char *acc_outbound_name(const struct acc_outbound *up);
enum { ACC_OUTBOUND_DETAIL = 512 };
/** ";fqdn=..;peer-type=.." about the last failure; "" when up is NULL. */
void acc_outbound_detail(const struct acc_outbound *up,
			 char out[ACC_OUTBOUND_DETAIL]);
/** The topology changed: those that are strangers now are not picked any more;
 * their connections end when they have answered what they were asked. */
void acc_outbounds_topology(struct acc_outbounds *o);
/** A connection owes one answer less. */
void acc_outbound_answered(struct acc_link *l);
size_t acc_outbounds_count(const struct acc_outbounds *o);

#endif
