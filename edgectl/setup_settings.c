/* Options of setup and up, and their way into edge.ini. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edgectl/cert_topology.h"
#include "edgectl/settings.h"
#include "edgectl/setup.h"
#include "topology/store.h"

enum { SETS = 9 };

void ctl_setup_options(struct ctl_setup *s,
		       struct ctl_option out[CTL_SETUP_OPTIONS])
{
	const struct ctl_option all[CTL_SETUP_OPTIONS] = {
		{"hosts", &s->hosts, NULL},
		{"unsigned", NULL, &s->is_unsigned},
		{"lab", NULL, &s->lab},
		{"outside-gateway", &s->outside_gateway, NULL},
		{"inside-gateway", &s->inside_gateway, NULL},
		{"inside", &s->inside, NULL},
		{"manage", &s->manage, NULL},
		{"resolv", &s->resolv, NULL},
		{"trust-public", &s->trust_public, NULL},
		{"trust-internal", &s->trust_internal, NULL},
		{"operator-keys", &s->operator_keys, NULL},
		{"csr-folder", &s->requests, NULL},
		{"ca", &s->ca, NULL},
	};

	memcpy(out, all, sizeof(all));
}

/* A file or folder that is there, by its whole path. */
static enum ctl_exit real_path(struct ctl_setup *s, const char *option,
			       const char *given, char **out)
{
	if (!given)
		return CTL_GOOD;
	*out = realpath(given, NULL);
	return *out ? CTL_GOOD
		    : ctl_fail(s->c, EDGE_ESYS, "CTL-007", option, "%s: %s",
			       given, strerror(errno));
}

static enum ctl_exit write_all(struct ctl_setup *s, char *path[4])
{
	const struct ctl_ini_set all[SETS] = {
		{"local", "lab", s->lab ? "yes" : NULL},
		{"local", "resolv", path[0]},
		{"trust", "public", path[1]},
		{"trust", "internal", path[2]},
		{"trust", "operator-keys", path[3]},
		{"network", "outside-gateway", s->outside_gateway},
		{"network", "inside-gateway", s->inside_gateway},
		{"network", "inside", s->inside},
		{"network", "manage", s->manage},
	};
	struct ctl_ini_set sets[SETS];
	size_t count = 0;

	for (size_t i = 0; i < SETS; i++)
		if (all[i].value) /* what is not said stays */
			sets[count++] = all[i];
	return s->is_status ? ctl_settings_try(s->c, sets, count)
			    : ctl_settings_set(s->c, sets, count);
}

/* Where a folder that is not there would be made: its parent by its whole path,
 * and its name. */
static bool is_same_place(const char *folder, const char *whole)
{
	char *copy = strdup(folder), *last = strdup(folder);
	char *parent = copy ? realpath(dirname(copy), NULL) : NULL;
	const size_t len = parent ? strlen(parent) : 0;
	const bool same = parent && last && !strncmp(whole, parent, len) &&
			  whole[len] == '/' &&
			  !strcmp(whole + len + 1, basename(last));

	free(parent);
	free(last);
	free(copy);
	return same;
}

static bool is_same_folder(const char *folder, const char *whole)
{
	struct stat a, b;
	const bool is_there = !stat(folder, &a);

	if (stat(whole, &b))
		return !is_there && is_same_place(folder, whole);
	return is_there && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Requests have the names of the pairs in use, so each has its folder. */
static enum ctl_exit check_requests(struct ctl_setup *s)
{
	char certs[1024];
	enum ctl_exit exit = CTL_GOOD;

	if (s->requests)
		exit = ctl_settings_beside(s->c, certs, sizeof(certs), "certs");
	if (!s->requests || exit)
		return exit;
	if (!is_same_folder(s->requests, certs))
		return CTL_GOOD;
	return ctl_fail(s->c, EDGE_EFORMAT, "SETUP-006", "--csr-folder",
			"%s, where certificates in use lie", s->requests);
}

enum ctl_exit ctl_setup_settings(struct ctl_setup *s)
{
	char *path[4] = {NULL};
	enum ctl_exit exit = check_requests(s);

	if (!exit)
		exit = real_path(s, "--resolv", s->resolv, &path[0]);
	if (!exit)
		exit = real_path(s, "--trust-public", s->trust_public,
				 &path[1]);
	if (!exit)
		exit = real_path(s, "--trust-internal", s->trust_internal,
				 &path[2]);
	if (!exit)
		exit = real_path(s, "--operator-keys", s->operator_keys,
				 &path[3]);
	if (!exit)
		exit = write_all(s, path);
	for (size_t i = 0; i < 4; i++)
		free(path[i]);
	return exit;
}

void ctl_setup_load(struct ctl_setup *s, char *why, size_t cap)
{
	struct topo_store *store = NULL;
	const struct topo *t = NULL;
	enum edge_err err;

	*why = '\0';
	err = topo_store_open(&store, s->c->config->state);
	if (!err)
		err = topo_store_current(store, &t, why, cap);
	topo_store_free(store);
	if (err == EDGE_ENOTFOUND || (err == EDGE_ESYS && errno == ENOENT))
		*why = '\0';
	else if (err && !*why)
		(void)snprintf(why, cap, "%s", ctl_reason(err));
	topo_drop(s->topo);
	s->topo = err ? NULL : t;
}

enum ctl_exit ctl_setup_request_file(struct ctl_setup *s, char *out, size_t cap,
				     const char *name)
{
	char folder[1024];
	enum ctl_exit exit = CTL_GOOD;
	int n;

	if (!s->requests)
		exit = ctl_settings_beside(s->c, folder, sizeof(folder),
					   "requests");
	if (exit)
		return exit;
	n = snprintf(out, cap, "%s%s%s", s->requests ? s->requests : folder,
		     *name ? "/" : "", name);
	return n > 0 && (size_t)n < cap
		       ? CTL_GOOD
		       : ctl_fail(s->c, EDGE_ELIMIT, "CTL-007", "--csr-folder",
				  "path too long");
}

void ctl_setup_fini(struct ctl_setup *s)
{
	topo_drop(s->topo);
	s->topo = NULL;
}
