/* Domain and method rows of AE 2.8, 3.1, 3.6, 5. */
#include <stdio.h>

#include "access-edge/domain.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/policy_fixture.h"

static struct policy p;

static void setup(void)
{
	policy_init(&p);
}

static void teardown(void)
{
	policy_fini(&p);
}

static void request(const char *method, const char *ruri, const char *from,
		    const char *to)
{
	char lines[512];

	snprintf(lines, sizeof(lines), "From: <%s>;tag=1\nTo: <%s>\n", from,
		 to);
	policy_request(&p, method, ruri, lines);
}

static enum acc_reason check(struct acc_source from, bool in_dialog)
{
	struct acc_verdict v;

	return acc_domain_check(&v, &p.view, &p.in.msg, &from, in_dialog);
}

START_TEST(user_from_must_be_a_domain_of_ours)
{
	static const struct {
		const char *from;
		enum acc_reason want;
	} rows[] = {
		{"sip:alice@contoso.com", ACC_REASON_OK},
		{"sip:alice@CONTOSO.com", ACC_REASON_OK},
		{"sips:alice@contoso.com:5061", ACC_REASON_OK},
		{"sip:alice@litware.com", ACC_REASON_OK},
		{"sip:alice@emea.litware.com", ACC_REASON_OK},
		{"sip:alice@emea.contoso.com", ACC_REASON_FROM_DOMAIN},
		{"sip:alice@xlitware.com", ACC_REASON_FROM_DOMAIN},
		{"sip:alice@fabrikam.com", ACC_REASON_FROM_DOMAIN},
		{"sip:alice@contoso.com.evil.org", ACC_REASON_FROM_DOMAIN},
		{"sip:alice@evil.org;maddr=contoso.com",
		 ACC_REASON_FROM_DOMAIN},
		{"sip:10.0.5.11", ACC_REASON_FROM_DOMAIN},
		{"tel:+1425", ACC_REASON_FROM_DOMAIN},
		{"sip:a@anonymous.invalid", ACC_REASON_ANONYMOUS_OFF},
	};

	request("MESSAGE", "sip:bob@contoso.com", rows[_i].from, "sip:bob@x.y");
	ck_assert_int_eq(check(policy_user(), false), rows[_i].want);
	ck_assert_int_eq(check(policy_user(), true), rows[_i].want);
}
END_TEST

START_TEST(user_to_may_be_anything)
{
	request("MESSAGE", "sip:carol@fabrikam.com", "sip:alice@contoso.com",
		"sip:carol@adatum.com");
	ck_assert_int_eq(check(policy_user(), false), ACC_REASON_OK);
}
END_TEST

START_TEST(register_names_one_domain)
{
	static const struct {
		const char *ruri, *from, *to;
		enum acc_reason want;
	} rows[] = {
		{"sip:contoso.com", "sip:a@contoso.com", "sip:a@contoso.com",
		 ACC_REASON_OK},
		{"sip:CONTOSO.COM", "sip:a@contoso.com", "sip:a@Contoso.com",
		 ACC_REASON_OK},
		{"sip:litware.com", "sip:a@contoso.com", "sip:a@contoso.com",
		 ACC_REASON_REGISTER_DOMAIN},
		{"sip:contoso.com", "sip:a@contoso.com", "sip:a@litware.com",
		 ACC_REASON_REGISTER_DOMAIN},
		{"sip:contoso.com", "sip:a@litware.com", "sip:a@contoso.com",
		 ACC_REASON_REGISTER_DOMAIN},
		{"sip:fabrikam.com", "sip:a@fabrikam.com", "sip:a@fabrikam.com",
		 ACC_REASON_FROM_DOMAIN},
	};
	struct acc_source from = policy_user();

	from.signed_in = false;
	request("REGISTER", rows[_i].ruri, rows[_i].from, rows[_i].to);
	ck_assert_int_eq(check(from, false), rows[_i].want);
}
END_TEST

START_TEST(user_before_sign_in_has_few_methods)
{
	static const struct {
		const char *method;
		enum acc_reason off, on; /* anonymous users */
	} rows[] = {
		{"REGISTER", ACC_REASON_OK, ACC_REASON_OK},
		{"ACK", ACC_REASON_OK, ACC_REASON_OK},
		{"CANCEL", ACC_REASON_OK, ACC_REASON_OK},
		{"INVITE", ACC_REASON_METHOD_UNSIGNED, ACC_REASON_OK},
		{"SERVICE", ACC_REASON_METHOD_UNSIGNED, ACC_REASON_OK},
		{"MESSAGE", ACC_REASON_METHOD_UNSIGNED,
		 ACC_REASON_METHOD_UNSIGNED},
		{"SUBSCRIBE", ACC_REASON_METHOD_UNSIGNED,
		 ACC_REASON_METHOD_UNSIGNED},
		{"BYE", ACC_REASON_METHOD_UNSIGNED, ACC_REASON_METHOD_UNSIGNED},
		{"OPTIONS", ACC_REASON_METHOD_UNSIGNED,
		 ACC_REASON_METHOD_UNSIGNED},
		{"newmethod", ACC_REASON_METHOD_UNSIGNED,
		 ACC_REASON_METHOD_UNSIGNED},
	};
	struct acc_source from = policy_user();

	request(rows[_i].method, "sip:contoso.com", "sip:alice@contoso.com",
		"sip:alice@contoso.com");
	ck_assert_int_eq(check(from, false), ACC_REASON_OK);
	from.signed_in = false;
	ck_assert_int_eq(check(from, false), rows[_i].off);
	p.topo.access.anonymous_users = true;
	ck_assert_int_eq(check(from, false), rows[_i].on);
}
END_TEST

START_TEST(anonymous_reaches_conferences_only)
{
	static const char focus[] = "sip:bob@contoso.com;gruu;opaque=app:conf:"
				    "focus:id:7X";
	static const char mras[] =
		"sip:edgepool.contoso.net@contoso.com;gruu;opaque=srvr:MRAS:Ab";
	static const struct {
		const char *method, *ruri;
		bool signed_in, in_dialog;
		enum acc_reason want;
	} rows[] = {
		{"INVITE", focus, false, false, ACC_REASON_OK},
		{"SERVICE", mras, false, false, ACC_REASON_OK},
		{"SUBSCRIBE", focus, true, false, ACC_REASON_OK},
		{"SUBSCRIBE", focus, false, false, ACC_REASON_METHOD_UNSIGNED},
		{"INVITE", "sip:bob@contoso.com", false, false,
		 ACC_REASON_ANONYMOUS_OFF},
		{"INVITE", "sip:bob@contoso.com;opaque=user:epid:x;gruu", true,
		 false, ACC_REASON_ANONYMOUS_OFF},
		{"BYE", "sip:fe01.contoso.net", true, true, ACC_REASON_OK},
		{"PRACK", "sip:fe01.contoso.net", false, true, ACC_REASON_OK},
		{"BYE", "sip:fe01.contoso.net", true, false,
		 ACC_REASON_ANONYMOUS_OFF},
		{"MESSAGE", focus, true, false, ACC_REASON_METHOD_UNSIGNED},
		{"REGISTER", "sip:contoso.com", false, false,
		 ACC_REASON_METHOD_UNSIGNED},
	};
	struct acc_source from = policy_user();

	from.signed_in = rows[_i].signed_in;
	request(rows[_i].method, rows[_i].ruri, "sip:x1@anonymous.invalid",
		"sip:bob@contoso.com");
	ck_assert_int_eq(check(from, rows[_i].in_dialog),
			 ACC_REASON_ANONYMOUS_OFF);
	p.topo.access.anonymous_users = true;
	ck_assert_int_eq(check(from, rows[_i].in_dialog), rows[_i].want);
}
END_TEST

START_TEST(outside_users_off_refuses_everything_of_users)
{
	struct acc_source from = policy_user();

	p.topo.access.outside_users = false;
	request("REGISTER", "sip:contoso.com", "sip:a@contoso.com",
		"sip:a@contoso.com");
	ck_assert_int_eq(check(from, true), ACC_REASON_OUTSIDE_USERS_OFF);
	ck_assert_int_eq(check(policy_inside(), false), ACC_REASON_OK);
}
END_TEST

START_TEST(partner_rows)
{
	static const struct {
		const char *method, *from, *to;
		bool in_dialog;
		enum acc_reason want;
	} rows[] = {
		{"MESSAGE", "sip:c@fabrikam.com", "sip:a@contoso.com", false,
		 ACC_REASON_OK},
		{"MESSAGE", "sip:c@adatum.com", "sip:a@contoso.com", false,
		 ACC_REASON_BLOCKED_DOMAIN},
		{"MESSAGE", "sip:c@adatum.com", "sip:a@contoso.com", true,
		 ACC_REASON_BLOCKED_DOMAIN},
		{"MESSAGE", "sip:c@contoso.com", "sip:a@contoso.com", false,
		 ACC_REASON_SOURCE_DOMAIN},
		{"MESSAGE", "tel:+1", "sip:a@contoso.com", false,
		 ACC_REASON_SOURCE_DOMAIN},
		{"MESSAGE", "sip:c@fabrikam.com", "sip:d@fabrikam.com", false,
		 ACC_REASON_NO_ROUTE},
		{"BYE", "sip:c@fabrikam.com", "sip:d@fabrikam.com", true,
		 ACC_REASON_OK},
		{"REGISTER", "sip:c@fabrikam.com", "sip:a@contoso.com", false,
		 ACC_REASON_PARTNER_METHOD},
		{"PUBLISH", "sip:c@fabrikam.com", "sip:a@contoso.com", false,
		 ACC_REASON_PARTNER_METHOD},
		{"newmethod", "sip:c@fabrikam.com", "sip:a@contoso.com", false,
		 ACC_REASON_PARTNER_METHOD},
		{"SERVICE", "sip:c@fabrikam.com", "sip:a@contoso.com", false,
		 ACC_REASON_OK},
	};

	request(rows[_i].method, "sip:a@contoso.com", rows[_i].from,
		rows[_i].to);
	ck_assert_int_eq(check(policy_partner(), rows[_i].in_dialog),
			 rows[_i].want);
	p.topo.access.federated_users = false;
	ck_assert_int_eq(check(policy_partner(), rows[_i].in_dialog),
			 ACC_REASON_FEDERATION_OFF);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_domain");
	TCase *t = tcase_create("domain");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, user_from_must_be_a_domain_of_ours, 0, 13);
	tcase_add_test(t, user_to_may_be_anything);
	tcase_add_loop_test(t, register_names_one_domain, 0, 6);
	tcase_add_loop_test(t, user_before_sign_in_has_few_methods, 0, 10);
	tcase_add_loop_test(t, anonymous_reaches_conferences_only, 0, 11);
	tcase_add_test(t, outside_users_off_refuses_everything_of_users);
	tcase_add_loop_test(t, partner_rows, 0, 11);
	suite_add_tcase(s, t);
	return s;
}
