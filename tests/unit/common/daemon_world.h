/* A small service in a child, and what its tests ask of it. */
#ifndef TESTS_UNIT_COMMON_DAEMON_WORLD_H
#define TESTS_UNIT_COMMON_DAEMON_WORLD_H

#include <sys/types.h>

#include <jansson.h>

#include "common/daemon.h"

enum { EXIT_DIED = -1 };

struct service {
	struct edge_loop *loop;
	struct edge_stats *stats;
	struct edge_recent *refusals;
	bool drains_at_once;
	enum edge_err open_err;
};

/* of the running test: settings file, folders, the service's process or 0 */
extern char daemon_ini[64], daemon_state[64], daemon_run[64];
extern pid_t daemon_child;

void daemon_world_open(void);
void daemon_world_close(void);
/** Writes the settings anew, with this text behind the usual. */
void daemon_settings(const char *more);

/** option may be NULL. */
pid_t daemon_launch(struct service *s, const char *option);
/** Launches daemon_child and waits until it is ready. */
void daemon_ready(struct service *s);
/** By SIGINT; it must end well. */
void daemon_stop(void);
/** Exit status; EXIT_DIED when a signal ended it. */
int daemon_finished(pid_t pid);

void daemon_expect_said(const char *words);
void daemon_expect_notify(const char *word);
/** The next callbacks are these, in this order. */
void daemon_expect_trace(const char *letters);

/** The answer's body; want is its status. */
json_t *daemon_ask(const char *method, const char *path, const char *body,
		   unsigned want);
void daemon_ask_away(const char *method, const char *path, const char *body,
		     unsigned want);
json_int_t daemon_number(const json_t *o, const char *name);
json_int_t daemon_topology_seq(void);

#endif
