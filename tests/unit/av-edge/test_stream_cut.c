/* av-edge/stream_cut.c: messages out of a stream. */
#include "av-edge/stream_cut.h"

#include <string.h>

#include "tests/support/suite.h"

static const struct message {
	const char *bytes;
	size_t len, body_at, body_len;
	enum ave_stream_kind kind;
	enum ave_cut cut;
} messages[] = {
	{"\x02\x00\x00\x03"
	 "abc",
	 7, 4, 3, AVE_STREAM_MS, AVE_CUT_MST_CONTROL},
	{"\x03\x00\x00\x00", 4, 4, 0, AVE_STREAM_MS, AVE_CUT_MST_DATA},
	{"\x00\x01\x00\x04\x21\x12\xa4\x42"
	 "0123456789ab"
	 "ATTR",
	 24, 0, 24, AVE_STREAM_RFC, AVE_CUT_RFC_MESSAGE},
	{"\x40\x00\x00\x05"
	 "abcde\0\0\0",
	 12, 0, 9, AVE_STREAM_RFC, AVE_CUT_RFC_CHANNEL},
	{"\x7f\xff\x00\x00", 4, 0, 4, AVE_STREAM_RFC, AVE_CUT_RFC_CHANNEL},
};

START_TEST(stream_cut_takes_one_message_and_no_prefix_of_it)
{
	const struct message *m = &messages[_i];
	struct edge_slice body;
	enum ave_cut cut;
	size_t whole;

	for (size_t n = 0; n < m->len; n++)
		ck_assert_int_eq(ave_stream_cut(&cut, &body, &whole,
						edge_slice(m->bytes, n),
						m->kind),
				 EDGE_EAGAIN);
	ck_assert_int_eq(ave_stream_cut(&cut, &body, &whole,
					edge_slice(m->bytes, m->len), m->kind),
			 EDGE_OK);
	ck_assert_int_eq(cut, m->cut);
	ck_assert_uint_eq(whole, m->len);
	ck_assert_ptr_eq(body.p, m->bytes + m->body_at);
	ck_assert_uint_eq(edge_slice_len(body), m->body_len);
}
END_TEST

static const struct message bad[] = {
	{"\x01\x00\x00\x00", 4, 0, 0, AVE_STREAM_MS, 0},
	{"\x02\x01\x00\x00", 4, 0, 0, AVE_STREAM_MS, 0},
	{"\x16\x03\x01\x00", 4, 0, 0, AVE_STREAM_MS, 0},
	{"\x80\x00\x00\x00", 4, 0, 0, AVE_STREAM_RFC, 0},
	{"\xc0\x00\x00\x00", 4, 0, 0, AVE_STREAM_RFC, 0},
	{"\x00\x01\x00\x03", 4, 0, 0, AVE_STREAM_RFC, 0},
	{"\x00\x01\x00\x04\x21\x12\xa4\x41", 8, 0, 0, AVE_STREAM_RFC, 0},
};

START_TEST(stream_cut_says_when_it_is_lost)
{
	struct edge_slice body;
	enum ave_cut cut;
	size_t whole;

	ck_assert_int_eq(ave_stream_cut(&cut, &body, &whole,
					edge_slice(bad[_i].bytes, bad[_i].len),
					bad[_i].kind),
			 EDGE_EFORMAT);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("stream_cut");
	TCase *t = tcase_create("bytes");

	tcase_set_timeout(t, 20);
	tcase_add_loop_test(t, stream_cut_takes_one_message_and_no_prefix_of_it,
			    0, sizeof(messages) / sizeof(messages[0]));
	tcase_add_loop_test(t, stream_cut_says_when_it_is_lost, 0,
			    sizeof(bad) / sizeof(bad[0]));
	suite_add_tcase(s, t);
	return s;
}
