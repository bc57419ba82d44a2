/* The only start-up order there is: a table, run from top to bottom. */
#include "common/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "common/daemon_state.h"

enum {
	GO_ON = -1,	    /* options_read: no exit status yet */
	PATH_LEN = 512,	    /* ours: of the lock file */
	EVENT_LEN = 420,    /* ours: of escaped text in an event */
	LOG_TICK_MS = 1000, /* common/log.h [ms] */
};

static const char help_text[] =
	"usage: %s [--config FILE] [--check]\n"
	"  --config FILE  local settings (/etc/lync-edge/edge.ini)\n"
	"  --check        read settings and topology, say what is wrong, exit\n"
	"  --version      print the version\n"
	"  --help         print this\n"
	"SIGHUP reads settings and topology again, SIGTERM drains, a second\n"
	"SIGTERM or SIGINT stops. Exit status: 0 good, 2 usage, 6 cannot run,\n"
	"7 settings or topology invalid.\n";

/* GO_ON, or the exit status. */
static int options_read(struct edge_daemon *d, int argc, char **argv)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, 'k'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int o;

	optind = 0; /* a fresh scan: tests run more than one daemon */
	while ((o = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (o == 'c') {
			d->config_path = optarg;
		} else if (o == 'k') {
			d->is_check = true;
		} else if (o == 'v') {
			printf("%s %s\n", d->plan->name, EDGE_VERSION);
			return EDGE_EXIT_OK;
		} else if (o == 'h') {
			printf(help_text, d->plan->name);
			return EDGE_EXIT_OK;
		} else {
			return EDGE_EXIT_USAGE;
		}
	}
	if (optind == argc)
		return GO_ON;
	fprintf(stderr, "%s: no argument wanted: %s\n", d->plan->name,
		argv[optind]);
	return EDGE_EXIT_USAGE;
}

static enum edge_err on_settings(struct edge_daemon *d)
{
	return edge_config_load(&d->config, d->config_path, d->plan->rows,
				d->why, sizeof(d->why));
}

static enum edge_err refuse_path(struct edge_daemon *d, const char *path)
{
	int e = errno;

	snprintf(d->why, sizeof(d->why), "%.300s: %s", path, strerror(e));
	return EDGE_ESYS;
}

static enum edge_err on_lock(struct edge_daemon *d)
{
	char path[PATH_LEN];
	int n = snprintf(path, sizeof(path), "%s/%s.lock", d->config->run,
			 d->plan->name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return EDGE_ELIMIT;
	if (mkdir(d->config->run, 0755) && errno != EEXIST)
		return refuse_path(d, d->config->run);
	d->lock_fd =
		open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (d->lock_fd < 0)
		return refuse_path(d, path);
	if (!flock(d->lock_fd, LOCK_EX | LOCK_NB))
		return EDGE_OK;
	if (errno != EWOULDBLOCK)
		return EDGE_ESYS;
	snprintf(d->why, sizeof(d->why), "another one runs: %.300s is held",
		 path);
	return EDGE_ESTATE;
}

static enum edge_err on_topology(struct edge_daemon *d)
{
	enum edge_err err = topo_store_open(&d->store, d->config->state);

	if (!err)
		err = topo_store_current(d->store, &d->first, d->why,
					 sizeof(d->why));
	if (err == EDGE_ENOTFOUND && !*d->why)
		snprintf(d->why, sizeof(d->why),
			 "no topology imported: edgectl topology import");
	if (err)
		return err;
	if (!d->config->fqdn || !strcasecmp(d->config->fqdn, d->first->self))
		return EDGE_OK;
	snprintf(d->why, sizeof(d->why),
		 "the topology describes %s, [local] fqdn is %s",
		 d->first->self, d->config->fqdn);
	return EDGE_ERANGE;
}

static void finish(struct edge_task *t)
{
	struct edge_daemon *d =
		(struct edge_daemon *)((char *)t -
				       offsetof(struct edge_daemon, finish));

	edge_daemon_drain(d);
}

static enum edge_err on_loop(struct edge_daemon *d)
{
	enum edge_err err = edge_loop_new(&d->loop);

	if (err)
		return err;
	d->start_ms = edge_loop_now_ms(d->loop);
	d->finish.fn = finish;
	err = edge_taking_new(&d->taking, d->loop, d->store, d->plan, d->first);
	if (!err)
		d->first = NULL;
	return err;
}

enum edge_err edge_daemon_reload(struct edge_daemon *d, char *why,
				 size_t why_cap)
{
	struct edge_config *c = NULL;
	char text[EVENT_LEN];
	enum edge_err err;

	*why = '\0';
	err = edge_config_load(&c, d->config_path, d->plan->rows, why, why_cap);
	if (!err && d->plan->reload)
		err = d->plan->reload(d->plan->self, c, why, why_cap);
	if (err) {
		edge_config_free(c);
		if (!*why)
			snprintf(why, why_cap, "%s", edge_err_str(err));
		edge_event(EDGE_EV_RELOAD_FAILED, "why=%s",
			   edge_log_quote(text, sizeof(text),
					  edge_slice_str(why)));
		return err;
	}
	edge_config_free(d->config);
	d->config = c;
	edge_event(EDGE_EV_RELOADED, "config=%s", d->config_path);
	return edge_taking_reread(d->taking, why, why_cap);
}

void edge_daemon_drain(struct edge_daemon *d)
{
	if (d->is_draining || !d->plan->drain) {
		edge_loop_stop(d->loop);
		return;
	}
	d->is_draining = true;
	edge_event(EDGE_EV_DRAINING, "daemon=%s", d->plan->name);
	sd_notify(0, "STOPPING=1\nSTATUS=draining");
	d->plan->drain(d->plan->self);
}

static void signal_ready(unsigned ready, void *arg)
{
	struct edge_daemon *d = arg;
	struct signalfd_siginfo s;
	char why[sizeof(d->why)];

	(void)ready;
	while (read(d->signal_fd, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
		if (s.ssi_signo == SIGTERM)
			edge_daemon_drain(d);
		else if (s.ssi_signo == SIGINT)
			edge_loop_stop(d->loop);
		else if (edge_daemon_reload(d, why, sizeof(why)))
			continue; /* its event is out */
	}
}

/* Blocked here, before any thread: they inherit it. */
static enum edge_err on_signals(struct edge_daemon *d)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    sigprocmask(SIG_BLOCK, &set, NULL))
		return EDGE_ESYS;
	d->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (d->signal_fd < 0)
		return EDGE_ESYS;
	return edge_loop_watch(d->loop, d->signal_fd, EDGE_LOOP_READ,
			       signal_ready, d);
}

static enum edge_err on_open(struct edge_daemon *d)
{
	d->is_open = true;
	return d->plan->open(d->plan->self, d->loop, d->config,
			     edge_taking_current(d->taking));
}

static enum edge_err on_start(struct edge_daemon *d)
{
	return d->plan->start ? d->plan->start(d->plan->self) : EDGE_OK;
}

static void watchdog_beat(struct edge_timer *t, uint64_t now_ms)
{
	struct edge_daemon *d =
		(struct edge_daemon *)((char *)t -
				       offsetof(struct edge_daemon, watchdog));

	sd_notify(0, "WATCHDOG=1");
	edge_wheel_start(edge_loop_wheel(d->loop), t, now_ms + d->watchdog_ms,
			 watchdog_beat);
}

static void log_tick(struct edge_timer *t, uint64_t now_ms)
{
	struct edge_daemon *d =
		(struct edge_daemon *)((char *)t -
				       offsetof(struct edge_daemon, log_tick));

	edge_log_tick();
	edge_wheel_start(edge_loop_wheel(d->loop), t, now_ms + LOG_TICK_MS,
			 log_tick);
}

static enum edge_err on_ready(struct edge_daemon *d)
{
	const struct topo *t = edge_taking_current(d->taking);
	uint64_t us = 0;

	log_tick(&d->log_tick, edge_loop_now_ms(d->loop));
	if (d->config->lab)
		edge_event(EDGE_EV_LAB, "config=%s", d->config_path);
	edge_event(EDGE_EV_READY,
		   "daemon=%s version=%s fqdn=%s topology=%" PRIu64,
		   d->plan->name, EDGE_VERSION, t->self, t->seq);
	sd_notify(0, "READY=1");
	if (sd_watchdog_enabled(0, &us) > 0 && us >= 2000) {
		d->watchdog_ms = us / 2000; /* twice in the time allowed */
		watchdog_beat(&d->watchdog, edge_loop_now_ms(d->loop));
	}
	return EDGE_OK;
}

/* clang-format off */
static const struct step {
	const char *name;
	enum edge_err (*run)(struct edge_daemon *d);
	bool is_check; /* with --check too */
} order[] = {
	{"settings", on_settings,             true},
	{"lock",     on_lock,                 false},
	{"topology", on_topology,             true},
	{"loop",     on_loop,                 false},
	{"signals",  on_signals,              false},
	{"open",     on_open,                 false},
	{"admin",    edge_daemon_routes_open, false},
	{"user",     edge_daemon_user,        false},
	{"sandbox",  edge_daemon_sandbox,     false},
	{"start",    on_start,                false},
	{"ready",    on_ready,                false},
};
/* clang-format on */

static int exit_status(enum edge_err err)
{
	if (err == EDGE_EFORMAT || err == EDGE_ERANGE || err == EDGE_EDUP)
		return EDGE_EXIT_INVALID;
	return EDGE_EXIT_IO;
}

static int failed(struct edge_daemon *d, const char *step, enum edge_err err)
{
	char text[EVENT_LEN];
	const char *detail = err == EDGE_ESYS ? strerror(errno) : "";

	if (!*d->why)
		snprintf(d->why, sizeof(d->why), "%s%s%s", edge_err_str(err),
			 *detail ? ": " : "", detail);
	edge_event(EDGE_EV_START_FAILED, "step=%s error=%s why=%s", step,
		   edge_err_name(err),
		   edge_log_quote(text, sizeof(text), edge_slice_str(d->why)));
	fprintf(stderr, "%s: %s: %s\n", d->plan->name, step, d->why);
	return exit_status(err);
}

static int start(struct edge_daemon *d)
{
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		enum edge_err err;

		if (d->is_check && !order[i].is_check)
			continue;
		errno = 0;
		err = order[i].run(d);
		if (err)
			return failed(d, order[i].name, err);
	}
	return EDGE_EXIT_OK;
}

static void stop(struct edge_daemon *d)
{
	edge_wheel_stop(&d->watchdog);
	edge_wheel_stop(&d->log_tick);
	edge_admin_close(d->admin);
	if (d->is_open && d->plan->stop)
		d->plan->stop(d->plan->self);
	edge_taking_free(d->taking);
	topo_drop(d->first);
	topo_store_free(d->store);
	if (d->signal_fd >= 0) {
		edge_loop_unwatch(d->loop, d->signal_fd);
		close(d->signal_fd);
	}
	edge_loop_free(d->loop);
	edge_config_free(d->config);
	if (d->lock_fd >= 0)
		close(d->lock_fd);
}

int edge_daemon_run(const struct edge_daemon_plan *plan, int argc, char **argv)
{
	struct edge_daemon d = {
		.plan = plan,
		.config_path = "/etc/lync-edge/edge.ini",
		.lock_fd = -1,
		.signal_fd = -1,
	};
	int status = options_read(&d, argc, argv);

	if (status != GO_ON)
		return status;
	edge_log_open(plan->name);
	if (plan->events)
		edge_log_table(plan->events);
	status = start(&d);
	if (status == EDGE_EXIT_OK && d.is_check) {
		printf("%s: settings and topology are good\n", plan->name);
	} else if (status == EDGE_EXIT_OK) {
		if (edge_loop_run(d.loop))
			status = EDGE_EXIT_IO;
		edge_event(EDGE_EV_STOPPING, "daemon=%s", plan->name);
		sd_notify(0, "STOPPING=1");
	}
	stop(&d);
	edge_log_close();
	return status;
}

void edge_daemon_finish(struct edge_loop *control)
{
	edge_loop_stop(control);
}
