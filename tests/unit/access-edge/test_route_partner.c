/* Where a partner's requests may lead: its dialogs, and what it names. */
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/access-edge/policy_fixture.h"

static struct policy p;
static char own[1024]; /* our entry toward the partner */

static void setup(void)
{
	const struct acc_token t = {.kind = ACC_TOKEN_PARTNER,
				    .cid = 0x7C00,
				    .boot = 0x1A2B3C4D,
				    .of_partner = true};

	policy_init(&p);
	ck_assert_int_eq(acc_token_print(&p.view, &t, own, sizeof(own)),
			 EDGE_OK);
}

static void teardown(void)
{
	policy_fini(&p);
}

/* What becomes of carol's request; tag: of To, "" outside a dialog. */
static enum acc_reason asks(const char *ruri, const char *tag,
			    const char *lines)
{
	struct acc_source from = policy_partner();
	char text[8192];

	snprintf(text, sizeof(text),
		 "From: <sip:carol@fabrikam.com>;tag=1\n"
		 "To: <sip:a@contoso.com>%s\n%s",
		 tag, lines);
	policy_request(&p, "INVITE", ruri, text);
	return policy_decide(&p, &from);
}

static enum acc_reason in_dialog(const char *ruri)
{
	char lines[2048];

	snprintf(lines, sizeof(lines), "Route: %s\n", own);
	return asks(ruri, ";tag=2", lines);
}

START_TEST(dialog_leads_to_what_the_inside_gave)
{
	ck_assert_int_eq(in_dialog("sip:a@contoso.com;gruu"), ACC_REASON_OK);
	ck_assert(p.decision.in_dialog);
	ck_assert_int_eq(in_dialog("sip:198.51.100.7:1;ms-received-cid=2A00"),
			 ACC_REASON_OK);
	ck_assert_int_eq(in_dialog("sip:dc01.contoso.net"),
			 ACC_REASON_NO_ROUTE);
	ck_assert_int_eq(p.decision.to, ACC_TO_ANSWER);
	ck_assert_int_eq(in_dialog("sip:a@contoso.com;maddr=10.0.5.99"),
			 ACC_REASON_NO_ROUTE);
	ck_assert_int_eq(in_dialog("sip:a@sip.contoso.com;ms-hidden=k1.AA"),
			 ACC_REASON_ROUTE_SIGNATURE);
}
END_TEST

/* _i: in a dialog or not. A strict router's last Route is what counts. */
START_TEST(strict_route_leads_nowhere_else)
{
	static const struct {
		const char *last;
		enum acc_reason want;
	} rows[] = {
		{"<sip:dc01.contoso.net>", ACC_REASON_NO_ROUTE},
		{"<sip:10.0.5.99:5061>", ACC_REASON_NO_ROUTE},
		{"<sip:a@contoso.com;maddr=10.0.5.99>", ACC_REASON_NO_ROUTE},
		{"<sip:a@contoso.com>", ACC_REASON_OK},
	};
	char ruri[1024], lines[1024];

	snprintf(ruri, sizeof(ruri), "%.*s", (int)strlen(own) - 2, own + 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(lines, sizeof(lines), "Route: %s\n", rows[i].last);
		ck_assert_msg(asks(ruri, _i ? ";tag=2" : "", lines) ==
				      rows[i].want,
			      "%s: %s", rows[i].last,
			      acc_reason_name(p.decision.reason));
	}
}
END_TEST

/* One that we sealed comes open out of the last Route as well. */
START_TEST(strict_route_opens_a_sealed_contact)
{
	struct acc_source from = policy_partner();
	struct acc_stamp s = policy_stamp("172.25.33.10:1", 1, 1, "AB");
	char sealed[ACC_SEALED_LEN], ruri[1024], lines[4096];
	struct edge_slice out;

	ck_assert_int_eq(acc_token_seal(&p.view, ACC_HIDDEN_CONTACT,
					edge_slice_str("sip:a@10.0.5.7"),
					sealed),
			 EDGE_OK);
	snprintf(ruri, sizeof(ruri), "%.*s", (int)strlen(own) - 2, own + 1);
	snprintf(lines, sizeof(lines),
		 "From: <sip:carol@fabrikam.com>;tag=1\n"
		 "To: <sip:a@contoso.com>;tag=2\n"
		 "Route: <sip:a@sip.contoso.com;ms-hidden=%s>\n",
		 sealed);
	policy_request(&p, "BYE", ruri, lines);
	ck_assert_msg(policy_forward(&p, &from, &s, &out), "%s",
		      acc_reason_name(p.reason));
	policy_same(p.out.msg.ruri.text, edge_slice_str("sip:a@10.0.5.7"));
	ck_assert_int_lt(edge_sip_find(&p.out.msg, EDGE_SIP_ROUTE, 0), 0);
}
END_TEST

/* _i: a header that speaks of a dialog, or none. */
START_TEST(sealed_contact_stands_for_a_dialog)
{
	static const char *const lines[] = {
		"", "X-Replaces: 1\n", "Replaces: 1@x;to-tag=1;from-tag=2\n",
		"Join: 1@x;to-tag=1;from-tag=2\n", "target-dialog: 1@x\n"};
	char sealed[ACC_SEALED_LEN], ruri[4096];

	ck_assert_int_eq(acc_token_seal(&p.view, ACC_HIDDEN_CONTACT,
					edge_slice_str("sip:a@10.0.5.7"),
					sealed),
			 EDGE_OK);
	snprintf(ruri, sizeof(ruri), "sip:a@sip.contoso.com;ms-hidden=%s",
		 sealed);
	ck_assert_int_eq(asks(ruri, "", lines[_i]),
			 _i < 2 ? ACC_REASON_NO_ROUTE : ACC_REASON_OK);
}
END_TEST

START_TEST(nobody_is_referred_to_a_place_inside)
{
	static const struct {
		const char *line;
		enum acc_reason want;
	} rows[] = {
		{"Refer-To: <sip:dave@litwareinc.com>", ACC_REASON_OK},
		{"Refer-To: <sip:b@contoso.com?Replaces=1>", ACC_REASON_OK},
		{"Refer-To: <sip:b@sip.contoso.com;ms-hidden=k1.AA>",
		 ACC_REASON_OK},
		{"Refer-To: <sip:admin@dc01.contoso.net>", ACC_REASON_NO_ROUTE},
		{"r: <sip:x@10.0.5.99>", ACC_REASON_NO_ROUTE},
		{"refer-to: <http://10.0.5.99/>", ACC_REASON_NO_ROUTE},
		{"Refer-To: <sip:b@contoso.com;maddr=10.0.5.9>",
		 ACC_REASON_NO_ROUTE},
	};
	char lines[2048];

	snprintf(lines, sizeof(lines), "%s\n", rows[_i].line);
	ck_assert_int_eq(asks("sip:a@contoso.com", "", lines), rows[_i].want);
	snprintf(lines, sizeof(lines), "Route: %s\n%s\n", own, rows[_i].line);
	ck_assert_int_eq(asks("sip:a@contoso.com", ";tag=2", lines),
			 rows[_i].want);
}
END_TEST

/* DESIGN 10: behind our entry, as for users. */
START_TEST(routes_behind_ours_name_registrars_only)
{
	static const struct {
		const char *more;
		enum acc_reason want;
	} rows[] = {
		{"<sip:fepool.contoso.net:5061;transport=tls;lr>",
		 ACC_REASON_OK},
		{"<sip:sql01.contoso.net:1433;lr>", ACC_REASON_ROUTE_TARGET},
		{"<sip:fepool.contoso.net;lr>, <sip:dc01.contoso.net;lr>",
		 ACC_REASON_ROUTE_TARGET},
		{"<sip:10.0.5.99;lr>", ACC_REASON_ROUTE_TARGET},
		{"<sip:evil.example;lr>", ACC_REASON_ROUTE_TARGET},
		{"<sip:fepool.contoso.net;maddr=10.0.5.99;lr>",
		 ACC_REASON_ROUTE_TARGET},
	};
	char lines[4096];

	snprintf(lines, sizeof(lines), "Route: %s\nRoute: %s\n", own,
		 rows[_i].more);
	ck_assert_int_eq(asks("sip:a@contoso.com", ";tag=2", lines),
			 rows[_i].want);
	snprintf(lines, sizeof(lines), "Route: %s\n", rows[_i].more);
	ck_assert_int_eq(asks("sip:a@contoso.com", "", lines), rows[_i].want);
}
END_TEST

/* The inside repeats Record-Route as Route. */
START_TEST(record_route_of_a_partner_names_no_place_inside)
{
	static const struct {
		const char *entry;
		enum acc_reason want;
	} rows[] = {
		{"<sip:sip.fabrikam.com:5061;transport=tls;lr>", ACC_REASON_OK},
		{"<sip:10.9.9.9;lr>", ACC_REASON_OK}, /* its own inside */
		{"<sip:dc01.contoso.net;lr>", ACC_REASON_ROUTE_TARGET},
		{"<sip:x.test;lr>,<sip:FE01.contoso.net;lr>",
		 ACC_REASON_ROUTE_TARGET},
		{"<sip:10.0.5.11;lr>", ACC_REASON_ROUTE_TARGET},
		{"<sip:x.test;maddr=10.0.5.11;lr>", ACC_REASON_ROUTE_TARGET},
	};
	char lines[4096];

	snprintf(lines, sizeof(lines), "Record-Route: %s\n", rows[_i].entry);
	ck_assert_int_eq(asks("sip:a@contoso.com", "", lines), rows[_i].want);
	snprintf(lines, sizeof(lines), "Route: %s\nRecord-Route: %s\n", own,
		 rows[_i].entry);
	ck_assert_int_eq(asks("sip:a@contoso.com", ";tag=2", lines),
			 rows[_i].want);
	/* one that we sealed for it comes round */
	snprintf(lines, sizeof(lines), "Record-Route: %s\n", own);
	ck_assert_int_eq(asks("sip:a@contoso.com", "", lines), ACC_REASON_OK);
}
END_TEST

/* The other way: what the inside leaves behind our entry goes along. */
START_TEST(routes_to_a_partner_name_no_place_inside)
{
	struct acc_source from = policy_inside();
	char lines[2048];

	for (int i = 0; i < 2; i++) {
		snprintf(lines, sizeof(lines),
			 "From: <sip:a@contoso.com>;tag=1\n"
			 "To: <sip:carol@fabrikam.com>;tag=2\n"
			 "Route: %s, <sip:p.fabrikam.com;lr>%s\n",
			 own, i ? ", <sip:fe01.contoso.net;lr>" : "");
		policy_request(&p, "BYE", "sip:carol@fabrikam.com", lines);
		ck_assert_int_eq(policy_decide(&p, &from),
				 i ? ACC_REASON_ROUTE_TARGET : ACC_REASON_OK);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_route_partner");
	TCase *t = tcase_create("partner");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, dialog_leads_to_what_the_inside_gave);
	tcase_add_loop_test(t, strict_route_leads_nowhere_else, 0, 2);
	tcase_add_test(t, strict_route_opens_a_sealed_contact);
	tcase_add_loop_test(t, routes_behind_ours_name_registrars_only, 0, 6);
	tcase_add_loop_test(t, record_route_of_a_partner_names_no_place_inside,
			    0, 6);
	tcase_add_loop_test(t, sealed_contact_stands_for_a_dialog, 0, 5);
	tcase_add_loop_test(t, nobody_is_referred_to_a_place_inside, 0, 7);
	tcase_add_test(t, routes_to_a_partner_name_no_place_inside);
	suite_add_tcase(s, t);
	return s;
}
