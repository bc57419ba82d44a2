/* cert assign: checked, put in place, read by the services, and seen. */
#include "edgectl/cert_assign.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "edgectl/cert_judge.h"
#include "edgectl/cert_pair.h"
#include "edgectl/cert_roll.h"
#include "edgectl/cert_services.h"
#include "edgectl/cert_topology.h"
#include "edgectl/finding.h"
#include "edgectl/quote.h"
#include "edgectl/settings.h"

struct job {
	struct ctl *c;
	const struct ctl_cert_assignment *a;
	const char *name; /* of the use */
	const struct topo *topo;
	struct ctl_cert_place place;
	size_t was_slot, slot; /* of edge.ini, or none; where new goes */
	struct ctl_cert_files from;
	struct ctl_cert_pair new, old; /* old: empty when there is none */
	struct ctl_cert_pair older;    /* what new takes the place of */
	uint8_t *roots;		       /* that came along, or NULL */
	size_t roots_len;
	char kept_roots[CTL_FILE_PATH]; /* where they went; "": nowhere */
	char *was_chain, *was_key;	/* of edge.ini; NULL: not set */
	struct ctl_cert x, y;		/* of new; of old */
	bool is_in_use;			/* y, by a service */
	bool has_old;			/* old and y */
	bool has_copy;			/* of old, beside new */
	int lock;			/* of the folder */
};

static const char *trust_of(const struct ctl *c, enum edge_cert_use use)
{
	return use == EDGE_CERT_INTERNAL ? c->config->trust.internal_ca
					 : c->config->trust.public_roots;
}

/* A name that is missing may be wanted so; nothing else may. */
static void show(const struct job *j, const struct ctl_verdict *v)
{
	const bool is_name =
		!strcmp(v->id, "CERT-003") || !strcmp(v->id, "CERT-010");
	const enum topo_level level =
		is_name && j->a->is_name_forced ? TOPO_WARN : v->level;

	ctl_find(j->c, level, v->id, j->name, "%s", v->text);
}

static enum ctl_exit judge_read(struct job *j, const char *why)
{
	struct ctl_cert_names *wanted = calloc(1, sizeof(*wanted));
	struct ctl_verdicts *all = calloc(1, sizeof(*all));
	const struct ctl_cert_case rules = {
		.use = j->a->use,
		.is_current = true,
		.cert = &j->x,
		.wanted = wanted,
		.key_file = j->from.key,
		.why = why,
		.roots = j->from.roots,
		.dials_partners = j->topo && j->topo->federation_ports,
	};
	const unsigned before = j->c->errors;
	const bool is_judged = wanted && all;

	if (is_judged && j->topo)
		ctl_cert_names(wanted, j->a->use, j->topo);
	if (is_judged)
		ctl_cert_judge(all, &rules);
	for (size_t i = 0; is_judged && i < all->count; i++)
		show(j, &all->v[i]);
	free(wanted);
	free(all);
	if (is_judged && j->c->errors == before)
		return CTL_GOOD;
	ctl_say(j->c, "nothing was changed");
	return is_judged ? CTL_INVALID : CTL_IO;
}

/* Read once: what is judged is what is put in place. */
static enum ctl_exit read_new(struct job *j)
{
	enum ctl_exit exit =
		ctl_cert_pair_take(j->c, &j->new, &j->from, j->name);
	enum edge_err err;

	if (exit || !j->a->roots)
		return exit;
	err = ctl_file_read(&j->roots, &j->roots_len, j->a->roots,
			    CTL_FILE_PEM_MAX);
	j->from.roots_pem = edge_slice(j->roots, j->roots_len);
	return err ? ctl_fail(j->c, err, "CTL-007", j->a->roots, "%s",
			      ctl_reason(err))
		   : CTL_GOOD;
}

static enum ctl_exit judge(struct job *j)
{
	char why[256] = "";
	const enum edge_err err = ctl_cert_read(
		&j->x, &j->from, (int64_t)j->c->now_s, why, sizeof(why));

	if (err)
		return ctl_fail(j->c, err == EDGE_ENOTFOUND ? EDGE_ESYS : err,
				"CERT-001", j->name, "%s",
				*why ? why : ctl_reason(err));
	return judge_read(j, why);
}

/* The pair in use, when it can be read; it is what one may go back to. */
static void read_old(struct job *j)
{
	struct ctl_cert_files files = {
		.chain = j->was_chain, .key = j->was_key, .skips_chain = true};
	char why[256];
	const char *at;

	if (!j->was_chain || !j->was_key)
		return;
	if (ctl_cert_pair_read(&j->old, &files, &at))
		ctl_cert_pair_fini(&j->old);
	else
		files.pair = &j->old;
	if (ctl_cert_read(&j->y, &files, (int64_t)j->c->now_s, why,
			  sizeof(why))) {
		ctl_cert_pair_fini(&j->old);
		return;
	}
	/* a key that systemd holds is one, though not for us to see */
	j->is_in_use = j->y.days_left >= 0 &&
		       (j->y.key_matches || edge_config_credential(j->was_key));
	j->has_old = j->old.key != NULL;
}

/* Tokens live for hours; their key is rolled over, not taken away. */
static enum ctl_exit may_end_tokens(struct job *j)
{
	struct ctl_cure cure = {0};
	struct ctl_quoted chain, key;
	char now[32], saw[256], tool[CTL_CURE_LINE / 2];
	struct ctl_roll roll;
	enum ctl_exit exit = ctl_roll_find(j->c, &roll);

	if (exit)
		return exit;
	if (roll.has_staged)
		return ctl_fail(j->c, EDGE_EFORMAT, "CERT-012", j->name,
				"another one is staged beside %s", roll.chain);
	if (j->a->is_now || !j->is_in_use ||
	    !strcmp(j->x.spki_sha256, j->y.spki_sha256))
		return CTL_GOOD;
	ctl_roll_print(now, (int64_t)j->c->now_s);
	ctl_tool(j->c, tool, sizeof(tool));
	if (ctl_quote(&chain, j->from.chain) && ctl_quote(&key, j->from.key))
		ctl_cure_add(&cure, CTL_ON_EDGE,
			     "%s cert stage --use av-auth --chain %s --key %s "
			     "--effective %s",
			     tool, chain.text, key.text, now);
	(void)snprintf(saw, sizeof(saw),
		       "another key than that of tokens in use, %.16s...",
		       j->y.spki_sha256);
	ctl_find_show(j->c, &(struct ctl_finding){.level = TOPO_ERROR,
						  .id = "CERT-021",
						  .place = j->name,
						  .saw = saw,
						  .cure = &cure});
	return CTL_INVALID;
}

static bool is_in_place(const struct job *j)
{
	return j->was_slot < CTL_CERT_SLOTS && j->has_old &&
	       ctl_cert_pair_eq(&j->new, &j->old);
}

static enum ctl_exit name_files(struct job *j, const char *chain,
				const char *key)
{
	char section[64];
	const struct ctl_ini_set sets[] = {{section, "chain", chain},
					   {section, "key", key}};

	(void)snprintf(section, sizeof(section), "certificate.%s", j->name);
	return ctl_settings_set(j->c, sets, 2);
}

static const char *side_of(const struct job *j)
{
	return j->a->use == EDGE_CERT_INTERNAL ? "internal" : "public";
}

/* Roots that came along are for a side that has none yet. */
static enum ctl_exit keep_roots(struct job *j)
{
	char path[CTL_FILE_PATH];
	const struct ctl_file_rights r = {0644, geteuid(), getegid()};
	const struct ctl_ini_set s = {"trust", side_of(j), path};
	enum edge_err err;

	if (!j->roots || trust_of(j->c, j->a->use))
		return CTL_GOOD;
	(void)snprintf(path, sizeof(path), "%s/%s-roots.pem", j->place.folder,
		       s.name);
	err = ctl_file_put(path, &r, j->from.roots_pem);
	if (!err)
		err = ctl_file_sync(path);
	if (err)
		return ctl_fail(j->c, err, "CTL-007", path, "%s",
				ctl_reason(err));
	memcpy(j->kept_roots, path, sizeof(path));
	return ctl_settings_set(j->c, &s, 1);
}

static enum ctl_exit is_changing(const struct job *j)
{
	return ctl_fail(j->c, EDGE_EREFUSED, "CTL-007", j->place.folder,
			"another edgectl is changing it");
}

/* One call after the other: both would take the same slot. A folder that is
 * not there yet is locked when it is made. */
static enum ctl_exit lock_place(struct job *j)
{
	j->lock = open(j->place.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->lock < 0 && errno == ENOENT)
		return CTL_GOOD;
	if (j->lock >= 0 && !flock(j->lock, LOCK_EX | LOCK_NB))
		return CTL_GOOD;
	if (j->lock >= 0 && errno == EWOULDBLOCK)
		return is_changing(j);
	return ctl_fail(j->c, EDGE_ESYS, "CTL-007", j->place.folder, "%s",
			ctl_reason(EDGE_ESYS));
}

static enum ctl_exit make_place(struct job *j)
{
	const bool was_locked = j->lock >= 0;
	enum ctl_exit exit = ctl_cert_place_make(j->c, &j->place);

	if (exit || was_locked)
		return exit;
	exit = lock_place(j);
	if (!exit && !access(j->place.slot[j->slot].chain, F_OK))
		exit = is_changing(j);
	return exit;
}

/* Pairs from elsewhere are kept, too, to go back to. */
static enum ctl_exit keep_old(struct job *j)
{
	j->has_copy = j->was_slot == CTL_CERT_SLOTS && j->has_old;
	return j->has_copy ? ctl_cert_place_put(j->c, &j->place, &j->old,
						1 - j->slot)
			   : CTL_GOOD;
}

/* The pair is whole before edge.ini names it, which is one step. */
static enum ctl_exit put(struct job *j)
{
	const struct ctl_cert_slot *to = &j->place.slot[j->slot];
	enum ctl_exit exit = keep_old(j);

	if (!exit && !ctl_cert_pair_eq(&j->new, &j->older))
		exit = ctl_cert_place_put(j->c, &j->place, &j->new, j->slot);
	if (!exit)
		exit = name_files(j, to->chain, to->key);
	return exit ? exit : keep_roots(j);
}

/* Roots that came with the pair alone. */
static enum ctl_exit drop_roots(const struct job *j)
{
	const struct ctl_ini_set s = {"trust", side_of(j), NULL};
	enum ctl_exit exit = CTL_GOOD;

	if (!*j->kept_roots)
		return CTL_GOOD;
	exit = ctl_settings_set(j->c, &s, 1);
	if (!exit)
		(void)unlink(j->kept_roots);
	return exit;
}

/* As it was, when it could not be put in place whole or a service does not
 * want it. */
static void undo(struct job *j)
{
	const struct ctl_cert_pair none = {0};
	enum ctl_exit exit = name_files(j, j->was_chain, j->was_key);

	if (!exit)
		exit = ctl_cert_place_put(j->c, &j->place, &j->older, j->slot);
	if (!exit && j->has_copy)
		exit = ctl_cert_place_put(j->c, &j->place, &none, 1 - j->slot);
	if (!exit)
		exit = drop_roots(j);
	if (!exit)
		exit = ctl_cert_services_reload(j->c, j->a->use);
	ctl_say(j->c, "%s",
		exit	       ? "what was so before could not be put back "
				 "whole"
		: j->was_chain ? "the one before is back in place"
			       : "nothing is assigned, as before");
	ctl_put_text(j->c, "change", exit ? "failed" : "undone");
}

static void tell(const struct job *j, bool was_there)
{
	const struct ctl_cert_slot *at =
		&j->place.slot[was_there ? j->was_slot : j->slot];
	struct ctl *c = j->c;

	ctl_say(c,
		was_there ? "%s: %s is in place already" : "%s: %s, in place",
		j->name, j->x.subject);
	ctl_say(c, "  ends %s, %" PRId64 " days left; key %s", j->x.not_after,
		j->x.days_left, j->x.key_type);
	ctl_say(c, "  %s", at->chain);
	ctl_put_text(c, "use", j->name);
	ctl_put_text(c, "change", was_there ? "none" : "assigned");
	ctl_put_text(c, "chain", at->chain);
	ctl_put_text(c, "key", at->key);
	ctl_put_text(c, "spki_sha256", j->x.spki_sha256);
	ctl_put_text(c, "not_after", j->x.not_after);
}

static enum ctl_exit use(struct job *j)
{
	const bool was_there = is_in_place(j);
	enum ctl_exit exit = was_there ? CTL_GOOD : make_place(j);

	if (exit)
		return exit;
	exit = was_there ? CTL_GOOD : put(j);
	if (exit) {
		undo(j);
		return exit;
	}
	tell(j, was_there);
	exit = ctl_cert_services_reload(j->c, j->a->use);
	if (exit && !was_there)
		undo(j);
	return exit ? exit
		    : ctl_cert_services_prove(j->c, j->a->use, &j->x, j->topo);
}

static enum ctl_exit copy_names(struct job *j)
{
	const struct edge_config *k = j->c->config;
	const char *chain = k->certificate[j->a->use].chain;
	const char *key = k->certificate[j->a->use].key;

	j->was_chain = chain ? strdup(chain) : NULL;
	j->was_key = key ? strdup(key) : NULL;
	return (chain && !j->was_chain) || (key && !j->was_key) ? CTL_IO
								: CTL_GOOD;
}

/* What takes turns with the pair in use. */
static enum ctl_exit find_slots(struct job *j)
{
	enum ctl_exit exit = ctl_cert_place_find(j->c, &j->place, j->a->use);
	struct ctl_cert_files other = {0};
	const char *at;

	if (!exit)
		exit = lock_place(j);
	if (exit)
		return exit;
	j->was_slot = ctl_cert_place_slot(&j->place, j->was_chain, j->was_key);
	j->slot = ctl_cert_place_free(&j->place, j->was_chain, j->was_key);
	other.chain = j->place.slot[j->slot].chain;
	other.key = j->place.slot[j->slot].key;
	if (ctl_cert_pair_read(&j->older, &other, &at))
		ctl_cert_pair_fini(&j->older);
	return CTL_GOOD;
}

static enum ctl_exit find_new(struct job *j)
{
	const struct ctl_cert_slot *other = &j->place.slot[j->slot];
	struct ctl_cert_files *f = &j->from;

	f->chain = j->a->is_previous ? other->chain : j->a->chain;
	f->key = j->a->is_previous ? other->key : j->a->key;
	f->roots = j->a->roots ? j->a->roots : trust_of(j->c, j->a->use);
	/* nobody follows the chain of the key of tokens */
	f->skips_chain = j->a->use == EDGE_CERT_AV_AUTH;
	if (!j->a->is_previous)
		return CTL_GOOD;
	if (j->was_slot == CTL_CERT_SLOTS)
		return ctl_fail(j->c, EDGE_EFORMAT, "CERT-022", j->name,
				"the pair in use was not assigned");
	if (access(f->chain, F_OK))
		return ctl_fail(j->c, EDGE_EFORMAT, "CERT-022", j->name,
				"no %s", f->chain);
	return CTL_GOOD;
}

static enum ctl_exit begin(struct job *j)
{
	enum ctl_exit exit = ctl_config(j->c);

	if (!exit)
		exit = copy_names(j);
	if (!exit)
		exit = find_slots(j);
	if (!exit)
		exit = find_new(j);
	if (!exit)
		j->topo = ctl_cert_topology(j->c, "names cannot be judged");
	return exit;
}

static enum ctl_exit run(struct job *j)
{
	enum ctl_exit exit = begin(j);

	if (!exit)
		exit = read_new(j);
	if (!exit)
		exit = judge(j);
	if (exit)
		return exit;
	read_old(j);
	if (j->a->use == EDGE_CERT_AV_AUTH)
		exit = may_end_tokens(j);
	return exit ? exit : use(j);
}

enum ctl_exit ctl_cert_assign_pair(struct ctl *c,
				   const struct ctl_cert_assignment *a)
{
	struct job *j = calloc(1, sizeof(*j));
	enum ctl_exit exit;

	if (!j)
		return CTL_IO;
	j->c = c;
	j->a = a;
	j->name = ctl_cert_use_name(a->use);
	j->lock = -1;
	exit = run(j);
	if (j->lock >= 0)
		(void)close(j->lock);
	topo_drop(j->topo);
	ctl_cert_pair_fini(&j->new);
	ctl_cert_pair_fini(&j->old);
	ctl_cert_pair_fini(&j->older);
	free(j->roots);
	free(j->was_chain);
	free(j->was_key);
	free(j);
	return exit;
}

enum ctl_exit ctl_cert_assign(struct ctl *c, int argc, char **argv)
{
	struct ctl_cert_assignment a = {0};
	const struct ctl_option options[] = {
		{"chain", &a.chain, NULL}, {"key", &a.key, NULL},
		{"roots", &a.roots, NULL}, {"force", NULL, &a.is_name_forced},
		{"now", NULL, &a.is_now},  {"previous", NULL, &a.is_previous},
	};
	const enum ctl_exit exit = ctl_options(c, options, 6, &argc, argv);

	if (exit)
		return exit;
	if (argc != 1 || !ctl_cert_use_find(argv[0], &a.use))
		return ctl_usage(c, "cert assign wants one USE: access, "
				    "webconf, av-auth, internal or turn");
	if (a.is_previous ? a.chain || a.key : !a.chain || !a.key)
		return ctl_usage(c, "cert assign wants --chain FILE and --key "
				    "FILE, or --previous");
	return ctl_cert_assign_pair(c, &a);
}
