/* Responses on their way back: vectors, keep-alive, diagnostics, redirects. */
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

static const char our_via[] =
	"Via: SIP/2.0/TLS 172.25.33.10:60539;branch=z9hG4bK141B394C."
	"197D8EA643772698;branched=FALSE;ms-received-port=60539;"
	"ms-received-cid=312C800\r\n";

static struct edge_slice back(struct acc_source from, struct acc_back b)
{
	const struct acc_rewrite r = policy_pass(&p, &from);
	struct edge_slice out = {0};
	enum edge_err err = acc_rewrite_response(&r, &b, &out, &p.reason);

	ck_assert_msg(err == EDGE_OK, "%s", acc_reason_name(p.reason));
	ck_assert_int_eq(sip_case_parse(&p.out, out), EDGE_OK);
	return out;
}

START_TEST(response_gives_the_401_vector)
{
	struct acc_back b = {.to_role = ACC_ROLE_USR,
			     .asked_keep_alive = true,
			     .method = EDGE_SIP_REGISTER};
	struct edge_slice in = policy_vector(&p, "sip-reg1-401-in.msg");
	struct edge_slice want = sip_file("sip-reg1-401-out.msg");

	policy_same(back(policy_inside(), b), want);
	sip_file_free(in);
	sip_file_free(want);
}
END_TEST

/* The vectors of which only the far side is given: our Via before the rest,
 * and what the home server may have said about keep-alive. */
START_TEST(response_gives_the_vector_without_our_via)
{
	static const struct {
		const char *file, *swap, *with;
		enum edge_sip_method method;
		bool asked;
	} rows[] = {
		{"sip-reg3-200-out.msg",
		 "tcp=no; hop-hop=yes; end-end=no; "
		 "timeout=300",
		 "tcp=yes;timeout=1800", EDGE_SIP_REGISTER, true},
		{"sip-inv-200-out.msg",
		 "\r\nVia: ", "\r\nVia: ", EDGE_SIP_INVITE, false},
		{"sip-mras-200-out.msg",
		 "\r\nVia: ", "\r\nVia: ", EDGE_SIP_SERVICE, false},
	};
	struct acc_back b = {.to_role = ACC_ROLE_USR,
			     .to_signed_in = true,
			     .asked_keep_alive = rows[_i].asked,
			     .method = rows[_i].method};
	struct edge_slice want = sip_file(rows[_i].file), other, in;
	char via[512];

	other = sip_swap(want, rows[_i].swap, rows[_i].with);
	snprintf(via, sizeof(via), "\r\n%sVia: ", our_via);
	in = sip_swap(other, "\r\nVia: ", via);
	ck_assert_int_eq(sip_case_parse(&p.in, in), EDGE_OK);
	policy_same(back(policy_inside(), b), want);
	sip_file_free(want);
	sip_file_free(other);
	sip_file_free(in);
}
END_TEST

/* status text, header lines with LF */
static void response(const char *status, const char *method, const char *lines)
{
	policy_text(&p,
		    "SIP/2.0 %s\n"
		    "Via: SIP/2.0/TLS 172.25.33.10:1;branch=z9hG4bK1\n"
		    "Via: SIP/2.0/TLS 192.0.2.10:50012\n"
		    "From: <sip:a@contoso.com>;tag=1\n"
		    "To: <sip:b@contoso.com>;tag=2\nCall-ID: x\nCSeq: 1 %s\n"
		    "%sContent-Length: 0\n\n",
		    status, method, lines);
}

START_TEST(our_via_is_cut_from_a_list)
{
	static const char *const vias[] = {
		"Via: SIP/2.0/TLS a.b;branch=z9hG4bK1, SIP/2.0/TLS c.d\n",
		"v:SIP/2.0/TLS a.b;branch=z9hG4bK1 ,\n\tSIP/2.0/TLS c.d\n",
		("Via: SIP/2.0/TLS a.b;x=\"q,q\",SIP/2.0/TLS c.d,SIP/2.0/TLS "
		 "e\n"),
	};
	static const char *const want[] = {
		"\r\nVia: SIP/2.0/TLS c.d\r\n",
		"\r\nv:SIP/2.0/TLS c.d\r\n",
		"\r\nVia: SIP/2.0/TLS c.d,SIP/2.0/TLS e\r\n",
	};
	struct acc_back b = {.to_role = ACC_ROLE_USR};

	policy_text(&p,
		    "SIP/2.0 180 Ringing\n%s"
		    "From: <sip:a@contoso.com>;tag=1\n"
		    "To: <sip:b@contoso.com>;tag=2\nCall-ID: x\n"
		    "CSeq: 1 INVITE\nContent-Length: 0\n\n",
		    vias[_i]);
	ck_assert(policy_contains(back(policy_inside(), b), want[_i]));
}
END_TEST

START_TEST(keep_alive_is_answered_on_a_2xx_to_who_asked)
{
	static const struct {
		const char *status, *lines, *want; /* NULL: none at all */
		bool asked;
		unsigned seconds;
	} rows[] = {
		{"200 OK", "", "timeout=300\r\nContent-Length: 0\r\n", true,
		 300},
		{"202 Accepted", "", "timeout=120\r\nContent-Length: 0\r\n",
		 true, 120},
		{"200 OK", "", NULL, false, 300},
		{"200 OK", "", NULL, true, 0},
		{"401 Unauthorized", "", NULL, true, 300},
		{"180 Ringing", "", NULL, true, 300},
		{"200 OK", "MS-Keep-Alive: UAS; hop-hop=no\nX: y\n",
		 "\r\nms-keep-alive: UAS; tcp=no; hop-hop=yes; end-end=no; "
		 "timeout=300\r\nX: y\r\n",
		 false, 300},
		{"200 OK", "ms-keep-alive: UAS;a\nX: y\nms-keep-alive: UAS;b\n",
		 "timeout=300\r\nX: y\r\nContent-Length", true, 300},
		{"200 OK", "ms-keep-alive: UAS; hop-hop=yes\n", NULL, true, 0},
		{"403 No", "ms-keep-alive: UAS; hop-hop=yes\n", NULL, true,
		 300},
	};
	struct acc_back b = {.to_role = ACC_ROLE_USR,
			     .asked_keep_alive = rows[_i].asked,
			     .method = EDGE_SIP_INVITE};
	struct edge_slice out;

	p.options.keep_alive_s = rows[_i].seconds;
	response(rows[_i].status, "INVITE", rows[_i].lines);
	out = back(policy_inside(), b);
	if (rows[_i].want)
		ck_assert_msg(policy_contains(out, rows[_i].want), "%.*s",
			      (int)edge_slice_len(out), (const char *)out.p);
	else
		ck_assert(!policy_contains(out, "eep-"));
}
END_TEST

START_TEST(register_200_says_remote_user)
{
	struct acc_back b = {.to_role = ACC_ROLE_USR,
			     .method = EDGE_SIP_REGISTER};
	static const char want[] = "\r\nms-user-logon-data: RemoteUser\r\n";

	response("200 OK", "REGISTER", "");
	ck_assert(policy_contains(back(policy_inside(), b), want));
	response("200 OK", "REGISTER", "MS-User-Logon-Data: Other\n");
	ck_assert(!policy_contains(back(policy_inside(), b), want));
	response("401 Unauthorized", "REGISTER", "");
	ck_assert(!policy_contains(back(policy_inside(), b), want));
	b.method = EDGE_SIP_INVITE;
	response("200 OK", "INVITE", "");
	ck_assert(!policy_contains(back(policy_inside(), b), want));
}
END_TEST

START_TEST(diagnostics_leave_only_to_signed_in_users)
{
	static const char lines[] =
		"ms-diagnostics: "
		"1003;reason=\"n\";source=\"fe01.contoso.net\"\n"
		"ms-diagnostics-public: 1003;reason=\"n\"\n";
	struct acc_back b = {.to_role = ACC_ROLE_USR,
			     .method = EDGE_SIP_INVITE};
	struct edge_slice out;

	response("404 Not Found", "INVITE", lines);
	out = back(policy_inside(), b);
	ck_assert(!policy_contains(out, "fe01"));
	ck_assert(policy_contains(out, "ms-diagnostics-public: 1003;"));
	b.to_signed_in = true;
	ck_assert(policy_contains(back(policy_inside(), b), "fe01"));
	b.to_signed_in = false;
	p.options.diagnostics_unauthenticated = true;
	ck_assert(policy_contains(back(policy_inside(), b), "fe01"));
}
END_TEST

START_TEST(trust_header_of_the_inside_does_not_leave)
{
	struct acc_back b = {.to_role = ACC_ROLE_USR};

	response("200 OK", "INVITE",
		 "ms-edge-proxy-message-trust: ms-source-type=X\n");
	ck_assert(!policy_contains(back(policy_inside(), b), "trust"));
}
END_TEST

START_TEST(client_response_gets_the_trust_header)
{
	struct acc_back b = {.to_role = ACC_ROLE_INT,
			     .method = EDGE_SIP_INVITE};
	struct edge_slice out;

	response("200 OK", "INVITE",
		 "Contact: <sip:192.0.2.10:50012>;proxy=replace\n"
		 "P-Asserted-Identity: <sip:a@contoso.com>\n"
		 "ms-user-logon-data: RemoteUser\n"
		 "ms-edge-proxy-message-trust: forged\n");
	out = back(policy_user(), b);
	ck_assert(policy_contains(
		out, "\r\nms-edge-proxy-message-trust: ms-source-type="
		     "InternetUser;ms-ep-fqdn=edgepool.contoso.net;ms-source-"
		     "verified-user=verified\r\nContent-Length: 0\r\n"));
	ck_assert(!policy_contains(out, "forged"));
	ck_assert(!policy_contains(out, "logon"));
	ck_assert(policy_contains(out, "P-Asserted-Identity"));
	ck_assert(policy_contains(out, "<sip:198.51.100.77:41833;ms-received-"
				       "cid=2A00>\r\n"));
	ck_assert(!policy_contains(out, "ms-diagnostics"));
}
END_TEST

START_TEST(client_error_without_diagnostics_is_explained)
{
	struct acc_back b = {.to_role = ACC_ROLE_INT};
	struct edge_slice out;

	response("486 Busy Here", "INVITE", "");
	out = back(policy_user(), b);
	ck_assert(policy_contains(out, "\r\nms-diagnostics: 1037;reason=\""));
	ck_assert(policy_contains(out, ";source=\"sip.contoso.com\"\r\n"));
	out = back(policy_partner(), b);
	ck_assert(policy_contains(out, "\r\nms-diagnostics: 1034;reason=\""));
	response("486 Busy Here", "INVITE", "ms-diagnostics: 5;reason=\"z\"\n");
	out = back(policy_user(), b);
	ck_assert(!policy_contains(out, "1037"));
	ck_assert(policy_contains(out, "ms-diagnostics: 5;"));
}
END_TEST

START_TEST(client_response_with_an_odd_contact_is_dropped)
{
	struct acc_back b = {.to_role = ACC_ROLE_INT};
	struct acc_source from = policy_user();
	const struct acc_rewrite r = policy_pass(&p, &from);
	struct edge_slice out;

	response("200 OK", "INVITE", "Contact: <sip:a@b>;proxy=x\n");
	ck_assert_int_eq(acc_rewrite_response(&r, &b, &out, &p.reason),
			 EDGE_EDENIED);
	ck_assert_int_eq(p.reason, ACC_REASON_BAD_RESPONSE);
}
END_TEST

START_TEST(register_redirect_inward_is_refused)
{
	struct acc_back b = {.to_role = ACC_ROLE_USR,
			     .method = EDGE_SIP_REGISTER};
	struct acc_source from = policy_inside();
	const struct acc_rewrite r = policy_pass(&p, &from);
	struct edge_slice out;

	response("301 Moved", "REGISTER", "Contact: <sip:fe01.contoso.net>\n");
	ck_assert_int_eq(acc_rewrite_response(&r, &b, &out, &p.reason),
			 EDGE_EDENIED);
	ck_assert_int_eq(p.reason, ACC_REASON_REDIRECT);
	response("302 Moved", "INVITE", "Contact: <sip:fe01.contoso.net>\n");
	ck_assert(!policy_contains(back(from, b), "fe01"));
	response("200 OK", "INVITE", "Contact: <sip:fe01.contoso.net>\n");
	ck_assert(policy_contains(back(from, b), "fe01"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_rewrite_back");
	TCase *t = tcase_create("back");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, response_gives_the_401_vector);
	tcase_add_loop_test(t, response_gives_the_vector_without_our_via, 0, 3);
	tcase_add_loop_test(t, our_via_is_cut_from_a_list, 0, 3);
	tcase_add_loop_test(t, keep_alive_is_answered_on_a_2xx_to_who_asked, 0,
			    10);
	tcase_add_test(t, register_200_says_remote_user);
	tcase_add_test(t, diagnostics_leave_only_to_signed_in_users);
	tcase_add_test(t, trust_header_of_the_inside_does_not_leave);
	tcase_add_test(t, client_response_gets_the_trust_header);
	tcase_add_test(t, client_error_without_diagnostics_is_explained);
	tcase_add_test(t, client_response_with_an_odd_contact_is_dropped);
	tcase_add_test(t, register_redirect_inward_is_refused);
	suite_add_tcase(s, t);
	return s;
}
