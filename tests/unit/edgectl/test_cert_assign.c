/* cert assign: what lies where afterwards, what is refused, the way back. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "tests/unit/edgectl/roll_fixture.h"
#include "tests/unit/edgectl/stand_in.h"

static struct roll r;

static void setup(void)
{
	roll_init(&r);
}

static void teardown(void)
{
	roll_fini(&r);
}

static const char *text_of(const char *file)
{
	static char text[4096];
	FILE *f = fopen(certs_path(r.certs, file), "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static enum ctl_exit assign(const char *use, const char *name,
			    const char *option)
{
	char chain[64], key[64];

	(void)snprintf(chain, sizeof(chain), "@%s.pem", name);
	(void)snprintf(key, sizeof(key), "@%s.key", name);
	return roll_run(&r, ctl_cert_assign, use, "--chain", chain, "--key",
			key, option, (char *)NULL);
}

START_TEST(assign_puts_the_pair_in_place_and_names_it)
{
	char want[8192], before[4096];

	(void)snprintf(before, sizeof(before), "%s", text_of("edge.ini"));
	ck_assert_int_eq(assign("access", "new", NULL), CTL_GOOD);
	ck_assert_str_eq(roll_findings(&r), "W:CERT-011");
	ck_assert_str_eq(roll_text(&r, "change"), "assigned");
	ck_assert_str_eq(roll_spki(&r, "certs/access-chain.pem"),
			 r.spki[ROLL_NEW]);
	ck_assert_int_eq(roll_mode(&r, "certs/access.key"), 0640);
	ck_assert_int_eq(roll_mode(&r, "certs/access-chain.pem"), 0644);
	ck_assert(!roll_is_there(&r, "certs/access-2.key"));
	(void)snprintf(want, sizeof(want),
		       "%s\n[certificate.access]\nchain = %s\nkey = ", before,
		       certs_path(r.certs, "certs/access-chain.pem"));
	ck_assert_int_eq(strncmp(text_of("edge.ini"), want, strlen(want)), 0);
}
END_TEST

START_TEST(assign_once_more_changes_nothing)
{
	struct stat a, b;

	ck_assert_int_eq(assign("access", "new", NULL), CTL_GOOD);
	ck_assert(!stat(certs_path(r.certs, "certs/access.key"), &a));
	ck_assert_int_eq(assign("access", "new", NULL), CTL_GOOD);
	ck_assert_str_eq(roll_text(&r, "change"), "none");
	ck_assert(!stat(certs_path(r.certs, "certs/access.key"), &b));
	ck_assert_uint_eq(a.st_ino, b.st_ino);
	/* also from where it lies */
	ck_assert_int_eq(roll_run(&r, ctl_cert_assign, "access", "--chain",
				  "@certs/access-chain.pem", "--key",
				  "@certs/access.key", (char *)NULL),
			 CTL_GOOD);
	ck_assert_str_eq(roll_text(&r, "change"), "none");
}
END_TEST

/* What is read twice may be another the second time. */
START_TEST(assign_judges_the_bytes_it_puts_in_place)
{
	unsigned opened[2];

	roll_watch(&r, "new.pem", "new.key");
	ck_assert_int_eq(assign("access", "new", NULL), CTL_GOOD);
	roll_opened(&r, opened);
	ck_assert_uint_eq(opened[0], 1);
	ck_assert_uint_eq(opened[1], 1);
	roll_watch(&r, "other.pem", "next.key");
	ck_assert_int_eq(roll_run(&r, ctl_cert_assign, "internal", "--chain",
				  "@next.pem", "--key", "@next.key", "--force",
				  "--roots", "@other.pem", (char *)NULL),
			 CTL_INVALID); /* of another authority */
	roll_opened(&r, opened);
	ck_assert_uint_eq(opened[0], 1);
	ck_assert_uint_eq(opened[1], 1);
}
END_TEST

/* edge.ini names this pair. */
static void named(const char *use, const char *name)
{
	char want[1024];

	(void)snprintf(want, sizeof(want),
		       "[certificate.%s]\nchain = %s-chain.pem\nkey = %s.key\n",
		       use, certs_path(r.certs, name),
		       certs_path(r.certs, name));
	ck_assert_msg(strstr(text_of("edge.ini"), want), "no %s", want);
}

START_TEST(assign_keeps_the_one_before_and_goes_back)
{
	ck_assert_int_eq(assign("webconf", "new", NULL), CTL_GOOD);
	named("webconf", "certs/webconf");
	ck_assert_int_eq(assign("webconf", "next", NULL), CTL_GOOD);
	named("webconf", "certs/webconf-2");
	ck_assert_str_eq(roll_spki(&r, "certs/webconf-2-chain.pem"),
			 r.spki[ROLL_NEXT]);
	ck_assert_int_eq(roll_mode(&r, "certs/webconf-2.key"), 0640);
	ck_assert_int_eq(roll_run(&r, ctl_cert_assign, "webconf", "--previous",
				  (char *)NULL),
			 CTL_GOOD);
	ck_assert_str_eq(roll_text(&r, "spki_sha256"), r.spki[ROLL_NEW]);
	named("webconf", "certs/webconf");
	/* and forth again */
	ck_assert_int_eq(roll_run(&r, ctl_cert_assign, "webconf", "--previous",
				  (char *)NULL),
			 CTL_GOOD);
	ck_assert_str_eq(roll_text(&r, "spki_sha256"), r.spki[ROLL_NEXT]);
	named("webconf", "certs/webconf-2");
	ck_assert_str_eq(roll_spki(&r, "certs/webconf-chain.pem"),
			 r.spki[ROLL_NEW]);
}
END_TEST

/* A cut of power in the middle of it leaves that whole. */
START_TEST(assign_never_touches_the_pair_in_use)
{
	struct stat before[2], after[2];

	ck_assert_int_eq(assign("access", "new", NULL), CTL_GOOD);
	ck_assert(!stat(certs_path(r.certs, "certs/access.key"), &before[0]));
	ck_assert(!stat(certs_path(r.certs, "certs/access-chain.pem"),
			&before[1]));
	ck_assert_int_eq(assign("access", "next", NULL), CTL_GOOD);
	ck_assert(!stat(certs_path(r.certs, "certs/access.key"), &after[0]));
	ck_assert(!stat(certs_path(r.certs, "certs/access-chain.pem"),
			&after[1]));
	for (size_t i = 0; i < 2; i++)
		ck_assert_uint_eq(before[i].st_ino, after[i].st_ino);
	ck_assert_int_eq(assign("access", "other", NULL), CTL_GOOD);
	named("access", "certs/access");
	ck_assert_str_eq(roll_spki(&r, "certs/access-2-chain.pem"),
			 r.spki[ROLL_NEXT]);
}
END_TEST

/* What edge.ini had before, and one section more. */
static void add_to_ini(const char *use, const char *chain, const char *key)
{
	char text[8192];

	(void)snprintf(text, sizeof(text),
		       "%s\n[certificate.%s]\nchain = %s\nkey = %s\n",
		       text_of("edge.ini"), use, chain, key);
	certs_write(r.certs, "edge.ini", text);
}

/* Named in another spelling, or the chain alone with a key of systemd. */
START_TEST(assign_knows_the_pair_in_use_by_any_name)
{
	ck_assert_int_eq(assign("access", "new", NULL), CTL_GOOD);
	ck_assert_int_eq(assign("turn", "new", NULL), CTL_GOOD);
	roll_ini(&r);
	add_to_ini("access",
		   certs_path(r.certs, "certs/../certs/access-chain.pem"),
		   certs_path(r.certs, "certs/../certs/access.key"));
	add_to_ini("turn", certs_path(r.certs, "certs/turn-chain.pem"),
		   "credential:turn");
	ck_assert_int_eq(assign("access", "next", NULL), CTL_GOOD);
	named("access", "certs/access-2");
	ck_assert_str_eq(roll_spki(&r, "certs/access-chain.pem"),
			 r.spki[ROLL_NEW]);
	ck_assert_int_eq(assign("turn", "next", NULL), CTL_GOOD);
	named("turn", "certs/turn-2");
	ck_assert_str_eq(roll_spki(&r, "certs/turn-chain.pem"),
			 r.spki[ROLL_NEW]);
}
END_TEST

START_TEST(assign_takes_over_from_files_that_lie_elsewhere)
{
	ck_assert_int_eq(roll_run(&r, ctl_cert_assign, "av-auth", "--previous",
				  (char *)NULL),
			 CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-022");
	ck_assert_int_eq(assign("av-auth", "new", "--now"), CTL_GOOD);
	named("av-auth", "certs/av-auth");
	ck_assert_str_eq(roll_spki(&r, "certs/av-auth-2-chain.pem"),
			 r.spki[ROLL_OLD]);
	ck_assert_str_eq(roll_spki(&r, "av.pem"), r.spki[ROLL_OLD]);
	ck_assert_ptr_null(strstr(text_of("edge.ini"), "av.pem"));
	ck_assert_int_eq(roll_run(&r, ctl_cert_assign, "av-auth", "--previous",
				  "--now", (char *)NULL),
			 CTL_GOOD);
	ck_assert_str_eq(roll_text(&r, "spki_sha256"), r.spki[ROLL_OLD]);
}
END_TEST

START_TEST(assign_does_not_take_a_token_key_away)
{
	ck_assert_int_eq(assign("av-auth", "new", NULL), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-021");
	ck_assert(!roll_is_there(&r, "certs"));
	/* the same key with a new end is no other key */
	ck_assert_int_eq(assign("av-auth", "old", NULL), CTL_GOOD);
	ck_assert_str_eq(roll_text(&r, "change"), "assigned");
}
END_TEST

START_TEST(assign_leaves_a_roll_over_alone)
{
	ck_assert_int_eq(roll_stage(&r, "new", (int64_t)r.now_s + 60),
			 CTL_GOOD);
	ck_assert_int_eq(assign("av-auth", "next", "--now"), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-012");
}
END_TEST

START_TEST(assign_refuses_a_bad_pair_and_changes_nothing)
{
	char before[4096];

	(void)snprintf(before, sizeof(before), "%s", text_of("edge.ini"));
	ck_assert_int_eq(roll_run(&r, ctl_cert_assign, "access", "--chain",
				  "@new.pem", "--key", "@next.key",
				  (char *)NULL),
			 CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-002 W:CERT-011");
	ck_assert_int_eq(assign("internal", "new", NULL), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-010 E:CERT-011");
	r.now_s += 60; /* "ed" begins now */
	ck_assert_int_eq(assign("av-auth", "ed", "--now"), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-001");
	ck_assert_int_eq(assign("access", "nobody", NULL), CTL_IO);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-001");
	r.now_s += 100 * 86400;
	ck_assert_int_eq(assign("access", "new", NULL), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "W:CERT-011 E:CERT-009");
	ck_assert_str_eq(text_of("edge.ini"), before);
	ck_assert(!roll_is_there(&r, "certs"));
}
END_TEST

START_TEST(assign_by_force_passes_names_alone)
{
	ck_assert_int_eq(roll_run(&r, ctl_cert_assign, "internal", "--chain",
				  "@new.pem", "--key", "@new.key", "--force",
				  "--roots", "@new.pem", (char *)NULL),
			 CTL_GOOD);
	ck_assert_str_eq(roll_findings(&r), "W:CERT-010");
	ck_assert_str_eq(roll_spki(&r, "certs/internal-roots.pem"),
			 r.spki[ROLL_NEW]);
	ck_assert_ptr_nonnull(strstr(text_of("edge.ini"), "internal = "));
	ck_assert_int_eq(roll_run(&r, ctl_cert_assign, "access", "--chain",
				  "@new.pem", "--key", "@next.key", "--force",
				  (char *)NULL),
			 CTL_INVALID);
}
END_TEST

/* access-edge wants none of it, and goes on with what it had. */
static struct stand_in *refusing(void)
{
	struct stand_in *s;

	ck_assert_int_eq(mkdir(certs_path(r.certs, "run"), 0700), 0);
	s = stand_in_new(certs_path(r.certs, "run"));
	stand_in_answers(s, "access-edge", "POST /v1/reload", 409,
			 "{\"why\":\"key too small\"}");
	stand_in_answers(s, "access-edge", "POST /v1/reload", 200, "{}");
	return s;
}

START_TEST(assign_that_is_refused_leaves_nothing)
{
	struct stand_in *s = refusing();

	ck_assert_int_eq(roll_run(&r, ctl_cert_assign, "internal", "--chain",
				  "@new.pem", "--key", "@new.key", "--force",
				  "--roots", "@new.pem", (char *)NULL),
			 CTL_REFUSED);
	ck_assert_str_eq(roll_findings(&r), "W:CERT-010 E:CTL-030");
	ck_assert_str_eq(roll_text(&r, "change"), "undone");
	ck_assert(!roll_is_there(&r, "certs/internal.key"));
	ck_assert(!roll_is_there(&r, "certs/internal-chain.pem"));
	/* nor whom to trust */
	ck_assert(!roll_is_there(&r, "certs/internal-roots.pem"));
	ck_assert_ptr_null(strstr(text_of("edge.ini"), "internal ="));
	ck_assert_ptr_null(strstr(text_of("edge.ini"), "internal-"));
	ck_assert_uint_eq(stand_in_asked(s, "access-edge", "POST /v1/reload"),
			  2);
	stand_in_free(s);
	ck_assert_int_eq(rmdir(certs_path(r.certs, "run")), 0);
}
END_TEST

START_TEST(assign_that_is_refused_puts_the_one_before_back)
{
	struct stand_in *s;

	ck_assert_int_eq(assign("access", "old", NULL), CTL_GOOD);
	s = refusing();
	ck_assert_int_eq(assign("access", "new", NULL), CTL_REFUSED);
	ck_assert_str_eq(roll_text(&r, "change"), "undone");
	ck_assert_str_eq(roll_spki(&r, "certs/access-chain.pem"),
			 r.spki[ROLL_OLD]);
	stand_in_free(s);
	ck_assert_int_eq(rmdir(certs_path(r.certs, "run")), 0);
}
END_TEST

/* The roots have no place: what was switched already goes back. */
START_TEST(assign_that_is_not_put_in_place_whole_is_undone)
{
	ck_assert(!mkdir(certs_path(r.certs, "certs"), 0700));
	ck_assert(
		!mkdir(certs_path(r.certs, "certs/internal-roots.pem"), 0700));
	ck_assert_int_eq(roll_run(&r, ctl_cert_assign, "internal", "--chain",
				  "@new.pem", "--key", "@new.key", "--force",
				  "--roots", "@new.pem", (char *)NULL),
			 CTL_IO);
	ck_assert_str_eq(roll_text(&r, "change"), "undone");
	ck_assert(!roll_is_there(&r, "certs/internal.key"));
	ck_assert_ptr_null(strstr(text_of("edge.ini"), "internal-"));
	ck_assert(!rmdir(certs_path(r.certs, "certs/internal-roots.pem")));
}
END_TEST

/* Two at once would take the same slot. */
START_TEST(assign_does_nothing_while_another_is_at_work)
{
	int fd;

	ck_assert_int_eq(assign("access", "old", NULL), CTL_GOOD);
	fd = open(certs_path(r.certs, "certs"), O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(fd, 0);
	ck_assert(!flock(fd, LOCK_EX));
	ck_assert_int_eq(assign("access", "new", NULL), CTL_REFUSED);
	ck_assert_str_eq(roll_findings(&r), "E:CTL-007");
	ck_assert(!roll_is_there(&r, "certs/access-2.key"));
	ck_assert(!close(fd));
	ck_assert_int_eq(assign("access", "new", NULL), CTL_GOOD);
}
END_TEST

START_TEST(assign_wants_its_words)
{
	ck_assert_int_eq(roll_run(&r, ctl_cert_assign, (char *)NULL),
			 CTL_USAGE);
	ck_assert_int_eq(roll_run(&r, ctl_cert_assign, "sip", "--previous",
				  (char *)NULL),
			 CTL_USAGE);
	ck_assert_int_eq(roll_run(&r, ctl_cert_assign, "access", "--chain",
				  "@new.pem", (char *)NULL),
			 CTL_USAGE);
	ck_assert_int_eq(roll_run(&r, ctl_cert_assign, "access", "--previous",
				  (char *)NULL),
			 CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CERT-022");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/cert_assign");
	TCase *t = tcase_create("assign");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, assign_puts_the_pair_in_place_and_names_it);
	tcase_add_test(t, assign_once_more_changes_nothing);
	tcase_add_test(t, assign_judges_the_bytes_it_puts_in_place);
	tcase_add_test(t, assign_keeps_the_one_before_and_goes_back);
	tcase_add_test(t, assign_never_touches_the_pair_in_use);
	tcase_add_test(t, assign_knows_the_pair_in_use_by_any_name);
	tcase_add_test(t, assign_takes_over_from_files_that_lie_elsewhere);
	tcase_add_test(t, assign_does_not_take_a_token_key_away);
	tcase_add_test(t, assign_leaves_a_roll_over_alone);
	tcase_add_test(t, assign_refuses_a_bad_pair_and_changes_nothing);
	tcase_add_test(t, assign_by_force_passes_names_alone);
	tcase_add_test(t, assign_that_is_refused_leaves_nothing);
	tcase_add_test(t, assign_that_is_refused_puts_the_one_before_back);
	tcase_add_test(t, assign_that_is_not_put_in_place_whole_is_undone);
	tcase_add_test(t, assign_does_nothing_while_another_is_at_work);
	tcase_add_test(t, assign_wants_its_words);
	suite_add_tcase(s, t);
	return s;
}
