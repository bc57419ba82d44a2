/* What the XMPP proxy's streams share; inside of xmpp_*.c. */
#ifndef ACCESS_EDGE_XMPP_CORE_H
#define ACCESS_EDGE_XMPP_CORE_H

#include <stdatomic.h>

#include "access-edge/stats.h"
#include "access-edge/xmpp_dialback.h"
#include "access-edge/xmpp_partner.h"
#include "common/admit.h"
#include "common/handle.h"
#include "common/loop.h"

struct acc_options;
struct acc_xmpp_gateway;
struct acc_xmpp_out_link;
struct edge_dns;
struct edge_expiring;
struct edge_peer_cache;
struct edge_recent;
struct edge_revocation;
struct edge_tls;

/* One, on the control loop. Filled by xmpp_service.c. */
struct acc_xmpp_core {
	struct edge_loop *loop;
	const struct topo *topo;
	const _Atomic uint64_t *limits; /* by enum acc_limit */
	struct edge_stats *stats;
	unsigned stats_shard;
	struct edge_recent *refusals;
	struct edge_admit *admit;     /* partners that come to us */
	struct edge_admit *questions; /* about keys, by who has us ask */
	struct edge_handles *links;
	struct edge_dns *dns;	       /* NULL: none could be made */
	struct edge_expiring *resting; /* pairs that failed a moment ago */
	struct acc_dialback dialback;
	/* server and client toward partners, server toward gateways */
	struct edge_tls *tls_in, *tls_out, *tls_gateway;
	struct edge_peer_policy policy, gateway_policy;
	struct edge_revocation *revocation;   /* NULL: no lists are kept */
	struct edge_peer_cache *certificates; /* NULL: nobody reads it */
	const struct acc_options *options;    /* with revocation */
	struct edge_timer trust_timer;
	uint64_t trust_news, trust_again_ms; /* of xmpp_trust.c */
	const char *device;		     /* external; NULL: any */
	struct acc_xmpp_gateway *gateways;   /* list */
	struct acc_xmpp_out_link *outs;	     /* list */
	uint32_t streams;		     /* with partners */
	bool is_draining;
};

uint32_t acc_xmpp_limit(const struct acc_xmpp_core *c, unsigned which);
uint64_t acc_xmpp_now(const struct acc_xmpp_core *c);
void acc_xmpp_count(struct acc_xmpp_core *c, size_t stat);

#endif
