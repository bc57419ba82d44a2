/* cert check --pool: whose A/V authentication key differs, and what that
 * means; TO 5.3. */
#include "edgectl/cert_pool.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "edgectl/cert_roll.h"
#include "edgectl/cert_topology.h"

enum {
	KEYS_MAX = 4,	    /* ours: current, staged, previous, one more */
	HEX_LEN = 64,	    /* of SHA-256 */
	FILE_MAX = 1 << 20, /* ours [bytes] */
	DEPTH_MAX = 16,	    /* ours: of JSON that is looked into */
};

enum role { CURRENT, STAGED, PREVIOUS };

struct keys {
	size_t count;
	struct {
		char spki[HEX_LEN + 1];
		enum role role;
	} v[KEYS_MAX];
};

struct member {
	char name[256];
	bool is_whole; /* all its keys are known, not one alone */
	struct keys keys;
};

struct pool {
	struct ctl *c;
	struct keys own;
	json_t *members; /* the answer's list */
	size_t compared;
};

static void add(struct keys *k, const char *spki, enum role role)
{
	if (k->count == KEYS_MAX)
		return;
	(void)snprintf(k->v[k->count].spki, HEX_LEN + 1, "%s", spki);
	k->v[k->count++].role = role;
}

static const char *of_role(const struct keys *k, enum role role)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->v[i].role == role)
			return k->v[i].spki;
	return "";
}

static bool has(const struct keys *k, const char *spki)
{
	for (size_t i = 0; i < k->count; i++)
		if (!strcasecmp(k->v[i].spki, spki))
			return true;
	return false;
}

static bool is_hex(const char *s)
{
	return strlen(s) == HEX_LEN &&
	       strspn(s, "0123456789abcdefABCDEF") == HEX_LEN;
}

/* -- what a member says ------------------------------------------------- */

static enum role role_of(const json_t *o)
{
	const char *role = json_string_value(json_object_get(o, "role"));

	if (role && !strcmp(role, "staged"))
		return STAGED;
	return role && !strcmp(role, "previous") ? PREVIOUS : CURRENT;
}

/* Any object with a fingerprint that is not said to be for another use. */
static void collect(struct keys *k, json_t *v, unsigned depth)
{
	const char *spki = json_string_value(json_object_get(v, "spki_sha256"));
	const char *use = json_string_value(json_object_get(v, "use"));
	const char *name;
	json_t *inner;
	size_t i;

	if (depth > DEPTH_MAX)
		return;
	if (spki && is_hex(spki) && (!use || !strcmp(use, ctl_roll_place)) &&
	    !has(k, spki))
		add(k, spki, role_of(v));
	json_object_foreach(v, name, inner) collect(k, inner, depth + 1);
	json_array_foreach(v, i, inner) collect(k, inner, depth + 1);
}

static bool read_json(struct member *m, struct edge_slice text)
{
	json_t *v =
		json_loadb((const char *)text.p, edge_slice_len(text), 0, NULL);

	collect(&m->keys, v, 0);
	json_decref(v);
	m->is_whole = true;
	return m->keys.count > 0;
}

static bool read_pem(struct member *m, const char *path)
{
	const struct ctl_cert_files files = {.chain = path,
					     .skips_chain = true};
	struct ctl_cert *x = calloc(1, sizeof(*x));
	char why[256];
	bool good = x && !ctl_cert_read(x, &files, 0, why, sizeof(why)) &&
		    is_hex(x->spki_sha256);

	if (good)
		add(&m->keys, x->spki_sha256, CURRENT);
	free(x);
	return good;
}

/* Pipes too: <(ssh edge02 edgectl cert list --json). */
static bool read_file(struct member *m, const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = f ? malloc(FILE_MAX) : NULL;
	size_t len = text ? fread(text, 1, FILE_MAX, f) : 0;
	bool good = len < FILE_MAX && read_json(m, edge_slice(text, len));

	free(text);
	if (f)
		(void)fclose(f);
	return good || read_pem(m, path);
}

/* NAME=WHAT or WHAT; a file name may hold a "=" when it has a "/" before. */
static bool read_member(struct member *m, const char *word)
{
	const char *equal = strchr(word, '='), *slash = strchr(word, '/');
	const char *what = word;

	*m = (struct member){0};
	(void)snprintf(m->name, sizeof(m->name), "%s", word);
	if (equal && (!slash || equal < slash)) {
		m->name[(size_t)(equal - word) < sizeof(m->name)
				? (size_t)(equal - word)
				: 0] = '\0';
		what = equal + 1;
	}
	if (!is_hex(what))
		return read_file(m, what);
	add(&m->keys, what, CURRENT);
	return true;
}

/* -- comparing ---------------------------------------------------------- */

enum likeness { SAME, AHEAD, BEHIND, BEHIND_STAGED, OTHER };

static enum likeness compare(const struct keys *own, const struct keys *theirs)
{
	const char *here = of_role(own, CURRENT);
	const char *there = of_role(theirs, CURRENT);

	if (!strcasecmp(here, there))
		return SAME;
	if (!strcasecmp(there, of_role(own, STAGED)))
		return AHEAD;
	if (strcasecmp(there, of_role(own, PREVIOUS)) != 0)
		return OTHER;
	return has(theirs, here) ? BEHIND_STAGED : BEHIND;
}

static void explain(const struct pool *p, const struct member *m,
		    enum likeness like)
{
	static const struct {
		enum topo_level level;
		const char *word, *text;
	} rows[] = {
		[SAME] = {TOPO_INFO, "same", ""},
		[AHEAD] = {TOPO_WARN, "ahead",
			   "it makes tokens with the key that is staged here; "
			   "each member counts the other's"},
		[BEHIND_STAGED] = {TOPO_WARN, "behind",
				   "it makes tokens with the previous key and "
				   "has the current one staged; each member "
				   "counts the other's"},
		[BEHIND] = {TOPO_ERROR, "behind",
			    "it makes tokens with the previous key and lacks "
			    "the current one: credentials made here fail "
			    "there (436)"},
		[OTHER] = {TOPO_ERROR, "other",
			   "not the key of this machine: credentials made "
			   "there fail here (436), and the reverse"},
	};

	json_array_append_new(p->members, json_pack("{s:s, s:s, s:s}", "name",
						    m->name, "spki_sha256",
						    of_role(&m->keys, CURRENT),
						    "is", rows[like].word));
	if (like == SAME)
		ctl_say(p->c, "%s: the same key", m->name);
	else
		ctl_find(p->c, rows[like].level, "CERT-004", m->name,
			 "public key %.16s..., here %.16s...: %s",
			 of_role(&m->keys, CURRENT), of_role(&p->own, CURRENT),
			 rows[like].text);
}

/* TO 5.4: before the first member's effective time all must have it. */
static void look_for_staged(const struct pool *p, const struct member *m)
{
	const char *staged = of_role(&p->own, STAGED);

	if (!*staged || has(&m->keys, staged))
		return;
	if (m->is_whole)
		ctl_find(p->c, TOPO_WARN, "CERT-004", m->name,
			 "lacks the key that is staged here, %.16s...", staged);
	else
		ctl_say(p->c,
			"%s: not known whether it has the key that is "
			"staged here",
			m->name);
}

static void judge(struct pool *p, const char *word)
{
	struct member m;

	if (!read_member(&m, word)) {
		ctl_find(p->c, TOPO_ERROR, "CERT-013", "cert check --pool",
			 "%.100s", word);
		return;
	}
	p->compared++;
	explain(p, &m, compare(&p->own, &m.keys));
	look_for_staged(p, &m);
}

/* -- this machine ------------------------------------------------------- */

static enum ctl_exit read_own(struct pool *p, const char *chain,
			      const char *key, enum role role)
{
	const struct ctl_cert_files files = {
		.chain = chain, .key = key, .skips_chain = true};
	struct ctl_cert *x = calloc(1, sizeof(*x));
	char why[256] = "";
	enum edge_err err = EDGE_ENOMEM;
	enum ctl_exit exit = CTL_GOOD;

	if (x)
		err = ctl_cert_read(x, &files, (int64_t)p->c->now_s, why,
				    sizeof(why));
	if (err)
		exit = ctl_fail(p->c, err, "CERT-001", ctl_roll_place, "%s",
				*why ? why : ctl_reason(err));
	else
		add(&p->own, x->spki_sha256, role);
	free(x);
	return exit;
}

static enum ctl_exit find_own(struct pool *p)
{
	struct ctl_roll r;
	enum ctl_exit exit = ctl_roll_find(p->c, &r);

	if (exit)
		return exit;
	if (!r.chain)
		return ctl_fail(p->c, EDGE_EFORMAT, "CERT-001", ctl_roll_place,
				"no [certificate.av-auth] in edge.ini");
	exit = read_own(p, r.chain, r.key, r.is_effective ? PREVIOUS : CURRENT);
	if (!exit && r.has_staged)
		exit = read_own(p, r.staged.chain, r.staged.key,
				r.is_effective ? CURRENT : STAGED);
	return exit;
}

static void tell_missing(const struct pool *p)
{
	const struct topo *t = ctl_cert_topology(
		p->c, "how many members the pool has is not known");

	if (t && t->member_count > p->compared)
		ctl_find(p->c, TOPO_WARN, "CERT-013", "cert check --pool",
			 "%zu of %zu other members compared", p->compared,
			 t->member_count);
	topo_drop(t);
}

static void judge_list(struct pool *p, const char *list)
{
	char *copy = strdup(list), *rest = copy, *word;

	while (copy && (word = strsep(&rest, ",")))
		judge(p, word);
	free(copy);
}

enum ctl_exit ctl_cert_pool(struct ctl *c, int count, char **words,
			    const char *spki)
{
	struct pool p = {.c = c};
	enum ctl_exit exit;

	if (!count && !spki)
		return ctl_usage(c, "cert check --pool wants MEMBERs or "
				    "--spki HEX,HEX...");
	exit = ctl_config(c);
	if (!exit)
		exit = find_own(&p);
	if (exit)
		return exit;
	p.members = json_array();
	ctl_say(c, "here: public key %s", of_role(&p.own, CURRENT));
	for (int i = 0; i < count; i++)
		judge(&p, words[i]);
	if (spki)
		judge_list(&p, spki);
	tell_missing(&p);
	ctl_put_text(c, "spki_sha256", of_role(&p.own, CURRENT));
	ctl_put(c, "members", p.members);
	return c->errors ? CTL_INVALID : CTL_GOOD;
}
