/* The times of a roll-over, TO 5.4: worked times, and where they end. */
#include <check.h>
#include <string.h>

#include "edgectl/cert_roll.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/roll_fixture.h"

enum { H = 3600, DAY = 1700006400 /* 00:00 UTC */ };

/* The old one ends at 14:00, tokens live 8 h. */
static const struct {
	int64_t effective_s;
	enum ctl_roll_time want;
	int64_t over_s;
} rows[] = {
	{DAY + 5 * H, CTL_ROLL_GOOD, DAY + 13 * H + 300},
	{DAY + 6 * H - 300, CTL_ROLL_GOOD, DAY + 14 * H},
	{DAY + 6 * H, CTL_ROLL_GOOD, DAY + 14 * H},
	{DAY + 6 * H + 1, CTL_ROLL_LATE, DAY + 14 * H},
	{DAY + 14 * H, CTL_ROLL_LATE, DAY + 14 * H},
	{DAY + 14 * H + 1, CTL_ROLL_TOO_LATE, DAY + 14 * H},
};

START_TEST(roll_judge_knows_the_worked_times)
{
	const struct ctl_roll_times t = {.effective_s = rows[_i].effective_s,
					 .old_ends_s = DAY + 14 * H,
					 .lifetime_s = 8 * H};

	ck_assert_int_eq(ctl_roll_latest(&t), DAY + 6 * H);
	ck_assert_int_eq(ctl_roll_judge(&t), rows[_i].want);
	ck_assert_int_eq(ctl_roll_over_at(&t), rows[_i].over_s);
}
END_TEST

static struct roll r;

static void setup(void)
{
	roll_init(&r);
}

static void teardown(void)
{
	roll_fini(&r);
}

static enum ctl_exit find(struct ctl_roll *out)
{
	ck_assert_int_eq(roll_run(&r, ctl_cert_list, (char *)NULL), CTL_GOOD);
	return ctl_roll_find(&r.c, out);
}

START_TEST(roll_find_sees_what_is_staged)
{
	struct ctl_roll got;

	ck_assert_int_eq(find(&got), CTL_GOOD);
	ck_assert(!got.has_staged && !got.is_effective);
	ck_assert_int_eq(roll_stage(&r, "new", (int64_t)r.now_s + H), CTL_GOOD);
	ck_assert_int_eq(find(&got), CTL_GOOD);
	ck_assert(got.has_staged && !got.is_effective);
	ck_assert_uint_eq(got.staged.effective_s, r.now_s + H);
	r.now_s += H;
	ck_assert_int_eq(find(&got), CTL_GOOD);
	ck_assert(got.is_effective);
}
END_TEST

START_TEST(roll_find_reports_a_file_without_its_time)
{
	struct ctl_roll got;

	certs_write(r.certs, "av.pem.staged", "-----BEGIN CERTIFICATE-----\n");
	roll_run(&r, ctl_cert_check, "av-auth", (char *)NULL);
	ck_assert_ptr_nonnull(strstr(roll_findings(&r), "E:CERT-001"));
	ck_assert_ptr_nonnull(strstr(roll_saw(&r, "CERT-001"), ".staged"));
	ck_assert_str_eq(roll_role(&r, "current"), r.spki[ROLL_OLD]);
	ck_assert_int_eq(ctl_roll_find(&r.c, &got), CTL_INVALID);
	ck_assert(!got.has_staged);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/cert_roll");
	TCase *t = tcase_create("times"), *f = tcase_create("find");

	tcase_set_timeout(t, 20);
	tcase_add_loop_test(t, roll_judge_knows_the_worked_times, 0,
			    sizeof(rows) / sizeof(*rows));
	suite_add_tcase(s, t);
	tcase_set_timeout(f, 30);
	tcase_add_checked_fixture(f, setup, teardown);
	tcase_add_test(f, roll_find_sees_what_is_staged);
	tcase_add_test(f, roll_find_reports_a_file_without_its_time);
	suite_add_tcase(s, f);
	return s;
}
