/* Allocate: what is granted, refreshed, ended, taken over; AV 1.14. */
#include <string.h>

#include "av-edge/mras_ms2_cred.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/mst_world.h"

static struct mst_world w;
static struct mst_client c;

static void setup(void)
{
	mst_world_open(&w);
	mst_world_client(&w, &c, "alice", "198.51.100.7:40000");
}

static void teardown(void)
{
	mst_client_fini(&c);
	mst_world_close(&w);
}

START_TEST(attributes_of_bandwidth_management_are_ignored)
{
	static const uint16_t numbers[] = {
		0x8056, 0x8057, 0x8058, 0x8059, 0x805a, 0x805b, 0x805c,
		0x805d, 0x805e, 0x805f, 0x8060, 0x8061, 0x8062, 0x8068,
		0x8032, 0x8037, 0x8039, 0x8095, 0x8055, 0xffff};

	mst_say_hello(&w, &c);
	mst_client_begin(&c, MST_ALLOCATE);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		edge_put_u16(&c.w, numbers[i]);
		edge_put_u16(&c.w, 3);
		edge_put_str(&c.w, "any");
	}
	mst_client_put_login(&c);
	(void)mst_expect_success(&w, &c, mst_client_sign(&c));
}
END_TEST

START_TEST(family_that_is_not_relayed_is_420_with_0017)
{
	struct mst_msg m;

	w.net.view.relay_at[1].family = 0;
	mst_say_hello(&w, &c);
	c.family = 6;
	m = mst_expect_refusal(&w, &c, mst_client_allocate(&c), 420);
	ck_assert_mem_eq(m.v[MST_UNKNOWN].bytes.p, "\x00\x17\x00\x17", 4);
	ck_assert_uint_eq(mst_world_count(&w, AVE_FAMILY), 1);
}
END_TEST

START_TEST(family_is_as_asked)
{
	struct mst_msg m;

	mst_say_hello(&w, &c);
	c.family = (uint32_t)_i;
	m = mst_expect_success(&w, &c, mst_client_allocate(&c));
	ck_assert_uint_eq(m.v[MST_MAPPED_ADDRESS].addr.family,
			  _i == 6 ? AF_INET6 : AF_INET);
	ck_assert(!mst_has(&m, MST_ALTERNATE_MAPPED));
	/* a type that libnice would refuse */
	ck_assert(!mst_has(&m, MST_ADDRESS_FAMILY));
}
END_TEST

START_TEST(both_families_only_when_both_sides_know_them)
{
	struct mst_msg m;

	w.net.view.ms_version = 4;
	c.version = 4;
	m = mst_granted(&w, &c);
	ck_assert_uint_eq(m.v[MST_MAPPED_ADDRESS].addr.family, AF_INET);
	ck_assert_uint_eq(m.v[MST_ALTERNATE_MAPPED].addr.family, AF_INET6);
	c.leg.client.port++;
	c.version = 2;
	m = mst_granted(&w, &c);
	ck_assert(!mst_has(&m, MST_ALTERNATE_MAPPED));
}
END_TEST

START_TEST(only_family_there_is_given_unasked)
{
	struct mst_msg m;

	w.net.view.relay_at[0].family = 0;
	m = mst_granted(&w, &c);
	ck_assert_uint_eq(m.v[MST_MAPPED_ADDRESS].addr.family, AF_INET6);
}
END_TEST

START_TEST(no_family_at_all_is_500)
{
	w.net.view.relay_at[0].family = w.net.view.relay_at[1].family = 0;
	mst_say_hello(&w, &c);
	(void)mst_expect_refusal(&w, &c, mst_client_allocate(&c), 500);
}
END_TEST

START_TEST(success_has_all_of_the_recorded_one_in_its_order)
{
	static const enum mst_attr order[] = {
		MST_MAGIC_COOKIE, MST_MAPPED_ADDRESS, MST_XOR_MAPPED,
		MST_LIFETIME,	  MST_BANDWIDTH,      MST_MS_VERSION,
		MST_SEQUENCE,	  MST_INTEGRITY};
	struct mst_msg m = mst_granted(&w, &c);

	ck_assert_uint_eq(m.seen_count, 8);
	for (size_t i = 0; i < 8; i++)
		ck_assert_uint_eq(m.seen[i].attr, order[i]);
	ck_assert(edge_addr_eq(&m.v[MST_XOR_MAPPED].addr, &c.leg.client));
	ck_assert(edge_addr_same_ip(&m.v[MST_MAPPED_ADDRESS].addr,
				    &w.net.view.relay_told[0]));
	ck_assert_uint_ge(m.v[MST_MAPPED_ADDRESS].addr.port, 50000);
	ck_assert_uint_eq(m.v[MST_LIFETIME].number, 600);
	ck_assert_uint_eq(m.v[MST_BANDWIDTH].number, 1000);
	ck_assert_uint_eq(m.v[MST_MS_VERSION].number, 1);
	ck_assert_uint_eq(m.v[MST_SEQUENCE].number, 0);
	ck_assert_uint_eq(mst_live(&w), 1);
}
END_TEST

START_TEST(lifetime_is_granted_within_limits)
{
	static const struct {
		int64_t wanted;
		uint32_t granted;
	} rows[] = {{-1, 600}, {1, 60}, {61, 61}, {4000, 3600}};
	struct mst_msg m;

	c.lifetime_s = rows[_i].wanted;
	m = mst_granted(&w, &c);
	ck_assert_uint_eq(m.v[MST_LIFETIME].number, rows[_i].granted);
}
END_TEST

/* 100 s of its 8 h are left, and the 300 s that clocks may differ. */
START_TEST(lifetime_is_no_longer_than_the_token)
{
	const struct ave_leg leg = c.leg;
	struct mst_msg m;

	mst_client_fini(&c);
	mst_client_init(&c, &w.ring, "alice", MRAS_INTERNET,
			w.net.wall_s - 28700);
	c.leg = leg;
	if (_i)
		mst_world_stream(&c);
	m = mst_granted(&w, &c);
	ck_assert_uint_eq(m.v[MST_LIFETIME].number, 400);
	fake_net_pass(&w.net, 350000);
	m = mst_expect_success(&w, &c, mst_client_allocate(&c));
	ck_assert_uint_eq(m.v[MST_LIFETIME].number, 50);
	fake_net_pass(&w.net, 49000);
	ck_assert_uint_eq(mst_live(&w), 1);
	fake_net_pass(&w.net, 1000);
	ck_assert_uint_eq(mst_live(&w), 0);
}
END_TEST

START_TEST(stream_is_answered_in_a_frame)
{
	struct mst_msg m;

	mst_world_stream(&c);
	m = mst_granted(&w, &c); /* the world takes the frame off */
	ck_assert(edge_addr_eq(&m.v[MST_XOR_MAPPED].addr, &c.leg.client));
	ck_assert(ave_relay_find(w.net.relay, &c.leg)->is_tcp);
}
END_TEST

START_TEST(retransmission_gets_the_same_bytes)
{
	struct edge_slice request, first;
	uint8_t kept[256];
	size_t len;

	mst_say_hello(&w, &c);
	request = mst_client_allocate(&c);
	(void)mst_expect_success(&w, &c, request);
	first = mst_world_told(&w);
	len = edge_slice_len(first);
	memcpy(kept, first.p, len);
	fake_net_pass(&w.net, 9999);
	(void)mst_expect_success(&w, &c, request);
	ck_assert(edge_slice_eq(mst_world_told(&w), edge_slice(kept, len)));
	ck_assert_uint_eq(ave_relay_count(w.net.relay)->allocated, 1);
	/* after that it is a refresh like any other */
	fake_net_pass(&w.net, 1);
	(void)mst_expect_success(&w, &c, request);
	ck_assert_uint_eq(mst_live(&w), 1);
}
END_TEST

START_TEST(refresh_keeps_addresses_and_key)
{
	struct mst_msg m = mst_granted(&w, &c), again;
	struct edge_addr relayed = m.v[MST_MAPPED_ADDRESS].addr;

	fake_net_pass(&w.net, 300 * 1000);
	again = mst_expect_success(&w, &c, mst_client_allocate(&c));
	ck_assert(edge_addr_eq(&again.v[MST_MAPPED_ADDRESS].addr, &relayed));
	ck_assert_mem_eq(again.v[MST_SEQUENCE].bytes.p, c.connection,
			 MST_CONNECTION_LEN);
	ck_assert_uint_eq(again.v[MST_LIFETIME].number, 600);
	fake_net_pass(&w.net, 599 * 1000);
	ck_assert_uint_eq(mst_live(&w), 1);
	fake_net_pass(&w.net, 2 * 1000);
	ck_assert_uint_eq(mst_live(&w), 0);
}
END_TEST

/* 56 bytes of name do all that 60 do. */
START_TEST(holder_of_the_second_layout_is_served)
{
	const struct edge_addr peer = mst_addr("203.0.113.9:6000");
	const struct mras_token t = {.issued_s = (uint32_t)w.net.wall_s,
				     .expires_s = (uint32_t)w.net.wall_s +
						  w.ring.lifetime_s,
				     .flags = MRAS_INTERNET};
	const uint8_t random[8] = {1};

	mras_ms2_mint(&c.ticket, &w.ring.v[0].keys, &t,
		      edge_slice_str("sip:carol@example.com"), random);
	mst_client_key(&c, "rtcmedia", MST_MAC_SHA1);
	(void)mst_granted(&w, &c);
	(void)mst_expect_success(&w, &c, mst_client_allocate(&c));
	fake_net_clear(&w.net);
	ck_assert(mst_world_give(&w, &c, mst_client_send(&c, &peer, "x")));
	ck_assert_uint_eq(fake_net_count(&w.net, FAKE_TO_PEER), 1);
	c.ticket.username[5] ^= 1;
	mst_expect_challenge(&w, &c, mst_client_allocate(&c), 436, true);
}
END_TEST

/* AV 4: audio EF, video AF41; what says nothing of itself is not marked. */
static const struct {
	uint32_t quality;
	uint8_t dscp;
} marks[] = {
	{0x00010000, 46}, {0x00010001, 46}, {0x00020000, 34}, {0x00030001, 34},
	{0x00040000, 0},  {0x00000000, 0},  {0xffffffff, 0},
};

START_TEST(service_quality_marks_what_goes_to_peers)
{
	mst_say_hello(&w, &c);
	mst_client_begin(&c, MST_ALLOCATE);
	mst_put_u32(&c.w, MST_SERVICE_QUALITY, marks[_i].quality);
	mst_client_put_login(&c);
	(void)mst_expect_success(&w, &c, mst_client_sign(&c));
	ck_assert_uint_eq(w.net.dscp, marks[_i].dscp);
}
END_TEST

START_TEST(no_service_quality_and_none_configured_mark_nothing)
{
	(void)mst_granted(&w, &c);
	ck_assert_uint_eq(w.net.dscp, 0);
	w.net.view.limits[AVE_LIMIT_DSCP_AUDIO] = 0;
	c.leg.client.port++;
	mst_client_begin(&c, MST_ALLOCATE);
	mst_put_u32(&c.w, MST_SERVICE_QUALITY, 0x00010000);
	mst_client_put_login(&c);
	(void)mst_expect_success(&w, &c, mst_client_sign(&c));
	ck_assert_uint_eq(w.net.dscp, 0);
}
END_TEST

START_TEST(refresh_tells_the_highest_number_seen)
{
	const struct edge_addr peer = mst_addr("203.0.113.9:6000");
	struct mst_msg m;

	(void)mst_granted(&w, &c);
	c.number = 40;
	ck_assert(mst_world_give(&w, &c, mst_client_send(&c, &peer, "x")));
	m = mst_expect_success(&w, &c, mst_client_allocate(&c));
	ck_assert_uint_eq(m.v[MST_SEQUENCE].number, 41);
}
END_TEST

START_TEST(lifetime_0_ends_it_and_is_answered_again)
{
	struct edge_slice request;
	struct mst_msg m = mst_granted(&w, &c);
	uint8_t kept[256];
	size_t len;

	c.lifetime_s = 0;
	request = mst_client_allocate(&c);
	m = mst_expect_success(&w, &c, request);
	ck_assert_uint_eq(m.v[MST_LIFETIME].number, 0);
	ck_assert_uint_eq(mst_live(&w), 0);
	len = edge_slice_len(mst_world_told(&w));
	memcpy(kept, mst_world_told(&w).p, len);
	fake_net_pass(&w.net, 9000);
	(void)mst_expect_success(&w, &c, request);
	ck_assert(edge_slice_eq(mst_world_told(&w), edge_slice(kept, len)));
	fake_net_pass(&w.net, 1000);
	(void)mst_expect_refusal(&w, &c, request, 437);
}
END_TEST

START_TEST(lifetime_0_without_an_allocation_is_437)
{
	mst_say_hello(&w, &c);
	c.lifetime_s = 0;
	(void)mst_expect_refusal(&w, &c, mst_client_allocate(&c), 437);
	ck_assert_uint_eq(mst_live(&w), 0);
}
END_TEST

START_TEST(another_user_is_441_until_30_s_of_silence)
{
	struct mst_msg first = mst_granted(&w, &c), m;
	struct edge_addr relayed = first.v[MST_MAPPED_ADDRESS].addr;
	char nonce[MRAS_NONCE_LEN + 1];

	memcpy(nonce, c.nonce, sizeof(nonce));
	mst_client_fini(&c);
	mst_world_client(&w, &c, "bob", "198.51.100.7:40000");
	memcpy(c.nonce, nonce, sizeof(nonce));
	fake_net_pass(&w.net, 29999);
	(void)mst_expect_refusal(&w, &c, mst_client_allocate(&c), 441);
	ck_assert_uint_eq(ave_relay_count(w.net.relay)->allocated, 1);
	fake_net_pass(&w.net, 1);
	m = mst_expect_success(&w, &c, mst_client_allocate(&c));
	ck_assert(!edge_addr_eq(&m.v[MST_MAPPED_ADDRESS].addr, &relayed));
	ck_assert_uint_eq(mst_live(&w), 1);
	ck_assert_uint_eq(ave_relay_count(w.net.relay)->allocated, 2);
}
END_TEST

/* Neither has one after the other when there is none to be had. */
START_TEST(another_user_who_gets_none_ends_nothing)
{
	char nonce[MRAS_NONCE_LEN + 1];

	(void)mst_granted(&w, &c);
	memcpy(nonce, c.nonce, sizeof(nonce));
	mst_client_fini(&c);
	mst_world_client(&w, &c, "bob", "198.51.100.7:40000");
	memcpy(c.nonce, nonce, sizeof(nonce));
	fake_net_pass(&w.net, 60 * 1000);
	w.net.view.is_draining = true;
	(void)mst_expect_refusal(&w, &c, mst_client_allocate(&c), 500);
	ck_assert_uint_eq(mst_live(&w), 1);
	w.net.view.is_draining = false;
	(void)mst_expect_success(&w, &c, mst_client_allocate(&c));
	ck_assert_uint_eq(mst_live(&w), 1);
}
END_TEST

START_TEST(another_user_ends_nothing)
{
	char nonce[MRAS_NONCE_LEN + 1];

	(void)mst_granted(&w, &c);
	memcpy(nonce, c.nonce, sizeof(nonce));
	mst_client_fini(&c);
	mst_world_client(&w, &c, "bob", "198.51.100.7:40000");
	memcpy(c.nonce, nonce, sizeof(nonce));
	fake_net_pass(&w.net, 60 * 1000);
	c.lifetime_s = 0;
	(void)mst_expect_refusal(&w, &c, mst_client_allocate(&c), 441);
	ck_assert_uint_eq(mst_live(&w), 1);
}
END_TEST

START_TEST(new_allocations_too_often_are_not_answered)
{
	unsigned answers = 0;

	mst_say_hello(&w, &c);
	for (int i = 0; i < 12; i++) {
		c.leg.client.port++;
		ck_assert(mst_world_give(&w, &c, mst_client_allocate(&c)));
		answers += mst_world_is_told(&w);
	}
	ck_assert_uint_eq(answers, 10);
	ck_assert_uint_eq(mst_world_count(&w, AVE_RATE), 2);
	fake_net_pass(&w.net, 500); /* as libnice sends it again */
	(void)mst_expect_success(&w, &c, mst_client_allocate(&c));
}
END_TEST

START_TEST(streams_too_often_are_told)
{
	mst_world_stream(&c);
	mst_say_hello(&w, &c);
	for (int i = 0; i < 10; i++) {
		c.leg.client.port++;
		(void)mst_expect_success(&w, &c, mst_client_allocate(&c));
	}
	c.leg.client.port++;
	(void)mst_expect_refusal(&w, &c, mst_client_allocate(&c), 500);
	ck_assert_uint_eq(mst_world_count(&w, AVE_RATE), 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mst_allocate");
	TCase *tc;

	tc = tcase_create("new");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, attributes_of_bandwidth_management_are_ignored);
	tcase_add_test(tc, family_that_is_not_relayed_is_420_with_0017);
	tcase_add_loop_test(tc, family_is_as_asked, 4, 5);
	tcase_add_loop_test(tc, family_is_as_asked, 6, 7);
	tcase_add_test(tc, both_families_only_when_both_sides_know_them);
	tcase_add_test(tc, only_family_there_is_given_unasked);
	tcase_add_test(tc, no_family_at_all_is_500);
	tcase_add_test(tc, success_has_all_of_the_recorded_one_in_its_order);
	tcase_add_loop_test(tc, lifetime_is_granted_within_limits, 0, 4);
	tcase_add_loop_test(tc, lifetime_is_no_longer_than_the_token, 0, 2);
	tcase_add_test(tc, stream_is_answered_in_a_frame);
	suite_add_tcase(s, tc);

	tc = tcase_create("existing");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, retransmission_gets_the_same_bytes);
	tcase_add_test(tc, refresh_keeps_addresses_and_key);
	tcase_add_test(tc, holder_of_the_second_layout_is_served);
	tcase_add_loop_test(tc, service_quality_marks_what_goes_to_peers, 0,
			    sizeof(marks) / sizeof(marks[0]));
	tcase_add_test(tc, no_service_quality_and_none_configured_mark_nothing);
	tcase_add_test(tc, refresh_tells_the_highest_number_seen);
	tcase_add_test(tc, lifetime_0_ends_it_and_is_answered_again);
	tcase_add_test(tc, lifetime_0_without_an_allocation_is_437);
	tcase_add_test(tc, another_user_is_441_until_30_s_of_silence);
	tcase_add_test(tc, another_user_ends_nothing);
	tcase_add_test(tc, another_user_who_gets_none_ends_nothing);
	tcase_add_test(tc, new_allocations_too_often_are_not_answered);
	tcase_add_test(tc, streams_too_often_are_told);
	suite_add_tcase(s, tc);
	return s;
}
