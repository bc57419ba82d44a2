/* cert assign: checked, put in place, read by the services, and seen. */
#include "edgectl/cert_assign.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edgectl/cert_change.h"
#include "edgectl/cert_judge.h"
#include "edgectl/cert_roll.h"
#include "edgectl/cert_services.h"
#include "edgectl/cert_topology.h"
#include "edgectl/finding.h"
#include "edgectl/quote.h"

struct job {
	struct ctl *c;
	const struct ctl_cert_assignment *a;
	const struct topo *topo;
	struct ctl_cert_change change;
	struct ctl_cert_files from;
	uint8_t *roots;	      /* that came along, or NULL */
	struct ctl_cert x, y; /* of new; of old */
	bool is_in_use;	      /* y, by a service */
};

/* A name that is missing may be wanted so; nothing else may. */
static void show(const struct job *j, const struct ctl_verdict *v)
{
	const bool is_name =
		!strcmp(v->id, "CERT-003") || !strcmp(v->id, "CERT-010");
	const enum topo_level level =
		is_name && j->a->is_name_forced ? TOPO_WARN : v->level;

	ctl_find(j->c, level, v->id, j->change.name, "%s", v->text);
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
	enum ctl_exit exit = ctl_cert_pair_take(j->c, &j->change.new, &j->from,
						j->change.name);
	enum edge_err err;
	size_t len = 0;

	if (exit || !j->a->roots)
		return exit;
	err = ctl_file_read(&j->roots, &len, j->a->roots, CTL_FILE_PEM_MAX);
	if (!err && !len)
		err = EDGE_EFORMAT;
	j->from.roots_pem = edge_slice(j->roots, len);
	j->change.roots = j->from.roots_pem;
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
				"CERT-001", j->change.name, "%s",
				*why ? why : ctl_reason(err));
	return judge_read(j, why);
}

/* The pair in use, when it can be read; it is what one may go back to. */
static void read_old(struct job *j)
{
	struct ctl_cert_files files = {.chain = j->change.was_chain,
				       .key = j->change.was_key,
				       .skips_chain = true};
	char why[256];
	const char *at;

	if (!j->change.was_chain || !j->change.was_key)
		return;
	if (ctl_cert_pair_read(&j->change.old, &files, &at))
		ctl_cert_pair_fini(&j->change.old);
	else
		files.pair = &j->change.old;
	if (ctl_cert_read(&j->y, &files, (int64_t)j->c->now_s, why,
			  sizeof(why))) {
		ctl_cert_pair_fini(&j->change.old);
		return;
	}
	/* a key that systemd holds is one, though not for us to see */
	j->is_in_use =
		j->y.days_left >= 0 &&
		(j->y.key_matches || edge_config_credential(j->change.was_key));
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
		return ctl_fail(j->c, EDGE_EFORMAT, "CERT-012", j->change.name,
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
						  .place = j->change.name,
						  .saw = saw,
						  .cure = &cure});
	return CTL_INVALID;
}

static bool is_in_place(const struct job *j)
{
	return j->change.was_slot < CTL_CERT_SLOTS && j->change.old.key &&
	       ctl_cert_pair_eq(&j->change.new, &j->change.old);
}

static void tell(const struct job *j, bool was_there)
{
	const struct ctl_cert_slot *at =
		&j->change.place
			 .slot[was_there ? j->change.was_slot : j->change.slot];
	struct ctl *c = j->c;

	ctl_say(c,
		was_there ? "%s: %s is in place already" : "%s: %s, in place",
		j->change.name, j->x.subject);
	ctl_say(c, "  ends %s, %" PRId64 " days left; key %s", j->x.not_after,
		j->x.days_left, j->x.key_type);
	ctl_say(c, "  %s", at->chain);
	ctl_put_text(c, "use", j->change.name);
	ctl_put_text(c, "change", was_there ? "none" : "assigned");
	ctl_put_text(c, "chain", at->chain);
	ctl_put_text(c, "key", at->key);
	ctl_put_text(c, "spki_sha256", j->x.spki_sha256);
	ctl_put_text(c, "not_after", j->x.not_after);
}

static enum ctl_exit use(struct job *j)
{
	const bool was_there = is_in_place(j);
	enum ctl_exit exit =
		was_there ? CTL_GOOD : ctl_cert_change_put(&j->change);

	if (exit)
		return exit;
	tell(j, was_there);
	exit = ctl_cert_services_reload(j->c, j->a->use);
	if (exit && !was_there)
		ctl_cert_change_undo(&j->change);
	return exit ? exit
		    : ctl_cert_services_prove(j->c, j->a->use, &j->x, j->topo);
}

static enum ctl_exit find_new(struct job *j)
{
	const struct ctl_cert_slot *other =
		&j->change.place.slot[j->change.slot];
	struct ctl_cert_files *f = &j->from;

	f->chain = j->a->is_previous ? other->chain : j->a->chain;
	f->key = j->a->is_previous ? other->key : j->a->key;
	f->roots =
		j->a->roots ? j->a->roots : ctl_cert_change_trust(&j->change);
	/* nobody follows the chain of the key of tokens */
	f->skips_chain = j->a->use == EDGE_CERT_AV_AUTH;
	if (!j->a->is_previous)
		return CTL_GOOD;
	if (j->change.was_slot == CTL_CERT_SLOTS)
		return ctl_fail(j->c, EDGE_EFORMAT, "CERT-022", j->change.name,
				"the pair in use was not assigned");
	if (access(f->chain, F_OK))
		return ctl_fail(j->c, EDGE_EFORMAT, "CERT-022", j->change.name,
				"no %s", f->chain);
	return CTL_GOOD;
}

static enum ctl_exit begin(struct job *j)
{
	enum ctl_exit exit = ctl_cert_change_begin(&j->change, j->c, j->a->use);

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
	exit = run(j);
	topo_drop(j->topo);
	ctl_cert_change_fini(&j->change);
	free(j->roots);
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
