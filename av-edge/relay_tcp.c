/* Connections of peers: AV 1.15 for MS-TURN, RFC 6062 for the other dialect. */
#include <stddef.h>
#include <stdlib.h>

#include "av-edge/relay_state.h"

enum { BITS_A_BYTE = 8 };

enum link_state {
	LINK_DIALLED, /* not there yet; what is written waits */
	LINK_HELD,    /* came in without permission: not read */
	LINK_WAITING, /* RFC 6062: for its join, not read */
	LINK_JOINED,  /* RFC 6062: one with a stream, which the worker moves */
	LINK_OPEN,
};

struct ave_peer_link {
	struct ave_peer_link *next; /* of its allocation */
	struct ave_alloc *alloc;
	edge_handle id; /* CONNECTION-ID */
	uint32_t peer;	/* as the net names it */
	struct edge_addr addr;
	enum link_state state;
	struct ave_leg stream; /* JOINED: with which */
	struct edge_timer timer;
};

/* -- links of an allocation ------------------------------------------------ */

static struct ave_peer_link *by_peer(const struct ave_alloc *a, uint32_t peer)
{
	struct ave_peer_link *l = a->peers;

	while (l && l->peer != peer)
		l = l->next;
	return l;
}

/* One that takes data, or will. */
static struct ave_peer_link *by_addr(const struct ave_alloc *a,
				     const struct edge_addr *addr)
{
	struct ave_peer_link *l = a->peers;

	while (l && (l->state == LINK_HELD || !edge_addr_eq(&l->addr, addr)))
		l = l->next;
	return l;
}

/* Strangers who are held take no place from those who are not. */
static bool has_room(const struct ave_alloc *a, bool is_held)
{
	uint64_t n = 0;

	for (const struct ave_peer_link *l = a->peers; l; l = l->next)
		n += (l->state == LINK_HELD) == is_held;
	return n < ave_relay_limit(a->relay, AVE_LIMIT_TCP_PEERS);
}

static struct ave_peer_link *link_new(struct ave_alloc *a, uint32_t peer,
				      const struct edge_addr *addr,
				      enum link_state state)
{
	struct ave_peer_link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	*l = (struct ave_peer_link){
		.alloc = a, .peer = peer, .addr = *addr, .state = state};
	if (edge_handles_put(a->relay->links, l, &l->id)) {
		free(l);
		return NULL;
	}
	l->next = a->peers;
	a->peers = l;
	return l;
}

static void link_free(struct ave_peer_link *l)
{
	edge_wheel_stop(&l->timer);
	edge_handles_drop(l->alloc->relay->links, l->id);
	free(l);
}

/* Forgets the connection; who closes it is another question. */
static void link_drop(struct ave_peer_link *l)
{
	struct ave_peer_link **p = &l->alloc->peers;

	while (*p != l)
		p = &(*p)->next;
	*p = l->next;
	link_free(l);
}

static void close_peer(const struct ave_relay *r, uint32_t peer, bool is_reset)
{
	r->plan.net->close_peer(r->plan.net_self, peer, is_reset);
}

static void read_peer(const struct ave_peer_link *l, bool on)
{
	const struct ave_relay *r = l->alloc->relay;

	r->plan.net->read_peer(r->plan.net_self, l->peer, on);
}

static void tell_dialect(const struct ave_peer_link *l, enum ave_reason how)
{
	struct ave_alloc *a = l->alloc;
	const struct edge_addr addr = l->addr;

	if (a->dialect->peer_is)
		a->dialect->peer_is(a->relay, a, &addr, l->id, how);
}

/* -- time ------------------------------------------------------------------ */

static void on_timer(struct edge_timer *t, uint64_t now_ms)
{
	struct ave_peer_link *l =
		(struct ave_peer_link *)(void *)((char *)t -
						 offsetof(struct ave_peer_link,
							  timer));
	struct ave_relay *r = l->alloc->relay;

	(void)now_ms;
	if (l->state == LINK_HELD)
		ave_relay_drop(r, AVE_PEER_HELD);
	close_peer(r, l->peer, true);
	link_drop(l);
}

static void start_timer(struct ave_peer_link *l, enum ave_limit ms)
{
	struct ave_relay *r = l->alloc->relay;

	edge_wheel_start(r->wheel, &l->timer,
			 r->now_ms + ave_relay_limit(r, ms), on_timer);
}

/* -- pace: a stream is slowed down, not thinned out ------------------------ */

static bool is_read(const struct ave_alloc *a)
{
	return !a->is_full && !a->is_paced;
}

static void read_all(const struct ave_alloc *a)
{
	for (const struct ave_peer_link *l = a->peers; l; l = l->next)
		if (l->state == LINK_OPEN)
			read_peer(l, is_read(a));
}

static void set_pace(struct ave_alloc *a, bool is_paced)
{
	const struct ave_relay *r = a->relay;

	a->is_paced = is_paced;
	read_all(a);
	if (ave_leg_is_stream(&a->leg))
		r->plan.net->read_client(r->plan.net_self, &a->leg, !is_paced);
}

static void wait_for_credit(struct ave_alloc *a);

static void on_pace(struct edge_timer *t, uint64_t now_ms)
{
	struct ave_alloc *a =
		(struct ave_alloc *)(void *)((char *)t -
					     offsetof(struct ave_alloc, pace));

	(void)now_ms;
	ave_relay_fill(a->relay, a);
	if (a->credit < 0)
		wait_for_credit(a);
	else
		set_pace(a, false);
}

static void wait_for_credit(struct ave_alloc *a)
{
	struct ave_relay *r = a->relay;
	const int64_t rate =
		(int64_t)ave_relay_limit(r, AVE_LIMIT_BANDWIDTH_KBIT);

	edge_wheel_start(r->wheel, &a->pace,
			 r->now_ms + (uint64_t)(-a->credit / rate) + 1,
			 on_pace);
}

/* What has come is passed on; then nobody is read until it is paid for. */
static void owe(struct ave_alloc *a, size_t len)
{
	a->credit -= (int64_t)len * BITS_A_BYTE;
	if (a->credit >= 0 || a->is_paced)
		return;
	ave_relay_fill(a->relay, a);
	if (a->credit >= 0)
		return;
	set_pace(a, true);
	wait_for_credit(a);
}

void ave_relay_tcp_full(struct ave_relay *r, struct ave_alloc *a, bool is_full)
{
	(void)r;
	a->is_full = is_full;
	read_all(a);
}

/* -- coming in ------------------------------------------------------------- */

static void open_link(struct ave_peer_link *l)
{
	if (l->alloc->dialect->joins_peers) {
		l->state = LINK_WAITING;
		read_peer(l, false);
		start_timer(l, AVE_LIMIT_JOIN_MS);
		tell_dialect(l, AVE_FINE);
		return;
	}
	l->state = LINK_OPEN;
	edge_wheel_stop(&l->timer);
	read_peer(l, is_read(l->alloc));
}

static enum ave_reason accept_peer(struct ave_relay *r, uint64_t tag,
				   uint32_t peer, const struct edge_addr *from)
{
	const struct edge_addr addr = ave_relay_inward(r, from);
	struct ave_alloc *a = ave_tagged(r, tag);
	struct ave_peer_link *l;
	bool is_held;

	if (!a)
		return AVE_NO_ALLOCATION;
	is_held = !ave_permissions_find(&a->permissions, &addr, r->now_ms);
	if (is_held && !ave_relay_limit(r, AVE_LIMIT_HOLD_MS))
		return AVE_PEER_HELD;
	if (!has_room(a, is_held))
		return AVE_PEER_LIMIT;
	l = link_new(a, peer, &addr, LINK_HELD);
	if (!l)
		return AVE_INTERNAL;
	if (is_held)
		start_timer(l, AVE_LIMIT_HOLD_MS);
	else
		open_link(l);
	return AVE_FINE;
}

void ave_relay_peer_accepted(struct ave_relay *r, uint64_t tag, uint32_t peer,
			     const struct edge_addr *from)
{
	enum ave_reason why = accept_peer(r, tag, peer, from);

	if (!why)
		return;
	ave_relay_drop(r, why);
	close_peer(r, peer, true);
}

/* One a turn: a dialect that is told may do anything but end the allocation's
 * memory. */
static struct ave_peer_link *held_from(const struct ave_alloc *a,
				       const struct edge_addr *peer)
{
	struct ave_peer_link *l = a->peers;

	while (l &&
	       (l->state != LINK_HELD || !edge_addr_same_ip(&l->addr, peer)))
		l = l->next;
	return l;
}

void ave_relay_tcp_permitted(struct ave_relay *r, struct ave_alloc *a,
			     const struct edge_addr *peer)
{
	struct ave_peer_link *l;

	(void)r;
	while (has_room(a, false) && (l = held_from(a, peer)))
		open_link(l);
}

/* -- going out ------------------------------------------------------------- */

static enum ave_reason dial(struct ave_peer_link **out, struct ave_alloc *a,
			    const struct edge_addr *peer)
{
	struct ave_relay *r = a->relay;
	const struct ave_relayed *d = &a->relayed[ave_family(peer)];
	const struct edge_addr to = ave_relay_outward(r, peer);
	uint32_t name;

	if (!has_room(a, false))
		return AVE_PEER_LIMIT;
	if (r->plan.net->dial(r->plan.net_self, &name, &d->at, &to, ave_tag(a)))
		return AVE_PEER_GONE;
	*out = link_new(a, name, peer, LINK_DIALLED);
	if (*out)
		return AVE_FINE;
	close_peer(r, name, true);
	return AVE_INTERNAL;
}

/* Both ends dial at once, as clients of one relay do: the peer's connection has
 * the same two addresses, and waits to be accepted. */
static struct ave_peer_link *crossed(struct ave_alloc *a,
				     const struct edge_addr *peer)
{
	const struct ave_relay_plan *p = &a->relay->plan;

	if (!p->net->take_peers)
		return NULL;
	p->net->take_peers(p->net_self, a->relayed[ave_family(peer)].wire);
	return by_addr(a, peer);
}

enum ave_reason ave_relay_tcp_send(struct ave_relay *r, struct ave_alloc *a,
				   const struct edge_addr *peer,
				   struct edge_slice bytes)
{
	struct ave_peer_link *l = by_addr(a, peer);
	enum ave_reason why = AVE_FINE;
	const size_t len = edge_slice_len(bytes);
	enum edge_err err;

	if (!l) /* AV 6.4: once more when it connects */
		why = ave_relay_judge(a, peer);
	if (!l && !why)
		why = dial(&l, a, peer);
	if (why == AVE_PEER_GONE) {
		l = crossed(a, peer);
		why = l ? AVE_FINE : AVE_PEER_GONE;
	}
	if (why || !len)
		return why;
	err = r->plan.net->write_peer(r->plan.net_self, l->peer, bytes);
	if (err)
		return err == EDGE_ELIMIT ? AVE_PEER_QUEUE : AVE_PEER_GONE;
	ave_relay_count_to_peer(r, a, len);
	owe(a, len);
	return AVE_FINE;
}

void ave_relay_peer_connected(struct ave_relay *r, uint64_t tag, uint32_t peer)
{
	struct ave_alloc *a = ave_tagged(r, tag);
	struct ave_peer_link *l = a ? by_peer(a, peer) : NULL;

	if (l)
		open_link(l);
}

void ave_relay_peer_bytes(struct ave_relay *r, uint64_t tag, uint32_t peer,
			  struct ave_packet pkt)
{
	struct ave_alloc *a = ave_tagged(r, tag);
	struct ave_peer_link *l = a ? by_peer(a, peer) : NULL;
	enum ave_reason why;
	struct edge_addr addr;

	if (!l || l->state != LINK_OPEN) {
		ave_relay_drop(r, AVE_NO_ALLOCATION);
		return;
	}
	addr = l->addr;
	owe(a, pkt.len);
	why = ave_relay_from_peer(r, a, &addr, pkt);
	if (why)
		ave_relay_drop(r, why);
}

void ave_relay_peer_closed(struct ave_relay *r, uint64_t tag, uint32_t peer)
{
	struct ave_alloc *a = ave_tagged(r, tag);
	struct ave_peer_link *l = a ? by_peer(a, peer) : NULL;
	struct ave_peer_link was;

	if (!l)
		return;
	was = *l;
	link_drop(l);
	if (was.state != LINK_DIALLED)
		return;
	ave_relay_drop(r, AVE_PEER_GONE);
	tell_dialect(&was, AVE_PEER_GONE);
}

/* -- RFC 6062 -------------------------------------------------------------- */

enum ave_reason ave_relay_connect(uint32_t *connection, struct ave_relay *r,
				  struct ave_alloc *a,
				  const struct edge_addr *peer)
{
	struct ave_peer_link *l;
	enum ave_reason why = ave_relay_judge(a, peer);

	(void)r;
	if (!why && by_addr(a, peer))
		why = AVE_CHANNEL_TAKEN;
	if (!why)
		why = dial(&l, a, peer);
	if (!why)
		*connection = l->id;
	return why;
}

static struct ave_peer_link *waiting(const struct ave_relay *r, uint32_t id)
{
	struct ave_peer_link *l = edge_handles_find(r->links, id);

	return l && l->state == LINK_WAITING ? l : NULL;
}

struct ave_alloc *ave_relay_connection(const struct ave_relay *r,
				       uint32_t connection)
{
	struct ave_peer_link *l = waiting(r, connection);

	return l ? l->alloc : NULL;
}

enum ave_reason ave_relay_join(struct ave_relay *r, const struct ave_leg *leg,
			       uint32_t connection)
{
	struct ave_peer_link *l = waiting(r, connection);

	if (!l || r->plan.net->join(r->plan.net_self, leg, l->peer))
		return AVE_PEER_GONE;
	edge_wheel_stop(&l->timer);
	l->state = LINK_JOINED;
	l->stream = *leg;
	return AVE_FINE;
}

/* -- the end ----------------------------------------------------------------
 */

void ave_relay_tcp_end(struct ave_relay *r, struct ave_alloc *a)
{
	edge_wheel_stop(&a->pace);
	if (a->is_paced && ave_leg_is_stream(&a->leg))
		r->plan.net->read_client(r->plan.net_self, &a->leg, true);
	while (a->peers) {
		struct ave_peer_link *l = a->peers;

		a->peers = l->next;
		if (l->state == LINK_JOINED)
			r->plan.net->close_client(r->plan.net_self, &l->stream);
		close_peer(r, l->peer, l->state == LINK_HELD);
		link_free(l);
	}
}
