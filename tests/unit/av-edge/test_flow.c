/* av-edge/flow.c: the flows of one allocation. */
#include "av-edge/flow.h"

#include <netinet/in.h>

#include "tests/support/suite.h"

enum { MAX = 64 };

static struct ave_flows flows;

static void set_up(void)
{
	flows = (struct ave_flows){0};
}

static void tear_down(void)
{
	ave_flows_fini(&flows);
	ck_assert_ptr_null(flows.v);
	ck_assert_uint_eq(flows.count, 0);
}

static struct edge_addr peer(uint16_t port)
{
	return (struct edge_addr){
		.family = AF_INET, .ip = {198, 51, 100, 7}, .port = port};
}

static struct ave_flow *add(uint16_t channel, uint16_t port, uint64_t until_ms)
{
	const struct ave_flow init = {
		.peer = peer(port), .channel = channel, .until_ms = until_ms};
	struct ave_flow *f;

	ck_assert_int_eq(ave_flows_add(&f, &flows, &init, MAX), EDGE_OK);
	return f;
}

static struct ave_flow *by_peer(uint16_t port, uint64_t now_ms)
{
	const struct edge_addr at = peer(port);

	return ave_flows_by_peer(&flows, &at, now_ms);
}

START_TEST(flow_is_what_it_was_made_of)
{
	struct ave_flow *f = add(0x4001, 1, 1000);

	ck_assert_uint_eq(f->channel, 0x4001);
	ck_assert_uint_eq(f->peer.port, 1);
	ck_assert_uint_eq(f->until_ms, 1000);
	ck_assert_uint_eq(f->to_peer + f->to_peer_bytes, 0);
	ck_assert_uint_eq(f->to_client + f->to_client_bytes, 0);
}
END_TEST

START_TEST(flow_of_an_empty_table_is_none)
{
	ck_assert_ptr_null(ave_flows_by_channel(&flows, 0, 0));
	ck_assert_ptr_null(by_peer(1, 0));
}
END_TEST

START_TEST(flow_is_found_by_channel_and_by_peer)
{
	for (uint16_t i = 0; i < MAX; i++)
		add((uint16_t)(0x4000 + i), i, UINT64_MAX);
	for (int round = 0; round < 2; round++)
		for (uint16_t i = 0; i < MAX; i++) {
			uint16_t channel = (uint16_t)(0x4000 + i);
			struct ave_flow *f =
				ave_flows_by_channel(&flows, channel, 0);

			ck_assert_ptr_nonnull(f);
			ck_assert_uint_eq(f->peer.port, i);
			ck_assert_uint_eq(flows.last, i);
			/* the one found last is looked at first */
			ck_assert_ptr_eq(
				ave_flows_by_channel(&flows, channel, 0), f);
			ck_assert_ptr_eq(by_peer(i, 0), f);
		}
	ck_assert_ptr_null(ave_flows_by_channel(&flows, 0x4000 + MAX, 0));
	ck_assert_ptr_null(by_peer(MAX, 0));
}
END_TEST

START_TEST(flow_has_a_peer_with_its_port)
{
	struct edge_addr other = peer(1);

	add(0, 1, UINT64_MAX);
	ck_assert_ptr_nonnull(by_peer(1, 0));
	ck_assert_ptr_null(by_peer(2, 0));
	other.ip[3]++;
	ck_assert_ptr_null(ave_flows_by_peer(&flows, &other, 0));
}
END_TEST

START_TEST(flow_ends_by_its_time)
{
	add(0x4001, 1, 1000);
	ck_assert_ptr_nonnull(ave_flows_by_channel(&flows, 0x4001, 999));
	ck_assert_ptr_null(ave_flows_by_channel(&flows, 0x4001, 1000));
	ck_assert_ptr_nonnull(by_peer(1, 999));
	ck_assert_ptr_null(by_peer(1, 1000));
	ck_assert_uint_eq(flows.count, 1); /* until somebody sweeps */
}
END_TEST

START_TEST(flows_are_so_many)
{
	struct ave_flow init = {.until_ms = 1}, *f = NULL;

	for (uint16_t i = 0; i < 3; i++)
		add(i, i, 1);
	ck_assert_int_eq(ave_flows_add(&f, &flows, &init, 3), EDGE_ELIMIT);
	ck_assert_ptr_null(f);
	ck_assert_int_eq(ave_flows_add(&f, &flows, &init, 4), EDGE_OK);
	ck_assert_uint_eq(flows.count, 4);
}
END_TEST

START_TEST(flow_removed_leaves_the_others)
{
	for (uint16_t i = 0; i < 5; i++)
		add(i, i, UINT64_MAX);
	ck_assert_ptr_nonnull(by_peer(4, 0)); /* the last one, and found last */
	ave_flows_remove(&flows, by_peer(2, 0));
	ck_assert_uint_eq(flows.count, 4);
	for (uint16_t i = 0; i < 5; i++) {
		const struct ave_flow *f = ave_flows_by_channel(&flows, i, 0);

		ck_assert_int_eq(f != NULL, i != 2);
		if (f)
			ck_assert_uint_eq(f->peer.port, i);
	}
	while (flows.count)
		ave_flows_remove(&flows, flows.v);
	ck_assert_ptr_null(by_peer(0, 0));
	add(9, 9, UINT64_MAX);
	ck_assert_ptr_nonnull(by_peer(9, 0));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("flow");
	TCase *tc = tcase_create("table");

	tcase_set_timeout(tc, 10);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, flow_is_what_it_was_made_of);
	tcase_add_test(tc, flow_of_an_empty_table_is_none);
	tcase_add_test(tc, flow_is_found_by_channel_and_by_peer);
	tcase_add_test(tc, flow_has_a_peer_with_its_port);
	tcase_add_test(tc, flow_ends_by_its_time);
	tcase_add_test(tc, flows_are_so_many);
	tcase_add_test(tc, flow_removed_leaves_the_others);
	suite_add_tcase(s, tc);
	return s;
}
