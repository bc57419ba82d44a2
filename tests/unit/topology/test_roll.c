/* The staged certificate: names, the line with its time, what is refused. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "topology/roll.h"

static char dir[] = "/tmp/edge-roll-XXXXXX";
static char chain[64], key[64];
static struct topo_roll roll;
static char why[256];

static void setup(void)
{
	snprintf(dir, sizeof(dir), "%s", "/tmp/edge-roll-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(chain, sizeof(chain), "%s/av.pem", dir);
	snprintf(key, sizeof(key), "%s/av.key", dir);
	why[0] = '\0';
	roll = (struct topo_roll){.effective_s = 77};
}

static void teardown(void)
{
	char path[80];

	snprintf(path, sizeof(path), "%s.staged", chain);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}

static void stage(const char *text)
{
	char path[80];
	FILE *f;

	snprintf(path, sizeof(path), "%s.staged", chain);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(roll_load_gives_paths_and_time)
{
	char want[80];

	stage("effective 2026-07-22T06:00:00Z\n-----BEGIN CERTIFICATE-----\n");
	ck_assert_int_eq(topo_roll_load(&roll, chain, key, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_uint_eq(roll.effective_s, 1784700000);
	snprintf(want, sizeof(want), "%s.staged", chain);
	ck_assert_str_eq(roll.chain, want);
	snprintf(want, sizeof(want), "%s.staged", key);
	ck_assert_str_eq(roll.key, want);
}
END_TEST

START_TEST(roll_load_finds_nothing_where_nothing_is_staged)
{
	ck_assert_int_eq(topo_roll_load(&roll, chain, key, why, sizeof(why)),
			 EDGE_ENOTFOUND);
	ck_assert_uint_eq(roll.effective_s, 77);
}
END_TEST

static const char *const bad[] = {
	"",
	"effective 2026-07-22T06:00:00Z", /* cut off */
	"effective 2026-07-22 06:00:00\n",
	"Effective 2026-07-22T06:00:00Z\n",
	"effective\n2026-07-22T06:00:00Z\n",
	"-----BEGIN CERTIFICATE-----\neffective 2026-07-22T06:00:00Z\n",
};

START_TEST(roll_load_names_a_file_without_its_time)
{
	stage(bad[_i]);
	ck_assert_int_eq(topo_roll_load(&roll, chain, key, why, sizeof(why)),
			 EDGE_EFORMAT);
	ck_assert_ptr_nonnull(strstr(why, "av.pem.staged"));
	ck_assert_uint_eq(roll.effective_s, 77);
}
END_TEST

START_TEST(roll_is_half_dropped_without_its_key_and_past_its_time)
{
	char at[80];
	FILE *f;

	stage("effective 2026-07-22T06:00:00Z\n");
	ck_assert_int_eq(topo_roll_load(&roll, chain, key, why, sizeof(why)),
			 EDGE_OK);
	ck_assert(topo_roll_is_half_dropped(&roll, 1784700000));
	ck_assert(!topo_roll_is_half_dropped(&roll, 1784699999));
	snprintf(at, sizeof(at), "%s.staged", key);
	f = fopen(at, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	ck_assert(!topo_roll_is_half_dropped(&roll, 1784700000));
	ck_assert_int_eq(unlink(at), 0);
}
END_TEST

START_TEST(roll_head_is_read_as_it_was_written)
{
	static const uint64_t times[] = {0, 1784700000, 253402300799};
	char line[TOPO_ROLL_HEAD];
	uint64_t s = 1;

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		topo_roll_head(line, times[i]);
		ck_assert_int_eq(topo_roll_head_parse(&s, edge_slice_str(line)),
				 EDGE_OK);
		ck_assert_uint_eq(s, times[i]);
	}
	ck_assert_int_eq(topo_roll_head_parse(
				 &s, edge_slice_str("effective "
						    "2026-07-22T06:00:00Z\r\n"
						    "x")),
			 EDGE_OK);
	ck_assert_uint_eq(s, 1784700000);
}
END_TEST

START_TEST(roll_name_refuses_a_path_too_long)
{
	char *text = malloc(TOPO_ROLL_PATH);

	ck_assert_ptr_nonnull(text);
	memset(text, 'a', TOPO_ROLL_PATH);
	text[TOPO_ROLL_PATH - 8] = '\0';
	ck_assert_int_eq(topo_roll_name(&roll, text, key), EDGE_OK);
	text[TOPO_ROLL_PATH - 8] = 'a';
	text[TOPO_ROLL_PATH - 7] = '\0';
	ck_assert_int_eq(topo_roll_name(&roll, text, key), EDGE_ELIMIT);
	ck_assert_int_eq(topo_roll_load(&roll, chain, text, why, sizeof(why)),
			 EDGE_ELIMIT);
	free(text);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("topology/roll");
	TCase *t = tcase_create("roll");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, roll_load_gives_paths_and_time);
	tcase_add_test(t, roll_load_finds_nothing_where_nothing_is_staged);
	tcase_add_loop_test(t, roll_load_names_a_file_without_its_time, 0,
			    sizeof(bad) / sizeof(*bad));
	tcase_add_test(t,
		       roll_is_half_dropped_without_its_key_and_past_its_time);
	tcase_add_test(t, roll_head_is_read_as_it_was_written);
	tcase_add_test(t, roll_name_refuses_a_path_too_long);
	suite_add_tcase(s, t);
	return s;
}
