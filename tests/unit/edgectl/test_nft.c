/* The walk through a ruleset: verdicts, who gave them, and what is not known.
 */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/nft.h"
#include "tests/support/suite.h"

#define MATCH(protocol, field, right)                                    \
	"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":" \
	"\"" protocol "\",\"field\":\"" field "\"}},\"right\":" right "}}"
#define META(key, right)                                               \
	"{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":\"" key \
	"\"}},\"right\":" right "}}"
#define RULE(chain, handle, expr)                                    \
	",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":" \
	"\"" chain "\",\"handle\":" handle ",\"expr\":[" expr "]}}"
#define BASE(hook, policy)                                              \
	"{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":"     \
	"\"" hook "\",\"type\":\"filter\",\"hook\":\"" hook "\",\"prio" \
	"\":0,\"policy\":\"" policy "\"}}"
#define CHAIN(name)                                                         \
	",{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"" name \
	"\"}}"
#define DPORT(right) MATCH("tcp", "dport", right)
#define ACCEPT	     "{\"accept\":null}"
#define DROP	     "{\"drop\":null}"
#define IN	     BASE("input", "drop")

enum { PASS = CTL_NFT_PASSES, DROPPED = CTL_NFT_DROPPED };

static struct ctl_nft_packet packet(void)
{
	return (struct ctl_nft_packet){
		.hook = CTL_NFT_INPUT,
		.in = "ext",
		.is_tcp = true,
		.from = {.family = AF_INET,
			 .ip = {198, 51, 100, 7},
			 .port = 40000},
		.to = {.family = AF_INET, .ip = {192, 0, 2, 21}, .port = 443},
	};
}

static char *join(const char *rows)
{
	size_t len = strlen(rows) + 32;
	char *text = malloc(len);

	(void)snprintf(text, len, "{\"nftables\":[%s]}", rows);
	return text;
}

static struct ctl_nft_verdict judge(const char *rows,
				    const struct ctl_nft_packet *p)
{
	static json_t *doc;
	static struct ctl_nft *n;
	char *text = join(rows);

	ctl_nft_free(n); /* names in a verdict live as long */
	json_decref(doc);
	n = NULL;
	doc = json_loads(text, 0, NULL);
	ck_assert_msg(doc, "%s", text);
	free(text);
	ck_assert(!ctl_nft_new(&n, doc));
	return ctl_nft_judge(n, p);
}

static const struct {
	const char *rows;
	unsigned outcome;
	long long dropped, passed;
} verdicts[] =
	{
		/* clang-format off */
	{IN, DROPPED, 0, 0},
	{BASE("input", "accept"), PASS, 0, 0},
	{IN RULE("input", "3", DPORT("443") "," ACCEPT), PASS, 0, 3},
	{IN RULE("input", "3", DPORT("444") "," ACCEPT), DROPPED, 0, 0},
	{IN RULE("input", "3", DPORT("{\"range\":[400,450]}") "," ACCEPT), PASS, 0, 3},
	{IN RULE("input", "3", DPORT("{\"set\":[80,{\"range\":[1,5]}]}") "," ACCEPT), DROPPED, 0, 0},
	{IN RULE("input", "3", MATCH("udp", "dport", "443") "," ACCEPT), DROPPED, 0, 0},
	{IN RULE("input", "3", MATCH("th", "dport", "443") "," ACCEPT), PASS, 0, 3},
	{IN RULE("input", "3", MATCH("ip", "saddr", "\"198.51.100.7\"") "," ACCEPT), PASS, 0, 3},
	{IN RULE("input", "3", MATCH("ip", "saddr", "{\"prefix\":{\"addr\":\"198.51.0.0\",\"len\":16}}") "," ACCEPT), PASS, 0, 3},
	{IN RULE("input", "3", MATCH("ip", "daddr", "{\"range\":[\"192.0.2.22\",\"192.0.2.99\"]}") "," ACCEPT), DROPPED, 0, 0},
	{IN RULE("input", "3", MATCH("ip6", "daddr", "\"::1\"") "," ACCEPT), DROPPED, 0, 0},
	{IN RULE("input", "3", MATCH("icmp", "type", "\"echo-request\"") "," ACCEPT), DROPPED, 0, 0},
	{IN RULE("input", "3", META("iifname", "\"e*\"") "," ACCEPT), PASS, 0, 3},
	{IN RULE("input", "3", META("oifname", "\"ext\"") "," ACCEPT), DROPPED, 0, 0},
	{IN RULE("input", "3", META("l4proto", "{\"set\":[\"udp\",\"tcp\"]}") "," ACCEPT), PASS, 0, 3},
	/* named sets: of the table, empty, absent */
	{IN ",{\"set\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"s\",\"elem\":[443,{\"elem\":{\"val\":80}}]}}"
		RULE("input", "3", DPORT("\"@s\"") "," ACCEPT), PASS, 0, 3},
	{IN ",{\"set\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"s\"}}"
		RULE("input", "3", DPORT("\"@s\"") "," ACCEPT), DROPPED, 0, 0},
	{IN RULE("input", "3", DPORT("\"@s\"") "," ACCEPT), PASS | DROPPED, 0, 3},
	/* jump comes back, goto does not, return ends the chain */
	{IN CHAIN("c") RULE("input", "3", "{\"jump\":{\"target\":\"c\"}}")
		RULE("input", "4", ACCEPT) RULE("c", "5", DPORT("80") "," DROP), PASS, 0, 4},
	{IN CHAIN("c") RULE("input", "3", "{\"goto\":{\"target\":\"c\"}}")
		RULE("input", "4", ACCEPT) RULE("c", "5", DPORT("80") "," DROP), DROPPED, 0, 0},
	{IN CHAIN("c") RULE("input", "3", "{\"jump\":{\"target\":\"c\"}}") RULE("c", "4", "{\"return\":null}")
		RULE("c", "5", ACCEPT), DROPPED, 0, 0},
	{IN CHAIN("c") RULE("input", "3", "{\"jump\":{\"target\":\"c\"}}")
		RULE("input", "4", ACCEPT) RULE("c", "5", DPORT("443") "," DROP), DROPPED, 5, 0},
	/* verdict maps */
	{IN RULE("input", "3", "{\"vmap\":{\"key\":{\"ct\":{\"key\":\"state\"}},\"data\":{\"set\":"
		"[[\"established\",{\"drop\":null}],[\"new\",{\"accept\":null}]]}}}"), PASS, 0, 3},
	{IN RULE("input", "3", "{\"vmap\":{\"key\":{\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}},"
		"\"data\":{\"set\":[[80,{\"accept\":null}]]}}}"), DROPPED, 0, 0},
	{IN ",{\"map\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"m\",\"elem\":[[443,{\"accept\":null}]]}}"
		RULE("input", "3", "{\"vmap\":{\"key\":{\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}},"
		"\"data\":\"@m\"}}"), PASS, 0, 3},
	/* what is not understood may hold or not */
	{IN RULE("input", "3", META("mark", "1") "," ACCEPT), PASS | DROPPED, 0, 3},
	{IN RULE("input", "3", META("mark", "1") "," DROP) RULE("input", "4", ACCEPT), PASS | DROPPED, 3, 4},
	{IN RULE("input", "3", META("mark", "1") "," DROP), DROPPED, 3, 0},
	{IN RULE("input", "3", "{\"limit\":{\"rate\":1}},{\"log\":null}," DROP) RULE("input", "4", ACCEPT), PASS | DROPPED, 3, 4},
	{IN RULE("input", "3", "{\"xt\":null}," DROP) RULE("input", "4", ACCEPT), PASS | DROPPED, 3, 4},
	{IN RULE("input", "3", "{\"counter\":null},{\"log\":null}," ACCEPT), PASS, 0, 3},
	/* a target of xtables, and what nobody knows, may decide; a limit not */
	{IN RULE("input", "3", DPORT("443") ",{\"xt\":{\"type\":\"target\"}}"), PASS | DROPPED, 3, 3},
	{IN RULE("input", "3", DPORT("444") ",{\"xt\":{\"type\":\"target\"}}"), DROPPED, 0, 0},
	{IN RULE("input", "3", "{\"synproxy\":null}"), PASS | DROPPED, 3, 3},
	{IN RULE("input", "3", "{\"limit\":{\"rate\":1}},{\"log\":null}"), DROPPED, 0, 0},
	{IN RULE("input", "3", META("pkttype", "\"multicast\"") "," ACCEPT), DROPPED, 0, 0},
	{IN RULE("input", "3", META("pkttype", "\"host\"") "," ACCEPT), PASS, 0, 3},
	{IN RULE("input", "3", "{\"queue\":null}"), PASS | DROPPED, 0, 0},
	{IN RULE("input", "3", "{\"jump\":{\"target\":\"absent\"}}"), PASS | DROPPED, 0, 0},
	/* a chain that jumps to itself is left */
	{IN CHAIN("c") RULE("input", "3", "{\"jump\":{\"target\":\"c\"}}") RULE("c", "4", "{\"jump\":{\"target\":\"c\"}}"),
		PASS | DROPPED, 0, 0},
	/* every chain of the hook must let it pass; nat does not filter */
	{BASE("input", "accept") "," BASE("prerouting", "drop"), DROPPED, 0, 0},
	{BASE("input", "accept") ",{\"chain\":{\"family\":\"ip\",\"table\":\"n\",\"name\":\"p\",\"type\":\"nat\","
		"\"hook\":\"input\",\"policy\":\"drop\"}}", PASS, 0, 0},
	{BASE("input", "accept") ",{\"chain\":{\"family\":\"ip6\",\"table\":\"n\",\"name\":\"p\",\"type\":\"filter\","
		"\"hook\":\"input\",\"policy\":\"drop\"}}", PASS, 0, 0},
	{BASE("output", "drop"), PASS, 0, 0},
		/* clang-format on */
};

START_TEST(nft_walk_comes_to_the_verdict_and_its_place)
{
	const struct ctl_nft_packet p = packet();
	struct ctl_nft_verdict v = judge(verdicts[_i].rows, &p);

	ck_assert_uint_eq(v.outcome, verdicts[_i].outcome);
	if (verdicts[_i].dropped)
		ck_assert_int_eq(v.dropped.handle, verdicts[_i].dropped);
	if (verdicts[_i].passed)
		ck_assert_int_eq(v.passed.handle, verdicts[_i].passed);
}
END_TEST

START_TEST(nft_walk_is_bounded_when_chains_fan_out)
{
	static char rows[1 << 16];
	const struct ctl_nft_packet p = packet();
	size_t len = (size_t)snprintf(rows, sizeof(rows), "%s", IN);

	for (int c = 0; c < 16; c++)
		len += (size_t)snprintf(
			rows + len, sizeof(rows) - len,
			",{\"chain\":{\"family\":\"inet\",\"table\":\"t\","
			"\"name\":\"c%d\"}}",
			c);
	for (int c = 0; c < 15; c++)
		for (int k = 0; k < 10; k++)
			len += (size_t)snprintf(
				rows + len, sizeof(rows) - len,
				",{\"rule\":{\"family\":\"inet\",\"table\":"
				"\"t\",\"chain\":\"c%d\",\"handle\":1,"
				"\"expr\":[{\"jump\":{\"target\":\"c%d\"}}]}}",
				c, c + 1);
	len += (size_t)snprintf(
		rows + len, sizeof(rows) - len, "%s",
		RULE("input", "2", "{\"jump\":{\"target\":\"c0\"}}"));
	ck_assert_uint_lt(len, sizeof(rows));
	ck_assert_uint_eq(judge(rows, &p).outcome, PASS | DROPPED);
}
END_TEST

START_TEST(nft_policy_is_told_as_a_place)
{
	const struct ctl_nft_packet p = packet();
	struct ctl_nft_verdict v = judge(IN, &p);

	ck_assert_str_eq(v.dropped.text, "policy drop");
	ck_assert_str_eq(v.dropped.chain, "input");
	ck_assert_int_eq(v.dropped.handle, 0);
	v = judge(IN RULE("input", "9", "{\"log\":null}," DROP), &p);
	ck_assert(v.dropped.is_catch_all);
	v = judge(IN RULE("input", "9", DPORT("443") "," DROP), &p);
	ck_assert(!v.dropped.is_catch_all);
}
END_TEST

START_TEST(nft_refuses_what_is_no_ruleset)
{
	struct ctl_nft *n = NULL;
	json_t *doc = json_loads("{\"nftables\": 3}", 0, NULL);

	ck_assert_int_eq(ctl_nft_new(&n, doc), EDGE_EFORMAT);
	json_decref(doc);
	ck_assert_int_eq(ctl_nft_new(&n, NULL), EDGE_EFORMAT);
}
END_TEST

START_TEST(nft_ports_come_with_their_neighbours)
{
	static const uint16_t want[] = {79,  80,  81,  399, 400,
					401, 449, 450, 451};
	char *text = join(IN RULE("input", "3", DPORT("{\"range\":[400,450]}"))
				  RULE("input", "4", DPORT("80")));
	json_t *doc = json_loads(text, 0, NULL);
	struct ctl_nft *n = NULL;
	uint16_t ports[64];

	ck_assert(!ctl_nft_new(&n, doc));
	ck_assert_uint_eq(ctl_nft_ports(n, ports, 64), 9);
	ck_assert_mem_eq(ports, want, sizeof(want));
	memset(ports, 0, sizeof(ports));
	ck_assert_uint_eq(ctl_nft_ports(n, ports, 4), 9); /* all are counted */
	ck_assert_uint_eq(ports[3], 399);
	ck_assert_uint_eq(ports[4], 0); /* four are written */
	ck_assert(ctl_nft_has_hook(n, CTL_NFT_INPUT));
	ck_assert(!ctl_nft_has_hook(n, CTL_NFT_FORWARD));
	ctl_nft_free(n);
	ctl_nft_free(NULL);
	json_decref(doc);
	free(text);
}
END_TEST

static size_t ports_of(const char *rows, uint16_t *ports, size_t cap)
{
	char *text = join(rows);
	json_t *doc = json_loads(text, 0, NULL);
	struct ctl_nft *n = NULL;
	size_t count;

	ck_assert_msg(doc, "%s", text);
	ck_assert(!ctl_nft_new(&n, doc));
	count = ctl_nft_ports(n, ports, cap);
	ctl_nft_free(n);
	json_decref(doc);
	free(text);
	return count;
}

static const struct {
	const char *rows;
	size_t count;
} port_rows[] = {
	/* clang-format off */
	{IN RULE("input", "3", "{\"limit\":{\"rate\":10,\"burst\":5,\"per\":\"second\"}}," ACCEPT), 0},
	{IN RULE("input", "3", "{\"counter\":{\"packets\":77,\"bytes\":8}}," ACCEPT), 0},
	{IN RULE("input", "3", META("mark", "7") "," ACCEPT), 0},
	{IN RULE("input", "3", MATCH("ip", "saddr", "{\"prefix\":{\"addr\":\"10.0.0.0\",\"len\":8}}") "," ACCEPT), 0},
	{IN RULE("input", "3", DPORT("{\"set\":[{\"elem\":{\"val\":80,\"timeout\":900,\"expires\":899}}]}") "," ACCEPT), 3},
	{IN RULE("input", "3", DPORT("9223372036854775807") "," ACCEPT), 0},
	{IN RULE("input", "3", DPORT("-9223372036854775808") "," ACCEPT), 0},
	{IN RULE("input", "3", DPORT("0") "," ACCEPT), 1},
	{IN RULE("input", "3", DPORT("65535") "," ACCEPT), 2},
	{IN ",{\"set\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"s\",\"type\":\"mark\",\"elem\":[5,6]}}", 0},
	{IN ",{\"set\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"s\",\"type\":\"inet_service\",\"size\":9,"
		"\"timeout\":60,\"elem\":[{\"elem\":{\"val\":443,\"timeout\":60}}]}}", 3},
	{IN ",{\"set\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"s\",\"type\":[\"ipv4_addr\",\"inet_service\"],"
		"\"elem\":[{\"concat\":[\"192.0.2.1\",{\"range\":[80,90]}]}]}}", 6},
	{IN ",{\"set\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"s\",\"type\":{\"typeof\":{}},\"elem\":[443]}}", 3},
	{IN ",{\"map\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"m\",\"type\":\"inet_service\",\"map\":"
		"\"mark\",\"elem\":[[443,9]]}}", 3},
	{IN RULE("input", "3", "{\"vmap\":{\"key\":{\"concat\":[{\"meta\":{\"key\":\"l4proto\"}},{\"payload\":{"
		"\"protocol\":\"th\",\"field\":\"dport\"}}]},\"data\":{\"set\":[[{\"concat\":[\"tcp\",22]},{\"accept\":null}]]}}}"), 3},
	/* clang-format on */
};

START_TEST(nft_ports_are_ports_and_nothing_else)
{
	uint16_t ports[64];

	ck_assert_uint_eq(ports_of(port_rows[_i].rows, ports, 64),
			  port_rows[_i].count);
}
END_TEST

/* What is said many times needs the room of one. */
START_TEST(nft_ports_that_are_repeated_leave_room_for_others)
{
	static char rows[1 << 16];
	size_t len = (size_t)snprintf(rows, sizeof(rows), "%s", IN);
	uint16_t ports[64];

	for (int i = 0; i < 300; i++)
		len += (size_t)snprintf(
			rows + len, sizeof(rows) - len, "%s",
			RULE("input", "3", DPORT("80") "," ACCEPT));
	len += (size_t)snprintf(rows + len, sizeof(rows) - len, "%s",
				RULE("input", "4", DPORT("8080") "," ACCEPT));
	ck_assert_uint_lt(len, sizeof(rows));
	ck_assert_uint_eq(ports_of(rows, ports, 64), 6);
	ck_assert_uint_eq(ports[5], 8081);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("nft");
	TCase *tc = tcase_create("walk");

	tcase_set_timeout(tc, 20);
	tcase_add_loop_test(tc, nft_walk_comes_to_the_verdict_and_its_place, 0,
			    sizeof(verdicts) / sizeof(*verdicts));
	tcase_add_test(tc, nft_walk_is_bounded_when_chains_fan_out);
	tcase_add_test(tc, nft_policy_is_told_as_a_place);
	tcase_add_test(tc, nft_refuses_what_is_no_ruleset);
	tcase_add_test(tc, nft_ports_come_with_their_neighbours);
	tcase_add_loop_test(tc, nft_ports_are_ports_and_nothing_else, 0,
			    sizeof(port_rows) / sizeof(*port_rows));
	tcase_add_test(tc, nft_ports_that_are_repeated_leave_room_for_others);
	suite_add_tcase(s, tc);
	return s;
}
