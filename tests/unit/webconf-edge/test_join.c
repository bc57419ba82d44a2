/* webconf-edge/join.c: judged, seated, given a leg, let go; WC 5.5 steps
 * 13-16. */
#include "webconf-edge/join.h"

#include <string.h>

#include "common/tally.h"
#include "tests/support/suite.h"
#include "tests/unit/webconf-edge/join_world.h"

/* -- legs --------------------------------------------------------------- */

START_TEST(join_is_given_the_oldest_parked_leg)
{
	const struct wce_mail *m;

	desk_up(&control, 0);
	desk_park(&legs[0]);
	desk_park(&legs[1]);
	ask(a, 1);
	m = desk_take(WCE_MAIL_LEG, a);
	ck_assert_ptr_nonnull(m->leg);
	ck_assert_uint_eq(edge_conn_remote(m->leg)->port,
			  edge_conn_local(legs[0].conn)->port);
	ck_assert_uint_eq(desk_stat(WCE_STAT_LEGS_USED), 1);
	ck_assert_uint_eq(desk_stat(WCE_STAT_LEGS_LOST), 0);
	ck_assert_uint_eq(desk_w.desk->parked_count, 1);
	ck_assert_uint_eq(desk_mcu(FE01)->seated, 1);
	ck_assert_uint_eq(desk_mcu(FE01)->waiting_count, 0);
	/* it is the shard's: what the MCU says is not the desk's any more */
	ep1_peer_send(&legs[0], edge_slice_str("x"));
	desk_sync(&control);
	ck_assert_uint_eq(desk_stat(WCE_STAT_LEGS_LOST), 0);
	done(a);
	desk_is_empty();
	ck_assert_uint_eq(desk_mcu(FE01)->seated, 0);
}
END_TEST

START_TEST(join_serves_in_the_order_of_asking)
{
	const edge_handle order[] = {a, b, c};

	desk_up(&control, 0);
	for (int i = 0; i < 3; i++)
		ask(order[i], (uint8_t)i);
	desk_read_mails();
	desk_no_mail();
	ck_assert_uint_eq(desk_mcu(FE01)->waiting_count, 3);
	for (int i = 0; i < 3; i++) {
		desk_park(&legs[i]);
		desk_take(WCE_MAIL_LEG, order[i]);
	}
	for (int i = 0; i < 3; i++)
		done(order[i]);
	desk_is_empty();
}
END_TEST

START_TEST(join_again_goes_to_the_head_of_the_queue)
{
	desk_up(&control, 0);
	ask(a, 1);
	ask(b, 2);
	desk_park(&legs[0]);
	desk_take(WCE_MAIL_LEG, a);
	desk_mail(WCE_MAIL_AGAIN, a);
	desk_read_mails();
	desk_park(&legs[1]);
	desk_take(WCE_MAIL_LEG, a);
	desk_park(&legs[2]);
	desk_take(WCE_MAIL_LEG, b);
	done(a);
	done(b);
	desk_is_empty();
}
END_TEST

START_TEST(join_again_of_who_waits_or_is_unknown_is_nothing)
{
	desk_up(&control, 0);
	desk_mail(WCE_MAIL_AGAIN, c);
	ask(a, 1);
	desk_mail(WCE_MAIL_AGAIN, a);
	desk_read_mails();
	desk_no_mail();
	ck_assert_uint_eq(desk_mcu(FE01)->waiting_count, 1);
	desk_park(&legs[0]);
	desk_park(&legs[1]);
	desk_take(WCE_MAIL_LEG, a);
	desk_read_mails();
	desk_no_mail();
}
END_TEST

/* WC 4.1.3: who is gone is not given a leg. */
START_TEST(join_done_leaves_the_queue)
{
	desk_up(&control, 0);
	ask(a, 1);
	ask(b, 2);
	done(a);
	ck_assert_uint_eq(desk_mcu(FE01)->waiting_count, 1);
	desk_park(&legs[0]);
	desk_take(WCE_MAIL_LEG, b);
	done(b);
	done(b); /* twice: nothing */
	desk_is_empty();
}
END_TEST

START_TEST(join_who_waits_makes_the_desk_ask_for_more)
{
	desk_up(&control, 2); /* two are promised */
	ask(a, 1);
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_WANT, PSOM_TAG_LEGS),
			  1);
	ck_assert_uint_eq(desk_stat(WCE_STAT_WANT_SENT), 2);
}
END_TEST

/* -- refusals: a row each ----------------------------------------------- */

static void not_registered(void)
{
	desk_ask(a, (struct desk_ask){.mcu = FE02});
}

static void never_heard_of(void)
{
	desk_ask(a, (struct desk_ask){.mcu = "evil.example.org"});
}

static void down_again(void)
{
	ask(b, 9); /* holds its record */
	desk_read_mails();
	ep1_peer_reset(&control);
	desk_take_refusal(b, WCE_REASON_NOT_REGISTERED);
	ask(a, 1);
}

static void mcu_draining(void)
{
	ep1_send_number(&control, PSOM_DRAIN, PSOM_TAG_GRACE, 30);
	desk_sync(&control);
	ask(a, 1);
}

static void edge_draining(void)
{
	wce_desk_drain(desk_w.desk);
	ask(a, 1);
}

static void set_capacity(uint32_t n)
{
	desk_mcu(FE01)->capacity = n;
}

static void full_by_its_word(void)
{
	set_capacity(1);
	ask(b, 9);
	ask(a, 1);
}

static void full_from_the_start(void)
{
	set_capacity(0);
	ask(a, 1);
}

static void full_by_our_bound(void)
{
	desk_w.limits[WCE_LIMIT_PER_MCU] = 1;
	ask(b, 9);
	ask(a, 1);
}

static void queue_full(void)
{
	desk_w.limits[WCE_LIMIT_PAIR_QUEUE] = 1;
	ask(b, 9);
	ask(a, 1);
}

static void conference_full(void)
{
	desk_w.limits[WCE_LIMIT_PER_CONFERENCE] = 1;
	desk_ask(b, (struct desk_ask){.conference = 1, .source = 2});
	ask(a, 1);
}

static void address_full(void)
{
	desk_w.limits[WCE_LIMIT_PER_SOURCE] = 1;
	desk_ask(b, (struct desk_ask){.conference = 2, .source = 1});
	ask(a, 1);
}

static void ended(void)
{
	send_conf_end(&control, URI);
	desk_ask(a, (struct desk_ask){.uri = URI});
}

/* WC 5.5: 13 is before 14 is before 15. */
static void ended_comes_first(void)
{
	desk_w.limits[WCE_LIMIT_PER_SOURCE] = 0;
	set_capacity(0);
	ended();
}

static void limits_come_before_the_mcu(void)
{
	desk_w.limits[WCE_LIMIT_PER_SOURCE] = 0;
	set_capacity(0);
	ask(a, 1);
}

static void nonce_used_up(void)
{
	desk_w.limits[WCE_LIMIT_NONCE_USES] = 1;
	desk_park(&legs[0]);
	ask(b, 1);
	desk_take(WCE_MAIL_LEG, b);
	ask(a, 1);
}

static const struct {
	void (*fn)(void);
	enum wce_reason why;
} refusals[] = {
	{not_registered, WCE_REASON_NOT_REGISTERED},
	{never_heard_of, WCE_REASON_NOT_REGISTERED},
	{down_again, WCE_REASON_NOT_REGISTERED},
	{mcu_draining, WCE_REASON_MCU_DRAINING},
	{edge_draining, WCE_REASON_EDGE_DRAINING},
	{full_by_its_word, WCE_REASON_MCU_FULL},
	{full_from_the_start, WCE_REASON_MCU_FULL},
	{full_by_our_bound, WCE_REASON_MCU_FULL},
	{queue_full, WCE_REASON_PAIR_QUEUE_FULL},
	{conference_full, WCE_REASON_CONFERENCE_LIMIT},
	{address_full, WCE_REASON_ADDRESS_LIMIT},
	{ended, WCE_REASON_CONF_ENDED},
	{ended_comes_first, WCE_REASON_CONF_ENDED},
	{limits_come_before_the_mcu, WCE_REASON_ADDRESS_LIMIT},
	{nonce_used_up, WCE_REASON_REUSED},
};
enum { REFUSALS = sizeof(refusals) / sizeof(*refusals) };

START_TEST(join_refuses_by_the_table)
{
	desk_up(&control, 0);
	refusals[_i].fn();
	desk_take_refusal(a, refusals[_i].why);
	/* a refused one holds nothing, and its DONE takes nothing away */
	done(a);
	done(b);
	desk_no_mail();
	desk_is_empty();
}
END_TEST

/* -- what an MCU says of all -------------------------------------------- */

START_TEST(join_loss_of_the_mcu_refuses_who_waits)
{
	desk_up(&control, 0);
	desk_park(&legs[0]);
	ask(a, 1);
	desk_take(WCE_MAIL_LEG, a);
	ask(b, 2);
	ask(c, 3);
	desk_read_mails();
	ep1_peer_reset(&control);
	desk_take_refusal(b, WCE_REASON_NOT_REGISTERED);
	desk_take_refusal(c, WCE_REASON_NOT_REGISTERED);
	desk_mail(WCE_MAIL_AGAIN, a); /* the paired one lost its leg */
	desk_take_refusal(a, WCE_REASON_NOT_REGISTERED);
	ck_assert_ptr_nonnull(desk_mcu(FE01)); /* has seats */
	done(b);
	done(c);
	ck_assert_uint_eq(desk_mcu(FE01)->seated, 1);
	done(a);
	ck_assert_ptr_null(desk_mcu(FE01));
	desk_is_empty();
}
END_TEST

START_TEST(join_drain_of_the_mcu_refuses_who_waits)
{
	desk_up(&control, 0);
	ask(a, 1);
	ask(b, 2);
	desk_read_mails();
	ep1_send_number(&control, PSOM_DRAIN, PSOM_TAG_GRACE, 30);
	desk_take_refusal(a, WCE_REASON_MCU_DRAINING);
	desk_take_refusal(b, WCE_REASON_MCU_DRAINING);
	desk_park(&legs[0]); /* may be parked, is not used */
	desk_mail(WCE_MAIL_AGAIN, a);
	desk_take_refusal(a, WCE_REASON_MCU_DRAINING);
	done(a);
	done(b);
	desk_is_empty();
}
END_TEST

/* A seat that is taken already is no reason to refuse its second leg. */
START_TEST(join_again_at_a_full_mcu_is_served)
{
	desk_up(&control, 0);
	set_capacity(1);
	desk_park(&legs[0]);
	ask(a, 1);
	desk_take(WCE_MAIL_LEG, a);
	desk_mail(WCE_MAIL_AGAIN, a);
	desk_park(&legs[1]);
	desk_take(WCE_MAIL_LEG, a);
}
END_TEST

START_TEST(join_takeover_keeps_who_waits)
{
	struct psom_frame f;

	desk_up(&control, 0);
	ask(a, 1);
	desk_read_mails();
	desk_dial(&other, "fe01");
	desk_send_register(&other, &(struct desk_mcu){FE01, 2, 2, 100, 4});
	ep1_take(&other, PSOM_REGISTER_OK, &f);
	desk_no_mail();
	desk_dial(&legs[0], "fe01");
	desk_send_offer(&legs[0], FE01, 2);
	desk_take(WCE_MAIL_LEG, a);
	done(a);
	desk_is_empty();
}
END_TEST

/* Many come and go: each count returns to zero. */
START_TEST(join_gives_everything_back)
{
	enum { MANY = 200 };

	desk_w.limits[WCE_LIMIT_PER_SOURCE] = 20;
	desk_w.limits[WCE_LIMIT_PER_CONFERENCE] = 30;
	desk_up(&control, 0);
	for (unsigned i = 0; i < MANY; i++)
		desk_ask(desk_client(i % 2, i),
			 (struct desk_ask){.conference = (uint8_t)(i % 7),
					   .nonce = (uint8_t)i,
					   .source = (uint8_t)(i % 11)});
	for (unsigned i = 0; i < 3; i++)
		desk_park(&legs[i]);
	desk_read_mails();
	ck_assert_uint_gt(edge_tally_total(desk_w.desk->sources), 0);
	for (unsigned i = 0; i < MANY; i++)
		desk_mail(WCE_MAIL_DONE, desk_client(i % 2, i));
	desk_read_mails();
	desk_is_empty();
	ck_assert_uint_eq(desk_mcu(FE01)->seated, 0);
	ck_assert_uint_eq(desk_mcu(FE01)->waiting_count, 0);
}
END_TEST

/* The desk ends with clients waiting and paired. */
START_TEST(join_desk_may_end_with_all_its_seats)
{
	desk_up(&control, 0);
	desk_park(&legs[0]);
	ask(a, 1);
	desk_take(WCE_MAIL_LEG, a);
	ask(b, 2);
	ask(c, 3);
	desk_read_mails();
	desk_mail(WCE_MAIL_AGAIN, a); /* and with a mail in its box */
	wce_desk_free(desk_w.desk);
	desk_w.desk = NULL;
	ck_assert_ptr_null(desk_w.shared.desk);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("join");
	TCase *leg = join_case(s, "legs");
	TCase *no = join_case(s, "refusals");
	TCase *all = join_case(s, "all");

	tcase_add_test(leg, join_is_given_the_oldest_parked_leg);
	tcase_add_test(leg, join_serves_in_the_order_of_asking);
	tcase_add_test(leg, join_again_goes_to_the_head_of_the_queue);
	tcase_add_test(leg, join_again_of_who_waits_or_is_unknown_is_nothing);
	tcase_add_test(leg, join_done_leaves_the_queue);
	tcase_add_test(leg, join_who_waits_makes_the_desk_ask_for_more);
	tcase_add_loop_test(no, join_refuses_by_the_table, 0, REFUSALS);
	tcase_add_test(all, join_loss_of_the_mcu_refuses_who_waits);
	tcase_add_test(all, join_drain_of_the_mcu_refuses_who_waits);
	tcase_add_test(all, join_again_at_a_full_mcu_is_served);
	tcase_add_test(all, join_takeover_keeps_who_waits);
	tcase_add_test(all, join_gives_everything_back);
	tcase_add_test(all, join_desk_may_end_with_all_its_seats);
	return s;
}
