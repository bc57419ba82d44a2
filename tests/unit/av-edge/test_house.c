/* av-edge/house.c: what the workers share is made once and given back. */
#include "av-edge/house.h"

#include <string.h>

#include "av-edge/ports.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/service_fixture.h"

static struct topo t;
static struct edge_config *config;
static struct ave_house house;

static void setup(void)
{
	t = service_fixture_topo();
	config = service_fixture_config("[limits]\nav.connections = 3\n");
	memset(&house, 0, sizeof(house));
	house.worker_count = 2;
}

static void teardown(void)
{
	ave_house_close(&house);
	edge_config_free(config);
}

static struct edge_addr addr(const char *ip)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(ip), 4000),
			 EDGE_OK);
	return a;
}

static uint16_t take(struct ave_ports *p)
{
	const struct ave_port_wish w = {.family = AF_INET, .now_ms = 1};
	uint64_t token;
	uint16_t port = 0;

	ck_assert_int_eq(ave_ports_take(&port, &token, p, &w), EDGE_OK);
	return port;
}

START_TEST(house_has_ports_of_the_topology)
{
	uint16_t port;

	ck_assert_int_eq(ave_house_open(&house, config, &t), EDGE_OK);
	port = take(house.shared.udp);
	ck_assert(port >= 50000 && port <= 59999);
	ck_assert_uint_eq(ave_house_ports(&house).udp, 1);
	ck_assert_uint_eq(ave_house_ports(&house).tcp, 0);
	/* the control thread counts too */
	edge_stats_add(house.stats, 2, AVE_STAT_ALLOCATED, 1);
	ck_assert_uint_eq(edge_stats_sum(house.stats, AVE_STAT_ALLOCATED), 1);
}
END_TEST

START_TEST(house_takes_another_range)
{
	ck_assert_int_eq(ave_house_open(&house, config, &t), EDGE_OK);
	t.listen[TOPO_PORT_AV_RANGE].addr.port = 60000;
	t.listen[TOPO_PORT_AV_RANGE].count = 2;
	ck_assert_int_eq(ave_house_set_range(&house, &t), EDGE_OK);
	ck_assert_uint_ge(take(house.shared.udp), 60000);
	ck_assert_uint_ge(take(house.shared.tcp), 60000);
}
END_TEST

START_TEST(house_needs_a_range)
{
	t.listen[TOPO_PORT_AV_RANGE].present = false;
	ck_assert_int_eq(ave_house_open(&house, config, &t), EDGE_ENOTFOUND);
	ave_house_close(&house);
	ck_assert_ptr_null(house.stats);
}
END_TEST

START_TEST(house_lets_so_many_of_a_source_in)
{
	const struct edge_addr a = addr("192.0.2.1"), b = addr("192.0.2.2");

	ck_assert_int_eq(ave_house_open(&house, config, &t), EDGE_OK);
	ck_assert(ave_house_enter(&house, &a, 2));
	ck_assert(ave_house_enter(&house, &a, 2));
	ck_assert(!ave_house_enter(&house, &a, 2));
	ck_assert(ave_house_enter(&house, &b, 2));
	ave_house_leave(&house, &a);
	ck_assert(ave_house_enter(&house, &a, 2));
}
END_TEST

START_TEST(house_takes_a_64_for_one_source)
{
	const struct edge_addr a = addr("2001:db8::1"), b = addr("2001:db8::2"),
			       c = addr("2001:db8:0:1::2");

	ck_assert_int_eq(ave_house_open(&house, config, &t), EDGE_OK);
	ck_assert(ave_house_enter(&house, &a, 1));
	ck_assert(!ave_house_enter(&house, &b, 1));
	ck_assert(ave_house_enter(&house, &c, 1));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("av-edge house");
	TCase *tc = tcase_create("house");

	tcase_set_timeout(tc, 10);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, house_has_ports_of_the_topology);
	tcase_add_test(tc, house_takes_another_range);
	tcase_add_test(tc, house_needs_a_range);
	tcase_add_test(tc, house_lets_so_many_of_a_source_in);
	tcase_add_test(tc, house_takes_a_64_for_one_source);
	suite_add_tcase(suite, tc);
	return suite;
}
