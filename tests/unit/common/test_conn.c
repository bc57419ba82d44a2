/* common/conn.c: TLS over loopback, back-pressure. */
#include <string.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

#include "common/conn_flow.h" /* the inside: what an idle one holds */
#include "tests/support/suite.h"
#include "tests/unit/common/conn_world.h"

START_TEST(conn_echoes_over_tls)
{
	server.fn = end_echo;
	client.fn = end_say_hello;
	client.want_len = 5;
	world_dial();
	world_run();
	ck_assert_mem_eq(client.got, "hello", 5);
	ck_assert_uint_eq(client.count[EDGE_CONN_SECURED], 1);
	ck_assert_uint_eq(server.count[EDGE_CONN_SECURED], 1);
	ck_assert_int_eq(edge_conn_peer(client.conn)->fault, EDGE_PEER_FINE);
	ck_assert(edge_peer_has_name(edge_conn_peer(client.conn),
				     "sip.contoso.com"));
	ck_assert_int_eq(edge_conn_peer(server.conn)->fault, EDGE_PEER_ABSENT);
	ck_assert(edge_addr_eq(edge_conn_remote(server.conn),
			       edge_conn_local(client.conn)));
	ck_assert(edge_addr_eq(edge_conn_local(server.conn), &address));
	ck_assert_uint_eq(edge_conn_queued(client.conn), 0);
}
END_TEST

START_TEST(conn_names_protocol_and_suite)
{
	client.fn = end_say_hello;
	server.fn = end_echo;
	client.want_len = 5;
	world_dial();
	world_run();
	ck_assert_str_eq(edge_conn_tls_version(server.conn), "TLSv1.3");
	ck_assert_str_eq(edge_conn_tls_suite(server.conn),
			 "TLS_AES_128_GCM_SHA256");
	ck_assert_str_eq(edge_conn_tls_server_name(server.conn),
			 "sip.contoso.com"); /* without the last dot */
	ck_assert(!edge_conn_is_resumed(server.conn));
}
END_TEST

static void on_big_sender(struct end *e, enum edge_conn_event ev)
{
	const int little = 16384; /* else the kernel may take it all */

	if (ev != EDGE_CONN_SECURED)
		return;
	ck_assert_int_eq(setsockopt(e->conn->stream.fd, SOL_SOCKET, SO_SNDBUF,
				    &little, sizeof(little)),
			 0);
	ck_assert(!edge_conn_above_high_water(e->conn));
	end_send_pattern(e, BIG);
	ck_assert(edge_conn_above_high_water(e->conn));
	ck_assert_uint_eq(edge_conn_queued(e->conn), BIG);
}

static void on_big_reader(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_DATA) {
		ck_assert_uint_le(edge_conn_buffered(e->conn), plan.in_cap);
		end_collect(e);
	}
}

START_TEST(conn_moves_much_and_drains_once)
{
	server.fn = on_big_sender;
	client.fn = on_big_reader;
	client.want_len = BIG;
	world_dial();
	world_run();
	end_check_pattern(&client, BIG);
	ck_assert_uint_eq(server.count[EDGE_CONN_DRAINED], 1);
	ck_assert_uint_eq(edge_conn_queued(server.conn), 0);
}
END_TEST

static void on_small_sender(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		end_send_pattern(e, plan.high_water);
}

START_TEST(conn_drained_is_silent_below_high_water)
{
	server.fn = on_small_sender;
	client.fn = on_big_reader;
	client.want_len = plan.high_water;
	world_dial();
	world_run();
	ck_assert_uint_eq(server.count[EDGE_CONN_DRAINED], 0);
}
END_TEST

static void on_dribble(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_DATA)
		end_collect(e);
	if (ev != EDGE_CONN_SECURED && ev != EDGE_CONN_DATA)
		return;
	if (e->got_len < 300)
		end_send(e, "x");
}

START_TEST(conn_moves_byte_by_byte)
{
	server.fn = end_echo;
	client.fn = on_dribble;
	client.want_len = 300;
	world_dial();
	world_run();
	ck_assert_uint_eq(client.got_len, 300);
	ck_assert_uint_ge(client.count[EDGE_CONN_DATA], 300);
}
END_TEST

static void on_too_much(struct end *e, enum edge_conn_event ev)
{
	uint8_t *p;

	if (ev != EDGE_CONN_SECURED)
		return;
	p = pattern_new(plan.out_cap);
	ck_assert_int_eq(edge_conn_write(e->conn, edge_slice(p, 10)), EDGE_OK);
	ck_assert_int_eq(edge_conn_write(e->conn, edge_slice(p, plan.out_cap)),
			 EDGE_ELIMIT);
	free(p);
	ck_assert_uint_eq(edge_conn_queued(e->conn), 10);
}

START_TEST(conn_write_refuses_past_the_cap_and_lives)
{
	server.fn = on_too_much;
	client.fn = on_big_reader;
	client.want_len = 10;
	world_dial();
	world_run();
	end_check_pattern(&client, 10);
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_LIVE);
}
END_TEST

START_TEST(conn_fails_when_input_is_full_and_nobody_takes_it)
{
	plan.in_cap = 4096;
	server.fn = on_small_sender;
	client.fn = NULL;
	world_dial();
	world_run();
	ck_assert_uint_eq(client.count[EDGE_CONN_FAILED], 1);
	ck_assert_int_eq(edge_conn_why(client.conn), EDGE_CONN_WHY_INPUT);
	ck_assert_uint_eq(edge_conn_buffered(client.conn), 4096);
	ck_assert_int_eq(edge_conn_write(client.conn, edge_slice_str("x")),
			 EDGE_ECLOSED);
}
END_TEST

static void stop_when_full(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_DATA)
		return;
	ck_assert_uint_le(edge_conn_buffered(e->conn), 5000);
	if (edge_conn_buffered(e->conn) < 5000)
		return;
	edge_conn_pause(e->conn);
	edge_loop_stop(loop);
}

/* Little room before it is known who is there, more afterwards. */
START_TEST(conn_takes_another_input_cap)
{
	plan.in_cap = 5000;
	server.fn = on_small_sender;
	client.fn = stop_when_full;
	world_dial();
	world_run();
	ck_assert_uint_eq(edge_conn_buffered(client.conn), 5000);
	ck_assert_uint_le(client.conn->held.len, 32 * 1024);
	edge_conn_set_in_cap(client.conn, plan.high_water + 1);
	client.fn = on_big_reader;
	plan.in_cap = plan.high_water + 1;
	client.want_len = plan.high_water;
	edge_conn_resume(client.conn);
	world_run();
	end_check_pattern(&client, plan.high_water);
}
END_TEST

/* Takes nothing at first, pauses, and resumes from the other end's side. */
static struct edge_timer resume_timer;

static void on_resume_time(struct edge_timer *t, uint64_t now_ms)
{
	(void)t;
	(void)now_ms;
	edge_conn_resume(client.conn);
}

static void on_pausing(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_DATA)
		return;
	ck_assert_uint_le(edge_conn_buffered(e->conn), plan.in_cap);
	if (e->count[ev] % 2) { /* each second telling is the resumed one */
		edge_conn_pause(e->conn);
		edge_wheel_start(edge_loop_wheel(loop), &resume_timer,
				 edge_loop_now_ms(loop) + 1, on_resume_time);
	} else {
		end_collect(e);
	}
}

START_TEST(conn_pause_holds_and_resume_tells_again)
{
	plan.in_cap = _i ? 5000 : 65536;
	plan.high_water = 65536;
	server.fn = on_small_sender;
	client.fn = on_pausing;
	client.want_len = plan.high_water;
	world_dial();
	world_run();
	end_check_pattern(&client, plan.high_water);
	edge_wheel_stop(&resume_timer);
}
END_TEST

/* Says more than once, so that the reading has stopped; then is gone. */
static void on_reset_time(struct edge_timer *t, uint64_t now_ms)
{
	static const unsigned again_ms = 20;

	if (client.want_len--) {
		end_send(&client, "more");
		edge_wheel_start(edge_loop_wheel(loop), t, now_ms + again_ms,
				 on_reset_time);
		return;
	}
	edge_conn_abort(client.conn);
	client.conn = NULL;
}

static void on_resetting(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_SECURED)
		return;
	e->want_len = 3;
	edge_wheel_start(edge_loop_wheel(loop), &resume_timer,
			 edge_loop_now_ms(loop) + 20, on_reset_time);
}

static void on_paused_end(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		edge_conn_pause(e->conn);
	if (ev == EDGE_CONN_FAILED)
		edge_loop_stop(loop);
}

START_TEST(conn_paused_sees_a_reset)
{
	server.fn = on_paused_end;
	client.fn = on_resetting;
	world_dial();
	world_run();
	ck_assert_uint_eq(server.count[EDGE_CONN_DATA], 0);
	ck_assert_uint_eq(server.count[EDGE_CONN_FAILED], 1);
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_WHY_RESET);
}
END_TEST

START_TEST(conn_stalls_when_the_reader_does_not_read)
{
	plan.stall_ms = 150;
	server.fn = on_big_sender;
	client.fn = end_pause;
	world_dial();
	world_run();
	ck_assert_uint_eq(client.count[EDGE_CONN_DATA], 0);
	ck_assert_uint_eq(server.count[EDGE_CONN_TIMEOUT], 1);
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_WHY_STALLED);
	ck_assert_ptr_nonnull(
		strstr(edge_conn_detail(server.conn), "unwritten"));
}
END_TEST

static void small_buffer(struct edge_conn *c, int which)
{
	const int len = 32768;

	ck_assert_int_eq(
		setsockopt(c->stream.fd, SOL_SOCKET, which, &len, sizeof(len)),
		0);
}

static struct edge_timer nag_timer;

/* Ask for new keys, each time with an answer, and never read one. */
static void nag(struct edge_timer *t, uint64_t now_ms)
{
	SSL *ssl = client.conn->stream.ssl;

	for (int i = 0; i < 200; i++) {
		if (!SSL_in_init(ssl))
			ck_assert_int_eq(
				SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED),
				1);
		if (SSL_do_handshake(ssl) != 1)
			break;
	}
	edge_wheel_start(edge_loop_wheel(loop), t, now_ms + 1, nag);
}

static void nag_when_secured(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_SECURED)
		return;
	/* its receive buffer stays as it is: a shrunk one makes the kernel
	 * drop acknowledgements with the data, and TCP itself stands still */
	edge_conn_pause(e->conn);
	nag(&nag_timer, edge_loop_now_ms(loop));
}

static void small_when_secured(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		small_buffer(e->conn, SO_SNDBUF);
}

START_TEST(conn_stalls_when_nobody_reads_its_key_updates)
{
	plan.stall_ms = 300;
	server.fn = small_when_secured;
	client.fn = nag_when_secured;
	world_dial();
	world_run();
	ck_assert_uint_eq(server.count[EDGE_CONN_TIMEOUT], 1);
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_WHY_STALLED);
	ck_assert_uint_le(server.conn->held.len, 64 * 1024);
	edge_wheel_stop(&nag_timer);
}
END_TEST

START_TEST(conn_idle_holds_no_buffer)
{
	server.fn = end_echo;
	client.fn = end_say_hello;
	client.want_len = 5;
	world_dial();
	world_run();
	ck_assert_ptr_null(server.conn->in.p);
	ck_assert_ptr_null(server.conn->out.p);
	ck_assert_ptr_null(server.conn->held.p);
	ck_assert_ptr_null(server.conn->peer);
	ck_assert(!edge_timer_running(&server.conn->deadline));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("conn");
	TCase *t = world_case(s, "talk");

	tcase_add_test(t, conn_echoes_over_tls);
	tcase_add_test(t, conn_names_protocol_and_suite);
	tcase_add_test(t, conn_moves_much_and_drains_once);
	tcase_add_test(t, conn_drained_is_silent_below_high_water);
	tcase_add_test(t, conn_moves_byte_by_byte);
	tcase_add_test(t, conn_idle_holds_no_buffer);
	t = world_case(s, "limits");
	tcase_add_test(t, conn_write_refuses_past_the_cap_and_lives);
	tcase_add_test(t, conn_fails_when_input_is_full_and_nobody_takes_it);
	tcase_add_test(t, conn_takes_another_input_cap);
	tcase_add_loop_test(t, conn_pause_holds_and_resume_tells_again, 0, 2);
	tcase_add_test(t, conn_paused_sees_a_reset);
	tcase_add_test(t, conn_stalls_when_the_reader_does_not_read);
	tcase_add_test(t, conn_stalls_when_nobody_reads_its_key_updates);
	return s;
}
