/* A pair between two far ends, all on the test's loop. */
#ifndef TESTS_UNIT_WEBCONF_EDGE_PAIR_WORLD_H
#define TESTS_UNIT_WEBCONF_EDGE_PAIR_WORLD_H

#include <check.h>

#include "tests/unit/webconf-edge/ep1_peer.h"
#include "webconf-edge/limits.h"
#include "webconf-edge/pair.h"

struct pair_world {
	struct certs *certs;
	struct edge_loop *loop;
	struct edge_tls *edge_tls, *far_tls;
	int fd;
	struct edge_addr at;
	struct edge_conn_plan plan; /* of both ends of the pair */
	struct edge_conn *end[WCE_SIDES];
	struct wce_pair pair;
	bool is_paired;
	struct ep1_peer far[WCE_SIDES];
	unsigned secured;
	size_t most_queued[WCE_SIDES], most_buffered[WCE_SIDES];
};

/** A case with such a world around each test, queues of 64 KiB as WC 4.5. */
TCase *pair_case(Suite *s, const char *name);
extern struct pair_world pair_w; /* of the running test */
/** Both far ends dial, the pair begins once all are secured. */
void pair_begin(void);
/** The same, but the pair is begun by pair_start. */
void pair_dial(void);
void pair_start(void);
void pair_wait_state(enum wce_pair_state state);

#endif
