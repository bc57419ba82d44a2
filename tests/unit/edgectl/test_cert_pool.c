/* cert check --pool: one key on all members, and words for what differs. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/edgectl/roll_fixture.h"

static struct roll r;

static void setup(void)
{
	roll_init(&r);
}

static void teardown(void)
{
	roll_fini(&r);
}

static enum ctl_exit check(const char *word, const char *more)
{
	return roll_run(&r, ctl_cert_check, "--pool", word, more, (char *)NULL);
}

static void saw(const char *findings, const char *text)
{
	ck_assert_str_eq(roll_findings(&r), findings);
	ck_assert_msg(strstr(roll_saw(&r, "CERT-004"), text) != NULL,
		      "no \"%s\" in \"%s\"", text, roll_saw(&r, "CERT-004"));
}

/* What `cert list --json` prints on a member. */
static void member_file(const char *file, const char *current, const char *role,
			const char *spki)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "{\"certificates\":[{\"use\":\"access\",\"spki_sha256\":"
		 "\"%s\"},{\"use\":\"av-auth\",\"role\":\"current\","
		 "\"spki_sha256\":\"%s\"},{\"use\":\"av-auth\",\"role\":\"%s\","
		 "\"spki_sha256\":\"%s\"}],\"exit\":0}",
		 r.spki[ROLL_OTHER], current, role, spki);
	certs_write(r.certs, file, text);
}

START_TEST(pool_with_one_key_is_good)
{
	char word[128], upper[65] = "";

	for (size_t i = 0; i < 64; i++)
		upper[i] = r.spki[ROLL_OLD][i] >= 'a'
				   ? (char)(r.spki[ROLL_OLD][i] - 32)
				   : r.spki[ROLL_OLD][i];
	snprintf(word, sizeof(word), "edge02=%s", upper);
	ck_assert_int_eq(check(word, "edge03=@old.pem"), CTL_GOOD);
	ck_assert_str_eq(roll_findings(&r), "");
	ck_assert_str_eq(roll_text(&r, "spki_sha256"), r.spki[ROLL_OLD]);
	member_file("list.json", r.spki[ROLL_OLD], "previous",
		    r.spki[ROLL_NEW]);
	ck_assert_int_eq(check("@list.json", NULL), CTL_GOOD);
	ck_assert_str_eq(roll_findings(&r), "");
}
END_TEST

START_TEST(pool_with_another_key_is_explained)
{
	ck_assert_int_eq(check("edge02=@other.pem", "@old.pem"), CTL_INVALID);
	saw("E:CERT-004", "credentials made there fail here");
	ck_assert_ptr_nonnull(strstr(roll_saw(&r, "CERT-004"), "(436)"));
}
END_TEST

START_TEST(pool_takes_fingerprints_from_the_spki_option)
{
	char list[256];

	snprintf(list, sizeof(list), "%s,%s", r.spki[ROLL_OLD],
		 r.spki[ROLL_OTHER]);
	ck_assert_int_eq(roll_run(&r, ctl_cert_check, "--pool", "--spki", list,
				  (char *)NULL),
			 CTL_INVALID);
	saw("E:CERT-004", "credentials made there fail here");
}
END_TEST

/* Before the effective time: who has it, who lacks it. */
START_TEST(pool_tells_who_lacks_the_staged_key)
{
	ck_assert_int_eq(roll_stage(&r, "new", r.old_ends_s - 86400), CTL_GOOD);
	member_file("has.json", r.spki[ROLL_OLD], "staged", r.spki[ROLL_NEW]);
	member_file("lacks.json", r.spki[ROLL_OLD], "staged",
		    r.spki[ROLL_OTHER]);
	ck_assert_int_eq(check("@has.json", NULL), CTL_GOOD);
	ck_assert_str_eq(roll_findings(&r), "");
	ck_assert_int_eq(check("@lacks.json", NULL), CTL_GOOD);
	saw("W:CERT-004", "lacks the key that is staged here");
	/* one fingerprint says nothing about what else is there */
	ck_assert_int_eq(check(r.spki[ROLL_OLD], NULL), CTL_GOOD);
	ck_assert_str_eq(roll_findings(&r), "");
	ck_assert_int_eq(check(r.spki[ROLL_NEW], NULL), CTL_GOOD);
	saw("W:CERT-004", "the key that is staged here; each member counts");
}
END_TEST

/* After it: who is behind, and whether that does harm. */
START_TEST(pool_tells_who_is_behind)
{
	ck_assert_int_eq(roll_stage(&r, "new", (int64_t)r.now_s), CTL_GOOD);
	ck_assert_int_eq(check(r.spki[ROLL_NEW], NULL), CTL_GOOD);
	ck_assert_str_eq(roll_findings(&r), "");
	ck_assert_int_eq(check(r.spki[ROLL_OLD], NULL), CTL_INVALID);
	saw("E:CERT-004", "lacks the current one");
	member_file("behind.json", r.spki[ROLL_OLD], "staged",
		    r.spki[ROLL_NEW]);
	ck_assert_int_eq(check("@behind.json", NULL), CTL_GOOD);
	saw("W:CERT-004", "has the current one staged");
}
END_TEST

START_TEST(pool_reads_a_status_page)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "{\"daemon\":\"av-edge\",\"keys\":{\"count\":1,"
		 "\"spki_sha256\":\"%s\"}}",
		 r.spki[ROLL_OTHER]);
	certs_write(r.certs, "status.json", text);
	ck_assert_int_eq(check("edge02=@status.json", NULL), CTL_INVALID);
	saw("E:CERT-004", "not the key of this machine");
}
END_TEST

static const char *const bad[] = {
	"@none.json",
	"@old.key",
	"@empty.json",
	"@text",
	"0123",
	"edge02=",
	"edge02",
	"@other.json",
	"zz23456789012345678901234567890123456789012345678901234567890123",
};

START_TEST(pool_says_what_it_cannot_read)
{
	certs_write(r.certs, "empty.json", "{}");
	certs_write(r.certs, "text", "no json");
	certs_write(r.certs, "other.json",
		    "{\"use\":\"access\",\"spki_sha256\":\"0123456789012345678"
		    "901234567890123456789012345678901234567890123\"}");
	ck_assert_int_eq(check(bad[_i], NULL), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-013");
}
END_TEST

START_TEST(pool_wants_members_and_a_key_of_its_own)
{
	ck_assert_int_eq(check(NULL, NULL), CTL_USAGE);
	certs_write(r.certs, "edge.ini", "[local]\n");
	ck_assert_int_eq(check(r.spki[ROLL_OLD], NULL), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-001");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/cert_pool");
	TCase *t = tcase_create("pool");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, pool_with_one_key_is_good);
	tcase_add_test(t, pool_with_another_key_is_explained);
	tcase_add_test(t, pool_takes_fingerprints_from_the_spki_option);
	tcase_add_test(t, pool_tells_who_lacks_the_staged_key);
	tcase_add_test(t, pool_tells_who_is_behind);
	tcase_add_test(t, pool_reads_a_status_page);
	tcase_add_loop_test(t, pool_says_what_it_cannot_read, 0,
			    sizeof(bad) / sizeof(*bad));
	tcase_add_test(t, pool_wants_members_and_a_key_of_its_own);
	suite_add_tcase(s, t);
	return s;
}
