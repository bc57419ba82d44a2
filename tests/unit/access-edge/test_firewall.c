/* Every cell of the header firewall, written down a second time from AE 2.4,
 * and what each special action does to bytes. */
#include <stdio.h>
#include <string.h>

#include "access-edge/firewall.h"
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

/* One letter a cell: K keep, D delete, F if of the From domain, O if our own
 * domain, S if the peer may see it, P split domain, A answered by us, C cap,
 * I strip inside hosts, N no identity parameters, X if it names nothing inside.
 * Columns as enum acc_fw_column. */
static const struct {
	const char *name, *cells;
} rows[] = {
	{"ms-edge-proxy-message-trust", "DDDDDDDD"},
	{"ms-asserted-verification-level", "DDDDDDDD"},
	{"P-Asserted-Identity", "DKFFKKOO"},
	{"P-Preferred-Identity", "KKDDKKDD"},
	{"Authorization", "KKDDKKDD"},
	{"Proxy-Authorization", "KKDDKKDD"},
	{"WWW-Authenticate", "DKDDKKDD"},
	{"Proxy-Authenticate", "DKDDKKDD"},
	{"Authentication-Info", "DKDDKKDD"},
	{"Proxy-Authentication-Info", "DKDDKKDD"},
	{"ms-user-logon-data", "DDDDKKDD"},
	{"ms-diagnostics", "KKKKSSDD"},
	{"ms-diagnostics-public", "KKKKKKKK"},
	{"ms-split-domain-info", "DDPPKKPP"},
	{"ms-user-data", "DDDDKKDD"},
	{"ms-call-source", "DDDDKKDD"},
	{"ms-mediation-generated", "DDDDKKDD"},
	{"ms-keep-alive", "KKKKKAKK"},
	{"History-Info", "KKCCKKII"},
	{"Referred-By", "NNDDNNNN"},
	{"ms-archiving", "DDKKKKKK"},
	{"Path", "DDDDKKDD"},
	{"Service-Route", "DDDDKKDD"},
	{"Alert-Info", "KKXXKKKK"},
	{"Call-Info", "KKXXKKKK"},
	{"Error-Info", "KKXXKKKK"},
	{"ms-fis-anything", "DDDDKKDD"},
	{"MS-FIS-", "DDDDKKDD"},
	{"X-MS-Exchange", "DDDDKKDD"},
	{"Warning", "KKKKKKDD"},
	{"x-ms-", "DDDDKKDD"},
	{"Server", "KKKKKKKK"},
	{"User-Agent", "KKKKKKKK"},
	{"ms-telemetry-id", "KKKKKKKK"},
	{"ms-client-diagnostics", "KKKKKKKK"},
	{"Ms-Conversation-ID", "KKKKKKKK"},
	{"ms-text-format", "KKKKKKKK"},
	{"Ms-Sender", "KKKKKKKK"},
	{"EndPoints", "KKKKKKKK"},
	{"Roster-Manager", "KKKKKKKK"},
	{"X-MSomething", "KKKKKKKK"},
	{"ms-fi", "KKKKKKKK"},
	{"From", "KKKKKKKK"},
	{"To", "KKKKKKKK"},
	{"Call-ID", "KKKKKKKK"},
	{"CSeq", "KKKKKKKK"},
	{"Via", "KKKKKKKK"},
	{"Contact", "KKKKKKKK"},
	{"Route", "KKKKKKKK"},
	{"Record-Route", "KKKKKKKK"},
	{"Expires", "KKKKKKKK"},
	{"Event", "KKKKKKKK"},
	{"Privacy", "KKKKKKKK"},
	{"Require", "KKKKKKKK"},
	{"Supported", "KKKKKKKK"},
	{"Compression", "KKKKKKKK"},
	{"Content-Type", "KKKKKKKK"},
	{"Content-Length", "KKKKKKKK"},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* The id the parser gives that name. */
static enum edge_sip_hdr id_of(const char *name)
{
	for (int h = 1; h < EDGE_SIP_HDR_COUNT; h++)
		if (!strcasecmp(name, edge_sip_hdr_str((enum edge_sip_hdr)h)))
			return (enum edge_sip_hdr)h;
	return EDGE_SIP_OTHER;
}

START_TEST(firewall_cell_is_as_the_digest_says)
{
	static const char letters[] = "KDFOSPACINX"; /* as enum acc_fw_action */
	struct edge_sip_line line = {.id = id_of(rows[_i].name),
				     .name = edge_slice_str(rows[_i].name)};

	for (int c = 0; c < ACC_FW_COLUMNS; c++) {
		enum acc_fw_action a =
			acc_firewall_action(&line, (enum acc_fw_column)c);

		ck_assert_msg(letters[a] == rows[_i].cells[c],
			      "%s column %d: %c, not %c", rows[_i].name, c,
			      letters[a], rows[_i].cells[c]);
	}
}
END_TEST

/* Whoever adds a row to header.def has to say here what becomes of it. */
START_TEST(firewall_test_knows_every_header)
{
	static const enum edge_sip_hdr more[] = {EDGE_SIP_MAX_FORWARDS,
						 EDGE_SIP_PROXY_REQUIRE};

	for (int h = 1; h < EDGE_SIP_HDR_COUNT; h++) {
		bool known = h == (int)more[0] || h == (int)more[1];

		for (size_t i = 0; i < ROWS; i++)
			known |= (int)id_of(rows[i].name) == h;
		ck_assert_msg(known, "%s",
			      edge_sip_hdr_str((enum edge_sip_hdr)h));
	}
}
END_TEST

START_TEST(firewall_column_follows_the_way)
{
	static const struct {
		bool inward;
		enum acc_role outside;
		enum acc_fw_column request;
	} ways[] = {
		{true, ACC_ROLE_USR, ACC_FW_IN_USR_REQ},
		{true, ACC_ROLE_DIR, ACC_FW_IN_PARTNER_REQ},
		{true, ACC_ROLE_PIC, ACC_FW_IN_PARTNER_REQ},
		{false, ACC_ROLE_USR, ACC_FW_OUT_USR_REQ},
		{false, ACC_ROLE_CLR, ACC_FW_OUT_PARTNER_REQ},
	};
	struct acc_fw_way w = {.inward = ways[_i].inward,
			       .outside = ways[_i].outside};

	ck_assert_int_eq(acc_firewall_column(&w, true), ways[_i].request);
	ck_assert_int_eq(acc_firewall_column(&w, false), ways[_i].request + 1);
}
END_TEST

/* The lines through one column of the real thing; result in p.out. */
static struct edge_slice pass(const char *lines, struct acc_fw_way way,
			      enum acc_reason want)
{
	struct edge_slice out = {0};

	policy_request(&p, "MESSAGE", "sip:bob@contoso.com", lines);
	edge_sip_edit_begin(p.in.edit, &p.in.msg);
	ck_assert_int_eq(
		acc_firewall_apply(p.in.edit, &p.view, &p.in.msg, &way), want);
	ck_assert_int_eq(edge_sip_edit_print(p.in.edit, &out), EDGE_OK);
	return out;
}

static const struct acc_fw_way in_usr = {.inward = true,
					 .outside = ACC_ROLE_USR};
static const struct acc_fw_way in_dir = {.inward = true,
					 .outside = ACC_ROLE_DIR};
static const struct acc_fw_way out_usr = {.outside = ACC_ROLE_USR};
static const struct acc_fw_way out_dir = {.outside = ACC_ROLE_DIR};

START_TEST(firewall_deletes_in_any_spelling_and_number)
{
	struct edge_slice out =
		pass("MS-User-Logon-Data: RemoteUser\nAllow: INVITE\n"
		     "ms-user-logon-data : x\n y\nX-mS-abc: 1\n"
		     "p-asserted-identity: <sip:ceo@contoso.com>\n",
		     in_usr, ACC_REASON_OK);

	ck_assert(!policy_contains(out, "ogon"));
	ck_assert(!policy_contains(out, "abc"));
	ck_assert(!policy_contains(out, "ceo"));
	ck_assert(policy_contains(out, "50012\r\nAllow: INVITE\r\nFrom:"));
}
END_TEST

START_TEST(firewall_asserted_identity_of_a_partner)
{
	static const struct {
		const char *line;
		bool kept_in, kept_out;
	} cases[] = {
		{"P-Asserted-Identity: <sip:c@fabrikam.com>\n", true, false},
		{"P-Asserted-Identity: \"C\" <sip:c@FABRIKAM.com>,"
		 "<tel:+1425>\n",
		 true, false},
		{"P-Asserted-Identity: <sip:c@contoso.com>\n", false, true},
		{"P-Asserted-Identity: <sip:c@contoso.com>, <sip:x@y.z>\n",
		 false, false},
		{"P-Asserted-Identity: <tel:+1425>\n", false, false},
		{"P-Asserted-Identity: ,\n", false, false},
	};
	char lines[512];
	struct edge_slice out;

	snprintf(lines, sizeof(lines), "From: <sip:c@fabrikam.com>;tag=1\n%s",
		 cases[_i].line);
	out = pass(lines, in_dir, ACC_REASON_OK);
	ck_assert(policy_contains(out, "P-Asserted") == cases[_i].kept_in);
	out = pass(lines, out_dir, ACC_REASON_OK);
	ck_assert(policy_contains(out, "P-Asserted") == cases[_i].kept_out);
	snprintf(lines, sizeof(lines), "Privacy: user; ID ;critical\n%s",
		 cases[_i].line);
	out = pass(lines, out_dir, ACC_REASON_OK);
	ck_assert(!policy_contains(out, "P-Asserted"));
}
END_TEST

START_TEST(firewall_diagnostics_to_users_who_may_see_them)
{
	static const char lines[] = "ms-diagnostics: 1003;reason=\"x\";source="
				    "\"fe01.contoso.net\"\n"
				    "ms-diagnostics-public: 4;reason=\"y\"\n";
	struct acc_fw_way seeing = out_usr;
	struct edge_slice out = pass(lines, out_usr, ACC_REASON_OK);

	ck_assert(!policy_contains(out, "fe01"));
	ck_assert(policy_contains(out, "ms-diagnostics-public: 4;"));
	seeing.sees_diagnostics = true;
	out = pass(lines, seeing, ACC_REASON_OK);
	ck_assert(policy_contains(out, "fe01"));
	out = pass(lines, in_usr, ACC_REASON_OK);
	ck_assert(policy_contains(out, "fe01"));
	out = pass(lines, out_dir, ACC_REASON_OK);
	ck_assert(!policy_contains(out, "fe01"));
}
END_TEST

START_TEST(firewall_split_domain_info)
{
	static const char lines[] = "ms-split-domain-info: ms-traffic-type=x\n";
	struct acc_fw_way in_hst = {
		.inward = true, .outside = ACC_ROLE_HST, .shares = true};
	struct acc_fw_way out_hst = {.outside = ACC_ROLE_HST, .shares = true};

	pass(lines, in_dir, ACC_REASON_TRAFFIC_TYPE);
	pass(lines,
	     (struct acc_fw_way){.inward = true, .outside = ACC_ROLE_HST},
	     ACC_REASON_TRAFFIC_TYPE);
	ck_assert(policy_contains(pass(lines, in_hst, ACC_REASON_OK), "split"));
	ck_assert(
		policy_contains(pass(lines, out_hst, ACC_REASON_OK), "split"));
	ck_assert(
		!policy_contains(pass(lines, out_dir, ACC_REASON_OK), "split"));
	ck_assert(
		!policy_contains(pass(lines, in_usr, ACC_REASON_OK), "split"));
	ck_assert(
		policy_contains(pass(lines, out_usr, ACC_REASON_OK), "split"));
}
END_TEST

START_TEST(firewall_referred_by_loses_identity_parameters)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{"Referred-By: <sip:a@b>;ms-identity=\"x;y,z\";ms-referee-uri="
		 "\"sip:q@r\"\n",
		 "\r\nReferred-By: <sip:a@b>;ms-referee-uri=\"sip:q@r\"\r\n"},
		{"b: <sip:a@b;ms-x=1>; MS-Identity-Info=<http://x>;ms-identity-"
		 "cookie=\"a\\\"b;c\";t=1\n",
		 "\r\nb: <sip:a@b;ms-x=1>;t=1\r\n"},
		{"Referred-By: <sip:a@b>;ms-identity-alg=rsa\n",
		 "\r\nReferred-By: <sip:a@b>\r\n"},
		{"Referred-By: \"D;ms-identity\" <sip:a@b>\n",
		 "\r\nReferred-By: \"D;ms-identity\" <sip:a@b>\r\n"},
		{"Referred-By: \"D\\\\\" <sip:a@b>;ms-identity=\"x\";t=1\n",
		 "\r\nReferred-By: \"D\\\\\" <sip:a@b>;t=1\r\n"},
	};
	struct edge_slice out = pass(cases[_i].line, in_usr, ACC_REASON_OK);

	ck_assert_msg(policy_contains(out, cases[_i].want), "%.*s",
		      (int)edge_slice_len(out), (const char *)out.p);
	out = pass(cases[_i].line, out_usr, ACC_REASON_OK);
	ck_assert(policy_contains(out, cases[_i].want));
	out = pass(cases[_i].line, in_dir, ACC_REASON_OK);
	ck_assert(!policy_contains(out, "sip:a@b"));
}
END_TEST

START_TEST(firewall_referred_by_with_an_open_quote_goes)
{
	struct edge_slice out =
		pass("Referred-By: <sip:a@b>;x=\";ms-identity=y\n"
		     "b: <sip:c@d>;x=\"\\\";ms-identity=z\n",
		     in_usr, ACC_REASON_OK);

	ck_assert(!policy_contains(out, "ms-identity"));
	ck_assert(!policy_contains(out, "sip:a@b"));
	ck_assert(!policy_contains(out, "sip:c@d"));
}
END_TEST

START_TEST(firewall_history_of_a_partner_is_capped)
{
	char lines[4096] = "";
	size_t n = 0;

	for (int i = 0; i < 12; i++)
		n += (size_t)snprintf(lines + n, sizeof(lines) - n,
				      "History-Info: <sip:a%d@b;x=\",\">,"
				      "<sip:b%d@b>\n",
				      i, i);
	ck_assert(policy_contains(pass(lines, in_dir, ACC_REASON_OK), "b9@b"));
	ck_assert(
		!policy_contains(pass(lines, in_dir, ACC_REASON_OK), "a10@b"));
	ck_assert(policy_contains(pass(lines, in_usr, ACC_REASON_OK), "b11@b"));
}
END_TEST

START_TEST(firewall_history_to_a_partner_has_no_inside_host)
{
	static const char lines[] =
		"History-Info: <sip:a@contoso.com>;index=1\n"
		"History-Info: <sip:b@fe01.contoso.net>;index=2\n"
		"History-Info: <sip:c@fabrikam.com>, <sip:d@10.0.5.1>\n"
		"History-Info: nonsense\n";
	struct edge_slice out = pass(lines, out_dir, ACC_REASON_OK);

	ck_assert(policy_contains(out, "sip:a@contoso.com"));
	ck_assert(!policy_contains(out, "fe01"));
	ck_assert(!policy_contains(out, "10.0.5.1"));
	ck_assert(!policy_contains(out, "nonsense"));
	ck_assert(policy_contains(pass(lines, out_usr, ACC_REASON_OK), "fe01"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_firewall");
	TCase *t = tcase_create("firewall");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, firewall_cell_is_as_the_digest_says, 0, ROWS);
	tcase_add_test(t, firewall_test_knows_every_header);
	tcase_add_loop_test(t, firewall_column_follows_the_way, 0, 5);
	tcase_add_test(t, firewall_deletes_in_any_spelling_and_number);
	tcase_add_loop_test(t, firewall_asserted_identity_of_a_partner, 0, 6);
	tcase_add_test(t, firewall_diagnostics_to_users_who_may_see_them);
	tcase_add_test(t, firewall_split_domain_info);
	tcase_add_loop_test(t, firewall_referred_by_loses_identity_parameters,
			    0, 5);
	tcase_add_test(t, firewall_referred_by_with_an_open_quote_goes);
	tcase_add_test(t, firewall_history_of_a_partner_is_capped);
	tcase_add_test(t, firewall_history_to_a_partner_has_no_inside_host);
	suite_add_tcase(s, t);
	return s;
}
