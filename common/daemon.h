/* The only start-up order there is, and the sandbox at its end. */
#ifndef COMMON_DAEMON_H
#define COMMON_DAEMON_H

#include "common/admin.h"
#include "common/config.h"
#include "common/loop.h"
#include "topology/topology.h"

/* Filled by a service's main.c. Every callback runs on the control loop. */
struct edge_daemon_plan {
	const char *name;  /* "access-edge" */
	const struct edge_limit_row *limit_rows;
	size_t limit_count;
	/** Sockets and keys, before privileges are dropped. */
	enum edge_err (*open)(void *self, struct edge_loop *control,
			      const struct edge_config *c,
			      const struct topo *t);
	/** Threads start; after the sandbox is up. */
	enum edge_err (*start)(void *self);
	/** Could this snapshot be taken? why on refusal. */
	enum edge_err (*prepare)(void *self, const struct topo *t, char *why,
				 size_t why_cap);
	void (*commit)(void *self, const struct topo *t);
	enum edge_err (*reload)(void *self, const struct edge_config *c,
				char *why, size_t why_cap);
	void (*drain)(void *self); /* calls edge_daemon_finish when empty */
	void (*stop)(void *self);  /* threads joined, all freed */
	const struct edge_admin_route *routes; /* the service's own */
	size_t route_count;
	/** Adds "listeners", "upstreams", ... ; object is a json_t *. */
	void (*status)(void *self, void *object);
	void *self;
};

/** main() of each daemon: returns the exit status. Options: --config FILE,
 * --foreground-checks, --version, --help. SIGHUP reloads, SIGTERM drains,
 * a second SIGTERM stops. */
int edge_daemon_run(const struct edge_daemon_plan *plan, int argc, char **argv);
/** End the control loop; from the control loop only. */
void edge_daemon_finish(void *control_loop);

#endif
