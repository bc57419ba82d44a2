/* Bodies of A/V authentication responses: AV 2.4, order and exact strings. */
#include <stdio.h>
#include <string.h>

#include "av-edge/mras_xml.h"
#include "tests/support/suite.h"

static char text[4096];
static struct edge_put w;

static void setup(void)
{
	w = edge_put(text, sizeof(text) - 1);
}

static const char *done(void)
{
	ck_assert(!w.overflow);
	text[edge_put_len(&w)] = '\0';
	return text;
}

static struct mras_request asked(void)
{
	return (struct mras_request){
		.id = edge_slice_str("1804289383"),
		.version = edge_slice_str("1.0"),
		.to = edge_slice_str("sip:edgepool.contoso.net@contoso.com;gruu"
				     ";opaque=srvr:MRAS:AbCdEfGhIjKlMnOpAA"),
		.from = edge_slice_str("sip:alice@contoso.com"),
	};
}

/* The body of tests/vectors/sip-mras-200-out.msg, but for its credentials. */
START_TEST(response_is_that_of_the_vector)
{
	static struct mras_request r;
	const struct mras_grant g = {
		.id = edge_slice_str("1804289383"),
		.username = edge_slice("\x02\x00\x00\x24\x11\x31", 6),
		.password = edge_slice_str("sample-password"),
		.minutes = 480,
		.relays = {{MRAS_AT_INTERNET, "av.contoso.com", 3478, 443}},
		.relay_count = 1,
	};

	r = asked();
	mras_xml_open(&w, &r, MRAS_OK);
	mras_xml_grant(&w, &g);
	mras_xml_close(&w);
	ck_assert_str_eq(
		done(),
		"<?xml version=\"1.0\"?>\r\n"
		"<response requestID=\"1804289383\" version=\"1.0\" "
		"serverVersion=\"2.0\" "
		"to=\"sip:edgepool.contoso.net@contoso.com;gruu;opaque=srvr:"
		"MRAS:AbCdEfGhIjKlMnOpAA\" from=\"sip:alice@contoso.com\" "
		"reasonPhrase=\"OK\" "
		"xmlns=\"http://schemas.microsoft.com/2006/09/sip/mrasp\">"
		"<credentialsResponse credentialsRequestID=\"1804289383\">"
		"<credentials><username>AgAAJBEx</username>"
		"<password>c2FtcGxlLXBhc3N3b3Jk</password>"
		"<duration>480</duration></credentials>"
		"<mediaRelayList><mediaRelay><location>internet</location>"
		"<hostName>av.contoso.com</hostName><udpPort>3478</udpPort>"
		"<tcpPort>443</tcpPort></mediaRelay></mediaRelayList>"
		"</credentialsResponse></response>");
}
END_TEST

START_TEST(response_leaves_out_what_is_not_known)
{
	static struct mras_request r;
	const struct mras_grant g = {
		.id = edge_slice_str("1"),
		.minutes = 1,
		.relays = {{MRAS_AT_INTERNET, "192.0.2.1", 0, 443},
			   {MRAS_AT_INTRANET, "2001:db8::1", 3478, 0}},
		.relay_count = 2,
	};

	memset(&r, 0, sizeof(r));
	mras_xml_open(&w, &r, MRAS_MALFORMED);
	mras_xml_grant(&w, &g);
	mras_xml_close(&w);
	ck_assert_str_eq(
		done(),
		"<?xml version=\"1.0\"?>\r\n<response serverVersion=\"2.0\" "
		"reasonPhrase=\"Request Malformed\" "
		"xmlns=\"http://schemas.microsoft.com/2006/09/sip/mrasp\">"
		"<credentialsResponse credentialsRequestID=\"1\"><credentials>"
		"<username></username><password></password>"
		"<duration>1</duration></credentials><mediaRelayList>"
		"<mediaRelay><location>internet</location>"
		"<hostName>192.0.2.1</hostName><tcpPort>443</tcpPort>"
		"</mediaRelay><mediaRelay><location>intranet</location>"
		"<hostName>2001:db8::1</hostName><udpPort>3478</udpPort>"
		"</mediaRelay></mediaRelayList></credentialsResponse>"
		"</response>");
}
END_TEST

START_TEST(response_escapes_what_it_echoes)
{
	static struct mras_request r;

	memset(&r, 0, sizeof(r));
	r.id = edge_slice_str("<\"&'>\t\n\r\xc3\xa9");
	mras_xml_open(&w, &r, MRAS_OK);
	ck_assert_ptr_nonnull(strstr(
		done(), "requestID=\"&lt;&quot;&amp;'&gt;&#9;&#10;&#13;\xc3"
			"\xa9\" "));
}
END_TEST

static const struct {
	const char *in, *out;
} base64[] = {
	{"", ""},
	{"f", "Zg=="},
	{"fo", "Zm8="},
	{"foo", "Zm9v"},
	{"foob", "Zm9vYg=="},
	{"fooba", "Zm9vYmE="},
	{"foobar", "Zm9vYmFy"},
	{"\xfb\xff\xbf", "+/+/"},
};

START_TEST(response_has_rfc_4648_base64)
{
	const struct mras_grant g = {.username = edge_slice_str(base64[_i].in)};
	char want[64];

	snprintf(want, sizeof(want), "<username>%s</username>", base64[_i].out);
	mras_xml_grant(&w, &g);
	ck_assert_ptr_nonnull(strstr(done(), want));
}
END_TEST

START_TEST(response_does_not_write_past_its_end)
{
	static struct mras_request r;
	char small[64];

	r = asked();
	memset(small, 'x', sizeof(small));
	w = edge_put(small, 32);
	mras_xml_open(&w, &r, MRAS_OK);
	mras_xml_close(&w);
	ck_assert(w.overflow);
	for (size_t i = 32; i < sizeof(small); i++)
		ck_assert_int_eq(small[i], 'x');
}
END_TEST

/* AV 2.4, exact strings */
static const char *const strings[] = {"OK",
				      "Request Malformed",
				      "Request Too Large",
				      "Not Supported",
				      "Server Busy",
				      "Time Out",
				      "Forbidden",
				      "Internal Server Error",
				      "Other Failure",
				      "Version Mismatch"};

START_TEST(phrases_are_those_of_the_protocol)
{
	const char *label = mras_phrase_label((enum mras_phrase)_i);

	ck_assert_str_eq(mras_phrase_str((enum mras_phrase)_i), strings[_i]);
	ck_assert_uint_gt(strlen(label), 0);
	ck_assert_uint_eq(strspn(label, "abcdefghijklmnopqrstuvwxyz_"),
			  strlen(label));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mras_xml_put");
	TCase *t = tcase_create("put");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, response_is_that_of_the_vector);
	tcase_add_test(t, response_leaves_out_what_is_not_known);
	tcase_add_test(t, response_escapes_what_it_echoes);
	tcase_add_loop_test(t, response_has_rfc_4648_base64, 0,
			    sizeof(base64) / sizeof(*base64));
	tcase_add_test(t, response_does_not_write_past_its_end);
	tcase_add_loop_test(t, phrases_are_those_of_the_protocol, 0,
			    MRAS_PHRASES);
	suite_add_tcase(s, t);
	return s;
}
