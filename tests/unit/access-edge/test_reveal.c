/* Header lines that tell of the inside, and those that only look like it. */
#include <stdio.h>
#include <string.h>

#include "access-edge/firewall.h"
#include "access-edge/reveal.h"
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

static const struct edge_sip_line *line(const char *text)
{
	char lines[512];

	snprintf(lines, sizeof(lines), "To: <sip:carol@fabrikam.com>\n%s\n",
		 text);
	policy_request(&p, "INVITE", "sip:carol@fabrikam.com", lines);
	for (size_t i = 0; i < p.in.msg.line_count; i++)
		if (edge_slice_eq(p.in.msg.lines[i].name,
				  edge_slice(text, strcspn(text, ":"))))
			return &p.in.msg.lines[i];
	ck_abort_msg("%s is not there", text);
	return NULL;
}

static const struct {
	const char *text;
	bool want;
} rows[] = {
	{"Error-Info: <sip:why@fepool01.contoso.net>", true},
	{"Organization: fepool01.CONTOSO.net.", true},
	{"Organization: the one behind a.b.contoso.net, you see", true},
	{"Server: RTC/5.0 (10.0.5.11)", true},
	{"Call-Info: <http://172.25.33.10:80/card>", true},
	{"Reply-To: \"x\" <sip:b@192.168.1.1>", true},
	{"X: [fd12::3]", true},
	{"X: http://[::1]:8080/", true},
	{"X: 127.0.0.1", true},
	{"ms-diagnostics-public: 1;reason=\"x\";source=\"fe.contoso.net\"",
	 true},
	{"Referred-By: <sip:bob@10.0.5.11>", true},
	/* any spelling */
	{"X: FEPOOL01.CONTOSO.NET..", true},
	{"X: .fe01.contoso.net", true},
	{"X: old_fe01.contoso.net_2", true},
	{"X: <sip:bob@fe01%2econtoso%2Enet>", true},
	{"X: <sip:bob@%66e01.contoso.%6eet>", true},
	{"X: %2566e01%252econtoso%252enet", true},
	{"X: \"fe01\\.contoso\\.net\"", true},
	{"X: \"f\\e01.c\\ontoso.n\\et\"", true},
	{"X: \"on 'fe01.contoso.net'\"", true},
	{"X: y (at fe01.contoso.net)", true},
	{"X: y;h=\"fe01.contoso.net\";z", true},
	{"X: y;fe01.contoso.net", true},
	{"X: 010.000.005.011", true},
	{"X: ip-10.0.5.11-a", true},
	{"X: 10%2e0%2e5%2e11", true},
	{"X: h=fd12::3;y", true},
	{"X: sip:fd12::3", true},
	{"X: FD12:0:0:0:0:0:0:3.", true},
	{"X: [fe80::1%25eth0]", true},
	{"X: [::FFFF:10.0.5.11]", true},
	{"X: ::ffff:0a00:050b", true},
	{"X: 64:ff9b::10.0.5.11", true},
	{"X: [2002:0a00:050b::]", true},
	/* outside, or no host at all */
	{"X: 12:30:45", false},
	{"X: std::string, a::b, x::", false},
	{"X: 2600::1", false},
	{"X: 100%25 sure\\", false},
	{"X: urn:uuid:34d859db-6585-5f91-a3b4-de853c15347d", false},
	{"X: 16.10.0.4420.1017", false},
	{"X: sip.contoso.com", false},
	{"Server: RTC/5.0", false},
	{"User-Agent: UCCAPI/15.0.4420.1017 OC/15.0.4420.1017", false},
	{"Organization: contoso.com", false},
	{"Organization: contoso.network", false},
	{"Organization: Contoso Net", false},
	{"X: 198.51.100.5", false},
	{"X: [2600::1]", false},
	{"X: [", false},
	{"X: ...", false},
	{"X:", false},
	/* needed, and edited elsewhere or the users' own */
	{"Contact: <sip:b@10.0.5.11>", false},
	{"Record-Route: <sip:fepool01.contoso.net;lr>", false},
	{"Replaces: 1@10.0.5.11;to-tag=1;from-tag=2", false},
	{"Refer-To: <sip:bob@fepool01.contoso.net>", false},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

START_TEST(line_reveals_what_is_inside)
{
	ck_assert_msg(acc_line_reveals(&p.view, line(rows[_i].text)) ==
			      rows[_i].want,
		      "%s", rows[_i].text);
}
END_TEST

static bool leaves(enum acc_role to, bool inward)
{
	const struct acc_fw_way way = {
		.inward = inward, .outside = to, .sees_diagnostics = true};
	struct edge_slice out;

	policy_request(&p, "INVITE", "sip:carol@fabrikam.com",
		       "Organization: fepool01.contoso.net\n");
	edge_sip_edit_begin(p.in.edit, &p.in.msg);
	ck_assert_int_eq(
		acc_firewall_apply(p.in.edit, &p.view, &p.in.msg, &way),
		ACC_REASON_OK);
	ck_assert_int_eq(edge_sip_edit_print(p.in.edit, &out), EDGE_OK);
	return policy_contains(out, "Organization");
}

START_TEST(firewall_takes_it_from_partners_alone)
{
	ck_assert(!leaves(ACC_ROLE_DIR, false));
	ck_assert(!leaves(ACC_ROLE_HST, false));
	ck_assert(leaves(ACC_ROLE_USR, false));
	ck_assert(leaves(ACC_ROLE_DIR, true));
}
END_TEST

/* One that never ends being escaped is not believed. */
START_TEST(text_escaped_without_end_reveals)
{
	ck_assert(acc_text_reveals(&p.view, edge_slice_str("%252525253441")));
	ck_assert(!acc_text_reveals(&p.view, edge_slice_str("%252541")));
	ck_assert(!acc_text_reveals(&p.view, edge_slice_str("")));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("reveal");
	TCase *t = tcase_create("reveal");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, line_reveals_what_is_inside, 0, ROWS);
	tcase_add_test(t, text_escaped_without_end_reveals);
	tcase_add_test(t, firewall_takes_it_from_partners_alone);
	suite_add_tcase(s, t);
	return s;
}
