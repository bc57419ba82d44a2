/* Requests through the edge: the vectors byte for byte, then each edit. */
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

/* AE 7: what comes in and what goes out. */
static const struct pair {
	const char *in, *out;
	struct acc_source (*from)(void);
	const char *sent_by;
	edge_handle txn;
	uint64_t hash;
	const char *tag;
	enum acc_to to;
} pairs[] = {
	{"sip-reg1-client.msg", "sip-reg1-edge.msg", policy_user,
	 "172.25.33.10:60539", 0x141B394C, 0x197D8EA643772698,
	 "F3963F209867CB91EB10FB501666D8E9", ACC_TO_NEXT_HOP},
	{"sip-inv-client.msg", "sip-inv-edge.msg", policy_user,
	 "172.25.33.10:60539", 0x5C0D7711, 0x0A91E4B7C2D3F805, "0C11D2",
	 ACC_TO_NEXT_HOP},
	{"sip-ack-client.msg", "sip-ack-edge.msg", policy_user,
	 "172.25.33.10:60539", 0x5C0D7711, 0x0A91E4B7C2D3F806, "-",
	 ACC_TO_NEXT_HOP},
	{"sip-bye-in.msg", "sip-bye-out.msg", policy_inside, "198.51.100.5:443",
	 0x5C0D7711, 0x0A91E4B7C2D3F8AA, "-", ACC_TO_CLIENT},
};

START_TEST(rewrite_gives_the_vector)
{
	const struct pair *v = &pairs[_i];
	struct acc_source from = v->from();
	struct acc_stamp stamp =
		policy_stamp(v->sent_by, v->txn, v->hash, v->tag);
	struct edge_slice in = policy_vector(&p, v->in);
	struct edge_slice want = sip_file(v->out), out;

	ck_assert_msg(policy_forward(&p, &from, &stamp, &out), "%s: %s", v->in,
		      acc_reason_name(p.reason));
	ck_assert_int_eq(p.decision.to, v->to);
	policy_same(out, want);
	sip_file_free(in);
	sip_file_free(want);
}
END_TEST

static struct edge_slice forward(const struct acc_source *from,
				 const char *sent_by)
{
	struct acc_stamp stamp =
		policy_stamp(sent_by, 0x11223344, 0x0102030405060708, "AB");
	struct edge_slice out = {0};

	ck_assert_msg(policy_forward(&p, from, &stamp, &out), "%s",
		      acc_reason_name(p.reason));
	return out;
}

static struct edge_slice forward_user(void)
{
	struct acc_source from = policy_user();

	return forward(&from, "172.25.33.10:60539");
}

static struct edge_slice forward_inside(void)
{
	struct acc_source from = policy_inside();

	return forward(&from, "198.51.100.5:443");
}

/* AE 7.3 F2, at the level of rewriting: the route step is not open yet. */
START_TEST(rewrite_gives_the_federated_vector)
{
	struct acc_source from = policy_partner();
	const struct acc_rewrite r = policy_pass(&p, &from);
	struct acc_stamp stamp = policy_stamp("172.25.33.10:60539", 0x22AA0001,
					      0x1122334455667788, "-");
	struct acc_decision d = {.to = ACC_TO_NEXT_HOP};
	struct edge_slice in = policy_vector(&p, "sip-fed-in.msg");
	struct edge_slice want = sip_file("sip-fed-out.msg"), out;

	ck_assert_int_eq(acc_rewrite_request(&r, &d, &stamp, &out, &p.reason),
			 EDGE_OK);
	policy_same(out, want);
	sip_file_free(in);
	sip_file_free(want);
}
END_TEST

/* N3 of AE 7.5: the message before the edge, derived from the one after. */
START_TEST(rewrite_gives_the_notify_vector)
{
	struct edge_slice want = sip_file("sip-notify-out.msg"), in, out;
	struct edge_slice a, b;
	struct acc_source from = policy_inside();
	struct acc_stamp stamp = policy_stamp("198.51.100.5:443", 0x5C0D7711,
					      0x0A91E4B7C2D3F8B0, "-");

	from.cid = 0x6A00;
	ck_assert_int_eq(edge_addr_parse(&from.remote,
					 edge_slice_str("10.0.5.30"), 50990),
			 EDGE_OK);
	a = sip_swap(want,
		     "Via: SIP/2.0/TLS 198.51.100.5:443;branch="
		     "z9hG4bK5C0D7711.0A91E4B7C2D3F8B0;branched=FALSE"
		     "\r\n",
		     "");
	b = sip_swap(a, ";ms-received-port=50990;ms-received-cid=6A00", "");
	in = sip_swap(b, "Max-Forwards: 68", "Max-Forwards: 69");
	ck_assert_int_eq(sip_case_parse(&p.in, in), EDGE_OK);
	ck_assert(policy_forward(&p, &from, &stamp, &out));
	ck_assert_int_eq(p.decision.to, ACC_TO_CLIENT);
	ck_assert_uint_eq(p.decision.client, 0x2A00);
	policy_same(out, want);
	sip_file_free(a);
	sip_file_free(b);
	sip_file_free(in);
	sip_file_free(want);
}
END_TEST

/* M1 to M2: a Via, the trust header, the hops, nothing else. */
START_TEST(rewrite_adds_no_record_route_to_service)
{
	struct edge_slice in = policy_vector(&p, "sip-mras-client.msg"), out;

	out = forward_user();
	ck_assert_int_lt(edge_sip_find(&p.out.msg, EDGE_SIP_RECORD_ROUTE, 0),
			 0);
	ck_assert_uint_eq(p.out.msg.line_count, p.in.msg.line_count + 2);
	policy_same(p.out.msg.body, p.in.msg.body);
	ck_assert(policy_contains(out, "\r\nMax-Forwards: 69\r\n"));
	sip_file_free(in);
}
END_TEST

START_TEST(hops_are_clamped_lowered_and_put_in)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{"Max-Forwards: 255\n", "\r\nMax-Forwards: 69\r\n"},
		{"Max-Forwards: 71\n", "\r\nMax-Forwards: 69\r\n"},
		{"Max-Forwards: 70\n", "\r\nMax-Forwards: 69\r\n"},
		{"MAX-FORWARDS  :  8\nX: Max-Forwards: \n",
		 "\r\nMAX-FORWARDS  :  7\r\n"},
		{"Max-Forwards: 1\n", "\r\nMax-Forwards: 0\r\n"},
	};
	struct edge_slice out;

	policy_request(&p, "MESSAGE", "sip:bob@contoso.com", rows[_i].line);
	out = forward_user();
	ck_assert_msg(policy_contains(out, rows[_i].want), "%.*s",
		      (int)edge_slice_len(out), (const char *)out.p);
}
END_TEST

START_TEST(hops_missing_become_70)
{
	policy_text(&p, "MESSAGE sip:bob@contoso.com SIP/2.0\n"
			"Via: SIP/2.0/TLS 192.0.2.10:50012\n"
			"From: <sip:alice@contoso.com>;tag=1\n"
			"To: <sip:bob@contoso.com>\n"
			"Call-ID: x\nCSeq: 1 MESSAGE\nContent-Length: 0\n\n");
	forward_user();
	ck_assert_int_eq(p.out.msg.max_forwards, 70);
}
END_TEST

START_TEST(via_received_only_when_the_host_differs)
{
	static const struct {
		const char *via, *want;
	} rows[] = {
		{"Via: SIP/2.0/TLS 198.51.100.77:5061;branch=z9hG4bKa\n",
		 "branch=z9hG4bKa;ms-received-port=41833;ms-received-cid=2A00"},
		{"Via: SIP/2.0/TLS pc.example.com;branch=z9hG4bKa\n",
		 "z9hG4bKa;received=198.51.100.77;ms-received-port=41833;"},
		{"v: SIP/2.0/tls 10.0.0.1;received=9.9.9.9;rport;branch=z9\n",
		 "v: SIP/2.0/tls 10.0.0.1;rport;branch=z9;received=198.51.100."
		 "77;ms-received-port=41833;ms-received-cid=2A00\r\n"},
		{"Via: SIP/2.0/TLS a.b;ms-received-port=1;ms-received-cid=F\n",
		 "TLS a.b;received=198.51.100.77;ms-received-port=41833;"
		 "ms-received-cid=2A00\r\n"},
		{"Via: SIP/2.0/TLS a.b;ms-received-cid=1;ms-received-cid=2 ; "
		 "MS-Received-CID=3;x;ms-received-port=1;ms-received-port=2\n",
		 "TLS a.b ;x;received=198.51.100.77;ms-received-port=41833;"
		 "ms-received-cid=2A00\r\n"},
		{"Via: SIP/2.0/TLS a.b;branch=z9hG4bK1, SIP/2.0/UDP c.d\n",
		 "branch=z9hG4bK1;received=198.51.100.77;ms-received-port=41833"
		 ";ms-received-cid=2A00, SIP/2.0/UDP c.d\r\n"},
	};
	struct edge_slice out;

	policy_request(&p, "MESSAGE", "sip:bob@contoso.com", rows[_i].via);
	out = forward_user();
	ck_assert_msg(policy_contains(out, rows[_i].want), "%.*s",
		      (int)edge_slice_len(out), (const char *)out.p);
}
END_TEST

START_TEST(via_received_of_ipv6_has_no_brackets)
{
	struct acc_source from = policy_user();
	struct edge_slice out;

	ck_assert_int_eq(edge_addr_parse(&from.remote,
					 edge_slice_str("2001:db8::7"), 4000),
			 EDGE_OK);
	policy_request(&p, "MESSAGE", "sip:bob@contoso.com",
		       "Via: SIP/2.0/TLS [2001:db8::1]:5061;branch=z9hG4bK1\n");
	out = forward(&from, "172.25.33.10:1");
	ck_assert(policy_contains(out, ";received=2001:db8::7;ms-received-port"
				       "=4000;"));
	policy_request(&p, "MESSAGE", "sip:bob@contoso.com",
		       "Via: SIP/2.0/TLS [2001:DB8::7]:5061;branch=z9hG4bK1\n");
	out = forward(&from, "172.25.33.10:1");
	ck_assert(!policy_contains(out, ";received="));
}
END_TEST

START_TEST(trust_header_replaces_all_sent_copies)
{
	struct edge_slice out;

	policy_request(&p, "MESSAGE", "sip:bob@contoso.com",
		       "ms-edge-proxy-message-trust: ms-source-type="
		       "AuthorizedServer\n"
		       "MS-EDGE-PROXY-MESSAGE-TRUST: x\n");
	out = forward_user();
	ck_assert(!policy_contains(out, "AuthorizedServer"));
	ck_assert(!policy_contains(out, "MS-EDGE"));
	ck_assert(policy_contains(
		out, "ms-edge-proxy-message-trust: ms-source-type=InternetUser;"
		     "ms-ep-fqdn=edgepool.contoso.net;ms-source-verified-user="
		     "verified\r\nContent-Length: 0\r\n"));
}
END_TEST

START_TEST(trust_header_stands_before_a_length_that_is_not_last)
{
	struct edge_slice out;

	policy_text(&p, "MESSAGE sip:bob@contoso.com SIP/2.0\n"
			"Via: SIP/2.0/TLS 192.0.2.10:50012\n"
			"From: <sip:alice@contoso.com>;tag=1\n"
			"To: <sip:bob@contoso.com>\nMax-Forwards: 70\n"
			"Call-ID: x\nCSeq: 1 MESSAGE\nContent-Length: 2\n"
			"Authorization: NTLM a=\"b\"\n\nhi");
	out = forward_user();
	ck_assert(policy_contains(out, "verified-user=verified\r\nContent-"
				       "Length: 2\r\nAuthorization: NTLM "
				       "a=\"b\"\r\n\r\nhi"));
}
END_TEST

START_TEST(trust_header_goes_no_farther_than_the_inside)
{
	struct edge_slice out;

	policy_request(&p, "MESSAGE",
		       "sip:198.51.100.77:41833;ms-received-cid=2A00",
		       "Via: SIP/2.0/TLS 10.0.5.11:51200\n"
		       "ms-edge-proxy-message-trust: ms-source-type="
		       "InternetUser;ms-ep-fqdn=edgepool.contoso.net\n");
	out = forward_inside();
	ck_assert(!policy_contains(out, "ms-edge-proxy-message-trust"));
}
END_TEST

START_TEST(record_routes_of_an_inside_invite_have_the_client_on_top)
{
	struct edge_slice out;

	policy_request(&p, "INVITE",
		       "sip:198.51.100.77:41833;ms-received-cid=2A00",
		       "Via: SIP/2.0/TLS 10.0.5.11:51200\n"
		       "Record-Route: <sip:fe01.contoso.net;lr>\n");
	out = forward_inside();
	ck_assert_ptr_nonnull(
		memmem(out.p, 200,
		       "\r\nRecord-Route: <sip:sip.contoso.com:443;"
		       "transport=tls;opaque=state:Ci.R2A00;lr;",
		       70));
	ck_assert(policy_contains(out,
				  ">;tag=AB\r\nRecord-Route: <sip:edgepool."
				  "contoso.net:5061;transport=tls;ms-fe="
				  "edge01.contoso.net;opaque=state:Ee."));
	ck_assert(policy_contains(out, ">;tag=AB\r\nVia: SIP/2.0/TLS "
				       "198.51.100.5:443;branch="));
	ck_assert(policy_contains(out, "Record-Route: <sip:fe01.contoso.net;"
				       "lr>\r\n"));
}
END_TEST

START_TEST(record_route_can_be_single)
{
	p.options.double_record_route = false;
	policy_request(&p, "INVITE", "sip:bob@contoso.com", "");
	forward_user();
	ck_assert_int_eq(edge_sip_find(&p.out.msg, EDGE_SIP_RECORD_ROUTE, 1),
			 -1);
	ck_assert(policy_contains(p.out.msg.lines[0].value, "state:Ee."));
}
END_TEST

START_TEST(record_route_names_the_machine_in_a_pool_of_two)
{
	p.topo = topo_fixture_pool();
	p.view.boot = 0x0A2B3C4D;
	policy_request(&p, "SUBSCRIBE", "sip:bob@contoso.com", "");
	forward_user();
	ck_assert(policy_contains(p.out.msg.lines[0].value,
				  "<sip:edge01.contoso.net:5061;transport=tls;"
				  "ms-fe=edge01.contoso.net;opaque=state:Ee."));
	ck_assert(policy_contains(p.out.msg.lines[1].value,
				  "opaque=state:Ci.R2A00.0A2B3C4D;lr;"));
}
END_TEST

/* Own entries as comma lists and lines; what else stays byte for byte. The
 * header lines around the two entries: */
START_TEST(routes_are_popped_from_lists_and_lines)
{
	static const struct {
		const char *before, *between, *after, *want;
	} rows[] = {
		{"Route: ", ", ", "\nRoute: <sip:fe01.contoso.net;lr>;x=1\n",
		 "\r\nRoute: <sip:fe01.contoso.net;lr>;x=1\r\n"},
		{"Route: ", ";tag=9 ,\n ", ";tag=9,<sip:fe01.contoso.net;lr>\n",
		 "\r\nRoute: <sip:fe01.contoso.net;lr>\r\n"},
		{"Route: ", "\nroute:",
		 " ,  <sip:fe01.contoso.net;lr>,<sip:dir01.contoso.net;lr>\n",
		 "\r\nroute:<sip:fe01.contoso.net;lr>,<sip:dir01.contoso.net;"
		 "lr>\r\n"},
	};
	char a[1024], b[1024], text[4096];
	struct edge_slice out;

	policy_entry(&p, ACC_TOKEN_CLIENT, 0x2A00, 0, a);
	policy_entry(&p, ACC_TOKEN_INSIDE, 0x2A00, 0, b);
	snprintf(text, sizeof(text), "%s%s%s%s%s", rows[_i].before, a,
		 rows[_i].between, b, rows[_i].after);
	policy_request(&p, "BYE", "sip:bob@contoso.com;gruu", text);
	out = forward_user();
	ck_assert_uint_eq(p.decision.pop, 2);
	ck_assert_msg(policy_contains(out, rows[_i].want), "%.*s",
		      (int)edge_slice_len(out), (const char *)out.p);
	ck_assert(!policy_contains(out, "ms-route-sig"));
}
END_TEST

START_TEST(route_parameter_edge_route_is_cut)
{
	struct edge_slice out;

	policy_request(&p, "MESSAGE", "sip:bob@contoso.com",
		       "Route: <sip:fe01.contoso.net;lr;ms-edge-route>;"
		       "ms-edge-route;a=b;MS-Edge-Route=1\n"
		       "Record-Route: <sip:p.x;lr;ms-edge-route>;"
		       "ms-edge-route;a=b\n");
	out = forward_user();
	ck_assert(policy_contains(
		out, "\r\nRoute: <sip:fe01.contoso.net;lr>;a=b\r\n"));
	ck_assert(
		policy_contains(out, "\r\nRecord-Route: <sip:p.x;lr>;a=b\r\n"));
}
END_TEST

START_TEST(strict_route_is_repaired)
{
	char entry[1024], ruri[1024];
	struct edge_slice out;

	policy_entry(&p, ACC_TOKEN_INSIDE, 0x2A00, 0, entry);
	entry[strlen(entry) - 1] = '\0';
	strcpy(ruri, entry + 1);
	policy_request(&p, "BYE", ruri,
		       "Via: SIP/2.0/TLS 10.0.5.11:51200\n"
		       "To: <sip:bob@contoso.com>;tag=2\n"
		       "Route: <sip:alice@192.0.2.10:50012;transport=tls>\n");
	out = forward_inside();
	ck_assert_uint_eq(p.decision.client, 0x2A00);
	ck_assert(p.decision.in_dialog);
	ck_assert(policy_contains(out, "BYE sip:alice@192.0.2.10:50012;"
				       "transport=tls SIP/2.0\r\n"));
	ck_assert(!policy_contains(out, "\r\nRoute:"));
}
END_TEST

START_TEST(unnamed_lines_pass_byte_for_byte)
{
	static const char lines[] =
		"X-Odd  :  a , b;;c=\"q\\\"\" \n"
		"sUbJect:\t folded\n\t more  \n"
		"ms-telemetry-id: 1\nMs-Conversation-ID: x==\n"
		"ms-text-format: text/plain; msgr=WAA=\nk: a\n"
		"Roster-Manager: <sip:a@b>\nAllow: X\nWarning: 1 a \"b\"\n";
	char want[1024];
	struct edge_put w = edge_put(want, sizeof(want));
	struct edge_slice out;

	for (const char *c = lines; *c; c++) {
		if (*c == '\n')
			edge_put_u8(&w, '\r');
		edge_put_u8(&w, (uint8_t)*c);
	}
	edge_put_u8(&w, 0);
	policy_request(&p, "MESSAGE", "sip:bob@contoso.com", lines);
	out = forward_user();
	ck_assert(policy_contains(out, want));
}
END_TEST

START_TEST(partner_contact_with_proxy_is_refused)
{
	struct acc_source from = policy_partner();
	const struct acc_rewrite r = policy_pass(&p, &from);
	struct acc_stamp stamp = policy_stamp("172.25.33.10:1", 1, 1, "-");
	struct acc_decision d = {.to = ACC_TO_NEXT_HOP};
	struct edge_slice out;

	policy_request(&p, "INVITE", "sip:bob@contoso.com",
		       "Contact: <sip:carol@fabrikam.com>;proxy=replace\n");
	ck_assert_int_eq(acc_rewrite_request(&r, &d, &stamp, &out, &p.reason),
			 EDGE_EDENIED);
	ck_assert_int_eq(p.reason, ACC_REASON_NOT_FIRST_HOP);
}
END_TEST

START_TEST(without_a_valid_key_no_dialog_starts)
{
	struct acc_source from = policy_user();
	struct acc_stamp stamp = policy_stamp("172.25.33.10:1", 1, 1, "-");
	struct edge_slice out;

	p.view.wall_s += 5000;
	policy_request(&p, "INVITE", "sip:bob@contoso.com", "");
	ck_assert(!policy_forward(&p, &from, &stamp, &out));
	ck_assert_int_eq(p.reason, ACC_REASON_INTERNAL);
	policy_request(&p, "MESSAGE", "sip:bob@contoso.com", "");
	ck_assert(policy_forward(&p, &from, &stamp, &out));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_rewrite");
	TCase *t = tcase_create("rewrite");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, rewrite_gives_the_vector, 0, 4);
	tcase_add_test(t, rewrite_gives_the_federated_vector);
	tcase_add_test(t, rewrite_gives_the_notify_vector);
	tcase_add_test(t, rewrite_adds_no_record_route_to_service);
	tcase_add_loop_test(t, hops_are_clamped_lowered_and_put_in, 0, 5);
	tcase_add_test(t, hops_missing_become_70);
	tcase_add_loop_test(t, via_received_only_when_the_host_differs, 0, 6);
	tcase_add_test(t, via_received_of_ipv6_has_no_brackets);
	tcase_add_test(t, trust_header_replaces_all_sent_copies);
	tcase_add_test(t, trust_header_stands_before_a_length_that_is_not_last);
	tcase_add_test(t, trust_header_goes_no_farther_than_the_inside);
	tcase_add_test(
		t, record_routes_of_an_inside_invite_have_the_client_on_top);
	tcase_add_test(t, record_route_can_be_single);
	tcase_add_test(t, record_route_names_the_machine_in_a_pool_of_two);
	tcase_add_loop_test(t, routes_are_popped_from_lists_and_lines, 0, 3);
	tcase_add_test(t, route_parameter_edge_route_is_cut);
	tcase_add_test(t, strict_route_is_repaired);
	tcase_add_test(t, unnamed_lines_pass_byte_for_byte);
	tcase_add_test(t, partner_contact_with_proxy_is_refused);
	tcase_add_test(t, without_a_valid_key_no_dialog_starts);
	suite_add_tcase(s, t);
	return s;
}
