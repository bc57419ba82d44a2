/* Addresses in attributes: XORed or not, of both families, of no other. */
#include "av-edge/attr_value.h"

#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/vector.h"

/* RFC 5769's cookie and transaction id; values as there and computed. */
static const char mask_hex[] = "2112a442b7e7a701bc34d686fa87dfae";

static const struct {
	const char *ip;
	uint16_t port;
	const char *plain, *masked;
} rows[] = {
	{"192.0.2.1", 32853, "00018055c0000201", "0001a147e112a643"},
	{"2001:db8:1234:5678:11:2233:4455:6677", 32853,
	 "0002805520010db8123456780011223344556677",
	 "0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"},
	{"255.255.255.255", 0, "00010000ffffffff", "00012112deed5bbd"},
};

static struct edge_addr addr(int i)
{
	struct edge_addr a;

	ck_assert_int_eq(
		edge_addr_parse(&a, edge_slice_str(rows[i].ip), rows[i].port),
		EDGE_OK);
	return a;
}

static void goes_both_ways(int i, const char *hex, const uint8_t *mask)
{
	struct edge_slice want = vector_bytes(hex);
	struct edge_addr made = addr(i), got;
	uint8_t bytes[20];
	struct edge_put w = edge_put(bytes, sizeof(bytes));

	ave_value_put_addr(&w, &made, mask);
	ck_assert_uint_eq(edge_put_len(&w), ave_value_addr_len(&made));
	ck_assert(edge_slice_eq(edge_put_done(&w), want));
	ck_assert(ave_value_take_addr(&got, want, mask));
	ck_assert(edge_addr_eq(&got, &made));
	for (size_t n = 0; n < edge_slice_len(want); n++)
		ck_assert(!ave_value_take_addr(&got, edge_slice(want.p, n),
					       mask));
}

START_TEST(address_goes_both_ways)
{
	goes_both_ways(_i, rows[_i].plain, NULL);
	goes_both_ways(_i, rows[_i].masked, vector_bytes(mask_hex).p);
}
END_TEST

/* One spelling an address, whoever spells it: AV 6.4. */
START_TEST(address_in_disguise_is_what_it_is)
{
	struct edge_addr got;

	ck_assert(ave_value_take_addr(
		&got, vector_bytes("0002805500000000000000000000ffffc0000201"),
		NULL));
	ck_assert_int_eq(got.family, AF_INET);
	ck_assert_uint_eq(got.port, 32853);
}
END_TEST

START_TEST(address_of_no_family_is_refused)
{
	static const char *const bad[] = {
		"00008055c0000201",
		"00038055c0000201",
		"00028055c0000201",
		"00018055c000020100",
		"ff",
		"",
	};
	struct edge_addr got;

	ck_assert(!ave_value_take_addr(&got, vector_bytes(bad[_i]), NULL));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("attr_value");
	TCase *tc = tcase_create("addresses");

	tcase_set_timeout(tc, 10);
	tcase_add_loop_test(tc, address_goes_both_ways, 0, 3);
	tcase_add_test(tc, address_in_disguise_is_what_it_is);
	tcase_add_loop_test(tc, address_of_no_family_is_refused, 0, 6);
	suite_add_tcase(s, tc);
	return s;
}
