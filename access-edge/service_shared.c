/* What all shards share: counters, gates, what is known of partners. */
#include "access-edge/flows.h"
#include "access-edge/service_crl.h"
#include "access-edge/service_state.h"
#include "common/peer_cache.h"
#include "common/recent.h"
#include "common/revocation.h"

enum { REFUSALS = 200 }; /* DESIGN 7 */

/* What is known of partners' certificates. Their chains are kept whatever the
 * topology says now: it may want them checked later. */
static enum edge_err make_trust(struct acc_service *v, const struct topo *t)
{
	const struct edge_revocation_limits lists =
		acc_service_crl_limits(&v->shared);
	const struct edge_peer_cache_limits seen = acc_service_crl_seen(t);
	enum edge_err err = edge_revocation_new(&v->shared.revocation, &lists);

	v->shared.policy[ACC_LISTEN_PARTNER].wants_revocation = true;
	/* they may come by the clients' door, AE 1.2 */
	v->shared.policy[ACC_LISTEN_CLIENT].wants_revocation = true;
	return err ? err : edge_peer_cache_new(&v->shared.certificates, &seen);
}

enum edge_err acc_service_make_shared(struct acc_service *v,
				      const struct topo *t)
{
	enum edge_err err =
		acc_stats_new(&v->shared.stats, v->shared.shard_count + 1);

	if (!err)
		err = edge_recent_new(&v->shared.refusals, REFUSALS);
	if (!err)
		err = acc_service_make_gates(v, t);
	if (!err)
		err = make_trust(v, t);
	if (!err)
		err = edge_lately_new(&v->shared.flows, ACC_FLOWS,
				      ACC_FLOWS_SPAN_MS);
	return err;
}

void acc_service_free_shared(struct acc_shared *shared)
{
	for (int k = 0; k < ACC_LISTEN_KINDS; k++)
		edge_admit_free(shared->admit[k]);
	edge_recent_free(shared->refusals);
	edge_quota_free(shared->quota);
	edge_lately_free(shared->flows);
	edge_revocation_free(shared->revocation);
	edge_peer_cache_free(shared->certificates);
	edge_stats_free(shared->stats);
}
