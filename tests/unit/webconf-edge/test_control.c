/* webconf-edge/control.c: REGISTER and what follows; WC 5.6, 5.7, 5.9. */
#include "webconf-edge/control.h"

#include <stdio.h>
#include <sys/socket.h>

#include "common/conn_flow.h"
#include "common/crypto.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/support/turns.h"
#include "tests/unit/webconf-edge/desk_world.h"

#define FE01 "fe01.contoso.net"

static struct ep1_peer control, other, leg;

static void init(void)
{
	control = other = leg = (struct ep1_peer){0};
}

static void fini(void)
{
	ep1_peer_fini(&control);
	ep1_peer_fini(&other);
	ep1_peer_fini(&leg);
}

/* -- REGISTER ----------------------------------------------------------- */

START_TEST(control_register_is_answered_with_all_fields)
{
	struct psom_frame f;

	desk_w.limits[WCE_LIMIT_PARKED_PER_MCU] = 60;
	desk_dial(&control, "fe01");
	desk_send_register(&control, &(struct desk_mcu){FE01, 1, 7, 100, 5});
	ep1_take(&control, PSOM_REGISTER_OK, &f);
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_VERSION), 1);
	ck_assert(edge_slice_eq_str(f.value[PSOM_TAG_EDGE_FQDN],
				    "webconf.contoso.com"));
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_EDGE_PORT), 444);
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_PING_S), 30);
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_DEAD_S), 90);
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_PARKED_MAX), 60);
	ck_assert(edge_slice_eq(
		f.value[PSOM_TAG_EDGE_ID],
		edge_slice(desk_w.desk->edge_id, PSOM_EDGE_ID_LEN)));
	/* WC 5.6 step 4: as many as it is ready to open */
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_WANT, PSOM_TAG_LEGS),
			  5);
	ck_assert_uint_eq(desk_stat(WCE_STAT_REGISTERED), 1);
	ck_assert_uint_eq(desk_w.desk->mcu_count, 1);
	ck_assert(heard("WCE_EV_MCU_UP"));
	ck_assert(heard("generation=7 capacity=100"));
}
END_TEST

/* WC 4.9: by whose certificate, and how much is here. */
START_TEST(control_lines_have_the_certificate_and_the_counts)
{
	const struct wce_mcu *m;
	char words[96], hex[2 * 8 + 1];

	desk_up(&control, 0);
	m = LIST_FIRST(&desk_w.desk->mcus);
	edge_hex(hex, edge_slice(edge_conn_peer(m->control->conn)->sha256, 8));
	ck_assert_str_ne(hex, "0000000000000000");
	snprintf(words, sizeof(words),
		 " cert=%s san=" FE01 " reason=registered", hex);
	ck_assert(heard(words));
	ck_assert(heard(" parked=0 active=0"));
}
END_TEST

START_TEST(control_register_wants_our_target_at_most)
{
	struct psom_frame f;

	desk_dial(&control, "fe01");
	desk_send_register(&control, &(struct desk_mcu){FE01, 1, 1, 100, 500});
	ep1_take(&control, PSOM_REGISTER_OK, &f);
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_WANT, PSOM_TAG_LEGS),
			  8);
}
END_TEST

static const struct {
	const char *certificate, *name;
} names[] = {
	{"fe01", "fe02.contoso.net"}, /* not in the certificate */
	{"fe02", FE01},
	{"fe01", "old.contoso.net"},   /* in it, in no topology */
	{"fe01", "dir01.contoso.net"}, /* in both, but not for 8057 */
	{"fe01", "fe01"},
	{"fe01", "*.contoso.net"},
	{"fe01", "xfe01.contoso.net"},
};
enum { NAMES = sizeof(names) / sizeof(*names) };

START_TEST(control_register_of_a_foreign_name_is_403)
{
	desk_dial(&control, names[_i].certificate);
	desk_send_register(&control,
			   &(struct desk_mcu){names[_i].name, 1, 1, 100, 4});
	ep1_take_reject(&control, 403);
	ck_assert_uint_eq(desk_stat(WCE_STAT_REGISTERED), 0);
	ck_assert_uint_eq(desk_stat(WCE_STAT_REJECT + WCE_REASON_PEER_NAME), 1);
	ck_assert_ptr_null(desk_mcu(names[_i].name));
	ck_assert_uint_eq(desk_w.desk->mcu_count, 0);
}
END_TEST

START_TEST(control_more_registrations_than_allowed)
{
	desk_w.limits[WCE_LIMIT_CONTROLS] = 1;
	desk_up(&control, 0);
	desk_dial(&other, "fe02");
	desk_send_register(
		&other, &(struct desk_mcu){"fe02.contoso.net", 1, 1, 100, 0});
	ep1_take_reject(&other, 503);
	ck_assert_uint_eq(desk_w.desk->mcu_count, 1);
	desk_sync(&control);
}
END_TEST

START_TEST(control_register_while_the_edge_drains_is_503)
{
	wce_desk_drain(desk_w.desk);
	desk_dial(&control, "fe01");
	desk_send_register(&control, &(struct desk_mcu){FE01, 1, 1, 100, 4});
	ep1_take_reject(&control, 503);
	ck_assert_uint_eq(desk_w.desk->mcu_count, 0);
}
END_TEST

/* -- takeover ----------------------------------------------------------- */

START_TEST(control_takeover_by_a_higher_generation)
{
	struct psom_frame f;

	desk_up(&control, 0);
	desk_park(&leg);
	desk_dial(&other, "fe01");
	desk_send_register(&other, &(struct desk_mcu){FE01, 2, 2, 50, 3});
	ep1_take(&other, PSOM_REGISTER_OK, &f);
	ck_assert_uint_eq(ep1_take_number(&other, PSOM_WANT, PSOM_TAG_LEGS), 3);
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_BYE, PSOM_TAG_CODE),
			  200);
	ep1_take_end(&control);
	ep1_take_end(&leg); /* its parked legs are closed */
	ck_assert_uint_eq(desk_w.desk->mcu_count, 1);
	ck_assert_uint_eq(desk_w.desk->parked_count, 0);
	ck_assert_uint_eq(desk_stat(WCE_STAT_TAKEN_OVER), 1);
	ck_assert_uint_eq(desk_stat(WCE_STAT_LOST), 0);
	ck_assert(heard("WCE_EV_MCU_TAKEOVER"));
	ck_assert_uint_eq(desk_mcu(FE01)->generation, 2);
	ck_assert_uint_eq(desk_mcu(FE01)->capacity, 50);
	/* only legs of the new instance are taken now */
	ep1_peer_fini(&leg);
	desk_dial(&leg, "fe01");
	desk_send_offer(&leg, FE01, 1);
	ep1_take_reject(&leg, 404);
	desk_sync(&other);
}
END_TEST

/* _i: the generation of the second, the first has 1. */
START_TEST(control_takeover_by_no_higher_generation_is_409)
{
	desk_up(&control, 0);
	desk_park(&leg);
	desk_dial(&other, "fe01");
	desk_send_register(&other,
			   &(struct desk_mcu){FE01, 2, (uint64_t)_i, 50, 3});
	ep1_take_reject(&other, 409);
	ck_assert_uint_eq(desk_stat(WCE_STAT_REJECT + WCE_REASON_STALE), 1);
	ck_assert_uint_eq(desk_w.desk->parked_count, 1);
	desk_sync(&control);
}
END_TEST

/* _i: the generation of the second; any will do once the first is dead. */
START_TEST(control_any_generation_after_death)
{
	struct psom_frame f;

	desk_up(&control, 0);
	ep1_peer_reset(&control);
	desk_wait_stat(WCE_STAT_LOST, 1);
	ck_assert_uint_eq(desk_w.desk->mcu_count, 0);
	desk_dial(&other, "fe01");
	desk_send_register(&other,
			   &(struct desk_mcu){FE01, 2, (uint64_t)_i, 50, 3});
	ep1_take(&other, PSOM_REGISTER_OK, &f);
	ck_assert_uint_eq(desk_w.desk->mcu_count, 1);
}
END_TEST

/* -- ping, WC 5.7 ------------------------------------------------------- */

START_TEST(control_ping_is_answered_with_its_value)
{
	desk_up(&control, 0);
	ep1_send_number(&control, PSOM_PING, PSOM_TAG_ECHO,
			UINT64_C(0x0102030405060708));
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_PONG, PSOM_TAG_ECHO),
			  UINT64_C(0x0102030405060708));
	ep1_send_number(&control, PSOM_PING, PSOM_TAG_ECHO, 0);
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_PONG, PSOM_TAG_ECHO),
			  0);
}
END_TEST

START_TEST(control_silent_one_is_pinged_and_lives_when_it_answers)
{
	uint64_t first, second;

	desk_w.limits[WCE_LIMIT_PING_S] = 1;
	desk_w.limits[WCE_LIMIT_DEAD_S] = 3;
	desk_up(&control, 0);
	first = ep1_take_number(&control, PSOM_PING, PSOM_TAG_ECHO);
	ck_assert_uint_ne(first, 0);
	ep1_send_number(&control, PSOM_PONG, PSOM_TAG_ECHO, first);
	second = ep1_take_number(&control, PSOM_PING, PSOM_TAG_ECHO);
	ck_assert_uint_ne(second, first);
	ep1_send_number(&control, PSOM_PONG, PSOM_TAG_ECHO, second);
	ck_assert_uint_eq(desk_stat(WCE_STAT_PINGS), 2);
	ck_assert_uint_eq(desk_w.desk->mcu_count, 1);
}
END_TEST

/* One ping is out: no other, and then it is dead. */
START_TEST(control_that_does_not_answer_is_dead)
{
	uint64_t start;

	desk_w.limits[WCE_LIMIT_PING_S] = 1;
	desk_w.limits[WCE_LIMIT_DEAD_S] = 3;
	desk_up(&control, 0);
	desk_park(&leg);
	start = edge_loop_now_ms(desk_w.loop);
	(void)ep1_take_number(&control, PSOM_PING, PSOM_TAG_ECHO);
	ep1_take_end(&control);
	ck_assert_uint_ge(edge_loop_now_ms(desk_w.loop) - start, 2000);
	ck_assert_uint_eq(desk_stat(WCE_STAT_PINGS), 1);
	ck_assert_uint_eq(desk_stat(WCE_STAT_LOST), 1);
	ck_assert_uint_eq(desk_w.desk->mcu_count, 0);
	ck_assert(heard("reason=dead"));
	ep1_take_end(&leg);
	ck_assert_ptr_null(desk_mcu(FE01));
}
END_TEST

/* Its answers must be to what was asked. */
START_TEST(control_pong_of_another_ping_is_no_answer)
{
	uint64_t echo;

	desk_w.limits[WCE_LIMIT_PING_S] = 1;
	desk_up(&control, 0);
	echo = ep1_take_number(&control, PSOM_PING, PSOM_TAG_ECHO);
	ep1_send_number(&control, PSOM_PONG, PSOM_TAG_ECHO, echo + 1);
	desk_sync(&control);
	ck_assert_uint_eq(desk_mcu(FE01)->control->echo, echo);
	ep1_send_number(&control, PSOM_PONG, PSOM_TAG_ECHO, echo);
	desk_sync(&control);
	ck_assert_uint_eq(desk_mcu(FE01)->control->echo, 0);
}
END_TEST

/* The time it took to register is no silence. */
START_TEST(control_is_heard_when_it_registers)
{
	struct psom_frame f;

	desk_w.limits[WCE_LIMIT_PING_S] = 2;
	desk_w.limits[WCE_LIMIT_DEAD_S] = 2;
	desk_dial(&control, "fe01");
	turns_for(desk_w.loop, 1900);
	desk_send_register(&control, &(struct desk_mcu){FE01, 1, 1, 100, 0});
	ep1_take(&control, PSOM_REGISTER_OK, &f);
	turns_for(desk_w.loop, 1100); /* one look of the desk at least */
	ck_assert_uint_eq(desk_w.desk->mcu_count, 1);
	desk_sync(&control);
}
END_TEST

/* -- other frames ------------------------------------------------------- */

static void send_load(uint32_t capacity, uint32_t active)
{
	uint8_t bytes[64];
	struct psom_put w;

	psom_put_start(&w, bytes, sizeof(bytes), PSOM_LOAD);
	psom_put_number(&w, PSOM_TAG_CAPACITY, capacity);
	psom_put_number(&w, PSOM_TAG_ACTIVE, active);
	ep1_peer_send(&control, psom_put_end(&w));
}

START_TEST(control_load_changes_the_capacity)
{
	desk_up(&control, 0);
	send_load(7, 3);
	desk_sync(&control);
	ck_assert_uint_eq(desk_mcu(FE01)->capacity, 7);
	ck_assert_uint_eq(desk_mcu(FE01)->told_active, 3);
}
END_TEST

START_TEST(control_drain_is_kept)
{
	desk_up(&control, 0);
	ep1_send_number(&control, PSOM_DRAIN, PSOM_TAG_GRACE, 30);
	desk_sync(&control);
	ck_assert(desk_mcu(FE01)->is_draining);
	ck_assert(heard("WCE_EV_MCU_DRAINING"));
}
END_TEST

/* _i: BYE or REJECT */
START_TEST(control_farewell_of_the_mcu_is_its_end)
{
	desk_up(&control, 0);
	desk_park(&leg);
	ep1_send_number(&control, _i ? PSOM_REJECT : PSOM_BYE, PSOM_TAG_CODE,
			200);
	ep1_take_end(&control);
	ep1_take_end(&leg);
	ck_assert_uint_eq(desk_stat(WCE_STAT_LOST), 1);
	ck_assert(heard("reason=bye"));
	ck_assert_uint_eq(desk_w.desk->mcu_count, 0);
	ck_assert_uint_eq(desk_w.desk->parked_count, 0);
	ck_assert_ptr_null(desk_mcu(FE01));
}
END_TEST

/* What it asks for piles up, as far as its queue goes: then it is not read any
 * more, and its death is noticed. */
START_TEST(control_that_speaks_too_often_is_cut_off)
{
	desk_w.limits[WCE_LIMIT_CONTROL_RATE] = 5;
	desk_up(&control, 0);
	for (unsigned i = 0; i < 7; i++)
		ep1_send_number(&control, PSOM_PING, PSOM_TAG_ECHO, i);
	desk_wait_stat(WCE_STAT_LOST, 1);
	ck_assert(heard("reason=control_rate"));
	ck_assert_uint_eq(desk_w.desk->mcu_count, 0);
}
END_TEST

START_TEST(control_that_reads_no_answers)
{
	enum { MANY = 400000, SMALL = 4096 };
	const int small = SMALL;
	const struct edge_conn *conn;
	uint64_t sent = 0;

	desk_w.limits[WCE_LIMIT_CONTROL_RATE] = 10000000;
	desk_w.limits[WCE_LIMIT_QUEUE] = 16384;
	desk_w.limits[WCE_LIMIT_PING_S] = 1;
	desk_w.limits[WCE_LIMIT_DEAD_S] = 3;
	desk_up(&control, 0);
	conn = desk_mcu(FE01)->control->conn;
	setsockopt(conn->stream.fd, SOL_SOCKET, SO_SNDBUF, &small,
		   sizeof(small));
	setsockopt(control.conn->stream.fd, SOL_SOCKET, SO_RCVBUF, &small,
		   sizeof(small));
	ep1_peer_deaf(&control, true);
	while (!conn->is_paused && sent < MANY) {
		for (int i = 0; i < 200; i++)
			ep1_send_number(&control, PSOM_PING, PSOM_TAG_ECHO,
					++sent);
		turns_for(desk_w.loop, 1);
		ck_assert_uint_eq(desk_w.desk->mcu_count, 1);
		ck_assert_uint_le(edge_conn_queued(conn), 3 * 16384);
	}
	ck_assert(conn->is_paused);
	desk_wait_stat(WCE_STAT_LOST, 1);
	ck_assert(heard("reason=dead"));
}
END_TEST

START_TEST(control_second_register_is_400)
{
	desk_up(&control, 0);
	desk_send_register(&control, &(struct desk_mcu){FE01, 1, 2, 100, 0});
	ep1_take_reject(&control, 400);
	ck_assert_uint_eq(desk_w.desk->mcu_count, 0);
	ck_assert_uint_eq(desk_stat(WCE_STAT_LOST), 1);
}
END_TEST

START_TEST(control_offer_on_it_is_400)
{
	desk_up(&control, 0);
	desk_send_offer(&control, FE01, 1);
	ep1_take_reject(&control, 400);
	ck_assert_uint_eq(desk_w.desk->mcu_count, 0);
}
END_TEST

START_TEST(control_nonsense_is_its_end)
{
	desk_up(&control, 0);
	ep1_peer_send(&control, edge_slice_str("GET / HTTP/1.1\r\n"));
	ep1_take_end(&control);
	ck_assert_uint_eq(desk_w.desk->mcu_count, 0);
	ck_assert(heard("WCE_EV_MCU_DOWN"));
}
END_TEST

/* Several frames in one record, one over two. */
START_TEST(control_frames_come_as_they_come)
{
	uint8_t bytes[128];
	size_t len = 0;

	desk_up(&control, 0);
	for (int i = 0; i < 3; i++) {
		struct edge_slice frame;
		struct psom_put w;

		psom_put_start(&w, bytes + len, sizeof(bytes) - len, PSOM_PING);
		psom_put_number(&w, PSOM_TAG_ECHO, (uint64_t)i + 1);
		frame = psom_put_end(&w);
		len += edge_slice_len(frame);
	}
	ep1_peer_send(&control, edge_slice(bytes, len - 5));
	for (uint64_t i = 1; i <= 2; i++)
		ck_assert_uint_eq(
			ep1_take_number(&control, PSOM_PONG, PSOM_TAG_ECHO), i);
	ep1_peer_send(&control, edge_slice(bytes + len - 5, 5));
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_PONG, PSOM_TAG_ECHO),
			  3);
}
END_TEST

/* WC 5.2: 16384 bytes of body are allowed here; with the smallest queues,
 * too. */
START_TEST(control_longest_frame_is_taken)
{
	static uint8_t bytes[PSOM_HEADER_LEN + PSOM_CONTROL_BODY_MAX];
	struct edge_put w = edge_put(bytes, sizeof(bytes));
	size_t left = PSOM_CONTROL_BODY_MAX;
	uint16_t tag = 0x9000; /* unknown ones that may be skipped */

	desk_w.limits[WCE_LIMIT_QUEUE] = 16384;
	desk_up(&control, 0);
	edge_put_bytes(&w, "WCE1", 4);
	edge_put_u8(&w, PSOM_PING);
	edge_put_u8(&w, 0);
	edge_put_u16(&w, PSOM_CONTROL_BODY_MAX);
	edge_put_u16(&w, 0x0050);
	edge_put_u16(&w, 8);
	edge_put_bytes(&w, "\0\0\0\0\0\0\0\7", 8);
	left -= 12;
	while (left) {
		static const uint8_t zeroes[PSOM_VALUE_MAX];
		const size_t n = left < 4 + PSOM_VALUE_MAX + 4 ? left - 4
							       : PSOM_VALUE_MAX;
		const size_t most = n > PSOM_VALUE_MAX ? n / 2 : n;

		edge_put_u16(&w, tag++);
		edge_put_u16(&w, (uint16_t)most);
		edge_put_bytes(&w, zeroes, most);
		left -= 4 + most;
	}
	ep1_peer_send(&control, edge_slice(bytes, sizeof(bytes)));
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_PONG, PSOM_TAG_ECHO),
			  7);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("control");
	TCase *t = desk_case(s, "register");
	TCase *ping = desk_case(s, "ping");
	TCase *frames = desk_case(s, "frames");

	tcase_add_checked_fixture(t, init, fini);
	tcase_add_test(t, control_register_is_answered_with_all_fields);
	tcase_add_test(t, control_lines_have_the_certificate_and_the_counts);
	tcase_add_test(t, control_register_wants_our_target_at_most);
	tcase_add_loop_test(t, control_register_of_a_foreign_name_is_403, 0,
			    NAMES);
	tcase_add_test(t, control_more_registrations_than_allowed);
	tcase_add_test(t, control_register_while_the_edge_drains_is_503);
	tcase_add_test(t, control_takeover_by_a_higher_generation);
	tcase_add_loop_test(t, control_takeover_by_no_higher_generation_is_409,
			    0, 2);
	tcase_add_loop_test(t, control_any_generation_after_death, 0, 3);
	tcase_add_checked_fixture(ping, init, fini);
	tcase_add_test(ping, control_ping_is_answered_with_its_value);
	tcase_add_test(ping,
		       control_silent_one_is_pinged_and_lives_when_it_answers);
	tcase_add_test(ping, control_that_does_not_answer_is_dead);
	tcase_add_test(ping, control_pong_of_another_ping_is_no_answer);
	tcase_add_test(ping, control_is_heard_when_it_registers);
	tcase_add_checked_fixture(frames, init, fini);
	tcase_add_test(frames, control_load_changes_the_capacity);
	tcase_add_test(frames, control_drain_is_kept);
	tcase_add_loop_test(frames, control_farewell_of_the_mcu_is_its_end, 0,
			    2);
	tcase_add_test(frames, control_that_speaks_too_often_is_cut_off);
	tcase_add_test(frames, control_that_reads_no_answers);
	tcase_add_test(frames, control_second_register_is_400);
	tcase_add_test(frames, control_offer_on_it_is_400);
	tcase_add_test(frames, control_nonsense_is_its_end);
	tcase_add_test(frames, control_frames_come_as_they_come);
	tcase_add_test(frames, control_longest_frame_is_taken);
	return s;
}
