/* av-edge/relay.c: which packet goes to whom. */
#include "av-edge/relay.h"

#include <string.h>

#include "av-edge/policy.h"
#include "tests/support/fake_dialect.h"
#include "tests/support/suite.h"

static struct fake_net net;
static struct ave_leg client, stream;
static struct edge_addr peer;

static void set_up(void)
{
	fake_dialect_reset();
	fake_net_init(&net);
	fake_net_start(&net, &fake_ms, &fake_rfc);
	client = fake_client("198.51.100.7", 4000);
	stream = fake_stream("198.51.100.7", 4001);
	peer = fake_addr("198.51.100.200", 6000);
}

static void tear_down(void)
{
	fake_net_stop(&net);
}

static struct edge_slice text(const char *s)
{
	return edge_slice_str(s);
}

static void has_flow(struct ave_alloc *a, uint16_t channel)
{
	struct ave_flow *f;

	ck_assert_int_eq(ave_relay_flow(&f, a, &peer, channel, UINT64_MAX, 64),
			 AVE_FINE);
}

static bool was_heard(unsigned ms, unsigned rfc)
{
	return fake_heard.control[AVE_DIALECT_MS] == ms &&
	       fake_heard.control[AVE_DIALECT_RFC] == rfc;
}

/* AV 1.2: with and without allocation */

START_TEST(relay_names_datagrams_of_strangers)
{
	fake_net_datagram(&net, &client, fake_ms_message(0));
	ck_assert(was_heard(1, 0));
	fake_net_datagram(&net, &client, fake_rfc_message(0));
	ck_assert(was_heard(1, 1));
	fake_net_datagram(&net, &client, edge_slice("@\1\0\2xy", 6));
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_ALLOCATION), 1);
	fake_net_datagram(&net, &client,
			  edge_slice("\xff\x10\0\1xxxxxxxxy", 13));
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_MULTIPLEXED), 1);
	fake_net_datagram(&net, &client, edge_slice("\x80nothing", 8));
	fake_net_datagram(&net, &client, edge_slice("", 0));
	ck_assert(was_heard(1, 1));
	ck_assert_uint_eq(net.sent_count, 0);
}
END_TEST

START_TEST(relay_gives_control_to_ms_turn_whatever_is_set)
{
	struct ave_alloc *a = fake_allocate(&net, &client, &fake_ms);

	has_flow(a, 0);
	fake_net_datagram(&net, &client, fake_ms_message(0));
	ck_assert(was_heard(1, 0));
	ck_assert_uint_eq(fake_heard.with_alloc[AVE_DIALECT_MS], 1);
	/* the rest is payload: STUN of ICE, ChannelData, anything */
	fake_net_datagram(&net, &client, fake_rfc_message(0));
	fake_net_datagram(&net, &client, edge_slice("@\1\0\2xy", 6));
	fake_net_datagram(&net, &client, edge_slice("\xff\x10", 2));
	ck_assert(was_heard(1, 0));
	ck_assert_uint_eq(fake_net_count(&net, FAKE_TO_PEER), 3);
}
END_TEST

START_TEST(relay_drops_payload_without_destination)
{
	fake_allocate(&net, &client, &fake_ms);
	fake_net_datagram(&net, &client, edge_slice("\x80media", 6));
	fake_net_datagram(&net, &client, edge_slice("@\1\0\2xy", 6));
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_DESTINATION), 2);
	/* Binding requests are answered still; the allocation is not shown */
	fake_net_datagram(&net, &client, fake_rfc_message(0));
	ck_assert(was_heard(0, 1));
	ck_assert_uint_eq(fake_heard.with_alloc[AVE_DIALECT_RFC], 0);
}
END_TEST

START_TEST(relay_gives_channels_to_the_rfc_dialect)
{
	struct ave_alloc *a = fake_allocate(&net, &client, &fake_rfc);

	has_flow(a, 0x4001);
	fake_net_datagram(&net, &client, edge_slice("@\1\0\2xy", 6));
	ck_assert_uint_eq(fake_net_last(&net, FAKE_TO_PEER)->len, 2);
	fake_net_datagram(&net, &client, edge_slice("@\2\0\2xy", 6));
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_CHANNEL), 1);
	fake_net_datagram(&net, &client, fake_rfc_message(0));
	ck_assert(was_heard(0, 1));
	ck_assert_uint_eq(fake_heard.with_alloc[AVE_DIALECT_RFC], 1);
	fake_net_datagram(&net, &client, fake_ms_message(0));
	ck_assert_uint_eq(fake_heard.with_alloc[AVE_DIALECT_MS], 0);
	fake_net_datagram(&net, &client, edge_slice("\x80media", 6));
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NOT_TURN), 1);
}
END_TEST

START_TEST(relay_serves_no_rfc_when_it_is_off)
{
	net.view.has_rfc = false;
	fake_net_datagram(&net, &client, fake_rfc_message(0));
	ck_assert(was_heard(0, 0));
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_DIALECT_OFF), 1);
	ck_assert(!fake_net_message(&net, &stream, AVE_CUT_RFC_MESSAGE,
				    fake_rfc_message(0)));
	fake_net_datagram(&net, &client, fake_ms_message(0));
	ck_assert(was_heard(1, 0));
}
END_TEST

START_TEST(relay_survives_the_end_of_an_allocation_by_its_message)
{
	fake_allocate(&net, &client, &fake_ms);
	fake_net_datagram(&net, &client, fake_ms_message('R'));
	ck_assert_uint_eq(ave_relay_count(net.relay)->allocations, 0);
	ck_assert_uint_eq(fake_heard.forgotten, 1);
	ck_assert_ptr_null(ave_relay_find(net.relay, &client));
	fake_net_pass(&net, 10);
}
END_TEST

/* streams */

START_TEST(relay_closes_streams_that_are_lost)
{
	ck_assert(fake_net_message(&net, &stream, AVE_CUT_MST_CONTROL,
				   fake_ms_message(0)));
	ck_assert(!fake_net_message(&net, &stream, AVE_CUT_MST_CONTROL,
				    fake_ms_message('X')));
	ck_assert(!fake_net_message(&net, &stream, AVE_CUT_MST_CONTROL,
				    fake_rfc_message(0)));
	ck_assert(fake_net_message(&net, &stream, AVE_CUT_RFC_MESSAGE,
				   fake_rfc_message(0)));
	ck_assert(!fake_net_message(&net, &stream, AVE_CUT_RFC_MESSAGE,
				    text("no message of STUN at all")));
	ck_assert(was_heard(2, 1));
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NOT_TURN), 2);
}
END_TEST

/* AV 1.4 */
START_TEST(relay_takes_32_early_frames)
{
	ck_assert(fake_net_message(&net, &stream, AVE_CUT_MST_DATA, text("x")));
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_ALLOCATION), 1);
	fake_allocate(&net, &stream, &fake_ms);
	for (int i = 0; i < 31; i++)
		ck_assert(fake_net_message(&net, &stream, AVE_CUT_MST_DATA,
					   text("x")));
	ck_assert(
		!fake_net_message(&net, &stream, AVE_CUT_MST_DATA, text("x")));
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_DESTINATION), 32);
	ck_assert_uint_eq(ave_relay_count(net.relay)->allocations, 0);
}
END_TEST

START_TEST(relay_passes_data_of_streams)
{
	const struct ave_want udp = {.v4 = true};
	struct ave_alloc *a;

	ck_assert_int_eq(fake_try(&a, &net, &stream, &fake_rfc, &udp),
			 AVE_FINE);
	has_flow(a, 0x4001);
	ck_assert(fake_net_message(&net, &stream, AVE_CUT_RFC_CHANNEL,
				   edge_slice("@\1\0\3abc", 7)));
	ck_assert_uint_eq(fake_net_last(&net, FAKE_TO_PEER)->len, 3);
	ck_assert(fake_net_message(&net, &stream, AVE_CUT_MST_DATA, text("x")));
	fake_net_peer(&net, &a->relayed[0].at, &peer, text("pong"));
	ck_assert_uint_eq(fake_net_last(&net, FAKE_TO_CLIENT)->leg.wire,
			  stream.wire);
	stream = fake_stream("198.51.100.8", 1);
	ck_assert(fake_net_message(&net, &stream, AVE_CUT_RFC_CHANNEL,
				   edge_slice("@\1\0\3abc", 7)));
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_ALLOCATION), 2);
}
END_TEST

/* The address of one may be the other's: behind 6to4, or used once more. */
START_TEST(relay_never_takes_one_stream_for_another)
{
	struct ave_leg other = stream;
	struct ave_alloc *a = fake_allocate(&net, &stream, &fake_ms), *b;

	other.wire++;
	ck_assert_ptr_null(ave_relay_find(net.relay, &other));
	ave_relay_client_gone(net.relay, &other);
	ck_assert_ptr_eq(ave_relay_find(net.relay, &stream), a);
	b = fake_allocate(&net, &other, &fake_ms);
	ck_assert_ptr_ne(a, b);
	ave_relay_client_gone(net.relay, &stream);
	ck_assert_ptr_null(ave_relay_find(net.relay, &stream));
	ck_assert_ptr_eq(ave_relay_find(net.relay, &other), b);
}
END_TEST

START_TEST(relay_ends_allocations_with_their_streams)
{
	fake_allocate(&net, &stream, &fake_ms);
	ave_relay_client_gone(net.relay, &stream);
	ck_assert_uint_eq(ave_relay_count(net.relay)->allocations, 0);
	ck_assert_uint_eq(fake_net_sockets(&net), 0);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_CLIENT_CLOSED), 0);
	ave_relay_client_gone(net.relay, &stream);
	ave_relay_client_full(net.relay, &stream, true);
}
END_TEST

/* the rest */

START_TEST(relay_counts_drops_and_challenges)
{
	ave_relay_drop(net.relay, AVE_STALE_NONCE);
	ave_relay_drop(net.relay, AVE_NO_INTEGRITY);
	ave_relay_drop(net.relay, AVE_NO_INTEGRITY);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_STALE_NONCE), 1);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_INTEGRITY), 2);
	ck_assert_uint_eq(ave_relay_count(net.relay)->challenged, 2);
}
END_TEST

START_TEST(relay_answers_from_the_callers_memory)
{
	ave_relay_answer(net.relay, &client, text("answer"));
	ck_assert_uint_eq(fake_net_last(&net, FAKE_TOLD)->len, 6);
	ck_assert_uint_eq(fake_net_last(&net, FAKE_TOLD)->leg.client.port,
			  4000);
}
END_TEST

static unsigned answers_at(const struct ave_leg *leg, enum ave_rate what)
{
	unsigned n = 0;

	while (n < 1000 && ave_relay_may_answer(net.relay, leg, what))
		n++;
	return n;
}

static unsigned of_streams(const char *ip, enum ave_rate what)
{
	const struct ave_leg leg = fake_stream(ip, 1);

	return answers_at(&leg, what);
}

static unsigned answers_on(enum ave_side side, const char *ip,
			   enum ave_rate what)
{
	struct ave_leg leg = fake_client(ip, 1);

	leg.side = (uint8_t)side;
	return answers_at(&leg, what);
}

static unsigned answers(const char *ip, enum ave_rate what)
{
	return answers_on(AVE_OUTSIDE, ip, what);
}

START_TEST(relay_limits_answers_by_network)
{
	net.view.limits[AVE_LIMIT_BINDING_RATE] = 7;
	ck_assert_uint_eq(answers("198.51.100.1", AVE_RATE_CHALLENGE), 20);
	ck_assert_uint_eq(answers("198.51.100.99", AVE_RATE_CHALLENGE), 0);
	ck_assert_uint_eq(answers("198.51.101.1", AVE_RATE_CHALLENGE), 20);
	ck_assert_uint_eq(answers("198.51.100.1", AVE_RATE_BINDING), 7);
	ck_assert_uint_eq(answers("198.51.100.1", AVE_RATE_ALLOCATE), 10);
	ck_assert_uint_eq(answers("198.51.100.2", AVE_RATE_ALLOCATE), 10);
	fake_net_pass(&net, 1000);
	ck_assert_uint_eq(answers("198.51.100.1", AVE_RATE_CHALLENGE), 20);
}
END_TEST

/* By address, not by network: conferencing servers stand side by side. */
START_TEST(relay_limits_answers_inside_too)
{
	net.view.limits[AVE_LIMIT_INSIDE_RATE] = 50;
	for (int what = 0; what < AVE_RATES; what++) {
		ck_assert_uint_eq(
			answers_on(AVE_INSIDE, "10.1.2.3", (enum ave_rate)what),
			50);
		ck_assert_uint_eq(
			answers_on(AVE_INSIDE, "10.1.2.4", (enum ave_rate)what),
			50);
	}
	/* who forges an inside address outside takes nothing from it */
	ck_assert_uint_eq(answers("10.1.2.3", AVE_RATE_CHALLENGE), 20);
	fake_net_pass(&net, 1000);
	ck_assert_uint_eq(answers("10.1.2.3", AVE_RATE_CHALLENGE), 20);
	ck_assert_uint_eq(
		answers_on(AVE_INSIDE, "10.1.2.3", AVE_RATE_CHALLENGE), 50);
}
END_TEST

START_TEST(relay_shares_rates_among_workers)
{
	const struct ave_relay_plan p = {.view = &net.view,
					 .shared = &net.shared,
					 .worker = 3,
					 .workers = 8};
	struct ave_relay *mine = net.relay;

	ck_assert_int_eq(ave_relay_new(&net.relay, &p), EDGE_OK);
	ck_assert_uint_eq(answers("198.51.100.1", AVE_RATE_CHALLENGE), 3);
	/* all streams of a source come to one of them */
	ck_assert_uint_eq(of_streams("198.51.100.1", AVE_RATE_CHALLENGE), 20);
	ck_assert_uint_eq(of_streams("198.51.100.1", AVE_RATE_ALLOCATE), 10);
	/* and neither kind fills up the other's */
	ck_assert_uint_eq(answers("198.51.100.1", AVE_RATE_CHALLENGE), 0);
	ck_assert_uint_eq(of_streams("198.51.100.1", AVE_RATE_CHALLENGE), 0);
	ave_relay_free(net.relay);
	net.relay = mine;
	ave_relay_free(NULL);
}
END_TEST

START_TEST(relay_look_ends_what_is_not_allowed_any_more)
{
	struct ave_network v = {fake_addr("198.51.100.192", 0), 26};
	struct ave_networks inside = {&v, 1, false, false};
	const struct ave_policy_plan plan = {.inside = &inside};
	struct ave_alloc *a = fake_allocate(&net, &client, &fake_ms);
	struct ave_view view = net.view;
	struct ave_policy *policy;

	has_flow(a, 0);
	fake_net_datagram(&net, &client, text("media"));
	ck_assert_uint_eq(fake_net_count(&net, FAKE_TO_PEER), 1);
	ck_assert_int_eq(ave_policy_new(&policy, &plan), EDGE_OK);
	view.policy = policy;
	ave_relay_look(net.relay, &view);
	ck_assert_ptr_eq(ave_relay_view(net.relay), &view);
	fake_net_datagram(&net, &client, text("media"));
	ck_assert_uint_eq(fake_net_count(&net, FAKE_TO_PEER), 1);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_DESTINATION), 1);
	fake_net_peer(&net, &a->relayed[0].at, &peer, text("media"));
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_PERMISSION), 1);
	ave_relay_look(net.relay, &net.view);
	ave_policy_free(policy);
}
END_TEST

/* [local] av.tokens_not_before: what was made with an older one ends. */
START_TEST(relay_look_ends_what_was_revoked)
{
	static const struct ave_want want = {.v4 = true};
	struct ave_leg kept = fake_client("198.51.100.9", 4002);
	struct ave_grant g = {.issued_s = 1000};
	struct ave_view view = net.view;
	struct ave_alloc *a;

	ck_assert_int_eq(
		ave_relay_allocate(&a, net.relay, &client, &fake_ms, &g, &want),
		AVE_FINE);
	ck_assert_int_eq(ave_relay_allocate(&a, net.relay, &stream, &fake_rfc,
					    &g, &want),
			 AVE_FINE);
	g.issued_s = 1001;
	ck_assert_int_eq(
		ave_relay_allocate(&a, net.relay, &kept, &fake_ms, &g, &want),
		AVE_FINE);
	view.not_before_s = 1001;
	ave_relay_look(net.relay, &view);
	ck_assert_ptr_null(ave_relay_find(net.relay, &client));
	ck_assert_ptr_null(ave_relay_find(net.relay, &stream));
	ck_assert_ptr_eq(ave_relay_find(net.relay, &kept), a);
	ck_assert_uint_eq(
		fake_net_last(&net, FAKE_CLIENT_CLOSED)->leg.client.port,
		stream.client.port);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_CLIENT_CLOSED), 1);
	ck_assert_int_eq(net.last_why, AVE_TOKEN_EXPIRED);
	ave_relay_look(net.relay, &net.view);
}
END_TEST

/* [options] av.users_revoked: whatever the user has ends, others' stays. */
START_TEST(relay_look_ends_what_revoked_users_have)
{
	static const struct ave_want want = {.v4 = true};
	static const uint8_t revoked[2][16] = {{9}, {7, 7}};
	struct ave_grant g = {.issued_s = 1000, .pseudonym = {7, 7}};
	struct ave_view view = net.view;
	struct ave_alloc *a;

	ck_assert_int_eq(
		ave_relay_allocate(&a, net.relay, &client, &fake_ms, &g, &want),
		AVE_FINE);
	g.pseudonym[0] = 8;
	ck_assert_int_eq(ave_relay_allocate(&a, net.relay, &stream, &fake_rfc,
					    &g, &want),
			 AVE_FINE);
	view.revoked = revoked[0];
	view.revoked_count = 2;
	ave_relay_look(net.relay, &view);
	ck_assert_ptr_null(ave_relay_find(net.relay, &client));
	ck_assert_ptr_eq(ave_relay_find(net.relay, &stream), a);
	ck_assert_int_eq(net.last_why, AVE_USER_REVOKED);
	ave_relay_look(net.relay, &net.view);
}
END_TEST

START_TEST(relay_tells_time_and_what_it_was_given)
{
	fake_net_pass(&net, 2500);
	ck_assert_uint_eq(ave_relay_now_ms(net.relay), net.now_ms);
	ck_assert_int_eq(ave_relay_wall_s(net.relay), net.wall_s);
	ck_assert_ptr_eq(ave_relay_shared(net.relay), &net.shared);
	ck_assert_int_eq(ave_relay_allows(net.relay, &peer), AVE_FINE);
	peer = fake_addr("10.0.0.1", 6000);
	ck_assert_int_eq(ave_relay_allows(net.relay, &peer), AVE_PEER_DENIED);
}
END_TEST

START_TEST(relay_counts_those_at_a_server_socket)
{
	struct ave_leg other = fake_client("198.51.100.8", 4000);
	struct ave_alloc *a;

	other.wire = client.wire + 1;
	stream.wire = client.wire;
	ck_assert_uint_eq(ave_relay_at_wire(net.relay, client.wire), 0);
	a = fake_allocate(&net, &client, &fake_ms);
	fake_allocate(&net, &other, &fake_rfc);
	fake_allocate(&net, &stream, &fake_ms); /* a name of another kind */
	ck_assert_uint_eq(ave_relay_at_wire(net.relay, client.wire), 1);
	ck_assert_uint_eq(ave_relay_at_wire(net.relay, other.wire), 1);
	ave_relay_release(net.relay, a, AVE_EXPIRED);
	ck_assert_uint_eq(ave_relay_at_wire(net.relay, client.wire), 0);
}
END_TEST

/* Whatever comes, in any state: an answer or a drop. */
START_TEST(relay_takes_any_bytes)
{
	uint8_t b[64];
	uint32_t seed = 7;
	struct ave_leg legs[] = {client, fake_client("198.51.100.7", 4002),
				 fake_client("198.51.100.7", 4003)};

	has_flow(fake_allocate(&net, &legs[0], &fake_ms), 0);
	has_flow(fake_allocate(&net, &legs[1], &fake_rfc), 0x4001);
	for (int n = 0; n < 5000; n++) {
		size_t len = (size_t)n % sizeof(b);

		for (size_t i = 0; i < len; i++)
			b[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >>
					 24);
		if (len)
			b[0] &= (uint8_t)(n & 1 ? 0x43 : 0xff);
		fake_net_datagram(&net, &legs[n % 3], edge_slice(b, len));
		fake_net_clear(&net);
	}
	ck_assert_uint_gt(ave_relay_count(net.relay)->to_peer, 1000);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("relay");
	TCase *t = tcase_create("doors");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, relay_names_datagrams_of_strangers);
	tcase_add_test(t, relay_gives_control_to_ms_turn_whatever_is_set);
	tcase_add_test(t, relay_drops_payload_without_destination);
	tcase_add_test(t, relay_gives_channels_to_the_rfc_dialect);
	tcase_add_test(t, relay_serves_no_rfc_when_it_is_off);
	tcase_add_test(t,
		       relay_survives_the_end_of_an_allocation_by_its_message);
	tcase_add_test(t, relay_closes_streams_that_are_lost);
	tcase_add_test(t, relay_takes_32_early_frames);
	tcase_add_test(t, relay_passes_data_of_streams);
	tcase_add_test(t, relay_never_takes_one_stream_for_another);
	tcase_add_test(t, relay_ends_allocations_with_their_streams);
	tcase_add_test(t, relay_counts_drops_and_challenges);
	tcase_add_test(t, relay_answers_from_the_callers_memory);
	tcase_add_test(t, relay_limits_answers_by_network);
	tcase_add_test(t, relay_limits_answers_inside_too);
	tcase_add_test(t, relay_shares_rates_among_workers);
	tcase_add_test(t, relay_look_ends_what_is_not_allowed_any_more);
	tcase_add_test(t, relay_look_ends_what_was_revoked);
	tcase_add_test(t, relay_look_ends_what_revoked_users_have);
	tcase_add_test(t, relay_tells_time_and_what_it_was_given);
	tcase_add_test(t, relay_counts_those_at_a_server_socket);
	tcase_add_test(t, relay_takes_any_bytes);
	suite_add_tcase(s, t);
	return s;
}
