/* HTTP codec: what is decoded, what is refused, and the laws of both. */
#include <stdlib.h>
#include <string.h>

#include "common/http.h"
#include "tests/support/suite.h"

enum { BODY_MAX = 64 };

static enum edge_err request(struct edge_http_msg *m, const char *text)
{
	return edge_http_decode(m, EDGE_HTTP_REQUEST, edge_slice_str(text),
				BODY_MAX);
}

static const char whole[] = "POST /v1/topology/prepare?dry=1&x=2 HTTP/1.1\r\n"
			    "Host: localhost\r\n"
			    "content-type:  application/json \r\n"
			    "Content-LENGTH: 9\r\n"
			    "\r\n"
			    "{\"seq\":4}";

START_TEST(http_decode_reads_each_part)
{
	struct edge_http_msg m;

	ck_assert_int_eq(request(&m, whole), EDGE_OK);
	ck_assert(edge_slice_eq_str(m.method, "POST"));
	ck_assert(edge_slice_eq_str(m.path, "/v1/topology/prepare"));
	ck_assert(edge_slice_eq_str(m.query, "dry=1&x=2"));
	ck_assert(
		edge_slice_eq_str(edge_slice_trim(m.type), "application/json"));
	ck_assert(edge_slice_eq_str(m.body, "{\"seq\":4}"));
	ck_assert_uint_eq(m.len, strlen(whole));
	ck_assert_ptr_eq(m.method.p, (const uint8_t *)whole);
}
END_TEST

START_TEST(http_decode_leaves_what_follows)
{
	struct edge_http_msg m;
	char two[sizeof(whole) + 8];

	strcpy(two, whole);
	strcat(two, "GET /x");
	ck_assert_int_eq(request(&m, two), EDGE_OK);
	ck_assert_uint_eq(m.len, strlen(whole));
}
END_TEST

START_TEST(http_decode_wants_more_at_every_prefix)
{
	for (size_t n = 0; n < strlen(whole); n++) {
		struct edge_http_msg m;
		char *cut = malloc(n ? n : 1); /* a sanitizer sees the end */

		memcpy(cut, whole, n);
		ck_assert_int_eq(edge_http_decode(&m, EDGE_HTTP_REQUEST,
						  edge_slice(cut, n), BODY_MAX),
				 EDGE_EAGAIN);
		free(cut);
	}
}
END_TEST

START_TEST(http_decode_reads_answer)
{
	static const char text[] = "HTTP/1.1 409 Conflict\r\n"
				   "Content-Length: 2\r\n\r\n{}";
	struct edge_http_msg m;

	ck_assert_int_eq(edge_http_decode(&m, EDGE_HTTP_ANSWER,
					  edge_slice_str(text), BODY_MAX),
			 EDGE_OK);
	ck_assert_uint_eq(m.status, 409);
	ck_assert(edge_slice_eq_str(m.body, "{}"));
	ck_assert_uint_eq(edge_slice_len(m.method), 0);
}
END_TEST

START_TEST(http_decode_takes_no_length_as_no_body)
{
	struct edge_http_msg m;

	ck_assert_int_eq(request(&m, "GET /v1/status HTTP/1.1\r\n\r\nrest"),
			 EDGE_OK);
	ck_assert_uint_eq(edge_slice_len(m.body), 0);
	ck_assert_uint_eq(edge_slice_len(m.query), 0);
	ck_assert_uint_eq(edge_slice_len(m.type), 0);
}
END_TEST

/* clang-format off */
#define LINE "GET / HTTP/1.1\r\n"
static const struct refused {
	const char *text;
	enum edge_err err;
} refused[] = {
	{LINE "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", EDGE_EDUP},
	{LINE "Content-Length: 1\r\ncontent-length: 2\r\n\r\nxx", EDGE_EDUP},
	{LINE "Content-Length: 65\r\n\r\n", EDGE_ELIMIT},
	{LINE "Content-Length: 4294967297\r\n\r\nx", EDGE_EFORMAT},
	{LINE "Content-Length: -1\r\n\r\n", EDGE_EFORMAT},
	{LINE "Content-Length: +1\r\n\r\nx", EDGE_EFORMAT},
	{LINE "Content-Length: 0x1\r\n\r\nx", EDGE_EFORMAT},
	{LINE "Content-Length: 1 1\r\n\r\nx", EDGE_EFORMAT},
	{LINE "Content-Length: \r\n\r\n", EDGE_EFORMAT},
	{LINE "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", EDGE_EFORMAT},
	{LINE "Expect: 100-continue\r\n\r\n", EDGE_EFORMAT},
	{LINE "A: b\r\n folded\r\n\r\n", EDGE_EFORMAT},
	{LINE "A: b\nC: d\r\n\r\n", EDGE_EFORMAT},
	{LINE "A: b\rC: d\r\n\r\n", EDGE_EFORMAT},
	{LINE "A: \x01\r\n\r\n", EDGE_EFORMAT},
	{"GET / HTTP/2.0\r\n\r\n", EDGE_EFORMAT},
	{"GET /\r\n\r\n", EDGE_EFORMAT},
	{"GET http://x/ HTTP/1.1\r\n\r\n", EDGE_EFORMAT},
	{"/ HTTP/1.1\r\n\r\n", EDGE_EFORMAT},
	{"\r\n\r\n", EDGE_EFORMAT},
	{"HTTP/1.1 200 OK\r\n\r\n", EDGE_EFORMAT},
};
#undef LINE
/* clang-format on */

START_TEST(http_decode_refuses_bad_request)
{
	struct edge_http_msg m = {.status = 77};

	ck_assert_int_eq(request(&m, refused[_i].text), refused[_i].err);
	ck_assert_uint_eq(m.status, 77); /* untouched */
}
END_TEST

START_TEST(http_decode_refuses_nul_byte)
{
	static const char text[] = "GET /\0 HTTP/1.1\r\n\r\n";
	struct edge_http_msg m;

	ck_assert_int_eq(edge_http_decode(&m, EDGE_HTTP_REQUEST,
					  edge_slice(text, sizeof(text) - 1),
					  BODY_MAX),
			 EDGE_EFORMAT);
}
END_TEST

START_TEST(http_decode_refuses_request_as_answer)
{
	struct edge_http_msg m;

	ck_assert_int_eq(edge_http_decode(&m, EDGE_HTTP_ANSWER,
					  edge_slice_str(whole), BODY_MAX),
			 EDGE_EFORMAT);
	ck_assert_int_eq(
		edge_http_decode(&m, EDGE_HTTP_ANSWER,
				 edge_slice_str("HTTP/1.1 999 No\r\n\r\n"),
				 BODY_MAX),
		EDGE_EFORMAT);
}
END_TEST

START_TEST(http_decode_caps_head)
{
	size_t len = EDGE_HTTP_HEAD_MAX + 1;
	char *text = malloc(len);
	struct edge_http_msg m;

	memset(text, 'a', len);
	ck_assert_int_eq(edge_http_decode(&m, EDGE_HTTP_REQUEST,
					  edge_slice(text, len - 1), BODY_MAX),
			 EDGE_EAGAIN);
	ck_assert_int_eq(edge_http_decode(&m, EDGE_HTTP_REQUEST,
					  edge_slice(text, len), BODY_MAX),
			 EDGE_ELIMIT);
	free(text);
}
END_TEST

START_TEST(http_decode_caps_lines)
{
	char text[2048] = "GET / HTTP/1.1\r\n";
	struct edge_http_msg m;

	for (int i = 0; i < EDGE_HTTP_LINES_MAX; i++)
		strcat(text, "A: b\r\n");
	strcat(text, "\r\n");
	ck_assert_int_eq(request(&m, text), EDGE_OK);
	text[strlen(text) - 2] = '\0';
	strcat(text, "A: b\r\n\r\n");
	ck_assert_int_eq(request(&m, text), EDGE_ELIMIT);
}
END_TEST

START_TEST(http_put_request_decodes_to_itself)
{
	char buf[EDGE_HTTP_ENCODE_MAX];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct edge_http_msg m;

	edge_http_put_request(&w, "POST", "/v1/x?limits=1", 3);
	edge_put_str(&w, "{ }");
	ck_assert(!w.overflow);
	ck_assert_int_eq(edge_http_decode(&m, EDGE_HTTP_REQUEST,
					  edge_put_done(&w), BODY_MAX),
			 EDGE_OK);
	ck_assert(edge_slice_eq_str(m.method, "POST"));
	ck_assert(edge_slice_eq_str(m.path, "/v1/x"));
	ck_assert(edge_slice_eq_str(m.query, "limits=1"));
	ck_assert(edge_slice_eq_str(m.body, "{ }"));
	ck_assert_uint_eq(m.len, edge_put_len(&w));
}
END_TEST

START_TEST(http_put_answer_decodes_to_itself)
{
	static const unsigned statuses[] = {200, 202, 400, 403, 404, 405,
					    408, 409, 413, 500, 503, 599};
	char buf[EDGE_HTTP_ENCODE_MAX];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct edge_http_msg m;

	edge_http_put_answer(&w, statuses[_i], 2);
	edge_put_str(&w, "{}");
	ck_assert_int_eq(edge_http_decode(&m, EDGE_HTTP_ANSWER,
					  edge_put_done(&w), BODY_MAX),
			 EDGE_OK);
	ck_assert_uint_eq(m.status, statuses[_i]);
	ck_assert(edge_slice_eq_str(m.body, "{}"));
}
END_TEST

START_TEST(http_head_decode_reads_an_answer)
{
	static const char text[] =
		"HTTP/1.1 302 Found\r\nLocation: http://b.com/x\r\n"
		"content-length: 12\r\nContent-Encoding: Identity\r\n\r\nbody";
	const struct edge_slice in = edge_slice_str(text);
	struct edge_http_head h;

	ck_assert_int_eq(edge_http_head_decode(&h, in), EDGE_OK);
	ck_assert_uint_eq(h.status, 302);
	ck_assert(edge_slice_eq_str(h.location, "http://b.com/x"));
	ck_assert(h.has_length && !h.is_chunked);
	ck_assert_uint_eq(h.length, 12);
	ck_assert_str_eq(text + h.len, "body");
	for (size_t n = 0; n < h.len; n++)
		ck_assert_int_eq(
			edge_http_head_decode(&(struct edge_http_head){0},
					      edge_slice(in.p, n)),
			EDGE_EAGAIN);
}
END_TEST

static const struct {
	const char *text;
	enum edge_err err;
	bool is_chunked, has_length;
} heads[] = {
	{"HTTP/1.1 200 OK\r\n\r\n", EDGE_OK, false, false},
	{"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", EDGE_OK, false, true},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", EDGE_OK, true,
	 false},
	{"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", EDGE_EFORMAT,
	 false, false},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
	 EDGE_EFORMAT, false, false},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
	 "Transfer-Encoding: chunked\r\n\r\n",
	 EDGE_EFORMAT, false, false},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
	 "Content-Length: 3\r\n\r\n",
	 EDGE_EFORMAT, false, false},
	{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
	 EDGE_EDUP, false, false},
	{"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n", EDGE_EFORMAT, false,
	 false},
	{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", EDGE_EDENIED,
	 false, false},
	{"HTTP/2.0 200 OK\r\n\r\n", EDGE_EFORMAT, false, false},
	{"HTTP/1.1 600 No\r\n\r\n", EDGE_EFORMAT, false, false},
	{"GET / HTTP/1.1\r\n\r\n", EDGE_EFORMAT, false, false},
	{"ICY 200 OK\r\n\r\n", EDGE_EFORMAT, false, false},
	{"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", EDGE_EFORMAT, false, false},
	{"HTTP/1.1 200 OK\nA: b\n\r\n\r\n", EDGE_EFORMAT, false, false},
};

START_TEST(http_head_decode_judges_the_framing)
{
	struct edge_http_head h = {.status = 77};
	enum edge_err err =
		edge_http_head_decode(&h, edge_slice_str(heads[_i].text));

	ck_assert_str_eq(edge_err_name(err), edge_err_name(heads[_i].err));
	if (err) {
		ck_assert_uint_eq(h.status, 77);
		return;
	}
	ck_assert_int_eq(h.is_chunked, heads[_i].is_chunked);
	ck_assert_int_eq(h.has_length, heads[_i].has_length);
}
END_TEST

START_TEST(http_head_decode_caps_the_head)
{
	char text[EDGE_HTTP_HEAD_MAX + 2];
	struct edge_http_head h;

	memset(text, 'a', sizeof(text));
	ck_assert_int_eq(
		edge_http_head_decode(&h, edge_slice(text, EDGE_HTTP_HEAD_MAX)),
		EDGE_EAGAIN);
	ck_assert_int_eq(edge_http_head_decode(
				 &h, edge_slice(text, EDGE_HTTP_HEAD_MAX + 1)),
			 EDGE_ELIMIT);
}
END_TEST

START_TEST(http_put_get_decodes_to_itself)
{
	uint8_t buf[EDGE_HTTP_ENCODE_MAX];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct edge_http_msg m;

	edge_http_put_get(&w, edge_slice_str("a.com:8080"), "/x.crl?n=1");
	ck_assert_int_eq(
		edge_http_decode(&m, EDGE_HTTP_REQUEST, edge_put_done(&w), 0),
		EDGE_OK);
	ck_assert(edge_slice_eq_str(m.method, "GET"));
	ck_assert(edge_slice_eq_str(m.path, "/x.crl"));
	ck_assert(edge_slice_eq_str(m.query, "n=1"));
	ck_assert_ptr_nonnull(
		memmem(buf, m.len, "\r\nHost: a.com:8080\r\n", 20));
}
END_TEST

START_TEST(http_reason_knows_and_does_not_know)
{
	ck_assert_str_eq(edge_http_reason(409), "Conflict");
	ck_assert_str_eq(edge_http_reason(299), "Unknown");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("http");
	TCase *t = tcase_create("decode");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, http_decode_reads_each_part);
	tcase_add_test(t, http_decode_leaves_what_follows);
	tcase_add_test(t, http_decode_wants_more_at_every_prefix);
	tcase_add_test(t, http_decode_reads_answer);
	tcase_add_test(t, http_decode_takes_no_length_as_no_body);
	suite_add_tcase(s, t);
	t = tcase_create("refuse");
	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, http_decode_refuses_bad_request, 0,
			    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(t, http_decode_refuses_nul_byte);
	tcase_add_test(t, http_decode_refuses_request_as_answer);
	tcase_add_test(t, http_decode_caps_head);
	tcase_add_test(t, http_decode_caps_lines);
	suite_add_tcase(s, t);
	t = tcase_create("head");
	tcase_set_timeout(t, 10);
	tcase_add_test(t, http_head_decode_reads_an_answer);
	tcase_add_loop_test(t, http_head_decode_judges_the_framing, 0,
			    (int)(sizeof(heads) / sizeof(heads[0])));
	tcase_add_test(t, http_head_decode_caps_the_head);
	suite_add_tcase(s, t);
	t = tcase_create("encode");
	tcase_set_timeout(t, 10);
	tcase_add_test(t, http_put_get_decodes_to_itself);
	tcase_add_test(t, http_put_request_decodes_to_itself);
	tcase_add_loop_test(t, http_put_answer_decodes_to_itself, 0, 12);
	tcase_add_test(t, http_reason_knows_and_does_not_know);
	suite_add_tcase(s, t);
	return s;
}
