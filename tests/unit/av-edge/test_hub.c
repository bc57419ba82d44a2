/* av-edge/hub.c: who is told of a descriptor, and what is done at the end of a
 * turn; timers are in test_pipe.c. */
#include "av-edge/hub.h"

#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/suite.h"

enum { TURNS = 100 };

static struct ave_hub *hub;
static int pair[2][2];
static unsigned told[2], begins;
static bool leaves;

static struct ave_ear ears[2];

static void on_ready(struct ave_ear *e, unsigned io)
{
	ck_assert_uint_ne(io, 0);
	ck_assert_uint_gt(begins, 0); /* the clock was read before */
	told[e - ears]++;
	if (leaves)
		for (int i = 0; i < 2; i++)
			ave_hub_leave(hub, &ears[i]);
}

static void no_datagram(struct ave_batch_item *it, void *arg)
{
	(void)it;
	(void)arg;
	ck_abort_msg("no datagram is expected");
}

static void on_begin(uint64_t now_ms, void *arg)
{
	(void)arg;
	ck_assert_uint_eq(now_ms, hub->now_ms);
	begins++;
}

static void turn(void)
{
	ave_hub_turn(hub, no_datagram, on_begin, NULL);
}

static void set_up(enum ave_batch_kind kind)
{
	struct ave_batch *b;

	ck_assert_int_eq(ave_batch_new(&b, kind, 4), EDGE_OK);
	ck_assert_int_eq(ave_batch_begin(b), EDGE_OK);
	ck_assert_int_eq(ave_hub_new(&hub, b, 3), EDGE_OK);
	begins = 0;
	leaves = false;
	for (int i = 0; i < 2; i++) {
		ears[i] = (struct ave_ear){.ready = on_ready};
		told[i] = 0;
		ck_assert_int_eq(socketpair(AF_UNIX,
					    SOCK_STREAM | SOCK_NONBLOCK, 0,
					    pair[i]),
				 0);
		ck_assert_int_eq(ave_hub_listen(hub, &ears[i], pair[i][0],
						AVE_BATCH_READ),
				 EDGE_OK);
	}
}

static void tear_down(void)
{
	for (int i = 0; i < 2; i++) {
		ave_hub_leave(hub, &ears[i]);
		close(pair[i][0]);
		close(pair[i][1]);
	}
	ck_assert_uint_eq(edge_handles_count(hub->ears), 0);
	ave_hub_free(hub);
}

static void write_both(void)
{
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(write(pair[i][1], "x", 1), 1);
}

static enum ave_batch_kind kind_of(int i)
{
	return i ? AVE_BATCH_EPOLL : AVE_BATCH_AUTO;
}

/* Both are ready in one turn; the first one told makes both leave. */
START_TEST(hub_tells_nobody_who_has_left)
{
	set_up(kind_of(_i));
	leaves = true;
	write_both();
	for (int left = TURNS; !(told[0] + told[1]); left--) {
		ck_assert_int_gt(left, 0);
		turn();
	}
	turn();
	ck_assert_uint_eq(told[0] + told[1], 1);
	tear_down();
}
END_TEST

START_TEST(hub_tells_what_is_listened_for)
{
	set_up(kind_of(_i));
	ck_assert_int_eq(ave_hub_listen(hub, &ears[0], pair[0][0], 0), EDGE_OK);
	write_both();
	for (int left = TURNS; !told[1]; left--) {
		ck_assert_int_gt(left, 0);
		turn();
	}
	ck_assert_uint_eq(told[0], 0);
	ck_assert_int_eq(
		ave_hub_listen(hub, &ears[0], pair[0][0], AVE_BATCH_READ),
		EDGE_OK);
	for (int left = TURNS; !told[0]; left--) {
		ck_assert_int_gt(left, 0);
		turn();
	}
	tear_down();
}
END_TEST

static unsigned done;
static struct ave_chore second;

static void do_second(struct ave_chore *c)
{
	ck_assert(!c->is_queued);
	done++;
}

static void do_first(struct ave_chore *c)
{
	ck_assert(!c->is_queued);
	done++;
	ave_hub_later(hub, &second);
}

START_TEST(hub_does_what_a_chore_asks_for_in_the_same_turn)
{
	struct ave_chore first = {.fn = do_first};

	set_up(AVE_BATCH_AUTO);
	done = 0;
	second = (struct ave_chore){.fn = do_second};
	ave_hub_later(hub, &first);
	turn();
	ck_assert_uint_eq(done, 2);
	/* also when there is no turn any more */
	ave_hub_later(hub, &first);
	ck_assert_uint_eq(done, 2);
	tear_down();
	ck_assert_uint_eq(done, 4);
	ave_hub_free(NULL);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("hub");
	TCase *t = tcase_create("turns");

	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, hub_tells_nobody_who_has_left, 0, 2);
	tcase_add_loop_test(t, hub_tells_what_is_listened_for, 0, 2);
	tcase_add_test(t, hub_does_what_a_chore_asks_for_in_the_same_turn);
	suite_add_tcase(s, t);
	return s;
}
