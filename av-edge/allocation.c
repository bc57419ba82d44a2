/* Allocations come and go: limits, ports, sockets, time. */
#include "av-edge/allocation.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "av-edge/ports.h"
#include "av-edge/relay_state.h"
#include "common/tally.h"

enum {
	BIND_TRIES = 16, /* ours: ports that others on this host may hold */
	MS_A_S = 1000,
	BITS_A_BYTE = 8,
};

/* -- stories -------------------------------------------------------------- */

static void tell(const struct ave_relay *r, const struct ave_story *s)
{
	if (r->plan.net->told)
		r->plan.net->told(r->plan.net_self, s);
}

static const struct edge_addr *shown(const struct ave_alloc *a)
{
	return a->relayed[0].is_open ? &a->relayed[0].told
				     : &a->relayed[1].told;
}

static struct ave_story story_of(const struct ave_alloc *a,
				 enum ave_story_kind what, enum ave_reason why)
{
	return (struct ave_story){
		.what = what,
		.why = why,
		.dialect = a->dialect->name,
		.leg = &a->leg,
		.pseudonym = a->grant.pseudonym,
		.relayed = shown(a),
		.lived_ms = a->relay->now_ms - a->born_ms,
		.to_peer = a->to_peer,
		.to_peer_bytes = a->to_peer_bytes,
		.to_client = a->to_client,
		.to_client_bytes = a->to_client_bytes,
	};
}

static void tell_made(const struct ave_alloc *a, const struct ave_want *want)
{
	struct ave_story s = story_of(a, AVE_STORY_MADE, AVE_FINE);

	s.integrity = want->integrity;
	tell(a->relay, &s);
}

static void tell_ended(const struct ave_alloc *a, enum ave_reason why)
{
	const struct ave_story s = story_of(a, AVE_STORY_ENDED, why);

	tell(a->relay, &s);
}

/* -- time ------------------------------------------------------------------ */

static uint64_t idle_end(const struct ave_alloc *a)
{
	if (ave_leg_is_stream(&a->leg) && a->dialect->lives_by_use)
		return a->last_ms +
		       ave_relay_limit(a->relay, AVE_LIMIT_TCP_IDLE_S) * MS_A_S;
	return a->expires_ms;
}

static uint64_t deadline(const struct ave_alloc *a)
{
	const uint64_t idle_ms = idle_end(a);

	return idle_ms < a->until_ms ? idle_ms : a->until_ms;
}

/* Traffic moves the deadline without touching the timer: it looks again. */
static void on_timer(struct edge_timer *t, uint64_t now_ms)
{
	struct ave_alloc *a =
		(struct ave_alloc *)(void *)((char *)t -
					     offsetof(struct ave_alloc, timer));
	struct ave_relay *r = a->relay;
	const struct ave_leg leg = a->leg;

	ave_relay_fast_count(a); /* what was used a moment ago */
	if (deadline(a) > now_ms) {
		edge_wheel_start(r->wheel, t, deadline(a), on_timer);
		return;
	}
	ave_relay_release(
		r, a, a->until_ms <= now_ms ? AVE_TOKEN_EXPIRED : AVE_EXPIRED);
	if (ave_leg_is_stream(&leg))
		r->plan.net->close_client(r->plan.net_self, &leg);
}

/* Of its token, with what clocks may differ. */
static uint64_t token_left_s(const struct ave_alloc *a)
{
	const struct ave_relay *r = a->relay;
	const int64_t left_s =
		a->grant.expires_s - r->wall_s +
		(int64_t)ave_relay_limit(r, AVE_LIMIT_CLOCK_SKEW_S);

	return left_s > 0 ? (uint64_t)left_s : 0;
}

/* No longer than its token lasts, however short that is. */
static uint32_t clamp(const struct ave_relay *r, uint32_t wanted_s,
		      uint64_t left_s)
{
	const uint64_t min = ave_relay_limit(r, AVE_LIMIT_LIFETIME_MIN_S);
	const uint64_t max = ave_relay_limit(r, AVE_LIMIT_LIFETIME_MAX_S);
	uint64_t s =
		wanted_s ? wanted_s : ave_relay_limit(r, AVE_LIMIT_LIFETIME_S);

	if (s > max)
		s = max;
	if (s < min)
		s = min;
	return (uint32_t)(s < left_s ? s : left_s);
}

void ave_relay_touch(struct ave_relay *r, struct ave_alloc *a)
{
	a->last_ms = a->last_client_ms = r->now_ms;
	if (a->dialect->lives_by_use)
		a->expires_ms = r->now_ms + (uint64_t)a->lifetime_s * MS_A_S;
}

uint32_t ave_relay_refresh(struct ave_relay *r, struct ave_alloc *a,
			   uint32_t wanted_s)
{
	const uint64_t left_s = token_left_s(a);

	a->until_ms = r->now_ms + left_s * MS_A_S;
	a->lifetime_s = clamp(r, wanted_s, left_s);
	a->last_ms = a->last_client_ms = r->now_ms;
	a->expires_ms = r->now_ms + (uint64_t)a->lifetime_s * MS_A_S;
	edge_wheel_start(r->wheel, &a->timer, deadline(a), on_timer);
	return a->lifetime_s;
}

/* -- relayed addresses ---------------------------------------------------- */

static struct ave_ports *ports_of(const struct ave_relay *r, bool is_tcp)
{
	return is_tcp ? r->plan.shared->tcp : r->plan.shared->udp;
}

static void give_port(const struct ave_relay *r, bool is_tcp,
		      const struct edge_addr *at)
{
	const uint64_t s = ave_relay_limit(r, AVE_LIMIT_PORT_QUARANTINE_S);

	ave_ports_give(ports_of(r, is_tcp), at->family, at->port,
		       s ? r->now_ms + s * MS_A_S : 0);
}

/* A port is kept for its user: pseudonyms are MACs, half of one will do. */
static uint64_t owner_of(const struct ave_grant *g)
{
	uint64_t owner;

	memcpy(&owner, g->pseudonym, sizeof(owner));
	return owner;
}

static enum ave_reason take_port(struct ave_alloc *a, uint8_t family,
				 const struct ave_want *want, uint16_t *port)
{
	struct ave_relay *r = a->relay;
	struct ave_ports *ports = ports_of(r, want->is_tcp);
	struct ave_port_wish wish = {
		.family = family,
		.even = want->even,
		.reserve = want->reserve,
		.now_ms = r->now_ms,
		.reserved_s =
			(uint32_t)ave_relay_limit(r, AVE_LIMIT_RESERVATION_S),
		.owner = owner_of(&a->grant),
	};

	edge_stock_take(&r->random, &wish.random, sizeof(wish.random));
	if (want->reserved)
		return ave_ports_claim(port, ports, want->reserved, &wish)
			       ? AVE_RESERVATION
			       : AVE_FINE;
	return ave_ports_take(port, &a->reserved, ports, &wish) ? AVE_NO_PORT
								: AVE_FINE;
}

/* Nobody has come for the next port: it is free at once. */
static void drop_reservation(struct ave_alloc *a)
{
	const struct ave_relay *r = a->relay;
	struct ave_ports *ports = ports_of(r, a->is_tcp);
	uint16_t port;

	for (int i = 0; i < AVE_FAMILIES; i++) {
		const struct ave_port_wish w = {
			.family = i ? AF_INET6 : AF_INET,
			.now_ms = r->now_ms,
			.owner = owner_of(&a->grant),
		};

		if (ave_ports_claim(&port, ports, a->reserved, &w) == EDGE_OK)
			ave_ports_give(ports, w.family, port, 0);
	}
}

/* NO_SOCKET: that port is somebody else's; another may do. */
static enum ave_reason try_port(struct ave_alloc *a, unsigned family,
				const struct ave_want *want)
{
	struct ave_relay *r = a->relay;
	const struct ave_net *net = r->plan.net;
	struct ave_relayed *d = &a->relayed[family];
	enum ave_reason why;
	enum edge_err err;

	d->at = r->view->relay_at[family];
	d->told = r->view->relay_told[family];
	why = take_port(a, d->at.family, want, &d->at.port);
	if (why)
		return why;
	d->told.port = d->at.port;
	err = (want->is_tcp ? net->open_tcp : net->open_udp)(
		r->plan.net_self, &d->wire, &d->at, ave_tag(a));
	d->is_open = err == EDGE_OK;
	a->is_marked = want->dscp && !want->is_tcp && net->mark;
	if (!err && a->is_marked)
		net->mark(r->plan.net_self, d->wire, &d->at, want->dscp);
	if (!err)
		return AVE_FINE;
	give_port(r, want->is_tcp, &d->at);
	if (want->reserve)
		drop_reservation(a);
	return err == EDGE_ESYS ? AVE_NO_SOCKET : AVE_INTERNAL;
}

static enum ave_reason open_family(struct ave_alloc *a, unsigned family,
				   const struct ave_want *want)
{
	enum ave_reason why = AVE_NO_SOCKET;

	for (int i = 0; i < BIND_TRIES && why == AVE_NO_SOCKET; i++) {
		if (i && want->reserved)
			break;
		why = try_port(a, family, want);
	}
	return why;
}

static void close_family(struct ave_alloc *a, int family)
{
	const struct ave_relay *r = a->relay;
	struct ave_relayed *d = &a->relayed[family];

	if (!d->is_open)
		return;
	r->plan.net->close(r->plan.net_self, d->wire);
	give_port(r, a->is_tcp, &d->at);
	d->is_open = false;
}

static void close_relayed(struct ave_alloc *a)
{
	for (int f = 0; f < AVE_FAMILIES; f++)
		close_family(a, f);
}

static enum ave_reason open_relayed(struct ave_alloc *a,
				    const struct ave_want *want)
{
	enum ave_reason why = AVE_FINE;

	if (want->v4)
		why = open_family(a, 0, want);
	if (!why && want->v6)
		why = open_family(a, 1, want);
	if (why)
		close_relayed(a);
	return why;
}

/* -- who may have one ------------------------------------------------------ */

/* Servers and what is inside hold many: a conference is one user there. */
static bool enter_user(const struct ave_alloc *a)
{
	const struct ave_relay *r = a->relay;
	const uint64_t most =
		a->grant.is_server
			? UINT32_MAX
			: ave_relay_limit(r, AVE_LIMIT_ALLOCATIONS_PER_USER);

	return edge_tally_enter(r->plan.shared->users, a->grant.pseudonym,
				(uint32_t)most);
}

static enum ave_reason enter(struct ave_alloc *a)
{
	const struct ave_relay *r = a->relay;
	const struct ave_shared *s = r->plan.shared;
	const uint32_t per_source =
		a->leg.side == AVE_INSIDE
			? UINT32_MAX
			: (uint32_t)ave_relay_limit(
				  r, AVE_LIMIT_ALLOCATIONS_PER_SOURCE);

	edge_tally_source(a->source, &a->leg.client);
	if (!enter_user(a))
		return AVE_USER_LIMIT;
	if (edge_tally_enter(s->sources, a->source, per_source))
		return AVE_FINE;
	edge_tally_leave(s->users, a->grant.pseudonym);
	return AVE_SOURCE_LIMIT;
}

static void leave(const struct ave_alloc *a)
{
	const struct ave_shared *s = a->relay->plan.shared;

	edge_tally_leave(s->users, a->grant.pseudonym);
	edge_tally_leave(s->sources, a->source);
}

/* A port that is kept counts as an allocation, whoever comes for it, until it
 * is not kept any more. */
static void end_hold(struct ave_alloc *a)
{
	if (!a->is_holding)
		return;
	a->is_holding = false;
	edge_wheel_stop(&a->hold);
	edge_tally_leave(a->relay->plan.shared->users, a->grant.pseudonym);
}

static void on_hold(struct edge_timer *t, uint64_t now_ms)
{
	(void)now_ms;
	end_hold(
		(struct ave_alloc *)(void *)((char *)t -
					     offsetof(struct ave_alloc, hold)));
}

static enum ave_reason may_have(struct ave_relay *r,
				const struct ave_alloc *init,
				const struct ave_want *want)
{
	const struct ave_leg *leg = &init->leg;
	const struct ave_view *v = r->view;

	if (ave_alloc_table_find(&r->table, leg) != want->instead)
		return AVE_ALLOCATED;
	if (v->is_draining)
		return AVE_DRAINING;
	if ((!want->v4 && !want->v6) || (want->v4 && !v->relay_at[0].family) ||
	    (want->v6 && !v->relay_at[1].family))
		return AVE_FAMILY;
	if (!ave_relay_may_answer(r, leg, AVE_RATE_ALLOCATE) ||
	    !ave_relay_user_may(r, leg, &init->grant))
		return AVE_RATE;
	if (edge_tally_total(r->plan.shared->users) >=
	    ave_relay_limit(r, AVE_LIMIT_ALLOCATIONS))
		return AVE_TABLE_FULL;
	return AVE_FINE;
}

/* -- life ------------------------------------------------------------------ */

static enum ave_reason start(struct ave_alloc *a, const struct ave_want *want)
{
	enum ave_reason why = enter(a);

	if (why)
		return why;
	a->is_holding = want->reserve && enter_user(a);
	why = want->reserve && !a->is_holding ? AVE_USER_LIMIT
					      : open_relayed(a, want);
	if (why) {
		end_hold(a);
		leave(a);
	}
	return why;
}

static void begin(struct ave_alloc *a, const struct ave_want *want)
{
	struct ave_relay *r = a->relay;

	if (want->instead)
		ave_relay_release(r, want->instead, AVE_WRONG_USER);
	a->born_ms = a->credit_ms = r->now_ms;
	a->credit = (int64_t)ave_relay_limit(r, AVE_LIMIT_BANDWIDTH_BURST) *
		    BITS_A_BYTE;
	ave_alloc_table_add(&r->table, a);
	ave_relay_refresh(r, a, want->lifetime_s);
	if (a->is_holding)
		edge_wheel_start(
			r->wheel, &a->hold,
			r->now_ms +
				ave_relay_limit(r, AVE_LIMIT_RESERVATION_S) *
					MS_A_S,
			on_hold);
	r->counts.allocated++;
	r->counts.allocations++;
	tell_made(a, want);
}

static enum ave_reason make(struct ave_alloc **out, struct ave_relay *r,
			    const struct ave_alloc *init,
			    const struct ave_want *want)
{
	struct ave_alloc *a = malloc(sizeof(*a));
	enum ave_reason why = AVE_TABLE_FULL;

	if (!a)
		return AVE_INTERNAL;
	*a = *init;
	if (edge_handles_put(r->allocs, a, &a->id) == EDGE_OK) {
		why = start(a, want);
		if (why)
			edge_handles_drop(r->allocs, a->id);
	}
	if (why) {
		free(a);
		return why;
	}
	begin(a, want);
	*out = a;
	return AVE_FINE;
}

static void tell_refusal(const struct ave_alloc *a, enum ave_reason why)
{
	const struct ave_story s = {
		.what = AVE_STORY_REFUSED,
		.why = why,
		.dialect = a->dialect->name,
		.leg = &a->leg,
		.pseudonym = a->grant.pseudonym,
	};

	tell(a->relay, &s);
}

/* NOLINTNEXTLINE(readability-function-size): what a request is made of */
enum ave_reason ave_relay_allocate(struct ave_alloc **out, struct ave_relay *r,
				   const struct ave_leg *leg,
				   const struct ave_dialect *dialect,
				   const struct ave_grant *grant,
				   const struct ave_want *want)
{
	const struct ave_alloc init = {
		.leg = *leg,
		.dialect = dialect,
		.relay = r,
		.grant = *grant,
		.is_tcp = want->is_tcp,
	};
	enum ave_reason why = may_have(r, &init, want);

	if (!why)
		why = make(out, r, &init, want);
	if (why && why != AVE_ALLOCATED)
		tell_refusal(&init, why);
	return why;
}

void ave_relay_release(struct ave_relay *r, struct ave_alloc *a,
		       enum ave_reason why)
{
	if (a->is_gone)
		return;
	a->is_gone = true;
	ave_relay_fast_end(a);
	tell_ended(a, why);
	edge_wheel_stop(&a->timer);
	ave_relay_tcp_end(r, a);
	if (a->is_holding)
		drop_reservation(a);
	end_hold(a);
	close_relayed(a);
	leave(a);
	ave_alloc_table_remove(&r->table, a);
	edge_handles_drop(r->allocs, a->id);
	if (a->dialect->forget)
		a->dialect->forget(a);
	a->own = NULL;
	ave_permissions_fini(&a->permissions);
	ave_flows_fini(&a->flows);
	a->next = r->gone;
	r->gone = a;
	r->counts.released++;
	r->counts.allocations--;
}

void ave_relay_release_family(struct ave_relay *r, struct ave_alloc *a,
			      uint8_t family)
{
	const int which = family == AF_INET6;

	if (!a->relayed[!which].is_open) {
		ave_relay_release(r, a, AVE_FINE);
		return;
	}
	close_family(a, which);
	ave_relay_fast_look(a);
}

void ave_relay_release_all(struct ave_relay *r, enum ave_reason why)
{
	struct ave_alloc *a;

	while ((a = ave_alloc_table_any(&r->table)))
		ave_relay_release(r, a, why);
}

void ave_relay_bury(struct ave_relay *r)
{
	while (r->gone) {
		struct ave_alloc *a = r->gone;

		r->gone = a->next;
		free(a);
	}
}
