/* common/bytes.c: a queue that grows, wraps its front and gives back. */
#include "common/bytes.h"

#include <string.h>

#include "tests/support/suite.h"

static struct edge_bytes b;

static void setup(void)
{
	b = (struct edge_bytes){0};
}

static void teardown(void)
{
	edge_bytes_fini(&b);
}

static void add(const char *text)
{
	ck_assert_int_eq(edge_bytes_add(&b, edge_slice_str(text), 100000),
			 EDGE_OK);
}

START_TEST(bytes_keep_order_across_takes)
{
	add("hello ");
	add("world");
	edge_bytes_take(&b, 6);
	add("!");
	ck_assert(edge_slice_eq_str(edge_bytes_slice(&b), "world!"));
}
END_TEST

START_TEST(bytes_give_memory_back_when_empty)
{
	add("hello");
	edge_bytes_take(&b, 5);
	ck_assert_ptr_null(b.p);
	ck_assert_uint_eq(edge_slice_len(edge_bytes_slice(&b)), 0);
	add("again");
	edge_bytes_take(&b, 5000); /* more than there is */
	ck_assert_ptr_null(b.p);
}
END_TEST

START_TEST(bytes_that_are_secret_are_wiped_when_taken)
{
	char more[5000] = "";

	b.is_secret = true;
	add("password and more");
	edge_bytes_take(&b, 9);
	ck_assert_mem_eq(b.p, "\0\0\0\0\0\0\0\0\0and", 12);
	memset(more, 'x', sizeof(more) - 1);
	add(more); /* in another place */
	ck_assert_mem_eq(edge_bytes_slice(&b).p, "and morexxxx", 12);
	ck_assert_uint_eq(edge_slice_len(edge_bytes_slice(&b)), 8 + 4999);
	edge_bytes_take(&b, 100000);
	ck_assert_ptr_null(b.p);
	ck_assert(b.is_secret); /* still */
}
END_TEST

/* Nothing lies outside the content, also when it has moved to the front. */
START_TEST(bytes_that_are_secret_leave_nothing_where_they_stood)
{
	static const uint8_t none[2048] = {0};
	char block[1500];

	b.is_secret = true;
	memset(block, 's', sizeof(block));
	ck_assert_int_eq(edge_bytes_add(&b, edge_slice(block, 1500), 2048),
			 EDGE_OK);
	edge_bytes_take(&b, _i ? 1400 : 600); /* apart, or overlapping */
	ck_assert_int_eq(edge_bytes_room(&b, 1000, 2048), EDGE_OK);
	ck_assert_uint_eq(b.start, 0);
	ck_assert_uint_eq(b.cap, 2048);
	ck_assert_mem_eq(b.p, block, b.len);
	ck_assert_mem_eq(b.p + b.len, none, 1500 - b.len);
}
END_TEST

START_TEST(bytes_swap_what_is_alike)
{
	struct edge_bytes other = {0};
	const uint8_t *p;

	add("hello world");
	edge_bytes_take(&b, 6);
	p = b.p;
	ck_assert(edge_bytes_swap(&b, &other));
	ck_assert_ptr_eq(other.p, p);
	ck_assert_ptr_null(b.p);
	ck_assert_uint_eq(b.len, 0);
	ck_assert(edge_slice_eq_str(edge_bytes_slice(&other), "world"));
	b.is_secret = true;
	ck_assert(!edge_bytes_swap(&b, &other));
	ck_assert(edge_slice_eq_str(edge_bytes_slice(&other), "world"));
	edge_bytes_fini(&other);
}
END_TEST

START_TEST(bytes_refuse_past_the_limit)
{
	ck_assert_int_eq(edge_bytes_add(&b, edge_slice_str("123456"), 6),
			 EDGE_OK);
	ck_assert_int_eq(edge_bytes_add(&b, edge_slice_str("7"), 6),
			 EDGE_ELIMIT);
	ck_assert_uint_le(b.cap, 6);
	ck_assert(edge_slice_eq_str(edge_bytes_slice(&b), "123456"));
	ck_assert_int_eq(edge_bytes_add(&b, edge_slice_str(""), 6), EDGE_OK);
	ck_assert_int_eq(edge_bytes_room(&b, 0, 3), EDGE_ELIMIT);
}
END_TEST

START_TEST(bytes_use_the_front_again_before_growing)
{
	uint32_t cap;
	char block[1000];

	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(
			edge_bytes_add(&b, edge_slice(block, 1000), 100000),
			EDGE_OK);
	cap = b.cap;
	for (int i = 0; i < 1000; i++) {
		edge_bytes_take(&b, 700);
		ck_assert_int_eq(
			edge_bytes_add(&b, edge_slice(block, 700), 100000),
			EDGE_OK);
	}
	ck_assert_uint_eq(b.cap, cap);
	ck_assert_uint_eq(b.len, 2000);
}
END_TEST

START_TEST(bytes_room_is_where_the_tail_is)
{
	size_t room;

	add("ab");
	ck_assert_int_eq(edge_bytes_room(&b, 5000, 100000), EDGE_OK);
	memcpy(edge_bytes_tail(&b, &room), "cd", 2);
	ck_assert_uint_ge(room, 5000);
	edge_bytes_grown(&b, 2);
	ck_assert(edge_slice_eq_str(edge_bytes_slice(&b), "abcd"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("bytes");
	TCase *t = tcase_create("queue");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, bytes_keep_order_across_takes);
	tcase_add_test(t, bytes_give_memory_back_when_empty);
	tcase_add_test(t, bytes_that_are_secret_are_wiped_when_taken);
	tcase_add_loop_test(
		t, bytes_that_are_secret_leave_nothing_where_they_stood, 0, 2);
	tcase_add_test(t, bytes_swap_what_is_alike);
	tcase_add_test(t, bytes_refuse_past_the_limit);
	tcase_add_test(t, bytes_use_the_front_again_before_growing);
	tcase_add_test(t, bytes_room_is_where_the_tail_is);
	suite_add_tcase(s, t);
	return s;
}
