/* The XMPP proxy as its daemon sees it: sockets, certificates, topology. */
#ifndef ACCESS_EDGE_XMPP_SERVICE_H
#define ACCESS_EDGE_XMPP_SERVICE_H

#include <stdatomic.h>

#include "common/config.h"
#include "topology/secrets.h"
#include "topology/topology.h"

struct acc_options;
struct acc_xmpp; /* thread: the control loop */
struct edge_loop;
struct edge_peer_cache;
struct edge_recent;
struct edge_revocation;
struct edge_stats;

struct acc_xmpp_plan {
	struct edge_loop *loop;
	const struct edge_config *config; /* until the next reload */
	const struct topo *topo;
	const struct topo_keyring *ring; /* of route keys; read while called */
	const _Atomic uint64_t *limits;	 /* by enum acc_limit */
	struct edge_stats *stats;
	unsigned stats_shard;
	struct edge_recent *refusals;
	/* of partners' certificates; these outlive the proxy */
	struct edge_revocation *revocation;
	struct edge_peer_cache *certificates;
	const struct acc_options *options;
	const char *device_external, *device_internal; /* NULL: by address */
};

/** Opens what the topology has of it: no XMPP partner, no socket (AE 6.1). why
 * on an error. */
EDGE_MUST_CHECK enum edge_err acc_xmpp_new(struct acc_xmpp **out,
					   const struct acc_xmpp_plan *p,
					   char *why, size_t why_cap);
void acc_xmpp_free(struct acc_xmpp *x); /* NULL is fine */
/** Connections are taken from now on. */
EDGE_MUST_CHECK enum edge_err acc_xmpp_start(struct acc_xmpp *x);

/* As the callbacks of edge_daemon_plan are. */
EDGE_MUST_CHECK enum edge_err acc_xmpp_prepare(struct acc_xmpp *x,
					       const struct topo *t, char *why,
					       size_t why_cap);
void acc_xmpp_commit(struct acc_xmpp *x, const struct topo *t);
void acc_xmpp_abort(struct acc_xmpp *x);
/** Could these settings be taken? Reads what they name. */
EDGE_MUST_CHECK enum edge_err
acc_xmpp_reload_prepare(struct acc_xmpp *x, const struct edge_config *c,
			char *why, size_t why_cap);
void acc_xmpp_reload(struct acc_xmpp *x, const struct edge_config *c);
/** Forgets what reload_prepare read; what a topology bound stays. */
void acc_xmpp_reload_abort(struct acc_xmpp *x);
/** Other route keys: the dialback keys that come of them. */
void acc_xmpp_keys(struct acc_xmpp *x, const struct topo_keyring *ring);
/** All streams end with system-shutdown, and nobody is taken in. */
void acc_xmpp_drain(struct acc_xmpp *x);
/** Adds "xmpp", and two rows to "listeners"; object is a json_t *. */
void acc_xmpp_status(const struct acc_xmpp *x, void *object);

#endif
