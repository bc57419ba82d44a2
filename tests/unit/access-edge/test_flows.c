/* access-edge/flows.c: rows of who talked with whom, written and read. */
#include "access-edge/flows.h"

#include <stdio.h>
#include <string.h>

#include "access-edge/explain.h"
#include "access-edge/link.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/policy_fixture.h"

static struct policy p;
static struct acc_shared shared;
static struct acc_shard shard;
static struct acc_link from;
static struct acc_journey j;
static struct edge_lately_row rows[8];
static char names[EDGE_PEER_NAMES][EDGE_PEER_NAME_LEN];
static struct edge_peer peer;
static struct acc_facts facts;

static void setup(void)
{
	policy_init(&p);
	memset(&shared, 0, sizeof(shared));
	memset(&shard, 0, sizeof(shard));
	memset(&from, 0, sizeof(from));
	ck_assert_int_eq(edge_loop_new(&shard.loop), EDGE_OK);
	ck_assert_int_eq(
		edge_lately_new(&shared.flows, ACC_FLOWS, ACC_FLOWS_SPAN_MS),
		EDGE_OK);
	shard.shared = &shared;
	shard.view = p.view;
	facts = (struct acc_facts){.peer = &peer};
	j = (struct acc_journey){.s = &shard, .l = &from, .m = &p.in.msg};
}

static void teardown(void)
{
	edge_lately_free(shared.flows);
	edge_loop_free(shard.loop);
	policy_fini(&p);
}

/* n0.fabrikam.com, n1... */
static void shows(size_t n, const char *suffix)
{
	peer = (struct edge_peer){.names = names, .name_count = n};
	for (size_t i = 0; i < n; i++)
		snprintf(names[i], sizeof(names[i]), "n%zu%s", i, suffix);
	from.source.facts = &facts;
}

static void says(const char *method, const char *from_uri, const char *to_uri)
{
	char lines[1200];

	snprintf(lines, sizeof(lines), "From: <%s>;tag=1\nTo: <%s>\n", from_uri,
		 to_uri);
	policy_request(&p, method, "sip:a@contoso.com", lines);
}

static size_t noted(void)
{
	acc_flows_note(&j);
	return edge_lately_read(shared.flows, rows, 8,
				edge_loop_now_ms(shard.loop));
}

START_TEST(flows_keep_all_names_of_a_partner)
{
	struct acc_flow f;

	from.source.role = ACC_ROLE_DIR;
	shows(2, ".fabrikam.com");
	says("MESSAGE", "sip:carol@Fabrikam.COM", "sip:a@contoso.com");
	ck_assert_uint_eq(noted(), 1);
	ck_assert_str_eq(rows[0].text, "in\tn0.fabrikam.com,n1.fabrikam.com\t"
				       "fabrikam.com\tcontoso.com\tMESSAGE");
	ck_assert_str_eq(rows[0].note, "ok");
	ck_assert(acc_flow_read(&f, rows[0].text));
	ck_assert(!f.is_outward);
	ck_assert_str_eq(f.peer, "n0.fabrikam.com,n1.fabrikam.com");
	ck_assert_str_eq(f.from, "fabrikam.com");
	ck_assert_str_eq(f.to, "contoso.com");
	ck_assert_str_eq(f.method, "MESSAGE");
}
END_TEST

START_TEST(flows_tell_kinds_apart_and_count)
{
	from.source.role = ACC_ROLE_DIR;
	shows(1, ".fabrikam.com");
	says("MESSAGE", "sip:carol@fabrikam.com", "sip:a@contoso.com");
	ck_assert_uint_eq(noted(), 1);
	says("MESSAGE", "sip:dan@fabrikam.com", "sip:b@contoso.com");
	ck_assert_uint_eq(noted(), 1);
	ck_assert_uint_eq(rows[0].count, 2);
	says("INVITE", "sip:dan@fabrikam.com", "sip:b@contoso.com");
	j.d.reason = ACC_REASON_BLOCKED_DOMAIN;
	ck_assert_uint_eq(noted(), 2);
	ck_assert_str_eq(rows[0].note, "blocked_domain");
}
END_TEST

START_TEST(flows_outward_have_no_peer_yet)
{
	struct acc_flow f;

	from.source.role = ACC_ROLE_INT;
	j.d.to = ACC_TO_PARTNER;
	says("INVITE", "sip:a@contoso.com", "sip:carol@fabrikam.com");
	ck_assert_uint_eq(noted(), 1);
	ck_assert(acc_flow_read(&f, rows[0].text));
	ck_assert(f.is_outward);
	ck_assert_str_eq(f.peer, "");
	ck_assert_str_eq(f.to, "fabrikam.com");
}
END_TEST

START_TEST(flows_of_a_split_domain_name_the_provider)
{
	struct acc_flow f;

	from.source.role = ACC_ROLE_INT;
	j.d.to = ACC_TO_PARTNER;
	snprintf(j.d.partner.name, sizeof(j.d.partner.name), "fed.cloud.test");
	says("INVITE", "sip:a@contoso.com", "sip:b@contoso.com");
	ck_assert_uint_eq(noted(), 1);
	ck_assert(acc_flow_read(&f, rows[0].text));
	ck_assert(f.is_outward);
	ck_assert_str_eq(f.peer, "fed.cloud.test");
}
END_TEST

START_TEST(flows_keep_what_was_refused_on_its_way_out)
{
	from.source.role = ACC_ROLE_INT;
	j.d.to = ACC_TO_ANSWER;
	j.d.reason = ACC_REASON_DESTINATION_BLOCKED;
	says("INVITE", "sip:a@contoso.com", "sip:eve@adatum.com");
	acc_verdict_step(&j.d.verdict, ACC_CHECK_BLOCKED, edge_slice_str("x"),
			 "yes");
	ck_assert_uint_eq(noted(), 1);
	ck_assert_str_eq(rows[0].note, "destination_blocked");
}
END_TEST

START_TEST(flows_are_of_partners_alone)
{
	says("MESSAGE", "sip:a@contoso.com", "sip:b@contoso.com");
	from.source.role = ACC_ROLE_USR;
	j.d.to = ACC_TO_NEXT_HOP;
	ck_assert_uint_eq(noted(), 0);
	from.source.role = ACC_ROLE_INT;
	j.d.to = ACC_TO_CLIENT;
	ck_assert_uint_eq(noted(), 0);
}
END_TEST

/* Many or long names: the row stays one that can be asked about. */
START_TEST(flows_have_room_for_a_row)
{
	static const struct {
		size_t count;
		const char *suffix;
	} want[] = {{EDGE_PEER_NAMES, ".t"},
		    {EDGE_PEER_NAMES, "-has-a-rather-long-name.fabrikam.com"}};
	char domain[200], uri[300];
	struct acc_flow f;
	size_t commas = 0;

	memset(domain, 'd', sizeof(domain));
	memcpy(domain + 60, ".", 1);
	memcpy(domain + 120, ".", 1);
	snprintf(domain + 180, 20, ".com");
	snprintf(uri, sizeof(uri), "sip:c@%s", domain);
	from.source.role = ACC_ROLE_DSC;
	shows(want[_i].count, want[_i].suffix);
	says("MESSAGE", uri, "sip:a@contoso.com");
	ck_assert_uint_eq(noted(), 1);
	ck_assert(acc_flow_read(&f, rows[0].text));
	ck_assert_str_eq(f.method, "MESSAGE");
	for (const char *c = f.peer; (c = strchr(c, ',')); c++)
		commas++;
	ck_assert_uint_gt(commas, 2);
	ck_assert_uint_lt(commas, ACC_EXPLAIN_NAMES);
}
END_TEST

START_TEST(flow_read_refuses_other_texts)
{
	static const char *const texts[] = {
		"", "in", "in\ta\tb\tc", "sideways\ta\tb\tc\td", "\ta\tb\tc\td",
	};
	char text[64];
	struct acc_flow f;

	snprintf(text, sizeof(text), "%s", texts[_i]);
	ck_assert(!acc_flow_read(&f, text));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("flows");
	TCase *t = tcase_create("flows");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, flows_keep_all_names_of_a_partner);
	tcase_add_test(t, flows_tell_kinds_apart_and_count);
	tcase_add_test(t, flows_outward_have_no_peer_yet);
	tcase_add_test(t, flows_of_a_split_domain_name_the_provider);
	tcase_add_test(t, flows_keep_what_was_refused_on_its_way_out);
	tcase_add_test(t, flows_are_of_partners_alone);
	tcase_add_loop_test(t, flows_have_room_for_a_row, 0, 2);
	tcase_add_loop_test(t, flow_read_refuses_other_texts, 0, 5);
	suite_add_tcase(s, t);
	return s;
}
