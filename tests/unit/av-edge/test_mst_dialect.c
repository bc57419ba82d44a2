/* The dialect's row: types, payload each way, frames; AV 1.4, 1.5, 1.14-1.17.
 */
#include <string.h>

#include "av-edge/mst_tcp.h"
#include "tests/support/suite.h"
#include "tests/support/vector.h"
#include "tests/unit/av-edge/mst_world.h"

static struct mst_world w;
static struct mst_client c;
static struct ave_alloc *a;
static struct edge_addr peer;

static void setup(void)
{
	mst_world_open(&w);
	mst_world_client(&w, &c, "alice", "198.51.100.7:40000");
	a = mst_world_allocate(&w, &c);
	peer = mst_addr("203.0.113.9:6000");
}

static void setup_stream(void)
{
	mst_world_open(&w);
	mst_world_client(&w, &c, "alice", "198.51.100.7:40000");
	mst_world_stream(&c);
	a = mst_world_allocate(&w, &c);
	peer = mst_addr("203.0.113.9:6000");
}

static void teardown(void)
{
	mst_client_fini(&c);
	mst_world_close(&w);
}

static void permit(const struct edge_addr *who)
{
	ck_assert_int_eq(ave_relay_permit(w.net.relay, a, who), AVE_FINE);
	fake_net_clear(&w.net);
}

static void activate(void)
{
	(void)mst_expect_success(&w, &c, mst_client_activate(&c, &peer));
	fake_net_clear(&w.net);
}

/* What the client was passed last, its frame of that type taken off. */
static struct edge_slice passed(uint8_t frame)
{
	const struct fake_sent *s = fake_net_last(&w.net, FAKE_TO_CLIENT);
	struct edge_slice bytes = edge_slice(s->bytes, s->len);
	struct mst_frame f;

	if (!ave_leg_is_stream(&c.leg))
		return bytes;
	ck_assert_int_eq(mst_frame_take(&f, &bytes), EDGE_OK);
	ck_assert(bytes.p == bytes.end);
	ck_assert_uint_eq(f.type, frame);
	return f.payload;
}

static void expect_indication(const struct edge_addr *from,
			      struct edge_slice payload)
{
	struct mst_msg m;

	ck_assert_int_eq(mst_msg_decode(&m, passed(MST_FRAME_CONTROL)),
			 EDGE_OK);
	ck_assert_uint_eq(m.type, MST_DATA_INDICATION);
	ck_assert_uint_eq(m.seen_count, 3); /* no integrity */
	ck_assert(edge_addr_eq(&m.v[MST_REMOTE_ADDRESS].addr, from));
	ck_assert(edge_slice_eq(m.v[MST_DATA].bytes, payload));
}

/* ---- types ---- */

START_TEST(what_only_servers_say_is_dropped)
{
	static const uint16_t types[] = {0x0001, 0x0002, 0x0102, 0x0112, 0x0103,
					 0x0113, 0x0104, 0x0114, 0x0115, 0x0106,
					 0x0116, 0x0005, 0x3fff};

	mst_client_begin(&c, types[_i]);
	ck_assert(mst_world_give(&w, &c, mst_client_sign(&c)));
	ck_assert_uint_eq(w.net.sent_count, 0);
	ck_assert_uint_eq(mst_world_count(&w, AVE_FORBIDDEN_TYPE), 1);
	ck_assert_uint_eq(mst_live(&w), 1);
}
END_TEST

/* Whole messages with wrong insides. */
static struct edge_slice broken(int which)
{
	static const struct {
		const char *hex;
	} rows[] = {
		/* an attribute that is longer than the message */
		{"0003000d"
		 "31323334353637383930313233343536"
		 "000f000472c64bc6"
		 "0006000178"},
		/* half an attribute's head */
		{"0003000a"
		 "31323334353637383930313233343536"
		 "000f000472c64bc6"
		 "0006"},
	};
	static uint8_t bytes[64];
	struct edge_slice in = vector_bytes(rows[which].hex);

	memcpy(bytes, in.p, edge_slice_len(in));
	if (which == 0)
		bytes[31] = 9;
	return edge_slice(bytes, edge_slice_len(in));
}

START_TEST(lengths_that_lie_are_ignored)
{
	ck_assert(mst_world_give(&w, &c, broken(_i)));
	ck_assert_uint_eq(w.net.sent_count, 0);
	ck_assert_uint_eq(mst_world_count(&w, AVE_MALFORMED), 1);
	ck_assert_uint_eq(mst_live(&w), 1);
}
END_TEST

START_TEST(lengths_that_lie_close_a_stream)
{
	ck_assert(!mst_world_give(&w, &c, broken(_i)));
	ck_assert_uint_eq(mst_live(&w), 0);
}
END_TEST

START_TEST(control_frame_without_control_closes_a_stream)
{
	struct edge_slice in = mst_client_hello(&c);
	uint8_t bytes[64];

	memcpy(bytes, in.p, edge_slice_len(in));
	bytes[24] ^= 1; /* Magic Cookie */
	ck_assert(
		!mst_world_give(&w, &c, edge_slice(bytes, edge_slice_len(in))));
	ck_assert_uint_eq(mst_live(&w), 0);
}
END_TEST

START_TEST(every_strict_prefix_is_no_control)
{
	struct edge_slice in = mst_client_hello(&c);

	for (size_t n = 0; n < edge_slice_len(in); n++) {
		ck_assert(mst_world_give(&w, &c, edge_slice(in.p, n)));
		ck_assert_uint_eq(w.net.sent_count, 0);
	}
}
END_TEST

/* ---- peer to client ---- */

START_TEST(peer_without_permission_is_not_heard)
{
	fake_net_peer(&w.net, &a->relayed[0].at, &peer, edge_slice_str("x"));
	ck_assert_uint_eq(w.net.sent_count, 0);
	ck_assert_uint_eq(mst_world_count(&w, AVE_NO_PERMISSION), 1);
}
END_TEST

START_TEST(peer_is_indicated_with_its_address)
{
	struct edge_addr reflexive = peer;

	permit(&peer);
	fake_net_peer(&w.net, &a->relayed[0].at, &peer, edge_slice_str("abc"));
	expect_indication(&peer, edge_slice_str("abc"));
	reflexive.port = 6001; /* permission is by IP */
	fake_net_peer(&w.net, &a->relayed[0].at, &reflexive,
		      edge_slice_str(""));
	expect_indication(&reflexive, edge_slice_str(""));
}
END_TEST

START_TEST(each_indication_has_its_own_id)
{
	uint8_t tid[MST_TID_LEN];

	permit(&peer);
	fake_net_peer(&w.net, &a->relayed[0].at, &peer, edge_slice_str("abc"));
	memcpy(tid, passed(MST_FRAME_CONTROL).p + 4, MST_TID_LEN);
	fake_net_peer(&w.net, &a->relayed[0].at, &peer, edge_slice_str("abc"));
	ck_assert_mem_ne(tid, passed(MST_FRAME_CONTROL).p + 4, MST_TID_LEN);
}
END_TEST

START_TEST(peer_over_ipv6_is_indicated_too)
{
	const struct edge_addr from = mst_addr("[2001:db8:9::9]:6000");

	mst_client_fini(&c);
	mst_world_client(&w, &c, "bob", "198.51.100.7:41000");
	c.family = 6;
	a = mst_world_allocate(&w, &c);
	permit(&from);
	fake_net_peer(&w.net, &a->relayed[1].at, &from, edge_slice_str("six"));
	expect_indication(&from, edge_slice_str("six"));
}
END_TEST

/* Control of a relay as a hostile peer would write it. */
static struct edge_slice forged(void)
{
	mst_client_begin(&c, MST_SET_ACTIVE_OK);
	return mst_client_end(&c);
}

START_TEST(active_peer_passes_bare_but_never_as_control)
{
	struct edge_slice forgery;

	activate();
	fake_net_peer(&w.net, &a->relayed[0].at, &peer, edge_slice_str("rtp"));
	ck_assert(edge_slice_eq_str(passed(MST_FRAME_DATA), "rtp"));
	forgery = forged();
	fake_net_peer(&w.net, &a->relayed[0].at, &peer, forgery);
	expect_indication(&peer, forgery);
}
END_TEST

START_TEST(same_ip_at_another_port_is_indicated)
{
	struct edge_addr from;

	activate();
	from = peer;
	from.port++;
	fake_net_peer(&w.net, &a->relayed[0].at, &from, edge_slice_str("x"));
	expect_indication(&from, edge_slice_str("x"));
}
END_TEST

START_TEST(indication_that_is_too_long_is_dropped)
{
	static uint8_t room[64 + 65507 + 4];
	struct ave_packet pkt = {room + 64, 65507 - 44};
	struct ave_verdict v = mst_dialect.from_peer(a, &peer, pkt);

	ck_assert_int_eq(v.what, AVE_DO_TO_CLIENT);
	ck_assert_uint_eq(edge_slice_len(v.bytes), 65507);
	pkt.len++;
	v = mst_dialect.from_peer(a, &peer, pkt);
	ck_assert_int_eq(v.what, AVE_DO_DROP);
	ck_assert_int_eq(v.why, AVE_TOO_LONG);
}
END_TEST

/* ---- client to peer ---- */

START_TEST(anything_but_control_is_payload)
{
	/* STUN with its cookie, RTP, DTLS, ChannelData, Multiplexed TURN */
	static const char *const hex[] = {
		"000100002112a442313233343536373839303132",
		"8000",
		"16feff00",
		"40010001aa",
		"ff100000",
		"00"};
	struct edge_slice in = vector_bytes(hex[_i]);
	const struct fake_sent *s;

	fake_net_datagram(&w.net, &c.leg, in);
	ck_assert_uint_eq(w.net.sent_count, 0);
	activate();
	fake_net_datagram(&w.net, &c.leg, in);
	s = fake_net_last(&w.net, FAKE_TO_PEER);
	ck_assert(edge_slice_eq(edge_slice(s->bytes, s->len), in));
	ck_assert(edge_addr_eq(&s->to, &peer));
}
END_TEST

START_TEST(control_stays_control_with_an_active_destination)
{
	activate();
	(void)mst_expect_success(&w, &c, mst_client_allocate(&c));
	ck_assert_uint_eq(fake_net_count(&w.net, FAKE_TO_PEER), 0);
}
END_TEST

START_TEST(bare_packets_prolong_allocation_and_permission)
{
	activate();
	for (int i = 0; i < 10; i++) {
		fake_net_pass(&w.net, 290 * 1000);
		fake_net_datagram(&w.net, &c.leg, edge_slice_str("rtp"));
	}
	ck_assert_uint_eq(mst_live(&w), 1);
	fake_net_clear(&w.net);
	fake_net_peer(&w.net, &a->relayed[0].at, &peer, edge_slice_str("rtp"));
	ck_assert(edge_slice_eq_str(passed(MST_FRAME_DATA), "rtp"));
}
END_TEST

START_TEST(two_clients_reach_each_other)
{
	struct mst_client d;
	struct ave_alloc *b;
	const struct fake_sent *s;
	struct mst_msg m;

	mst_world_client(&w, &d, "bob", "198.51.100.9:42000");
	b = mst_world_allocate(&w, &d);
	ck_assert(mst_world_give(&w, &d,
				 mst_client_send(&d, &a->relayed[0].told, "")));
	ck_assert(mst_world_give(
		&w, &c, mst_client_send(&c, &b->relayed[0].told, "check")));
	fake_net_hairpin(&w.net);
	s = fake_net_last(&w.net, FAKE_TO_CLIENT);
	ck_assert(edge_addr_eq(&s->leg.client, &d.leg.client));
	ck_assert_int_eq(mst_msg_decode(&m, edge_slice(s->bytes, s->len)),
			 EDGE_OK);
	/* named as its clients and peers know it, not as it is bound */
	ck_assert(edge_addr_eq(&m.v[MST_REMOTE_ADDRESS].addr,
			       &a->relayed[0].told));
	peer = b->relayed[0].told;
	activate();
	(void)mst_expect_success(&w, &d,
				 mst_client_activate(&d, &a->relayed[0].told));
	fake_net_clear(&w.net);
	fake_net_datagram(&w.net, &c.leg, edge_slice_str("rtp"));
	fake_net_hairpin(&w.net);
	s = fake_net_last(&w.net, FAKE_TO_CLIENT);
	ck_assert(edge_slice_eq_str(edge_slice(s->bytes, s->len), "rtp"));
	mst_client_fini(&d);
}
END_TEST

/* ---- streams ---- */

START_TEST(early_frames_are_discarded_and_the_32nd_closes)
{
	for (int i = 1; i < 32; i++)
		ck_assert(fake_net_message(&w.net, &c.leg, AVE_CUT_MST_DATA,
					   edge_slice_str("x")));
	ck_assert_uint_eq(mst_world_count(&w, AVE_NO_DESTINATION), 31);
	ck_assert_uint_eq(mst_live(&w), 1);
	ck_assert(!fake_net_message(&w.net, &c.leg, AVE_CUT_MST_DATA,
				    edge_slice_str("x")));
	ck_assert_uint_eq(mst_live(&w), 0);
}
END_TEST

START_TEST(peer_of_a_stream_is_framed_by_what_it_is)
{
	struct edge_slice forgery;
	uint32_t name;

	permit(&peer);
	name = fake_net_connect(&w.net, &a->relayed[0].at, &peer);
	fake_net_bytes(&w.net, name, edge_slice_str("\0\4abcd"));
	expect_indication(&peer, edge_slice_str("\0\4abcd"));
	activate();
	fake_net_bytes(&w.net, name, edge_slice_str("bytes"));
	ck_assert(edge_slice_eq_str(passed(MST_FRAME_DATA), "bytes"));
	forgery = forged();
	fake_net_bytes(&w.net, name, forgery);
	expect_indication(&peer, forgery);
}
END_TEST

START_TEST(frames_go_to_the_peer_that_connected)
{
	const struct fake_sent *s;
	uint32_t name;

	permit(&peer);
	name = fake_net_connect(&w.net, &a->relayed[0].at, &peer);
	activate();
	ck_assert(fake_net_message(&w.net, &c.leg, AVE_CUT_MST_DATA,
				   edge_slice_str("bytes")));
	s = fake_net_last(&w.net, FAKE_WRITTEN);
	ck_assert_uint_eq(s->peer, name);
	ck_assert(edge_slice_eq_str(edge_slice(s->bytes, s->len), "bytes"));
}
END_TEST

START_TEST(stream_lives_without_refresh_while_it_is_used)
{
	uint32_t name;

	permit(&peer);
	name = fake_net_connect(&w.net, &a->relayed[0].at, &peer);
	for (int i = 0; i < 4; i++) {
		fake_net_pass(&w.net, 590 * 1000);
		fake_net_bytes(&w.net, name, edge_slice_str("x"));
	}
	ck_assert_uint_eq(mst_live(&w), 1);
}
END_TEST

START_TEST(end_of_the_stream_ends_the_allocation)
{
	ave_relay_client_gone(w.net.relay, &c.leg);
	ck_assert_uint_eq(mst_live(&w), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mst_dialect");
	TCase *tc = tcase_create("datagrams");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, what_only_servers_say_is_dropped, 0, 13);
	tcase_add_loop_test(tc, lengths_that_lie_are_ignored, 0, 2);
	tcase_add_test(tc, every_strict_prefix_is_no_control);
	tcase_add_test(tc, peer_without_permission_is_not_heard);
	tcase_add_test(tc, peer_is_indicated_with_its_address);
	tcase_add_test(tc, each_indication_has_its_own_id);
	tcase_add_test(tc, peer_over_ipv6_is_indicated_too);
	tcase_add_test(tc, active_peer_passes_bare_but_never_as_control);
	tcase_add_test(tc, same_ip_at_another_port_is_indicated);
	tcase_add_test(tc, indication_that_is_too_long_is_dropped);
	tcase_add_loop_test(tc, anything_but_control_is_payload, 0, 6);
	tcase_add_test(tc, control_stays_control_with_an_active_destination);
	tcase_add_test(tc, bare_packets_prolong_allocation_and_permission);
	tcase_add_test(tc, two_clients_reach_each_other);
	suite_add_tcase(s, tc);

	tc = tcase_create("streams");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup_stream, teardown);
	tcase_add_loop_test(tc, what_only_servers_say_is_dropped, 0, 13);
	tcase_add_loop_test(tc, lengths_that_lie_close_a_stream, 0, 2);
	tcase_add_test(tc, control_frame_without_control_closes_a_stream);
	tcase_add_test(tc, early_frames_are_discarded_and_the_32nd_closes);
	tcase_add_test(tc, peer_of_a_stream_is_framed_by_what_it_is);
	tcase_add_test(tc, frames_go_to_the_peer_that_connected);
	tcase_add_test(tc, stream_lives_without_refresh_while_it_is_used);
	tcase_add_test(tc, end_of_the_stream_ends_the_allocation);
	suite_add_tcase(s, tc);
	return s;
}
