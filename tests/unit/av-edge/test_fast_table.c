/* av-edge/fast_table.c: a worker's share of the fast path's memory. */
#include "av-edge/fast_table.h"

#include <check.h>
#include <string.h>

#include "tests/support/suite.h"

enum { PLACES = 8, KEYS = 16 };

static struct fast_slot slots[PLACES];
static struct fast_pool pools[PLACES];
static struct ave_fast_table *table;
static const struct ave_fast *const calls = &ave_fast_table_calls;

/* As the kernel's map. */
static struct {
	struct fast_key key;
	uint32_t value;
	bool is_used;
} bound[KEYS];
static unsigned until_failure; /* binds that go well; 0: all */

static enum edge_err bind_key(void *self, const struct fast_key *key,
			      uint32_t value)
{
	int free = -1;

	ck_assert_ptr_eq(self, bound);
	if (until_failure && !--until_failure)
		return EDGE_ESYS;
	for (int i = 0; i < KEYS; i++) {
		if (!bound[i].is_used)
			free = i;
		else if (!memcmp(&bound[i].key, key, sizeof(*key)))
			return EDGE_EDUP;
	}
	ck_assert_int_ge(free, 0);
	bound[free].key = *key;
	bound[free].value = value;
	bound[free].is_used = true;
	return EDGE_OK;
}

static void unbind_key(void *self, const struct fast_key *key)
{
	ck_assert_ptr_eq(self, bound);
	for (int i = 0; i < KEYS; i++)
		if (bound[i].is_used &&
		    !memcmp(&bound[i].key, key, sizeof(*key))) {
			bound[i].is_used = false;
			return;
		}
	ck_abort_msg("it was not bound");
}

static unsigned bound_count(void)
{
	unsigned n = 0;

	for (int i = 0; i < KEYS; i++)
		n += bound[i].is_used;
	return n;
}

static struct ave_fast_table *share(unsigned worker, unsigned workers)
{
	const struct ave_fast_memory m = {
		.slots = slots,
		.pools = pools,
		.count = PLACES,
		.devices = {{7, 1500}, {9, 1500}},
		.self = bound,
		.bind = bind_key,
		.unbind = unbind_key,
	};
	struct ave_fast_table *t;

	ck_assert_int_eq(ave_fast_table_new(&t, &m, worker, workers), EDGE_OK);
	return t;
}

static void set_up(void)
{
	memset(bound, 0, sizeof(bound));
	memset(slots, 0xff, sizeof(slots));
	until_failure = 0;
	table = share(1, 2); /* places 4 to 7 */
}

static void tear_down(void)
{
	ck_assert_uint_eq(ave_fast_table_count(table), 0);
	ck_assert_uint_eq(bound_count(), 0);
	ave_fast_table_free(table);
}

static struct ave_fast_way way(uint16_t client_port)
{
	return (struct ave_fast_way){
		.client = {AF_INET, {198, 51, 100, 7}, client_port},
		.server = {AF_INET, {192, 0, 2, 41}, 3478},
		.relayed = {AF_INET, {192, 0, 2, 41}, client_port},
		.peer = {AF_INET, {203, 0, 113, 9}, 6000},
		.channel = 0x4001,
		.pool = 6,
	};
}

static uint32_t must_put(uint16_t client_port)
{
	const struct ave_fast_way w = way(client_port);
	uint32_t id = 0;

	ck_assert_int_eq(calls->put(table, &id, &w), EDGE_OK);
	ck_assert_uint_ne(id, 0);
	return id;
}

START_TEST(table_puts_both_ways_into_its_share)
{
	const uint32_t id = must_put(4000);
	unsigned ways = 0;

	ck_assert_uint_ge(id - 1, 4);
	ck_assert_uint_lt(id - 1, 8);
	ck_assert_uint_eq(bound_count(), 2);
	for (int i = 0; i < KEYS; i++)
		if (bound[i].is_used) {
			ck_assert_uint_eq(bound[i].value >> 1, id - 1);
			ways |= 1u << (bound[i].value & 1);
		}
	ck_assert_uint_eq(ways, 3);
	ck_assert_uint_eq(slots[id - 1].pool, 5);
	ck_assert_uint_eq(slots[id - 1].way[FAST_TO_PEER].until_ns, 0);
	ck_assert_uint_eq(ave_fast_table_count(table), 1);
	calls->drop(table, id);
}
END_TEST

START_TEST(table_says_until_when)
{
	const uint32_t id = must_put(4000);
	const struct fast_way *w = slots[id - 1].way;

	calls->until(table, id, (struct ave_fast_until){2000, UINT64_MAX});
	ck_assert_uint_eq(w[FAST_TO_PEER].until_ns, 2000000000);
	ck_assert_uint_eq(w[FAST_TO_CLIENT].until_ns, UINT64_MAX);
	calls->drop(table, id);
	ck_assert_uint_eq(w[FAST_TO_PEER].until_ns, 0);
	ck_assert_uint_eq(w[FAST_TO_CLIENT].until_ns, 0);
}
END_TEST

START_TEST(table_tells_what_was_used)
{
	const uint32_t id = must_put(4000);
	struct fast_seen *seen = slots[id - 1].seen;
	struct ave_fast_use u = calls->use(table, id);

	ck_assert_uint_eq(u.to_peer + u.to_client, 0);
	seen[FAST_TO_PEER] = (struct fast_seen){.packets = 2, .bytes = 300};
	seen[FAST_TO_CLIENT] = (struct fast_seen){.packets = 3, .bytes = 500};
	u = calls->drop(table, id);
	ck_assert_uint_eq(u.to_peer, 2);
	ck_assert_uint_eq(u.to_peer_bytes, 300);
	ck_assert_uint_eq(u.to_client, 3);
	ck_assert_uint_eq(u.to_client_bytes, 500);
	/* the next one there begins anew */
	for (int i = 0; i < 4; i++)
		calls->drop(table, must_put(4001));
	ck_assert_uint_eq(seen[FAST_TO_PEER].packets, 0);
}
END_TEST

START_TEST(table_is_as_large_as_its_share)
{
	uint32_t id[4], more;
	const struct ave_fast_way fifth = way(4005);

	for (uint16_t i = 0; i < 4; i++)
		id[i] = must_put((uint16_t)(4000 + i));
	ck_assert_int_eq(calls->put(table, &more, &fifth), EDGE_ELIMIT);
	calls->drop(table, id[2]);
	ck_assert_int_eq(calls->put(table, &more, &fifth), EDGE_OK);
	ck_assert_uint_eq(more, id[2]);
	id[2] = more;
	for (int i = 0; i < 4; i++)
		calls->drop(table, id[i]);
}
END_TEST

START_TEST(table_uses_a_place_again_as_late_as_it_can)
{
	const uint32_t first = must_put(4000);

	calls->drop(table, first);
	for (int i = 0; i < 3; i++) {
		const uint32_t id = must_put(4000);

		ck_assert_uint_ne(id, first);
		calls->drop(table, id);
	}
	ck_assert_uint_eq(must_put(4000), first);
	calls->drop(table, first);
}
END_TEST

START_TEST(table_takes_no_address_twice)
{
	const uint32_t id = must_put(4000);
	struct ave_fast_way w = way(4000);
	uint32_t other;

	ck_assert_int_eq(calls->put(table, &other, &w), EDGE_EDUP);
	ck_assert_uint_eq(ave_fast_table_count(table), 1);
	/* the second of its keys: the first is given back */
	w.client.port++;
	ck_assert_int_eq(calls->put(table, &other, &w), EDGE_EDUP);
	ck_assert_uint_eq(bound_count(), 2);
	calls->drop(table, id);
}
END_TEST

START_TEST(table_gives_back_what_the_kernel_refuses)
{
	const struct ave_fast_way w = way(4000);
	uint32_t id;

	for (unsigned n = 1; n <= 2; n++) {
		until_failure = n;
		ck_assert_int_eq(calls->put(table, &id, &w), EDGE_ESYS);
		ck_assert_uint_eq(bound_count(), 0);
		ck_assert_uint_eq(ave_fast_table_count(table), 0);
	}
}
END_TEST

START_TEST(table_refuses_what_it_cannot_serve)
{
	struct ave_fast_way w = way(4000);
	uint32_t id;

	w.peer.family = AF_INET6;
	ck_assert_int_eq(calls->put(table, &id, &w), EDGE_ERANGE);
}
END_TEST

START_TEST(table_has_buckets_of_its_share)
{
	uint32_t pool[4], more;

	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(calls->open_pool(table, &pool[i]), EDGE_OK);
		ck_assert_uint_gt(pool[i], 4);
	}
	ck_assert_int_eq(calls->open_pool(table, &more), EDGE_ELIMIT);
	pools[pool[1] - 1].paid_ns = 99;
	calls->set_pool(table, pool[1], (struct ave_fast_rate){1000, 1000});
	ck_assert_uint_eq(pools[pool[1] - 1].burst_ns, 8000000);
	ck_assert_uint_eq(pools[pool[1] - 1].paid_ns, 99);
	calls->close_pool(table, pool[1]);
	ck_assert_int_eq(calls->open_pool(table, &more), EDGE_OK);
	ck_assert_uint_eq(more, pool[1]);
	ck_assert_uint_eq(pools[more - 1].paid_ns, 0);
	for (int i = 0; i < 4; i++)
		calls->close_pool(table, pool[i]);
}
END_TEST

START_TEST(table_shares_do_not_overlap)
{
	struct ave_fast_table *other = share(0, 2);
	const struct ave_fast_way w = way(5000);
	uint32_t id;

	ck_assert_int_eq(calls->put(other, &id, &w), EDGE_OK);
	ck_assert_uint_le(id, 4);
	calls->drop(other, id);
	ave_fast_table_free(other);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("fast_table");
	TCase *t = tcase_create("table");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, table_puts_both_ways_into_its_share);
	tcase_add_test(t, table_says_until_when);
	tcase_add_test(t, table_tells_what_was_used);
	tcase_add_test(t, table_is_as_large_as_its_share);
	tcase_add_test(t, table_uses_a_place_again_as_late_as_it_can);
	tcase_add_test(t, table_takes_no_address_twice);
	tcase_add_test(t, table_gives_back_what_the_kernel_refuses);
	tcase_add_test(t, table_refuses_what_it_cannot_serve);
	tcase_add_test(t, table_has_buckets_of_its_share);
	tcase_add_test(t, table_shares_do_not_overlap);
	suite_add_tcase(s, t);
	return s;
}
