/* doctor FW: our own filter is fine; each way to spoil it is found alone. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/edgectl/fw_world.h"

static struct fw_world *f;

static void setup(void)
{
	f = fw_world_new();
}

static void teardown(void)
{
	fw_world_free(f);
}

static const char port_443[] =
	"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"tcp\","
	"\"field\":\"dport\"}},\"right\":443}},{\"drop\":null}";

START_TEST(fw_judge_likes_our_own_filter)
{
	ck_assert_str_eq(fw_ids(f), "");
	ck_assert_uint_eq(f->report.goods, 3);
}
END_TEST

START_TEST(fw_judge_wants_a_filter)
{
	fw_clear(f);
	ck_assert_str_eq(fw_ids(f), "FW-001");
	ck_assert_uint_eq(f->report.finding[0].cure.count, 3);
	fw_own_table(f, "accept", NULL); /* it filters nothing */
	ck_assert_str_eq(fw_ids(f), "FW-001");
}
END_TEST

START_TEST(fw_judge_shuts_nobody_out)
{
	fw_clear(f);
	fw_ids(f);
	ck_assert_str_eq(f->report.finding[0].cure.step[1].line,
			 "edgectl topology render nftables --out "
			 "/etc/nftables.d/lync-edge.nft");
	f->manage = "22 from 10.20.30.9";
	fw_ids(f);
	ck_assert_str_eq(f->report.finding[0].cure.step[1].line,
			 "edgectl topology render nftables --manage '22 from "
			 "10.20.30.9' --out /etc/nftables.d/lync-edge.nft");
}
END_TEST

START_TEST(fw_judge_names_the_rule_that_blocks)
{
	fw_own_table(f, "accept", port_443);
	ck_assert_str_eq(fw_ids(f), "FW-003");
	ck_assert_str_eq(f->report.finding[0].place, "inet own in handle 7");
	ck_assert_uint_eq(f->report.finding[0].cure.count, 1);
	ck_assert_str_eq(f->report.finding[0].cure.step[0].line,
			 "nft delete rule inet own in handle 7");
	/* all its victims, in one finding */
	for (size_t i = 0; i < 4; i++) {
		static const char *const rows[] = {
			"E1 (tcp 443 to 192.0.2.21)",
			"E4 (tcp 443 to 192.0.2.31)",
			"E6 (tcp 443 to 192.0.2.41)",
			"I6 (tcp 443 to 172.16.20.21)"};

		ck_assert_ptr_nonnull(
			strstr(f->report.finding[0].saw, rows[i]));
	}
}
END_TEST

START_TEST(fw_judge_lets_rows_pass_before_what_drops_the_rest)
{
	fw_own_table(f, "accept",
		     "{\"match\":{\"op\":\"!=\",\"left\":{\"meta\":{"
		     "\"key\":\"l4proto\"}},\"right\":\"tcp\"}},"
		     "{\"accept\":null}");
	fw_put(f, false,
	       "{\"rule\":{\"family\":\"inet\",\"table\":\"own\",\"chain\":"
	       "\"in\","
	       "\"handle\":8,\"expr\":[{\"match\":{\"op\":\"!=\",\"left\":{"
	       "\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}},"
	       "\"right\":5062}},{\"accept\":null}]}}");
	fw_put(f, false,
	       "{\"rule\":{\"family\":\"inet\",\"table\":\"own\","
	       "\"chain\":\"in\",\"handle\":9,\"expr\":[{\"drop\":null}]}}");
	ck_assert_str_eq(fw_ids(f), "FW-003");
	ck_assert_str_eq(f->report.finding[0].cure.step[0].line,
			 "nft insert rule inet own in handle 9 ip daddr "
			 "172.16.20.21 ip saddr 10.20.30.21/32 tcp dport 5062 "
			 "accept");
}
END_TEST

/* What leaves may, what it is an answer to came in: it does not get back. */
START_TEST(fw_judge_lets_answers_pass_by_what_they_are)
{
	fw_put(f, false,
	       "{\"chain\":{\"family\":\"inet\",\"table\":\"own\",\"name\":"
	       "\"out\",\"type\":\"filter\",\"hook\":\"output\",\"prio\":0,"
	       "\"policy\":\"drop\"}}");
	fw_put(f, false,
	       "{\"rule\":{\"family\":\"inet\",\"table\":\"own\",\"chain\":"
	       "\"out\",\"handle\":3,\"expr\":[{\"match\":{\"op\":\"in\","
	       "\"left\":{\"ct\":{\"key\":\"state\"}},\"right\":\"new\"}},"
	       "{\"accept\":null}]}}");
	ck_assert_str_eq(fw_ids(f), "FW-003");
	ck_assert_ptr_nonnull(strstr(f->report.finding[0].saw,
				     "E1 (answers of tcp 443 to 192.0.2.21)"));
	ck_assert_uint_eq(f->report.finding[0].cure.count, 1);
	ck_assert_str_eq(f->report.finding[0].cure.step[0].line,
			 "nft add rule inet own out ct state established "
			 "accept");
	fw_put(f, false,
	       "{\"rule\":{\"family\":\"inet\",\"table\":\"own\",\"chain\":"
	       "\"out\",\"handle\":4,\"expr\":[{\"match\":{\"op\":\"in\","
	       "\"left\":{\"ct\":{\"key\":\"state\"}},\"right\":"
	       "\"established\"}},{\"accept\":null}]}}");
	ck_assert_str_eq(fw_ids(f), "");
}
END_TEST

START_TEST(fw_judge_notes_what_other_families_would_echo)
{
	fw_put(f, false,
	       "{\"chain\":{\"family\":\"inet\",\"table\":\"own\",\"name\":"
	       "\"out\",\"type\":\"filter\",\"hook\":\"output\",\"prio\":0,"
	       "\"policy\":\"accept\"}}");
	fw_put(f, false,
	       "{\"rule\":{\"family\":\"inet\",\"table\":\"own\",\"chain\":"
	       "\"out\",\"handle\":3,\"expr\":[{\"match\":{\"op\":\"==\","
	       "\"left\":{\"payload\":{\"protocol\":\"ip\",\"field\":\"daddr\"}"
	       "},"
	       "\"right\":\"10.20.30.31\"}},{\"drop\":null}]}}");
	ck_assert_str_eq(fw_ids(f), "FW-003");
	ck_assert(f->report.is_next_hop_blocked && !f->report.is_dns_blocked);
}
END_TEST

/* The filter was made when there was one. */
START_TEST(fw_judge_leaves_it_to_dns_that_no_server_is_named)
{
	free(f->w.c.config->resolv);
	f->w.c.config->resolv = strdup("/nowhere/resolv.conf");
	ck_assert_str_eq(fw_ids(f), "");
}
END_TEST

START_TEST(fw_judge_finds_a_hole_in_a_range)
{
	fw_own_table(f, "accept",
		     "{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{"
		     "\"protocol\":\"udp\",\"field\":\"dport\"}},\"right\":"
		     "51234}},{\"drop\":null}");
	ck_assert_str_eq(fw_ids(f), "FW-003");
	ck_assert_ptr_nonnull(strstr(f->report.finding[0].saw, "E11"));
}
END_TEST

/* What cannot be on the Internet (RFC 6890), without this world's DNS server.
 */
START_TEST(fw_judge_takes_nobody_of_a_list_of_bogons)
{
	fw_own_table(f, "accept",
		     "{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":"
		     "\"iifname\"}},\"right\":\"ext\"}},"
		     "{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{"
		     "\"protocol\":\"ip\",\"field\":\"saddr\"}},\"right\":{"
		     "\"set\":["
		     "{\"prefix\":{\"addr\":\"0.0.0.0\",\"len\":8}},"
		     "{\"prefix\":{\"addr\":\"10.0.0.0\",\"len\":8}},"
		     "{\"prefix\":{\"addr\":\"100.64.0.0\",\"len\":10}},"
		     "{\"prefix\":{\"addr\":\"169.254.0.0\",\"len\":16}},"
		     "{\"prefix\":{\"addr\":\"172.16.0.0\",\"len\":12}},"
		     "{\"prefix\":{\"addr\":\"192.168.0.0\",\"len\":16}},"
		     "{\"prefix\":{\"addr\":\"198.18.0.0\",\"len\":15}},"
		     "{\"prefix\":{\"addr\":\"198.51.100.64\",\"len\":26}},"
		     "{\"prefix\":{\"addr\":\"203.0.113.0\",\"len\":24}},"
		     "{\"prefix\":{\"addr\":\"224.0.0.0\",\"len\":3}}]}}},"
		     "{\"drop\":null}");
	ck_assert_msg(!*fw_ids(f), "%s", f->report.finding[0].saw);
}
END_TEST

START_TEST(fw_judge_counts_what_it_has_no_room_for)
{
	fw_clear(f);
	fw_own_table(f, "drop", NULL);
	for (unsigned i = 0; i < CTL_FW_FINDINGS + 6; i++) {
		char text[512];

		(void)snprintf(
			text, sizeof(text),
			"{\"rule\":{\"family\":\"inet\",\"table\":"
			"\"own\",\"chain\":\"in\",\"handle\":%u,"
			"\"expr\":[{\"match\":{\"op\":\"==\",\"left\":{"
			"\"payload\":{\"protocol\":\"tcp\",\"field\":"
			"\"dport\"}},\"right\":%u}},{\"accept\":null}]}}",
			100 + i, 6000 + i);
		fw_put(f, false, text);
	}
	fw_ids(f);
	ck_assert_uint_eq(f->report.findings, CTL_FW_FINDINGS);
	ck_assert_uint_ge(f->report.left_out, 6);
	ck_assert_uint_eq(f->report.all.count, 3);
	ck_assert_ptr_nonnull(ctl_advice_find("FW-009"));
}
END_TEST

START_TEST(fw_judge_says_what_it_does_not_know)
{
	fw_own_table(f, "accept", "{\"xt\":null},{\"drop\":null}");
	ck_assert_str_eq(fw_ids(f), "FW-005");
	ck_assert_int_eq(f->report.finding[0].level, TOPO_INFO);
	ck_assert_uint_eq(f->report.finding[0].cure.count, 0);
}
END_TEST

START_TEST(fw_judge_ticks_no_forwarding_that_is_not_known)
{
	fw_put(f, true, FW_OURS("forward", FW_MARK ",{\"accept\":null}"));
	ck_assert_str_eq(fw_ids(f), "FW-005");
	ck_assert_int_eq(f->report.finding[0].level, TOPO_WARN);
	ck_assert(!fw_has_good(f, "from device to device"));
	ck_assert(fw_has_good(f, "nothing else is let in"));
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
	tcase_add_test(tc, fw_judge_names_the_rule_that_blocks);
	tcase_add_test(tc, fw_judge_lets_rows_pass_before_what_drops_the_rest);
	tcase_add_test(tc, fw_judge_lets_answers_pass_by_what_they_are);
	tcase_add_test(tc, fw_judge_notes_what_other_families_would_echo);
	tcase_add_test(tc, fw_judge_leaves_it_to_dns_that_no_server_is_named);
	tcase_add_test(tc, fw_judge_finds_a_hole_in_a_range);
	tcase_add_test(tc, fw_judge_takes_nobody_of_a_list_of_bogons);
	tcase_add_test(tc, fw_judge_counts_what_it_has_no_room_for);
	tcase_add_test(tc, fw_judge_says_what_it_does_not_know);
	tcase_add_test(tc, fw_judge_ticks_no_forwarding_that_is_not_known);
	suite_add_tcase(s, tc);
	return s;
}
