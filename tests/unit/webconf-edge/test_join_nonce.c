/* webconf-edge/join.c: what is spent and what has ended; WC 5.4 and 5.5 step
 * 13. */
#include "webconf-edge/join.h"

#include <string.h>

#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/webconf-edge/join_world.h"
#include "webconf-edge/inside.h"

START_TEST(join_fifth_use_of_a_nonce_is_refused)
{
	desk_up(&control, 0);
	for (unsigned i = 0; i < 4; i++) {
		desk_park(&legs[i]);
		ask(desk_client(0, i), 7);
		desk_take(WCE_MAIL_LEG, desk_client(0, i));
		done(desk_client(0, i)); /* a use stays a use */
	}
	desk_park(&legs[4]);
	ask(a, 7);
	desk_take_refusal(a, WCE_REASON_REUSED);
	ck_assert_uint_eq(desk_w.desk->parked_count, 1);
	ask(b, 8);
	desk_take(WCE_MAIL_LEG, b);
	done(b);
	desk_is_empty();
}
END_TEST

/* Counted when a leg is given away: five may wait, the fifth gets none. */
START_TEST(join_nonce_is_counted_when_a_leg_is_given)
{
	desk_w.limits[WCE_LIMIT_NONCE_USES] = 2;
	desk_up(&control, 0);
	ask(a, 7);
	ask(b, 7);
	ask(c, 7);
	desk_read_mails();
	desk_no_mail();
	desk_park(&legs[0]);
	desk_take(WCE_MAIL_LEG, a);
	desk_park(&legs[1]);
	desk_take(WCE_MAIL_LEG, b);
	desk_park(&legs[2]);
	desk_take_refusal(c, WCE_REASON_REUSED);
	ck_assert_uint_eq(desk_w.desk->parked_count, 1);
	done(a);
	done(b);
	done(c);
	desk_is_empty();
}
END_TEST

/* A session that needs a second leg is one session. */
START_TEST(join_again_uses_no_other_nonce)
{
	desk_w.limits[WCE_LIMIT_NONCE_USES] = 1;
	desk_up(&control, 0);
	desk_park(&legs[0]);
	ask(a, 7);
	desk_take(WCE_MAIL_LEG, a);
	desk_mail(WCE_MAIL_AGAIN, a);
	desk_park(&legs[1]);
	desk_take(WCE_MAIL_LEG, a);
}
END_TEST

/* A leg that cannot leave its loop is given up, who waits waits on. */
START_TEST(join_leg_that_cannot_leave_is_none)
{
	struct wce_mail *m = wce_mail_new(WCE_MAIL_ASK, a);

	desk_w.limits[WCE_LIMIT_NONCE_USES] = 1;
	desk_up(&control, 0);
	desk_park(&legs[0]);
	ck_assert_ptr_nonnull(m);
	memcpy(m->ask.mcu, FE01, sizeof(FE01));
	m->ask.expires_s = UINT32_MAX;
	ck_assert_int_eq(
		edge_conn_write(TAILQ_FIRST(&desk_mcu(FE01)->parked)->conn,
				edge_slice_str("!")),
		EDGE_OK);
	wce_join_mail(desk_w.desk, m); /* in the same turn */
	wce_mail_free(m);
	desk_no_mail();
	ck_assert_uint_eq(desk_stat(WCE_STAT_LEGS_LOST), 1);
	ck_assert_uint_eq(desk_w.desk->parked_count, 0);
	ck_assert_uint_eq(desk_mcu(FE01)->waiting_count, 1);
	desk_park(&legs[1]);
	desk_take(WCE_MAIL_LEG, a);
	done(a);
	desk_is_empty();
}
END_TEST

START_TEST(join_nonce_table_that_is_full_refuses)
{
	desk_w.limits[WCE_LIMIT_NONCES] = 2;
	desk_restart();
	desk_up(&control, 0);
	for (unsigned i = 0; i < 2; i++) {
		desk_park(&legs[i]);
		ask(desk_client(0, 10 + i), (uint8_t)i);
		desk_take(WCE_MAIL_LEG, desk_client(0, 10 + i));
	}
	desk_park(&legs[2]);
	ask(a, 9);
	desk_take_refusal(a, WCE_REASON_NONCE_TABLE_FULL);
	ask(b, 1); /* a known one has its place */
	desk_take(WCE_MAIL_LEG, b);
}
END_TEST

/* -- ended conferences -------------------------------------------------- */

START_TEST(join_ended_is_by_mcu_and_conference)
{
	struct psom_frame f;

	desk_up(&control, 0);
	desk_dial(&other, "fe02");
	desk_send_register(&other, &(struct desk_mcu){FE02, 1, 1, 100, 0});
	ep1_take(&other, PSOM_REGISTER_OK, &f);
	send_conf_end(&other, URI);
	ck_assert_uint_eq(desk_stat(WCE_STAT_CONFERENCES_ENDED), 1);
	ck_assert(heard("WCE_EV_CONFERENCE_ENDED"));
	ck_assert(!heard("5D37")); /* WC 4.9: its hash only */
	desk_park(&legs[0]);
	desk_ask(a, (struct desk_ask){.uri = URI}); /* fe01's own */
	desk_take(WCE_MAIL_LEG, a);
	desk_ask(b, (struct desk_ask){.uri = URI, .mcu = FE02});
	desk_take_refusal(b, WCE_REASON_CONF_ENDED);
	/* names are folded */
	desk_ask(c, (struct desk_ask){.uri = "SIP:Alice@contoso.com;gruu;"
					     "opaque=app:conf:data-conf:id:"
					     "5d37",
				      .mcu = "FE02.contoso.net."});
	desk_take_refusal(c, WCE_REASON_CONF_ENDED);
}
END_TEST

/* One MCU has a share of the deny set, and no more. */
START_TEST(join_ended_by_one_mcu_leaves_room_for_others)
{
	struct psom_frame f;

	desk_w.limits[WCE_LIMIT_ENDED_PER_MCU] = 1;
	desk_up(&control, 0);
	desk_dial(&other, "fe02");
	desk_send_register(&other, &(struct desk_mcu){FE02, 1, 1, 100, 0});
	ep1_take(&other, PSOM_REGISTER_OK, &f);
	send_conf_end(&control, "sip:first@contoso.com");
	ck_assert(heard("kept=yes"));
	send_conf_end(&control, "sip:second@contoso.com");
	ck_assert(heard("kept=no_room"));
	send_conf_end(&other, URI);
	desk_ask(a, (struct desk_ask){.uri = URI, .mcu = FE02});
	desk_take_refusal(a, WCE_REASON_CONF_ENDED);
}
END_TEST

START_TEST(join_end_of_a_conference_leaves_its_sessions_alone)
{
	desk_up(&control, 0);
	desk_park(&legs[0]);
	desk_ask(a, (struct desk_ask){.uri = URI});
	desk_take(WCE_MAIL_LEG, a);
	send_conf_end(&control, URI);
	desk_read_mails();
	desk_no_mail();
	ck_assert_uint_eq(desk_mcu(FE01)->seated, 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("join_nonce");
	TCase *t = join_case(s, "join_nonce");

	tcase_add_test(t, join_fifth_use_of_a_nonce_is_refused);
	tcase_add_test(t, join_nonce_is_counted_when_a_leg_is_given);
	tcase_add_test(t, join_again_uses_no_other_nonce);
	tcase_add_test(t, join_leg_that_cannot_leave_is_none);
	tcase_add_test(t, join_nonce_table_that_is_full_refuses);
	tcase_add_test(t, join_ended_is_by_mcu_and_conference);
	tcase_add_test(t, join_ended_by_one_mcu_leaves_room_for_others);
	tcase_add_test(t, join_end_of_a_conference_leaves_its_sessions_alone);
	return s;
}
