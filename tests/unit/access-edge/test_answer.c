/* What the edge says itself: AE 2.14, 4.1, and the requests of its own leg. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/access-edge/policy_fixture.h"

static struct policy p;

static void setup(void)
{
	policy_init(&p);
}

static void teardown(void)
{
	policy_fini(&p);
}

static struct edge_slice answer(struct acc_source from, enum acc_reason reason,
				const char *extra)
{
	const struct acc_rewrite r = policy_pass(&p, &from);
	const struct acc_answer a = {.reason = reason, .extra = extra};
	struct edge_slice out = {0};

	ck_assert_int_eq(acc_rewrite_answer(&r, &a, &out), EDGE_OK);
	ck_assert_int_eq(sip_case_parse(&p.out, out), EDGE_OK);
	return out;
}

/* The tag is ours to choose: put the vector's in its place. */
static struct edge_slice with_tag(struct edge_slice s, const char *tag)
{
	static char text[4096];
	struct edge_put w = edge_put(text, sizeof(text));
	struct edge_slice ours = p.out.msg.to.tag;

	ck_assert_uint_ge(edge_slice_len(ours), 8);
	for (const uint8_t *c = ours.p; c < ours.end; c++)
		ck_assert(isxdigit(*c));
	edge_put_slice(&w, (struct edge_slice){s.p, ours.p});
	edge_put_str(&w, tag);
	edge_put_slice(&w, (struct edge_slice){ours.end, s.end});
	return edge_put_done(&w);
}

START_TEST(answer_gives_the_vector_to_a_partner)
{
	struct edge_slice in = policy_vector(&p, "sip-fed-in.msg");
	struct edge_slice want = sip_file("sip-fed-reject.msg"), out;

	out = answer(policy_partner(), ACC_REASON_SOURCE_DOMAIN, "");
	policy_same(with_tag(out, "ED6E0001"), want);
	sip_file_free(in);
	sip_file_free(want);
}
END_TEST

START_TEST(answer_gives_the_vector_to_the_inside)
{
	struct acc_source from = policy_inside();
	const struct acc_rewrite r = policy_pass(&p, &from);
	struct acc_answer a = {
		.reason = ACC_REASON_PARTNER_CONNECT,
		.detail = ";fqdn=\"sip.fabrikam.com:5061\";peer-type="
			  "\"FederatedPartner\";errno=\"ETIMEDOUT\""};
	struct edge_slice want = sip_file("sip-fed-504.msg"), out;

	policy_text(&p, "MESSAGE sip:carol@fabrikam.com SIP/2.0\n"
			"Via: SIP/2.0/TLS 10.0.5.11:51200;branch=z9hG4bK9911AA"
			"00.0102030405060708;branched=FALSE\n"
			"Max-Forwards: 68\n"
			"From: <sip:alice@contoso.com>;tag=51aa;epid="
			"c8ca638a15aa\n"
			"To: <sip:carol@fabrikam.com>\n"
			"Call-ID: 99887766554433221100\nCSeq: 1 MESSAGE\n"
			"Content-Type: text/plain\nContent-Length: 2\n\nhi");
	ck_assert_int_eq(acc_rewrite_answer(&r, &a, &out), EDGE_OK);
	ck_assert_int_eq(sip_case_parse(&p.out, out), EDGE_OK);
	policy_same(with_tag(out, "ED6E0002"), want);
	sip_file_free(want);
}
END_TEST

START_TEST(answer_tells_users_nothing_internal)
{
	struct acc_answer a = {.reason = ACC_REASON_NEXT_HOP_DOWN,
			       .detail = ";fqdn=\"fe01.contoso.net\""};
	struct acc_source from = policy_user();
	const struct acc_rewrite r = policy_pass(&p, &from);
	struct edge_slice out;

	policy_request(&p, "REGISTER", "sip:contoso.com", "");
	ck_assert_int_eq(acc_rewrite_answer(&r, &a, &out), EDGE_OK);
	ck_assert(!policy_contains(out, "contoso.net"));
	ck_assert(!policy_contains(out, "172.25"));
	ck_assert(!policy_contains(out, "Server:"));
	ck_assert(!policy_contains(out, "\r\nms-diagnostics:"));
	ck_assert(!policy_contains(out, "trust"));
	ck_assert(policy_contains(out, "SIP/2.0 504 Server time-out\r\n"));
	ck_assert(policy_contains(
		out, "\r\nms-diagnostics-public: 1007;reason=\"Next hop pool "
		     "out of reach\";source=\"sip.contoso.com\"\r\n"));
	ck_assert(policy_contains(out, ";received=198.51.100.77;ms-received-"
				       "port=41833;ms-received-cid=2A00\r\n"));
}
END_TEST

START_TEST(answer_has_the_headers_its_status_wants)
{
	struct edge_slice out;

	policy_request(&p, "MESSAGE", "sip:bob@contoso.com", "");
	out = answer(policy_user(), ACC_REASON_OVERLOAD, "");
	ck_assert(policy_contains(out, "SIP/2.0 503 Service Unavailable\r\n"));
	ck_assert(policy_contains(out, "\r\nRetry-After: 30\r\n"));
	out = answer(policy_user(), ACC_REASON_EXTENSION,
		     "Unsupported: foo, bar\r\n");
	ck_assert(policy_contains(out, "420 Bad Extension\r\n"));
	ck_assert(policy_contains(out, "\r\nUnsupported: foo, bar\r\n"));
	ck_assert(!policy_contains(out, "Retry-After"));
	policy_request(&p, "NEGOTIATE", "sip:198.51.100.5:443",
		       "Max-Forwards: 0\nCompression: LZ77-8K\n");
	out = answer(policy_user(), ACC_REASON_NEGOTIATE, "");
	ck_assert(policy_contains(out, "405 Method Not Allowed\r\n"));
	ck_assert(policy_contains(out, "\r\nAllow: INVITE, "));
	ck_assert(!policy_contains(out, "\r\nCompression"));
}
END_TEST

START_TEST(register_is_never_told_503)
{
	static const enum acc_reason reasons[] = {
		ACC_REASON_OVERLOAD, ACC_REASON_RATE, ACC_REASON_UNSIGNED_LIMIT,
		ACC_REASON_TRANSACTIONS};
	struct edge_slice out;

	policy_request(&p, "REGISTER", "sip:contoso.com", "");
	out = answer(policy_user(), reasons[_i], "");
	ck_assert(policy_contains(out, "SIP/2.0 504 Server time-out\r\n"));
	ck_assert(!policy_contains(out, "Retry-After"));
}
END_TEST

START_TEST(answer_keeps_a_to_tag_and_all_vias)
{
	struct edge_slice out;

	policy_request(&p, "INVITE", "sip:bob@contoso.com",
		       "Via: SIP/2.0/TLS a.b;branch=z9hG4bK1\n"
		       "Via: SIP/2.0/TLS c.d, SIP/2.0/UDP e.f\n"
		       "To: <sip:bob@contoso.com>;tag=abc;x=y\n"
		       "Record-Route: <sip:a.b;lr>\nContact: <sip:a@b>\n");
	out = answer(policy_inside(), ACC_REASON_CLIENT_GONE, "");
	ck_assert(policy_contains(out, "\r\nTo: <sip:bob@contoso.com>;tag=abc;"
				       "x=y\r\n"));
	ck_assert_uint_eq(p.out.msg.via_count, 3);
	ck_assert(!policy_contains(out, "Record-Route"));
	ck_assert(!policy_contains(out, "Contact"));
}
END_TEST

START_TEST(answer_does_not_double_received_parameters)
{
	struct edge_slice out;

	policy_request(&p, "MESSAGE", "sip:bob@contoso.com",
		       "Via: SIP/2.0/TLS a.b;received=1.1.1.1;ms-received-port="
		       "1;ms-received-cid=2\n");
	out = answer(policy_user(), ACC_REASON_RATE, "");
	ck_assert(policy_contains(out, "Via: SIP/2.0/TLS a.b;received=1.1.1.1;"
				       "ms-received-port=1;ms-received-cid=2"
				       "\r\n"));
}
END_TEST

START_TEST(to_tag_is_stable_per_request_only)
{
	char first[64], again[64], other[64];

	policy_request(&p, "INVITE", "sip:bob@contoso.com", "");
	answer(policy_user(), ACC_REASON_RATE, "");
	ck_assert(edge_slice_copy(first, sizeof(first), p.out.msg.to.tag));
	answer(policy_user(), ACC_REASON_NEXT_HOP_DOWN, "");
	ck_assert(edge_slice_copy(again, sizeof(again), p.out.msg.to.tag));
	policy_request(&p, "INVITE", "sip:bob@contoso.com",
		       "From: <sip:a@contoso.com>;tag=2\n");
	answer(policy_user(), ACC_REASON_RATE, "");
	ck_assert(edge_slice_copy(other, sizeof(other), p.out.msg.to.tag));
	ck_assert_str_eq(first, again);
	ck_assert_str_ne(first, other);
}
END_TEST

START_TEST(answer_to_a_malformed_request_is_possible)
{
	static const char raw[] =
		"INVITE sip:bob@contoso.com SIP/2.0\r\n"
		"Via: SIP/2.0/TLS 192.0.2.10:50012\r\n"
		"From: <sip:alice@contoso.com>;tag=1\r\n"
		"Call-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
	struct acc_source from = policy_user();
	const struct acc_rewrite r = policy_pass(&p, &from);
	const struct acc_answer a = {.reason = ACC_REASON_PARSE};
	struct edge_slice out;

	ck_assert_int_eq(sip_case_parse(&p.in, edge_slice_str(raw)),
			 EDGE_EFORMAT);
	ck_assert_int_eq(acc_rewrite_answer(&r, &a, &out), EDGE_OK);
	ck_assert(policy_contains(out, "SIP/2.0 400 Bad Request\r\nVia: "));
}
END_TEST

START_TEST(dropped_reasons_have_no_answer)
{
	struct acc_source from = policy_user();
	const struct acc_rewrite r = policy_pass(&p, &from);
	const struct acc_answer a = {.reason = ACC_REASON_STRAY_ACK};
	struct edge_slice out;

	policy_request(&p, "INVITE", "sip:bob@contoso.com", "");
	ck_assert_int_eq(acc_rewrite_answer(&r, &a, &out), EDGE_ESTATE);
}
END_TEST

START_TEST(status_has_no_diagnostics)
{
	struct acc_source user = policy_user(), inside = policy_inside();
	const struct acc_rewrite to_user = policy_pass(&p, &user);
	const struct acc_rewrite to_inside = policy_pass(&p, &inside);
	struct edge_slice out;

	policy_request(&p, "INVITE", "sip:bob@contoso.com", "");
	ck_assert_int_eq(acc_rewrite_status(&to_user, 100, &out), EDGE_OK);
	ck_assert(policy_contains(out, "SIP/2.0 100 Trying\r\n"));
	ck_assert(policy_contains(out, "\r\nTo: <sip:bob@contoso.com>\r\n"));
	ck_assert(!policy_contains(out, "ms-diagnostics"));
	ck_assert_int_eq(acc_rewrite_status(&to_inside, 200, &out), EDGE_OK);
	ck_assert(policy_contains(out, "SIP/2.0 200 OK\r\n"));
	ck_assert(policy_contains(out, "\r\nTo: <sip:bob@contoso.com>;tag="));
	ck_assert(policy_contains(out, "ms-source-type=EdgeProxyGenerated;"));
	ck_assert(policy_contains(out, "\r\nServer: lync-edge\r\n"));
	ck_assert(!policy_contains(out, "ms-diagnostics"));
}
END_TEST

/* The forwarded INVITE of the vectors is what CANCEL and ACK start from. */
START_TEST(cancel_is_of_the_forwarded_invite)
{
	struct edge_slice in = policy_vector(&p, "sip-inv-edge.msg"), out;

	ck_assert_int_eq(acc_rewrite_cancel(p.in.edit, &p.in.msg, &out),
			 EDGE_OK);
	policy_same(
		out,
		edge_slice_str(
			"CANCEL sip:bob@contoso.com SIP/2.0\r\n"
			"Via: SIP/2.0/TLS "
			"172.25.33.10:60539;branch=z9hG4bK5C0D7711."
			"0A91E4B7C2D3F805;branched=FALSE\r\n"
			"From: <sip:alice@contoso.com>;tag=6617382265;epid="
			"c8ca638a15aa\r\n"
			"To: <sip:bob@contoso.com>\r\n"
			"Max-Forwards: 69\r\n"
			"CSeq: 1 CANCEL\r\n"
			"Call-ID: 11FBg7C2EaB0A0i90Cm2D7Et0E8Bb6D01x7F3Ax\r\n"
			"ms-edge-proxy-message-trust: "
			"ms-source-type=InternetUser;"
			"ms-ep-fqdn=edgepool.contoso.net;ms-source-verified-"
			"user="
			"verified\r\n"
			"Content-Length: 0\r\n\r\n"));
	ck_assert_int_eq(sip_case_parse(&p.out, out), EDGE_OK);
	sip_file_free(in);
}
END_TEST

START_TEST(ack_has_the_to_of_the_final_response)
{
	struct edge_slice out;

	policy_request(&p, "INVITE", "sip:bob@contoso.com;gruu",
		       "Via: SIP/2.0/TLS a.b;branch=z9hG4bK1,SIP/2.0/TLS c.d\n"
		       "Via: SIP/2.0/TLS e.f\n"
		       "Route: <sip:fe01.contoso.net;lr>\n"
		       "Authorization: NTLM x=\"y\"\nContact: <sip:a@b>\n"
		       "Proxy-Require: ms-benotify\n");
	ck_assert_int_eq(acc_rewrite_ack(p.in.edit, &p.in.msg,
					 edge_slice_str("\"B\" <sip:bob@contoso"
							".com>;tag=99"),
					 &out),
			 EDGE_OK);
	ck_assert_int_eq(sip_case_parse(&p.out, out), EDGE_OK);
	ck_assert_int_eq(p.out.msg.method, EDGE_SIP_ACK);
	ck_assert_uint_eq(p.out.msg.via_count, 1);
	ck_assert(policy_contains(out, "ACK sip:bob@contoso.com;gruu SIP/2.0"
				       "\r\nVia: SIP/2.0/TLS a.b;branch="
				       "z9hG4bK1\r\n"));
	ck_assert(policy_contains(out, "\r\nTo: \"B\" <sip:bob@contoso.com>;"
				       "tag=99\r\n"));
	ck_assert(policy_contains(out, "\r\nCSeq: 7 ACK\r\n"));
	ck_assert(policy_contains(out, "\r\nRoute: <sip:fe01.contoso.net;lr>"
				       "\r\n"));
	ck_assert(!policy_contains(out, "Contact"));
	ck_assert(!policy_contains(out, "Authorization"));
	ck_assert(!policy_contains(out, "Proxy-Require"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_answer");
	TCase *t = tcase_create("answer");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, answer_gives_the_vector_to_a_partner);
	tcase_add_test(t, answer_gives_the_vector_to_the_inside);
	tcase_add_test(t, answer_tells_users_nothing_internal);
	tcase_add_test(t, answer_has_the_headers_its_status_wants);
	tcase_add_loop_test(t, register_is_never_told_503, 0, 4);
	tcase_add_test(t, answer_keeps_a_to_tag_and_all_vias);
	tcase_add_test(t, answer_does_not_double_received_parameters);
	tcase_add_test(t, to_tag_is_stable_per_request_only);
	tcase_add_test(t, answer_to_a_malformed_request_is_possible);
	tcase_add_test(t, dropped_reasons_have_no_answer);
	tcase_add_test(t, status_has_no_diagnostics);
	tcase_add_test(t, cancel_is_of_the_forwarded_invite);
	tcase_add_test(t, ack_has_the_to_of_the_final_response);
	suite_add_tcase(s, t);
	return s;
}
