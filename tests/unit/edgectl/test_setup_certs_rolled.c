/* Step 3 and the roll-over of the A/V key: the pair in use is what its time
 * says, and no other key is started beside it. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "edgectl/setup.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/roll_fixture.h"

static struct roll r;
static struct topo topo; /* of no names: only av-auth is looked at */
static struct ctl_setup s;
static char why[CTL_SETUP_WHY], folder[256];
static int64_t staged_s; /* a day before the old one ends */

static void setup(void)
{
	roll_init(&r);
	staged_s = r.old_ends_s - 86400;
	(void)snprintf(folder, sizeof(folder), "%s",
		       certs_path(r.certs, "requests"));
}

static void teardown(void)
{
	roll_fini(&r);
}

/* What lies there, at that time. */
static enum ctl_setup_cert state_at(int64_t now_s)
{
	r.now_s = (uint64_t)now_s;
	(void)roll_run(&r, ctl_cert_list, (char *)NULL); /* reads edge.ini */
	s = (struct ctl_setup){.c = &r.c, .topo = &topo, .requests = folder};
	return ctl_setup_cert_state(&s, EDGE_CERT_AV_AUTH, why, sizeof(why));
}

static void says(const char *words)
{
	ck_assert_msg(strstr(why, words), "'%s' lacks '%s'", why, words);
}

START_TEST(setup_certs_know_a_pair_without_another)
{
	ck_assert_int_eq(state_at(r.old_ends_s - 86400), CTL_CERT_GOOD);
	ck_assert_str_eq(why, "");
	ck_assert_int_eq(state_at(r.old_ends_s + 86400), CTL_CERT_BAD);
	says("expired");
}
END_TEST

START_TEST(setup_certs_see_what_is_staged)
{
	ck_assert_int_eq(roll_stage(&r, "new", staged_s), CTL_GOOD);
	ck_assert_int_eq(state_at(staged_s - ROLL_HOUR), CTL_CERT_GOOD);
	says("another is staged for ");
	ck_assert_int_eq(state_at(staged_s + ROLL_HOUR), CTL_CERT_GOOD);
	says("is in use");
	/* the old one has ended: the staged one is what counts */
	ck_assert_int_eq(state_at(r.old_ends_s + 86400), CTL_CERT_GOOD);
	says("is in use");
}
END_TEST

START_TEST(setup_certs_start_no_other_key_beside_a_roll)
{
	ck_assert_int_eq(roll_stage(&r, "new", staged_s), CTL_GOOD);
	/* both have ended */
	ck_assert_int_eq(state_at(r.old_ends_s + 60 * 86400), CTL_CERT_STUCK);
	says("expired");
	certs_write(r.certs, "requests", "no folder");
	ck_assert_int_ne(ctl_setup_certificates(&s), CTL_GOOD);
	ck_assert_ptr_nonnull(strstr(roll_saw(&r, "CERT-012"), "expired"));
	ck_assert_uint_gt(s.left.count, 0);
	ck_assert_ptr_nonnull(
		strstr(s.left.step[0].line, " cert drop-previous --force"));
	ctl_setup_tell_left(&s);
	ck_assert_ptr_nonnull(
		strstr(s.left.step[s.left.count - 1].line, "edge.ini setup"));
}
END_TEST

START_TEST(setup_certs_name_what_is_staged_and_no_pair)
{
	ck_assert_int_eq(roll_stage(&r, "new", staged_s), CTL_GOOD);
	certs_write(r.certs, "av.pem.staged", "no time in it\n");
	ck_assert_int_eq(state_at(staged_s), CTL_CERT_STUCK);
	says("av.pem.staged");
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("edgectl/setup_certs_rolled");
	TCase *t = tcase_create("setup_certs_rolled");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, setup_certs_know_a_pair_without_another);
	tcase_add_test(t, setup_certs_see_what_is_staged);
	tcase_add_test(t, setup_certs_start_no_other_key_beside_a_roll);
	tcase_add_test(t, setup_certs_name_what_is_staged_and_no_pair);
	suite_add_tcase(suite, t);
	return suite;
}
