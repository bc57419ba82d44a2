/* The relay's doors: what comes is named, and goes to who knows what it is. */
#include "av-edge/relay.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "av-edge/classify.h"
#include "av-edge/mst_msg.h"
#include "av-edge/policy.h"
#include "av-edge/relay_state.h"

enum {
	RATE_BITS4 = 24, /* AV 1.16: 401 replies by network */
	RATE_BITS6 = 56,
	SOURCE_BITS4 = 32, /* new allocations by source */
	SOURCE_BITS6 = 64,
	RATE_USER = AVE_RATES,
	RATES,
};

/* -- life ----------------------------------------------------------------- */

static enum edge_err make_parts(struct ave_relay *r)
{
	const size_t sources = ave_relay_limit(r, AVE_LIMIT_SOURCES);
	const unsigned shard = r->plan.worker;
	enum edge_err err = ave_alloc_table_init(&r->table);

	if (!err)
		err = edge_handles_new(&r->allocs, shard, EDGE_HANDLE_SLOTS);
	if (!err)
		err = edge_handles_new(&r->links, shard, EDGE_HANDLE_SLOTS);
	if (!err)
		err = edge_wheel_new(&r->wheel, r->now_ms);
	if (!err)
		err = edge_rates_new(&r->rates, sources / r->plan.workers);
	return err;
}

enum edge_err ave_relay_new(struct ave_relay **out,
			    const struct ave_relay_plan *p)
{
	struct ave_relay *r = calloc(1, sizeof(*r));
	enum edge_err err;

	if (!r)
		return EDGE_ENOMEM;
	r->plan = *p;
	r->view = p->view;
	r->now_ms = p->now_ms;
	err = make_parts(r);
	if (err) {
		ave_relay_free(r);
		return err;
	}
	*out = r;
	return EDGE_OK;
}

void ave_relay_free(struct ave_relay *r)
{
	if (!r)
		return;
	ave_relay_release_all(r, AVE_FINE);
	ave_relay_bury(r);
	edge_rates_free(r->rates);
	edge_wheel_free(r->wheel);
	edge_handles_free(r->links);
	edge_handles_free(r->allocs);
	ave_alloc_table_fini(&r->table);
	for (int i = 0; i < AVE_DIALECTS; i++)
		free(r->own[i]);
	free(r);
}

void ave_relay_tick(struct ave_relay *r, uint64_t now_ms, int64_t wall_s)
{
	ave_relay_bury(r);
	r->now_ms = now_ms;
	r->wall_s = wall_s;
	edge_wheel_advance(r->wheel, now_ms);
}

/* Tokens that were revoked end what was made with them. */
static bool is_revoked(const struct ave_alloc *a)
{
	return a->grant.issued_s < a->relay->view->not_before_s;
}

static void revoke(struct ave_alloc *a)
{
	const struct ave_relay_plan *p = &a->relay->plan;
	const struct ave_leg leg = a->leg;

	ave_relay_release(a->relay, a, AVE_TOKEN_EXPIRED);
	if (ave_leg_is_stream(&leg))
		p->net->close_client(p->net_self, &leg);
}

/* Those who may be no peers any more are none from now on. */
static void judge_again(void *thing, void *arg)
{
	struct ave_alloc *a = thing;
	struct ave_relay *r = arg;
	const struct ave_policy *policy = r->view->policy;

	if (is_revoked(a)) {
		revoke(a);
		return;
	}
	for (uint32_t i = 0; i < a->permissions.count; i++)
		if (ave_policy_judge_ip(policy, &a->permissions.v[i].ip))
			a->permissions.v[i].until_ms = 0;
	for (uint32_t i = 0; i < a->flows.count; i++)
		if (ave_policy_judge(policy, &a->flows.v[i].peer))
			a->flows.v[i].until_ms = 0;
	ave_relay_tcp_judge(r, a);
}

void ave_relay_look(struct ave_relay *r, const struct ave_view *v)
{
	r->view = v;
	edge_handles_each(r->allocs, judge_again, r);
}

struct at_wire {
	uint32_t wire, count;
};

static void count_at_wire(void *thing, void *arg)
{
	const struct ave_leg *leg = &((const struct ave_alloc *)thing)->leg;
	struct at_wire *w = arg;

	w->count += leg->transport == AVE_UDP && leg->wire == w->wire;
}

uint32_t ave_relay_at_wire(const struct ave_relay *r, uint32_t wire)
{
	struct at_wire w = {.wire = wire};

	edge_handles_each(r->allocs, count_at_wire, &w);
	return w.count;
}

/* -- small things --------------------------------------------------------- */

const struct ave_relay_counts *ave_relay_count(const struct ave_relay *r)
{
	return &r->counts;
}

const struct ave_view *ave_relay_view(const struct ave_relay *r)
{
	return r->view;
}

const struct ave_shared *ave_relay_shared(const struct ave_relay *r)
{
	return r->plan.shared;
}

uint64_t ave_relay_now_ms(const struct ave_relay *r)
{
	return r->now_ms;
}

int64_t ave_relay_wall_s(const struct ave_relay *r)
{
	return r->wall_s;
}

void *ave_relay_own(struct ave_relay *r, enum ave_dialect_kind which,
		    size_t len)
{
	if (!r->own[which])
		r->own[which] = calloc(1, len);
	return r->own[which];
}

void ave_relay_answer(struct ave_relay *r, const struct ave_leg *leg,
		      struct edge_slice bytes)
{
	r->plan.net->tell_client(r->plan.net_self, leg, bytes);
}

void ave_relay_drop(struct ave_relay *r, enum ave_reason why)
{
	r->counts.reasons[why]++;
	r->counts.challenged += why == AVE_NO_INTEGRITY;
}

struct ave_alloc *ave_relay_find(const struct ave_relay *r,
				 const struct ave_leg *leg)
{
	return ave_alloc_table_find(&r->table, leg);
}

struct ave_alloc *ave_tagged(const struct ave_relay *r, uint64_t tag)
{
	return edge_handles_find(r->allocs, (edge_handle)tag);
}

/* Datagrams of one source come to any worker, its streams to one. */
static uint32_t share(const struct ave_relay *r, const struct ave_leg *leg,
		      uint64_t rate)
{
	const unsigned among = ave_leg_is_stream(leg) ? 1 : r->plan.workers;

	return (uint32_t)((rate + among - 1) / among);
}

/* Each of the four kinds of legs has buckets of its own: rates differ. */
static uint8_t bucket_of(const struct ave_leg *leg, unsigned what)
{
	const unsigned kind =
		2U * (leg->side == AVE_INSIDE) + ave_leg_is_stream(leg);

	return (uint8_t)(what + kind * RATES);
}

/* Inside are few machines, and some speak for many: each address has buckets of
 * its own, and larger ones. */
bool ave_relay_may_answer(struct ave_relay *r, const struct ave_leg *leg,
			  enum ave_rate what)
{
	static const enum ave_limit limits[] = {
		[AVE_RATE_CHALLENGE] = AVE_LIMIT_CHALLENGE_RATE,
		[AVE_RATE_BINDING] = AVE_LIMIT_BINDING_RATE,
		[AVE_RATE_ALLOCATE] = AVE_LIMIT_ALLOCATE_RATE,
	};
	const bool is_inside = leg->side == AVE_INSIDE;
	const uint64_t rate = ave_relay_limit(
		r, is_inside ? AVE_LIMIT_INSIDE_RATE : limits[what]);
	const bool is_source = is_inside || what == AVE_RATE_ALLOCATE;
	const struct edge_rate_of of = {
		.source = leg->client,
		.bits4 = is_source ? SOURCE_BITS4 : RATE_BITS4,
		.bits6 = is_source ? SOURCE_BITS6 : RATE_BITS6,
		.what = bucket_of(leg, what),
		.rate = share(r, leg, rate),
	};

	return edge_rates_take(r->rates, &of, r->now_ms);
}

bool ave_relay_user_may(struct ave_relay *r, const struct ave_leg *leg,
			const struct ave_grant *grant)
{
	const uint64_t rate =
		ave_relay_limit(r, AVE_LIMIT_ALLOCATE_RATE_PER_USER);
	struct edge_rate_of of = {
		.source.family = AF_INET6, /* as wide as a pseudonym */
		.bits6 = 8 * sizeof(grant->pseudonym),
		.what = bucket_of(leg, RATE_USER),
		.rate = share(r, leg, rate),
	};

	memcpy(of.source.ip, grant->pseudonym, sizeof(grant->pseudonym));
	return grant->is_server || edge_rates_take(r->rates, &of, r->now_ms);
}

/* -- what comes ----------------------------------------------------------- */

static const struct ave_dialect *served(const struct ave_relay *r,
					enum ave_dialect_kind kind)
{
	return kind == AVE_DIALECT_MS || r->view->has_rfc
		       ? r->plan.dialects[kind]
		       : NULL;
}

static bool speaks(const struct ave_relay *r, const struct ave_alloc *a,
		   enum ave_dialect_kind kind)
{
	return a && a->dialect == r->plan.dialects[kind];
}

/* A dialect sees its own allocations alone. false: the stream ends. */
static bool control(struct ave_relay *r, const struct ave_leg *leg,
		    struct ave_alloc *a, enum ave_dialect_kind kind,
		    struct ave_packet pkt)
{
	const struct ave_dialect *d = served(r, kind);

	if (!d) {
		ave_relay_drop(r, AVE_DIALECT_OFF);
		return false;
	}
	return d->control(r, leg, speaks(r, a, kind) ? a : NULL, pkt);
}

static void payload(struct ave_relay *r, struct ave_alloc *a,
		    struct ave_packet pkt)
{
	enum ave_reason why = ave_relay_from_client(r, a, pkt);

	if (why)
		ave_relay_drop(r, why);
}

/* Nothing for a dialect by its first bytes. */
static void other(struct ave_relay *r, const struct ave_alloc *a,
		  enum ave_kind kind)
{
	if (speaks(r, a, AVE_DIALECT_MS))
		ave_relay_drop(r, AVE_NO_DESTINATION);
	else if (kind == AVE_KIND_MULTIPLEXED)
		ave_relay_drop(r, AVE_MULTIPLEXED);
	else
		ave_relay_drop(r, kind == AVE_KIND_CHANNEL ? AVE_NO_ALLOCATION
							   : AVE_NOT_TURN);
}

/* Rules 2 and 3 of AV 1.2. */
static bool is_payload(const struct ave_relay *r, const struct ave_alloc *a,
		       enum ave_kind kind)
{
	return speaks(r, a, AVE_DIALECT_MS) ? a->flows.count
					    : kind == AVE_KIND_CHANNEL;
}

void ave_relay_datagram(struct ave_relay *r, const struct ave_leg *leg,
			struct ave_packet pkt)
{
	const enum ave_kind kind = ave_classify(edge_slice(pkt.p, pkt.len));
	struct ave_alloc *a = ave_alloc_table_find(&r->table, leg);

	if (a)
		a->leg.wire = leg->wire; /* the door may have been remade */
	/* AV 1.2, in its order */
	if (kind == AVE_KIND_MST)
		control(r, leg, a, AVE_DIALECT_MS, pkt);
	else if (a && is_payload(r, a, kind))
		payload(r, a, pkt);
	else if (kind == AVE_KIND_RFC)
		control(r, leg, a, AVE_DIALECT_RFC, pkt);
	else
		other(r, a, kind);
}

/* Frames before there is anywhere to send them (AV 1.4). Without an allocation
 * the stream's deadline ends it. */
static bool early_frame(struct ave_relay *r, struct ave_alloc *a)
{
	ave_relay_drop(r, a ? AVE_NO_DESTINATION : AVE_NO_ALLOCATION);
	return !a ||
	       ++a->early_frames < ave_relay_limit(r, AVE_LIMIT_EARLY_FRAMES);
}

static bool data_frame(struct ave_relay *r, struct ave_alloc *a,
		       struct ave_packet pkt)
{
	enum ave_reason why;

	if (!speaks(r, a, AVE_DIALECT_MS))
		return early_frame(r, NULL);
	why = ave_relay_from_client(r, a, pkt);
	if (why == AVE_NO_DESTINATION)
		return early_frame(r, a);
	if (why)
		ave_relay_drop(r, why);
	return true;
}

static bool refuse(struct ave_relay *r, enum ave_reason why)
{
	ave_relay_drop(r, why);
	return false;
}

bool ave_relay_message(struct ave_relay *r, const struct ave_leg *leg,
		       enum ave_cut cut, struct ave_packet pkt)
{
	const struct edge_slice in = edge_slice(pkt.p, pkt.len);
	struct ave_alloc *a = ave_alloc_table_find(&r->table, leg);

	switch (cut) {
	case AVE_CUT_MST_CONTROL:
		return mst_is(in) ? control(r, leg, a, AVE_DIALECT_MS, pkt)
				  : refuse(r, AVE_NOT_TURN);
	case AVE_CUT_MST_DATA:
		return data_frame(r, a, pkt);
	case AVE_CUT_RFC_MESSAGE:
		return ave_is_rfc(in) ? control(r, leg, a, AVE_DIALECT_RFC, pkt)
				      : refuse(r, AVE_NOT_TURN);
	case AVE_CUT_RFC_CHANNEL:
		if (speaks(r, a, AVE_DIALECT_RFC))
			payload(r, a, pkt);
		else
			ave_relay_drop(r, AVE_NO_ALLOCATION);
		return true;
	}
	return false;
}

void ave_relay_client_gone(struct ave_relay *r, const struct ave_leg *leg)
{
	struct ave_alloc *a = ave_alloc_table_find(&r->table, leg);

	if (a)
		ave_relay_release(r, a, AVE_FINE);
}

void ave_relay_client_full(struct ave_relay *r, const struct ave_leg *leg,
			   bool is_full)
{
	struct ave_alloc *a = ave_alloc_table_find(&r->table, leg);

	if (a)
		ave_relay_tcp_full(r, a, is_full);
}
