/* webconf-edge/client_leg.c: a client and its data leg; WC 4.1 S4 to S7. */
#include "webconf-edge/client_leg.h"

#include <string.h>

#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/support/turns.h"
#include "tests/unit/webconf-edge/shard_world.h"

enum { MIB = 1 << 20, SLOW = 2 << 20, PIPELINED = 100000 };

static struct ep1_peer peer, leg, second;
static uint8_t session[PSOM_SESSION_LEN];

static void init(void)
{
	peer = leg = second = (struct ep1_peer){0};
}

static void fini(void)
{
	ep1_peer_fini(&peer);
	ep1_peer_fini(&leg);
	ep1_peer_fini(&second);
}

/* A client whose MCU was asked. */
static edge_handle assigning(void)
{
	const edge_handle h = shard_join(&peer);

	shard_give_leg(h, &leg);
	shard_take_assign(&leg, session);
	return h;
}

static void take_done(edge_handle h)
{
	ck_assert_uint_eq(shard_take(WCE_MAIL_DONE)->client, h);
	shard_wait_empty();
	shard_no_mail();
	ck_assert_ptr_null(shard_client(h));
}

static void take_refusal(edge_handle h, enum wce_reason why, unsigned code)
{
	ep1_take_reject(&peer, code);
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECT + (size_t)why), 1);
	take_done(h);
}

/* -- ASSIGN ------------------------------------------------------------- */

START_TEST(client_leg_is_told_all_about_the_client)
{
	const edge_handle h = shard_join(&peer);
	struct edge_addr at;
	struct psom_frame f;

	shard_give_leg(h, &leg);
	ep1_take(&leg, PSOM_ASSIGN, &f);
	ck_assert(edge_slice_eq_str(f.value[PSOM_TAG_CONFERENCE], SHARD_URI));
	ck_assert(edge_slice_eq_str(f.value[PSOM_TAG_INNER], SHARD_INNER));
	ck_assert(
		edge_slice_eq(f.value[PSOM_TAG_NONCE],
			      edge_slice(shard_w.token + 36, PSOM_NONCE_LEN)));
	ck_assert(edge_slice_eq(
		f.value[PSOM_TAG_SESSION],
		edge_slice(shard_client(h)->session, PSOM_SESSION_LEN)));
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_TLS), 0x0304);
	ck_assert(psom_frame_client(&at, &f));
	ck_assert(edge_addr_eq(&at, edge_conn_local(peer.conn)));
}
END_TEST

/* WC 4.1.2: HELLO_OK first, then what came with ASSIGN_OK, in order. */
START_TEST(client_leg_hello_ok_comes_before_relayed_bytes)
{
	struct psom_frame f;

	assigning();
	shard_answer(&leg, session, 0, "first words of the MCU");
	ep1_peer_send(&leg, edge_slice_str(", and more"));
	ep1_take(&peer, PSOM_HELLO_OK, &f);
	ck_assert(edge_slice_eq(f.value[PSOM_TAG_SESSION],
				edge_slice(session, sizeof(session))));
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_VERSION), 1);
	ep1_wait_bytes(&peer, 32);
	ck_assert_mem_eq(peer.in, "first words of the MCU, and more", 32);
	ck_assert_uint_eq(atomic_load(&shard_w.shared.paired), 1);
	ck_assert_uint_eq(shard_stat(WCE_STAT_SESSIONS), 1);
	ck_assert(heard("WCE_EV_PAIRED"));
}
END_TEST

START_TEST(client_leg_answer_comes_byte_by_byte)
{
	uint8_t bytes[64];
	struct psom_frame f;
	struct psom_put w;
	struct edge_slice ok;

	assigning();
	psom_put_start(&w, bytes, sizeof(bytes), PSOM_ASSIGN_OK);
	psom_put_bytes(&w, PSOM_TAG_SESSION,
		       edge_slice(session, sizeof(session)));
	ok = psom_put_end(&w);
	for (const uint8_t *p = ok.p; p < ok.end; p++) {
		ck_assert_uint_eq(peer.in_len, 0);
		ep1_peer_send(&leg, edge_slice(p, 1));
		turns_for(shard_w.loop, 10);
	}
	ep1_take(&peer, PSOM_HELLO_OK, &f);
}
END_TEST

/* WC 4.1.1: they wait and are the first that the MCU gets. _i: with the
 * smallest queues */
START_TEST(client_leg_pipelined_bytes_are_first)
{
	struct psom_frame f;
	edge_handle h;

	if (_i)
		shard_w.limits[WCE_LIMIT_QUEUE] = 16384;
	shard_dial(&peer);
	ep1_peer_send(&peer, shard_hello(&(struct shard_hello){0}));
	ep1_peer_send_pattern(&peer, PIPELINED);
	h = shard_take(WCE_MAIL_ASK)->client;
	turns_for(shard_w.loop, 200);
	/* the rest waits outside */
	ck_assert_uint_ge(edge_conn_buffered(shard_client(h)->conn), 16384);
	ck_assert_uint_le(edge_conn_buffered(shard_client(h)->conn),
			  PSOM_HEADER_LEN + PSOM_BODY_MAX + 16384);
	shard_give_leg(h, &leg);
	shard_take_assign(&leg, session);
	ck_assert_uint_eq(leg.in_len, 0); /* none before ASSIGN_OK */
	shard_answer(&leg, session, 0, "");
	ep1_take_pattern(&leg, PIPELINED);
	ep1_take(&peer, PSOM_HELLO_OK, &f);
	ep1_peer_send_pattern(&peer, 1000);
	ep1_take_pattern(&leg, 1000);
}
END_TEST

static const struct {
	unsigned code;
	enum wce_reason why;
	unsigned told;
} noes[] = {
	{403, WCE_REASON_MCU_REFUSED, 401},
	{404, WCE_REASON_ASSIGN_REFUSED, 503},
	{503, WCE_REASON_ASSIGN_REFUSED, 503},
	{999, WCE_REASON_ASSIGN_REFUSED, 503},
};
enum { NOES = sizeof(noes) / sizeof(*noes) };

START_TEST(client_leg_mcu_says_no)
{
	const edge_handle h = assigning();

	shard_answer(&leg, session, noes[_i].code, "");
	take_refusal(h, noes[_i].why, noes[_i].told);
	ep1_take_end(&leg); /* a leg is never used again */
	ck_assert_uint_eq(shard_stat(WCE_STAT_ASSIGN_RETRIED), 0);
}
END_TEST

/* -- a leg that does not answer: once more, then no more ---------------- */

static void answer_of_another(struct ep1_peer *p)
{
	const uint8_t other[PSOM_SESSION_LEN] = {9};

	shard_answer(p, other, 0, "");
}

static void nonsense(struct ep1_peer *p)
{
	ep1_peer_send(p, edge_slice_str("HTTP/1.1 200 OK"));
}

static void silence(struct ep1_peer *p)
{
	(void)p; /* webconf.assign_ms is short */
}

static void (*const deaths[])(struct ep1_peer *p) = {
	ep1_peer_reset,	   ep1_peer_cut, ep1_peer_shut,
	answer_of_another, nonsense,	 silence,
};
enum { DEATHS = sizeof(deaths) / sizeof(*deaths) };

static edge_handle with_a_dead_leg(int how)
{
	edge_handle h;

	if (deaths[how] == silence)
		shard_w.limits[WCE_LIMIT_ASSIGN_MS] = 100;
	h = assigning();
	deaths[how](&leg);
	ck_assert_uint_eq(shard_take(WCE_MAIL_AGAIN)->client, h);
	ck_assert_int_eq(shard_client(h)->state, WCE_CLIENT_WAITING);
	ck_assert_uint_eq(shard_stat(WCE_STAT_ASSIGN_RETRIED), 1);
	return h;
}

START_TEST(client_leg_second_one_serves)
{
	const edge_handle h = with_a_dead_leg(_i);
	struct psom_frame f;

	shard_give_leg(h, &second);
	shard_take_assign(&second, session);
	shard_answer(&second, session, 0, "hello");
	ep1_take(&peer, PSOM_HELLO_OK, &f);
	ep1_wait_bytes(&peer, 5);
	ck_assert_mem_eq(peer.in, "hello", 5);
	shard_no_mail();
}
END_TEST

START_TEST(client_leg_third_one_is_not_tried)
{
	const edge_handle h = with_a_dead_leg(_i);

	shard_give_leg(h, &second);
	shard_take_assign(&second, session);
	deaths[_i](&second);
	take_refusal(h, WCE_REASON_ASSIGN_TIMEOUT, 503);
	ck_assert_uint_eq(shard_stat(WCE_STAT_ASSIGN_RETRIED), 1);
}
END_TEST

START_TEST(client_leg_second_one_does_not_come)
{
	edge_handle h;

	shard_w.limits[WCE_LIMIT_PAIR_MS] = 200;
	h = with_a_dead_leg(0);
	take_refusal(h, WCE_REASON_PAIR_TIMEOUT, 503);
}
END_TEST

START_TEST(client_leg_desk_refuses_the_second)
{
	const edge_handle h = with_a_dead_leg(0);

	shard_refuse(h, WCE_REASON_NOT_REGISTERED);
	take_refusal(h, WCE_REASON_NOT_REGISTERED, 503);
}
END_TEST

START_TEST(client_leg_client_is_gone_while_asking)
{
	const edge_handle h = assigning();

	ep1_peer_reset(&peer);
	ep1_take_end(&leg);
	take_done(h);
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECT + WCE_REASON_CLIENT_GONE),
			  1);
	ck_assert(heard("state_end=assigning"));
}
END_TEST

/* A word of the desk that comes too late. */
START_TEST(client_leg_late_refusal_is_nothing)
{
	const edge_handle h = assigning();
	struct psom_frame f;

	shard_refuse(h, WCE_REASON_MCU_DRAINING);
	shard_answer(&leg, session, 0, "");
	ep1_take(&peer, PSOM_HELLO_OK, &f);
	shard_refuse(h, WCE_REASON_MCU_DRAINING);
	ep1_peer_send_pattern(&peer, 100);
	ep1_take_pattern(&leg, 100);
}
END_TEST

/* A second leg for one that has its own is closed. */
START_TEST(client_leg_that_nobody_wants_is_closed)
{
	const edge_handle h = shard_pair(&peer, &leg);

	shard_give_leg(h, &second);
	ep1_take_end(&second);
	ep1_peer_send_pattern(&peer, 100);
	ep1_take_pattern(&leg, 100);
}
END_TEST

/* -- relaying and the ends ---------------------------------------------- */

START_TEST(client_leg_relays_until_both_have_ended)
{
	const edge_handle h = shard_pair(&peer, &leg);

	ep1_peer_send_pattern(&peer, MIB);
	ep1_peer_send_pattern(&leg, MIB);
	ep1_take_pattern(&leg, MIB);
	ep1_take_pattern(&peer, MIB);
	ep1_peer_shut(&peer);
	ep1_take_end(&leg);
	ck_assert_int_eq(shard_client(h)->state, WCE_CLIENT_HALF);
	ep1_peer_send_pattern(&leg, 100);
	ep1_take_pattern(&peer, 100);
	ep1_peer_shut(&leg);
	ep1_take_end(&peer);
	take_done(h);
	ck_assert_uint_eq(shard_stat(WCE_STAT_ENDED + WCE_REASON_EOF), 1);
	ck_assert_uint_eq(shard_stat(WCE_STAT_BYTES_IN), MIB);
	ck_assert_uint_eq(shard_stat(WCE_STAT_BYTES_OUT), MIB + 100);
	ck_assert(heard("end=eof"));
}
END_TEST

/* _i: who is cut or reset */
START_TEST(client_leg_truncation_is_counted)
{
	const edge_handle h = shard_pair(&peer, &leg);

	ep1_peer_cut(_i ? &leg : &peer);
	ep1_take_end(_i ? &peer : &leg);
	take_done(h);
	ck_assert_uint_eq(shard_stat(WCE_STAT_ENDED + WCE_REASON_TRUNCATED), 1);
	ck_assert(heard(_i ? "trunc=mcu" : "trunc=client"));
}
END_TEST

START_TEST(client_leg_reset_is_counted)
{
	const edge_handle h = shard_pair(&peer, &leg);

	ep1_peer_reset(_i ? &leg : &peer);
	ep1_take_end(_i ? &peer : &leg);
	take_done(h);
	ck_assert_uint_eq(shard_stat(WCE_STAT_ENDED + WCE_REASON_RESET), 1);
	ck_assert(heard("trunc=-"));
}
END_TEST

START_TEST(client_leg_reader_that_takes_nothing_is_counted)
{
	edge_handle h;

	shard_w.limits[WCE_LIMIT_STALL_MS] = 300;
	h = shard_pair(&peer, &leg);
	ep1_peer_deaf(_i ? &peer : &leg, true);
	ep1_peer_send_pattern(_i ? &leg : &peer, EP1_PEER_QUEUE);
	take_done(h);
	ck_assert_uint_eq(shard_stat(WCE_STAT_ENDED + WCE_REASON_STALL), 1);
	ck_assert_uint_ge(
		shard_stat(_i ? WCE_STAT_STALL_MS_OUT : WCE_STAT_STALL_MS_IN),
		200);
}
END_TEST

static bool is_throttled(void *arg)
{
	const unsigned *n = arg;

	return atomic_load(&shard_w.shared.throttled) == *n;
}

/* WC 4.10: a data leg that takes no more is a health indicator. */
START_TEST(client_leg_slow_mcu_is_an_indicator)
{
	unsigned one = 1, none = 0;

	shard_pair(&peer, &leg);
	ep1_peer_deaf(&leg, true);
	ep1_peer_send_pattern(&peer, EP1_PEER_QUEUE);
	ep1_wait(shard_w.loop, is_throttled, &one, "throttling");
	ck_assert_uint_ge(shard_stat(WCE_STAT_SERVER_THROTTLED), 1);
	ep1_peer_deaf(&leg, false);
	ep1_take_pattern(&leg, EP1_PEER_QUEUE);
	ep1_wait(shard_w.loop, is_throttled, &none, "no throttling");
}
END_TEST

START_TEST(client_leg_slow_client_is_none)
{
	unsigned none = 0;

	shard_pair(&peer, &leg);
	ep1_peer_deaf(&peer, true);
	ep1_peer_send_pattern(&leg, SLOW);
	turns_for(shard_w.loop, 200);
	ck_assert(is_throttled(&none));
	ep1_peer_deaf(&peer, false);
	ep1_take_pattern(&peer, SLOW);
}
END_TEST

/* It is looked for the end of its session, too. */
START_TEST(client_leg_throttled_one_may_end)
{
	unsigned one = 1;

	shard_pair(&peer, &leg);
	ep1_peer_deaf(&leg, true);
	ep1_peer_send_pattern(&peer, EP1_PEER_QUEUE);
	ep1_wait(shard_w.loop, is_throttled, &one, "throttling");
	ep1_peer_reset(&leg);
	shard_wait_empty();
	ck_assert_uint_eq(atomic_load(&shard_w.shared.throttled), 0);
}
END_TEST

/* -- time --------------------------------------------------------------- */

START_TEST(client_leg_half_without_progress)
{
	edge_handle h;

	shard_w.limits[WCE_LIMIT_HALF_IDLE_MS] = 500;
	h = shard_pair(&peer, &leg);
	ep1_peer_shut(&peer);
	ep1_take_end(&leg);
	ep1_wait_end(&peer); /* a reset */
	ck_assert_int_eq(edge_conn_why(peer.conn), EDGE_CONN_WHY_RESET);
	take_done(h);
	ck_assert_uint_eq(shard_stat(WCE_STAT_ENDED + WCE_REASON_HALF_SLOW), 1);
	ck_assert(heard("state_end=half"));
}
END_TEST

START_TEST(client_leg_half_has_a_time_in_all)
{
	const uint64_t start = edge_loop_now_ms(shard_w.loop);
	edge_handle h;

	shard_w.limits[WCE_LIMIT_HALF_IDLE_MS] = 3000;
	shard_w.limits[WCE_LIMIT_HALF_TOTAL_MS] = 2500;
	h = shard_pair(&peer, &leg);
	ep1_peer_shut(&peer);
	ep1_take_end(&leg);
	while (!peer.is_over &&
	       edge_loop_now_ms(shard_w.loop) - start < EP1_PEER_WAIT_MS) {
		ep1_peer_send_pattern(&leg, 10); /* there is progress */
		turns_for(shard_w.loop, 100);
		if (leg.is_over)
			break;
	}
	ck_assert(peer.is_over);
	take_done(h);
	ck_assert_uint_eq(shard_stat(WCE_STAT_ENDED + WCE_REASON_HALF_SLOW), 1);
}
END_TEST

START_TEST(client_leg_idle_only_when_told_so)
{
	edge_handle h;

	shard_w.limits[WCE_LIMIT_IDLE_S] = 1;
	h = shard_pair(&peer, &leg);
	ep1_peer_send_pattern(&peer, 10);
	ep1_take_pattern(&leg, 10);
	ep1_wait_end(&peer);
	ep1_wait_end(&leg);
	take_done(h);
	ck_assert_uint_eq(shard_stat(WCE_STAT_ENDED + WCE_REASON_IDLE), 1);
}
END_TEST

START_TEST(client_leg_quiet_meeting_lives)
{
	shard_pair(&peer, &leg);
	turns_for(shard_w.loop, 2500);
	ep1_peer_send_pattern(&peer, 10);
	ep1_take_pattern(&leg, 10);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("client_leg");
	TCase *a = shard_case(s, "assign");
	TCase *r = shard_case(s, "relay");
	TCase *t = shard_case(s, "time");

	tcase_add_checked_fixture(a, init, fini);
	tcase_add_test(a, client_leg_is_told_all_about_the_client);
	tcase_add_test(a, client_leg_hello_ok_comes_before_relayed_bytes);
	tcase_add_test(a, client_leg_answer_comes_byte_by_byte);
	tcase_add_loop_test(a, client_leg_pipelined_bytes_are_first, 0, 2);
	tcase_add_loop_test(a, client_leg_mcu_says_no, 0, NOES);
	tcase_add_loop_test(a, client_leg_second_one_serves, 0, DEATHS);
	tcase_add_loop_test(a, client_leg_third_one_is_not_tried, 0, DEATHS);
	tcase_add_test(a, client_leg_second_one_does_not_come);
	tcase_add_test(a, client_leg_desk_refuses_the_second);
	tcase_add_test(a, client_leg_client_is_gone_while_asking);
	tcase_add_test(a, client_leg_late_refusal_is_nothing);
	tcase_add_test(a, client_leg_that_nobody_wants_is_closed);
	tcase_add_checked_fixture(r, init, fini);
	tcase_add_test(r, client_leg_relays_until_both_have_ended);
	tcase_add_loop_test(r, client_leg_truncation_is_counted, 0, 2);
	tcase_add_loop_test(r, client_leg_reset_is_counted, 0, 2);
	tcase_add_loop_test(r, client_leg_reader_that_takes_nothing_is_counted,
			    0, 2);
	tcase_add_test(r, client_leg_slow_mcu_is_an_indicator);
	tcase_add_test(r, client_leg_slow_client_is_none);
	tcase_add_test(r, client_leg_throttled_one_may_end);
	tcase_add_checked_fixture(t, init, fini);
	tcase_add_test(t, client_leg_half_without_progress);
	tcase_add_test(t, client_leg_half_has_a_time_in_all);
	tcase_add_test(t, client_leg_idle_only_when_told_so);
	tcase_add_test(t, client_leg_quiet_meeting_lives);
	return s;
}
