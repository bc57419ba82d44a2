/* What is let in that no row wants, by whatever address and family; what may be
 * is no filter that lets nothing else in. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
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

START_TEST(fw_open_names_who_listens_behind_an_open_port)
{
	f->sockets.v[0] = (struct ctl_socket){
		.is_tcp = true, .family = AF_INET, .who = "sshd, pid 714"};
	f->sockets.v[0].at.port = 22;
	f->sockets.count = 1;
	ck_assert_str_eq(fw_ids(f), ""); /* it is not let in */
	fw_clear(f);
	fw_own_table(f, "drop", "{\"accept\":null}");
	fw_ids(f);
	ck_assert_str_eq(f->report.finding[0].id, "FW-002");
	ck_assert_ptr_nonnull(strstr(f->report.finding[0].saw,
				     "tcp 22 (listening: sshd, pid 714)"));
	ck_assert_int_eq(f->report.finding[0].level, TOPO_WARN);
}
END_TEST

START_TEST(fw_open_leaves_the_operators_rules)
{
	fw_put(f, false,
	       "{\"rule\":{\"family\":\"inet\",\"table\":\"lync_edge\","
	       "\"chain\":\"operator_in\",\"handle\":90,\"expr\":[{"
	       "\"match\":{\"op\":\"==\",\"left\":{\"payload\":{"
	       "\"protocol\":\"tcp\",\"field\":\"dport\"}},\"right\":22}},{"
	       "\"accept\":null}]}}");
	ck_assert_str_eq(fw_ids(f), "");
}
END_TEST

/* What may let in is no filter that lets nothing else in. */
START_TEST(fw_open_ticks_nothing_that_is_not_known)
{
	static const char *const rules[] = {
		FW_OURS("ext_in", FW_MARK ",{\"accept\":null}"),
		FW_OURS("ext_in", "{\"limit\":{\"rate\":9}},{\"accept\":null}"),
		FW_OURS("ext_in", "{\"xt\":null},{\"accept\":null}"),
		FW_OURS("ext_in", "{\"queue\":{\"num\":1}}"),
		FW_OURS("ext_in", "{\"match\":{\"op\":\"==\",\"left\":{"
				  "\"payload\":{\"protocol\":\"ip\",\"field\":"
				  "\"saddr\"}},\"right\":\"@absent\"}},{"
				  "\"accept\":null}"),
	};

	fw_put(f, true, rules[_i]);
	ck_assert_ptr_nonnull(strstr(fw_ids(f), "FW-005"));
	ck_assert_ptr_null(strstr(fw_ids(f), "FW-002"));
	ck_assert(!fw_has_good(f, "nothing else is let in"));
	for (size_t i = 0; i < f->report.findings; i++)
		if (strstr(f->report.finding[i].saw, "perhaps lets in from the "
						     "outside"))
			return;
	ck_abort_msg("nobody says that it may let in");
}
END_TEST

/* An operator's rule with a limit is his, too. */
START_TEST(fw_open_leaves_the_operators_rules_with_conditions)
{
	fw_put(f, true, FW_OURS("operator_in", FW_MARK ",{\"accept\":null}"));
	ck_assert_str_eq(fw_ids(f), "");
	ck_assert(fw_has_good(f, "nothing else is let in"));
}
END_TEST

START_TEST(fw_open_leaves_who_manages_the_host)
{
	fw_put(f, true,
	       "{\"chain\":{\"family\":\"inet\",\"table\":\"lync_edge\","
	       "\"name\":\"manage_in\"}}");
	fw_put(f, true,
	       FW_OURS("manage_in",
		       "{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{"
		       "\"protocol\":\"tcp\",\"field\":\"dport\"}},\"right\":"
		       "22}},"
		       "{\"accept\":null}"));
	fw_put(f, true,
	       FW_OURS("input", "{\"jump\":{\"target\":\"manage_in\"}}"));
	ck_assert_str_eq(fw_ids(f), "");
	ck_assert(fw_has_good(f, "nothing else is let in"));
	fw_own_table(f, "accept",
		     NULL); /* and another filter that says nothing */
	ck_assert_str_eq(fw_ids(f), "");
}
END_TEST

START_TEST(fw_open_says_that_ports_were_not_tried)
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
	fw_put(f, true, rule);
	ck_assert_str_eq(fw_ids(f), "FW-005");
	ck_assert_str_eq(f->report.finding[0].place, "nft list ruleset");
	ck_assert(!fw_has_good(f, "nothing else is let in"));
}
END_TEST

START_TEST(fw_open_tries_every_address_of_the_host)
{
	static const struct {
		const char *rule, *saw;
	} rows[] = {
		{FW_OURS("ext_in", FW_DADDR("ip", "192.0.2.99") "," FW_DPORT(
					   "22") "," FW_ACCEPT),
		 "outside what no row of the table of ports wants: tcp 22 to "
		 "192.0.2.99"},
		{FW_OURS("ext_in",
			 FW_DADDR("ip6", "2001:db8:2::99") "," FW_DPORT(
				 "22") "," FW_ACCEPT),
		 "outside what no row of the table of ports wants: tcp 22 to "
		 "2001:db8:2::99"},
		{FW_OURS("int_in", FW_DADDR("ip6", "fe80::5") "," FW_DPORT(
					   "22") "," FW_ACCEPT),
		 "inside what no row of the table of ports wants: tcp 22 to "
		 "fe80::5"},
		/* the way in of the inside, from the wrong side */
		{FW_OURS("ext_in", FW_DADDR("ip", "172.16.20.21") "," FW_DPORT(
					   "5062") "," FW_ACCEPT),
		 "outside what no row of the table of ports wants: tcp 5062"},
	};

	fw_address(f, "192.0.2.99");
	fw_address(f, "2001:db8:2::99");
	fw_address(f, "fe80::5");
	fw_address(f, "127.0.0.1");
	ck_assert_str_eq(fw_ids(f), "");
	fw_put(f, true, rows[_i].rule);
	ck_assert_str_eq(fw_ids(f), "FW-002");
	ck_assert_msg(strstr(f->report.finding[0].saw, rows[_i].saw), "%s",
		      f->report.finding[0].saw);
}
END_TEST

/* A filter of IPv4 alone leaves the host open to IPv6. */
START_TEST(fw_open_wants_a_filter_of_both_families)
{
	json_t *all = json_object_get(f->doc, "nftables"), *row, *o;
	const char *name;
	size_t i;

	json_array_foreach(all, i, row) json_object_foreach(row, name, o)
		json_object_set_new(o, "family", json_string("ip"));
	ck_assert_str_eq(fw_ids(f), "");
	fw_address(f, "2001:db8:2::99");
	ck_assert_str_eq(fw_ids(f), "FW-002 FW-004");
	ck_assert_ptr_nonnull(
		strstr(f->report.finding[0].saw, "no chain lets in"));
	ck_assert_ptr_nonnull(
		strstr(f->report.finding[1].saw, "packets of IPv6"));
	ck_assert_uint_ge(f->report.finding[0].cure.count, 1);
}
END_TEST

START_TEST(fw_open_knows_the_rows_of_both_families)
{
	struct topo t = *f->w.r.topo;

	ck_assert(!edge_addr_parse(&t.av_own6, edge_slice_str("2001:db8:2::41"),
				   0));
	f->w.r.topo = &t;
	fw_put(f, true,
	       FW_OURS("ext_in",
		       FW_DADDR("ip6", "2001:db8:2::41") "," FW_ACCEPT));
	ck_assert_ptr_nonnull(strstr(fw_ids(f), "FW-002"));
	for (size_t i = 0; i < f->report.findings; i++)
		if (!strcmp(f->report.finding[i].id, "FW-002")) {
			ck_assert_ptr_nonnull(
				strstr(f->report.finding[i].saw, "tcp 9,"));
			ck_assert_ptr_null(
				strstr(f->report.finding[i].saw, "tcp 443"));
		}
}
END_TEST

/* A rule without a device serves a row; the inside may what the Internet may,
 * and the rule is not taken away. */
START_TEST(fw_open_keeps_rules_that_rows_live_by)
{
	fw_clear(f);
	fw_own_table(
		f, "drop",
		FW_DADDR("ip", "192.0.2.21") "," FW_DPORT("443") "," FW_ACCEPT);
	ck_assert_ptr_null(strstr(fw_ids(f), "FW-002"));
	fw_clear(f);
	fw_own_table(f, "drop",
		     FW_DADDR("ip", "172.16.20.21") "," FW_DPORT(
			     "5062") "," FW_ACCEPT);
	ck_assert_ptr_nonnull(strstr(fw_ids(f), "FW-002"));
	for (size_t i = 0; i < f->report.findings; i++)
		if (!strcmp(f->report.finding[i].id, "FW-002"))
			ck_assert_ptr_null(
				strstr(f->report.finding[i].cure.step[0].line,
				       "delete rule"));
}
END_TEST

static const struct {
	const char *ini, *session, *rule;
	uint16_t sshd;
	bool is_deleted;
} managed[] = {
	/* clang-format off */
	{NULL, NULL, FW_DPORT("8080") "," FW_ACCEPT, 22, true},
	{NULL, NULL, FW_DPORT("22") "," FW_ACCEPT, 0, true},
	{NULL, NULL, FW_DPORT("22") "," FW_ACCEPT, 22, false},
	{NULL, NULL, FW_DPORT("2222") "," FW_ACCEPT, 2222, false},
	{"22 from 10.20.30.0/24", NULL, FW_DPORT("22") "," FW_ACCEPT, 0, false},
	{"22 from 10.20.30.0/24", NULL, FW_DPORT("8080") "," FW_ACCEPT, 0, true},
	{NULL, "22 from 10.20.30.9", FW_DPORT("22") "," FW_ACCEPT, 0, false},
	{NULL, "22 from NETWORK", FW_DPORT("22") "," FW_ACCEPT, 22, false},
	/* a rule of more ports than that one, which is not the first tried */
	{NULL, NULL, FW_DPORT("{\"set\":[21,22]}") "," FW_ACCEPT, 22, false},
	{"22 from 10.20.30.0/24", NULL, FW_DPORT("{\"range\":[20,22]}") "," FW_ACCEPT, 0, false},
	/* clang-format on */
};

/* Who works by that rule would be shut out with it. */
START_TEST(fw_open_keeps_rules_that_the_host_is_managed_by)
{
	char ini[128];
	bool is_deleted = false;

	(void)snprintf(ini, sizeof(ini), "[network]\nmanage = %s\n",
		       managed[_i].ini);
	if (managed[_i].ini)
		render_world_config(&f->w, ini);
	f->manage = managed[_i].session;
	f->sockets.v[0] = (struct ctl_socket){
		.is_tcp = true, .family = AF_INET, .who = "sshd, pid 714"};
	f->sockets.v[0].at.port = managed[_i].sshd;
	f->sockets.count = managed[_i].sshd != 0;
	fw_clear(f);
	fw_own_table(f, "drop", managed[_i].rule);
	ck_assert_ptr_nonnull(strstr(fw_ids(f), "FW-002"));
	for (size_t i = 0; i < f->report.findings; i++)
		if (!strcmp(f->report.finding[i].id, "FW-002")) {
			ck_assert_uint_ge(f->report.finding[i].cure.count, 1);
			is_deleted |=
				strstr(f->report.finding[i].cure.step[0].line,
				       "delete rule") != NULL;
		}
	ck_assert(is_deleted == managed[_i].is_deleted);
}
END_TEST

/* From where they are named, and by no other port. */
START_TEST(fw_open_wants_those_let_in_who_manage_the_host)
{
	static const char *const ports[] = {"22", "23"};
	char rule[512];

	render_world_config(&f->w, "[network]\nmanage = 22 from 10.0.0.0/8\n");
	fw_clear(f);
	(void)snprintf(rule, sizeof(rule),
		       "{\"match\":{\"op\":\"==\",\"left\":{\"meta\":{\"key\":"
		       "\"iifname\"}},\"right\":\"int\"}},{\"match\":{\"op\":"
		       "\"==\",\"left\":{\"payload\":{\"protocol\":\"tcp\","
		       "\"field\":\"dport\"}},\"right\":%s}}," FW_ACCEPT,
		       ports[_i]);
	fw_own_table(f, "drop", rule);
	fw_ids(f);
	for (size_t i = 0; i < f->report.findings; i++)
		if (!strcmp(f->report.finding[i].id, "FW-002")) {
			ck_assert_int_eq(_i, 1);
			return;
		}
	ck_assert_int_eq(_i, 0);
}
END_TEST

START_TEST(fw_open_says_that_addresses_were_not_tried)
{
	char text[32];

	for (int i = 0; i < 70; i++) {
		(void)snprintf(text, sizeof(text), "192.0.2.%d", 100 + i);
		fw_address(f, text);
	}
	ck_assert_str_eq(fw_ids(f), "FW-005");
	ck_assert_str_eq(f->report.finding[0].place, "nft list ruleset");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("fw_open");
	TCase *tc = tcase_create("open");

	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, fw_open_names_who_listens_behind_an_open_port);
	tcase_add_test(tc, fw_open_leaves_the_operators_rules);
	tcase_add_loop_test(tc, fw_open_ticks_nothing_that_is_not_known, 0, 5);
	tcase_add_test(tc, fw_open_leaves_the_operators_rules_with_conditions);
	tcase_add_test(tc, fw_open_leaves_who_manages_the_host);
	tcase_add_test(tc, fw_open_says_that_ports_were_not_tried);
	tcase_add_loop_test(tc, fw_open_tries_every_address_of_the_host, 0, 4);
	tcase_add_test(tc, fw_open_wants_a_filter_of_both_families);
	tcase_add_test(tc, fw_open_knows_the_rows_of_both_families);
	tcase_add_test(tc, fw_open_keeps_rules_that_rows_live_by);
	tcase_add_loop_test(tc, fw_open_keeps_rules_that_the_host_is_managed_by,
			    0, sizeof(managed) / sizeof(*managed));
	tcase_add_loop_test(tc, fw_open_wants_those_let_in_who_manage_the_host,
			    0, 2);
	tcase_add_test(tc, fw_open_says_that_addresses_were_not_tried);
	suite_add_tcase(s, tc);
	return s;
}
