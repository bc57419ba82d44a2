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

static enum edge_sip_fault fault_of(const char *text)
{
	const enum edge_err err = sip_case_parse(&c, edge_slice_str(text));

	ck_assert_int_eq(err, c.msg.fault ? EDGE_EFORMAT : EDGE_OK);
	return c.msg.fault;
}

/* The base request with one more header line. */
static enum edge_sip_fault fault_with(const char *line)
{
	static char text[8192]; /* the views stay valid */

	snprintf(text, sizeof(text), SIP_BASE "%s\r\n" SIP_END, line);
	return fault_of(text);
}

struct start_row {
	const char *line;
	enum edge_sip_fault fault;
};

static const struct start_row starts[] = {
	{"INVITE sip:b@y SIP/2.0", EDGE_SIP_FINE},
	{"INVITE sips:b@y sip/2.0", EDGE_SIP_FINE},
	{"INVITE tel:+1-555 SIP/2.0", EDGE_SIP_FINE},
	{"INVITE sip:b@y SIP/3.0", EDGE_SIP_BAD_VERSION},
	{"INVITE sip:b@y SIP/2.00", EDGE_SIP_BAD_VERSION},
	{"INVITE sip:b@y SIP/x", EDGE_SIP_BAD_START},
	{"INVITE sip:b@y SIP/2.0 ", EDGE_SIP_BAD_START},
	{"INVITE  sip:b@y SIP/2.0", EDGE_SIP_BAD_START},
	{" INVITE sip:b@y SIP/2.0", EDGE_SIP_BAD_START},
	{"INVITE\tsip:b@y SIP/2.0", EDGE_SIP_BAD_START},
	{"IN(VITE sip:b@y SIP/2.0", EDGE_SIP_BAD_START},
	{"INVITE sip:b@y\xc3\xa9 SIP/2.0", EDGE_SIP_BAD_URI},
	{"INVITE sip:b%zz@y SIP/2.0", EDGE_SIP_BAD_URI},
	{"INVITE sip: SIP/2.0", EDGE_SIP_BAD_URI},
	{"INVITE b@y SIP/2.0", EDGE_SIP_BAD_URI},
	{"INVITE sip:b@y?a=b SIP/2.0", EDGE_SIP_BAD_URI},
	{"INVITE http://y/ SIP/2.0", EDGE_SIP_BAD_SCHEME},
	{"INVITE im:b@y SIP/2.0", EDGE_SIP_BAD_SCHEME},
	{"SIP/2.0 200 OK", EDGE_SIP_FINE},
	{"SIP/2.0 699 ", EDGE_SIP_FINE},
	{"SIP/2.0 700 x", EDGE_SIP_BAD_START},
	{"SIP/2.0 099 x", EDGE_SIP_BAD_START},
	{"SIP/2.0 20 x", EDGE_SIP_BAD_START},
	{"SIP/2.0 2000 x", EDGE_SIP_BAD_START},
	{"SIP/2.0  200 x", EDGE_SIP_BAD_START},
	{"SIP/2.0 200", EDGE_SIP_BAD_START},
	{"SIP/1.0 200 OK", EDGE_SIP_BAD_VERSION},
	{"SIP/2.0 200 \x01", EDGE_SIP_BAD_BYTES},
	{"SIP/2.0 200 \xff", EDGE_SIP_BAD_BYTES},
};

START_TEST(start_line_is_judged)
{
	const struct start_row *r = &starts[_i];
	char text[1024];
	enum edge_sip_fault got;

	snprintf(text, sizeof(text),
		 "%s\r\n" SIP_VIA SIP_FROM SIP_TO SIP_CALL_ID SIP_CSEQ SIP_MAXF
			 SIP_END,
		 r->line);
	got = fault_of(text);
	ck_assert_msg(got == r->fault, "%s: %s", r->line,
		      edge_sip_fault_str(got));
}
END_TEST

struct line_row {
	const char *line;
	bool good;
};

static const struct line_row lines[] = {
	/* Via */
	{"Via: SIP / 2.0 / TLS  h : 5061 ; branch = z ; rport", true},
	{"Via: SIP/2.0/TLS h;a;b=\"q;,\\\"\";c=[::1]", true},
	{"Via: SIP/2.0/TLS h;received=::1", true},
	{"Via: SIP/2.0/TLS", false},
	{"Via: SIP/2.0/TLSh", false},
	{"Via: SIP/3.0/TLS h", false},
	{"Via: XIP/2.0/TLS h", false},
	{"Via: SIP/2.0/TLS h:0", false},
	{"Via: SIP/2.0/TLS h:65536", false},
	{"Via: SIP/2.0/TLS h:", false},
	{"Via: SIP/2.0/TLS [::1", false},
	{"Via: SIP/2.0/TLS [::g]", false},
	{"Via: SIP/2.0/TLS h;", false},
	{"Via: SIP/2.0/TLS h;a=", false},
	{"Via: SIP/2.0/TLS h;branch=", false},
	{"Via: SIP/2.0/TLS h;received", false},
	{"m: <sip:a@b>;epid=;x", false},
	{"m: <sip:a@b>;tag=;x", false},
	{"Via: SIP/2.0/TLS h;a=\"b", false},
	{"Via: SIP/2.0/TLS h;branch=1;BRANCH=1", false},
	{"Via: SIP/2.0/TLS h;received=1;received=2", false},
	{"Via: SIP/2.0/TLS h,", false},
	{"Via: SIP/2.0/TLS h x", false},
	{"Via:", false},
	/* Contact */
	{"Contact: <sip:a@b>", true},
	{"m: \"x \\\" y\" <sip:a@b:5061;lr?h=v>;q=0.3;+s.i=\"<urn:u>\"", true},
	{"m: a b c<sip:a@b>", true},
	{"m: sip:a@b;expires=3 , <sips:c>;x", true},
	{"m: <tel:+1>, <mailto:a@b>, http://x/y", true},
	{"m: <sip:b%00@[2001:db8::1]>", true},
	{"m: \"\xc3\xa9\" <sip:a@b>", true},
	{"m: *", false}, /* not in INVITE */
	{"m: \xc3\xa9 <sip:a@b>", false},
	{"m: \"\xff\" <sip:a@b>", false},
	{"m: <sip:a@b", false},
	{"m: sip:a@b>", false},
	{"m: <>", false},
	{"m: <sip:a@b> x", false},
	{"m: \"a\" sip:a@b", false},
	{"m: <sip:a b@c>", false},
	{"m: <sip:a%4@c>", false},
	{"m: <sip:@c>", false},
	{"m: <sip:a@@c>", false},
	{"m: <sip:a@c..d>", false},
	{"m: <sip:a@c;;x>", false},
	{"m: <sip:a@c:99999>", false},
	{"m: <sip:a@b>;tag=1;tag=2", false},
	{"m: <sip:a@b>,", false},
	{"m: ,<sip:a@b>", false},
	/* Route, Record-Route */
	{"Route: <sip:a;lr>;tag=1, \"x\" <sips:b>", true},
	{"Route: sip:a;lr", false},
	{"Route: <tel:+1>", false},
	{"Record-Route: <sip:a:5061;transport=tls;lr>;tag=F", true},
	{"Record-Route: <http://a/>", false},
	/* others */
	{"Expires: 7200", true},
	{"Expires: 99999999999999999999", true},
	{"Expires: -1", false},
	{"Expires:", false},
	{"Event: presence;id=1", true},
	{"o:", false},
	{"Proxy-Require: ms-benotify , x", true},
	{"Proxy-Require: a b", false},
	{"Proxy-Require: a,,b", false},
	{"X-Any: ;;,,\"<>@(( ", true},
	{"X-Any:", true},
	{"Subject: \xe2\x82\xac", true},
	{"Subject: \xe2\x82", false},
	{"Subject: \xed\xa0\x80", false},     /* surrogate */
	{"Subject: \xc0\xaf", false},	      /* overlong */
	{"Subject: \xf4\x90\x80\x80", false}, /* above 10FFFF */
	{"Subject: a\rb", false},
	{"Subject: a\x7f", false},
	{"Subject: 12345678\x1f", false},
	{"Subject: a\r\n\tb \r\n c", true},
	{"X y: 1", false},
	{"X\xc3: 1", false},
	{": 1", false},
	{"no colon at all", false},
};

START_TEST(header_line_is_judged)
{
	const enum edge_sip_fault got = fault_with(lines[_i].line);

	ck_assert_msg((got == EDGE_SIP_FINE) == lines[_i].good, "%s: %s",
		      lines[_i].line, edge_sip_fault_str(got));
	ck_assert(got == EDGE_SIP_FINE || edge_sip_fault_status(got) == 400);
}
END_TEST

/* Instead of the base's From, To, Call-ID, CSeq and Max-Forwards. */
static const struct {
	const char *old, *new;
	enum edge_sip_fault fault;
} swaps[] = {
	{SIP_FROM, "f: sip:a@x;tag=1;epid=2\r\n", EDGE_SIP_FINE},
	{SIP_FROM, "From: <sip:a@x>\r\n", EDGE_SIP_FINE}, /* tag: not here */
	{SIP_FROM, "From: <tel:+1;phone-context=x>\r\n", EDGE_SIP_FINE},
	{SIP_FROM, "From: <isbn:1>\r\n", EDGE_SIP_BAD_URI},
	{SIP_FROM, "From: <sip:a@x>, <sip:b@x>\r\n", EDGE_SIP_BAD_HEADER},
	{SIP_FROM, "From: \"a <sip:a@x>\r\n", EDGE_SIP_BAD_HEADER},
	{SIP_FROM, "From: <sip:a@x>;tag=1;tag=1\r\n", EDGE_SIP_BAD_HEADER},
	{SIP_FROM, "From: <sip:a@x>;tag=a\xc3\xa9\r\n", EDGE_SIP_BAD_HEADER},
	{SIP_TO, "T : b <sip:b@y>\r\n", EDGE_SIP_FINE},
	{SIP_TO, "To:\r\n", EDGE_SIP_BAD_HEADER},
	{SIP_CALL_ID, "i: a\"<>[]{}\\(/)?:@b\r\n", EDGE_SIP_FINE},
	{SIP_CALL_ID, "Call-ID: a b\r\n", EDGE_SIP_BAD_HEADER},
	{SIP_CALL_ID, "Call-ID: a@b@c\r\n", EDGE_SIP_BAD_HEADER},
	{SIP_CALL_ID, "Call-ID: a@\r\n", EDGE_SIP_BAD_HEADER},
	{SIP_CALL_ID, "Call-ID: a\r\n b\r\n", EDGE_SIP_BAD_HEADER},
	{SIP_CSEQ, "CSeq: 0\tINVITE\r\n", EDGE_SIP_FINE},
	{SIP_CSEQ, "CSeq: 2147483647 INVITE\r\n", EDGE_SIP_FINE},
	{SIP_CSEQ, "CSeq: 2147483648 INVITE\r\n", EDGE_SIP_BAD_CSEQ},
	{SIP_CSEQ, "CSeq: 7 invite\r\n", EDGE_SIP_BAD_CSEQ},
	{SIP_CSEQ, "CSeq: 7 ACK\r\n", EDGE_SIP_BAD_CSEQ},
	{SIP_CSEQ, "CSeq: 7INVITE\r\n", EDGE_SIP_BAD_CSEQ},
	{SIP_CSEQ, "CSeq: -7 INVITE\r\n", EDGE_SIP_BAD_CSEQ},
	{SIP_CSEQ, "CSeq: 7 INVITE x\r\n", EDGE_SIP_BAD_CSEQ},
	{SIP_MAXF, "Max-Forwards: 0\r\n", EDGE_SIP_FINE},
	{SIP_MAXF, "Max-Forwards: 255\r\n", EDGE_SIP_FINE},
	{SIP_MAXF, "Max-Forwards: 256\r\n", EDGE_SIP_BAD_HEADER},
	{SIP_MAXF, "Max-Forwards: x\r\n", EDGE_SIP_BAD_HEADER},
};

START_TEST(mandatory_value_is_judged)
{
	struct edge_slice text = sip_swap(edge_slice_str(SIP_BASE SIP_END),
					  swaps[_i].old, swaps[_i].new);

	(void)!sip_case_parse(&c, text);
	ck_assert_msg(c.msg.fault == swaps[_i].fault, "%s: %s", swaps[_i].new,
		      edge_sip_fault_str(c.msg.fault));
	sip_file_free(text);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("sip value");
	TCase *t = tcase_create("judge");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, start_line_is_judged, 0,
			    sizeof(starts) / sizeof(starts[0]));
	tcase_add_loop_test(t, header_line_is_judged, 0,
			    sizeof(lines) / sizeof(lines[0]));
	tcase_add_loop_test(t, mandatory_value_is_judged, 0,
			    sizeof(swaps) / sizeof(swaps[0]));
	suite_add_tcase(s, t);
	return s;
}
