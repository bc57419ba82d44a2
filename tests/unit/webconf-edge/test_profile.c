/* Which profile an opening belongs to; what is recorded beside the frames. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "webconf-edge/profile.h"

static const struct {
	const char *first;
	const char *name; /* NULL: nobody's */
} firsts[] = {
	{"W", "ep1"},
	{"WC", "ep1"},
	{"WCE", "ep1"},
	{"WCE1", "ep1"},
	{"WCE1x", "ep1"},
	{"", "ep1"},
	{"w", NULL},
	{"WCE2", NULL},
	{"GET / HTTP/1.1", NULL},
	{"\x16\x03\x01", NULL},
	{"WWCE1", NULL},
};

START_TEST(find_knows_a_profile_by_its_first_bytes)
{
	const struct wce_profile *p =
		wce_profile_find(edge_slice_str(firsts[_i].first));

	ck_assert_int_eq(p != NULL, firsts[_i].name != NULL);
	if (p)
		ck_assert_str_eq(p->name, firsts[_i].name);
}
END_TEST

/* interface, version, side, signed, big-endian, little-endian */
static void check_hash(const char *line)
{
	char name[32], side[16];
	unsigned version;
	int64_t number;
	uint64_t big, little;

	ck_assert_int_eq(sscanf(line,
				"%31s %u %15s %" SCNd64 " %" SCNx64 " %" SCNx64,
				name, &version, side, &number, &big, &little),
			 6);
	ck_assert_uint_eq((uint64_t)number, big);
	ck_assert_uint_eq(__builtin_bswap64(big), little);
	ck_assert(!strcmp(side, "server") || !strcmp(side, "client"));
}

START_TEST(hashes_of_interfaces_agree_in_every_spelling)
{
	char path[4096], line[256];
	unsigned count = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/psom-interface-hashes.tsv",
		 getenv("EDGE_VECTORS"));
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f)); /* heading */
	for (; fgets(line, sizeof(line), f); count++)
		check_hash(line);
	fclose(f);
	ck_assert_uint_ge(count, 13);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("profile");
	TCase *t = tcase_create("profile");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, find_knows_a_profile_by_its_first_bytes, 0,
			    sizeof(firsts) / sizeof(firsts[0]));
	tcase_add_test(t, hashes_of_interfaces_agree_in_every_spelling);
	suite_add_tcase(s, t);
	return s;
}
