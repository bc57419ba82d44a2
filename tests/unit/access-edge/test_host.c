/* access-edge/host.c: addresses as URIs and Vias spell them. */
#include "access-edge/host.h"

#include "tests/support/suite.h"

/* SIP writes IPv6 in brackets; without them there is no host. */
static const struct {
	const char *host;
	bool is_addr;
} rows[] = {
	{"198.51.100.77", true}, {"[2001:db8::1]", true},
	{"[fe80::1]", true},	 {"[::ffff:198.51.100.77]", true},
	{"2001:db8::1", false},	 {"fe80::1", false},
	{"[2001:db8::1", false}, {"[fe01.contoso.net]", false},
	{"[]", false},		 {"", false},
	{"1.2.3", false},	 {"1.2.3.4.example.com", false},
	{"a.b", false},		 {"fe01.contoso.net", false},
};
enum { ROWS = sizeof(rows) / sizeof(*rows) };

START_TEST(host_reads_literals_only)
{
	struct edge_addr a;

	ck_assert_msg(acc_host_addr(&a, edge_slice_str(rows[_i].host)) ==
			      rows[_i].is_addr,
		      "%s", rows[_i].host);
}
END_TEST

START_TEST(host_compares_without_port)
{
	struct edge_addr a;

	ck_assert_int_eq(
		edge_addr_parse(&a, edge_slice_str("198.51.100.77"), 99),
		EDGE_OK);
	ck_assert(acc_host_is_ip(edge_slice_str("198.51.100.77"), &a));
	ck_assert(acc_host_is_ip(edge_slice_str("[::ffff:198.51.100.77]"), &a));
	ck_assert(!acc_host_is_ip(edge_slice_str("198.51.100.78"), &a));
	ck_assert(!acc_host_is_ip(edge_slice_str("h.ost"), &a));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("host");
	TCase *t = tcase_create("host");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, host_reads_literals_only, 0, ROWS);
	tcase_add_test(t, host_compares_without_port);
	suite_add_tcase(s, t);
	return s;
}
