/* secrets new, secrets export: the keys that members of a pool share. */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/crypto.h"
#include "edgectl/secrets.h"
#include "topology/file.h"
#include "topology/secrets.h"
#include "topology/utc.h"

struct ctl_pool_secrets {
	struct topo_secrets rings;
};

enum ctl_exit ctl_pool_secrets_parse(struct ctl *c,
				     struct ctl_pool_secrets **out,
				     struct edge_slice text)
{
	struct ctl_pool_secrets *s;
	enum edge_err err;
	char why[256] = "";

	if (!text.p)
		return CTL_GOOD;
	s = calloc(1, sizeof(*s));
	if (!s)
		return ctl_fail(c, EDGE_ENOMEM, "CTL-007", "secrets",
				"out of memory");
	err = topo_secrets_parse(&s->rings, text, why, sizeof(why));
	if (err) {
		free(s);
		return ctl_fail(c, err, "CTL-011", "secrets", "%s",
				*why ? why : ctl_reason(err));
	}
	*out = s;
	return CTL_GOOD;
}

void ctl_pool_secrets_free(struct ctl_pool_secrets *s)
{
	if (!s)
		return;
	topo_secrets_fini(&s->rings);
	free(s);
}

/* The ring of this machine; a new one when there is none. */
static enum ctl_exit load(struct ctl *c, const char *kind,
			  struct topo_keyring **out)
{
	enum edge_err err;
	char why[256] = "";

	err = topo_keyring_load(out, c->config->state, kind, why, sizeof(why));
	if (err == EDGE_ENOTFOUND)
		err = topo_keyring_new(out);
	return err ? ctl_fail(c, err, "CTL-011", kind, "%s",
			      *why ? why : ctl_reason(err))
		   : CTL_GOOD;
}

static enum ctl_exit save(struct ctl *c, const char *kind,
			  const struct topo_keyring *r)
{
	enum edge_err err = topo_keyring_save(c->config->state, kind, r);

	return err ? ctl_fail(c, err, "CTL-007", kind, "%s/secrets/%s.keys: %s",
			      c->config->state, kind, ctl_reason(err))
		   : CTL_GOOD;
}

static enum ctl_exit merge(struct ctl *c, const char *kind,
			   const struct topo_keyring *from)
{
	struct topo_keyring *r = NULL;
	enum ctl_exit exit;
	enum edge_err err;
	size_t added = 0;

	if (!from)
		return CTL_GOOD;
	exit = load(c, kind, &r);
	if (exit)
		return exit;
	err = topo_keyring_merge(&added, r, from, c->now_s);
	if (err)
		exit = ctl_fail(c, EDGE_EFORMAT, "CTL-011", kind,
				"a key id that is here already comes with "
				"another key");
	else if (added)
		exit = save(c, kind, r);
	topo_keyring_free(r);
	return exit;
}

enum ctl_exit ctl_pool_secrets_install(struct ctl *c,
				       const struct ctl_pool_secrets *s)
{
	enum ctl_exit exit;

	if (!s)
		return CTL_GOOD;
	exit = merge(c, "route", s->rings.route);
	return exit ? exit : merge(c, "psom", s->rings.psom);
}

/* The key just made: of those that begin then, the last. */
static void tell_key(struct ctl *c, const char *kind,
		     const struct topo_keyring *r, uint64_t from_s)
{
	char from[TOPO_UTC_STRLEN], to[TOPO_UTC_STRLEN];
	const struct topo_key *k = NULL;

	for (size_t i = 0; i < r->count; i++)
		if (r->keys[i].not_before_s == from_s)
			k = &r->keys[i];
	if (!k)
		return;
	topo_utc_print(from, k->not_before_s);
	topo_utc_print(to, k->not_after_s);
	ctl_say(c, "%s key %s, from %s, accepted until %s", kind, k->kid, from,
		to);
	ctl_put(c, "key",
		json_pack("{s:s, s:s, s:s, s:s}", "kind", kind, "kid", k->kid,
			  "not_before", from, "not_after", to));
}

static enum ctl_exit make(struct ctl *c, const char *kind, uint64_t from_s)
{
	struct topo_keyring *r = NULL;
	enum ctl_exit exit = load(c, kind, &r);

	if (exit)
		return exit;
	if (!strcmp(kind, "psom"))
		topo_keyring_rotate_psom(r, from_s, c->now_s);
	else
		topo_keyring_rotate(r, from_s, c->now_s);
	exit = save(c, kind, r);
	if (!exit) {
		tell_key(c, kind, r, from_s);
		ctl_say(c, "for the other members of the pool: edgectl secrets "
			   "export, into the next bundle");
		if (!strcmp(kind, "psom"))
			ctl_say(c, "for the conferencing servers: edgectl "
				   "secrets export --psom");
	}
	topo_keyring_free(r);
	return exit;
}

enum ctl_exit ctl_secrets_new(struct ctl *c, int argc, char **argv)
{
	bool route = false, psom = false;
	const char *from = NULL;
	const struct ctl_option options[] = {
		{"route", NULL, &route},
		{"psom", NULL, &psom},
		{"from", &from, NULL},
	};
	enum ctl_exit exit = ctl_options(c, options, 3, &argc, argv);
	uint64_t from_s = c->now_s;

	if (exit)
		return exit;
	if (argc || route == psom)
		return ctl_usage(c, "secrets new wants --route or --psom");
	if (from && topo_utc_parse(&from_s, edge_slice_str(from)))
		return ctl_usage(c,
				 "--from \"%.40s\": want "
				 "2026-07-22T06:00:00Z",
				 from);
	exit = ctl_config(c);
	return exit ? exit : make(c, route ? "route" : "psom", from_s);
}

static enum ctl_exit write_out(struct ctl *c, const char *path,
			       struct edge_slice text, const char *kind)
{
	enum edge_err err;

	if (!path)
		return fwrite(text.p, 1, edge_slice_len(text), stdout) ==
					       edge_slice_len(text) &&
				       !fflush(stdout)
			       ? CTL_GOOD
			       : ctl_fail(c, EDGE_ESYS, "CTL-007",
					  "standard output", "%s",
					  ctl_reason(EDGE_ESYS));
	err = topo_file_create(AT_FDCWD, path, 0600, text);
	if (err)
		return ctl_fail(c, err == EDGE_EDUP ? EDGE_ESYS : err,
				"CTL-007", path, "%s",
				err == EDGE_EDUP ? "is there already"
						 : ctl_reason(err));
	ctl_say(c,
		kind ? "%s written, mode 0600: the %s keyring alone"
		     : "%s written, mode 0600; carry it as `secrets` in the "
		       "bundle",
		path, kind);
	ctl_put_text(c, "file", path);
	return CTL_GOOD;
}

/* A ring that is not there is nothing to export; a broken one is a fault. */
static enum ctl_exit load_if_there(struct ctl *c, const char *kind,
				   struct topo_keyring **out)
{
	enum edge_err err;
	char why[256] = "";

	err = topo_keyring_load(out, c->config->state, kind, why, sizeof(why));
	if (!err || err == EDGE_ENOTFOUND)
		return CTL_GOOD;
	return ctl_fail(c, err, "CTL-011", kind, "%s", why);
}

/* Both rings as a bundle carries them, or one as its file has it. */
static enum edge_err print(char text[TOPO_SECRETS_PRINT_MAX], size_t *len,
			   const struct topo_secrets *s, bool is_one)
{
	return is_one ? topo_keyring_print(text, TOPO_SECRETS_PRINT_MAX, len,
					   s->route ? s->route : s->psom)
		      : topo_secrets_print(text, TOPO_SECRETS_PRINT_MAX, len,
					   s);
}

/* kind NULL: both. */
static enum ctl_exit write_rings(struct ctl *c, const char *path,
				 const char *kind)
{
	char text[TOPO_SECRETS_PRINT_MAX];
	struct topo_secrets s = {0};
	enum ctl_exit exit = CTL_GOOD;
	size_t len = 0;

	if (!kind || !strcmp(kind, "route"))
		exit = load_if_there(c, "route", &s.route);
	if (!exit && (!kind || !strcmp(kind, "psom")))
		exit = load_if_there(c, "psom", &s.psom);
	if (!exit && !s.route && !s.psom)
		exit = ctl_fail(c, EDGE_ENOTFOUND,
				kind && !strcmp(kind, "psom") ? "CTL-011"
							      : "CTL-017",
				c->config->state, "no %s%ssecrets here",
				kind ? kind : "", kind ? " " : "");
	if (!exit && print(text, &len, &s, kind))
		exit = ctl_fail(c, EDGE_ELIMIT, "CTL-011", "secrets",
				"too many keys");
	if (!exit)
		exit = write_out(c, path, edge_slice(text, len), kind);
	edge_wipe(text, sizeof(text));
	topo_secrets_fini(&s);
	return exit;
}

enum ctl_exit ctl_secrets_export(struct ctl *c, int argc, char **argv)
{
	const char *path = NULL;
	bool route = false, psom = false;
	const struct ctl_option options[] = {{"out", &path, NULL},
					     {"route", NULL, &route},
					     {"psom", NULL, &psom}};
	enum ctl_exit exit = ctl_options(c, options, 3, &argc, argv);

	if (exit)
		return exit;
	if (argc || (route && psom))
		return ctl_usage(c, "secrets export wants no words, and one of "
				    "--route and --psom or neither");
	if (!path && (c->json || isatty(STDOUT_FILENO)))
		return ctl_usage(c, "keys are not shown: want --out FILE, or "
				    "standard output into a file");
	exit = ctl_config(c);
	return exit ? exit
		    : write_rings(c, path,
				  route	 ? "route"
				  : psom ? "psom"
					 : NULL);
}
