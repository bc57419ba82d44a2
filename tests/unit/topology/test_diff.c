/* Differences: what to open and close, which facts changed. */
#include <check.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/topo_doc.h"
#include "topology/diff.h"

#define SELF "edge01.corp.contoso.com"

static struct topo_doc a, b;
static struct topo_diff *diff;

static void setup(void)
{
	topo_doc_load(&a, "01-single-edge-minimal.xml");
	topo_doc_load(&b, "01-single-edge-minimal.xml");
	diff = NULL;
}

static void teardown(void)
{
	topo_diff_free(diff);
	topo_doc_fini(&a);
	topo_doc_fini(&b);
}

static void compare(void)
{
	const struct topo *before = topo_doc_topo(&a, SELF);

	ck_assert_int_eq(topo_diff_new(&diff, before, topo_doc_topo(&b, SELF)),
			 EDGE_OK);
}

static const char *printed(size_t i)
{
	static char line[1024];

	ck_assert_uint_lt(i, diff->fact_count);
	(void)topo_fact_change_print(&diff->facts[i], line, sizeof(line));
	return line;
}

/* The sample has no XMPP partner: those two are in neither. */
static bool is_xmpp(size_t kind)
{
	return kind == TOPO_PORT_XMPP_OUTSIDE || kind == TOPO_PORT_XMPP_INSIDE;
}

START_TEST(topo_diff_is_empty_when_nothing_changed)
{
	compare();
	ck_assert_uint_eq(diff->fact_count, 0);
	for (size_t k = 0; k < TOPO_PORT_KINDS; k++)
		ck_assert_int_eq(diff->listen[k], is_xmpp(k)
							  ? TOPO_LISTEN_NONE
							  : TOPO_LISTEN_KEEP);
	ck_assert(!diff->next_hop && !diff->domains && !diff->trusted &&
		  !diff->federation && !diff->hosts && !diff->av);
}
END_TEST

START_TEST(topo_diff_opens_all_when_there_was_nothing)
{
	ck_assert_int_eq(topo_diff_new(&diff, NULL, topo_doc_topo(&b, SELF)),
			 EDGE_OK);
	for (size_t k = 0; k < TOPO_PORT_KINDS; k++)
		ck_assert_int_eq(diff->listen[k], is_xmpp(k)
							  ? TOPO_LISTEN_NONE
							  : TOPO_LISTEN_OPEN);
	ck_assert(diff->next_hop && diff->domains && diff->trusted);
	ck_assert_str_eq(printed(0), "+ allowed -");
}
END_TEST

START_TEST(topo_diff_moves_one_listener)
{
	topo_doc_replace(&b, "Port=\"444\" Protocol=\"Tls\"",
			 "Port=\"445\" Protocol=\"Tls\"");
	compare();
	ck_assert_int_eq(diff->listen[TOPO_PORT_WEBCONF_CLIENT],
			 TOPO_LISTEN_MOVE);
	ck_assert_int_eq(diff->listen[TOPO_PORT_ACCESS_CLIENT],
			 TOPO_LISTEN_KEEP);
	ck_assert_uint_eq(diff->fact_count, 1);
	ck_assert_str_eq(printed(0),
			 "~ listen.webconf.client 192.0.2.11:444/tls -> "
			 "192.0.2.11:445/tls");
	ck_assert(!diff->next_hop && !diff->domains);
}
END_TEST

START_TEST(topo_diff_closes_and_opens_federation)
{
	static const char from[] =
		"Usage=\"SipServer\" InterfaceSide=\"External\"";
	const struct topo *off;

	topo_doc_replace(&b, from,
			 "Usage=\"Other\" InterfaceSide=\"External\"");
	compare();
	ck_assert_int_eq(diff->listen[TOPO_PORT_ACCESS_FEDERATION],
			 TOPO_LISTEN_CLOSE);
	ck_assert(diff->federation);
	topo_diff_free(diff);
	off = b.topo;
	ck_assert_int_eq(topo_diff_new(&diff, off, a.topo), EDGE_OK);
	ck_assert_int_eq(diff->listen[TOPO_PORT_ACCESS_FEDERATION],
			 TOPO_LISTEN_OPEN);
}
END_TEST

START_TEST(topo_diff_tells_domains_from_next_hop)
{
	topo_doc_replace(&b, "<InternalDomain Name",
			 "<InternalDomain Name=\"fabrikam.com\" />"
			 "<InternalDomain Name");
	compare();
	ck_assert(diff->domains && !diff->next_hop && !diff->trusted);
}
END_TEST

START_TEST(topo_diff_sees_a_new_address_of_the_next_hop)
{
	topo_doc_hosts(&a, "10.20.30.21 fe01.corp.contoso.com\n");
	topo_doc_hosts(&b, "10.20.30.22 fe01.corp.contoso.com\n");
	compare();
	ck_assert(diff->hosts && diff->next_hop && !diff->domains);
	ck_assert_str_eq(printed(0), "~ host.fe01.corp.contoso.com "
				     "10.20.30.21 -> 10.20.30.22");
}
END_TEST

START_TEST(topo_diff_sees_an_ipv6_twin_that_appears)
{
	topo_doc_replace(&b, "IPAddress=\"192.0.2.11\"",
			 "IPAddress=\"192.0.2.11\" "
			 "IPv6Address=\"2001:db8::11\"");
	compare();
	ck_assert(diff->av && diff->webconf && !diff->hosts);
	ck_assert_uint_eq(diff->fact_count, 3);
	ck_assert_str_eq(printed(0), "~ av.own.ipv6 - -> 2001:db8::11");
	ck_assert_str_eq(printed(1), "~ av.public.ipv6 - -> 2001:db8::11");
	ck_assert_str_eq(printed(2), "~ webconf.own.ipv6 - -> 2001:db8::11");
}
END_TEST

START_TEST(topo_diff_lists_added_and_removed_facts)
{
	topo_doc_hosts(&a, "10.20.30.21 fe01.corp.contoso.com\n"
			   "10.0.0.1 a.test\n");
	topo_doc_hosts(&b, "10.20.30.21 fe01.corp.contoso.com\n"
			   "10.0.0.2 b.test\n");
	compare();
	ck_assert(diff->hosts && !diff->next_hop);
	ck_assert_uint_eq(diff->fact_count, 2);
	ck_assert_str_eq(printed(0), "- host.a.test 10.0.0.1");
	ck_assert_str_eq(printed(1), "+ host.b.test 10.0.0.2");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("diff");
	TCase *tc = tcase_create("changes");

	tcase_set_timeout(tc, 10);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, topo_diff_is_empty_when_nothing_changed);
	tcase_add_test(tc, topo_diff_opens_all_when_there_was_nothing);
	tcase_add_test(tc, topo_diff_moves_one_listener);
	tcase_add_test(tc, topo_diff_closes_and_opens_federation);
	tcase_add_test(tc, topo_diff_tells_domains_from_next_hop);
	tcase_add_test(tc, topo_diff_sees_a_new_address_of_the_next_hop);
	tcase_add_test(tc, topo_diff_sees_an_ipv6_twin_that_appears);
	tcase_add_test(tc, topo_diff_lists_added_and_removed_facts);
	suite_add_tcase(s, tc);
	return s;
}
