/* Sequence numbers, transaction ids and the last answer. */
#include <stdio.h>
#include <string.h>

#include "av-edge/mst_replay.h"
#include "tests/support/suite.h"

static struct mst_replay r;
static uint8_t bytes[256];

static void setup(void)
{
	memset(&r, 0, sizeof(r));
}

static void teardown(void)
{
	mst_replay_fini(&r);
}

static struct mst_msg message(uint16_t type, uint32_t id, const uint32_t *n)
{
	static const uint8_t connection[MST_CONNECTION_LEN];
	struct edge_put w = edge_put(bytes, sizeof(bytes));
	struct mst_msg m;
	char tid[MST_TID_LEN + 1];

	(void)snprintf(tid, sizeof(tid), "%016u", id);
	mst_begin(&w, type, edge_slice(tid, MST_TID_LEN));
	if (n)
		mst_put_sequence(&w, connection, *n);
	ck_assert_int_eq(mst_msg_decode(&m, mst_end(&w)), EDGE_OK);
	return m;
}

static bool is_new_number(uint32_t n)
{
	struct mst_msg m = message(MST_SEND, 1, &n);

	return mst_replay_is_new(&r, &m);
}

static bool is_new_id(uint16_t type, uint32_t id)
{
	struct mst_msg m = message(type, id, NULL);

	return mst_replay_is_new(&r, &m);
}

/* ---- numbers ---- */

START_TEST(number_counts_once)
{
	for (uint32_t n = 1; n < 200; n++) {
		ck_assert(is_new_number(n));
		ck_assert(!is_new_number(n));
	}
}
END_TEST

START_TEST(first_number_may_be_zero)
{
	ck_assert(is_new_number(0));
	ck_assert(!is_new_number(0));
	ck_assert(is_new_number(1));
	ck_assert(!is_new_number(0));
}
END_TEST

START_TEST(late_number_counts_inside_the_window)
{
	ck_assert(is_new_number(100));
	ck_assert(!is_new_number(100 - 64));
	ck_assert(is_new_number(100 - 63));
	ck_assert(!is_new_number(100 - 63));
	ck_assert(is_new_number(99));
	ck_assert(is_new_number(101));
	ck_assert(!is_new_number(99));
	ck_assert(!is_new_number(101 - 64));
}
END_TEST

START_TEST(whole_window_may_come_backwards)
{
	ck_assert(is_new_number(1000));
	for (uint32_t n = 999; n > 1000 - 64; n--)
		ck_assert(is_new_number(n));
	for (uint32_t n = 1000; n > 1000 - 64; n--)
		ck_assert(!is_new_number(n));
}
END_TEST

START_TEST(jump_forgets_what_is_behind_the_window)
{
	ck_assert(is_new_number(5));
	ck_assert(is_new_number(5 + 63));
	ck_assert(!is_new_number(5));
	ck_assert(is_new_number(5 + 63 + 64));
	ck_assert(!is_new_number(5 + 63));
	ck_assert(is_new_number(5 + 64));
	ck_assert(is_new_number(UINT32_MAX));
	ck_assert(!is_new_number(5 + 63 + 64));
	ck_assert(!is_new_number(UINT32_MAX));
	ck_assert(is_new_number(UINT32_MAX - 63));
}
END_TEST

/* ---- ids ---- */

START_TEST(id_counts_once_for_each_type)
{
	ck_assert(is_new_id(MST_SEND, 7));
	ck_assert(!is_new_id(MST_SEND, 7));
	ck_assert(is_new_id(MST_SET_ACTIVE, 7));
	ck_assert(!is_new_id(MST_SET_ACTIVE, 7));
}
END_TEST

START_TEST(ring_remembers_the_last_32)
{
	for (uint32_t id = 0; id < MST_RECENT_IDS; id++)
		ck_assert(is_new_id(MST_SEND, id));
	for (uint32_t id = 0; id < MST_RECENT_IDS; id++)
		ck_assert(!is_new_id(MST_SEND, id));
	ck_assert(is_new_id(MST_SEND, 99)); /* in the place of the first */
	ck_assert(is_new_id(MST_SEND, 0));
	ck_assert(!is_new_id(MST_SEND, 2));
}
END_TEST

START_TEST(numbers_leave_the_ring_alone)
{
	ck_assert(is_new_id(MST_SEND, 1));
	ck_assert(is_new_number(1)); /* the same transaction id */
	ck_assert(!is_new_id(MST_SEND, 1));
	ck_assert_uint_eq(r.next, 1);
}
END_TEST

/* ---- the last answer ---- */

START_TEST(answer_is_found_for_the_same_request_while_it_lasts)
{
	struct mst_msg m = message(MST_ALLOCATE, 3, NULL);
	struct mst_reply reply = {0};
	struct edge_slice got;

	ck_assert_uint_eq(edge_slice_len(mst_reply_find(&reply, &m, 0)), 0);
	mst_reply_keep(&reply, &m, edge_slice_str("answer"), 10000);
	got = mst_reply_find(&reply, &m, 9999);
	ck_assert(edge_slice_eq_str(got, "answer"));
	ck_assert_uint_eq(edge_slice_len(mst_reply_find(&reply, &m, 10000)), 0);
	m = message(MST_ALLOCATE, 4, NULL);
	ck_assert_uint_eq(edge_slice_len(mst_reply_find(&reply, &m, 5)), 0);
	m = message(MST_SET_ACTIVE, 3, NULL);
	ck_assert_uint_eq(edge_slice_len(mst_reply_find(&reply, &m, 5)), 0);
}
END_TEST

START_TEST(answer_that_is_too_long_is_not_kept)
{
	static const uint8_t wire[MST_REPLY_MAX + 1];
	struct mst_msg m = message(MST_ALLOCATE, 3, NULL);
	struct mst_reply reply = {0};

	mst_reply_keep(&reply, &m, edge_slice(wire, MST_REPLY_MAX), 10);
	ck_assert_uint_eq(edge_slice_len(mst_reply_find(&reply, &m, 5)),
			  MST_REPLY_MAX);
	m = message(MST_ALLOCATE, 4, NULL);
	mst_reply_keep(&reply, &m, edge_slice(wire, MST_REPLY_MAX + 1), 10);
	ck_assert_uint_eq(edge_slice_len(mst_reply_find(&reply, &m, 5)), 0);
	mst_reply_keep(&reply, &m, edge_slice(wire, 0), 10);
	ck_assert_uint_eq(edge_slice_len(mst_reply_find(&reply, &m, 5)), 0);
}
END_TEST

/* Hundreds of bytes an allocation that no client seen needs. */
START_TEST(numbers_take_no_memory_for_ids)
{
	ck_assert(is_new_number(1));
	ck_assert(is_new_number(2));
	ck_assert_ptr_null(r.recent);
	ck_assert(is_new_id(MST_SEND, 3));
	ck_assert_ptr_nonnull(r.recent);
	mst_replay_fini(&r);
	ck_assert_ptr_null(r.recent);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mst_replay");
	TCase *tc = tcase_create("replay");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, number_counts_once);
	tcase_add_test(tc, first_number_may_be_zero);
	tcase_add_test(tc, late_number_counts_inside_the_window);
	tcase_add_test(tc, whole_window_may_come_backwards);
	tcase_add_test(tc, jump_forgets_what_is_behind_the_window);
	tcase_add_test(tc, id_counts_once_for_each_type);
	tcase_add_test(tc, ring_remembers_the_last_32);
	tcase_add_test(tc, numbers_leave_the_ring_alone);
	tcase_add_test(tc, answer_is_found_for_the_same_request_while_it_lasts);
	tcase_add_test(tc, answer_that_is_too_long_is_not_kept);
	tcase_add_test(tc, numbers_take_no_memory_for_ids);
	suite_add_tcase(s, tc);
	return s;
}
