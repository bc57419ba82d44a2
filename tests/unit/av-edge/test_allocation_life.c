/* av-edge/allocation.c: how long an allocation lives. */
#include "av-edge/allocation.h"

#include "tests/support/fake_dialect.h"
#include "tests/support/suite.h"

static struct fake_net net;
static struct ave_leg client, stream;
static struct edge_addr peer;
static const struct ave_want v4 = {.v4 = true};

static void set_up(void)
{
	fake_dialect_reset();
	fake_net_init(&net);
	net.view.limits[AVE_LIMIT_ALLOCATE_RATE] = 1000;
	net.view.limits[AVE_LIMIT_ALLOCATE_RATE_PER_USER] = 1000;
	fake_net_start(&net, &fake_ms, &fake_rfc);
	client = fake_client("198.51.100.7", 4000);
	stream = fake_stream("198.51.100.7", 4001);
	peer = fake_addr("198.51.100.200", 6000);
}

static void tear_down(void)
{
	fake_net_stop(&net);
}

static uint32_t live(void)
{
	return ave_relay_count(net.relay)->allocations;
}

START_TEST(allocation_lifetime_is_clamped)
{
	static const struct {
		uint32_t wanted, granted;
	} rows[] = {{0, 600},	{1, 60},      {59, 60},	    {60, 60},
		    {601, 601}, {3600, 3600}, {3601, 3600}, {UINT32_MAX, 3600}};
	struct ave_alloc *a = fake_allocate(&net, &client, &fake_ms);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_uint_eq(
			ave_relay_refresh(net.relay, a, rows[i].wanted),
			rows[i].granted);
		ck_assert_uint_eq(a->lifetime_s, rows[i].granted);
	}
}
END_TEST

START_TEST(allocation_ends_when_nobody_refreshes)
{
	struct ave_alloc *a = fake_allocate(&net, &client, &fake_rfc);

	ck_assert_int_eq(ave_relay_permit(net.relay, a, &peer), AVE_FINE);
	fake_net_pass(&net, 599000);
	ck_assert_uint_eq(live(), 1);
	/* neither a peer nor an authenticated message helps */
	fake_net_peer(&net, &a->relayed[0].at, &peer, edge_slice("x", 1));
	ave_relay_touch(net.relay, a);
	fake_net_pass(&net, 1100);
	ck_assert_uint_eq(live(), 0);
	ck_assert_int_eq(net.last_why, AVE_EXPIRED);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_CLIENT_CLOSED), 0);
	ck_assert_uint_eq(fake_net_sockets(&net), 0);
	ck_assert_uint_eq(fake_heard.forgotten, 1);
}
END_TEST

START_TEST(allocation_refreshed_lives_on_or_ends_sooner)
{
	struct ave_alloc *a = fake_allocate(&net, &client, &fake_rfc);

	fake_net_pass(&net, 500000);
	ck_assert_uint_eq(ave_relay_refresh(net.relay, a, 300), 300);
	fake_net_pass(&net, 299000);
	ck_assert_uint_eq(live(), 1);
	ave_relay_refresh(net.relay, a, 60);
	fake_net_pass(&net, 59000);
	ck_assert_uint_eq(live(), 1);
	fake_net_pass(&net, 1100);
	ck_assert_uint_eq(live(), 0);
}
END_TEST

/* AV 1.16: what comes from its client prolongs MS-TURN's. */
START_TEST(allocation_of_ms_turn_lives_by_its_client)
{
	struct ave_alloc *a = fake_allocate(&net, &client, &fake_ms);
	struct ave_flow *f;

	ck_assert_int_eq(ave_relay_flow(&f, a, &peer, 0, UINT64_MAX, 1),
			 AVE_FINE);
	for (int i = 0; i < 10; i++) {
		fake_net_pass(&net, 290000);
		fake_net_datagram(&net, &client, edge_slice("media", 5));
	}
	ck_assert_uint_eq(fake_net_count(&net, FAKE_TO_PEER), 10);
	ck_assert(ave_permissions_find(&a->permissions, &peer, net.now_ms));
	fake_net_pass(&net, 500000);
	ave_relay_touch(net.relay, a);
	fake_net_pass(&net, 590000);
	/* a peer's packets do not */
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &peer), AVE_FINE);
	fake_net_peer(&net, &a->relayed[0].at, &peer, edge_slice("x", 1));
	ck_assert_uint_eq(live(), 1);
	fake_net_pass(&net, 10100);
	ck_assert_uint_eq(live(), 0);
}
END_TEST

START_TEST(allocation_of_a_stream_lives_while_it_is_used)
{
	const struct ave_want want = {.v4 = true, .lifetime_s = 60};
	struct ave_alloc *a;

	ck_assert_int_eq(fake_try(&a, &net, &stream, &fake_ms, &want),
			 AVE_FINE);
	ck_assert_uint_eq(a->lifetime_s, 60);
	for (int i = 0; i < 5; i++) {
		fake_net_pass(&net, 590000);
		ck_assert_int_eq(ave_relay_permit(net.relay, a, &peer),
				 AVE_FINE);
		fake_net_peer(&net, &a->relayed[0].at, &peer,
			      edge_slice("x", 1));
	}
	ck_assert_uint_eq(live(), 1);
	fake_net_pass(&net, 600100);
	ck_assert_uint_eq(live(), 0);
	ck_assert_uint_eq(fake_net_last(&net, FAKE_CLIENT_CLOSED)->leg.wire,
			  stream.wire);
}
END_TEST

/* A token of 100 s, and the 300 s that clocks may differ. */
static struct ave_alloc *of_short_token(const struct ave_leg *leg,
					const struct ave_dialect *d)
{
	const struct ave_grant g = {.pseudonym = "somebody",
				    .expires_s = net.wall_s + 100};
	struct ave_flow *f;
	struct ave_alloc *a;

	ck_assert_int_eq(ave_relay_allocate(&a, net.relay, leg, d, &g, &v4),
			 AVE_FINE);
	ck_assert_int_eq(ave_relay_flow(&f, a, &peer, 0, UINT64_MAX, 1),
			 AVE_FINE);
	return a;
}

static void ended_with_its_token(void)
{
	ck_assert_uint_eq(live(), 0);
	ck_assert_int_eq(net.last_why, AVE_TOKEN_EXPIRED);
	ck_assert_uint_eq(fake_net_sockets(&net), 0);
}

START_TEST(allocation_lifetime_is_no_longer_than_its_token)
{
	struct ave_alloc *a = of_short_token(&client, &fake_rfc);

	ck_assert_uint_eq(a->lifetime_s, 400);
	fake_net_pass(&net, 350000);
	ck_assert_uint_eq(ave_relay_refresh(net.relay, a, 0), 50);
	ck_assert_uint_eq(ave_relay_refresh(net.relay, a, 10), 50);
	fake_net_pass(&net, 49000);
	ck_assert_uint_eq(ave_relay_refresh(net.relay, a, 3600), 1);
	fake_net_pass(&net, 1000);
	ended_with_its_token();
}
END_TEST

START_TEST(allocation_clamps_to_nothing_when_its_token_is_over)
{
	struct ave_alloc *a = of_short_token(&client, &fake_rfc);

	a->grant.expires_s = net.wall_s - 1000;
	ck_assert_uint_eq(ave_relay_refresh(net.relay, a, 600), 0);
	fake_net_pass(&net, 1000);
	ended_with_its_token();
}
END_TEST

START_TEST(allocation_prolonged_by_datagrams_ends_with_its_token)
{
	struct ave_alloc *a = of_short_token(&client, &fake_ms);

	for (int i = 0; i < 39; i++) {
		fake_net_pass(&net, 10000);
		fake_net_datagram(&net, &client, edge_slice("media", 5));
		ave_relay_touch(net.relay, a);
	}
	ck_assert_uint_eq(fake_net_count(&net, FAKE_TO_PEER), 39);
	ck_assert_uint_eq(live(), 1);
	fake_net_pass(&net, 9000);
	ck_assert_uint_eq(live(), 1);
	fake_net_pass(&net, 1100);
	ended_with_its_token();
}
END_TEST

START_TEST(allocation_of_a_busy_stream_ends_with_its_token)
{
	of_short_token(&stream, &fake_ms);
	for (int i = 0; i < 39; i++) {
		fake_net_pass(&net, 10000);
		ck_assert(fake_net_message(&net, &stream, AVE_CUT_MST_DATA,
					   edge_slice("media", 5)));
	}
	ck_assert_uint_eq(live(), 1);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_CLIENT_CLOSED), 0);
	fake_net_pass(&net, 10100);
	ended_with_its_token();
	ck_assert_uint_eq(fake_net_last(&net, FAKE_CLIENT_CLOSED)->leg.wire,
			  stream.wire);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("allocation_life");
	TCase *t = tcase_create("time");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, allocation_lifetime_is_clamped);
	tcase_add_test(t, allocation_ends_when_nobody_refreshes);
	tcase_add_test(t, allocation_refreshed_lives_on_or_ends_sooner);
	tcase_add_test(t, allocation_of_ms_turn_lives_by_its_client);
	tcase_add_test(t, allocation_of_a_stream_lives_while_it_is_used);
	tcase_add_test(t, allocation_lifetime_is_no_longer_than_its_token);
	tcase_add_test(t, allocation_clamps_to_nothing_when_its_token_is_over);
	tcase_add_test(t,
		       allocation_prolonged_by_datagrams_ends_with_its_token);
	tcase_add_test(t, allocation_of_a_busy_stream_ends_with_its_token);
	suite_add_tcase(s, t);
	return s;
}
