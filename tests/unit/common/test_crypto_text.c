/* SipHash, base64url and hex: published numbers, laws, strictness. */
#include "common/crypto.h"

#include <string.h>

#include "tests/support/suite.h"

/* The reference's vectors_sip64: key 00..0f, input 00..n-1; bytes as printed
 * there, so least significant first. */
static const struct {
	size_t len;
	const char *hash;
} siphashes[] = {
	{0, "310e0edd47db6f72"}, {1, "fd67dc93c539f874"},
	{2, "5a4fa9d909806c0d"}, {3, "2d7efbd796666785"},
	{4, "b7877127e09427cf"}, {5, "8da699cd64557618"},
	{6, "cee3fe586e46c9cb"}, {7, "37d1018bf50002ab"},
	{8, "6224939a79f5f593"}, {15, "e545be4961ca29a1"},
};

START_TEST(siphash_matches_the_reference)
{
	uint8_t key[16], in[16], le[8];
	char text[17];
	uint64_t h;

	for (uint8_t i = 0; i < 16; i++)
		key[i] = in[i] = i;
	h = edge_siphash(key, edge_slice(in, siphashes[_i].len));
	for (int i = 0; i < 8; i++)
		le[i] = (uint8_t)(h >> 8 * i);
	edge_hex(text, edge_slice(le, 8));
	ck_assert_str_eq(text, siphashes[_i].hash);
}
END_TEST

START_TEST(siphash_depends_on_every_bit_of_the_key)
{
	uint8_t key[16] = {0};
	struct edge_slice none = {0};
	uint64_t h = edge_siphash(key, none);

	for (int bit = 0; bit < 128; bit++) {
		key[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_uint_ne(edge_siphash(key, none), h);
		key[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}
END_TEST

/* clang-format off */
static const struct { const char *bytes, *text; } base64[] = { /* RFC 4648 10 */
	{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"},
	{"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xff\xef\xbe", "_---"},
};
static const char *const bad_base64[] = {
	"A", "AAAAA", "Zg==", "Zm9v\n", " Zg", "Z+", "Z/", "Zh", "Zm9", "AB\200A",
};
/* clang-format on */

START_TEST(base64url_matches_rfc_4648_both_ways)
{
	struct edge_slice in = edge_slice_str(base64[_i].bytes);
	size_t len = strlen(base64[_i].text), got = 99;
	uint8_t bytes[8];
	char text[12];

	ck_assert_uint_eq(edge_base64url(text, sizeof(text), in), len);
	ck_assert_str_eq(text, base64[_i].text);
	ck_assert_uint_eq(edge_base64url(text, len, in), 0);
	ck_assert(!edge_base64url_decode(bytes, sizeof(bytes), &got,
					 edge_slice_str(base64[_i].text)));
	ck_assert(edge_slice_eq(edge_slice(bytes, got), in));
	ck_assert(!edge_base64url_decode(bytes, got, &got,
					 edge_slice_str(base64[_i].text)));
	if (got)
		ck_assert_int_eq(
			edge_base64url_decode(bytes, got - 1, &got,
					      edge_slice_str(base64[_i].text)),
			EDGE_ELIMIT);
}
END_TEST

START_TEST(base64url_decode_accepts_one_text_a_value)
{
	size_t len = 77;
	uint8_t bytes[8];

	ck_assert_int_eq(edge_base64url_decode(bytes, sizeof(bytes), &len,
					       edge_slice_str(bad_base64[_i])),
			 EDGE_EFORMAT);
	ck_assert_uint_eq(len, 77);
}
END_TEST

START_TEST(base64url_gives_back_every_byte_at_every_place)
{
	uint8_t in[5], out[5];
	char text[8];
	size_t len;

	for (unsigned v = 0; v < 256; v++)
		for (size_t at = 0; at < sizeof(in); at++) {
			memset(in, (int)(255 - v), sizeof(in));
			in[at] = (uint8_t)v;
			edge_base64url(text, sizeof(text), edge_slice(in, 5));
			ck_assert(!edge_base64url_decode(out, 5, &len,
							 edge_slice_str(text)));
			ck_assert_mem_eq(in, out, 5);
		}
}
END_TEST

START_TEST(hex_and_unhex_are_each_others_inverse)
{
	uint8_t in[256], out[256];
	char text[513];
	size_t len;

	for (unsigned i = 0; i < 256; i++)
		in[i] = (uint8_t)i;
	edge_hex(text, edge_slice(in, sizeof(in)));
	ck_assert_uint_eq(strlen(text), 512);
	ck_assert(!edge_unhex(out, sizeof(out), &len, edge_slice_str(text)));
	ck_assert_mem_eq(in, out, sizeof(in));
	ck_assert(!edge_unhex(out, 2, &len, edge_slice_str("aBCd")));
	ck_assert_mem_eq(out, "\xab\xcd", 2);
	ck_assert_int_eq(edge_unhex(out, 1, &len, edge_slice_str("abcd")),
			 EDGE_ELIMIT);
	ck_assert_int_eq(edge_unhex(out, 9, &len, edge_slice_str("abc")),
			 EDGE_EFORMAT);
	ck_assert_int_eq(edge_unhex(out, 9, &len, edge_slice_str("0x")),
			 EDGE_EFORMAT);
	ck_assert_uint_eq(len, 2);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("crypto_text");
	TCase *t = tcase_create("siphash");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, siphash_matches_the_reference, 0,
			    sizeof(siphashes) / sizeof(siphashes[0]));
	tcase_add_test(t, siphash_depends_on_every_bit_of_the_key);
	suite_add_tcase(s, t);
	t = tcase_create("text");
	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, base64url_matches_rfc_4648_both_ways, 0,
			    sizeof(base64) / sizeof(base64[0]));
	tcase_add_loop_test(t, base64url_decode_accepts_one_text_a_value, 0,
			    sizeof(bad_base64) / sizeof(bad_base64[0]));
	tcase_add_test(t, base64url_gives_back_every_byte_at_every_place);
	tcase_add_test(t, hex_and_unhex_are_each_others_inverse);
	suite_add_tcase(s, t);
	return s;
}
