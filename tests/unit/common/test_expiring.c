/* common/expiring.c */
#include "common/expiring.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

static struct edge_expiring *e;

static void setup(void)
{
	e = NULL;
	ck_assert_int_eq(edge_expiring_new(&e, 8), EDGE_OK);
}

static void teardown(void)
{
	edge_expiring_free(e);
}

static const uint8_t *key(uint32_t n)
{
	static uint8_t k[EDGE_EXPIRING_KEY];

	memcpy(k + 7, &n, sizeof(n));
	return k;
}

static enum edge_expiring_verdict take(uint32_t n, uint32_t most,
				       uint64_t until, uint64_t now)
{
	return edge_expiring_take(e, key(n), most, until, now);
}

START_TEST(expiring_counts_uses_of_a_key)
{
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(take(1, 4, 100, 10), EDGE_EXPIRING_TAKEN);
	ck_assert_int_eq(take(1, 4, 100, 10), EDGE_EXPIRING_USED_UP);
	ck_assert_int_eq(take(1, 5, 100, 10), EDGE_EXPIRING_TAKEN);
	ck_assert_int_eq(take(2, 1, 100, 10), EDGE_EXPIRING_TAKEN);
	ck_assert_int_eq(take(2, 1, 100, 10), EDGE_EXPIRING_USED_UP);
	ck_assert_uint_eq(edge_expiring_count(e), 2);
}
END_TEST

START_TEST(expiring_forgets_at_the_end_not_before)
{
	ck_assert_int_eq(take(1, 1, 100, 10), EDGE_EXPIRING_TAKEN);
	ck_assert_int_eq(take(1, 1, 200, 99), EDGE_EXPIRING_USED_UP);
	/* of two ends the later one: it was told, though it was used up */
	ck_assert(edge_expiring_has(e, key(1), 199));
	ck_assert_int_eq(take(1, 1, 300, 199), EDGE_EXPIRING_USED_UP);
	ck_assert(!edge_expiring_has(e, key(1), 300));
	ck_assert_int_eq(take(1, 1, 400, 300), EDGE_EXPIRING_TAKEN);
}
END_TEST

START_TEST(expiring_takes_nothing_that_is_over)
{
	ck_assert_int_eq(take(1, 1, 100, 100), EDGE_EXPIRING_USED_UP);
	ck_assert_int_eq(take(1, 0, 200, 100), EDGE_EXPIRING_USED_UP);
	ck_assert(!edge_expiring_put(e, key(1), 100, 100));
	ck_assert_uint_eq(edge_expiring_count(e), 0);
}
END_TEST

START_TEST(expiring_is_full_until_the_first_expires)
{
	for (uint32_t i = 0; i < 8; i++)
		ck_assert_int_eq(take(i, 1, 108 - i, 10), EDGE_EXPIRING_TAKEN);
	ck_assert_int_eq(take(8, 1, 500, 100), EDGE_EXPIRING_FULL);
	ck_assert(!edge_expiring_put(e, key(8), 500, 100));
	ck_assert(edge_expiring_put(e, key(3), 110, 100)); /* is there */
	ck_assert_int_eq(take(8, 1, 500, 101), EDGE_EXPIRING_TAKEN); /* for 7 */
	ck_assert(!edge_expiring_has(e, key(7), 50));
	ck_assert_int_eq(take(9, 1, 500, 101), EDGE_EXPIRING_FULL);
	ck_assert_uint_eq(edge_expiring_count(e), 8);
	ck_assert_int_eq(take(9, 1, 500, 109), EDGE_EXPIRING_TAKEN);
	ck_assert_uint_eq(edge_expiring_count(e), 3); /* 3, 8, 9 */
}
END_TEST

START_TEST(expiring_put_keeps_the_later_end)
{
	ck_assert(edge_expiring_put(e, key(1), 200, 10));
	ck_assert(edge_expiring_put(e, key(1), 100, 10));
	ck_assert(edge_expiring_has(e, key(1), 199));
	ck_assert(!edge_expiring_has(e, key(1), 200));
	ck_assert(!edge_expiring_has(e, key(2), 10));
	ck_assert_int_eq(take(1, 1, 300, 150), EDGE_EXPIRING_TAKEN);
}
END_TEST

START_TEST(expiring_refuses_odd_sizes)
{
	struct edge_expiring *x = NULL;

	ck_assert_int_eq(edge_expiring_new(&x, 0), EDGE_ERANGE);
	ck_assert_int_eq(edge_expiring_new(&x, (1 << 24) + 1), EDGE_ERANGE);
	ck_assert_ptr_null(x);
	edge_expiring_free(NULL);
}
END_TEST

/* Against the plainest table there is, with the clock going on. */
enum { KEYS = 40, ROOM = 16, STEPS = 200000 };

START_TEST(expiring_agrees_with_a_plain_table)
{
	uint64_t until[KEYS] = {0}, now = 1;
	uint32_t count[KEYS] = {0}, live;
	struct edge_expiring *x = NULL;

	srand(7);
	ck_assert_int_eq(edge_expiring_new(&x, ROOM), EDGE_OK);
	for (int s = 0; s < STEPS; s++) {
		const uint32_t k = (uint32_t)rand() % KEYS;
		const uint64_t end = now + 1 + (uint64_t)(rand() % 60);
		enum edge_expiring_verdict v, want = EDGE_EXPIRING_TAKEN;

		now += (uint64_t)(rand() % 3);
		live = 0;
		for (int i = 0; i < KEYS; i++) {
			if (until[i] <= now)
				until[i] = count[i] = 0;
			live += until[i] != 0;
		}
		if (end <= now || count[k] >= 2)
			want = EDGE_EXPIRING_USED_UP;
		else if (!until[k] && live == ROOM)
			want = EDGE_EXPIRING_FULL;
		ck_assert_int_eq(edge_expiring_has(x, key(k), now),
				 until[k] != 0);
		v = edge_expiring_take(x, key(k), 2, end, now);
		ck_assert_int_eq(v, want);
		if (want == EDGE_EXPIRING_TAKEN)
			count[k]++;
		if (end > now && want != EDGE_EXPIRING_FULL && end > until[k])
			until[k] = end;
	}
	edge_expiring_free(x);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("expiring");
	TCase *t = tcase_create("keys");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, expiring_counts_uses_of_a_key);
	tcase_add_test(t, expiring_forgets_at_the_end_not_before);
	tcase_add_test(t, expiring_takes_nothing_that_is_over);
	tcase_add_test(t, expiring_is_full_until_the_first_expires);
	tcase_add_test(t, expiring_put_keeps_the_later_end);
	tcase_add_test(t, expiring_refuses_odd_sizes);
	tcase_add_test(t, expiring_agrees_with_a_plain_table);
	suite_add_tcase(s, t);
	return s;
}
