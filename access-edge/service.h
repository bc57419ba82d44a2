/* The service as its control thread sees it: doors, keys, shards. */
#ifndef ACCESS_EDGE_SERVICE_H
#define ACCESS_EDGE_SERVICE_H

#include "access-edge/product.h"
#include "access-edge/shard.h"
#include "common/admin.h"
#include "common/config.h"
#include "topology/secrets.h"

struct acc_service;

EDGE_MUST_CHECK enum edge_err acc_service_new(struct acc_service **out);
void acc_service_free(struct acc_service *v);

/* The callbacks of edge_daemon_plan; self is the service. */
enum edge_err acc_service_open(void *self, struct edge_loop *control,
			       const struct edge_config *c,
			       const struct topo *t);
enum edge_err acc_service_start(void *self);
enum edge_err acc_service_prepare(void *self, const struct topo *t, char *why,
				  size_t why_cap);
void acc_service_commit(void *self, const struct topo *t);
void acc_service_abort(void *self);
enum edge_err acc_service_reload(void *self, const struct edge_config *c,
				 char *why, size_t why_cap);
void acc_service_drain(void *self);
void acc_service_stop(void *self);
struct edge_stats *acc_service_stats(void *self);
struct edge_recent *acc_service_refusals(void *self);

/* For the status page. */
const struct topo *acc_service_topo(const struct acc_service *v);
struct acc_shared *acc_service_shared(struct acc_service *v);
const struct acc_product *acc_service_product(const struct acc_service *v);
/** Is there a certificate and a trust store for partners? */
bool acc_service_serves_partners(const struct acc_service *v);
uint64_t acc_service_now_ms(const struct acc_service *v);
/** How long who is there may stay, of a service that drains. */
uint64_t acc_service_drain_left_ms(const struct acc_service *v);
/** The route keys of the pool, as read or made last; NULL before open. */
const struct topo_keyring *acc_service_ring(const struct acc_service *v);
/** TLS profile of a listener, in words. */
const char *acc_service_profile(const struct acc_service *v,
				const char *listener);

#endif
