/* cert list, cert check: what lies on disk against what the topology wants. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/cert_judge.h"
#include "edgectl/cert_pool.h"
#include "edgectl/cert_roll.h"
#include "edgectl/cert_topology.h"
#include "edgectl/ctl.h"

struct job {
	struct ctl *c;
	const struct topo *topo; /* NULL: none imported */
	const char *spki;	 /* of the other members' A/V certificate */
	enum edge_cert_use use;
	const char *name; /* of the use */
	const char *role; /* "current", "staged", "previous" */
	struct ctl_cert_files files;
	bool check;
	json_t *all; /* the answer's list */
};

static const char *roots_of(const struct ctl *c, enum edge_cert_use use)
{
	return use == EDGE_CERT_INTERNAL ? c->config->trust.internal_ca
					 : c->config->trust.public_roots;
}

static void append(char *dst, size_t cap, const char *name)
{
	size_t len = strlen(dst);

	snprintf(dst + len, cap - len, "%s%s", len ? ", " : "", name);
}

static json_t *names_json(const struct ctl_cert_names *n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n->count; i++)
		json_array_append_new(list, json_string(n->v[i]));
	return list;
}

static void tell(const struct job *j, const struct ctl_cert *x,
		 const struct ctl_cert_names *wanted)
{
	char names[400] = "", want[400] = "";

	for (size_t i = 0; i < x->names.count; i++)
		append(names, sizeof(names), x->names.v[i]);
	for (size_t i = 0; i < wanted->count; i++)
		append(want, sizeof(want), wanted->v[i]);
	if (strcmp(j->role, "current"))
		ctl_say(j->c, "%s, %s", j->name, j->role);
	else
		ctl_say(j->c, "%s", j->name);
	ctl_say(j->c, "  subject  %s", x->subject);
	ctl_say(j->c, "  issuer   %s", x->issuer);
	ctl_say(j->c, "  ends     %s, %" PRId64 " days left", x->not_after,
		x->days_left);
	ctl_say(j->c, "  key      %s, %s, spki_sha256 %s", x->key_type,
		!x->has_key	 ? "private key not readable"
		: x->key_matches ? "matches"
				 : "does not match",
		x->spki_sha256);
	ctl_say(j->c, "  usage    %s%s%s",
		x->has_eku ? "" : "any (no extended key usage)",
		x->server_auth ? "serverAuth " : "",
		x->client_auth ? "clientAuth" : "");
	ctl_say(j->c, "  names    %s", *names ? names : "-");
	ctl_say(j->c, "  wanted   %s", *want ? want : "-");
	ctl_say(j->c, "  chain    %s",
		*x->chain_fault ? x->chain_fault : "good");
	json_array_append_new(
		j->all,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:b, s:o, "
			  "s:o, s:s}",
			  "use", j->name, "role", j->role, "subject",
			  x->subject, "issuer", x->issuer, "not_after",
			  x->not_after, "days_left", (json_int_t)x->days_left,
			  "key", x->key_type, "spki_sha256", x->spki_sha256,
			  "key_matches", x->key_matches, "names",
			  names_json(&x->names), "wanted", names_json(wanted),
			  "chain", *x->chain_fault ? x->chain_fault : "good"));
}

/* Needed by a service that the topology knows; turn is a choice. */
static bool is_needed(enum edge_cert_use use)
{
	return use != EDGE_CERT_TURN;
}

static void judge(const struct job *j, const struct ctl_cert *x,
		  const struct ctl_cert_names *wanted, const char *why)
{
	const struct ctl_cert_case k = {
		.use = j->use,
		.is_current = !strcmp(j->role, "current"),
		.is_previous = !strcmp(j->role, "previous"),
		.cert = x,
		.wanted = wanted,
		.key_file = j->files.key,
		.why = why,
		.roots = roots_of(j->c, j->use),
		.spki = j->spki,
		.dials_partners = j->topo && j->topo->federation_ports,
	};
	struct ctl_verdicts said = {0};

	ctl_cert_judge(&said, &k);
	for (size_t i = 0; i < said.count; i++)
		ctl_find(j->c, said.v[i].level, said.v[i].id, j->name, "%s",
			 said.v[i].text);
}

/* false: not read, which is reported */
static bool one(const struct job *j, struct ctl_cert *x)
{
	struct ctl_cert_names *wanted = calloc(1, sizeof(*wanted));
	char why[256] = "";
	enum edge_err err = EDGE_ENOMEM;

	if (wanted)
		err = ctl_cert_read(x, &j->files, (int64_t)j->c->now_s, why,
				    sizeof(why));
	if (err) {
		ctl_find(j->c, TOPO_ERROR, "CERT-001", j->name, "%s",
			 *why ? why : ctl_reason(err));
		free(wanted);
		return false;
	}
	if (j->topo)
		ctl_cert_names(wanted, j->use, j->topo);
	tell(j, x, wanted);
	if (j->check)
		judge(j, x, wanted, why);
	free(wanted);
	return true;
}

static void check_roll(const struct job *j, const struct ctl_roll *r,
		       int64_t old_ends_s)
{
	const struct ctl_roll_times t = {
		.effective_s = (int64_t)r->staged.effective_s,
		.old_ends_s = old_ends_s,
		.lifetime_s = j->topo && j->topo->token_lifetime_s
				      ? j->topo->token_lifetime_s
				      : CTL_ROLL_LIFETIME_S,
	};
	const enum ctl_roll_time fault = ctl_roll_judge(&t);
	char effective[32], ends[32];

	ctl_roll_print(effective, t.effective_s);
	ctl_roll_print(ends, old_ends_s);
	if (fault)
		ctl_find(j->c, fault == CTL_ROLL_LATE ? TOPO_WARN : TOPO_ERROR,
			 fault == CTL_ROLL_LATE ? "CERT-007" : "CERT-008",
			 j->name, "effective %s, the old one ends %s",
			 effective, ends);
	if (r->is_effective && ctl_roll_over_at(&t) <= (int64_t)j->c->now_s)
		ctl_find(j->c, TOPO_WARN, "CERT-012", j->name,
			 "no token of the previous one is left");
}

/* The pair of edge.ini, and what is staged beside it. */
static void av_auth(const struct job *of)
{
	struct job k = *of, *j = &k;
	struct ctl_cert *old = calloc(1, sizeof(*old));
	struct ctl_cert *new = calloc(1, sizeof(*new));
	char effective[32];
	struct ctl_roll r;

	if (!old || !new)
		goto out;
	(void)!ctl_roll_find(j->c, &r); /* what is not found is not staged */
	j->role = r.is_effective ? "previous" : "current";
	if (!one(j, old) || !r.has_staged)
		goto out;
	j->files.chain = r.staged.chain;
	j->files.key = r.staged.key;
	j->role = r.is_effective ? "current" : "staged";
	if (!one(j, new))
		goto out;
	ctl_roll_print(effective, (int64_t)r.staged.effective_s);
	ctl_say(j->c, "  effective %s", effective);
	ctl_put_text(j->c, "effective", effective);
	if (j->check)
		check_roll(j, &r, old->ends_s);
out:
	free(old);
	free(new);
}

static void use(struct job *j)
{
	struct ctl_cert *x;

	j->name = ctl_cert_use_name(j->use);
	j->role = "current";
	j->files = (struct ctl_cert_files){
		.chain = j->c->config->certificate[j->use].chain,
		.key = j->c->config->certificate[j->use].key,
		.roots = roots_of(j->c, j->use),
	};
	if (!j->files.chain && is_needed(j->use))
		ctl_find(j->c, TOPO_WARN, "CERT-001", j->name,
			 "no [certificate.%s] in edge.ini", j->name);
	if (!j->files.chain)
		return;
	if (j->use == EDGE_CERT_AV_AUTH) {
		av_auth(j);
		return;
	}
	x = calloc(1, sizeof(*x));
	if (x)
		(void)one(j, x);
	free(x);
}

static enum ctl_exit each(struct ctl *c, const char *only, const char *spki,
			  bool check)
{
	struct job j = {.c = c, .spki = spki, .check = check};
	enum edge_cert_use wanted = EDGE_CERT_USES;
	enum ctl_exit exit;

	if (only && !ctl_cert_use_find(only, &wanted))
		return ctl_usage(c, "no certificate use \"%.40s\"", only);
	exit = ctl_config(c);
	if (exit)
		return exit;
	j.topo = ctl_cert_topology(c, "names cannot be judged");
	j.all = json_array();
	for (unsigned i = 0; i < EDGE_CERT_USES; i++) {
		j.use = (enum edge_cert_use)i;
		if (!only || j.use == wanted)
			use(&j);
	}
	ctl_put(c, "certificates", j.all);
	topo_drop(j.topo);
	return c->errors ? CTL_INVALID : CTL_GOOD;
}

enum ctl_exit ctl_cert_list(struct ctl *c, int argc, char **argv)
{
	enum ctl_exit exit = ctl_options(c, NULL, 0, &argc, argv);

	if (exit)
		return exit;
	if (argc)
		return ctl_usage(c, "cert list wants no words");
	return each(c, NULL, NULL, false);
}

enum ctl_exit ctl_cert_check(struct ctl *c, int argc, char **argv)
{
	const char *spki = NULL;
	bool pool = false;
	const struct ctl_option options[] = {
		{"spki", &spki, NULL},
		{"pool", NULL, &pool},
	};
	enum ctl_exit exit = ctl_options(c, options, 2, &argc, argv);

	if (exit)
		return exit;
	if (pool)
		return ctl_cert_pool(c, argc, argv, spki);
	if (argc > 1)
		return ctl_usage(c, "cert check wants one USE at most");
	return each(c, argc ? argv[0] : NULL, spki, true);
}
