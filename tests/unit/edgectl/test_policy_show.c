/* policy show: names, order and form that admins know. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/ctl.h"
#include "tests/support/suite.h"

static struct ctl c;
static char path[512], *text;

static void setup(void)
{
	ck_assert(!ctl_init(&c));
	text = NULL;
}

static void teardown(void)
{
	free(text);
	ctl_fini(&c);
}

/* The verb with what it prints in text. */
static enum ctl_exit call(const char *file)
{
	FILE *old = stdout;
	char self[] = "--self=edge01.corp.contoso.com", from[600];
	char *argv[] = {from, self, NULL};
	enum ctl_exit exit;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/topology/%s",
		       getenv("EDGE_VECTORS"), file);
	(void)snprintf(from, sizeof(from), "--topology=%s", path);
	stdout = open_memstream(&text, &len);
	ck_assert_ptr_nonnull(stdout);
	exit = ctl_policy_show(&c, 2, argv);
	(void)fclose(stdout);
	stdout = old;
	return exit;
}

static bool has(const char *lines)
{
	return strstr(text, lines);
}

START_TEST(policy_show_prints_as_the_cmdlets_do)
{
	const char *disabled;

	ck_assert_int_eq(call("07-docitemset-federation.xml"), CTL_GOOD);
	ck_assert_uint_eq(c.warnings, 1); /* TOPO-XMPP-002 */
	ck_assert(has("07-docitemset-federation.xml, not imported\n\n"));
	ck_assert(has("\n\nAllowed domains (Get-CsAllowedDomain)\n\n"
		      "Identity          : fabrikam.com\n"
		      "Domain            : fabrikam.com\n"
		      "ProxyFqdn         : sip.fabrikam.com\n"
		      "VerificationLevel : UseSourceVerification\n"
		      "MarkForMonitoring : False\n\n"
		      "Identity          : litwareinc.com\n"));
	ck_assert(
		has("\nDnsSrvCacheRecordCount                 : (not set)\n"));
	ck_assert(has("\nRoutingMethod                          : "
		      "UseDnsSrvRouting\n"));
	ck_assert(has("\nEnabledSharedAddressSpace : True\n"));
	ck_assert(has("\nEnableWhiteSpaceKeepAlive     : True\n"));
	ck_assert(has("\nAdditionalDomains          : {chat.jabber.example, "
		      "rooms.jabber.example}\n"));
	ck_assert(has("\nAdditionalDomains          : {}\n"));
	ck_assert(has("\nDialbackPassphrase         : (secret)\n"));
	ck_assert(!has("a7136eb1") && !has("s3cr3t"));
	/* an enabled and a disabled provider, each in its own list */
	disabled = strstr(text, "\nIdentity             : Old IM\n");
	ck_assert(disabled &&
		  strstr(text, "(Get-CsPublicProvider)") < disabled);
	ck_assert(disabled < strstr(text, "(Get-CsHostingProvider)"));
}
END_TEST

START_TEST(policy_show_says_none_of_an_empty_list)
{
	ck_assert_int_eq(call("02-edge-pool-director.xml"), CTL_GOOD);
	ck_assert(has("\nAllowed domains (Get-CsAllowedDomain)\n\n(none)\n\n"
		      "Blocked domains (Get-CsBlockedDomain)\n\n(none)\n\n"
		      "Public providers (Get-CsPublicProvider)\n\n(none)\n\n"
		      "Hosting providers (Get-CsHostingProvider)\n\n(none)\n"));
	ck_assert(
		has("\nXMPP partners (Get-CsXmppAllowedPartner)\n\n(none)\n"));
	ck_assert(has("\nDialbackPassphrase         : (not set)\n"));
	ck_assert(has("\nOutgoingTlsCount              : (not set)\n"));
	ck_assert(has("\nDnsCacheRecordCount           : 3000\n"));
}
END_TEST

START_TEST(policy_show_gives_json_by_cmdlet)
{
	const json_t *policy, *o;

	c.json = true;
	ck_assert_int_eq(call("07-docitemset-federation.xml"), CTL_GOOD);
	ck_assert_str_eq(text, "");
	policy = json_object_get(c.doc, "policy");
	ck_assert_uint_eq(json_object_size(policy), 8);
	o = json_array_get(json_object_get(policy, "CsXmppAllowedPartner"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(o, "Identity")),
			 "jabber.example");
	ck_assert_uint_eq(
		json_array_size(json_object_get(o, "AdditionalDomains")), 2);
	ck_assert_int_eq(
		json_integer_value(json_object_get(o, "ConnectionLimit")), 10);
	o = json_array_get(json_object_get(policy, "CsProxyConfiguration"), 0);
	ck_assert(
		json_is_true(json_object_get(o, "EnableWhiteSpaceKeepAlive")));
	o = json_array_get(json_object_get(policy, "CsAllowedDomain"), 1);
	ck_assert(json_is_null(json_object_get(o, "ProxyFqdn")));
}
END_TEST

START_TEST(policy_show_refuses_what_is_no_topology)
{
	c.json = true;
	ck_assert_int_eq(call("b1-not-well-formed.xml"), CTL_INVALID);
	ck_assert_ptr_null(json_object_get(c.doc, "policy"));
	free(text);
	text = NULL;
	ck_assert_int_eq(call("no-such-file"), CTL_IO);
}
END_TEST

START_TEST(policy_show_refuses_a_wrong_call)
{
	char self[] = "--self=x", word[] = "word";
	char *alone[] = {self, NULL}, *more[] = {word, NULL};

	c.json = true;
	ck_assert_int_eq(ctl_policy_show(&c, 1, alone), CTL_USAGE);
	ck_assert_int_eq(ctl_policy_show(&c, 1, more), CTL_USAGE);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy_show");
	TCase *tc = tcase_create("lists");

	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, policy_show_prints_as_the_cmdlets_do);
	tcase_add_test(tc, policy_show_says_none_of_an_empty_list);
	tcase_add_test(tc, policy_show_gives_json_by_cmdlet);
	tcase_add_test(tc, policy_show_refuses_what_is_no_topology);
	tcase_add_test(tc, policy_show_refuses_a_wrong_call);
	suite_add_tcase(s, tc);
	return s;
}
