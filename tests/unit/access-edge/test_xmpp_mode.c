/* access-edge/xmpp_mode.c: AE 6.2, row by row. */
#include "access-edge/xmpp_mode.h"

#include "tests/support/suite.h"

enum {
	R = TOPO_XMPP_REQUIRED,
	O = TOPO_XMPP_OPTIONAL,
	N = TOPO_XMPP_NOT_SUPPORTED
};

/* clang-format off */
static const struct {
	int tls, sasl, dialback;
	struct acc_xmpp_mode mode; /* tls, required, external, dialback */
} rows[] = {
	{R, R, 1, {1, 1, 1, 0}}, /* EXTERNAL; dialback refused */
	{R, R, 0, {1, 1, 1, 0}},
	{R, O, 1, {1, 1, 1, 1}}, /* EXTERNAL, else dialback over TLS */
	{R, O, 0, {1, 1, 1, 0}},
	{R, N, 1, {1, 1, 0, 1}}, /* STARTTLS, then dialback */
	{R, N, 0, {0, 0, 0, 0}}, /* not satisfiable */
	{O, R, 1, {1, 1, 1, 0}}, /* EXTERNAL wants TLS */
	{O, R, 0, {1, 1, 1, 0}},
	{O, O, 1, {1, 0, 1, 1}},
	{O, O, 0, {1, 1, 1, 0}},
	{O, N, 1, {1, 0, 0, 1}}, /* dialback, TLS if offered */
	{O, N, 0, {0, 0, 0, 0}},
	{N, R, 1, {0, 0, 0, 1}}, /* whatever SASL says */
	{N, R, 0, {0, 0, 0, 0}},
	{N, O, 1, {0, 0, 0, 1}}, /* plain dialback, a warning */
	{N, O, 0, {0, 0, 0, 0}},
	{N, N, 1, {0, 0, 0, 1}},
	{N, N, 0, {0, 0, 0, 0}},
};
/* clang-format on */

START_TEST(xmpp_mode_is_as_the_digest_says)
{
	const struct acc_xmpp_mode m = acc_xmpp_mode_of(
		(enum topo_xmpp_mode)rows[_i].tls,
		(enum topo_xmpp_mode)rows[_i].sasl, rows[_i].dialback);

	ck_assert_int_eq(m.tls, rows[_i].mode.tls);
	ck_assert_int_eq(m.tls_required, rows[_i].mode.tls_required);
	ck_assert_int_eq(m.external, rows[_i].mode.external);
	ck_assert_int_eq(m.dialback, rows[_i].mode.dialback);
}
END_TEST

/* The import's check and the proxy agree on who is refused and warned of. */
START_TEST(xmpp_mode_agrees_with_the_topology)
{
	const struct topo_xmpp_partner p = {
		.tls = (enum topo_xmpp_mode)rows[_i].tls,
		.sasl = (enum topo_xmpp_mode)rows[_i].sasl,
		.dialback = rows[_i].dialback};
	const struct acc_xmpp_mode m =
		acc_xmpp_mode_of(p.tls, p.sasl, p.dialback);

	ck_assert_int_eq(m.external || m.dialback, topo_xmpp_is_possible(&p));
	ck_assert_int_eq(m.dialback && !m.tls, topo_xmpp_is_plain(&p));
}
END_TEST

START_TEST(xmpp_mode_of_nobody_is_tls_alone)
{
	const struct acc_xmpp_mode m = acc_xmpp_mode_unknown();
	const struct acc_xmpp_mode odd =
		acc_xmpp_mode_of((enum topo_xmpp_mode)7, TOPO_XMPP_REQUIRED, 1);

	ck_assert(m.tls && m.tls_required);
	ck_assert(!m.external && !m.dialback);
	ck_assert(!odd.external && !odd.dialback);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_mode");
	TCase *t = tcase_create("mode");
	const int count = sizeof(rows) / sizeof(*rows);

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, xmpp_mode_is_as_the_digest_says, 0, count);
	tcase_add_loop_test(t, xmpp_mode_agrees_with_the_topology, 0, count);
	tcase_add_test(t, xmpp_mode_of_nobody_is_tls_alone);
	suite_add_tcase(suite, t);
	return suite;
}
