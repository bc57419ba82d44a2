/* Steps that mend records of the public zone. */
#include "edgectl/dns_cure.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

static struct ctl_cure cure;
static struct ctl_dns_want want;

static struct edge_addr at(const char *text)
{
	struct edge_addr a = {0};

	ck_assert(!edge_addr_parse(&a, edge_slice_str(text), 0));
	return a;
}

static void setup(void)
{
	cure = (struct ctl_cure){0};
	want = (struct ctl_dns_want){
		.name = "sip.contoso.com",
		.setting = "access",
		.may_have_more = true,
		.at = {at("192.0.2.21")},
		.at_count = 1,
		.got = {at("192.0.2.121")},
		.got_count = 1,
	};
}

static const char *steps(enum ctl_dns_verdict verdict)
{
	static char all[2048];
	size_t len = 0;

	ctl_dns_cure(&cure, &want, verdict, "/etc/lync-edge/edge.ini");
	all[0] = '\0';
	for (size_t i = 0; i < cure.count; i++)
		len += (size_t)snprintf(
			all + len, sizeof(all) - len, "%s: %s\n",
			ctl_hands_name(cure.step[i].hands), cure.step[i].line);
	return all;
}

/* What DNS says is not written down as right; the zone is there to be mended,
 * too. */
START_TEST(dns_cure_leaves_it_to_people_whose_balancer_it_is)
{
	ck_assert_str_eq(
		steps(CTL_DNS_BALANCED),
		"edge: # is 192.0.2.121 your balancer? Then nothing but "
		"\"access = 192.0.2.121\" in [public] of "
		"/etc/lync-edge/edge.ini; if not, in the zone:\n"
		"dns: delete sip.contoso.com. IN A 192.0.2.121\n"
		"dns: sip.contoso.com. 3600 IN A 192.0.2.21\n");
}
END_TEST

START_TEST(dns_cure_of_many_addresses_asks_all_the_same)
{
	for (want.got_count = 0; want.got_count < CTL_DNS_ADDRS;
	     want.got_count++) {
		want.got[want.got_count] =
			at("2001:db8:1111:2222:3333:4444:5555:6600");
		want.got[want.got_count].ip[15] = (uint8_t)want.got_count;
	}
	ck_assert_ptr_nonnull(strstr(steps(CTL_DNS_BALANCED), ", ...\" in"));
	ck_assert_uint_eq(cure.count, 1 + CTL_DNS_ADDRS + 1);
	ck_assert_uint_eq(cure.left_out, 0);
}
END_TEST

START_TEST(dns_cure_leaves_records_of_other_members)
{
	ck_assert_str_eq(steps(CTL_DNS_WRONG),
			 "dns: sip.contoso.com. 3600 IN A 192.0.2.21\n");
	cure.count = 0;
	want.may_have_more = false;
	ck_assert_str_eq(steps(CTL_DNS_WRONG),
			 "dns: delete sip.contoso.com. IN A 192.0.2.121\n"
			 "dns: sip.contoso.com. 3600 IN A 192.0.2.21\n");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/dns_cure");
	TCase *t = tcase_create("cure");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, dns_cure_leaves_it_to_people_whose_balancer_it_is);
	tcase_add_test(t, dns_cure_of_many_addresses_asks_all_the_same);
	tcase_add_test(t, dns_cure_leaves_records_of_other_members);
	suite_add_tcase(s, t);
	return s;
}
