/* Programs of the system: output, complaints, status. */
#include <check.h>
#include <string.h>

#include "edgectl/run.h"
#include "tests/support/suite.h"

START_TEST(run_gives_output_and_status)
{
	struct ctl_run r;

	ck_assert(!ctl_run(&r, "echo one two"));
	ck_assert_int_eq(r.status, 0);
	ck_assert_str_eq(r.out, "one two\n");
	ck_assert_str_eq(r.why, "");
	ctl_run_fini(&r);
	ck_assert(!ctl_run(&r, "false"));
	ck_assert_int_eq(r.status, 1);
	ck_assert_str_eq(r.why, "exit status 1");
	ctl_run_fini(&r);
}
END_TEST

START_TEST(run_keeps_the_first_line_of_a_complaint)
{
	struct ctl_run r;

	ck_assert(!ctl_run(&r, "cat /nonexistent/a /nonexistent/b"));
	ck_assert_int_ne(r.status, 0);
	ck_assert_ptr_nonnull(strstr(r.why, "/nonexistent/a"));
	ck_assert_ptr_null(strchr(r.why, '\n'));
	ctl_run_fini(&r);
}
END_TEST

START_TEST(run_knows_no_shell_and_no_other_folder)
{
	static char many[4096];
	struct ctl_run r;

	ck_assert(!ctl_run(&r, "echo $HOME;true"));
	ck_assert_str_eq(r.out, "$HOME;true\n");
	ctl_run_fini(&r);
	ck_assert_int_eq(ctl_run(&r, "no-such-program x"), EDGE_ENOTFOUND);
	ck_assert_str_eq(r.why, "no program no-such-program");
	ck_assert_int_eq(ctl_run(&r, "../../bin/sh"), EDGE_ENOTFOUND);
	ck_assert_int_eq(ctl_run(&r, ""), EDGE_ELIMIT);
	memset(many, 'x', sizeof(many) - 1);
	ck_assert_int_eq(ctl_run(&r, many), EDGE_ELIMIT);
	for (size_t i = 1; i < 200; i += 2)
		many[i] = ' ';
	many[200] = '\0';
	ck_assert_int_eq(ctl_run(&r, many), EDGE_ELIMIT);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("run");
	TCase *tc = tcase_create("programs");

	tcase_set_timeout(tc, 20);
	tcase_add_test(tc, run_gives_output_and_status);
	tcase_add_test(tc, run_keeps_the_first_line_of_a_complaint);
	tcase_add_test(tc, run_knows_no_shell_and_no_other_folder);
	suite_add_tcase(s, tc);
	return s;
}
