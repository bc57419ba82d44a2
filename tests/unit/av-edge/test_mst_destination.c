/* Set Active Destination: set, replaced, refused, asked twice. AV 1.14. */
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/vector.h"
#include "tests/unit/av-edge/mst_world.h"

static struct mst_world w;
static struct mst_client c;
static struct ave_alloc *a;
static struct edge_addr peer, other;

static void setup(void)
{
	mst_world_open(&w);
	mst_world_client(&w, &c, "alice", "198.51.100.7:40000");
	a = mst_world_allocate(&w, &c);
	peer = mst_addr("203.0.113.9:6000");
	other = mst_addr("203.0.113.10:7000");
}

static void teardown(void)
{
	mst_client_fini(&c);
	mst_world_close(&w);
}

/* Where the client's bare bytes go now; NULL: nowhere. */
static const struct edge_addr *bare(void)
{
	fake_net_clear(&w.net);
	fake_net_datagram(&w.net, &c.leg, edge_slice_str("rtp"));
	if (!fake_net_count(&w.net, FAKE_TO_PEER))
		return NULL;
	return &fake_net_last(&w.net, FAKE_TO_PEER)->to;
}

static void expect_drop(struct edge_slice request, enum ave_reason why)
{
	const uint64_t before = mst_world_count(&w, why);

	ck_assert(mst_world_give(&w, &c, request));
	ck_assert_uint_eq(w.net.sent_count, 0);
	ck_assert_uint_eq(mst_world_count(&w, why), before + 1);
}

static void activate(void)
{
	(void)mst_expect_success(&w, &c, mst_client_activate(&c, &peer));
	ck_assert(edge_addr_eq(bare(), &peer));
}

/* ---- done ---- */

START_TEST(answer_echoes_the_number_and_is_signed)
{
	struct mst_msg m;

	c.number = 5;
	m = mst_expect_success(&w, &c, mst_client_activate(&c, &peer));
	ck_assert_uint_eq(m.type, MST_SET_ACTIVE_OK);
	ck_assert_uint_eq(m.seen_count, 3); /* as recorded, nothing more */
	ck_assert_uint_eq(m.seen[0].attr, MST_MAGIC_COOKIE);
	ck_assert_uint_eq(m.seen[1].attr, MST_SEQUENCE);
	ck_assert_uint_eq(m.seen[2].attr, MST_INTEGRITY);
	ck_assert_uint_eq(m.v[MST_SEQUENCE].number, 6);
	ck_assert_mem_eq(m.v[MST_SEQUENCE].bytes.p, c.connection,
			 MST_CONNECTION_LEN);
	ck_assert_uint_eq(m.tid.p[15], '0' + c.id);
}
END_TEST

START_TEST(bare_packets_flow_both_ways)
{
	const struct fake_sent *s;

	ck_assert_ptr_null(bare());
	activate();
	fake_net_peer(&w.net, &a->relayed[0].at, &peer, edge_slice_str("rtp"));
	s = fake_net_last(&w.net, FAKE_TO_CLIENT);
	ck_assert(edge_slice_eq_str(edge_slice(s->bytes, s->len), "rtp"));
}
END_TEST

/* It begins like ChannelData; the dialect of its 5-tuple comes first. */
START_TEST(recorded_datagram_goes_on_as_it_is)
{
	json_t *root = vector_load("av-msturn-libnice-udp.json");
	struct edge_slice raw =
		vector_hex(vector_named(json_object_get(root, "vectors"),
					"raw-after-sad-udp"),
			   "datagram");
	const struct fake_sent *s;

	activate();
	fake_net_datagram(&w.net, &c.leg, raw);
	s = fake_net_last(&w.net, FAKE_TO_PEER);
	ck_assert(edge_slice_eq(edge_slice(s->bytes, s->len), raw));
	json_decref(root);
}
END_TEST

START_TEST(without_a_number_none_is_echoed)
{
	struct mst_msg m;

	mst_client_begin(&c, MST_SET_ACTIVE);
	mst_put_addr(&c.w, MST_DESTINATION, &peer);
	m = mst_expect_success(&w, &c, mst_client_sign(&c));
	ck_assert(!mst_has(&m, MST_SEQUENCE));
	ck_assert(edge_addr_eq(bare(), &peer));
}
END_TEST

START_TEST(second_destination_replaces_the_first)
{
	const struct fake_sent *s;

	activate();
	(void)mst_expect_success(&w, &c, mst_client_activate(&c, &other));
	ck_assert(edge_addr_eq(bare(), &other));
	ck_assert_uint_eq(a->flows.count, 1);
	/* the first one's packets are indicated again */
	fake_net_peer(&w.net, &a->relayed[0].at, &peer, edge_slice_str("rtp"));
	s = fake_net_last(&w.net, FAKE_TO_CLIENT);
	ck_assert_uint_gt(s->len, 3);
	/* and back */
	(void)mst_expect_success(&w, &c, mst_client_activate(&c, &peer));
	ck_assert(edge_addr_eq(bare(), &peer));
	ck_assert_uint_eq(a->flows.count, 1);
}
END_TEST

START_TEST(same_destination_again_changes_nothing)
{
	activate();
	activate();
	ck_assert_uint_eq(a->flows.count, 1);
}
END_TEST

START_TEST(send_to_others_still_works)
{
	activate();
	ck_assert(mst_world_give(&w, &c, mst_client_send(&c, &other, "check")));
	ck_assert(
		edge_addr_eq(&fake_net_last(&w.net, FAKE_TO_PEER)->to, &other));
	ck_assert(edge_addr_eq(bare(), &peer));
}
END_TEST

START_TEST(asked_again_it_is_answered_with_the_same_bytes)
{
	struct edge_slice request = mst_client_activate(&c, &peer);
	uint8_t kept[256];
	size_t len;

	(void)mst_expect_success(&w, &c, request);
	len = edge_slice_len(mst_world_told(&w));
	memcpy(kept, mst_world_told(&w).p, len);
	fake_net_pass(&w.net, 9000);
	(void)mst_expect_success(&w, &c, request);
	ck_assert(edge_slice_eq(mst_world_told(&w), edge_slice(kept, len)));
	ck_assert_uint_eq(mst_world_count(&w, AVE_REPLAY), 0);
	fake_net_pass(&w.net, 1000);
	expect_drop(request, AVE_REPLAY);
}
END_TEST

START_TEST(refusal_of_another_does_not_take_its_place)
{
	uint8_t kept[512];
	struct edge_slice request;
	struct mst_client bob;
	size_t len;

	request = mst_client_activate(&c, &peer);
	len = edge_slice_len(request);
	memcpy(kept, request.p, len);
	(void)mst_expect_success(&w, &c, request);
	mst_world_client(&w, &bob, "bob", "198.51.100.7:40000");
	memcpy(bob.nonce, c.nonce, sizeof(bob.nonce));
	(void)mst_expect_refusal(&w, &bob, mst_client_allocate(&bob), 441);
	(void)mst_expect_success(&w, &c, edge_slice(kept, len));
	mst_client_fini(&bob);
}
END_TEST

START_TEST(late_repetition_does_not_bring_an_old_destination_back)
{
	uint8_t kept[512];
	struct edge_slice request = mst_client_activate(&c, &peer);
	size_t len = edge_slice_len(request);

	memcpy(kept, request.p, len);
	(void)mst_expect_success(&w, &c, request);
	(void)mst_expect_success(&w, &c, mst_client_activate(&c, &other));
	expect_drop(edge_slice(kept, len), AVE_REPLAY);
	ck_assert(edge_addr_eq(bare(), &other));
}
END_TEST

START_TEST(it_prolongs_the_allocation)
{
	fake_net_pass(&w.net, 590 * 1000);
	(void)mst_expect_success(&w, &c, mst_client_activate(&c, &peer));
	fake_net_pass(&w.net, 590 * 1000);
	ck_assert_uint_eq(mst_live(&w), 1);
}
END_TEST

START_TEST(stream_has_one_too)
{
	mst_client_fini(&c);
	mst_world_client(&w, &c, "bob", "198.51.100.7:41000");
	mst_world_stream(&c);
	a = mst_world_allocate(&w, &c);
	(void)mst_expect_success(&w, &c, mst_client_activate(&c, &peer));
	fake_net_clear(&w.net);
	ck_assert(fake_net_message(&w.net, &c.leg, AVE_CUT_MST_DATA,
				   edge_slice_str("bytes")));
	ck_assert_uint_eq(fake_net_count(&w.net, FAKE_DIALLED), 1);
	ck_assert_uint_eq(fake_net_last(&w.net, FAKE_WRITTEN)->len, 5);
}
END_TEST

/* ---- refused: what was set stays ---- */

START_TEST(no_destination_is_400)
{
	activate();
	mst_client_begin(&c, MST_SET_ACTIVE);
	(void)mst_expect_refusal(&w, &c, mst_client_sign(&c), 400);
	ck_assert(edge_addr_eq(bare(), &peer));
}
END_TEST

static void expect_unsigned(struct edge_slice request, unsigned code)
{
	struct mst_msg m = mst_ask(&w, &c, request);

	ck_assert_uint_eq(m.type, MST_SET_ACTIVE_ERROR);
	ck_assert_uint_eq(m.v[MST_ERROR_CODE].number, code);
	ck_assert_uint_eq(m.integrity_at, 0);
	ck_assert(!mst_has(&m, MST_NONCE));
	ck_assert_uint_le(edge_slice_len(m.raw), 3 * edge_slice_len(request));
}

START_TEST(broken_destination_is_400)
{
	mst_client_begin(&c, MST_SET_ACTIVE);
	mst_put_bytes(&c.w, MST_DESTINATION, edge_slice_str("short"));
	expect_unsigned(mst_client_sign(&c), 400);
	ck_assert_ptr_null(bare());
}
END_TEST

START_TEST(wrong_or_no_integrity_is_431_once_a_second)
{
	activate();
	c.ticket.password[5] ^= 1;
	mst_client_key(&c, "rtcmedia", MST_MAC_SHA1);
	expect_unsigned(mst_client_activate(&c, &other), 431);
	for (int i = 0; i < 5; i++)
		expect_drop(mst_client_activate(&c, &other), AVE_BAD_INTEGRITY);
	fake_net_pass(&w.net, 999);
	expect_drop(mst_client_activate(&c, &other), AVE_BAD_INTEGRITY);
	fake_net_pass(&w.net, 1);
	mst_client_begin(&c, MST_SET_ACTIVE);
	mst_put_addr(&c.w, MST_DESTINATION, &other);
	expect_unsigned(mst_client_end(&c), 431);
	ck_assert(edge_addr_eq(bare(), &peer));
}
END_TEST

START_TEST(connection_id_of_another_is_400)
{
	c.connection[0] ^= 1;
	(void)mst_expect_refusal(&w, &c, mst_client_activate(&c, &peer), 400);
	ck_assert_uint_eq(mst_world_count(&w, AVE_WRONG_CONNECTION), 1);
	ck_assert_ptr_null(bare());
}
END_TEST

START_TEST(other_realm_is_434)
{
	c.realm = "other";
	(void)mst_expect_refusal(&w, &c, mst_client_activate(&c, &peer), 434);
}
END_TEST

START_TEST(unknown_mandatory_attribute_is_420)
{
	struct mst_msg m;

	mst_client_begin(&c, MST_SET_ACTIVE);
	edge_put_u32(&c.w, 0x70010000);
	mst_put_addr(&c.w, MST_DESTINATION, &peer);
	m = mst_expect_refusal(&w, &c, mst_client_sign(&c), 420);
	ck_assert_mem_eq(m.v[MST_UNKNOWN].bytes.p, "\x70\x01\x70\x01", 4);
	ck_assert_ptr_null(bare());
}
END_TEST

START_TEST(denied_peer_is_440_and_the_old_one_stays)
{
	static const char *const denied[] = {"10.0.0.1:6000", "127.0.0.1:6000",
					     "[2001:db8:9::9]:6000"};

	activate();
	other = mst_addr(denied[_i]);
	(void)mst_expect_refusal(&w, &c, mst_client_activate(&c, &other), 440);
	ck_assert(edge_addr_eq(bare(), &peer));
}
END_TEST

START_TEST(refusal_asked_again_is_the_same)
{
	struct edge_slice request;
	uint8_t kept[256];
	size_t len;

	other = mst_addr("10.0.0.1:6000");
	request = mst_client_activate(&c, &other);
	(void)mst_expect_refusal(&w, &c, request, 440);
	len = edge_slice_len(mst_world_told(&w));
	memcpy(kept, mst_world_told(&w).p, len);
	(void)mst_expect_refusal(&w, &c, request, 440);
	ck_assert(edge_slice_eq(mst_world_told(&w), edge_slice(kept, len)));
	ck_assert_uint_eq(mst_world_count(&w, AVE_PEER_DENIED), 1);
}
END_TEST

/* Its number is used up when it is judged, so an error that was held back
 * would leave its repetitions without any answer. */
START_TEST(refusals_to_the_client_itself_have_no_rate)
{
	const struct edge_addr denied = mst_addr("10.0.0.1:6000");

	for (int i = 0; i < 3; i++) {
		struct edge_slice request = mst_client_activate(&c, &denied);

		(void)mst_expect_refusal(&w, &c, request, 440);
		(void)mst_expect_refusal(&w, &c, request,
					 440); /* asked again */
	}
	/* nor do they use up what strangers' have */
	mst_client_begin(&c, MST_SET_ACTIVE);
	expect_unsigned(mst_client_end(&c), 431);
}
END_TEST

/* ---- without an allocation ---- */

START_TEST(without_an_allocation_it_is_437)
{
	c.leg.client.port++;
	(void)mst_expect_refusal(&w, &c, mst_client_activate(&c, &peer), 437);
	mst_client_begin(&c, MST_SET_ACTIVE); /* no realm, as Microsoft */
	mst_put_bytes(&c.w, MST_USERNAME,
		      edge_slice(c.ticket.username, MRAS_TOKEN_LEN));
	(void)mst_expect_refusal(&w, &c, mst_client_sign(&c), 437);
}
END_TEST

START_TEST(stranger_without_an_allocation_hears_nothing)
{
	c.leg.client.port++;
	mst_client_begin(&c, MST_SET_ACTIVE);
	expect_drop(mst_client_end(&c), AVE_NO_USERNAME);
	c.realm = "other";
	expect_drop(mst_client_activate(&c, &peer), AVE_NO_REALM);
	c.realm = "rtcmedia";
	c.ticket.username[20] ^= 1;
	expect_drop(mst_client_activate(&c, &peer), AVE_BAD_TOKEN);
	c.ticket.username[20] ^= 1;
	c.ticket.password[0] ^= 1;
	mst_client_key(&c, "rtcmedia", MST_MAC_SHA1);
	expect_drop(mst_client_activate(&c, &peer), AVE_BAD_INTEGRITY);
	mst_client_begin(&c, MST_SET_ACTIVE);
	mst_put_bytes(&c.w, MST_DESTINATION, edge_slice_str("short"));
	expect_drop(mst_client_sign(&c), AVE_MALFORMED);
}
END_TEST

START_TEST(refusals_without_an_allocation_have_a_rate)
{
	unsigned answers = 0;

	fake_net_pass(&w.net, 2000);
	c.leg.client.port++;
	for (int i = 0; i < 25; i++) {
		ck_assert(
			mst_world_give(&w, &c, mst_client_activate(&c, &peer)));
		answers += mst_world_is_told(&w);
	}
	ck_assert_uint_eq(answers, 20);
	ck_assert_uint_eq(mst_world_count(&w, AVE_RATE), 5);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mst_destination");
	TCase *tc = tcase_create("done");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, answer_echoes_the_number_and_is_signed);
	tcase_add_test(tc, bare_packets_flow_both_ways);
	tcase_add_test(tc, recorded_datagram_goes_on_as_it_is);
	tcase_add_test(tc, without_a_number_none_is_echoed);
	tcase_add_test(tc, second_destination_replaces_the_first);
	tcase_add_test(tc, same_destination_again_changes_nothing);
	tcase_add_test(tc, send_to_others_still_works);
	tcase_add_test(tc, asked_again_it_is_answered_with_the_same_bytes);
	tcase_add_test(tc, refusal_of_another_does_not_take_its_place);
	tcase_add_test(tc,
		       late_repetition_does_not_bring_an_old_destination_back);
	tcase_add_test(tc, it_prolongs_the_allocation);
	tcase_add_test(tc, stream_has_one_too);
	suite_add_tcase(s, tc);

	tc = tcase_create("refused");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, no_destination_is_400);
	tcase_add_test(tc, broken_destination_is_400);
	tcase_add_test(tc, wrong_or_no_integrity_is_431_once_a_second);
	tcase_add_test(tc, connection_id_of_another_is_400);
	tcase_add_test(tc, other_realm_is_434);
	tcase_add_test(tc, unknown_mandatory_attribute_is_420);
	tcase_add_loop_test(tc, denied_peer_is_440_and_the_old_one_stays, 0, 3);
	tcase_add_test(tc, refusal_asked_again_is_the_same);
	tcase_add_test(tc, refusals_to_the_client_itself_have_no_rate);
	tcase_add_test(tc, without_an_allocation_it_is_437);
	tcase_add_test(tc, stranger_without_an_allocation_hears_nothing);
	tcase_add_test(tc, refusals_without_an_allocation_have_a_rate);
	suite_add_tcase(s, tc);
	return s;
}
