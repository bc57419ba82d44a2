/* The only start-up order there is, and the sandbox at its end. */
#ifndef COMMON_DAEMON_H
#define COMMON_DAEMON_H

#include "common/admin.h"
#include "common/config.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/recent.h"
#include "common/stats.h"
#include "topology/topology.h"

/*
 * Filled by a service's main.c; NULL callbacks are skipped unless marked
 * (needed). All run on the control loop's thread, in this order:
 *   settings, lock, topology, loop, open(), admin endpoint, user dropped,
 *   sandbox, start(), ready, loop, stop().
 */
struct edge_daemon_plan {
	const char *name;		     /* "access-edge" */
	const struct edge_event_row *events; /* ends with id 0 */
	const struct edge_config_rows *rows; /* limits and options; or NULL */
	const char *const *syscalls; /* beyond the common table, NULL ended */

	/** Asked after open: are BPF maps that are open changed later? */
	bool (*uses_maps)(void *self);
	/** Sockets and keys, before privileges are dropped; no threads yet.
	 * c lives until reload() says EDGE_OK to the next one; t is borrowed:
	 * topo_hold what is kept. (needed) */
	enum edge_err (*open)(void *self, struct edge_loop *control,
			      const struct edge_config *c,
			      const struct topo *t);
	/** Threads start; the sandbox is up and they inherit it. */
	enum edge_err (*start)(void *self);
	/** Could this snapshot be taken? Opens what it needs, changes nothing
	 * that is seen. why on refusal. */
	enum edge_err (*prepare)(void *self, const struct topo *t, char *why,
				 size_t why_cap);
	/** Take what was prepared last; cannot fail. */
	void (*commit)(void *self, const struct topo *t);
	/** Forget what was prepared last. */
	void (*abort)(void *self);
	/** Take new settings, or say why not and keep the old ones. */
	enum edge_err (*reload)(void *self, const struct edge_config *c,
				char *why, size_t why_cap);
	/** No new work; calls edge_daemon_finish when empty. */
	void (*drain)(void *self);
	/** Threads joined, all freed; also after a failed open or start. */
	void (*stop)(void *self);
	/** The service's own routes, called with self. */
	const struct edge_admin_route *routes;
	size_t route_count;
	/** Adds "listeners", "upstreams", ... ; object is a json_t *. */
	void (*status)(void *self, void *object);
	struct edge_stats *(*stats)(void *self); /* for /v1/counters */
	/** Lines of JSON, for /v1/refusals; NULL: it keeps none. */
	struct edge_recent *(*refusals)(void *self);
	void *self;
};

/* Exit status, as edgectl's (DESIGN 8). */
enum edge_exit {
	EDGE_EXIT_OK = 0,
	EDGE_EXIT_USAGE = 2,
	EDGE_EXIT_IO = 6,      /* also: another one runs, no topology yet */
	EDGE_EXIT_INVALID = 7, /* settings or topology */
};

/** main() of each daemon: returns the exit status. Options: --config FILE,
 * --check (settings and topology, then exit), --version, --help. SIGHUP reads
 * settings and topology again, SIGTERM drains, a second SIGTERM stops, SIGINT
 * stops. */
int edge_daemon_run(const struct edge_daemon_plan *plan, int argc, char **argv);
/** End the control loop; from the control loop only. */
void edge_daemon_finish(struct edge_loop *control);

#endif
