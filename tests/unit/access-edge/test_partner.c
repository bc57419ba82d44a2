/* Roles of AE 2.1 and the checks of AE 2.8 and 3.6, row by row. */
#include <stdio.h>
#include <string.h>

#include "access-edge/partner.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/policy_fixture.h"

static struct policy p;
static char names[2][EDGE_PEER_NAME_LEN];
static struct edge_peer peer;
static struct acc_facts facts;
static struct edge_dns_srv rows[2];
static struct acc_verdict v;

/* fabrikam.com by its proxy; litware.test by SRV */
static const struct topo_partner allowed[] = {
	{.domain = "fabrikam.com", .proxy_fqdn = "sip.fabrikam.com"},
	{.domain = "listed.test", .verification = TOPO_VERIFY_ALWAYS},
};
static const char *const blocked[] = {"adatum.com"};
static struct topo_provider providers[] = {
	{.name = "IM",
	 .proxy_fqdn = "fed.im.test",
	 .is_public = true,
	 .is_enabled = true,
	 .level = TOPO_VERIFY_ALWAYS,
	 .decorated = "im.test"},
	{.name = "Cloud",
	 .proxy_fqdn = "fed.cloud.test",
	 .is_enabled = true,
	 .shares_address_space = true,
	 .level = TOPO_VERIFY_NEVER},
	{.name = "Off", .proxy_fqdn = "fed.off.test", .is_public = true},
};

static void shows(const char *san)
{
	snprintf(names[0], sizeof(names[0]), "%s", san);
	peer = (struct edge_peer){.fault = EDGE_PEER_FINE,
				  .has_certificate = true,
				  .names = names,
				  .name_count = 1};
}

static void srv(enum acc_srv_state state, const char *target)
{
	facts.srv = (struct acc_srv){state, rows, state == ACC_SRV_FOUND};
	rows[0] = (struct edge_dns_srv){.port = 5061};
	snprintf(rows[0].target, sizeof(rows[0].target), "%s", target);
}

static void setup(void)
{
	policy_init(&p);
	p.topo.allowed = allowed;
	p.topo.allowed_count = 2;
	p.topo.blocked = blocked;
	p.topo.blocked_count = 1;
	p.topo.providers = providers;
	p.topo.provider_count = 3;
	p.topo.access.discovery = true;
	p.topo.access.discovered_level = TOPO_VERIFY_SOURCE;
	facts = (struct acc_facts){.peer = &peer};
	shows("sip.fabrikam.com");
}

static void teardown(void)
{
	policy_fini(&p);
}

static struct acc_source from(enum acc_role role)
{
	return (struct acc_source){.role = role, .facts = &facts};
}

static enum acc_reason inbound(enum acc_role role, const char *method,
			       const char *from_uri, const char *to_uri)
{
	struct acc_source s = from(role);
	char lines[512];

	snprintf(lines, sizeof(lines), "From: <%s>;tag=1\nTo: <%s>\n", from_uri,
		 to_uri);
	policy_request(&p, method, "sip:a@contoso.com", lines);
	return acc_partner_inbound(&v, &p.view, &p.in.msg, &s, false);
}

static enum acc_reason message(enum acc_role role, const char *from_uri)
{
	return inbound(role, "MESSAGE", from_uri, "sip:a@contoso.com");
}

/* The last check and what came of it. */
static void ended_with(enum acc_check check, const char *outcome)
{
	ck_assert_uint_gt(v.count, 0);
	ck_assert_str_eq(acc_check_name(v.steps[v.count - 1].check),
			 acc_check_name(check));
	ck_assert_str_eq(v.steps[v.count - 1].outcome, outcome);
}

/* -- AE 2.1 steps 3 to 9 ------------------------------------------------ */

START_TEST(role_is_of_the_first_list_that_names_the_peer)
{
	static const struct {
		const char *san;
		enum acc_role with, without; /* discovery */
	} want[] = {
		{"fed.im.test", ACC_ROLE_PIC, ACC_ROLE_PIC},
		{"fed.cloud.test", ACC_ROLE_HST, ACC_ROLE_HST},
		{"sip.fabrikam.com", ACC_ROLE_DIR, ACC_ROLE_DIR},
		/* listed.test is found by SRV, so it may be anybody */
		{"sip.elsewhere.test", ACC_ROLE_DSC, ACC_ROLE_DSC},
		{"fed.off.test", ACC_ROLE_DSC, ACC_ROLE_DSC},
	};

	shows(want[_i].san);
	ck_assert_int_eq(acc_partner_role(&v, &p.topo, &peer), want[_i].with);
	p.topo.access.discovery = false;
	ck_assert_int_eq(acc_partner_role(&v, &p.topo, &peer),
			 want[_i].without);
}
END_TEST

START_TEST(unknown_peer_without_discovery_has_no_role)
{
	p.topo.access.discovery = false;
	p.topo.allowed_count = 1;
	shows("sip.elsewhere.test");
	ck_assert_int_eq(acc_partner_role(&v, &p.topo, &peer), ACC_ROLE_COUNT);
	ck_assert_int_eq(v.reason, ACC_REASON_UNKNOWN_PEER);
	ended_with(ACC_CHECK_DISCOVERY, "false");
}
END_TEST

START_TEST(default_route_is_the_only_partner)
{
	p.topo.access.default_route = "hub.test";
	shows("sip.fabrikam.com");
	ck_assert_int_eq(acc_partner_role(&v, &p.topo, &peer), ACC_ROLE_COUNT);
	shows("hub.test");
	ck_assert_int_eq(acc_partner_role(&v, &p.topo, &peer), ACC_ROLE_CLR);
	p.topo.access.route_is_public = true;
	ck_assert_int_eq(acc_partner_role(&v, &p.topo, &peer), ACC_ROLE_PIC);
}
END_TEST

/* -- AE 3.6 ------------------------------------------------------------- */

START_TEST(federation_off_comes_first)
{
	p.topo.access.federated_users = false;
	ck_assert_int_eq(message(ACC_ROLE_DIR, "sip:c@adatum.com"),
			 ACC_REASON_FEDERATION_OFF);
	ck_assert_uint_eq(v.count, 1);
}
END_TEST

START_TEST(blocked_wins_over_everything_listed)
{
	static const struct topo_partner both[] = {
		{.domain = "adatum.com", .proxy_fqdn = "sip.adatum.com"}};

	p.topo.allowed = both;
	p.topo.allowed_count = 1;
	shows("sip.adatum.com");
	ck_assert_int_eq(message(ACC_ROLE_DIR, "sip:c@ADATUM.com."),
			 ACC_REASON_BLOCKED_DOMAIN);
	ended_with(ACC_CHECK_BLOCKED, "yes");
}
END_TEST

START_TEST(allowed_partner_speaks_for_its_domains)
{
	static const struct {
		const char *san, *from;
		enum acc_reason want;
	} want[] = {
		{"sip.fabrikam.com", "sip:c@fabrikam.com", ACC_REASON_OK},
		{"sip.fabrikam.com", "sip:c@Fabrikam.COM", ACC_REASON_OK},
		/* whole labels: no sub-domains */
		{"sip.fabrikam.com", "sip:c@sales.fabrikam.com",
		 ACC_REASON_SOURCE_DOMAIN},
		{"sip.fabrikam.com", "sip:c@elsewhere.test",
		 ACC_REASON_SOURCE_DOMAIN},
		{"sip.other.test", "sip:c@fabrikam.com",
		 ACC_REASON_PEER_MISMATCH},
		{"sip.fabrikam.com", "sip:c@contoso.com",
		 ACC_REASON_SOURCE_DOMAIN},
		{"sip.fabrikam.com", "tel:+1", ACC_REASON_SOURCE_DOMAIN},
	};

	shows(want[_i].san);
	ck_assert_int_eq(message(ACC_ROLE_DIR, want[_i].from), want[_i].want);
	ck_assert(!v.is_limited);
}
END_TEST

START_TEST(discovered_partner_speaks_by_its_srv_record)
{
	static const struct {
		enum acc_srv_state state;
		const char *target, *from, *outcome;
		enum acc_reason want;
		bool is_limited;
	} want[] = {
		{ACC_SRV_FOUND, "sip.new.test", "sip:c@new.test", NULL,
		 ACC_REASON_OK, true},
		{ACC_SRV_FOUND, "sip.new.test", "sip:c@listed.test",
		 "other_domain", ACC_REASON_PEER_MISMATCH, false},
		{ACC_SRV_FOUND, "elsewhere.new.test", "sip:c@new.test",
		 "not_in_certificate", ACC_REASON_PEER_MISMATCH, true},
		{ACC_SRV_FOUND, "fed.off.test", "sip:c@new.test",
		 "disabled_provider", ACC_REASON_PROVIDER_OFF, true},
		{ACC_SRV_ABSENT, "", "sip:c@new.test", "not_found",
		 ACC_REASON_SOURCE_SRV, true},
		{ACC_SRV_FAILED, "", "sip:c@new.test", "no_answer",
		 ACC_REASON_PARTNER_DNS, true},
		/* on the list with a proxy that it is not */
		{ACC_SRV_FOUND, "sip.new.test", "sip:c@fabrikam.com",
		 "not_in_certificate", ACC_REASON_PEER_MISMATCH, false},
	};

	shows("sip.new.test");
	srv(want[_i].state, want[_i].target);
	ck_assert_int_eq(message(ACC_ROLE_DSC, want[_i].from), want[_i].want);
	ck_assert_int_eq(v.is_limited, want[_i].is_limited);
	if (want[_i].outcome)
		ck_assert_str_eq(v.steps[v.count - 1].outcome,
				 want[_i].outcome);
}
END_TEST

START_TEST(target_outside_its_domain_passes_by_option_only)
{
	shows("hosted.elsewhere.test");
	srv(ACC_SRV_FOUND, "hosted.elsewhere.test");
	ck_assert_int_eq(message(ACC_ROLE_DSC, "sip:c@new.test"),
			 ACC_REASON_PEER_MISMATCH);
	p.options.srv_target_in_domain = false;
	ck_assert_int_eq(message(ACC_ROLE_DSC, "sip:c@new.test"),
			 ACC_REASON_OK);
}
END_TEST

START_TEST(discovery_off_leaves_the_list)
{
	p.topo.access.discovery = false;
	shows("sip.listed.test");
	srv(ACC_SRV_FOUND, "sip.listed.test");
	ck_assert_int_eq(message(ACC_ROLE_DSC, "sip:c@listed.test"),
			 ACC_REASON_OK);
	ck_assert(!v.is_limited);
	ck_assert_int_eq(message(ACC_ROLE_DSC, "sip:c@new.test"),
			 ACC_REASON_SOURCE_DOMAIN);
	ended_with(ACC_CHECK_DISCOVERY, "false");
}
END_TEST

START_TEST(provider_speaks_for_domains_that_lead_to_it)
{
	static const struct {
		enum acc_role role;
		const char *san, *target, *from;
		enum acc_reason want;
	} want[] = {
		{ACC_ROLE_PIC, "fed.im.test", "fed.im.test", "sip:c@user.test",
		 ACC_REASON_OK},
		{ACC_ROLE_PIC, "fed.im.test", "", "sip:c@im.test",
		 ACC_REASON_OK}, /* NameDecorationDomain */
		{ACC_ROLE_PIC, "fed.im.test", "sip.user.test",
		 "sip:c@user.test", ACC_REASON_PROVIDER_DOMAIN},
		{ACC_ROLE_HST, "fed.cloud.test", "fed.cloud.test",
		 "sip:c@hosted.test", ACC_REASON_OK},
		/* shared address space: our own domain is theirs as well */
		{ACC_ROLE_HST, "fed.cloud.test", "", "sip:c@contoso.com",
		 ACC_REASON_OK},
		{ACC_ROLE_PIC, "fed.im.test", "", "sip:c@contoso.com",
		 ACC_REASON_SOURCE_DOMAIN},
		/* switched off since it came */
		{ACC_ROLE_PIC, "fed.off.test", "fed.off.test",
		 "sip:c@user.test", ACC_REASON_PROVIDER_OFF},
	};

	shows(want[_i].san);
	srv(*want[_i].target ? ACC_SRV_FOUND : ACC_SRV_ABSENT, want[_i].target);
	ck_assert_int_eq(message(want[_i].role, want[_i].from), want[_i].want);
}
END_TEST

START_TEST(shared_address_space_is_said_by_the_provider)
{
	providers[1].shares_address_space = false;
	shows("fed.cloud.test");
	ck_assert_int_eq(message(ACC_ROLE_HST, "sip:c@contoso.com"),
			 ACC_REASON_SOURCE_DOMAIN);
	providers[1].shares_address_space = true;
}
END_TEST

START_TEST(to_must_be_ours_and_the_method_routed)
{
	static const struct {
		const char *method, *to;
		enum acc_reason want;
	} want[] = {
		{"MESSAGE", "sip:a@contoso.com", ACC_REASON_OK},
		{"SERVICE", "sip:a@contoso.com", ACC_REASON_OK},
		{"BENOTIFY", "sip:a@contoso.com", ACC_REASON_OK},
		{"MESSAGE", "sip:d@fabrikam.com", ACC_REASON_NO_ROUTE},
		{"REGISTER", "sip:a@contoso.com", ACC_REASON_PARTNER_METHOD},
		{"PUBLISH", "sip:a@contoso.com", ACC_REASON_PARTNER_METHOD},
		{"newmethod", "sip:a@contoso.com", ACC_REASON_PARTNER_METHOD},
	};

	ck_assert_int_eq(inbound(ACC_ROLE_DIR, want[_i].method,
				 "sip:c@fabrikam.com", want[_i].to),
			 want[_i].want);
}
END_TEST

START_TEST(polling_is_routed_when_it_is_allowed)
{
	struct acc_source s = from(ACC_ROLE_DIR);

	policy_request(&p, "SUBSCRIBE", "sip:a@contoso.com",
		       "From: <sip:c@fabrikam.com>;tag=1\n"
		       "To: <sip:a@contoso.com>\nExpires: 0\n");
	ck_assert_int_eq(acc_partner_inbound(&v, &p.view, &p.in.msg, &s, false),
			 ACC_REASON_PARTNER_POLLING);
	p.topo.proxy.partner_polling = true;
	ck_assert_int_eq(acc_partner_inbound(&v, &p.view, &p.in.msg, &s, false),
			 ACC_REASON_OK);
}
END_TEST

START_TEST(level_is_that_of_the_row)
{
	static const struct {
		enum acc_role role;
		const char *san, *domain;
		enum topo_verification want;
	} want[] = {
		{ACC_ROLE_DIR, "sip.fabrikam.com", "fabrikam.com",
		 TOPO_VERIFY_SOURCE},
		{ACC_ROLE_PIC, "fed.im.test", "x.test", TOPO_VERIFY_ALWAYS},
		{ACC_ROLE_HST, "fed.cloud.test", "x.test", TOPO_VERIFY_NEVER},
		/* AE 3.3: of a listed domain without proxy it is ignored */
		{ACC_ROLE_DSC, "sip.listed.test", "listed.test",
		 TOPO_VERIFY_SOURCE},
		{ACC_ROLE_CLR, "hub.test", "x.test", TOPO_VERIFY_NEVER},
		/* what a topology has taken away is not believed */
		{ACC_ROLE_DIR, "sip.fabrikam.com", "gone.test",
		 TOPO_VERIFY_NEVER},
		{ACC_ROLE_DIR, "sip.listed.test", "listed.test",
		 TOPO_VERIFY_NEVER},
		{ACC_ROLE_PIC, "fed.off.test", "x.test", TOPO_VERIFY_NEVER},
		{ACC_ROLE_HST, "fed.im.test", "x.test", TOPO_VERIFY_NEVER},
		{ACC_ROLE_USR, "", "x.test", TOPO_VERIFY_NEVER},
	};
	struct acc_source s = from(want[_i].role);

	p.topo.access.route_level = TOPO_VERIFY_NEVER;
	shows(want[_i].san);
	ck_assert_int_eq(
		acc_partner_level(&p.topo, &s, edge_slice_str(want[_i].domain)),
		want[_i].want);
}
END_TEST

START_TEST(srv_is_wanted_where_it_decides)
{
	static const struct {
		enum acc_role role;
		const char *domain;
		bool want;
	} want[] = {
		{ACC_ROLE_DIR, "fabrikam.com", false},
		{ACC_ROLE_DSC, "new.test", true},
		{ACC_ROLE_DSC, "listed.test", true},
		{ACC_ROLE_DSC, "fabrikam.com", false},
		{ACC_ROLE_DSC, "adatum.com", false},
		{ACC_ROLE_DSC, "contoso.com", false},
		{ACC_ROLE_PIC, "user.test", true},
		{ACC_ROLE_CLR, "user.test", false},
		{ACC_ROLE_DSC, "", false},
	};

	ck_assert_int_eq(acc_partner_wants_srv(&p.topo, want[_i].role,
					       edge_slice_str(want[_i].domain)),
			 want[_i].want);
}
END_TEST

START_TEST(nothing_known_nothing_passes)
{
	struct acc_source s = {.role = ACC_ROLE_DIR};

	policy_request(&p, "MESSAGE", "sip:a@contoso.com",
		       "From: <sip:c@fabrikam.com>;tag=1\n"
		       "To: <sip:a@contoso.com>\n");
	ck_assert_int_eq(acc_partner_inbound(&v, &p.view, &p.in.msg, &s, false),
			 ACC_REASON_UNKNOWN_PEER);
}
END_TEST

/* out: outside a dialog, in: in one */
START_TEST(target_is_ours_or_what_we_gave)
{
	static const struct {
		const char *uri;
		bool out, in;
	} rows_of[] = {
		{"sip:a@contoso.com", true, true},
		{"sip:a@CONTOSO.com;opaque=user:epid:x;gruu", true, true},
		{"sip:a@sip.contoso.com:5061;ms-hidden=k1.AA", true, true},
		{"tel:+12065550100", true, true},
		{"sip:198.51.100.77:41833;ms-received-cid=2A00", false, true},
		{"sip:a@client.test;maddr=198.51.100.77", false, true},
		{"sip:a@fe01.contoso.net", false, false},
		{"sip:a@FE01.contoso.net.", false, false},
		{"sip:edge01.contoso.net", false, false},
		{"sip:dc01.contoso.net;ms-fe=edge01.contoso.net", false, false},
		{"sip:a@contoso.com;maddr=10.0.5.99", false, false},
		{"sip:a@contoso.com;maddr=dc01.contoso.net", false, false},
		{"sip:a@sip.contoso.com:9;ms-hidden=k1.AA;maddr=10.0.5.9",
		 false, false},
		{"sip:10.0.5.99", false, false},
		{"sip:[fd00::1]:5060", false, false},
	};
	const char *uri = rows_of[_i].uri;
	struct edge_sip_uri u;

	ck_assert_int_eq(edge_sip_uri_parse(&u, edge_slice_str(uri)), EDGE_OK);
	for (int in = 0; in < 2; in++) {
		bool want = in ? rows_of[_i].in : rows_of[_i].out;

		v = (struct acc_verdict){0};
		ck_assert_msg(
			acc_partner_target(&v, &p.view, &u, in) ==
				(want ? ACC_REASON_OK : ACC_REASON_NO_ROUTE),
			"%s, in a dialog: %d", uri, in);
		ck_assert_uint_eq(v.count, !want);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_partner");
	TCase *t = tcase_create("partner");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, role_is_of_the_first_list_that_names_the_peer, 0,
			    5);
	tcase_add_test(t, unknown_peer_without_discovery_has_no_role);
	tcase_add_test(t, default_route_is_the_only_partner);
	tcase_add_test(t, federation_off_comes_first);
	tcase_add_test(t, blocked_wins_over_everything_listed);
	tcase_add_loop_test(t, allowed_partner_speaks_for_its_domains, 0, 7);
	tcase_add_loop_test(t, discovered_partner_speaks_by_its_srv_record, 0,
			    7);
	tcase_add_test(t, target_outside_its_domain_passes_by_option_only);
	tcase_add_test(t, discovery_off_leaves_the_list);
	tcase_add_loop_test(t, provider_speaks_for_domains_that_lead_to_it, 0,
			    7);
	tcase_add_test(t, shared_address_space_is_said_by_the_provider);
	tcase_add_loop_test(t, to_must_be_ours_and_the_method_routed, 0, 7);
	tcase_add_test(t, polling_is_routed_when_it_is_allowed);
	tcase_add_loop_test(t, level_is_that_of_the_row, 0, 10);
	tcase_add_loop_test(t, srv_is_wanted_where_it_decides, 0, 9);
	tcase_add_test(t, nothing_known_nothing_passes);
	tcase_add_loop_test(t, target_is_ours_or_what_we_gave, 0, 15);
	suite_add_tcase(s, t);
	return s;
}
