/* POST /v1/explain: decisions on what is asked, or on the last hour. */
#include "access-edge/explain_route.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "access-edge/explain.h"
#include "access-edge/flows.h"
#include "access-edge/service.h"
#include "topology/snap.h"

/* What one call works with. */
struct call {
	struct acc_service *v;
	json_t *asked;
	const struct topo *other; /* of the call; NULL: none */
	struct edge_sip_arena *arena;
	struct edge_sip_msg *msg;
	char text[ACC_EXPLAIN_LEN], why[256];
};

static struct edge_admin_answer answer(unsigned status, json_t *o)
{
	char *body = o ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	return (struct edge_admin_answer){status, body};
}

static json_t *slice_json(struct edge_slice s)
{
	json_t *t = json_stringn((const char *)s.p, edge_slice_len(s));

	return t ? t : json_string("?"); /* not UTF-8 */
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
	return json_pack("{s:s,s:i,s:i,s:s,s:s,s:b,s:o}", "reason",
			 acc_reason_name(v->reason), "status",
			 (int)acc_reason_status(v->reason), "errid",
			 (int)acc_reason_errid(v->reason), "text",
			 acc_reason_text(v->reason), "rule", rule, "limited",
			 (int)v->is_limited, "steps", steps);
}

static json_t *explained_json(const struct acc_explained *x)
{
	json_t *o = json_pack(
		"{s:s,s:s,s:s,s:s,s:b}", "direction",
		acc_direction_name(x->direction), "role",
		x->role == ACC_ROLE_COUNT ? "-" : acc_role_name(x->role),
		"reason", acc_reason_name(acc_explained_reason(x)), "peer",
		x->peer, "srv_assumed", (int)x->is_srv_assumed);

	if (x->direction == ACC_FROM_PARTNER)
		json_object_set_new(o, "connection", verdict_json(&x->link));
	if (!x->link.reason)
		json_object_set_new(o, "message", verdict_json(&x->message));
	if (x->direction == ACC_TO_A_PARTNER && !x->message.reason)
		json_object_set_new(
			o, "destination",
			json_pack("{s:s,s:b,s:s}", "name", x->goes.name,
				  "by_srv", (int)x->goes.by_srv, "level",
				  acc_verification_name(x->goes.level)));
	if (x->direction == ACC_FROM_PARTNER && !acc_explained_reason(x))
		json_object_set_new(
			o, "level",
			json_string(acc_verification_name(x->message.level)));
	return o;
}

static struct acc_view view_of(const struct call *c, const struct topo *t)
{
	return (struct acc_view){
		.topo = t,
		.options = &acc_service_shared(c->v)->options,
	};
}

static enum edge_err explain(struct call *c, struct acc_explained *out,
			     const struct topo *t, const struct acc_question *q)
{
	const struct acc_view v = view_of(c, t);

	return acc_explain(out, &v, c->arena, c->msg, c->text, q);
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
		return edge_admin_refuse(400, "format",
					 "from, to and method do not make a "
					 "SIP message");
	return answer(200, explained_json(&x));
}

/* A user's message of each domain of ours stands for all users. */
static void add_users(struct call *c, json_t *changed)
{
	const struct topo *now = acc_service_topo(c->v);
	char user[300];
	const struct acc_question q = {user, user, NULL, "MESSAGE"};
	struct acc_explained was, is;

	for (size_t i = 0; i < now->domain_count; i++) {
		snprintf(user, sizeof(user), "user@%s", now->domains[i].name);
		if (explain(c, &was, now, &q) ||
		    explain(c, &is, c->other, &q) ||
		    (is.direction == was.direction &&
		     acc_explained_reason(&is) == acc_explained_reason(&was)))
			continue;
		json_array_append_new(
			changed,
			json_pack("{s:s,s:s,s:s,s:s,s:o,s:o}", "peer", "",
				  "from", now->domains[i].name, "to", "any",
				  "method", "any", "was", explained_json(&was),
				  "becomes", explained_json(&is)));
	}
}

static void add_flow(struct call *c, json_t *changed,
		     struct edge_lately_row *row)
{
	char from[EDGE_LATELY_LEN + 4], to[EDGE_LATELY_LEN + 4];
	struct acc_explained was, is;
	struct acc_question q;
	struct acc_flow f;

	if (!acc_flow_read(&f, row->text))
		return;
	snprintf(from, sizeof(from), "x@%s", f.from);
	snprintf(to, sizeof(to), "x@%s", f.to);
	q = (struct acc_question){from, to, *f.peer ? f.peer : NULL, f.method};
	if (explain(c, &was, acc_service_topo(c->v), &q) ||
	    explain(c, &is, c->other, &q))
		return;
	if (acc_explained_reason(&is) == acc_explained_reason(&was) &&
	    is.direction == was.direction && is.role == was.role &&
	    !strcmp(is.goes.name, was.goes.name))
		return;
	json_array_append_new(changed,
			      json_pack("{s:s,s:s,s:s,s:s,s:I,s:s,s:o,s:o}",
					"peer", f.peer, "from", f.from, "to",
					f.to, "method", f.method, "count",
					(json_int_t)row->count, "last",
					row->note, "was", explained_json(&was),
					"becomes", explained_json(&is)));
}

static struct edge_admin_answer last_hour(struct call *c)
{
	struct edge_lately_row *rows = calloc(ACC_FLOWS, sizeof(*rows));
	json_t *changed = json_array();
	size_t n = 0;

	if (rows)
		n = edge_lately_read(acc_service_shared(c->v)->flows, rows,
				     ACC_FLOWS, acc_service_now_ms(c->v));
	add_users(c, changed);
	for (size_t i = 0; i < n; i++)
		add_flow(c, changed, &rows[i]);
	free(rows);
	return answer(200, json_pack("{s:i,s:o}", "flows", (int)n, "changed",
				     changed));
}

static struct edge_admin_answer decide(struct call *c)
{
	const char *snap = word(c, "topology");

	if (snap && topo_snap_decode(&c->other, edge_slice_str(snap), 0, c->why,
				     sizeof(c->why)))
		return edge_admin_refuse(400, "topology", c->why);
	if (word(c, "from") && word(c, "to"))
		return one(c);
	if (!c->other)
		return edge_admin_refuse(400, "format",
					 "from and to, or a topology");
	return last_hour(c);
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
	c->msg = calloc(1, sizeof(*c->msg));
	if (c->msg && edge_sip_arena_new(&c->arena) == EDGE_OK) {
		free(a.body);
		a = json_is_object(c->asked)
			    ? decide(c)
			    : edge_admin_refuse(400, "format", "not JSON");
	}
	edge_sip_arena_free(c->arena);
	free(c->msg);
	topo_drop(c->other);
	json_decref(c->asked);
	free(c);
	return a;
}
