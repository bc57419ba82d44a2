/* common/conn.c: TLS over loopback, back-pressure, deadlines, endings. */
#include "common/conn.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "common/conn_flow.h" /* the inside: what an idle one holds */
#include "common/loop.h"
#include "common/sock.h"
#include "common/tls.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"

enum { EVENTS = EDGE_CONN_FAILED + 1 };

/* One end of a connection and what it was told. */
struct end {
	struct edge_conn *conn;
	unsigned count[EVENTS];
	void (*fn)(struct end *e, enum edge_conn_event ev);
	struct end *other;
	uint8_t *got;
	size_t got_len, want_len;
};

static struct certs *certs;
static struct edge_loop *loop;
static struct edge_tls *server_tls, *client_tls;
static struct edge_conn_plan plan;
static struct end server, client;
static int listen_fd;
static struct edge_addr address;
static const struct edge_peer_policy policy;

static void on_event(struct edge_conn *c, enum edge_conn_event ev, void *arg)
{
	struct end *e = arg;

	ck_assert_ptr_eq(e->conn, c);
	e->count[ev]++;
	if (e->fn)
		e->fn(e, ev);
	if (ev == EDGE_CONN_FAILED || ev == EDGE_CONN_TIMEOUT)
		edge_loop_stop(loop);
}

static struct edge_conn_plan plan_of(struct end *e, struct edge_tls *tls)
{
	struct edge_conn_plan p = plan;

	p.tls = tls;
	p.arg = e;
	return p;
}

static void on_accept(unsigned ready, void *arg)
{
	struct edge_conn_plan p = plan_of(&server, server_tls);
	int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)ready;
	(void)arg;
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(edge_conn_accept(&server.conn, &p, fd), EDGE_OK);
}

static struct edge_tls *tls_of(const struct edge_tls_recipe *r)
{
	char why[200];
	struct edge_tls *t = NULL;
	enum edge_err err = edge_tls_new(&t, r, why, sizeof(why));

	ck_assert_msg(err == EDGE_OK, "%s", why);
	return t;
}

static void setup(void)
{
	struct edge_addr remote;

	certs = certs_new();
	certs_make_usual(certs);
	ck_assert_int_eq(edge_loop_new(&loop), EDGE_OK);
	server_tls = tls_of(&(struct edge_tls_recipe){
		.chain = certs_path(certs, "edge.pem"),
		.key = certs_path(certs, "edge.key")});
	client_tls = tls_of(
		&(struct edge_tls_recipe){.trust = certs_path(certs, "ca.pem"),
					  .ask = EDGE_TLS_ASK_REQUIRED,
					  .is_client = true});
	plan = (struct edge_conn_plan){.loop = loop,
				       .policy = &policy,
				       .in_cap = 65536,
				       .out_cap = 4 << 20,
				       .high_water = 65536,
				       .low_water = 16384,
				       .handshake_ms = 5000,
				       .stall_ms = 5000,
				       .fn = on_event};
	server = (struct end){.other = &client};
	client = (struct end){.other = &server};
	ck_assert_int_eq(
		edge_addr_parse(&address, edge_slice_str("127.0.0.1"), 0),
		EDGE_OK);
	ck_assert_int_eq(edge_sock_listen(&listen_fd, &address, NULL, false),
			 EDGE_OK);
	edge_sock_names(listen_fd, &address, &remote);
	ck_assert_int_eq(edge_loop_watch(loop, listen_fd, EDGE_LOOP_READ,
					 on_accept, NULL),
			 EDGE_OK);
}

static void teardown(void)
{
	edge_conn_close(client.conn);
	edge_conn_close(server.conn);
	if (listen_fd >= 0)
		edge_loop_unwatch(loop, listen_fd);
	edge_loop_free(loop);
	if (listen_fd >= 0)
		close(listen_fd);
	edge_tls_drop(server_tls);
	edge_tls_drop(client_tls);
	free(server.got);
	free(client.got);
	certs_free(certs);
}

static void dial(void)
{
	struct edge_conn_plan p = plan_of(&client, client_tls);

	ck_assert_int_eq(edge_conn_dial(&client.conn, &p, NULL, NULL, &address,
					"sip.contoso.com."),
			 EDGE_OK);
}

static void run(void)
{
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
}

/* Take all that came; stop when the wanted length is there. */
static void collect(struct end *e)
{
	struct edge_slice in = edge_conn_input(e->conn);
	size_t len = edge_slice_len(in);

	e->got = realloc(e->got, e->got_len + len + 1);
	ck_assert_ptr_nonnull(e->got);
	memcpy(e->got + e->got_len, in.p, len);
	e->got_len += len;
	edge_conn_consume(e->conn, len);
	if (e->want_len && e->got_len >= e->want_len)
		edge_loop_stop(loop);
}

static void send_text(struct end *e, const char *text)
{
	ck_assert_int_eq(edge_conn_write(e->conn, edge_slice_str(text)),
			 EDGE_OK);
}

static void echo(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_DATA)
		return;
	ck_assert_int_eq(edge_conn_write(e->conn, edge_conn_input(e->conn)),
			 EDGE_OK);
	edge_conn_consume(e->conn, edge_conn_buffered(e->conn));
}

static void say_hello(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		send_text(e, "hello");
	if (ev == EDGE_CONN_DATA)
		collect(e);
}

START_TEST(conn_echoes_over_tls)
{
	server.fn = echo;
	client.fn = say_hello;
	client.want_len = 5;
	dial();
	run();
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
	client.fn = say_hello;
	server.fn = echo;
	client.want_len = 5;
	dial();
	run();
	ck_assert_str_eq(edge_conn_tls_version(server.conn), "TLSv1.3");
	ck_assert_str_eq(edge_conn_tls_suite(server.conn),
			 "TLS_AES_128_GCM_SHA256");
	ck_assert(!edge_conn_is_resumed(server.conn));
}
END_TEST

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 31 + (at >> 9));
}

static uint8_t *pattern_new(size_t len)
{
	uint8_t *p = malloc(len);

	ck_assert_ptr_nonnull(p);
	for (size_t i = 0; i < len; i++)
		p[i] = pattern(i);
	return p;
}

static void pattern_send(struct end *e, size_t len)
{
	uint8_t *p = pattern_new(len);

	ck_assert_int_eq(edge_conn_write(e->conn, edge_slice(p, len)), EDGE_OK);
	free(p);
}

static void pattern_check(const struct end *e, size_t len)
{
	uint8_t *want = pattern_new(len);

	ck_assert_uint_eq(e->got_len, len);
	ck_assert_int_eq(memcmp(e->got, want, len), 0);
	free(want);
}

enum { BIG = 3 << 20 };

static void on_big_sender(struct end *e, enum edge_conn_event ev)
{
	const int little = 16384; /* else the kernel may take it all */

	if (ev != EDGE_CONN_SECURED)
		return;
	ck_assert_int_eq(setsockopt(e->conn->stream.fd, SOL_SOCKET, SO_SNDBUF,
				    &little, sizeof(little)),
			 0);
	ck_assert(!edge_conn_above_high_water(e->conn));
	pattern_send(e, BIG);
	ck_assert(edge_conn_above_high_water(e->conn));
	ck_assert_uint_eq(edge_conn_queued(e->conn), BIG);
}

static void on_big_reader(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_DATA) {
		ck_assert_uint_le(edge_conn_buffered(e->conn), plan.in_cap);
		collect(e);
	}
}

START_TEST(conn_moves_much_and_drains_once)
{
	server.fn = on_big_sender;
	client.fn = on_big_reader;
	client.want_len = BIG;
	dial();
	run();
	pattern_check(&client, BIG);
	ck_assert_uint_eq(server.count[EDGE_CONN_DRAINED], 1);
	ck_assert_uint_eq(edge_conn_queued(server.conn), 0);
}
END_TEST

static void on_small_sender(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		pattern_send(e, plan.high_water);
}

START_TEST(conn_drained_is_silent_below_high_water)
{
	server.fn = on_small_sender;
	client.fn = on_big_reader;
	client.want_len = plan.high_water;
	dial();
	run();
	ck_assert_uint_eq(server.count[EDGE_CONN_DRAINED], 0);
}
END_TEST

static void on_dribble(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_DATA)
		collect(e);
	if (ev != EDGE_CONN_SECURED && ev != EDGE_CONN_DATA)
		return;
	if (e->got_len < 300)
		send_text(e, "x");
}

START_TEST(conn_moves_byte_by_byte)
{
	server.fn = echo;
	client.fn = on_dribble;
	client.want_len = 300;
	dial();
	run();
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
	dial();
	run();
	pattern_check(&client, 10);
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_LIVE);
}
END_TEST

START_TEST(conn_fails_when_input_is_full_and_nobody_takes_it)
{
	plan.in_cap = 4096;
	server.fn = on_small_sender;
	client.fn = NULL;
	dial();
	run();
	ck_assert_uint_eq(client.count[EDGE_CONN_FAILED], 1);
	ck_assert_int_eq(edge_conn_why(client.conn), EDGE_CONN_WHY_INPUT);
	ck_assert_uint_eq(edge_conn_buffered(client.conn), 4096);
	ck_assert_int_eq(edge_conn_write(client.conn, edge_slice_str("x")),
			 EDGE_ECLOSED);
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
		collect(e);
	}
}

START_TEST(conn_pause_holds_and_resume_tells_again)
{
	plan.in_cap = _i ? 5000 : 65536;
	plan.high_water = 65536;
	server.fn = on_small_sender;
	client.fn = on_pausing;
	client.want_len = plan.high_water;
	dial();
	run();
	pattern_check(&client, plan.high_water);
	edge_wheel_stop(&resume_timer);
}
END_TEST

static void pause_and_go(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		edge_conn_pause(e->conn);
	if (ev == EDGE_CONN_DATA)
		collect(e);
}

START_TEST(conn_stalls_when_the_reader_does_not_read)
{
	plan.stall_ms = 150;
	server.fn = on_big_sender;
	client.fn = pause_and_go;
	dial();
	run();
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
	dial();
	run();
	ck_assert_uint_eq(server.count[EDGE_CONN_TIMEOUT], 1);
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_WHY_STALLED);
	ck_assert_uint_le(server.conn->held.len, 64 * 1024);
	edge_wheel_stop(&nag_timer);
}
END_TEST

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
	run();
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
	run();
	ck_assert_uint_eq(server.count[EDGE_CONN_FAILED], 1);
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_WHY_TLS);
	ck_assert_str_eq(edge_conn_detail(server.conn), "http request");
	close(fd);
}
END_TEST

START_TEST(conn_fails_on_a_close_in_the_handshake)
{
	close(raw_connect());
	run();
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
	run();
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
	struct edge_conn_plan p = plan_of(&client, client_tls);
	int fd;

	ck_assert_int_eq(
		edge_addr_parse(&middle, edge_slice_str("127.0.0.1"), 0),
		EDGE_OK);
	ck_assert_int_eq(edge_sock_listen(&fd, &middle, NULL, false), EDGE_OK);
	edge_sock_names(fd, &middle, &none);
	server.fn = echo;
	client.fn = say_hello;
	client.want_len = 5;
	ck_assert_int_eq(
		edge_conn_dial(&client.conn, &p, NULL, NULL, &middle, NULL),
		EDGE_OK);
	ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
	drip.in = accept(fd, NULL, NULL);
	drip.out = raw_connect();
	drip.slow = 12;
	on_drip(&drip.timer, edge_loop_now_ms(loop));
	run();
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
	dial();
	ck_assert_uint_eq(client.count[EDGE_CONN_FAILED], 0);
	run();
	ck_assert_uint_eq(client.count[EDGE_CONN_FAILED], 1);
	ck_assert_int_eq(edge_conn_why(client.conn), EDGE_CONN_WHY_CONNECT);
	ck_assert_str_eq(edge_conn_detail(client.conn), "Connection refused");
}
END_TEST

START_TEST(conn_dial_binds_the_local_address)
{
	struct edge_conn_plan p = plan_of(&client, client_tls);
	struct edge_addr local;

	ck_assert_int_eq(
		edge_addr_parse(&local, edge_slice_str("127.0.0.9"), 0),
		EDGE_OK);
	server.fn = echo;
	client.fn = say_hello;
	client.want_len = 5;
	ck_assert_int_eq(
		edge_conn_dial(&client.conn, &p, &local, "lo", &address, NULL),
		EDGE_OK);
	run();
	ck_assert(edge_addr_same_ip(edge_conn_remote(server.conn), &local));
}
END_TEST

START_TEST(conn_dial_tells_a_device_that_is_not_there)
{
	struct edge_conn_plan p = plan_of(&client, client_tls);

	ck_assert_int_eq(edge_conn_dial(&client.conn, &p, NULL, "nodev0",
					&address, NULL),
			 EDGE_OK);
	run();
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
	dial();
	while (!server.count[EDGE_CONN_FAILED] ||
	       !client.count[EDGE_CONN_FAILED])
		run();
}

START_TEST(conn_reports_an_unknown_authority_on_both_sides)
{
	certs_make(certs, "other", &(struct cert_spec){.is_ca = true});
	edge_tls_drop(client_tls);
	client_tls = tls_of(&(struct edge_tls_recipe){
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
	server_tls = tls_of(&(struct edge_tls_recipe){
		.chain = certs_path(certs, "edge.pem"),
		.key = certs_path(certs, "edge.key"),
		.trust = certs_path(certs, "ca.pem"),
		.ask = ask});
	client_tls = tls_of(&(struct edge_tls_recipe){
		.chain = who ? certs_path(certs, chain) : NULL,
		.key = who ? certs_path(certs, key) : NULL,
		.trust = certs_path(certs, "ca.pem"),
		.ask = EDGE_TLS_ASK_REQUIRED,
		.is_client = true});
}

START_TEST(conn_knows_a_peer_by_its_certificate)
{
	mutual(EDGE_TLS_ASK_REQUIRED, "edge");
	server.fn = echo;
	client.fn = say_hello;
	client.want_len = 5;
	dial();
	run();
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
	server.fn = echo;
	client.fn = say_hello;
	client.want_len = 5;
	dial();
	run();
	ck_assert_int_eq(edge_conn_peer(server.conn)->fault,
			 _i ? EDGE_PEER_SELF_SIGNED : EDGE_PEER_ABSENT);
}
END_TEST

static void on_last_words(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_DATA)
		return;
	pattern_send(e, 2000);
	edge_conn_close(e->conn);
	e->conn = NULL;
}

static void until_eof(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		send_text(e, "bye?");
	if (ev == EDGE_CONN_DATA)
		collect(e);
	if (ev == EDGE_CONN_EOF)
		edge_loop_stop(loop);
}

START_TEST(conn_close_sends_the_last_words_and_goodbye)
{
	server.fn = on_last_words;
	client.fn = until_eof;
	dial();
	run();
	pattern_check(&client, 2000);
	ck_assert_int_eq(edge_conn_why(client.conn), EDGE_CONN_WHY_EOF);
}
END_TEST

static void on_long_refusal(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_DATA)
		return;
	pattern_send(e, BIG);
	edge_conn_close_after_flush(e->conn, 5000);
	e->conn = NULL;
}

START_TEST(conn_close_after_flush_waits_for_the_reader)
{
	server.fn = on_long_refusal;
	client.fn = until_eof;
	dial();
	run();
	pattern_check(&client, BIG);
	ck_assert_uint_eq(client.count[EDGE_CONN_EOF], 1);
}
END_TEST

static struct edge_timer stop_timer;

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
	pattern_send(e, BIG);
	edge_conn_close_after_flush(e->conn, 100);
	e->conn = NULL;
	edge_wheel_start(edge_loop_wheel(loop), &stop_timer,
			 edge_loop_now_ms(loop) + 400, on_stop_time);
}

START_TEST(conn_close_after_flush_ends_at_its_deadline)
{
	server.fn = on_short_refusal;
	client.fn = pause_and_go;
	dial();
	run(); /* a leak or a late event would show */
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
		send_text(e, "hello");
	if (ev == EDGE_CONN_EOF)
		edge_loop_stop(loop);
}

START_TEST(conn_may_be_closed_in_any_event)
{
	server.fn = on_any_close;
	server.want_len = _i ? EDGE_CONN_DATA : EDGE_CONN_SECURED;
	client.fn = stop_at_end;
	dial();
	run();
	ck_assert_ptr_null(server.conn);
	ck_assert_uint_eq(server.count[EDGE_CONN_EOF], 0);
}
END_TEST

static void cut_the_wire(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_DATA)
		shutdown(e->conn->stream.fd, SHUT_RDWR);
}

START_TEST(conn_tells_an_abrupt_end_as_reset)
{
	server.fn = cut_the_wire;
	client.fn = say_hello;
	dial();
	while (!client.count[EDGE_CONN_FAILED])
		run();
	ck_assert_int_eq(edge_conn_why(client.conn), EDGE_CONN_WHY_RESET);
	ck_assert_str_eq(edge_conn_detail(client.conn),
			 "closed without close_notify");
}
END_TEST

START_TEST(conn_idle_holds_no_buffer)
{
	server.fn = echo;
	client.fn = say_hello;
	client.want_len = 5;
	dial();
	run();
	ck_assert_ptr_null(server.conn->in.p);
	ck_assert_ptr_null(server.conn->out.p);
	ck_assert_ptr_null(server.conn->held.p);
	ck_assert_ptr_null(server.conn->peer);
	ck_assert(!edge_timer_running(&server.conn->deadline));
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

static TCase *tcase(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	suite_add_tcase(s, t);
	return t;
}

Suite *test_suite(void)
{
	Suite *s = suite_create("conn");
	TCase *t = tcase(s, "talk");

	tcase_add_test(t, conn_echoes_over_tls);
	tcase_add_test(t, conn_names_protocol_and_suite);
	tcase_add_test(t, conn_moves_much_and_drains_once);
	tcase_add_test(t, conn_drained_is_silent_below_high_water);
	tcase_add_test(t, conn_moves_byte_by_byte);
	tcase_add_test(t, conn_idle_holds_no_buffer);
	t = tcase(s, "limits");
	tcase_add_test(t, conn_write_refuses_past_the_cap_and_lives);
	tcase_add_test(t, conn_fails_when_input_is_full_and_nobody_takes_it);
	tcase_add_loop_test(t, conn_pause_holds_and_resume_tells_again, 0, 2);
	tcase_add_test(t, conn_stalls_when_the_reader_does_not_read);
	tcase_add_test(t, conn_stalls_when_nobody_reads_its_key_updates);
	tcase_add_test(t, conn_times_out_a_silent_client);
	tcase_add_loop_test(
		t, conn_refuses_a_client_hello_that_promises_too_much, 0, 4);
	tcase_add_test(t, conn_shakes_hands_with_a_dripping_client);
	t = tcase(s, "dial");
	tcase_add_test(t, conn_dial_tells_a_refused_connect);
	tcase_add_test(t, conn_dial_binds_the_local_address);
	tcase_add_test(t, conn_dial_tells_a_device_that_is_not_there);
	t = tcase(s, "peers");
	tcase_add_test(t, conn_reports_an_unknown_authority_on_both_sides);
	tcase_add_test(t, conn_knows_a_peer_by_its_certificate);
	tcase_add_test(t, conn_fails_without_the_certificate_it_requires);
	tcase_add_test(t, conn_fails_for_a_self_signed_peer_and_says_so);
	tcase_add_loop_test(
		t, conn_goes_on_with_a_bad_peer_where_it_is_optional, 0, 2);
	t = tcase(s, "endings");
	tcase_add_test(t, conn_fails_on_plain_text);
	tcase_add_test(t, conn_fails_on_a_close_in_the_handshake);
	tcase_add_test(t, conn_close_sends_the_last_words_and_goodbye);
	tcase_add_test(t, conn_close_after_flush_waits_for_the_reader);
	tcase_add_test(t, conn_close_after_flush_ends_at_its_deadline);
	tcase_add_loop_test(t, conn_may_be_closed_in_any_event, 0, 2);
	tcase_add_test(t, conn_tells_an_abrupt_end_as_reset);
	tcase_add_test(t, conn_why_has_words_for_all);
	return s;
}
