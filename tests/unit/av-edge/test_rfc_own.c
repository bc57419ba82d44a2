/* What is kept of an allocation: answers, transaction ids, who waits. */
#include "av-edge/rfc_own.h"

#include <string.h>

#include "tests/support/suite.h"

static struct rfc_own *own;
static const uint8_t token[MRAS_TOKEN_LEN] = "token";
static struct edge_stock stock;

static void setup(void)
{
	struct rfc_mac *k;

	ck_assert_int_eq(rfc_mac_new(&k, edge_slice_str("key")), EDGE_OK);
	ck_assert_int_eq(rfc_own_new(&own, k, token, &stock), EDGE_OK);
}

static void teardown(void)
{
	rfc_own_free(own);
	rfc_own_free(NULL);
}

START_TEST(no_two_indications_have_the_same_tid)
{
	uint8_t before[RFC_TID_LEN], tid[RFC_TID_LEN];

	memset(own->tid, 0xff, RFC_TID_LEN);
	own->tid[10] = 0xfe;
	rfc_own_take_tid(own, before);
	for (int i = 0; i < 600; i++) {
		rfc_own_take_tid(own, tid);
		ck_assert_mem_ne(tid, before, RFC_TID_LEN);
		memcpy(before, tid, RFC_TID_LEN);
	}
	ck_assert_uint_eq(own->tid[0], 0); /* went round */
}
END_TEST

START_TEST(answer_is_kept_by_its_tid)
{
	struct edge_slice tid = edge_slice_str("0123456789ab"),
			  other = edge_slice_str("0123456789ac"),
			  said = edge_slice_str("an answer");

	ck_assert_uint_eq(edge_slice_len(rfc_own_reply(own, tid)), 0);
	rfc_own_keep_reply(own, tid, said);
	ck_assert(edge_slice_eq(rfc_own_reply(own, tid), said));
	ck_assert_uint_eq(edge_slice_len(rfc_own_reply(own, other)), 0);
	rfc_own_keep_reply(own, other, edge_slice(token, 0));
	ck_assert_uint_eq(edge_slice_len(rfc_own_reply(own, tid)), 0);
}
END_TEST

START_TEST(answer_that_is_too_long_is_not_kept)
{
	uint8_t said[RFC_REPLY_MAX + 1] = {0};
	struct edge_slice tid = edge_slice_str("0123456789ab");

	rfc_own_keep_reply(own, tid, edge_slice(said, RFC_REPLY_MAX));
	ck_assert_uint_eq(edge_slice_len(rfc_own_reply(own, tid)),
			  RFC_REPLY_MAX);
	rfc_own_keep_reply(own, tid, edge_slice(said, RFC_REPLY_MAX + 1));
	ck_assert_uint_eq(edge_slice_len(rfc_own_reply(own, tid)), 0);
}
END_TEST

START_TEST(who_waits_is_found_once)
{
	struct rfc_waiting w = {0};

	ck_assert(!rfc_own_take_waiting(&w, own, 1));
	for (uint32_t i = 1; i <= 9; i++) {
		w = (struct rfc_waiting){.connection = i, .tid = {(uint8_t)i}};
		ck_assert_int_eq(rfc_own_wait(own, &w), EDGE_OK);
	}
	for (uint32_t i = 9; i; i -= 2) {
		ck_assert(rfc_own_take_waiting(&w, own, i));
		ck_assert_uint_eq(w.connection, i);
		ck_assert_uint_eq(w.tid[0], i);
		ck_assert(!rfc_own_take_waiting(&w, own, i));
		if (i == 1)
			break;
	}
	ck_assert_uint_eq(own->waiting_count, 4);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("rfc_own");
	TCase *tc = tcase_create("own");

	tcase_set_timeout(tc, 10);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, no_two_indications_have_the_same_tid);
	tcase_add_test(tc, answer_is_kept_by_its_tid);
	tcase_add_test(tc, answer_that_is_too_long_is_not_kept);
	tcase_add_test(tc, who_waits_is_found_once);
	suite_add_tcase(s, tc);
	return s;
}
