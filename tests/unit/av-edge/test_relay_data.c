/* av-edge/relay_data.c: packets both ways. */
#include <string.h>

#include "tests/support/fake_dialect.h"
#include "tests/support/suite.h"

static struct fake_net net;
static struct ave_leg client;
static struct edge_addr peer, other;
static struct ave_alloc *a;

static void set_up(void)
{
	fake_dialect_reset();
	fake_net_init(&net);
	fake_net_start(&net, &fake_ms, &fake_rfc);
	client = fake_client("198.51.100.7", 4000);
	peer = fake_addr("198.51.100.200", 6000);
	other = fake_addr("198.51.100.201", 6001);
	a = fake_allocate(&net, &client, &fake_ms);
}

static void tear_down(void)
{
	fake_net_stop(&net);
}

static struct edge_slice text(const char *s)
{
	return edge_slice_str(s);
}

static enum ave_reason send_to(const struct edge_addr *to, const char *s)
{
	return ave_relay_to_peer(net.relay, a, to, text(s));
}

static void hear(const struct edge_addr *from, const char *s)
{
	fake_net_peer(&net, &a->relayed[0].at, from, text(s));
}

static bool was_sent(enum fake_kind what, const char *s)
{
	const struct fake_sent *k = fake_net_last(&net, what);

	return k->len == strlen(s) && !memcmp(k->bytes, s, k->len);
}

static struct ave_flow *flow_to(const struct edge_addr *to, uint16_t channel)
{
	struct ave_flow *f;

	ck_assert_int_eq(ave_relay_flow(&f, a, to, channel, UINT64_MAX, 4),
			 AVE_FINE);
	return f;
}

/* -- permissions --------------------------------------------------------------
 */

START_TEST(data_needs_a_permission_both_ways)
{
	ck_assert_int_eq(send_to(&peer, "x"), AVE_NO_PERMISSION);
	hear(&peer, "x");
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_PERMISSION), 1);
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &peer), AVE_FINE);
	ck_assert_int_eq(send_to(&peer, "ping"), AVE_FINE);
	ck_assert(was_sent(FAKE_TO_PEER, "ping"));
	ck_assert(edge_addr_eq(&fake_net_last(&net, FAKE_TO_PEER)->to, &peer));
	ck_assert(edge_addr_eq(&fake_net_last(&net, FAKE_TO_PEER)->at,
			       &a->relayed[0].at));
	peer.port++; /* by IP address alone: peer-reflexive candidates */
	hear(&peer, "pong");
	ck_assert(was_sent(FAKE_TO_CLIENT, "D:pong"));
	hear(&other, "pong");
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_PERMISSION), 2);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_TO_CLIENT), 1);
}
END_TEST

START_TEST(data_permission_ends_after_300_s)
{
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &peer), AVE_FINE);
	fake_net_pass(&net, 299999);
	ck_assert_int_eq(send_to(&peer, "x"), AVE_FINE);
	fake_net_pass(&net, 1);
	ck_assert_int_eq(send_to(&peer, "x"), AVE_NO_PERMISSION);
	hear(&peer, "x");
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_PERMISSION), 1);
	ave_relay_touch(net.relay, a);
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &peer), AVE_FINE);
	fake_net_pass(&net, 200000);
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &peer), AVE_FINE);
	fake_net_pass(&net, 200000);
	ck_assert_int_eq(send_to(&peer, "x"), AVE_FINE);
}
END_TEST

START_TEST(data_permissions_are_64)
{
	struct edge_addr p = fake_addr("8.8.8.1", 5000);

	for (int i = 0; i < 64; i++, p.ip[3]++) {
		ck_assert_int_eq(ave_relay_permit(net.relay, a, &p), AVE_FINE);
		p.port++; /* no new one */
		ck_assert_int_eq(ave_relay_permit(net.relay, a, &p), AVE_FINE);
	}
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &p), AVE_PEER_LIMIT);
	fake_net_pass(&net, 300000);
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &p), AVE_FINE);
}
END_TEST

START_TEST(data_permission_of_an_ip_asks_no_port)
{
	struct edge_addr ip = peer, low = peer, pool;

	ip.port = 0;
	low.port = 22;
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &low), AVE_PEER_DENIED);
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &ip), AVE_FINE);
	ck_assert_int_eq(send_to(&peer, "x"), AVE_FINE);
	ck_assert_int_eq(send_to(&low, "x"), AVE_PEER_DENIED);
	ck_assert_int_eq(send_to(&ip, "x"), AVE_PEER_DENIED);
	pool = fake_addr("203.0.113.31", 0);
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &pool), AVE_FINE);
	pool.port = 3478;
	ck_assert_int_eq(send_to(&pool, "x"), AVE_PEER_DENIED);
	ip = fake_addr("10.0.0.1", 0);
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &ip), AVE_PEER_DENIED);
}
END_TEST

/* AV 6.4 and 6.6 */
START_TEST(data_goes_to_no_denied_peer)
{
	static const char *const ips[] = {"127.0.0.1", "10.1.2.3",
					  "169.254.169.254", "::ffff:10.0.0.1",
					  "224.0.0.1"};
	struct ave_flow *f;
	struct edge_addr nobody = {.port = 6000};

	for (size_t i = 0; i < sizeof(ips) / sizeof(ips[0]); i++) {
		const struct edge_addr p = fake_addr(ips[i], 6000);

		ck_assert_int_eq(ave_relay_permit(net.relay, a, &p),
				 AVE_PEER_DENIED);
		ck_assert_int_eq(ave_relay_to_peer(net.relay, a, &p, text("x")),
				 AVE_PEER_DENIED);
		ck_assert_int_eq(ave_relay_flow(&f, a, &p, 0, UINT64_MAX, 4),
				 AVE_PEER_DENIED);
	}
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &nobody),
			 AVE_PEER_DENIED);
	ck_assert_int_eq(send_to(&nobody, "x"), AVE_PEER_DENIED);
	ck_assert_uint_eq(a->permissions.count, 0);
	ck_assert_uint_eq(a->flows.count, 0);
}
END_TEST

START_TEST(data_of_an_allocation_never_comes_back_to_it)
{
	const struct edge_addr told = a->relayed[0].told, at = a->relayed[0].at;
	struct ave_flow *f;

	ck_assert_int_eq(ave_relay_permit(net.relay, a, &told),
			 AVE_PEER_DENIED);
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &at), AVE_PEER_DENIED);
	ck_assert_int_eq(ave_relay_flow(&f, a, &told, 0, UINT64_MAX, 4),
			 AVE_PEER_DENIED);
	ck_assert_int_eq(send_to(&told, "x"), AVE_PEER_DENIED);
}
END_TEST

START_TEST(data_needs_the_peers_family)
{
	const struct edge_addr six = fake_addr("2001:db8:77::1", 6000);
	struct ave_flow *f;

	ck_assert_int_eq(ave_relay_permit(net.relay, a, &six), AVE_FAMILY);
	ck_assert_int_eq(send_to(&six, "x"), AVE_FAMILY);
	ck_assert_int_eq(ave_relay_flow(&f, a, &six, 0, UINT64_MAX, 4),
			 AVE_FAMILY);
}
END_TEST

/* -- flows
 * --------------------------------------------------------------------- */

START_TEST(data_flows_are_plain_values)
{
	struct ave_flow *f = flow_to(&peer, 0);

	ck_assert(edge_addr_eq(&f->client, &client.client));
	ck_assert(edge_addr_eq(&f->server, &client.server));
	ck_assert(edge_addr_eq(&f->relayed, &a->relayed[0].at));
	ck_assert(edge_addr_eq(&f->peer, &peer));
	ck_assert(edge_addr_eq(&f->to, &peer));
	ck_assert_uint_eq(f->wire, a->relayed[0].wire);
	fake_net_datagram(&net, &client, text("out"));
	fake_net_datagram(&net, &client, text("more"));
	hear(&peer, "in");
	ck_assert(was_sent(FAKE_TO_PEER, "more"));
	ck_assert(was_sent(FAKE_TO_CLIENT, "in"));
	ck_assert_uint_eq(f->to_peer, 2);
	ck_assert_uint_eq(f->to_peer_bytes, 7);
	ck_assert_uint_eq(f->to_client, 1);
	ck_assert_uint_eq(f->to_client_bytes, 2);
}
END_TEST

START_TEST(data_flows_are_prolonged_not_doubled)
{
	struct ave_flow *f = flow_to(&peer, 0x4001), *again;

	ck_assert_int_eq(ave_relay_flow(&again, a, &peer, 0x4001,
					net.now_ms + 600000, 4),
			 AVE_FINE);
	ck_assert_ptr_eq(f, again);
	ck_assert_uint_eq(again->until_ms, net.now_ms + 600000);
	ck_assert_uint_eq(a->flows.count, 1);
	ck_assert_ptr_nonnull(
		ave_permissions_find(&a->permissions, &peer, net.now_ms));
}
END_TEST

START_TEST(data_flows_that_ended_make_room)
{
	struct edge_addr p = peer;
	struct ave_flow *f;

	for (int i = 0; i < 4; i++, p.port++)
		ck_assert_int_eq(ave_relay_flow(&f, a, &p,
						(uint16_t)(0x4000 + i),
						net.now_ms + 1000, 4),
				 AVE_FINE);
	ck_assert_int_eq(
		ave_relay_flow(&f, a, &p, 0x4004, net.now_ms + 1000, 4),
		AVE_PEER_LIMIT);
	fake_net_pass(&net, 1000);
	ck_assert_int_eq(
		ave_relay_flow(&f, a, &p, 0x4004, net.now_ms + 1000, 4),
		AVE_FINE);
	ck_assert_uint_eq(a->flows.count, 1);
}
END_TEST

/* Bare packets prolong the permission of MS-TURN's destination. */
START_TEST(data_of_ms_turn_keeps_the_permission)
{
	flow_to(&peer, 0);
	for (int i = 0; i < 4; i++) {
		fake_net_pass(&net, 250000);
		fake_net_datagram(&net, &client, text("media"));
	}
	hear(&peer, "still");
	ck_assert(was_sent(FAKE_TO_CLIENT, "still"));
	fake_net_pass(&net, 300000);
	hear(&peer, "late");
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_PERMISSION), 1);
}
END_TEST

/* Also one that lapsed while the client said nothing: its allocation lives. */
START_TEST(data_of_ms_turn_gives_a_lapsed_permission_anew)
{
	flow_to(&peer, 0);
	fake_net_pass(&net, 301000);
	hear(&peer, "unheard");
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_PERMISSION), 1);
	fake_net_datagram(&net, &client, text("media"));
	hear(&peer, "heard");
	ck_assert(was_sent(FAKE_TO_CLIENT, "heard"));
	fake_net_pass(&net, 299000);
	hear(&peer, "still");
	ck_assert(was_sent(FAKE_TO_CLIENT, "still"));
}
END_TEST

START_TEST(data_headers_are_written_before_the_payload)
{
	struct ave_leg rfc = fake_client("198.51.100.7", 4001);

	a = fake_allocate(&net, &rfc, &fake_rfc);
	flow_to(&peer, 0x4007);
	hear(&peer, "media");
	ck_assert_uint_eq(fake_net_last(&net, FAKE_TO_CLIENT)->len, 9);
	ck_assert_uint_eq(fake_net_last(&net, FAKE_TO_CLIENT)->bytes[1], 7);
	fake_net_datagram(&net, &rfc, edge_slice("@\7\0\5media", 9));
	ck_assert(was_sent(FAKE_TO_PEER, "media"));
}
END_TEST

/* -- hairpin
 * -------------------------------------------------------------------- */

START_TEST(data_reaches_another_allocation_of_ours)
{
	struct ave_leg leg = fake_client("198.51.100.9", 5000);
	struct ave_alloc *b = fake_allocate(&net, &leg, &fake_ms);
	const struct edge_addr to_b = b->relayed[0].told,
			       to_a = a->relayed[0].told;
	struct ave_flow *f = flow_to(&to_b, 0);

	/* told is named, bound is where it goes: no NAT is in between */
	ck_assert(edge_addr_eq(&f->peer, &to_b));
	ck_assert(edge_addr_eq(&f->to, &b->relayed[0].at));
	fake_net_datagram(&net, &client, text("hello"));
	ck_assert(edge_addr_eq(&fake_net_last(&net, FAKE_TO_PEER)->to,
			       &b->relayed[0].at));
	fake_net_hairpin(&net);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_PERMISSION), 1);
	ck_assert_int_eq(ave_relay_permit(net.relay, b, &to_a), AVE_FINE);
	fake_net_hairpin(&net);
	ck_assert(was_sent(FAKE_TO_CLIENT, "D:hello"));
	ck_assert_uint_eq(fake_net_last(&net, FAKE_TO_CLIENT)->leg.client.port,
			  5000);
	/* and b answers whom it heard, by the address that peers see */
	fake_net_clear(&net);
	ck_assert_int_eq(ave_relay_to_peer(net.relay, b, &to_a, text("hi")),
			 AVE_FINE);
	fake_net_hairpin(&net);
	ck_assert(was_sent(FAKE_TO_CLIENT, "hi")); /* a's flow: bare */
}
END_TEST

/* Who else listens on this host in the range is nobody's peer. */
START_TEST(data_goes_to_no_port_of_ours_that_is_not_relayed)
{
	struct ave_leg leg = fake_client("198.51.100.9", 5000);
	struct ave_alloc *b = fake_allocate(&net, &leg, &fake_ms);
	struct edge_addr to = b->relayed[0].told;
	struct ave_flow *f;

	flow_to(&to, 0);
	ck_assert_int_eq(ave_relay_to_peer(net.relay, a, &to, text("hi")),
			 AVE_FINE);
	ave_relay_release(net.relay, b, AVE_FINE);
	ck_assert_int_eq(ave_relay_to_peer(net.relay, a, &to, text("hi")),
			 AVE_PEER_DENIED);
	to.port = a->relayed[0].told.port == 50123 ? 50124 : 50123;
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &to), AVE_PEER_DENIED);
	ck_assert_int_eq(ave_relay_flow(&f, a, &to, 0, UINT64_MAX, 4),
			 AVE_PEER_DENIED);
}
END_TEST

START_TEST(data_goes_to_relayed_ports_of_members)
{
	const struct edge_addr far = fake_addr("203.0.113.41", 55555),
			       odd = fake_addr("203.0.113.41", 5061);

	flow_to(&far, 0);
	fake_net_datagram(&net, &client, text("media"));
	ck_assert(edge_addr_eq(&fake_net_last(&net, FAKE_TO_PEER)->to, &far));
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &odd), AVE_PEER_DENIED);
}
END_TEST

/* -- how much
 * ------------------------------------------------------------------- */

static size_t flood(size_t packets)
{
	static uint8_t b[1000];
	size_t sent;

	fake_net_clear(&net);
	for (size_t i = 0; i < packets; i++)
		fake_net_datagram(&net, &client, edge_slice(b, sizeof(b)));
	sent = fake_net_count(&net, FAKE_TO_PEER);
	fake_net_clear(&net);
	return sent;
}

/* AV 1.16: 10 Mbit/s and 256 KiB at once. */
START_TEST(data_is_limited_to_the_bandwidth)
{
	size_t sent = 0;

	flow_to(&peer, 0);
	for (int i = 0; i < 5; i++)
		sent += flood(100);
	ck_assert_uint_eq(sent, 262144 / 1000);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_BANDWIDTH), 500 - sent);
	fake_net_pass(&net, 10); /* 100 kbit */
	ck_assert_uint_eq(flood(100), 12);
	fake_net_pass(&net, 10); /* both ways are one */
	for (int i = 0; i < 6; i++) {
		static char b[1001];

		memset(b, 'x', 1000);
		hear(&peer, b);
	}
	ck_assert_uint_eq(fake_net_count(&net, FAKE_TO_CLIENT), 6);
	ck_assert_uint_eq(flood(100), 7); /* with the rest of before */
	fake_net_pass(&net, 3600000 / 8);
	flow_to(&peer, 0);
	sent = 0;
	for (int i = 0; i < 5; i++)
		sent += flood(100);
	ck_assert_uint_eq(sent, 262144 / 1000);
}
END_TEST

START_TEST(data_is_counted)
{
	const struct ave_relay_counts *c = ave_relay_count(net.relay);

	flow_to(&peer, 0);
	fake_net_datagram(&net, &client, text("12345"));
	ck_assert_int_eq(send_to(&peer, "123"), AVE_FINE);
	hear(&peer, "1");
	other.port = 1;
	hear(&other, "denied");
	hear(&peer, "!"); /* the dialect drops it */
	ck_assert_uint_eq(c->to_peer, 2);
	ck_assert_uint_eq(c->to_peer_bytes, 8);
	ck_assert_uint_eq(c->to_client, 1);
	ck_assert_uint_eq(c->to_client_bytes, 1);
	ck_assert_uint_eq(c->reasons[AVE_NO_PERMISSION], 1);
	ck_assert_uint_eq(c->reasons[AVE_TOO_LONG], 1);
	ck_assert_uint_eq(a->to_peer_bytes, 8);
	ck_assert_uint_eq(a->to_client, 1);
	ck_assert_uint_eq(a->last_client_ms, net.now_ms);
}
END_TEST

START_TEST(data_of_no_bytes_is_data)
{
	flow_to(&peer, 0);
	hear(&peer, "");
	ck_assert_uint_eq(fake_net_last(&net, FAKE_TO_CLIENT)->len, 0);
	ck_assert_int_eq(send_to(&peer, ""), AVE_FINE);
	ck_assert_uint_eq(fake_net_last(&net, FAKE_TO_PEER)->len, 0);
}
END_TEST

/* A datagram that was under way when its allocation ended. */
START_TEST(data_that_is_late_finds_nobody)
{
	const uint64_t tag = fake_net_socket(&net, a->relayed[0].wire)->tag;
	uint8_t room[AVE_HEADROOM + 1 + AVE_TAILROOM] = {0};
	const struct ave_packet pkt = {room + AVE_HEADROOM, 1};

	ave_relay_release(net.relay, a, AVE_FINE);
	ave_relay_peer_datagram(net.relay, tag, &peer, pkt);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_ALLOCATION), 1);
	client.client.port++;
	fake_allocate(&net, &client, &fake_ms);
	ave_relay_peer_datagram(net.relay, tag, &peer, pkt);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_ALLOCATION), 2);
}
END_TEST

START_TEST(data_follows_a_door_that_was_remade)
{
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &peer), AVE_FINE);
	client.wire = 99;
	fake_net_datagram(&net, &client, fake_ms_message(0));
	hear(&peer, "x");
	ck_assert_uint_eq(fake_net_last(&net, FAKE_TO_CLIENT)->leg.wire, 99);
}
END_TEST

START_TEST(data_of_both_families_leaves_by_its_own)
{
	const struct ave_want both = {.v4 = true, .v6 = true};
	const struct edge_addr six = fake_addr("2001:db8:77::1", 6000);

	client.client.port++;
	ck_assert_int_eq(fake_try(&a, &net, &client, &fake_ms, &both),
			 AVE_FINE);
	ck_assert_int_eq(ave_relay_permit(net.relay, a, &six), AVE_FINE);
	ck_assert_int_eq(send_to(&six, "x"), AVE_FINE);
	ck_assert(edge_addr_eq(&fake_net_last(&net, FAKE_TO_PEER)->at,
			       &a->relayed[1].at));
	fake_net_peer(&net, &a->relayed[1].at, &six, text("y"));
	ck_assert(was_sent(FAKE_TO_CLIENT, "D:y"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("relay_data");
	TCase *t = tcase_create("packets");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, data_needs_a_permission_both_ways);
	tcase_add_test(t, data_permission_ends_after_300_s);
	tcase_add_test(t, data_permissions_are_64);
	tcase_add_test(t, data_permission_of_an_ip_asks_no_port);
	tcase_add_test(t, data_goes_to_no_denied_peer);
	tcase_add_test(t, data_of_an_allocation_never_comes_back_to_it);
	tcase_add_test(t, data_needs_the_peers_family);
	tcase_add_test(t, data_flows_are_plain_values);
	tcase_add_test(t, data_flows_are_prolonged_not_doubled);
	tcase_add_test(t, data_flows_that_ended_make_room);
	tcase_add_test(t, data_of_ms_turn_keeps_the_permission);
	tcase_add_test(t, data_of_ms_turn_gives_a_lapsed_permission_anew);
	tcase_add_test(t, data_headers_are_written_before_the_payload);
	tcase_add_test(t, data_reaches_another_allocation_of_ours);
	tcase_add_test(t, data_goes_to_no_port_of_ours_that_is_not_relayed);
	tcase_add_test(t, data_goes_to_relayed_ports_of_members);
	tcase_add_test(t, data_is_limited_to_the_bandwidth);
	tcase_add_test(t, data_is_counted);
	tcase_add_test(t, data_of_no_bytes_is_data);
	tcase_add_test(t, data_that_is_late_finds_nobody);
	tcase_add_test(t, data_follows_a_door_that_was_remade);
	tcase_add_test(t, data_of_both_families_leaves_by_its_own);
	suite_add_tcase(s, t);
	return s;
}
