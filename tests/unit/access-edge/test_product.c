/* Counters by the product's names. */
#include "access-edge/product.h"

#include <string.h>

#include "access-edge/reason.h"
#include "tests/support/suite.h"

static struct edge_stats *s;
static struct acc_product p;

static void setup(void)
{
	ck_assert_int_eq(acc_stats_new(&s, 2), EDGE_OK);
	p = (struct acc_product){0};
}

static void teardown(void)
{
	edge_stats_free(s);
}

static size_t row(const char *counter)
{
	const struct acc_product_row *r = acc_product_rows();

	for (size_t i = 0; r[i].object; i++)
		if (!strcmp(r[i].counter, counter))
			return i;
	ck_abort_msg("no %s", counter);
}

START_TEST(totals_are_sums_of_all_shards)
{
	size_t r = row("Flow-controlled Connections Dropped");

	edge_stats_add(s, 0, ACC_STAT_CLOSED + EDGE_CONN_WHY_STALLED, 2);
	edge_stats_add(s, 1, ACC_STAT_CLOSED + EDGE_CONN_WHY_QUEUE, 3);
	edge_stats_add(s, 1, ACC_STAT_CLOSED + EDGE_CONN_WHY_EOF, 9);
	ck_assert_double_eq(acc_product_value(&p, s, r), 5);
}
END_TEST

START_TEST(rates_are_of_the_last_look)
{
	size_t r = row("External Messages/sec Dropped Due To Unauthorized IM "
		       "Service Provider Domain");

	acc_product_look(&p, s, 1000);
	edge_stats_add(s, 0, ACC_STAT_REFUSED + ACC_REASON_PROVIDER_DOMAIN, 50);
	ck_assert_double_eq(acc_product_value(&p, s, r), 0);
	acc_product_look(&p, s, 11000);
	ck_assert_double_eq(acc_product_value(&p, s, r), 5);
	acc_product_look(&p, s, 21000);
	ck_assert_double_eq(acc_product_value(&p, s, r), 0);
}
END_TEST

START_TEST(every_row_has_a_name_and_counters_of_ours)
{
	const struct acc_product_row *r = acc_product_rows();
	size_t n = 0;

	for (; r[n].object; n++) {
		ck_assert_int_eq(strncmp(r[n].object, "SIP - ", 6), 0);
		ck_assert_uint_ne(r[n].rows[0], 0);
		for (size_t i = 0; r[n].rows[i]; i++)
			ck_assert_uint_le(r[n].rows[i], ACC_STAT_COUNT);
	}
	ck_assert_uint_gt(n, 10);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("product");
	TCase *t = tcase_create("product");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, totals_are_sums_of_all_shards);
	tcase_add_test(t, rates_are_of_the_last_look);
	tcase_add_test(t, every_row_has_a_name_and_counters_of_ours);
	suite_add_tcase(suite, t);
	return suite;
}
