/* Keyrings: grammar, which key counts when, rotation, files (AE 2.6). */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "topology/secrets.h"
#include "topology/utc.h"

#define HEX  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX2 "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define FROM "2026-07-01T00:00:00Z"
#define TO   "2026-07-10T00:00:00Z"

static uint64_t at(const char *utc)
{
	uint64_t s = 0;

	ck_assert_int_eq(topo_utc_parse(&s, edge_slice_str(utc)), EDGE_OK);
	return s;
}

static struct topo_keyring *parse(const char *text)
{
	struct topo_keyring *r = NULL;
	char why[200] = "";

	ck_assert_msg(
		!topo_keyring_parse(&r, edge_slice_str(text), why, sizeof(why)),
		"%s", why);
	return r;
}

START_TEST(keyring_parse_reads_lines_newest_first)
{
	struct topo_keyring *r =
		parse("# a comment\n\nk1 " HEX " " FROM " " TO "\n"
		      "  k2\t" HEX2 "  2026-07-08T00:00:00Z "
		      "2026-07-17T00:00:00Z\r\n");

	ck_assert_uint_eq(r->count, 2);
	ck_assert_str_eq(r->keys[0].kid, "k2");
	ck_assert_str_eq(r->keys[1].kid, "k1");
	ck_assert_uint_eq(r->keys[1].key[31], 0x1f);
	ck_assert_uint_eq(r->keys[1].not_after_s, at(TO));
	topo_keyring_free(r);
}
END_TEST

static const struct {
	const char *text;
	enum edge_err err;
} bad[] = {
	{"k1 " HEX " " FROM "\n", EDGE_EFORMAT},
	{"k1 " HEX " " FROM " " TO " more\n", EDGE_EFORMAT},
	{"k1 abcd " FROM " " TO "\n", EDGE_EFORMAT},
	{"k1 " HEX "00 " FROM " " TO "\n", EDGE_EFORMAT},
	{"k.1 " HEX " " FROM " " TO "\n", EDGE_EFORMAT},
	{"k1 " HEX " " TO " " FROM "\n", EDGE_EFORMAT},
	{"k1 " HEX " 2026-02-30T00:00:00Z " TO "\n", EDGE_EFORMAT},
	{"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk " HEX " " FROM " " TO "\n",
	 EDGE_EFORMAT},
	{"k1 " HEX " " FROM " " TO "\nk1 " HEX2 " " FROM " " TO "\n",
	 EDGE_EDUP},
};

START_TEST(keyring_parse_refuses_and_shows_no_key)
{
	struct topo_keyring *r = NULL;
	char why[200] = "";

	ck_assert_int_eq(topo_keyring_parse(&r, edge_slice_str(bad[_i].text),
					    why, sizeof(why)),
			 bad[_i].err);
	ck_assert_ptr_null(r);
	ck_assert_int_eq(strncmp(why, "line ", 5), 0);
	ck_assert_ptr_null(strstr(why, "0102030405"));
}
END_TEST

START_TEST(keyring_parse_takes_eight_keys_and_no_more)
{
	char text[TOPO_KEYS_MAX_BYTES];
	struct topo_keyring *r = NULL;
	size_t len = 0;

	for (int i = 0; i <= TOPO_KEYS_MAX; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"k%d " HEX " " FROM " " TO "\n", i);
		ck_assert_int_eq(
			topo_keyring_parse(&r, edge_slice(text, len), NULL, 0),
			i < TOPO_KEYS_MAX ? EDGE_OK : EDGE_ELIMIT);
		if (i < TOPO_KEYS_MAX)
			topo_keyring_free(r);
	}
}
END_TEST

START_TEST(keyring_print_and_parse_are_inverse)
{
	struct topo_keyring *r, *back = NULL;
	char text[TOPO_KEYS_MAX_BYTES];
	size_t len = 0;

	ck_assert(!topo_keyring_new(&r));
	for (unsigned i = 0; i < TOPO_KEYS_MAX; i++)
		topo_keyring_rotate(r, at(FROM) + i, at(FROM));
	ck_assert(!topo_keyring_print(text, sizeof(text), &len, r));
	ck_assert(!topo_keyring_parse(&back, edge_slice(text, len), NULL, 0));
	ck_assert_uint_eq(back->count, TOPO_KEYS_MAX);
	ck_assert_mem_eq(back, r, sizeof(*r));
	ck_assert_int_eq(topo_keyring_print(text, 60, &len, r), EDGE_ELIMIT);
	topo_keyring_free(back);
	topo_keyring_free(r);
}
END_TEST

START_TEST(keyring_current_is_the_newest_that_has_begun)
{
	struct topo_keyring *r = parse(
		"old " HEX " 2026-07-01T00:00:00Z 2026-07-10T00:00:00Z\n"
		"new " HEX2 " 2026-07-08T00:00:00Z 2026-07-17T00:00:00Z\n");

	ck_assert_ptr_null(topo_keyring_current(r, at("2026-06-30T23:59:59Z")));
	ck_assert_str_eq(
		topo_keyring_current(r, at("2026-07-01T00:00:00Z"))->kid,
		"old");
	ck_assert_str_eq(
		topo_keyring_current(r, at("2026-07-07T23:59:59Z"))->kid,
		"old");
	ck_assert_str_eq(
		topo_keyring_current(r, at("2026-07-08T00:00:00Z"))->kid,
		"new");
	ck_assert_ptr_null(topo_keyring_current(r, at("2026-07-17T00:00:01Z")));
	topo_keyring_free(r);
}
END_TEST

START_TEST(keyring_find_accepts_the_previous_key_until_it_ends)
{
	struct topo_keyring *r = parse(
		"old " HEX " 2026-07-01T00:00:00Z 2026-07-10T00:00:00Z\n"
		"new " HEX2 " 2026-07-08T00:00:00Z 2026-07-17T00:00:00Z\n");
	struct edge_slice old = edge_slice_str("old");

	ck_assert_ptr_nonnull(
		topo_keyring_find(r, old, at("2026-07-10T00:00:00Z")));
	ck_assert_ptr_null(
		topo_keyring_find(r, old, at("2026-07-10T00:00:01Z")));
	ck_assert_ptr_null(topo_keyring_find(r, edge_slice_str("new"),
					     at("2026-07-07T00:00:00Z")));
	ck_assert_ptr_null(topo_keyring_find(r, edge_slice_str("ol"),
					     at("2026-07-02T00:00:00Z")));
	topo_keyring_free(r);
}
END_TEST

START_TEST(keyring_rotate_gives_a_week_and_48_hours)
{
	struct topo_keyring *r;
	uint64_t now = at(FROM);

	ck_assert(!topo_keyring_new(&r));
	topo_keyring_rotate(r, now, now);
	ck_assert_uint_eq(r->keys[0].not_before_s, now);
	ck_assert_uint_eq(r->keys[0].not_after_s, now + 9 * 86400);
	topo_keyring_rotate(r, now + 7 * 86400, now + 7 * 86400);
	ck_assert_uint_eq(r->count, 2);
	ck_assert_mem_ne(r->keys[0].key, r->keys[1].key, TOPO_KEY_LEN);
	ck_assert_str_ne(r->keys[0].kid, r->keys[1].kid);
	/* the first has ended: it goes when the third comes */
	topo_keyring_rotate(r, now + 14 * 86400, now + 14 * 86400);
	ck_assert_uint_eq(r->count, 2);
	ck_assert_uint_eq(r->keys[1].not_before_s, now + 7 * 86400);
	topo_keyring_free(r);
}
END_TEST

START_TEST(keyring_rotate_psom_gives_a_day_and_2_hours)
{
	struct topo_keyring *r;
	uint64_t now = at(FROM);
	unsigned first, second;

	ck_assert(!topo_keyring_new(&r));
	topo_keyring_rotate_psom(r, now, now);
	ck_assert_uint_eq(r->keys[0].not_after_s, now + 86400 + 2 * 3600);
	topo_keyring_rotate_psom(r, now + 86400, now + 86400);
	ck_assert_uint_eq(r->count, 2);
	ck_assert_mem_ne(r->keys[0].key, r->keys[1].key, TOPO_KEY_LEN);
	ck_assert_int_eq(sscanf(r->keys[1].kid, "%u", &first), 1);
	ck_assert_int_eq(sscanf(r->keys[0].kid, "%u", &second), 1);
	ck_assert_uint_eq(second, first % 255 + 1);
	/* both have ended: the numbers go on */
	now += 10 * 86400;
	topo_keyring_rotate_psom(r, now, now);
	ck_assert_uint_eq(r->count, 1);
	ck_assert_int_eq(sscanf(r->keys[0].kid, "%u", &first), 1);
	ck_assert_uint_eq(first, second % 255 + 1);
	topo_keyring_free(r);
}
END_TEST

START_TEST(keyring_rotate_psom_picks_free_numbers)
{
	struct topo_keyring *r = NULL;
	uint64_t now = at(FROM);
	char text[TOPO_KEYS_MAX_BYTES];
	size_t len;

	ck_assert(!topo_keyring_parse_kind(
		&r, "psom",
		edge_slice_str("254 " HEX " 2026-06-30T00:00:00Z " TO "\n"
			       "1 " HEX2 " 2026-06-29T00:00:00Z " TO "\n"),
		NULL, 0));
	topo_keyring_rotate_psom(r, now, now);
	ck_assert_str_eq(r->keys[0].kid, "255");
	topo_keyring_rotate_psom(r, now + 1, now);
	ck_assert_str_eq(r->keys[0].kid, "2"); /* 1 is in use, 0 is none */
	for (unsigned i = 2; i < 300; i++) {
		topo_keyring_rotate_psom(r, now + i, now);
		ck_assert(!topo_keyring_print(text, sizeof(text), &len, r));
		topo_keyring_free(r);
		r = NULL;
		ck_assert(!topo_keyring_parse_kind(
			&r, "psom", edge_slice(text, len), NULL, 0));
	}
	ck_assert_uint_eq(r->count, TOPO_KEYS_MAX);
	topo_keyring_free(r);
}
END_TEST

static const struct {
	const char *kid;
	bool good;
} numbers[] = {
	{"1", true},   {"255", true}, {"0", false},  {"256", false},
	{"01", false}, {"k1", false}, {"-1", false}, {"1_", false},
};

START_TEST(keyring_of_psom_has_numbers_of_one_byte)
{
	struct topo_keyring *r = NULL;
	char text[200], why[200] = "";
	struct topo_secrets s;

	snprintf(text, sizeof(text), "psom %s " HEX " " FROM " " TO "\n",
		 numbers[_i].kid);
	ck_assert_int_eq(topo_keyring_parse_kind(&r, "psom",
						 edge_slice_str(text + 5), why,
						 sizeof(why)),
			 numbers[_i].good ? EDGE_OK : EDGE_EFORMAT);
	ck_assert_int_eq(strstr(why, "from 1 to 255") != NULL,
			 !numbers[_i].good);
	topo_keyring_free(r);
	ck_assert_int_eq(topo_secrets_parse(&s, edge_slice_str(text), NULL, 0),
			 numbers[_i].good ? EDGE_OK : EDGE_EFORMAT);
	if (numbers[_i].good)
		topo_secrets_fini(&s);
	topo_keyring_free(parse(text + 5)); /* elsewhere a kid is a name */
}
END_TEST

START_TEST(keyring_merge_adds_what_is_new)
{
	struct topo_keyring *r = parse("a " HEX " " FROM " " TO "\n");
	struct topo_keyring *from =
		parse("a " HEX " " FROM " " TO "\nb " HEX2 " " FROM " " TO "\n"
		      "c " HEX2 " 2020-01-01T00:00:00Z 2020-02-01T00:00:00Z\n");
	struct topo_keyring *other = parse("a " HEX2 " " FROM " " TO "\n");
	size_t added = 9;

	ck_assert(!topo_keyring_merge(&added, r, from, at(FROM)));
	ck_assert_uint_eq(added, 1);
	ck_assert_uint_eq(r->count, 2);
	ck_assert(!topo_keyring_merge(&added, r, from, at(FROM)));
	ck_assert_uint_eq(added, 0);
	ck_assert_int_eq(topo_keyring_merge(&added, r, other, at(FROM)),
			 EDGE_EDUP);
	ck_assert_uint_eq(r->count, 2);
	topo_keyring_free(r);
	topo_keyring_free(from);
	topo_keyring_free(other);
}
END_TEST

START_TEST(secrets_carry_both_rings)
{
	static const char text[] = "# both\nroute k1 " HEX " " FROM " " TO
				   "\npsom 7 " HEX2 " " FROM " " TO "\n";
	struct topo_secrets s, back;
	char out[TOPO_SECRETS_PRINT_MAX];
	size_t len;

	ck_assert(!topo_secrets_parse(&s, edge_slice_str(text), NULL, 0));
	ck_assert_str_eq(s.route->keys[0].kid, "k1");
	ck_assert_str_eq(s.psom->keys[0].kid, "7");
	ck_assert(!topo_secrets_print(out, sizeof(out), &len, &s));
	ck_assert(!topo_secrets_parse(&back, edge_slice(out, len), NULL, 0));
	ck_assert_mem_eq(back.route, s.route, sizeof(*s.route));
	ck_assert_mem_eq(back.psom, s.psom, sizeof(*s.psom));
	topo_secrets_fini(&s);
	topo_secrets_fini(&back);
}
END_TEST

START_TEST(secrets_name_the_line_of_a_fault)
{
	struct topo_secrets s;
	char why[200] = "";

	ck_assert_int_eq(
		topo_secrets_parse(&s,
				   edge_slice_str("route k1 " HEX " " FROM
						  " " TO "\n\nsip k2\n"),
				   why, sizeof(why)),
		EDGE_EFORMAT);
	ck_assert_int_eq(strncmp(why, "line 3:", 7), 0);
	ck_assert_int_eq(topo_secrets_parse(&s,
					    edge_slice_str("\n# x\npsom k1\n"),
					    why, sizeof(why)),
			 EDGE_EFORMAT);
	ck_assert_int_eq(strncmp(why, "line 3:", 7), 0);
	/* what follows the kind is a key, not a comment */
	ck_assert_int_eq(topo_secrets_parse(&s, edge_slice_str("route # k1\n"),
					    why, sizeof(why)),
			 EDGE_EFORMAT);
}
END_TEST

START_TEST(keyring_files_are_private_and_replaced_whole)
{
	char state[] = "/tmp/lync-edge-XXXXXX", path[128], why[200] = "";
	struct topo_keyring *r, *back = NULL;
	struct stat st;

	ck_assert_ptr_nonnull(mkdtemp(state));
	ck_assert_int_eq(
		topo_keyring_load(&back, state, "route", why, sizeof(why)),
		EDGE_ENOTFOUND);
	ck_assert(!topo_keyring_new(&r));
	for (unsigned i = 1; i <= 2; i++) {
		topo_keyring_rotate(r, at(FROM) + i, at(FROM));
		ck_assert(!topo_keyring_save(state, "route", r));
		ck_assert(!topo_keyring_load(&back, state, "route", NULL, 0));
		ck_assert_uint_eq(back->count, i);
		topo_keyring_free(back);
	}
	snprintf(path, sizeof(path), "%s/secrets/route.keys", state);
	ck_assert(!stat(path, &st));
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert(!chmod(path, 0640));
	ck_assert_int_eq(
		topo_keyring_load(&back, state, "route", why, sizeof(why)),
		EDGE_EDENIED);
	ck_assert(!unlink(path));
	ck_assert(!symlink("/dev/null", path));
	ck_assert_int_eq(topo_keyring_load(&back, state, "route", NULL, 0),
			 EDGE_EDENIED);
	unlink(path);
	snprintf(path, sizeof(path), "%s/secrets", state);
	rmdir(path);
	rmdir(state);
	topo_keyring_free(r);
}
END_TEST

/* The folder is root's and 0711, the file its service's: a reload. */
START_TEST(keyring_is_read_by_a_service_that_may_not_list)
{
	enum { SERVICE = 65533 };
	char state[] = "/tmp/lync-edge-XXXXXX", path[128], why[200] = "";
	struct topo_keyring *r, *back = NULL;

	if (geteuid() != 0)
		return; /* only root can be somebody else */
	ck_assert_ptr_nonnull(mkdtemp(state));
	ck_assert(!chmod(state, 0755));
	ck_assert(!topo_keyring_new(&r));
	topo_keyring_rotate(r, at(FROM), at(FROM));
	ck_assert(!topo_keyring_save(state, "route", r));
	snprintf(path, sizeof(path), "%s/secrets/route.keys", state);
	for (int owns = 0; owns < 2; owns++) {
		enum edge_err err;

		ck_assert(!chown(path, owns ? SERVICE : 0, 0));
		ck_assert(!seteuid(SERVICE));
		err = topo_keyring_load(&back, state, "route", why,
					sizeof(why));
		ck_assert(!seteuid(0));
		ck_assert_msg(owns ? !err : err == EDGE_EDENIED, "%s", why);
	}
	ck_assert_uint_eq(back->count, 1);
	topo_keyring_free(back);
	topo_keyring_free(r);
	unlink(path);
	snprintf(path, sizeof(path), "%s/secrets", state);
	rmdir(path);
	rmdir(state);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("topology/secrets");
	TCase *t = tcase_create("keyring");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, keyring_parse_reads_lines_newest_first);
	tcase_add_loop_test(t, keyring_parse_refuses_and_shows_no_key, 0,
			    sizeof(bad) / sizeof(*bad));
	tcase_add_test(t, keyring_parse_takes_eight_keys_and_no_more);
	tcase_add_test(t, keyring_print_and_parse_are_inverse);
	tcase_add_test(t, keyring_current_is_the_newest_that_has_begun);
	tcase_add_test(t, keyring_find_accepts_the_previous_key_until_it_ends);
	tcase_add_test(t, keyring_rotate_gives_a_week_and_48_hours);
	tcase_add_test(t, keyring_rotate_psom_gives_a_day_and_2_hours);
	tcase_add_test(t, keyring_rotate_psom_picks_free_numbers);
	tcase_add_loop_test(t, keyring_of_psom_has_numbers_of_one_byte, 0,
			    sizeof(numbers) / sizeof(*numbers));
	tcase_add_test(t, keyring_merge_adds_what_is_new);
	suite_add_tcase(s, t);
	t = tcase_create("files");
	tcase_set_timeout(t, 20);
	tcase_add_test(t, secrets_carry_both_rings);
	tcase_add_test(t, secrets_name_the_line_of_a_fault);
	tcase_add_test(t, keyring_files_are_private_and_replaced_whole);
	tcase_add_test(t, keyring_is_read_by_a_service_that_may_not_list);
	suite_add_tcase(s, t);
	return s;
}
