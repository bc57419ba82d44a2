/* What the desk and all shards see: thread-safe parts, or fixed at start. */
#ifndef WEBCONF_EDGE_SHARED_H
#define WEBCONF_EDGE_SHARED_H

#include <stdatomic.h>

#include "common/admit.h"
#include "common/conn.h"
#include "common/mailbox.h"
#include "common/recent.h"
#include "common/sock.h"
#include "common/stats.h"
#include "webconf-edge/limits.h"
#include "webconf-edge/mail.h"

enum { WCE_SHARDS = EDGE_HANDLE_SHARDS };

struct wce_shared {
	const _Atomic uint64_t *limits; /* by enum wce_limit */
	struct edge_stats *stats;	/* one row set a shard, then the desk */
	struct edge_admit *admit;	/* of clients */
	struct edge_recent *refusals;
	struct edge_mailbox *desk; /* posted to by every shard */
	unsigned shard_count;
	_Atomic bool logs_uri;
	struct edge_sock_probing probing; /* of every connection */
	_Atomic bool is_draining;
	/* of all shards: connections, of these paired, before their token was
	 * good, and in their handshake */
	_Atomic uint32_t clients, paired, preauth, handshakes;
	/* open ones, lingering included: outside; data MCUs' */
	_Atomic uint32_t sockets, inside_sockets;
	_Atomic uint32_t throttled; /* pairs whose data leg is full now */
};

uint64_t wce_limit(const struct wce_shared *s, enum wce_limit which);
/** What every connection's plan has in common; tls, fn and arg are the
 * caller's to set. */
struct edge_conn_plan wce_conn_plan(const struct wce_shared *s,
				    struct edge_loop *loop);

#endif
