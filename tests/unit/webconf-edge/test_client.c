/* webconf-edge/client.c: from accept() until the desk has answered; WC 4.1 S0
 * to S4. */
#include "webconf-edge/client.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/conn_flow.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/support/turns.h"
#include "tests/unit/webconf-edge/shard_world.h"

static struct ep1_peer peer, leg;
static int silent;

static void init(void)
{
	peer = leg = (struct ep1_peer){0};
	silent = -1;
}

static void fini(void)
{
	ep1_peer_fini(&peer);
	ep1_peer_fini(&leg);
	if (silent >= 0)
		close(silent);
}

/* REJECT as its reason has it, then the end, and the desk knows nothing. */
static void take_refusal(enum wce_reason why)
{
	struct psom_frame f;

	ep1_take(&peer, PSOM_REJECT, &f);
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_CODE),
			  wce_reason_code(why));
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_RETRY),
			  wce_reason_retry_s(why));
	ck_assert(edge_slice_eq_str(f.value[PSOM_TAG_TEXT],
				    wce_reason_text(why)));
	ep1_take_end(&peer);
	ck_assert_uint_eq(peer.count[EDGE_CONN_EOF], 1); /* in order */
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECT + (size_t)why), 1);
	ck_assert(heard(wce_reason_detail(why)));
	ck_assert(heard("WCE_EV_REFUSED"));
	shard_wait_empty();
}

/* -- the opening: WC 5.5 steps 1-12 ------------------------------------- */

static const struct {
	struct shard_hello hello;
	enum wce_reason why;
	unsigned code;
} hellos[] = {
	{{.version = 2}, WCE_REASON_VERSION, 426},
	{{.version = 2, .has_bad_mac = true}, WCE_REASON_VERSION, 426},
	{{.kid = 9}, WCE_REASON_UNKNOWN_KEY, 401},
	{{.has_bad_mac = true}, WCE_REASON_BAD_MAC, 401},
	{{.has_bad_mac = true, .issued_s = -1000}, WCE_REASON_BAD_MAC, 401},
	{{.issued_s = -1000}, WCE_REASON_EXPIRED, 401},
	{{.issued_s = 1000}, WCE_REASON_NOT_YET_VALID, 401},
	{{.life_s = 4000}, WCE_REASON_LIFETIME, 401},
	{{.token_mcu = "fe02.contoso.net"}, WCE_REASON_MCU_MISMATCH, 401},
	{{.token_uri = "sip:bob@contoso.com;gruu"},
	 WCE_REASON_CONF_MISMATCH,
	 401},
};
enum { HELLOS = sizeof(hellos) / sizeof(*hellos) };

START_TEST(client_hello_that_is_refused)
{
	ck_assert_uint_eq(wce_reason_code(hellos[_i].why), hellos[_i].code);
	shard_dial(&peer);
	ep1_peer_send(&peer, shard_hello(&hellos[_i].hello));
	take_refusal(hellos[_i].why);
	shard_no_mail();
}
END_TEST

START_TEST(client_version_is_told)
{
	struct psom_frame f;

	shard_dial(&peer);
	ep1_peer_send(&peer, shard_hello(&(struct shard_hello){.version = 7}));
	ep1_take(&peer, PSOM_REJECT, &f);
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_VERSION), 1);
}
END_TEST

static const struct {
	uint8_t bytes[16];
	size_t len;
	enum wce_reason why;
} firsts[] = {
	{{'W', 'C', 'E', '1', 1, 1, 0, 0}, 8, WCE_REASON_MALFORMED}, /* flag */
	{{'W', 'C', 'E', '1', 2, 0, 0, 0}, 8, WCE_REASON_MALFORMED}, /* type */
	{{'W', 'C', 'E', '1', 0x10, 0, 0, 0}, 8, WCE_REASON_MALFORMED},
	{{'W', 'C', 'E', '1', 1, 0, 0, 0}, 8, WCE_REASON_MALFORMED}, /* empty */
	/* WC 8 test 14: by the header alone */
	{{'W', 'C', 'E', '1', 1, 0, 0x10, 0x01}, 8, WCE_REASON_TOO_LARGE},
};
enum { FIRSTS = sizeof(firsts) / sizeof(*firsts) };

START_TEST(client_first_bytes_that_are_refused)
{
	shard_dial(&peer);
	ep1_peer_send(&peer, edge_slice(firsts[_i].bytes, firsts[_i].len));
	take_refusal(firsts[_i].why);
	shard_no_mail();
}
END_TEST

START_TEST(client_of_another_protocol_is_told_nothing)
{
	static const char *const texts[] = {"GET / HTTP/1.1\r\n\r\n", "w",
					    "WCE2", "REGISTER sip:x SIP/2.0"};

	shard_dial(&peer);
	ep1_peer_send(&peer, edge_slice_str(texts[_i]));
	ep1_take_end(&peer);
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECT + WCE_REASON_NOT_OURS), 1);
	shard_wait_empty();
	shard_no_mail();
}
END_TEST

START_TEST(client_asks_the_desk_with_what_it_must_know)
{
	const struct shard_hello h = {.mcu = "FE01.Contoso.Net.",
				      .nonce = 0x77};
	const uint64_t now = (uint64_t)time(NULL);
	uint8_t hash[PSOM_CONF_HASH_LEN];
	const struct wce_mail *m;

	shard_dial(&peer);
	ck_assert_uint_eq(atomic_load(&shard_w.shared.preauth), 1);
	ck_assert_uint_eq(atomic_load(&shard_w.shared.handshakes), 0);
	ep1_peer_send(&peer, shard_hello(&h));
	m = shard_take(WCE_MAIL_ASK);
	ck_assert_str_eq(m->ask.mcu, "FE01.Contoso.Net.");
	ck_assert(psom_conf_hash(hash, edge_slice_str(SHARD_URI)));
	ck_assert_mem_eq(m->ask.conference, hash, sizeof(hash));
	ck_assert_uint_eq(m->ask.nonce[0], 0x77);
	ck_assert_uint_ge(m->ask.expires_s, now + 299);
	ck_assert_uint_le(m->ask.expires_s, now + 310);
	ck_assert_uint_eq(m->ask.source.ip[0], 127);
	ck_assert_uint_eq(edge_handle_shard(m->client), 0);
	ck_assert_ptr_nonnull(shard_client(m->client));
	/* its token was good: no stranger any more */
	ck_assert_uint_eq(atomic_load(&shard_w.shared.preauth), 0);
	ck_assert_uint_eq(atomic_load(&shard_w.shared.clients), 1);
	ck_assert_uint_eq(edge_admit_handshakes(shard_w.shared.admit), 0);
}
END_TEST

enum { PIECE = 13 };

static bool is_sent(void *arg)
{
	const struct ep1_peer *p = arg;

	return !edge_conn_queued(p->conn);
}

START_TEST(client_hello_comes_in_pieces)
{
	uint8_t bytes[512];
	struct edge_slice hello = shard_hello(&(struct shard_hello){0});
	const size_t len = edge_slice_len(hello);

	memcpy(bytes, hello.p, len);
	shard_dial(&peer);
	for (size_t i = 0, n; i < len; i += n) {
		n = len - i < PIECE ? len - i : PIECE;
		shard_no_mail();
		ep1_peer_send(&peer, edge_slice(bytes + i, n));
		ep1_wait(shard_w.loop, is_sent, &peer, "a piece to leave");
	}
	shard_take(WCE_MAIL_ASK);
}
END_TEST

/* -- what the desk says ------------------------------------------------- */

static const enum wce_reason from_desk[] = {
	WCE_REASON_CONF_ENDED,	     WCE_REASON_REUSED,
	WCE_REASON_ADDRESS_LIMIT,    WCE_REASON_CONFERENCE_LIMIT,
	WCE_REASON_NOT_REGISTERED,   WCE_REASON_MCU_DRAINING,
	WCE_REASON_MCU_FULL,	     WCE_REASON_EDGE_FULL,
	WCE_REASON_NONCE_TABLE_FULL, WCE_REASON_PAIR_QUEUE_FULL,
	WCE_REASON_EDGE_DRAINING,
};
enum { FROM_DESK = sizeof(from_desk) / sizeof(*from_desk) };

START_TEST(client_is_told_what_the_desk_says)
{
	const edge_handle h = shard_join(&peer);

	shard_refuse(h, from_desk[_i]);
	take_refusal(from_desk[_i]);
	ck_assert_uint_eq(shard_take(WCE_MAIL_DONE)->client, h);
	ck_assert_ptr_null(shard_client(h));
}
END_TEST

START_TEST(client_that_is_gone_is_not_answered)
{
	const edge_handle h = shard_join(&peer);

	ep1_peer_reset(&peer);
	ck_assert_uint_eq(shard_take(WCE_MAIL_DONE)->client, h);
	shard_refuse(h, WCE_REASON_MCU_FULL);
	shard_give_leg(h, &leg); /* and that leg is closed */
	ep1_take_end(&leg);
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECT + WCE_REASON_MCU_FULL), 0);
	shard_no_mail();
}
END_TEST

/* WC 4.1.3. _i: in order, cut, reset */
START_TEST(client_gone_while_waiting)
{
	const edge_handle h = shard_join(&peer);

	if (_i == 0)
		ep1_peer_shut(&peer);
	else if (_i == 1)
		ep1_peer_cut(&peer);
	else
		ep1_peer_reset(&peer);
	ck_assert_uint_eq(shard_take(WCE_MAIL_DONE)->client, h);
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECT + WCE_REASON_CLIENT_GONE),
			  1);
	ck_assert(heard("state_end=waiting"));
	shard_wait_empty();
}
END_TEST

START_TEST(client_gone_before_its_opening)
{
	shard_dial(&peer);
	ep1_peer_reset(&peer);
	shard_wait_empty();
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECT + WCE_REASON_CLIENT_GONE),
			  1);
	shard_no_mail();
}
END_TEST

/* -- time, WC 4.2 ------------------------------------------------------- */

START_TEST(client_handshake_that_is_too_slow)
{
	shard_w.limits[WCE_LIMIT_HANDSHAKE_MS] = 100;
	silent = shard_dial_silent();
	ck_assert_uint_eq(atomic_load(&shard_w.shared.handshakes), 1);
	ck_assert_uint_eq(atomic_load(&shard_w.shared.preauth), 1);
	shard_wait_empty();
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECT + WCE_REASON_TLS_SLOW), 1);
	ck_assert_uint_eq(shard_stat(WCE_STAT_HANDSHAKE_FAIL), 1);
}
END_TEST

START_TEST(client_handshake_that_fails)
{
	silent = shard_dial_silent();
	ck_assert_int_eq(write(silent, "GET / HTTP/1.1\r\n\r\n", 18), 18);
	shard_wait_empty();
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECT + WCE_REASON_TLS_FAILED),
			  1);
	ck_assert_uint_eq(shard_stat(WCE_STAT_HANDSHAKE_FAIL), 1);
}
END_TEST

/* _i: how much of the opening has come: nothing, some of the magic, more */
START_TEST(client_opening_that_is_too_slow)
{
	static const char *const starts[] = {"", "WC", "WCE1\1"};

	shard_w.limits[WCE_LIMIT_OPENING_MS] = 200;
	shard_dial(&peer);
	ep1_peer_send(&peer, edge_slice_str(starts[_i]));
	take_refusal(WCE_REASON_SLOW);
}
END_TEST

/* Not prolonged by what comes bit by bit. */
START_TEST(client_slow_loris_has_no_more_time)
{
	uint8_t bytes[512];
	struct edge_slice hello = shard_hello(&(struct shard_hello){0});
	const uint64_t start = edge_loop_now_ms(shard_w.loop);
	uint8_t *p = bytes;

	shard_w.limits[WCE_LIMIT_OPENING_MS] = 400;
	memcpy(bytes, hello.p, edge_slice_len(hello));
	shard_dial(&peer);
	while (!peer.count[EDGE_CONN_EOF] &&
	       p < bytes + edge_slice_len(hello) - 1) {
		ep1_peer_send(&peer, edge_slice(p++, 1));
		turns_for(shard_w.loop, 50);
	}
	ck_assert_uint_lt(edge_loop_now_ms(shard_w.loop) - start, 3000);
	take_refusal(WCE_REASON_SLOW);
}
END_TEST

/* In all, from accept: what the handshake took is lost. */
START_TEST(client_opening_has_a_time_in_all)
{
	const uint64_t start = edge_loop_now_ms(shard_w.loop);

	shard_w.limits[WCE_LIMIT_OPENING_TOTAL_MS] = 300;
	shard_dial(&peer);
	take_refusal(WCE_REASON_SLOW);
	ck_assert_uint_lt(edge_loop_now_ms(shard_w.loop) - start, 3000);
}
END_TEST

START_TEST(client_nobody_answers_in_time)
{
	edge_handle h;

	shard_w.limits[WCE_LIMIT_PAIR_MS] = 100;
	h = shard_join(&peer);
	take_refusal(WCE_REASON_PAIR_TIMEOUT);
	ck_assert_uint_eq(shard_take(WCE_MAIL_DONE)->client, h);
}
END_TEST

/* Its admission is given back, and its place in the table. */
START_TEST(client_that_cannot_be_taken_in_leaves_nothing)
{
	const struct edge_addr from = {.family = AF_INET, .ip = {192, 0, 2, 1}};
	const int no_socket = -1;

	ck_assert_int_eq(edge_admit_enter(shard_w.shared.admit, &from, 0),
			 EDGE_ADMIT_OK);
	ck_assert_int_ne(wce_client_accept(shard_w.shard, no_socket, &from),
			 EDGE_OK);
	ck_assert_uint_eq(edge_admit_count(shard_w.shared.admit), 0);
	ck_assert_uint_eq(edge_admit_handshakes(shard_w.shared.admit), 0);
	ck_assert_uint_eq(edge_handles_count(shard_w.shard->clients), 0);
}
END_TEST

/* -- every cell of the table -------------------------------------------- */

static struct wce_client *find;

static void is_it(struct wce_client *c, void *arg)
{
	(void)arg;
	find = c;
}

static struct wce_client *bring(enum wce_client_state state)
{
	uint8_t session[PSOM_SESSION_LEN];
	edge_handle h;

	if (state == WCE_CLIENT_TLS || state == WCE_CLIENT_CLOSED) {
		silent = shard_dial_silent();
	} else if (state == WCE_CLIENT_OPENING) {
		shard_dial(&peer);
	} else {
		h = shard_join(&peer);
		if (state == WCE_CLIENT_ASSIGNING) {
			shard_give_leg(h, &leg);
			shard_take_assign(&leg, session);
		}
	}
	find = NULL;
	wce_client_each(shard_w.shard, is_it, NULL);
	ck_assert_ptr_nonnull(find);
	if (state != WCE_CLIENT_CLOSED)
		ck_assert_int_eq(find->state, state);
	return find;
}

enum {
	T = WCE_CLIENT_TLS,
	O = WCE_CLIENT_OPENING,
	W = WCE_CLIENT_WAITING,
	A = WCE_CLIENT_ASSIGNING,
	X = WCE_CLIENT_CLOSED,
	EVENTS = EDGE_CONN_FAILED + 1,
};
static const struct {
	enum wce_client_state state;
	/* after SECURED DATA DRAINED EOF TIMEOUT FAILED */
	int next[EVENTS];
	enum wce_reason why; /* counted when it ends so */
} rows[] = {
	{WCE_CLIENT_TLS, {O, T, T, X, X, X}, WCE_REASON_TLS_FAILED},
	{WCE_CLIENT_OPENING, {O, O, O, X, X, X}, WCE_REASON_CLIENT_GONE},
	{WCE_CLIENT_WAITING, {W, W, W, X, X, X}, WCE_REASON_CLIENT_GONE},
	{WCE_CLIENT_ASSIGNING, {A, A, A, X, X, X}, WCE_REASON_CLIENT_GONE},
	{WCE_CLIENT_CLOSED, {X, X, X, X, X, X}, WCE_REASON_TLS_FAILED},
};
enum { ROWS = sizeof(rows) / sizeof(*rows) };

START_TEST(client_every_cell)
{
	const enum edge_conn_event ev = (enum edge_conn_event)(_i % EVENTS);
	const int row = _i / EVENTS;
	struct wce_client *c = bring(rows[row].state);
	struct edge_conn *conn = c->conn;
	edge_conn_fn *fn = conn->fn;
	const bool was_asked = c->done != NULL; /* the desk, about it */

	if (rows[row].state == WCE_CLIENT_CLOSED) /* until the turn is over */
		fn(conn, EDGE_CONN_FAILED, c);
	fn(conn, ev, c);
	ck_assert_int_eq((int)c->state, rows[row].next[ev]);
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECT + (size_t)rows[row].why),
			  rows[row].next[ev] == X);
	if (rows[row].next[ev] != X)
		return;
	shard_wait_empty();
	if (was_asked)
		shard_take(WCE_MAIL_DONE);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("client");
	TCase *hello = shard_case(s, "hello");
	TCase *desk = shard_case(s, "desk");
	TCase *slow = shard_case(s, "time");
	TCase *cells = shard_case(s, "cells");

	tcase_add_checked_fixture(hello, init, fini);
	tcase_add_loop_test(hello, client_hello_that_is_refused, 0, HELLOS);
	tcase_add_test(hello, client_version_is_told);
	tcase_add_loop_test(hello, client_first_bytes_that_are_refused, 0,
			    FIRSTS);
	tcase_add_loop_test(hello, client_of_another_protocol_is_told_nothing,
			    0, 4);
	tcase_add_test(hello, client_asks_the_desk_with_what_it_must_know);
	tcase_add_test(hello, client_hello_comes_in_pieces);
	tcase_add_checked_fixture(desk, init, fini);
	tcase_add_loop_test(desk, client_is_told_what_the_desk_says, 0,
			    FROM_DESK);
	tcase_add_test(desk, client_that_is_gone_is_not_answered);
	tcase_add_loop_test(desk, client_gone_while_waiting, 0, 3);
	tcase_add_test(desk, client_gone_before_its_opening);
	tcase_add_test(desk, client_that_cannot_be_taken_in_leaves_nothing);
	tcase_add_checked_fixture(slow, init, fini);
	tcase_add_test(slow, client_handshake_that_is_too_slow);
	tcase_add_test(slow, client_handshake_that_fails);
	tcase_add_loop_test(slow, client_opening_that_is_too_slow, 0, 3);
	tcase_add_test(slow, client_slow_loris_has_no_more_time);
	tcase_add_test(slow, client_opening_has_a_time_in_all);
	tcase_add_test(slow, client_nobody_answers_in_time);
	tcase_add_checked_fixture(cells, init, fini);
	tcase_add_loop_test(cells, client_every_cell, 0, ROWS * EVENTS);
	return s;
}
