/* EP1-DO: the recorded stream, the laws, what is no frame. */
#include <string.h>

#include "edgectl/dataconf_do.h"
#include "tests/support/suite.h"

/* tests/vectors/psom-do-stream.hex: connect, invoke 4, heart-beat, disconnect
 */
static const uint8_t stream[] = {
	0,    0,    0,	  0x2d, 1,    0,    0,	  0,	1,    0,    0,	  0,
	0,    0,    0x0e, 'C',	'o',  'n',  't',  'e',	'n',  't',  'M',  'a',
	'n',  'a',  'g',  'e',	'r',  0,    0,	  0,	0x0a, 0x34, 0xbe, 0x85,
	0xe5, 0x00, 0x17, 0x30, 0x31, 0x8d, 0x6f, 0xeb, 0x07, 0x5d, 0xe8, 0xbd,
	0xb4, 0,    0,	  0,	0x13, 3,    0,	  0,	0,    1,    0,	  4,
	0,    6,    'S',  'l',	'i',  'd',  'e',  's',	0,    0,    0,	  0x4d,
	0,    0,    0,	  5,	4,    0,    0,	  0,	0,    0,    0,	  0,
	5,    2,    0,	  0,	0,    1};
enum { CONNECT_LEN = 49 };

static const struct ctl_do frames[] = {
	{.op = CTL_DO_CONNECT, .object = CTL_DO_MANAGER},
	{.op = CTL_DO_INVOKE,
	 .object = CTL_DO_MANAGER,
	 .method = CTL_DO_RESERVE,
	 .cookie = 77},
	{.op = CTL_DO_BEAT},
	{.op = CTL_DO_DISCONNECT, .object = CTL_DO_MANAGER},
};

START_TEST(encode_gives_the_recorded_stream)
{
	uint8_t out[CTL_DO_FRAME_MAX];
	size_t at = 0;

	for (size_t i = 0; i < 4; i++) {
		struct ctl_do d = frames[i];
		struct edge_slice got;

		if (d.op == CTL_DO_INVOKE)
			d.title = edge_slice_str("Slides");
		got = ctl_do_encode(out, sizeof(out), &d);
		ck_assert_uint_gt(edge_slice_len(got), 0);
		ck_assert_uint_le(at + edge_slice_len(got), sizeof(stream));
		ck_assert_mem_eq(got.p, stream + at, edge_slice_len(got));
		at += edge_slice_len(got);
	}
	ck_assert_uint_eq(at, sizeof(stream));
}
END_TEST

START_TEST(decode_reads_the_recorded_stream)
{
	struct edge_slice in = edge_slice(stream, sizeof(stream));
	struct ctl_do d;
	size_t used;

	/* nobody connects an object of ours */
	ck_assert_int_eq(ctl_do_decode(&d, &used, in), EDGE_EFORMAT);
	in.p += CONNECT_LEN;
	ck_assert_int_eq(ctl_do_decode(&d, &used, in), EDGE_OK);
	ck_assert_int_eq(d.method, CTL_DO_RESERVE);
	ck_assert(edge_slice_eq_str(d.title, "Slides"));
	ck_assert_int_eq(d.cookie, 77);
	in.p += used;
	ck_assert_int_eq(ctl_do_decode(&d, &used, in), EDGE_OK);
	ck_assert_int_eq(d.op, CTL_DO_BEAT);
	in.p += used;
	ck_assert_int_eq(ctl_do_decode(&d, &used, in), EDGE_OK);
	ck_assert_int_eq(d.op, CTL_DO_DISCONNECT);
	ck_assert_ptr_eq(in.p + used, in.end);
}
END_TEST

static const enum ctl_do_method methods[] = {CTL_DO_UPLOAD,  CTL_DO_PRESENT,
					     CTL_DO_RESERVE, CTL_DO_CONTENT,
					     CTL_DO_ACTIVE,  CTL_DO_RESERVED};

START_TEST(every_method_comes_back_and_no_prefix_of_it)
{
	const struct ctl_do d = {.op = CTL_DO_INVOKE,
				 .object = 7,
				 .method = methods[_i],
				 .title = edge_slice_str("t\xc3\xbc"),
				 .chunk = edge_slice("chunk", 5),
				 .is_last = true,
				 .cookie = -2};
	uint8_t out[256], again[256];
	struct edge_slice got = ctl_do_encode(out, sizeof(out), &d), twice;
	struct ctl_do back;
	size_t used, len = edge_slice_len(got);

	ck_assert_uint_gt(len, 0);
	for (size_t n = 0; n < len; n++) {
		ck_assert_int_eq(
			ctl_do_decode(&back, &used, edge_slice(got.p, n)),
			EDGE_EAGAIN);
		ck_assert_uint_eq(edge_slice_len(ctl_do_encode(again, n, &d)),
				  0);
	}
	ck_assert_int_eq(ctl_do_decode(&back, &used, got), EDGE_OK);
	ck_assert_uint_eq(used, len);
	ck_assert_uint_eq(back.object, 7);
	twice = ctl_do_encode(again, sizeof(again), &back);
	ck_assert(edge_slice_eq(got, twice));
	/* one byte more or less in the body */
	out[3]++;
	out[len] = 0;
	ck_assert_int_eq(ctl_do_decode(&back, &used, edge_slice(out, len + 1)),
			 EDGE_EFORMAT);
	out[3] = (uint8_t)(out[3] - 2);
	ck_assert_int_eq(ctl_do_decode(&back, &used, edge_slice(out, len)),
			 EDGE_EFORMAT);
}
END_TEST

START_TEST(error_comes_back)
{
	const struct ctl_do d = {.op = CTL_DO_ERROR,
				 .title = edge_slice_str("full"),
				 .cookie = 507};
	uint8_t out[64];
	struct ctl_do back;
	size_t used;

	ck_assert_int_eq(ctl_do_decode(&back, &used,
				       ctl_do_encode(out, sizeof(out), &d)),
			 EDGE_OK);
	ck_assert_int_eq(back.cookie, 507);
	ck_assert(edge_slice_eq_str(back.title, "full"));
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
	enum edge_err want;
} broken[] = {
	{"\0\0\0\4\4\0\0\0", 8, EDGE_EFORMAT}, /* no head */
	{"\0\0\xff\xfd", 4, EDGE_ELIMIT},      /* 65533 and 4 */
	{"\0\0\xff\xfc", 4, EDGE_EAGAIN},      /* 65536 */
	{"\xff\xff\xff\xff", 4, EDGE_ELIMIT},
	{"\0\0\0\5\0\0\0\0\1", 9, EDGE_EFORMAT},      /* operation 0 */
	{"\0\0\0\5\6\0\0\0\1", 9, EDGE_EFORMAT},      /* operation 6 */
	{"\0\0\0\7\3\0\0\0\1\0\3", 11, EDGE_EFORMAT}, /* method 3 */
	{"\0\0\0\6\4\0\0\0\0\0", 10, EDGE_EFORMAT},   /* a beat has none */
	{"\0\0\0\x11\3\0\0\0\1\0\x65\0\1t\0\0\0\1x\2", 21, EDGE_EFORMAT},
};

START_TEST(decode_refuses_what_is_no_frame)
{
	struct ctl_do d;
	size_t used;

	ck_assert_int_eq(
		ctl_do_decode(&d, &used,
			      edge_slice(broken[_i].bytes, broken[_i].len)),
		broken[_i].want);
}
END_TEST

START_TEST(encode_keeps_to_the_longest_frame)
{
	static uint8_t out[CTL_DO_FRAME_MAX + 100], chunk[CTL_DO_FRAME_MAX];
	struct ctl_do d = {.op = CTL_DO_INVOKE,
			   .object = 1,
			   .method = CTL_DO_UPLOAD,
			   .chunk = edge_slice(chunk, CTL_DO_FRAME_MAX - 18)};
	struct ctl_do back;
	size_t used;

	ck_assert_int_eq(ctl_do_decode(&back, &used,
				       ctl_do_encode(out, sizeof(out), &d)),
			 EDGE_OK);
	ck_assert_uint_eq(used, CTL_DO_FRAME_MAX);
	d.chunk.end++;
	ck_assert_uint_eq(edge_slice_len(ctl_do_encode(out, sizeof(out), &d)),
			  0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/dataconf_do");
	TCase *t = tcase_create("frames");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, encode_gives_the_recorded_stream);
	tcase_add_test(t, decode_reads_the_recorded_stream);
	tcase_add_loop_test(t, every_method_comes_back_and_no_prefix_of_it, 0,
			    sizeof(methods) / sizeof(*methods));
	tcase_add_test(t, error_comes_back);
	tcase_add_loop_test(t, decode_refuses_what_is_no_frame, 0,
			    sizeof(broken) / sizeof(*broken));
	tcase_add_test(t, encode_keeps_to_the_longest_frame);
	suite_add_tcase(s, t);
	return s;
}
