/* The torture messages of RFC 4475 against the table of AE 9.1: what framing
 * and parsing have to decide; policy and transactions decide the rest. */
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/sip/fixture.h"

enum { ROWS = 50 };

struct row {
	char name[32], usr[16], internal[16], stage[16];
};

static struct sip_case c;

static void setup(void)
{
	sip_case_init(&c);
}

static void teardown(void)
{
	sip_case_fini(&c);
}

static void column(struct edge_slice *line, char *dst, size_t cap)
{
	struct edge_slice cell;

	ck_assert(edge_take_until(line, '\t', &cell));
	ck_assert(edge_slice_copy(dst, cap, cell));
}

/* Row n of the table; the number of rows when n is past the end. */
static size_t read_row(size_t n, struct row *out)
{
	struct edge_slice text = sip_file("rfc4475/expected.tsv"), rest = text;
	struct edge_slice line;
	char skip[64];
	size_t i = 0;

	while (edge_take_until(&rest, '\n', &line)) {
		if (*line.p == '#')
			continue;
		if (i++ != n)
			continue;
		column(&line, out->name, sizeof(out->name));
		column(&line, skip, sizeof(skip));
		column(&line, out->usr, sizeof(out->usr));
		column(&line, out->internal, sizeof(out->internal));
		column(&line, skip, sizeof(skip));
		column(&line, out->stage, sizeof(out->stage));
	}
	sip_file_free(text);
	return i;
}

static struct edge_slice read_message(const struct row *r)
{
	char path[64];

	snprintf(path, sizeof(path), "rfc4475/%s.msg", r->name);
	return sip_file(path);
}

static enum edge_err frame(struct edge_slice in, struct edge_sip_frame *out)
{
	struct edge_sip_framer f = {0};

	return edge_sip_frame_next(&f, &sip_limits, in, out);
}

START_TEST(table_has_every_message)
{
	struct row r;

	ck_assert_uint_eq(read_row(ROWS, &r), ROWS);
}
END_TEST

static void expect_fault(const struct row *r)
{
	unsigned status = 0;

	ck_assert_msg(c.msg.fault != EDGE_SIP_FINE, "%s passed", r->name);
	if (strcmp(r->usr, "drop") == 0) {
		ck_assert_msg(!c.msg.is_request, "%s", r->name);
		return;
	}
	ck_assert_int_eq(sscanf(r->usr, "%u", &status), 1);
	ck_assert_msg(edge_sip_fault_status(c.msg.fault) == status, "%s: %u %s",
		      r->name, edge_sip_fault_status(c.msg.fault),
		      edge_sip_fault_str(c.msg.fault));
}

/* Whoever accepts a message passes it on as it came. */
static void expect_same(const struct row *r, struct edge_slice in)
{
	struct edge_slice out;

	ck_assert_msg(c.msg.fault == EDGE_SIP_FINE, "%s: %s in %.*s", r->name,
		      edge_sip_fault_str(c.msg.fault),
		      (int)edge_slice_len(c.msg.fault_at),
		      (const char *)c.msg.fault_at.p);
	edge_sip_edit_begin(c.edit, &c.msg);
	ck_assert_int_eq(edge_sip_edit_print(c.edit, &out), EDGE_OK);
	in.end = in.p + c.frame.consumed;
	ck_assert(edge_slice_eq(in, out));
}

START_TEST(torture_message_is_decided_as_the_table_says)
{
	struct edge_slice in;
	enum edge_err err;
	struct row r;

	read_row((size_t)_i, &r);
	in = read_message(&r);
	err = frame(in, &c.frame);
	if (strcmp(r.stage, "frame") == 0) {
		ck_assert_msg(err == EDGE_EFORMAT, "%s was framed", r.name);
	} else if (strcmp(r.stage, "deadline") == 0) {
		ck_assert_msg(err == EDGE_EAGAIN, "%s was framed", r.name);
	} else {
		ck_assert_msg(err == EDGE_OK, "%s: %s", r.name,
			      edge_sip_frame_fault_str(c.frame.fault));
		err = edge_sip_msg_parse(&c.msg, c.arena, c.frame.msg,
					 c.frame.head_len);
		ck_assert_int_eq(err == EDGE_OK, c.msg.fault == EDGE_SIP_FINE);
		if (strcmp(r.stage, "parse") == 0)
			expect_fault(&r);
		else
			expect_same(&r, in);
	}
	sip_file_free(in);
}
END_TEST

START_TEST(torture_request_refused_gets_an_answer_that_parses)
{
	const struct edge_sip_answer a = {
		.status = 400, .phrase = "Bad Request", .to_tag = "t1"};
	struct edge_slice in, out;
	struct row r;

	read_row((size_t)_i, &r);
	in = read_message(&r);
	if (strcmp(r.stage, "parse") == 0 && strcmp(r.usr, "drop") != 0) {
		ck_assert_int_eq(sip_case_parse(&c, in), EDGE_EFORMAT);
		ck_assert_int_eq(
			edge_sip_answer_print(c.edit, &c.msg, &a, &out),
			EDGE_OK);
		ck_assert_int_eq(frame(out, &c.frame), EDGE_OK);
		ck_assert_uint_eq(c.frame.consumed, edge_slice_len(out));
	}
	sip_file_free(in);
}
END_TEST

START_TEST(second_message_of_dblreq_is_a_message)
{
	struct edge_slice in = sip_file("rfc4475/dblreq.msg"), rest;

	ck_assert_int_eq(sip_case_parse(&c, in), EDGE_OK);
	rest = (struct edge_slice){in.p + c.frame.consumed, in.end};
	ck_assert_int_eq(sip_case_parse(&c, rest), EDGE_OK);
	ck_assert_int_eq(c.msg.method, EDGE_SIP_INVITE);
	ck_assert_uint_eq(c.frame.consumed, edge_slice_len(rest));
	sip_file_free(in);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("rfc4475");
	TCase *t = tcase_create("messages");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, table_has_every_message);
	tcase_add_loop_test(t, torture_message_is_decided_as_the_table_says, 0,
			    ROWS);
	tcase_add_loop_test(
		t, torture_request_refused_gets_an_answer_that_parses, 0, ROWS);
	tcase_add_test(t, second_message_of_dblreq_is_a_message);
	suite_add_tcase(s, t);
	return s;
}
