/* av-edge/inside.c: routing tables as text, and the kernel's own. */
#include "av-edge/inside.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/support/suite.h"

static const char v4[] =
	"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\t"
	"MTU\tWindow\tIRTT\n"
	"ext\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
	"int\t001E140A\t011410AC\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
	"int\t001410AC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
	"intern\t0000A8C0\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
	"int\t0000FEA9\t00000000\t0200\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
	"int\t00000000\t011410AC\t0003\t0\t0\t9\t00000000\t0\t0\t0\n"
	"int\tzz\t1\n\n"
	"int\t04030201\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0";

static const char v6[] =
	"fd000000000000010000000000000000 40 "
	"00000000000000000000000000000000 00 "
	"00000000000000000000000000000000 00000100 00000001 00000000 00000001 "
	"     int\n"
	"00000000000000000000000000000000 00 "
	"00000000000000000000000000000000 00 "
	"00000000000000000000000000000000 ffffffff 00000001 00000000 00200200 "
	"      lo\n"
	"fe80000000000000000000000000 40 0 00 0 0 0 0 00000001 int\n"
	"20010db8000000000000000000000000 81 "
	"00000000000000000000000000000000 00 "
	"00000000000000000000000000000000 00000100 00000001 00000000 00000001 "
	"     int\n";

static struct ave_networks parsed(const char *text, bool is_v6,
				  const char *device)
{
	struct ave_networks n = {0};

	ck_assert_int_eq(
		ave_routes_parse(&n, edge_slice_str(text), is_v6, device),
		EDGE_OK);
	return n;
}

static void is(const struct ave_network *n, const char *ip, unsigned bits)
{
	char text[EDGE_ADDR_STRLEN];

	edge_addr_print_ip(&n->net, false, text);
	ck_assert_str_eq(text, ip);
	ck_assert_uint_eq(n->bits, bits);
}

START_TEST(routes_parse_takes_networks_of_the_device)
{
	struct ave_networks n = parsed(v4, false, "int");

	ck_assert_uint_eq(n.count, 3);
	is(&n.v[0], "10.20.30.0", 24);
	is(&n.v[1], "172.16.20.0", 24);
	is(&n.v[2], "1.2.3.4", 32);
	ck_assert(n.is_default_left_out);
	ave_networks_free(&n);
	n = parsed(v4, false, "intern");
	ck_assert_uint_eq(n.count, 1);
	is(&n.v[0], "192.168.0.0", 16);
	ck_assert(!n.is_default_left_out);
	ave_networks_free(&n);
}
END_TEST

START_TEST(routes_parse_takes_ipv6)
{
	struct ave_networks n = parsed(v6, true, "int");

	ck_assert_uint_eq(n.count, 1);
	is(&n.v[0], "fd00:0:0:1::", 64);
	ave_networks_free(&n);
}
END_TEST

START_TEST(routes_parse_survives_every_prefix)
{
	for (size_t i = 0; i < sizeof(v4); i++) {
		struct ave_networks n = {0};

		ck_assert_int_eq(
			ave_routes_parse(&n, edge_slice(v4, i), false, "int"),
			EDGE_OK);
		ave_networks_free(&n);
	}
}
END_TEST

START_TEST(routes_parse_has_an_end)
{
	static char text[AVE_INSIDE_MAX * 64 + 4096];
	struct ave_networks n;
	size_t at = 0;

	for (int i = 0; i < AVE_INSIDE_MAX + 5; i++)
		at += (size_t)sprintf(
			text + at, "i %08X 0 0001 0 0 0 FFFFFFFF 0 0 0\n", i);
	n = parsed(text, false, "i");
	ck_assert_uint_eq(n.count, AVE_INSIDE_MAX);
	ck_assert(n.is_cut);
	ave_networks_free(&n);
}
END_TEST

/* Whatever this machine has: its loopback address is one of its own. */
START_TEST(routes_read_names_our_own_addresses)
{
	struct ave_networks n;
	struct ave_routes r;
	struct edge_addr own;
	bool found = false;

	ave_routes_open(&r);
	for (int again = 0; again < 2; again++) {
		ck_assert_int_eq(ave_routes_read(&n, &r, "lo"), EDGE_OK);
		ck_assert_int_eq(
			edge_addr_parse(&own, edge_slice_str("127.0.0.1"), 0),
			EDGE_OK);
		for (size_t i = 0; i < n.count; i++)
			found |= edge_addr_eq(&n.v[i].net, &own) &&
				 n.v[i].bits == 32;
		ck_assert(found);
		ave_networks_free(&n);
	}
	ave_routes_close(&r);
	ave_routes_close(&r);
}
END_TEST

/* Networks of which we know nothing could be reached from outside. */
START_TEST(routes_read_takes_all_of_a_table_or_nothing)
{
	enum { TOO_MUCH = (4 << 20) + 1 };
	FILE *f = tmpfile();
	struct ave_networks n = {0};
	struct ave_routes r = {.v6 = -1};

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, TOO_MUCH - 1, SEEK_SET), 0);
	fputs("\n", f);
	ck_assert_int_eq(fflush(f), 0);
	r.v4 = fileno(f);
	ck_assert_int_eq(ave_routes_read(&n, &r, "lo"), EDGE_ELIMIT);
	ck_assert_int_eq(ftruncate(r.v4, TOO_MUCH - 2), 0);
	ck_assert_int_eq(ave_routes_read(&n, &r, "lo"), EDGE_OK);
	ave_networks_free(&n);
	fclose(f);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("inside");
	TCase *t = tcase_create("routes");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, routes_parse_takes_networks_of_the_device);
	tcase_add_test(t, routes_parse_takes_ipv6);
	tcase_add_test(t, routes_parse_survives_every_prefix);
	tcase_add_test(t, routes_parse_has_an_end);
	tcase_add_test(t, routes_read_names_our_own_addresses);
	tcase_add_test(t, routes_read_takes_all_of_a_table_or_nothing);
	suite_add_tcase(s, t);
	return s;
}
