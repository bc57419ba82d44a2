/* webconf-edge/inside.c: who may come in on 8057, and what they say first. */
#include "webconf-edge/inside.h"

#include <unistd.h>

#include "common/conn_flow.h"
#include "common/sock.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/support/turns.h"
#include "tests/unit/webconf-edge/desk_world.h"

#define FE01 "fe01.contoso.net"

static struct ep1_peer control, leg, other;

static int silent; /* connected, and says nothing */

static void fini(void)
{
	if (silent >= 0)
		close(silent);
	ep1_peer_fini(&control);
	ep1_peer_fini(&leg);
	ep1_peer_fini(&other);
}

static void init(void)
{
	control = leg = other = (struct ep1_peer){0};
	silent = -1;
}

static bool is_left(void *arg)
{
	const unsigned *count = arg;

	return desk_w.desk->connection_count == *count;
}

static void wait_left(unsigned count)
{
	ep1_wait(desk_w.loop, is_left, &count, "the others to leave");
}

/* -- certificates, WC 5.6 step 2 ---------------------------------------- */

START_TEST(inside_name_that_is_in_no_topology_is_403)
{
	desk_dial(&other, "stranger");
	ep1_take_reject(&other, 403);
	ck_assert_uint_eq(desk_stat(WCE_STAT_INSIDE_REFUSED), 1);
	ck_assert_uint_eq(desk_stat(WCE_STAT_REJECT + WCE_REASON_PEER_NAME), 1);
	ck_assert(heard("WCE_EV_PEER_REFUSED"));
	ck_assert(heard("san=stranger.contoso.net"));
	wait_left(0);
}
END_TEST

START_TEST(inside_without_a_certificate_is_no_peer)
{
	struct edge_tls *tls = ep1_tls(desk_w.certs, NULL, EP1_TLS_CLIENT);

	ep1_peer_dial(&other, desk_w.loop, tls, &desk_w.at);
	edge_tls_drop(tls);
	ep1_take_end(&other);
	desk_wait_stat(WCE_STAT_INSIDE_REFUSED, 1);
	ck_assert_uint_eq(desk_stat(WCE_STAT_REJECT + WCE_REASON_TLS_FAILED),
			  1);
	ck_assert_uint_eq(desk_stat(WCE_STAT_ACCEPTED_INSIDE), 0);
	wait_left(0);
}
END_TEST

/* WC 8 test 7: each is refused in its handshake. */
static const struct {
	const char *what;
	struct cert_spec spec;
} bad_certificates[] = {
	{"another authority", {.san = "DNS:" FE01}},
	{"expired",
	 {.issuer = "ca", .san = "DNS:" FE01, .from_days = -20, .to_days = -1}},
	{"of no use for TLS",
	 {.issuer = "ca", .san = "DNS:" FE01, .eku = CERT_EKU_MAIL}},
	{"a wildcard", {.issuer = "ca", .san = "DNS:*.contoso.net"}},
	{"a common name alone", {.issuer = "ca", .cn = FE01}},
};
enum { BAD = sizeof(bad_certificates) / sizeof(*bad_certificates) };

START_TEST(inside_certificate_that_will_not_do)
{
	struct edge_tls *tls;

	certs_make(desk_w.certs, "bad", &bad_certificates[_i].spec);
	tls = ep1_tls(desk_w.certs, "bad", EP1_TLS_CLIENT);
	ep1_peer_dial(&other, desk_w.loop, tls, &desk_w.at);
	edge_tls_drop(tls);
	ep1_wait_end(&other);
	desk_wait_stat(WCE_STAT_INSIDE_REFUSED, 1);
	ck_assert_uint_eq(desk_stat(WCE_STAT_REGISTERED), 0);
	wait_left(0);
}
END_TEST

/* WC 1.4.2, 1.4.3: either use will do, or none; a CN when we are told so. */
static const struct {
	bool cn_fallback;
	struct cert_spec spec;
} good_certificates[] = {
	{false, {.issuer = "ca", .san = "DNS:" FE01, .eku = CERT_EKU_SERVER}},
	{false, {.issuer = "ca", .san = "DNS:" FE01, .eku = CERT_EKU_CLIENT}},
	{false, {.issuer = "ca", .san = "DNS:" FE01}},
	{false, {.issuer = "ca", .san = "DNS:FE01.Contoso.NET"}},
	{true, {.issuer = "ca", .cn = FE01}},
};
enum { GOOD = sizeof(good_certificates) / sizeof(*good_certificates) };

START_TEST(inside_certificate_that_will_do)
{
	struct psom_frame f;

	desk_w.policy.cn_fallback = good_certificates[_i].cn_fallback;
	certs_make(desk_w.certs, "good", &good_certificates[_i].spec);
	desk_dial(&control, "good");
	desk_send_register(&control, &(struct desk_mcu){FE01, 1, 1, 100, 0});
	ep1_take(&control, PSOM_REGISTER_OK, &f);
	ck_assert_uint_eq(desk_stat(WCE_STAT_ACCEPTED_INSIDE), 1);
}
END_TEST

/* Strangers who say nothing keep out no server. */
START_TEST(inside_silent_one_makes_room)
{
	struct sockaddr_storage sa;
	const socklen_t len = edge_addr_to_sockaddr(&desk_w.at, &sa);
	unsigned one = 1;

	desk_w.limits[WCE_LIMIT_INSIDE_FRESH] = 1;
	silent = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(silent, 0);
	ck_assert_int_eq(connect(silent, (struct sockaddr *)&sa, len), 0);
	wait_left(one);
	desk_up(&control, 0);
	ck_assert_uint_eq(desk_stat(WCE_STAT_REJECT + WCE_REASON_TLS_SLOW), 1);
	wait_left(one);
	desk_sync(&control);
}
END_TEST

START_TEST(inside_more_connections_than_allowed)
{
	struct edge_tls *tls = ep1_tls(desk_w.certs, "fe01", EP1_TLS_CLIENT);

	desk_w.limits[WCE_LIMIT_INSIDE] = 1;
	desk_up(&control, 0);
	ep1_peer_dial(&other, desk_w.loop, tls, &desk_w.at);
	edge_tls_drop(tls);
	ep1_take_end(&other);
	ck_assert_uint_eq(other.count[EDGE_CONN_SECURED], 0);
	ck_assert_uint_eq(desk_stat(WCE_STAT_INSIDE_REFUSED), 1);
	desk_sync(&control);
}
END_TEST

/* -- the first frame ---------------------------------------------------- */

static const struct {
	const char *what;
	uint8_t bytes[16];
	size_t len;
	unsigned code; /* 0: the end without a word */
	enum wce_reason reason;
} firsts[] = {
	{"no magic", "HTTP/1.1 400", 12, 0, WCE_REASON_NOT_OURS},
	{"no magic in the first byte", "X", 1, 0, WCE_REASON_NOT_OURS},
	{"a flag",
	 {'W', 'C', 'E', '1', 0x10, 1, 0, 0},
	 8,
	 400,
	 WCE_REASON_MALFORMED},
	{"no type of ours",
	 {'W', 'C', 'E', '1', 0x7f, 0, 0, 0},
	 8,
	 400,
	 WCE_REASON_MALFORMED},
	{"REGISTER without fields",
	 {'W', 'C', 'E', '1', 0x10, 0, 0, 0},
	 8,
	 400,
	 WCE_REASON_MALFORMED},
	{"a type of the edge's",
	 {'W', 'C', 'E', '1', 0x11, 0, 0, 0},
	 8,
	 400,
	 WCE_REASON_MALFORMED},
	{"HELLO",
	 {'W', 'C', 'E', '1', 0x01, 0, 0, 0},
	 8,
	 400,
	 WCE_REASON_MALFORMED},
	{"more than 16384 bytes",
	 {'W', 'C', 'E', '1', 0x10, 0, 0x40, 0x01},
	 8,
	 413,
	 WCE_REASON_TOO_LARGE},
};
enum { FIRSTS = sizeof(firsts) / sizeof(*firsts) };

START_TEST(inside_first_frame_that_will_not_do)
{
	desk_dial(&other, "fe01");
	ep1_peer_send(&other, edge_slice(firsts[_i].bytes, firsts[_i].len));
	if (firsts[_i].code)
		ep1_take_reject(&other, firsts[_i].code);
	else
		ep1_take_end(&other);
	ck_assert_uint_eq(desk_stat(WCE_STAT_REJECT + firsts[_i].reason), 1);
	ck_assert_uint_eq(desk_stat(WCE_STAT_INSIDE_REFUSED), 1);
	ck_assert(heard("WCE_EV_MCU_REFUSED"));
}
END_TEST

START_TEST(inside_handshake_that_is_too_slow)
{
	desk_w.limits[WCE_LIMIT_HANDSHAKE_MS] = 100;
	ck_assert_int_eq(edge_sock_dial(&silent, NULL, NULL, &desk_w.at),
			 EDGE_OK);
	desk_wait_stat(WCE_STAT_INSIDE_REFUSED, 1);
	ck_assert_uint_eq(desk_stat(WCE_STAT_REJECT + WCE_REASON_TLS_SLOW), 1);
	wait_left(0);
}
END_TEST

START_TEST(inside_first_frame_must_say_what_it_is)
{
	desk_dial(&other, "fe01");
	ep1_send_number(&other, PSOM_PING, PSOM_TAG_ECHO, 1);
	ep1_take_reject(&other, 400);
	ck_assert_uint_eq(desk_stat(WCE_STAT_REJECT + WCE_REASON_MALFORMED), 1);
}
END_TEST

START_TEST(inside_of_another_version_is_426)
{
	uint8_t bytes[128];
	struct psom_frame f;
	struct psom_put w;

	desk_dial(&other, "fe01");
	psom_put_start(&w, bytes, sizeof(bytes), PSOM_OFFER);
	psom_put_number(&w, PSOM_TAG_VERSION, 2);
	psom_put_bytes(&w, PSOM_TAG_NAME, edge_slice_str(FE01));
	psom_put_bytes(&w, PSOM_TAG_INSTANCE,
		       edge_slice(bytes, PSOM_INSTANCE_LEN));
	ep1_peer_send(&other, psom_put_end(&w));
	ep1_take(&other, PSOM_REJECT, &f);
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_CODE), 426);
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_VERSION), 1);
}
END_TEST

/* WC 5.6 step 3 and 5.8: the time is not prolonged by some bytes. */
START_TEST(inside_that_says_nothing_in_time_is_408)
{
	desk_w.limits[WCE_LIMIT_OPENING_MS] = 100;
	desk_dial(&other, "fe01");
	ep1_peer_send(&other, edge_slice_str("WCE1"));
	ep1_take_reject(&other, 408);
	ck_assert_uint_eq(desk_stat(WCE_STAT_REJECT + WCE_REASON_REGISTER_SLOW),
			  1);
}
END_TEST

enum { PIECE = 7 };

static bool is_sent(void *arg)
{
	const struct ep1_peer *p = arg;

	return !edge_conn_queued(p->conn);
}

START_TEST(inside_first_frame_comes_in_pieces)
{
	const uint8_t instance[PSOM_INSTANCE_LEN] = {1};
	uint8_t bytes[256];
	struct edge_slice whole;
	size_t n;
	struct psom_frame f;
	struct psom_put w;

	psom_put_start(&w, bytes, sizeof(bytes), PSOM_REGISTER);
	psom_put_number(&w, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	psom_put_bytes(&w, PSOM_TAG_NAME, edge_slice_str("FE01.contoso.net."));
	psom_put_bytes(&w, PSOM_TAG_INSTANCE,
		       edge_slice(instance, sizeof(instance)));
	psom_put_number(&w, PSOM_TAG_GENERATION, 1);
	psom_put_number(&w, PSOM_TAG_CAPACITY, 10);
	psom_put_number(&w, PSOM_TAG_LEGS, 0);
	whole = psom_put_end(&w);
	desk_dial(&control, "fe01");
	for (const uint8_t *p = whole.p; p < whole.end; p += n) {
		n = whole.end - p < PIECE ? (size_t)(whole.end - p) : PIECE;
		ep1_peer_send(&control, edge_slice(p, n));
		ep1_wait(desk_w.loop, is_sent, &control, "a piece to leave");
	}
	ep1_take(&control, PSOM_REGISTER_OK, &f);
	ck_assert_ptr_nonnull(desk_mcu(FE01)); /* folded */
}
END_TEST

/* -- OFFER, WC 5.8 ------------------------------------------------------ */

static const struct {
	const char *certificate, *name;
	uint8_t instance;
	unsigned code;
} offers[] = {
	{"fe01", FE01, 2, 404},
	{"fe01", "fe02.contoso.net", 1, 403},
	{"fe02", FE01, 1, 403},
	{"fe02", "fe02.contoso.net", 1, 404},  /* has not registered */
	{"fe01", "old.contoso.net", 1, 403},   /* in no topology */
	{"fe01", "dir01.contoso.net", 1, 403}, /* allowed on 5061 only */
	{"fe01", "*.contoso.net", 1, 403},
};
enum { OFFERS = sizeof(offers) / sizeof(*offers) };

START_TEST(inside_offer_that_is_refused)
{
	desk_up(&control, 0);
	desk_dial(&leg, offers[_i].certificate);
	desk_send_offer(&leg, offers[_i].name, offers[_i].instance);
	ep1_take_reject(&leg, offers[_i].code);
	ck_assert_uint_eq(desk_stat(WCE_STAT_LEGS_REFUSED), 1);
	ck_assert_uint_eq(desk_stat(WCE_STAT_LEGS_PARKED), 0);
	ck_assert_uint_eq(desk_w.desk->parked_count, 0);
	desk_sync(&control); /* lives on */
}
END_TEST

START_TEST(inside_offer_before_any_registration_is_404)
{
	desk_dial(&leg, "fe01");
	desk_send_offer(&leg, FE01, 1);
	ep1_take_reject(&leg, 404);
}
END_TEST

/* _i: by the MCU's bound, by that of all */
START_TEST(inside_more_legs_than_may_be_parked)
{
	desk_w.limits[_i ? WCE_LIMIT_PARKED : WCE_LIMIT_PARKED_PER_MCU] = 1;
	desk_w.limits[WCE_LIMIT_PARKED_LOW] = 1; /* each may have so many */
	desk_up(&control, 0);
	desk_park(&leg);
	desk_dial(&other, "fe01");
	desk_send_offer(&other, FE01, 1);
	ep1_take_end(&other);
	ck_assert_uint_eq(desk_stat(WCE_STAT_REJECT + WCE_REASON_LEG_LIMIT), 1);
	ck_assert_uint_eq(desk_w.desk->parked_count, 1);
}
END_TEST

static void leg_is_lost(void)
{
	desk_wait_stat(WCE_STAT_LEGS_LOST, 1);
	ck_assert_uint_eq(desk_w.desk->parked_count, 0);
	ck_assert_uint_eq(desk_mcu(FE01)->parked_count, 0);
	ck_assert_ptr_null(TAILQ_FIRST(&desk_mcu(FE01)->parked));
	ck_assert_uint_eq(desk_stat(WCE_STAT_INSIDE_REFUSED), 0);
	wait_left(1);
	desk_sync(&control);
}

START_TEST(inside_byte_on_a_parked_leg_is_its_end)
{
	desk_up(&control, 0);
	desk_park(&leg);
	ep1_peer_send(&leg, edge_slice_str("x"));
	ep1_take_end(&leg);
	leg_is_lost();
}
END_TEST

START_TEST(inside_byte_behind_the_offer_is_its_end)
{
	const uint8_t instance[PSOM_INSTANCE_LEN] = {1};
	uint8_t bytes[128];
	struct edge_slice offer;
	struct psom_put w;

	desk_up(&control, 0);
	desk_dial(&leg, "fe01");
	psom_put_start(&w, bytes, sizeof(bytes) - 1, PSOM_OFFER);
	psom_put_number(&w, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	psom_put_bytes(&w, PSOM_TAG_NAME, edge_slice_str(FE01));
	psom_put_bytes(&w, PSOM_TAG_INSTANCE,
		       edge_slice(instance, sizeof(instance)));
	offer = psom_put_end(&w);
	bytes[edge_slice_len(offer)] = 'x';
	ep1_peer_send(&leg, edge_slice(bytes, edge_slice_len(offer) + 1));
	ep1_take_end(&leg);
	leg_is_lost();
}
END_TEST

/* _i: in order, cut, reset */
START_TEST(inside_parked_leg_that_ends)
{
	desk_up(&control, 0);
	desk_park(&leg);
	if (_i == 0)
		ep1_peer_shut(&leg);
	else if (_i == 1)
		ep1_peer_cut(&leg);
	else
		ep1_peer_reset(&leg);
	leg_is_lost();
}
END_TEST

START_TEST(inside_parked_leg_that_is_too_old)
{
	desk_w.limits[WCE_LIMIT_LEG_AGE_S] = 1;
	desk_up(&control, 0);
	desk_park(&leg);
	turns_for(desk_w.loop, 500);
	ck_assert_uint_eq(desk_w.desk->parked_count, 1);
	ep1_take_end(&leg);
	ck_assert_uint_eq(desk_stat(WCE_STAT_LEGS_AGED), 1);
	leg_is_lost();
}
END_TEST

/* -- every cell of the table -------------------------------------------- */

static struct wce_inside *bring(enum wce_inside_state state)
{
	struct wce_inside *c;
	unsigned one = 1;

	if (state == WCE_INSIDE_PARKED)
		desk_up(&control, 0);
	if (state == WCE_INSIDE_PARKED)
		desk_park(&leg);
	else if (state == WCE_INSIDE_CONTROL)
		desk_up(&leg, 0);
	else if (state == WCE_INSIDE_FRESH)
		desk_dial(&leg, "fe01");
	if (state == WCE_INSIDE_TLS || state == WCE_INSIDE_OVER) {
		ck_assert_int_eq(
			edge_sock_dial(&silent, NULL, NULL, &desk_w.at),
			EDGE_OK);
		ep1_wait(desk_w.loop, is_left, &one, "a connection");
	}
	LIST_FOREACH(c, &desk_w.desk->connections, next)
	if (c->state == state || state == WCE_INSIDE_OVER)
		return c;
	ck_abort_msg("none is in state %d", state);
	return NULL;
}

enum { T, F, C, P, O }; /* as enum wce_inside_state */
static const int wanted[WCE_INSIDE_STATES][EDGE_CONN_FAILED + 1] = {
	/* SECURED DATA DRAINED EOF TIMEOUT FAILED; SECURED in TLS:
	   without a certificate here */
	[WCE_INSIDE_TLS] = {O, T, T, O, O, O},
	[WCE_INSIDE_FRESH] = {F, F, F, O, O, O},
	[WCE_INSIDE_CONTROL] = {C, C, C, O, O, O},
	[WCE_INSIDE_PARKED] = {P, O, P, O, O, O},
	[WCE_INSIDE_OVER] = {O, O, O, O, O, O},
};

/* Why it was counted as refused: those that ended FRESH or before. */
static enum wce_reason counted(enum wce_inside_state s, enum edge_conn_event ev)
{
	if (s == WCE_INSIDE_TLS || s == WCE_INSIDE_OVER)
		return ev == EDGE_CONN_SECURED && s == WCE_INSIDE_TLS
			       ? WCE_REASON_PEER_NAME
			       : WCE_REASON_TLS_FAILED;
	return s == WCE_INSIDE_FRESH ? WCE_REASON_RESET : WCE_REASON_OK;
}

START_TEST(inside_every_cell)
{
	const enum wce_inside_state s =
		(enum wce_inside_state)(_i / (EDGE_CONN_FAILED + 1));
	const enum edge_conn_event ev =
		(enum edge_conn_event)(_i % (EDGE_CONN_FAILED + 1));
	struct wce_inside *c = bring(s);
	struct edge_conn *conn = c->conn;
	edge_conn_fn *fn = conn->fn;
	const enum wce_reason why = counted(s, ev);
	bool is_over;

	if (s == WCE_INSIDE_OVER) /* memory lives until the turn is over */
		fn(conn, EDGE_CONN_FAILED, c);
	fn(conn, ev, c);
	is_over = c->state == WCE_INSIDE_OVER;
	ck_assert_int_eq((int)c->state, wanted[s][ev]);
	ck_assert_uint_eq(desk_stat(WCE_STAT_LEGS_LOST),
			  s == WCE_INSIDE_PARKED && is_over);
	ck_assert_uint_eq(desk_stat(WCE_STAT_LOST),
			  s == WCE_INSIDE_CONTROL && is_over);
	if (is_over && why != WCE_REASON_OK)
		ck_assert_uint_eq(desk_stat(WCE_STAT_REJECT + why), 1);
	ck_assert_uint_eq(desk_w.desk->connection_count,
			  (s == WCE_INSIDE_PARKED ? 1u : 0) + !is_over);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("inside");
	TCase *t = desk_case(s, "certificates");
	TCase *first = desk_case(s, "first");
	TCase *offer = desk_case(s, "offer");
	TCase *cells = desk_case(s, "cells");

	tcase_add_checked_fixture(t, init, fini);
	tcase_add_test(t, inside_name_that_is_in_no_topology_is_403);
	tcase_add_test(t, inside_without_a_certificate_is_no_peer);
	tcase_add_loop_test(t, inside_certificate_that_will_not_do, 0, BAD);
	tcase_add_loop_test(t, inside_certificate_that_will_do, 0, GOOD);
	tcase_add_test(t, inside_more_connections_than_allowed);
	tcase_add_test(t, inside_silent_one_makes_room);
	tcase_add_checked_fixture(first, init, fini);
	tcase_add_loop_test(first, inside_first_frame_that_will_not_do, 0,
			    FIRSTS);
	tcase_add_test(first, inside_handshake_that_is_too_slow);
	tcase_add_test(first, inside_first_frame_must_say_what_it_is);
	tcase_add_test(first, inside_of_another_version_is_426);
	tcase_add_test(first, inside_that_says_nothing_in_time_is_408);
	tcase_add_test(first, inside_first_frame_comes_in_pieces);
	tcase_add_checked_fixture(offer, init, fini);
	tcase_add_loop_test(offer, inside_offer_that_is_refused, 0, OFFERS);
	tcase_add_test(offer, inside_offer_before_any_registration_is_404);
	tcase_add_loop_test(offer, inside_more_legs_than_may_be_parked, 0, 2);
	tcase_add_test(offer, inside_byte_on_a_parked_leg_is_its_end);
	tcase_add_test(offer, inside_byte_behind_the_offer_is_its_end);
	tcase_add_loop_test(offer, inside_parked_leg_that_ends, 0, 3);
	tcase_add_test(offer, inside_parked_leg_that_is_too_old);
	tcase_add_checked_fixture(cells, init, fini);
	tcase_add_loop_test(cells, inside_every_cell, 0,
			    WCE_INSIDE_STATES * (EDGE_CONN_FAILED + 1));
	return s;
}
