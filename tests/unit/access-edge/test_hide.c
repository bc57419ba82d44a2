/* What partners see of the inside, and that it comes back whole. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "access-edge/hide.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/policy_fixture.h"

static struct policy p;
static char kept[4096]; /* a text of the partner's */

static const char first[] =
	"<sip:fepool.contoso.net:5061;transport=tls;ms-fe=fe01.contoso.net;lr>";
static const char second[] =
	"<sip:dirpool.contoso.net:5061;transport=tls;lr>;tag=\"a,b\"";

static void setup(void)
{
	policy_init(&p);
}

static void teardown(void)
{
	policy_fini(&p);
}

static struct acc_stamp stamp(void)
{
	struct acc_stamp s =
		policy_stamp("198.51.100.5:41000", 0x1234, 0x77, "ABCD");

	s.peer = 0x9C00;
	return s;
}

/* The value of the n-th entry of a header in what went out. */
static struct edge_slice entry(enum edge_sip_hdr id, size_t n)
{
	static struct edge_sip_addr list[EDGE_SIP_LIST];
	size_t count = 0;

	ck_assert_int_eq(edge_sip_addrs(&p.out.msg, id, list, NULL, &count),
			 EDGE_OK);
	ck_assert_uint_lt(n, count);
	return list[n].text;
}

static size_t entries(enum edge_sip_hdr id)
{
	struct edge_sip_addr list[EDGE_SIP_LIST];
	size_t count = 0;

	if (edge_sip_find(&p.out.msg, id, 0) < 0)
		return 0;
	ck_assert_int_eq(edge_sip_addrs(&p.out.msg, id, list, NULL, &count),
			 EDGE_OK);
	return count;
}

static size_t lines(enum edge_sip_hdr id)
{
	size_t count = 0;

	for (int i = edge_sip_find(&p.out.msg, id, 0); i >= 0;
	     i = edge_sip_find(&p.out.msg, id, i + 1))
		count++;
	return count;
}

static void shows_nothing(struct edge_slice out)
{
	static const char *const inside[] = {"contoso.net", "10.0.5",
					     "172.25.33", "fe01", "ms-fe"};

	for (size_t i = 0; i < sizeof(inside) / sizeof(*inside); i++)
		ck_assert_msg(!policy_contains(out, inside[i]), "%s in\n%.*s",
			      inside[i], (int)edge_slice_len(out),
			      (const char *)out.p);
}

/* alice of the inside calls carol of the partner. */
static void invite(struct edge_slice *out)
{
	struct acc_source from = policy_inside();
	struct acc_stamp s = stamp();
	char lines[2048];

	snprintf(lines, sizeof(lines),
		 "To: <sip:carol@fabrikam.com>\n"
		 "Via: SIP/2.0/TLS 10.0.5.11:5061;branch=z9hG4bKlower\n"
		 "Record-Route: %s\nRecord-Route: %s\n"
		 "Contact: \"Al\" <sip:alice@10.0.5.77:5060>;q=1\n",
		 second, first);
	policy_request(&p, "INVITE", "sip:carol@fabrikam.com", lines);
	ck_assert_msg(policy_forward(&p, &from, &s, out), "%s",
		      acc_reason_name(p.reason));
}

static struct edge_slice EDGE_PRINTF(3, 4)
	answer(struct acc_source from, struct acc_back b, const char *fmt, ...)
{
	const struct acc_rewrite r = policy_pass(&p, &from);
	struct edge_slice out = {0};
	va_list ap;
	char text[16384];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	policy_text(&p, "%s", text);
	ck_assert_int_eq(acc_rewrite_response(&r, &b, &out, &p.reason),
			 EDGE_OK);
	ck_assert_msg(sip_case_parse(&p.out, out) == EDGE_OK, "%.*s",
		      (int)edge_slice_len(out), (const char *)out.p);
	return out;
}

static void keep(struct edge_slice s)
{
	ck_assert(edge_slice_copy(kept, sizeof(kept), s));
}

START_TEST(request_to_a_partner_shows_nothing)
{
	struct edge_slice out;

	invite(&out);
	shows_nothing(out);
	ck_assert_uint_eq(p.out.msg.via_count, 1);
	ck_assert_uint_eq(entries(EDGE_SIP_RECORD_ROUTE), 1);
	ck_assert(policy_contains(entry(EDGE_SIP_CONTACT, 0),
				  "<sip:alice@sip.contoso.com:5061;"
				  "transport=tls;ms-hidden=k1."));
	ck_assert(policy_contains(entry(EDGE_SIP_CONTACT, 0), ";q=1"));
}
END_TEST

/* The INVITE as it came, kept for its answer. */
static struct sip_case asked;
static char asked_text[8192];

static void keep_asked(void)
{
	sip_case_init(&asked);
	ck_assert(
		edge_slice_copy(asked_text, sizeof(asked_text), p.in.msg.raw));
	ck_assert_int_eq(sip_case_parse(&asked, edge_slice_str(asked_text)),
			 EDGE_OK);
}

static const char accepted[] =
	"Via: SIP/2.0/TLS 198.51.100.5:41000;"
	"branch=z9hG4bK00001234.0000000000000077;branched=FALSE\n"
	"From: <sip:a@contoso.com>;tag=1\n"
	"To: <sip:carol@fabrikam.com>;tag=2\n"
	"Call-ID: c\nContact: <sip:carol@fabrikam.com;gruu>\n"
	"Content-Length: 0\n";

/* What becomes of an answer of the partner's; ACC_REASON_OK: out has it. */
static enum acc_reason EDGE_PRINTF(4, 5)
	answered(struct edge_slice *out, enum edge_sip_method method,
		 const char *status, const char *fmt, ...)
{
	struct acc_source from = policy_partner();
	const struct acc_rewrite r = policy_pass(&p, &from);
	struct acc_back b = {.to_role = ACC_ROLE_INT,
			     .method = method,
			     .request = &asked.msg};
	va_list ap;
	char more[16384];

	from.cid = 0x9C00;
	va_start(ap, fmt);
	vsnprintf(more, sizeof(more), fmt, ap);
	va_end(ap);
	policy_text(&p, "SIP/2.0 %s\n%s%sCSeq: 1 %s\n\n", status, more,
		    accepted, edge_sip_method_str(method));
	p.reason = ACC_REASON_OK;
	if (!acc_rewrite_response(&r, &b, out, &p.reason))
		ck_assert_int_eq(sip_case_parse(&p.out, *out), EDGE_OK);
	return p.reason;
}

/* Its answer brings the one entry back, and the caller gets its route set. */
START_TEST(answer_of_a_partner_brings_the_routes_back)
{
	struct edge_slice out;

	invite(&out);
	keep(entry(EDGE_SIP_RECORD_ROUTE, 0));
	keep_asked();
	ck_assert_int_eq(answered(&out, EDGE_SIP_INVITE, "200 OK",
				  "Record-Route: <sip:sip.fabrikam.com;lr;"
				  "ms-edge-route>;x=y;ms-edge-route,%s\n",
				  kept),
			 ACC_REASON_OK);
	ck_assert_uint_eq(entries(EDGE_SIP_RECORD_ROUTE), 5);
	policy_same(entry(EDGE_SIP_RECORD_ROUTE, 0),
		    edge_slice_str("<sip:sip.fabrikam.com;lr>;x=y"));
	ck_assert(policy_contains(entry(EDGE_SIP_RECORD_ROUTE, 1),
				  "state:Fe.R9C00"));
	ck_assert(
		!policy_contains(entry(EDGE_SIP_RECORD_ROUTE, 1), "ms-hidden"));
	ck_assert(
		policy_contains(entry(EDGE_SIP_RECORD_ROUTE, 2), "state:Ee."));
	/* the partner's own list, then one a line */
	ck_assert_uint_eq(lines(EDGE_SIP_RECORD_ROUTE), 4);
	policy_same(entry(EDGE_SIP_RECORD_ROUTE, 3), edge_slice_str(second));
	policy_same(entry(EDGE_SIP_RECORD_ROUTE, 4), edge_slice_str(first));
	sip_case_fini(&asked);
}
END_TEST

/* Our entry, as it went out, with another text at one place. */
static void swap_kept(char out[8192], const char *old, const char *with)
{
	const char *at = strstr(kept, old);

	ck_assert_msg(at != NULL, "%s in %s", old, kept);
	snprintf(out, 8192, "%.*s%s%s", (int)(at - kept), kept, with,
		 at + strlen(old));
}

#define EVIL "<sip:dc01.contoso.net:5061;lr>"

/* _i: what a partner makes of the routes. */
START_TEST(forged_routes_of_an_answer_are_refused)
{
	static const struct {
		const char *before, *old, *with, *behind;
	} rows[] = {
		{"", "", "", "\nRecord-Route: " EVIL}, /* behind ours */
		{"", "", "", "," EVIL},
		{"", ";lr;", ";lr;ms-fe=dc01.contoso.net;", ""},
		{"", ";ms-route-sig=", ";x=", ""},
		{"", "state:Fe.R9C00", "state:Fe.R9C01", ""},
		{"", "sip.contoso.com", "sip.fabrikam.com", ""},
		{"", ";ms-hidden=", ";x-hidden=", ""},
		{"", ";ms-hidden=k1.", ";ms-hidden=k1.AAAA", ""},
		{"", "transport=tls", "transport=tcp", ""},
	};
	struct edge_slice out;
	char text[8192];

	invite(&out);
	keep(entry(EDGE_SIP_RECORD_ROUTE, 0));
	keep_asked();
	swap_kept(text, rows[_i].old, rows[_i].with);
	ck_assert_int_eq(answered(&out, EDGE_SIP_INVITE,
				  _i % 2 ? "200 OK" : "183 Wait",
				  "Record-Route: %s%s%s\n", rows[_i].before,
				  text, rows[_i].behind),
			 ACC_REASON_ANSWER_ROUTES);
	sip_case_fini(&asked);
}
END_TEST

START_TEST(absent_routes_of_an_answer_are_refused)
{
	struct edge_slice out;

	invite(&out);
	keep_asked();
	ck_assert_int_eq(answered(&out, EDGE_SIP_INVITE, "200 OK", "%s", ""),
			 ACC_REASON_ANSWER_ROUTES);
	ck_assert_int_eq(answered(&out, EDGE_SIP_INVITE, "200 OK",
				  "Record-Route: " EVIL "\n%s", ""),
			 ACC_REASON_ANSWER_ROUTES);
	sip_case_fini(&asked);
}
END_TEST

/* What another dialog had recorded is not this one's, nor what went over
 * another connection. */
START_TEST(routes_of_another_request_are_refused)
{
	struct edge_slice out;
	struct acc_source from = policy_inside();
	struct acc_stamp s = stamp();

	invite(&out);
	keep(entry(EDGE_SIP_RECORD_ROUTE, 0));
	if (_i) {
		s.peer = 0x9C01;
		ck_assert(policy_forward(&p, &from, &s, &out));
		keep(entry(EDGE_SIP_RECORD_ROUTE, 0));
	} else {
		policy_request(&p, "INVITE", "sip:carol@fabrikam.com",
			       "To: <sip:carol@fabrikam.com>\n");
	}
	keep_asked();
	ck_assert_int_eq(answered(&out, EDGE_SIP_INVITE, "200 OK",
				  "Record-Route: %s\n", kept),
			 ACC_REASON_ANSWER_ROUTES);
	sip_case_fini(&asked);
}
END_TEST

/* Where no dialog can begin, routes mean nothing and do not come in. */
START_TEST(other_answers_lose_their_routes)
{
	static const struct {
		enum edge_sip_method method;
		const char *status, *lines;
	} rows[] = {
		{EDGE_SIP_MESSAGE, "200 OK", "To: <sip:c@fabrikam.com>\n"},
		{EDGE_SIP_INVITE, "200 OK", "To: <sip:c@fabrikam.com>;tag=2\n"},
		{EDGE_SIP_INVITE, "486 Busy", "To: <sip:c@fabrikam.com>\n"},
		{EDGE_SIP_SUBSCRIBE, "302 Moved", "To: <sip:c@fabrikam.com>\n"},
	};
	struct edge_slice out;

	policy_request(&p, edge_sip_method_str(rows[_i].method),
		       "sip:carol@fabrikam.com", rows[_i].lines);
	keep_asked();
	ck_assert_int_eq(answered(&out, rows[_i].method, rows[_i].status,
				  "Record-Route: " EVIL "\nRoute: %s\n", EVIL),
			 ACC_REASON_OK);
	ck_assert(!policy_contains(out, "dc01"));
	ck_assert(policy_contains(out, "Contact: <sip:carol@fabrikam.com"));
	sip_case_fini(&asked);
}
END_TEST

/* A redirection by a partner names no place inside. */
START_TEST(redirection_of_a_partner_leads_outside)
{
	struct edge_slice out;

	invite(&out);
	keep_asked();
	ck_assert_int_eq(
		answered(&out, EDGE_SIP_INVITE, "302 Moved",
			 "Contact: <sip:admin@dc01.contoso.net>\n"
			 "Contact: <sip:x@fabrikam.com;maddr=10.0.5.9>,%s\n",
			 "<sip:dave@litwareinc.com>"),
		ACC_REASON_OK);
	ck_assert(!policy_contains(out, "dc01"));
	ck_assert(!policy_contains(out, "maddr"));
	ck_assert(policy_contains(out, "dave@litwareinc.com"));
	sip_case_fini(&asked);
}
END_TEST

/* carol hangs up: by the Contact and the entry that she was given. */
START_TEST(request_of_a_partner_finds_its_way)
{
	struct acc_source from = policy_partner();
	struct acc_stamp s =
		policy_stamp("172.25.33.10:60539", 0x1234, 0x77, "ABCD");
	struct edge_slice out;
	struct edge_sip_addr list[EDGE_SIP_LIST];
	char contact[4096], lines[8192];
	size_t count;

	invite(&out);
	keep(entry(EDGE_SIP_RECORD_ROUTE, 0));
	ck_assert_int_eq(edge_sip_addrs(&p.out.msg, EDGE_SIP_CONTACT, list,
					NULL, &count),
			 EDGE_OK);
	ck_assert(edge_slice_copy(contact, sizeof(contact), list[0].uri.text));
	snprintf(lines, sizeof(lines),
		 "From: <sip:carol@fabrikam.com>;tag=2\n"
		 "To: <sip:a@contoso.com>;tag=1\nRoute: %s\n",
		 kept);
	policy_request(&p, "BYE", contact, lines);
	ck_assert_msg(policy_forward(&p, &from, &s, &out), "%s",
		      acc_reason_name(p.reason));
	ck_assert(p.decision.in_dialog);
	ck_assert_str_eq(p.decision.cluster->fqdn, "dirpool.contoso.net");
	policy_same(p.out.msg.ruri.text,
		    edge_slice_str("sip:alice@10.0.5.77:5060"));
	ck_assert_uint_eq(entries(EDGE_SIP_ROUTE), 2);
	policy_same(entry(EDGE_SIP_ROUTE, 0), edge_slice_str(second));
	policy_same(entry(EDGE_SIP_ROUTE, 1), edge_slice_str(first));
}
END_TEST

/* _i: each entry on a line of its own, or all on one. */
START_TEST(answer_to_a_partner_shows_nothing)
{
	const char *sep = _i ? ", " : "\nRecord-Route: ";
	struct acc_back b = {.to_role = ACC_ROLE_DIR,
			     .method = EDGE_SIP_INVITE};
	char inside[1024], outside[1024];
	struct acc_token t = {.kind = ACC_TOKEN_INSIDE,
			      .cid = 0x7C00,
			      .boot = 1,
			      .of_partner = true};
	struct edge_slice out;
	char route[ACC_HIDDEN_LEN];
	struct edge_sip_addr list[EDGE_SIP_LIST];
	size_t count;

	ck_assert_int_eq(acc_token_print(&p.view, &t, inside, sizeof(inside)),
			 EDGE_OK);
	t.kind = ACC_TOKEN_PARTNER;
	ck_assert_int_eq(acc_token_print(&p.view, &t, outside, sizeof(outside)),
			 EDGE_OK);
	out = answer(policy_inside(), b,
		     "SIP/2.0 200 OK\nVia: SIP/2.0/TLS 172.25.33.10:60539;"
		     "branch=z9hG4bK00001234.0000000000000077\n"
		     "Via: SIP/2.0/TLS 203.0.113.20:49212;branch=z9hG4bKx\n"
		     "Record-Route: %s%s%s%s%s%s%s%s"
		     "<sip:proxy.fabrikam.com;lr>\n"
		     "From: <sip:carol@fabrikam.com>;tag=1\n"
		     "To: <sip:a@contoso.com>;tag=2\n"
		     "Contact: <sip:10.0.5.77:5060>\n"
		     "Call-ID: c\nCSeq: 1 INVITE\nContent-Length: 0\n\n",
		     first, sep, second, sep, inside, sep, outside, sep);
	shows_nothing(out);
	ck_assert_uint_eq(entries(EDGE_SIP_RECORD_ROUTE), 2);
	ck_assert_int_eq(edge_sip_addrs(&p.out.msg, EDGE_SIP_RECORD_ROUTE, list,
					NULL, &count),
			 EDGE_OK);
	ck_assert_int_eq(
		acc_hidden_of(&p.view, ACC_HIDDEN_ROUTES, &list[0].uri, route),
		EDGE_OK);
	ck_assert_ptr_nonnull(strstr(route, inside));
	ck_assert_ptr_nonnull(strstr(route, second));
	ck_assert(strstr(route, second) < strstr(route, first));
	policy_same(list[1].text,
		    edge_slice_str("<sip:proxy.fabrikam.com;lr>"));
	ck_assert(policy_contains(entry(EDGE_SIP_CONTACT, 0),
				  "<sip:hidden@sip.contoso.com:5061;"));
	ck_assert_uint_eq(lines(EDGE_SIP_MS_VERIFICATION), 1);
}
END_TEST

/* _i: what of the entry is changed. */
START_TEST(changed_routes_are_refused)
{
	struct acc_source from = policy_partner();
	struct edge_slice out;
	char lines[8192], *at;

	invite(&out);
	keep(entry(EDGE_SIP_RECORD_ROUTE, 0));
	at = strstr(kept, "ms-hidden=k1.");
	ck_assert_ptr_nonnull(at);
	at += strlen("ms-hidden=k1.") + (_i ? 60 : 0);
	*at = *at == 'A' ? 'B' : 'A';
	snprintf(lines, sizeof(lines),
		 "From: <sip:carol@fabrikam.com>;tag=2\n"
		 "To: <sip:a@contoso.com>;tag=1\nRoute: %s\n",
		 kept);
	policy_request(&p, "BYE", "sip:a@contoso.com", lines);
	ck_assert_int_eq(policy_decide(&p, &from), ACC_REASON_ROUTE_SIGNATURE);
}
END_TEST

/* Words beside what is edited elsewhere. */
START_TEST(words_tell_nothing)
{
	struct acc_back b = {.to_role = ACC_ROLE_DIR,
			     .method = EDGE_SIP_MESSAGE};
	struct acc_source from = policy_inside();
	struct acc_stamp s = stamp();
	struct edge_slice out;

	out = answer(policy_inside(), b,
		     "SIP/2.0 404 fe01%%2Econtoso.net has no \"bob\"\n"
		     "Via: SIP/2.0/TLS 172.25.33.10:60539;"
		     "branch=z9hG4bK00001234.0000000000000077\n"
		     "Via: SIP/2.0/TLS 203.0.113.20:49212;branch=z9hG4bKx\n"
		     "From: <sip:carol@fabrikam.com>;tag=1\n"
		     "To: \"fe01.contoso.net\" <sip:a@contoso.com>;tag=2\n"
		     "Contact: \"fe01\" <sip:a@contoso.com;h=fe01.contoso.net>"
		     ";+x=\"10.0.5.11\"\n"
		     "Call-ID: c\nCSeq: 1 MESSAGE\nContent-Length: 0\n\n");
	ck_assert(policy_contains(out, "SIP/2.0 404 Not Found\r\n"));
	ck_assert(policy_contains(out, "To: <sip:a@contoso.com>;tag=2\r\n") ||
		  policy_contains(out, "To:  <sip:a@contoso.com>;tag=2\r\n"));
	ck_assert(!policy_contains(out, "contoso.net"));
	ck_assert(!policy_contains(out, "10.0.5"));
	policy_request(&p, "MESSAGE", "sip:carol@fabrikam.com",
		       "From: \"fd12::3\" <sip:a@contoso.com>;tag=1\n"
		       "To: <sip:carol@fabrikam.com>\n"
		       "Contact: <tel:1;x=fe01.contoso.net>\n");
	ck_assert(policy_forward(&p, &from, &s, &out));
	ck_assert(!policy_contains(out, "fd12"));
	ck_assert(!policy_contains(out, "contoso.net"));
	ck_assert(policy_contains(out, "<sip:a@contoso.com>;tag=1"));
}
END_TEST

START_TEST(public_contacts_stay)
{
	struct acc_source from = policy_inside();
	struct acc_stamp s = stamp();
	struct edge_slice out;

	policy_request(
		&p, "MESSAGE", "sip:carol@fabrikam.com",
		"To: <sip:carol@fabrikam.com>\n"
		"Contact: <sip:a@contoso.com;opaque=user:epid:x;gruu>\n");
	ck_assert(policy_forward(&p, &from, &s, &out));
	policy_same(
		entry(EDGE_SIP_CONTACT, 0),
		edge_slice_str("<sip:a@contoso.com;opaque=user:epid:x;gruu>"));
	ck_assert_uint_eq(entries(EDGE_SIP_RECORD_ROUTE), 0);
}
END_TEST

START_TEST(vias_come_back_from_the_request)
{
	struct acc_back b = {.to_role = ACC_ROLE_INT,
			     .method = EDGE_SIP_MESSAGE};
	struct edge_sip_via list[EDGE_SIP_LIST];
	size_t count;

	policy_request(&p, "MESSAGE", "sip:carol@fabrikam.com",
		       "Via: SIP/2.0/TLS 10.0.5.11:5061;branch=z9hG4bKup\n"
		       "Via: SIP/2.0/TLS 10.0.5.12:5061;branch=z9hG4bKlow\n"
		       "To: <sip:carol@fabrikam.com>\n");
	keep_asked();
	b.request = &asked.msg;
	answer(policy_partner(), b,
	       "SIP/2.0 404 Not Found\nVia: SIP/2.0/TLS 198.51.100.5:41000;"
	       "branch=z9hG4bK00001234.0000000000000077\n"
	       "From: <sip:a@contoso.com>;tag=1\n"
	       "To: <sip:carol@fabrikam.com>;tag=2\n"
	       "Call-ID: c\nCSeq: 1 MESSAGE\nContent-Length: 0\n\n");
	ck_assert_int_eq(edge_sip_vias(&p.out.msg, list, &count), EDGE_OK);
	ck_assert_uint_ge(count, 2);
	ck_assert(edge_slice_eq_str(list[count - 2].branch, "z9hG4bKup"));
	ck_assert(edge_slice_eq_str(list[count - 1].branch, "z9hG4bKlow"));
	sip_case_fini(&asked);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_hide");
	TCase *t = tcase_create("hide");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, request_to_a_partner_shows_nothing);
	tcase_add_test(t, answer_of_a_partner_brings_the_routes_back);
	tcase_add_loop_test(t, forged_routes_of_an_answer_are_refused, 0, 9);
	tcase_add_test(t, absent_routes_of_an_answer_are_refused);
	tcase_add_loop_test(t, routes_of_another_request_are_refused, 0, 2);
	tcase_add_loop_test(t, other_answers_lose_their_routes, 0, 4);
	tcase_add_test(t, redirection_of_a_partner_leads_outside);
	tcase_add_test(t, request_of_a_partner_finds_its_way);
	tcase_add_loop_test(t, answer_to_a_partner_shows_nothing, 0, 2);
	tcase_add_loop_test(t, changed_routes_are_refused, 0, 2);
	tcase_add_test(t, words_tell_nothing);
	tcase_add_test(t, public_contacts_stay);
	tcase_add_test(t, vias_come_back_from_the_request);
	suite_add_tcase(s, t);
	return s;
}
