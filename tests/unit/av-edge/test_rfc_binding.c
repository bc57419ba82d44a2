/* Binding: where one's datagrams come from, in few bytes. */
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/av-edge/rfc_fixture.h"

static struct rfc_fixture f;
static struct ave_leg client;

static void setup(void)
{
	rfc_fixture_init(&f);
	client = fake_client("198.51.100.7", 40000);
}

static void teardown(void)
{
	rfc_fixture_fini(&f);
}

START_TEST(twenty_bytes_get_thirty_two)
{
	const struct rfc_msg *m;

	rfc_ask(&f, RFC_BINDING);
	ck_assert_uint_eq(edge_slice_len(rfc_end(&f.w)), 20);
	m = rfc_say(&f, &client);
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(m->cls, RFC_SUCCESS);
	ck_assert_uint_eq(edge_slice_len(m->raw), 32);
	ck_assert(edge_addr_eq(&m->v[RFC_XOR_MAPPED].addr, &client.client));
	ck_assert_uint_eq(m->seen_count, 1);
}
END_TEST

START_TEST(fingerprint_is_answered_with_one)
{
	const struct rfc_msg *m;

	rfc_ask(&f, RFC_BINDING);
	(void)rfc_put_fingerprint(&f.w);
	m = rfc_say(&f, &client);
	ck_assert_ptr_nonnull(m);
	ck_assert_uint_ne(m->fingerprint_at, 0);
	ck_assert_uint_le(10 * edge_slice_len(m->raw), 16 * 28);
}
END_TEST

START_TEST(wrong_fingerprint_is_not_answered)
{
	rfc_ask(&f, RFC_BINDING);
	rfc_put_number(&f.w, RFC_FINGERPRINT, 1);
	ck_assert_ptr_null(rfc_say(&f, &client));
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_MALFORMED), 1);
}
END_TEST

START_TEST(answer_over_ipv6_waits_for_a_longer_request)
{
	struct ave_leg six = fake_client("2001:db8:7::7", 40000);

	rfc_ask(&f, RFC_BINDING);
	ck_assert_ptr_null(rfc_say(&f, &six));
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_TOO_LONG), 1);
	rfc_ask(&f, RFC_BINDING);
	rfc_put_number(&f.w, RFC_LIFETIME, 0);
	ck_assert_ptr_nonnull(rfc_say(&f, &six));
	ck_assert(edge_addr_eq(&f.answer.v[RFC_XOR_MAPPED].addr, &six.client));
	/* who has shaken hands is no reflection's victim */
	six = fake_stream("2001:db8:7::7", 40000);
	rfc_ask(&f, RFC_BINDING);
	ck_assert_ptr_nonnull(rfc_say(&f, &six));
}
END_TEST

START_TEST(unknown_and_broken_ones_are_told)
{
	rfc_ask(&f, RFC_BINDING);
	edge_put_u32(&f.w, 0x00240004); /* PRIORITY: an ICE check astray */
	edge_put_u32(&f.w, 0x6e0001ff);
	ck_assert_ptr_nonnull(rfc_say(&f, &client));
	ck_assert_uint_eq(f.answer.v[RFC_ERROR_CODE].number, 420);
	ck_assert_mem_eq(f.answer.v[RFC_UNKNOWN].bytes.p, "\0\x24", 2);
	ck_assert_uint_le(10 * edge_slice_len(f.answer.raw), 16 * 28);
	rfc_ask(&f, RFC_BINDING);
	edge_put_u32(&f.w, 0x000d0000);
	ck_assert_ptr_nonnull(rfc_say(&f, &client));
	ck_assert_uint_eq(f.answer.v[RFC_ERROR_CODE].number, 400);
}
END_TEST

START_TEST(answers_are_limited_by_network)
{
	int answered = 0;

	for (int i = 0; i < 30; i++) {
		rfc_ask(&f, RFC_BINDING);
		answered += rfc_say(&f, &client) != NULL;
	}
	ck_assert_int_eq(answered, 20);
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_RATE), 10);
	/* streams have their own, and end */
	client = fake_stream("198.51.100.7", 40001);
	for (int i = 0; i < 20; i++)
		ck_assert(fake_net_message(&f.net, &client, AVE_CUT_RFC_MESSAGE,
					   rfc_end(&f.w)));
	ck_assert(!fake_net_message(&f.net, &client, AVE_CUT_RFC_MESSAGE,
				    rfc_end(&f.w)));
}
END_TEST

START_TEST(indications_are_for_nobody)
{
	struct edge_put w = edge_put(f.buf, sizeof(f.buf));

	rfc_begin(&w, RFC_BINDING, RFC_INDICATION,
		  edge_slice(f.tid, RFC_TID_LEN));
	ck_assert_ptr_null(rfc_say_bytes(&f, &client, rfc_end(&w)));
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_FORBIDDEN_TYPE), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("rfc_binding");
	TCase *tc = tcase_create("binding");

	tcase_set_timeout(tc, 10);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, twenty_bytes_get_thirty_two);
	tcase_add_test(tc, fingerprint_is_answered_with_one);
	tcase_add_test(tc, wrong_fingerprint_is_not_answered);
	tcase_add_test(tc, answer_over_ipv6_waits_for_a_longer_request);
	tcase_add_test(tc, unknown_and_broken_ones_are_told);
	tcase_add_test(tc, answers_are_limited_by_network);
	tcase_add_test(tc, indications_are_for_nobody);
	suite_add_tcase(s, tc);
	return s;
}
