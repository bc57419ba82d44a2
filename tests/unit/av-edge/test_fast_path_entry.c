/* av-edge/fast_path_entry.c: a flow as the kernel reads it. */
#include "av-edge/fast_path_entry.h"

#include <arpa/inet.h>
#include <check.h>

#include "tests/support/suite.h"

static const struct ave_fast_device devices[AVE_SIDES] = {
	[AVE_OUTSIDE] = {.index = 7, .mtu = 1500},
	[AVE_INSIDE] = {.index = 9, .mtu = 1400},
};
static struct ave_fast_way way;
static struct fast_slot slot;

static struct edge_addr at(const char *ip, uint16_t port)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(ip), port),
			 EDGE_OK);
	return a;
}

static void set_up(void)
{
	way = (struct ave_fast_way){
		.client = at("198.51.100.7", 4000),
		.server = at("192.0.2.41", 3478),
		.relayed = at("192.0.2.41", 50001),
		.peer = at("203.0.113.9", 6000),
		.channel = 0x4001,
		.side = AVE_INSIDE,
	};
}

static void is_from(const struct fast_key *k, const char *source,
		    uint16_t source_port, const char *target,
		    uint16_t target_port)
{
	ck_assert_uint_eq(k->source, inet_addr(source));
	ck_assert_uint_eq(k->target, inet_addr(target));
	ck_assert_uint_eq(ntohs(k->source_port), source_port);
	ck_assert_uint_eq(ntohs(k->target_port), target_port);
	ck_assert_uint_eq(k->zero, 0);
}

START_TEST(entry_is_found_by_what_comes)
{
	ck_assert_int_eq(ave_fast_entry(&slot, &way, devices, 3), EDGE_OK);
	is_from(&slot.way[FAST_TO_PEER].from, "198.51.100.7", 4000,
		"192.0.2.41", 3478);
	ck_assert_uint_eq(slot.way[FAST_TO_PEER].from.channel, 0x4001);
	is_from(&slot.way[FAST_TO_CLIENT].from, "203.0.113.9", 6000,
		"192.0.2.41", 50001);
	ck_assert_uint_eq(slot.way[FAST_TO_CLIENT].from.channel, 0);
	ck_assert_uint_eq(slot.pool, 3);
	ck_assert_uint_eq(slot.channel, 0x4001);
}
END_TEST

START_TEST(entry_leaves_as_the_relay_sends)
{
	const struct fast_way *w = slot.way;

	ck_assert_int_eq(ave_fast_entry(&slot, &way, devices, 0), EDGE_OK);
	ck_assert_uint_eq(w[FAST_TO_PEER].source, inet_addr("192.0.2.41"));
	ck_assert_uint_eq(ntohs(w[FAST_TO_PEER].source_port), 50001);
	ck_assert_uint_eq(w[FAST_TO_PEER].target, inet_addr("203.0.113.9"));
	ck_assert_uint_eq(ntohs(w[FAST_TO_PEER].target_port), 6000);
	ck_assert_uint_eq(w[FAST_TO_CLIENT].source, inet_addr("192.0.2.41"));
	ck_assert_uint_eq(ntohs(w[FAST_TO_CLIENT].source_port), 3478);
	ck_assert_uint_eq(w[FAST_TO_CLIENT].target, inet_addr("198.51.100.7"));
	ck_assert_uint_eq(ntohs(w[FAST_TO_CLIENT].target_port), 4000);
}
END_TEST

START_TEST(entry_has_the_device_of_each_side)
{
	const struct fast_way *w = slot.way;

	ck_assert_int_eq(ave_fast_entry(&slot, &way, devices, 0), EDGE_OK);
	ck_assert_uint_eq(w[FAST_TO_PEER].in, 9);
	ck_assert_uint_eq(w[FAST_TO_PEER].out, 7);
	ck_assert_uint_eq(w[FAST_TO_PEER].mtu, 1500);
	ck_assert_uint_eq(w[FAST_TO_CLIENT].in, 7);
	ck_assert_uint_eq(w[FAST_TO_CLIENT].out, 9);
	ck_assert_uint_eq(w[FAST_TO_CLIENT].mtu, 1400);
}
END_TEST

START_TEST(entry_of_a_relayed_peer_has_no_wire_between)
{
	const struct fast_way *w = slot.way;

	way.peer = at("192.0.2.41", 50002);
	ck_assert_int_eq(ave_fast_entry(&slot, &way, devices, 0), EDGE_OK);
	ck_assert_uint_eq(w[FAST_TO_PEER].in, 9);
	ck_assert_uint_eq(w[FAST_TO_PEER].out, 0);
	ck_assert_uint_eq(w[FAST_TO_CLIENT].in, 0);
	ck_assert_uint_eq(w[FAST_TO_CLIENT].out, 9);
}
END_TEST

START_TEST(entry_passes_nothing_at_first)
{
	ck_assert_int_eq(ave_fast_entry(&slot, &way, devices, 0), EDGE_OK);
	for (int d = 0; d < FAST_DIRS; d++) {
		ck_assert_uint_eq(slot.way[d].until_ns, 0);
		ck_assert_uint_eq(slot.seen[d].packets, 0);
		ck_assert_uint_eq(slot.seen[d].at_ns, 0);
	}
}
END_TEST

START_TEST(entry_is_refused_when_it_cannot_be_served)
{
	struct edge_addr *const ends[] = {&way.client, &way.server,
					  &way.relayed, &way.peer};
	const struct ave_fast_device one[AVE_SIDES] = {{7, 1500}, {0, 0}};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		const struct edge_addr good = *ends[i];

		*ends[i] = at("2001:db8::1", 5000);
		ck_assert_int_eq(ave_fast_entry(&slot, &way, devices, 0),
				 EDGE_ERANGE);
		*ends[i] = good;
		ends[i]->port = 0;
		ck_assert_int_eq(ave_fast_entry(&slot, &way, devices, 0),
				 EDGE_ERANGE);
		*ends[i] = good;
	}
	ck_assert_int_eq(ave_fast_entry(&slot, &way, one, 0), EDGE_ERANGE);
	way.side = AVE_OUTSIDE;
	ck_assert_int_eq(ave_fast_entry(&slot, &way, one, 0), EDGE_OK);
}
END_TEST

START_TEST(entry_time_is_the_kernels)
{
	ck_assert_uint_eq(ave_fast_ns(0), 0);
	ck_assert_uint_eq(ave_fast_ns(1500), 1500000000);
	ck_assert_uint_eq(ave_fast_ns(UINT64_MAX), UINT64_MAX);
}
END_TEST

START_TEST(entry_pool_pays_by_the_byte)
{
	static const struct ave_fast_rate rates[] = {
		{64, 2048}, {10000, 262144}, {10000000, 67108864}};

	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		const uint64_t kbit = rates[i].kbit;
		struct fast_pool p = {.paid_ns = 5};
		uint64_t second;

		ave_fast_pool_fill(&p, rates[i]);
		/* a second's worth of bytes costs a second, to 0.2 % */
		second = kbit * 125 * p.ns_per_byte >> FAST_NS_SHIFT;
		ck_assert_uint_le(second, 1000000000);
		ck_assert_uint_ge(second, 998000000);
		ck_assert_uint_eq(p.burst_ns,
				  rates[i].burst * 8 * 1000000 / kbit);
		ck_assert_uint_eq(p.paid_ns, 5);
	}
}
END_TEST

START_TEST(entry_pool_is_spent_from_a_burst)
{
	const uint64_t now = UINT64_C(100000000000);
	struct fast_pool p = {0};

	ave_fast_pool_fill(&p, (struct ave_fast_rate){8000, 100000});
	ave_fast_pool_spend(&p, 0, now); /* idle for long: a burst, no more */
	ck_assert_uint_eq(p.paid_ns, now - p.burst_ns);
	ave_fast_pool_spend(&p, 100000, now);
	ck_assert_uint_ge(p.paid_ns, now - 1000000); /* to 1 % */
	ck_assert_uint_le(p.paid_ns, now);
	ave_fast_pool_spend(&p, 100000, now);
	ck_assert_uint_gt(p.paid_ns, now);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("fast_path_entry");
	TCase *t = tcase_create("entry");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, entry_is_found_by_what_comes);
	tcase_add_test(t, entry_leaves_as_the_relay_sends);
	tcase_add_test(t, entry_has_the_device_of_each_side);
	tcase_add_test(t, entry_of_a_relayed_peer_has_no_wire_between);
	tcase_add_test(t, entry_passes_nothing_at_first);
	tcase_add_test(t, entry_is_refused_when_it_cannot_be_served);
	tcase_add_test(t, entry_time_is_the_kernels);
	tcase_add_test(t, entry_pool_pays_by_the_byte);
	tcase_add_test(t, entry_pool_is_spent_from_a_burst);
	suite_add_tcase(s, t);
	return s;
}
