/* The signed list: strict, and the same bytes back. */
#include <check.h>
#include <string.h>

#include "tests/support/suite.h"
#include "topology/manifest.h"

#define HEAD		"lync-edge-import 1\nseq 7\ncreated 2026-07-22T06:00:00Z\n"
#define SHA		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define FILE_LINE(name) "sha256 " SHA " " name "\n"

START_TEST(manifest_parse_and_print_are_inverse)
{
	static const char text[] =
		HEAD FILE_LINE("export.zip") FILE_LINE("hosts");
	struct topo_manifest m;
	char out[TOPO_MANIFEST_BYTES_MAX];
	size_t len;

	ck_assert(!topo_manifest_parse(&m, edge_slice_str(text), NULL, 0));
	ck_assert_uint_eq(m.seq, 7);
	ck_assert_uint_eq(m.created_s, 1784700000);
	ck_assert_uint_eq(m.count, 2);
	ck_assert_str_eq(m.files[1].name, "hosts");
	ck_assert_uint_eq(m.files[0].sha256[31], 0x1f);
	ck_assert(!topo_manifest_print(out, sizeof(out), &len, &m));
	ck_assert_uint_eq(len, sizeof(text) - 1);
	ck_assert_mem_eq(out, text, len);
	ck_assert_int_eq(topo_manifest_print(out, 20, &len, &m), EDGE_ELIMIT);
}
END_TEST

START_TEST(manifest_parse_refuses_strict_prefixes_but_whole_lines)
{
	static const char text[] = HEAD FILE_LINE("a") FILE_LINE("b");
	struct topo_manifest m;

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		bool whole = n && text[n - 1] == '\n' && n > sizeof(HEAD) - 1;

		ck_assert_int_eq(
			topo_manifest_parse(&m, edge_slice(text, n), NULL, 0),
			whole ? EDGE_OK : EDGE_EFORMAT);
	}
}
END_TEST

static const struct {
	const char *text, *why;
} bad[] = {
	{"", "line 1"},
	{"lync-edge-import 2\n", "line 1"},
	{"lync-edge-import 1\nseq 0\n", "line 2"},
	{"lync-edge-import 1\nseq -1\n", "line 2"},
	{"lync-edge-import 1\nseq 99999999999999999999\n", "line 2"},
	{"lync-edge-import 1\nseq 7\ncreated now\n", "line 3"},
	{HEAD, "line 4"},
	{HEAD "md5 " SHA " a\n", "line 4"},
	{HEAD "sha256 " SHA "\n", "line 4"},
	{HEAD "sha256 " SHA " \n", "line 4"},
	{HEAD "sha256 00 a\n", "line 4"},
	{HEAD FILE_LINE("../a"), "line 4"},
	{HEAD FILE_LINE(".a"), "line 4"},
	{HEAD FILE_LINE("a b"), "line 4"},
	{HEAD FILE_LINE("c:a"), "line 4"},
	{HEAD FILE_LINE("manifest"), "line 4"},
	{HEAD FILE_LINE("manifest.sig"), "line 4"},
	{HEAD FILE_LINE("a") FILE_LINE("a"), "line 5"},
	{HEAD FILE_LINE("a") "\n", "line 5"},
	{HEAD FILE_LINE("1") FILE_LINE("2") FILE_LINE("3") FILE_LINE("4")
		 FILE_LINE("5") FILE_LINE("6") FILE_LINE("7") FILE_LINE("8")
			 FILE_LINE("9"),
	 "line 12"},
};

START_TEST(manifest_parse_refuses_and_names_the_line)
{
	struct topo_manifest m;
	char why[200] = "";

	ck_assert_int_eq(topo_manifest_parse(&m, edge_slice_str(bad[_i].text),
					     why, sizeof(why)),
			 EDGE_EFORMAT);
	ck_assert_msg(strstr(why, bad[_i].why) != NULL, "%s", why);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("topology/manifest");
	TCase *t = tcase_create("manifest");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, manifest_parse_and_print_are_inverse);
	tcase_add_test(t,
		       manifest_parse_refuses_strict_prefixes_but_whole_lines);
	tcase_add_loop_test(t, manifest_parse_refuses_and_names_the_line, 0,
			    sizeof(bad) / sizeof(*bad));
	suite_add_tcase(s, t);
	return s;
}
