/* Tests of access-edge/share.c */
#include "access-edge/share.h"

#include "tests/support/suite.h"

static const uint8_t key[16] = {7};

static struct edge_addr at(const char *text)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(text), 5061),
			 EDGE_OK);
	return a;
}

static uint32_t take_all(struct acc_share *s, const struct edge_addr *from,
			 uint64_t now)
{
	uint32_t n = 0;

	for (; n < 100 && acc_share_may(s, from, 8, now); n++)
		acc_share_take(s, from, now);
	return n;
}

START_TEST(share_stops_source_after_its_number)
{
	struct edge_addr one = at("192.0.2.101"), other = at("192.0.2.102");
	struct acc_share s;

	acc_share_init(&s, key);
	ck_assert_uint_eq(take_all(&s, &one, 1000), 8);
	ck_assert(!acc_share_may(&s, &one, 8, 1000));
	ck_assert(acc_share_may(&s, &one, 9, 1000));
	ck_assert(acc_share_may(&s, &other, 8, 1000));
}
END_TEST

START_TEST(share_begins_anew_with_each_window)
{
	struct edge_addr one = at("192.0.2.101");
	struct acc_share s;
	uint32_t passed = 0;

	acc_share_init(&s, key);
	for (uint64_t now = 0; now < 10 * ACC_SHARE_WINDOW_MS; now += 100)
		passed += take_all(&s, &one, now);
	/* ten windows, or parts of eleven */
	ck_assert_uint_ge(passed, 80);
	ck_assert_uint_le(passed, 88);
}
END_TEST

START_TEST(share_gives_windows_of_sources_different_begins)
{
	struct acc_share s;
	uint32_t at_once = 0;

	acc_share_init(&s, key);
	for (unsigned i = 0; i < 100; i++) {
		struct edge_addr a = at("192.0.2.1");

		a.ip[15] = (uint8_t)i;
		(void)take_all(&s, &a, 0);
		at_once += acc_share_may(&s, &a, 8, ACC_SHARE_WINDOW_MS / 2);
	}
	ck_assert_uint_ge(at_once, 25);
	ck_assert_uint_le(at_once, 75);
}
END_TEST

START_TEST(share_of_a_source_shrinks_with_what_is_free)
{
	static const struct {
		uint32_t most;
		uint64_t left, places;
		uint32_t want;
	} rows[] = {
		{8, 25, 25, 8},
		{8, 40, 25, 8},
		{8, 13, 25, 4},
		{8, 1, 25, ACC_SHARE_LEAST},
		{8, 0, 25, ACC_SHARE_LEAST},
		{2, 1, 25, 2},
		{1000000, 1, 2, 500000},
		/* a share of one place has no kept half */
		{8, 1, 0, 8},
	};

	ck_assert_uint_eq(acc_share_allowed(rows[_i].most, rows[_i].left,
					    rows[_i].places),
			  rows[_i].want);
}
END_TEST

START_TEST(share_counts_ports_and_v6_hosts_of_a_net_together)
{
	struct edge_addr one = at("2001:db8::1"), two = at("2001:db8::2");
	struct edge_addr far = at("2001:db8:0:1::1");
	struct acc_share s;

	acc_share_init(&s, key);
	(void)take_all(&s, &one, 0);
	one.port = 99;
	ck_assert(!acc_share_may(&s, &one, 8, 0));
	ck_assert(!acc_share_may(&s, &two, 8, 0));
	ck_assert(acc_share_may(&s, &far, 8, 0));
}
END_TEST

START_TEST(share_forgets_sources_rather_than_refuse_strangers)
{
	struct edge_addr a = at("10.0.0.0"), fresh = at("192.0.2.101");
	struct acc_share s;

	acc_share_init(&s, key);
	for (unsigned i = 0; i < 20000; i++) {
		a.ip[14] = (uint8_t)(i >> 8);
		a.ip[15] = (uint8_t)i;
		(void)take_all(&s, &a, 0);
	}
	ck_assert(acc_share_may(&s, &fresh, 8, 0));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("share");
	TCase *c = tcase_create("share");

	tcase_set_timeout(c, 10);
	tcase_add_test(c, share_stops_source_after_its_number);
	tcase_add_test(c, share_begins_anew_with_each_window);
	tcase_add_test(c, share_gives_windows_of_sources_different_begins);
	tcase_add_loop_test(c, share_of_a_source_shrinks_with_what_is_free, 0,
			    8);
	tcase_add_test(c, share_counts_ports_and_v6_hosts_of_a_net_together);
	tcase_add_test(c, share_forgets_sources_rather_than_refuse_strangers);
	suite_add_tcase(s, c);
	return s;
}
