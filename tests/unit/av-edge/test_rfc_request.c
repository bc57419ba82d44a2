/* What strangers are told: little, seldom, and nothing is kept of them. */
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/av-edge/rfc_fixture.h"

static struct rfc_fixture f;
static struct ave_leg client, stream;

static void setup(void)
{
	rfc_fixture_init(&f);
	client = fake_client("198.51.100.7", 40000);
	stream = fake_stream("198.51.100.7", 40001);
}

static void teardown(void)
{
	ck_assert_uint_eq(ave_relay_count(f.net.relay)->allocations, 0);
	rfc_fixture_fini(&f);
}

static void ask_allocate(void)
{
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_put_number(&f.w, RFC_REQUESTED_TRANSPORT, 17);
}

START_TEST(first_allocate_is_challenged)
{
	char nonce[MRAS_NONCE_LEN + 1];
	const struct rfc_msg *m;

	ask_allocate();
	m = rfc_say(&f, &client);
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(m->method, RFC_ALLOCATE);
	ck_assert_uint_eq(m->cls, RFC_ERROR);
	ck_assert_uint_eq(m->v[RFC_ERROR_CODE].number, 401);
	ck_assert_uint_eq(edge_slice_len(m->v[RFC_ERROR_CODE].bytes), 0);
	ck_assert(edge_slice_eq_str(m->v[RFC_REALM].bytes, "rtcmedia"));
	mras_ring_nonce(nonce, &f.ring, &client.client, f.net.wall_s);
	ck_assert(edge_slice_eq_str(m->v[RFC_NONCE].bytes, nonce));
	ck_assert_uint_eq(m->integrity_at, 0);
	ck_assert(!rfc_has(m, RFC_SOFTWARE));
	/* 28 bytes in, at most 2.8 times as much out */
	ck_assert_uint_eq(edge_slice_len(f.w.start ? rfc_end(&f.w) : m->raw),
			  28);
	ck_assert_uint_le(10 * edge_slice_len(m->raw), 28 * 28);
	ck_assert_uint_eq(ave_relay_count(f.net.relay)->challenged, 1);
}
END_TEST

START_TEST(challenge_leads_to_an_allocation)
{
	const struct rfc_msg *m;
	char nonce[64];

	ask_allocate();
	m = rfc_say(&f, &stream);
	ck_assert_ptr_nonnull(m);
	ck_assert(edge_slice_copy(nonce, sizeof(nonce), m->v[RFC_NONCE].bytes));
	ask_allocate();
	rfc_put_bytes(&f.w, RFC_USERNAME, edge_slice_str(f.alice.username));
	rfc_put_bytes(&f.w, RFC_REALM, edge_slice_str("rtcmedia"));
	rfc_put_bytes(&f.w, RFC_NONCE, edge_slice_str(nonce));
	(void)rfc_sign(&f.w, f.alice.mac, RFC_INTEGRITY);
	ck_assert_ptr_nonnull(rfc_say(&f, &stream));
	ck_assert_uint_eq(f.answer.cls, RFC_SUCCESS);
	ave_relay_client_gone(f.net.relay, &stream);
}
END_TEST

START_TEST(wide_key_leads_to_an_allocation_too)
{
	const struct rfc_msg *m;
	uint8_t list[8];
	char nonce[64];

	ask_allocate();
	m = rfc_say(&f, &stream);
	ck_assert_ptr_nonnull(m);
	ck_assert(edge_slice_copy(nonce, sizeof(nonce), m->v[RFC_NONCE].bytes));
	memcpy(list, m->v[RFC_PASSWORD_ALGORITHMS].bytes.p, 8);
	ask_allocate();
	rfc_put_bytes(&f.w, RFC_USERNAME, edge_slice_str(f.alice.username));
	rfc_put_bytes(&f.w, RFC_REALM, edge_slice_str("rtcmedia"));
	rfc_put_bytes(&f.w, RFC_NONCE, edge_slice_str(nonce));
	rfc_put_bytes(&f.w, RFC_PASSWORD_ALGORITHMS, edge_slice(list, 8));
	rfc_put_bytes(&f.w, RFC_PASSWORD_ALGORITHM, edge_slice(list, 4));
	(void)rfc_sign(&f.w, f.alice.wide, RFC_INTEGRITY_SHA256);
	m = rfc_say(&f, &stream);
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(m->cls, RFC_SUCCESS);
	ck_assert(rfc_has(m, RFC_INTEGRITY_SHA256));
	ck_assert(rfc_mac_fits(f.alice.wide, m));
	ave_relay_client_gone(f.net.relay, &stream);
}
END_TEST

START_TEST(every_length_is_answered_within_bounds)
{
	uint8_t zeros[64] = {0};

	f.net.view.limits[AVE_LIMIT_CHALLENGE_RATE] = 1000;
	for (unsigned method = 0; method < 0x20; method++)
		for (size_t len = 0; len < 40; len += 4) {
			const struct rfc_msg *m;
			size_t asked;

			if (method == RFC_BINDING)
				continue;
			rfc_ask(&f, method);
			if (len)
				rfc_put_bytes(&f.w, RFC_SOFTWARE,
					      edge_slice(zeros, len - 4));
			asked = edge_slice_len(rfc_end(&f.w));
			m = rfc_say(&f, &client);
			if (m)
				ck_assert_uint_le(10 * edge_slice_len(m->raw),
						  28 * asked);
		}
}
END_TEST

START_TEST(long_realm_leaves_short_requests_unanswered)
{
	uint8_t zeros[64] = {0};
	unsigned answers = 0;

	f.net.view.limits[AVE_LIMIT_CHALLENGE_RATE] = 1000;
	memset(f.net.view.realm, 'r', AVE_REALM_MAX);
	for (size_t len = 0; len <= 60; len += 4) {
		const struct rfc_msg *m;
		size_t asked;

		ask_allocate();
		rfc_put_bytes(&f.w, RFC_SOFTWARE, edge_slice(zeros, len));
		asked = edge_slice_len(rfc_end(&f.w));
		m = rfc_say(&f, &client);
		answers += m != NULL;
		if (m)
			ck_assert_uint_le(10 * edge_slice_len(m->raw),
					  28 * asked);
		else
			ck_assert_uint_lt(28 * asked, 10 * 196);
	}
	ck_assert_uint_eq(answers, 6);
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_TOO_LONG), 10);
	ck_assert_uint_eq(ave_relay_count(f.net.relay)->challenged, answers);
	ask_allocate();
	ck_assert_ptr_nonnull(rfc_say(&f, &stream));
}
END_TEST

START_TEST(challenges_are_limited_by_network)
{
	struct ave_leg neighbour = fake_client("198.51.100.200", 1),
		       other = fake_client("198.51.101.7", 1);
	int answered = 0;

	for (int i = 0; i < 30; i++) {
		ask_allocate();
		answered += rfc_say(&f, &client) != NULL;
	}
	ck_assert_int_eq(answered, 20);
	ask_allocate();
	ck_assert_ptr_null(rfc_say(&f, &neighbour));
	ask_allocate();
	ck_assert_ptr_nonnull(rfc_say(&f, &other));
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_RATE), 11);
	fake_net_pass(&f.net, 1000);
	ask_allocate();
	ck_assert_ptr_nonnull(rfc_say(&f, &client));
}
END_TEST

/* Nothing comes again by itself there: better an end than silence. */
START_TEST(streams_that_ask_too_often_end)
{
	rfc_allocated(&f, &stream, 17);
	for (int i = 0; i < 20; i++) {
		ask_allocate();
		ck_assert_ptr_nonnull(rfc_say(&f, &client));
	}
	/* who has an allocation is no stranger */
	rfc_ask(&f, RFC_REFRESH);
	ck_assert_ptr_nonnull(rfc_say(&f, &stream));
	rfc_ask(&f, RFC_REFRESH);
	rfc_put_number(&f.w, RFC_LIFETIME, 0);
	ck_assert_int_eq(rfc_code(&f, &stream), 0);
	ask_allocate();
	ck_assert(!fake_net_message(&f.net, &stream, AVE_CUT_RFC_MESSAGE,
				    rfc_end(&f.w)));
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_RATE), 1);
}
END_TEST

static int code_of_last(const struct rfc_msg *m)
{
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(m->cls, RFC_ERROR);
	ck_assert_uint_eq(m->integrity_at, 0);
	return (int)m->v[RFC_ERROR_CODE].number;
}

START_TEST(stale_nonce_is_told_with_a_new_one)
{
	const struct rfc_msg *m;

	ask_allocate();
	rfc_login(&f, &client);
	fake_net_pass(&f.net, 601000);
	m = rfc_say(&f, &client);
	ck_assert_int_eq(code_of_last(m), 438);
	ck_assert(mras_ring_nonce_fits(&f.ring, m->v[RFC_NONCE].bytes,
				       &client.client, f.net.wall_s, 1));
	ck_assert(rfc_has(m, RFC_REALM));
}
END_TEST

START_TEST(wrong_password_is_unauthenticated)
{
	struct rfc_user mixed = f.alice;

	mixed.mac = f.bob.mac;
	f.user = &mixed;
	ask_allocate();
	rfc_login(&f, &client);
	ck_assert_int_eq(code_of_last(rfc_say(&f, &client)), 401);
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_BAD_INTEGRITY), 1);
}
END_TEST

START_TEST(missing_fields_are_bad_requests)
{
	ask_allocate();
	(void)rfc_sign(&f.w, f.alice.mac, RFC_INTEGRITY);
	ck_assert_int_eq(code_of_last(rfc_say(&f, &client)), 400);
	ck_assert(!rfc_has(&f.answer, RFC_NONCE));
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_NO_USERNAME), 1);
}
END_TEST

START_TEST(broken_values_are_bad_requests)
{
	ask_allocate();
	edge_put_u32(&f.w, 0x000d0002);
	edge_put_u32(&f.w, 0);
	rfc_login(&f, &client);
	ck_assert_int_eq(code_of_last(rfc_say(&f, &client)), 400);
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_MALFORMED), 1);
}
END_TEST

START_TEST(unknown_ones_are_listed_to_who_may_ask)
{
	const struct rfc_msg *m;

	ask_allocate();
	edge_put_u32(&f.w, 0x7f010000);
	edge_put_u32(&f.w, 0x7f020000);
	edge_put_u32(&f.w, 0xff030000);
	ck_assert_int_eq(code_of_last(rfc_say(&f, &client)), 401);
	ask_allocate();
	edge_put_u32(&f.w, 0x7f010000);
	edge_put_u32(&f.w, 0x7f020000);
	edge_put_u32(&f.w, 0xff030000);
	ck_assert_int_eq(rfc_code(&f, &client), 420);
	m = &f.answer;
	ck_assert_uint_eq(edge_slice_len(m->v[RFC_UNKNOWN].bytes), 4);
	ck_assert_mem_eq(m->v[RFC_UNKNOWN].bytes.p, "\x7f\x01\x7f\x02", 4);
}
END_TEST

START_TEST(requests_without_an_allocation_are_mismatches)
{
	static const unsigned methods[] = {RFC_REFRESH, RFC_CREATE_PERMISSION,
					   RFC_CHANNEL_BIND, RFC_CONNECT};

	for (size_t i = 0; i < 4; i++) {
		rfc_ask(&f, methods[i]);
		ck_assert_int_eq(rfc_code(&f, &client), 437);
	}
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_NO_ALLOCATION), 4);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("rfc_request");
	TCase *tc = tcase_create("request");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, first_allocate_is_challenged);
	tcase_add_test(tc, challenge_leads_to_an_allocation);
	tcase_add_test(tc, wide_key_leads_to_an_allocation_too);
	tcase_add_test(tc, every_length_is_answered_within_bounds);
	tcase_add_test(tc, long_realm_leaves_short_requests_unanswered);
	tcase_add_test(tc, challenges_are_limited_by_network);
	tcase_add_test(tc, streams_that_ask_too_often_end);
	tcase_add_test(tc, stale_nonce_is_told_with_a_new_one);
	tcase_add_test(tc, wrong_password_is_unauthenticated);
	tcase_add_test(tc, missing_fields_are_bad_requests);
	tcase_add_test(tc, broken_values_are_bad_requests);
	tcase_add_test(tc, unknown_ones_are_listed_to_who_may_ask);
	tcase_add_test(tc, requests_without_an_allocation_are_mismatches);
	suite_add_tcase(s, tc);
	return s;
}
