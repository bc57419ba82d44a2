/* access-edge/inbound.c: who comes as a partner, and what DNS says of it. */
#include "access-edge/inbound.h"

#include <stdio.h>
#include <string.h>

#include "access-edge/events.h"
#include "common/recent.h"
#include "tests/support/heard.h"
#include "tests/support/partner_fixture.h"
#include "tests/support/suite.h"

static struct shards f;
static struct partners p;
static struct acc_shard *s;
static struct sip_peer partner;

static void setup(void)
{
	shards_init(&f);
	partners_init(&p, &f);
}

static void begin(const char *certificate)
{
	s = shards_still(&f);
	for (int i = 0; i < PARTNER_DOORS; i++)
		partner_door_open(&p.doors[i], true);
	shards_wait_hops(&f, 2);
	partner_dial(&p, &partner, certificate);
}

static void teardown(void)
{
	sip_peer_fini(&partner);
	partners_fini(&p);
	shards_fini(&f);
}

static void say(const char *branch, const char *from)
{
	partner_request(&partner, "MESSAGE", branch, from, "a@contoso.com");
}

static void expect_passed(void)
{
	struct sip_peer *hop = shards_hop_with_message(&f);

	sip_peer_answer(hop, sip_peer_expect(hop, "MESSAGE "), "200 OK", "");
	sip_peer_expect(&partner, "SIP/2.0 200");
}

static void look_for(const char *line, void *arg)
{
	const char **rule = arg;

	if (*rule && strstr(line, *rule) && line[strlen(line) - 1] == '}')
		*rule = NULL;
}

/* Refused with that; event and list of refusals have the rule. */
static void expect_refused(const char *status, enum acc_reason reason,
			   const char *rule)
{
	char words[ACC_RULE_LEN + 64];

	sip_peer_expect(&partner, status);
	snprintf(words, sizeof(words), "reason=%s ", acc_reason_name(reason));
	ck_assert_msg(heard(words), "%s", heard_all());
	snprintf(words, sizeof(words), "rule=%s", rule);
	ck_assert_msg(heard(words), "%s", heard_all());
	edge_recent_each(f.shared.refusals, look_for, &rule);
	ck_assert_msg(!rule, "the list lacks %s", rule);
}

static bool is_here(void *arg)
{
	(void)arg;
	return heard("partner connected") || partner.closed;
}

/* Wait until the edge knows who it is: its side may be a turn behind. */
static void wait_known(void)
{
	sip_peer_wait(f.loop, is_here, NULL, "the partner's role");
}

START_TEST(inbound_gives_the_role_at_the_handshake)
{
	static const struct {
		const char *certificate, *role, *rule;
	} want[] = {
		{"fabrikam", "role=DIR",
		 "rule=AllowedDomain[sip.fabrikam.com]=in_certificate"},
		{"im", "role=PIC",
		 "rule=PublicProvider[fed.im.test]=in_certificate"},
		{"other", "role=DSC", "rule=EnablePartnerDiscovery=true"},
	};

	begin(want[_i].certificate);
	wait_known();
	ck_assert(heard(want[_i].role));
	ck_assert(heard(want[_i].rule));
	ck_assert_uint_eq(atomic_load(&s->gauges.links[ACC_LINK_PARTNER]), 1);
}
END_TEST

static void without_discovery(struct topo *t)
{
	partners_amend(t);
	t->access.discovery = false;
	t->allowed_count = 1;
}

START_TEST(inbound_refuses_who_is_on_no_list)
{
	f.amend = without_discovery;
	begin("other");
	sip_peer_wait_closed(&partner);
	ck_assert(heard("partner refused"));
	ck_assert(heard("reason=unknown_peer"));
	ck_assert(heard("rule=EnablePartnerDiscovery=false"));
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_REJECTED_PARTNER), 1);
	ck_assert_uint_eq(atomic_load(&s->gauges.links[ACC_LINK_PARTNER]), 0);
}
END_TEST

/* Both wait for one question; nothing is lost, nothing overtakes. */
START_TEST(inbound_facts_wait_for_dns_and_go_on)
{
	char branch[1024];

	begin("new");
	say("z9hG4bKone", "n@new.test");
	say("z9hG4bKtwo", "n@new.test");
	for (int i = 0; i < 2; i++) {
		struct sip_peer *hop = shards_hop_with_message(&f);
		const struct edge_sip_msg *m = sip_peer_expect(hop, "MESSAGE ");

		sip_peer_header(m, "Call-ID", 0, branch);
		ck_assert_str_eq(branch,
				 i ? "fed-z9hG4bKtwo" : "fed-z9hG4bKone");
		sip_peer_answer(hop, m, "200 OK", "");
		sip_peer_expect(&partner, "SIP/2.0 200");
	}
	ck_assert_uint_eq(fake_dns_asked(p.dns), 1);
}
END_TEST

START_TEST(inbound_of_a_listed_proxy_asks_nobody)
{
	begin("fabrikam");
	say("z9hG4bK1", "carol@fabrikam.com");
	expect_passed();
	ck_assert_uint_eq(fake_dns_asked(p.dns), 0);
}
END_TEST

START_TEST(inbound_goes_by_what_dns_says)
{
	static const struct {
		const char *from, *status, *end;
		enum acc_reason reason;
	} want[] = {
		{"x@nowhere.test", "SIP/2.0 403", "Srv[nowhere.test]=not_found",
		 ACC_REASON_SOURCE_SRV},
		{"x@fails.test", "SIP/2.0 504", "Srv[fails.test]=no_answer",
		 ACC_REASON_PARTNER_DNS},
		{"x@far.test", "SIP/2.0 403", "Srv[far.test]=other_domain",
		 ACC_REASON_PEER_MISMATCH},
		{"x@d1.test", "SIP/2.0 403", "Srv[d1.test]=not_in_certificate",
		 ACC_REASON_PEER_MISMATCH},
		{"x@off.test", "SIP/2.0 403", "Srv[off.test]=disabled_provider",
		 ACC_REASON_PROVIDER_OFF},
	};
	const char *domain = strchr(want[_i].from, '@') + 1;
	char rule[ACC_RULE_LEN];

	begin("new");
	say("z9hG4bK1", want[_i].from);
	snprintf(rule, sizeof(rule),
		 "AllowFederatedUsers=true,BlockedDomain[%s]=no,"
		 "EnablePartnerDiscovery[%s]=true,%s",
		 domain, domain, want[_i].end);
	expect_refused(want[_i].status, want[_i].reason, rule);
	ck_assert(!sip_peer_has_message(&f.hops[0]) &&
		  !sip_peer_has_message(&f.hops[1]));
}
END_TEST

/* AE 5: five unknown domains a second; a known one does not count. */
START_TEST(inbound_asks_about_so_many_domains)
{
	char from[32], branch[32];
	unsigned refused = 0;

	begin("many");
	for (unsigned i = 0; i < 8; i++) {
		snprintf(from, sizeof(from), "x@d%u.test", i);
		snprintf(branch, sizeof(branch), "z9hG4bK%u", i);
		say(branch, from);
	}
	for (unsigned i = 0; i < 5; i++)
		sip_peer_expect(shards_hop_with_message(&f), "MESSAGE ");
	shards_wait_stat(&f, ACC_STAT_REQUESTS_PARTNER, 5);
	say("z9hG4bKknown", "x@d0.test");
	sip_peer_expect(shards_hop_with_message(&f), "MESSAGE ");
	while (sip_peer_has_message(&partner)) {
		sip_peer_expect(&partner, "SIP/2.0 503");
		refused++;
	}
	ck_assert_uint_eq(refused, 3);
	ck_assert(heard("reason=partner_rate"));
	ck_assert(heard("rule=Srv[d5.test]=too_many"));
}
END_TEST

static void with_a_rate_of_one(struct topo *t)
{
	partners_amend(t);
	t->access.discovered_rate = 1;
}

START_TEST(inbound_limits_the_rate_of_the_discovered)
{
	f.amend = with_a_rate_of_one;
	begin("new");
	say("z9hG4bK1", "n@new.test");
	say("z9hG4bK2", "n@new.test");
	expect_refused("SIP/2.0 503", ACC_REASON_PARTNER_RATE,
		       "AllowFederatedUsers=true,BlockedDomain[new.test]=no,"
		       "EnablePartnerDiscovery[new.test]=true,"
		       "Srv[new.test]=in_certificate,ToDomain[contoso.com]=own,"
		       "Method[MESSAGE]=routed,"
		       "VerificationLevel[UseSourceVerification]=unverified,"
		       "DiscoveredPartnerStandardRate[sip.new.test]=used_up");
	ck_assert_uint_eq(heard_with("lync=14603 peer=sip.new.test"), 1);
	expect_passed(); /* the first one */
}
END_TEST

static void with_one_contact(struct topo *t)
{
	partners_amend(t);
	t->access.contacts_max = 1;
}

START_TEST(inbound_limits_the_contacts_of_the_discovered)
{
	f.amend = with_one_contact;
	begin("new");
	say("z9hG4bK1", "n@new.test");
	expect_passed();
	partner_request(&partner, "MESSAGE", "z9hG4bK2", "n@new.test",
			"b@contoso.com");
	sip_peer_expect(&partner, "SIP/2.0 403");
	ck_assert(heard("reason=partner_contacts"));
	ck_assert(heard("MaxContactsPerDiscoveredPartner[sip.new.test]"
			"=used_up"));
	ck_assert_uint_eq(heard_with("lync=14508 peer=sip.new.test"), 1);
	say("z9hG4bK3", "n@new.test"); /* who is known goes on */
	expect_passed();
}
END_TEST

START_TEST(inbound_limits_nobody_on_the_list)
{
	f.amend = with_a_rate_of_one;
	begin("fabrikam");
	for (unsigned i = 0; i < 4; i++) {
		char branch[32];

		snprintf(branch, sizeof(branch), "z9hG4bK%u", i);
		say(branch, "carol@fabrikam.com");
		expect_passed();
	}
}
END_TEST

/* AE 4.4, 14501: more than ten a minute, told once. */
START_TEST(inbound_tells_of_many_wrong_domains)
{
	begin("fabrikam");
	for (unsigned i = 0; i < 14; i++) {
		char branch[32];

		snprintf(branch, sizeof(branch), "z9hG4bK%u", i);
		say(branch, "x@adatum.com");
		sip_peer_expect(&partner, "SIP/2.0 403");
		ck_assert_uint_eq(heard_with("lync=14501"), i >= 10);
	}
	ck_assert(heard("lync=14501 peer=edge.fabrikam.com"));
}
END_TEST

START_TEST(inbound_ends_when_the_topology_forgets_it)
{
	begin("other");
	wait_known();
	f.amend = without_discovery;
	partners_retopo(&p, 2);
	sip_peer_wait_closed(&partner);
	ck_assert(heard("reason=no_longer_known "
			"rule=EnablePartnerDiscovery=false"));
}
END_TEST

START_TEST(inbound_stays_when_the_topology_still_has_it)
{
	begin("fabrikam");
	wait_known();
	f.amend = without_discovery;
	partners_retopo(&p, 2);
	say("z9hG4bK1", "carol@fabrikam.com");
	expect_passed();
}
END_TEST

/* However many names a certificate has, each may be what let it in. */
START_TEST(inbound_recalls_all_names)
{
	static char names[EDGE_PEER_NAMES][EDGE_PEER_NAME_LEN];
	static struct edge_dns_srv rows[ACC_RECALLED];
	const struct edge_peer peer = {.names = names,
				       .name_count = EDGE_PEER_NAMES};
	struct acc_link l = {.facts.peer = &peer};

	begin("other");
	for (unsigned i = 0; i < EDGE_PEER_NAMES; i++)
		snprintf(names[i], sizeof(names[i]), "n%u.test", i);
	acc_inbound_recall(&l, rows);
	ck_assert_int_eq(l.facts.srv.state, ACC_SRV_FOUND);
	ck_assert_uint_eq(l.facts.srv.count, EDGE_PEER_NAMES);
	for (unsigned i = 0; i < EDGE_PEER_NAMES; i++)
		ck_assert_str_eq(l.facts.srv.rows[i].target, names[i]);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("inbound");
	TCase *t = tcase_create("inbound");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, inbound_gives_the_role_at_the_handshake, 0, 3);
	tcase_add_test(t, inbound_refuses_who_is_on_no_list);
	tcase_add_test(t, inbound_facts_wait_for_dns_and_go_on);
	tcase_add_test(t, inbound_of_a_listed_proxy_asks_nobody);
	tcase_add_loop_test(t, inbound_goes_by_what_dns_says, 0, 5);
	tcase_add_test(t, inbound_asks_about_so_many_domains);
	tcase_add_test(t, inbound_limits_the_rate_of_the_discovered);
	tcase_add_test(t, inbound_limits_the_contacts_of_the_discovered);
	tcase_add_test(t, inbound_limits_nobody_on_the_list);
	tcase_add_test(t, inbound_tells_of_many_wrong_domains);
	tcase_add_test(t, inbound_ends_when_the_topology_forgets_it);
	tcase_add_test(t, inbound_stays_when_the_topology_still_has_it);
	tcase_add_test(t, inbound_recalls_all_names);
	suite_add_tcase(suite, t);
	return suite;
}
