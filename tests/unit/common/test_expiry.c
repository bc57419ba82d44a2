/* common/expiry.c: a certificate's end is told at each mark, once. */
#include "common/expiry.h"

#include <string.h>

#include "tests/support/heard.h"
#include "tests/support/suite.h"

enum { DAY = 86400 };

static const int64_t now = 1800000000;
static unsigned told;

static void init(void)
{
	heard_start(NULL);
	told = 0;
}

static void fini(void)
{
	heard_stop();
}

static void look(int64_t left_s)
{
	edge_expiry_tell(&told, "webconf", now + left_s, now);
}

START_TEST(expiry_is_told_at_each_mark_once)
{
	static const struct {
		int64_t left_s;
		const char *words; /* NULL: nothing new */
	} looks[] = {
		{61 * DAY, NULL},
		{60 * DAY, "days_left=60 state=ending"},
		{31 * DAY, NULL},
		{30 * DAY, "days_left=30 state=ending"},
		{7 * DAY, "days_left=7 state=ending"},
		{1, NULL},
		{0, "days_left=0 state=ended"},
		{-DAY, NULL},
	};
	unsigned want = 0;

	for (size_t i = 0; i < sizeof(looks) / sizeof(*looks); i++) {
		look(looks[i].left_s);
		want += looks[i].words != NULL;
		ck_assert_uint_eq(heard_count(), want);
		if (looks[i].words)
			ck_assert_msg(strstr(heard_line(want - 1),
					     looks[i].words) != NULL,
				      "%s", heard_all());
	}
	ck_assert_uint_eq(heard_with("use=webconf"), want);
}
END_TEST

START_TEST(expiry_is_told_once_for_marks_passed_together)
{
	look(DAY);
	ck_assert_uint_eq(heard_count(), 1);
}
END_TEST

START_TEST(expiry_of_a_renewed_one_is_told_again)
{
	look(DAY);
	look(90 * DAY);
	ck_assert_uint_eq(heard_count(), 1);
	look(59 * DAY);
	ck_assert_uint_eq(heard_count(), 2);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("expiry");
	TCase *t = tcase_create("expiry");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, init, fini);
	tcase_add_test(t, expiry_is_told_at_each_mark_once);
	tcase_add_test(t, expiry_is_told_once_for_marks_passed_together);
	tcase_add_test(t, expiry_of_a_renewed_one_is_told_again);
	suite_add_tcase(s, t);
	return s;
}
