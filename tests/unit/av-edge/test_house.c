/* av-edge/house.c: TCP clients by source. */
#include "av-edge/worker.h"

#include "common/tally.h"
#include "tests/support/suite.h"

static struct edge_addr addr(const char *ip)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(ip), 1), EDGE_OK);
	return a;
}

START_TEST(house_lets_so_many_in_from_a_source)
{
	static struct ave_house h;
	struct edge_addr four = addr("192.0.2.1"), six = addr("2001:db8::1"),
			 near = addr("2001:db8::2");

	ck_assert_int_eq(edge_tally_new(&h.connections, 10), EDGE_OK);
	ck_assert(ave_house_enter(&h, &four, 2));
	four.port++; /* the source is an address */
	ck_assert(ave_house_enter(&h, &four, 2));
	ck_assert(!ave_house_enter(&h, &four, 2));
	ck_assert(ave_house_enter(&h, &six, 1));
	ck_assert(!ave_house_enter(&h, &near, 1)); /* or a /64 */
	ave_house_leave(&h, &four);
	ck_assert(ave_house_enter(&h, &four, 2));
	ave_house_leave(&h, &four);
	ave_house_leave(&h, &four);
	ave_house_leave(&h, &near);
	ck_assert_uint_eq(edge_tally_keys(h.connections), 0);
	edge_tally_free(h.connections);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("house");
	TCase *t = tcase_create("sources");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, house_lets_so_many_in_from_a_source);
	suite_add_tcase(s, t);
	return s;
}
