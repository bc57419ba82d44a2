/* Bodies of A/V authentication requests: AV 2.3, and the hygiene of 2.4. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "av-edge/mras_xml.h"
#include "tests/support/suite.h"

#define NS "xmlns=\"http://schemas.microsoft.com/2006/09/sip/mrasp\""
#define ROOT \
	"requestID=\"r1\" version=\"1.0\" from=\"sip:a@b.c\" to=\"sip:m@b.c\""
#define OPEN  "<request " ROOT " " NS ">"
#define CLOSE "</request>"
#define ASK(in)                                               \
	"<credentialsRequest credentialsRequestID=\"c1\">" in \
	"</credentialsRequest>"
#define ID "<identity>sip:a@b.c</identity>"
#define WHOLE        \
	OPEN ASK(ID) \
	CLOSE

static struct mras_request *r;

static void setup(void)
{
	r = malloc(sizeof(*r));
	ck_assert_ptr_nonnull(r);
	memset(r, 0x5a, sizeof(*r));
}

static void teardown(void)
{
	free(r);
}

static enum mras_phrase read_bytes(const void *p, size_t len)
{
	return mras_xml_read(r, edge_slice(p, len));
}

static enum mras_phrase read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static void is(struct edge_slice got, const char *want)
{
	ck_assert_msg(edge_slice_eq_str(got, want), "got \"%.*s\", want \"%s\"",
		      (int)edge_slice_len(got), (const char *)got.p, want);
}

START_TEST(read_takes_the_example_of_the_digest)
{
	ck_assert_int_eq(
		read_text(
			"<?xml version=\"1.0\" encoding='utf-8'?>\r\n"
			"<request requestID=\"1804289383\" version=\"1.0\" "
			"from=\"sip:alice@contoso.com\" "
			"to=\"sip:edgepool.contoso.net@contoso.com;gruu;opaque="
			"srvr:MRAS:AbCdEfGhIjKlMnOpAA\" " NS
			" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-"
			"instance\">\r\n <credentialsRequest "
			"credentialsRequestID=\"18\">\n"
			"  <identity>\n\tsip:alice@contoso.com </identity>"
			"<location>internet</location><duration>480</duration>"
			"</credentialsRequest></request>\n"),
		MRAS_OK);
	is(r->id, "1804289383");
	is(r->version, "1.0");
	is(r->from, "sip:alice@contoso.com");
	is(r->to, "sip:edgepool.contoso.net@contoso.com;gruu;opaque=srvr:MRAS:"
		  "AbCdEfGhIjKlMnOpAA");
	ck_assert(!r->direct_ip);
	ck_assert_uint_eq(r->count, 1);
	is(r->asks[0].id, "18");
	is(r->asks[0].identity, "sip:alice@contoso.com");
	ck_assert_int_eq(r->asks[0].location, MRAS_AT_INTERNET);
	ck_assert_uint_eq(r->asks[0].minutes, 480);
}
END_TEST

START_TEST(read_gives_defaults_for_what_is_not_said)
{
	ck_assert_int_eq(read_text(WHOLE), MRAS_OK);
	ck_assert_int_eq(r->asks[0].location, MRAS_ANYWHERE);
	ck_assert_uint_eq(r->asks[0].minutes, 0);
	ck_assert(!r->direct_ip);
}
END_TEST

START_TEST(read_takes_any_prefix_and_passes_over_strangers)
{
	ck_assert_int_eq(
		read_text("<q:request xmlns:q=\"" MRAS_NAMESPACE
			  "\" xmlns:x=\"urn:x\" x:version=\"9.9\" "
			  "requestID=\"a\" version=\"3.0\" from=\"sip:a@b\" "
			  "to=\"sip:m@b\" route=\"directip\" more=\"1\">"
			  "<!-- note --><?pi x?>"
			  "<x:credentialsRequest/><q:other><q:identity>z"
			  "</q:identity></q:other>"
			  "<q:credentialsRequest credentialsRequestID=\"b\">"
			  "<x:identity>no</x:identity>"
			  "<q:identity>s<x:in>not</x:in>ip:<![CDATA[a&]]>&amp;"
			  "&#x62;</q:identity><q:location>intranet</q:location>"
			  "<x:location>moon</x:location>"
			  "</q:credentialsRequest></q:request>"),
		MRAS_OK);
	ck_assert(r->direct_ip);
	ck_assert_uint_eq(r->count, 1);
	is(r->asks[0].identity, "sip:a&&b");
	ck_assert_int_eq(r->asks[0].location, MRAS_AT_INTRANET);
}
END_TEST

static const char *const versions[] = {"1.0", "2.0", "3.0"};

START_TEST(read_takes_versions_1_to_3)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "<request requestID=\"r\" version=\"%s\" from=\"sip:a@b\" "
		 "to=\"sip:m@b\" route=\"loadbalanced\" " NS ">" ASK(ID) CLOSE,
		 versions[_i]);
	ck_assert_int_eq(read_text(text), MRAS_OK);
	is(r->version, versions[_i]);
}
END_TEST

static const char *const other_versions[] = {"0.9", "1.1", "3.1", "4.0",
					     "10.0"};

START_TEST(read_knows_other_versions_apart)
{
	char text[1024];

	/* what such a body holds is not ours to judge */
	snprintf(text, sizeof(text),
		 "<request requestID=\"r\" version=\"%s\" from=\"sip:a@b\" "
		 "to=\"sip:m@b\" " NS "><unheard/></request>",
		 other_versions[_i]);
	ck_assert_int_eq(read_text(text), MRAS_VERSION);
	is(r->id, "r");
	is(r->version, other_versions[_i]);
	is(r->to, "sip:m@b");
	is(r->from, "sip:a@b");
}
END_TEST

#define R(attrs) "<request " attrs " " NS ">" ASK(ID) CLOSE
#define A4(id, v, f, t) \
	"requestID=\"" id "\" version=\"" v "\" from=\"" f "\" to=\"" t "\""
#define L65                                                          \
	"0123456789012345678901234567890123456789012345678901234567" \
	"8901234"

static const char *const malformed[] = {
	"",
	" ",
	"x",
	"L\x6f\xa7\x94",
	"<request/>",
	"<request " NS "/>",
	"<a><b/></a>",
	OPEN ASK(ID),	 /* cut off */
	WHOLE "<more/>", /* two roots */
	"<response " ROOT " " NS ">" ASK(ID) "</response>",
	"<request " ROOT ">" ASK(ID) CLOSE, /* no namespace */
	"<request " ROOT " xmlns=\"urn:other\">" ASK(ID) CLOSE,
	OPEN CLOSE, /* nothing asked */
	R("version=\"1.0\" from=\"sip:a@b\" to=\"sip:m@b\""),
	R("requestID=\"r\" from=\"sip:a@b\" to=\"sip:m@b\""),
	R("requestID=\"r\" version=\"1.0\" to=\"sip:m@b\""),
	R("requestID=\"r\" version=\"1.0\" from=\"sip:a@b\""),
	R(A4("", "1.0", "sip:a@b", "sip:m@b")),
	R(A4(L65, "1.0", "sip:a@b", "sip:m@b")),
	R(A4("r", "1", "sip:a@b", "sip:m@b")),
	R(A4("r", "1.", "sip:a@b", "sip:m@b")),
	R(A4("r", ".0", "sip:a@b", "sip:m@b")),
	R(A4("r", "1.0.0", "sip:a@b", "sip:m@b")),
	R(A4("r", "one.0", "sip:a@b", "sip:m@b")),
	R(A4("r", "1.0", " ", "sip:m@b")),
	R(A4("r", "1.0", "sip:a@b", "sip:m@b") " route=\"\""),
	R(A4("r", "1.0", "sip:a@b", "sip:m@b") " route=\"DirectIP\""),
	R(A4("r", "1.0", "sip:a@b", "sip:m@b") " requestID=\"s\""),
	OPEN "<credentialsRequest>" ID "</credentialsRequest>" CLOSE,
	OPEN "<credentialsRequest credentialsRequestID=\"" L65 "\">" ID
	     "</credentialsRequest>" CLOSE,
	OPEN ASK("") CLOSE,
	OPEN ASK("<identity/>") CLOSE,
	OPEN ASK("<identity> \n </identity>") CLOSE,
	OPEN ASK(ID ID) CLOSE,
	OPEN ASK(ID "<location/>") CLOSE,
	OPEN ASK(ID "<location>Internet</location>") CLOSE,
	OPEN ASK(ID "<location>internet</location><location>intranet"
		    "</location>") CLOSE,
	OPEN ASK(ID "<duration/>") CLOSE,
	OPEN ASK(ID "<duration>0</duration>") CLOSE,
	OPEN ASK(ID "<duration>-1</duration>") CLOSE,
	OPEN ASK(ID "<duration>+</duration>") CLOSE,
	OPEN ASK(ID "<duration>1 0</duration>") CLOSE,
	OPEN ASK(ID "<duration>8.5</duration>") CLOSE,
	OPEN ASK(ID "<duration>1</duration><duration>1</duration>") CLOSE,
	OPEN ASK("<identity>&nbsp;</identity>") CLOSE,
	OPEN ASK("<identity>&#0;</identity>") CLOSE,
	OPEN ASK("<identity>\x01</identity>") CLOSE,
	OPEN ASK("<identity>\xc3\x28</identity>") CLOSE, /* no UTF-8 */
	OPEN ASK("<identity>\xe9t\xe9</identity>") CLOSE,
	"<!DOCTYPE request><request " ROOT " " NS ">" ASK(ID) CLOSE,
	"<!DOCTYPE request [<!ENTITY e \"sip:a@b\">]>" OPEN ASK(
		"<identity>&e;</identity>") CLOSE,
	"<!DOCTYPE request SYSTEM \"file:///etc/passwd\">" WHOLE,
	"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" WHOLE,
	"<?xml version=\"1.0\" encoding=\"UTF-16\"?>" WHOLE,
	"<?xml version=\"1.0\" encoding=utf-8?>" WHOLE,
	"<?xml version=\"1.0\" encoding?>" WHOLE,
	"<?xml version=\"1.0\" encoding=\"utf-8\" " WHOLE,
	" <?xml version=\"1.0\"?>" WHOLE,
	"<q:request " ROOT " " NS ">" ASK(ID) "</q:request>",
	OPEN ASK(ID) "&" CLOSE,
	OPEN "<a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a>" ASK(ID)
		CLOSE, /* 9 deep */
};

START_TEST(read_refuses_what_is_malformed)
{
	ck_assert_msg(read_text(malformed[_i]) == MRAS_MALFORMED, "%s",
		      malformed[_i]);
}
END_TEST

START_TEST(read_takes_eight_levels)
{
	ck_assert_int_eq(read_text(OPEN
				   "<a><a><a><a><a><a><a/></a></a></a></a></a>"
				   "</a>" ASK(ID) CLOSE),
			 MRAS_OK);
}
END_TEST

START_TEST(read_keeps_the_ids_of_what_is_malformed)
{
	ck_assert_int_eq(read_text(OPEN ASK("<identity/>") CLOSE),
			 MRAS_MALFORMED);
	is(r->id, "r1");
	is(r->version, "1.0");
	is(r->from, "sip:a@b.c");
	is(r->to, "sip:m@b.c");
	ck_assert_int_eq(read_text("<request requestID=\"" L65
				   "\" version=\"2.0\" " NS "/>"),
			 MRAS_MALFORMED);
	is(r->id, "");
	is(r->version, "2.0");
	is(r->to, "");
}
END_TEST

START_TEST(read_counts_ids_in_characters)
{
	char text[2048] = "", id[64 * 2 + 1] = "";

	for (int i = 0; i < 64; i++)
		strcat(id, "\xc3\xa9");
	snprintf(text, sizeof(text),
		 "<request requestID=\"%s\" version=\"1.0\" from=\"sip:a@b\" "
		 "to=\"sip:m@b\" " NS ">" ASK(ID) CLOSE,
		 id);
	ck_assert_int_eq(read_text(text), MRAS_OK);
	is(r->id, id);
}
END_TEST

static const struct {
	const char *text;
	uint32_t minutes;
} durations[] = {
	{"1", 1},
	{" 480\n", 480},
	{"+0030", 30},
	{"4294967295", UINT32_MAX},
	{"99999999999999999999999999999999999999", UINT32_MAX},
};

START_TEST(read_takes_minutes_of_any_length)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 OPEN ASK(ID "<duration>%s</duration>") CLOSE,
		 durations[_i].text);
	ck_assert_int_eq(read_text(text), MRAS_OK);
	ck_assert_uint_eq(r->asks[0].minutes, durations[_i].minutes);
}
END_TEST

/* OPEN, n requests with ids c0..., CLOSE */
static enum mras_phrase read_many(int n)
{
	char *text = malloc(MRAS_BODY_MAX);
	enum mras_phrase p;
	size_t len;

	ck_assert_ptr_nonnull(text);
	len = (size_t)sprintf(text, "%s", OPEN);
	for (int i = 0; i < n; i++)
		len += (size_t)sprintf(text + len,
				       "<credentialsRequest "
				       "credentialsRequestID=\"c%d\">"
				       "<identity>sip:u%d@b</identity>"
				       "</credentialsRequest>",
				       i, i);
	len += (size_t)sprintf(text + len, "%s", CLOSE);
	p = read_bytes(text, len);
	free(text);
	return p;
}

START_TEST(read_takes_a_hundred_in_order)
{
	ck_assert_int_eq(read_many(100), MRAS_OK);
	ck_assert_uint_eq(r->count, 100);
	is(r->asks[0].id, "c0");
	is(r->asks[0].identity, "sip:u0@b");
	is(r->asks[99].id, "c99");
	is(r->asks[99].identity, "sip:u99@b");
}
END_TEST

START_TEST(read_refuses_one_more)
{
	ck_assert_int_eq(read_many(101), MRAS_TOO_LARGE);
	is(r->id, "r1");
}
END_TEST

START_TEST(read_refuses_a_body_too_long)
{
	char *text = malloc(MRAS_BODY_MAX + 1);
	const size_t head = strlen(WHOLE);

	ck_assert_ptr_nonnull(text);
	memset(text, ' ', MRAS_BODY_MAX + 1);
	memcpy(text, WHOLE, head);
	ck_assert_int_eq(read_bytes(text, MRAS_BODY_MAX), MRAS_OK);
	ck_assert_int_eq(read_bytes(text, MRAS_BODY_MAX + 1), MRAS_TOO_LARGE);
	is(r->id, "");
	free(text);
}
END_TEST

START_TEST(read_takes_an_identity_as_long_as_the_body)
{
	char *text = malloc(MRAS_BODY_MAX);
	const char *head = OPEN
		"<credentialsRequest credentialsRequestID=\"c\">"
		"<identity>",
		   *tail = "</identity></credentialsRequest>" CLOSE;
	size_t len = MRAS_BODY_MAX - strlen(head) - strlen(tail);

	ck_assert_ptr_nonnull(text);
	memcpy(text, head, strlen(head));
	memset(text + strlen(head), 'a', len);
	memcpy(text + strlen(head) + len, tail, strlen(tail));
	ck_assert_int_eq(read_bytes(text, MRAS_BODY_MAX), MRAS_OK);
	ck_assert_uint_eq(edge_slice_len(r->asks[0].identity), len);
	free(text);
}
END_TEST

START_TEST(read_refuses_uris_too_long)
{
	char *text = malloc(8192), *uri = calloc(1, MRAS_URI_MAX + 2);

	ck_assert(text && uri);
	memset(uri, 'a', MRAS_URI_MAX);
	sprintf(text,
		"<request requestID=\"r\" version=\"1.0\" from=\"%s\" "
		"to=\"sip:m@b\" " NS ">" ASK(ID) CLOSE,
		uri);
	ck_assert_int_eq(read_text(text), MRAS_OK);
	strcat(uri, "a");
	sprintf(text,
		"<request requestID=\"r\" version=\"1.0\" from=\"%s\" "
		"to=\"sip:m@b\" " NS ">" ASK(ID) CLOSE,
		uri);
	ck_assert_int_eq(read_text(text), MRAS_MALFORMED);
	free(text);
	free(uri);
}
END_TEST

START_TEST(read_refuses_many_attributes)
{
	char text[4096];
	size_t len = (size_t)sprintf(text, "<request " ROOT " " NS);

	/* libxml2 counts what is no xmlns */
	for (int i = 0; i < MRAS_ATTRS_MAX - 3; i++)
		len += (size_t)sprintf(text + len, " a%d=\"\"", i);
	sprintf(text + len, ">%s%s", ASK(ID), CLOSE);
	ck_assert_int_eq(read_text(text), MRAS_MALFORMED);
}
END_TEST

START_TEST(read_refuses_other_encodings)
{
	char wide[2 * sizeof(WHOLE)];
	size_t n = 0;

	ck_assert_int_eq(read_text("\xef\xbb\xbf" WHOLE), MRAS_OK);
	for (const char *c = WHOLE; *c; c++) {
		wide[n++] = *c;
		wide[n++] = 0;
	}
	ck_assert_int_eq(read_bytes(wide, n), MRAS_MALFORMED);
	ck_assert_int_eq(read_bytes("\xff\xfe<\0r\0", 6), MRAS_MALFORMED);
	ck_assert_int_eq(read_bytes("\xfe\xff\0<\0r", 6), MRAS_MALFORMED);
	ck_assert_int_eq(read_bytes(WHOLE "\0", sizeof(WHOLE)), MRAS_MALFORMED);
}
END_TEST

START_TEST(read_refuses_every_strict_prefix)
{
	for (size_t n = 0; n < strlen(WHOLE); n++)
		ck_assert_int_ne(read_bytes(WHOLE, n), MRAS_OK);
	ck_assert_int_eq(read_bytes(WHOLE, strlen(WHOLE)), MRAS_OK);
}
END_TEST

#define COUNT(a) (int)(sizeof(a) / sizeof(*(a)))

Suite *test_suite(void)
{
	Suite *s = suite_create("mras_xml");
	TCase *t = tcase_create("read");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, read_takes_the_example_of_the_digest);
	tcase_add_test(t, read_gives_defaults_for_what_is_not_said);
	tcase_add_test(t, read_takes_any_prefix_and_passes_over_strangers);
	tcase_add_loop_test(t, read_takes_versions_1_to_3, 0, COUNT(versions));
	tcase_add_loop_test(t, read_knows_other_versions_apart, 0,
			    COUNT(other_versions));
	tcase_add_loop_test(t, read_refuses_what_is_malformed, 0,
			    COUNT(malformed));
	tcase_add_test(t, read_takes_eight_levels);
	tcase_add_test(t, read_keeps_the_ids_of_what_is_malformed);
	tcase_add_test(t, read_counts_ids_in_characters);
	tcase_add_loop_test(t, read_takes_minutes_of_any_length, 0,
			    COUNT(durations));
	tcase_add_test(t, read_takes_a_hundred_in_order);
	tcase_add_test(t, read_refuses_one_more);
	tcase_add_test(t, read_refuses_a_body_too_long);
	tcase_add_test(t, read_takes_an_identity_as_long_as_the_body);
	tcase_add_test(t, read_refuses_uris_too_long);
	tcase_add_test(t, read_refuses_many_attributes);
	tcase_add_test(t, read_refuses_other_encodings);
	tcase_add_test(t, read_refuses_every_strict_prefix);
	suite_add_tcase(s, t);
	return s;
}
