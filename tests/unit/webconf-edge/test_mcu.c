/* webconf-edge/mcu.c: a registration, its legs, and its end. */
#include "webconf-edge/mcu.h"

#include <string.h>

#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/support/turns.h"
#include "tests/unit/webconf-edge/desk_world.h"

#define FE01 "fe01.contoso.net"
#define FE02 "fe02.contoso.net"

static struct ep1_peer control, other, legs[6];
static edge_handle a, b;

static void init(void)
{
	control = other = (struct ep1_peer){0};
	memset(legs, 0, sizeof(legs));
	a = desk_client(0, 1);
	b = desk_client(1, 2);
}

static void fini(void)
{
	ep1_peer_fini(&control);
	ep1_peer_fini(&other);
	for (int i = 0; i < 6; i++)
		ep1_peer_fini(&legs[i]);
}

static void ask(edge_handle client, uint8_t nonce)
{
	desk_ask(client, (struct desk_ask){.nonce = nonce});
}

static void register_fe02(void)
{
	struct psom_frame f;

	desk_dial(&other, "fe02");
	desk_send_register(&other, &(struct desk_mcu){FE02, 1, 1, 100, 0});
	ep1_take(&other, PSOM_REGISTER_OK, &f);
}

static uint64_t now(void)
{
	return edge_loop_now_ms(desk_w.loop);
}

static uint64_t take_want(void)
{
	return ep1_take_number(&control, PSOM_WANT, PSOM_TAG_LEGS);
}

START_TEST(mcu_is_found_by_its_folded_name)
{
	desk_up(&control, 0);
	register_fe02();
	ck_assert_str_eq(desk_mcu("FE01.Contoso.NET.")->name, FE01);
	ck_assert_str_eq(desk_mcu(FE02)->name, FE02);
	ck_assert_ptr_null(desk_mcu("fe03.contoso.net"));
	ck_assert_ptr_null(desk_mcu(""));
	ck_assert_uint_eq(desk_w.desk->mcu_count, 2);
}
END_TEST

/* -- WANT, WC 5.8 ------------------------------------------------------- */

START_TEST(mcu_wants_when_legs_are_low)
{
	desk_w.limits[WCE_LIMIT_PARKED_TARGET] = 3;
	desk_w.limits[WCE_LIMIT_PARKED_LOW] = 2;
	desk_up(&control, 3);
	for (int i = 0; i < 3; i++)
		desk_park(&legs[i]);
	ask(a, 1);
	desk_take(WCE_MAIL_LEG, a);
	desk_sync(&control); /* two are parked: no WANT before the PONG */
	ask(b, 2);
	desk_take(WCE_MAIL_LEG, b);
	ck_assert_uint_eq(take_want(), 2);
	ck_assert_uint_eq(desk_stat(WCE_STAT_WANT_SENT), 2);
}
END_TEST

START_TEST(mcu_wants_when_a_parked_leg_is_lost)
{
	desk_w.limits[WCE_LIMIT_PARKED_TARGET] = 2;
	desk_w.limits[WCE_LIMIT_PARKED_LOW] = 2;
	desk_up(&control, 2);
	desk_park(&legs[0]);
	desk_park(&legs[1]);
	ep1_peer_reset(&legs[0]);
	ck_assert_uint_eq(take_want(), 1);
}
END_TEST

START_TEST(mcu_wants_once_in_a_while)
{
	uint64_t start;

	desk_w.limits[WCE_LIMIT_WANT_MS] = 500;
	start = now();
	desk_up(&control, 1);
	for (unsigned i = 0; i < 5; i++)
		ask(desk_client(0, i), (uint8_t)i);
	desk_read_mails();
	desk_sync(&control); /* none yet */
	ck_assert_uint_eq(desk_stat(WCE_STAT_WANT_SENT), 1);
	/* one is promised: 1 + 5 - 1, in one frame, when the time has come */
	ck_assert_uint_eq(take_want(), 5);
	ck_assert_uint_ge(now() - start, 400);
	desk_sync(&control);
	ck_assert_uint_eq(desk_stat(WCE_STAT_WANT_SENT), 2);
}
END_TEST

/* ours: what was promised and did not come is asked for again, while a client
 * of that time still waits. */
START_TEST(mcu_wants_again_what_did_not_come)
{
	uint64_t start;

	desk_w.limits[WCE_LIMIT_PARKED_TARGET] = 2;
	start = now();
	desk_up(&control, 2);
	desk_park(&legs[0]);
	ck_assert_uint_eq(take_want(), 1);
	ck_assert_uint_ge(now() - start, 900);
	ck_assert_uint_le(now() - start,
			  wce_config_rows.limits[WCE_LIMIT_PAIR_MS].def);
}
END_TEST

/* WC 5.8: it may dial fewer. New clients do not prolong what did not come. */
START_TEST(mcu_that_dials_none_is_asked_for_all_again)
{
	uint64_t start, wanted = 0;
	unsigned clients = 0;

	start = now();
	desk_up(&control, 8);
	while (wanted < 8 && now() - start < 10000) {
		struct psom_frame f;

		ask(desk_client(0, clients), (uint8_t)clients);
		clients++;
		turns_for(desk_w.loop, 200);
		while (wanted < 8 && ep1_try(&control, &f))
			wanted = psom_frame_number(&f, PSOM_TAG_LEGS);
	}
	/* the eight at least, and those who wait */
	ck_assert_uint_ge(wanted, 8);
	ck_assert_uint_le(now() - start,
			  wce_config_rows.limits[WCE_LIMIT_PAIR_MS].def);
}
END_TEST

START_TEST(mcu_wants_no_more_than_there_is_room_for)
{
	struct psom_frame f;

	desk_w.limits[WCE_LIMIT_PARKED] = 3;
	desk_w.limits[WCE_LIMIT_PARKED_LOW] = 1;
	register_fe02();
	desk_dial(&legs[0], "fe02");
	desk_send_offer(&legs[0], FE02, 1);
	desk_wait_stat(WCE_STAT_LEGS_PARKED, 1);
	desk_dial(&control, "fe01");
	desk_send_register(&control, &(struct desk_mcu){FE01, 1, 1, 100, 8});
	ep1_take(&control, PSOM_REGISTER_OK, &f);
	ck_assert_uint_eq(take_want(), 2);
}
END_TEST

/* _i: the MCU drains, or the edge */
START_TEST(mcu_wants_nothing_while_draining)
{
	desk_w.limits[WCE_LIMIT_PARKED_TARGET] = 1;
	desk_w.limits[WCE_LIMIT_PARKED_LOW] = 1;
	desk_up(&control, 1);
	desk_park(&legs[0]);
	if (_i) {
		wce_desk_drain(desk_w.desk);
		(void)ep1_take_number(&control, PSOM_DRAIN, PSOM_TAG_GRACE);
	} else {
		ep1_send_number(&control, PSOM_DRAIN, PSOM_TAG_GRACE, 30);
		desk_sync(&control);
	}
	ep1_peer_reset(&legs[0]);
	desk_wait_stat(WCE_STAT_LEGS_LOST, 1);
	turns_for(desk_w.loop, 100);
	desk_sync(&control);
	ck_assert_uint_eq(desk_stat(WCE_STAT_WANT_SENT), 1);
}
END_TEST

/* -- cut off by a topology, WC 5.9 -------------------------------------- */

static void topology(bool with_fe01)
{
	const struct topo *t = desk_topo(with_fe01);

	wce_desk_topology(desk_w.desk, t, -1);
	topo_drop(t);
}

static void take_cut(unsigned shard)
{
	const unsigned n = desk_w.mails_read;
	const struct wce_mail *m = desk_take(WCE_MAIL_CUT, 0);

	ck_assert_str_eq(m->ask.mcu, FE01);
	ck_assert_uint_eq(desk_w.mail_shards[n], shard);
}

START_TEST(mcu_no_longer_in_the_topology)
{
	uint64_t start;

	desk_w.limits[WCE_LIMIT_DRAIN_MS] = 500;
	register_fe02();
	desk_up(&control, 0);
	desk_park(&legs[0]);
	ask(a, 1);
	desk_take(WCE_MAIL_LEG, a);
	desk_park(&legs[1]);
	ask(b, 2);
	desk_take(WCE_MAIL_LEG, b);
	desk_park(&legs[2]);
	start = now();
	topology(false);
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_BYE, PSOM_TAG_CODE),
			  403);
	ep1_take_end(&control);
	ep1_take_end(&legs[2]);
	ck_assert(heard("WCE_EV_MCU_CUT"));
	ck_assert_uint_eq(desk_w.desk->mcu_count, 1);
	desk_no_mail(); /* sessions have their time */
	take_cut(0);
	take_cut(1);
	ck_assert_uint_ge(now() - start, 450);
	desk_mail(WCE_MAIL_DONE, a);
	desk_mail(WCE_MAIL_DONE, b);
	desk_read_mails();
	desk_is_empty();
	ck_assert_ptr_null(desk_mcu(FE01));
	desk_sync(&other);
}
END_TEST

START_TEST(mcu_cut_refuses_who_waits)
{
	desk_up(&control, 0);
	ask(a, 1);
	desk_read_mails();
	topology(false);
	desk_take_refusal(a, WCE_REASON_NOT_REGISTERED);
	ask(b, 2);
	desk_take_refusal(b, WCE_REASON_NOT_REGISTERED);
}
END_TEST

static bool is_forgotten(void *arg)
{
	(void)arg;
	return !desk_mcu(FE01);
}

START_TEST(mcu_cut_without_sessions_is_forgotten)
{
	desk_w.limits[WCE_LIMIT_DRAIN_MS] = 100;
	desk_up(&control, 0);
	topology(false);
	ep1_wait(desk_w.loop, is_forgotten, NULL, "the end of its record");
	take_cut(0);
	take_cut(1);
}
END_TEST

/* Each later topology leaves the grace as it is. */
START_TEST(mcu_grace_is_not_prolonged)
{
	uint64_t start;

	desk_w.limits[WCE_LIMIT_DRAIN_MS] = 1000;
	desk_up(&control, 0);
	start = now();
	topology(false);
	for (int i = 0; i < 4; i++) {
		turns_for(desk_w.loop, 200);
		topology(false);
	}
	take_cut(0);
	ck_assert_uint_lt(now() - start, 1600);
}
END_TEST

/* Named again within its grace: its sessions go on. */
START_TEST(mcu_named_again_is_not_cut)
{
	desk_w.limits[WCE_LIMIT_DRAIN_MS] = 300;
	desk_up(&control, 0);
	desk_park(&legs[0]);
	ask(a, 1);
	desk_take(WCE_MAIL_LEG, a);
	topology(false);
	topology(true);
	turns_for(desk_w.loop, 600);
	desk_no_mail();
	desk_mail(WCE_MAIL_DONE, a);
	desk_read_mails();
	ck_assert_ptr_null(desk_mcu(FE01));
}
END_TEST

START_TEST(mcu_registers_again_within_its_grace)
{
	desk_w.limits[WCE_LIMIT_DRAIN_MS] = 300;
	desk_up(&control, 0);
	desk_park(&legs[0]);
	ask(a, 1);
	desk_take(WCE_MAIL_LEG, a);
	topology(false);
	ep1_take_number(&control, PSOM_BYE, PSOM_TAG_CODE);
	topology(true);
	ep1_peer_fini(&control);
	desk_up(&control, 0);
	ck_assert_uint_eq(desk_mcu(FE01)->seated, 1); /* its own still */
	turns_for(desk_w.loop, 600);
	desk_no_mail();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mcu");
	TCase *want = desk_case(s, "want");
	TCase *cut = desk_case(s, "cut");

	tcase_add_checked_fixture(want, init, fini);
	tcase_add_test(want, mcu_is_found_by_its_folded_name);
	tcase_add_test(want, mcu_wants_when_legs_are_low);
	tcase_add_test(want, mcu_wants_when_a_parked_leg_is_lost);
	tcase_add_test(want, mcu_wants_once_in_a_while);
	tcase_add_test(want, mcu_wants_again_what_did_not_come);
	tcase_add_test(want, mcu_that_dials_none_is_asked_for_all_again);
	tcase_add_test(want, mcu_wants_no_more_than_there_is_room_for);
	tcase_add_loop_test(want, mcu_wants_nothing_while_draining, 0, 2);
	tcase_add_checked_fixture(cut, init, fini);
	tcase_add_test(cut, mcu_no_longer_in_the_topology);
	tcase_add_test(cut, mcu_cut_refuses_who_waits);
	tcase_add_test(cut, mcu_cut_without_sessions_is_forgotten);
	tcase_add_test(cut, mcu_grace_is_not_prolonged);
	tcase_add_test(cut, mcu_named_again_is_not_cut);
	tcase_add_test(cut, mcu_registers_again_within_its_grace);
	return s;
}
