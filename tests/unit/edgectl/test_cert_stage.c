/* cert stage: what is put beside the current pair, what is refused. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edgectl/cert_roll.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/roll_fixture.h"
#include "topology/roll.h"

static struct roll r;

static void setup(void)
{
	roll_init(&r);
}

static void teardown(void)
{
	roll_fini(&r);
}

static int64_t latest(void)
{
	return r.old_ends_s - 8 * ROLL_HOUR;
}

START_TEST(stage_puts_the_pair_beside_the_current_one)
{
	char why[256] = "", utc[32];
	struct topo_roll staged;

	ck_assert_int_eq(roll_stage(&r, "new", latest()), CTL_GOOD);
	ck_assert_str_eq(roll_findings(&r), "");
	ck_assert_str_eq(roll_text(&r, "spki_sha256"), r.spki[ROLL_NEW]);
	ctl_roll_print(utc, latest());
	ck_assert_str_eq(roll_text(&r, "effective"), utc);
	ctl_roll_print(utc, r.old_ends_s);
	ck_assert_str_eq(roll_text(&r, "previous_until"), utc);
	ck_assert_str_eq(roll_spki(&r, "av.pem"), r.spki[ROLL_OLD]);
	ck_assert_str_eq(roll_spki(&r, "av.pem.staged"), r.spki[ROLL_NEW]);
	ck_assert_int_eq(roll_mode(&r, "av.key.staged"), 0640);
	ck_assert_int_eq(topo_roll_load(&staged, certs_path(r.certs, "av.pem"),
					certs_path(r.certs, "av.key"), why,
					sizeof(why)),
			 EDGE_OK);
	ck_assert_int_eq((int64_t)staged.effective_s, latest());
	ck_assert(!roll_is_there(&r, "av.pem.staged.new"));
	ck_assert(!roll_is_there(&r, "av.key.staged.new"));
}
END_TEST

START_TEST(stage_judges_the_bytes_it_puts_in_place)
{
	unsigned opened[2];

	roll_watch(&r, "new.pem", "new.key");
	ck_assert_int_eq(roll_stage(&r, "new", latest()), CTL_GOOD);
	roll_opened(&r, opened);
	ck_assert_uint_eq(opened[0], 1);
	ck_assert_uint_eq(opened[1], 1);
}
END_TEST

/* Whose the staged key would be is then not known. */
START_TEST(stage_wants_the_current_key_on_disk)
{
	ck_assert_int_eq(unlink(certs_path(r.certs, "av.key")), 0);
	ck_assert_int_ne(roll_stage(&r, "new", latest()), CTL_GOOD);
	ck_assert_str_eq(roll_findings(&r), "E:CTL-007");
	ck_assert(!roll_is_there(&r, "av.key.staged"));
	ck_assert(!roll_is_there(&r, "av.pem.staged"));
}
END_TEST

START_TEST(stage_gives_no_more_rights_than_the_current_key_has)
{
	ck_assert_int_eq(chmod(certs_path(r.certs, "av.key"), 0600), 0);
	ck_assert_int_eq(roll_stage(&r, "new", latest()), CTL_GOOD);
	ck_assert_int_eq(roll_mode(&r, "av.key.staged"), 0600);
	ck_assert_int_eq(chmod(certs_path(r.certs, "av.key"), 0666), 0);
	ck_assert_int_eq(roll_stage(&r, "new", latest()), CTL_GOOD);
	ck_assert_int_eq(roll_mode(&r, "av.key.staged"), 0640);
}
END_TEST

START_TEST(stage_later_than_good_is_done_with_a_warning)
{
	ck_assert_int_eq(roll_stage(&r, "new", latest() + 1), CTL_GOOD);
	ck_assert_str_eq(roll_findings(&r), "W:CERT-007");
	ck_assert_ptr_nonnull(
		strstr(roll_saw(&r, "CERT-007"), "latest good time"));
	ck_assert(roll_is_there(&r, "av.pem.staged"));
}
END_TEST

START_TEST(stage_later_than_the_end_is_refused)
{
	ck_assert_int_eq(roll_stage(&r, "new", r.old_ends_s + 1), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-008");
	ck_assert(!roll_is_there(&r, "av.pem.staged"));
	ck_assert(!roll_is_there(&r, "av.key.staged"));
}
END_TEST

START_TEST(stage_in_the_past_is_now)
{
	char now[32];

	ck_assert_int_eq(roll_stage(&r, "new", (int64_t)r.now_s - 90 * 86400),
			 CTL_GOOD);
	ctl_roll_print(now, (int64_t)r.now_s);
	ck_assert_str_eq(roll_text(&r, "effective"), now);
	roll_run(&r, ctl_cert_list, (char *)NULL);
	ck_assert_str_eq(roll_role(&r, "current"), r.spki[ROLL_NEW]);
	ck_assert_str_eq(roll_role(&r, "previous"), r.spki[ROLL_OLD]);
}
END_TEST

START_TEST(stage_refuses_what_makes_no_tokens)
{
	ck_assert_int_eq(roll_stage(&r, "ed", latest()), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-001");
	ck_assert_ptr_nonnull(strstr(roll_saw(&r, "CERT-001"), "ED25519"));
	ck_assert_int_eq(roll_run(&r, ctl_cert_stage, "--use", "av-auth",
				  "--chain", "@new.pem", "--key", "@other.key",
				  "--effective", "2000-01-01T00:00:00Z",
				  (char *)NULL),
			 CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-002");
	ck_assert_int_eq(roll_run(&r, ctl_cert_stage, "--use", "av-auth",
				  "--chain", "@new.pem", "--key", "@none.key",
				  "--effective", "2000-01-01T00:00:00Z",
				  (char *)NULL),
			 CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-001");
	ck_assert_int_eq(roll_run(&r, ctl_cert_stage, "--use", "av-auth",
				  "--chain", "@none.pem", "--key", "@new.key",
				  "--effective", "2000-01-01T00:00:00Z",
				  (char *)NULL),
			 CTL_IO);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-001");
	ck_assert(!roll_is_there(&r, "av.pem.staged"));
	ck_assert(!roll_is_there(&r, "av.key.staged"));
}
END_TEST

START_TEST(stage_refuses_a_certificate_of_the_wrong_days)
{
	certs_make(r.certs, "brief",
		   &(struct cert_spec){.from_days = -1, .to_days = 1});
	certs_make(r.certs, "later",
		   &(struct cert_spec){.from_days = 10, .to_days = 60});
	ck_assert_int_eq(roll_stage(&r, "brief", latest()), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-009");
	ck_assert_int_eq(roll_stage(&r, "later", (int64_t)r.now_s),
			 CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-009");
	ck_assert_int_eq(roll_stage(&r, "later", latest()), CTL_GOOD);
}
END_TEST

START_TEST(stage_replaces_what_is_not_in_use_yet)
{
	ck_assert_int_eq(roll_stage(&r, "new", latest()), CTL_GOOD);
	ck_assert_int_eq(roll_stage(&r, "next", latest() - 60), CTL_GOOD);
	ck_assert_str_eq(roll_spki(&r, "av.pem.staged"), r.spki[ROLL_NEXT]);
	roll_run(&r, ctl_cert_list, (char *)NULL);
	ck_assert_str_eq(roll_role(&r, "staged"), r.spki[ROLL_NEXT]);
}
END_TEST

/* The staged pair for another time: it is not lost, nor has it two times. */
START_TEST(stage_takes_what_is_staged_itself)
{
	char text[256] = "";
	FILE *f;

	ck_assert_int_eq(roll_stage(&r, "new", latest()), CTL_GOOD);
	ck_assert_int_eq(roll_run(&r, ctl_cert_stage, "--use", "av-auth",
				  "--chain", "@av.pem.staged", "--key",
				  "@av.key.staged", "--effective",
				  "2000-01-01T00:00:00Z", (char *)NULL),
			 CTL_GOOD);
	ck_assert_str_eq(roll_spki(&r, "av.pem.staged"), r.spki[ROLL_NEW]);
	roll_run(&r, ctl_cert_list, (char *)NULL);
	ck_assert_str_eq(roll_role(&r, "current"), r.spki[ROLL_NEW]);
	f = fopen(certs_path(r.certs, "av.pem.staged"), "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	fclose(f);
	ck_assert_ptr_nonnull(strstr(text, "-----BEGIN"));
}
END_TEST

START_TEST(stage_waits_until_the_previous_one_is_dropped)
{
	ck_assert_int_eq(roll_stage(&r, "new", latest()), CTL_GOOD);
	r.now_s = (uint64_t)latest();
	ck_assert_int_eq(roll_stage(&r, "next", latest() + 60), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-012");
	ck_assert_str_eq(roll_spki(&r, "av.pem.staged"), r.spki[ROLL_NEW]);
}
END_TEST

START_TEST(stage_follows_links_to_the_new_files)
{
	char target[256];

	snprintf(target, sizeof(target), "%s", certs_path(r.certs, "new.pem"));
	ck_assert_int_eq(symlink(target, certs_path(r.certs, "link.pem")), 0);
	ck_assert_int_eq(roll_run(&r, ctl_cert_stage, "--use", "av-auth",
				  "--chain", "@link.pem", "--key", "@new.key",
				  "--effective", "2000-01-01T00:00:00Z",
				  (char *)NULL),
			 CTL_GOOD);
	ck_assert_str_eq(roll_spki(&r, "av.pem.staged"), r.spki[ROLL_NEW]);
}
END_TEST

/* The roles by the clock alone: TO 5.4. */
START_TEST(list_tells_the_roles_of_the_time)
{
	ck_assert_int_eq(roll_stage(&r, "new", latest()), CTL_GOOD);
	r.now_s = (uint64_t)latest() - 1;
	ck_assert_int_eq(roll_run(&r, ctl_cert_list, (char *)NULL), CTL_GOOD);
	ck_assert_str_eq(roll_role(&r, "current"), r.spki[ROLL_OLD]);
	ck_assert_str_eq(roll_role(&r, "staged"), r.spki[ROLL_NEW]);
	ck_assert_str_eq(roll_role(&r, "previous"), "");
	r.now_s = (uint64_t)latest();
	ck_assert_int_eq(roll_run(&r, ctl_cert_list, (char *)NULL), CTL_GOOD);
	ck_assert_str_eq(roll_role(&r, "current"), r.spki[ROLL_NEW]);
	ck_assert_str_eq(roll_role(&r, "staged"), "");
	ck_assert_str_eq(roll_role(&r, "previous"), r.spki[ROLL_OLD]);
}
END_TEST

static bool has_finding(const char *text)
{
	return strstr(roll_findings(&r), text) != NULL;
}

START_TEST(check_judges_both_pairs)
{
	ck_assert_int_eq(roll_stage(&r, "new", latest() + 60), CTL_GOOD);
	roll_run(&r, ctl_cert_check, "av-auth", (char *)NULL);
	ck_assert(has_finding("W:CERT-007"));
	ck_assert(!has_finding("CERT-012"));
	r.now_s = (uint64_t)r.old_ends_s;
	roll_run(&r, ctl_cert_check, "av-auth", (char *)NULL);
	ck_assert(has_finding("W:CERT-012"));
	/* the end of the previous one is what was waited for */
	ck_assert(!has_finding("E:CERT-009"));
	roll_run(&r, ctl_cert_check, "av-auth", "--spki", r.spki[ROLL_NEW],
		 (char *)NULL);
	ck_assert(!has_finding("CERT-004"));
	roll_run(&r, ctl_cert_check, "av-auth", "--spki", r.spki[ROLL_OLD],
		 (char *)NULL);
	ck_assert(has_finding("E:CERT-004"));
}
END_TEST

static const char *const calls[][8] = {
	{NULL},
	{"--use", "av-auth"},
	{"--use", "av-auth", "--chain", "a", "--key", "b"},
	{"--use", "access", "--chain", "a"},
	{"--use", "av-auth", "--chain", "a", "--key", "b", "--effective=now"},
	{"--use", "av-auth", "--chain", "a", "--key", "b",
	 "--effective=2026-07-22"},
	{"more", "--use", "av-auth", "--chain=a", "--key=b",
	 "--effective=2026-07-22T06:00:00Z"},
};

START_TEST(stage_wants_all_its_words)
{
	const char *const *w = calls[_i];

	ck_assert_int_eq(roll_run(&r, ctl_cert_stage, w[0], w[1], w[2], w[3],
				  w[4], w[5], w[6], (char *)NULL),
			 CTL_USAGE);
	ck_assert_str_eq(roll_findings(&r), "E:CTL-001");
}
END_TEST

START_TEST(stage_wants_a_current_certificate)
{
	certs_write(r.certs, "edge.ini", "[local]\n");
	ck_assert_int_eq(roll_stage(&r, "new", latest()), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-001");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/cert_stage");
	TCase *t = tcase_create("stage");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, stage_puts_the_pair_beside_the_current_one);
	tcase_add_test(t, stage_judges_the_bytes_it_puts_in_place);
	tcase_add_test(t, stage_wants_the_current_key_on_disk);
	tcase_add_test(t, stage_gives_no_more_rights_than_the_current_key_has);
	tcase_add_test(t, stage_later_than_good_is_done_with_a_warning);
	tcase_add_test(t, stage_later_than_the_end_is_refused);
	tcase_add_test(t, stage_in_the_past_is_now);
	tcase_add_test(t, stage_refuses_what_makes_no_tokens);
	tcase_add_test(t, stage_refuses_a_certificate_of_the_wrong_days);
	tcase_add_test(t, stage_replaces_what_is_not_in_use_yet);
	tcase_add_test(t, stage_takes_what_is_staged_itself);
	tcase_add_test(t, stage_waits_until_the_previous_one_is_dropped);
	tcase_add_test(t, stage_follows_links_to_the_new_files);
	tcase_add_test(t, list_tells_the_roles_of_the_time);
	tcase_add_test(t, check_judges_both_pairs);
	tcase_add_loop_test(t, stage_wants_all_its_words, 0,
			    sizeof(calls) / sizeof(*calls));
	tcase_add_test(t, stage_wants_a_current_certificate);
	suite_add_tcase(s, t);
	return s;
}
