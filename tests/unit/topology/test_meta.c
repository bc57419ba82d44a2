/* meta: every field both ways, nothing guessed. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "topology/meta.h"

#define SHA "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct topo_meta sample(void)
{
	return (struct topo_meta){
		.seq = 12,
		.bundle_seq = 7,
		.bundle_high = 9,
		.imported_s = 1784700000,
		.signature = "6f0b1a52-8c1e-4f1a-9b8d-0d5a5a0c0002",
		.source = "export of monday.zip",
		.signer = "operator.pem",
		.reason = "rollback of 11 to 3",
		.by = "uid 0 on no terminal",
		.self = "edge01.corp.contoso.com",
		.source_sha256 = SHA,
		.snap_sha256 = SHA,
	};
}

START_TEST(meta_parse_and_print_are_inverse)
{
	struct topo_meta m = sample(), back;
	char text[TOPO_META_BYTES_MAX];
	char why[100] = "";
	size_t len;

	memset(&back, 0xff, sizeof(back));
	ck_assert(!topo_meta_print(text, sizeof(text), &len, &m));
	ck_assert_msg(!topo_meta_parse(&back, edge_slice(text, len), why,
				       sizeof(why)),
		      "%s", why);
	ck_assert_uint_eq(back.seq, 12);
	ck_assert_uint_eq(back.bundle_high, 9);
	ck_assert_uint_eq(back.created_s, 0);
	ck_assert_str_eq(back.source, m.source);
	ck_assert_str_eq(back.hosts_sha256, "");
	ck_assert_str_eq(back.snap_sha256, SHA);
	ck_assert_int_eq(topo_meta_print(text, 50, &len, &m), EDGE_ELIMIT);
}
END_TEST

START_TEST(meta_parse_refuses_every_strict_prefix)
{
	struct topo_meta m = sample(), back;
	char text[TOPO_META_BYTES_MAX];
	size_t len;

	ck_assert(!topo_meta_print(text, sizeof(text), &len, &m));
	for (size_t n = 0; n < len; n++)
		ck_assert_int_eq(
			topo_meta_parse(&back, edge_slice(text, n), NULL, 0),
			EDGE_EFORMAT);
	ck_assert_int_eq(
		topo_meta_parse(&back, edge_slice(text, len + 1), NULL, 0),
		EDGE_EFORMAT);
}
END_TEST

START_TEST(meta_parse_refuses_changed_words)
{
	struct topo_meta m = sample(), back;
	char text[TOPO_META_BYTES_MAX], why[100] = "";
	size_t len;
	char *at;

	ck_assert(!topo_meta_print(text, sizeof(text), &len, &m));
	at = strstr(text, "signer");
	at[0] = 'S';
	ck_assert_int_eq(
		topo_meta_parse(&back, edge_slice(text, len), why, sizeof(why)),
		EDGE_EFORMAT);
	ck_assert_ptr_nonnull(strstr(why, "signer"));
	at[0] = 's';
	strstr(text, SHA)[3] = 'G';
	ck_assert_int_eq(topo_meta_parse(&back, edge_slice(text, len), NULL, 0),
			 EDGE_EFORMAT);
}
END_TEST

START_TEST(meta_print_keeps_one_line_a_value)
{
	struct topo_meta m = sample(), back;
	char text[TOPO_META_BYTES_MAX];
	size_t len;

	snprintf(m.source, sizeof(m.source), "a\nseq 99");
	ck_assert(!topo_meta_print(text, sizeof(text), &len, &m));
	ck_assert(!topo_meta_parse(&back, edge_slice(text, len), NULL, 0));
	ck_assert_str_eq(back.source, "a?seq 99");
	ck_assert_uint_eq(back.seq, 12);
}
END_TEST

START_TEST(meta_folder_is_sequence_and_hash)
{
	struct topo_meta m = sample();
	char name[TOPO_VERSION_NAME];

	topo_meta_folder(name, &m);
	ck_assert_str_eq(name, "12-00010203");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("topology/meta");
	TCase *t = tcase_create("meta");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, meta_parse_and_print_are_inverse);
	tcase_add_test(t, meta_parse_refuses_every_strict_prefix);
	tcase_add_test(t, meta_parse_refuses_changed_words);
	tcase_add_test(t, meta_print_keeps_one_line_a_value);
	tcase_add_test(t, meta_folder_is_sequence_and_hash);
	suite_add_tcase(s, t);
	return s;
}
