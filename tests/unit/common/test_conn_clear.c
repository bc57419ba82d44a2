/* common/conn_clear.c: a connection that begins in the clear and becomes TLS.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "tests/unit/common/conn_world.h"

enum { WORD = 2 /* "go" and "ok" */ };

static void dial_plain(void)
{
	plan.is_plain = true;
	world_dial();
	world_run();
}

START_TEST(conn_in_the_clear_echoes)
{
	server.fn = end_echo;
	client.fn = end_say_hello;
	client.want_len = 5;
	dial_plain();
	ck_assert_mem_eq(client.got, "hello", 5);
	ck_assert_uint_eq(client.count[EDGE_CONN_SECURED], 1);
	ck_assert_uint_eq(server.count[EDGE_CONN_SECURED], 0);
	ck_assert(edge_conn_is_plain(client.conn));
	ck_assert(edge_conn_is_plain(server.conn));
	ck_assert_str_eq(edge_conn_tls_version(client.conn), "");
	ck_assert_str_eq(edge_conn_tls_suite(client.conn), "");
	ck_assert_str_eq(edge_conn_tls_server_name(server.conn), "");
	ck_assert(!edge_conn_is_resumed(server.conn));
	ck_assert_int_eq(edge_conn_peer(client.conn)->fault, EDGE_PEER_ABSENT);
}
END_TEST

static void on_eof(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_DATA)
		end_collect(e);
	if (ev == EDGE_CONN_EOF)
		edge_loop_stop(loop);
}

static void on_big(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_SECURED)
		return;
	end_send_pattern(e, BIG);
	edge_conn_shut(e->conn);
}

/* More than the kernel takes, then FIN: which is an end in order here. */
START_TEST(conn_in_the_clear_ends_in_order)
{
	server.fn = on_eof;
	client.fn = on_big;
	dial_plain();
	end_check_pattern(&server, BIG);
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_WHY_EOF);
	ck_assert_uint_eq(edge_conn_queued(client.conn), 0);
}
END_TEST

static void start(struct end *e, struct edge_tls *tls)
{
	ck_assert_int_eq(edge_conn_start_tls(e->conn, tls, "sip.contoso.com"),
			 EDGE_OK);
	/* a second time is too late, and nothing slips in before */
	ck_assert_int_eq(edge_conn_start_tls(e->conn, tls, NULL), EDGE_ESTATE);
	ck_assert_int_eq(edge_conn_write(e->conn, edge_slice_str("x")),
			 EDGE_ECLOSED);
}

/* The server: "go" is answered "ok", then TLS; what comes in it is echoed. */
static void on_server(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_DATA && edge_conn_is_plain(e->conn)) {
		ck_assert(edge_slice_eq_str(edge_conn_input(e->conn), "go"));
		edge_conn_consume(e->conn, WORD);
		end_send(e, "ok");
		start(e, server_tls);
		return;
	}
	end_echo(e, ev);
}

static void on_client(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		end_send(e, edge_conn_is_plain(e->conn) ? "go" : "hello");
	if (ev != EDGE_CONN_DATA)
		return;
	if (edge_conn_is_plain(e->conn)) {
		ck_assert(edge_slice_eq_str(edge_conn_input(e->conn), "ok"));
		edge_conn_consume(e->conn, WORD);
		start(e, client_tls);
		return;
	}
	end_collect(e);
}

START_TEST(conn_becomes_tls_after_the_words)
{
	server.fn = on_server;
	client.fn = on_client;
	client.want_len = 5;
	dial_plain();
	ck_assert_mem_eq(client.got, "hello", 5);
	ck_assert_uint_eq(client.count[EDGE_CONN_SECURED], 2);
	ck_assert_uint_eq(server.count[EDGE_CONN_SECURED], 1);
	ck_assert(!edge_conn_is_plain(server.conn));
	ck_assert_str_eq(edge_conn_tls_version(client.conn), "TLSv1.3");
	ck_assert_str_eq(edge_conn_tls_server_name(server.conn),
			 "sip.contoso.com");
	ck_assert_int_eq(edge_conn_peer(client.conn)->fault, EDGE_PEER_FINE);
	ck_assert_int_eq(edge_conn_start_tls(client.conn, client_tls, NULL),
			 EDGE_ESTATE);
}
END_TEST

static void on_word(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_DATA)
		return;
	if (e->count[EDGE_CONN_DATA] > 1) {
		end_collect(e);
		return;
	}
	edge_conn_consume(e->conn, WORD);
	ck_assert_int_eq(edge_conn_start_tls(e->conn, server_tls, NULL),
			 EDGE_EDENIED);
	/* and it lives on as it was */
	end_send(e, "no");
}

static void on_injector(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		end_send(e, "go<message/>");
	if (ev == EDGE_CONN_DATA)
		end_collect(e);
}

START_TEST(conn_refuses_tls_with_clear_text_behind_the_word)
{
	server.fn = on_word;
	client.fn = on_injector;
	client.want_len = 2;
	dial_plain();
	ck_assert_mem_eq(client.got, "no", 2);
	ck_assert(edge_conn_is_plain(server.conn));
}
END_TEST

/* The same when it did not fit the input yet. */
START_TEST(conn_refuses_tls_with_clear_text_not_yet_read)
{
	plan.in_cap = WORD + 1;
	server.fn = on_word;
	client.fn = on_injector;
	client.want_len = 2;
	dial_plain();
	ck_assert_mem_eq(client.got, "no", 2);
}
END_TEST

static void on_liar(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		end_send(e, "go");
	if (ev != EDGE_CONN_DATA)
		return;
	end_collect(e);
	end_send(e, "<message/>, and no ClientHello at all");
}

START_TEST(conn_fails_when_clear_text_comes_instead_of_tls)
{
	server.fn = on_server;
	client.fn = on_liar;
	dial_plain();
	ck_assert_uint_eq(server.count[EDGE_CONN_FAILED], 1);
	ck_assert_uint_eq(server.count[EDGE_CONN_SECURED], 0);
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_WHY_TLS);
}
END_TEST

static void on_silent(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		end_send(e, "go");
	if (ev == EDGE_CONN_DATA)
		end_collect(e);
}

START_TEST(conn_waits_for_tls_no_longer_than_a_handshake_may_take)
{
	plan.handshake_ms = 100;
	server.fn = on_server;
	client.fn = on_silent;
	dial_plain();
	ck_assert_uint_eq(server.count[EDGE_CONN_TIMEOUT], 1);
	ck_assert_int_eq(edge_conn_why(server.conn),
			 EDGE_CONN_WHY_HANDSHAKE_TIME);
}
END_TEST

START_TEST(conn_in_the_clear_says_that_nobody_is_there)
{
	edge_loop_unwatch(loop, listen_fd);
	close(listen_fd);
	listen_fd = -1;
	dial_plain();
	ck_assert_uint_eq(client.count[EDGE_CONN_FAILED], 1);
	ck_assert_int_eq(edge_conn_why(client.conn), EDGE_CONN_WHY_CONNECT);
}
END_TEST

START_TEST(conn_of_tls_never_starts_it_again)
{
	server.fn = end_echo;
	client.fn = end_say_hello;
	client.want_len = 5;
	world_dial();
	world_run();
	ck_assert(!edge_conn_is_plain(client.conn));
	ck_assert_int_eq(edge_conn_start_tls(client.conn, client_tls, NULL),
			 EDGE_ESTATE);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("conn_clear");
	TCase *t = world_case(s, "clear");

	tcase_add_test(t, conn_in_the_clear_echoes);
	tcase_add_test(t, conn_in_the_clear_ends_in_order);
	tcase_add_test(t, conn_in_the_clear_says_that_nobody_is_there);
	t = world_case(s, "start_tls");
	tcase_add_test(t, conn_becomes_tls_after_the_words);
	tcase_add_test(t, conn_refuses_tls_with_clear_text_behind_the_word);
	tcase_add_test(t, conn_refuses_tls_with_clear_text_not_yet_read);
	tcase_add_test(t, conn_fails_when_clear_text_comes_instead_of_tls);
	tcase_add_test(t,
		       conn_waits_for_tls_no_longer_than_a_handshake_may_take);
	tcase_add_test(t, conn_of_tls_never_starts_it_again);
	return s;
}
