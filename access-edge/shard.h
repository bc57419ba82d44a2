/* One share-nothing thread: its loop and all it touches. */
#ifndef ACCESS_EDGE_SHARD_H
#define ACCESS_EDGE_SHARD_H

#include <stdatomic.h>

#include "access-edge/mail.h"
#include "common/quiet.h"
#include "access-edge/stats.h"
#include "access-edge/view.h"
#include "common/admit.h"
#include "common/loop.h"
#include "common/lately.h"
#include "common/peer.h"
#include "common/quota.h"

enum { ACC_SHARDS = 16, ACC_MEMBERS = 64 };

struct acc_linktab;
struct acc_txntab;
struct edge_peer_cache;
struct edge_revocation;
struct acc_upstreams;
struct acc_outbounds;
struct acc_listener;
struct acc_shard;
struct acc_shard_plan;

enum acc_link_kind {
	/* who came, by the listener's number */
	ACC_LINK_CLIENT,
	ACC_LINK_INSIDE,
	ACC_LINK_PARTNER,
	/* whom we dialled */
	ACC_LINK_UPSTREAM,
	ACC_LINK_OUTBOUND, /* a partner */
	ACC_LINK_KINDS
};

/* Shared by all shards; thread-safe parts, or fixed after start. */
struct acc_shared {
	const _Atomic uint64_t *limits; /* by enum acc_limit */
	struct edge_stats *stats;
	struct edge_admit *admit[ACC_LISTEN_KINDS];
	struct edge_recent *refusals;
	struct edge_quota *quota;	    /* of discovered partners */
	struct edge_lately *flows;	    /* of partners, in the last hour */
	struct edge_revocation *revocation; /* of partners' authorities */
	struct edge_peer_cache *certificates; /* partners have shown */
	struct acc_options options; /* of the control thread; shards copy */
	uint32_t boot;
	struct edge_peer_policy policy[ACC_LISTEN_KINDS];
	char device[ACC_LISTEN_KINDS][16]; /* set by edge.ini, or "" */
	char resolv[256];		   /* resolv.conf(5) of edge.ini */
	bool is_lab;
	unsigned shard_count;
	struct acc_shard *shard[ACC_SHARDS];
	struct acc_shard_plan *plans; /* one a shard, while they are made */
	_Atomic bool draining;
	_Atomic uint8_t budget; /* enum acc_budget_level */
};

/* What other threads may read of a shard: plain numbers. */
struct acc_gauges {
	_Atomic uint32_t links[ACC_LINK_KINDS], transactions;
	_Atomic uint8_t
		member_health[ACC_MEMBERS]; /* next hop, enum acc_health */
	_Atomic uint64_t topology_seq;
};

/* Room to read and edit one message at a time. */
struct acc_desk {
	struct edge_sip_arena *arena;
	struct edge_sip_edit *edit;
	struct edge_sip_msg *msg;
};

/* Open to the files of this service's runtime; used by its own thread only,
 * gauges and mailbox apart. */
struct acc_shard {
	unsigned index;
	struct acc_shared *shared;
	struct edge_loop *loop;
	struct edge_mailbox *mailbox;
	struct acc_desk desk;  /* the message at hand */
	struct acc_desk aside; /* another one needed meanwhile */
	struct acc_view view;
	struct acc_route_keys *keys;
	struct acc_options *options;
	struct edge_tls *tls[ACC_LISTEN_KINDS];
	struct edge_tls *tls_out, *tls_partner; /* to dial with; or NULL */
	char device[16];	 /* that carries our inside address, or "" */
	char device_outside[16]; /* the same of the Access address */
	struct edge_dns *dns;	 /* NULL: no server, or no federation */
	struct acc_listener *listener[ACC_LISTEN_KINDS];
	struct acc_linktab *links;
	struct acc_txntab *txns;
	struct acc_upstreams *upstreams;
	struct acc_outbounds *outbounds;
	struct acc_gauges gauges;
	struct edge_timer drain_timer, moved_timer, budget_timer, revoked_timer;
	uint64_t revoked_news, revoked_again_ms; /* live partners looked at */
	bool is_draining, is_ending;
	struct edge_quiet quiet; /* of its log lines */
};

/* What a shard is started with; references are taken over. */
struct acc_shard_plan {
	unsigned index;
	struct acc_shared *shared;
	const struct topo *topo;
	struct acc_route_keys *keys;
	struct edge_tls *tls[ACC_LISTEN_KINDS], *tls_out, *tls_partner;
	int fds[ACC_LISTEN_KINDS]; /* -1: no such door */
};

/** Makes the loop and everything on the calling thread; p is left empty, also
 * when this fails. */
EDGE_MUST_CHECK enum edge_err acc_shard_new(struct acc_shard **out,
					    struct acc_shard_plan *p);
/** On the thread that made it; NULL is fine. */
void acc_shard_free(struct acc_shard *s);
/** Give back what a plan holds; it is empty then. */
void acc_shard_plan_drop(struct acc_shard_plan *p);

/** The device that carries our address, by edge.ini if it says so; or "". */
void acc_shard_device(char out[16], const char *set,
		      const struct edge_addr *at);
/** Count a row; the shard's own thread. */
void acc_shard_count(struct acc_shard *s, size_t row);
/** One line a second for an event, its reason and a source; true: write it,
 * held_back more of the same were not. */
bool acc_shard_may_tell(struct acc_shard *s, uint32_t event, const char *reason,
			const struct edge_addr *from, uint32_t *held_back);
uint64_t acc_shard_limit(const struct acc_shard *s, unsigned limit);
/** Post to another shard; the mail is taken over in every case. false: not
 * posted, and counted. */
bool acc_shard_post(struct acc_shard *from, unsigned to, struct acc_mail *m);

#endif
