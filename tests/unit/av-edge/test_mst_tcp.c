/* Frames and pseudo-TLS against the recorded bytes. */
#include <string.h>

#include "av-edge/mst_tcp.h"
#include "tests/support/suite.h"
#include "tests/support/vector.h"

static json_t *root;

static void setup(void)
{
	root = vector_load("av-msturn-libnice-tcp.json");
}

static void teardown(void)
{
	json_decref(root);
}

static struct edge_slice recorded(const char *name)
{
	return vector_hex(vector_named(json_object_get(root, "vectors"), name),
			  "bytes");
}

START_TEST(hello_of_libnice_is_known)
{
	struct edge_slice hello = recorded("pseudo-tls-client-hello");

	ck_assert_uint_eq(edge_slice_len(hello), MST_HELLO_LEN);
	for (size_t n = 0; n < MST_HELLO_LEN; n++)
		ck_assert_int_eq(mst_hello_check(edge_slice(hello.p, n)),
				 EDGE_EAGAIN);
	ck_assert_int_eq(mst_hello_check(hello), EDGE_OK);
}
END_TEST

START_TEST(hello_may_differ_in_time_and_random_only)
{
	uint8_t bytes[MST_HELLO_LEN] = {0};
	struct edge_slice s = edge_slice(bytes, sizeof(bytes));

	for (size_t at = 0; at < MST_HELLO_LEN; at++) {
		bool is_free = at >= 11 && at < 43;

		memcpy(bytes, recorded("pseudo-tls-client-hello").p,
		       sizeof(bytes));
		bytes[at] ^= 1;
		ck_assert_int_eq(mst_hello_check(s),
				 is_free ? EDGE_OK : EDGE_EFORMAT);
	}
}
END_TEST

START_TEST(hello_reply_is_the_recorded_one)
{
	struct edge_slice want = recorded("pseudo-tls-server-reply");
	uint8_t got[MST_HELLO_REPLY_LEN], random[MST_HELLO_RANDOM_LEN];

	memcpy(random, want.p + 15, 28);
	memcpy(random + 28, want.p + 44, 32);
	mst_hello_reply(got, 0x11111111, random);
	ck_assert_uint_eq(edge_slice_len(want), sizeof(got));
	ck_assert_mem_eq(got, want.p, sizeof(got));
}
END_TEST

START_TEST(frames_are_cut_at_every_length)
{
	struct edge_slice in = recorded("end-to-end-frame");
	struct mst_frame f;

	for (size_t n = 0; n < edge_slice_len(in); n++) {
		struct edge_slice part = edge_slice(in.p, n);

		ck_assert_int_eq(mst_frame_take(&f, &part), EDGE_EAGAIN);
		ck_assert_ptr_eq(part.p, in.p);
	}
	ck_assert_int_eq(mst_frame_take(&f, &in), EDGE_OK);
	ck_assert_uint_eq(f.type, MST_FRAME_DATA);
	ck_assert_uint_eq(edge_slice_len(f.payload), 22);
	ck_assert_ptr_eq(in.p, in.end);
}
END_TEST

START_TEST(other_frames_are_refused)
{
	static const uint8_t bad[][2] = {
		{0, 0}, {1, 0}, {4, 0}, {2, 1}, {3, 0x80}};
	struct mst_frame f;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct edge_slice in = edge_slice(bad[i], 2);

		ck_assert_int_eq(mst_frame_take(&f, &in), EDGE_EFORMAT);
	}
}
END_TEST

START_TEST(frame_head_is_written_as_it_is_read)
{
	uint8_t bytes[MST_FRAME_HEAD + 3] = {0};
	struct edge_slice in = edge_slice(bytes, sizeof(bytes));
	struct mst_frame f;

	mst_frame_head(bytes, MST_FRAME_CONTROL, 3);
	ck_assert_int_eq(mst_frame_take(&f, &in), EDGE_OK);
	ck_assert_uint_eq(f.type, MST_FRAME_CONTROL);
	ck_assert_uint_eq(edge_slice_len(f.payload), 3);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mst_tcp");
	TCase *tc = tcase_create("stream");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, hello_of_libnice_is_known);
	tcase_add_test(tc, hello_may_differ_in_time_and_random_only);
	tcase_add_test(tc, hello_reply_is_the_recorded_one);
	tcase_add_test(tc, frames_are_cut_at_every_length);
	tcase_add_test(tc, other_frames_are_refused);
	tcase_add_test(tc, frame_head_is_written_as_it_is_read);
	suite_add_tcase(s, tc);
	return s;
}
