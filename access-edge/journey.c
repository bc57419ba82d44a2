/* A decided request on its way: to the next hop, a client, a partner. */
#include "access-edge/journey.h"

#include "access-edge/delivery.h"
#include "access-edge/limits.h"
#include "access-edge/linktab.h"
#include "access-edge/outbound.h"
#include "access-edge/refuse.h"
#include "access-edge/reply.h"
#include "access-edge/upstream.h"
#include "common/crypto.h"

enum { TAG_LEN = 33 };

/* -- writing ------------------------------------------------------------ */

static void route_tag(char out[TAG_LEN])
{
	static const char digits[] = "0123456789ABCDEF"; /* as products print */
	uint8_t bytes[(TAG_LEN - 1) / 2];

	edge_random(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[TAG_LEN - 1] = 0;
}

static bool rewrite(const struct acc_journey *j, const struct edge_addr *local,
		    edge_handle txn, struct edge_slice *out,
		    enum acc_reason *reason)
{
	char sent_by[EDGE_ADDR_STRLEN], tag[TAG_LEN] = "";
	struct acc_stamp stamp = {.sent_by = sent_by,
				  .txn = txn,
				  .loop_hash = j->hash,
				  .route_tag = tag,
				  .peer = j->peer};
	const struct acc_rewrite r = {j->s->desk.edit, &j->s->view, j->m,
				      &j->l->source};
	struct acc_link *client;

	if (j->d.to == ACC_TO_CLIENT) {
		client = acc_linktab_find(j->s->links, j->d.client);
		stamp.client_signed_in = client && client->source.signed_in;
	}

	edge_addr_print(local, sent_by);
	if (j->d.record_route)
		route_tag(tag);
	*reason = ACC_REASON_INTERNAL;
	return acc_rewrite_request(&r, &j->d, &stamp, out, reason) == EDGE_OK;
}

static size_t sent_head_len(struct edge_slice sent,
			    const struct edge_sip_msg *m)
{
	return edge_slice_len(sent) - edge_slice_len(m->body);
}

/* End of a journey that cannot go on, with or without transaction. */
void acc_journey_stop(const struct acc_journey *j, struct acc_txn *x,
		      enum acc_reason reason)
{
	if (x)
		acc_reply_fail(x, reason);
	else
		acc_refuse_by(j->l, j->m,
			      &(struct acc_refusal){
				      .reason = reason,
				      .verdict = &j->d.verdict,
			      });
}

/* -- inward ------------------------------------------------------------- */

static void write_inward(const struct acc_journey *j, struct acc_txn *x,
			 const struct acc_picked *p)
{
	struct edge_slice out;
	enum acc_reason reason;

	if (!rewrite(j, &p->link->source.local, x ? x->id : 0, &out, &reason)) {
		acc_journey_stop(j, x, reason);
		return;
	}
	acc_shard_count(j->s, ACC_STAT_FORWARDED_IN);
	if (!j->d.member && j->l->kind == ACC_LINK_CLIENT)
		j->l->member = acc_upstream_id(p->up); /* AE 2.9 stickiness */
	if (!acc_link_send(p->link, out)) {
		acc_journey_stop(j, x, ACC_REASON_NEXT_HOP_LOST);
		return;
	}
	if (edge_conn_above_high_water(p->link->conn))
		acc_link_hold_for_hop(j->l);
	if (!x) {
		acc_upstream_spend(j->s->upstreams, &j->l->source);
		return;
	}
	acc_txn_written(x, p->link->source.cid, p->link, out,
			sent_head_len(out, j->m));
	acc_upstream_begin(p->up, x);
	acc_reply_expect(x);
}

static enum acc_reason overload_reason(const struct acc_journey *j)
{
	return j->m->method == EDGE_SIP_REGISTER ? ACC_REASON_OVERLOAD_REGISTER
						 : ACC_REASON_OVERLOAD;
}

/* AE 5: unsigned traffic is told at once, signed one is held a moment. */
static void hold_or_refuse(const struct acc_journey *j, struct acc_txn *x)
{
	struct acc_shard *s = j->s;

	if (!x || acc_upstream_is_stranger(&x->from) ||
	    acc_upstream_held(s->upstreams) >=
		    acc_shard_limit(s, ACC_LIMIT_HELD) ||
	    edge_loop_now_ms(s->loop) - x->begun_ms >
		    acc_shard_limit(s, ACC_LIMIT_HOLD_MS)) {
		acc_upstream_overloaded(s->upstreams);
		acc_journey_stop(j, x, overload_reason(j));
	} else {
		acc_upstream_hold(s->upstreams, x);
	}
}

static void go_inward(const struct acc_journey *j, struct acc_txn *x)
{
	const struct acc_pick_plan plan = {
		.cluster = j->d.cluster,
		.member = j->d.member,
		.sticky = j->d.member ? 0 : j->l->member,
		.from_uri = j->m->from.uri.text,
		.tried = x && x->tried_in == j->s->view.topo ? x->tried : 0,
		.from = &j->l->source,
	};
	struct acc_picked p = {0};

	switch (acc_upstream_pick(j->s->upstreams, &plan, &p)) {
	case ACC_PICK_READY:
		write_inward(j, x, &p);
		break;
	case ACC_PICK_WAIT:
		if (x)
			acc_upstream_wait(p.up, x);
		else
			acc_journey_stop(j, NULL, ACC_REASON_NEXT_HOP_DOWN);
		break;
	case ACC_PICK_FULL:
		hold_or_refuse(j, x);
		break;
	case ACC_PICK_NONE:
		acc_journey_stop(j, x,
				 acc_upstream_why_none(j->s->upstreams, &plan));
		break;
	}
}

/* -- outward ------------------------------------------------------------ */

/* A Request-URI's ms-received-cid counts only with its far end (AE 2.7 b). */
static bool far_end(const struct acc_journey *j, struct edge_addr *out)
{
	*out = (struct edge_addr){0};
	if (j->d.pop)
		return true;
	return edge_addr_parse(out, j->m->ruri.host, j->m->ruri.port) ==
		       EDGE_OK &&
	       out->port;
}

static void go_outward(const struct acc_journey *j, struct acc_txn *x)
{
	const struct edge_addr *local =
		&j->s->view.topo->listen[TOPO_PORT_ACCESS_CLIENT].addr;
	struct acc_parcel parcel = {.to = j->d.client, .txn = x ? x->id : 0};
	enum acc_reason reason;

	if (!rewrite(j, local, x ? x->id : 0, &parcel.bytes, &reason)) {
		acc_journey_stop(j, x, reason);
		return;
	}
	reason = far_end(j, &parcel.far) ? acc_deliver(j->s, &parcel)
					 : ACC_REASON_CLIENT_GONE;
	if (reason != ACC_REASON_OK) {
		acc_journey_stop(j, x, reason);
		return;
	}
	acc_shard_count(j->s, ACC_STAT_FORWARDED_OUT);
	if (!x)
		return;
	acc_txn_written(x, j->d.client,
			acc_linktab_find(j->s->links, j->d.client),
			parcel.bytes, sent_head_len(parcel.bytes, j->m));
	acc_reply_expect(x);
}

/* -- to partners -------------------------------------------------------- */

static void expect(const struct acc_journey *j, struct acc_txn *x,
		   struct acc_link *link, struct edge_slice out)
{
	acc_txn_written(x, link->source.cid, link, out,
			sent_head_len(out, j->m));
	acc_reply_expect(x);
}

static void write_to_partner(const struct acc_journey *j, struct acc_txn *x,
			     struct acc_link *link)
{
	struct edge_slice out;
	enum acc_reason reason;
	struct acc_journey to = *j;

	to.peer = link->source.cid;
	if (!rewrite(&to, &link->source.local, x && !x->is_one_way ? x->id : 0,
		     &out, &reason)) {
		acc_journey_stop(j, x, reason);
		return;
	}
	if (!acc_link_send(link, out)) {
		acc_journey_stop(j, x, ACC_REASON_PARTNER_LOST);
		return;
	}
	acc_shard_count(j->s, ACC_STAT_FORWARDED_PARTNER);
	if (edge_conn_above_high_water(link->conn))
		acc_link_hold_for_hop(j->l);
	if (x && x->is_one_way)
		acc_txn_free(x);
	else if (x)
		expect(j, x, link, out);
}

/* An ACK, too, waits until the partner is connected: another shard may have
 * sent the INVITE, or the connection has gone since. */
static void wait_one_way(const struct acc_journey *j, struct acc_outbound *up)
{
	struct acc_txn_plan plan = {
		.from = j->l, .msg = j->m, .head_len = j->head_len};
	struct acc_txn *x;

	edge_random(&plan.key, sizeof(plan.key)); /* nothing repeats it */
	if (acc_txn_new(&x, j->s->txns, &plan) != EDGE_OK) {
		acc_journey_stop(j, NULL, ACC_REASON_TRANSACTIONS);
		return;
	}
	x->loop_hash = j->hash;
	x->is_one_way = x->is_for_partner = true;
	acc_reply_expect(x);
	acc_outbound_wait(up, x);
}

static void go_to_partner(const struct acc_journey *j, struct acc_txn *x)
{
	struct acc_outbound *up = NULL;
	struct acc_link *link = NULL;
	enum acc_reason why = ACC_REASON_OK;
	char detail[ACC_OUTBOUND_DETAIL];

	if (x)
		x->is_for_partner = true;
	switch (acc_outbound_pick(j->s->outbounds, &j->d.partner, &up, &link,
				  &why)) {
	case ACC_PICK_READY:
		write_to_partner(j, x, link);
		break;
	case ACC_PICK_WAIT:
		if (x)
			acc_outbound_wait(up, x);
		else
			wait_one_way(j, up);
		break;
	case ACC_PICK_FULL:
	case ACC_PICK_NONE:
		acc_outbound_detail(up, detail);
		if (x)
			acc_reply_fail_for(x, why, detail);
		else
			acc_journey_stop(j, NULL, why);
		break;
	}
}

void acc_journey_go(const struct acc_journey *j, struct acc_txn *x)
{
	if (j->d.to == ACC_TO_NEXT_HOP)
		go_inward(j, x);
	else if (j->d.to == ACC_TO_PARTNER)
		go_to_partner(j, x);
	else
		go_outward(j, x);
}
