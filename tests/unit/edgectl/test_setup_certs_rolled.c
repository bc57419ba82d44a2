/* Step 3 and the roll-over of the A/V key: the pair in use is what its time
 * says, and no other key is started beside it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
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

/* A verb as a shell would start it; words have no quotes in them. */
static void run_verb(const char *line)
{
	static const struct {
		const char *words;
		ctl_verb_fn *run;
	} verbs[] = {{" cert stage ", ctl_cert_stage},
		     {" cert assign ", ctl_cert_assign},
		     {" cert drop-previous ", ctl_cert_drop_previous}};
	char copy[CTL_CURE_LINE], *word[ROLL_WORDS] = {NULL}, *save = NULL;
	size_t i = 0, n = 0;
	char *rest;

	while (i < 3 && !strstr(line, verbs[i].words))
		i++;
	ck_assert_msg(i < 3, "no verb: %s", line);
	(void)snprintf(copy, sizeof(copy), "%s",
		       strstr(line, verbs[i].words) + strlen(verbs[i].words));
	for (rest = strtok_r(copy, " ", &save); rest && n < 8;
	     rest = strtok_r(NULL, " ", &save))
		word[n++] = rest;
	ck_assert_int_le(roll_run(&r, verbs[i].run, word[0], word[1], word[2],
				  word[3], word[4], word[5], word[6], word[7],
				  (char *)NULL),
			 CTL_WARNINGS);
}

/* At that time it is stuck; first is the first line that leads out, and they
 * are all followed. */
static void leads_out(int64_t now_s, const char *first)
{
	struct ctl_cure left;

	ck_assert_int_eq(state_at(now_s), CTL_CERT_STUCK);
	ctl_setup_tell_stuck(&s, why);
	ck_assert_ptr_nonnull(strstr(roll_findings(&r), "E:CERT-012"));
	left = s.left;
	ck_assert_uint_gt(left.count, 0);
	ck_assert_msg(strstr(left.step[0].line, first), "%s",
		      left.step[0].line);
	for (size_t i = 0; i < left.count; i++) {
		if (!strncmp(left.step[i].line, "edgectl ", 8))
			run_verb(left.step[i].line);
		else
			ck_assert_int_eq(system(left.step[i].line), 0);
	}
	ck_assert(!roll_is_there(&r, "av.key.staged.next"));
}

static void copy_over(const char *from, const char *to)
{
	char line[1024];

	(void)snprintf(line, sizeof(line), "cp %s %s",
		       certs_path(r.certs, from), certs_path(r.certs, to));
	ck_assert_int_eq(system(line), 0);
}

START_TEST(setup_certs_end_a_roll_that_has_ended)
{
	const int64_t late_s = r.old_ends_s + 60 * 86400;

	ck_assert_int_eq(roll_stage(&r, "new", staged_s), CTL_GOOD);
	leads_out(late_s, " cert drop-previous --force");
	ck_assert_int_eq(state_at(late_s), CTL_CERT_BAD); /* asked for anew */
}
END_TEST

START_TEST(setup_certs_end_a_roll_that_is_none)
{
	/* no time in it */
	ck_assert_int_eq(roll_stage(&r, "new", staged_s), CTL_GOOD);
	certs_write(r.certs, "av.pem.staged", "no time in it\n");
	leads_out(staged_s, "rm -f ");
	ck_assert_int_eq(state_at(staged_s), CTL_CERT_GOOD);
	/* no pair */
	ck_assert_int_eq(roll_stage(&r, "new", staged_s + 60), CTL_GOOD);
	copy_over("other.key", "av.key.staged");
	leads_out(staged_s + ROLL_HOUR, "rm -f ");
	ck_assert_int_eq(state_at(staged_s), CTL_CERT_GOOD);
	ck_assert(!roll_is_there(&r, "av.key.staged"));
}
END_TEST

/* What is staged can be used before its time. */
START_TEST(setup_certs_bring_a_roll_forward)
{
	const int64_t soon_s = staged_s - ROLL_HOUR;

	ck_assert_int_eq(roll_stage(&r, "new", staged_s), CTL_GOOD);
	copy_over("other.key", "av.key");
	leads_out(soon_s, " cert stage --use av-auth ");
	ck_assert_int_eq(state_at(soon_s), CTL_CERT_GOOD);
	says("is in use");
}
END_TEST

START_TEST(setup_certs_take_what_is_staged_beside_nothing)
{
	const int64_t soon_s = staged_s - ROLL_HOUR;

	ck_assert_int_eq(roll_stage(&r, "new", staged_s), CTL_GOOD);
	certs_write(r.certs, "av.pem", "no certificate\n");
	leads_out(soon_s, "mv ");
	ck_assert_int_eq(state_at(soon_s), CTL_CERT_GOOD);
	ck_assert_str_eq(why, "");
	ck_assert_str_eq(roll_spki(&r, "certs/av-auth-chain.pem"),
			 r.spki[ROLL_NEW]);
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
	tcase_add_test(t, setup_certs_end_a_roll_that_has_ended);
	tcase_add_test(t, setup_certs_end_a_roll_that_is_none);
	tcase_add_test(t, setup_certs_bring_a_roll_forward);
	tcase_add_test(t, setup_certs_take_what_is_staged_beside_nothing);
	suite_add_tcase(suite, t);
	return suite;
}
