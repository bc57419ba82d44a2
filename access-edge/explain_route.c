/* POST /v1/explain: decisions on what is asked, or on the last hour. */
#include "access-edge/explain_route.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "access-edge/explain.h"
#include "access-edge/flows.h"
#include "access-edge/service.h"
#include "access-edge/trust.h"
#include "topology/snap.h"

#define ANONYMOUS "anonymous.invalid" /* AE 2.8, 3.1 */

/* What one call works with. */
struct call {
	struct acc_service *v;
	json_t *asked;
	const struct topo *other; /* of the call; NULL: none */
	struct acc_explain_room room;
	char why[256];
};

/* Two decisions on one question. */
struct pair {
	struct acc_explained was, is;
};

static struct edge_admin_answer answer(json_t *o)
{
	char *body = o ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	return body ? (struct edge_admin_answer){200, body}
		    : edge_admin_refuse(500, "memory", "out of memory");
}

/* -- a decision as JSON ------------------------------------------------- */

/* Peers say what they like: text that is not UTF-8 is "?". */
static json_t *text_json(const char *p, size_t len)
{
	json_t *t = json_stringn(len ? p : "", len);

	return t ? t : json_string("?");
}

static json_t *slice_json(struct edge_slice s)
{
	return text_json((const char *)s.p, edge_slice_len(s));
}

static json_t *verdict_json(const struct acc_verdict *v)
{
	json_t *steps = json_array();
	char rule[ACC_RULE_LEN];

	for (size_t i = 0; i < v->count; i++)
		json_array_append_new(
			steps, json_pack("{s:s,s:o,s:s}", "check",
					 acc_check_name(v->steps[i].check),
					 "row", slice_json(v->steps[i].row),
					 "outcome", v->steps[i].outcome));
	acc_verdict_print(v, rule);
	return json_pack("{s:s,s:s,s:o}", "reason", acc_reason_name(v->reason),
			 "rule", rule, "steps", steps);
}

/* What holds for it on its way. */
static void put_passing(json_t *o, const struct acc_explained *x)
{
	enum topo_verification level = x->direction == ACC_TO_A_PARTNER
					       ? x->goes.level
					       : x->message.level;

	json_object_set_new(o, "type", json_string(acc_trust_type(x->role)));
	if (x->direction == ACC_OF_A_USER)
		return;
	json_object_set_new(o, "level",
			    json_string(acc_verification_name(level)));
	json_object_set_new(o, "limited", json_boolean(x->message.is_limited));
	if (x->direction == ACC_TO_A_PARTNER)
		json_object_set_new(o, "destination",
				    json_string(x->goes.name));
}

static json_t *explained_json(const struct acc_explained *x)
{
	const struct acc_verdict *v = acc_explained_verdict(x);
	char rule[ACC_RULE_LEN];
	json_t *o;

	acc_verdict_print(v, rule);
	o = json_pack("{s:b,s:s,s:s,s:s,s:i,s:i,s:s,s:s,s:o,s:b,s:o}", "passes",
		      v->reason == ACC_REASON_OK, "direction",
		      acc_direction_name(x->direction), "role",
		      x->role == ACC_ROLE_COUNT ? "-" : acc_role_name(x->role),
		      "reason", acc_reason_name(v->reason), "status",
		      (int)acc_reason_status(v->reason), "errid",
		      (int)acc_reason_errid(v->reason), "text",
		      acc_reason_text(v->reason), "rule", rule, "peer",
		      text_json(x->peer, strlen(x->peer)), "peer_assumed",
		      (int)x->is_peer_assumed, "srv_assumed",
		      slice_json(x->srv_assumed));
	if (x->direction == ACC_FROM_PARTNER)
		json_object_set_new(o, "connection", verdict_json(&x->link));
	if (!x->link.reason)
		json_object_set_new(o, "message", verdict_json(&x->message));
	if (!v->reason)
		put_passing(o, x);
	return o;
}

/* -- what is asked ------------------------------------------------------ */

static enum edge_err explain(struct call *c, struct acc_explained *out,
			     const struct topo *t, const struct acc_question *q)
{
	const struct acc_view v = {
		.topo = t,
		.options = &acc_service_shared(c->v)->options,
	};

	return acc_explain(out, &v, &c->room, q);
}

static const char *word(const struct call *c, const char *name)
{
	return json_string_value(json_object_get(c->asked, name));
}

static struct edge_admin_answer one(struct call *c)
{
	const struct acc_question q = {
		.from = word(c, "from"),
		.to = word(c, "to"),
		.peer = word(c, "peer"),
		.method = word(c, "method") ? word(c, "method") : "MESSAGE",
	};
	struct acc_explained x;

	if (explain(c, &x, c->other ? c->other : acc_service_topo(c->v), &q))
		return edge_admin_refuse(400, "question",
					 "from, to, method and peer do not "
					 "make a SIP message of a peer");
	return answer(explained_json(&x));
}

/* -- the last hour ------------------------------------------------------ */

static json_t *change(struct pair *p, const char *from, const char *to,
		      const char *method)
{
	return json_pack(
		"{s:o,s:o,s:o,s:o,s:o}", "from", text_json(from, strlen(from)),
		"to", text_json(to, strlen(to)), "method",
		text_json(method, strlen(method)), "was",
		explained_json(&p->was), "becomes", explained_json(&p->is));
}

/* false: it cannot be judged. */
static bool judge(struct call *c, struct pair *p, const struct acc_question *q)
{
	return explain(c, &p->was, acc_service_topo(c->v), q) == EDGE_OK &&
	       explain(c, &p->is, c->other, q) == EDGE_OK;
}

static void add_user(struct call *c, json_t *changed,
		     const struct acc_question *q, const char *of)
{
	struct pair p;

	if (judge(c, &p, q) && !acc_explained_same(&p.was, &p.is))
		json_array_append_new(changed, change(&p, of, "any", "any"));
}

/* A user's message of each domain of ours stands for all users; one who is
 * called to a conference for those without a name here. */
static void add_users(struct call *c, json_t *changed)
{
	const struct topo *now = acc_service_topo(c->v);
	char user[300];
	const struct acc_question q = {.from = user,
				       .to = user,
				       .method = "MESSAGE",
				       .direction = ACC_OF_A_USER};
	const struct acc_question anonymous = {.from = "anonymous@" ANONYMOUS,
					       .to = user,
					       .method = "INVITE",
					       .direction = ACC_OF_A_USER};

	for (size_t i = 0; i < now->domain_count; i++) {
		snprintf(user, sizeof(user), "user@%s", now->domains[i].name);
		add_user(c, changed, &q, now->domains[i].name);
	}
	if (!now->domain_count)
		return;
	snprintf(user, sizeof(user), "user@%s;gruu;opaque=app:conf:focus:id:x",
		 now->domains[0].name);
	add_user(c, changed, &anonymous, ANONYMOUS);
}

static bool judge_flow(struct call *c, struct pair *p, const struct acc_flow *f)
{
	char from[EDGE_LATELY_LEN + 4], to[EDGE_LATELY_LEN + 4];
	struct acc_question q = {.from = from, .to = to, .method = f->method};

	snprintf(from, sizeof(from), "x@%s", f->from);
	snprintf(to, sizeof(to), "x@%s", f->to);
	q.direction = f->is_outward ? ACC_TO_A_PARTNER : ACC_FROM_PARTNER;
	if (*f->peer && f->is_outward)
		q.route = f->peer;
	else if (*f->peer)
		q.peer = f->peer;
	return judge(c, p, &q);
}

/* What is told of the traffic of an hour. */
struct told {
	json_t *changed;
	size_t judged, left_off; /* kinds; changed ones too many to tell */
};

static void add_flow(struct call *c, struct told *t,
		     struct edge_lately_row *row)
{
	struct pair p;
	struct acc_flow f;
	json_t *o;

	if (!acc_flow_read(&f, row->text) || !judge_flow(c, &p, &f))
		return;
	t->judged++;
	if (acc_explained_same(&p.was, &p.is))
		return;
	if (json_array_size(t->changed) >= ACC_EXPLAIN_CHANGES) {
		t->left_off++;
		return;
	}
	o = change(&p, f.from, f.to, f.method);
	json_object_set_new(o, "count", json_integer((json_int_t)row->count));
	json_object_set_new(o, "last", json_string(row->note));
	json_array_append_new(t->changed, o);
}

static struct edge_admin_answer last_hour(struct call *c)
{
	struct edge_lately_row *rows = calloc(ACC_FLOWS, sizeof(*rows));
	struct told t = {.changed = json_array()};
	size_t n = 0;

	if (rows)
		n = edge_lately_read(acc_service_shared(c->v)->flows, rows,
				     ACC_FLOWS, acc_service_now_ms(c->v));
	add_users(c, t.changed);
	for (size_t i = 0; i < n; i++)
		add_flow(c, &t, &rows[i]);
	free(rows);
	return answer(json_pack("{s:i,s:i,s:i,s:o}", "flows", (int)n, "judged",
				(int)t.judged, "left_off", (int)t.left_off,
				"changed", t.changed));
}

/* -- the call ----------------------------------------------------------- */

/* Nothing else may stand there, for it would be passed over. */
static bool is_clean(const json_t *asked)
{
	static const char *const names[] = {"from", "to", "peer", "method",
					    "topology"};
	size_t known = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const json_t *o = json_object_get(asked, names[i]);

		if (o && !json_is_string(o))
			return false;
		known += o != NULL;
	}
	return known == json_object_size(asked);
}

static struct edge_admin_answer decide(struct call *c)
{
	const char *snap = word(c, "topology");
	bool asks = word(c, "from") && word(c, "to");
	bool asks_half = word(c, "from") || word(c, "to") || word(c, "peer") ||
			 word(c, "method");

	if (!asks && (asks_half || !snap))
		return edge_admin_refuse(400, "format",
					 "from and to, or a topology alone");
	if (snap && topo_snap_decode(&c->other, edge_slice_str(snap), 0, c->why,
				     sizeof(c->why)))
		return edge_admin_refuse(400, "topology", c->why);
	return asks ? one(c) : last_hour(c);
}

struct edge_admin_answer acc_explain_route(const struct edge_admin_request *r,
					   void *arg)
{
	struct call *c = calloc(1, sizeof(*c));
	struct edge_admin_answer a =
		edge_admin_refuse(500, "memory", "out of memory");

	if (!c)
		return a;
	c->v = arg;
	c->asked = json_loadb((const char *)r->body.p, edge_slice_len(r->body),
			      0, NULL);
	c->room.msg = calloc(1, sizeof(*c->room.msg));
	if (c->room.msg && edge_sip_arena_new(&c->room.arena) == EDGE_OK) {
		free(a.body);
		a = json_is_object(c->asked) && is_clean(c->asked)
			    ? decide(c)
			    : edge_admin_refuse(400, "format",
						"a JSON object of from, to, "
						"peer, method and topology, "
						"all text");
	}
	edge_sip_arena_free(c->room.arena);
	free(c->room.msg);
	topo_drop(c->other);
	json_decref(c->asked);
	free(c);
	return a;
}
