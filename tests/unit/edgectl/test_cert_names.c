/* Names wanted in certificates (TO 5.1, 5.2). */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/cert_names.h"
#include "tests/support/suite.h"

static struct topo sample(void)
{
	static const struct topo_domain domains[] = {
		{.name = "contoso.com", .is_default = true},
		{.name = "fabrikam.com", .sub_domains = true},
	};

	return (struct topo){
		.self = "edge01.corp.contoso.com",
		.pool = "edgepool01.corp.contoso.com",
		.access_name = "sip.contoso.com",
		.webconf_name = "webconf.contoso.com",
		.av_name = "av.contoso.com",
		.domains = domains,
		.domain_count = 2,
	};
}

static const struct {
	enum edge_cert_use use;
	const char *name, *wanted;
} cases[] = {
	{EDGE_CERT_ACCESS, "access", "sip.contoso.com sip.fabrikam.com "},
	{EDGE_CERT_WEBCONF, "webconf", "webconf.contoso.com "},
	{EDGE_CERT_AV_AUTH, "av-auth", ""},
	{EDGE_CERT_INTERNAL, "internal",
	 "edgepool01.corp.contoso.com edge01.corp.contoso.com "},
	{EDGE_CERT_TURN, "turn", "av.contoso.com "},
};

START_TEST(cert_names_are_those_of_the_topology)
{
	struct ctl_cert_names *n = calloc(1, sizeof(*n));
	enum edge_cert_use use = EDGE_CERT_USES;
	struct topo t = sample();
	char text[512] = "";

	ck_assert_ptr_nonnull(n);
	ck_assert(ctl_cert_use_find(cases[_i].name, &use));
	ck_assert_int_eq(use, cases[_i].use);
	ck_assert_str_eq(ctl_cert_use_name(use), cases[_i].name);
	ctl_cert_names(n, use, &t);
	for (size_t i = 0; i < n->count; i++) {
		strcat(text, n->v[i]);
		strcat(text, " ");
	}
	ck_assert_str_eq(text, cases[_i].wanted);
	free(n);
}
END_TEST

START_TEST(cert_names_of_a_single_edge_come_once)
{
	struct ctl_cert_names *n = calloc(1, sizeof(*n));
	struct topo t = sample();

	ck_assert_ptr_nonnull(n);
	t.pool = "EDGE01.corp.contoso.com";
	ctl_cert_names(n, EDGE_CERT_INTERNAL, &t);
	ck_assert_uint_eq(n->count, 1);
	free(n);
}
END_TEST

START_TEST(cert_use_find_misses_quietly)
{
	enum edge_cert_use use;

	ck_assert(!ctl_cert_use_find("sip", &use));
	ck_assert(!ctl_cert_use_find("", &use));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/cert_names");
	TCase *t = tcase_create("names");

	tcase_set_timeout(t, 20);
	tcase_add_loop_test(t, cert_names_are_those_of_the_topology, 0,
			    sizeof(cases) / sizeof(*cases));
	tcase_add_test(t, cert_names_of_a_single_edge_come_once);
	tcase_add_test(t, cert_use_find_misses_quietly);
	suite_add_tcase(s, t);
	return s;
}
