/* access-edge/inbound_limit.c: what partners may send, however many connections
 * they have. */
#include "access-edge/inbound.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/heard.h"
#include "tests/support/shard_fixture.h"
#include "tests/support/suite.h"

enum { RATE = 20, USERS = 3 };

static struct shards f;
static struct topo topo;
static struct acc_link one, other;
static struct edge_peer peer, stranger;
static char names[2][EDGE_PEER_NAME_LEN] = {"sip.litware.com",
					    "sip.adatum.com"};
static struct edge_sip_msg m;
static struct acc_decision d;

static void make(struct acc_link *l, const struct edge_peer *p)
{
	memset(l, 0, sizeof(*l));
	l->shard = f.still;
	l->kind = ACC_LINK_PARTNER;
	l->source.role = ACC_ROLE_DSC;
	l->source.remote =
		(struct edge_addr){.family = AF_INET, .ip = {192, 0, 2, 200}};
	l->facts.peer = p;
}

static void setup(void)
{
	shards_init(&f);
	shards_still(&f);
	topo = *f.topo;
	topo.access.discovered_rate = RATE;
	topo.access.limits_contacts = true;
	topo.access.contacts_max = USERS;
	ck_assert_int_eq(acc_inbound_quotas_new(&f.shared, &topo), EDGE_OK);
	peer = (struct edge_peer){.names = &names[0], .name_count = 1};
	stranger = (struct edge_peer){.names = &names[1], .name_count = 1};
	make(&one, &peer);
	make(&other, &peer);
	memset(&m, 0, sizeof(m));
	heard_forget();
}

static void teardown(void)
{
	acc_inbound_quotas_free(&f.shared);
	shards_fini(&f);
}

/* A message to that user; what becomes of it. */
static enum acc_reason say(struct acc_link *l, const char *user, bool limited,
			   bool in_dialog)
{
	m.ruri.is_sip = true;
	m.ruri.user = edge_slice_str(user);
	m.ruri.host = edge_slice_str("contoso.com");
	d = (struct acc_decision){.in_dialog = in_dialog};
	d.verdict.is_limited = limited;
	return acc_inbound_limit(l, &m, &d);
}

START_TEST(inbound_limit_is_of_all_connections_of_a_peer)
{
	char rule[ACC_RULE_LEN];

	for (int i = 0; i < RATE; i++)
		ck_assert_int_eq(say(i % 2 ? &one : &other, "bob", true, false),
				 ACC_REASON_OK);
	ck_assert_int_eq(say(&one, "bob", true, false),
			 ACC_REASON_PARTNER_RATE);
	acc_verdict_print(&d.verdict, rule);
	ck_assert_ptr_nonnull(strstr(rule, "DiscoveredPartnerStandardRate"));
	ck_assert_int_eq(say(&other, "bob", true, true),
			 ACC_REASON_PARTNER_RATE);
	ck_assert(heard("lync=14603 peer=sip.litware.com"));
	make(&other, &stranger); /* another peer has its own */
	ck_assert_int_eq(say(&other, "bob", true, false), ACC_REASON_OK);
}
END_TEST

START_TEST(inbound_limit_leaves_who_is_listed_alone)
{
	for (int i = 0; i < 10 * RATE; i++)
		ck_assert_int_eq(
			say(&one, i % 2 ? "bob" : "carol", false, false),
			ACC_REASON_OK);
	ck_assert_uint_eq(heard_count(), 0);
}
END_TEST

START_TEST(inbound_limit_counts_users_by_whom_is_asked_for)
{
	m.to.uri.is_sip = true; /* To says the same each time */
	m.to.uri.user = edge_slice_str("bob");
	ck_assert_int_eq(say(&one, "u1", true, false), ACC_REASON_OK);
	ck_assert_int_eq(say(&other, "u2", true, false), ACC_REASON_OK);
	ck_assert_int_eq(say(&one, "u3", true, false), ACC_REASON_OK);
	ck_assert_int_eq(say(&other, "u4", true, false),
			 ACC_REASON_PARTNER_CONTACTS);
	ck_assert(heard("lync=14508 peer=sip.litware.com"));
	ck_assert_int_eq(say(&one, "U1", true, false), ACC_REASON_OK);
	/* a To tag alone makes no dialog */
	m.to.tag = edge_slice_str("x");
	ck_assert_int_eq(say(&one, "u5", true, false),
			 ACC_REASON_PARTNER_CONTACTS);
	ck_assert_int_eq(say(&one, "u5", true, true), ACC_REASON_OK);
}
END_TEST

/* A message by whole URIs. */
static enum acc_reason say_to(const char *ruri, const char *to)
{
	ck_assert_int_eq(edge_sip_uri_parse(&m.ruri, edge_slice_str(ruri)),
			 EDGE_OK);
	ck_assert_int_eq(edge_sip_uri_parse(&m.to.uri, edge_slice_str(to)),
			 EDGE_OK);
	d = (struct acc_decision){.verdict.is_limited = true};
	return acc_inbound_limit(&one, &m, &d);
}

/* One user in every spelling is one, and no spelling hides another. */
START_TEST(inbound_limit_knows_a_user_in_any_spelling)
{
	static const char *const same[] = {
		"sip:bob@contoso.com",
		"sips:BOB@CONTOSO.com.:5061;transport=tls",
		"sip:b%6Fb@contoso.com",
		"sip:%42ob:secret@contoso.com",
		"sip:bob;phone-context=x@contoso.com",
	};
	char text[1200];

	ck_assert_int_eq(say_to("sip:u1@contoso.com", "sip:x@contoso.com"),
			 ACC_REASON_OK);
	ck_assert_int_eq(say_to("sip:u2@contoso.com", "sip:x@contoso.com"),
			 ACC_REASON_OK);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		ck_assert_msg(say_to(same[i], "sip:y@contoso.com") ==
				      ACC_REASON_OK,
			      "%s", same[i]);
	ck_assert_int_eq(say_to("sip:u4@contoso.com", "sip:bob@contoso.com"),
			 ACC_REASON_PARTNER_CONTACTS);
	snprintf(text, sizeof(text), "sip:%01000d@contoso.com", 7);
	ck_assert_int_eq(say_to(text, "sip:bob@contoso.com"),
			 ACC_REASON_PARTNER_CONTACTS);
	snprintf(text, sizeof(text), "sip:u4;x=%01000d@contoso.com", 7);
	ck_assert_int_eq(say_to(text, "sip:bob@contoso.com"),
			 ACC_REASON_PARTNER_CONTACTS);
}
END_TEST

/* What names no user of ours is told apart by To as well. */
START_TEST(inbound_limit_counts_to_where_the_target_says_nothing)
{
	ck_assert_int_eq(say_to("sip:s@sip.contoso.com", "sip:a@contoso.com"),
			 ACC_REASON_OK);
	ck_assert_int_eq(say_to("sip:s@sip.contoso.com", "sip:b@contoso.com"),
			 ACC_REASON_OK);
	ck_assert_int_eq(say_to("tel:+1(206)555-0100", "sip:b@contoso.com"),
			 ACC_REASON_OK);
	ck_assert_int_eq(say_to("tel:+12065550100;ext=7", "sip:b@contoso.com"),
			 ACC_REASON_OK);
	ck_assert_int_eq(say_to("sip:t@sip.contoso.com", "sip:b@contoso.com"),
			 ACC_REASON_PARTNER_CONTACTS);
	ck_assert_int_eq(say_to("sip:s@sip.contoso.com", "sip:B@contoso.com"),
			 ACC_REASON_OK);
}
END_TEST

START_TEST(inbound_limit_may_ask_a_few_times_a_second)
{
	for (int i = 0; i < 5; i++)
		ck_assert(acc_inbound_may_ask(i % 2 ? &one : &other));
	ck_assert(!acc_inbound_may_ask(&one));
	ck_assert(!acc_inbound_may_ask(&other));
	ck_assert(heard("of=lookups"));
	f.limits[ACC_LIMIT_PARTNER_LOOKUPS] = 100;
	acc_inbound_quotas_set(&f.shared, &topo);
	ck_assert(acc_inbound_may_ask(&one));
}
END_TEST

static void go_wrong(unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		acc_inbound_refused(i % 2 ? &one : &other,
				    ACC_REASON_SOURCE_DOMAIN);
}

START_TEST(inbound_limit_tells_of_many_faults_once)
{
	go_wrong(10);
	acc_inbound_refused(&one, ACC_REASON_RATE); /* none of these */
	acc_inbound_refused(&one, ACC_REASON_PARTNER_CONTACTS);
	ck_assert_uint_eq(heard_count(), 0);
	go_wrong(30);
	ck_assert_uint_eq(heard_with("lync=14501"), 1);
	ck_assert(heard("count=11 watched_ms=0 certificate=00"));
	/* who never passed for a partner is not watched: he has no place */
	ck_assert_uint_eq(edge_quota_keys(f.shared.quota), 0);
}
END_TEST

START_TEST(inbound_limit_watches_a_partner_with_many_faults)
{
	ck_assert_int_eq(say(&one, "bob", true, false), ACC_REASON_OK);
	ck_assert_int_eq(say(&other, "bob", true, false), ACC_REASON_OK);
	go_wrong(11);
	ck_assert(heard("watched_ms=600000"));
	ck_assert_int_eq(say(&one, "bob", true, false), ACC_REASON_OK);
	ck_assert_int_eq(say(&one, "bob", true, false),
			 ACC_REASON_PARTNER_RATE);
	f.limits[ACC_LIMIT_PARTNER_WATCH_MS] = 0;
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("inbound_limit");
	TCase *t = tcase_create("inbound_limit");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, inbound_limit_is_of_all_connections_of_a_peer);
	tcase_add_test(t, inbound_limit_leaves_who_is_listed_alone);
	tcase_add_test(t, inbound_limit_counts_users_by_whom_is_asked_for);
	tcase_add_test(t, inbound_limit_knows_a_user_in_any_spelling);
	tcase_add_test(t,
		       inbound_limit_counts_to_where_the_target_says_nothing);
	tcase_add_test(t, inbound_limit_may_ask_a_few_times_a_second);
	tcase_add_test(t, inbound_limit_tells_of_many_faults_once);
	tcase_add_test(t, inbound_limit_watches_a_partner_with_many_faults);
	suite_add_tcase(suite, t);
	return suite;
}
