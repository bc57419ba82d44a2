/* webconf-edge/pair.c: bytes both ways, their ends, and who is slow. */
#include "webconf-edge/pair.h"

#include "tests/support/suite.h"
#include "tests/support/turns.h"
#include "tests/unit/webconf-edge/pair_world.h"

enum {
	BIG = 4 << 20, /* more than all buffers between two ends [bytes] */
	MIB = 1 << 20,
	CAP = 65536,
};

#define FAR(side) (&pair_w.far[side])

static const enum wce_side other[] = {WCE_MCU, WCE_CLIENT};

/* -- bytes -------------------------------------------------------------- */

START_TEST(pair_moves_bytes_both_ways)
{
	pair_begin();
	ep1_peer_send_pattern(FAR(WCE_CLIENT), 1000);
	ep1_peer_send_pattern(FAR(WCE_MCU), 3000);
	ep1_take_pattern(FAR(WCE_MCU), 1000);
	ep1_take_pattern(FAR(WCE_CLIENT), 3000);
	ck_assert_uint_eq(pair_w.pair.from[WCE_CLIENT].bytes, 1000);
	ck_assert_uint_eq(pair_w.pair.from[WCE_MCU].bytes, 3000);
	ck_assert_uint_eq(wce_pair_bytes(&pair_w.pair), 4000);
	ck_assert_int_eq(pair_w.pair.state, WCE_PAIR_RELAY);
}
END_TEST

START_TEST(pair_moves_much_both_ways_in_order)
{
	pair_begin();
	ep1_peer_send_pattern(FAR(WCE_CLIENT), BIG);
	ep1_peer_send_pattern(FAR(WCE_MCU), BIG);
	ep1_take_pattern(FAR(WCE_MCU), BIG);
	ep1_take_pattern(FAR(WCE_CLIENT), BIG);
	ck_assert_uint_eq(wce_pair_bytes(&pair_w.pair), 2 * (uint64_t)BIG);
}
END_TEST

static bool has_come(void *arg)
{
	return edge_conn_buffered(arg) == 500;
}

START_TEST(pair_starts_with_what_has_come_before)
{
	pair_dial();
	edge_conn_pause(pair_w.end[WCE_MCU]);
	ep1_peer_send_pattern(FAR(WCE_CLIENT), 500);
	ep1_wait(pair_w.loop, has_come, pair_w.end[WCE_CLIENT], "bytes");
	ep1_peer_send_pattern(FAR(WCE_MCU), 700);
	pair_start(); /* and resumes who was paused */
	ep1_take_pattern(FAR(WCE_MCU), 500);
	ep1_take_pattern(FAR(WCE_CLIENT), 700);
}
END_TEST

/* -- half-close, WC 4.4.1 and 4.4.4 ------------------------------------- */

/* _i: who ends first. */
START_TEST(pair_passes_the_end_and_goes_on_the_other_way)
{
	const enum wce_side a = (enum wce_side)_i, b = other[_i];

	pair_begin();
	ep1_peer_send_pattern(FAR(a), 100);
	ep1_peer_shut(FAR(a));
	ep1_take_pattern(FAR(b), 100);
	ep1_wait_end(FAR(b));
	ck_assert_uint_eq(FAR(b)->count[EDGE_CONN_EOF], 1); /* in order */
	ck_assert_int_eq(pair_w.pair.state, WCE_PAIR_HALF);
	ep1_peer_send_pattern(FAR(b), 200000);
	ep1_take_pattern(FAR(a), 200000);
	ck_assert_int_eq(pair_w.pair.state, WCE_PAIR_HALF);
	ep1_peer_shut(FAR(b));
	ep1_wait_end(FAR(a));
	ck_assert_uint_eq(FAR(a)->count[EDGE_CONN_EOF], 1);
	ck_assert_int_eq(pair_w.pair.state, WCE_PAIR_OVER);
	ck_assert_int_eq(pair_w.pair.why, EDGE_CONN_WHY_EOF);
	ck_assert_int_eq(pair_w.pair.culprit, b); /* the last of them */
	ck_assert(!pair_w.pair.from[a].is_truncated);
	ck_assert(!pair_w.pair.from[b].is_truncated);
}
END_TEST

/* WC 8 test 9: 1 MiB is on its way when its sender ends. */
START_TEST(pair_passes_what_is_queued_before_the_end)
{
	const enum wce_side a = (enum wce_side)_i, b = other[_i];

	pair_begin();
	ep1_peer_deaf(FAR(b), true);
	ep1_peer_send_pattern(FAR(a), BIG);
	ep1_peer_shut(FAR(a));
	turns_for(pair_w.loop, 200);
	ck_assert_int_eq(pair_w.pair.state, WCE_PAIR_RELAY);
	ck_assert_uint_eq(FAR(b)->count[EDGE_CONN_EOF], 0);
	ep1_peer_deaf(FAR(b), false);
	ep1_take_pattern(FAR(b), BIG);
	ep1_take_end(FAR(b));
	ck_assert_uint_eq(FAR(b)->count[EDGE_CONN_EOF], 1);
	ck_assert_int_eq(pair_w.pair.state, WCE_PAIR_HALF);
}
END_TEST

/* Both end at once, each with bytes that the other has not read yet. */
START_TEST(pair_passes_both_ends_with_bytes_queued)
{
	pair_begin();
	for (int s = 0; s < WCE_SIDES; s++) {
		ep1_peer_send_pattern(FAR(s), MIB);
		ep1_peer_shut(FAR(s));
	}
	for (int s = 0; s < WCE_SIDES; s++) {
		ep1_take_pattern(FAR(s), MIB);
		ep1_take_end(FAR(s));
		ck_assert_uint_eq(FAR(s)->count[EDGE_CONN_EOF], 1);
		ck_assert_uint_eq(FAR(s)->count[EDGE_CONN_FAILED], 0);
	}
	pair_wait_state(WCE_PAIR_OVER);
	ck_assert_int_eq(pair_w.pair.why, EDGE_CONN_WHY_EOF);
}
END_TEST

/* -- truncation, WC 4.4.2 ----------------------------------------------- */

START_TEST(pair_keeps_a_truncation_visible)
{
	const enum wce_side a = (enum wce_side)_i, b = other[_i];

	pair_begin();
	ep1_peer_send_pattern(FAR(a), MIB);
	ep1_peer_cut(FAR(a));
	ep1_take_pattern(FAR(b), MIB); /* all of it, then no close_notify */
	ep1_take_end(FAR(b));
	ck_assert_uint_eq(FAR(b)->count[EDGE_CONN_EOF], 0);
	ck_assert_int_eq(edge_conn_why(FAR(b)->conn), EDGE_CONN_WHY_TRUNCATED);
	ck_assert_int_eq(pair_w.pair.state, WCE_PAIR_OVER);
	ck_assert_int_eq(pair_w.pair.why, EDGE_CONN_WHY_TRUNCATED);
	ck_assert_int_eq(pair_w.pair.culprit, a);
	ck_assert(pair_w.pair.from[a].is_truncated);
	ck_assert(!pair_w.pair.from[b].is_truncated);
}
END_TEST

START_TEST(pair_keeps_a_truncation_visible_behind_a_slow_reader)
{
	const enum wce_side a = (enum wce_side)_i, b = other[_i];

	pair_begin();
	ep1_peer_deaf(FAR(b), true);
	ep1_peer_send_pattern(FAR(a), BIG);
	ep1_peer_cut(FAR(a));
	turns_for(pair_w.loop, 200);
	ck_assert_int_eq(pair_w.pair.state, WCE_PAIR_RELAY);
	ep1_peer_deaf(FAR(b), false);
	ep1_take_pattern(FAR(b), BIG);
	ep1_take_end(FAR(b));
	ck_assert_int_eq(edge_conn_why(FAR(b)->conn), EDGE_CONN_WHY_TRUNCATED);
	ck_assert_int_eq(pair_w.pair.why, EDGE_CONN_WHY_TRUNCATED);
}
END_TEST

/* After an orderly end of the one, the other is cut: told to the one. */
START_TEST(pair_truncated_while_half)
{
	const enum wce_side a = (enum wce_side)_i, b = other[_i];

	pair_begin();
	ep1_peer_shut(FAR(a));
	ep1_wait_end(FAR(b));
	ep1_peer_send_pattern(FAR(b), 300);
	ep1_peer_cut(FAR(b));
	ep1_take_pattern(FAR(a), 300);
	ep1_take_end(FAR(a));
	ck_assert_uint_eq(FAR(a)->count[EDGE_CONN_EOF], 0);
	ck_assert_int_eq(pair_w.pair.state, WCE_PAIR_OVER);
	ck_assert_int_eq(pair_w.pair.why, EDGE_CONN_WHY_TRUNCATED);
	ck_assert_int_eq(pair_w.pair.culprit, b);
}
END_TEST

/* -- reset, WC 4.4.3 ---------------------------------------------------- */

START_TEST(pair_passes_a_reset_on)
{
	const enum wce_side a = (enum wce_side)_i, b = other[_i];

	pair_begin();
	ep1_peer_send_pattern(FAR(a), 100);
	ep1_take_pattern(FAR(b), 100);
	ep1_peer_reset(FAR(a));
	ep1_take_end(FAR(b));
	ck_assert_uint_eq(FAR(b)->count[EDGE_CONN_FAILED], 1);
	ck_assert_int_eq(edge_conn_why(FAR(b)->conn), EDGE_CONN_WHY_RESET);
	ck_assert_int_eq(pair_w.pair.state, WCE_PAIR_OVER);
	ck_assert_int_eq(pair_w.pair.why, EDGE_CONN_WHY_RESET);
	ck_assert_int_eq(pair_w.pair.culprit, a);
	ck_assert_ptr_null(pair_w.pair.end[a]);
	ck_assert_ptr_null(pair_w.pair.end[b]);
}
END_TEST

/* A reset discards: the reader does not get the rest. */
START_TEST(pair_reset_discards_the_queues)
{
	const enum wce_side a = (enum wce_side)_i, b = other[_i];

	pair_begin();
	ep1_peer_deaf(FAR(a), true);
	ep1_peer_send_pattern(FAR(b), BIG);
	turns_for(pair_w.loop, 200);
	ep1_peer_reset(FAR(a));
	ep1_wait_end(FAR(b));
	ck_assert_int_eq(edge_conn_why(FAR(b)->conn), EDGE_CONN_WHY_RESET);
	pair_wait_state(WCE_PAIR_OVER);
}
END_TEST

START_TEST(pair_abort_resets_both)
{
	pair_begin();
	wce_pair_abort(&pair_w.pair, edge_loop_now_ms(pair_w.loop));
	ck_assert_int_eq(pair_w.pair.state, WCE_PAIR_OVER);
	ck_assert_int_eq(pair_w.pair.why, EDGE_CONN_WHY_OURS);
	for (int s = 0; s < WCE_SIDES; s++) {
		ep1_take_end(FAR(s));
		ck_assert_int_eq(edge_conn_why(FAR(s)->conn),
				 EDGE_CONN_WHY_RESET);
	}
	wce_pair_abort(&pair_w.pair, 0); /* twice is fine */
	wce_pair_event(&pair_w.pair, WCE_CLIENT, EDGE_CONN_DATA, 0);
	ck_assert_int_eq(pair_w.pair.why, EDGE_CONN_WHY_OURS);
}
END_TEST

/* -- back-pressure, WC 4.5 ---------------------------------------------- */

static bool is_stalled(void *arg)
{
	const struct wce_flow *f = arg;

	return f->stalled_since_ms != 0;
}

START_TEST(pair_slow_reader_stops_its_sender_alone)
{
	const enum wce_side a = (enum wce_side)_i, b = other[_i];
	struct wce_flow *f = &pair_w.pair.from[a];
	uint64_t moved, since;

	pair_begin();
	ep1_peer_deaf(FAR(b), true);
	ep1_peer_send_pattern(FAR(a), EP1_PEER_QUEUE);
	ep1_wait(pair_w.loop, is_stalled, f, "a stall");
	turns_for(pair_w.loop, 300);
	moved = f->bytes;
	since = f->stalled_since_ms;
	ck_assert_uint_ne(since, 0);
	ck_assert_uint_lt(moved, EP1_PEER_QUEUE);
	turns_for(pair_w.loop, 300);
	ck_assert_uint_eq(f->bytes, moved); /* nothing is read any more */
	/* the other direction is as fast as ever */
	ep1_peer_send_pattern(FAR(b), BIG);
	ep1_take_pattern(FAR(a), BIG);
	ck_assert_uint_eq(f->bytes, moved);
	ck_assert_uint_eq(f->stalled_since_ms, since);
	ck_assert_uint_eq(pair_w.pair.from[b].stalled_since_ms, 0);
	/* the bound: one queue out and one in, of the slow direction */
	ck_assert_uint_le(pair_w.most_queued[b], CAP + 16384 + 256);
	ck_assert_uint_le(pair_w.most_buffered[a], CAP);
	/* and it goes on where it stood */
	ep1_peer_deaf(FAR(b), false);
	ep1_take_pattern(FAR(b), EP1_PEER_QUEUE);
	ck_assert_uint_eq(f->bytes, EP1_PEER_QUEUE);
	ck_assert_uint_eq(f->stalled_since_ms, 0);
	ck_assert_uint_ge(f->stall_ms, 600);
}
END_TEST

/* WC 4.5: 16 KiB is the least, one TLS record. */
START_TEST(pair_smallest_queues_do)
{
	pair_w.plan.in_cap = pair_w.plan.out_cap = 16384;
	pair_w.plan.high_water = 12288;
	pair_w.plan.low_water = 4096;
	pair_begin();
	ep1_peer_deaf(FAR(WCE_MCU), true);
	ep1_peer_send_pattern(FAR(WCE_CLIENT), BIG);
	ep1_peer_send_pattern(FAR(WCE_MCU), BIG);
	ep1_take_pattern(FAR(WCE_CLIENT), BIG);
	ep1_peer_deaf(FAR(WCE_MCU), false);
	ep1_take_pattern(FAR(WCE_MCU), BIG);
	ck_assert_uint_le(pair_w.most_buffered[WCE_CLIENT], 16384);
}
END_TEST

START_TEST(pair_without_a_slow_reader_counts_no_long_stall)
{
	pair_begin();
	ep1_peer_send_pattern(FAR(WCE_CLIENT), 1000);
	ep1_take_pattern(FAR(WCE_MCU), 1000);
	ck_assert_uint_eq(pair_w.pair.from[WCE_CLIENT].stall_ms, 0);
	ck_assert_uint_eq(pair_w.pair.from[WCE_CLIENT].stalled_since_ms, 0);
}
END_TEST

/* WC 4.2 write stall: data queued and nothing taken for so long. */
START_TEST(pair_reader_that_takes_nothing_is_the_end)
{
	const enum wce_side a = (enum wce_side)_i, b = other[_i];

	pair_w.plan.stall_ms = 500;
	pair_begin();
	ep1_peer_deaf(FAR(b), true);
	ep1_peer_send_pattern(FAR(a), EP1_PEER_QUEUE);
	pair_wait_state(WCE_PAIR_OVER);
	ck_assert_int_eq(pair_w.pair.why, EDGE_CONN_WHY_STALLED);
	ck_assert_int_eq(pair_w.pair.culprit, b);
	/* the time it was held up is counted, though it never went on */
	ck_assert_uint_ge(pair_w.pair.from[a].stall_ms, 300);
	ep1_wait_end(FAR(a));
	ck_assert_int_eq(edge_conn_why(FAR(a)->conn), EDGE_CONN_WHY_RESET);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("pair");
	TCase *bytes = pair_case(s, "bytes");
	TCase *ends = pair_case(s, "ends");
	TCase *slow = pair_case(s, "slow");

	tcase_add_test(bytes, pair_moves_bytes_both_ways);
	tcase_add_test(bytes, pair_moves_much_both_ways_in_order);
	tcase_add_test(bytes, pair_starts_with_what_has_come_before);
	tcase_add_loop_test(ends, pair_passes_the_end_and_goes_on_the_other_way,
			    0, WCE_SIDES);
	tcase_add_loop_test(ends, pair_passes_what_is_queued_before_the_end, 0,
			    WCE_SIDES);
	tcase_add_test(ends, pair_passes_both_ends_with_bytes_queued);
	tcase_add_loop_test(ends, pair_keeps_a_truncation_visible, 0,
			    WCE_SIDES);
	tcase_add_loop_test(
		ends, pair_keeps_a_truncation_visible_behind_a_slow_reader, 0,
		WCE_SIDES);
	tcase_add_loop_test(ends, pair_truncated_while_half, 0, WCE_SIDES);
	tcase_add_loop_test(ends, pair_passes_a_reset_on, 0, WCE_SIDES);
	tcase_add_loop_test(ends, pair_reset_discards_the_queues, 0, WCE_SIDES);
	tcase_add_test(ends, pair_abort_resets_both);
	tcase_add_loop_test(slow, pair_slow_reader_stops_its_sender_alone, 0,
			    WCE_SIDES);
	tcase_add_test(slow, pair_smallest_queues_do);
	tcase_add_test(slow, pair_without_a_slow_reader_counts_no_long_stall);
	tcase_add_loop_test(slow, pair_reader_that_takes_nothing_is_the_end, 0,
			    WCE_SIDES);
	return s;
}
