/* The operator's files: what lies there afterwards, and whose it is. */
#include <check.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edgectl/file_put.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"

enum { NOBODY = 65534 };

static struct certs *folder;
static mode_t mask;

static void setup(void)
{
	folder = certs_new();
	mask = umask(077);
}

static void teardown(void)
{
	umask(mask);
	certs_free(folder);
}

static const char *path(const char *name)
{
	return certs_path(folder, name);
}

static enum edge_err put(const char *name, mode_t mode, const char *text)
{
	const struct ctl_file_rights r = {mode, geteuid(), getegid()};

	return ctl_file_put(path(name), &r, edge_slice_str(text));
}

static void holds(const char *name, const char *text)
{
	uint8_t *bytes = NULL;
	size_t len = 0;

	ck_assert_int_eq(ctl_file_read(&bytes, &len, path(name), 100), EDGE_OK);
	ck_assert_str_eq((char *)bytes, text);
	ck_assert_uint_eq(len, strlen(text));
	free(bytes);
}

static struct ctl_file_rights rights(const char *name)
{
	struct ctl_file_rights r = {0};

	ck_assert_int_eq(ctl_file_rights(&r, path(name)), EDGE_OK);
	return r;
}

START_TEST(put_has_the_mode_whatever_the_umask)
{
	ck_assert_int_eq(put("a", 0640, "one"), EDGE_OK);
	holds("a", "one");
	ck_assert_uint_eq(rights("a").mode, 0640);
	ck_assert_uint_eq(rights("a").uid, geteuid());
	ck_assert_uint_eq(rights("a").gid, getegid());
}
END_TEST

START_TEST(put_replaces_the_file_and_no_other_name_of_it)
{
	ck_assert_int_eq(put("a", 0600, "one"), EDGE_OK);
	ck_assert_int_eq(link(path("a"), path("kept")), 0);
	ck_assert_int_eq(put("a", 0644, "two"), EDGE_OK);
	holds("a", "two");
	holds("kept", "one");
	ck_assert_uint_eq(rights("a").mode, 0644);
	ck_assert_uint_eq(rights("kept").mode, 0600);
}
END_TEST

START_TEST(put_clears_away_what_a_killed_writer_left)
{
	certs_write(folder, "other", "not ours\n");
	ck_assert_int_eq(symlink("other", path("a.new")), 0);
	ck_assert_int_eq(put("a", 0644, "one"), EDGE_OK);
	holds("a", "one");
	holds("other", "not ours\n");
	ck_assert_int_ne(access(path("a.new"), F_OK), 0);
}
END_TEST

START_TEST(put_leaves_nothing_when_it_fails)
{
	ck_assert_int_eq(mkdir(path("a"), 0755), 0);
	ck_assert_int_eq(put("a", 0644, "one"), EDGE_ESYS);
	ck_assert_int_eq(errno, EISDIR);
	ck_assert_int_ne(access(path("a.new"), F_OK), 0);
	ck_assert_int_eq(put("nowhere/a", 0644, "one"), EDGE_ENOTFOUND);
}
END_TEST

START_TEST(put_refuses_a_path_that_is_too_long)
{
	char *long_one = calloc(1, CTL_FILE_PATH + 16);
	const struct ctl_file_rights r = {0644, geteuid(), getegid()};

	ck_assert_ptr_nonnull(long_one);
	memset(long_one, 'x', CTL_FILE_PATH + 4);
	ck_assert_int_eq(ctl_file_put(long_one, &r, edge_slice_str("one")),
			 EDGE_ELIMIT);
	ck_assert_int_eq(ctl_file_sync(long_one), EDGE_ELIMIT);
	free(long_one);
}
END_TEST

/* As somebody who may not give files away: put, and how that went. */
static int put_as_nobody(const char *name, const struct ctl_file_rights *r)
{
	const char *at = path(name);
	int status = 0;
	pid_t child = fork();

	if (!child) {
		if (!geteuid() &&
		    (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
			_exit(100);
		_exit((int)ctl_file_put(at, r, edge_slice_str("one")));
	}
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(put_keeps_what_may_not_be_given_away)
{
	struct ctl_file_rights r = {0640, 0, 0};

	ck_assert_int_eq(mkdir(path("his"), 0700), 0);
	if (!geteuid())
		ck_assert_int_eq(chown(path("his"), NOBODY, NOBODY), 0);
	ck_assert_int_eq(chmod(path("."), 0755), 0);
	ck_assert_int_eq(put_as_nobody("his/key", &r), EDGE_OK);
	holds("his/key", "one");
	/* not for a group that it was not meant for */
	ck_assert_uint_eq(rights("his/key").mode, 0600);
	ck_assert_uint_ne(rights("his/key").uid, 0);
	r.mode = 0664;
	ck_assert_int_eq(put_as_nobody("his/ini", &r), EDGE_OK);
	ck_assert_uint_eq(rights("his/ini").mode, 0644);
}
END_TEST

START_TEST(put_gives_it_away_when_it_may)
{
	const struct ctl_file_rights r = {0640, NOBODY, NOBODY};

	if (geteuid())
		return; /* root alone may */
	ck_assert_int_eq(ctl_file_put(path("a"), &r, edge_slice_str("one")),
			 EDGE_OK);
	ck_assert_uint_eq(rights("a").uid, NOBODY);
	ck_assert_uint_eq(rights("a").gid, NOBODY);
	ck_assert_uint_eq(rights("a").mode, 0640);
}
END_TEST

START_TEST(read_goes_by_way_of_links_and_keeps_its_cap)
{
	uint8_t *bytes = NULL;
	struct ctl_file_rights r;
	size_t len = 0;

	certs_write(folder, "a", "12345");
	ck_assert_int_eq(symlink("a", path("b")), 0);
	holds("b", "12345");
	ck_assert_int_eq(ctl_file_read(&bytes, &len, path("b"), 4),
			 EDGE_ELIMIT);
	ck_assert_int_eq(ctl_file_read(&bytes, &len, path("c"), 4),
			 EDGE_ENOTFOUND);
	ck_assert_int_eq(ctl_file_rights(&r, path("c")), EDGE_ENOTFOUND);
	ck_assert_ptr_null(bytes);
	ck_assert_int_eq(ctl_file_sync(path("c")), EDGE_OK); /* its folder */
	ck_assert_int_eq(ctl_file_sync(path("c/d")), EDGE_ENOTFOUND);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/file_put");
	TCase *t = tcase_create("file");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, put_has_the_mode_whatever_the_umask);
	tcase_add_test(t, put_replaces_the_file_and_no_other_name_of_it);
	tcase_add_test(t, put_clears_away_what_a_killed_writer_left);
	tcase_add_test(t, put_leaves_nothing_when_it_fails);
	tcase_add_test(t, put_refuses_a_path_that_is_too_long);
	tcase_add_test(t, put_keeps_what_may_not_be_given_away);
	tcase_add_test(t, put_gives_it_away_when_it_may);
	tcase_add_test(t, read_goes_by_way_of_links_and_keeps_its_cap);
	suite_add_tcase(s, t);
	return s;
}
