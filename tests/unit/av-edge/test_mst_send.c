/* Send: what passes, and that nothing else is ever said. AV 1.10, 1.14. */
#include <string.h>

#include "tests/support/suite.h"
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

static void teardown(void)
{
	mst_client_fini(&c);
	mst_world_close(&w);
}

/* It is dropped for that reason, without a word, and nothing passes. */
static void expect_drop(struct edge_slice request, enum ave_reason why)
{
	const uint64_t before = mst_world_count(&w, why);

	ck_assert(mst_world_give(&w, &c, request));
	ck_assert_uint_eq(w.net.sent_count, 0);
	ck_assert_uint_eq(mst_world_count(&w, why), before + 1);
}

static void expect_passed(struct edge_slice request, const char *data)
{
	const struct fake_sent *s;

	ck_assert(mst_world_give(&w, &c, request));
	ck_assert(!mst_world_is_told(&w));
	s = fake_net_last(&w.net, FAKE_TO_PEER);
	ck_assert(edge_addr_eq(&s->to, &peer));
	ck_assert(edge_addr_eq(&s->at, &a->relayed[0].at));
	ck_assert(edge_slice_eq_str(edge_slice(s->bytes, s->len), data));
}

/* A Send of parts: s sequence, u user, r realm, d destination, p payload. */
static struct edge_slice of_parts(const char *parts)
{
	mst_client_begin(&c, MST_SEND);
	for (; *parts; parts++)
		switch (*parts) {
		case 's':
			mst_put_sequence(&c.w, c.connection, ++c.number);
			break;
		case 'u':
			mst_put_bytes(
				&c.w, MST_USERNAME,
				edge_slice(c.ticket.username, MRAS_TOKEN_LEN));
			break;
		case 'r':
			mst_put_bytes(&c.w, MST_REALM, edge_slice_str(c.realm));
			break;
		case 'd':
			mst_put_addr(&c.w, MST_DESTINATION, &peer);
			break;
		default:
			mst_put_bytes(&c.w, MST_DATA, edge_slice_str("data"));
			break;
		}
	return mst_client_sign(&c);
}

/* ---- what passes ---- */

START_TEST(data_go_to_the_peer_and_open_the_way_back)
{
	ck_assert_ptr_null(
		ave_permissions_find(&a->permissions, &peer, w.net.now_ms));
	expect_passed(mst_client_send(&c, &peer, "check"), "check");
	ck_assert_ptr_nonnull(
		ave_permissions_find(&a->permissions, &peer, w.net.now_ms));
}
END_TEST

START_TEST(any_order_and_no_realm_will_do)
{
	expect_passed(of_parts("sudp"), "data"); /* Microsoft: no Realm */
	expect_passed(of_parts("pdru"), "data");
	expect_passed(of_parts("dps"), "data");
}
END_TEST

START_TEST(each_destination_gets_its_data)
{
	for (int i = 0; i < 5; i++) {
		peer.port++;
		expect_passed(mst_client_send(&c, &peer, "x"), "x");
	}
}
END_TEST

START_TEST(no_data_open_the_permission_only)
{
	ck_assert(mst_world_give(&w, &c, mst_client_send(&c, &peer, "")));
	ck_assert_uint_eq(w.net.sent_count, 0);
	ck_assert_ptr_nonnull(
		ave_permissions_find(&a->permissions, &peer, w.net.now_ms));
}
END_TEST

START_TEST(padded_send_is_understood)
{
	uint8_t bytes[600];
	struct edge_put p = edge_put(bytes, sizeof(bytes));
	struct edge_slice in = mst_client_send(&c, &peer, "odd");
	struct mst_msg m;

	ck_assert_int_eq(mst_msg_decode(&m, in), EDGE_OK);
	m.is_padded = true;
	m.seen_count--; /* integrity is made anew */
	(void)mst_msg_encode(&p, &m);
	expect_passed(mst_sign(&p, c.mac), "odd");
}
END_TEST

START_TEST(it_prolongs_the_allocation)
{
	fake_net_pass(&w.net, 590 * 1000);
	expect_passed(mst_client_send(&c, &peer, "x"), "x");
	fake_net_pass(&w.net, 590 * 1000);
	ck_assert_uint_eq(mst_live(&w), 1);
	fake_net_pass(&w.net, 20 * 1000);
	ck_assert_uint_eq(mst_live(&w), 0);
}
END_TEST

START_TEST(stream_dials_and_writes_what_was_given)
{
	const struct fake_sent *s;

	mst_client_fini(&c);
	mst_world_client(&w, &c, "bob", "198.51.100.7:41000");
	mst_world_stream(&c);
	a = mst_world_allocate(&w, &c);
	ck_assert(
		mst_world_give(&w, &c, mst_client_send(&c, &peer, "\7hello")));
	s = fake_net_last(&w.net, FAKE_DIALLED);
	ck_assert(edge_addr_eq(&s->to, &peer));
	ck_assert(edge_addr_eq(&s->at, &a->relayed[0].at));
	s = fake_net_last(&w.net, FAKE_WRITTEN);
	ck_assert(edge_slice_eq_str(edge_slice(s->bytes, s->len), "\7hello"));
	ck_assert(!mst_world_is_told(&w));
	/* the next go by the same connection */
	ck_assert(mst_world_give(&w, &c, mst_client_send(&c, &peer, "more")));
	ck_assert_uint_eq(fake_net_count(&w.net, FAKE_DIALLED), 0);
	s = fake_net_last(&w.net, FAKE_WRITTEN);
	ck_assert(edge_slice_eq_str(edge_slice(s->bytes, s->len), "more"));
}
END_TEST

/* ---- what does not ---- */

START_TEST(without_an_allocation_it_is_dropped)
{
	c.leg.client.port++;
	expect_drop(mst_client_send(&c, &peer, "x"), AVE_NO_ALLOCATION);
}
END_TEST

START_TEST(wrong_or_no_integrity_is_dropped)
{
	mst_client_begin(&c, MST_SEND);
	mst_put_addr(&c.w, MST_DESTINATION, &peer);
	mst_put_bytes(&c.w, MST_DATA, edge_slice_str("x"));
	expect_drop(mst_client_end(&c), AVE_BAD_INTEGRITY);
	c.ticket.password[5] ^= 1;
	mst_client_key(&c, "rtcmedia", MST_MAC_SHA1);
	expect_drop(mst_client_send(&c, &peer, "x"), AVE_BAD_INTEGRITY);
}
END_TEST

START_TEST(integrity_of_another_kind_is_dropped)
{
	mst_client_key(&c, "rtcmedia", MST_MAC_SHA256);
	expect_drop(mst_client_send(&c, &peer, "x"), AVE_BAD_INTEGRITY);
}
END_TEST

START_TEST(realm_must_be_that_of_the_allocation)
{
	c.realm = "other"; /* sent, not keyed with */
	expect_drop(mst_client_send(&c, &peer, "x"), AVE_NO_REALM);
	c.realm = "\"rtcmedia\"";
	expect_passed(mst_client_send(&c, &peer, "x"), "x");
}
END_TEST

START_TEST(unknown_mandatory_attribute_is_dropped)
{
	mst_client_begin(&c, MST_SEND);
	edge_put_u32(&c.w, 0x70010000);
	mst_put_addr(&c.w, MST_DESTINATION, &peer);
	mst_put_bytes(&c.w, MST_DATA, edge_slice_str("x"));
	expect_drop(mst_client_sign(&c), AVE_UNKNOWN_ATTR);
}
END_TEST

START_TEST(connection_id_of_another_is_dropped)
{
	c.connection[19] ^= 1;
	expect_drop(mst_client_send(&c, &peer, "x"), AVE_WRONG_CONNECTION);
	c.connection[19] ^= 1;
	expect_passed(mst_client_send(&c, &peer, "x"), "x");
}
END_TEST

START_TEST(number_passes_once)
{
	struct edge_slice again;

	c.number = 9;
	expect_passed(mst_client_send(&c, &peer, "x"), "x");
	again = edge_slice(c.bytes, edge_put_len(&c.w));
	expect_drop(again, AVE_REPLAY);
	c.number = 4; /* late, but not seen */
	expect_passed(mst_client_send(&c, &peer, "x"), "x");
	c.number = 9;
	expect_drop(mst_client_send(&c, &peer, "x"), AVE_REPLAY);
	c.number = 999;
	expect_passed(mst_client_send(&c, &peer, "x"), "x");
	c.number = 999 - 64;
	expect_drop(mst_client_send(&c, &peer, "x"), AVE_REPLAY);
}
END_TEST

START_TEST(forged_number_does_not_move_the_window)
{
	c.ticket.password[5] ^= 1;
	mst_client_key(&c, "rtcmedia", MST_MAC_SHA1);
	c.number = 1000000;
	expect_drop(mst_client_send(&c, &peer, "x"), AVE_BAD_INTEGRITY);
	c.ticket.password[5] ^= 1;
	mst_client_key(&c, "rtcmedia", MST_MAC_SHA1);
	c.number = 0;
	expect_passed(mst_client_send(&c, &peer, "x"), "x");
}
END_TEST

START_TEST(without_a_number_the_transaction_id_counts)
{
	struct edge_slice again;

	expect_passed(of_parts("udp"), "data");
	again = edge_slice(c.bytes, edge_put_len(&c.w));
	expect_drop(again, AVE_REPLAY);
	expect_passed(of_parts("udp"), "data");
}
END_TEST

START_TEST(replay_does_not_prolong_the_allocation)
{
	struct edge_slice again;

	expect_passed(mst_client_send(&c, &peer, "x"), "x");
	again = edge_slice(c.bytes, edge_put_len(&c.w));
	fake_net_pass(&w.net, 590 * 1000);
	expect_drop(again, AVE_REPLAY);
	fake_net_pass(&w.net, 20 * 1000);
	ck_assert_uint_eq(mst_live(&w), 0);
}
END_TEST

START_TEST(missing_parts_are_dropped)
{
	expect_drop(of_parts("sup"), AVE_MALFORMED);
	expect_drop(of_parts("sud"), AVE_MALFORMED);
}
END_TEST

START_TEST(broken_destination_is_dropped)
{
	mst_client_begin(&c, MST_SEND);
	mst_put_bytes(&c.w, MST_DESTINATION,
		      edge_slice("\0\3\27\160\313\0\161\11", 8));
	mst_put_bytes(&c.w, MST_DATA, edge_slice_str("x"));
	expect_drop(mst_client_sign(&c), AVE_MALFORMED);
}
END_TEST

START_TEST(peers_that_policy_denies_are_dropped)
{
	static const char *const denied[] = {
		"127.0.0.1:6000",	  "10.0.0.1:6000",
		"169.254.169.254:8000",	  "203.0.113.9:0",
		"203.0.113.9:22",	  "224.0.0.1:6000",
		"[::ffff:127.0.0.1]:6000"};

	peer = mst_addr(denied[_i]);
	expect_drop(mst_client_send(&c, &peer, "x"), AVE_PEER_DENIED);
	ck_assert_uint_eq(a->permissions.count, 0);
}
END_TEST

START_TEST(family_that_is_not_relayed_is_dropped)
{
	peer = mst_addr("[2001:db8:9::9]:6000");
	expect_drop(mst_client_send(&c, &peer, "x"), AVE_FAMILY);
}
END_TEST

START_TEST(its_own_relayed_address_is_no_peer)
{
	peer = a->relayed[0].told;
	expect_drop(mst_client_send(&c, &peer, "x"), AVE_PEER_DENIED);
}
END_TEST

START_TEST(more_peers_than_it_may_have_are_dropped)
{
	for (unsigned i = 0; i < w.net.view.limits[AVE_LIMIT_PERMISSIONS];
	     i++) {
		peer.ip[3] = (uint8_t)(100 + i);
		expect_passed(mst_client_send(&c, &peer, "x"), "x");
	}
	peer.ip[3] = 1;
	expect_drop(mst_client_send(&c, &peer, "x"), AVE_PEER_LIMIT);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mst_send");
	TCase *tc = tcase_create("passes");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, data_go_to_the_peer_and_open_the_way_back);
	tcase_add_test(tc, any_order_and_no_realm_will_do);
	tcase_add_test(tc, each_destination_gets_its_data);
	tcase_add_test(tc, no_data_open_the_permission_only);
	tcase_add_test(tc, padded_send_is_understood);
	tcase_add_test(tc, it_prolongs_the_allocation);
	tcase_add_test(tc, stream_dials_and_writes_what_was_given);
	suite_add_tcase(s, tc);

	tc = tcase_create("drops");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, without_an_allocation_it_is_dropped);
	tcase_add_test(tc, wrong_or_no_integrity_is_dropped);
	tcase_add_test(tc, integrity_of_another_kind_is_dropped);
	tcase_add_test(tc, realm_must_be_that_of_the_allocation);
	tcase_add_test(tc, unknown_mandatory_attribute_is_dropped);
	tcase_add_test(tc, connection_id_of_another_is_dropped);
	tcase_add_test(tc, number_passes_once);
	tcase_add_test(tc, forged_number_does_not_move_the_window);
	tcase_add_test(tc, without_a_number_the_transaction_id_counts);
	tcase_add_test(tc, replay_does_not_prolong_the_allocation);
	tcase_add_test(tc, missing_parts_are_dropped);
	tcase_add_test(tc, broken_destination_is_dropped);
	tcase_add_loop_test(tc, peers_that_policy_denies_are_dropped, 0, 7);
	tcase_add_test(tc, family_that_is_not_relayed_is_dropped);
	tcase_add_test(tc, its_own_relayed_address_is_no_peer);
	tcase_add_test(tc, more_peers_than_it_may_have_are_dropped);
	suite_add_tcase(s, tc);
	return s;
}
