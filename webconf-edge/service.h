/* The service as its control thread sees it: doors, keys, desk, shards. */
#ifndef WEBCONF_EDGE_SERVICE_H
#define WEBCONF_EDGE_SERVICE_H

#include "common/config.h"
#include "webconf-edge/desk.h"

struct wce_service;

EDGE_MUST_CHECK enum edge_err wce_service_new(struct wce_service **out);
void wce_service_free(struct wce_service *v);

/* The callbacks of edge_daemon_plan; self is the service. */
enum edge_err wce_service_open(void *self, struct edge_loop *control,
			       const struct edge_config *c,
			       const struct topo *t);
enum edge_err wce_service_start(void *self);
enum edge_err wce_service_prepare(void *self, const struct topo *t, char *why,
				  size_t why_cap);
void wce_service_commit(void *self, const struct topo *t);
void wce_service_abort(void *self);
enum edge_err wce_service_reload(void *self, const struct edge_config *c,
				 char *why, size_t why_cap);
void wce_service_drain(void *self);
void wce_service_stop(void *self);
struct edge_stats *wce_service_stats(void *self);
struct edge_recent *wce_service_refusals(void *self);

/* For the status page. */
const struct topo *wce_service_topo(const struct wce_service *v);
struct wce_shared *wce_service_shared(struct wce_service *v);
const struct wce_desk *wce_service_desk(const struct wce_service *v);
const struct topo_keyring *wce_service_keys(const struct wce_service *v);
/** How long who is there may stay, of a service that drains. */
uint64_t wce_service_drain_left_ms(const struct wce_service *v);
/** More than nine tenths of a limit are in use: WC 4.8. */
bool wce_service_is_throttling(const struct wce_service *v);
/** TLS profile of a listener, in words. */
const char *wce_service_profile(const struct wce_service *v,
				const char *listener);

#endif
