/* Step 3, Request, Install or Assign Certificates: each use by itself. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edgectl/cert_assign.h"
#include "edgectl/cert_csr.h"
#include "edgectl/cert_judge.h"
#include "edgectl/cert_lab.h"
#include "edgectl/cert_pair.h"
#include "edgectl/cert_roll.h"
#include "edgectl/quote.h"
#include "edgectl/settings.h"
#include "edgectl/setup.h"

enum { PATH_LEN = 1200 };

/* A request of one use, its key, and the answer when it has come. */
struct request {
	char csr[PATH_LEN], key[PATH_LEN], pem[PATH_LEN];
};

static enum ctl_exit name_request(struct ctl_setup *s, struct request *r,
				  enum edge_cert_use use)
{
	const char *name = ctl_cert_use_name(use);
	char file[32];
	enum ctl_exit exit;

	(void)snprintf(file, sizeof(file), "%s.csr", name);
	exit = ctl_setup_request_file(s, r->csr, PATH_LEN, file);
	(void)snprintf(file, sizeof(file), "%s.key", name);
	if (!exit)
		exit = ctl_setup_request_file(s, r->key, PATH_LEN, file);
	(void)snprintf(file, sizeof(file), "%s.pem", name);
	if (!exit)
		exit = ctl_setup_request_file(s, r->pem, PATH_LEN, file);
	return exit;
}

static bool is_there(const char *path)
{
	return !access(path, F_OK);
}

/* What cert check would say: the first error, else nothing. */
static bool is_good(struct ctl_setup *s, enum edge_cert_use use,
		    const struct ctl_cert_files *files, char *why, size_t cap)
{
	struct ctl_cert_names *wanted = calloc(1, sizeof(*wanted));
	struct ctl_verdicts *all = calloc(1, sizeof(*all));
	struct ctl_cert *x = calloc(1, sizeof(*x));
	struct ctl_cert_case rules = {
		.use = use,
		.is_current = true,
		.cert = x,
		.wanted = wanted,
		.key_file = files->key,
		.why = why,
		.roots = files->roots,
	};
	const bool is_read =
		wanted && all && x &&
		!ctl_cert_read(x, files, (int64_t)s->c->now_s, why, cap);
	bool good = is_read;

	if (is_read) {
		ctl_cert_names(wanted, use, s->topo);
		ctl_cert_judge(all, &rules);
	}
	for (size_t i = 0; is_read && good && i < all->count; i++) {
		good = all->v[i].level < TOPO_ERROR;
		if (!good)
			(void)snprintf(why, cap, "%.150s", all->v[i].text);
	}
	free(wanted);
	free(all);
	free(x);
	return good;
}

/* While a key is rolled over its time says which pair is in use; neither a
 * request nor an answer has a place then. */
static enum ctl_setup_cert rolled_state(struct ctl_setup *s,
					const struct ctl_cert_files *files,
					const struct topo_roll *staged,
					char *why, size_t cap)
{
	const bool is_over = staged->effective_s <= s->c->now_s;
	struct ctl_cert_files used = *files;
	char text[CTL_SETUP_WHY] = "", utc[32];
	bool good;

	if (is_over) {
		used.chain = staged->chain;
		if (!topo_roll_is_half_dropped(staged, s->c->now_s))
			used.key = staged->key;
	}
	good = is_good(s, EDGE_CERT_AV_AUTH, &used, text, sizeof(text));
	ctl_roll_print(utc, (int64_t)staged->effective_s);
	if (good)
		(void)snprintf(why, cap,
			       is_over ? "the one staged for %s is in use"
				       : "another is staged for %s",
			       utc);
	else
		(void)snprintf(why, cap,
			       is_over ? "staged for %s and in use: %.100s"
				       : "another is staged for %s, until "
					 "then: %.90s",
			       utc, text);
	return good ? CTL_CERT_GOOD : CTL_CERT_STUCK;
}

/* false: nothing is staged. */
static bool is_rolled(struct ctl_setup *s, const struct ctl_cert_files *files,
		      enum ctl_setup_cert *state, char *why, size_t cap)
{
	struct topo_roll *staged = calloc(1, sizeof(*staged));
	enum edge_err err = EDGE_ENOMEM;

	if (staged)
		err = topo_roll_load(staged, files->chain, files->key, why,
				     cap);
	if (!err)
		*state = rolled_state(s, files, staged, why, cap);
	else if (err != EDGE_ENOTFOUND)
		*state = CTL_CERT_STUCK;
	free(staged);
	return err != EDGE_ENOTFOUND;
}

static struct ctl_cert_files files_of(const struct ctl_setup *s,
				      enum edge_cert_use use, const char *chain,
				      const char *key)
{
	const struct edge_config *k = s->c->config;

	return (struct ctl_cert_files){
		.chain = chain,
		.key = key,
		.roots = use == EDGE_CERT_INTERNAL ? k->trust.internal_ca
						   : k->trust.public_roots,
		.skips_chain = use == EDGE_CERT_AV_AUTH,
	};
}

enum ctl_setup_cert ctl_setup_cert_state(struct ctl_setup *s,
					 enum edge_cert_use use, char *why,
					 size_t cap)
{
	const struct edge_config *k = s->c->config;
	const struct ctl_cert_files files = files_of(
		s, use, k->certificate[use].chain, k->certificate[use].key);
	enum ctl_setup_cert state;
	struct request r;

	*why = '\0';
	if (use == EDGE_CERT_AV_AUTH && files.chain && files.key &&
	    is_rolled(s, &files, &state, why, cap))
		return state;
	*why = '\0';
	if (files.chain && is_good(s, use, &files, why, cap))
		return CTL_CERT_GOOD;
	if (name_request(s, &r, use))
		return CTL_CERT_ABSENT;
	if (is_there(r.pem) && is_there(r.key))
		return CTL_CERT_ANSWERED;
	if (is_there(r.csr) && is_there(r.key))
		return CTL_CERT_ASKED;
	return files.chain ? CTL_CERT_BAD : CTL_CERT_ABSENT;
}

static void tell_members(struct ctl_setup *s)
{
	if (s->topo->member_count)
		ctl_setup_left(s, CTL_ON_MEMBER,
			       "cert assign av-auth --chain FILE --key FILE # "
			       "the same pair on every member of the pool");
}

static void tell_waiting(struct ctl_setup *s, const struct request *r,
			 enum edge_cert_use use)
{
	const bool inside =
		use == EDGE_CERT_INTERNAL || use == EDGE_CERT_AV_AUTH;
	struct ctl_quoted csr, pem;

	if (ctl_quote(&csr, r->csr) && ctl_quote(&pem, r->pem))
		ctl_cure_add(&s->left, CTL_ON_CA,
			     "sign %s as %s (%s, with its chain)", csr.text,
			     pem.text,
			     inside ? "authority of the inside"
				    : "public authority");
	s->is_again = true;
	if (use == EDGE_CERT_AV_AUTH)
		tell_members(s);
}

/* A key that is there already is that of an earlier request, whose
 * certificate may be on its way: it stays, and is asked for with again. */
static enum ctl_exit ask(struct ctl_setup *s, const struct request *r,
			 enum edge_cert_use use)
{
	const struct ctl_cert_request q = {use, r->csr, r->key, "rsa", true};
	char folder[PATH_LEN];
	enum ctl_exit exit =
		ctl_setup_request_file(s, folder, sizeof(folder), "");

	if (exit)
		return exit;
	if (mkdir(folder, 0700) && errno != EEXIST)
		return ctl_fail(s->c, EDGE_ESYS, "CTL-007", folder, "%s",
				strerror(errno));
	exit = ctl_cert_request(s->c, &q);
	if (!exit)
		tell_waiting(s, r, use);
	return exit;
}

static bool is_same(const char *path, const struct stat *st)
{
	struct stat other;

	return path && !stat(path, &other) && other.st_dev == st->st_dev &&
	       other.st_ino == st->st_ino;
}

/* By edge.ini, for any use and however it is spelled. */
static bool is_named(const struct ctl_setup *s, const char *path)
{
	const struct edge_config *k = s->c->config;
	struct stat st;
	bool found = false;

	if (stat(path, &st))
		return false;
	for (unsigned i = 0; i < EDGE_CERT_USES; i++)
		found |= is_same(k->certificate[i].chain, &st) ||
			 is_same(k->certificate[i].key, &st);
	return found;
}

static void done_with(const struct ctl_setup *s, const char *path)
{
	if (!is_named(s, path))
		(void)unlink(path);
}

/* edge.ini names these very bytes. */
static bool is_assigned(const struct ctl_setup *s, const struct request *r,
			enum edge_cert_use use)
{
	const struct edge_config *k = s->c->config;
	const struct ctl_cert_files answer = {.chain = r->pem, .key = r->key};
	const struct ctl_cert_files used = {
		.chain = k->certificate[use].chain,
		.key = k->certificate[use].key,
	};
	struct ctl_cert_pair a = {0}, b = {0};
	const char *at;
	const bool same = used.chain && used.key &&
			  !ctl_cert_pair_read(&a, &answer, &at) &&
			  !ctl_cert_pair_read(&b, &used, &at) &&
			  ctl_cert_pair_eq(&a, &b);

	ctl_cert_pair_fini(&a);
	ctl_cert_pair_fini(&b);
	return same;
}

/* One that is good waits for what a service said, and for no authority. */
static void tell_refused(struct ctl_setup *s, const struct request *r,
			 enum edge_cert_use use)
{
	const struct ctl_cert_files answer = files_of(s, use, r->pem, r->key);
	char why[CTL_SETUP_WHY];

	s->is_again = true;
	if (!is_good(s, use, &answer, why, sizeof(why)))
		tell_waiting(s, r, use);
}

/* In use now, so what was asked for is done with, whatever listeners show: a
 * key that stayed would be one too many, and the answer would be taken again
 * when it has ended. */
static enum ctl_exit take_answer(struct ctl_setup *s, const struct request *r,
				 enum edge_cert_use use)
{
	const struct ctl_cert_assignment a = {
		.use = use, .chain = r->pem, .key = r->key};
	const enum ctl_exit exit = ctl_cert_assign_pair(s->c, &a);

	if (exit && !is_assigned(s, r, use)) {
		tell_refused(s, r, use); /* what is wrong has been said */
		return exit;
	}
	done_with(s, r->key);
	done_with(s, r->csr);
	done_with(s, r->pem);
	return exit;
}

static enum ctl_exit issue(struct ctl_setup *s, enum edge_cert_use use)
{
	char folder[PATH_LEN];
	enum ctl_exit exit = CTL_GOOD;

	if (!s->ca)
		exit = ctl_settings_beside(s->c, folder, sizeof(folder),
					   "lab-ca");
	if (!exit)
		exit = ctl_cert_lab_issue(s->c, use, s->ca ? s->ca : folder,
					  false);
	if (!exit && use == EDGE_CERT_AV_AUTH)
		tell_members(s);
	return exit;
}

/* A request that was made for other names or of another key is made anew. */
static bool is_stale(struct ctl_setup *s, const struct request *r,
		     enum edge_cert_use use)
{
	return !ctl_cert_request_fits(s->c, r->csr, r->key, use);
}

static enum ctl_exit one(struct ctl_setup *s, enum edge_cert_use use)
{
	char why[CTL_SETUP_WHY];
	struct request r;
	const enum ctl_setup_cert state =
		ctl_setup_cert_state(s, use, why, sizeof(why));
	enum ctl_exit exit = name_request(s, &r, use);

	if (exit)
		return exit;
	if (state == CTL_CERT_GOOD) {
		ctl_say(s->c, "%s: good%s%s", ctl_cert_use_name(use),
			*why ? "; " : "", why);
		return CTL_GOOD;
	}
	if (state == CTL_CERT_STUCK) {
		ctl_setup_tell_stuck(s, why);
		return CTL_INVALID;
	}
	if (state == CTL_CERT_ANSWERED)
		return take_answer(s, &r, use);
	if (s->c->config->lab)
		return issue(s, use);
	if (state == CTL_CERT_ASKED && !is_stale(s, &r, use)) {
		tell_waiting(s, &r, use);
		return CTL_GOOD;
	}
	if (state == CTL_CERT_BAD)
		ctl_say(s->c, "%s: %s", ctl_cert_use_name(use), why);
	return ask(s, &r, use);
}

enum ctl_exit ctl_setup_certificates(struct ctl_setup *s)
{
	enum ctl_exit exit = CTL_GOOD;

	if (!s->topo)
		return CTL_GOOD;
	for (unsigned i = 0; i < EDGE_CERT_USES; i++) {
		enum ctl_exit now = CTL_GOOD;

		if (ctl_setup_wants((enum edge_cert_use)i))
			now = one(s, (enum edge_cert_use)i);
		exit = now ? now : exit;
	}
	return exit;
}
