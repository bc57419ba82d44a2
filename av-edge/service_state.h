/* The service as its own files see it; control thread only. */
#ifndef AV_EDGE_SERVICE_STATE_H
#define AV_EDGE_SERVICE_STATE_H

#include "av-edge/fast_path.h"
#include "av-edge/inside.h"
#include "av-edge/mras_door.h"
#include "av-edge/outlook.h"
#include "av-edge/service.h"
#include "av-edge/service_doors.h"
#include "av-edge/service_keys.h"
#include "av-edge/settings.h"
#include "common/admit.h"
#include "common/wheel.h"

/* What a prepare has made, for commit to hand out. */
struct ave_offer {
	struct ave_mail *mail[AVE_WORKERS]; /* NULL: none */
	struct ave_networks inside;
	int mras_fd;   /* -1: it stays where it is */
	bool is_stale; /* something else has changed since */
};

struct ave_service {
	struct ave_house house;
	struct edge_loop *control;
	const struct edge_config *config; /* lives until the next reload */
	const struct topo *topo;
	struct ave_settings settings;
	struct ave_service_keys keys;
	struct edge_bucket tries; /* of A/V authentication */
	struct edge_tls *mras_tls;
	struct mras_door *mras;
	int mras_fd; /* -1: with the door, or none */
	int minting; /* kid, as told last; -1: none */
	struct ave_routes routes;
	struct ave_fast_path *fast; /* NULL: off, or refused */
	struct ave_networks inside;
	bool is_device_set[AVE_SIDES]; /* by edge.ini */
	bool is_draining;
	struct ave_doors doors;			/* until start */
	struct ave_held held;			/* doors that have moved */
	uint32_t moves, ended;			/* how often; until when */
	struct ave_batch *batch[AVE_WORKERS];	/* until start */
	enum ave_batch_kind kind;		/* of all of them */
	struct ave_worker *worker[AVE_WORKERS]; /* from start on */
	struct ave_mail *kept[AVE_WORKERS];	/* for a full mailbox */
	struct ave_offer prepared;
	struct edge_timer keys_timer, drain_timer, kept_timer;
	uint64_t drain_ends_ms;
	char why[512]; /* the last refusal, in words */
};

/* service_workers.c */
EDGE_MUST_CHECK enum edge_err ave_service_make_batches(struct ave_service *v);
EDGE_MUST_CHECK enum edge_err ave_service_start_workers(struct ave_service *v);
void ave_service_stop_workers(struct ave_service *v);
/** One mail a worker with an outlook of its own; all or none. */
EDGE_MUST_CHECK enum edge_err
ave_service_make_mails(struct ave_mail *out[AVE_WORKERS],
		       const struct ave_service *v,
		       const struct ave_outlook_source *s);
void ave_service_free_mails(struct ave_mail *mail[AVE_WORKERS]);
/** To each worker its own; taken over. A full mailbox gets it later. */
void ave_service_post(struct ave_service *v,
		      struct ave_mail *mail[AVE_WORKERS]);
/** The present world again, as it was or with what has changed in v. Without
 * memory the workers keep what they have, and an event says so. */
void ave_service_post_again(struct ave_service *v);
struct ave_outlook_source ave_service_source(const struct ave_service *v);

/* service_topology.c */
/** Networks inside, and an event that says how many. */
EDGE_MUST_CHECK enum edge_err ave_service_read_inside(struct ave_networks *out,
						      struct ave_service *v);
/** How many of them are networks, not addresses of this very host. */
size_t ave_service_count_networks(const struct ave_networks *n);
void ave_offer_init(struct ave_offer *o);
void ave_offer_drop(struct ave_offer *o);
/** What counts in v counts for A/V authentication. */
void ave_service_show_mras(struct ave_service *v);
/** Doors that have moved are not held any longer than somebody is there. */
void ave_service_look_at_old(struct ave_service *v);
/** Which key makes tokens: told when it is another one. */
void ave_service_tell_keys(struct ave_service *v);

#endif
