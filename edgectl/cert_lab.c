/* cert lab: issued with the names wanted, and assigned; lab = yes only. */
#include "edgectl/cert_lab.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edgectl/cert_assign.h"
#include "edgectl/cert_file.h"
#include "edgectl/cert_issue.h"
#include "edgectl/cert_topology.h"
#include "topology/file.h"

enum { PATH_LEN = 1024 /* ours: of a file in the authority's folder */ };

struct files {
	char ca[PATH_LEN], ca_key[PATH_LEN], chain[PATH_LEN], key[PATH_LEN];
	struct ctl_cert_authority authority;
};

static enum ctl_exit only_lab(struct ctl *c)
{
	const enum ctl_exit exit = ctl_config(c);

	if (exit || c->config->lab)
		return exit;
	return ctl_fail(c, EDGE_EFORMAT, "CERT-023", c->config_path,
			"lab = no; who holds this authority could be any of "
			"the edge's peers");
}

static enum ctl_exit name_files(struct ctl *c, struct files *f,
				enum edge_cert_use use, const char *folder)
{
	const bool inside =
		use == EDGE_CERT_INTERNAL || use == EDGE_CERT_AV_AUTH;
	const char *side = inside ? "internal" : "public";
	const char *name = ctl_cert_use_name(use);

	if (strlen(folder) > PATH_LEN - 64)
		return ctl_fail(c, EDGE_ELIMIT, "CTL-007", folder,
				"path too long");
	(void)snprintf(f->ca, PATH_LEN, "%.960s/%s-ca.pem", folder, side);
	(void)snprintf(f->ca_key, PATH_LEN, "%.960s/%s-ca.key", folder, side);
	(void)snprintf(f->chain, PATH_LEN, "%.960s/issued-%s.pem", folder,
		       name);
	(void)snprintf(f->key, PATH_LEN, "%.960s/issued-%s.key", folder, name);
	f->authority = (struct ctl_cert_authority){
		f->ca, f->ca_key,
		inside ? "lync-edge lab, inside" : "lync-edge lab, public"};
	return CTL_GOOD;
}

static enum ctl_exit find_authority(struct ctl *c, const struct files *f,
				    const char *folder)
{
	enum edge_err err;
	int fd;

	if (!access(f->ca, F_OK) && !access(f->ca_key, F_OK))
		return CTL_GOOD;
	err = topo_dir_make(&fd, AT_FDCWD, folder, 0700);
	if (!err) {
		close(fd);
		err = ctl_cert_authority_make(&f->authority, (int64_t)c->now_s);
	}
	if (err)
		return ctl_fail(
			c, err == EDGE_EDUP ? EDGE_ESYS : err, "CTL-007", f->ca,
			"no authority can be made: %s", ctl_reason(err));
	ctl_say(c, "%s: a new authority of the laboratory", f->ca);
	return CTL_GOOD;
}

static enum ctl_exit issue(struct ctl *c, const struct files *f,
			   const struct ctl_cert_names *n)
{
	const struct ctl_cert_leaf leaf = {.names = n,
					   .chain = f->chain,
					   .key = f->key,
					   .now_s = (int64_t)c->now_s};
	enum edge_err err;

	(void)unlink(f->chain); /* of a killed call */
	(void)unlink(f->key);
	err = ctl_cert_leaf_make(&f->authority, &leaf);
	return err ? ctl_fail(c, err, "CERT-023", f->ca, "%s",
			      err == EDGE_EFORMAT
				      ? "no certificate and key of an authority"
				      : ctl_reason(err))
		   : CTL_GOOD;
}

static enum ctl_exit issue_and_assign(struct ctl *c, const struct files *f,
				      struct ctl_cert_assignment *a)
{
	struct ctl_cert_names *n = calloc(1, sizeof(*n));
	enum ctl_exit exit = n ? ctl_cert_wanted(c, a->use, n) : CTL_IO;

	if (!exit)
		exit = issue(c, f, n);
	if (!exit)
		exit = ctl_cert_assign_pair(c, a);
	(void)unlink(f->chain);
	(void)unlink(f->key);
	free(n);
	return exit;
}

enum ctl_exit ctl_cert_lab_issue(struct ctl *c, enum edge_cert_use use,
				 const char *folder, bool is_now)
{
	struct files f;
	enum ctl_exit exit = only_lab(c);
	struct ctl_cert_assignment a = {.use = use, .is_now = is_now};

	if (!exit)
		exit = name_files(c, &f, use, folder);
	if (!exit)
		exit = find_authority(c, &f, folder);
	if (exit)
		return exit;
	a.chain = f.chain;
	a.key = f.key;
	a.roots = f.ca;
	return issue_and_assign(c, &f, &a);
}

/* Tokens are made with the one in place; another is had by name alone. */
static bool is_kept(struct ctl *c, enum edge_cert_use use, bool is_named)
{
	if (is_named || use != EDGE_CERT_AV_AUTH ||
	    !c->config->certificate[use].chain)
		return false;
	ctl_say(c, "av-auth: there is one, which is kept");
	return true;
}

/* All that are needed, or those named. */
static bool is_wanted(enum edge_cert_use use, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (!strcmp(argv[i], ctl_cert_use_name(use)))
			return true;
	return !argc && use != EDGE_CERT_TURN;
}

enum ctl_exit ctl_cert_lab(struct ctl *c, int argc, char **argv)
{
	const char *folder = NULL;
	const struct ctl_option options[] = {{"ca", &folder, NULL}};
	enum ctl_exit exit = ctl_options(c, options, 1, &argc, argv);
	enum edge_cert_use use;

	if (exit)
		return exit;
	if (!folder)
		return ctl_usage(c, "cert lab wants --ca FOLDER");
	for (int i = 0; i < argc; i++)
		if (!ctl_cert_use_find(argv[i], &use))
			return ctl_usage(c, "no certificate use \"%.40s\"",
					 argv[i]);
	exit = only_lab(c);
	for (unsigned i = 0; i < EDGE_CERT_USES && !exit; i++) {
		use = (enum edge_cert_use)i;
		if (is_wanted(use, argc, argv) && !is_kept(c, use, argc > 0))
			exit = ctl_cert_lab_issue(c, use, folder, argc > 0);
	}
	return exit;
}
