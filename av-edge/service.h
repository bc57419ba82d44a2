/* The service as its control thread sees it: doors, keys, workers. */
#ifndef AV_EDGE_SERVICE_H
#define AV_EDGE_SERVICE_H

#include "av-edge/worker.h"
#include "common/admin.h"
#include "common/config.h"
#include "common/loop.h"
#include "topology/topology.h"

struct ave_service;

EDGE_MUST_CHECK enum edge_err ave_service_new(struct ave_service **out);
void ave_service_free(struct ave_service *v);

/* The callbacks of edge_daemon_plan; self is the service. */
enum edge_err ave_service_open(void *self, struct edge_loop *control,
			       const struct edge_config *c,
			       const struct topo *t);
enum edge_err ave_service_start(void *self);
enum edge_err ave_service_prepare(void *self, const struct topo *t, char *why,
				  size_t why_cap);
void ave_service_commit(void *self, const struct topo *t);
void ave_service_abort(void *self);
enum edge_err ave_service_reload(void *self, const struct edge_config *c,
				 char *why, size_t why_cap);
void ave_service_drain(void *self);
void ave_service_stop(void *self);
struct edge_stats *ave_service_stats(void *self);

/** Are maps of the kernel's changed while it runs? Known after open. */
bool ave_service_uses_maps(void *self);
/** System calls beyond the common table; NULL ended. */
extern const char *const ave_service_syscalls[];

struct ave_networks;
struct ave_service_keys;

/* For the status page; borrowed until the control thread does something
 * else. */
struct ave_service_facts {
	const struct topo *topo;
	const struct ave_house *house;
	const struct edge_config *config;
	const struct ave_service_keys *keys;
	const struct ave_networks *inside;
	size_t inside_networks; /* without this host's own addresses */
	size_t mras_connections;
	enum ave_batch_kind batch;
	uint64_t drain_left_ms; /* while draining */
	bool has_rfc, has_fast_path, is_draining;
};
struct ave_service_facts ave_service_facts(const struct ave_service *v);
/** May a trial of A/V authentication be answered now? Each takes a token. */
bool ave_service_may_try(struct ave_service *v);

#endif
