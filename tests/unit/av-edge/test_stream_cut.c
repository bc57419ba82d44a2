/* av-edge/stream_cut.c: first bytes, and messages out of a stream. */
#include "av-edge/stream_cut.h"

#include <string.h>

#include "tests/support/suite.h"

static const uint8_t hello[AVE_HELLO_LEN] = {
	0x16,	  3,	    1,	      0,	   0x2d,     1,
	0,	  0,	    0x29,     3,	   1,	     [43] = 0,
	[44] = 0, [45] = 2, [46] = 0, [47] = 0x18, [48] = 1, [49] = 0};

static const struct first {
	const char *bytes;
	size_t len;
	enum ave_first is;
} firsts[] = {
	{"", 0, AVE_FIRST_MORE},
	{"\x16", 1, AVE_FIRST_MORE},
	{"\x16\x03", 2, AVE_FIRST_MORE},
	{"\x16\x03\x01", 3, AVE_FIRST_MORE},
	{"\x16\x03\x03", 3, AVE_FIRST_TLS},
	{"\x16\x03\x01\x02\x00\x01", 6, AVE_FIRST_TLS},
	{"\x16\x02", 2, AVE_FIRST_STRANGE},
	{"\x02", 1, AVE_FIRST_MORE},
	{"\x02\x00", 2, AVE_FIRST_MS},
	{"\x02\x01", 2, AVE_FIRST_STRANGE},
	{"\x03\x00", 2, AVE_FIRST_MS},
	{"\x00\x01\x00\x00", 4, AVE_FIRST_MORE},
	{"\x00\x01\x00\x00\x21\x12\xa4\x42", 8, AVE_FIRST_RFC},
	{"\x01\x01\x00\x00\x21\x12\xa4\x42", 8, AVE_FIRST_RFC},
	{"\x00\x01\x00\x00\x21\x12\xa4\x43", 8, AVE_FIRST_STRANGE},
	{"\x40\x00", 2, AVE_FIRST_STRANGE},
	{"GET / HTTP/1.1\r\n", 16, AVE_FIRST_STRANGE},
	{"\x04", 1, AVE_FIRST_STRANGE},
};

START_TEST(stream_first_names_the_dialect)
{
	const struct first *f = &firsts[_i];

	ck_assert_int_eq(ave_stream_first(edge_slice(f->bytes, f->len)), f->is);
}
END_TEST

START_TEST(stream_first_knows_pseudo_tls_by_all_its_bytes)
{
	uint8_t b[AVE_HELLO_LEN];

	for (size_t n = 1; n < sizeof(hello); n++)
		ck_assert_int_eq(ave_stream_first(edge_slice(hello, n)),
				 AVE_FIRST_MORE);
	ck_assert_int_eq(ave_stream_first(edge_slice(hello, sizeof(hello))),
			 AVE_FIRST_PSEUDO_TLS);
	for (size_t i = 0; i < sizeof(hello); i++) {
		bool is_free = i >= 11 && i < 43; /* time and random */

		memcpy(b, hello, sizeof(b));
		b[i] ^= 0x55;
		ck_assert_int_eq(ave_stream_first(edge_slice(b, sizeof(b))) ==
					 AVE_FIRST_PSEUDO_TLS,
				 is_free);
	}
}
END_TEST

/* AV 1.3, byte by byte; two replies differ where the client masks. */
START_TEST(stream_hello_reply_is_as_the_client_reads_it)
{
	static const uint8_t head[] = {0x16, 3, 1,    0, 0x4e, 2,
				       0,    0, 0x46, 3, 1};
	static const uint8_t tail[] = {0, 0x18, 0, 0x0e, 0, 0, 0};
	uint8_t a[AVE_HELLO_REPLY_LEN], b[AVE_HELLO_REPLY_LEN];

	ck_assert_int_eq(ave_stream_hello_reply(a, 0x01020304), EDGE_OK);
	ck_assert_int_eq(ave_stream_hello_reply(b, 0x01020304), EDGE_OK);
	ck_assert_mem_eq(a, head, sizeof(head));
	ck_assert_mem_eq(a + 11, "\1\2\3\4", 4);
	ck_assert_uint_eq(a[43], 0x20);
	ck_assert_mem_eq(a + 76, tail, sizeof(tail));
	ck_assert_mem_ne(a + 15, b + 15, 28);
	ck_assert_mem_ne(a + 44, b + 44, 32);
}
END_TEST

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
	tcase_add_loop_test(t, stream_first_names_the_dialect, 0,
			    sizeof(firsts) / sizeof(firsts[0]));
	tcase_add_test(t, stream_first_knows_pseudo_tls_by_all_its_bytes);
	tcase_add_test(t, stream_hello_reply_is_as_the_client_reads_it);
	tcase_add_loop_test(t, stream_cut_takes_one_message_and_no_prefix_of_it,
			    0, sizeof(messages) / sizeof(messages[0]));
	tcase_add_loop_test(t, stream_cut_says_when_it_is_lost, 0,
			    sizeof(bad) / sizeof(bad[0]));
	suite_add_tcase(s, t);
	return s;
}
