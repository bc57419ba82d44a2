/* av-edge/policy_table.c: the longest prefix says what an address is. */
#include "av-edge/policy_table.h"

#include "tests/support/suite.h"

static struct edge_addr addr(const char *ip, uint16_t port)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(ip), port),
			 EDGE_OK);
	return a;
}

static enum ave_word found(const struct ave_policy_table *p, const char *ip)
{
	const struct edge_addr a = addr(ip, 40000);

	return ave_policy_table_find(p, &a);
}

/* Of two words for one network the later in enum ave_word counts, in whatever
 * order they are given. */
START_TEST(policy_table_has_one_word_for_a_network)
{
	struct ave_network v[] = {{addr("203.0.113.5", 0), 32},
				  {addr("203.0.113.0", 0), 24},
				  {addr("203.0.113.6", 0), 32}};
	const struct ave_networks inside = {v, 3, false, false};
	const struct edge_addr members[] = {addr("203.0.113.5", 0),
					    addr("203.0.113.6", 0)};
	const struct edge_addr own[] = {addr("203.0.113.6", 0)};
	const struct ave_policy_plan plan = {.inside = &inside,
					     .members = members,
					     .member_count = 2,
					     .own = own,
					     .own_count = 1};
	struct ave_policy_table *p;

	ck_assert_int_eq(ave_policy_table_new(&p, &plan), EDGE_OK);
	ck_assert_int_eq(found(p, "203.0.113.4"), AVE_WORD_DENY);
	ck_assert_int_eq(found(p, "203.0.113.5"), AVE_WORD_MEMBER);
	ck_assert_int_eq(found(p, "203.0.113.6"), AVE_WORD_OWN);
	ck_assert_int_eq(found(p, "203.0.114.0"), AVE_WORD_ALLOW);
	ave_policy_table_free(p);
}
END_TEST

/* A listed network is a hole in a private one, not in what is inside. */
START_TEST(policy_table_takes_the_longest)
{
	struct ave_network v[] = {{addr("10.20.0.0", 0), 16}};
	const struct ave_networks inside = {v, 1, false, false};
	const struct ave_network allowed[] = {{addr("10.0.0.0", 0), 9},
					      {addr("10.20.30.0", 0), 24},
					      {addr("fd00:1::", 0), 32}};
	const struct ave_policy_plan plan = {
		.inside = &inside, .allowed = allowed, .allowed_count = 3};
	struct ave_policy_table *p;

	ck_assert_int_eq(ave_policy_table_new(&p, &plan), EDGE_OK);
	ck_assert_int_eq(found(p, "10.127.255.255"), AVE_WORD_LISTED);
	ck_assert_int_eq(found(p, "10.128.0.0"), AVE_WORD_PRIVATE);
	ck_assert_int_eq(found(p, "10.20.30.1"), AVE_WORD_DENY);
	ck_assert_int_eq(found(p, "10.21.0.0"), AVE_WORD_LISTED);
	ck_assert_int_eq(found(p, "fd00:1::9"), AVE_WORD_LISTED);
	ck_assert_int_eq(found(p, "fd00:2::9"), AVE_WORD_PRIVATE);
	ck_assert_int_eq(found(p, "169.254.169.254"), AVE_WORD_DENY);
	ave_policy_table_free(p);
}
END_TEST

/* [local] lab: loopback alone changes its word. */
START_TEST(policy_table_of_a_lab)
{
	const struct ave_policy_plan plan = {.is_lab = _i};
	struct ave_policy_table *p;

	ck_assert_int_eq(ave_policy_table_new(&p, &plan), EDGE_OK);
	ck_assert_int_eq(found(p, "127.0.0.1"),
			 _i ? AVE_WORD_ALLOW : AVE_WORD_DENY);
	ck_assert_int_eq(found(p, "::1"), _i ? AVE_WORD_ALLOW : AVE_WORD_DENY);
	ck_assert_int_eq(found(p, "10.0.0.1"), AVE_WORD_PRIVATE);
	ck_assert_int_eq(found(p, "169.254.0.1"), AVE_WORD_DENY);
	ck_assert_int_eq(found(p, "fe80::1"), AVE_WORD_DENY);
	ave_policy_table_free(p);
	ave_policy_table_free(NULL);
}
END_TEST

START_TEST(policy_table_lists_private_networks_alone)
{
	static const struct {
		const char *net;
		unsigned bits;
		bool is_private;
	} rows[] = {
		{"10.0.0.0", 8, true},	    {"10.0.0.0", 7, false},
		{"10.1.2.3", 32, true},	    {"172.16.0.0", 12, true},
		{"172.32.0.0", 12, false},  {"192.168.0.0", 16, true},
		{"100.64.0.0", 10, true},   {"192.0.0.0", 24, true},
		{"198.18.0.0", 15, true},   {"fd00::", 8, true},
		{"fc00::", 6, false},	    {"127.0.0.0", 8, false},
		{"169.254.0.0", 16, false}, {"224.0.0.0", 4, false},
		{"fe80::", 10, false},	    {"203.0.113.0", 24, false},
		{"64:ff9b:1::", 48, false}, {"2001:db8::", 32, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ave_network n = {addr(rows[i].net, 0),
					      rows[i].bits};

		ck_assert_msg(ave_policy_is_private(&n) == rows[i].is_private,
			      "%s/%u", rows[i].net, rows[i].bits);
	}
}
END_TEST

START_TEST(policy_table_takes_rows_of_many_lengths)
{
	static struct ave_network v[129 + 33];
	struct ave_networks inside = {v, 0, false, false};
	const struct ave_policy_plan plan = {.inside = &inside};
	struct ave_policy_table *p;

	for (unsigned bits = 1; bits <= 128; bits++)
		v[inside.count++] = (struct ave_network){
			addr("3fff:1:2:3:4:5:6:7", 0), bits};
	for (unsigned bits = 33; bits <= 64; bits++)
		v[inside.count++] =
			(struct ave_network){addr("9.9.9.9", 0), bits};
	ck_assert_int_eq(ave_policy_table_new(&p, &plan), EDGE_OK);
	ck_assert_int_eq(found(p, "7fff::1"), AVE_WORD_DENY);
	ck_assert_int_eq(found(p, "8000::1"), AVE_WORD_ALLOW);
	ck_assert_int_eq(found(p, "9.9.9.9"), AVE_WORD_DENY);
	ck_assert_int_eq(found(p, "9.9.9.8"), AVE_WORD_ALLOW);
	ave_policy_table_free(p);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy_table");
	TCase *t = tcase_create("policy_table");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, policy_table_has_one_word_for_a_network);
	tcase_add_test(t, policy_table_takes_the_longest);
	tcase_add_loop_test(t, policy_table_of_a_lab, 0, 2);
	tcase_add_test(t, policy_table_lists_private_networks_alone);
	tcase_add_test(t, policy_table_takes_rows_of_many_lengths);
	suite_add_tcase(s, t);
	return s;
}
