/* av-edge/relay_fast.c: which flows go below the sockets, and what they use. */
#include <string.h>

#include "av-edge/fast.h"
#include "av-edge/policy.h"
#include "tests/support/fake_dialect.h"
#include "tests/support/suite.h"

enum { LOOK_MS = 200, FLOWS = 8 };

/* The kernel's part: all it was told. */
static struct {
	struct ave_fast_way way[FLOWS + 1]; /* by id */
	struct ave_fast_until until[FLOWS + 1];
	struct ave_fast_use use[FLOWS + 1];
	bool is_there[FLOWS + 1];
	unsigned puts, pools;
	struct ave_fast_rate rate;
	enum edge_err put_err, pool_err;
	uint64_t spent; /* below, by the sockets [bytes] */
} kernel;

static struct fake_net net;
static struct ave_leg client;
static struct edge_addr peer;
static struct ave_alloc *a;

static enum edge_err put(void *self, uint32_t *id, const struct ave_fast_way *w)
{
	ck_assert_ptr_eq(self, &kernel);
	ck_assert_uint_ne(w->pool, 0);
	kernel.puts++;
	if (kernel.put_err)
		return kernel.put_err;
	for (uint32_t i = 1; i <= FLOWS; i++)
		if (!kernel.is_there[i]) {
			kernel.is_there[i] = true;
			kernel.way[i] = *w;
			kernel.until[i] = (struct ave_fast_until){0};
			kernel.use[i] = (struct ave_fast_use){0};
			*id = i;
			return EDGE_OK;
		}
	return EDGE_ELIMIT;
}

static void until(void *self, uint32_t id, struct ave_fast_until u)
{
	(void)self;
	ck_assert(kernel.is_there[id]);
	kernel.until[id] = u;
}

static struct ave_fast_use use(void *self, uint32_t id)
{
	(void)self;
	ck_assert(kernel.is_there[id]);
	return kernel.use[id];
}

static struct ave_fast_use drop(void *self, uint32_t id)
{
	(void)self;
	ck_assert(kernel.is_there[id]);
	kernel.is_there[id] = false;
	return kernel.use[id];
}

static enum edge_err open_pool(void *self, uint32_t *pool)
{
	(void)self;
	if (kernel.pool_err)
		return kernel.pool_err;
	*pool = ++kernel.pools;
	return EDGE_OK;
}

static void set_pool(void *self, uint32_t pool, struct ave_fast_rate rate)
{
	(void)self;
	ck_assert_uint_ne(pool, 0);
	kernel.rate = rate;
}

static void spend(void *self, uint32_t pool, uint64_t bytes, uint64_t now_ms)
{
	(void)self;
	ck_assert_uint_ne(pool, 0);
	ck_assert_uint_eq(now_ms, net.now_ms);
	ck_assert_uint_ne(kernel.rate.kbit, 0); /* filled in before */
	kernel.spent += bytes;
}

static void close_pool(void *self, uint32_t pool)
{
	(void)self;
	ck_assert_uint_ne(pool, 0);
	kernel.pools--;
}

static const struct ave_fast calls = {put,	 until,	   use,	  drop,
				      open_pool, set_pool, spend, close_pool};

static unsigned served(void)
{
	unsigned n = 0;

	for (int i = 1; i <= FLOWS; i++)
		n += kernel.is_there[i];
	return n;
}

static void set_up(void)
{
	memset(&kernel, 0, sizeof(kernel));
	fake_dialect_reset();
	fake_net_init(&net);
	net.fast = &calls;
	net.fast_self = &kernel;
	fake_net_start(&net, &fake_ms, &fake_rfc);
	client = fake_client("198.51.100.7", 4000);
	peer = fake_addr("198.51.100.200", 6000);
	a = fake_allocate(&net, &client, &fake_rfc);
}

static void tear_down(void)
{
	fake_net_stop(&net);
	ck_assert_uint_eq(served(), 0);
	ck_assert_uint_eq(kernel.pools, 0);
}

static struct ave_flow *flow_to(const struct edge_addr *to, uint16_t channel,
				uint64_t until_ms)
{
	struct ave_flow *f;

	ck_assert_int_eq(ave_relay_flow(&f, a, to, channel, until_ms, FLOWS),
			 AVE_FINE);
	return f;
}

/* The client says something there: it is established. */
static void speak(uint16_t channel)
{
	const uint8_t said[] = {0x40, (uint8_t)channel, 0, 2, 'h', 'i'};

	if (channel)
		fake_net_datagram(&net, &client,
				  edge_slice(said, sizeof(said)));
	else
		fake_net_datagram(&net, &client, edge_slice_str("\200hi"));
}

static void establish(uint16_t channel)
{
	flow_to(&peer, channel, UINT64_MAX);
	speak(channel);
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(served(), 1);
}

static void use_ms_turn(void)
{
	client.client.port++;
	a = fake_allocate(&net, &client, &fake_ms);
}

START_TEST(fast_flow_is_one_that_is_used)
{
	flow_to(&peer, 0x4001, UINT64_MAX);
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(kernel.puts, 0);
	speak(0x4001);
	ck_assert_uint_eq(kernel.puts, 0);
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(served(), 1);
	ck_assert_uint_eq(kernel.way[1].channel, 0x4001);
	ck_assert(edge_addr_eq(&kernel.way[1].client, &client.client));
	ck_assert(edge_addr_eq(&kernel.way[1].server, &client.server));
	ck_assert(edge_addr_eq(&kernel.way[1].relayed, &a->relayed[0].at));
	ck_assert(edge_addr_eq(&kernel.way[1].peer, &peer));
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(kernel.puts, 1);
}
END_TEST

START_TEST(fast_flow_of_a_stream_is_none)
{
	client = fake_stream("198.51.100.7", 4001);
	a = fake_allocate(&net, &client, &fake_rfc);
	flow_to(&peer, 0x4001, UINT64_MAX)->to_peer = 1;
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(kernel.puts, 0);
}
END_TEST

/* The kernel's part sets no DSCP. */
START_TEST(fast_flow_of_a_marked_allocation_is_none)
{
	a->is_marked = true;
	flow_to(&peer, 0x4001, UINT64_MAX);
	speak(0x4001);
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(served(), 0);
	a->is_marked = false;
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(served(), 1);
}
END_TEST

START_TEST(fast_flow_to_a_relayed_address_goes_where_it_is_bound)
{
	struct edge_addr other;
	struct ave_leg leg = client;
	struct ave_alloc *b;

	leg.client.port += 7;
	b = fake_allocate(&net, &leg, &fake_rfc);
	other = b->relayed[0].told;
	flow_to(&other, 0x4001, UINT64_MAX);
	speak(0x4001);
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(served(), 1);
	ck_assert(edge_addr_eq(&kernel.way[1].peer, &b->relayed[0].at));
}
END_TEST

START_TEST(fast_flow_ends_with_the_first_of_flow_permission_allocation)
{
	const uint64_t now = net.now_ms;

	/* lifetime 600 s, permission 300 s */
	flow_to(&peer, 0x4001, now + 100000);
	speak(0x4001);
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(kernel.until[1].to_peer_ms, now + 100000);
	ck_assert_uint_eq(kernel.until[1].to_client_ms, now + 100000);
	flow_to(&peer, 0x4001, UINT64_MAX);
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(kernel.until[1].to_peer_ms, a->expires_ms);
	ck_assert_uint_eq(kernel.until[1].to_client_ms, now + LOOK_MS + 300000);
	a->until_ms = now + 5000; /* its token */
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(kernel.until[1].to_peer_ms, now + 5000);
}
END_TEST

START_TEST(fast_flow_without_permission_goes_out_alone)
{
	establish(0x4001);
	fake_net_pass(&net, 300000);
	ck_assert_uint_eq(kernel.until[1].to_client_ms, 0);
	ck_assert_uint_eq(kernel.until[1].to_peer_ms, a->expires_ms);
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &peer), AVE_FINE);
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_gt(kernel.until[1].to_client_ms, net.now_ms);
}
END_TEST

START_TEST(fast_flow_that_has_ended_is_dropped)
{
	flow_to(&peer, 0x4001, net.now_ms + 1000);
	speak(0x4001);
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(served(), 1);
	fake_net_pass(&net, 1000);
	ck_assert_uint_eq(served(), 0);
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(kernel.puts, 1);
}
END_TEST

START_TEST(fast_flow_ends_with_its_allocation_at_once)
{
	establish(0x4001);
	ave_relay_release(net.relay, a, AVE_FINE);
	ck_assert_uint_eq(served(), 0);
	ck_assert_uint_eq(kernel.pools, 0);
}
END_TEST

/* Of an allocation that goes on, it is there again with the next look. */
START_TEST(fast_flow_ends_before_its_allocation_does)
{
	establish(0x4001);
	ave_relay_fast_end(a);
	ck_assert_uint_eq(served(), 0);
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(served(), 1);
}
END_TEST

START_TEST(fast_flow_ends_when_policy_denies_its_peer)
{
	struct ave_network net_of = {.net = peer, .bits = 32};
	const struct ave_networks inside = {.v = &net_of, .count = 1};
	const struct ave_policy_plan p = {.inside = &inside};
	struct ave_policy *policy;

	net_of.net.port = 0;
	establish(0x4001);
	ck_assert_int_eq(ave_policy_new(&policy, &p), EDGE_OK);
	net.view.policy = policy;
	ave_relay_look(net.relay, &net.view);
	ck_assert_uint_eq(served(), 0);
	net.view.policy = net.policy;
	ave_relay_look(net.relay, &net.view);
	ave_policy_free(policy);
}
END_TEST

START_TEST(fast_flow_of_a_family_ends_with_it)
{
	const struct ave_want both = {.v4 = true, .v6 = true};

	client.client.port++;
	ck_assert_int_eq(fake_try(&a, &net, &client, &fake_rfc, &both),
			 AVE_FINE);
	establish(0x4001);
	ave_relay_release_family(net.relay, a, AF_INET);
	ck_assert_uint_eq(served(), 0);
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(served(), 0);
}
END_TEST

START_TEST(fast_flow_that_is_taken_away_counts)
{
	establish(0x4001);
	kernel.use[1].to_peer = 5;
	ave_relay_unflow(a, a->flows.v);
	ck_assert_uint_eq(served(), 0);
	ck_assert_uint_eq(a->to_peer, 1 + 5);
	ck_assert_uint_eq(a->flows.count, 0);
}
END_TEST

START_TEST(fast_use_counts_as_any_other)
{
	const struct ave_relay_counts *c = ave_relay_count(net.relay);

	establish(0x4001);
	kernel.use[1] = (struct ave_fast_use){10, 1000, 20, 4000};
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(c->to_peer, 1 + 10);
	ck_assert_uint_eq(c->to_peer_bytes, 2 + 1000);
	ck_assert_uint_eq(c->to_client, 20);
	ck_assert_uint_eq(c->to_client_bytes, 4000 + 20 * 4);
	ck_assert_uint_eq(c->fast_to_peer, 10);
	ck_assert_uint_eq(c->fast_to_client, 20);
	ck_assert_uint_eq(a->to_client_bytes, 4000 + 20 * 4);
	ck_assert_uint_eq(a->flows.v[0].to_client_bytes, 4000);
	ck_assert_uint_eq(a->last_client_ms, net.now_ms);
	fake_net_pass(&net, LOOK_MS); /* not twice */
	ck_assert_uint_eq(c->to_peer, 1 + 10);
	ck_assert_uint_lt(a->last_client_ms, net.now_ms);
}
END_TEST

START_TEST(fast_use_is_told_at_the_end)
{
	establish(0x4001);
	kernel.use[1].to_peer = 7;
	ave_relay_release(net.relay, a, AVE_FINE);
	ck_assert_uint_eq(ave_relay_count(net.relay)->to_peer, 1 + 7);
}
END_TEST

START_TEST(fast_use_keeps_ms_turn_alive)
{
	use_ms_turn();
	establish(0);
	for (int s = 0; s < 1000; s++) { /* past lifetime and permission */
		kernel.use[1].to_peer++;
		fake_net_pass(&net, 1000);
	}
	ck_assert_uint_eq(served(), 1);
	ck_assert_uint_gt(kernel.until[1].to_peer_ms, net.now_ms + 598000);
	ck_assert_uint_gt(kernel.until[1].to_client_ms, net.now_ms + 298000);
	ck_assert_uint_eq(ave_relay_count(net.relay)->to_peer_bytes, 3);
	fake_net_pass(&net, 601000);
	ck_assert_uint_eq(served(), 0);
}
END_TEST

START_TEST(fast_use_of_the_peer_keeps_nobody_alive)
{
	use_ms_turn();
	establish(0);
	for (int s = 0; s < 602; s++) {
		kernel.use[1].to_client++;
		fake_net_pass(&net, 1000);
	}
	ck_assert_uint_eq(served(), 0);
}
END_TEST

START_TEST(fast_use_pays_for_bandwidth)
{
	const uint64_t kbit = net.view.limits[AVE_LIMIT_BANDWIDTH_KBIT];
	const uint64_t burst = net.view.limits[AVE_LIMIT_BANDWIDTH_BURST];

	establish(0x4001);
	ck_assert_uint_eq(kernel.rate.kbit, kbit);
	ck_assert_uint_eq(kernel.rate.burst, burst);
	kernel.use[1].to_peer = 1;
	kernel.use[1].to_peer_bytes = 2 * burst;
	fake_net_pass(&net, LOOK_MS);
	ck_assert_int_lt(a->credit, 0);
	speak(0x4001);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_BANDWIDTH), 1);
	fake_net_pass(&net, burst * 8 / kbit + 1000);
	speak(0x4001);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_BANDWIDTH), 1);
}
END_TEST

/* One bucket, whatever way: what the sockets have passed and pass is paid below
 * too, and what passed below is known when the sockets ask. */
START_TEST(fast_and_sockets_pay_from_one_bucket)
{
	const uint64_t burst = net.view.limits[AVE_LIMIT_BANDWIDTH_BURST];
	uint64_t before;

	flow_to(&peer, 0x4001, UINT64_MAX);
	speak(0x4001);
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(served(), 1);
	ck_assert_uint_eq(kernel.spent, burst - (uint64_t)a->credit / 8);
	before = kernel.spent;
	speak(0x4001);
	ck_assert_uint_eq(kernel.spent - before, 2); /* "hi" */
	kernel.use[1].to_peer = 1; /* and nobody has looked since */
	kernel.use[1].to_peer_bytes = burst;
	speak(0x4001);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_BANDWIDTH), 1);
	ck_assert_uint_eq(kernel.spent - before, 2);
}
END_TEST

START_TEST(fast_limits_follow_a_new_view)
{
	establish(0x4001);
	net.view.limits[AVE_LIMIT_BANDWIDTH_KBIT] = 64;
	ave_relay_look(net.relay, &net.view);
	ck_assert_uint_eq(kernel.rate.kbit, 64);
}
END_TEST

START_TEST(fast_refusals_leave_it_to_the_sockets)
{
	kernel.pool_err = EDGE_ELIMIT;
	flow_to(&peer, 0x4001, UINT64_MAX);
	speak(0x4001);
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(kernel.puts, 0);
	kernel.pool_err = EDGE_OK;
	kernel.put_err = EDGE_ELIMIT;
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(kernel.puts, 1);
	speak(0x4001);
	ck_assert_uint_eq(a->to_peer, 2);
	kernel.put_err = EDGE_OK;
	fake_net_pass(&net, LOOK_MS);
	ck_assert_uint_eq(served(), 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("relay_fast");
	TCase *t = tcase_create("flows");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, fast_flow_is_one_that_is_used);
	tcase_add_test(t, fast_flow_of_a_stream_is_none);
	tcase_add_test(t, fast_flow_of_a_marked_allocation_is_none);
	tcase_add_test(t,
		       fast_flow_to_a_relayed_address_goes_where_it_is_bound);
	tcase_add_test(
		t, fast_flow_ends_with_the_first_of_flow_permission_allocation);
	tcase_add_test(t, fast_flow_without_permission_goes_out_alone);
	tcase_add_test(t, fast_flow_that_has_ended_is_dropped);
	tcase_add_test(t, fast_flow_ends_with_its_allocation_at_once);
	tcase_add_test(t, fast_flow_ends_before_its_allocation_does);
	tcase_add_test(t, fast_flow_ends_when_policy_denies_its_peer);
	tcase_add_test(t, fast_flow_of_a_family_ends_with_it);
	tcase_add_test(t, fast_flow_that_is_taken_away_counts);
	tcase_add_test(t, fast_use_counts_as_any_other);
	tcase_add_test(t, fast_use_is_told_at_the_end);
	tcase_add_test(t, fast_use_keeps_ms_turn_alive);
	tcase_add_test(t, fast_use_of_the_peer_keeps_nobody_alive);
	tcase_add_test(t, fast_use_pays_for_bandwidth);
	tcase_add_test(t, fast_and_sockets_pay_from_one_bucket);
	tcase_add_test(t, fast_limits_follow_a_new_view);
	tcase_add_test(t, fast_refusals_leave_it_to_the_sockets);
	suite_add_tcase(s, t);
	return s;
}
