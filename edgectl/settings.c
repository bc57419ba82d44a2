/* One change of edge.ini: the whole old file or the whole new one. */
#include "edgectl/settings.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edgectl/file_put.h"

enum { INI_MAX = 1 << 20 /* as common/config.c [bytes] */ };

struct change {
	struct ctl *c;
	char path[CTL_FILE_PATH]; /* the file itself, no link to it */
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

static enum ctl_exit read_old(struct change *h)
{
	char *real = realpath(h->c->config_path, NULL);
	const int n = snprintf(h->path, sizeof(h->path), "%s",
			       real ? real : h->c->config_path);
	enum edge_err err;

	free(real);
	if (n >= (int)sizeof(h->path))
		return fault(h, EDGE_ELIMIT, "CTL-007", "");
	err = ctl_file_read(&h->old, &h->old_len, h->path, INI_MAX);
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

static enum ctl_exit make(struct change *h, const struct ctl_ini_set *sets,
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
	exit = check_new(h);
	return exit ? exit : put_new(h);
}

enum ctl_exit ctl_settings_set(struct ctl *c, const struct ctl_ini_set *sets,
			       size_t count)
{
	struct change h = {.c = c};
	const enum ctl_exit exit = make(&h, sets, count);

	if (!exit) {
		edge_config_free(c->config);
		c->config = h.config;
		h.config = NULL;
	}
	edge_config_free(h.config);
	free(h.old);
	free(h.text);
	return exit;
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
