/* Walks the chains that a packet meets. A condition that is not understood may
 * hold or not: then both ways are gone. */
#include "edgectl/nft.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/nft_match.h"
#include "edgectl/nft_parts.h"
#include "edgectl/nft_text.h"

enum {
	DEPTH = 16,	 /* nft: jumps within each other */
	STEPS = 2000000, /* ours: rules looked at for one packet */
};

/* What a rule or chain may come to, as bits. */
enum { PASS = CTL_NFT_PASSES, DROP = CTL_NFT_DROPPED, NEXT = 4, RETURN = 8 };

struct rule {
	const json_t *json;
};

struct chain {
	const char *family, *table, *name;
	const char *type, *hook, *policy; /* of a base chain; else NULL */
	json_int_t priority;
	struct rule *rule;
	size_t count, room;
};

struct ctl_nft {
	const json_t *all; /* the list */
	struct chain *chain;
	size_t count;
};

struct walk {
	const struct ctl_nft *n;
	const struct ctl_nft_packet *p;
	const struct chain *at; /* where the packet is */
	const json_t *rule;
	struct ctl_nft_verdict *v;
	unsigned steps;
};

static const char *text_of(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

static struct chain *find_chain(const struct ctl_nft *n, const char *family,
				const char *table, const char *name)
{
	for (size_t i = 0; i < n->count; i++) {
		struct chain *c = &n->chain[i];

		if (!strcmp(c->name, name) && !strcmp(c->table, table) &&
		    !strcmp(c->family, family))
			return c;
	}
	return NULL;
}

static void add_chain(struct ctl_nft *n, const json_t *o)
{
	n->chain[n->count++] = (struct chain){
		.family = text_of(o, "family"),
		.table = text_of(o, "table"),
		.name = text_of(o, "name"),
		.type = json_string_value(json_object_get(o, "type")),
		.hook = json_string_value(json_object_get(o, "hook")),
		.policy = json_string_value(json_object_get(o, "policy")),
		.priority = json_integer_value(json_object_get(o, "prio")),
	};
}

static bool add_rule(struct ctl_nft *n, const json_t *o)
{
	struct chain *c = find_chain(n, text_of(o, "family"),
				     text_of(o, "table"), text_of(o, "chain"));
	struct rule *more;

	if (!c)
		return true;
	if (c->count == c->room) {
		more = realloc(c->rule, (c->room * 2 + 8) * sizeof(*more));
		if (!more)
			return false;
		c->rule = more;
		c->room = c->room * 2 + 8;
	}
	c->rule[c->count++].json = o;
	return true;
}

static bool fill(struct ctl_nft *n)
{
	const json_t *o;

	for (size_t i = 0; i < json_array_size(n->all); i++)
		if ((o = json_object_get(json_array_get(n->all, i), "chain")))
			add_chain(n, o);
	for (size_t i = 0; i < json_array_size(n->all); i++)
		if ((o = json_object_get(json_array_get(n->all, i), "rule")) &&
		    !add_rule(n, o))
			return false;
	return true;
}

enum edge_err ctl_nft_new(struct ctl_nft **out, json_t *doc)
{
	const json_t *all = json_object_get(doc, "nftables");
	struct ctl_nft *n;

	if (!json_is_array(all))
		return EDGE_EFORMAT;
	n = calloc(1, sizeof(*n));
	if (n)
		n->chain = calloc(json_array_size(all) + 1, sizeof(*n->chain));
	if (!n || !n->chain) {
		ctl_nft_free(n);
		return EDGE_ENOMEM;
	}
	n->all = all;
	if (!fill(n)) {
		ctl_nft_free(n);
		return EDGE_ENOMEM;
	}
	*out = n;
	return EDGE_OK;
}

const json_t *ctl_nft_list(const struct ctl_nft *n)
{
	return n->all;
}

void ctl_nft_free(struct ctl_nft *n)
{
	if (!n)
		return;
	for (size_t i = 0; n->chain && i < n->count; i++)
		free(n->chain[i].rule);
	free(n->chain);
	free(n);
}

/* A set or map of the chain's table. */
static const json_t *find_set(void *arg, const char *name)
{
	const struct walk *w = arg;
	const json_t *o, *elements;

	for (size_t i = 0; i < json_array_size(w->n->all); i++) {
		const json_t *row = json_array_get(w->n->all, i);

		o = json_object_get(row, "set");
		if (!o)
			o = json_object_get(row, "map");
		if (!o || strcmp(text_of(o, "name"), name) != 0 ||
		    strcmp(text_of(o, "table"), w->at->table) != 0 ||
		    strcmp(text_of(o, "family"), w->at->family) != 0)
			continue;
		elements = json_object_get(o, "elem");
		return elements ? elements : o; /* no list: empty */
	}
	return NULL;
}

/* Has the rule no condition? */
static bool is_catch_all(const json_t *rule)
{
	const json_t *expr = json_object_get(rule, "expr");

	for (size_t i = 0; i < json_array_size(expr); i++) {
		const json_t *s = json_array_get(expr, i);

		if (!json_object_get(s, "counter") &&
		    !json_object_get(s, "log") && !json_object_get(s, "drop") &&
		    !json_object_get(s, "reject") &&
		    !json_object_get(s, "accept"))
			return false;
	}
	return true;
}

static void describe(struct ctl_nft_place *at, const struct chain *c,
		     const json_t *rule)
{
	*at = (struct ctl_nft_place){
		.family = c->family, .table = c->table, .chain = c->name};
	if (!rule) {
		(void)snprintf(at->text, sizeof(at->text), "policy %s",
			       c->policy ? c->policy : "accept");
		return;
	}
	at->handle = json_integer_value(json_object_get(rule, "handle"));
	at->is_catch_all = is_catch_all(rule);
	if (*text_of(rule, "comment")) {
		(void)snprintf(at->text, sizeof(at->text), "\"%s\"",
			       text_of(rule, "comment"));
		return;
	}
	ctl_nft_text(at->text, sizeof(at->text), json_object_get(rule, "expr"));
}

static unsigned blame(struct walk *w, unsigned outcome)
{
	if (outcome == DROP && !w->v->dropped.chain)
		describe(&w->v->dropped, w->at, w->rule);
	if (outcome == PASS)
		describe(&w->v->passed, w->at, w->rule);
	return outcome;
}

/* Nobody knows what becomes of it here. */
static unsigned blame_both(struct walk *w)
{
	return blame(w, PASS) | blame(w, DROP);
}

static unsigned walk_chain(struct walk *w, const struct chain *c,
			   unsigned depth);

static unsigned walk_to(struct walk *w, const struct chain *from,
			const json_t *order, unsigned depth)
{
	const struct chain *to = find_chain(w->n, from->family, from->table,
					    text_of(order, "target"));
	const json_t *rule = w->rule;
	unsigned got;

	if (!to || !depth)
		return blame_both(w);
	got = walk_chain(w, to, depth - 1);
	w->at = from;
	w->rule = rule;
	return got;
}

/* What a statement does that decides; 0: it decides nothing. */
static unsigned decide(struct walk *w, const struct chain *c, const json_t *s,
		       unsigned depth)
{
	const json_t *o;
	unsigned got;

	if (json_object_get(s, "accept"))
		return blame(w, PASS);
	if (json_object_get(s, "drop") || json_object_get(s, "reject"))
		return blame(w, DROP);
	if (json_object_get(s, "return"))
		return RETURN;
	if (json_object_get(s, "continue"))
		return NEXT;
	if (json_object_get(s, "queue"))
		return blame_both(w);
	if ((o = json_object_get(s, "jump")))
		return walk_to(w, c, o, depth);
	o = json_object_get(s, "goto");
	if (!o)
		return 0;
	got = walk_to(w, c, o, depth);
	return got & NEXT ? (got & ~(unsigned)NEXT) | RETURN : got;
}

/* A verdict map: that of the keys which fit; none: the rule ends. */
static unsigned decide_by_map(struct walk *w, const struct chain *c,
			      const json_t *map, unsigned depth)
{
	const struct ctl_nft_sets sets = {find_set, w};
	const json_t *data = json_object_get(map, "data");
	const char *name = json_string_value(data);
	unsigned all = 0;

	data = name ? find_set(w, *name == '@' ? name + 1 : name)
		    : json_object_get(data, "set");
	if (!data)
		return blame_both(w) | NEXT;
	for (size_t i = 0; i < json_array_size(data); i++) {
		const json_t *row = json_array_get(data, i);
		enum ctl_nft_fits fits =
			ctl_nft_equals(w->p, json_object_get(map, "key"),
				       json_array_get(row, 0), &sets);

		if (fits == CTL_NFT_NO)
			continue;
		all |= decide(w, c, json_array_get(row, 1), depth);
		if (fits == CTL_NFT_YES)
			return all ? all : NEXT;
	}
	return all | NEXT;
}

/* What a statement does that decides nothing by itself: nothing, or it may
 * end the rule. One that is not known may do anything. */
static unsigned pass_over(struct walk *w, const json_t *s, bool is_last)
{
	static const struct {
		const char *name;
		unsigned may;
	} rows[] = {
		{"counter", 0},	  {"log", 0},	     {"comment", 0},
		{"mangle", 0},	  {"notrack", 0},    {"set", 0},
		{"ct helper", 0}, {"last", 0},	     {"dup", 0},
		{"flow", 0},	  {"ct timeout", 0}, {"ct expectation", 0},
		{"secmark", 0},	  {"ct secmark", 0}, {"reset", 0},
		{"limit", NEXT},  {"quota", NEXT},   {"ct count", NEXT},
		{"meter", NEXT},  {"tproxy", NEXT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (json_object_get(s, rows[i].name))
			return rows[i].may;
	/* before others it is a condition, as those of xtables are */
	return is_last ? blame_both(w) | NEXT : NEXT;
}

static unsigned walk_rule(struct walk *w, const struct chain *c,
			  const json_t *rule, unsigned depth)
{
	const struct ctl_nft_sets sets = {find_set, w};
	const json_t *expr = json_object_get(rule, "expr"), *o;
	unsigned may = 0, got;
	size_t count = json_array_size(expr);

	w->rule = rule;
	for (size_t i = 0; i < count; i++) {
		const json_t *s = json_array_get(expr, i);

		o = json_object_get(s, "match");
		if (o) {
			enum ctl_nft_fits f = ctl_nft_match(w->p, o, &sets);

			if (f == CTL_NFT_NO)
				return may | NEXT;
			may |= f == CTL_NFT_MAYBE ? NEXT : 0;
			continue;
		}
		o = json_object_get(s, "vmap");
		got = o ? decide_by_map(w, c, o, depth)
			: decide(w, c, s, depth);
		if (got)
			return may | got;
		may |= pass_over(w, s, i + 1 == count);
	}
	return may | NEXT;
}

static unsigned walk_chain(struct walk *w, const struct chain *c,
			   unsigned depth)
{
	unsigned all = 0;

	w->at = c;
	for (size_t i = 0; i < c->count; i++) {
		unsigned got;

		if (!w->steps--) {
			w->steps = 0;
			return blame_both(w);
		}
		got = walk_rule(w, c, c->rule[i].json, depth);
		all |= got & (PASS | DROP);
		all |= got & RETURN ? NEXT : 0;
		if (!(got & NEXT))
			return all;
	}
	return all | NEXT;
}

static unsigned walk_base(struct walk *w, const struct chain *c)
{
	unsigned got = walk_chain(w, c, DEPTH);
	unsigned policy = c->policy && !strcmp(c->policy, "drop") ? DROP : PASS;

	w->rule = NULL;
	if (got & NEXT)
		(void)blame(w, policy);
	return got & NEXT ? (got & (PASS | DROP)) | policy : got;
}

static bool meets(const struct chain *c, enum ctl_nft_hook hook, uint8_t family)
{
	static const char *const hooks[][3] = {
		[CTL_NFT_INPUT] = {"prerouting", "input", ""},
		[CTL_NFT_OUTPUT] = {"output", "postrouting", ""},
		[CTL_NFT_FORWARD] = {"prerouting", "forward", "postrouting"},
	};
	const char *own = family == AF_INET6 ? "ip6" : "ip";

	if (!c->hook || !c->type || strcmp(c->type, "filter") != 0 ||
	    (strcmp(c->family, "inet") != 0 && strcmp(c->family, own) != 0))
		return false;
	for (size_t i = 0; i < 3; i++)
		if (!strcmp(c->hook, hooks[hook][i]))
			return true;
	return false;
}

static bool is_narrow(const struct ctl_nft_place *at)
{
	return at->chain && at->handle && !at->is_catch_all;
}

struct ctl_nft_verdict ctl_nft_judge(const struct ctl_nft *n,
				     const struct ctl_nft_packet *p)
{
	struct ctl_nft_verdict v = {.outcome = PASS};
	struct walk w = {.n = n, .p = p, .v = &v, .steps = STEPS};

	for (size_t i = 0; i < n->count; i++) {
		const struct chain *c = &n->chain[i];
		const struct ctl_nft_place before = v.passed;
		unsigned got;

		if (!meets(c, p->hook, p->to.family))
			continue;
		got = walk_base(&w, c);
		/* a rule about it says more than a chain that lets all pass */
		if (is_narrow(&before) && !is_narrow(&v.passed))
			v.passed = before;
		if (got == DROP) {
			v.outcome = DROP;
			return v;
		}
		v.outcome |= got & (PASS | DROP);
	}
	return v;
}

bool ctl_nft_has_hook(const struct ctl_nft *n, enum ctl_nft_hook hook)
{
	static const char *const names[] = {"input", "output", "forward"};

	for (size_t i = 0; i < n->count; i++) {
		const struct chain *c = &n->chain[i];

		if (c->hook && !strcmp(c->hook, names[hook]) && c->type &&
		    !strcmp(c->type, "filter") &&
		    (c->count || (c->policy && !strcmp(c->policy, "drop"))))
			return true;
	}
	return false;
}
