/* Properties of policy: words, ranges, tables. */
#include <check.h>
#include <string.h>

#include "tests/support/suite.h"
#include "topology/field.h"
#include "topology/partners.h"
#include "topology/xmpp.h"

static bool take(const struct topo_field *rows, const char *name, void *into,
		 const char *value)
{
	const struct topo_field *f = topo_field_find(rows, name);

	ck_assert_msg(f, "no %s", name);
	return topo_field_take(f, into, edge_slice_str(value));
}

START_TEST(topo_field_take_reads_words_in_any_case)
{
	struct topo_provider p = topo_provider_default(false);
	struct topo_xmpp_partner x = topo_xmpp_partner_default();

	ck_assert(take(topo_provider_fields, "VerificationLevel", &p,
		       " alwaysUNverifiable\n"));
	ck_assert_int_eq(p.level, TOPO_VERIFY_NEVER);
	ck_assert(
		!take(topo_provider_fields, "VerificationLevel", &p, "Always"));
	ck_assert_int_eq(p.level, TOPO_VERIFY_NEVER);
	ck_assert(take(topo_xmpp_fields, "TlsNegotiation", &x, "optional"));
	ck_assert(take(topo_xmpp_fields, "PartnerType", &x, "Federated"));
	ck_assert_int_eq(x.tls, TOPO_XMPP_OPTIONAL);
	ck_assert_int_eq(x.trust, TOPO_XMPP_FEDERATED);
	ck_assert(!take(topo_xmpp_fields, "SaslNegotiation", &x, ""));
	ck_assert_int_eq(x.sasl, TOPO_XMPP_REQUIRED);
}
END_TEST

START_TEST(topo_field_take_keeps_to_the_range)
{
	struct topo_proxy_settings p = topo_proxy_default();

	ck_assert(take(topo_proxy_fields, "MaxClientMessageBodySizeKb", &p,
		       "64"));
	ck_assert(take(topo_proxy_fields, "MaxClientMessageBodySizeKb", &p,
		       "256"));
	ck_assert(!take(topo_proxy_fields, "MaxClientMessageBodySizeKb", &p,
			"257"));
	ck_assert(!take(topo_proxy_fields, "MaxClientMessageBodySizeKb", &p,
			"63"));
	ck_assert(!take(topo_proxy_fields, "MaxClientMessageBodySizeKb", &p,
			"-64"));
	ck_assert_uint_eq(p.client_body_kb, 256);
	ck_assert(take(topo_proxy_fields, "EnableWhiteSpaceKeepAlive", &p,
		       "false"));
	ck_assert(p.no_white_space);
	ck_assert(take(topo_proxy_fields, "Realm", &p, "anything"));
}
END_TEST

START_TEST(topo_field_take_reads_seconds_and_durations)
{
	struct topo_xmpp_gateway g = topo_xmpp_gateway_default();

	ck_assert(take(topo_gateway_fields, "KeepAliveInterval", &g, "90"));
	ck_assert_uint_eq(g.keep_alive_s, 90);
	ck_assert(take(topo_gateway_fields, "KeepAliveInterval", &g, "PT2M"));
	ck_assert_uint_eq(g.keep_alive_s, 120);
	ck_assert(
		take(topo_gateway_fields, "KeepAliveInterval", &g, "00:05:00"));
	ck_assert_uint_eq(g.keep_alive_s, 300);
	ck_assert(!take(topo_gateway_fields, "KeepAliveInterval", &g, "0"));
	ck_assert(!take(topo_gateway_fields, "KeepAliveInterval", &g, "P2D"));
	ck_assert_uint_eq(g.keep_alive_s, 300);
	ck_assert(!take(topo_gateway_fields, "ConnectionLimit", &g, "PT1M"));
}
END_TEST

/* A name or key given twice would make one of them dead. */
START_TEST(topo_field_tables_name_each_property_once)
{
	static const struct topo_field *const tables[] = {
		topo_access_fields,   topo_proxy_fields, topo_partner_fields,
		topo_provider_fields, topo_xmpp_fields,	 topo_gateway_fields,
	};
	const struct topo_field *rows = tables[_i];

	for (const struct topo_field *a = rows; a->name; a++) {
		ck_assert_ptr_eq(topo_field_find(rows, a->name), a);
		for (const struct topo_field *b = rows; b != a; b++)
			ck_assert(!a->key || !b->key ||
				  strcmp(a->key, b->key) != 0);
	}
	ck_assert_ptr_null(topo_field_find(rows, "Nonsense"));
}
END_TEST

/* AE 6.2, row by row. */
/* clang-format off */
static const struct {
	enum topo_xmpp_mode tls, sasl;
	bool dialback, possible, plain;
} modes[] = {
	{TOPO_XMPP_REQUIRED, TOPO_XMPP_REQUIRED, true, true, false},
	{TOPO_XMPP_REQUIRED, TOPO_XMPP_REQUIRED, false, true, false},
	{TOPO_XMPP_REQUIRED, TOPO_XMPP_OPTIONAL, true, true, false},
	{TOPO_XMPP_REQUIRED, TOPO_XMPP_OPTIONAL, false, true, false},
	{TOPO_XMPP_REQUIRED, TOPO_XMPP_NOT_SUPPORTED, true, true, false},
	{TOPO_XMPP_REQUIRED, TOPO_XMPP_NOT_SUPPORTED, false, false, false},
	{TOPO_XMPP_OPTIONAL, TOPO_XMPP_NOT_SUPPORTED, true, true, false},
	{TOPO_XMPP_OPTIONAL, TOPO_XMPP_NOT_SUPPORTED, false, false, false},
	{TOPO_XMPP_NOT_SUPPORTED, TOPO_XMPP_NOT_SUPPORTED, true, true, true},
	{TOPO_XMPP_NOT_SUPPORTED, TOPO_XMPP_REQUIRED, true, true, true},
	{TOPO_XMPP_NOT_SUPPORTED, TOPO_XMPP_REQUIRED, false, false, false},
	{TOPO_XMPP_NOT_SUPPORTED, TOPO_XMPP_NOT_SUPPORTED, false, false, false},
};
/* clang-format on */

START_TEST(topo_xmpp_knows_what_is_possible)
{
	struct topo_xmpp_partner p = topo_xmpp_partner_default();

	p.tls = modes[_i].tls;
	p.sasl = modes[_i].sasl;
	p.dialback = modes[_i].dialback;
	ck_assert_int_eq(topo_xmpp_is_possible(&p), modes[_i].possible);
	ck_assert_int_eq(topo_xmpp_is_plain(&p), modes[_i].plain);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("field");
	TCase *tc = tcase_create("values");

	tcase_set_timeout(tc, 10);
	tcase_add_test(tc, topo_field_take_reads_words_in_any_case);
	tcase_add_test(tc, topo_field_take_keeps_to_the_range);
	tcase_add_test(tc, topo_field_take_reads_seconds_and_durations);
	tcase_add_loop_test(tc, topo_field_tables_name_each_property_once, 0,
			    6);
	tcase_add_loop_test(tc, topo_xmpp_knows_what_is_possible, 0,
			    (int)(sizeof(modes) / sizeof(*modes)));
	suite_add_tcase(s, tc);
	return s;
}
