/* av-edge/relay.c: one policy for every way to a peer. */
#include "tests/support/fake_dialect.h"
#include "tests/support/suite.h"

static struct fake_net net;
static struct ave_leg client, rfc_client;
static struct ave_alloc *a, *b; /* of MS-TURN; of the other dialect */

static void set_up(void)
{
	fake_dialect_reset();
	fake_net_init(&net);
	fake_net_start(&net, &fake_ms, &fake_rfc);
	client = fake_stream("198.51.100.7", 4000);
	rfc_client = fake_stream("198.51.100.7", 4001);
	a = fake_allocate(&net, &client, &fake_ms);
	b = fake_allocate(&net, &rfc_client, &fake_rfc);
}

static void tear_down(void)
{
	fake_net_stop(&net);
}

static struct edge_slice text(const char *s)
{
	return edge_slice_str(s);
}

/* AV 6.4, whichever way is tried: two dialects, datagrams and connections. */
static const char *const denied[] = {
	"127.0.0.1",	   "10.1.2.3",	       "172.31.255.255",
	"192.168.0.1",	   "169.254.169.254",  "100.64.0.1",
	"192.0.0.8",	   "198.19.0.1",       "224.0.0.251",
	"255.255.255.255", "0.0.0.1",	       "::ffff:10.1.2.3",
	"2002:a01:203::",  "64:ff9b::a01:203",
};

START_TEST(tcp_and_udp_of_both_dialects_have_one_policy)
{
	const struct ave_want udp = {.v4 = true};
	const struct edge_addr to = fake_addr(denied[_i], 6000);
	const struct edge_addr low = fake_addr("8.8.8.8", 1023);
	struct ave_leg one = fake_client("198.51.100.7", 1),
		       two = fake_client("198.51.100.7", 2);
	struct ave_alloc *all[4] = {a, b};
	struct ave_flow *f;
	uint32_t id;

	ck_assert_int_eq(fake_try(&all[2], &net, &one, &fake_ms, &udp),
			 AVE_FINE);
	ck_assert_int_eq(fake_try(&all[3], &net, &two, &fake_rfc, &udp),
			 AVE_FINE);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(ave_relay_permit(net.relay, all[i], &to),
				 AVE_PEER_DENIED);
		ck_assert_int_eq(
			ave_relay_flow(&f, all[i], &to, 0, UINT64_MAX, 1),
			AVE_PEER_DENIED);
		ck_assert_int_eq(
			ave_relay_to_peer(net.relay, all[i], &to, text("x")),
			AVE_PEER_DENIED);
		ck_assert_int_eq(
			ave_relay_to_peer(net.relay, all[i], &low, text("x")),
			AVE_PEER_DENIED);
	}
	ck_assert_int_eq(ave_relay_connect(&id, net.relay, b, &to),
			 AVE_PEER_DENIED);
	ck_assert_int_eq(ave_relay_connect(&id, net.relay, b, &low),
			 AVE_PEER_DENIED);
	ck_assert_uint_eq(net.sent_count, 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("relay_policy");
	TCase *t = tcase_create("policy");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, tcp_and_udp_of_both_dialects_have_one_policy, 0,
			    sizeof(denied) / sizeof(denied[0]));
	suite_add_tcase(s, t);
	return s;
}
