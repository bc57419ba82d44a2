/* Steps that change a file, run by a shell. */
#include "edgectl/cure_ini.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/suite.h"

static struct ctl_cure cure;
static char folder[] = "/tmp/cure-ini-XXXXXX", file[64], now[1024];

static void setup(void)
{
	cure = (struct ctl_cure){0};
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(file, sizeof(file), "%s/edge.ini", folder);
}

static void teardown(void)
{
	(void)unlink(file);
	(void)rmdir(folder);
}

static void write_file(const char *text)
{
	FILE *f = fopen(file, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* All steps of the cure, then what the file has. */
static const char *after(void)
{
	FILE *f;
	size_t len;

	for (size_t i = 0; i < cure.count; i++)
		ck_assert_int_eq(system(cure.step[i].line), 0);
	f = fopen(file, "r");
	ck_assert_ptr_nonnull(f);
	len = fread(now, 1, sizeof(now) - 1, f);
	now[len] = '\0';
	(void)fclose(f);
	return now;
}

static const struct {
	const char *before;
	struct ctl_ini_set set;
	const char *after;
} rows[] = {
	/* a new one, though another section's begins alike */
	{"[trust2]\n[trust]\ninternal = /i\n",
	 {"trust", "public", "/etc/ssl/certs/ca-certificates.crt"},
	 "[trust2]\n[trust]\npublic = /etc/ssl/certs/ca-certificates.crt\n"
	 "internal = /i\n"},
	/* in the place of the old one, and of no other section's */
	{"[public]\nresolv = /p\n  [local] ; here\nfqdn = a\nresolv : /r\n"
	 "[trace]\nresolv = /t\n",
	 {"local", "resolv", "/run/r"},
	 "[public]\nresolv = /p\n  [local] ; here\nresolv = /run/r\nfqdn = a\n"
	 "[trace]\nresolv = /t\n"},
	/* once, whatever comes twice */
	{"[local]\nlab = yes\n[tls]\n[local]\nlab = yes\n",
	 {"local", "lab", "no"},
	 "[local]\nlab = no\n[tls]\n[local]\n"},
	/* taken out: a dot is a dot */
	{"[tls]\nprofile.a = x\nprofile-a = y\nprofile.ab = z\n",
	 {"tls", "profile.a", NULL},
	 "[tls]\nprofile-a = y\nprofile.ab = z\n"},
	/* without the section nothing is touched */
	{"[tls]\nlab = 1\n", {"local", "lab", "no"}, "[tls]\nlab = 1\n"},
};

START_TEST(cure_sets_what_is_meant_alone)
{
	write_file(rows[_i].before);
	ctl_cure_set(&cure, file, &rows[_i].set);
	ck_assert_str_eq(after(), rows[_i].after);
}
END_TEST

START_TEST(cure_makes_a_section_that_is_not_there)
{
	const struct ctl_ini_set s = {"local", "lab", "no"};

	write_file("[localx]\n");
	ctl_cure_section(&cure, file, "local");
	ctl_cure_section(&cure, file, "local");
	ctl_cure_set(&cure, file, &s);
	ck_assert_str_eq(after(), "[localx]\n[local]\nlab = no\n");
}
END_TEST

START_TEST(cure_names_a_file_that_a_shell_would_take_apart)
{
	const struct ctl_ini_set set = {"local", "lab", "no"},
				 bad = {"local", "lab", "it's"};

	(void)snprintf(file, sizeof(file), "%s/my edge's $HOME.ini", folder);
	write_file("[x]\n");
	ctl_cure_section(&cure, file, "local");
	ctl_cure_set(&cure, file, &set);
	ck_assert_uint_eq(cure.count, 2);
	ck_assert_str_eq(after(), "[x]\n[local]\nlab = no\n");
	ctl_cure_set(&cure, file, &bad);
	ctl_cure_set(&cure, "/etc/a\nb", &set);
	ck_assert_uint_eq(cure.count, 2);
	ck_assert_uint_eq(cure.left_out, 2);
}
END_TEST

START_TEST(cure_pattern_fits_its_text_alone)
{
	char out[64], small[6];

	ctl_cure_pattern(out, sizeof(out), "a.b-c/[1]*");
	ck_assert_str_eq(out, "a\\.b-c\\/\\[1\\]\\*");
	ctl_cure_pattern(small, sizeof(small), "abcdefg");
	ck_assert_str_eq(small, "");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/cure_ini");
	TCase *t = tcase_create("cure");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, cure_sets_what_is_meant_alone, 0,
			    sizeof(rows) / sizeof(*rows));
	tcase_add_test(t, cure_makes_a_section_that_is_not_there);
	tcase_add_test(t, cure_names_a_file_that_a_shell_would_take_apart);
	tcase_add_test(t, cure_pattern_fits_its_text_alone);
	suite_add_tcase(s, t);
	return s;
}
