/* Our streams to partners. */
#include "access-edge/xmpp_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access-edge/limits.h"
#include "access-edge/xmpp_gateway.h"
#include "access-edge/xmpp_in.h"
#include "access-edge/xmpp_out_link.h"
#include "access-edge/xmpp_room.h"
#include "access-edge/xmpp_tell.h"
#include "common/expiring.h"
#include "common/log.h"

static struct acc_xmpp_out_link *of(struct acc_xmpp_link *l)
{
	return (struct acc_xmpp_out_link *)l;
}

static void pair_of(char out[ACC_XMPP_PAIR_LEN], const char *mark,
		    const char *own, const char *domain)
{
	snprintf(out, ACC_XMPP_PAIR_LEN, "%s%s %s", mark, own, domain);
}

/* Hundreds at most: a number each is compared, and once the text. */
static uint64_t pair_hash(const char *pair)
{
	static const uint8_t key[16] = {'p', 'a', 'i', 'r'};

	return edge_siphash(key, edge_slice_str(pair));
}

static struct acc_xmpp_out_link *find(const struct acc_xmpp_core *c,
				      const char *pair)
{
	const uint64_t hash = pair_hash(pair);
	struct acc_xmpp_out_link *o = c->outs;

	while (o && (o->pair_hash != hash || strcmp(o->pair, pair) != 0))
		o = o->next;
	return o;
}

static void take_out(const struct acc_xmpp_out_link *o)
{
	struct acc_xmpp_out_link **at = &o->link.core->outs;

	while (*at && *at != o)
		at = &(*at)->next;
	if (*at)
		*at = o->next;
}

/* -- what waits --------------------------------------------------------- */

static void put_off(struct acc_xmpp_out_link *o, struct acc_xmpp_parcel *p)
{
	const struct acc_xmpp_core *c = o->link.core;
	const size_t len = edge_slice_len(p->bytes);

	if (o->waiting_count >= acc_xmpp_limit(c, ACC_LIMIT_XMPP_WAITING) ||
	    o->waiting_len + len >
		    acc_xmpp_limit(c, ACC_LIMIT_XMPP_OUT_QUEUE)) {
		acc_xmpp_gateway_return(o->link.core, p, ACC_XMPP_R_QUEUE);
		acc_xmpp_parcel_free(p);
		return;
	}
	STAILQ_INSERT_TAIL(&o->waiting, p, next);
	o->waiting_count++;
	o->waiting_len += (uint32_t)len;
}

static struct acc_xmpp_parcel *take_first(struct acc_xmpp_out_link *o)
{
	struct acc_xmpp_parcel *p = STAILQ_FIRST(&o->waiting);

	if (p)
		STAILQ_REMOVE_HEAD(&o->waiting, next);
	return p;
}

/* A partner that reads slowly holds a gateway up for a moment, once until its
 * queue is short again: then its own stanzas come back. */
static void write_out(struct acc_xmpp_out_link *o, struct acc_xmpp_parcel *p)
{
	struct acc_xmpp_link *l = &o->link;
	const bool is_high = edge_conn_above_high_water(l->conn);

	if ((is_high && o->is_slow) ||
	    acc_xmpp_link_write(l, p->bytes) != EDGE_OK) {
		acc_xmpp_gateway_return(l->core, p, ACC_XMPP_R_QUEUE);
		acc_xmpp_parcel_free(p);
		return;
	}
	acc_xmpp_count(l->core, ACC_STAT_XMPP_STANZAS_OUT);
	l->given++;
	acc_xmpp_link_touch(l);
	if (edge_conn_above_high_water(l->conn)) {
		if (o->has_held) /* it has not helped */
			o->is_slow = true;
		else if (p->gateway)
			acc_xmpp_gateway_wait(l->core, p->gateway, l);
		o->has_held = true;
	}
	acc_xmpp_parcel_free(p);
}

static void on_drained(struct acc_xmpp_link *l)
{
	of(l)->has_held = of(l)->is_slow = false;
}

void acc_xmpp_out_ready(struct acc_xmpp_out_link *o, bool is_external)
{
	struct acc_xmpp_link *l = &o->link;
	const struct topo_xmpp_gateway *g = &l->core->topo->xmpp_gateway;
	struct acc_xmpp_parcel *p;

	o->is_external = is_external;
	acc_xmpp_link_ready(l, (uint64_t)g->idle_s * 1000,
			    o->who.partner->keep_alive
				    ? (uint64_t)g->keep_alive_s * 500
				    : 0);
	acc_xmpp_count(l->core, is_external ? ACC_STAT_XMPP_OUT_EXTERNAL
					    : ACC_STAT_XMPP_OUT_DIALBACK);
	acc_xmpp_tell_ready(l, is_external ? "external" : "dialback");
	while (!l->is_over && (p = take_first(o)) != NULL)
		write_out(o, p);
	o->waiting_count = o->waiting_len = 0;
}

void acc_xmpp_out_verdict(struct acc_xmpp_out_link *o, enum acc_xmpp_reason r)
{
	if (o->has_verdict)
		return;
	o->has_verdict = true;
	acc_xmpp_in_verdict(o->link.core, o->asker, o->link.id, r);
}

/* -- connecting --------------------------------------------------------- */

static void dial_next(struct acc_xmpp_out_link *o, enum acc_xmpp_reason last)
{
	struct acc_xmpp_link *l = &o->link;

	while (o->next_addr < o->found.count) {
		const struct edge_addr *a = &o->found.addrs[o->next_addr++];

		o->out.state = ACC_OUT_CONNECTING;
		o->out.is_secured = o->out.is_certified = false;
		if (acc_xmpp_link_dial(l, a) == EDGE_OK || l->is_over)
			return;
	}
	acc_xmpp_link_end(l, last);
}

static bool on_lost(struct acc_xmpp_link *l, enum acc_xmpp_reason r)
{
	struct acc_xmpp_out_link *o = of(l);

	if (r != ACC_XMPP_R_REMOTE_CONNECT ||
	    o->out.state != ACC_OUT_CONNECTING || l->is_over)
		return false;
	dial_next(o, r);
	return true;
}

static void on_found(struct acc_xmpp_core *c, edge_handle id,
		     const struct acc_xmpp_found *found)
{
	struct acc_xmpp_link *l = acc_xmpp_link_find(c, id);

	if (!l || l->is_over)
		return;
	of(l)->found = *found;
	if (found->err)
		edge_log_escape(l->detail, sizeof(l->detail),
				edge_slice_str(edge_err_str(found->err)));
	dial_next(of(l),
		  found->err == EDGE_ENOTFOUND || found->err == EDGE_EDENIED
			  ? ACC_XMPP_R_REMOTE_NAME
			  : ACC_XMPP_R_REMOTE_CONNECT);
}

/* -- its end ------------------------------------------------------------ */

static void rest_key(uint8_t key[EDGE_EXPIRING_KEY], const char *pair)
{
	edge_sha256(edge_slice_str(pair), key);
}

static void let_rest(struct acc_xmpp_out_link *o)
{
	struct acc_xmpp_core *c = o->link.core;
	const uint64_t now = acc_xmpp_now(c);
	uint8_t key[EDGE_EXPIRING_KEY];

	rest_key(key, o->pair);
	(void)edge_expiring_put(
		c->resting, key,
		now + acc_xmpp_limit(c, ACC_LIMIT_XMPP_RETRY_MS), now);
}

/* Who has us ask does not choose how often one is dialled that is not there. */
static void on_question_over(struct acc_xmpp_link *l, enum acc_xmpp_reason r)
{
	struct acc_xmpp_out_link *o = of(l);

	if (r == ACC_XMPP_R_REMOTE_NAME || r == ACC_XMPP_R_REMOTE_CONNECT ||
	    r == ACC_XMPP_R_ESTABLISH_TIME)
		let_rest(o);
	edge_admit_leave(l->core->questions, &o->source, false);
	acc_xmpp_out_verdict(o, r == ACC_XMPP_R_ESTABLISH_TIME
					? ACC_XMPP_R_DIALBACK_TIME
					: ACC_XMPP_R_DIALBACK_FAILED);
	edge_wipe(o->key, sizeof(o->key));
}

static void on_over(struct acc_xmpp_link *l, enum acc_xmpp_reason r)
{
	struct acc_xmpp_out_link *o = of(l);
	struct acc_xmpp_parcel *p;

	take_out(o);
	if (!l->is_ready && r != ACC_XMPP_R_SHUTDOWN)
		let_rest(o);
	while ((p = take_first(o)) != NULL) {
		acc_xmpp_gateway_return(l->core, p,
					r ? r : ACC_XMPP_R_REMOTE_CLOSED);
		acc_xmpp_parcel_free(p);
	}
}

static const struct acc_xmpp_role out_role = {
	.name = "out",
	.opened = acc_xmpp_out_opened,
	.item = acc_xmpp_out_item,
	.drained = on_drained,
	.lost = on_lost,
	.over = on_over,
};

static const struct acc_xmpp_role verify_role = {
	.name = "verify",
	.opened = acc_xmpp_out_opened,
	.item = acc_xmpp_out_item,
	.lost = on_lost,
	.over = on_question_over,
};

/* -- its beginning ------------------------------------------------------ */

static void on_late(struct edge_timer *t, uint64_t now_ms)
{
	(void)now_ms;
	acc_xmpp_link_end(acc_xmpp_link_of_deadline(t),
			  ACC_XMPP_R_ESTABLISH_TIME);
}

static enum edge_err make(struct acc_xmpp_out_link **out,
			  struct acc_xmpp_core *c, const struct acc_xmpp_who *w,
			  const char *own, bool is_verify)
{
	struct acc_xmpp_out_link *o = calloc(1, sizeof(*o));
	enum edge_err err;

	if (!o)
		return EDGE_ENOMEM;
	STAILQ_INIT(&o->waiting);
	err = acc_xmpp_link_init(
		&o->link, c, is_verify ? &verify_role : &out_role,
		is_verify ? ACC_XMPP_LINK_VERIFY : ACC_XMPP_LINK_OUT);
	if (err) {
		free(o);
		return err;
	}
	o->who = *w;
	o->out.mode = w->mode;
	o->out.is_verify = is_verify;
	snprintf(o->link.domain, sizeof(o->link.domain), "%s", w->domain);
	snprintf(o->link.own, sizeof(o->link.own), "%s", own);
	if (!is_verify)
		o->link.partner = w->partner;
	pair_of(o->pair, is_verify ? "?" : "", own, w->domain);
	o->pair_hash = pair_hash(o->pair);
	*out = o;
	return EDGE_OK;
}

static void begin(struct acc_xmpp_out_link *o, uint64_t ms)
{
	struct acc_xmpp_link *l = &o->link;

	acc_xmpp_link_expect(l, ms, on_late);
	if (acc_xmpp_resolve(l->core, &o->who, l->id, on_found) != EDGE_OK)
		acc_xmpp_link_end(l, ACC_XMPP_R_REMOTE_NAME);
}

/* What speaks against a new stream to that partner. */
static enum acc_xmpp_reason
refusal(struct acc_xmpp_core *c, const struct acc_xmpp_who *w, const char *pair)
{
	uint8_t key[EDGE_EXPIRING_KEY];

	rest_key(key, pair);
	if (c->is_draining)
		return ACC_XMPP_R_SHUTDOWN;
	if (edge_expiring_has(c->resting, key, acc_xmpp_now(c)))
		return ACC_XMPP_R_REMOTE_RESTS;
	return acc_xmpp_room(c, w->partner, false);
}

static struct acc_xmpp_out_link *open_to(struct acc_xmpp_core *c,
					 const char *own,
					 const struct acc_xmpp_who *w,
					 enum acc_xmpp_reason *why)
{
	struct acc_xmpp_out_link *o;
	char pair[ACC_XMPP_PAIR_LEN];

	pair_of(pair, "", own, w->domain);
	*why = refusal(c, w, pair);
	if (!*why && make(&o, c, w, own, false) != EDGE_OK)
		*why = ACC_XMPP_R_INTERNAL;
	if (*why)
		return NULL;
	o->next = c->outs;
	c->outs = o;
	acc_xmpp_count(c, ACC_STAT_XMPP_DIALLED);
	return o;
}

void acc_xmpp_out_send(struct acc_xmpp_core *c, const char *own,
		       struct edge_slice domain, struct acc_xmpp_parcel *p)
{
	struct acc_xmpp_out_link *o = NULL;
	struct acc_xmpp_who w;
	char pair[ACC_XMPP_PAIR_LEN];
	enum acc_xmpp_reason why = acc_xmpp_partner_find(&w, c->topo, domain);
	bool is_new = false;

	if (!why) {
		pair_of(pair, "", own, w.domain);
		o = find(c, pair);
		is_new = !o;
		if (!o)
			o = open_to(c, own, &w, &why);
	}
	if (!o) {
		acc_xmpp_gateway_return(c, p, why);
		acc_xmpp_parcel_free(p);
	} else if (o->link.is_ready) {
		write_out(o, p);
	} else {
		put_off(o, p);
	}
	if (is_new && o)
		begin(o, (uint64_t)c->topo->xmpp_gateway.establish_s * 1000);
}

/* The same of a question: it has a place until it is over. */
static enum edge_err question_refusal(struct acc_xmpp_core *c,
				      const struct acc_xmpp_question *q)
{
	const uint64_t now = acc_xmpp_now(c);
	char pair[ACC_XMPP_PAIR_LEN];
	uint8_t key[EDGE_EXPIRING_KEY];

	pair_of(pair, "?", q->own, q->who->domain);
	rest_key(key, pair);
	if (c->is_draining || edge_expiring_has(c->resting, key, now))
		return EDGE_ECLOSED;
	return acc_xmpp_room(c, NULL, false) ||
			       edge_admit_enter(c->questions, q->source, now)
		       ? EDGE_ELIMIT
		       : EDGE_OK;
}

enum edge_err acc_xmpp_out_verify(struct acc_xmpp_core *c,
				  const struct acc_xmpp_question *q,
				  edge_handle *asked)
{
	struct acc_xmpp_out_link *o = NULL;
	enum edge_err err = question_refusal(c, q);

	if (err)
		return err;
	err = make(&o, c, q->who, q->own, true);
	if (!err && (!edge_slice_copy(o->key, sizeof(o->key), q->key) ||
		     !edge_slice_copy(o->asked_id, sizeof(o->asked_id),
				      q->stream_id))) {
		acc_xmpp_link_undo(&o->link);
		err = EDGE_EFORMAT;
	}
	if (err) {
		edge_admit_leave(c->questions, q->source, false);
		return err;
	}
	o->asker = q->asker;
	o->source = *q->source;
	*asked = o->link.id;
	acc_xmpp_count(c, ACC_STAT_XMPP_DIALLED_VERIFY);
	begin(o, acc_xmpp_limit(c, ACC_LIMIT_XMPP_DIALBACK_MS));
	return EDGE_OK;
}

/* One that negotiates by settings that are no more begins anew. */
static bool fits(const struct acc_xmpp_out_link *o,
		 const struct acc_xmpp_mode *m)
{
	const struct acc_xmpp_mode *old = &o->out.mode;

	if (o->link.is_ready)
		return acc_xmpp_stream_fits(m, o->is_external,
					    o->out.is_secured);
	return m->tls == old->tls && m->tls_required == old->tls_required &&
	       m->external == old->external && m->dialback == old->dialback;
}

void acc_xmpp_out_topology(struct acc_xmpp_link *l)
{
	struct acc_xmpp_who w;
	char own[ACC_XMPP_DOMAIN_LEN];
	enum acc_xmpp_reason r = acc_xmpp_partner_find(
		&w, l->core->topo, edge_slice_str(l->domain));

	if (!r && !acc_xmpp_is_own(own, l->core->topo, edge_slice_str(l->own)))
		r = ACC_XMPP_R_HOST_UNKNOWN;
	if (!r && !fits(of(l), &w.mode))
		r = ACC_XMPP_R_PARTNER_MODE;
	if (r) {
		acc_xmpp_link_end(l, r);
		return;
	}
	of(l)->who = w;
	of(l)->out.mode = w.mode;
	if (l->partner)
		l->partner = w.partner;
}
