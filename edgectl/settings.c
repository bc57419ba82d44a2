/* One change of edge.ini: the whole old file or the whole new one. */
#include "edgectl/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "edgectl/file_put.h"
#include "topology/file.h"

enum {
	INI_MAX = 1 << 20,  /* as common/config.c [bytes] */
	LOCK_PAUSE_MS = 10, /* ours */
	LOCK_PAUSES = 1000, /* ours: 10 s in all */
};

struct change {
	struct ctl *c;
	char path[CTL_FILE_PATH]; /* the file itself, no link to it */
	int lock;		  /* its folder; -1: not open */
	struct ctl_file_rights rights;
	uint8_t *old;
	size_t old_len;
	char *text;
	size_t len;
	struct edge_config *config; /* as it will be read */
};

static enum ctl_exit fault(const struct change *h, enum edge_err err,
			   const char *id, const char *why)
{
	return ctl_fail(h->c, err, id, h->c->config_path, "%s",
			*why ? why : ctl_reason(err));
}

static enum ctl_exit find_file(struct change *h)
{
	char *real = realpath(h->c->config_path, NULL);
	const int n = snprintf(h->path, sizeof(h->path), "%s",
			       real ? real : h->c->config_path);

	free(real);
	return n >= (int)sizeof(h->path) ? fault(h, EDGE_ELIMIT, "CTL-007", "")
					 : CTL_GOOD;
}

/* One at a time from reading to renaming, or the change of the other is lost.
 * The folder is locked: the file itself is another one after each change. */
static enum ctl_exit lock(struct change *h)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
	char copy[CTL_FILE_PATH];
	enum edge_err err;

	(void)snprintf(copy, sizeof(copy), "%s", h->path);
	err = topo_dir_open(&h->lock, AT_FDCWD, dirname(copy));
	if (err)
		return fault(h, err, "CTL-007", "");
	for (int i = 0; flock(h->lock, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fault(h, EDGE_ESYS, "CTL-007", "");
		if (i == LOCK_PAUSES)
			return fault(h, EDGE_EREFUSED, "CTL-007",
				     "another edgectl is changing it");
		(void)nanosleep(&pause, NULL);
	}
	return CTL_GOOD;
}

static enum ctl_exit read_old(struct change *h)
{
	enum edge_err err =
		ctl_file_read(&h->old, &h->old_len, h->path, INI_MAX);

	if (!err)
		err = ctl_file_rights(&h->rights, h->path);
	if (err == EDGE_ENOTFOUND) {
		h->rights =
			(struct ctl_file_rights){0644, geteuid(), getegid()};
		return CTL_GOOD;
	}
	return err ? fault(h, err, "CTL-007", "") : CTL_GOOD;
}

/* What services would say of it is asked before it is theirs. */
static enum ctl_exit check_new(struct change *h)
{
	char why[256] = "";
	const enum edge_err err =
		edge_config_parse(&h->config, edge_slice(h->text, h->len), NULL,
				  why, sizeof(why));

	return err ? fault(h, err, "CTL-002", why) : CTL_GOOD;
}

static enum ctl_exit put_new(struct change *h)
{
	enum edge_err err;

	if (h->old && h->len == h->old_len && !memcmp(h->old, h->text, h->len))
		return CTL_GOOD;
	err = ctl_file_put(h->path, &h->rights, edge_slice(h->text, h->len));
	if (!err)
		err = ctl_file_sync(h->path);
	return err ? fault(h, err, "CTL-007", "") : CTL_GOOD;
}

static enum ctl_exit edit(struct change *h, const struct ctl_ini_set *sets,
			  size_t count)
{
	enum ctl_exit exit = read_old(h);
	enum edge_err err;

	if (exit)
		return exit;
	err = ctl_ini_edit(&h->text, &h->len, edge_slice(h->old, h->old_len),
			   sets, count);
	if (err)
		return fault(h, err, "CTL-002",
			     err == EDGE_EFORMAT
				     ? "a value that no line of it can hold"
				     : "");
	return check_new(h);
}

static enum ctl_exit change(struct change *h, const struct ctl_ini_set *sets,
			    size_t count, bool is_kept)
{
	enum ctl_exit exit = find_file(h);

	if (!exit && is_kept)
		exit = lock(h);
	if (!exit)
		exit = edit(h, sets, count);
	if (!exit && is_kept)
		exit = put_new(h);
	if (!exit) {
		edge_config_free(h->c->config);
		h->c->config = h->config;
		h->config = NULL;
	}
	if (h->lock >= 0)
		close(h->lock);
	edge_config_free(h->config);
	free(h->old);
	free(h->text);
	return exit;
}

enum ctl_exit ctl_settings_set(struct ctl *c, const struct ctl_ini_set *sets,
			       size_t count)
{
	struct change h = {.c = c, .lock = -1};

	return change(&h, sets, count, true);
}

enum ctl_exit ctl_settings_try(struct ctl *c, const struct ctl_ini_set *sets,
			       size_t count)
{
	struct change h = {.c = c, .lock = -1};

	return change(&h, sets, count, false);
}

enum ctl_exit ctl_settings_beside(struct ctl *c, char *out, size_t cap,
				  const char *name)
{
	char *copy = strdup(c->config_path);
	char *folder = copy ? realpath(dirname(copy), NULL) : NULL;
	const int n = folder ? snprintf(out, cap, "%s/%s", folder, name) : -1;
	const enum edge_err err = folder ? EDGE_ELIMIT : EDGE_ESYS;

	free(folder);
	free(copy);
	if (n > 0 && (size_t)n < cap)
		return CTL_GOOD;
	return ctl_fail(c, err, "CTL-007", c->config_path, "its folder: %s",
			ctl_reason(err));
}
