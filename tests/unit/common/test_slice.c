/* Cursors: bounds, untouched outputs on failure, encode against decode. */
#include "common/slice.h"

#include <string.h>

#include "tests/support/suite.h"

START_TEST(slice_of_nothing_is_empty_everywhere)
{
	struct edge_slice none = {0}, out;
	char text[4] = "abc";

	ck_assert_uint_eq(edge_slice_len(none), 0);
	ck_assert_uint_eq(edge_slice_len(edge_slice_str(NULL)), 0);
	ck_assert(edge_slice_eq(none, edge_slice_str("")));
	ck_assert(edge_slice_ieq(none, edge_slice_str("")));
	ck_assert_ptr_null(edge_slice_find(none, 0));
	ck_assert_uint_eq(edge_slice_len(edge_slice_trim(none)), 0);
	ck_assert(edge_take(&none, 0, &out));
	ck_assert(!edge_take(&none, 1, &out));
	ck_assert(edge_slice_copy(text, sizeof(text), none));
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(slice_eq_folds_only_ascii_letters)
{
	ck_assert(edge_slice_ieq_str(edge_slice_str("CallId"), "cALLiD"));
	ck_assert(!edge_slice_ieq_str(edge_slice_str("@"), "`"));
	ck_assert(!edge_slice_ieq_str(edge_slice_str("["), "{"));
	ck_assert(!edge_slice_ieq_str(edge_slice_str("\xc4"), "\xe4"));
	ck_assert(!edge_slice_eq_str(edge_slice_str("a"), "A"));
	ck_assert(!edge_slice_eq_str(edge_slice_str("a"), "ab"));
	ck_assert(edge_slice_eq_str(edge_slice_str("ab"), "ab"));
}
END_TEST

START_TEST(slice_trim_takes_blanks_off_both_ends)
{
	struct edge_slice s = edge_slice_str(" \t a b\r\n");

	ck_assert(edge_slice_eq_str(edge_slice_trim(s), "a b"));
	s = edge_slice_trim(edge_slice_str(" \r\n\t"));
	ck_assert_uint_eq(edge_slice_len(s), 0);
}
END_TEST

START_TEST(slice_copy_refuses_what_is_no_c_string)
{
	char dst[4] = "old";

	ck_assert(!edge_slice_copy(dst, sizeof(dst), edge_slice_str("four")));
	ck_assert(!edge_slice_copy(dst, sizeof(dst), edge_slice("a\0b", 3)));
	ck_assert(!edge_slice_copy(dst, 0, edge_slice_str("")));
	ck_assert_str_eq(dst, "old");
	ck_assert(edge_slice_copy(dst, sizeof(dst), edge_slice_str("abc")));
	ck_assert_str_eq(dst, "abc");
}
END_TEST

START_TEST(take_reads_integers_big_endian)
{
	static const uint8_t wire[] = {1, 2,  3,  0xff, 0xee, 0xdd, 0xcc, 8,
				       9, 10, 11, 12,	13,   14,   15};
	struct edge_slice in = edge_slice(wire, sizeof(wire));
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	ck_assert(edge_take_u8(&in, &u8) && edge_take_u16(&in, &u16));
	ck_assert(edge_take_u32(&in, &u32) && edge_take_u64(&in, &u64));
	ck_assert_uint_eq(u8, 1);
	ck_assert_uint_eq(u16, 0x0203);
	ck_assert_uint_eq(u32, 0xffeeddcc);
	ck_assert_uint_eq(u64, 0x08090a0b0c0d0e0f);
	ck_assert_uint_eq(edge_slice_len(in), 0);
}
END_TEST

START_TEST(take_leaves_cursor_and_output_when_short)
{
	static const uint8_t wire[7] = {1, 2, 3, 4, 5, 6, 7};

	for (size_t n = 0; n < sizeof(wire); n++) {
		struct edge_slice in = edge_slice(wire, n), out = {0};
		uint8_t u8 = 77;
		uint16_t u16 = 77;
		uint32_t u32 = 77;
		uint64_t u64 = 77;

		ck_assert(!edge_take_u64(&in, &u64) && u64 == 77);
		ck_assert(!edge_take(&in, n + 1, &out) && !out.p);
		ck_assert(!edge_take(&in, SIZE_MAX, &out) && !out.p);
		ck_assert(n >= 4 || (!edge_take_u32(&in, &u32) && u32 == 77));
		ck_assert(n >= 2 || (!edge_take_u16(&in, &u16) && u16 == 77));
		ck_assert(n >= 1 || (!edge_take_u8(&in, &u8) && u8 == 77));
		ck_assert_ptr_eq(in.p, wire);
	}
}
END_TEST

START_TEST(take_until_keeps_going_after_the_separator)
{
	struct edge_slice in = edge_slice_str("a;;bc"), out;

	ck_assert(edge_take_until(&in, ';', &out));
	ck_assert(edge_slice_eq_str(out, "a"));
	ck_assert(edge_take_until(&in, ';', &out));
	ck_assert_uint_eq(edge_slice_len(out), 0);
	ck_assert(!edge_take_until(&in, ';', &out));
	ck_assert(edge_slice_eq_str(in, "bc"));
}
END_TEST

/* clang-format off */
static const struct { const char *text; uint64_t max; bool good; uint64_t v; } decimals[] = {
	{"0", 0, true, 0}, {"1", 0, false, 0}, {"65535", 65535, true, 65535},
	{"65536", 65535, false, 0}, {"00007", 7, true, 7}, {"", 9, false, 0},
	{"+1", 9, false, 0}, {"-1", 9, false, 0}, {" 1", 9, false, 0},
	{"1 ", 9, false, 0}, {"0x1", 99, false, 0}, {"9", 5, false, 0},
	{"1:", 99, false, 0}, {"1/", 99, false, 0}, {"10", 9, false, 0},
	{"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
	{"18446744073709551616", UINT64_MAX, false, 0},
	{"99999999999999999999999999", UINT64_MAX, false, 0},
};
static const struct { const char *text; bool good; uint64_t v; } hexes[] = {
	{"0", true, 0}, {"fF", true, 255}, {"", false, 0}, {"g", false, 0},
	{"0x1", false, 0}, {"ffffffffffffffff", true, UINT64_MAX},
	{"0ffffffffffffffff", false, 0}, {" 1", false, 0}, {"@", false, 0},
	{"/", false, 0}, {":", false, 0}, {"`", false, 0},
};
/* clang-format on */

START_TEST(slice_u64_accepts_exactly_decimal_up_to_max)
{
	uint64_t v = 77;
	bool good = edge_slice_u64(edge_slice_str(decimals[_i].text),
				   decimals[_i].max, &v);

	ck_assert_int_eq(good, decimals[_i].good);
	ck_assert_uint_eq(v, good ? decimals[_i].v : 77);
}
END_TEST

START_TEST(slice_hex_accepts_exactly_hex_digits)
{
	uint64_t v = 77;
	bool good = edge_slice_hex(edge_slice_str(hexes[_i].text), &v);

	ck_assert_int_eq(good, hexes[_i].good);
	ck_assert_uint_eq(v, good ? hexes[_i].v : 77);
}
END_TEST

START_TEST(put_writes_what_take_reads)
{
	uint8_t buf[32];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct edge_slice in, rest;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	edge_put_u8(&w, 0x12);
	edge_put_u16(&w, 0x3456);
	edge_put_u32(&w, 0x789abcde);
	edge_put_u64(&w, 0xf0f1f2f3f4f5f6f7);
	edge_put_str(&w, "x");
	edge_put_slice(&w, edge_slice("yz", 2));
	ck_assert_uint_eq(edge_put_len(&w), 18);
	in = edge_put_done(&w);
	ck_assert(edge_take_u8(&in, &u8) && u8 == 0x12);
	ck_assert(edge_take_u16(&in, &u16) && u16 == 0x3456);
	ck_assert(edge_take_u32(&in, &u32) && u32 == 0x789abcde);
	ck_assert(edge_take_u64(&in, &u64) && u64 == 0xf0f1f2f3f4f5f6f7);
	ck_assert(edge_take(&in, 3, &rest) && edge_slice_eq_str(rest, "xyz"));
}
END_TEST

START_TEST(put_prints_numbers)
{
	char buf[128];
	struct edge_put w = edge_put(buf, sizeof(buf));

	edge_put_dec(&w, 0);
	edge_put_str(&w, " ");
	edge_put_dec(&w, UINT64_MAX);
	edge_put_str(&w, " ");
	edge_put_hex(&w, 0);
	edge_put_str(&w, " ");
	edge_put_hex(&w, 0xA0B);
	edge_put_str(&w, " ");
	edge_put_hex(&w, UINT64_MAX);
	ck_assert(edge_slice_eq_str(
		edge_put_done(&w),
		"0 18446744073709551615 0 A0B FFFFFFFFFFFFFFFF"));
}
END_TEST

START_TEST(put_remembers_overflow_and_writes_no_byte_more)
{
	char buf[5] = "....";
	struct edge_put w = edge_put(buf, 3);

	edge_put_str(&w, "ab");
	edge_put_str(&w, "cd");
	ck_assert(w.overflow);
	edge_put_str(&w, "e"); /* would fit; the message is lost already */
	ck_assert_uint_eq(edge_slice_len(edge_put_done(&w)), 0);
	ck_assert_mem_eq(buf, "ab..", 5);
	w = edge_put(NULL, 0);
	edge_put_str(&w, "");
	ck_assert(!w.overflow);
	edge_put_u8(&w, 1);
	ck_assert(w.overflow);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("slice");
	TCase *t = tcase_create("slice");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, slice_of_nothing_is_empty_everywhere);
	tcase_add_test(t, slice_eq_folds_only_ascii_letters);
	tcase_add_test(t, slice_trim_takes_blanks_off_both_ends);
	tcase_add_test(t, slice_copy_refuses_what_is_no_c_string);
	tcase_add_loop_test(t, slice_u64_accepts_exactly_decimal_up_to_max, 0,
			    sizeof(decimals) / sizeof(decimals[0]));
	tcase_add_loop_test(t, slice_hex_accepts_exactly_hex_digits, 0,
			    sizeof(hexes) / sizeof(hexes[0]));
	suite_add_tcase(s, t);
	t = tcase_create("take");
	tcase_set_timeout(t, 10);
	tcase_add_test(t, take_reads_integers_big_endian);
	tcase_add_test(t, take_leaves_cursor_and_output_when_short);
	tcase_add_test(t, take_until_keeps_going_after_the_separator);
	suite_add_tcase(s, t);
	t = tcase_create("put");
	tcase_set_timeout(t, 10);
	tcase_add_test(t, put_writes_what_take_reads);
	tcase_add_test(t, put_prints_numbers);
	tcase_add_test(t, put_remembers_overflow_and_writes_no_byte_more);
	suite_add_tcase(s, t);
	return s;
}
