/* The dialogue of A/V authentication: AV 2.2, statuses, headers, bodies. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "av-edge/mras.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/mras_fixture.h"
#include "tests/unit/sip/fixture.h"

static struct topo t;
static struct mras_ring ring;
static char names[2][EDGE_PEER_NAME_LEN];
static struct edge_peer peer;
static struct mras_case c;
static struct mras *m;
static struct mras_answer a;
static struct sip_case in, out;

static void setup(void)
{
	t = mras_test_topo();
	ring = mras_test_ring();
	snprintf(names[0], sizeof(names[0]), "other.contoso.net");
	snprintf(names[1], sizeof(names[1]), "fe01.contoso.net");
	peer = (struct edge_peer){
		.has_certificate = true, .names = names, .name_count = 2};
	c = (struct mras_case){
		.topo = &t,
		.ring = &ring,
		.now_s = MRAS_TEST_NOW,
		.peer = &peer,
		.from = {.family = AF_INET, .ip = {10, 0, 5, 11}, .port = 4711},
		.key = {1, 2, 3},
		.random = mras_test_random,
	};
	ck_assert_int_eq(mras_new(&m), EDGE_OK);
	sip_case_init(&in);
	sip_case_init(&out);
}

static void teardown(void)
{
	mras_free(m);
	sip_case_fini(&in);
	sip_case_fini(&out);
}

static void ask_text(struct edge_slice text)
{
	(void)!sip_case_parse(&in, text);
	ck_assert_int_eq(mras_answer(&a, m, &c, &in.msg), EDGE_OK);
	if (!a.status) {
		ck_assert_uint_eq(edge_slice_len(a.bytes), 0);
		return;
	}
	ck_assert_int_eq(sip_case_parse(&out, a.bytes), EDGE_OK);
	ck_assert_uint_eq(out.msg.status, a.status);
}

static void ask(const struct mras_test_message *request)
{
	ask_text(mras_test_message(request));
}

static bool says(const char *text)
{
	return mras_test_has(a.bytes, text);
}

/* tests/vectors/sip-mras-client.msg, as it comes from a Front End. */
START_TEST(service_of_the_vector_gets_its_credentials)
{
	struct edge_slice file = sip_file("sip-mras-client.msg");

	ask_text(file);
	ck_assert_uint_eq(a.status, 200);
	ck_assert(a.has_phrase);
	ck_assert_int_eq(a.phrase, MRAS_OK);
	ck_assert_uint_eq(a.minted, 1);
	ck_assert(says("SIP/2.0 200 OK\r\n"));
	ck_assert(says("Via: SIP/2.0/tls 192.0.2.10:50012;branch=z9hG4bK00A1B2"
		       "C3D4E5F6071829;received=10.0.5.11\r\n"));
	ck_assert(says("From: <sip:alice@contoso.com>;tag=3300112233;epid="
		       "c8ca638a15aa\r\n"));
	ck_assert(says("To: <" MRAS_TEST_URI ">;tag="));
	ck_assert(says("Call-ID: 5A5AgB6B6Ca7C7i8D8Dm9E9Et0F0Fb1A1Bx2C2Cx"
		       "\r\n"));
	ck_assert(says("CSeq: 1 SERVICE\r\n"));
	ck_assert(says("Content-Type: " MRAS_TEST_TYPE "\r\n"));
	ck_assert(says("Server: lync-edge\r\n"));
	ck_assert(
		says("<response requestID=\"1804289383\" version=\"1.0\" "
		     "serverVersion=\"2.0\" to=\"" MRAS_TEST_URI
		     "\" from=\"sip:alice@contoso.com\" reasonPhrase=\"OK\" "));
	ck_assert(says("<hostName>av.contoso.com</hostName>"));
	ck_assert(!says("intranet"));
	sip_file_free(file);
}
END_TEST

START_TEST(answer_keeps_all_vias_and_a_tag)
{
	ask(&(struct mras_test_message){0});
	ck_assert_uint_eq(out.msg.via_count, 2);
	ck_assert(says("Via: SIP/2.0/TLS 10.0.5.11:5061;branch=z9hG4bK1\r\n"
		       "Via: SIP/2.0/TLS 192.0.2.10:50012;branch=z9hG4bK2"
		       "\r\n"));
	ck_assert_uint_eq(edge_slice_len(out.msg.to.tag), 16);
}
END_TEST

START_TEST(tag_is_the_same_for_the_same_request_only)
{
	char first[17];
	struct edge_slice s;

	ask(&(struct mras_test_message){0});
	ck_assert(edge_slice_copy(first, sizeof(first), out.msg.to.tag));
	ask(&(struct mras_test_message){0});
	ck_assert(edge_slice_eq_str(out.msg.to.tag, first));
	s = sip_swap(mras_test_message(&(struct mras_test_message){0}),
		     "Call-ID: call1", "Call-ID: call2");
	ask_text(s);
	ck_assert(!edge_slice_eq_str(out.msg.to.tag, first));
	sip_file_free(s);
	c.key[0]++;
	ask(&(struct mras_test_message){0});
	ck_assert(!edge_slice_eq_str(out.msg.to.tag, first));
}
END_TEST

/* AV 2.2 */
static const struct {
	struct mras_test_message request;
	unsigned status;
	const char *line;
} rows[] = {
	{{.method = "OPTIONS"}, 200, "Accept: " MRAS_TEST_TYPE "\r\n"},
	{{.method = "OPTIONS"}, 200, "Allow: SERVICE, OPTIONS\r\n"},
	{{.method = "OPTIONS", .type = ""}, 200, "Content-Length: 0\r\n"},
	{{.method = "INVITE"}, 405, "Allow: SERVICE, OPTIONS\r\n"},
	{{.method = "REGISTER"}, 405, "Method Not Allowed"},
	{{.method = "SUBSCRIBE"}, 405, "Method Not Allowed"},
	{{.method = "CANCEL"}, 405, "Method Not Allowed"},
	{{.method = "FOO"}, 405, "Method Not Allowed"},
	{{.type = "application/sdp"}, 415, "Accept: " MRAS_TEST_TYPE "\r\n"},
	{{.type = ""}, 415, "Unsupported Media Type"},
	{{.type = MRAS_TEST_TYPE "x"}, 415, "Content-Length: 0\r\n"},
	{{.type = "APPLICATION/msrtc-media-relay-auth+XML ; charset=utf-8"},
	 200,
	 "reasonPhrase=\"OK\""},
	{{.uri = "sip:bob@contoso.com"}, 404, "Not Found"},
	{{.uri = "sip:x@contoso.com;opaque=srvr:MCU:a"}, 404, "Not Found"},
	{{.uri = "sip:x@contoso.com;opaque=srvr:MRAS:any"}, 200, "\"OK\""},
	{{.uri = "sip:MRASLoc.x@contoso.com"}, 200, "\"OK\""},
	{{.uri = "sip:edgepool.contoso.net@contoso.com"}, 200, "\"OK\""},
	{{.uri = "sip:edge01.contoso.net:5062;transport=tls"}, 200, "\"OK\""},
	{{.uri = "sip:172.25.33.10:5062"}, 200, "\"OK\""},
};

START_TEST(requests_get_their_status)
{
	ask(&rows[_i].request);
	ck_assert_msg(a.status == rows[_i].status, "%u, want %u", a.status,
		      rows[_i].status);
	ck_assert_msg(says(rows[_i].line), "no %s in %.*s", rows[_i].line,
		      (int)edge_slice_len(a.bytes), (const char *)a.bytes.p);
	ck_assert(a.status == 200 || (!a.minted && !a.has_phrase));
}
END_TEST

/* The Director may have put our address into the Request-URI. */
START_TEST(to_may_name_us_where_the_request_uri_does_not)
{
	struct edge_slice s =
		sip_swap(mras_test_message(&(struct mras_test_message){0}),
			 "SERVICE " MRAS_TEST_URI, "SERVICE sip:10.1.1.1");

	ask_text(s);
	ck_assert_uint_eq(a.status, 200);
	sip_file_free(s);
}
END_TEST

START_TEST(servers_that_are_not_trusted_are_told_403)
{
	snprintf(names[1], sizeof(names[1]), "fe01.contoso.net.evil.org");
	ask(&(struct mras_test_message){0});
	ck_assert_uint_eq(a.status, 403);
	ck_assert(says("SIP/2.0 403 Forbidden\r\n"));
	ask(&(struct mras_test_message){.method = "OPTIONS"});
	ck_assert_uint_eq(a.status, 403);
	c.is_busy = c.is_cut = c.is_too_big = true;
	ask(&(struct mras_test_message){0});
	ck_assert_uint_eq(a.status, 403);
}
END_TEST

START_TEST(trust_wants_a_good_certificate_with_an_exact_name)
{
	ck_assert(mras_is_trusted(&t, &peer));
	peer.fault = EDGE_PEER_EXPIRED;
	ck_assert(!mras_is_trusted(&t, &peer));
	peer.fault = EDGE_PEER_FINE;
	peer.name_count = 1;
	ck_assert(!mras_is_trusted(&t, &peer));
	peer.name_count = 0;
	ck_assert(!mras_is_trusted(&t, &peer));
	peer.name_count = 2;
	snprintf(names[1], sizeof(names[1]), "*.contoso.net");
	ck_assert(!mras_is_trusted(&t, &peer));
}
END_TEST

START_TEST(busy_is_503_and_when_to_come_again)
{
	c.is_busy = true;
	ask(&(struct mras_test_message){0});
	ck_assert_uint_eq(a.status, 503);
	ck_assert(says("Retry-After: 30\r\n"));
	ck_assert_uint_eq(a.minted, 0);
	ask(&(struct mras_test_message){.method = "OPTIONS"});
	ck_assert_uint_eq(a.status, 503);
	ask(&(struct mras_test_message){.method = "INVITE"});
	ck_assert_uint_eq(a.status, 405);
}
END_TEST

START_TEST(bodies_that_were_not_read_are_413_and_cuts_400)
{
	c.is_too_big = true;
	ask(&(struct mras_test_message){0});
	ck_assert_uint_eq(a.status, 413);
	ck_assert(says("Request Entity Too Large"));
	ck_assert_uint_eq(a.minted, 0);
	c.is_too_big = false;
	c.is_cut = true;
	ask(&(struct mras_test_message){0});
	ck_assert_uint_eq(a.status, 400);
}
END_TEST

static const struct {
	const char *from, *to;
	unsigned status;
} broken[] = {
	{"CSeq: 7 SERVICE", "CSeq: 7 INVITE", 400},
	{"Call-ID: call1\r\n", "", 400},
	{"From: \"A\" <sip:alice", "From: \"A\" <sip:al ice", 400},
	{"SIP/2.0\r\nVia", "SIP/3.0\r\nVia", 505},
	{"SERVICE sip:edgepool", "SERVICE http:edgepool", 416},
};

START_TEST(malformed_requests_are_answered)
{
	struct edge_slice s =
		sip_swap(mras_test_message(&(struct mras_test_message){0}),
			 broken[_i].from, broken[_i].to);
	struct edge_sip_framer f = {0};

	ck_assert_int_eq(edge_sip_frame_next(&f, &sip_limits, s, &in.frame),
			 EDGE_OK);
	ck_assert_int_eq(edge_sip_msg_parse(&in.msg, in.arena, in.frame.msg,
					    in.frame.head_len),
			 EDGE_EFORMAT);
	ck_assert_int_eq(mras_answer(&a, m, &c, &in.msg), EDGE_OK);
	ck_assert_uint_eq(a.status, broken[_i].status);
	ck_assert_uint_gt(edge_slice_len(a.bytes), 0);
	sip_file_free(s);
}
END_TEST

START_TEST(nothing_is_said_to_ack_and_responses)
{
	ask(&(struct mras_test_message){.method = "ACK"});
	ck_assert_uint_eq(a.status, 0);
	ask_text(edge_slice_str("SIP/2.0 200 OK\r\n" SIP_VIA SIP_FROM SIP_TO
					SIP_CALL_ID SIP_CSEQ SIP_END));
	ck_assert_uint_eq(a.status, 0);
}
END_TEST

/* Passwords stay no longer than it takes to send them. */
START_TEST(answers_that_were_sent_are_wiped)
{
	ask(&(struct mras_test_message){0});
	ck_assert_uint_eq(a.status, 200);
	ck_assert(says("<password>"));
	mras_forget(m);
	for (const uint8_t *p = a.bytes.p; p < a.bytes.end; p++)
		ck_assert_uint_eq(*p, 0);
}
END_TEST

static void refused_in_body(enum mras_phrase want)
{
	char text[128];

	ck_assert_uint_eq(a.status, 200);
	ck_assert(a.has_phrase);
	ck_assert_int_eq(a.phrase, want);
	ck_assert_uint_eq(a.minted, 0);
	snprintf(text, sizeof(text), "serverVersion=\"2.0\"");
	ck_assert(says(text));
	snprintf(text, sizeof(text), "reasonPhrase=\"%s\"",
		 mras_phrase_str(want));
	ck_assert(says(text));
	ck_assert(!says("credentialsResponse"));
	ck_assert(says("Content-Type: " MRAS_TEST_TYPE "\r\n"));
}

START_TEST(refusals_are_in_the_body)
{
	static char body[MRAS_TEST_TEXT];

	mras_test_body(body, "sip:alice@contoso.com", "sip:bob@contoso.com",
		       "");
	ask(&(struct mras_test_message){.body = body});
	refused_in_body(MRAS_FORBIDDEN);
	ck_assert(says("requestID=\"r1\" version=\"1.0\""));
	ask(&(struct mras_test_message){.body = "<request"});
	refused_in_body(MRAS_MALFORMED);
	ask(&(struct mras_test_message){.body = ""});
	refused_in_body(MRAS_MALFORMED);
	ask(&(struct mras_test_message){
		.body = "<request requestID=\"q\" version=\"4.0\" "
			"from=\"sip:a@b\" to=\"sip:m@b\" "
			"xmlns=\"" MRAS_NAMESPACE "\"/>"});
	refused_in_body(MRAS_VERSION);
	ck_assert(says("requestID=\"q\" version=\"4.0\""));
	ring.count = 0;
	ask(&(struct mras_test_message){0});
	refused_in_body(MRAS_INTERNAL);
}
END_TEST

START_TEST(too_many_requests_in_one_are_too_large)
{
	static char body[MRAS_TEST_TEXT];
	size_t len = (size_t)sprintf(
		body,
		"<request requestID=\"q\" version=\"1.0\" from=\"sip:a@b\" "
		"to=\"sip:m@b\" xmlns=\"" MRAS_NAMESPACE "\">");

	for (int i = 0; i < 101; i++)
		len += (size_t)sprintf(body + len,
				       "<credentialsRequest "
				       "credentialsRequestID=\"%d\">"
				       "<identity>sip:a@b</identity>"
				       "</credentialsRequest>",
				       i);
	sprintf(body + len, "</request>");
	ask(&(struct mras_test_message){.from = "sip:a@b", .body = body});
	refused_in_body(MRAS_TOO_LARGE);
}
END_TEST

/* AV 2.1.4: a server asks for many at once. */
START_TEST(servers_get_credentials_for_many)
{
	static char body[MRAS_TEST_TEXT];

	mras_test_body(body, "sip:fe01.contoso.net", "sip:one@contoso.com",
		       "<location>intranet</location></credentialsRequest>"
		       "<credentialsRequest credentialsRequestID=\"c2\">"
		       "<identity>sip:two@contoso.com</identity>");
	ask(&(struct mras_test_message){.from = "sip:fe01.contoso.net",
					.body = body});
	ck_assert_int_eq(a.phrase, MRAS_OK);
	ck_assert_uint_eq(a.minted, 2);
	ck_assert(says("credentialsRequestID=\"c1\""));
	ck_assert(says("credentialsRequestID=\"c2\""));
}
END_TEST

/* No password or token of an earlier answer in a later one. */
START_TEST(a_refusal_holds_nothing_of_an_earlier_answer)
{
	ask(&(struct mras_test_message){0});
	ck_assert(says("<password>"));
	ring.count = 0;
	ask(&(struct mras_test_message){0});
	ck_assert(!says("<password>") && !says("<username>"));
	ck_assert_uint_eq(a.pseudonym[0] | a.pseudonym[1] | a.pseudonym[2], 0);
}
END_TEST

#define COUNT(x) (int)(sizeof(x) / sizeof(*(x)))

Suite *test_suite(void)
{
	Suite *s = suite_create("mras");
	TCase *tc = tcase_create("dialogue");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, service_of_the_vector_gets_its_credentials);
	tcase_add_test(tc, answer_keeps_all_vias_and_a_tag);
	tcase_add_test(tc, tag_is_the_same_for_the_same_request_only);
	tcase_add_loop_test(tc, requests_get_their_status, 0, COUNT(rows));
	tcase_add_test(tc, to_may_name_us_where_the_request_uri_does_not);
	tcase_add_test(tc, servers_that_are_not_trusted_are_told_403);
	tcase_add_test(tc, trust_wants_a_good_certificate_with_an_exact_name);
	tcase_add_test(tc, busy_is_503_and_when_to_come_again);
	tcase_add_test(tc, bodies_that_were_not_read_are_413_and_cuts_400);
	tcase_add_loop_test(tc, malformed_requests_are_answered, 0,
			    COUNT(broken));
	tcase_add_test(tc, nothing_is_said_to_ack_and_responses);
	tcase_add_test(tc, answers_that_were_sent_are_wiped);
	tcase_add_test(tc, refusals_are_in_the_body);
	tcase_add_test(tc, too_many_requests_in_one_are_too_large);
	tcase_add_test(tc, servers_get_credentials_for_many);
	tcase_add_test(tc, a_refusal_holds_nothing_of_an_earlier_answer);
	suite_add_tcase(s, tc);
	return s;
}
