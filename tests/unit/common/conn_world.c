#include "tests/unit/common/conn_world.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/sock.h"

struct certs *certs;
struct edge_loop *loop;
struct edge_tls *server_tls, *client_tls;
struct edge_conn_plan plan;
struct end server, client;
int listen_fd;
struct edge_addr address;
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

struct edge_conn_plan world_plan(struct end *e, struct edge_tls *tls)
{
	struct edge_conn_plan p = plan;

	p.tls = tls;
	p.arg = e;
	return p;
}

static void on_accept(unsigned ready, void *arg)
{
	struct edge_conn_plan p = world_plan(&server, server_tls);
	int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)ready;
	(void)arg;
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(edge_conn_accept(&server.conn, &p, fd), EDGE_OK);
}

struct edge_tls *world_tls(const struct edge_tls_recipe *r)
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
	server_tls = world_tls(&(struct edge_tls_recipe){
		.chain = certs_path(certs, "edge.pem"),
		.key = certs_path(certs, "edge.key")});
	client_tls = world_tls(
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

void world_dial(void)
{
	struct edge_conn_plan p = world_plan(&client, client_tls);

	ck_assert_int_eq(edge_conn_dial(&client.conn, &p, NULL, NULL, &address,
					"sip.contoso.com."),
			 EDGE_OK);
}

void world_run(void)
{
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
}

void end_collect(struct end *e)
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

void end_send(struct end *e, const char *text)
{
	ck_assert_int_eq(edge_conn_write(e->conn, edge_slice_str(text)),
			 EDGE_OK);
}

void end_echo(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_DATA)
		return;
	ck_assert_int_eq(edge_conn_write(e->conn, edge_conn_input(e->conn)),
			 EDGE_OK);
	edge_conn_consume(e->conn, edge_conn_buffered(e->conn));
}

void end_say_hello(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		end_send(e, "hello");
	if (ev == EDGE_CONN_DATA)
		end_collect(e);
}

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 31 + (at >> 9));
}

uint8_t *pattern_new(size_t len)
{
	uint8_t *p = malloc(len);

	ck_assert_ptr_nonnull(p);
	for (size_t i = 0; i < len; i++)
		p[i] = pattern(i);
	return p;
}

void end_send_pattern(struct end *e, size_t len)
{
	uint8_t *p = pattern_new(len);

	ck_assert_int_eq(edge_conn_write(e->conn, edge_slice(p, len)), EDGE_OK);
	free(p);
}

void end_check_pattern(const struct end *e, size_t len)
{
	uint8_t *want = pattern_new(len);

	ck_assert_uint_eq(e->got_len, len);
	ck_assert_int_eq(memcmp(e->got, want, len), 0);
	free(want);
}

void end_pause(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED)
		edge_conn_pause(e->conn);
	if (ev == EDGE_CONN_DATA)
		end_collect(e);
}

TCase *world_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	suite_add_tcase(s, t);
	return t;
}
