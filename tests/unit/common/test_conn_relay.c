/* common/conn_relay.c: one's input is the other's output. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/conn_flow.h" /* the inside: buffers that change places */
#include "common/sock.h"
#include "tests/support/suite.h"
#include "tests/unit/common/conn_world.h"

/* -- a relay between the client and the server ----------------------------- */

static struct {
	struct edge_conn *in, *out; /* to the client, to the server */
	int fd;
	struct edge_addr at;
	size_t most_queued;
	unsigned moved; /* times a buffer changed places */
} r;

static struct edge_conn **end_of(const struct edge_conn *c)
{
	return c == r.in ? &r.in : &r.out;
}

static struct edge_conn *other(const struct edge_conn *c)
{
	return c == r.in ? r.out : r.in;
}

static void pass(struct edge_conn *c)
{
	struct edge_conn *to = other(c);
	const uint8_t *p = c->in.p;

	(void)edge_conn_forward(c, to);
	r.moved += p && to->out.p == p;
	if (edge_conn_queued(to) > r.most_queued)
		r.most_queued = edge_conn_queued(to);
	if (edge_conn_above_high_water(to) || edge_conn_buffered(c))
		edge_conn_pause(c);
}

static void part(struct edge_conn *c)
{
	struct edge_conn *to = other(c);

	pass(c);
	if (edge_conn_why(c) == EDGE_CONN_WHY_TRUNCATED)
		edge_conn_cut_after_flush(to, 5000);
	else
		edge_conn_abort(to);
	*end_of(to) = NULL;
	edge_conn_close(c);
	*end_of(c) = NULL;
}

static void on_relayed(struct edge_conn *c, enum edge_conn_event ev, void *arg)
{
	(void)arg;
	if (ev == EDGE_CONN_DATA)
		pass(c);
	if (ev == EDGE_CONN_DRAINED)
		edge_conn_resume(other(c));
	if (ev == EDGE_CONN_EOF)
		edge_conn_shut(other(c));
	if (ev == EDGE_CONN_FAILED)
		part(c);
}

static void on_relay_door(unsigned ready, void *arg)
{
	struct edge_conn_plan p = world_plan(&server, server_tls);
	struct edge_addr from;
	int fd;

	(void)ready;
	(void)arg;
	p.fn = on_relayed;
	p.out_cap = p.high_water + p.in_cap;
	ck_assert_int_eq(edge_sock_accept(&fd, &from, r.fd), EDGE_OK);
	ck_assert_int_eq(edge_conn_accept(&r.in, &p, fd), EDGE_OK);
	p.tls = client_tls;
	ck_assert_int_eq(edge_conn_dial(&r.out, &p, NULL, NULL, &address, NULL),
			 EDGE_OK);
}

/* The client dials the relay, and that the server. */
static void relay_dial(void)
{
	struct edge_conn_plan p = world_plan(&client, client_tls);
	struct edge_addr none;

	memset(&r, 0, sizeof(r));
	r.at = address;
	r.at.port = 0;
	ck_assert_int_eq(edge_sock_listen(&r.fd, &r.at, NULL, false), EDGE_OK);
	edge_sock_names(r.fd, &r.at, &none);
	ck_assert_int_eq(edge_loop_watch(loop, r.fd, EDGE_LOOP_READ,
					 on_relay_door, NULL),
			 EDGE_OK);
	ck_assert_int_eq(
		edge_conn_dial(&client.conn, &p, NULL, NULL, &r.at, NULL),
		EDGE_OK);
}

static void relay_end(void)
{
	edge_conn_close(r.in);
	edge_conn_close(r.out);
	edge_loop_unwatch(loop, r.fd);
	close(r.fd);
}

static void say_and_shut(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_SECURED) {
		end_send_pattern(e, e->say_len);
		edge_conn_shut(e->conn);
	}
	if (ev == EDGE_CONN_DATA)
		end_collect(e);
	if (ev == EDGE_CONN_EOF)
		edge_loop_stop(loop);
}

static void answer_at_eof(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_DATA)
		end_collect(e);
	if (ev == EDGE_CONN_EOF) {
		end_send_pattern(e, e->say_len);
		edge_conn_shut(e->conn);
	}
}

START_TEST(conn_forward_moves_all_and_half_closes_both_ways)
{
	plan.has_secrets = _i;
	client.say_len = server.say_len = BIG;
	client.fn = say_and_shut;
	server.fn = answer_at_eof;
	relay_dial();
	world_run();
	end_check_pattern(&server, BIG);
	end_check_pattern(&client, BIG);
	ck_assert_uint_ge(r.moved, 1);
	ck_assert_uint_le(r.most_queued,
			  plan.high_water + plan.in_cap + 68 * 1024);
	ck_assert_int_eq(edge_conn_why(r.in), EDGE_CONN_WHY_EOF);
	ck_assert_int_eq(edge_conn_why(r.out), EDGE_CONN_WHY_EOF);
	ck_assert_ptr_null(r.in->out.p);
	ck_assert_ptr_null(r.in->stream.tx.p);
	relay_end();
}
END_TEST

static struct edge_timer resume_timer;

static void on_resume_time(struct edge_timer *t, uint64_t now_ms)
{
	(void)t;
	(void)now_ms;
	edge_conn_resume(server.conn);
}

/* Reads nothing for a while: what it does not read stays with its writer. */
static void read_late(struct end *e, enum edge_conn_event ev)
{
	const int little = 16384;

	if (ev == EDGE_CONN_DATA)
		end_collect(e);
	if (ev != EDGE_CONN_SECURED)
		return;
	ck_assert_int_eq(setsockopt(r.out->stream.fd, SOL_SOCKET, SO_SNDBUF,
				    &little, sizeof(little)),
			 0);
	edge_conn_pause(e->conn);
	edge_wheel_start(edge_loop_wheel(loop), &resume_timer,
			 edge_loop_now_ms(loop) + 300, on_resume_time);
}

START_TEST(conn_forward_holds_the_writer_back)
{
	client.say_len = BIG;
	client.fn = say_and_shut;
	server.fn = read_late;
	server.want_len = BIG;
	relay_dial();
	world_run();
	end_check_pattern(&server, BIG);
	ck_assert_uint_le(r.most_queued,
			  plan.high_water + plan.in_cap + 68 * 1024);
	ck_assert_uint_gt(r.most_queued, plan.high_water);
	edge_wheel_stop(&resume_timer);
	relay_end();
}
END_TEST

static void say_and_cut(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_SECURED)
		return;
	end_send_pattern(e, e->say_len);
	edge_conn_cut_after_flush(e->conn, 5000);
	e->conn = NULL;
}

static void only_collect(struct end *e, enum edge_conn_event ev)
{
	if (ev == EDGE_CONN_DATA)
		end_collect(e);
}

START_TEST(conn_forward_passes_a_truncation_on)
{
	client.say_len = 100000;
	client.fn = say_and_cut;
	server.fn = only_collect;
	relay_dial();
	world_run();
	end_check_pattern(&server, 100000);
	ck_assert_int_eq(edge_conn_why(server.conn), EDGE_CONN_WHY_TRUNCATED);
	ck_assert_uint_eq(server.count[EDGE_CONN_EOF], 0);
	ck_assert_ptr_null(r.in);
	relay_end();
}
END_TEST

static void abort_at_once(struct end *e, enum edge_conn_event ev)
{
	if (ev != EDGE_CONN_DATA)
		return;
	edge_conn_abort(e->conn);
	e->conn = NULL;
}

START_TEST(conn_forward_passes_a_reset_on)
{
	client.fn = end_say_hello;
	server.fn = abort_at_once;
	relay_dial();
	world_run();
	ck_assert_int_eq(edge_conn_why(client.conn), EDGE_CONN_WHY_RESET);
	ck_assert_ptr_null(r.in);
	relay_end();
}
END_TEST

/* -- one call of forward --------------------------------------------------- */

static void stop_at_eof(struct end *e, enum edge_conn_event ev)
{
	(void)e;
	if (ev == EDGE_CONN_EOF)
		edge_loop_stop(loop);
}

/* The server has said that much and ends; the client, which is both ends of
 * the relay here, has taken nothing. */
static void client_holds(size_t len)
{
	client.fn = stop_at_eof;
	server.say_len = len;
	server.fn = say_and_shut;
	world_dial();
	world_run();
	ck_assert_uint_eq(edge_conn_buffered(client.conn), len);
}

static void server_hears(size_t len)
{
	server.fn = only_collect;
	server.want_len = len;
	world_run();
}

START_TEST(conn_forward_changes_places_when_all_fits)
{
	const uint8_t *p;

	client_holds(3000);
	p = client.conn->in.p;
	ck_assert_uint_eq(edge_conn_forward(client.conn, client.conn), 3000);
	ck_assert_ptr_eq(client.conn->out.p, p);
	ck_assert_ptr_null(client.conn->in.p);
	ck_assert_uint_eq(edge_conn_buffered(client.conn), 0);
	ck_assert_uint_eq(edge_conn_queued(client.conn), 3000);
	ck_assert_uint_eq(edge_conn_forward(client.conn, client.conn), 0);
	server_hears(3000);
	end_check_pattern(&server, 3000);
}
END_TEST

START_TEST(conn_forward_copies_behind_what_is_queued)
{
	client_holds(3000);
	end_send(&client, "first ");
	ck_assert_uint_eq(edge_conn_forward(client.conn, client.conn), 3000);
	ck_assert_uint_eq(edge_conn_queued(client.conn), 3006);
	ck_assert_ptr_null(client.conn->in.p);
	server_hears(3006);
	ck_assert_mem_eq(server.got, "first ", 6);
}
END_TEST

START_TEST(conn_forward_moves_what_there_is_room_for)
{
	client_holds(3000);
	client.conn->out_cap = 1000;
	ck_assert_uint_eq(edge_conn_forward(client.conn, client.conn), 1000);
	ck_assert_uint_eq(edge_conn_forward(client.conn, client.conn), 0);
	ck_assert_uint_eq(edge_conn_buffered(client.conn), 2000);
	client.conn->out_cap = 5000;
	client.conn->in.is_secret = true; /* may not lie in an open queue */
	ck_assert_uint_eq(edge_conn_forward(client.conn, client.conn), 2000);
	server_hears(3000);
	end_check_pattern(&server, 3000);
}
END_TEST

START_TEST(conn_forward_gives_nothing_to_who_writes_no_more)
{
	client_holds(3000);
	edge_conn_shut(client.conn);
	ck_assert_uint_eq(edge_conn_forward(client.conn, client.conn), 0);
	ck_assert_uint_eq(edge_conn_buffered(client.conn), 3000);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("conn_relay");
	TCase *t = world_case(s, "relay");

	tcase_add_loop_test(t, conn_forward_moves_all_and_half_closes_both_ways,
			    0, 2);
	tcase_add_test(t, conn_forward_holds_the_writer_back);
	tcase_add_test(t, conn_forward_passes_a_truncation_on);
	tcase_add_test(t, conn_forward_passes_a_reset_on);
	t = world_case(s, "forward");
	tcase_add_test(t, conn_forward_changes_places_when_all_fits);
	tcase_add_test(t, conn_forward_copies_behind_what_is_queued);
	tcase_add_test(t, conn_forward_moves_what_there_is_room_for);
	tcase_add_test(t, conn_forward_gives_nothing_to_who_writes_no_more);
	return s;
}
