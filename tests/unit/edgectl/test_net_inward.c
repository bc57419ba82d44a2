/* Routes inward, and those in their way. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/edgectl/net_world.h"

enum { MANAGEMENT = 9 };

static struct net_world *w;

static void setup(void)
{
	w = calloc(1, sizeof(*w));
	ck_assert_ptr_nonnull(w);
	net_world_init(w);
	net_world_complete(w);
	w->view.link[w->view.links] = w->view.link[1];
	strcpy(w->view.link[w->view.links].name, "mgmt");
	w->view.link[w->view.links++].index = MANAGEMENT;
	net_addr(w, "10.77.0.5", 24, MANAGEMENT);
}

static void teardown(void)
{
	net_world_fini(w);
	free(w);
}

/* Who manages the host may come by a third device: what leads there is no
 * plan's to take away. */
START_TEST(net_inward_takes_no_route_of_a_third_device_away)
{
	net_route(w, CTL_NET_MAIN, "10.20.30.128/25", "10.77.0.1", MANAGEMENT);
	ck_assert_str_eq(net_ids(w), "NET-002");
	ck_assert_str_eq(
		net_todo(w),
		"by hand: ip route del 10.20.30.128/25 via 10.77.0.1 dev mgmt\n"
		"ip route replace 10.20.30.0/24 via 172.16.20.1 dev int\n");
}
END_TEST

START_TEST(net_inward_takes_those_outward_and_nowhere_away)
{
	net_route(w, CTL_NET_MAIN, "10.20.30.128/25", "192.0.2.1", NET_EXT);
	net_route(w, CTL_NET_MAIN, "10.20.30.64/26", NULL, 0)->is_unicast =
		false;
	ck_assert_str_eq(
		net_todo(w),
		"ip route del 10.20.30.128/25 via 192.0.2.1 dev ext\n"
		"ip route del unreachable 10.20.30.64/26\n"
		"ip route replace 10.20.30.0/24 via 172.16.20.1 dev int\n");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/net_inward");
	TCase *t = tcase_create("obstacles");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, net_inward_takes_no_route_of_a_third_device_away);
	tcase_add_test(t, net_inward_takes_those_outward_and_nowhere_away);
	suite_add_tcase(s, t);
	return s;
}
