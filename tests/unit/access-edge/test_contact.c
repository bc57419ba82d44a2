/* Contact with proxy=replace, step by step of AE 2.7; redirects. */
#include <stdio.h>
#include <string.h>

#include "access-edge/contact.h"
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

static struct edge_slice replace(const char *line, struct acc_source from,
				 enum acc_reason want)
{
	char lines[1024];
	struct edge_slice out = {0};

	snprintf(lines, sizeof(lines), "%s\n", line);
	policy_request(&p, "REGISTER", "sip:contoso.com", lines);
	edge_sip_edit_begin(p.in.edit, &p.in.msg);
	ck_assert_int_eq(acc_contact_replace(p.in.edit, &p.in.msg, &from),
			 want);
	ck_assert_int_eq(edge_sip_edit_print(p.in.edit, &out), EDGE_OK);
	return out;
}

START_TEST(replace_rewrites_host_port_and_cid)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"Contact: <sip:192.0.2.10:50012;transport=tls;ms-opaque=d3>;"
		 "methods=\"A, B\";proxy=replace;+sip.instance=\"<urn:x>\"",
		 "Contact: <sip:198.51.100.77:41833;transport=tls;ms-opaque=d3;"
		 "ms-received-cid=2A00>;methods=\"A, B\";+sip.instance=\"<urn:x"
		 ">\""},
		{"Contact: <sip:alice@contoso.com:50012;maddr=192.0.2.10;"
		 "transport=tls>;proxy=replace",
		 "Contact: <sip:alice@contoso.com:41833;maddr=198.51.100.77;"
		 "transport=tls;ms-received-cid=2A00>"},
		{"Contact: <sip:pc1.example.org;x>;proxy=replace",
		 "Contact: <sip:pc1.example.org:41833;x;maddr=198.51.100.77;"
		 "ms-received-cid=2A00>"},
		{"Contact: <sip:192.0.2.10>;proxy=replace",
		 "Contact: <sip:198.51.100.77:41833;ms-received-cid=2A00>"},
		{"m: \"A, <x>\"<sip:a@[2001:db8::1]:5061>;PROXY=Replace;q=1",
		 "m: \"A, <x>\"<sip:a@198.51.100.77:41833;ms-received-cid=2A00>"
		 ";q=1"},
		{"Contact: sip:a@192.0.2.10:5;proxy=replace;expires=60",
		 "Contact: <sip:a@198.51.100.77:41833;ms-received-cid=2A00>;"
		 "expires=60"},
		{"Contact: <sip:192.0.2.10;ms-received-cid=FFFF;y>;proxy="
		 "replace",
		 "Contact: <sip:198.51.100.77:41833;y;ms-received-cid=2A00>"},
		{"Contact: <sip:192.0.2.10;ms-received-cid=1;y;MS-received-cid"
		 "=2;ms-received-cid=3>;proxy=replace;z;proxy=keep",
		 "Contact: <sip:198.51.100.77:41833;y;ms-received-cid=2A00>;z"},
		{"Contact: <sip:a@192.0.2.10:5?X=y%20z>;proxy=replace",
		 "Contact: <sip:a@198.51.100.77:41833;ms-received-cid=2A00?X="
		 "y%20z>"},
		{"Contact: <sip:a@b.c>;x=1, <sip:a@192.0.2.10>;proxy=replace",
		 "Contact: <sip:a@b.c>;x=1, <sip:a@198.51.100.77:41833;"
		 "ms-received-cid=2A00>"},
		{"Contact: <sip:a@192.0.2.10:5061;transport=TLS>",
		 "Contact: <sip:a@192.0.2.10:5061;transport=TLS>"},
		{"Contact: *", "Contact: *"},
	};
	struct edge_slice out =
		replace(rows[_i].in, policy_user(), ACC_REASON_OK);
	char want[1024];

	snprintf(want, sizeof(want), "\r\n%s\r\n", rows[_i].out);
	ck_assert_msg(policy_contains(out, want), "%.*s",
		      (int)edge_slice_len(out), (const char *)out.p);
	ck_assert_int_eq(sip_case_parse(&p.out, out), EDGE_OK);
}
END_TEST

START_TEST(replace_puts_ipv6_in_brackets)
{
	struct acc_source from = policy_user();
	struct edge_slice out;

	ck_assert_int_eq(edge_addr_parse(&from.remote,
					 edge_slice_str("2001:db8::7"), 4000),
			 EDGE_OK);
	out = replace("Contact: <sip:192.0.2.10:5>;proxy=replace", from,
		      ACC_REASON_OK);
	ck_assert(policy_contains(out, "<sip:[2001:db8::7]:4000;ms-received"));
	out = replace("Contact: <sip:h.ost:5>;proxy=replace", from,
		      ACC_REASON_OK);
	ck_assert(policy_contains(out, "<sip:h.ost:4000;maddr=[2001:db8::7];"));
}
END_TEST

START_TEST(replace_refuses)
{
	static const struct {
		const char *line;
		enum acc_reason want;
	} rows[] = {
		{"Contact: <sip:192.0.2.10>;proxy=keep",
		 ACC_REASON_CONTACT_PROXY},
		{"Contact: <sip:192.0.2.10>;proxy", ACC_REASON_CONTACT_PROXY},
		{"Contact: <sip:192.0.2.10;transport=tcp>;proxy=replace",
		 ACC_REASON_CONTACT_PROXY},
		{"Contact: <sip:a@b;maddr=192.0.2.1;maddr=10.0.0.1>;"
		 "proxy=replace",
		 ACC_REASON_CONTACT_PROXY},
		{"Contact: <sip:a@b;maddr;x;MADDR=10.0.0.1>;proxy=replace",
		 ACC_REASON_CONTACT_PROXY},
		{"Contact: <sip:192.0.2.10;transport=tls;transport=tcp>;"
		 "proxy=replace",
		 ACC_REASON_CONTACT_PROXY},
		{"Via: SIP/2.0/TLS a.b\nVia: SIP/2.0/TLS c.d\n"
		 "Contact: <sip:192.0.2.10>;proxy=replace",
		 ACC_REASON_NOT_FIRST_HOP},
	};

	replace(rows[_i].line, policy_user(), rows[_i].want);
}
END_TEST

START_TEST(has_proxy_means_the_header_parameter)
{
	static const struct {
		const char *line;
		bool want;
	} rows[] = {
		{"Contact: <sip:a@b>;proxy=replace\n", true},
		{"Contact: <sip:a@b>\nContact: <sip:c@d>;x;Proxy\n", true},
		{"Contact: <sip:a@b;proxy=replace>\n", false},
		{"Contact: <sip:a@b>;x=\";proxy=replace\"\n", false},
		{"Contact: *\n", false},
		{"Subject: ;proxy=replace\n", false},
	};

	policy_request(&p, "REGISTER", "sip:contoso.com", rows[_i].line);
	ck_assert(acc_contact_has_proxy(&p.in.msg) == rows[_i].want);
}
END_TEST

static enum acc_reason redirect(const char *method, const char *lines,
				struct edge_slice *out)
{
	enum acc_reason r;

	policy_text(&p,
		    "SIP/2.0 302 Moved\nVia: SIP/2.0/TLS 172.25.33.10:1\n"
		    "Via: SIP/2.0/TLS 192.0.2.10\n"
		    "From: <sip:a@contoso.com>;tag=1\n"
		    "To: <sip:b@contoso.com>;tag=2\nCall-ID: x\nCSeq: 1 %s\n"
		    "%sContent-Length: 0\n\n",
		    method, lines);
	edge_sip_edit_begin(p.in.edit, &p.in.msg);
	r = acc_contact_redirect(p.in.edit, &p.view, &p.in.msg);
	ck_assert_int_eq(edge_sip_edit_print(p.in.edit, out), EDGE_OK);
	return r;
}

START_TEST(redirect_of_register_to_an_inside_host_is_not_passed)
{
	static const struct {
		const char *contact;
		enum acc_reason want;
	} rows[] = {
		{"<sip:fe01.contoso.net:5061;transport=tls>",
		 ACC_REASON_REDIRECT},
		{"<sip:10.0.5.11:5061>", ACC_REASON_REDIRECT},
		{"<sip:new.contoso.net>", ACC_REASON_REDIRECT},
		{"<sip:sip.contoso.com;maddr=10.0.5.11>", ACC_REASON_REDIRECT},
		{"<sip:a@fabrikam.com>, <sip:b@fe01.contoso.net>",
		 ACC_REASON_REDIRECT},
		{"<sip:sip2.contoso.com:443;transport=tls>", ACC_REASON_OK},
		{"<sip:198.51.100.6:443>", ACC_REASON_OK},
	};
	char lines[256];
	struct edge_slice out;

	snprintf(lines, sizeof(lines), "Contact: %s\n", rows[_i].contact);
	ck_assert_int_eq(redirect("REGISTER", lines, &out), rows[_i].want);
}
END_TEST

START_TEST(redirect_of_others_loses_inside_contacts)
{
	static const struct {
		const char *in, *out; /* out NULL: no Contact at all */
	} rows[] = {
		{"Contact: <sip:b@fe01.contoso.net>\n", NULL},
		{"Contact: <sip:b@fe01.contoso.net>, <sip:10.1.2.3>\n", NULL},
		{"Contact: <sip:a@x.org>;q=1, <sip:b@10.1.1.1>\n",
		 "Contact: <sip:a@x.org>;q=1\r\n"},
		{"Contact: <sip:b@10.1.1.1> , <sip:a@x.org>\n",
		 "Contact: <sip:a@x.org>\r\n"},
		{"Contact: <sip:a@x.org>,<sip:10.1.1.1>,<sip:10.1.1.2>,"
		 "<sip:c@y.org>\n",
		 "Contact: <sip:a@x.org>,<sip:c@y.org>\r\n"},
		{"Contact: <sip:10.1.1.1>,<sip:a@x.org>,<sip:10.1.1.2>,"
		 "<sip:c@y.org>,<sip:10.1.1.3>\n",
		 "Contact: <sip:a@x.org>,<sip:c@y.org>\r\n"},
		{"Contact: <sip:10.1.1.1>\nContact: <sip:a@x.org>\n",
		 "Contact: <sip:a@x.org>\r\n"},
		{"Contact: <mailto:a@x.org>\n",
		 "Contact: <mailto:a@x.org>\r\n"},
	};
	struct edge_slice out;

	ck_assert_int_eq(redirect("INVITE", rows[_i].in, &out), ACC_REASON_OK);
	ck_assert(!policy_contains(out, "10.1."));
	ck_assert(!policy_contains(out, "contoso.net"));
	ck_assert_msg(policy_contains(out, rows[_i].out ? rows[_i].out
							: "INVITE\r\nContent"),
		      "%.*s", (int)edge_slice_len(out), (const char *)out.p);
	ck_assert_int_eq(sip_case_parse(&p.out, out), EDGE_OK);
}
END_TEST

START_TEST(inside_is_by_name_suffix_and_private_address)
{
	static const struct {
		const char *host;
		bool want;
	} rows[] = {
		{"fe01.contoso.net", true}, {"dirpool.contoso.net", true},
		{"any.contoso.net", true},  {"10.1.2.3", true},
		{"192.168.1.1", true},	    {"127.0.0.1", true},
		{"[fd00::1]", true},	    {"[::1]", true},
		{"0.0.0.0", true},	    {"198.51.100.5", false},
		{"[2001:db8::1]", false},   {"sip.contoso.com", false},
		{"notcontoso.net", false},
	};

	ck_assert(
		acc_contact_is_inside(&p.view, edge_slice_str(rows[_i].host)) ==
		rows[_i].want);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_contact");
	TCase *t = tcase_create("contact");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, replace_rewrites_host_port_and_cid, 0, 12);
	tcase_add_test(t, replace_puts_ipv6_in_brackets);
	tcase_add_loop_test(t, replace_refuses, 0, 7);
	tcase_add_loop_test(t, has_proxy_means_the_header_parameter, 0, 6);
	tcase_add_loop_test(
		t, redirect_of_register_to_an_inside_host_is_not_passed, 0, 7);
	tcase_add_loop_test(t, redirect_of_others_loses_inside_contacts, 0, 8);
	tcase_add_loop_test(t, inside_is_by_name_suffix_and_private_address, 0,
			    13);
	suite_add_tcase(s, t);
	return s;
}
