/* The torture messages of RFC 4475 that framing and parsing let pass: what
 * the pure steps make of them, against the table of AE 9.1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/access-edge/policy_fixture.h"

enum { ROWS = 50 };

struct row {
	char name[32], usr[16], internal[16], stage[16];
};

static struct policy p;

/* The messages' own world: their senders are users of ours. */
static const struct topo_domain domains[] = {
	{.name = "example.com", .sub_domains = true},
	{.name = "example.net", .sub_domains = true},
	{.name = "example.org", .sub_domains = true},
	{.name = "biloxi.com", .sub_domains = true},
};

static void setup(void)
{
	policy_init(&p);
	p.topo.domains = domains;
	p.topo.domain_count = 4;
}

static void teardown(void)
{
	policy_fini(&p);
}

static void column(struct edge_slice *line, char *dst, size_t cap)
{
	struct edge_slice cell;

	ck_assert(edge_take_until(line, '\t', &cell));
	if (dst)
		ck_assert(edge_slice_copy(dst, cap, cell));
}

static bool read_row(int n, struct row *out)
{
	struct edge_slice text = sip_file("rfc4475/expected.tsv"), rest = text;
	struct edge_slice line;
	bool found = false;

	for (int i = 0; !found && edge_take_until(&rest, '\n', &line);) {
		if (*line.p == '#' || i++ != n)
			continue;
		found = true;
		column(&line, out->name, sizeof(out->name));
		column(&line, NULL, 0);
		column(&line, out->usr, sizeof(out->usr));
		column(&line, out->internal, sizeof(out->internal));
		column(&line, NULL, 0);
		column(&line, out->stage, sizeof(out->stage));
	}
	sip_file_free(text);
	return found;
}

/* Status that the pure steps answer with; 0 when it goes on. */
static unsigned decide(const struct row *r, struct acc_source from)
{
	struct acc_stamp stamp = policy_stamp("172.25.33.10:1", 1, 2, "AB");
	struct edge_slice out;

	if (policy_forward(&p, &from, &stamp, &out)) {
		policy_same(p.out.msg.body, p.in.msg.body);
		policy_same(p.out.msg.start_line, p.in.msg.start_line);
		return 0;
	}
	ck_assert_msg(p.reason != ACC_REASON_INTERNAL, "%s", r->name);
	return acc_reason_status(p.reason);
}

/* "pass" goes on to policy, which may still say 403, 404, 480 or 504. */
static void expect(const struct row *r, const char *want,
		   struct acc_source from)
{
	unsigned got = decide(r, from);

	if (strcmp(want, "pass") == 0)
		ck_assert_msg(got == 0 || got == 403 || got == 404 ||
				      got == 480 || got == 504,
			      "%s as %s: %u %s", r->name,
			      acc_role_name(from.role), got,
			      acc_reason_name(p.reason));
	else
		ck_assert_msg(got == (unsigned)atoi(want),
			      "%s as %s: %u %s, not %s", r->name,
			      acc_role_name(from.role), got,
			      acc_reason_name(p.reason), want);
}

START_TEST(torture_message_is_judged_as_the_table_says)
{
	struct acc_source user = policy_user(), before = user;
	struct edge_sip_framer f = {0};
	struct edge_slice in;
	char path[64];
	struct row r;

	ck_assert(read_row(_i, &r));
	if (strcmp(r.stage, "pass") && strcmp(r.stage, "policy"))
		return; /* decided by another step */
	snprintf(path, sizeof(path), "rfc4475/%s.msg", r.name);
	in = sip_file(path);
	ck_assert_int_eq(edge_sip_frame_next(&f, &sip_limits, in, &p.in.frame),
			 EDGE_OK);
	ck_assert_int_eq(edge_sip_msg_parse(&p.in.msg, p.in.arena,
					    p.in.frame.msg,
					    p.in.frame.head_len),
			 EDGE_OK);
	before.signed_in = false;
	expect(&r, r.usr, before);
	expect(&r, r.internal, policy_inside());
	/* a signed-in sender of ours gets all the way inward, unless the
	 * message names a Route of its own world */
	if (strcmp(r.usr, "pass") == 0 &&
	    edge_sip_find(&p.in.msg, EDGE_SIP_ROUTE, 0) < 0 &&
	    topo_find_domain(&p.topo, p.in.msg.from.uri.host) &&
	    p.in.msg.method != EDGE_SIP_REGISTER)
		ck_assert_msg(decide(&r, user) == 0, "%s: %s", r.name,
			      acc_reason_name(p.reason));
	sip_file_free(in);
}
END_TEST

START_TEST(torture_420_lists_both_tags)
{
	struct acc_guard_verdict g;
	struct acc_source from = policy_user();
	struct edge_slice in = policy_vector(&p, "rfc4475/bext01.msg");

	acc_guard_request(&g, &p.view, &p.in.msg, &from, 0);
	ck_assert_int_eq(g.reason, ACC_REASON_EXTENSION);
	ck_assert_str_eq(g.unsupported, "noProxiesSupportThis, "
					"norDoAnyProxiesSupportThis");
	sip_file_free(in);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("rfc4475 policy");
	TCase *t = tcase_create("torture");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, torture_message_is_judged_as_the_table_says, 0,
			    ROWS);
	tcase_add_test(t, torture_420_lists_both_tags);
	suite_add_tcase(s, t);
	return s;
}
