/* edge.ini changed: whole, with its rights, by one at a time. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edgectl/settings.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"

static struct certs *folder;
static struct ctl c;
static char path[256], text[8192];

static const struct ctl_ini_set fqdn = {"local", "fqdn", "edge01.x.test"};

static void init(struct ctl *one)
{
	ck_assert(!ctl_init(one));
	one->json = true;
	one->config_path = path;
}

static void setup(void)
{
	folder = certs_new();
	(void)snprintf(path, sizeof(path), "%s",
		       certs_path(folder, "edge.ini"));
	init(&c);
}

static void teardown(void)
{
	ctl_fini(&c);
	certs_free(folder);
}

/* The file as it is; "-" when there is none. */
static const char *now(void)
{
	FILE *f = fopen(path, "r");

	strcpy(text, "-");
	if (f) {
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		(void)fclose(f);
	}
	return text;
}

static const char *first_id(void)
{
	const char *s = json_string_value(
		json_object_get(json_array_get(c.findings, 0), "id"));

	return s ? s : "";
}

START_TEST(settings_make_the_file)
{
	ck_assert_int_eq(ctl_settings_set(&c, &fqdn, 1), CTL_GOOD);
	ck_assert_str_eq(now(), "[local]\nfqdn = edge01.x.test\n");
	ck_assert_str_eq(c.config->fqdn, "edge01.x.test");
}
END_TEST

START_TEST(settings_keep_rights_and_links)
{
	char link[300];
	struct stat st;

	certs_write(folder, "edge.ini", "; mine\n[local]\nlab = no\n");
	ck_assert_int_eq(chmod(path, 0640), 0);
	(void)snprintf(link, sizeof(link), "%s",
		       certs_path(folder, "link.ini"));
	ck_assert_int_eq(symlink(path, link), 0);
	c.config_path = link;
	ck_assert_int_eq(ctl_settings_set(&c, &fqdn, 1), CTL_GOOD);
	ck_assert_str_eq(now(),
			 "; mine\n[local]\nlab = no\nfqdn = edge01.x.test\n");
	ck_assert_int_eq(lstat(link, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
}
END_TEST

START_TEST(settings_that_are_so_already_are_not_written)
{
	struct stat before, after;

	ck_assert_int_eq(ctl_settings_set(&c, &fqdn, 1), CTL_GOOD);
	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_int_eq(ctl_settings_set(&c, &fqdn, 1), CTL_GOOD);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
}
END_TEST

START_TEST(settings_that_no_service_would_read_are_refused)
{
	static const struct ctl_ini_set bad[] = {
		{"network", "inside", "10.20.30.1/24"}, /* not a network */
		{"local", "fqdn", "a\nb"},
	};

	certs_write(folder, "edge.ini", "[local]\nlab = yes\n");
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(ctl_settings_set(&c, &bad[i], 1), CTL_INVALID);
		ck_assert_str_eq(first_id(), "CTL-002");
		ck_assert_str_eq(now(), "[local]\nlab = yes\n");
	}
	ck_assert_ptr_null(c.config);
}
END_TEST

START_TEST(settings_tried_are_not_written)
{
	ck_assert_int_eq(ctl_settings_try(&c, &fqdn, 1), CTL_GOOD);
	ck_assert_str_eq(c.config->fqdn, "edge01.x.test");
	ck_assert_str_eq(now(), "-");
	ck_assert_int_eq(ctl_settings_try(&c, NULL, 0), CTL_GOOD);
	ck_assert_str_eq(now(), "-");
	certs_write(folder, "edge.ini", "[local]\nlab = yes\n");
	ck_assert_int_eq(ctl_settings_try(&c, &fqdn, 1), CTL_GOOD);
	ck_assert(c.config->lab);
	ck_assert_str_eq(now(), "[local]\nlab = yes\n");
}
END_TEST

enum { WRITERS = 8 };

/* A name of its own for each. */
static void *write_one(void *arg)
{
	static const char *const names[WRITERS] = {
		"access.connections", "access.drain_ms",  "av.allocations",
		"av.drain_ms",	      "webconf.sessions", "webconf.drain_ms",
		"av.inside_rate",     "access.handshakes"};
	struct ctl_ini_set s = {"limits", names[*(size_t *)arg], "50"};
	struct ctl one;

	init(&one);
	*(size_t *)arg = ctl_settings_set(&one, &s, 1) != CTL_GOOD;
	ctl_fini(&one);
	return NULL;
}

START_TEST(settings_of_several_at_once_are_all_kept)
{
	pthread_t t[WRITERS];
	size_t i[WRITERS], lines = 0, failed = 0;

	for (int round = 0; round < 5; round++) {
		certs_write(folder, "edge.ini", "[limits]\n");
		lines = failed = 0;
		for (size_t k = 0; k < WRITERS; k++) {
			i[k] = k;
			ck_assert_int_eq(
				pthread_create(&t[k], NULL, write_one, &i[k]),
				0);
		}
		for (size_t k = 0; k < WRITERS; k++) {
			pthread_join(t[k], NULL);
			failed += i[k];
		}
		for (const char *p = now(); (p = strstr(p, " = 50\n")); p++)
			lines++;
		ck_assert_uint_eq(failed, 0);
		ck_assert_uint_eq(lines, WRITERS);
	}
}
END_TEST

/* Held by another for a while: the change waits, and sees what was written. */
static void *hold_and_write(void *arg)
{
	certs_write(folder, "edge.ini", "[local]\nlab = yes\n");
	ck_assert_int_eq(flock(*(int *)arg, LOCK_UN), 0);
	return NULL;
}

START_TEST(settings_wait_for_who_holds_them)
{
	int fd = open(certs_path(folder, "."), O_RDONLY | O_DIRECTORY);
	pthread_t t;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_int_eq(pthread_create(&t, NULL, hold_and_write, &fd), 0);
	ck_assert_int_eq(ctl_settings_set(&c, &fqdn, 1), CTL_GOOD);
	pthread_join(t, NULL);
	close(fd);
	ck_assert_str_eq(now(), "[local]\nlab = yes\nfqdn = edge01.x.test\n");
}
END_TEST

START_TEST(settings_beside_are_in_its_folder)
{
	char out[256], want[256], *real;

	certs_write(folder, "edge.ini", "");
	real = realpath(certs_path(folder, "."), NULL);
	ck_assert_ptr_nonnull(real);
	(void)snprintf(want, sizeof(want), "%.200s/certs", real);
	free(real);
	ck_assert_int_eq(ctl_settings_beside(&c, out, sizeof(out), "certs"),
			 CTL_GOOD);
	ck_assert_str_eq(out, want);
	ck_assert_int_ne(ctl_settings_beside(&c, out, 4, "certs"), CTL_GOOD);
	ck_assert_str_eq(first_id(), "CTL-007");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/settings");
	TCase *t = tcase_create("settings");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, settings_make_the_file);
	tcase_add_test(t, settings_keep_rights_and_links);
	tcase_add_test(t, settings_that_are_so_already_are_not_written);
	tcase_add_test(t, settings_that_no_service_would_read_are_refused);
	tcase_add_test(t, settings_tried_are_not_written);
	tcase_add_test(t, settings_of_several_at_once_are_all_kept);
	tcase_add_test(t, settings_wait_for_who_holds_them);
	tcase_add_test(t, settings_beside_are_in_its_folder);
	suite_add_tcase(s, t);
	return s;
}
