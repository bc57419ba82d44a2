/* What a daemon gives up before it serves: its user, files and calls. */
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/daemon_state.h"
#include "common/sandbox.h"

enum {
	PATHS_MAX = 24, /* ours: of a daemon's sandbox */
	PATH_LEN = 512, /* ours: of such a path */
};

/* What root has made in the run folder is the service's, also when it starts
 * next without root. */
static enum edge_err give_files(const struct edge_daemon *d)
{
	const struct passwd *pw = geteuid() ? NULL : getpwnam(d->plan->name);

	if (!pw)
		return EDGE_OK;
	if (fchown(d->lock_fd, pw->pw_uid, pw->pw_gid))
		return EDGE_ESYS;
	return edge_admin_give(d->admin, pw->pw_uid);
}

enum edge_err edge_daemon_user(struct edge_daemon *d)
{
	bool changed = false;
	enum edge_err err = give_files(d);

	if (!err)
		err = edge_sandbox_user(&changed, d->plan->name);
	if (err != EDGE_ENOTFOUND)
		return err;
	d->is_user_kept = true;
	edge_event(EDGE_EV_SANDBOX_PARTIAL, "missing=user user=%s",
		   d->plan->name);
	return EDGE_OK;
}

/* The paths of this daemon's sandbox, collected. */
struct paths {
	struct edge_sandbox_path row[PATHS_MAX];
	char text[PATHS_MAX][PATH_LEN];
	size_t count;
	bool overflow;
};

static void path_add(struct paths *l, const char *path, bool is_writable)
{
	size_t len = path ? strlen(path) : 0;

	if (!len)
		return;
	if (l->count == PATHS_MAX || len >= PATH_LEN) {
		l->overflow = true;
		return;
	}
	memcpy(l->text[l->count], path, len + 1);
	l->row[l->count].path = l->text[l->count];
	l->row[l->count].is_writable = is_writable;
	l->count++;
}

/* The pool's secrets, where packages let a single edge keep its own. */
static void path_add_secrets(struct paths *l, const char *state)
{
	char path[PATH_LEN];
	int n = snprintf(path, sizeof(path), "%s/secrets", state);

	if (n < 0 || (size_t)n >= sizeof(path))
		l->overflow = true;
	else if (!access(path, W_OK))
		path_add(l, path, true);
}

/* The folder, so that a file renamed into place can be read again; never a
 * folder as wide as / or /etc: there the file alone. */
static void path_add_folder_of(struct paths *l, const char *file)
{
	char copy[PATH_LEN];
	const char *folder;

	if (!file || strlen(file) >= sizeof(copy)) {
		l->overflow |= file != NULL;
		return;
	}
	memcpy(copy, file, strlen(file) + 1);
	folder = dirname(copy);
	path_add(l,
		 strcmp(folder, "/") && strcmp(folder, "/etc") ? folder : file,
		 false);
}

static void paths_fill(struct paths *l, const struct edge_daemon *d)
{
	const struct edge_config *c = d->config;

	path_add(l, c->run, true);
	path_add(l, c->trace.dir, true);
	path_add(l, c->state, false);
	path_add_secrets(l, c->state);
	path_add_folder_of(l, d->config_path);
	path_add_folder_of(l, c->resolv);
	for (size_t i = 0; i < EDGE_CERT_USES; i++) {
		path_add_folder_of(l, c->certificate[i].chain);
		path_add_folder_of(l, c->certificate[i].key);
	}
	path_add_folder_of(l, c->trust.public_roots);
	path_add_folder_of(l, c->trust.internal_ca);
	path_add_folder_of(l, c->trust.internal_crl);
}

enum edge_err edge_daemon_sandbox(struct edge_daemon *d)
{
	struct paths *l = calloc(1, sizeof(*l));
	struct edge_sandbox_plan p = {
		.syscalls = d->plan->syscalls,
		.uses_maps =
			d->plan->uses_maps && d->plan->uses_maps(d->plan->self),
		.is_dumpable = d->config->lab,
	};
	enum edge_err err = EDGE_ENOMEM;

	if (!l)
		return err;
	paths_fill(l, d);
	p.paths = l->row;
	p.path_count = l->count;
	err = l->overflow ? EDGE_ELIMIT : edge_sandbox_apply(&d->gaps, &p);
	free(l);
	if (!err && d->gaps)
		edge_event(EDGE_EV_SANDBOX_PARTIAL, "missing=%s%s",
			   d->gaps & EDGE_SANDBOX_NO_LANDLOCK ? "landlock,"
							      : "",
			   d->gaps & EDGE_SANDBOX_NO_SECCOMP ? "seccomp" : "");
	return err;
}
