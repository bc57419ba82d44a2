/* common/http_body.c */
#include "common/http_body.h"

#include <string.h>

#include "tests/support/suite.h"

static const struct edge_http_head chunked = {.status = 200,
					      .is_chunked = true};

struct got {
	char text[512];
	size_t len;
	enum edge_err err;
	bool is_done;
	size_t left; /* of the input */
};

/* In pieces of at most so many bytes. */
static struct got take(const struct edge_http_head *h, const char *text,
		       size_t piece)
{
	struct edge_slice all = edge_slice_str(text), in, out;
	struct edge_http_body b;
	struct got g = {0};

	edge_http_body_init(&b, h);
	while (edge_slice_len(all) && !g.err && !edge_http_body_is_done(&b)) {
		in = edge_slice(all.p, edge_slice_len(all) < piece
					       ? edge_slice_len(all)
					       : piece);
		g.err = edge_http_body_take(&b, &in, &out);
		memcpy(g.text + g.len, out.p, edge_slice_len(out));
		g.len += edge_slice_len(out);
		all.p = in.p;
	}
	g.is_done = edge_http_body_is_done(&b);
	g.left = edge_slice_len(all);
	return g;
}

START_TEST(http_body_is_of_the_length_that_was_said)
{
	struct edge_http_head h = {.has_length = true, .length = 5};
	struct got g = take(&h, "helloHTTP", 1 + (size_t)_i);

	ck_assert_int_eq(g.err, EDGE_OK);
	ck_assert_str_eq(g.text, "hello");
	ck_assert(g.is_done);
	ck_assert_uint_eq(g.left, 4);
	g = take(&h, "hell", 1 + (size_t)_i);
	ck_assert(!g.is_done);
	h.length = 0;
	ck_assert(take(&h, "", 1).is_done);
}
END_TEST

START_TEST(http_body_ends_with_the_connection_when_nothing_is_said)
{
	const struct edge_http_head h = {.status = 200};
	struct edge_http_body b;
	struct got g = take(&h, "hello", 2);

	ck_assert_str_eq(g.text, "hello");
	ck_assert(!g.is_done);
	edge_http_body_init(&b, &h);
	ck_assert(edge_http_body_ends_with_connection(&b));
	edge_http_body_init(&b, &chunked);
	ck_assert(!edge_http_body_ends_with_connection(&b));
}
END_TEST

START_TEST(http_body_is_put_together_from_chunks)
{
	struct got g = take(&chunked,
			    "5\r\nhello\r\n"
			    "00A;name=\"v\"\r\n, chunked \r\n"
			    "1 \r\nx\r\n"
			    "0\r\nTrailer: t\r\nMore: t\r\n\r\nHTTP",
			    1 + (size_t)_i);

	ck_assert_int_eq(g.err, EDGE_OK);
	ck_assert_str_eq(g.text, "hello, chunked x");
	ck_assert(g.is_done);
	ck_assert_uint_eq(g.left, 4);
}
END_TEST

static const struct {
	const char *text;
	enum edge_err err;
} refused[] = {
	{"\r\n", EDGE_EFORMAT},
	{"x\r\n", EDGE_EFORMAT},
	{"-1\r\n", EDGE_EFORMAT},
	{"0x5\r\nhello", EDGE_EFORMAT},
	{" 5\r\nhello", EDGE_EFORMAT},
	{"5\nhello\r\n", EDGE_EFORMAT},
	{"5\rhello\r\n", EDGE_EFORMAT},
	{"5;a\nhello\r\n", EDGE_EFORMAT},
	{"5\r\nhelloX", EDGE_EFORMAT},
	{"5\r\nhello\n0\r\n\r\n", EDGE_EFORMAT},
	{"5\r\nhello\rX", EDGE_EFORMAT},
	{"0\r\n\rX", EDGE_EFORMAT},
	{"0\r\nT: a\n\r\n", EDGE_EFORMAT},
	{"0\r\n\n", EDGE_EFORMAT},
	{"0\r\nT: a\rX", EDGE_EFORMAT},
	{"123456789\r\n", EDGE_ELIMIT},
	{"000000005\r\nhello", EDGE_ELIMIT},
};

START_TEST(http_body_refuses_what_are_no_chunks)
{
	for (size_t piece = 1; piece < 12; piece++) {
		struct got g = take(&chunked, refused[_i].text, piece);

		ck_assert_str_eq(edge_err_name(g.err),
				 edge_err_name(refused[_i].err));
		ck_assert(!g.is_done);
	}
}
END_TEST

START_TEST(http_body_caps_what_is_passed_over)
{
	static char text[2 * EDGE_HTTP_HEAD_MAX];

	strcpy(text, "5;");
	memset(text + 2, 'a', 300);
	ck_assert_int_eq(take(&chunked, text, 7).err, EDGE_ELIMIT);
	text[200] = '\0';
	ck_assert_int_eq(take(&chunked, text, 7).err, EDGE_OK);
	memset(text, 0, sizeof(text));
	strcpy(text, "0\r\n");
	for (size_t n = 3; n + 4 < sizeof(text); n += 4)
		memcpy(text + n, "a:\r\n", 5);
	ck_assert_int_eq(take(&chunked, text, 100).err, EDGE_ELIMIT);
	text[EDGE_HTTP_HEAD_MAX / 2] = '\0';
	ck_assert_int_eq(take(&chunked, text, 100).err, EDGE_OK);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("http_body");
	TCase *t = tcase_create("framing");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, http_body_is_of_the_length_that_was_said, 0, 9);
	tcase_add_test(t,
		       http_body_ends_with_the_connection_when_nothing_is_said);
	tcase_add_loop_test(t, http_body_is_put_together_from_chunks, 0, 100);
	tcase_add_loop_test(t, http_body_refuses_what_are_no_chunks, 0,
			    sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(t, http_body_caps_what_is_passed_over);
	suite_add_tcase(s, t);
	return s;
}
