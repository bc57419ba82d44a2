/* Options in any place, exit statuses, findings with all their parts. */
#include <check.h>
#include <jansson.h>
#include <string.h>

#include "edgectl/ctl.h"
#include "tests/support/suite.h"

static struct ctl c;

static void setup(void)
{
	ck_assert(!ctl_init(&c));
	c.json = true; /* nothing on the terminal */
}

static void teardown(void)
{
	ctl_fini(&c);
}

START_TEST(options_are_taken_from_any_place)
{
	char *argv[] = {(char[]){"a"},		(char[]){"--seq=7"},
			(char[]){"--unsigned"}, (char[]){"b"},
			(char[]){"--hosts"},	(char[]){"--x"},
			(char[]){"--"},		(char[]){"--c"}};
	const char *seq = NULL, *hosts = NULL;
	bool is_unsigned = false;
	const struct ctl_option options[] = {
		{"seq", &seq, NULL},
		{"hosts", &hosts, NULL},
		{"unsigned", NULL, &is_unsigned},
	};
	int argc = 8;

	ck_assert_int_eq(ctl_options(&c, options, 3, &argc, argv), CTL_GOOD);
	ck_assert_int_eq(argc, 3);
	ck_assert_str_eq(argv[0], "a");
	ck_assert_str_eq(argv[1], "b");
	ck_assert_str_eq(argv[2], "--c");
	ck_assert_str_eq(seq, "7");
	ck_assert_str_eq(hosts, "--x");
	ck_assert(is_unsigned);
}
END_TEST

static const char *const bad[] = {"--unknown", "--seq", "--unsigned=yes",
				  "--seqq=1", "--se=1"};

START_TEST(options_unknown_or_incomplete_are_usage)
{
	char word[32];
	char *argv[] = {word};
	const char *seq = NULL;
	bool is_unsigned = false;
	const struct ctl_option options[] = {
		{"seq", &seq, NULL},
		{"unsigned", NULL, &is_unsigned},
	};
	int argc = 1;

	strcpy(word, bad[_i]);
	ck_assert_int_eq(ctl_options(&c, options, 2, &argc, argv), CTL_USAGE);
	ck_assert_uint_eq(c.errors, 1);
	ck_assert_ptr_null(seq);
	ck_assert(!is_unsigned);
}
END_TEST

static const struct {
	enum edge_err err;
	enum ctl_exit exit;
} exits[] = {
	{EDGE_OK, CTL_GOOD},	      {EDGE_EUSAGE, CTL_USAGE},
	{EDGE_EREFUSED, CTL_REFUSED}, {EDGE_EAUTH, CTL_SIGNATURE},
	{EDGE_EOLDER, CTL_OLDER},     {EDGE_ESYS, CTL_IO},
	{EDGE_ENOTFOUND, CTL_IO},     {EDGE_EFORMAT, CTL_INVALID},
	{EDGE_ELIMIT, CTL_INVALID},   {EDGE_EDUP, CTL_INVALID},
};

START_TEST(exit_status_follows_the_error)
{
	ck_assert_int_eq(ctl_exit_of(exits[_i].err), exits[_i].exit);
}
END_TEST

START_TEST(findings_carry_saw_want_why_and_fix)
{
	static const char *const parts[] = {"id",   "level", "place", "saw",
					    "want", "why",   "fix"};
	const json_t *found;

	ck_assert_int_eq(ctl_fail(&c, EDGE_EOLDER, "CTL-005", "x", "saw %d", 1),
			 CTL_OLDER);
	ck_assert_uint_eq(json_array_size(c.findings), 1);
	found = json_array_get(c.findings, 0);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		ck_assert_uint_gt(
			json_string_length(json_object_get(found, parts[i])),
			0);
	ck_assert_str_eq(json_string_value(json_object_get(found, "saw")),
			 "saw 1");
}
END_TEST

START_TEST(findings_are_each_listed_once_and_complete)
{
	static const char *const rows[][4] = {
#define FINDING(id, want, why, fix) {id, want, why, fix},
#include "edgectl/finding.def"
#include "edgectl/doctor.def"
#undef FINDING
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (size_t k = 0; k < 4; k++)
			ck_assert_uint_gt(strlen(rows[i][k]), 0);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(rows[i][0], rows[k][0]);
	}
}
END_TEST

START_TEST(numbers_are_whole_and_from_one)
{
	uint64_t n = 0;

	ck_assert(ctl_number(&c, "N", "12", &n));
	ck_assert_uint_eq(n, 12);
	ck_assert(!ctl_number(&c, "N", "0", &n));
	ck_assert(!ctl_number(&c, "N", "-1", &n));
	ck_assert(!ctl_number(&c, "N", "1x", &n));
	ck_assert(!ctl_number(&c, "N", "", &n));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/ctl");
	TCase *t = tcase_create("ctl");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, options_are_taken_from_any_place);
	tcase_add_loop_test(t, options_unknown_or_incomplete_are_usage, 0,
			    sizeof(bad) / sizeof(*bad));
	tcase_add_loop_test(t, exit_status_follows_the_error, 0,
			    sizeof(exits) / sizeof(*exits));
	tcase_add_test(t, findings_carry_saw_want_why_and_fix);
	tcase_add_test(t, findings_are_each_listed_once_and_complete);
	tcase_add_test(t, numbers_are_whole_and_from_one);
	suite_add_tcase(s, t);
	return s;
}
