/* Where requests of the inside go; AE 2.8, 2.9. */
#include <stdio.h>

#include "access-edge/destination.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/policy_fixture.h"

static struct policy p;
static struct acc_verdict v;
static struct acc_destination to;

static const struct topo_partner allowed[] = {
	{.domain = "fabrikam.com",
	 .proxy_fqdn = "sip.fabrikam.com",
	 .verification = TOPO_VERIFY_NEVER},
	{.domain = "listed.test"},
};
static const char *const blocked[] = {"adatum.com"};
static const struct topo_provider providers[] = {
	{.name = "IM",
	 .proxy_fqdn = "fed.im.test",
	 .is_public = true,
	 .is_enabled = true,
	 .decorated = "im.test",
	 .level = TOPO_VERIFY_ALWAYS},
	{.name = "Cloud",
	 .proxy_fqdn = "fed.cloud.test",
	 .is_enabled = true,
	 .shares_address_space = true},
	{.name = "Off",
	 .proxy_fqdn = "fed.off.test",
	 .is_public = true,
	 .decorated = "off.test"},
};

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
}

static void teardown(void)
{
	policy_fini(&p);
}

static enum acc_reason find(const char *method, const char *from_uri,
			    const char *to_uri,
			    const struct edge_sip_uri *route, bool in_dialog)
{
	char lines[512];

	snprintf(lines, sizeof(lines), "From: <%s>;tag=1\nTo: <%s>\n", from_uri,
		 to_uri);
	policy_request(&p, method, "sip:x@y.test", lines);
	return acc_destination_find(
		&v, &to, &p.view,
		&(struct acc_leaving){&p.in.msg, route, in_dialog});
}

START_TEST(destination_rows)
{
	static const struct {
		const char *to_uri;
		enum acc_reason why;
		enum acc_role role;
		const char *name;
		bool by_srv;
	} want[] = {
		{"sip:c@fabrikam.com", ACC_REASON_OK, ACC_ROLE_DIR,
		 "sip.fabrikam.com", false},
		{"sip:c@LISTED.test.", ACC_REASON_OK, ACC_ROLE_DSC,
		 "listed.test", true},
		{"sip:c@new.test", ACC_REASON_OK, ACC_ROLE_DSC, "new.test",
		 true},
		{"sip:c@im.test", ACC_REASON_OK, ACC_ROLE_PIC, "fed.im.test",
		 false},
		{"sip:c@off.test", ACC_REASON_PROVIDER_OFF, 0, NULL, false},
		{"sip:c@adatum.com", ACC_REASON_DESTINATION_BLOCKED, 0, NULL,
		 false},
		{"sip:c@contoso.com", ACC_REASON_INSIDE_DOMAINS, 0, NULL,
		 false},
		{"tel:+1", ACC_REASON_NO_PARTNER, 0, NULL, false},
	};

	ck_assert_int_eq(find("MESSAGE", "sip:a@contoso.com", want[_i].to_uri,
			      NULL, false),
			 want[_i].why);
	ck_assert_int_eq(v.reason, want[_i].why);
	if (want[_i].why)
		return;
	ck_assert_int_eq(to.role, want[_i].role);
	ck_assert_str_eq(to.name, want[_i].name);
	ck_assert_int_eq(to.by_srv, want[_i].by_srv);
}
END_TEST

START_TEST(checks_come_in_order)
{
	ck_assert_int_eq(find("PUBLISH", "sip:a@contoso.com",
			      "sip:c@fabrikam.com", NULL, false),
			 ACC_REASON_PARTNER_METHOD);
	ck_assert_int_eq(find("PUBLISH", "sip:a@fabrikam.com",
			      "sip:c@fabrikam.com", NULL, false),
			 ACC_REASON_INSIDE_DOMAINS);
	p.topo.access.federated_users = false;
	ck_assert_int_eq(find("PUBLISH", "sip:a@fabrikam.com",
			      "sip:c@fabrikam.com", NULL, false),
			 ACC_REASON_FEDERATION_OFF);
}
END_TEST

START_TEST(in_dialog_to_may_be_ours)
{
	/* whom a partner called first writes itself as From */
	ck_assert_int_eq(find("BYE", "sip:a@contoso.com", "sip:c@contoso.com",
			      NULL, true),
			 ACC_REASON_OK);
}
END_TEST

START_TEST(level_is_of_the_row)
{
	find("MESSAGE", "sip:a@contoso.com", "sip:c@fabrikam.com", NULL, false);
	ck_assert_int_eq(to.level, TOPO_VERIFY_NEVER);
	p.topo.access.default_route = "hub.test";
	p.topo.access.route_level = TOPO_VERIFY_ALWAYS;
	find("MESSAGE", "sip:a@contoso.com", "sip:c@new.test", NULL, false);
	ck_assert_int_eq(to.role, ACC_ROLE_CLR);
	ck_assert_str_eq(to.name, "hub.test");
	ck_assert_int_eq(to.level, TOPO_VERIFY_ALWAYS);
}
END_TEST

START_TEST(without_discovery_nobody_unlisted_is_looked_for)
{
	p.topo.access.discovery = false;
	p.topo.provider_count = 0;
	ck_assert_int_eq(find("MESSAGE", "sip:a@contoso.com", "sip:c@new.test",
			      NULL, false),
			 ACC_REASON_NO_PARTNER);
	ck_assert_int_eq(find("MESSAGE", "sip:a@contoso.com",
			      "sip:c@listed.test", NULL, false),
			 ACC_REASON_OK);
	ck_assert(to.by_srv && to.is_listed);
}
END_TEST

/* AE 2.4: split domain, by the Route that names the provider. */
START_TEST(edge_route_leads_to_who_shares_our_domain)
{
	struct edge_sip_uri u;

	ck_assert_int_eq(edge_sip_uri_parse(
				 &u, edge_slice_str("sip:fed.cloud.test:5061")),
			 EDGE_OK);
	ck_assert_int_eq(find("MESSAGE", "sip:a@contoso.com",
			      "sip:b@contoso.com", &u, false),
			 ACC_REASON_OK);
	ck_assert_int_eq(to.role, ACC_ROLE_HST);
	ck_assert_int_eq(
		edge_sip_uri_parse(&u, edge_slice_str("sip:fed.im.test")),
		EDGE_OK);
	ck_assert_int_eq(find("MESSAGE", "sip:a@contoso.com",
			      "sip:b@contoso.com", &u, false),
			 ACC_REASON_INSIDE_DOMAINS);
}
END_TEST

START_TEST(targets_are_judged)
{
	static const struct {
		const char *domain, *target;
		bool discovery, listed;
		enum acc_reason want;
		enum acc_role role;
	} want[] = {
		{"new.test", "sip.new.test", true, false, ACC_REASON_OK,
		 ACC_ROLE_DSC},
		{"new.test", "new.test", true, false, ACC_REASON_OK,
		 ACC_ROLE_DSC},
		{"new.test", "sip.elsewhere.test", true, false,
		 ACC_REASON_SRV_DOMAIN, 0},
		{"new.test", "sip.xnew.test", true, false,
		 ACC_REASON_SRV_DOMAIN, 0},
		{"new.test", "sip.new.test", false, false,
		 ACC_REASON_NO_PARTNER, 0},
		{"new.test", "sip.new.test", false, true, ACC_REASON_OK,
		 ACC_ROLE_DSC},
		{"new.test", "fed.im.test", false, false, ACC_REASON_OK,
		 ACC_ROLE_PIC},
		{"new.test", "fed.cloud.test", false, false, ACC_REASON_OK,
		 ACC_ROLE_HST},
		{"new.test", "fed.off.test", true, false,
		 ACC_REASON_PROVIDER_OFF, 0},
	};

	to = (struct acc_destination){.role = ACC_ROLE_DSC,
				      .by_srv = true,
				      .is_listed = want[_i].listed};
	snprintf(to.name, sizeof(to.name), "%s", want[_i].domain);
	p.topo.access.discovery = want[_i].discovery;
	ck_assert_int_eq(acc_destination_target(&p.view, &to, want[_i].target),
			 want[_i].want);
	if (!want[_i].want)
		ck_assert_int_eq(to.role, want[_i].role);
}
END_TEST

/* The record of one domain may lead to a provider and elsewhere. */
START_TEST(target_is_judged_by_itself)
{
	to = (struct acc_destination){.role = ACC_ROLE_DSC, .by_srv = true};
	snprintf(to.name, sizeof(to.name), "new.test");
	p.topo.access.discovered_level = TOPO_VERIFY_NEVER;
	ck_assert_int_eq(acc_destination_target(&p.view, &to, "fed.im.test"),
			 ACC_REASON_OK);
	ck_assert_int_eq(to.level, TOPO_VERIFY_ALWAYS);
	ck_assert_int_eq(acc_destination_target(&p.view, &to, "sip.new.test"),
			 ACC_REASON_OK);
	ck_assert_int_eq(to.role, ACC_ROLE_DSC);
	ck_assert_int_eq(to.level, TOPO_VERIFY_NEVER);
}
END_TEST

/* rule= of what DNS is the reason of */
START_TEST(destination_tells_what_its_record_led_to)
{
	static const struct {
		enum acc_reason why;
		bool by_srv;
		const char *rule;
	} want[] = {
		{ACC_REASON_PARTNER_SRV, true, "Srv[new.test]=not_found"},
		{ACC_REASON_PARTNER_DNS, true, "Srv[new.test]=no_answer"},
		{ACC_REASON_PROVIDER_OFF, true,
		 "Srv[new.test]=disabled_provider"},
		{ACC_REASON_SRV_DOMAIN, true, "Srv[new.test]=other_domain"},
		{ACC_REASON_NO_PARTNER, true, "Srv[new.test]=no_provider"},
		{ACC_REASON_PARTNER_TLS, true, "-"},
		{ACC_REASON_PARTNER_DNS, false, "-"},
	};
	char rule[ACC_RULE_LEN];

	v = (struct acc_verdict){0};
	to = (struct acc_destination){.by_srv = want[_i].by_srv,
				      .name = "new.test"};
	acc_destination_tell(&v, &to, want[_i].why);
	acc_verdict_print(&v, rule);
	ck_assert_str_eq(rule, want[_i].rule);
	ck_assert_int_eq(v.reason, want[_i].why);
}
END_TEST

/* A destination of before, under the topology of now. */
START_TEST(destination_again_is_judged_anew)
{
	static const struct {
		struct acc_destination to;
		const char *peer;
		enum acc_reason want;
		enum acc_role role;
	} rows[] = {
		{{.name = "sip.fabrikam.com", .role = ACC_ROLE_DIR},
		 "sip.fabrikam.com",
		 ACC_REASON_OK,
		 ACC_ROLE_DIR},
		{{.name = "fed.im.test", .role = ACC_ROLE_HST},
		 "fed.im.test",
		 ACC_REASON_OK,
		 ACC_ROLE_PIC},
		{{.name = "fed.off.test", .role = ACC_ROLE_PIC},
		 "fed.off.test",
		 ACC_REASON_PROVIDER_OFF,
		 ACC_ROLE_PIC},
		{{.name = "sip.gone.test", .role = ACC_ROLE_DIR},
		 "sip.gone.test",
		 ACC_REASON_NO_PARTNER,
		 ACC_ROLE_DIR},
		{{.name = "listed.test", .by_srv = true},
		 "sip.listed.test",
		 ACC_REASON_OK,
		 ACC_ROLE_DSC},
		{{.name = "new.test", .by_srv = true},
		 "sip.new.test",
		 ACC_REASON_OK,
		 ACC_ROLE_DSC},
		{{.name = "new.test", .by_srv = true},
		 "fed.im.test",
		 ACC_REASON_OK,
		 ACC_ROLE_PIC},
		{{.name = "new.test", .by_srv = true},
		 "sip.other.test",
		 ACC_REASON_SRV_DOMAIN,
		 ACC_ROLE_DSC},
		{{.name = "adatum.com", .by_srv = true, .role = ACC_ROLE_DSC},
		 "sip.adatum.com",
		 ACC_REASON_DESTINATION_BLOCKED,
		 ACC_ROLE_DSC},
		/* it has a proxy now */
		{{.name = "fabrikam.com", .by_srv = true, .role = ACC_ROLE_DSC},
		 "sip.fabrikam.com",
		 ACC_REASON_NO_PARTNER,
		 ACC_ROLE_DSC},
	};

	to = rows[_i].to;
	ck_assert_int_eq(acc_destination_again(&p.view, &to, rows[_i].peer),
			 rows[_i].want);
	ck_assert_int_eq(to.role, rows[_i].role);
	p.topo.access.default_route = "hub.test";
	ck_assert_int_eq(acc_destination_again(&p.view, &to, rows[_i].peer),
			 ACC_REASON_NO_PARTNER);
	p.topo.access.default_route = to.name;
	ck_assert_int_eq(acc_destination_again(&p.view, &to, rows[_i].peer),
			 to.by_srv ? ACC_REASON_NO_PARTNER : ACC_REASON_OK);
}
END_TEST

/* Without discovery, those of the list remain. */
START_TEST(destination_again_of_strangers)
{
	p.topo.access.discovery = false;
	to = (struct acc_destination){.by_srv = true, .name = "new.test"};
	ck_assert_int_eq(acc_destination_again(&p.view, &to, "sip.new.test"),
			 ACC_REASON_NO_PARTNER);
	to = (struct acc_destination){.by_srv = true, .name = "listed.test"};
	ck_assert_int_eq(acc_destination_again(&p.view, &to, "sip.listed.test"),
			 ACC_REASON_OK);
	ck_assert(to.is_listed);
	p.topo.allowed_count = 1;
	ck_assert_int_eq(acc_destination_again(&p.view, &to, "sip.listed.test"),
			 ACC_REASON_NO_PARTNER);
	ck_assert(!to.is_listed);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_destination");
	TCase *t = tcase_create("destination");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, destination_rows, 0, 8);
	tcase_add_test(t, checks_come_in_order);
	tcase_add_test(t, in_dialog_to_may_be_ours);
	tcase_add_test(t, level_is_of_the_row);
	tcase_add_test(t, without_discovery_nobody_unlisted_is_looked_for);
	tcase_add_test(t, edge_route_leads_to_who_shares_our_domain);
	tcase_add_loop_test(t, targets_are_judged, 0, 9);
	tcase_add_test(t, target_is_judged_by_itself);
	tcase_add_loop_test(t, destination_tells_what_its_record_led_to, 0, 7);
	tcase_add_loop_test(t, destination_again_is_judged_anew, 0, 10);
	tcase_add_test(t, destination_again_of_strangers);
	suite_add_tcase(s, t);
	return s;
}
