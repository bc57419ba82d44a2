/* doctor FW: our own filter is fine; each way to spoil it is found alone. */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/fw_judge.h"
#include "edgectl/net_view.h"
#include "edgectl/nft_boot.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/render_world.h"

static struct render_world w;
static json_t *doc;
static struct ctl_fw_report *r;
static struct ctl_sockets sockets;
static const struct ctl_nft_boot *boot;
static const char *manage;	/* who is not named in edge.ini */
static struct ctl_net_view net; /* with more addresses than the topology's */

/* The filter that the lab's topology gives, as nft prints it. */
static void setup(void)
{
	char path[512];

	render_world_init(&w, "02-edge-pool-director.xml");
	(void)snprintf(path, sizeof(path), "%s/firewall/lync-edge.json",
		       getenv("EDGE_VECTORS"));
	doc = json_load_file(path, 0, NULL);
	ck_assert_ptr_nonnull(doc);
	r = malloc(sizeof(*r));
	sockets.count = 0;
	manage = NULL;
	boot = NULL;
	memset(&net, 0, sizeof(net));
}

static void teardown(void)
{
	free(r);
	json_decref(doc);
	render_world_fini(&w);
}

static const char *judge(void)
{
	static char ids[256];
	struct ctl_fw_view v = {
		.topo = w.r.topo,
		.config = w.c.config,
		.sockets = &sockets,
		.net = &net,
		.manage = manage,
		.boot = boot,
		.device = {"ext", "int"},
	};
	struct ctl_nft *n = NULL;
	size_t len = 0;

	ck_assert(!ctl_nft_new(&n, doc));
	v.nft = n;
	ctl_fw_judge(r, &v);
	ctl_nft_free(n);
	ids[0] = '\0';
	for (size_t i = 0; i < r->findings; i++)
		len += (size_t)snprintf(ids + len, sizeof(ids) - len, "%s%s",
					i ? " " : "", r->finding[i].id);
	return ids;
}

/* One more object, first or last. */
static void put(bool first, const char *text)
{
	json_t *o = json_loads(text, 0, NULL);
	json_t *all = json_object_get(doc, "nftables");

	ck_assert_msg(o, "%s", text);
	if (first)
		json_array_insert_new(all, 0, o);
	else
		json_array_append_new(all, o);
}

static void own_table(const char *policy, const char *rule)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "{\"chain\":{\"family\":\"inet\",\"table\":\"own\","
		       "\"name\":\"in\",\"type\":\"filter\",\"hook\":\"input\","
		       "\"prio\":0,\"policy\":\"%s\"}}",
		       policy);
	put(false, text);
	if (!rule)
		return;
	(void)snprintf(text, sizeof(text),
		       "{\"rule\":{\"family\":\"inet\",\"table\":\"own\","
		       "\"chain\":\"in\",\"handle\":7,\"expr\":[%s]}}",
		       rule);
	put(false, text);
}

static const char port_443[] =
	"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"tcp\","
	"\"field\":\"dport\"}},\"right\":443}},{\"drop\":null}";

START_TEST(fw_judge_likes_our_own_filter)
{
	ck_assert_str_eq(judge(), "");
	ck_assert_uint_eq(r->goods, 3);
}
END_TEST

START_TEST(fw_judge_wants_a_filter)
{
	json_array_clear(json_object_get(doc, "nftables"));
	ck_assert_str_eq(judge(), "FW-001");
	ck_assert_uint_eq(r->finding[0].cure.count, 3);
	own_table("accept", NULL); /* it filters nothing */
	ck_assert_str_eq(judge(), "FW-001");
}
END_TEST

START_TEST(fw_judge_shuts_nobody_out)
{
	json_array_clear(json_object_get(doc, "nftables"));
	judge();
	ck_assert_str_eq(r->finding[0].cure.step[1].line,
			 "edgectl topology render nftables --out "
			 "/etc/nftables.d/lync-edge.nft");
	manage = "22 from 10.20.30.9";
	judge();
	ck_assert_str_eq(r->finding[0].cure.step[1].line,
			 "edgectl topology render nftables --manage '22 from "
			 "10.20.30.9' --out /etc/nftables.d/lync-edge.nft");
}
END_TEST

static const struct {
	const char *session, *who, *want;
	uint16_t port;
} managing[] = {
	{NULL, NULL, "none", 0},
	{"10.20.30.9 5000 172.16.20.21 22", NULL, "22 from 10.20.30.9", 0},
	{"fd00::9 5000 fd00::21 2222", "sshd, pid 7", "2222 from fd00::9", 22},
	{NULL, "sshd, pid 7", "2222 from NETWORK", 2222},
	{NULL, "systemd, pid 1", "22 from NETWORK", 22},
	{NULL, "nginx, pid 9", "none", 8080},
	{"", "sshd, pid 7", "22 from NETWORK", 22},
	{"';reboot' 5000 172.16.20.21 22", NULL, "none", 0},
	{"10.20.30.9 5000 172.16.20.21 x", NULL, "none", 0},
};

START_TEST(fw_judge_knows_who_manages_the_host)
{
	char text[CTL_FW_MANAGE];

	if (managing[_i].who) {
		sockets.v[0] = (struct ctl_socket){.is_tcp = true};
		sockets.v[0].at.port = managing[_i].port;
		(void)snprintf(sockets.v[0].who, sizeof(sockets.v[0].who), "%s",
			       managing[_i].who);
		sockets.count = 1;
	}
	ctl_fw_manage(text, &sockets, managing[_i].session);
	ck_assert_str_eq(text, managing[_i].want);
}
END_TEST

START_TEST(fw_judge_names_the_rule_that_blocks)
{
	own_table("accept", port_443);
	ck_assert_str_eq(judge(), "FW-003");
	ck_assert_str_eq(r->finding[0].place, "inet own in handle 7");
	ck_assert_uint_eq(r->finding[0].cure.count, 1);
	ck_assert_str_eq(r->finding[0].cure.step[0].line,
			 "nft delete rule inet own in handle 7");
	/* all its victims, in one finding */
	for (size_t i = 0; i < 4; i++) {
		static const char *const rows[] = {
			"E1 (tcp 443 to 192.0.2.21)",
			"E4 (tcp 443 to 192.0.2.31)",
			"E6 (tcp 443 to 192.0.2.41)",
			"I6 (tcp 443 to 172.16.20.21)"};

		ck_assert_ptr_nonnull(strstr(r->finding[0].saw, rows[i]));
	}
}
END_TEST

START_TEST(fw_judge_lets_rows_pass_before_what_drops_the_rest)
{
	own_table("accept", "{\"match\":{\"op\":\"!=\",\"left\":{\"meta\":{"
			    "\"key\":\"l4proto\"}},\"right\":\"tcp\"}},"
			    "{\"accept\":null}");
	put(false,
	    "{\"rule\":{\"family\":\"inet\",\"table\":\"own\",\"chain\":\"in\","
	    "\"handle\":8,\"expr\":[{\"match\":{\"op\":\"!=\",\"left\":{"
	    "\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}},"
	    "\"right\":5062}},{\"accept\":null}]}}");
	put(false,
	    "{\"rule\":{\"family\":\"inet\",\"table\":\"own\","
	    "\"chain\":\"in\",\"handle\":9,\"expr\":[{\"drop\":null}]}}");
	ck_assert_str_eq(judge(), "FW-003");
	ck_assert_str_eq(r->finding[0].cure.step[0].line,
			 "nft insert rule inet own in handle 9 ip daddr "
			 "172.16.20.21 ip saddr 10.20.30.21/32 tcp dport 5062 "
			 "accept");
}
END_TEST

START_TEST(fw_judge_notes_what_other_families_would_echo)
{
	put(false, "{\"chain\":{\"family\":\"inet\",\"table\":\"own\",\"name\":"
		   "\"out\",\"type\":\"filter\",\"hook\":\"output\",\"prio\":0,"
		   "\"policy\":\"accept\"}}");
	put(false,
	    "{\"rule\":{\"family\":\"inet\",\"table\":\"own\",\"chain\":"
	    "\"out\",\"handle\":3,\"expr\":[{\"match\":{\"op\":\"==\","
	    "\"left\":{\"payload\":{\"protocol\":\"ip\",\"field\":\"daddr\"}},"
	    "\"right\":\"10.20.30.31\"}},{\"drop\":null}]}}");
	ck_assert_str_eq(judge(), "FW-003");
	ck_assert(r->is_next_hop_blocked && !r->is_dns_blocked);
}
END_TEST

START_TEST(fw_judge_finds_a_hole_in_a_range)
{
	own_table("accept",
		  "{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{"
		  "\"protocol\":\"udp\",\"field\":\"dport\"}},\"right\":"
		  "51234}},{\"drop\":null}");
	ck_assert_str_eq(judge(), "FW-003");
	ck_assert_ptr_nonnull(strstr(r->finding[0].saw, "E11"));
}
END_TEST

START_TEST(fw_judge_names_who_listens_behind_an_open_port)
{
	sockets.v[0] = (struct ctl_socket){
		.is_tcp = true, .family = AF_INET, .who = "sshd, pid 714"};
	sockets.v[0].at.port = 22;
	sockets.count = 1;
	ck_assert_str_eq(judge(), ""); /* it is not let in */
	json_array_clear(json_object_get(doc, "nftables"));
	own_table("drop", "{\"accept\":null}");
	judge();
	ck_assert_str_eq(r->finding[0].id, "FW-002");
	ck_assert_ptr_nonnull(
		strstr(r->finding[0].saw, "tcp 22 (listening: sshd, pid 714)"));
	ck_assert_int_eq(r->finding[0].level, TOPO_WARN);
}
END_TEST

START_TEST(fw_judge_leaves_the_operators_rules)
{
	put(false, "{\"rule\":{\"family\":\"inet\",\"table\":\"lync_edge\","
		   "\"chain\":\"operator_in\",\"handle\":90,\"expr\":[{"
		   "\"match\":{\"op\":\"==\",\"left\":{\"payload\":{"
		   "\"protocol\":\"tcp\",\"field\":\"dport\"}},\"right\":22}},{"
		   "\"accept\":null}]}}");
	ck_assert_str_eq(judge(), "");
}
END_TEST

START_TEST(fw_judge_says_what_it_does_not_know)
{
	own_table("accept", "{\"xt\":null},{\"drop\":null}");
	ck_assert_str_eq(judge(), "FW-005");
	ck_assert_int_eq(r->finding[0].level, TOPO_INFO);
	ck_assert_uint_eq(r->finding[0].cure.count, 0);
}
END_TEST

static bool has_good(const char *text)
{
	for (size_t i = 0; i < r->goods; i++)
		if (strstr(r->good[i], text))
			return true;
	return false;
}

#define OURS(chain, expr)                                                   \
	"{\"rule\":{\"family\":\"inet\",\"table\":\"lync_edge\",\"chain\":" \
	"\"" chain "\",\"handle\":91,\"expr\":[" expr "]}}"
#define MARK                                                                \
	"{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"mark\"}}," \
	"\"right\":7}}"

/* What may let in is no filter that lets nothing else in. */
START_TEST(fw_judge_ticks_nothing_that_is_not_known)
{
	static const char *const rules[] = {
		OURS("ext_in", MARK ",{\"accept\":null}"),
		OURS("ext_in", "{\"limit\":{\"rate\":9}},{\"accept\":null}"),
		OURS("ext_in", "{\"xt\":null},{\"accept\":null}"),
		OURS("ext_in", "{\"queue\":{\"num\":1}}"),
		OURS("ext_in", "{\"match\":{\"op\":\"==\",\"left\":{"
			       "\"payload\":{\"protocol\":\"ip\",\"field\":"
			       "\"saddr\"}},\"right\":\"@absent\"}},{"
			       "\"accept\":null}"),
	};

	put(true, rules[_i]);
	ck_assert_ptr_nonnull(strstr(judge(), "FW-005"));
	ck_assert_ptr_null(strstr(judge(), "FW-002"));
	ck_assert(!has_good("nothing else is let in"));
	for (size_t i = 0; i < r->findings; i++)
		if (strstr(r->finding[i].saw, "perhaps lets in from the "
					      "outside"))
			return;
	ck_abort_msg("nobody says that it may let in");
}
END_TEST

START_TEST(fw_judge_ticks_no_forwarding_that_is_not_known)
{
	put(true, OURS("forward", MARK ",{\"accept\":null}"));
	ck_assert_str_eq(judge(), "FW-005");
	ck_assert_int_eq(r->finding[0].level, TOPO_WARN);
	ck_assert(!has_good("from device to device"));
	ck_assert(has_good("nothing else is let in"));
}
END_TEST

/* An operator's rule with a limit is his, too. */
START_TEST(fw_judge_leaves_the_operators_rules_with_conditions)
{
	put(true, OURS("operator_in", MARK ",{\"accept\":null}"));
	ck_assert_str_eq(judge(), "");
	ck_assert(has_good("nothing else is let in"));
}
END_TEST

START_TEST(fw_judge_leaves_who_manages_the_host)
{
	put(true, "{\"chain\":{\"family\":\"inet\",\"table\":\"lync_edge\","
		  "\"name\":\"manage_in\"}}");
	put(true,
	    OURS("manage_in",
		 "{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{"
		 "\"protocol\":\"tcp\",\"field\":\"dport\"}},\"right\":22}},"
		 "{\"accept\":null}"));
	put(true, OURS("input", "{\"jump\":{\"target\":\"manage_in\"}}"));
	ck_assert_str_eq(judge(), "");
	ck_assert(has_good("nothing else is let in"));
	own_table("accept", NULL); /* and another filter that says nothing */
	ck_assert_str_eq(judge(), "");
}
END_TEST

START_TEST(fw_judge_says_that_ports_were_not_tried)
{
	static char rule[1 << 16];
	size_t len = (size_t)snprintf(
		rule, sizeof(rule), "%s",
		"{\"set\":{\"family\":\"inet\",\"table\":\"own\",\"name\":"
		"\"many\",\"type\":\"inet_service\",\"elem\":[1");

	for (int i = 1; i < 1000; i++)
		len += (size_t)snprintf(rule + len, sizeof(rule) - len, ",%d",
					3 * i);
	(void)snprintf(rule + len, sizeof(rule) - len, "]}}");
	put(true, rule);
	ck_assert_str_eq(judge(), "FW-005");
	ck_assert_str_eq(r->finding[0].place, "nft list ruleset");
	ck_assert(!has_good("nothing else is let in"));
}
END_TEST

static void has_address(const char *text)
{
	struct edge_addr *at = &net.addr[net.addrs++].at;

	ck_assert(!edge_addr_parse(at, edge_slice_str(text), 0));
}

#define DADDR(ip, at)                                                    \
	"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":" \
	"\"" ip "\",\"field\":\"daddr\"}},\"right\":\"" at "\"}}"
#define DPORT(port)                                                      \
	"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":" \
	"\"tcp\","                                                       \
	"\"field\":\"dport\"}},\"right\":" port "}}"
#define ACCEPT "{\"accept\":null}"

START_TEST(fw_judge_tries_every_address_of_the_host)
{
	static const struct {
		const char *rule, *saw;
	} rows[] = {
		{OURS("ext_in",
		      DADDR("ip", "192.0.2.99") "," DPORT("22") "," ACCEPT),
		 "outside what no row of the table of ports wants: tcp 22 to "
		 "192.0.2.99"},
		{OURS("ext_in", DADDR("ip6", "2001:db8:2::99") "," DPORT(
					"22") "," ACCEPT),
		 "outside what no row of the table of ports wants: tcp 22 to "
		 "2001:db8:2::99"},
		{OURS("int_in",
		      DADDR("ip6", "fe80::5") "," DPORT("22") "," ACCEPT),
		 "inside what no row of the table of ports wants: tcp 22 to "
		 "fe80::5"},
		/* the way in of the inside, from the wrong side */
		{OURS("ext_in",
		      DADDR("ip", "172.16.20.21") "," DPORT("5062") "," ACCEPT),
		 "outside what no row of the table of ports wants: tcp 5062"},
	};

	has_address("192.0.2.99");
	has_address("2001:db8:2::99");
	has_address("fe80::5");
	has_address("127.0.0.1");
	ck_assert_str_eq(judge(), "");
	put(true, rows[_i].rule);
	ck_assert_str_eq(judge(), "FW-002");
	ck_assert_msg(strstr(r->finding[0].saw, rows[_i].saw), "%s",
		      r->finding[0].saw);
}
END_TEST

/* A filter of IPv4 alone leaves the host open to IPv6. */
START_TEST(fw_judge_wants_a_filter_of_both_families)
{
	json_t *all = json_object_get(doc, "nftables"), *row, *o;
	const char *name;
	size_t i;

	json_array_foreach(all, i, row) json_object_foreach(row, name, o)
		json_object_set_new(o, "family", json_string("ip"));
	ck_assert_str_eq(judge(), "");
	has_address("2001:db8:2::99");
	ck_assert_str_eq(judge(), "FW-002 FW-004");
	ck_assert_ptr_nonnull(strstr(r->finding[0].saw, "no chain lets in"));
	ck_assert_ptr_nonnull(strstr(r->finding[1].saw, "packets of IPv6"));
	ck_assert_uint_ge(r->finding[0].cure.count, 1);
}
END_TEST

START_TEST(fw_judge_knows_the_rows_of_both_families)
{
	struct topo t = *w.r.topo;

	ck_assert(!edge_addr_parse(&t.av_own6, edge_slice_str("2001:db8:2::41"),
				   0));
	w.r.topo = &t;
	put(true, OURS("ext_in", DADDR("ip6", "2001:db8:2::41") "," ACCEPT));
	ck_assert_ptr_nonnull(strstr(judge(), "FW-002"));
	for (size_t i = 0; i < r->findings; i++)
		if (!strcmp(r->finding[i].id, "FW-002")) {
			ck_assert_ptr_nonnull(
				strstr(r->finding[i].saw, "tcp 9,"));
			ck_assert_ptr_null(
				strstr(r->finding[i].saw, "tcp 443"));
		}
}
END_TEST

/* A rule without a device serves a row; the inside may what the Internet may,
 * and the rule is not taken away. */
START_TEST(fw_judge_keeps_rules_that_rows_live_by)
{
	json_array_clear(json_object_get(doc, "nftables"));
	own_table("drop",
		  DADDR("ip", "192.0.2.21") "," DPORT("443") "," ACCEPT);
	ck_assert_ptr_null(strstr(judge(), "FW-002"));
	json_array_clear(json_object_get(doc, "nftables"));
	own_table("drop",
		  DADDR("ip", "172.16.20.21") "," DPORT("5062") "," ACCEPT);
	ck_assert_ptr_nonnull(strstr(judge(), "FW-002"));
	for (size_t i = 0; i < r->findings; i++)
		if (!strcmp(r->finding[i].id, "FW-002"))
			ck_assert_ptr_null(
				strstr(r->finding[i].cure.step[0].line,
				       "delete rule"));
}
END_TEST

START_TEST(fw_judge_says_that_addresses_were_not_tried)
{
	char text[32];

	for (int i = 0; i < 70; i++) {
		(void)snprintf(text, sizeof(text), "192.0.2.%d", 100 + i);
		has_address(text);
	}
	ck_assert_str_eq(judge(), "FW-005");
	ck_assert_str_eq(r->finding[0].place, "nft list ruleset");
}
END_TEST

static const struct {
	struct ctl_nft_boot boot;
	const char *why, *first;
	size_t steps;
} boots[] = {
	/* clang-format off */
	{{true, true, true}, NULL, NULL, 0},
	{{true, true, false}, "nftables.service is not enabled", "systemctl enable nftables", 1},
	{{true, false, true}, "/etc/nftables.conf includes no", "echo 'include \"/etc/nftables.d/*.nft\"' >>/etc/nftables.conf", 1},
	{{true, false, false}, "/etc/nftables.conf includes no", "echo 'include \"/etc/nftables.d/*.nft\"' >>/etc/nftables.conf", 2},
	{{false, true, true}, "there is no /etc/nftables.d/lync-edge.nft", "mkdir -p /etc/nftables.d", 3},
	/* clang-format on */
};

START_TEST(fw_judge_wants_it_loaded_at_boot)
{
	boot = &boots[_i].boot;
	ck_assert_str_eq(judge(), boots[_i].why ? "FW-008" : "");
	ck_assert(has_good("at boot") == !boots[_i].why);
	if (!boots[_i].why)
		return;
	ck_assert_ptr_nonnull(strstr(r->finding[0].saw, boots[_i].why));
	ck_assert_uint_eq(r->finding[0].cure.count, boots[_i].steps);
	ck_assert_str_eq(r->finding[0].cure.step[0].line, boots[_i].first);
}
END_TEST

/* What is not ours is loaded as its owner likes; a cure that loads ours makes
 * it stay. */
START_TEST(fw_judge_has_ours_stay)
{
	static const struct ctl_nft_boot none = {false, false, false};

	boot = &none;
	json_array_clear(json_object_get(doc, "nftables"));
	ck_assert_str_eq(judge(), "FW-001");
	ck_assert_uint_eq(r->finding[0].cure.count, 5);
	ck_assert_str_eq(r->finding[0].cure.step[4].line,
			 "systemctl enable nftables");
	own_table("drop", NULL);
	ck_assert_ptr_null(strstr(judge(), "FW-008"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("fw_judge");
	TCase *tc = tcase_create("rows");

	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, fw_judge_likes_our_own_filter);
	tcase_add_test(tc, fw_judge_wants_a_filter);
	tcase_add_test(tc, fw_judge_shuts_nobody_out);
	tcase_add_loop_test(tc, fw_judge_knows_who_manages_the_host, 0,
			    sizeof(managing) / sizeof(*managing));
	tcase_add_test(tc, fw_judge_names_the_rule_that_blocks);
	tcase_add_test(tc, fw_judge_lets_rows_pass_before_what_drops_the_rest);
	tcase_add_test(tc, fw_judge_notes_what_other_families_would_echo);
	tcase_add_test(tc, fw_judge_finds_a_hole_in_a_range);
	tcase_add_test(tc, fw_judge_names_who_listens_behind_an_open_port);
	tcase_add_test(tc, fw_judge_leaves_the_operators_rules);
	tcase_add_test(tc, fw_judge_says_what_it_does_not_know);
	tcase_add_loop_test(tc, fw_judge_ticks_nothing_that_is_not_known, 0, 5);
	tcase_add_test(tc, fw_judge_ticks_no_forwarding_that_is_not_known);
	tcase_add_test(tc, fw_judge_leaves_the_operators_rules_with_conditions);
	tcase_add_test(tc, fw_judge_leaves_who_manages_the_host);
	tcase_add_test(tc, fw_judge_says_that_ports_were_not_tried);
	tcase_add_loop_test(tc, fw_judge_tries_every_address_of_the_host, 0, 4);
	tcase_add_test(tc, fw_judge_wants_a_filter_of_both_families);
	tcase_add_test(tc, fw_judge_knows_the_rows_of_both_families);
	tcase_add_test(tc, fw_judge_keeps_rules_that_rows_live_by);
	tcase_add_test(tc, fw_judge_says_that_addresses_were_not_tried);
	tcase_add_loop_test(tc, fw_judge_wants_it_loaded_at_boot, 0,
			    sizeof(boots) / sizeof(*boots));
	tcase_add_test(tc, fw_judge_has_ours_stay);
	suite_add_tcase(s, tc);
	return s;
}
