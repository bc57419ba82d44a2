/* net plan: from hand-made networks to findings and commands. */
#include <check.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/edgectl/net_world.h"

static struct net_world *w;

static void setup(void)
{
	w = calloc(1, sizeof(*w));
	ck_assert_ptr_nonnull(w);
	net_world_init(w);
}

static void teardown(void)
{
	net_world_fini(w);
	free(w);
}

START_TEST(net_plan_of_a_fresh_host_is_all_it_needs)
{
	w->wants.gateway[CTL_OUTSIDE] = "192.0.2.1";
	w->wants.gateway[CTL_INSIDE] = "172.16.20.1";
	ck_assert_str_eq(
		net_todo(w),
		"ip route replace default via 192.0.2.1 dev ext\n"
		"ip route replace 10.20.30.0/24 via 172.16.20.1 dev int\n"
		"ip route replace 10.20.40.0/24 via 172.16.20.1 dev int\n"
		"ip route replace 192.0.2.0/24 dev ext table 5201\n"
		"ip route replace default via 192.0.2.1 dev ext table 5201\n"
		"ip rule add from 192.0.2.21 lookup 5201 priority 5201\n"
		"ip rule add from 192.0.2.31 lookup 5201 priority 5201\n"
		"ip rule add from 192.0.2.41 lookup 5201 priority 5201\n"
		"ip route replace 172.16.20.0/24 dev int table 5202\n"
		"ip route replace 10.20.30.0/24 via 172.16.20.1 dev int table "
		"5202\n"
		"ip route replace 10.20.40.0/24 via 172.16.20.1 dev int table "
		"5202\n"
		"ip route replace unreachable default table 5202\n"
		"ip rule add from 172.16.20.21 lookup 5202 priority 5201\n"
		"sysctl -w net/ipv4/conf/ext/rp_filter=1\n"
		"sysctl -w net/ipv4/conf/int/rp_filter=1\n");
	ck_assert(w->plan.is_outside_bad && w->plan.is_inside_bad);
}
END_TEST

START_TEST(net_plan_guesses_no_router)
{
	ck_assert_str_eq(net_ids(w), "NET-008 NET-008 NET-003 NET-004");
	ck_assert_ptr_null(strstr(net_todo(w), " via "));
	w->wants.gateway[CTL_INSIDE] = "172.16.20.1";
	ck_assert_str_eq(net_ids(w), "NET-008 NET-002 NET-002 NET-003 NET-004");
}
END_TEST

static const char *router(enum ctl_net_side side)
{
	static char text[EDGE_ADDR_STRLEN];
	struct edge_addr at;

	(void)net_ids(w);
	at = ctl_net_router(&w->plan, &w->view, side);
	text[0] = '\0';
	if (at.family)
		edge_addr_print_ip(&at, false, text);
	return text;
}

START_TEST(net_router_is_on_the_device_of_its_side)
{
	net_world_complete(w);
	ck_assert_str_eq(router(CTL_OUTSIDE), "192.0.2.1");
	ck_assert_str_eq(router(CTL_INSIDE), "172.16.20.1");
	/* a default route inside is nothing to go by */
	ck_assert_uint_eq(net_forget(w, CTL_NET_MAIN, "default"), 1);
	net_route(w, CTL_NET_MAIN, "default", "172.16.20.1", NET_INT);
	ck_assert_str_eq(router(CTL_OUTSIDE), "");
	/* of two nobody is the one */
	net_route(w, CTL_NET_MAIN, "default", "192.0.2.1", NET_EXT);
	ck_assert_str_eq(router(CTL_OUTSIDE), "192.0.2.1");
	net_route(w, CTL_NET_MAIN, "default", "192.0.2.2", NET_EXT)->metric = 7;
	ck_assert_str_eq(router(CTL_OUTSIDE), "");
}
END_TEST

START_TEST(net_router_is_not_known_without_a_topology)
{
	net_world_complete(w);
	w->wants.topo = NULL;
	ck_assert_str_eq(router(CTL_OUTSIDE), "");
	ck_assert_str_eq(router(CTL_INSIDE), "");
}
END_TEST

START_TEST(net_rules_of_ours_are_known)
{
	ck_assert(!ctl_net_is_ours(&w->view));
	net_rule(w, "192.0.2.21", 100, 77);
	ck_assert(!ctl_net_is_ours(&w->view));
	net_rule(w, "192.0.2.21", 5201, CTL_NET_TABLE_OUTSIDE);
	ck_assert(ctl_net_is_ours(&w->view));
}
END_TEST

START_TEST(net_plan_of_a_complete_host_has_nothing_to_do)
{
	net_world_complete(w);
	ck_assert_str_eq(net_ids(w), "");
	ck_assert_str_eq(net_todo(w), "");
	ck_assert_uint_eq(w->plan.steps, 16); /* all "already" */
	ck_assert(!w->plan.is_outside_bad && !w->plan.is_inside_bad);
	ck_assert_str_eq(w->plan.device[CTL_OUTSIDE], "ext");
	ck_assert_str_eq(w->plan.device[CTL_INSIDE], "int");
}
END_TEST

static void no_default(void)
{
	ck_assert_uint_eq(net_forget(w, CTL_NET_MAIN, "default"), 1);
}

static void default_inside(void)
{
	no_default();
	net_route(w, CTL_NET_MAIN, "default", "172.16.20.1", NET_INT);
}

static void second_default(void)
{
	net_route(w, CTL_NET_MAIN, "default", "192.0.2.2", NET_EXT)->metric =
		100;
}

static void same_default_twice(void)
{
	net_route(w, CTL_NET_MAIN, "default", "192.0.2.1", NET_EXT)->metric =
		100;
}

static void learnt_default_inside(void)
{
	struct ctl_net_route *r =
		net_route(w, CTL_NET_MAIN, "default", "fe80::1", NET_INT);

	r->protocol = RTPROT_RA;
	r->metric = 1024;
}

static void no_route_inward(void)
{
	ck_assert_uint_eq(net_forget(w, CTL_NET_MAIN, "10.20.40.0/24"), 1);
}

static void server_outside(void)
{
	net_route(w, CTL_NET_MAIN, "10.20.30.31/32", "192.0.2.1", NET_EXT);
}

static void server_blackholed(void)
{
	net_route(w, CTL_NET_MAIN, "10.20.30.32/32", NULL, 0)->is_unicast =
		false;
}

static struct ctl_net_route *nowhere(uint32_t table, const char *net,
				     uint8_t type)
{
	struct ctl_net_route *r = net_route(w, table, net, NULL, 0);

	r->is_unicast = false;
	r->is_throw = type == RTN_THROW;
	r->type = type;
	return r;
}

static void server_dropped(void)
{
	nowhere(CTL_NET_MAIN, "10.20.30.32/32", RTN_BLACKHOLE);
}

static void default_nowhere(void)
{
	for (size_t i = 0; i < w->view.routes; i++)
		if (!w->view.route[i].bits &&
		    w->view.route[i].table == CTL_NET_MAIN)
			w->view.route[i].metric = 100;
	nowhere(CTL_NET_MAIN, "default", RTN_BLACKHOLE);
}

static void last_resort(void)
{
	nowhere(CTL_NET_MAIN, "default", RTN_UNREACHABLE)->metric = 9999;
}

static void half_of_the_world(void)
{
	nowhere(CTL_NET_MAIN, "128.0.0.0/1", RTN_PROHIBIT);
}

static void half_of_a_table(void)
{
	net_route(w, 77, "default", "192.0.2.1", NET_EXT);
	nowhere(77, "128.0.0.0/1", RTN_BLACKHOLE);
	net_rule(w, "192.0.2.31", 100, 77);
}

static void thrown(void)
{
	net_forget(w, CTL_NET_TABLE_INSIDE, "default");
	nowhere(CTL_NET_TABLE_INSIDE, "default", RTN_THROW);
}

static void rule_for_all(void)
{
	net_route(w, 78, "default", "172.16.20.1", NET_INT);
	net_rule(w, NULL, 200, 78);
}

static void no_rule(void)
{
	for (size_t i = 0; i < w->view.rules; i++)
		if (w->view.rule[i].bits) {
			w->view.rule[i].is_plain = false;
			return;
		}
}

static void rule_astray(void)
{
	net_route(w, 77, "default", "172.16.20.1", NET_INT);
	net_rule(w, "192.0.2.31", 100, 77);
}

static void table_flushed(void)
{
	net_forget(w, CTL_NET_TABLE_INSIDE, "10.20.30.0/24");
	net_forget(w, CTL_NET_TABLE_INSIDE, "default");
}

static void loose(void)
{
	w->view.link[1].rp_filter = 2;
}

static void all_loose(void)
{
	w->view.rp_filter_all = 2;
}

static void forwarding(void)
{
	w->view.forward4 = w->view.forward6 = 1;
}

/* The host as a whole does not. */
static void device_forwards(void)
{
	w->view.link[1].forward4 = 1;
}

static void device_forwards_six(void)
{
	w->view.forward6 = 0;
	w->view.link[1].forward6 = w->view.link[2].forward6 = 1;
}

/* With the one switch all are off. */
static void all_devices_forward(void)
{
	w->view.forward4 = 1;
	for (size_t i = 0; i < w->view.links; i++)
		w->view.link[i].forward4 = 1;
}

static void no_address(void)
{
	w->view.addr[1] = w->view.addr[--w->view.addrs];
	net_addr(w, "172.16.20.21", 24, NET_INT);
	w->view.addrs--;
}

static void other_device(void)
{
	w->view.addr[2].link = NET_INT;
	w->wants.device[CTL_INSIDE] = "int";
}

static void one_device(void)
{
	w->view.addr[3].link = NET_EXT;
}

static void cable_out(void)
{
	w->view.link[1].is_up = false;
}

static const struct {
	void (*spoil)(void);
	const char *ids, *todo;
} faults[] = {
	/* clang-format off */
	{no_default, "NET-001", "ip route replace default via 192.0.2.1 dev ext\n"},
	{default_inside, "NET-001", "ip route del default via 172.16.20.1 dev int\n"
		"ip route replace default via 192.0.2.1 dev ext\n"},
	{second_default, "NET-001", "ip route del default via 192.0.2.2 dev ext metric 100\n"},
	{same_default_twice, "NET-001", "ip route del default via 192.0.2.1 dev ext metric 100\n"},
	{learnt_default_inside, "NET-001", "sysctl -w net/ipv6/conf/int/accept_ra=0\n"
		"ip -6 route del default via fe80::1 dev int\n"},
	{no_route_inward, "NET-002", "ip route replace 10.20.40.0/24 via 172.16.20.1 dev int\n"},
	{server_outside, "NET-002", "ip route del 10.20.30.31/32 via 192.0.2.1 dev ext\n"
		"ip route replace 10.20.30.0/24 via 172.16.20.1 dev int\n"},
	{server_blackholed, "NET-002", "ip route del unreachable 10.20.30.32/32\n"
		"ip route replace 10.20.30.0/24 via 172.16.20.1 dev int\n"},
	{server_dropped, "NET-002", "ip route del blackhole 10.20.30.32/32\n"
		"ip route replace 10.20.30.0/24 via 172.16.20.1 dev int\n"},
	{default_nowhere, "NET-001", "ip route del blackhole default\n"},
	{last_resort, "", ""},
	{half_of_the_world, "NET-001", "ip route del prohibit 128.0.0.0/1\n"},
	{rule_for_all, "NET-001", "by hand: ip rule del lookup 78\n"},
	{half_of_a_table, "NET-003", "ip rule del from 192.0.2.31 lookup 77 priority 100\n"},
	{thrown, "NET-003", "ip route replace unreachable default table 5202\n"},
	{no_rule, "NET-003", "ip rule add from 192.0.2.21 lookup 5201 priority 5201\n"},
	{rule_astray, "NET-003", "ip rule del from 192.0.2.31 lookup 77 priority 100\n"},
	{table_flushed, "NET-003", "ip route replace 10.20.30.0/24 via 172.16.20.1 dev int table 5202\n"
		"ip route replace unreachable default table 5202\n"},
	{loose, "NET-004", "sysctl -w net/ipv4/conf/ext/rp_filter=1\n"},
	{all_loose, "NET-004", "sysctl -w net.ipv4.conf.all.rp_filter=1\n"},
	{device_forwards, "NET-005", "sysctl -w net/ipv4/conf/ext/forwarding=0\n"},
	{device_forwards_six, "NET-005", "sysctl -w net/ipv6/conf/ext/forwarding=0\n"
		"sysctl -w net/ipv6/conf/int/forwarding=0\n"},
	{all_devices_forward, "NET-005", "sysctl -w net.ipv4.ip_forward=0\n"},
	{forwarding, "NET-005 NET-005", "sysctl -w net.ipv4.ip_forward=0\n"
		"sysctl -w net.ipv6.conf.all.forwarding=0\n"},
	{no_address, "NET-006", "by hand: ip address add 192.0.2.31/24 dev ext\n"},
	{other_device, "NET-007", "by hand: ip address del 192.0.2.41/24 dev int\n"
		"by hand: ip address add 192.0.2.41/24 dev ext\n"},
	{one_device, "NET-007", "by hand: ip address del 172.16.20.21/24 dev ext\n"
		"by hand: ip address add 172.16.20.21/24 dev int\n"
		"by hand: ip link set int up\n"
		"by hand: edgectl net plan --apply\n"},
	{cable_out, "NET-009", "by hand: ip link set ext up\n"
		"by hand: edgectl net plan --apply\n"},
	/* clang-format on */
};

START_TEST(net_plan_finds_each_fault_alone_with_its_cure)
{
	net_world_complete(w);
	faults[_i].spoil();
	ck_assert_str_eq(net_ids(w), faults[_i].ids);
	ck_assert_str_eq(net_todo(w), faults[_i].todo);
}
END_TEST

START_TEST(net_plan_takes_networks_that_are_named)
{
	net_world_complete(w);
	w->wants.inside = "10.20.0.0/16, 10.99.0.0/16";
	w->wants.gateway[CTL_INSIDE] = "172.16.20.254";
	/* what leads there already stays, whoever the router is */
	ck_assert_ptr_nonnull(strstr(
		net_todo(w),
		"ip route replace 10.20.0.0/16 via 172.16.20.254 dev int\n"
		"ip route replace 10.99.0.0/16 via 172.16.20.254 dev int\n"));
	ck_assert_ptr_null(strstr(net_todo(w), "10.20.30.0/24"));
}
END_TEST

START_TEST(net_plan_leaves_foreign_tables_that_are_right)
{
	net_world_complete(w);
	for (size_t i = 0; i < w->view.rules; i++)
		if (w->view.rule[i].table == CTL_NET_TABLE_OUTSIDE)
			w->view.rule[i].table = 77;
	net_route(w, 77, "default", "192.0.2.1", NET_EXT);
	ck_assert_str_eq(net_ids(w), "");
}
END_TEST

START_TEST(net_plan_of_one_device_is_fine_in_a_lab)
{
	net_world_complete(w);
	w->view.addr[3].link = NET_EXT;
	w->wants.lab = true;
	ck_assert_str_eq(net_ids(w), "");
}
END_TEST

START_TEST(net_plan_knows_lines_without_a_router)
{
	net_world_complete(w);
	net_forget(w, CTL_NET_MAIN, "default");
	net_forget(w, CTL_NET_TABLE_OUTSIDE, "default");
	net_route(w, CTL_NET_MAIN, "default", NULL, NET_EXT);
	net_route(w, CTL_NET_TABLE_OUTSIDE, "default", NULL, NET_EXT);
	ck_assert_str_eq(net_ids(w), "");
}
END_TEST

START_TEST(net_plan_reaches_a_router_beside_the_network)
{
	net_world_complete(w);
	w->wants.gateway[CTL_OUTSIDE] = "203.0.113.1";
	ck_assert_ptr_nonnull(strstr(net_todo(w),
				     "ip route replace default via 203.0.113.1 "
				     "dev ext onlink\n"));
}
END_TEST

START_TEST(net_plan_without_a_topology_looks_at_forwarding)
{
	w->wants.topo = NULL;
	ck_assert_str_eq(net_ids(w), "");
	forwarding();
	ck_assert_str_eq(net_ids(w), "NET-005 NET-005");
}
END_TEST

START_TEST(net_plan_of_a_crowded_host_stays_within_its_room)
{
	net_world_complete(w);
	for (unsigned i = 0; i < 600; i++)
		net_route(w, CTL_NET_MAIN, "default", "172.16.20.1", NET_INT)
			->metric = i;
	ck_assert_str_eq(net_ids(w), "NET-001 NET-012");
	ck_assert_uint_eq(w->plan.steps, CTL_NET_STEPS);
	ck_assert_uint_ge(w->plan.left_out, 600 - CTL_NET_STEPS);
}
END_TEST

/* Each is a finding with its step; none passes for done. */
START_TEST(net_plan_of_many_networks_sets_them_all)
{
	char list[64 * 20] = "";
	const char *todo;

	net_world_complete(w);
	for (unsigned i = 1; i <= 60; i++)
		(void)snprintf(list + strlen(list), sizeof(list) - strlen(list),
			       "%s10.99.%u.0/24", i > 1 ? ", " : "", i);
	w->wants.inside = list;
	w->wants.gateway[CTL_INSIDE] = "172.16.20.1";
	todo = net_todo(w);
	for (unsigned i = 1; i <= 60; i++) {
		char step[64];

		(void)snprintf(step, sizeof(step),
			       "ip route replace 10.99.%u.0/24 via", i);
		ck_assert_msg(strstr(todo, step) != NULL, "%s in %s", step,
			      todo);
	}
	ck_assert_uint_eq(w->plan.left_out, 0);
}
END_TEST

/* The first address of 10.20.0.0/16 goes in; is that all of it? */
static const struct {
	const char *net, *via;
	int link;
	const char *ids, *todo;
} parts[] = {
	/* clang-format off */
	{"10.20.0.0/16", "172.16.20.1", NET_INT, "", NULL},
	{"10.0.0.0/8", "172.16.20.1", NET_INT, "", NULL},
	{"10.20.0.0/24", "172.16.20.1", NET_INT, "NET-002", "ip route replace 10.20.0.0/16 via 172.16.20.1 dev int\n"},
	{"10.20.0.0/17", "172.16.20.1", NET_INT, "NET-002", "ip route replace 10.20.0.0/16 via 172.16.20.1 dev int\n"},
	/* clang-format on */
};

START_TEST(net_plan_wants_a_whole_network_to_go_in)
{
	net_world_complete(w);
	w->wants.inside = "10.20.0.0/16";
	net_route(w, CTL_NET_TABLE_INSIDE, "10.20.0.0/16", "172.16.20.1",
		  NET_INT);
	net_route(w, CTL_NET_MAIN, parts[_i].net, parts[_i].via,
		  parts[_i].link);
	ck_assert_str_eq(net_ids(w), parts[_i].ids);
	if (parts[_i].todo)
		ck_assert_str_eq(net_todo(w), parts[_i].todo);
}
END_TEST

/* It does, but for a part. */
static const struct {
	const char *net, *via;
	int link;
	const char *ids, *todo;
} holes[] = {
	/* clang-format off */
	{"10.20.64.0/18", "192.0.2.1", NET_EXT, "NET-002", "ip route del 10.20.64.0/18 via 192.0.2.1 dev ext\n"
		"ip route replace 10.20.0.0/16 via 172.16.20.1 dev int\n"},
	{"10.20.255.255/32", "192.0.2.1", NET_EXT, "NET-002", "ip route del 10.20.255.255/32 via 192.0.2.1 dev ext\n"
		"ip route replace 10.20.0.0/16 via 172.16.20.1 dev int\n"},
	{"10.20.64.0/18", "172.16.20.9", NET_INT, "", ""},
	/* a network of our own that lies within */
	{"10.20.64.0/24", NULL, NET_EXT, "", ""},
	/* what lies beside */
	{"10.21.0.0/16", "192.0.2.1", NET_EXT, "", ""},
	/* clang-format on */
};

START_TEST(net_plan_wants_no_part_of_a_network_to_go_elsewhere)
{
	net_world_complete(w);
	w->wants.inside = "10.20.0.0/16";
	net_route(w, CTL_NET_MAIN, "10.20.0.0/16", "172.16.20.1", NET_INT);
	net_route(w, CTL_NET_TABLE_INSIDE, "10.20.0.0/16", "172.16.20.1",
		  NET_INT);
	net_addr(w, "10.20.64.5", 24, NET_EXT);
	net_route(w, CTL_NET_MAIN, holes[_i].net, holes[_i].via,
		  holes[_i].link);
	ck_assert_str_eq(net_ids(w), holes[_i].ids);
	ck_assert_str_eq(net_todo(w), holes[_i].todo);
}
END_TEST

/* Two halves are a whole. */
START_TEST(net_plan_takes_parts_for_the_whole)
{
	net_world_complete(w);
	w->wants.inside = "10.20.0.0/16";
	net_route(w, CTL_NET_TABLE_INSIDE, "10.20.0.0/16", "172.16.20.1",
		  NET_INT);
	net_route(w, CTL_NET_MAIN, "10.20.0.0/17", "172.16.20.1", NET_INT);
	net_route(w, CTL_NET_MAIN, "10.20.128.0/17", "172.16.20.1", NET_INT);
	ck_assert_str_eq(net_ids(w), "");
}
END_TEST

/* What was cut may have been what is missing. */
START_TEST(net_plan_of_a_cut_view_judges_nothing)
{
	w->wants.device[CTL_OUTSIDE] = "ext";
	w->view.is_cut = true;
	ck_assert_str_eq(net_ids(w), "NET-010");
	ck_assert_int_eq(w->plan.finding[0].level, TOPO_WARN);
	ck_assert_str_eq(net_todo(w), "");
	ck_assert_str_eq(w->plan.device[CTL_OUTSIDE], "ext");
	net_world_complete(w);
	ck_assert_str_eq(net_ids(w), "NET-010");
	ck_assert_uint_eq(w->plan.goods, 1); /* forwarding alone */
	forwarding();
	ck_assert_str_eq(net_ids(w), "NET-010 NET-005 NET-005");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("net_plan");
	TCase *tc = tcase_create("plans");

	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, net_plan_of_a_fresh_host_is_all_it_needs);
	tcase_add_test(tc, net_plan_of_many_networks_sets_them_all);
	tcase_add_test(tc, net_plan_guesses_no_router);
	tcase_add_test(tc, net_router_is_on_the_device_of_its_side);
	tcase_add_test(tc, net_router_is_not_known_without_a_topology);
	tcase_add_test(tc, net_rules_of_ours_are_known);
	tcase_add_test(tc, net_plan_of_a_complete_host_has_nothing_to_do);
	tcase_add_loop_test(tc, net_plan_finds_each_fault_alone_with_its_cure,
			    0, sizeof(faults) / sizeof(*faults));
	tcase_add_test(tc, net_plan_takes_networks_that_are_named);
	tcase_add_test(tc, net_plan_leaves_foreign_tables_that_are_right);
	tcase_add_test(tc, net_plan_of_one_device_is_fine_in_a_lab);
	tcase_add_test(tc, net_plan_knows_lines_without_a_router);
	tcase_add_test(tc, net_plan_reaches_a_router_beside_the_network);
	tcase_add_test(tc, net_plan_without_a_topology_looks_at_forwarding);
	tcase_add_test(tc, net_plan_of_a_crowded_host_stays_within_its_room);
	tcase_add_loop_test(tc, net_plan_wants_a_whole_network_to_go_in, 0,
			    sizeof(parts) / sizeof(*parts));
	tcase_add_loop_test(tc,
			    net_plan_wants_no_part_of_a_network_to_go_elsewhere,
			    0, sizeof(holes) / sizeof(*holes));
	tcase_add_test(tc, net_plan_takes_parts_for_the_whole);
	tcase_add_test(tc, net_plan_of_a_cut_view_judges_nothing);
	suite_add_tcase(s, tc);
	return s;
}
