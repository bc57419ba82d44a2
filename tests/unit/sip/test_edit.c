#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/sip/fixture.h"

static struct sip_case c;

static void setup(void)
{
	sip_case_init(&c);
}

static void teardown(void)
{
	sip_case_fini(&c);
}

static void begin(const char *text)
{
	ck_assert_int_eq(sip_case_parse(&c, edge_slice_str(text)), EDGE_OK);
	edge_sip_edit_begin(c.edit, &c.msg);
}

static int line(enum edge_sip_hdr id)
{
	const int i = edge_sip_find(&c.msg, id, 0);

	ck_assert_int_ge(i, 0);
	return i;
}

static void expect(const char *want)
{
	struct edge_slice out;

	ck_assert_int_eq(edge_sip_edit_print(c.edit, &out), EDGE_OK);
	ck_assert_msg(edge_slice_eq_str(out, want), "got\n%.*s",
		      (int)edge_slice_len(out), (const char *)out.p);
}

static void expect_err(enum edge_err want)
{
	struct edge_slice out = edge_slice_str("kept");

	ck_assert_int_eq(edge_sip_edit_print(c.edit, &out), want);
	ck_assert(edge_slice_eq_str(out, "kept"));
}

START_TEST(print_without_edits_is_the_input)
{
	begin(SIP_BASE SIP_END);
	expect(SIP_BASE SIP_END);
	expect(SIP_BASE SIP_END); /* again */
}
END_TEST

START_TEST(delete_takes_the_line_away_once)
{
	begin(SIP_BASE SIP_END);
	edge_sip_edit_delete(c.edit, line(EDGE_SIP_MAX_FORWARDS));
	edge_sip_edit_delete(c.edit, line(EDGE_SIP_MAX_FORWARDS));
	expect(SIP_START SIP_VIA SIP_FROM SIP_TO SIP_CALL_ID SIP_CSEQ SIP_END);
}
END_TEST

START_TEST(delete_all_takes_every_line_with_its_folding)
{
	begin(SIP_BASE "Server: a\r\n b\r\nX: 1\r\nSERVER : c\r\n" SIP_END);
	edge_sip_edit_delete_all(c.edit, EDGE_SIP_SERVER);
	edge_sip_edit_delete_all(c.edit, EDGE_SIP_MS_TRUST);
	expect(SIP_BASE "X: 1\r\n" SIP_END);
}
END_TEST

START_TEST(replace_puts_a_line_in_place)
{
	begin(SIP_BASE SIP_END);
	edge_sip_edit_replace(c.edit, line(EDGE_SIP_TO), "To: <sip:%s>", "z");
	expect(SIP_START SIP_VIA SIP_FROM
	       "To: <sip:z>\r\n" SIP_CALL_ID SIP_CSEQ SIP_MAXF SIP_END);
}
END_TEST

START_TEST(before_puts_lines_in_call_order)
{
	begin(SIP_BASE SIP_END);
	edge_sip_edit_before(c.edit, 0, "Record-Route: <sip:%d>", 1);
	edge_sip_edit_before(c.edit, 0, "Record-Route: <sip:%d>", 2);
	edge_sip_edit_before(c.edit, line(EDGE_SIP_TO), "X: y");
	expect(SIP_START
	       "Record-Route: <sip:1>\r\nRecord-Route: <sip:2>\r\n" SIP_VIA
		       SIP_FROM
	       "X: y\r\n" SIP_TO SIP_CALL_ID SIP_CSEQ SIP_MAXF SIP_END);
}
END_TEST

START_TEST(append_goes_before_content_length_wherever_it_is)
{
	begin(SIP_BASE SIP_END);
	edge_sip_edit_append(c.edit, "A: 1");
	edge_sip_edit_append(c.edit, "B: 2");
	expect(SIP_BASE "A: 1\r\nB: 2\r\n" SIP_END);
	begin(SIP_BASE "l: 0\r\nX: 1\r\n\r\n");
	edge_sip_edit_append(c.edit, "A: 1");
	expect(SIP_BASE "A: 1\r\nl: 0\r\nX: 1\r\n\r\n");
}
END_TEST

START_TEST(append_goes_to_the_end_without_content_length)
{
	const char *text = SIP_BASE "\r\nbody";

	ck_assert_int_eq(edge_sip_msg_parse(&c.msg, c.arena,
					    edge_slice_str(text),
					    strlen(text) - 4),
			 EDGE_OK);
	edge_sip_edit_begin(c.edit, &c.msg);
	edge_sip_edit_append(c.edit, "A: 1");
	expect(SIP_BASE "A: 1\r\n\r\nbody");
}
END_TEST

START_TEST(put_and_cut_change_parts_of_a_line)
{
	struct edge_slice raw;

	begin(SIP_BASE SIP_END);
	edge_sip_edit_put(c.edit, c.msg.via.text.end, ";received=%s",
			  "10.1.2.3");
	ck_assert(edge_sip_param_raw(c.msg.via.params, "branch", &raw));
	edge_sip_edit_cut(c.edit, raw);
	edge_sip_edit_cut(c.edit, c.msg.ruri.user);
	edge_sip_edit_put(c.edit, c.msg.ruri.user.p, "carol");
	expect("INVITE sip:carol@y.example SIP/2.0\r\n"
	       "Via: SIP/2.0/TLS h.example;received=10.1.2.3\r\n" SIP_FROM
		       SIP_TO SIP_CALL_ID SIP_CSEQ SIP_MAXF SIP_END);
}
END_TEST

START_TEST(cuts_may_overlap)
{
	begin(SIP_BASE SIP_END);
	edge_sip_edit_cut(c.edit, c.msg.from.text);
	edge_sip_edit_cut(c.edit, c.msg.from.uri.host);
	edge_sip_edit_put(c.edit, c.msg.from.uri.host.p, "gone");
	edge_sip_edit_put(c.edit, c.msg.from.text.end, "new");
	expect(SIP_START SIP_VIA
	       "From: new\r\n" SIP_TO SIP_CALL_ID SIP_CSEQ SIP_MAXF SIP_END);
}
END_TEST

START_TEST(edits_inside_a_deleted_line_go_with_it)
{
	begin(SIP_BASE SIP_END);
	edge_sip_edit_put(c.edit, c.msg.from.uri.host.p, "x");
	edge_sip_edit_put(c.edit, c.msg.lines[1].raw.p, "X-");
	edge_sip_edit_cut(c.edit, c.msg.from.tag);
	edge_sip_edit_before(c.edit, 1, "Y: 1");
	edge_sip_edit_replace(c.edit, 1, "From: <sip:q>");
	expect(SIP_START SIP_VIA "Y: 1\r\nFrom: <sip:q>\r\n" SIP_TO SIP_CALL_ID
		       SIP_CSEQ SIP_MAXF SIP_END);
}
END_TEST

/* The edits of one forwarded request, each its own step. */
static void step(int which)
{
	switch (which) {
	case 0:
		edge_sip_edit_before(c.edit, 0, "Record-Route: <sip:e;lr>");
		break;
	case 1:
		edge_sip_edit_put(c.edit, c.msg.via.text.end, ";received=1");
		break;
	case 2:
		edge_sip_edit_replace(c.edit, line(EDGE_SIP_MAX_FORWARDS),
				      "Max-Forwards: 69");
		break;
	case 3:
		edge_sip_edit_delete_all(c.edit, EDGE_SIP_ROUTE);
		break;
	case 4:
		edge_sip_edit_append(c.edit, "Trust: yes");
		break;
	default:
		edge_sip_edit_cut(c.edit, c.msg.ruri.params);
		break;
	}
}

START_TEST(edits_in_any_order_give_the_same)
{
	enum { STEPS = 6 };
	int order[STEPS] = {0, 1, 2, 3, 4, 5};
	uint32_t seed = 1;

	for (int round = 0; round < 500; round++) {
		for (int i = STEPS - 1; i > 0; i--) {
			int k, t;

			seed = seed * 1664525u + 1013904223u;
			k = (int)((seed >> 16) % (uint32_t)(i + 1));
			t = order[i];
			order[i] = order[k];
			order[k] = t;
		}
		begin("INVITE sip:b@y;x=1 SIP/2.0\r\nRoute: "
		      "<sip:r;lr>\r\n" SIP_VIA SIP_FROM SIP_TO SIP_CALL_ID
			      SIP_CSEQ SIP_MAXF "Route: <sip:s>\r\n" SIP_END);
		for (int i = 0; i < STEPS; i++)
			step(order[i]);
		expect("INVITE sip:b@y SIP/2.0\r\n"
		       "Record-Route: <sip:e;lr>\r\n"
		       "Via: SIP/2.0/TLS h.example;branch=z9hG4bK1;received=1"
		       "\r\n" SIP_FROM SIP_TO SIP_CALL_ID SIP_CSEQ
		       "Max-Forwards: 69\r\nTrust: yes\r\n" SIP_END);
	}
}
END_TEST

START_TEST(edited_message_parses_again)
{
	struct edge_slice out;

	begin(SIP_BASE SIP_END);
	edge_sip_edit_before(c.edit, 0, "Via: SIP/2.0/TLS e;branch=z9hG4bK2");
	edge_sip_edit_append(c.edit, "X: a\r\n folded");
	ck_assert_int_eq(edge_sip_edit_print(c.edit, &out), EDGE_OK);
	ck_assert_int_eq(sip_case_parse(&c, out), EDGE_OK);
	ck_assert_uint_eq(c.msg.via_count, 2);
	ck_assert_uint_eq(c.msg.line_count, 9);
}
END_TEST

START_TEST(body_passes_whatever_it_holds)
{
	static const char text[] = SIP_BASE "l: 9\r\n\r\n\0\r\n\r\n\xff\x00z ";
	struct edge_slice out;

	ck_assert_int_eq(sip_case_parse(&c, edge_slice(text, sizeof(text) - 1)),
			 EDGE_OK);
	edge_sip_edit_begin(c.edit, &c.msg);
	edge_sip_edit_delete(c.edit, 0);
	ck_assert_int_eq(edge_sip_edit_print(c.edit, &out), EDGE_OK);
	ck_assert(!memcmp(out.end - 9, text + sizeof(text) - 10, 9));
}
END_TEST

START_TEST(text_with_a_line_end_is_refused)
{
	static const char *const bad[] = {"X: a\r\nEvil: b", "X: a\nb",
					  "X: a\r",	     "X: a\x01",
					  "X: a\r\n",	     "X: \xff"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(SIP_BASE SIP_END);
		edge_sip_edit_append(c.edit, "%s", bad[i]);
		expect_err(EDGE_EFORMAT);
		begin(SIP_BASE SIP_END);
		edge_sip_edit_put(c.edit, c.msg.to.text.end, "%s", bad[i]);
		expect_err(EDGE_EFORMAT);
	}
}
END_TEST

START_TEST(edit_outside_the_head_is_refused)
{
	begin(SIP_BASE SIP_END);
	edge_sip_edit_delete(c.edit, -1);
	expect_err(EDGE_ERANGE);
	begin(SIP_BASE SIP_END);
	edge_sip_edit_before(c.edit, (int)c.msg.line_count, "X: 1");
	expect_err(EDGE_ERANGE);
	begin(SIP_BASE SIP_END);
	edge_sip_edit_replace(c.edit, 99, "X: 1");
	expect_err(EDGE_ERANGE);
	begin(SIP_BASE SIP_END);
	edge_sip_edit_put(c.edit, c.msg.raw.end, "x");
	expect_err(EDGE_ERANGE);
	begin(SIP_BASE SIP_END);
	edge_sip_edit_put(c.edit, c.msg.raw.p - 1, "x");
	expect_err(EDGE_ERANGE);
	begin(SIP_BASE SIP_END);
	edge_sip_edit_cut(c.edit, c.msg.raw);
	expect_err(EDGE_ERANGE);
	edge_sip_edit_append(c.edit, "X: 1"); /* the first fault stays */
	expect_err(EDGE_ERANGE);
	begin(SIP_BASE SIP_END);
	expect(SIP_BASE SIP_END);
}
END_TEST

START_TEST(edits_have_a_cap)
{
	begin(SIP_BASE SIP_END);
	for (int i = 0; i < EDGE_SIP_EDITS; i++)
		edge_sip_edit_put(c.edit, c.msg.to.text.end, "a");
	{
		struct edge_slice out;

		ck_assert_int_eq(edge_sip_edit_print(c.edit, &out), EDGE_OK);
		ck_assert_uint_eq(edge_slice_len(out),
				  strlen(SIP_BASE SIP_END) + EDGE_SIP_EDITS);
	}
	edge_sip_edit_delete(c.edit, 0);
	expect_err(EDGE_ELIMIT);
}
END_TEST

START_TEST(edit_texts_have_a_cap)
{
	char *text = malloc(EDGE_SIP_EDIT_TEXT + 1);

	memset(text, 'a', EDGE_SIP_EDIT_TEXT);
	text[EDGE_SIP_EDIT_TEXT] = '\0';
	begin(SIP_BASE SIP_END);
	edge_sip_edit_append(c.edit, "%s", text);
	expect_err(EDGE_ELIMIT);
	text[EDGE_SIP_EDIT_TEXT - 2] = '\0';
	begin(SIP_BASE SIP_END);
	edge_sip_edit_append(c.edit, "%s", text);
	{
		struct edge_slice out;

		ck_assert_int_eq(edge_sip_edit_print(c.edit, &out), EDGE_OK);
		ck_assert_uint_eq(edge_slice_len(out),
				  strlen(SIP_BASE SIP_END) +
					  EDGE_SIP_EDIT_TEXT);
	}
	free(text);
}
END_TEST

static void expect_answer(const struct edge_sip_answer *a, const char *want)
{
	struct edge_slice out;

	ck_assert_int_eq(edge_sip_answer_print(c.edit, &c.msg, a, &out),
			 EDGE_OK);
	ck_assert_msg(edge_slice_eq_str(out, want), "got\n%.*s",
		      (int)edge_slice_len(out), (const char *)out.p);
}

START_TEST(answer_has_what_the_request_had)
{
	const struct edge_sip_answer a = {
		.status = 504,
		.phrase = "Server time-out",
		.to_tag = "ED6E",
		.via_suffix = ";ms-received-cid=2A00",
		.extra = "ms-diagnostics: 1007;reason=\"x\"\r\n",
	};

	begin(SIP_START SIP_VIA
	      "v: SIP/2.0/TLS i, SIP/2.0/TLS j\r\n" SIP_FROM
	      "Route: <sip:r>\r\nContact: <sip:c>\r\n" SIP_TO SIP_CALL_ID
		      SIP_CSEQ "l: 2\r\n\r\nhi");
	expect_answer(
		&a, "SIP/2.0 504 Server time-out\r\n"
		    "Via: SIP/2.0/TLS h.example;branch=z9hG4bK1"
		    ";ms-received-cid=2A00\r\n"
		    "v: SIP/2.0/TLS i, SIP/2.0/TLS j\r\n" SIP_FROM
		    "To: <sip:b@y.example>;tag=ED6E\r\n" SIP_CALL_ID SIP_CSEQ
		    "ms-diagnostics: 1007;reason=\"x\"\r\n" SIP_LENGTH "\r\n");
}
END_TEST

START_TEST(answer_keeps_the_tag_of_to)
{
	const struct edge_sip_answer a = {
		.status = 481, .phrase = "No call", .to_tag = "new"};

	begin(SIP_START SIP_VIA SIP_FROM
	      "t: <sip:b>;tag=old ;x\r\n" SIP_CALL_ID SIP_CSEQ SIP_END);
	expect_answer(&a,
		      "SIP/2.0 481 No call\r\n" SIP_VIA SIP_FROM
		      "t: <sip:b>;tag=old ;x\r\n" SIP_CALL_ID SIP_CSEQ SIP_END);
}
END_TEST

START_TEST(answer_to_first_of_two_vias_in_one_line)
{
	const struct edge_sip_answer a = {
		.status = 100, .phrase = "Trying", .via_suffix = ";received=1"};

	begin(SIP_START
	      "Via: SIP/2.0/TLS a;x , SIP/2.0/TLS b\r\n" SIP_FROM SIP_TO
		      SIP_CALL_ID SIP_CSEQ SIP_END);
	expect_answer(
		&a,
		"SIP/2.0 100 Trying\r\n"
		"Via: SIP/2.0/TLS a;x;received=1 , SIP/2.0/TLS b\r\n" SIP_FROM
			SIP_TO SIP_CALL_ID SIP_CSEQ SIP_END);
}
END_TEST

START_TEST(answer_to_a_response_is_refused)
{
	const struct edge_sip_answer a = {.status = 400, .phrase = "x"};
	struct edge_slice out;

	begin("SIP/2.0 200 OK\r\n" SIP_VIA SIP_FROM SIP_TO SIP_CALL_ID SIP_CSEQ
		      SIP_END);
	ck_assert_int_eq(edge_sip_answer_print(c.edit, &c.msg, &a, &out),
			 EDGE_ESTATE);
}
END_TEST

START_TEST(answer_carries_a_body_with_its_length)
{
	const struct edge_sip_answer a = {
		.status = 200,
		.phrase = "OK",
		.to_tag = "t",
		.extra = "Content-Type: text/plain\r\n",
		.body = edge_slice_str("hello\r\n\r\nthere")};

	begin(SIP_BASE SIP_END);
	expect_answer(&a, "SIP/2.0 200 OK\r\n" SIP_VIA SIP_FROM
			  "To: <sip:b@y.example>;tag=t\r\n" SIP_CALL_ID SIP_CSEQ
			  "Content-Type: text/plain\r\n"
			  "Content-Length: 14\r\n\r\nhello\r\n\r\nthere");
}
END_TEST

/* What a frame fault leaves of a request is enough for its answer. */
START_TEST(answer_to_a_request_without_length)
{
	const struct edge_sip_answer a = {
		.status = 400, .phrase = "Bad", .to_tag = "t"};
	struct edge_sip_framer f = {0};
	struct edge_slice out;

	ck_assert_int_eq(edge_sip_frame_next(&f, &sip_limits,
					     edge_slice_str(SIP_BASE "\r\n"),
					     &c.frame),
			 EDGE_EFORMAT);
	ck_assert_int_eq(edge_sip_msg_parse(&c.msg, c.arena, c.frame.msg,
					    c.frame.head_len),
			 EDGE_OK);
	ck_assert_int_eq(edge_sip_answer_print(c.edit, &c.msg, &a, &out),
			 EDGE_OK);
	ck_assert_int_eq(sip_case_parse(&c, out), EDGE_OK);
	ck_assert_uint_eq(c.msg.status, 400);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("sip edit");
	TCase *t = tcase_create("edit"), *a = tcase_create("answer");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, print_without_edits_is_the_input);
	tcase_add_test(t, delete_takes_the_line_away_once);
	tcase_add_test(t, delete_all_takes_every_line_with_its_folding);
	tcase_add_test(t, replace_puts_a_line_in_place);
	tcase_add_test(t, before_puts_lines_in_call_order);
	tcase_add_test(t, append_goes_before_content_length_wherever_it_is);
	tcase_add_test(t, append_goes_to_the_end_without_content_length);
	tcase_add_test(t, put_and_cut_change_parts_of_a_line);
	tcase_add_test(t, cuts_may_overlap);
	tcase_add_test(t, edits_inside_a_deleted_line_go_with_it);
	tcase_add_test(t, edits_in_any_order_give_the_same);
	tcase_add_test(t, edited_message_parses_again);
	tcase_add_test(t, body_passes_whatever_it_holds);
	tcase_add_test(t, text_with_a_line_end_is_refused);
	tcase_add_test(t, edit_outside_the_head_is_refused);
	tcase_add_test(t, edits_have_a_cap);
	tcase_add_test(t, edit_texts_have_a_cap);
	suite_add_tcase(s, t);
	tcase_set_timeout(a, 20);
	tcase_add_checked_fixture(a, setup, teardown);
	tcase_add_test(a, answer_has_what_the_request_had);
	tcase_add_test(a, answer_keeps_the_tag_of_to);
	tcase_add_test(a, answer_to_first_of_two_vias_in_one_line);
	tcase_add_test(a, answer_to_a_response_is_refused);
	tcase_add_test(a, answer_carries_a_body_with_its_length);
	tcase_add_test(a, answer_to_a_request_without_length);
	suite_add_tcase(s, a);
	return s;
}
