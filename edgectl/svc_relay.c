/* doctor, family SVC: credentials of A/V authentication, and an allocation at
 * every relay that they are for, ours and those of the pool. */
#include "edgectl/doctor_svc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "edgectl/mras_xml.h"
#include "edgectl/relay_judge.h"
#include "edgectl/svc_judge.h"
#include "edgectl/turn.h"
#include "topology/roll.h"

enum {
	ASK_TEXT = 2048,
	ANSWER_MS = 1500, /* ours: of a relay of this host [ms] */
	MEMBERS = 8,	  /* ours: asked of a pool */
	WHY = 200,
};

struct relays {
	struct ctl_doctor *d;
	struct ctl_mras_answer answer;
	unsigned good;
};

/* -- credentials --------------------------------------------------------- */

static enum edge_err post(struct ctl_doctor *d, struct edge_admin_answer *a)
{
	char xml[ASK_TEXT], who[300];
	struct edge_slice ask;
	struct edge_admin_question q = {
		.run = d->c->config->run,
		.daemon = ctl_daemons[CTL_AV],
		.method = "POST",
		.path = "/v1/mras/try",
		.ms = d->c->answer_ms,
	};
	enum edge_err err = EDGE_ENOMEM;
	char *body = NULL;
	json_t *o;

	snprintf(who, sizeof(who), "sip:edgectl@%.250s", d->topo->pool);
	ask = ctl_mras_ask(xml, sizeof(xml), who, who, NULL);
	o = json_pack("{s:s#}", "request", (const char *)ask.p,
		      (size_t)edge_slice_len(ask));
	if (o)
		body = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (body) {
		q.json = edge_slice_str(body);
		err = edge_admin_call(a, &q);
	}
	free(body);
	return err;
}

/* Texts of the answer that are on no heap of ours afterwards, but jansson's. It
 * may be refused: too many trials at once. */
static enum edge_err read_answer(struct ctl_mras_answer *out,
				 const struct edge_admin_answer *a)
{
	json_t *o = json_loads(a->body ? a->body : "", 0, NULL);
	const char *xml = json_string_value(json_object_get(o, "response"));
	enum edge_err err = a->status == 503 ? EDGE_EREFUSED : EDGE_EFORMAT;

	if (a->status == 200 && xml)
		err = ctl_mras_decode(out, edge_slice_str(xml));
	json_decref(o);
	return err;
}

static bool mint(struct relays *r)
{
	struct ctl_doctor *d = r->d;
	struct edge_admin_answer a = {0};
	enum edge_err err = post(d, &a);

	if (!err)
		err = read_answer(&r->answer, &a);
	if (a.body)
		edge_wipe(a.body, strlen(a.body));
	free(a.body);
	if (!err && !strcmp(r->answer.reason, "OK")) {
		ctl_doctor_good(d,
				"A/V authentication makes credentials for "
				"%zu relays",
				r->answer.relay_count);
		return true;
	}
	if (err == EDGE_EREFUSED) {
		ctl_doctor_bad(d, TOPO_INFO, "SVC-016", "av-edge",
			       "it answers no more trials for now");
		return false;
	}
	ctl_cure_restart(&d->cure, CTL_ON_EDGE, "av-edge");
	if (err)
		ctl_doctor_bad(d, TOPO_ERROR, "SVC-008", "av-edge",
			       "no credentials: %s", ctl_reason(err));
	else
		ctl_doctor_bad(d, TOPO_ERROR, "SVC-008", "av-edge",
			       "its answer is \"%s\"", r->answer.reason);
	return false;
}

/* -- allocations --------------------------------------------------------- */

/* One attempt: what it was for, and how it ended. */
struct attempt {
	struct edge_addr at;
	struct ctl_local side;
	bool is_tcp;
	enum ctl_relay_fault fault;
	char us[EDGE_ADDR_STRLEN], text[EDGE_ADDR_STRLEN], why[WHY];
};

static bool allocate(struct relays *r, struct attempt *x)
{
	const struct ctl_mras_answer *a = &r->answer;
	struct ctl_turn_fault fault = {0};
	const struct ctl_turn_plan plan = {
		.server = x->at,
		.local = x->side.local,
		.device = x->side.device,
		.is_tcp = x->is_tcp,
		.username = edge_slice(a->username, a->username_len),
		.password = edge_slice(a->password, a->password_len),
		.ms = ANSWER_MS,
		.fault = &fault,
	};
	struct ctl_turn *t = NULL;
	struct ctl_relay_said said = {0};

	edge_addr_print(&x->at, x->text);
	edge_addr_print_ip(&x->side.local, false, x->us);
	said.err = ctl_turn_open(&t, &plan, x->why, WHY);
	ctl_turn_close(t);
	if (!said.err)
		return true;
	said.code = fault.code;
	said.error = fault.error;
	x->fault = ctl_relay_judge(&said);
	return false;
}

static void cure(struct relays *r, const struct attempt *x,
		 enum ctl_hands hands)
{
	const struct ctl_relay_place at = {
		.hands = hands,
		.us = x->us,
		.text = x->text,
		.is_tcp = x->is_tcp,
	};

	ctl_relay_cure(&r->d->cure, x->fault, &at);
}

/* A relay of this host: what it is named stands for our own listener, whatever
 * a translation puts in front of it. */
static void own(struct relays *r, enum topo_port_kind kind)
{
	const struct topo_listen *l = &r->d->topo->listen[kind];
	const bool is_inside = kind == TOPO_PORT_AV_INSIDE_TCP ||
			       kind == TOPO_PORT_AV_INSIDE_UDP;
	struct attempt x = {
		.at = l->addr,
		.is_tcp = kind == TOPO_PORT_AV_INSIDE_TCP ||
			  kind == TOPO_PORT_AV_OUTSIDE_TCP,
	};

	if (!l->present || ctl_doctor_is_cut_off(r->d, &l->addr, is_inside))
		return;
	if (is_inside)
		ctl_local_inside(&x.side, r->d);
	else
		ctl_local_outside(&x.side, r->d, kind);
	if (!x.side.is_here)
		return;
	if (allocate(r, &x)) {
		r->good++;
		return;
	}
	if (r->d->is_firewall_bad)
		return; /* FW says it */
	cure(r, &x, CTL_ON_EDGE);
	ctl_doctor_bad(r->d, TOPO_ERROR, "SVC-009", "av-edge",
		       "allocation at %s/%s: %s", x.text,
		       x.is_tcp ? "tcp" : "udp", x.why);
}

static void all_of_ours(struct relays *r)
{
	for (size_t i = 0; i < r->answer.relay_count; i++) {
		const struct ctl_mras_relay *m = &r->answer.relays[i];
		const bool is_inside = !strcmp(m->location, "intranet");

		if (m->udp_port)
			own(r, is_inside ? TOPO_PORT_AV_INSIDE_UDP
					 : TOPO_PORT_AV_OUTSIDE_UDP);
		if (m->tcp_port)
			own(r, is_inside ? TOPO_PORT_AV_INSIDE_TCP
					 : TOPO_PORT_AV_OUTSIDE_TCP);
	}
	if (r->good)
		ctl_doctor_good(r->d, "%u allocations at this host's relay",
				r->good);
}

/* -- the other members --------------------------------------------------- */

/* The i-th address is the i-th member's, when each has one. */
static bool has_names(const struct topo *t)
{
	return t->member_count == t->av_member_count;
}

static const char *member_of(const struct topo *t, size_t i, const char *text)
{
	return has_names(t) ? t->members[i].fqdn : text;
}

static void other_key(struct ctl_doctor *d, const char *name,
		      const struct attempt *x)
{
	const struct edge_config *c = d->c->config;
	struct ctl_relay_pair ours = {
		.self = d->topo->self,
		.member = has_names(d->topo) ? name : "MEMBER",
		.chain = c->certificate[EDGE_CERT_AV_AUTH].chain,
		.key = c->certificate[EDGE_CERT_AV_AUTH].key,
	};
	struct topo_roll staged;

	if (ours.chain && ours.key &&
	    !topo_roll_load(&staged, ours.chain, ours.key, NULL, 0) &&
	    staged.effective_s <= d->c->now_s) {
		ours.chain = staged.chain;
		ours.key = staged.key;
	}
	ctl_relay_cure_key(&d->cure, &ours);
	ctl_doctor_bad(d, TOPO_ERROR, "CERT-004", name,
		       "the relay at %s knows no credential of this host, as "
		       "with another A/V key: %s",
		       x->text, x->why);
}

static void tell(struct relays *r, const char *name, const struct attempt *x)
{
	if (x->fault == CTL_RELAY_OTHER_KEY) {
		other_key(r->d, name, x);
		return;
	}
	cure(r, x, CTL_ON_MEMBER);
	ctl_doctor_bad(r->d, TOPO_WARN,
		       ctl_relay_is_refusal(x->fault) ? "SVC-015" : "SVC-013",
		       name, "%s/udp: %s", x->text, x->why);
}

static void member(struct relays *r, size_t i)
{
	struct ctl_doctor *d = r->d;
	const enum topo_port_kind kind = TOPO_PORT_AV_OUTSIDE_UDP;
	struct attempt x = {.at = d->topo->av_members[i]};
	char text[EDGE_ADDR_STRLEN];
	const char *name;

	x.at.port = d->topo->listen[kind].addr.port;
	edge_addr_print(&x.at, text);
	name = member_of(d->topo, i, text);
	ctl_local_outside(&x.side, d, kind);
	if (x.side.local.family != x.at.family || !x.side.is_here)
		return; /* the same relay by another family */
	if (allocate(r, &x))
		ctl_doctor_good(d, "%s takes credentials of this host", name);
	else
		tell(r, name, &x);
}

void ctl_svc_relay(struct ctl_doctor *d)
{
	const json_t *status = d->status[CTL_AV];
	struct relays *r;

	if (strcmp(ctl_json_text(status, "state"), "ready") != 0 ||
	    d->bad_certificates & 1U << EDGE_CERT_AV_AUTH)
		return; /* said already */
	r = calloc(1, sizeof(*r));
	if (!r)
		return;
	r->d = d;
	if (mint(r)) {
		all_of_ours(r);
		for (size_t i = 0; i < d->topo->av_member_count && i < MEMBERS;
		     i++)
			member(r, i);
	}
	edge_wipe(r, sizeof(*r));
	free(r);
}
