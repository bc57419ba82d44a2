/* Rule paths as text. */
#include <string.h>

#include "access-edge/verdict.h"
#include "tests/support/suite.h"

START_TEST(verdict_prints_its_steps_in_order)
{
	struct acc_verdict v = {0};
	char text[ACC_RULE_LEN];

	acc_verdict_print(&v, text);
	ck_assert_str_eq(text, "-");
	acc_verdict_step(&v, ACC_CHECK_FEDERATION, edge_slice_str(""), "true");
	acc_verdict_step(&v, ACC_CHECK_BLOCKED, edge_slice_str("adatum.com"),
			 "yes");
	ck_assert_int_eq(acc_verdict_end(&v, ACC_REASON_BLOCKED_DOMAIN),
			 ACC_REASON_BLOCKED_DOMAIN);
	ck_assert_int_eq(v.reason, ACC_REASON_BLOCKED_DOMAIN);
	acc_verdict_print(&v, text);
	ck_assert_str_eq(text, "AllowFederatedUsers=true,"
			       "BlockedDomain[adatum.com]=yes");
}
END_TEST

/* It goes into quoted strings and lines of key=value. */
START_TEST(verdict_lets_no_strange_octet_through)
{
	struct acc_verdict v = {0};
	char text[ACC_RULE_LEN];

	acc_verdict_step(&v, ACC_CHECK_METHOD, edge_slice_str("a b\"c=d\r\n,]"),
			 "refused");
	acc_verdict_print(&v, text);
	ck_assert_str_eq(text, "Method[a?b?c?d????]=refused");
}
END_TEST

START_TEST(verdict_stays_within_its_bounds)
{
	static char row[300];
	struct acc_verdict v = {0};
	char text[ACC_RULE_LEN];

	memset(row, 'x', sizeof(row) - 1);
	for (int i = 0; i < 2 * ACC_STEPS; i++)
		acc_verdict_step(&v, ACC_CHECK_ALLOWED, edge_slice_str(row),
				 "missing");
	ck_assert_uint_eq(v.count, ACC_STEPS);
	acc_verdict_print(&v, text);
	ck_assert_uint_lt(strlen(text), ACC_RULE_LEN);
	/* whole steps only */
	ck_assert_str_eq(text + strlen(text) - strlen("]=missing"),
			 "]=missing");
}
END_TEST

START_TEST(every_check_has_a_name)
{
	for (int c = 0; c < ACC_CHECK_COUNT; c++)
		ck_assert_uint_gt(strlen(acc_check_name((enum acc_check)c)), 2);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_verdict");
	TCase *t = tcase_create("verdict");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, verdict_prints_its_steps_in_order);
	tcase_add_test(t, verdict_lets_no_strange_octet_through);
	tcase_add_test(t, verdict_stays_within_its_bounds);
	tcase_add_test(t, every_check_has_a_name);
	suite_add_tcase(s, t);
	return s;
}
