/* common/conn.c: TLS over loopback, back-pressure, deadlines, endings. */
#include "common/conn.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

Suite *test_suite(void)
{
	Suite *s = suite_create("conn");
	TCase *t = tcase_create("talk");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, conn_echoes_over_tls);
	suite_add_tcase(s, t);
	return s;
}
