/* What all shards share: counters, gates, what is known of partners. */
#include "access-edge/flows.h"
#include "access-edge/inbound.h"
#include "access-edge/service_crl.h"
#include "access-edge/service_state.h"
#include "common/recent.h"

enum { REFUSALS = 200 }; /* DESIGN 7 */

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
		err = acc_service_crl_open(&v->shared, t);
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
	acc_inbound_quotas_free(shared);
	edge_lately_free(shared->flows);
	acc_service_crl_close(shared);
	edge_stats_free(shared->stats);
}
