/* The service as its own files see it; control thread only. */
#ifndef ACCESS_EDGE_SERVICE_STATE_H
#define ACCESS_EDGE_SERVICE_STATE_H

#include "access-edge/limits.h"
#include "access-edge/product.h"
#include "access-edge/service.h"
#include "access-edge/service_tls.h"
#include "common/wheel.h"

struct acc_service_crl;
struct edge_crew;

struct acc_sockets {
	int fd[ACC_LISTEN_KINDS][ACC_SHARDS];
};

struct acc_service {
	struct acc_shared shared;
	struct edge_loop *control;
	char *state;
	const struct topo *topo;
	struct topo_keyring *ring;
	_Atomic uint64_t limits[ACC_LIMIT_COUNT];
	const struct edge_config *config;     /* lives until the next reload */
	bool device_is_set[ACC_LISTEN_KINDS]; /* by edge.ini */
	struct acc_service_tls tls, prepared_tls;
	struct acc_sockets open, prepared;
	struct edge_crew *crew;
	struct acc_service_crl *crl; /* from start on */
	char why[512];		     /* the last refusal, in words */
	struct edge_timer keys_timer, drain_timer, kept_timer, report_timer;
	struct edge_timer product_timer;
	uint64_t drain_ends_ms; /* 0: not draining */
	struct acc_product product;
};

/* service.c */
/** Open the door of that kind that t wants, if it wants one. */
EDGE_MUST_CHECK enum edge_err acc_service_bind(struct acc_service *v,
					       struct acc_sockets *s,
					       enum acc_listen_kind kind,
					       const struct topo *t);
void acc_service_close(struct acc_sockets *s);

typedef struct acc_mail *acc_service_make_fn(struct acc_service *v,
					     unsigned shard);
/** To each shard a mail of its own; a full mailbox gets it later. */
void acc_service_post(struct acc_service *v, acc_service_make_fn *make);
struct acc_mail *acc_service_keys_mail(struct acc_service *v, unsigned shard);

/* service_settings.c */
/** What [limits] and [options] say now; c lives until the next reload. */
void acc_service_take_settings(struct acc_service *v,
			       const struct edge_config *c);
/** The gates that all shards share. */
EDGE_MUST_CHECK enum edge_err acc_service_make_gates(struct acc_service *v,
						     const struct topo *t);
/** What discovered partners may, by the snapshot that is now. */
void acc_service_set_quota(struct acc_service *v);

/* service_shared.c */
EDGE_MUST_CHECK enum edge_err acc_service_make_shared(struct acc_service *v,
						      const struct topo *t);
void acc_service_free_shared(struct acc_shared *shared); /* half made: fine */

/* service_report.c */
void acc_service_report_start(struct acc_service *v);
void acc_service_report_stop(struct acc_service *v);

/* service_topology.c */
struct acc_mail *acc_service_tls_mail(struct acc_service *v, unsigned shard);

#endif
