/* access-edge/limits.c: what an operator may set. */
#include "access-edge/limits.h"

#include <string.h>

#include "tests/support/suite.h"

START_TEST(limits_have_a_default_in_their_range)
{
	const struct edge_limit_row *r = &acc_config_rows.limits[_i];

	ck_assert_ptr_nonnull(r->name);
	ck_assert_msg(strncmp(r->name, "access.", 7) == 0, "%s", r->name);
	ck_assert_msg(r->min <= r->def && r->def <= r->max, "%s", r->name);
	ck_assert_msg(r->max <= UINT32_MAX, "%s is held in 32 bits", r->name);
	ck_assert_msg(*r->source, "%s has no source", r->name);
	for (int i = 0; i < _i; i++)
		ck_assert_str_ne(acc_config_rows.limits[i].name, r->name);
}
END_TEST

START_TEST(limits_of_rings_are_powers_of_two)
{
	uint64_t n = acc_config_rows.limits[ACC_LIMIT_MAILBOX].def;

	ck_assert_uint_eq(n & (n - 1), 0);
}
END_TEST

START_TEST(options_are_named_once)
{
	const struct edge_option_row *r = &acc_config_rows.options[_i];

	ck_assert_msg(strncmp(r->name, "access.", 7) == 0, "%s", r->name);
	for (int i = 0; i < _i; i++)
		ck_assert_str_ne(acc_config_rows.options[i].name, r->name);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("limits");
	TCase *t = tcase_create("limits");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, limits_have_a_default_in_their_range, 0,
			    ACC_LIMIT_COUNT);
	tcase_add_test(t, limits_of_rings_are_powers_of_two);
	tcase_add_loop_test(t, options_are_named_once, 0, ACC_OPTION_COUNT);
	suite_add_tcase(s, t);
	return s;
}
