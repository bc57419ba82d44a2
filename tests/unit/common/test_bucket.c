/* Token bucket: burst, exact rate over time, clocks that misbehave. */
#include "common/admit.h"

#include "tests/support/suite.h"

static unsigned take_all(struct edge_bucket *b, uint64_t now)
{
	unsigned n = 0;

	while (edge_bucket_take(b, now))
		n++;
	return n;
}

START_TEST(bucket_starts_full_and_holds_no_more)
{
	struct edge_bucket b;

	edge_bucket_init(&b, 2, 6, 1000);
	ck_assert_uint_eq(take_all(&b, 1000), 6);
	ck_assert_uint_eq(take_all(&b, 1499), 0);
	ck_assert_uint_eq(take_all(&b, 1500), 1);
	ck_assert_uint_eq(take_all(&b, 1000000), 6);
	ck_assert_uint_eq(take_all(&b, UINT64_MAX), 6);
}
END_TEST

START_TEST(bucket_gives_exactly_its_rate)
{
	static const uint32_t rates[] = {1, 3, 7, 500, 999, 1001, 123456};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		uint64_t sum = 0;
		struct edge_bucket b;

		edge_bucket_init(&b, rates[i], 1000, 0);
		take_all(&b, 0);
		for (uint64_t now = 1; now <= 10000; now++)
			sum += take_all(&b, now);
		ck_assert_uint_eq(sum, 10ull * rates[i]);
	}
}
END_TEST

START_TEST(bucket_ignores_a_clock_that_goes_back)
{
	struct edge_bucket b;

	edge_bucket_init(&b, 1000, 1, 5000);
	ck_assert_uint_eq(take_all(&b, 5000), 1);
	ck_assert_uint_eq(take_all(&b, 1), 0);
	ck_assert_uint_eq(take_all(&b, 5000), 0);
	ck_assert_uint_eq(take_all(&b, 5001), 1);
}
END_TEST

START_TEST(bucket_wait_says_when_take_succeeds)
{
	struct edge_bucket b;

	edge_bucket_init(&b, 3, 1, 0);
	ck_assert_uint_eq(edge_bucket_wait_ms(&b, 0), 0);
	ck_assert(edge_bucket_take(&b, 0));
	for (uint64_t now = 0; now < 400; now++) {
		uint64_t wait = edge_bucket_wait_ms(&b, now);
		struct edge_bucket early = b, due = b;

		ck_assert_uint_eq(wait, now < 334 ? 334 - now : 0);
		ck_assert(edge_bucket_take(&due, now + wait));
		ck_assert(!wait || !edge_bucket_take(&early, now + wait - 1));
	}
}
END_TEST

START_TEST(bucket_without_rate_or_burst_stays_shut)
{
	struct edge_bucket b;

	edge_bucket_init(&b, 0, 2, 0);
	ck_assert_uint_eq(take_all(&b, 0), 2);
	ck_assert_uint_eq(take_all(&b, UINT64_MAX), 0);
	ck_assert_uint_eq(edge_bucket_wait_ms(&b, 5), UINT64_MAX);
	edge_bucket_init(&b, 5, 0, 0);
	ck_assert_uint_eq(take_all(&b, 99999), 0);
	ck_assert_uint_eq(edge_bucket_wait_ms(&b, 99999), UINT64_MAX);
	edge_bucket_init(&b, UINT32_MAX, UINT32_MAX, 0);
	ck_assert(edge_bucket_take(&b, UINT64_MAX));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("bucket");
	TCase *t = tcase_create("bucket");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, bucket_starts_full_and_holds_no_more);
	tcase_add_test(t, bucket_gives_exactly_its_rate);
	tcase_add_test(t, bucket_ignores_a_clock_that_goes_back);
	tcase_add_test(t, bucket_wait_says_when_take_succeeds);
	tcase_add_test(t, bucket_without_rate_or_burst_stays_shut);
	suite_add_tcase(s, t);
	return s;
}
