/* access-edge/xmpp_xml.c: items out of bytes, however they are cut. */
#include "access-edge/xmpp_xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

#define HEAD                                                         \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:server' " \
	"xmlns:stream='http://etherx.jabber.org/streams' "           \
	"xmlns:db='jabber:server:dialback' xmlns:x='urn:x' "         \
	"to='contoso.com' from='fabrikam.com' id='7' version='1.0'>"

enum { STANZA = 65536, BUF = 400000 };

static struct acc_xmpp_xml *x;

static void setup(void)
{
	const struct acc_xmpp_xml_limits l = {STANZA, 32};

	ck_assert_int_eq(acc_xmpp_xml_new(&x, &l), EDGE_OK);
}

static void teardown(void)
{
	acc_xmpp_xml_free(x);
	x = NULL;
}

static const struct acc_xmpp_item *next(enum acc_xmpp_kind kind)
{
	const struct acc_xmpp_item *i = acc_xmpp_xml_next(x);

	ck_assert_int_eq(i->kind, kind);
	return i;
}

static void feed(const char *text)
{
	acc_xmpp_xml_feed(x, edge_slice_str(text));
}

static void begin(void)
{
	feed(HEAD);
	next(ACC_XMPP_HEADER);
	next(ACC_XMPP_NOTHING);
}

static void is(struct edge_slice s, const char *want)
{
	char text[2048];

	ck_assert(edge_slice_copy(text, sizeof(text), s));
	ck_assert_str_eq(text, want);
}

START_TEST(xml_tells_header_stanza_and_end)
{
	const struct acc_xmpp_item *i;

	feed(HEAD "\n<message from='a@fabrikam.com/r' to='b@contoso.com' "
		  "type='chat' id='m1'><body>hi</body></message> "
		  "</stream:stream>");
	i = next(ACC_XMPP_HEADER);
	is(i->to, "contoso.com");
	is(i->from, "fabrikam.com");
	is(i->id, "7");
	is(i->version, "1.0");
	ck_assert_ptr_null(i->type.p);
	i = next(ACC_XMPP_ELEMENT);
	ck_assert(acc_xmpp_item_is(i, ACC_NS_SERVER, "message"));
	is(i->from, "a@fabrikam.com/r");
	is(i->type, "chat");
	ck_assert_uint_eq(i->part_count, 1);
	ck_assert_str_eq(i->parts[0].name, "body");
	ck_assert_str_eq(i->parts[0].text, "hi");
	is(i->bytes, "<message from='a@fabrikam.com/r' to='b@contoso.com' "
		     "type='chat' id='m1'><body>hi</body></message>");
	next(ACC_XMPP_END);
	next(ACC_XMPP_END);
}
END_TEST

START_TEST(xml_tells_what_negotiation_needs)
{
	const struct acc_xmpp_item *i;

	begin();
	feed("<stream:features>"
	     "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"
	     "</starttls><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
	     "<mechanism>EXTERNAL</mechanism></mechanisms>"
	     "<dialback xmlns='urn:xmpp:features:dialback'><errors/>"
	     "</dialback></stream:features>"
	     "<db:result from='a' to='b'>01<!-- -->23</db:result>");
	i = next(ACC_XMPP_ELEMENT);
	ck_assert(acc_xmpp_item_is(i, ACC_NS_STREAM, "features"));
	ck_assert_ptr_nonnull(acc_xmpp_item_part(i, ACC_NS_TLS, "required"));
	ck_assert_ptr_nonnull(
		acc_xmpp_item_part(i, ACC_NS_DIALBACK_FEATURE, "dialback"));
	ck_assert_str_eq(acc_xmpp_item_part(i, ACC_NS_SASL, "mechanism")->text,
			 "EXTERNAL");
	ck_assert_int_eq(next(ACC_XMPP_FAULT)->fault, ACC_XMPP_RESTRICTED);
}
END_TEST

START_TEST(xml_text_of_the_element_itself)
{
	const struct acc_xmpp_item *i;
	char much[2 * ACC_XMPP_TEXT_LEN];

	begin();
	feed("<db:result from='a' to='b'>01&#50;<![CDATA[34]]></db:result>");
	i = next(ACC_XMPP_ELEMENT);
	ck_assert(acc_xmpp_item_is(i, ACC_NS_DIALBACK, "result"));
	is(i->text, "01234");
	ck_assert(!i->is_text_cut);
	next(ACC_XMPP_NOTHING);
	memset(much, 'k', sizeof(much));
	strcpy(much + sizeof(much) - 13, "</db:result>");
	feed("<db:result>");
	next(ACC_XMPP_NOTHING);
	feed(much);
	i = next(ACC_XMPP_ELEMENT);
	ck_assert(i->is_text_cut);
	ck_assert_uint_eq(edge_slice_len(i->text), ACC_XMPP_TEXT_LEN);
}
END_TEST

/* What is declared on the header is declared again where it is used, and no
 * prefix hides our own namespace. */
START_TEST(xml_copies_mean_what_they_meant)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"<message><x:a y='1'/></message>",
		 "<message><x:a xmlns:x='urn:x' y='1'/></message>"},
		{"<message x:y='1'/>", "<message xmlns:x='urn:x' x:y='1'/>"},
		{"<message><a xmlns='urn:a'><b xmlns=''/></a></message>",
		 "<message><a xmlns='urn:a'><b xmlns=''/></a></message>"},
		{"<s:message xmlns:s='jabber:server' xmlns='urn:a'><b/>"
		 "</s:message>",
		 "<s:message xmlns:s='jabber:server' xmlns='urn:a'><b/>"
		 "</s:message>"},
		{"<message xmlns:e='urn:lync-edge:xmpp:1' e:verified='true' "
		 "e:auth='external'><body e:verified='true'>x</body>"
		 "</message>",
		 "<message><body>x</body></message>"},
		{"<message xmlns:e='urn:lync-edge:xmpp:1'><e:a/></message>",
		 "<message><e:a xmlns:e='urn:lync-edge:xmpp:1'/></message>"},
		{"<message a=\"it's\">a &lt; b &amp; c &#x2603;</message>",
		 "<message a='it&#39;s'>a &lt; b &amp; c \xe2\x98\x83"
		 "</message>"},
		{"<message xml:lang='de'/>", "<message xml:lang='de'/>"},
	};

	begin();
	feed(rows[_i].in);
	is(next(ACC_XMPP_ELEMENT)->bytes, rows[_i].out);
}
END_TEST

START_TEST(xml_marks_where_ours_may_stand)
{
	const struct acc_xmpp_item *i;

	begin();
	feed("<message to='a'><body/></message>"
	     "<message xmlns:le='urn:theirs' le:a='1'/>");
	i = next(ACC_XMPP_ELEMENT);
	ck_assert_mem_eq(i->bytes.p + i->mark, "><body/>", 8);
	ck_assert_str_eq(i->prefix, "le");
	i = next(ACC_XMPP_ELEMENT);
	ck_assert_mem_eq(i->bytes.p + i->mark, "/>", 2);
	ck_assert_str_eq(i->prefix, "le1");
}
END_TEST

static const struct {
	const char *text;
	enum acc_xmpp_fault fault;
} faulty[] = {
	{"<!DOCTYPE a><stream/>", ACC_XMPP_RESTRICTED},
	{"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", ACC_XMPP_RESTRICTED},
	{"<?php x?>", ACC_XMPP_RESTRICTED},
	{"<!-- x -->", ACC_XMPP_RESTRICTED},
	{HEAD "<message>&nbsp;</message>", ACC_XMPP_RESTRICTED},
	{HEAD "<message><!-- x --></message>", ACC_XMPP_RESTRICTED},
	{HEAD "<message><?a b?></message>", ACC_XMPP_RESTRICTED},
	{HEAD "<message>", ACC_XMPP_FINE},
	{HEAD "<message></presence>", ACC_XMPP_NOT_WELL_FORMED},
	{HEAD "<message a='1' a='2'/>", ACC_XMPP_NOT_WELL_FORMED},
	{HEAD "<z:message/>", ACC_XMPP_NOT_WELL_FORMED},
	{HEAD "<message>\xff</message>", ACC_XMPP_NOT_WELL_FORMED},
	{HEAD "<message>&#0;</message>", ACC_XMPP_NOT_WELL_FORMED},
	{HEAD "<message xmlns:a='a&#10;b'/>", ACC_XMPP_NOT_WELL_FORMED},
	{HEAD "text", ACC_XMPP_BAD_FORMAT},
	{HEAD "<a/>&#65;", ACC_XMPP_BAD_FORMAT},
	{"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", ACC_XMPP_ENCODING},
	{"\xff\xfe<", ACC_XMPP_ENCODING},
	{"<a xmlns='jabber:server'>", ACC_XMPP_NAMESPACE},
	{"<stream xmlns='http://etherx.jabber.org/streams'>",
	 ACC_XMPP_NAMESPACE},
	{"<s:stream xmlns:s='http://etherx.jabber.org/streams' "
	 "xmlns='jabber:client'>",
	 ACC_XMPP_NAMESPACE},
	{"<s:stream xmlns:s='http://etherx.jabber.org/streams'>",
	 ACC_XMPP_NAMESPACE},
	{"GET / HTTP/1.1\r\n\r\n", ACC_XMPP_NOT_WELL_FORMED},
};

START_TEST(xml_faults_have_their_names)
{
	const struct acc_xmpp_item *i;

	feed(faulty[_i].text);
	do {
		i = acc_xmpp_xml_next(x);
	} while (i->kind == ACC_XMPP_HEADER || i->kind == ACC_XMPP_ELEMENT);
	ck_assert_int_eq(i->fault, faulty[_i].fault);
	ck_assert_int_eq(i->kind,
			 faulty[_i].fault ? ACC_XMPP_FAULT : ACC_XMPP_NOTHING);
	feed("<a/>");
	ck_assert_int_eq(acc_xmpp_xml_next(x)->fault, faulty[_i].fault);
}
END_TEST

START_TEST(xml_sixteen_bit_text_is_refused)
{
	acc_xmpp_xml_feed(x, edge_slice("<\0s\0", 4));
	ck_assert_int_eq(next(ACC_XMPP_FAULT)->fault, ACC_XMPP_ENCODING);
}
END_TEST

static void feed_nested(int depth)
{
	for (int i = 0; i < depth; i++)
		feed("<a>"), acc_xmpp_xml_next(x);
	for (int i = 0; i < depth; i++)
		feed("</a>"), i + 1 < depth ? acc_xmpp_xml_next(x) : NULL;
}

START_TEST(xml_depth_is_limited)
{
	begin();
	feed_nested(32);
	next(ACC_XMPP_ELEMENT);
	next(ACC_XMPP_NOTHING);
	feed_nested(33);
	ck_assert_int_eq(next(ACC_XMPP_FAULT)->fault, ACC_XMPP_TOO_LARGE);
}
END_TEST

/* Exactly as long as is allowed, and one more; at once and in pieces. */
START_TEST(xml_stanza_is_limited)
{
	char *text = malloc(STANZA + 2);
	const size_t len = (size_t)STANZA + (_i & 1);

	memset(text, 'a', STANZA + 1);
	memcpy(text, "<m>", 3);
	memcpy(text + len - 4, "</m>", 4);
	begin();
	for (size_t at = 0, step = _i & 2 ? 1000 : len; at < len; at += step) {
		acc_xmpp_xml_feed(x, edge_slice(text + at, len - at < step
								   ? len - at
								   : step));
		if (at + step < len)
			(void)acc_xmpp_xml_next(x);
	}
	if (_i & 1)
		ck_assert_int_eq(next(ACC_XMPP_FAULT)->fault,
				 ACC_XMPP_TOO_LARGE);
	else
		next(ACC_XMPP_ELEMENT);
	free(text);
}
END_TEST

/* Half a tag in ever so small parts costs more than its length. */
START_TEST(xml_what_comes_byte_by_byte_is_limited)
{
	static const char *const begins[] = {"<m a='", "<m>"};
	size_t fed = 0;

	begin();
	acc_xmpp_xml_feed(x, edge_slice_str(begins[_i]));
	(void)acc_xmpp_xml_next(x);
	while (fed < STANZA / 2) {
		acc_xmpp_xml_feed(x, edge_slice_str("a"));
		fed++;
		if (acc_xmpp_xml_next(x)->kind == ACC_XMPP_FAULT)
			break;
	}
	if (_i) { /* text is done with as it comes */
		ck_assert_uint_eq(fed, STANZA / 2);
		return;
	}
	ck_assert_uint_gt(fed, STANZA / 64);
	ck_assert_uint_lt(fed, STANZA / 2);
	ck_assert_int_eq(next(ACC_XMPP_FAULT)->fault, ACC_XMPP_TOO_LARGE);
}
END_TEST

/* Half a tag is no excuse, nor is a header, nor is a copy that grows. */
START_TEST(xml_what_is_not_over_is_limited_too)
{
	char *text = malloc(BUF);
	size_t len = STANZA + 1;

	memset(text, 'a', BUF);
	memcpy(text, "<m b='", 6);
	if (_i == 0) {
		len = ACC_XMPP_HEADER_LEN + 1;
	} else {
		begin();
	}
	if (_i == 2) {
		len = STANZA - 100;
		memset(text + 6, '"', len - 6);
		memset(text + 6, '>', len - 6);
		memcpy(text + len - 3, "'/>", 3);
	}
	acc_xmpp_xml_feed(x, edge_slice(text, len));
	ck_assert_int_eq(next(ACC_XMPP_FAULT)->fault, ACC_XMPP_TOO_LARGE);
	free(text);
}
END_TEST

/* Few bytes on the wire, many namespaces in the copy. */
START_TEST(xml_namespaces_do_not_multiply)
{
	char *text = malloc(BUF), *at = text;

	at += sprintf(at, "<stream:stream xmlns='jabber:server' xmlns:stream='"
			  "http://etherx.jabber.org/streams' xmlns:p='");
	memset(at, 'u', 1000);
	at += 1000;
	at += sprintf(at, "'>");
	feed(text);
	next(ACC_XMPP_HEADER);
	next(ACC_XMPP_NOTHING);
	at = text + sprintf(text, "<message>");
	for (int i = 0; i < 1000; i++)
		at += sprintf(at, "<p:a/>");
	strcpy(at, "</message>");
	feed(text);
	ck_assert_int_eq(next(ACC_XMPP_FAULT)->fault, ACC_XMPP_TOO_LARGE);
	free(text);
}
END_TEST

START_TEST(xml_whitespace_between_is_nothing)
{
	char *blanks = malloc(STANZA);

	memset(blanks, ' ', STANZA);
	begin();
	for (int i = 0; i < 4; i++) {
		acc_xmpp_xml_feed(x, edge_slice(blanks, STANZA));
		next(ACC_XMPP_NOTHING);
	}
	feed("<presence/>");
	next(ACC_XMPP_ELEMENT);
	free(blanks);
}
END_TEST

START_TEST(xml_knows_what_stands_behind_an_item)
{
	begin();
	ck_assert(!acc_xmpp_xml_has_rest(x));
	feed("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	next(ACC_XMPP_ELEMENT);
	ck_assert(!acc_xmpp_xml_has_rest(x));
	next(ACC_XMPP_NOTHING);
	feed("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>\n");
	next(ACC_XMPP_ELEMENT);
	ck_assert(acc_xmpp_xml_has_rest(x));
	ck_assert_int_eq(acc_xmpp_xml_restart(x), EDGE_OK);
	next(ACC_XMPP_NOTHING);
	begin();
}
END_TEST

START_TEST(xml_tells_what_comes_byte_by_byte)
{
	static const char text[] =
		HEAD "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
		     "<message to='a@contoso.com'><body>hi</body></message>";
	unsigned headers = 0, elements = 0;

	for (const char *c = text; *c; c++) {
		const struct acc_xmpp_item *i;

		acc_xmpp_xml_feed(x, edge_slice(c, 1));
		i = acc_xmpp_xml_next(x);
		headers += i->kind == ACC_XMPP_HEADER;
		elements += i->kind == ACC_XMPP_ELEMENT;
		ck_assert(i->kind == ACC_XMPP_NOTHING || *c == '>');
		if (i->kind != ACC_XMPP_NOTHING)
			next(ACC_XMPP_NOTHING);
	}
	ck_assert_uint_eq(headers, 1);
	ck_assert_uint_eq(elements, 2);
}
END_TEST

START_TEST(xml_takes_a_stream_that_ends_at_once)
{
	feed("<stream:stream xmlns='jabber:server' "
	     "xmlns:stream='http://etherx.jabber.org/streams'/>");
	next(ACC_XMPP_HEADER);
	next(ACC_XMPP_END);
}
END_TEST

/* Long after the header its prefixes are still known, whatever expat has
 * forgotten, and each element comes once and whole. */
START_TEST(xml_begins_anew_without_anybody_seeing_it)
{
	char *text = malloc(BUF), want[80];
	size_t len = 0, at = 0, step = _i ? 997 : 60000;
	unsigned seen = 0, total = 0;

	while (len < BUF - 100) {
		len += (size_t)sprintf(text + len,
				       "<message id='%u'><x:n%u/>"
				       "</message>\n",
				       total, total);
		total++;
	}
	begin();
	for (; at < len; at += step) {
		acc_xmpp_xml_feed(x, edge_slice(text + at, len - at < step
								   ? len - at
								   : step));
		for (;;) {
			const struct acc_xmpp_item *i = acc_xmpp_xml_next(x);

			if (i->kind == ACC_XMPP_NOTHING)
				break;
			ck_assert_int_eq(i->kind, ACC_XMPP_ELEMENT);
			sprintf(want,
				"<message id='%u'><x:n%u xmlns:x='urn:x'/>"
				"</message>",
				seen, seen);
			is(i->bytes, want);
			seen++;
		}
	}
	ck_assert_uint_eq(seen, total);
	feed("</stream:stream>");
	next(ACC_XMPP_END);
	free(text);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_xml");
	TCase *t = tcase_create("items");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, xml_tells_header_stanza_and_end);
	tcase_add_test(t, xml_tells_what_negotiation_needs);
	tcase_add_test(t, xml_text_of_the_element_itself);
	tcase_add_loop_test(t, xml_copies_mean_what_they_meant, 0, 8);
	tcase_add_test(t, xml_marks_where_ours_may_stand);
	tcase_add_test(t, xml_whitespace_between_is_nothing);
	tcase_add_test(t, xml_knows_what_stands_behind_an_item);
	tcase_add_test(t, xml_tells_what_comes_byte_by_byte);
	tcase_add_test(t, xml_takes_a_stream_that_ends_at_once);
	tcase_add_loop_test(t, xml_begins_anew_without_anybody_seeing_it, 0, 2);
	suite_add_tcase(suite, t);
	t = tcase_create("faults");
	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, xml_faults_have_their_names, 0,
			    sizeof(faulty) / sizeof(*faulty));
	tcase_add_test(t, xml_sixteen_bit_text_is_refused);
	tcase_add_test(t, xml_depth_is_limited);
	tcase_add_loop_test(t, xml_stanza_is_limited, 0, 4);
	tcase_add_loop_test(t, xml_what_comes_byte_by_byte_is_limited, 0, 2);
	tcase_add_loop_test(t, xml_what_is_not_over_is_limited_too, 0, 3);
	tcase_add_test(t, xml_namespaces_do_not_multiply);
	suite_add_tcase(suite, t);
	return suite;
}
