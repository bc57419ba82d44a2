/* Units of systemd, by a systemctl that is a script in a folder. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edgectl/units.h"
#include "tests/support/suite.h"

static char folder[64], program[128], path[256];

static void setup(void)
{
	strcpy(folder, "/tmp/edge-units.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(program, sizeof(program), "%s/systemctl", folder);
	(void)snprintf(path, sizeof(path), "%s:/usr/bin:/bin", folder);
	ck_assert_int_eq(setenv("PATH", path, 1), 0);
}

static void teardown(void)
{
	(void)unlink(program);
	ck_assert_int_eq(rmdir(folder), 0);
}

/* From now on systemctl is this. */
static void script(const char *text)
{
	FILE *f = fopen(program, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fprintf(f, "#!/bin/sh\n%s\n", text), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(program, 0755), 0);
}

START_TEST(units_are_enabled_or_not)
{
	static const struct {
		const char *text;
		enum ctl_unit_state state;
	} rows[] = {
		{"echo enabled", CTL_UNIT_ENABLED},
		{"echo alias", CTL_UNIT_ENABLED},
		{"echo disabled; exit 1", CTL_UNIT_DISABLED},
		{"echo masked; exit 1", CTL_UNIT_MASKED},
		{"echo masked-runtime; exit 1", CTL_UNIT_MASKED},
		/* of this start of the host alone */
		{"echo enabled-runtime", CTL_UNIT_DISABLED},
		{"echo static", CTL_UNIT_UNKNOWN},
		{"echo no such unit >&2; exit 1", CTL_UNIT_UNKNOWN},
		{"test \"$*\" = 'is-enabled a.service' && echo enabled",
		 CTL_UNIT_ENABLED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		script(rows[i].text);
		ck_assert_msg(ctl_unit_state("a.service") == rows[i].state,
			      "%s", rows[i].text);
	}
}
END_TEST

START_TEST(units_of_a_host_without_systemd_are_not_judged)
{
	ck_assert_int_eq(setenv("PATH", folder, 1), 0);
	ck_assert_int_eq(ctl_unit_state("a.service"), CTL_UNIT_UNKNOWN);
	ck_assert_int_eq(ctl_units_do("start", NULL, 0), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(units_are_given_to_systemctl_in_order)
{
	static const char *const units[CTL_UNITS_MAX + 1] = {"a.service",
							     "b.target"};

	script("test \"$*\" = '--quiet enable a.service b.target'");
	ck_assert_int_eq(ctl_units_do("enable", units, 2), 0);
	ck_assert_int_ne(ctl_units_do("enable", units, 1), 0);
	script("exit 5");
	ck_assert_int_eq(ctl_units_do("start", units, 1), 5);
	ck_assert_int_eq(ctl_units_do("start", units, CTL_UNITS_MAX + 1), -1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/units");
	TCase *t = tcase_create("units");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, units_are_enabled_or_not);
	tcase_add_test(t, units_of_a_host_without_systemd_are_not_judged);
	tcase_add_test(t, units_are_given_to_systemctl_in_order);
	suite_add_tcase(s, t);
	return s;
}
