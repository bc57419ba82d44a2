/* Health of members and the rendezvous choice among them. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "access-edge/hop.h"
#include "tests/support/suite.h"

enum { MEMBERS = 5, USERS = 2000 };

static char names[MEMBERS][32];
static struct topo_host hosts[MEMBERS];
static struct topo_cluster cluster;
static struct acc_hop hops[MEMBERS];

static void setup(void)
{
	for (int i = 0; i < MEMBERS; i++) {
		snprintf(names[i], sizeof(names[i]), "fe%02d.contoso.net", i);
		hosts[i] = (struct topo_host){.fqdn = names[i]};
		hops[i] = (struct acc_hop){0};
	}
	cluster = (struct topo_cluster){
		.fqdn = "fepool", .members = hosts, .member_count = MEMBERS};
}

static int choose_user(int user, uint64_t skip, uint64_t now)
{
	char uri[64];

	snprintf(uri, sizeof(uri), "sip:user%d@contoso.com", user);
	return acc_hop_choose(&cluster, hops, edge_slice_str(uri), skip, now);
}

START_TEST(choose_is_stable_and_ignores_case)
{
	int a = acc_hop_choose(&cluster, hops,
			       edge_slice_str("sip:Alice@Contoso.COM"), 0, 0);

	ck_assert_int_ge(a, 0);
	ck_assert_int_eq(a, acc_hop_choose(&cluster, hops,
					   edge_slice_str("sip:alice@contoso."
							  "com"),
					   0, 99));
}
END_TEST

START_TEST(choose_spreads_users)
{
	int seen[MEMBERS] = {0};

	for (int u = 0; u < USERS; u++)
		seen[choose_user(u, 0, 0)]++;
	for (int i = 0; i < MEMBERS; i++) {
		ck_assert_int_gt(seen[i], USERS / MEMBERS * 8 / 10);
		ck_assert_int_lt(seen[i], USERS / MEMBERS * 12 / 10);
	}
}
END_TEST

/* The property of the choice: who was elsewhere stays there. */
START_TEST(choose_moves_only_users_of_the_member_that_goes)
{
	for (int u = 0; u < USERS; u++) {
		int before = choose_user(u, 0, 0);
		int after = choose_user(u, 1u << _i, 0);

		ck_assert_int_ne(after, _i);
		if (before != _i)
			ck_assert_int_eq(before, after);
	}
}
END_TEST

START_TEST(choose_does_not_depend_on_order)
{
	for (int u = 0; u < 100; u++) {
		const char *before = hosts[choose_user(u, 0, 0)].fqdn;
		struct topo_host first = hosts[0];

		hosts[0] = hosts[MEMBERS - 1];
		hosts[MEMBERS - 1] = first;
		ck_assert_str_eq(before, hosts[choose_user(u, 0, 0)].fqdn);
	}
}
END_TEST

START_TEST(choose_passes_over_members_that_are_down)
{
	int was = choose_user(1, 0, 1000);

	acc_hop_failed(&hops[was], 1000);
	ck_assert_int_eq(choose_user(1, 0, 1000), was); /* suspect */
	acc_hop_failed(&hops[was], 2000);
	ck_assert_int_ne(choose_user(1, 0, 2000), was);
	ck_assert_int_ne(choose_user(1, 0, 6999), was);
	ck_assert_int_eq(choose_user(1, 0, 7000), was);
}
END_TEST

START_TEST(choose_says_when_none_is_left)
{
	ck_assert_int_eq(choose_user(1, (1u << MEMBERS) - 1, 0), -1);
	for (int i = 0; i < MEMBERS; i++) {
		acc_hop_failed(&hops[i], 0);
		acc_hop_failed(&hops[i], 0);
	}
	ck_assert_int_eq(choose_user(1, 0, 0), -1);
	cluster.member_count = 0;
	ck_assert_int_eq(choose_user(1, 0, 99999), -1);
}
END_TEST

START_TEST(failures_within_the_window_take_a_member_down)
{
	struct acc_hop h = {0};

	acc_hop_failed(&h, 5);
	ck_assert_int_eq(h.health, ACC_HOP_SUSPECT);
	acc_hop_failed(&h, 30005);
	ck_assert_int_eq(h.health, ACC_HOP_DOWN);
	ck_assert(!acc_hop_may_try(&h, 35004));
	ck_assert(acc_hop_may_try(&h, 35005));
}
END_TEST

START_TEST(failures_far_apart_only_make_it_suspect)
{
	struct acc_hop h = {0};

	for (uint64_t t = 0; t < 10; t++) {
		acc_hop_failed(&h, t * 30001);
		ck_assert_int_eq(h.health, ACC_HOP_SUSPECT);
	}
}
END_TEST

START_TEST(retry_doubles_up_to_five_minutes)
{
	static const uint64_t want[] = {5000,  10000,  20000,  40000,
					80000, 160000, 300000, 300000};
	struct acc_hop h = {0};
	uint64_t now = 100;

	acc_hop_failed(&h, now);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		acc_hop_failed(&h, now);
		ck_assert_uint_eq(h.retry_at_ms, now + want[i]);
		acc_hop_failed(&h, now + 1); /* late news of the same try */
		ck_assert_uint_eq(h.retry_at_ms, now + want[i]);
		now = h.retry_at_ms;
	}
	acc_hop_worked(&h);
	ck_assert_int_eq(h.health, ACC_HOP_UP);
	acc_hop_failed(&h, now);
	ck_assert_int_eq(h.health, ACC_HOP_SUSPECT);
}
END_TEST

START_TEST(balanced_when_the_pool_has_an_address_of_its_own)
{
	const struct edge_addr a = {.family = AF_INET, .ip = {10, 0, 5, 30}};
	const struct edge_addr b = {.family = AF_INET, .ip = {10, 0, 5, 40}};
	const struct edge_addr both[] = {b, a};

	ck_assert(!acc_hop_is_balanced(&cluster)); /* nothing known */
	cluster.pool = (struct topo_host){"fepool", &b, 1};
	ck_assert(acc_hop_is_balanced(&cluster)); /* of the pool alone */
	hosts[3].addrs = &a;
	hosts[3].addr_count = 1;
	ck_assert(acc_hop_is_balanced(&cluster));
	/* DNS load balancing: the pool's addresses are its members' */
	cluster.pool = (struct topo_host){"fepool", &a, 1};
	ck_assert(!acc_hop_is_balanced(&cluster));
	cluster.pool = (struct topo_host){"fepool", both, 2};
	ck_assert(!acc_hop_is_balanced(&cluster));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_hop");
	TCase *t = tcase_create("hop");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, choose_is_stable_and_ignores_case);
	tcase_add_test(t, choose_spreads_users);
	tcase_add_loop_test(t, choose_moves_only_users_of_the_member_that_goes,
			    0, MEMBERS);
	tcase_add_test(t, choose_does_not_depend_on_order);
	tcase_add_test(t, choose_passes_over_members_that_are_down);
	tcase_add_test(t, choose_says_when_none_is_left);
	tcase_add_test(t, failures_within_the_window_take_a_member_down);
	tcase_add_test(t, failures_far_apart_only_make_it_suspect);
	tcase_add_test(t, retry_doubles_up_to_five_minutes);
	tcase_add_test(t, balanced_when_the_pool_has_an_address_of_its_own);
	suite_add_tcase(s, t);
	return s;
}
