/* Validity by role, hops, loops, Proxy-Require. */
#include <stdio.h>
#include <string.h>

#include "access-edge/guard.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/policy_fixture.h"

static struct policy p;
static struct acc_guard_verdict g;

static void setup(void)
{
	policy_init(&p);
}

static void teardown(void)
{
	policy_fini(&p);
}

static enum acc_reason guard(struct acc_source from)
{
	acc_guard_request(&g, &p.view, &p.in.msg, &from,
			  acc_guard_loop_hash(&p.view, &p.in.msg, &from));
	return g.reason;
}

static uint64_t hash_as(struct acc_source from)
{
	return acc_guard_loop_hash(&p.view, &p.in.msg, &from);
}

START_TEST(guard_judges_by_role)
{
	static const struct {
		const char *lines;
		enum acc_reason user, inside, partner;
	} rows[] = {
		{"", ACC_REASON_OK, ACC_REASON_OK, ACC_REASON_OK},
		{"From: <sip:alice@contoso.com>\n", ACC_REASON_NO_FROM_TAG,
		 ACC_REASON_OK, ACC_REASON_NO_FROM_TAG},
		{"Via: SIP/2.0/UDP a.b\n", ACC_REASON_TOP_VIA,
		 ACC_REASON_TOP_VIA, ACC_REASON_TOP_VIA},
		{"Via: SIP/2.0/TCP a.b\nVia: SIP/2.0/TLS c.d\n",
		 ACC_REASON_TOP_VIA, ACC_REASON_TOP_VIA, ACC_REASON_TOP_VIA},
		{"Via: SIP/2.0/tls a.b\nVia: SIP/2.0/NEW c.d\n", ACC_REASON_OK,
		 ACC_REASON_OK, ACC_REASON_OK},
		{"Contact: <sip:a@b>;proxy=replace\n", ACC_REASON_OK,
		 ACC_REASON_OK, ACC_REASON_NOT_FIRST_HOP},
		{"Via: SIP/2.0/TLS a.b\nVia: SIP/2.0/TLS c.d\n"
		 "Contact: <sip:a@b>, <sip:c@d>;x;proxy=replace\n",
		 ACC_REASON_NOT_FIRST_HOP, ACC_REASON_OK,
		 ACC_REASON_NOT_FIRST_HOP},
		{"Via: SIP/2.0/TLS a.b, SIP/2.0/TLS c.d\n"
		 "Contact: <sip:a@b;proxy=replace>\n",
		 ACC_REASON_OK, ACC_REASON_OK, ACC_REASON_OK},
		{"Max-Forwards: 0\n", ACC_REASON_HOPS, ACC_REASON_HOPS,
		 ACC_REASON_HOPS},
		{"Proxy-Require: ms-benotify\n", ACC_REASON_OK, ACC_REASON_OK,
		 ACC_REASON_OK},
		{"Proxy-Require: MS-BENOTIFY\nRequire: nobody-knows\n",
		 ACC_REASON_OK, ACC_REASON_OK, ACC_REASON_OK},
		{"Proxy-Require: foo\n", ACC_REASON_EXTENSION,
		 ACC_REASON_EXTENSION, ACC_REASON_EXTENSION},
	};

	policy_request(&p, "MESSAGE", "sip:bob@contoso.com", rows[_i].lines);
	ck_assert_int_eq(guard(policy_user()), rows[_i].user);
	ck_assert_int_eq(guard(policy_inside()), rows[_i].inside);
	ck_assert_int_eq(guard(policy_partner()), rows[_i].partner);
}
END_TEST

START_TEST(guard_lists_all_unknown_tags)
{
	policy_request(&p, "SUBSCRIBE", "sip:bob@contoso.com",
		       "Proxy-Require: noProxiesSupportThis, ms-benotify,\n"
		       "  norDoAnyProxiesSupportThis\nProxy-Require: third\n");
	ck_assert_int_eq(guard(policy_user()), ACC_REASON_EXTENSION);
	ck_assert_str_eq(g.unsupported,
			 "noProxiesSupportThis, norDoAnyProxiesSupportThis, "
			 "third");
}
END_TEST

START_TEST(guard_knows_tags_of_the_configuration)
{
	p.options.proxy_require = "privacy , sec-agree";
	policy_request(&p, "MESSAGE", "sip:bob@contoso.com",
		       "Proxy-Require: Sec-Agree,privacy\n");
	ck_assert_int_eq(guard(policy_user()), ACC_REASON_OK);
	policy_request(&p, "MESSAGE", "sip:bob@contoso.com",
		       "Proxy-Require: sec-agree,priv\n");
	ck_assert_int_eq(guard(policy_user()), ACC_REASON_EXTENSION);
	ck_assert_str_eq(g.unsupported, "priv");
}
END_TEST

START_TEST(guard_cuts_a_long_list_at_a_tag)
{
	char lines[2048] = "Proxy-Require: first";

	for (int i = 0; i < 60; i++)
		snprintf(lines + strlen(lines), 32, ",unknown-tag-%02d", i);
	strcat(lines, "\n");
	policy_request(&p, "MESSAGE", "sip:bob@contoso.com", lines);
	ck_assert_int_eq(guard(policy_user()), ACC_REASON_EXTENSION);
	ck_assert_uint_lt(strlen(g.unsupported), sizeof(g.unsupported));
	ck_assert_uint_gt(strlen(g.unsupported), 200);
	ck_assert_int_eq(strncmp(g.unsupported, "first, unknown-tag-00, ", 23),
			 0);
	ck_assert_ptr_nonnull(
		strstr(g.unsupported + strlen(g.unsupported) - 14, "unknown"));
}
END_TEST

START_TEST(guard_never_makes_ack_or_cancel_answerable_by_420)
{
	policy_request(&p, _i ? "ACK" : "CANCEL", "sip:bob@contoso.com",
		       "Proxy-Require: foo\n");
	ck_assert_int_eq(guard(policy_user()), ACC_REASON_OK);
}
END_TEST

START_TEST(guard_leaves_hops_of_options_and_negotiate_to_the_route_step)
{
	policy_request(&p, _i ? "OPTIONS" : "NEGOTIATE", "sip:sip.contoso.com",
		       "Max-Forwards: 0\n");
	ck_assert_int_eq(guard(policy_user()), ACC_REASON_OK);
}
END_TEST

static const char base[] = "From: <sip:a@contoso.com>;tag=f\n"
			   "To: <sip:b@contoso.com>;tag=t\n"
			   "Route: <sip:fe01.contoso.net;lr>\n"
			   "Proxy-Require: ms-benotify\n";

static uint64_t hash_of(const char *ruri, const char *lines)
{
	policy_request(&p, "INVITE", ruri, lines);
	return hash_as(policy_user());
}

START_TEST(hash_depends_on_each_field_of_the_checklist)
{
	static const struct {
		const char *ruri, *lines;
	} other[] = {
		{"sip:c@contoso.com", base},
		{"sip:b@contoso.com", "From: <sip:a@contoso.com>;tag=g\n"
				      "To: <sip:b@contoso.com>;tag=t\n"
				      "Route: <sip:fe01.contoso.net;lr>\n"
				      "Proxy-Require: ms-benotify\n"},
		{"sip:b@contoso.com", "From: <sip:a@contoso.com>;tag=f\n"
				      "To: <sip:b@contoso.com>\n"
				      "Route: <sip:fe01.contoso.net;lr>\n"
				      "Proxy-Require: ms-benotify\n"},
		{"sip:b@contoso.com", "From: <sip:a@contoso.com>;tag=t\n"
				      "To: <sip:b@contoso.com>;tag=f\n"
				      "Route: <sip:fe01.contoso.net;lr>\n"
				      "Proxy-Require: ms-benotify\n"},
		{"sip:b@contoso.com", "From: <sip:a@contoso.com>;tag=f\n"
				      "To: <sip:b@contoso.com>;tag=t\n"
				      "Route: <sip:fe02.contoso.net;lr>\n"
				      "Proxy-Require: ms-benotify\n"},
		{"sip:b@contoso.com", "From: <sip:a@contoso.com>;tag=f\n"
				      "To: <sip:b@contoso.com>;tag=t\n"
				      "Route: <sip:fe01.contoso.net;lr>\n"
				      "Route: <sip:fe01.contoso.net;lr>\n"
				      "Proxy-Require: ms-benotify\n"},
		{"sip:b@contoso.com", "From: <sip:a@contoso.com>;tag=f\n"
				      "To: <sip:b@contoso.com>;tag=t\n"
				      "Route: <sip:fe01.contoso.net;lr>\n"},
	};
	uint64_t want = hash_of("sip:b@contoso.com", base);

	ck_assert_uint_ne(want, hash_of(other[_i].ruri, other[_i].lines));
	ck_assert_uint_eq(want, hash_of("sip:b@contoso.com", base));
}
END_TEST

START_TEST(hash_does_not_depend_on_what_hops_change)
{
	uint64_t want = hash_of("sip:b@contoso.com", base);
	char lines[1024];

	snprintf(lines, sizeof(lines),
		 "Via: SIP/2.0/TLS x.y;branch=z9hG4bKzz\nMax-Forwards: 3\n"
		 "Record-Route: <sip:p.q;lr>\nSubject: x\n%s",
		 base);
	ck_assert_uint_eq(want, hash_of("sip:b@contoso.com", lines));
}
END_TEST

START_TEST(hash_is_keyed)
{
	struct acc_route_key key = {
		.kid = "k", .key = {9}, .not_after_s = POLICY_NOW_S + 1};
	uint64_t want = hash_of("sip:b@contoso.com", base);
	struct acc_route_keys *other;

	ck_assert_int_eq(acc_route_keys_new(&other, &key, 1), EDGE_OK);
	p.view.keys = other;
	ck_assert_uint_ne(want, hash_as(policy_user()));
	p.view.keys = NULL;
	ck_assert_uint_ne(want, hash_as(policy_user()));
	acc_route_keys_free(other);
}
END_TEST

/* What the edge sends, coming back unchanged: a loop; a spiral is none. */
START_TEST(guard_finds_its_own_request_again)
{
	struct acc_source from = policy_user();
	struct acc_stamp stamp = policy_stamp("172.25.33.10:1", 1, 0, "A");
	struct edge_slice out;
	char entry[1024], lines[4096];

	policy_request(&p, "MESSAGE", "sip:bob@contoso.com", "");
	stamp.loop_hash = hash_as(policy_user());
	ck_assert(policy_forward(&p, &from, &stamp, &out));
	p.in.msg = p.out.msg;
	ck_assert_int_eq(guard(policy_user()), ACC_REASON_LOOP);
	ck_assert_int_eq(guard(policy_partner()), ACC_REASON_LOOP);
	/* the inside may want it out again, to a partner */
	ck_assert_int_eq(guard(policy_inside()), ACC_REASON_OK);

	/* the registrar sends it to bob by the path of his registration */
	policy_entry(&p, ACC_TOKEN_INSIDE, 0x2B00, 0, entry);
	snprintf(lines, sizeof(lines),
		 "Via: SIP/2.0/TLS 10.0.5.11:51200;branch=z9hG4bK1\n"
		 "Via: SIP/2.0/TLS 172.25.33.10:1;branch=z9hG4bK00000001.%016lX"
		 ";branched=FALSE\nVia: SIP/2.0/TLS 192.0.2.10:50012\n"
		 "Route: %s\n",
		 (unsigned long)stamp.loop_hash, entry);
	policy_request(&p, "MESSAGE", "sip:bob@contoso.com", lines);
	ck_assert_int_eq(guard(policy_inside()), ACC_REASON_OK);
	policy_request(&p, "MESSAGE",
		       "sip:198.51.100.78:1;ms-received-cid=2B00", lines);
	ck_assert_int_eq(guard(policy_inside()), ACC_REASON_OK);
}
END_TEST

START_TEST(guard_compares_the_second_part_of_the_branch_only)
{
	static const struct {
		const char *fmt;
		enum acc_reason want;
	} rows[] = {
		{"z9hG4bK00000000.%016lX", ACC_REASON_LOOP},
		{"z9hG4bKFFFFFFFF.%016lX", ACC_REASON_LOOP},
		{"Z9HG4BK1234ABCD.%016lx", ACC_REASON_LOOP},
		{"z9hG4bK00000000%016lX", ACC_REASON_OK},
		{"z9hG4bK0000000.%016lX", ACC_REASON_OK},
		{"z9hG4bK00000000.0%016lX", ACC_REASON_OK},
		{"%016lX", ACC_REASON_OK},
	};
	char lines[512], branch[64];
	uint64_t hash;

	policy_request(&p, "MESSAGE", "sip:bob@contoso.com", "");
	hash = hash_as(policy_user());
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(branch, sizeof(branch), rows[_i].fmt, (unsigned long)hash);
#pragma GCC diagnostic pop
	snprintf(lines, sizeof(lines),
		 "Via: SIP/2.0/TLS a.b;branch=z9hG4bKx\n"
		 "Via: SIP/2.0/TLS c.d;branch=%s\n",
		 branch);
	policy_request(&p, "MESSAGE", "sip:bob@contoso.com", lines);
	ck_assert_int_eq(guard(policy_user()), rows[_i].want);
}
END_TEST

/* The Vias of an inside request, ours on top in the response. */
#define OURS "Via: SIP/2.0/TLS sip.contoso.com:443;branch=z9hG4bK1.2\n"
#define FE   "Via: SIP/2.0/TLS fe01.contoso.net:5061;branch=z9hG4bKf"
#define UA   "SIP/2.0/TLS 10.0.5.20:5061;branch=z9hG4bKu;received=10.0.5.20"
START_TEST(via_sum_is_that_of_the_way_back)
{
	static const struct {
		const char *vias;
		bool is_same;
	} rows[] = {
		{OURS FE "\nVia: " UA ";ms-received-cid=9\n", true},
		/* as the edge has stamped it, in one line, spelt otherwise */
		{OURS FE ";received=10.0.5.11;ms-received-port=1;"
			 "ms-received-cid=2 ,\n " UA ";ms-received-cid=9\n",
		 true},
		{OURS "v: SIP / 2.0 / tls FE01.contoso.net:5061;x;"
		      "branch=z9hG4bKf\nVia: SIP/2.0/TLS 10.0.5.20:5061;"
		      "ms-received-cid=9;received=10.0.5.20;branch=z9hG4bKu\n",
		 true},
		{OURS FE "\n", false},
		{OURS FE "\nVia: " UA "\n", false},
		{OURS FE "\nVia: " UA ";ms-received-cid=8\n", false},
		{OURS FE "\nVia: " UA ";ms-received-cid=9;ms-received-cid=8\n",
		 false},
		{OURS FE "\nVia: " UA ";ms-received-cid=9;maddr=10.0.5.99\n",
		 false},
		{OURS FE "\nVia: " UA ";ms-received-cid=9\nVia: " UA "\n",
		 false},
		{OURS FE "\nVia: SIP/2.0/UDP 10.0.5.99:161;branch=z9hG4bKu;"
			 "received=10.0.5.20;ms-received-cid=9\n",
		 false},
		{OURS "Via: SIP/2.0/TLS sql01.contoso.net:1433;branch=z9hG4bKf"
		      "\nVia: " UA ";ms-received-cid=9\n",
		 false},
		{OURS, false},
	};
	static const uint8_t key[16] = {1};
	uint64_t sum;

	policy_request(&p, "NOTIFY", "sip:alice@contoso.com",
		       FE "\nVia: " UA ";ms-received-cid=9\n");
	sum = acc_guard_via_sum(key, &p.in.msg, 0);
	policy_text(&p,
		    "SIP/2.0 200 OK\n%sFrom: <sip:b@contoso.com>;tag=1\n"
		    "To: <sip:alice@contoso.com>;tag=2\nCall-ID: x\n"
		    "CSeq: 1 NOTIFY\nContent-Length: 0\n\n",
		    rows[_i].vias);
	ck_assert(rows[_i].is_same ==
		  (acc_guard_via_sum(key, &p.in.msg, 1) == sum));
}
END_TEST
#undef OURS
#undef FE
#undef UA

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_guard");
	TCase *t = tcase_create("guard");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, guard_judges_by_role, 0, 12);
	tcase_add_test(t, guard_lists_all_unknown_tags);
	tcase_add_test(t, guard_knows_tags_of_the_configuration);
	tcase_add_test(t, guard_cuts_a_long_list_at_a_tag);
	tcase_add_loop_test(
		t, guard_never_makes_ack_or_cancel_answerable_by_420, 0, 2);
	tcase_add_loop_test(
		t, guard_leaves_hops_of_options_and_negotiate_to_the_route_step,
		0, 2);
	tcase_add_loop_test(t, hash_depends_on_each_field_of_the_checklist, 0,
			    7);
	tcase_add_test(t, hash_does_not_depend_on_what_hops_change);
	tcase_add_test(t, hash_is_keyed);
	tcase_add_test(t, guard_finds_its_own_request_again);
	tcase_add_loop_test(
		t, guard_compares_the_second_part_of_the_branch_only, 0, 7);
	tcase_add_loop_test(t, via_sum_is_that_of_the_way_back, 0, 12);
	suite_add_tcase(s, t);
	return s;
}
