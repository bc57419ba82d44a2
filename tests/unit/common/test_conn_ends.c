/* common/conn_ends.c: closed at once, in order, abruptly, on one side only. */
#include <string.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

#include "common/conn_flow.h" /* the inside: its descriptor and TLS */
#include "tests/support/suite.h"
#include "tests/unit/common/conn_world.h"

static struct edge_timer stop_timer;

static void on_last_words(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_DATA)
		return;
	end_send_pattern(e, 2000);
	edge_conn_close(e->conn);
	e->conn = NULL;
}

static void until_eof(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		end_send(e, "bye?");
	if (ev == EDGE_CONN_DATA)
		end_collect(e);
	if (ev == EDGE_CONN_EOF)
		edge_loop_stop(loop);
}

START_TEST(conn_close_sends_the_last_words_and_goodbye)
{
	server.fn = on_last_words;
	client.fn = until_eof;
	world_dial();
	world_run();
	end_check_pattern(&client, 2000);
	ck_assert_int_eq(edge_conn_why(client.conn), EDGE_CONN_WHY_EOF);
}
END_TEST

static void on_long_refusal(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_DATA)
		return;
	end_send_pattern(e, BIG);
	edge_conn_close_after_flush(e->conn, 5000);
	e->conn = NULL;
}

START_TEST(conn_close_after_flush_waits_for_the_reader)
{
	server.fn = on_long_refusal;
	client.fn = until_eof;
	world_dial();
	world_run();
	end_check_pattern(&client, BIG);
	ck_assert_uint_eq(client.count[EDGE_CONN_EOF], 1);
}
END_TEST

static void on_stop_time(struct edge_timer *t, uint64_t now_ms)
{
	(void)t;
	(void)now_ms;
	edge_loop_stop(loop);
}

static void on_short_refusal(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_SECURED)
		return;
	end_send_pattern(e, BIG);
	edge_conn_close_after_flush(e->conn, 100);
	e->conn = NULL;
	edge_wheel_start(edge_loop_wheel(loop), &stop_timer,
			 edge_loop_now_ms(loop) + 400, on_stop_time);
}

START_TEST(conn_close_after_flush_ends_at_its_deadline)
{
	server.fn = on_short_refusal;
	client.fn = end_pause;
	world_dial();
	world_run(); /* a leak or a late event would show */
	ck_assert_uint_eq(server.count[EDGE_CONN_TIMEOUT], 0);
	ck_assert_uint_eq(client.count[EDGE_CONN_DATA], 0);
}
END_TEST

static void on_any_close(struct end *e, enum edge_conn_event ev)
{
	if (ev != (enum edge_conn_event)e->want_len)
		return;
	edge_conn_close(e->conn);
	e->conn = NULL;
}

static void stop_at_end(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		end_send(e, "hello");
	if (ev == EDGE_CONN_EOF)
		edge_loop_stop(loop);
}

START_TEST(conn_may_be_closed_in_any_event)
{
	server.fn = on_any_close;
	server.want_len = _i ? EDGE_CONN_DATA : EDGE_CONN_SECURED;
	client.fn = stop_at_end;
	world_dial();
	world_run();
	ck_assert_ptr_null(server.conn);
	ck_assert_uint_eq(server.count[EDGE_CONN_EOF], 0);
}
END_TEST

static void cut_the_wire(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_DATA)
		shutdown(e->conn->stream.fd, SHUT_RDWR);
}

START_TEST(conn_tells_a_truncation)
{
	server.fn = cut_the_wire;
	client.fn = end_say_hello;
	world_dial();
	while (!client.count[EDGE_CONN_FAILED])
		world_run();
	ck_assert_int_eq(edge_conn_why(client.conn), EDGE_CONN_WHY_TRUNCATED);
	ck_assert_str_eq(edge_conn_detail(client.conn),
			 "closed without close_notify");
}
END_TEST

/* -- one side only --------------------------------------------------------- */

static void write_is_over(struct end *e)
{
	ck_assert_int_eq(edge_conn_write(e->conn, edge_slice_str("x")),
			 EDGE_ECLOSED);
}

/* Says all it has to say at the first word, and listens on. */
static void say_all(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_DATA)
		end_collect(e);
	if (ev == EDGE_CONN_DATA && e->count[ev] == 1) {
		end_send_pattern(e, e->say_len);
		edge_conn_shut(e->conn);
		edge_conn_shut(e->conn); /* twice is fine */
		write_is_over(e);
	}
	if (ev == EDGE_CONN_EOF)
		edge_loop_stop(loop);
}

/* Goes on after the other end has ended. */
static void answer_after_eof(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		end_send(e, "go");
	if (ev == EDGE_CONN_DATA)
		end_collect(e);
	if (ev == EDGE_CONN_EOF) {
		ck_assert_int_eq(edge_conn_why(e->conn), EDGE_CONN_WHY_EOF);
		end_send(e, " on");
		edge_conn_shut(e->conn);
	}
}

START_TEST(conn_shut_ends_one_direction)
{
	char byte;

	server.say_len = _i ? BIG : 2000;
	server.fn = say_all;
	client.fn = answer_after_eof;
	world_dial();
	world_run();
	end_check_pattern(&client, server.say_len);
	ck_assert_mem_eq(server.got, "go on", 5);
	ck_assert_uint_eq(server.got_len, 5);
	ck_assert_uint_eq(server.count[EDGE_CONN_EOF], 1);
	ck_assert_uint_eq(client.count[EDGE_CONN_EOF], 1);
	ck_assert(!edge_timer_running(&server.conn->deadline));
	/* and behind the close_notify there is a FIN */
	ck_assert_int_eq(recv(client.conn->stream.fd, &byte, 1, MSG_DONTWAIT),
			 0);
}
END_TEST

static void answer_at_eof(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_DATA)
		end_collect(e);
	if (ev == EDGE_CONN_EOF)
		end_send(e, "heard");
}

static void only_collect(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_DATA)
		end_collect(e);
}

START_TEST(conn_shut_before_the_handshake_is_kept)
{
	server.fn = answer_at_eof;
	client.fn = only_collect;
	client.want_len = 5;
	world_dial();
	end_send(&client, "hello");
	edge_conn_shut(client.conn);
	write_is_over(&client);
	world_run();
	ck_assert_mem_eq(server.got, "hello", 5);
	ck_assert_mem_eq(client.got, "heard", 5);
	ck_assert_uint_eq(server.count[EDGE_CONN_EOF], 1);
}
END_TEST

static void on_shut_time(struct edge_timer *t, uint64_t now_ms)
{
	(void)now_ms;
	if (client.conn->stream.tx.len || !client.count[EDGE_CONN_EOF]) {
		edge_wheel_start(edge_loop_wheel(loop), t, now_ms + 1,
				 on_shut_time);
		return;
	}
	ck_assert_int_eq(SSL_key_update(client.conn->stream.ssl,
					SSL_KEY_UPDATE_REQUESTED),
			 1);
	end_send(&client, "with new keys");
}

/* It reads on after its close_notify, new keys too. */
START_TEST(conn_shut_follows_a_key_update)
{
	server.fn = say_all;
	server.say_len = 1;
	server.want_len = 2 + 13;
	client.fn = end_say_hello;
	world_dial();
	client.fn = NULL;
	end_send(&client, "go");
	edge_wheel_start(edge_loop_wheel(loop), &stop_timer,
			 edge_loop_now_ms(loop) + 1, on_shut_time);
	world_run();
	ck_assert_mem_eq(server.got, "gowith new keys", 15);
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_LIVE);
}
END_TEST

static void shut_then_close(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_DATA)
		return;
	end_send_pattern(e, BIG);
	edge_conn_shut(e->conn);
	edge_conn_close_after_flush(e->conn, 5000);
	e->conn = NULL;
}

START_TEST(conn_shut_and_close_after_flush_say_goodbye_once)
{
	server.fn = shut_then_close;
	client.fn = until_eof;
	world_dial();
	world_run();
	end_check_pattern(&client, BIG);
	ck_assert_uint_eq(client.count[EDGE_CONN_FAILED], 0);
}
END_TEST

/* -- abruptly -------------------------------------------------------------- */

static void say_all_and_cut(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_DATA)
		return;
	end_send_pattern(e, e->say_len);
	edge_conn_cut_after_flush(e->conn, 5000);
	e->conn = NULL;
}

START_TEST(conn_cut_shows_as_a_truncation_behind_the_data)
{
	server.say_len = _i ? BIG : 2000;
	server.fn = say_all_and_cut;
	client.fn = until_eof;
	world_dial();
	world_run();
	end_check_pattern(&client, server.say_len);
	ck_assert_uint_eq(client.count[EDGE_CONN_EOF], 0);
	ck_assert_int_eq(edge_conn_why(client.conn), EDGE_CONN_WHY_TRUNCATED);
	ck_assert_str_eq(edge_conn_why_str(edge_conn_why(client.conn)),
			 "closed without close_notify");
}
END_TEST

static void say_hello_take_nothing(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		end_send(e, "hello");
}

START_TEST(conn_keeps_what_came_before_a_truncation)
{
	server.say_len = 2000;
	server.fn = say_all_and_cut;
	client.fn = say_hello_take_nothing;
	world_dial();
	world_run();
	ck_assert_int_eq(edge_conn_why(client.conn), EDGE_CONN_WHY_TRUNCATED);
	ck_assert_uint_eq(edge_conn_buffered(client.conn), 2000);
	client.fn = only_collect;
	end_collect(&client);
	end_check_pattern(&client, 2000);
}
END_TEST

static void say_all_and_abort(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_DATA)
		return;
	end_send_pattern(e, 2000);
	edge_conn_abort(e->conn);
	e->conn = NULL;
}

START_TEST(conn_abort_resets_and_flushes_nothing)
{
	server.fn = say_all_and_abort;
	client.fn = until_eof;
	world_dial();
	world_run();
	ck_assert_uint_eq(client.got_len, 0);
	ck_assert_int_eq(edge_conn_why(client.conn), EDGE_CONN_WHY_RESET);
	ck_assert_str_eq(edge_conn_detail(client.conn),
			 "Connection reset by peer");
	edge_conn_abort(NULL);
}
END_TEST

/* Before anything was said there is nothing to flush or to cut. */
START_TEST(conn_ends_before_the_handshake)
{
	world_dial();
	if (_i == 0)
		edge_conn_abort(client.conn);
	else if (_i == 1)
		edge_conn_cut_after_flush(client.conn, 1000);
	else
		edge_conn_close_after_flush(client.conn, 1000);
	client.conn = NULL;
	world_run(); /* until the server is told */
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_WHY_TLS);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("conn_ends");
	TCase *t = world_case(s, "in order");

	tcase_add_test(t, conn_close_sends_the_last_words_and_goodbye);
	tcase_add_test(t, conn_close_after_flush_waits_for_the_reader);
	tcase_add_test(t, conn_close_after_flush_ends_at_its_deadline);
	tcase_add_loop_test(t, conn_may_be_closed_in_any_event, 0, 2);
	t = world_case(s, "one side");
	tcase_add_loop_test(t, conn_shut_ends_one_direction, 0, 2);
	tcase_add_test(t, conn_shut_before_the_handshake_is_kept);
	tcase_add_test(t, conn_shut_follows_a_key_update);
	tcase_add_test(t, conn_shut_and_close_after_flush_say_goodbye_once);
	t = world_case(s, "abruptly");
	tcase_add_test(t, conn_tells_a_truncation);
	tcase_add_loop_test(t, conn_cut_shows_as_a_truncation_behind_the_data,
			    0, 2);
	tcase_add_test(t, conn_keeps_what_came_before_a_truncation);
	tcase_add_test(t, conn_abort_resets_and_flushes_nothing);
	tcase_add_loop_test(t, conn_ends_before_the_handshake, 0, 3);
	return s;
}
