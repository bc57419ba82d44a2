/* What would be decided, each way and each kind of reason; AE 2.8, 3.6. */
#include <stdio.h>
#include <string.h>

#include "access-edge/explain.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/policy_fixture.h"

static struct policy p;
static struct acc_explained x;
static struct acc_explain_room room;

static const struct topo_partner allowed[] = {
	{.domain = "fabrikam.com",
	 .proxy_fqdn = "sip.fabrikam.com",
	 .verification = TOPO_VERIFY_ALWAYS},
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
	 .shares_address_space = true,
	 .level = TOPO_VERIFY_NEVER},
	{.name = "Off", .proxy_fqdn = "fed.off.test", .decorated = "off.test"},
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
	p.topo.access.discovered_level = TOPO_VERIFY_SOURCE;
}

static void teardown(void)
{
	policy_fini(&p);
}

static enum edge_err ask(const struct acc_question *q)
{
	room.arena = p.in.arena;
	room.msg = &p.in.msg;
	return acc_explain(&x, &p.view, &room, q);
}

static enum acc_reason reason(void)
{
	return acc_explained_verdict(&x)->reason;
}

static const char *rule(void)
{
	static char out[ACC_RULE_LEN];

	acc_verdict_print(acc_explained_verdict(&x), out);
	return out;
}

#define IN   ACC_FROM_PARTNER
#define OUT  ACC_TO_A_PARTNER
#define USER ACC_OF_A_USER

static const struct row {
	const char *from, *to, *peer, *method; /* NULL: MESSAGE */
	enum acc_direction way;
	enum acc_reason want;
	enum acc_role role;
	const char *judged_with;
} rows[] = {
	/* inward */
	{"carol@fabrikam.com", "a@contoso.com", NULL, NULL, IN, ACC_REASON_OK,
	 ACC_ROLE_DIR, "sip.fabrikam.com"},
	{"carol@fabrikam.com", "a@contoso.com", "SIP.Fabrikam.com", NULL, IN,
	 ACC_REASON_OK, ACC_ROLE_DIR, "SIP.Fabrikam.com"},
	{"carol@fabrikam.com", "a@contoso.com", "x.test,sip.fabrikam.com", NULL,
	 IN, ACC_REASON_OK, ACC_ROLE_DIR, "x.test,sip.fabrikam.com"},
	{"carol@fabrikam.com", "a@contoso.com", "sip.evil.test", NULL, IN,
	 ACC_REASON_PEER_MISMATCH, ACC_ROLE_DSC, "sip.evil.test"},
	{"eve@adatum.com", "a@contoso.com", "sip.fabrikam.com", NULL, IN,
	 ACC_REASON_BLOCKED_DOMAIN, ACC_ROLE_DIR, "sip.fabrikam.com"},
	{"a@contoso.com", "a@contoso.com", "sip.fabrikam.com", NULL, IN,
	 ACC_REASON_SOURCE_DOMAIN, ACC_ROLE_DIR, "sip.fabrikam.com"},
	{"a@contoso.com", "b@contoso.com", "fed.cloud.test", NULL, IN,
	 ACC_REASON_OK, ACC_ROLE_HST, "fed.cloud.test"},
	{"carol@fabrikam.com", "d@northwind.com", NULL, NULL, IN,
	 ACC_REASON_NO_ROUTE, ACC_ROLE_DIR, "sip.fabrikam.com"},
	{"carol@fabrikam.com", "a@contoso.com", NULL, "REGISTER", IN,
	 ACC_REASON_PARTNER_METHOD, ACC_ROLE_DIR, "sip.fabrikam.com"},
	{"carol@fabrikam.com", "a@contoso.com", NULL, "CONQUER", IN,
	 ACC_REASON_PARTNER_METHOD, ACC_ROLE_DIR, "sip.fabrikam.com"},
	{"n@new.test", "a@contoso.com", NULL, NULL, IN, ACC_REASON_OK,
	 ACC_ROLE_DSC, "sip.new.test"},
	{"n@new.test", "a@contoso.com", "sip.other.test", NULL, IN,
	 ACC_REASON_PEER_MISMATCH, ACC_ROLE_DSC, "sip.other.test"},
	{"n@new.test", "a@contoso.com", "fed.off.test", NULL, IN,
	 ACC_REASON_PROVIDER_OFF, ACC_ROLE_DSC, "fed.off.test"},
	{"u@im.test", "a@contoso.com", NULL, NULL, IN, ACC_REASON_OK,
	 ACC_ROLE_PIC, "fed.im.test"},
	{"tel:+15551234", "a@contoso.com", "sip.fabrikam.com", NULL, IN,
	 ACC_REASON_SOURCE_DOMAIN, ACC_ROLE_DIR, "sip.fabrikam.com"},
	/* outward */
	{"a@contoso.com", "carol@fabrikam.com", NULL, NULL, OUT, ACC_REASON_OK,
	 ACC_ROLE_DIR, "sip.fabrikam.com"},
	{"a@contoso.com", "n@new.test", NULL, NULL, OUT, ACC_REASON_OK,
	 ACC_ROLE_DSC, "sip.new.test"},
	{"a@contoso.com", "n@new.test", "fed.im.test", NULL, OUT, ACC_REASON_OK,
	 ACC_ROLE_PIC, "fed.im.test"},
	{"a@contoso.com", "n@new.test", "fed.off.test", NULL, OUT,
	 ACC_REASON_PROVIDER_OFF, ACC_ROLE_COUNT, "fed.off.test"},
	{"a@contoso.com", "n@new.test", "sip.other.test", NULL, OUT,
	 ACC_REASON_SRV_DOMAIN, ACC_ROLE_COUNT, "sip.other.test"},
	{"a@contoso.com", "x@off.test", NULL, NULL, OUT,
	 ACC_REASON_PROVIDER_OFF, ACC_ROLE_COUNT, ""},
	{"a@contoso.com", "eve@adatum.com", NULL, NULL, OUT,
	 ACC_REASON_DESTINATION_BLOCKED, ACC_ROLE_COUNT, ""},
	{"a@contoso.com", "carol@fabrikam.com", NULL, "PUBLISH", OUT,
	 ACC_REASON_PARTNER_METHOD, ACC_ROLE_COUNT, ""},
	{"a@contoso.com", "tel:+15551234", NULL, NULL, OUT,
	 ACC_REASON_NO_PARTNER, ACC_ROLE_COUNT, ""},
	/* users */
	{"a@contoso.com", "b@contoso.com", NULL, NULL, USER, ACC_REASON_OK,
	 ACC_ROLE_USR, ""},
	{"a@contoso.com", "b@litware.com", NULL, "REGISTER", USER,
	 ACC_REASON_REGISTER_DOMAIN, ACC_ROLE_USR, ""},
	{"x@anonymous.invalid", "b@contoso.com;opaque=app:conf:1", NULL,
	 "INVITE", USER, ACC_REASON_ANONYMOUS_OFF, ACC_ROLE_USR, ""},
};

START_TEST(explain_rows)
{
	const struct row *r = &rows[_i];
	const struct acc_question q = {.from = r->from,
				       .to = r->to,
				       .peer = r->peer,
				       .method = r->method ? r->method
							   : "MESSAGE"};

	ck_assert_int_eq(ask(&q), EDGE_OK);
	ck_assert_str_eq(acc_direction_name(x.direction),
			 acc_direction_name(r->way));
	ck_assert_str_eq(acc_reason_name(reason()), acc_reason_name(r->want));
	ck_assert_int_eq(x.role, r->role);
	ck_assert_str_eq(x.peer, r->judged_with);
	ck_assert_str_ne(rule(), "-");
	ck_assert_int_eq(x.is_peer_assumed,
			 !r->peer && (r->way == IN || x.goes.by_srv));
}
END_TEST

START_TEST(explain_refuses_the_connection_of_a_stranger)
{
	const struct acc_question q = {.from = "n@new.test",
				       .to = "a@contoso.com",
				       .method = "MESSAGE"};

	p.topo.access.discovery = false;
	p.topo.allowed_count = 1;
	ck_assert_int_eq(ask(&q), EDGE_OK);
	ck_assert_int_eq(x.role, ACC_ROLE_COUNT);
	ck_assert_int_eq(x.link.reason, ACC_REASON_UNKNOWN_PEER);
	ck_assert_uint_eq(x.message.count, 0);
	ck_assert_str_eq(rule(), "EnablePartnerDiscovery=false");
}
END_TEST

START_TEST(explain_says_what_it_assumes_of_dns)
{
	struct acc_question q = {.from = "n@new.test",
				 .to = "a@contoso.com",
				 .method = "MESSAGE"};

	ck_assert_int_eq(ask(&q), EDGE_OK);
	ck_assert(edge_slice_eq_str(x.srv_assumed, "new.test"));
	ck_assert(x.message.is_limited);
	q.from = "carol@fabrikam.com";
	ck_assert_int_eq(ask(&q), EDGE_OK);
	ck_assert_uint_eq(edge_slice_len(x.srv_assumed), 0);
	ck_assert(!x.message.is_limited);
	q.from = "a@contoso.com";
	q.to = "l@Listed.test";
	ck_assert_int_eq(ask(&q), EDGE_OK);
	ck_assert(edge_slice_eq_str(x.srv_assumed, "listed.test"));
}
END_TEST

START_TEST(explain_of_an_undiscovered_domain_wants_a_provider)
{
	struct acc_question q = {.from = "a@contoso.com",
				 .to = "n@new.test",
				 .method = "MESSAGE"};

	p.topo.access.discovery = false;
	ck_assert_int_eq(ask(&q), EDGE_OK);
	ck_assert_int_eq(reason(), ACC_REASON_NO_PARTNER);
	ck_assert_str_eq(rule(),
			 "AllowFederatedUsers=true,FromDomain[contoso.com]=own,"
			 "BlockedDomain[new.test]=no,Method[MESSAGE]=routed,"
			 "EnablePartnerDiscovery[new.test]=false,"
			 "Srv[new.test]=no_provider");
	q.peer = "fed.im.test";
	ck_assert_int_eq(ask(&q), EDGE_OK);
	ck_assert_int_eq(reason(), ACC_REASON_OK);
}
END_TEST

START_TEST(explain_of_a_split_domain)
{
	struct acc_question q = {.from = "a@contoso.com",
				 .to = "b@contoso.com",
				 .method = "MESSAGE",
				 .route = "fed.cloud.test"};

	ck_assert_int_eq(ask(&q), EDGE_OK);
	ck_assert_int_eq(x.direction, ACC_TO_A_PARTNER);
	ck_assert_int_eq(reason(), ACC_REASON_OK);
	ck_assert_int_eq(x.role, ACC_ROLE_HST);
	ck_assert_str_eq(x.peer, "fed.cloud.test");
	q.route = NULL;
	q.direction = ACC_TO_A_PARTNER;
	ck_assert_int_eq(ask(&q), EDGE_OK);
	ck_assert_int_eq(reason(), ACC_REASON_INSIDE_DOMAINS);
}
END_TEST

START_TEST(explain_of_default_routing)
{
	const struct acc_question q = {.from = "n@new.test",
				       .to = "a@contoso.com",
				       .method = "MESSAGE"};

	p.topo.access.default_route = "hub.test";
	ck_assert_int_eq(ask(&q), EDGE_OK);
	ck_assert_int_eq(x.role, ACC_ROLE_CLR);
	ck_assert_int_eq(reason(), ACC_REASON_OK);
	ck_assert_str_eq(x.peer, "hub.test");
}
END_TEST

/* [from, to, peer, method] of which one cannot stand in a message */
static const char *const bad[][4] = {
	{"", "a@contoso.com", NULL, "MESSAGE"},
	{"carol@fabrikam.com", "", NULL, "MESSAGE"},
	{"carol@fabrikam.com", "a@contoso.com", NULL, ""},
	{"carol@fabrikam.com", "a@contoso.com", "", "MESSAGE"},
	{"carol@fabrikam.com", "a@contoso.com", ",", "MESSAGE"},
	{"carol@fabrikam.com", "a@contoso.com", "a,", "MESSAGE"},
	{"carol@fabrikam.com", "a@contoso.com", "a,,b", "MESSAGE"},
	{"carol@fabrikam.com", "a@contoso.com",
	 "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "MESSAGE"},
	{"carol@fabrikam.com>;tag=2\r\nX: y", "a@contoso.com", NULL, "MESSAGE"},
	{"carol@fabrikam.com", "a@contoso.com\r\nRoute: <sip:x>", NULL,
	 "MESSAGE"},
	{"carol@fabrikam.com", "a@contoso.com", NULL, "MESSAGE sip:x SIP/2.0"},
	{"carol@fabrikam.com", "a@contoso.com", NULL, "MESS\r\nAGE"},
	{"c\xff@fabrikam.com", "a@contoso.com", NULL, "MESSAGE"},
	{"x:y:z@[", "a@contoso.com", NULL, "MESSAGE"},
	{"carol@fabrikam.com", "a@contoso.com", "a b", "MESSAGE"},
	{"a@contoso.com", "n@new.test", "a.test,b.test", "MESSAGE"},
};

START_TEST(explain_refuses_what_is_no_message)
{
	const struct acc_question q = {.from = bad[_i][0],
				       .to = bad[_i][1],
				       .peer = bad[_i][2],
				       .method = bad[_i][3]};

	ck_assert_int_eq(ask(&q), EDGE_EFORMAT);
}
END_TEST

START_TEST(explain_refuses_what_is_too_long)
{
	char name[ACC_EXPLAIN_LEN];
	struct acc_question q = {
		.from = name, .to = "a@contoso.com", .method = "MESSAGE"};

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(ask(&q), EDGE_ELIMIT);
	q.from = "carol@fabrikam.com";
	q.peer = name;
	ck_assert_int_eq(ask(&q), EDGE_ELIMIT);
	name[300] = '\0';
	ck_assert_int_eq(ask(&q), EDGE_EFORMAT);
}
END_TEST

START_TEST(explain_takes_names_with_and_without_scheme)
{
	static const char *const names[] = {
		"sip:carol@fabrikam.com", "sips:carol@fabrikam.com",
		"carol@fabrikam.com:5061", "fabrikam.com", "SIP:fabrikam.com"};
	const struct acc_question q = {
		.from = names[_i], .to = "a@contoso.com", .method = "MESSAGE"};

	ck_assert_int_eq(ask(&q), EDGE_OK);
	ck_assert_int_eq(reason(), ACC_REASON_OK);
	ck_assert_int_eq(x.role, ACC_ROLE_DIR);
}
END_TEST

/* What the comparison of two topologies goes by. */
START_TEST(explained_same_looks_at_rights)
{
	struct acc_question q = {.from = "carol@fabrikam.com",
				 .to = "a@contoso.com",
				 .peer = "sip.fabrikam.com",
				 .method = "MESSAGE"};
	static struct topo_partner other[] = {
		{.domain = "fabrikam.com",
		 .proxy_fqdn = "sip.fabrikam.com",
		 .verification = TOPO_VERIFY_NEVER},
	};
	static const char *const also_blocked[] = {"fabrikam.com"};
	struct acc_explained was;

	ck_assert_int_eq(ask(&q), EDGE_OK);
	was = x;
	ck_assert_int_eq(ask(&q), EDGE_OK);
	ck_assert(acc_explained_same(&was, &x));
	p.topo.allowed = other;
	p.topo.allowed_count = 1;
	ck_assert_int_eq(ask(&q), EDGE_OK);
	ck_assert(!acc_explained_same(&was, &x)); /* its level */
	p.topo.allowed_count = 0;
	ck_assert_int_eq(ask(&q), EDGE_OK);
	ck_assert(!acc_explained_same(&was, &x)); /* role, limits */
	p.topo.blocked = also_blocked;
	ck_assert_int_eq(ask(&q), EDGE_OK);
	ck_assert(!acc_explained_same(&was, &x)); /* reason */
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_explain");
	TCase *t = tcase_create("explain");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, explain_rows, 0, sizeof(rows) / sizeof(*rows));
	tcase_add_test(t, explain_refuses_the_connection_of_a_stranger);
	tcase_add_test(t, explain_says_what_it_assumes_of_dns);
	tcase_add_test(t, explain_of_an_undiscovered_domain_wants_a_provider);
	tcase_add_test(t, explain_of_a_split_domain);
	tcase_add_test(t, explain_of_default_routing);
	tcase_add_loop_test(t, explain_refuses_what_is_no_message, 0,
			    sizeof(bad) / sizeof(*bad));
	tcase_add_test(t, explain_refuses_what_is_too_long);
	tcase_add_loop_test(t, explain_takes_names_with_and_without_scheme, 0,
			    5);
	tcase_add_test(t, explained_same_looks_at_rights);
	suite_add_tcase(s, t);
	return s;
}
