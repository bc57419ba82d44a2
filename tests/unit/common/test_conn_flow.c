/* common/conn_flow.c: handshakes, dialling, certificates, deadlines. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/conn_flow.h" /* the inside: its descriptor and deadline */
#include "common/sock.h"
#include "tests/support/suite.h"
#include "tests/unit/common/conn_world.h"

static int raw_connect(void)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(&address, &sa);
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, len), 0);
	return fd;
}

START_TEST(conn_times_out_a_silent_client)
{
	int fd = raw_connect();

	plan.handshake_ms = 100;
	world_run();
	ck_assert_uint_eq(server.count[EDGE_CONN_TIMEOUT], 1);
	ck_assert_int_eq(edge_conn_why(server.conn),
			 EDGE_CONN_WHY_HANDSHAKE_TIME);
	close(fd);
}
END_TEST

START_TEST(conn_fails_on_plain_text)
{
	static const char text[] = "GET / HTTP/1.0\r\n\r\n";
	int fd = raw_connect();

	ck_assert_int_eq(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	world_run();
	ck_assert_uint_eq(server.count[EDGE_CONN_FAILED], 1);
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_WHY_TLS);
	ck_assert_str_eq(edge_conn_detail(server.conn), "http request");
	close(fd);
}
END_TEST

START_TEST(conn_fails_on_a_close_in_the_handshake)
{
	close(raw_connect());
	world_run();
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_WHY_TLS);
	ck_assert_str_eq(edge_conn_detail(server.conn),
			 "closed without close_notify");
}
END_TEST

/* Heads of a first record that promise too much, or are odd. */
static const uint8_t bad_heads[][9] = {
	{22, 3, 1, 0x40, 0, 1, 1, 0xff, 0xff}, /* 128 KiB, what OpenSSL takes */
	{22, 3, 1, 0x40, 0, 1, 0, 0x40, 0x01}, /* 16 KiB and one */
	{22, 3, 1, 0x00, 3, 1, 0, 0x00, 0x40}, /* a record that cuts the head */
	{22, 3, 1, 0x40, 0, 11, 0, 0x40, 0x00}, /* not a hello */
};

START_TEST(conn_refuses_a_client_hello_that_promises_too_much)
{
	int fd = raw_connect();

	ck_assert_int_eq(write(fd, bad_heads[_i], 9), 9);
	world_run();
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_WHY_TLS);
	ck_assert_str_eq(edge_conn_detail(server.conn),
			 "client hello too long");
	close(fd);
}
END_TEST

/* A go-between that hands the client's first bytes over one by one. */
static struct {
	int in, out;
	size_t slow;
	struct edge_timer timer;
} drip;

static void on_drip(struct edge_timer *t, uint64_t now_ms)
{
	uint8_t buf[4096];
	ssize_t n =
		recv(drip.in, buf, drip.slow ? 1 : sizeof(buf), MSG_DONTWAIT);

	if (n > 0)
		ck_assert_int_eq(write(drip.out, buf, (size_t)n), n);
	if (n > 0 && drip.slow)
		drip.slow--;
	n = recv(drip.out, buf, sizeof(buf), MSG_DONTWAIT);
	if (n > 0)
		ck_assert_int_eq(write(drip.in, buf, (size_t)n), n);
	edge_wheel_start(edge_loop_wheel(loop), t, now_ms + 1, on_drip);
}

START_TEST(conn_shakes_hands_with_a_dripping_client)
{
	struct edge_addr middle, none;
	struct edge_conn_plan p = world_plan(&client, client_tls);
	int fd;

	ck_assert_int_eq(
		edge_addr_parse(&middle, edge_slice_str("127.0.0.1"), 0),
		EDGE_OK);
	ck_assert_int_eq(edge_sock_listen(&fd, &middle, NULL, false), EDGE_OK);
	edge_sock_names(fd, &middle, &none);
	server.fn = end_echo;
	client.fn = end_say_hello;
	client.want_len = 5;
	ck_assert_int_eq(
		edge_conn_dial(&client.conn, &p, NULL, NULL, &middle, NULL),
		EDGE_OK);
	ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
	drip.in = accept(fd, NULL, NULL);
	drip.out = raw_connect();
	drip.slow = 12;
	on_drip(&drip.timer, edge_loop_now_ms(loop));
	world_run();
	ck_assert_mem_eq(client.got, "hello", 5);
	edge_wheel_stop(&drip.timer);
	close(drip.in);
	close(drip.out);
	close(fd);
}
END_TEST

START_TEST(conn_dial_tells_a_refused_connect)
{
	edge_loop_unwatch(loop, listen_fd);
	close(listen_fd);
	listen_fd = -1;
	world_dial();
	ck_assert_uint_eq(client.count[EDGE_CONN_FAILED], 0);
	world_run();
	ck_assert_uint_eq(client.count[EDGE_CONN_FAILED], 1);
	ck_assert_int_eq(edge_conn_why(client.conn), EDGE_CONN_WHY_CONNECT);
	ck_assert_str_eq(edge_conn_detail(client.conn), "Connection refused");
}
END_TEST

START_TEST(conn_dial_binds_the_local_address)
{
	struct edge_conn_plan p = world_plan(&client, client_tls);
	struct edge_addr local;

	ck_assert_int_eq(
		edge_addr_parse(&local, edge_slice_str("127.0.0.9"), 0),
		EDGE_OK);
	server.fn = end_echo;
	client.fn = end_say_hello;
	client.want_len = 5;
	ck_assert_int_eq(
		edge_conn_dial(&client.conn, &p, &local, "lo", &address, NULL),
		EDGE_OK);
	world_run();
	ck_assert(edge_addr_same_ip(edge_conn_remote(server.conn), &local));
}
END_TEST

START_TEST(conn_dial_tells_a_device_that_is_not_there)
{
	struct edge_conn_plan p = world_plan(&client, client_tls);

	ck_assert_int_eq(edge_conn_dial(&client.conn, &p, NULL, "nodev0",
					&address, NULL),
			 EDGE_OK);
	world_run();
	ck_assert_int_eq(edge_conn_why(client.conn), EDGE_CONN_WHY_CONNECT);
}
END_TEST

static void stop_on_failures(struct end *e, enum edge_conn_event ev)
{
	/* the first failure stops the loop: go on until both are told */
	if (ev == EDGE_CONN_FAILED && !e->other->count[EDGE_CONN_FAILED])
		e->want_len = 1;
}

static void run_until_both_failed(void)
{
	server.fn = client.fn = stop_on_failures;
	world_dial();
	while (!server.count[EDGE_CONN_FAILED] ||
	       !client.count[EDGE_CONN_FAILED])
		world_run();
}

START_TEST(conn_reports_an_unknown_authority_on_both_sides)
{
	certs_make(certs, "other", &(struct cert_spec){.is_ca = true});
	edge_tls_drop(client_tls);
	client_tls = world_tls(&(struct edge_tls_recipe){
		.trust = certs_path(certs, "other.pem"),
		.ask = EDGE_TLS_ASK_REQUIRED,
		.is_client = true});
	run_until_both_failed();
	ck_assert_int_eq(edge_conn_why(client.conn), EDGE_CONN_WHY_TLS);
	ck_assert_ptr_nonnull(strstr(edge_conn_detail(client.conn),
				     "certificate verify failed: "));
	ck_assert_int_eq(edge_conn_peer(client.conn)->fault, EDGE_PEER_CHAIN);
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_WHY_TLS);
	ck_assert_ptr_nonnull(
		strstr(edge_conn_detail(server.conn), "alert unknown ca"));
}
END_TEST

static void mutual(enum edge_tls_ask ask, const char *who)
{
	char chain[64], key[64];

	snprintf(chain, sizeof(chain), "%s.pem", who ? who : "");
	snprintf(key, sizeof(key), "%s.key", who ? who : "");
	edge_tls_drop(server_tls);
	edge_tls_drop(client_tls);
	server_tls = world_tls(&(struct edge_tls_recipe){
		.chain = certs_path(certs, "edge.pem"),
		.key = certs_path(certs, "edge.key"),
		.trust = certs_path(certs, "ca.pem"),
		.ask = ask});
	client_tls = world_tls(&(struct edge_tls_recipe){
		.chain = who ? certs_path(certs, chain) : NULL,
		.key = who ? certs_path(certs, key) : NULL,
		.trust = certs_path(certs, "ca.pem"),
		.ask = EDGE_TLS_ASK_REQUIRED,
		.is_client = true});
}

START_TEST(conn_knows_a_peer_by_its_certificate)
{
	mutual(EDGE_TLS_ASK_REQUIRED, "edge");
	server.fn = end_echo;
	client.fn = end_say_hello;
	client.want_len = 5;
	world_dial();
	world_run();
	ck_assert_int_eq(edge_conn_peer(server.conn)->fault, EDGE_PEER_FINE);
	ck_assert(edge_peer_has_name(edge_conn_peer(server.conn),
				     "sip.contoso.com"));
}
END_TEST

START_TEST(conn_fails_without_the_certificate_it_requires)
{
	mutual(EDGE_TLS_ASK_REQUIRED, NULL);
	run_until_both_failed();
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_WHY_TLS);
	ck_assert_str_eq(edge_conn_detail(server.conn),
			 "peer did not return a certificate");
	ck_assert_int_eq(edge_conn_peer(server.conn)->fault, EDGE_PEER_ABSENT);
}
END_TEST

START_TEST(conn_fails_for_a_self_signed_peer_and_says_so)
{
	certs_make(certs, "self",
		   &(struct cert_spec){.san = "DNS:sip.contoso.com"});
	mutual(EDGE_TLS_ASK_REQUIRED, "self");
	run_until_both_failed();
	ck_assert_int_eq(edge_conn_peer(server.conn)->fault,
			 EDGE_PEER_SELF_SIGNED);
	ck_assert(edge_conn_peer(server.conn)->has_certificate);
}
END_TEST

START_TEST(conn_goes_on_with_a_bad_peer_where_it_is_optional)
{
	certs_make(certs, "self",
		   &(struct cert_spec){.san = "DNS:sip.contoso.com"});
	mutual(EDGE_TLS_ASK_OPTIONAL, _i ? "self" : NULL);
	server.fn = end_echo;
	client.fn = end_say_hello;
	client.want_len = 5;
	world_dial();
	world_run();
	ck_assert_int_eq(edge_conn_peer(server.conn)->fault,
			 _i ? EDGE_PEER_SELF_SIGNED : EDGE_PEER_ABSENT);
}
END_TEST

START_TEST(conn_why_has_words_for_all)
{
	ck_assert_str_eq(edge_conn_why_str(EDGE_CONN_WHY_STALLED),
			 "reader too slow");
	ck_assert_str_eq(edge_conn_why_str((enum edge_conn_why)99), "?");
	edge_conn_close(NULL);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("conn_flow");
	TCase *t = world_case(s, "handshake");

	tcase_add_test(t, conn_times_out_a_silent_client);
	tcase_add_loop_test(
		t, conn_refuses_a_client_hello_that_promises_too_much, 0, 4);
	tcase_add_test(t, conn_shakes_hands_with_a_dripping_client);
	t = world_case(s, "dial");
	tcase_add_test(t, conn_dial_tells_a_refused_connect);
	tcase_add_test(t, conn_dial_binds_the_local_address);
	tcase_add_test(t, conn_dial_tells_a_device_that_is_not_there);
	t = world_case(s, "peers");
	tcase_add_test(t, conn_reports_an_unknown_authority_on_both_sides);
	tcase_add_test(t, conn_knows_a_peer_by_its_certificate);
	tcase_add_test(t, conn_fails_without_the_certificate_it_requires);
	tcase_add_test(t, conn_fails_for_a_self_signed_peer_and_says_so);
	tcase_add_loop_test(
		t, conn_goes_on_with_a_bad_peer_where_it_is_optional, 0, 2);
	t = world_case(s, "failures");
	tcase_add_test(t, conn_fails_on_plain_text);
	tcase_add_test(t, conn_fails_on_a_close_in_the_handshake);
	tcase_add_test(t, conn_why_has_words_for_all);
	return s;
}
