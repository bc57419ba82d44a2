/* One SIP connection: its framing, deadlines and end. */
#include "access-edge/link.h"

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "access-edge/events.h"
#include "access-edge/inbound.h"
#include "access-edge/limits.h"
#include "access-edge/link_limits.h"
#include "access-edge/linktab.h"
#include "access-edge/proxy.h"
#include "access-edge/revoked.h"
#include "common/sock.h"

enum {
	LINK_EVENTS = EDGE_CONN_FAILED + 1,
	LINK_STATES = ACC_LINK_CLOSING + 1,
	FLUSH_MS = 2000, /* ours: for the last answer [ms] */
	LOW_WATER = 4,	 /* ours: queue is low at 1/4 of its high mark */
};

/* AE 2.12 */
static const struct edge_sock_probing probing = {
	.idle_s = 60,
	.interval_s = 10,
	.count = 6,
};

typedef enum acc_link_state link_step(struct acc_link *l);

/* -- input -------------------------------------------------------------- */

static void pass_over(struct acc_link *l)
{
	size_t len = edge_slice_len(edge_conn_input(l->conn));

	if (len > l->skip)
		len = l->skip;
	edge_conn_consume(l->conn, len);
	l->skip -= len;
	if (!l->skip)
		l->part_ms = 0;
}

static void keep_alive_heard(struct acc_link *l, const struct edge_sip_frame *f)
{
	if (f->skipped)
		acc_shard_count(l->shard, ACC_STAT_KEEP_ALIVES);
	if (f->double_crlf && l->wants_pong) /* AE 2.2, RFC 5626 4.4.1 */
		(void)acc_link_send(l, edge_slice_str("\r\n"));
}

static bool is_paused(const struct acc_link *l)
{
	return l->paused_by_hop || l->paused_by_self || l->paused_by_dns;
}

/* What has come in part is not late while we do not read. */
static void stop_reading(struct acc_link *l)
{
	l->part_ms = 0;
	edge_conn_pause(l->conn);
	acc_link_arm(l);
}

/* false: wait for more, or the link is closing */
static bool handle_one(struct acc_link *l)
{
	struct edge_sip_frame f = {0};
	struct edge_sip_frame_limits limits;
	enum edge_err err;

	if (l->skip)
		pass_over(l);
	if (l->skip || !edge_slice_len(edge_conn_input(l->conn)))
		return false;
	acc_link_frame_limits(l, &limits);
	err = edge_sip_frame_next(&l->framer, &limits, edge_conn_input(l->conn),
				  &f);
	keep_alive_heard(l, &f);
	if (err == EDGE_EAGAIN) {
		edge_conn_consume(l->conn, f.consumed);
		return false;
	}
	l->framer = (struct edge_sip_framer){0};
	l->part_ms = 0;
	if (err) {
		acc_shard_count(l->shard, ACC_STAT_FRAME_ERRORS);
		acc_proxy_frame_fault(l, &f);
		if (l->state != ACC_LINK_OPEN)
			return false;
		l->skip = f.skip_body;
	} else {
		l->heard = true;
		if (l->dialler)
			l->dialler->heard(l);
		if (!acc_proxy_message(l, &f))
			return false; /* it stays, and is read again */
	}
	if (l->state != ACC_LINK_OPEN)
		return false;
	edge_conn_consume(l->conn, f.consumed);
	return true;
}

static enum acc_link_state on_data(struct acc_link *l)
{
	uint64_t now = edge_loop_now_ms(l->shard->loop);

	l->heard_ms = now;
	while (!is_paused(l) && handle_one(l))
		;
	if (l->state != ACC_LINK_OPEN)
		return l->state;
	if (is_paused(l))
		l->part_ms = 0; /* what waits now waits for us */
	else if (!l->part_ms &&
		 (l->skip || edge_slice_len(edge_conn_input(l->conn))))
		l->part_ms = now;
	acc_link_arm(l);
	return l->state;
}

/* -- who it is ---------------------------------------------------------- */

static bool refuse_peer(struct acc_link *l, uint32_t event, enum acc_stat row,
			const char *reason)
{
	const struct edge_peer *p = edge_conn_peer(l->conn);
	char from[EDGE_ADDR_STRLEN], cn[128];

	edge_addr_print(&l->source.remote, from);
	edge_log_escape(cn, sizeof(cn), edge_slice_str(p->cn));
	acc_shard_count(l->shard, row);
	edge_event(event, "peer=%s cn=%s san=%s reason=%s", from, cn,
		   p->name_count ? p->names[0] : "-", reason);
	return false;
}

static bool is_trusted_server(struct acc_link *l)
{
	const struct edge_peer *p = edge_conn_peer(l->conn);

	if (p->fault != EDGE_PEER_FINE)
		return refuse_peer(l, ACC_EV_PEER_REFUSED,
				   ACC_STAT_REJECTED_ROLE,
				   edge_peer_fault_str(p->fault));
	for (size_t i = 0; i < p->name_count; i++)
		if (topo_is_trusted(l->shard->view.topo,
				    edge_slice_str(p->names[i]),
				    TOPO_TRUST_SIP))
			return true;
	return refuse_peer(l, ACC_EV_PEER_REFUSED, ACC_STAT_REJECTED_ROLE,
			   edge_peer_fault_str(EDGE_PEER_NAME));
}

/* AE 2.1: the role step; a certificate makes a partner (1.2: also of who came
 * by the clients' door, when that is everybody's). */
static bool decide_role(struct acc_link *l)
{
	if (l->kind == ACC_LINK_INSIDE)
		return is_trusted_server(l);
	if (l->kind == ACC_LINK_PARTNER ||
	    (l->kind == ACC_LINK_CLIENT &&
	     edge_conn_peer(l->conn)->has_certificate))
		return acc_inbound_begin(l);
	return true;
}

static void leave_handshake(struct acc_link *l)
{
	if (!l->admitted || l->was_secured)
		return;
	l->was_secured = true;
	edge_admit_secured(l->shard->shared->admit[l->door], &l->source.remote);
}

static enum acc_link_state on_secured(struct acc_link *l)
{
	acc_shard_count(l->shard, ACC_STAT_HANDSHAKES);
	leave_handshake(l);
	if (!decide_role(l)) {
		acc_link_close(l);
		return ACC_LINK_CLOSING;
	}
	l->source.local = *edge_conn_local(l->conn); /* dialled: known now */
	l->opened_ms = edge_loop_now_ms(l->shard->loop);
	l->state = ACC_LINK_OPEN;
	if (l->dialler && !l->dialler->is_right(l)) {
		acc_link_close(l);
		return ACC_LINK_CLOSING;
	}
	l->opened = true;
	if (l->dialler)
		l->dialler->secured(l);
	if (l->state == ACC_LINK_OPEN)
		acc_link_arm(l);
	return l->state;
}

/* -- output and end ----------------------------------------------------- */

static void read_again(struct acc_link *l, bool *why)
{
	if (!*why)
		return;
	*why = false;
	if (!is_paused(l))
		edge_conn_resume(l->conn);
}

static enum acc_link_state on_drained(struct acc_link *l)
{
	if (l->dialler)
		l->dialler->drained(l);
	read_again(l, &l->paused_by_self);
	return l->state;
}

static void tell_failed(struct acc_link *l, const char *reason)
{
	char from[EDGE_ADDR_STRLEN], detail[160];
	uint32_t more;

	if (!acc_shard_may_tell(l->shard, ACC_EV_LINK_FAILED, reason,
				&l->source.remote, &more))
		return;
	edge_addr_print(&l->source.remote, from);
	edge_log_escape(detail, sizeof(detail),
			edge_slice_str(edge_conn_detail(l->conn)));
	edge_event(ACC_EV_LINK_FAILED,
		   "peer=%s reason=%s suppressed=%u detail=%s", from, reason,
		   more, detail);
}

static bool has_bad_certificate(const struct acc_link *l)
{
	enum edge_peer_fault f = edge_conn_peer(l->conn)->fault;

	return f != EDGE_PEER_FINE && f != EDGE_PEER_ABSENT;
}

static void note_failed_handshake(struct acc_link *l)
{
	enum edge_conn_why why = edge_conn_why(l->conn);

	acc_shard_count(l->shard, ACC_STAT_HANDSHAKE_FAIL);
	tell_failed(l, edge_conn_why_str(why));
	l->never_connected = why == EDGE_CONN_WHY_CONNECT;
	if (!has_bad_certificate(l))
		return;
	if (l->kind != ACC_LINK_INSIDE && l->kind != ACC_LINK_UPSTREAM)
		acc_revoked_note(l->shard, edge_conn_peer(l->conn),
				 edge_conn_peer(l->conn)->fault);
	if (l->dialler)
		l->dialler->distrust(
			l, edge_peer_fault_str(edge_conn_peer(l->conn)->fault));
}

static enum acc_link_state on_lost(struct acc_link *l)
{
	if (l->state == ACC_LINK_TLS)
		note_failed_handshake(l);
	acc_link_close(l);
	return ACC_LINK_CLOSING;
}

static enum acc_link_state on_nothing(struct acc_link *l)
{
	return l->state;
}

static link_step *const steps[LINK_STATES][LINK_EVENTS] = {
	/* clang-format off */
	/*                    SECURED     DATA        DRAINED     EOF         TIMEOUT     FAILED */
	[ACC_LINK_TLS]     = {on_secured, on_nothing, on_nothing, on_lost,    on_lost,    on_lost},
	[ACC_LINK_OPEN]    = {on_nothing, on_data,    on_drained, on_lost,    on_lost,    on_lost},
	[ACC_LINK_CLOSING] = {on_nothing, on_nothing, on_nothing, on_nothing, on_nothing, on_nothing},
	/* clang-format on */
};

static void on_event(struct edge_conn *c, enum edge_conn_event ev, void *arg)
{
	struct acc_link *l = arg;

	(void)c;
	l->state = steps[l->state][ev](l);
}

static void on_doom(struct edge_task *t)
{
	acc_link_close(
		(struct acc_link *)(void *)((char *)t -
					    offsetof(struct acc_link, doom)));
}

bool acc_link_send(struct acc_link *l, struct edge_slice bytes)
{
	if (l->state != ACC_LINK_OPEN)
		return false;
	if (edge_conn_write(l->conn, bytes) != EDGE_OK) {
		l->is_full = true;
		l->doom.fn = on_doom;
		edge_loop_defer(l->shard->loop, &l->doom);
		return false;
	}
	if (!l->dialler && !l->paused_by_self &&
	    edge_conn_above_high_water(l->conn)) {
		l->paused_by_self = true;
		stop_reading(l);
	}
	return true;
}

static void tell_transactions(struct acc_link *l)
{
	struct acc_txn *x;

	while ((x = LIST_FIRST(&l->asked)))
		acc_proxy_asker_gone(x);
	while ((x = LIST_FIRST(&l->asking)))
		acc_proxy_asked_gone(x);
}

static void tell_other_shards(struct acc_link *l)
{
	for (unsigned i = 0; i < ACC_SHARDS; i++) {
		struct acc_mail *m;

		if (!(l->remote_askers & 1u << i))
			continue;
		m = acc_mail_new(ACC_MAIL_LINK_GONE, edge_slice(NULL, 0));
		if (!m)
			continue; /* their timers will notice */
		m->cid = l->source.cid;
		(void)acc_shard_post(l->shard, i, m);
	}
}

static enum edge_conn_why why_closed(const struct acc_link *l)
{
	enum edge_conn_why why = edge_conn_why(l->conn);

	if (why != EDGE_CONN_LIVE)
		return why;
	return l->is_full ? EDGE_CONN_WHY_QUEUE : EDGE_CONN_WHY_OURS;
}

static void leave_tables(struct acc_link *l)
{
	edge_wheel_stop(&l->timer);
	atomic_fetch_sub_explicit(&l->shard->gauges.links[l->kind], 1,
				  memory_order_relaxed);
	if (l->admitted)
		edge_admit_leave(l->shard->shared->admit[l->door],
				 &l->source.remote, l->was_secured);
	acc_shard_count(l->shard, ACC_STAT_CLOSED + (size_t)why_closed(l));
}

static void end(struct acc_link *l, uint32_t flush_ms)
{
	char why[160];
	const char *detail;

	if (l->state == ACC_LINK_CLOSING)
		return;
	l->state = ACC_LINK_CLOSING;
	leave_tables(l);
	detail = edge_conn_detail(l->conn);
	edge_log_escape(
		why, sizeof(why),
		edge_slice_str(*detail ? detail
				       : edge_conn_why_str(why_closed(l))));
	tell_transactions(l);
	acc_linktab_drop(l->shard->links, l->source.cid);
	tell_other_shards(l);
	if (flush_ms)
		edge_conn_close_after_flush(l->conn, flush_ms);
	else
		edge_conn_close(l->conn);
	l->conn = NULL;
	l->source.facts = NULL;
	free(l->known);
	l->known = NULL;
	if (l->dialler)
		l->dialler->lost(l, why);
	edge_loop_defer_free(l->shard->loop, l, free);
}

void acc_link_close(struct acc_link *l)
{
	end(l, 0);
}

void acc_link_finish(struct acc_link *l)
{
	end(l, FLUSH_MS);
}

void acc_link_hold_for_hop(struct acc_link *l)
{
	if (l->state != ACC_LINK_OPEN || l->paused_by_hop)
		return;
	l->paused_by_hop = true;
	stop_reading(l);
}

void acc_link_release_for_hop(struct acc_link *l)
{
	if (l->state == ACC_LINK_OPEN)
		read_again(l, &l->paused_by_hop);
}

void acc_link_hold_for_dns(struct acc_link *l)
{
	if (l->state != ACC_LINK_OPEN || l->paused_by_dns)
		return;
	l->paused_by_dns = true;
	stop_reading(l);
}

void acc_link_release_for_dns(struct acc_link *l)
{
	if (l->state == ACC_LINK_OPEN)
		read_again(l, &l->paused_by_dns);
}

/* -- making one --------------------------------------------------------- */

static struct edge_tls *tls_of(const struct acc_link *l)
{
	const struct acc_shard *s = l->shard;

	return l->kind == ACC_LINK_OUTBOUND   ? s->tls_partner
	       : l->kind == ACC_LINK_UPSTREAM ? s->tls_out
					      : s->tls[l->kind];
}

/* Whose names count: an upstream is one of the inside. */
static const struct edge_peer_policy *policy_of(const struct acc_link *l)
{
	static const enum acc_listen_kind like[ACC_LINK_KINDS] = {
		[ACC_LINK_CLIENT] = ACC_LISTEN_CLIENT,
		[ACC_LINK_INSIDE] = ACC_LISTEN_INSIDE,
		[ACC_LINK_PARTNER] = ACC_LISTEN_PARTNER,
		[ACC_LINK_UPSTREAM] = ACC_LISTEN_INSIDE,
		[ACC_LINK_OUTBOUND] = ACC_LISTEN_PARTNER,
	};

	return &l->shard->shared->policy[like[l->kind]];
}

static void plan_conn(struct acc_link *l, struct edge_conn_plan *p)
{
	struct acc_shard *s = l->shard;
	struct edge_sip_frame_limits f;
	uint32_t out = (uint32_t)acc_shard_limit(s, ACC_LIMIT_OUT_QUEUE);

	acc_link_frame_limits(l, &f);
	l->body_room = (uint32_t)f.body_len;
	*p = (struct edge_conn_plan){
		.loop = s->loop,
		.tls = tls_of(l),
		.policy = policy_of(l),
		.in_cap = f.head_len + f.body_len + 4096,
		.out_cap = l->kind == ACC_LINK_CLIENT ? out : out * 8,
		.high_water = out / 2,
		.low_water = out / 2 / LOW_WATER,
		.handshake_ms = (uint32_t)acc_shard_limit(
			s, l->kind >= ACC_LINK_UPSTREAM
				   ? ACC_LIMIT_CONNECT_MS
				   : ACC_LIMIT_HANDSHAKE_MS),
		.stall_ms = (uint32_t)acc_shard_limit(s, ACC_LIMIT_STALL_MS),
		.probing = l->kind == ACC_LINK_CLIENT ? NULL : &probing,
		.fn = on_event,
		.arg = l,
	};
}

static struct acc_link *make(struct acc_shard *s, enum acc_link_kind kind)
{
	struct acc_link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->shard = s;
	l->kind = kind;
	/* a partner's role is known from its certificate on */
	l->source.role = kind == ACC_LINK_CLIENT ? ACC_ROLE_USR : ACC_ROLE_INT;
	LIST_INIT(&l->asked);
	LIST_INIT(&l->asking);
	if (acc_linktab_put(s->links, l) != EDGE_OK) {
		free(l);
		return NULL;
	}
	acc_link_limits_start(l);
	return l;
}

static void unmake(struct acc_link *l)
{
	acc_linktab_drop(l->shard->links, l->source.cid);
	free(l);
}

enum edge_err acc_link_accept(struct acc_shard *s, enum acc_listen_kind kind,
			      int fd, const struct edge_addr *from)
{
	static const enum acc_stat accepted[ACC_LISTEN_KINDS] = {
		[ACC_LISTEN_CLIENT] = ACC_STAT_ACCEPTED_CLIENT,
		[ACC_LISTEN_INSIDE] = ACC_STAT_ACCEPTED_INSIDE,
		[ACC_LISTEN_PARTNER] = ACC_STAT_ACCEPTED_PARTNER,
	};
	struct acc_link *l = make(s, (enum acc_link_kind)kind);
	struct edge_conn_plan p;
	enum edge_err err = EDGE_ELIMIT;

	if (l) {
		plan_conn(l, &p);
		err = edge_conn_accept(&l->conn, &p, fd);
	}
	if (err) {
		close(fd);
		edge_admit_leave(s->shared->admit[kind], from, false);
		if (l)
			unmake(l);
		return err;
	}
	l->door = kind;
	l->source.remote = *from;
	l->source.local = *edge_conn_local(l->conn);
	l->admitted = true;
	acc_shard_count(s, accepted[kind]);
	atomic_fetch_add_explicit(&s->gauges.links[kind], 1,
				  memory_order_relaxed);
	return EDGE_OK;
}

/* Partners are dialled from the Access address, next hops from the inside
 * one, each on its own NIC. */
static struct edge_addr from_where(const struct acc_link *l,
				   const char **device)
{
	const struct acc_shard *s = l->shard;
	bool outside = l->kind == ACC_LINK_OUTBOUND;
	struct edge_addr local =
		outside ? s->view.topo->listen[TOPO_PORT_ACCESS_CLIENT].addr
			: s->view.topo->internal;

	*device = outside ? s->device_outside : s->device;
	if (!**device)
		*device = NULL;
	local.port = 0;
	return local;
}

enum edge_err acc_link_dial(struct acc_link **out, struct acc_shard *s,
			    const struct acc_dial *d)
{
	struct acc_link *l = make(s, d->kind);
	struct edge_addr local;
	const char *device;
	struct edge_conn_plan p;
	enum edge_err err;

	if (!l)
		return EDGE_ELIMIT;
	l->dialler = d->dialler;
	l->upstream = d->upstream;
	l->outbound = d->outbound;
	plan_conn(l, &p);
	local = from_where(l, &device);
	err = p.tls ? edge_conn_dial(&l->conn, &p, &local, device, d->to,
				     d->name)
		    : EDGE_ESTATE;
	if (err) {
		unmake(l);
		return err;
	}
	l->source.remote = *d->to;
	l->source.local = *edge_conn_local(l->conn);
	atomic_fetch_add_explicit(&s->gauges.links[l->kind], 1,
				  memory_order_relaxed);
	*out = l;
	return EDGE_OK;
}
