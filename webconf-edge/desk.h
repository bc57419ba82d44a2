/* The desk: who is registered from inside, and which client gets which data
 * leg. All of it on the control loop, so that no lock is needed. */
#ifndef WEBCONF_EDGE_DESK_H
#define WEBCONF_EDGE_DESK_H

#include <sys/queue.h>

#include "common/door.h"
#include "common/expiring.h"
#include "common/tally.h"
#include "common/wheel.h"
#include "webconf-edge/shared.h"
#include "webconf-edge/stats.h"

struct edge_loop;
struct wce_inside;
struct wce_mcu;
struct wce_seat;

LIST_HEAD(wce_inside_list, wce_inside);
LIST_HEAD(wce_mcu_list, wce_mcu);

/* How mails reach the shards; taken over in every case. */
typedef void wce_desk_post_fn(void *arg, unsigned shard, struct wce_mail *m);

struct wce_desk_plan {
	struct wce_shared *shared;
	struct edge_loop *loop;
	const struct topo *topo; /* held by the desk from then on */
	struct edge_tls *tls;	 /* held too */
	const struct edge_peer_policy *policy; /* outlives the desk */
	int fd;				       /* of 8057; taken over */
	wce_desk_post_fn *post;
	void *post_arg;
};

/* Open to the files of the inside; control thread only. */
struct wce_desk {
	struct wce_desk_plan plan;
	struct edge_mailbox *mailbox;
	struct edge_door *door;
	struct wce_inside_list connections;
	unsigned connection_count;
	struct wce_mcu_list mcus;
	unsigned mcu_count; /* with a live control connection */
	unsigned parked_count;
	struct wce_seat *seats; /* uthash by client */
	struct edge_tally *conferences, *sources;
	struct edge_expiring *nonces, *ended;
	struct edge_timer tick;
	uint8_t edge_id[PSOM_EDGE_ID_LEN];
	bool is_draining;
};

/** p->fd, p->topo and p->tls are taken over in every case. */
EDGE_MUST_CHECK enum edge_err wce_desk_new(struct wce_desk **out,
					   const struct wce_desk_plan *p);
/** On the control thread, after the shards are gone; NULL is fine. */
void wce_desk_free(struct wce_desk *d);
/** Take a new snapshot (held by the call); fd of a moved 8057 or -1. MCUs that
 * it does not name are cut off: WC 5.9. */
void wce_desk_topology(struct wce_desk *d, const struct topo *t, int fd);
void wce_desk_tls(struct wce_desk *d, struct edge_tls *tls); /* held by it */
/** DRAIN to all MCUs; no client is seated any more. */
void wce_desk_drain(struct wce_desk *d);
/** BYE 200 to all MCUs: before the end, or so that they register anew. */
void wce_desk_bye(struct wce_desk *d);

void wce_desk_count(struct wce_desk *d, size_t row);
uint64_t wce_desk_now(const struct wce_desk *d);
uint64_t wce_desk_limit(const struct wce_desk *d, enum wce_limit which);

#endif
