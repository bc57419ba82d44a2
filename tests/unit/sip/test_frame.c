#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/sip/frame.h"
#include "tests/support/suite.h"
#include "tests/unit/sip/fixture.h"

#define HEAD "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS h\r\n"

enum { TEXT_LEN = 70000 };

struct result {
	enum edge_err err;
	enum edge_sip_frame_fault fault;
	size_t head_len, len, consumed;
	bool ping;
};

/* Feed by pieces of step octets as a connection would: what is consumed is
 * dropped. 0 feeds all at once. Stops at a message or a fault. */
static struct result feed(struct edge_slice in, size_t step,
			  const struct edge_sip_frame_limits *l)
{
	struct edge_sip_framer f = {0};
	struct edge_sip_frame out;
	struct result r = {.err = EDGE_EAGAIN};
	const uint8_t *start = in.p, *have = step ? in.p : in.end;

	while (r.err == EDGE_EAGAIN) {
		r.err = edge_sip_frame_next(
			&f, l, (struct edge_slice){start, have}, &out);
		start += out.consumed;
		r.consumed += out.consumed;
		r.ping = r.ping || out.double_crlf;
		if (have == in.end)
			break;
		have += (size_t)(in.end - have) < step ? (size_t)(in.end - have)
						       : step;
	}
	r.fault = out.fault;
	r.head_len = out.head_len;
	r.len = edge_slice_len(out.msg);
	return r;
}

static void expect_fault(const char *text, enum edge_sip_frame_fault want)
{
	struct edge_slice in = edge_slice_str(text);
	struct result whole = feed(in, 0, &sip_limits);

	ck_assert_msg(whole.fault == want, "%s: %s", text,
		      edge_sip_frame_fault_str(whole.fault));
	for (size_t step = 1; step < 9; step++) {
		struct result r = feed(in, step, &sip_limits);

		ck_assert_int_eq(r.err, whole.err);
		ck_assert_int_eq(r.fault, whole.fault);
		ck_assert_uint_eq(r.len, whole.len);
	}
}

START_TEST(frame_gives_head_and_body)
{
	struct result r =
		feed(edge_slice_str(HEAD "Content-Length: 3\r\n\r\nabcNEXT"), 0,
		     &sip_limits);

	ck_assert_int_eq(r.err, EDGE_OK);
	ck_assert_uint_eq(r.len, r.head_len + 3);
	ck_assert_uint_eq(r.consumed, r.len);
}
END_TEST

START_TEST(frame_reads_length_in_every_spelling)
{
	static const char *const spellings[] = {"Content-Length: 3",
						"l:3",
						"L : 3",
						"CONTENT-LENGTH:3",
						"content-length:\r\n 3",
						"l:\t0003 \t"};

	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		char text[256];
		struct result r;

		snprintf(text, sizeof(text), HEAD "%s\r\n\r\nabc",
			 spellings[i]);
		r = feed(edge_slice_str(text), 0, &sip_limits);
		ck_assert_msg(r.err == EDGE_OK, "%s: %s", spellings[i],
			      edge_sip_frame_fault_str(r.fault));
		ck_assert_uint_eq(r.consumed, strlen(text));
	}
}
END_TEST

START_TEST(frame_skips_keep_alives)
{
	const char *msg = HEAD "l: 0\r\n\r\n";
	static const struct {
		const char *before;
		bool is_ping;
	} rows[] = {{"", false},	   {"\r\n", false},
		    {"\r\n\r\n", true},	   {"\r\n\r\n\r\n", true},
		    {"\n\r\n", false},	   {"\r\r\n", false},
		    {"\n\n\r\n\r\n", true}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text), "%s%s", rows[i].before, msg);
		for (size_t step = 0; step < 7; step++) {
			struct result r =
				feed(edge_slice_str(text), step, &sip_limits);

			ck_assert_int_eq(r.err, EDGE_OK);
			ck_assert_uint_eq(r.consumed, strlen(text));
			ck_assert_msg(r.ping == rows[i].is_ping,
				      "row %zu step %zu", i, step);
		}
	}
}
END_TEST

START_TEST(frame_alone_pings_are_consumed)
{
	struct result r = feed(edge_slice_str("\r\n\r\n"), 0, &sip_limits);

	ck_assert_int_eq(r.err, EDGE_EAGAIN);
	ck_assert_uint_eq(r.consumed, 4);
	ck_assert(r.ping);
}
END_TEST

START_TEST(frame_refuses_bad_heads)
{
	expect_fault(HEAD "\r\n", EDGE_SIP_FRAME_NO_LENGTH);
	expect_fault(HEAD "l: 3\r\nContent-Length: 3\r\n\r\nabc",
		     EDGE_SIP_FRAME_TWO_LENGTHS);
	expect_fault(HEAD "l: 3\r\nl: x\r\n\r\nabc",
		     EDGE_SIP_FRAME_TWO_LENGTHS);
	expect_fault(HEAD "l: \r\n\r\n", EDGE_SIP_FRAME_BAD_LENGTH);
	expect_fault(HEAD "l: +3\r\n\r\n", EDGE_SIP_FRAME_BAD_LENGTH);
	expect_fault(HEAD "l: 3, 3\r\n\r\n", EDGE_SIP_FRAME_BAD_LENGTH);
	expect_fault(HEAD "l: 0x3\r\n\r\n", EDGE_SIP_FRAME_BAD_LENGTH);
	expect_fault(HEAD "l: 99999999999999999999999\r\n\r\n",
		     EDGE_SIP_FRAME_BAD_LENGTH);
	expect_fault(HEAD "l: 0\n\r\n", EDGE_SIP_FRAME_BARE_LF);
	expect_fault(HEAD "l: 0\r\n\n", EDGE_SIP_FRAME_BARE_LF);
	expect_fault("OPTIONS sip:a@b SIP/2.0\n", EDGE_SIP_FRAME_BARE_LF);
	expect_fault("GET / HTTP/1.1\r\nHost: x\r\n", EDGE_SIP_FRAME_GARBAGE);
	expect_fault("nonsense\r\nl: 0\r\n\r\n", EDGE_SIP_FRAME_GARBAGE);
}
END_TEST

START_TEST(frame_refuses_nul_in_head_but_not_in_body)
{
	static const char bad[] = HEAD "X: a\0b\r\nl: 0\r\n\r\n";
	static const char good[] = HEAD "l: 3\r\n\r\na\0b";
	struct result r =
		feed(edge_slice(bad, sizeof(bad) - 1), 0, &sip_limits);

	ck_assert_int_eq(r.fault, EDGE_SIP_FRAME_NUL);
	r = feed(edge_slice(good, sizeof(good) - 1), 0, &sip_limits);
	ck_assert_int_eq(r.err, EDGE_OK);
}
END_TEST

START_TEST(frame_hands_out_whole_lines_before_a_fault)
{
	struct result r = feed(edge_slice_str(HEAD "X: abc\nl: 0\r\n\r\n"), 0,
			       &sip_limits);

	ck_assert_int_eq(r.fault, EDGE_SIP_FRAME_BARE_LF);
	ck_assert_uint_eq(r.len, strlen(HEAD));
	ck_assert_uint_eq(r.head_len, strlen(HEAD));
	r = feed(edge_slice_str(HEAD "\r\n"), 0, &sip_limits);
	ck_assert_uint_eq(r.len, strlen(HEAD) + 2); /* whole head */
}
END_TEST

/* n header lines of that text, then the length */
static void fill(char *text, const char *line, size_t n)
{
	strcpy(text, HEAD);
	for (size_t i = 0; i < n; i++)
		strcat(text, line);
	strcat(text, "l: 0\r\n\r\n");
}

START_TEST(frame_holds_each_count_limit)
{
	static const struct {
		const char *line;
		size_t most; /* that fit beside HEAD's Via and the length */
		enum edge_sip_frame_fault fault;
	} rows[] = {
		{"X: 1\r\n", 198, EDGE_SIP_FRAME_LINES},
		{"v: SIP/2.0/TLS h\r\n", 39, EDGE_SIP_FRAME_VIAS},
		{"Via: SIP/2.0/TLS h, SIP/2.0/TLS i, SIP/2.0/TLS j\r\n", 13,
		 EDGE_SIP_FRAME_VIAS},
		{"Route: <sip:a;lr>\r\n", 20, EDGE_SIP_FRAME_ROUTES},
		{"ROUTE: <sip:a,b;lr>, \"x,\\\",\" <sip:b>\r\n", 10,
		 EDGE_SIP_FRAME_ROUTES},
		{"Record-Route: <sip:a;lr>\r\n", 20, EDGE_SIP_FRAME_ROUTES},
	};
	char *text = malloc(TEXT_LEN);
	struct result r;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fill(text, rows[i].line, rows[i].most);
		r = feed(edge_slice_str(text), 0, &sip_limits);
		ck_assert_msg(r.err == EDGE_OK, "row %zu: %s", i,
			      edge_sip_frame_fault_str(r.fault));
		fill(text, rows[i].line, rows[i].most + 1);
		r = feed(edge_slice_str(text), 0, &sip_limits);
		ck_assert_msg(r.fault == rows[i].fault, "row %zu: %s", i,
			      edge_sip_frame_fault_str(r.fault));
		ck_assert_int_eq(r.err, EDGE_ELIMIT);
		ck_assert_int_eq(
			feed(edge_slice_str(text), 1, &sip_limits).fault,
			rows[i].fault);
	}
	free(text);
}
END_TEST

/* HEAD and one line of len octets with its CR LF, in pieces folded or not */
static struct result feed_line(char *text, size_t len, bool folded)
{
	size_t used = (size_t)sprintf(text, HEAD "X:");
	const size_t end = strlen(HEAD) + len - 2;

	while (used < end)
		if (folded && used % 70 == 0 && end - used > 4)
			used += (size_t)sprintf(text + used, "\r\n y");
		else
			text[used++] = 'y';
	strcpy(text + used, "\r\nl: 0\r\n\r\n");
	return feed(edge_slice_str(text), 0, &sip_limits);
}

START_TEST(frame_holds_line_and_head_limits)
{
	char *text = malloc(TEXT_LEN);
	struct edge_sip_frame_limits l = sip_limits;

	for (int folded = 0; folded < 2; folded++) {
		ck_assert_int_eq(
			feed_line(text, sip_limits.line_len, folded).err,
			EDGE_OK);
		ck_assert_int_eq(
			feed_line(text, sip_limits.line_len + 1, folded).fault,
			EDGE_SIP_FRAME_LINE);
	}
	strcpy(text, HEAD "l: 0\r\n\r\n");
	l.head_len = (uint32_t)strlen(text);
	ck_assert_int_eq(feed(edge_slice_str(text), 0, &l).err, EDGE_OK);
	l.head_len--;
	ck_assert_int_eq(feed(edge_slice_str(text), 0, &l).fault,
			 EDGE_SIP_FRAME_HEAD);
	free(text);
}
END_TEST

START_TEST(frame_line_limit_wins_over_a_later_nul_in_any_chunk)
{
	struct edge_sip_frame_limits l = sip_limits;
	static const char text[] = "OPTIONS sip:abcdefghijklmn\0 SIP/2.0\r\n";

	l.line_len = 20;
	for (size_t step = 0; step < sizeof(text); step++)
		ck_assert_int_eq(
			feed(edge_slice(text, sizeof(text) - 1), step, &l)
				.fault,
			EDGE_SIP_FRAME_LINE);
}
END_TEST

START_TEST(frame_body_over_limit_can_be_skipped)
{
	struct edge_sip_frame_limits l = sip_limits;
	struct edge_slice in = edge_slice_str(
		HEAD "l: 10\r\n\r\n0123456789" HEAD "l: 0\r\n\r\n");
	struct edge_sip_framer f = {0};
	struct edge_sip_frame out;

	l.body_len = 9;
	ck_assert_int_eq(edge_sip_frame_next(&f, &l, in, &out), EDGE_ELIMIT);
	ck_assert_int_eq(out.fault, EDGE_SIP_FRAME_BODY);
	ck_assert_uint_eq(out.skip_body, 10);
	ck_assert_uint_eq(out.consumed, out.head_len);
	in.p += out.consumed + out.skip_body;
	ck_assert_int_eq(edge_sip_frame_next(&f, &l, in, &out), EDGE_OK);
	ck_assert_uint_eq(out.consumed, edge_slice_len(in));
}
END_TEST

static const char *const files[] = {
	"sip-reg1-client.msg",	  "sip-notify-out.msg",	 "rfc4475/wsinv.msg",
	"rfc4475/mpart01.msg",	  "rfc4475/longreq.msg", "rfc4475/ncl.msg",
	"rfc4475/intmethctl.msg", "rfc4475/mcl01.msg",	 "rfc4475/dblreq.msg"};
enum { FILES = sizeof(files) / sizeof(files[0]) };

START_TEST(frame_is_the_same_for_every_chunk_boundary)
{
	struct edge_slice in = sip_file(files[_i]);
	struct result whole = feed(in, 0, &sip_limits), r;

	for (size_t step = 1; step <= edge_slice_len(in); step++) {
		r = feed(in, step, &sip_limits);
		ck_assert_int_eq(r.err, whole.err);
		ck_assert_int_eq(r.fault, whole.fault);
		ck_assert_uint_eq(r.head_len, whole.head_len);
		ck_assert_uint_eq(r.len, whole.len);
		ck_assert_uint_eq(r.consumed, whole.consumed);
	}
	sip_file_free(in);
}
END_TEST

START_TEST(frame_fault_texts_differ)
{
	for (int i = 0; i <= EDGE_SIP_FRAME_GARBAGE; i++)
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(edge_sip_frame_fault_str(
						 (enum edge_sip_frame_fault)i),
					 edge_sip_frame_fault_str(
						 (enum edge_sip_frame_fault)k));
	ck_assert_str_eq(
		edge_sip_frame_fault_str((enum edge_sip_frame_fault)99),
		"unknown");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("sip frame");
	TCase *t = tcase_create("cut");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, frame_gives_head_and_body);
	tcase_add_test(t, frame_reads_length_in_every_spelling);
	tcase_add_test(t, frame_skips_keep_alives);
	tcase_add_test(t, frame_alone_pings_are_consumed);
	tcase_add_test(t, frame_refuses_bad_heads);
	tcase_add_test(t, frame_refuses_nul_in_head_but_not_in_body);
	tcase_add_test(t, frame_hands_out_whole_lines_before_a_fault);
	tcase_add_test(t, frame_holds_each_count_limit);
	tcase_add_test(t, frame_holds_line_and_head_limits);
	tcase_add_test(t, frame_line_limit_wins_over_a_later_nul_in_any_chunk);
	tcase_add_test(t, frame_body_over_limit_can_be_skipped);
	tcase_add_loop_test(t, frame_is_the_same_for_every_chunk_boundary, 0,
			    FILES);
	tcase_add_test(t, frame_fault_texts_differ);
	suite_add_tcase(s, t);
	return s;
}
