/* access-edge/outbound_find.c: targets in order, then their addresses. */
#include "access-edge/outbound_find.h"

#include <string.h>

#include "tests/support/partner_fixture.h"
#include "tests/support/suite.h"

static struct shards f;
static struct partners p;
static struct acc_shard *s;
static struct acc_destination to;
static struct acc_finding finding;
static unsigned calls;
static enum acc_reason why;

static void setup(void)
{
	shards_init(&f);
	partners_init(&p, &f);
	s = partners_begin(&p);
	calls = 0;
}

static void teardown(void)
{
	partners_fini(&p);
	shards_fini(&f);
}

static void on_found(void *arg, enum acc_reason reason)
{
	ck_assert_ptr_eq(arg, &finding);
	calls++;
	why = reason;
	edge_loop_stop(f.loop);
}

static bool was_called(void *arg)
{
	return calls == *(unsigned *)arg;
}

/* Begin, and wait for the first word of it. */
static void find(const char *name, bool by_srv)
{
	unsigned once = 1;

	to = (struct acc_destination){.by_srv = by_srv};
	ck_assert_uint_lt(strlen(name), sizeof(to.name));
	memcpy(to.name, name, strlen(name) + 1);
	finding = (struct acc_finding){
		.shard = s, .to = &to, .found = on_found, .arg = &finding};
	acc_finding_begin(&finding);
	sip_peer_wait(f.loop, was_called, &once, "what is found");
}

START_TEST(finding_goes_through_targets_by_priority)
{
	struct edge_addr at;
	unsigned twice = 2;

	find("listed.test", true);
	ck_assert_str_eq(acc_finding_peer(&finding), "first.listed.test");
	ck_assert(acc_finding_next(&finding, &at));
	ck_assert_uint_eq(at.port, p.doors[0].at.port);
	ck_assert(!acc_finding_next(&finding, &at));
	ck_assert(acc_finding_more(&finding));
	sip_peer_wait(f.loop, was_called, &twice, "the second target");
	ck_assert_str_eq(acc_finding_peer(&finding), "second.listed.test");
	ck_assert(acc_finding_next(&finding, &at));
	ck_assert_uint_eq(at.port, p.doors[1].at.port);
	ck_assert(!acc_finding_next(&finding, &at));
	ck_assert(!acc_finding_more(&finding));
}
END_TEST

START_TEST(finding_asks_for_one_address_at_a_time)
{
	to = (struct acc_destination){.by_srv = true, .name = "listed.test"};
	finding = (struct acc_finding){
		.shard = s, .to = &to, .found = on_found, .arg = &finding};
	ck_assert_str_eq(acc_finding_peer(&finding), "");
	acc_finding_begin(&finding);
	ck_assert(finding.is_asking);
	ck_assert(acc_finding_more(&finding)); /* it is under way */
	ck_assert_uint_eq(calls, 0);
}
END_TEST

START_TEST(finding_says_why_there_is_nothing)
{
	static const struct {
		const char *name;
		bool by_srv;
		enum acc_reason want;
		const char *peer;
	} rows[] = {
		{"nowhere.test", true, ACC_REASON_PARTNER_SRV, ""},
		{"fails.test", true, ACC_REASON_PARTNER_DNS, ""},
		{"far.test", true, ACC_REASON_SRV_DOMAIN, ""},
		{"off.test", true, ACC_REASON_PROVIDER_OFF, ""},
		{"lost.test", true, ACC_REASON_PARTNER_ADDRESS,
		 "sip.lost.test"},
		{"sip.fabrikam.com", false, ACC_REASON_PARTNER_ADDRESS,
		 "sip.fabrikam.com"},
		{"dir01.contoso.net", false, ACC_REASON_PARTNER_ADDRESS,
		 "dir01.contoso.net"}, /* inside: not asked of DNS */
	};
	struct edge_addr at;

	find(rows[_i].name, rows[_i].by_srv);
	ck_assert_str_eq(acc_reason_name(why), acc_reason_name(rows[_i].want));
	ck_assert_str_eq(acc_finding_peer(&finding), rows[_i].peer);
	ck_assert(!acc_finding_next(&finding, &at));
	ck_assert(!acc_finding_more(&finding));
}
END_TEST

START_TEST(finding_by_name_takes_the_port_of_federation)
{
	struct edge_addr at;

	find("sip.new.test", false);
	ck_assert(acc_finding_next(&finding, &at));
	ck_assert_uint_eq(at.port, 5061);
	ck_assert_str_eq(acc_finding_peer(&finding), "sip.new.test");
	ck_assert(!acc_finding_more(&finding));
}
END_TEST

START_TEST(finding_without_a_resolver_fails_at_once)
{
	struct edge_dns *dns = s->dns;

	s->dns = NULL;
	find("listed.test", true);
	s->dns = dns;
	ck_assert_int_eq(why, ACC_REASON_PARTNER_DNS);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("outbound_find");
	TCase *t = tcase_create("find");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, finding_goes_through_targets_by_priority);
	tcase_add_test(t, finding_asks_for_one_address_at_a_time);
	tcase_add_loop_test(t, finding_says_why_there_is_nothing, 0, 7);
	tcase_add_test(t, finding_by_name_takes_the_port_of_federation);
	tcase_add_test(t, finding_without_a_resolver_fails_at_once);
	suite_add_tcase(suite, t);
	return suite;
}
