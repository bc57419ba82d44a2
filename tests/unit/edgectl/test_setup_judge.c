/* The four steps, from facts. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "edgectl/setup_judge.h"
#include "tests/support/suite.h"

static struct ctl_setup_facts f;
static struct ctl_setup_step step[CTL_SETUP_STEPS];

/* A host where everything is done. */
static void setup(void)
{
	f = (struct ctl_setup_facts){
		.fqdn = "edge01.corp.contoso.com",
		.self = "edge01.corp.contoso.com",
		.seq = 7,
		.hosts = 12,
		.has_folders = true,
		.trusts_inside = true,
		.is_single = true,
		.has_psom_key = true,
	};
	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++) {
		f.service[i].runs = f.service[i].is_ready = true;
		f.service[i].seq = 7;
	}
	f.cert[EDGE_CERT_TURN].state = CTL_CERT_ABSENT; /* a choice */
}

/* The marks as letters: "dtdf"; done, to do, failed. */
static const char *marks(void)
{
	static char out[CTL_SETUP_STEPS + 1];

	ctl_setup_judge(step, &f);
	for (size_t i = 0; i < CTL_SETUP_STEPS; i++)
		out[i] = *ctl_setup_mark_name(step[i].mark);
	return out;
}

static void says(size_t which, const char *words)
{
	ck_assert_msg(strstr(step[which].text, words), "'%s' lacks '%s'",
		      step[which].text, words);
}

START_TEST(setup_judge_finds_all_done)
{
	ck_assert_str_eq(marks(), "dddd");
	says(CTL_SETUP_STORE, "edge01.corp.contoso.com, topology 7, 12 names");
	f.fqdn = "Edge01.corp.contoso.com";
	ck_assert_str_eq(marks(), "dddd");
}
END_TEST

START_TEST(setup_judge_of_a_bare_host)
{
	memset(&f, 0, sizeof(f));
	for (unsigned i = 0; i < EDGE_CERT_USES; i++)
		f.cert[i].state = CTL_CERT_ABSENT;
	ck_assert_str_eq(marks(), "tttt");
	says(CTL_SETUP_STORE, "--bundle FILE");
	says(CTL_SETUP_PARTS, "--trust-internal FILE");
	says(CTL_SETUP_CERTIFICATES, "after step 1");
	says(CTL_SETUP_START, "access-edge does not run, and waits");
	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++)
		ck_assert(!ctl_setup_may_start(&f, i));
}
END_TEST

START_TEST(setup_judge_of_the_store)
{
	f.store_why = "topology.snap: line 3: no such fact";
	ck_assert_str_eq(marks(), "fddd");
	says(CTL_SETUP_STORE, "line 3");
	f.store_why = NULL;
	f.fqdn = "edge02.corp.contoso.com";
	ck_assert_str_eq(marks(), "fddd");
	says(CTL_SETUP_STORE, "edge02.corp.contoso.com");
	f.fqdn = NULL;
	ck_assert_str_eq(marks(), "tddd");
	f.fqdn = f.self;
	f.hosts = 0;
	ck_assert_str_eq(marks(), "tddd");
	says(CTL_SETUP_STORE, "edgectl hosts load");
}
END_TEST

START_TEST(setup_judge_of_the_components)
{
	f.has_psom_key = false;
	ck_assert_str_eq(marks(), "dtdd");
	f.is_single = false;
	ck_assert_str_eq(marks(), "dtdd");
	says(CTL_SETUP_PARTS, "route key of the pool");
	f.has_route_key = f.has_psom_key = true;
	ck_assert_str_eq(marks(), "dddd");
	f.net_open = 2;
	f.net_first = "ext: no default route";
	ck_assert_str_eq(marks(), "dtdd");
	says(CTL_SETUP_PARTS, "network: 2 to mend, first: ext: no default");
	f.trusts_inside = false;
	ck_assert_str_eq(marks(), "dtdd");
	says(CTL_SETUP_PARTS, "; network"); /* all of it is told */
}
END_TEST

START_TEST(setup_judge_of_the_certificates)
{
	f.cert[EDGE_CERT_ACCESS].state = CTL_CERT_ASKED;
	f.cert[EDGE_CERT_WEBCONF].state = CTL_CERT_ANSWERED;
	ck_assert_str_eq(marks(), "ddtd");
	says(CTL_SETUP_CERTIFICATES, "access: a request waits");
	says(CTL_SETUP_CERTIFICATES, "webconf: an answer waits");
	f.cert[EDGE_CERT_INTERNAL].state = CTL_CERT_BAD;
	strcpy(f.cert[EDGE_CERT_INTERNAL].why, "expired");
	ck_assert_str_eq(marks(), "ddfd");
	says(CTL_SETUP_CERTIFICATES, "internal: expired");
	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++)
		ck_assert(!ctl_setup_may_start(&f, i));
}
END_TEST

START_TEST(setup_judge_lets_start_what_has_its_own_certificates)
{
	f.cert[EDGE_CERT_WEBCONF].state = CTL_CERT_ASKED;
	ck_assert(ctl_setup_may_start(&f, 0));
	ck_assert(!ctl_setup_may_start(&f, 1));
	ck_assert(ctl_setup_may_start(&f, 2));
	f.service[1].runs = false;
	ck_assert_str_eq(marks(), "ddtt");
	says(CTL_SETUP_START, "webconf-edge does not run, and waits");
}
END_TEST

START_TEST(setup_judge_of_the_services)
{
	f.service[0].runs = false;
	ck_assert_str_eq(marks(), "dddt");
	ck_assert_str_eq(step[CTL_SETUP_START].text,
			 "access-edge does not run");
	f.service[0].runs = true;
	f.service[1].is_ready = false;
	ck_assert_str_eq(marks(), "dddt");
	f.service[2].seq = 6;
	ck_assert_str_eq(marks(), "dddf");
	says(CTL_SETUP_START, "systemctl reload av-edge");
}
END_TEST

START_TEST(setup_judge_of_the_next_start_of_the_host)
{
	f.net = CTL_UNIT_DISABLED;
	ck_assert_str_eq(marks(), "dtdd");
	says(CTL_SETUP_PARTS, "systemctl enable lync-edge-net.service");
	f.target = CTL_UNIT_DISABLED;
	ck_assert_str_eq(marks(), "dtdt");
	says(CTL_SETUP_START, "systemctl enable lync-edge.target");
	f.net = f.target = CTL_UNIT_ENABLED;
	f.service[2].unit = CTL_UNIT_DISABLED;
	ck_assert_str_eq(marks(), "dddt");
	ck_assert_str_eq(step[CTL_SETUP_START].text,
			 "av-edge does not start with this host: systemctl "
			 "enable av-edge");
	ck_assert(ctl_setup_serves(&f)); /* for now */
	f.service[2].is_ready = false;
	ck_assert(!ctl_setup_serves(&f));
}
END_TEST

START_TEST(setup_judge_enables_no_unit_that_is_masked)
{
	f.service[2].unit = CTL_UNIT_MASKED;
	ck_assert_str_eq(marks(), "dddt");
	ck_assert_str_eq(step[CTL_SETUP_START].text,
			 "av-edge does not start with this host, for av-edge "
			 "is masked: systemctl unmask av-edge");
	f.net = CTL_UNIT_MASKED;
	ck_assert_str_eq(marks(), "dtdt");
	says(CTL_SETUP_PARTS, "systemctl unmask lync-edge-net.service");
	ck_assert(ctl_setup_serves(&f)); /* for now */
}
END_TEST

START_TEST(setup_judge_names_units_by_their_state)
{
	const bool wanted[CTL_SETUP_SERVICES] = {true};
	const char *unit[CTL_SETUP_UNITS];

	f.service[0].runs = f.service[1].runs = false;
	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++)
		f.service[i].unit = CTL_UNIT_DISABLED;
	f.target = CTL_UNIT_MASKED;
	ck_assert_uint_eq(ctl_setup_units(unit, &f, wanted, CTL_UNIT_DISABLED),
			  2); /* the one between is not wanted */
	ck_assert_str_eq(unit[0], "access-edge");
	ck_assert_str_eq(unit[1], "av-edge");
	ck_assert_uint_eq(ctl_setup_units(unit, &f, wanted, CTL_UNIT_MASKED),
			  1);
	ck_assert_str_eq(unit[0], "lync-edge.target");
}
END_TEST

START_TEST(setup_judge_stays_in_its_text)
{
	char why[CTL_SETUP_WHY];

	memset(why, 'x', sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	for (unsigned i = 0; i < EDGE_CERT_USES; i++) {
		f.cert[i].state = CTL_CERT_BAD;
		strcpy(f.cert[i].why, why);
	}
	ck_assert_str_eq(marks(), "ddfd");
	ck_assert_uint_lt(strlen(step[CTL_SETUP_CERTIFICATES].text),
			  CTL_SETUP_TEXT);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/setup_judge");
	TCase *t = tcase_create("steps");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, setup_judge_finds_all_done);
	tcase_add_test(t, setup_judge_of_a_bare_host);
	tcase_add_test(t, setup_judge_of_the_store);
	tcase_add_test(t, setup_judge_of_the_components);
	tcase_add_test(t, setup_judge_of_the_certificates);
	tcase_add_test(t, setup_judge_lets_start_what_has_its_own_certificates);
	tcase_add_test(t, setup_judge_of_the_services);
	tcase_add_test(t, setup_judge_of_the_next_start_of_the_host);
	tcase_add_test(t, setup_judge_enables_no_unit_that_is_masked);
	tcase_add_test(t, setup_judge_names_units_by_their_state);
	tcase_add_test(t, setup_judge_stays_in_its_text);
	suite_add_tcase(s, t);
	return s;
}
