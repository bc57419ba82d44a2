/* The world as a relay sees it: one immutable value, swapped between batches.
 */
#ifndef AV_EDGE_VIEW_H
#define AV_EDGE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "av-edge/leg.h"
#include "av-edge/limits.h"
#include "common/addr.h"

struct ave_policy;
struct mras_ring;

enum { AVE_REALM_MAX = 128 /* AV 1.7 [bytes] */ };

struct ave_view {
	const struct ave_policy *policy; /* who may be a peer */
	const struct mras_ring *ring;	 /* derived keys of the pool */
	int64_t not_before_s;	/* older tokens are revoked, wall; 0: none */
	const uint8_t *revoked; /* pseudonyms of users, 16 bytes each */
	size_t revoked_count;
	/* relayed addresses: where they are bound, what is told; port 0,
	 * family 0: that family is not relayed. [0] IPv4, [1] IPv6 */
	struct edge_addr relay_at[2], relay_told[2];
	/* what clients of each side are told of this very server, port of
	 * UDP and of TCP; family 0: unknown, tell nothing. server6: the
	 * IPv6 twins */
	struct edge_addr server_udp[AVE_SIDES], server_tcp[AVE_SIDES];
	struct edge_addr server6_udp[AVE_SIDES], server6_tcp[AVE_SIDES];
	/* public A/V addresses of the other members, with the UDP port */
	const struct edge_addr *members;
	size_t member_count;
	char realm[AVE_REALM_MAX + 1];
	uint32_t ms_version; /* advertised, AV 1.9 */
	bool has_rfc;	     /* RFC dialect served */
	bool is_draining;
	bool names_members; /* Alternate Server in a 401 */
	uint64_t limits[AVE_LIMIT_COUNT];
};

/** Another member of the pool, to which that client can speak; which one goes
 * by any. family 0: none known. */
struct edge_addr ave_view_member(const struct ave_view *v,
				 const struct ave_leg *leg, uint8_t any);

#endif
