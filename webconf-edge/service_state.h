/* Inside of the service: what its files share. Control thread only. */
#ifndef WEBCONF_EDGE_SERVICE_STATE_H
#define WEBCONF_EDGE_SERVICE_STATE_H

#include "common/crew.h"
#include "common/wheel.h"
#include "topology/secrets.h"
#include "webconf-edge/service.h"
#include "webconf-edge/service_tls.h"

/* Sockets not yet a shard's or the desk's, or -1; and whose address is not what
 * it was, with a new topology. */
struct wce_doors {
	int client[WCE_FAMILIES][WCE_SHARDS], inside;
	bool has_moved[WCE_FAMILIES];
};

enum wce_door { WCE_DOOR_CLIENT, WCE_DOOR_TWIN, WCE_DOOR_INSIDE, WCE_DOORS };

struct wce_service {
	struct wce_shared shared;
	struct edge_loop *control;
	char *state;
	const struct topo *topo;
	struct topo_keyring *ring;
	unsigned keys_told;
	_Atomic uint64_t limits[WCE_LIMIT_COUNT];
	const struct edge_config *config;  /* lives until the next reload */
	char device[WCE_LISTEN_KINDS][16]; /* set by edge.ini, or "" */
	struct edge_peer_policy policy;
	struct wce_service_tls tls;
	struct wce_doors open, prepared;
	struct edge_crew *crew;
	struct wce_desk *desk;
	char why[512]; /* the last refusal, in words */
	bool is_throttling;
	struct edge_timer look_timer, drain_timer, kept_timer;
	uint64_t drain_until_ms, told_ms;
	bool has_said_bye;
};

/* service_doors.c */
void wce_service_doors_none(struct wce_doors *d);
void wce_service_doors_close(struct wce_doors *d);
void wce_service_find_devices(struct wce_service *v,
			      const struct edge_config *c);
/** v->why says what failed; a door that the topology lacks is fine. */
EDGE_MUST_CHECK enum edge_err wce_service_door_bind(struct wce_service *v,
						    struct wce_doors *d,
						    enum wce_door which,
						    const struct topo *t);
/** family 0: there is none. */
struct edge_addr wce_service_door_at(const struct topo *t, enum wce_door which);

/* service.c */
void wce_service_take_limits(struct wce_service *v,
			     const struct edge_config *c);
struct edge_admit_limits wce_service_admission(const struct wce_service *v);

/* service_crew.c: to all shards */
void wce_service_post_topology(struct wce_service *v);
void wce_service_post_tls(struct wce_service *v);
void wce_service_post_keys(struct wce_service *v);
/** What is near its end: certificates, keys. */
void wce_service_tell(struct wce_service *v);

#endif
