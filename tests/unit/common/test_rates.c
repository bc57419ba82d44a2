/* common/rates.c */
#include "common/rates.h"

#include "tests/support/suite.h"

static struct edge_rate_of of(const char *ip, uint8_t what, uint32_t rate)
{
	struct edge_rate_of o = {
		.bits4 = 24, .bits6 = 56, .what = what, .rate = rate};

	ck_assert_int_eq(edge_addr_parse(&o.source, edge_slice_str(ip), 77),
			 EDGE_OK);
	return o;
}

static bool take(struct edge_rates *r, const char *ip, uint64_t now_ms)
{
	const struct edge_rate_of o = of(ip, 0, 3);

	return edge_rates_take(r, &o, now_ms);
}

static struct edge_rates *made(size_t sources)
{
	struct edge_rates *r;

	ck_assert_int_eq(edge_rates_new(&r, sources), EDGE_OK);
	return r;
}

START_TEST(rates_count_a_network_as_one)
{
	struct edge_rates *r = made(100);

	ck_assert(take(r, "192.0.2.1", 1000));
	ck_assert(take(r, "192.0.2.255", 1000));
	ck_assert(take(r, "192.0.2.7", 1000));
	ck_assert(!take(r, "192.0.2.8", 1000));
	ck_assert(take(r, "192.0.3.8", 1000));
	ck_assert(take(r, "192.0.1.8", 1000));
	for (int i = 0; i < 3; i++)
		ck_assert(
			take(r, i ? "2001:db8:0:ff::1" : "2001:db8::1", 1000));
	ck_assert(!take(r, "2001:db8:0:80::1", 1000));
	ck_assert(take(r, "2001:db8:0:100::1", 1000));
	edge_rates_free(r);
	edge_rates_free(NULL);
}
END_TEST

START_TEST(rates_come_back_with_time)
{
	struct edge_rates *r = made(100);

	for (int i = 0; i < 3; i++)
		ck_assert(take(r, "192.0.2.1", 1000));
	ck_assert(!take(r, "192.0.2.1", 1333));
	ck_assert(take(r, "192.0.2.1", 1334));
	ck_assert(!take(r, "192.0.2.1", 1334));
	for (int i = 0; i < 3; i++)
		ck_assert(take(r, "192.0.2.1", 9000));
	ck_assert(!take(r, "192.0.2.1", 9000));
	edge_rates_free(r);
}
END_TEST

START_TEST(rates_of_things_are_apart_and_may_change)
{
	struct edge_rates *r = made(100);
	struct edge_rate_of a = of("192.0.2.1", 1, 1), b = a;

	b.what = 2;
	ck_assert(edge_rates_take(r, &a, 5));
	ck_assert(!edge_rates_take(r, &a, 5));
	ck_assert(edge_rates_take(r, &b, 5));
	a.rate = 2;
	ck_assert(edge_rates_take(r, &a, 5));
	ck_assert(edge_rates_take(r, &a, 5));
	ck_assert(!edge_rates_take(r, &a, 5));
	edge_rates_free(r);
}
END_TEST

/* The smallest table: who was silent for longest makes room. */
START_TEST(rates_forget_the_longest_unused)
{
	struct edge_rates *r = made(0);

	for (int i = 0; i < 3; i++) {
		ck_assert(take(r, "192.0.2.1", 1000));
		ck_assert(take(r, "192.0.3.1", 1001));
		ck_assert(take(r, "192.0.4.1", 1002));
		ck_assert(take(r, "192.0.5.1", 1003));
	}
	ck_assert(!take(r, "192.0.2.1", 1004));
	ck_assert(take(r, "192.0.6.1", 1004)); /* in place of .3 */
	ck_assert(!take(r, "192.0.2.1", 1004));
	ck_assert(!take(r, "192.0.4.1", 1004));
	ck_assert(!take(r, "192.0.5.1", 1004));
	ck_assert(take(r, "192.0.3.1", 1005));
	edge_rates_free(r);
}
END_TEST

START_TEST(rates_may_have_a_larger_burst)
{
	struct edge_rates *r = made(100);
	struct edge_rate_of a = of("192.0.2.1", 0, 2);

	a.burst = 4;
	for (int i = 0; i < 4; i++)
		ck_assert(edge_rates_take(r, &a, 1000));
	ck_assert(!edge_rates_take(r, &a, 1499));
	ck_assert(edge_rates_take(r, &a, 1500));
	for (int i = 0; i < 4; i++)
		ck_assert(edge_rates_take(r, &a, 60000));
	ck_assert(!edge_rates_take(r, &a, 60000));
	edge_rates_free(r);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("rates");
	TCase *t = tcase_create("networks");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, rates_count_a_network_as_one);
	tcase_add_test(t, rates_come_back_with_time);
	tcase_add_test(t, rates_of_things_are_apart_and_may_change);
	tcase_add_test(t, rates_forget_the_longest_unused);
	tcase_add_test(t, rates_may_have_a_larger_burst);
	suite_add_tcase(s, t);
	return s;
}
