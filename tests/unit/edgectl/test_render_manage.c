/* Who manages the host: named, refused, or warned. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "tests/unit/edgectl/render_world.h"

static struct render_world w;

static void setup(void)
{
	render_world_init(&w, "02-edge-pool-director.xml");
}

static void teardown(void)
{
	render_world_fini(&w);
}

static const struct {
	const char *ini, *option, *session;
	bool has_own_rules;
	enum ctl_exit exit;
	const char *manage;
	unsigned warnings;
	size_t findings;
} rows[] = {
	/* clang-format off */
	{NULL, NULL, NULL, false, CTL_USAGE, NULL, 0, 1},
	{NULL, NULL, "10.20.0.9 5000 172.16.20.21 22", false, CTL_USAGE, NULL, 0, 1},
	{"22 from 10.20.0.0/24", NULL, NULL, false, CTL_GOOD, "22 from 10.20.0.0/24", 0, 0},
	{"22 from 10.20.0.0/24", "2222 from fd00::/8", NULL, false, CTL_GOOD, "2222 from fd00::/8", 0, 0},
	{"22 from 10.20.0.0/24", "none", NULL, false, CTL_GOOD, "none", 0, 0},
	{"none", NULL, NULL, false, CTL_GOOD, "none", 0, 0},
	{NULL, NULL, NULL, true, CTL_GOOD, "none", 0, 0},
	/* the session that is at work */
	{NULL, "22 from 10.20.0.0/24", "10.20.0.9 5000 172.16.20.21 22", false, CTL_GOOD, "22 from 10.20.0.0/24", 0, 0},
	{NULL, "22 from fd00::/8", "fd00::9 5000 fd00::21 22", false, CTL_GOOD, "22 from fd00::/8", 0, 0},
	{NULL, "22 from 10.20.0.0/24", "10.20.1.9 5000 172.16.20.21 22", false, CTL_GOOD, "22 from 10.20.0.0/24", 1, 1},
	{NULL, "22 from 10.20.0.0/24", "10.20.0.9 5000 172.16.20.21 2222", false, CTL_GOOD, "22 from 10.20.0.0/24", 1, 1},
	{NULL, "none", "10.20.0.9 5000 172.16.20.21 22", false, CTL_GOOD, "none", 1, 1},
	{NULL, NULL, "10.20.0.9 5000 172.16.20.21 22", true, CTL_GOOD, "none", 0, 0},
	{NULL, "22 from 10.20.0.0/24", "", false, CTL_GOOD, "22 from 10.20.0.0/24", 0, 0},
	/* what is no list */
	{NULL, "10.20.0.0/24:22", NULL, false, CTL_USAGE, NULL, 0, 1},
	{NULL, "", NULL, true, CTL_USAGE, NULL, 0, 1},
	/* clang-format on */
};

START_TEST(render_manage_wants_somebody_named)
{
	char ini[128];

	if (rows[_i].ini) {
		(void)snprintf(ini, sizeof(ini), "[network]\nmanage = %s\n",
			       rows[_i].ini);
		render_world_config(&w, ini);
	}
	ck_assert_int_eq(
		ctl_render_manage(
			&w.r,
			&(struct ctl_managing){
				.option = rows[_i].option,
				.session = rows[_i].session,
				.has_own_rules = rows[_i].has_own_rules,
			}),
		rows[_i].exit);
	if (rows[_i].manage)
		ck_assert_str_eq(w.r.manage, rows[_i].manage);
	ck_assert_uint_eq(w.c.warnings, rows[_i].warnings);
	ck_assert_uint_eq(json_array_size(w.c.findings), rows[_i].findings);
	if (rows[_i].warnings)
		ck_assert_ptr_nonnull(
			strstr(json_string_value(json_object_get(
				       json_array_get(w.c.findings, 0), "saw")),
			       "this session, or the next one, is shut out"));
}
END_TEST

static void own_file(const char *folder, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* Those that the filter includes, and that say something. */
START_TEST(render_manage_counts_rules_that_are_included)
{
	static const struct {
		const char *name, *text;
		bool is_counted;
	} files[] = {
		{"in-ssh.nft~", "tcp dport 22 accept\n", false},
		{"in-ssh.nft.bak", "tcp dport 22 accept\n", false},
		{"in-ssh", "tcp dport 22 accept\n", false},
		{"out-ssh.nft", "tcp dport 22 accept\n", false},
		{".in-ssh.nft", "tcp dport 22 accept\n", false},
		{"in-ssh.nft", "", false},
		{"in-ssh.nft", "tcp dport 22 accept\n", true},
	};
	char folder[] = "/tmp/edge-own-XXXXXX", path[128];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert(!ctl_nft_has_own_rules(folder));
	(void)snprintf(path, sizeof(path), "%s/in-folder.nft", folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert(!ctl_nft_has_own_rules(folder));
	ck_assert_int_eq(rmdir(path), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		own_file(folder, files[i].name, files[i].text);
		ck_assert_msg(ctl_nft_has_own_rules(folder) ==
				      files[i].is_counted,
			      "%s", files[i].name);
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder,
			       files[i].name);
		(void)unlink(path);
	}
	ck_assert_int_eq(rmdir(folder), 0);
	ck_assert(!ctl_nft_has_own_rules(folder));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("render_manage");
	TCase *tc = tcase_create("who");

	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, render_manage_wants_somebody_named, 0,
			    sizeof(rows) / sizeof(*rows));
	tcase_add_test(tc, render_manage_counts_rules_that_are_included);
	suite_add_tcase(s, tc);
	return s;
}
