/* cert drop-previous: not before the last token of the old key has ended. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edgectl/cert_roll.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/roll_fixture.h"

static struct roll r;
static int64_t effective_s; /* a day before the old one ends */

static void setup(void)
{
	roll_init(&r);
	effective_s = r.old_ends_s - 86400;
	ck_assert_int_eq(roll_stage(&r, "new", effective_s), CTL_GOOD);
}

static void teardown(void)
{
	roll_fini(&r);
}

static enum ctl_exit drop_at(int64_t now_s, const char *word)
{
	r.now_s = (uint64_t)now_s;
	return roll_run(&r, ctl_cert_drop_previous, word, (char *)NULL);
}

static void is_dropped(void)
{
	struct stat st;

	ck_assert_str_eq(roll_findings(&r), "");
	ck_assert_str_eq(roll_spki(&r, "av.pem"), r.spki[ROLL_NEW]);
	ck_assert_str_eq(roll_text(&r, "dropped"), r.spki[ROLL_OLD]);
	ck_assert(!roll_is_there(&r, "av.pem.staged"));
	ck_assert(!roll_is_there(&r, "av.key.staged"));
	ck_assert_int_eq(stat(certs_path(r.certs, "av.key"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
	ck_assert_int_eq(roll_run(&r, ctl_cert_list, (char *)NULL), CTL_GOOD);
	ck_assert_str_eq(roll_role(&r, "current"), r.spki[ROLL_NEW]);
	ck_assert_str_eq(roll_role(&r, "previous"), "");
}

START_TEST(drop_moves_the_staged_pair_into_place)
{
	ck_assert_int_eq(
		drop_at(effective_s + 8 * ROLL_HOUR + CTL_ROLL_SKEW_S, NULL),
		CTL_GOOD);
	is_dropped();
}
END_TEST

START_TEST(drop_waits_for_the_last_token)
{
	ck_assert_int_eq(
		drop_at(effective_s + 8 * ROLL_HOUR + CTL_ROLL_SKEW_S - 1,
			NULL),
		CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-012");
	ck_assert_str_eq(roll_spki(&r, "av.pem"), r.spki[ROLL_OLD]);
	ck_assert(roll_is_there(&r, "av.key.staged"));
	ck_assert_int_eq(drop_at(effective_s, "--force"), CTL_GOOD);
	is_dropped();
}
END_TEST

START_TEST(drop_waits_for_the_effective_time_also_by_force)
{
	ck_assert_int_eq(drop_at(effective_s - 1, "--force"), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-012");
	ck_assert_str_eq(roll_spki(&r, "av.pem"), r.spki[ROLL_OLD]);
}
END_TEST

START_TEST(drop_wants_something_staged)
{
	ck_assert_int_eq(drop_at(r.old_ends_s, NULL), CTL_GOOD);
	ck_assert_int_eq(drop_at(r.old_ends_s, NULL), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-012");
	ck_assert_str_eq(roll_spki(&r, "av.pem"), r.spki[ROLL_NEW]);
}
END_TEST

/* A call that was killed between the two moves. */
START_TEST(drop_is_taken_up_again)
{
	ck_assert_int_eq(rename(certs_path(r.certs, "av.key.staged"),
				certs_path(r.certs, "av.key")),
			 0);
	ck_assert_int_eq(drop_at(r.old_ends_s, NULL), CTL_GOOD);
	is_dropped();
}
END_TEST

START_TEST(drop_does_not_move_a_pair_that_does_not_fit)
{
	ck_assert_int_eq(rename(certs_path(r.certs, "other.key"),
				certs_path(r.certs, "av.key.staged")),
			 0);
	ck_assert_int_eq(drop_at(r.old_ends_s, NULL), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-002");
	ck_assert_str_eq(roll_spki(&r, "av.pem"), r.spki[ROLL_OLD]);
	ck_assert_int_eq(unlink(certs_path(r.certs, "av.key.staged")), 0);
	ck_assert_int_eq(drop_at(r.old_ends_s, NULL), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-002");
}
END_TEST

START_TEST(drop_is_for_av_auth_alone)
{
	ck_assert_int_eq(drop_at(r.old_ends_s, "--use=access"), CTL_USAGE);
	ck_assert_int_eq(drop_at(r.old_ends_s, "av-auth"), CTL_USAGE);
	ck_assert_int_eq(drop_at(r.old_ends_s, "--use=av-auth"), CTL_GOOD);
	is_dropped();
}
END_TEST

/* After a whole round the next one begins anew. */
START_TEST(drop_makes_room_for_the_next)
{
	ck_assert_int_eq(drop_at(r.old_ends_s, NULL), CTL_GOOD);
	ck_assert_int_eq(roll_stage(&r, "next", r.old_ends_s + ROLL_HOUR),
			 CTL_GOOD);
	ck_assert_str_eq(roll_findings(&r), "");
	ck_assert_str_eq(roll_spki(&r, "av.pem.staged"), r.spki[ROLL_NEXT]);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/cert_drop");
	TCase *t = tcase_create("drop");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, drop_moves_the_staged_pair_into_place);
	tcase_add_test(t, drop_waits_for_the_last_token);
	tcase_add_test(t, drop_waits_for_the_effective_time_also_by_force);
	tcase_add_test(t, drop_wants_something_staged);
	tcase_add_test(t, drop_is_taken_up_again);
	tcase_add_test(t, drop_does_not_move_a_pair_that_does_not_fit);
	tcase_add_test(t, drop_is_for_av_auth_alone);
	tcase_add_test(t, drop_makes_room_for_the_next);
	suite_add_tcase(s, t);
	return s;
}
