/* Reading: limits, encodings, declarations, containers. TO 1.1, 1.10, 1.11. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "tests/support/suite.h"
#include "tests/support/topo_doc.h"

#define NS_T "urn:schema:Microsoft.Rtc.Management.Deploy.Topology.2008"

/* Parse, give the first finding's "code text". */
static const char *parse(const char *bytes, size_t len)
{
	static char out[700];
	struct topo_findings f;
	struct topo_draft *d = NULL;

	topo_findings_init(&f, "x.xml");
	if (topo_xml_parse(&d, edge_slice(bytes, len), &f) == EDGE_OK)
		(void)snprintf(out, sizeof(out), "ok");
	else
		(void)snprintf(out, sizeof(out), "%s %s",
			       f.count ? f.items[0].code : "none",
			       f.count ? f.items[0].text : "");
	topo_draft_free(d);
	topo_findings_fini(&f);
	return out;
}

static void expect(const char *bytes, size_t len, const char *code,
		   const char *text)
{
	const char *got = parse(bytes, len);

	ck_assert_msg(strncmp(got, code, strlen(code)) == 0 &&
			      strstr(got, text),
		      "wanted '%s ... %s', got '%s'", code, text, got);
}

struct text_case {
	const char *text, *code, *part;
};

/* clang-format off */
static const struct text_case texts[] = {
	{"<Topology xmlns='" NS_T "'/>", "ok", ""},
	{"", "TOPO-IO-001", "x.xml: 0 bytes"},
	{"\xef\xbb\xbf", "TOPO-XML-001", "nothing after"},
	{"no xml at all", "TOPO-XML-001", ""},
	{"<Topology xmlns='" NS_T "'>", "TOPO-XML-001", ""},
	{"<Topology xmlns='" NS_T "'/><x/>", "TOPO-XML-001", ""},
	{"<Topology xmlns='" NS_T "' a='1' a='2'/>", "TOPO-XML-001", ""},
	{"<Topology xmlns='" NS_T "'>\xc3\x28</Topology>", "TOPO-XML-001", ""},
	{"<Topology xmlns='" NS_T "'>&undeclared;</Topology>", "TOPO-XML-001", ""},
	{"<p:Topology/>", "TOPO-XML-001", ""},
	/* declarations of any kind */
	{"<!DOCTYPE Topology><Topology xmlns='" NS_T "'/>", "TOPO-XML-002", "document type"},
	{"<!DOCTYPE Topology SYSTEM 'file:///etc/passwd'><Topology/>", "TOPO-XML-002", ""},
	{"<!DOCTYPE T PUBLIC 'a' 'http://127.0.0.1:1/x'><T/>", "TOPO-XML-002", ""},
	{"<!DOCTYPE T [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/x'> %p;]><T/>", "TOPO-XML-002", ""},
	{"<!DOCTYPE T [<!ENTITY a SYSTEM '/etc/passwd'>]><T>&a;</T>", "TOPO-XML-002", ""},
	/* roots */
	{"<Other/>", "TOPO-DOC-001", "root is 'Other' in namespace ''"},
	{"<Topology/>", "TOPO-DOC-001", "'Topology'"},
	{"<Topology xmlns='urn:schema:Microsoft.Rtc.Management.Deploy.Topology.2013'/>", "TOPO-DOC-001", "Topology.2013"},
	{"<p:Topology xmlns:p='" NS_T "'/>", "ok", ""},
	{"<DocItemSet/>", "TOPO-DOC-001", "no Topology in the DocItemSet"},
	{"<DocItemSet xmlns='urn:any'><DocItem Name='a'><Data><wrap><Topology xmlns='" NS_T "'/></wrap></Data></DocItem></DocItemSet>", "ok", ""},
	{"<DocItemSet><DocItem Name='a'><Topology xmlns='" NS_T "'/></DocItem><DocItem Name='b'><Topology xmlns='" NS_T "'/></DocItem></DocItemSet>", "TOPO-DOC-003", "in 'a' and in 'b'"},
	/* encodings */
	{"<?xml version='1.0' encoding='utf-8'?><Topology xmlns='" NS_T "'/>", "ok", ""},
	{"<?xml version='1.0' encoding = \"US-ASCII\" ?><Topology xmlns='" NS_T "'/>", "ok", ""},
	{"<?xml version='1.0' encoding='us-ascii'?><Topology xmlns='" NS_T "'>\xc3\xa4</Topology>", "TOPO-XML-004", "us-ascii"},
	{"<?xml version='1.0' encoding='utf-7'?><Topology xmlns='" NS_T "'/>", "TOPO-XML-004", "utf-7"},
	{"<?xml version='1.0' encoding='iso-8859-1'?><Topology xmlns='" NS_T "'/>", "TOPO-XML-004", "no BOM; declaration: iso-8859-1"},
	{"<?xml version='1.0' encoding='utf-16'?><Topology xmlns='" NS_T "'/>", "TOPO-XML-004", "utf-16"},
	{"\xef\xbb\xbf<?xml version='1.0' encoding='utf-16'?><Topology xmlns='" NS_T "'/>", "TOPO-XML-004", "mark: UTF-8; declaration: utf-16"},
	{"\xef\xbb\xbf<Topology xmlns='" NS_T "'/>", "ok", ""},
	{"+/v8-<x/>", "TOPO-XML-004", "UTF-7"},
	{"\x4c\x6f\xa7\x94", "TOPO-XML-004", "EBCDIC"},
};
/* clang-format on */

START_TEST(topo_xml_parse_answers)
{
	const struct text_case *t = &texts[_i];

	expect(t->text, strlen(t->text), t->code, t->part);
}
END_TEST

/* ASCII text as UTF-16 behind its byte order mark. */
static size_t utf16(char *out, const char *text, bool big, bool bom)
{
	size_t n = 0;

	if (bom) {
		out[n++] = big ? '\xfe' : '\xff';
		out[n++] = big ? '\xff' : '\xfe';
	}
	for (; *text; text++) {
		out[n++] = big ? '\0' : *text;
		out[n++] = big ? *text : '\0';
	}
	return n;
}

START_TEST(topo_xml_parse_takes_utf16_with_its_mark_only)
{
	static const char doc[] = "<?xml version='1.0' encoding='utf-16'?>"
				  "<Topology xmlns='" NS_T "'/>";
	static const char wrong[] = "<?xml version='1.0' encoding='utf-8'?>"
				    "<Topology xmlns='" NS_T "'/>";
	char out[512];
	size_t n = utf16(out, doc, _i, true);

	expect(out, n, "ok", "");
	expect(out, n - 1, "TOPO-XML-004", "UTF-16");
	n = utf16(out, doc, _i, false);
	expect(out, n, "TOPO-XML-004", "without BOM");
	n = utf16(out, wrong, _i, true);
	expect(out, n, "TOPO-XML-004", "declaration: utf-8");
	n = utf16(out, "<Topology xmlns='" NS_T "'/>", _i, true);
	out[n - 4] = '\0'; /* half a surrogate pair */
	out[n - 3] = '\0';
	out[n - 4 + (_i ? 0 : 1)] = '\xd8';
	expect(out, n, "TOPO-XML-004", "broken");
}
END_TEST

START_TEST(topo_xml_parse_refuses_strange_marks)
{
	expect("\xff\xfe\0\0<\0\0\0", 8, "TOPO-XML-004", "UTF-32LE");
	expect("\0\0\xfe\xff\0\0\0<", 8, "TOPO-XML-004", "UTF-32BE");
}
END_TEST

/* Documents of the size of a limit. */

static char *filled(size_t count, const char *head, const char *unit,
		    const char *tail, size_t *len)
{
	size_t n = strlen(unit);
	char *out = malloc(strlen(head) + count * n + strlen(tail) + 1);

	ck_assert_ptr_nonnull(out);
	*len = strlen(head);
	memcpy(out, head, *len);
	for (size_t i = 0; i < count; i++, *len += n)
		memcpy(out + *len, unit, n);
	memcpy(out + *len, tail, strlen(tail) + 1);
	*len += strlen(tail);
	return out;
}

static const char open_t[] = "<Topology xmlns='" NS_T "'>";

static void expect_filled(size_t count, const char *head, const char *unit,
			  const char *tail, const char *code, const char *text)
{
	size_t len;
	char *doc = filled(count, head, unit, tail, &len);

	expect(doc, len, code, text);
	free(doc);
}

START_TEST(topo_xml_parse_keeps_to_its_limits)
{
	expect_filled(63, open_t, "<a>", "", "TOPO-XML-001", "");
	expect_filled(64, open_t, "<a>", "", "TOPO-XML-003", "deeper than 64");
	expect_filled(199999, open_t, "<a/>", "</Topology>", "ok", "");
	expect_filled(200000, open_t, "<a/>", "</Topology>", "TOPO-XML-003",
		      "200000 elements");
	expect_filled(65536, "<Topology xmlns='" NS_T "' a='", "x", "'/>", "ok",
		      "");
	expect_filled(65537, "<Topology xmlns='" NS_T "' a='", "x", "'/>",
		      "TOPO-XML-003", "64 KiB");
	expect_filled(1024, "<", "x", "/>", "TOPO-DOC-001", "");
	expect_filled(1025, "<", "x", "/>", "TOPO-XML-003", "1 KiB");
	expect_filled(1025, "<Topology ", "x", "='1'/>", "TOPO-XML-003",
		      "1 KiB");
	expect_filled(16 * 1024 * 1024 + 1, "", " ", "", "TOPO-IO-001",
		      "16777217 bytes");
}
END_TEST

START_TEST(topo_xml_parse_limits_attributes_of_one_element)
{
	char doc[2048];
	size_t n = (size_t)sprintf(doc, "<Topology xmlns='" NS_T "'");

	for (int i = 0; i < 65; i++)
		n += (size_t)sprintf(doc + n, " a%d='1'", i);
	n += (size_t)sprintf(doc + n, "/>");
	expect(doc, n, "TOPO-XML-003", "64 attributes");
}
END_TEST

START_TEST(topo_xml_parse_names_line_and_column)
{
	struct topo_doc d;
	struct topo_check_plan plan = {.self = "x"};
	char line[700];

	topo_doc_load(&d, "b1-not-well-formed.xml");
	ck_assert_str_eq(topo_doc_codes(&d, &plan), "F:TOPO-XML-001");
	ck_assert_uint_eq(d.findings.items[0].line, 4);
	ck_assert_uint_gt(d.findings.items[0].column, 0);
	(void)topo_finding_print(&d.findings.items[0], line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "fatal TOPO-XML-001 (line 4, col"));
	ck_assert_ptr_null(d.draft);
	topo_doc_fini(&d);
}
END_TEST

static double now(void)
{
	struct timespec t;

	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static long peak_kib(void)
{
	struct rusage u;

	ck_assert_int_eq(getrusage(RUSAGE_SELF, &u), 0);
	return u.ru_maxrss;
}

START_TEST(topo_xml_parse_stops_at_a_bomb_at_once)
{
	struct topo_doc d;
	double start, spent;
	long before;

	topo_doc_load(&d, "b5-entity-bomb.xml");
	before = peak_kib();
	start = now();
	expect(d.bytes, d.len, "TOPO-XML-002", "not accepted");
	spent = now() - start;
	ck_assert_msg(spent < 50, "%f ms", spent);
	ck_assert_int_lt(peak_kib() - before, 8 * 1024);
	topo_doc_fini(&d);
}
END_TEST

START_TEST(topo_xml_parse_fails_on_every_strict_prefix)
{
	struct topo_doc d;

	topo_doc_load(&d, "04-docitemset-pool.xml");
	while (d.len && d.bytes[d.len - 1] != '>')
		d.len--; /* blanks behind the root may go */
	for (size_t n = 0; n < d.len; n += 1 + n / 40)
		ck_assert_str_ne(parse(d.bytes, n), "ok");
	ck_assert_str_eq(parse(d.bytes, d.len), "ok");
	topo_doc_fini(&d);
}
END_TEST

START_TEST(topo_xml_parse_keeps_an_ampersand)
{
	static const char doc[] =
		"<Topology xmlns='" NS_T
		"'><Sites><CentralSite SiteId='&lt;&#x41;"
		"&amp;&#38;'><Name>R&amp;D<![CDATA[<>]]></Name></CentralSite>"
		"</Sites></Topology>";
	struct topo_doc d;

	topo_doc_text(&d, doc, sizeof(doc) - 1);
	ck_assert_int_eq(
		topo_xml_parse(&d.draft, edge_slice_str(doc), &d.findings),
		EDGE_OK);
	ck_assert_str_eq(d.draft->sites->id, "<A&&");
	ck_assert_str_eq(d.draft->sites->name, "R&D<>");
	topo_doc_fini(&d);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("xml");
	TCase *tc = tcase_create("reading");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, topo_xml_parse_answers, 0,
			    (int)(sizeof(texts) / sizeof(*texts)));
	tcase_add_loop_test(tc, topo_xml_parse_takes_utf16_with_its_mark_only,
			    0, 2);
	tcase_add_test(tc, topo_xml_parse_refuses_strange_marks);
	tcase_add_test(tc, topo_xml_parse_keeps_to_its_limits);
	tcase_add_test(tc, topo_xml_parse_limits_attributes_of_one_element);
	tcase_add_test(tc, topo_xml_parse_names_line_and_column);
	tcase_add_test(tc, topo_xml_parse_stops_at_a_bomb_at_once);
	tcase_add_test(tc, topo_xml_parse_fails_on_every_strict_prefix);
	tcase_add_test(tc, topo_xml_parse_keeps_an_ampersand);
	suite_add_tcase(s, tc);
	return s;
}
