/* Look-ups: label boundaries, case, trailing dot, and who may come in. */
#include <check.h>

#include "tests/support/suite.h"
#include "tests/support/topo_doc.h"
#include "topology/name.h"

static struct topo_doc d;
static const struct topo *t;

static void load(const char *file)
{
	topo_doc_load(&d, file);
	t = topo_doc_topo(&d, "edge01.corp.contoso.com");
}

static void load_pool(void)
{
	topo_doc_load(&d, "04-docitemset-pool.xml");
	topo_doc_hosts(&d, "10.20.30.31 dir01.corp.contoso.com\n");
	t = topo_doc_topo(&d, "edge01.corp.contoso.com");
}

static void unload(void)
{
	topo_doc_fini(&d);
}

static struct edge_slice s(const char *text)
{
	return edge_slice_str(text);
}

static const char *domain(const char *host)
{
	const struct topo_domain *found = topo_find_domain(t, s(host));

	return found ? found->name : "-";
}

START_TEST(topo_find_domain_keeps_label_boundaries)
{
	unload();
	load("03-multi-domain-federation.xml");
	ck_assert_str_eq(domain("contoso.com"), "contoso.com");
	ck_assert_str_eq(domain("CONTOSO.com."), "contoso.com");
	ck_assert_str_eq(domain("x.contoso.com"), "-");
	ck_assert_str_eq(domain("emea.contoso.com"), "emea.contoso.com");
	ck_assert_str_eq(domain("fabrikam.com"), "fabrikam.com");
	ck_assert_str_eq(domain("a.b.fabrikam.com"), "fabrikam.com");
	ck_assert_str_eq(domain("xfabrikam.com"), "-");
	ck_assert_str_eq(domain(".fabrikam.com"), "-");
	ck_assert_str_eq(domain("com"), "-");
	ck_assert_str_eq(domain(""), "-");
	ck_assert_str_eq(domain("."), "-");
}
END_TEST

START_TEST(topo_find_domain_never_takes_all)
{
	unload();
	topo_doc_load(&d, "01-single-edge-minimal.xml");
	topo_doc_replace(&d, "AllowAllDomains=\"false\"",
			 "AllowAllDomains=\"true\"");
	t = topo_doc_topo(&d, "edge01.corp.contoso.com");
	ck_assert_str_eq(domain("contoso.com"), "contoso.com");
	ck_assert_str_eq(domain("other.test"), "-");
}
END_TEST

START_TEST(topo_find_registrar_knows_pools_and_members)
{
	const struct topo_host *member;
	const struct topo_cluster *c =
		topo_find_registrar(t, s("DIR02.corp.contoso.com"), &member);

	ck_assert_str_eq(c->fqdn, "dirpool01.corp.contoso.com");
	ck_assert_str_eq(member->fqdn, "dir02.corp.contoso.com");
	c = topo_find_registrar(t, s("fepool01.corp.contoso.com."), &member);
	ck_assert_str_eq(c->fqdn, "fepool01.corp.contoso.com");
	ck_assert_ptr_null(member);
	c = topo_find_registrar(t, s("sql01.corp.contoso.com"), &member);
	ck_assert_ptr_null(c);
	ck_assert_ptr_null(member);
	ck_assert_ptr_nonnull(
		topo_find_registrar(t, s("fe03.corp.contoso.com"), NULL));
}
END_TEST

START_TEST(topo_is_trusted_is_told_by_listener)
{
	/* the Director: SIP, but no conferencing and no pushes */
	ck_assert(topo_is_trusted(t, s("dir01.corp.contoso.com"),
				  TOPO_TRUST_SIP));
	ck_assert(!topo_is_trusted(t, s("dir01.corp.contoso.com"),
				   TOPO_TRUST_WEBCONF));
	ck_assert(!topo_is_trusted(t, s("dir01.corp.contoso.com"),
				   TOPO_TRUST_REPLICA));
	ck_assert(topo_is_trusted(t, s("FE02.corp.contoso.com"),
				  TOPO_TRUST_WEBCONF));
	ck_assert(topo_is_trusted(t, s("fepool01.corp.contoso.com"),
				  TOPO_TRUST_REPLICA));
	ck_assert(!topo_is_trusted(t, s("sql01.corp.contoso.com"),
				   TOPO_TRUST_SIP));
	ck_assert(!topo_is_trusted(t, s("corp.contoso.com"), TOPO_TRUST_SIP));
	ck_assert(!topo_is_trusted(t, s("xdir01.corp.contoso.com"),
				   TOPO_TRUST_SIP));
	ck_assert(!topo_is_trusted(t, s(""), TOPO_TRUST_SIP));
}
END_TEST

START_TEST(topo_is_our_machine_knows_pool_and_members)
{
	ck_assert(topo_is_our_machine(t, s("edge01.corp.contoso.com")));
	ck_assert(topo_is_our_machine(t, s("EDGE02.corp.contoso.com.")));
	ck_assert(topo_is_our_machine(t, s("edgepool01.corp.contoso.com")));
	ck_assert(!topo_is_our_machine(t, s("edge03.corp.contoso.com")));
}
END_TEST

START_TEST(topo_find_partner_and_blocked_are_exact)
{
	ck_assert(topo_is_blocked(t, s("Adatum.com")));
	ck_assert(!topo_is_blocked(t, s("x.adatum.com")));
	ck_assert_ptr_nonnull(topo_find_partner(t, s("fabrikam.com.")));
	ck_assert_ptr_null(topo_find_partner(t, s("x.fabrikam.com")));
	ck_assert_ptr_null(topo_find_partner(t, s("adatum.com")));
}
END_TEST

START_TEST(topo_find_host_reads_hosts_and_the_own_pool)
{
	ck_assert_ptr_nonnull(topo_find_host(t, s("dir01.corp.contoso.com")));
	ck_assert_ptr_nonnull(topo_find_host(t, s("Edge02.corp.contoso.com")));
	ck_assert_uint_eq(
		topo_find_host(t, s("edgepool01.corp.contoso.com"))->addr_count,
		2);
	ck_assert_ptr_null(topo_find_host(t, s("fe01.corp.contoso.com")));
	ck_assert_ptr_null(topo_find_host(t, edge_slice("a\0b", 3)));
}
END_TEST

START_TEST(topo_is_inside_name_covers_suffix_and_names)
{
	ck_assert(topo_is_inside_name(t, s("nobody.CORP.contoso.com.")));
	ck_assert(topo_is_inside_name(t, s("corp.contoso.com")));
	ck_assert(!topo_is_inside_name(t, s("xcorp.contoso.com")));
	ck_assert(!topo_is_inside_name(t, s("contoso.com")));
	ck_assert(!topo_is_inside_name(t, s("sip.fabrikam.com")));
}
END_TEST

START_TEST(topo_is_inside_name_goes_by_name_when_the_suffix_is_sip)
{
	unload();
	topo_doc_load(&d, "01-single-edge-minimal.xml");
	for (int i = 0; i < 2; i++) /* cluster and machine */
		topo_doc_replace(&d, "Fqdn=\"fe01.corp.contoso.com\"",
				 "Fqdn=\"fe01.contoso.com\"");
	t = topo_doc_topo(&d, "edge01.corp.contoso.com");
	ck_assert(topo_is_inside_name(t, s("fe01.contoso.com")));
	ck_assert(!topo_is_inside_name(t, s("fe02.contoso.com")));
	ck_assert(!topo_is_inside_name(t, s("sip.contoso.com")));
}
END_TEST

static bool is_inside(const char *address)
{
	struct edge_addr at;

	ck_assert_int_eq(edge_addr_parse(&at, s(address), 80), EDGE_OK);
	return topo_is_inside_address(t, &at);
}

START_TEST(topo_is_inside_address_covers_hosts_and_our_own)
{
	ck_assert(is_inside("10.20.30.31")); /* HOSTS */
	ck_assert(is_inside("::ffff:10.20.30.31"));
	ck_assert(!is_inside("10.20.30.32"));
	ck_assert(!is_inside("203.0.113.9"));
	ck_assert(topo_is_inside_address(t, &t->internal));
	ck_assert(topo_is_inside_address(
		t, &t->listen[TOPO_PORT_ACCESS_CLIENT].addr));
	ck_assert_uint_gt(t->av_member_count, 0);
	ck_assert(topo_is_inside_address(t, &t->av_members[0]));
	ck_assert_uint_gt(t->members[0].addr_count, 0);
	ck_assert(topo_is_inside_address(t, &t->members[0].addrs[0]));
}
END_TEST

START_TEST(topo_name_is_valid_follows_dns)
{
	static const char *const good[] = {"a", "a.b", "a-b_c.d1.", "xn--a.b"};
	static const char *const bad[] = {
		"",	    ".",   "a..b", ".a",  "a b",  "a,b",
		"10.1.2.3", "*.a", "a/b",  "::1", "a\tb", "\xc3\xa4.a"};
	char label[70] = "";

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ck_assert_msg(topo_name_is_valid(s(good[i])), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!topo_name_is_valid(s(bad[i])), "%s", bad[i]);
	for (int i = 0; i < 63; i++)
		label[i] = 'x';
	ck_assert(topo_name_is_valid(s(label)));
	label[63] = 'x';
	ck_assert(!topo_name_is_valid(s(label)));
	ck_assert(topo_name_is_canonical(s("a.b")));
	ck_assert(!topo_name_is_canonical(s("a.b.")));
	ck_assert(!topo_name_is_canonical(s("A.b")));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("find");
	TCase *tc = tcase_create("look-ups");

	tcase_set_timeout(tc, 10);
	tcase_add_checked_fixture(tc, load_pool, unload);
	tcase_add_test(tc, topo_find_domain_keeps_label_boundaries);
	tcase_add_test(tc, topo_find_domain_never_takes_all);
	tcase_add_test(tc, topo_find_registrar_knows_pools_and_members);
	tcase_add_test(tc, topo_is_trusted_is_told_by_listener);
	tcase_add_test(tc, topo_is_our_machine_knows_pool_and_members);
	tcase_add_test(tc, topo_find_partner_and_blocked_are_exact);
	tcase_add_test(tc, topo_find_host_reads_hosts_and_the_own_pool);
	tcase_add_test(tc, topo_is_inside_name_covers_suffix_and_names);
	tcase_add_test(tc,
		       topo_is_inside_name_goes_by_name_when_the_suffix_is_sip);
	tcase_add_test(tc, topo_is_inside_address_covers_hosts_and_our_own);
	tcase_add_test(tc, topo_name_is_valid_follows_dns);
	suite_add_tcase(suite, tc);
	return suite;
}
