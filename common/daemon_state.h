/* The running daemon, as its start-up order and its routes see it. */
#ifndef COMMON_DAEMON_STATE_H
#define COMMON_DAEMON_STATE_H

#include "common/daemon.h"
#include "common/taking.h"

struct edge_daemon {
	const struct edge_daemon_plan *plan;
	const char *config_path;
	bool is_check;	  /* --check */
	bool is_open;	  /* plan->open was called: stop() must be */
	bool is_draining; /* a SIGTERM or /v1/drain came */
	struct edge_config *config;
	int lock_fd, signal_fd; /* -1: none */
	struct topo_store *store;
	const struct topo *first; /* until the taking owns it */
	struct edge_loop *loop;
	struct edge_taking *taking;
	struct edge_admin *admin;
	unsigned gaps;	   /* enum edge_sandbox_gap */
	bool is_user_kept; /* root stayed root: no such user */
	uint64_t start_ms;
	struct edge_timer log_tick;
	struct edge_timer watchdog;
	uint64_t watchdog_ms; /* 0: none wanted */
	struct edge_task finish;
	char why[400]; /* of the step that failed */
};

/** Settings and topology again; why on refusal (settings first). */
EDGE_MUST_CHECK enum edge_err edge_daemon_reload(struct edge_daemon *d,
						 char *why, size_t why_cap);
void edge_daemon_drain(struct edge_daemon *d);

/* Steps of the order that live elsewhere. */
/** Opens the admin endpoint with the common routes and the service's. */
EDGE_MUST_CHECK enum edge_err edge_daemon_routes_open(struct edge_daemon *d);
/** Become the user named like the daemon; root stays when there is none. */
EDGE_MUST_CHECK enum edge_err edge_daemon_user(struct edge_daemon *d);
/** Files of the settings only, then system calls. */
EDGE_MUST_CHECK enum edge_err edge_daemon_sandbox(struct edge_daemon *d);

#endif
