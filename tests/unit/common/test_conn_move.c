/* common/conn_move.c: off one loop, on another. */
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/conn_flow.h" /* the inside: its loop and descriptor */
#include "common/mailbox.h"
#include "common/sock.h"
#include "tests/support/suite.h"
#include "tests/unit/common/conn_world.h"

/* -- another loop ---------------------------------------------------------- */

enum { MOVERS = 24, ROUNDS = 20 };

struct mover {
	struct edge_conn *conn;
	struct edge_task task;
	unsigned rounds;
};

static struct {
	struct edge_loop *loop;
	struct edge_mailbox *box;
	pthread_t thread;
	pthread_barrier_t made;
	struct mover there[MOVERS], here[MOVERS];
	unsigned accepted, finished, handed;
} far;

static void on_far(struct edge_conn *c, enum edge_conn_event ev, void *arg)
{
	struct mover *m = arg;

	if (ev == EDGE_CONN_DATA) {
		m->rounds++;
		ck_assert_uint_gt(edge_conn_forward(c, c), 0);
	}
	if (ev == EDGE_CONN_EOF) {
		edge_conn_close(c);
		m->conn = NULL;
	}
	ck_assert_int_ne(ev, EDGE_CONN_SECURED);
}

static void on_far_mail(void *msg, void *arg)
{
	struct mover *m = msg;

	(void)arg;
	if (!m) {
		edge_loop_stop(far.loop);
		return;
	}
	ck_assert_int_eq(edge_conn_attach(m->conn, far.loop, on_far, m),
			 EDGE_OK);
	ck_assert_int_eq(edge_conn_attach(m->conn, far.loop, on_far, m),
			 EDGE_ESTATE);
}

static void drop_nothing(void *msg)
{
	ck_assert_ptr_null(msg);
}

static void *far_work(void *arg)
{
	(void)arg;
	ck_assert_int_eq(edge_loop_new(&far.loop), EDGE_OK);
	ck_assert_int_eq(edge_mailbox_new(&far.box, far.loop, 64, on_far_mail,
					  drop_nothing, NULL),
			 EDGE_OK);
	pthread_barrier_wait(&far.made);
	ck_assert_int_eq(edge_loop_run(far.loop), EDGE_OK);
	edge_mailbox_free(far.box);
	edge_loop_free(far.loop);
	return NULL;
}

static void hand_over(struct edge_task *t)
{
	struct mover *m =
		(struct mover *)(void *)((char *)t -
					 offsetof(struct mover, task));

	ck_assert_int_eq(edge_conn_detach(m->conn), EDGE_OK);
	far.handed++;
	ck_assert_int_eq(edge_mailbox_post(far.box, m), EDGE_OK);
}

/* The first word is left in the buffer: it is told on the other loop. */
static void on_near(struct edge_conn *c, enum edge_conn_event ev, void *arg)
{
	struct mover *m = arg;

	if (ev != EDGE_CONN_DATA)
		return;
	ck_assert_int_eq(edge_conn_detach(c), EDGE_ESTATE); /* it is told */
	m->task.fn = hand_over;
	edge_loop_defer(loop, &m->task);
}

static void on_near_door(unsigned ready, void *arg)
{
	struct mover *m = &far.there[far.accepted++];
	struct edge_conn_plan p = plan;
	struct edge_addr from;
	int fd;

	(void)ready;
	(void)arg;
	p.tls = server_tls;
	p.fn = on_near;
	p.arg = m;
	ck_assert_int_eq(edge_sock_accept(&fd, &from, listen_fd), EDGE_OK);
	ck_assert_int_eq(edge_conn_accept(&m->conn, &p, fd), EDGE_OK);
}

static void on_here(struct edge_conn *c, enum edge_conn_event ev, void *arg)
{
	struct mover *m = arg;

	ck_assert(ev == EDGE_CONN_SECURED || ev == EDGE_CONN_DATA);
	if (ev == EDGE_CONN_DATA) {
		ck_assert(edge_slice_eq_str(edge_conn_input(c), "ping"));
		edge_conn_consume(c, 4);
		m->rounds++;
	}
	if (m->rounds == ROUNDS) {
		edge_conn_close(c);
		m->conn = NULL;
		if (++far.finished == MOVERS)
			edge_loop_stop(loop);
		return;
	}
	ck_assert_int_eq(edge_conn_write(c, edge_slice_str("ping")), EDGE_OK);
}

START_TEST(conn_moves_to_another_loop)
{
	struct edge_conn_plan p = plan;

	memset(&far, 0, sizeof(far));
	pthread_barrier_init(&far.made, NULL, 2);
	ck_assert_int_eq(pthread_create(&far.thread, NULL, far_work, NULL), 0);
	pthread_barrier_wait(&far.made);
	edge_loop_unwatch(loop, listen_fd);
	ck_assert_int_eq(edge_loop_watch(loop, listen_fd, EDGE_LOOP_READ,
					 on_near_door, NULL),
			 EDGE_OK);
	p.tls = client_tls;
	p.fn = on_here;
	for (int i = 0; i < MOVERS; i++) {
		p.arg = &far.here[i];
		ck_assert_int_eq(edge_conn_dial(&far.here[i].conn, &p, NULL,
						NULL, &address, NULL),
				 EDGE_OK);
	}
	world_run();
	ck_assert_uint_eq(far.handed, MOVERS);
	ck_assert_int_eq(edge_mailbox_post(far.box, NULL), EDGE_OK);
	pthread_join(far.thread, NULL);
	for (int i = 0; i < MOVERS; i++) {
		ck_assert_uint_eq(far.there[i].rounds, ROUNDS);
		edge_conn_abort(far.there[i].conn); /* its loop is gone */
	}
	pthread_barrier_destroy(&far.made);
}
END_TEST

static void stop_at_eof(struct end *e, enum edge_conn_event ev)
{
	(void)e;
	if (ev == EDGE_CONN_EOF)
		edge_loop_stop(loop);
}

/* -- what may be detached -------------------------------------------------- */

static void talked(void)
{
	server.fn = end_echo;
	client.fn = end_say_hello;
	client.want_len = 5;
	world_dial();
	world_run();
}

START_TEST(conn_detach_wants_an_open_quiet_one)
{
	world_dial();
	ck_assert_int_eq(edge_conn_detach(client.conn), EDGE_ESTATE);
	client.fn = end_say_hello;
	server.fn = end_echo;
	client.want_len = 5;
	world_run();
	end_send(&client, "x");
	ck_assert_int_eq(edge_conn_detach(client.conn), EDGE_ESTATE);
	edge_conn_pause(server.conn);
	edge_conn_resume(server.conn); /* will be told again */
	ck_assert_int_eq(edge_conn_detach(server.conn), EDGE_ESTATE);
	client.want_len = 6;
	world_run();
	edge_conn_shut(client.conn);
	ck_assert_int_eq(edge_conn_detach(client.conn), EDGE_ESTATE);
	ck_assert_int_eq(edge_conn_attach(server.conn, loop, NULL, NULL),
			 EDGE_ESTATE);
	ck_assert_int_eq(edge_conn_detach(server.conn), EDGE_OK);
	ck_assert_int_eq(edge_conn_detach(server.conn), EDGE_ESTATE);
}
END_TEST

/* Told to nobody while it is on no loop; closed it says goodbye at once. */
START_TEST(conn_detached_is_silent_and_closes_at_once)
{
	talked();
	ck_assert_int_eq(edge_conn_detach(server.conn), EDGE_OK);
	ck_assert_ptr_null(server.conn->loop);
	ck_assert(!edge_timer_running(&server.conn->deadline));
	ck_assert_int_eq(edge_conn_write(server.conn, edge_slice_str("x")),
			 EDGE_ECLOSED);
	edge_conn_pause(server.conn);
	edge_conn_resume(server.conn);
	edge_conn_shut(server.conn);
	ck_assert_str_eq(edge_conn_tls_version(server.conn), "TLSv1.3");
	client.fn = stop_at_eof;
	server.count[EDGE_CONN_DATA] = 0;
	end_send(&client, "nobody hears it");
	if (_i == 0)
		edge_conn_close(server.conn);
	else if (_i == 1)
		edge_conn_close_after_flush(server.conn, 1000);
	else if (_i == 2)
		edge_conn_cut_after_flush(server.conn, 1000);
	else
		edge_conn_abort(server.conn);
	server.conn = NULL;
	client.count[EDGE_CONN_EOF] = client.count[EDGE_CONN_FAILED] = 0;
	world_run();
	ck_assert_uint_eq(server.count[EDGE_CONN_DATA], 0);
	ck_assert_uint_eq(client.count[EDGE_CONN_EOF] +
				  client.count[EDGE_CONN_FAILED],
			  1);
	if (_i >= 2)
		ck_assert_uint_eq(client.count[EDGE_CONN_FAILED], 1);
}
END_TEST

static void leave_it(struct end *e, enum edge_conn_event ev)
{
	(void)e;
	if (ev == EDGE_CONN_DATA)
		edge_loop_stop(loop);
}

static void on_attached(struct edge_conn *c, enum edge_conn_event ev, void *arg)
{
	ck_assert_ptr_eq(arg, &client); /* the new one */
	ck_assert_int_eq(ev, EDGE_CONN_DATA);
	ck_assert(edge_slice_eq_str(edge_conn_input(c), "kept"));
	server.count[ev]++;
	edge_loop_stop(loop);
}

/* Runs until all that was to be done in this turn is done. */
static void one_turn(void)
{
	edge_loop_stop(loop);
	world_run();
}

START_TEST(conn_attach_tells_again_unless_paused)
{
	talked();
	server.fn = leave_it;
	client.fn = NULL;
	end_send(&client, "kept");
	world_run();
	if (_i)
		edge_conn_pause(server.conn);
	ck_assert_int_eq(edge_conn_detach(server.conn), EDGE_OK);
	ck_assert(edge_slice_eq_str(edge_conn_input(server.conn), "kept"));
	server.count[EDGE_CONN_DATA] = 0;
	ck_assert_int_eq(
		edge_conn_attach(server.conn, loop, on_attached, &client),
		EDGE_OK);
	ck_assert_uint_eq(server.count[EDGE_CONN_DATA], 0);
	one_turn();
	ck_assert_uint_eq(server.count[EDGE_CONN_DATA], _i ? 0 : 1);
	if (_i) {
		edge_conn_resume(server.conn);
		world_run();
	}
	ck_assert_uint_eq(server.count[EDGE_CONN_DATA], 1);
}
END_TEST

/* A loop with room for 1024 descriptors, and one that is higher. */
static void *little_loop(void *arg)
{
	struct rlimit was, few;
	struct edge_loop *little = NULL;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	few.rlim_cur = 1024;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_int_eq(edge_loop_new(&little), EDGE_OK);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
	*(enum edge_err *)arg =
		edge_conn_attach(server.conn, little, on_attached, &client);
	edge_loop_free(little);
	return NULL;
}

START_TEST(conn_attach_says_when_the_loop_has_no_room)
{
	enum { HIGH = 2000 };
	enum edge_err err = EDGE_OK;
	pthread_t thread;

	talked();
	server.fn = leave_it;
	client.fn = NULL;
	end_send(&client, "kept");
	world_run();
	ck_assert_int_eq(edge_conn_detach(server.conn), EDGE_OK);
	ck_assert_int_eq(dup2(server.conn->stream.fd, HIGH), HIGH);
	close(server.conn->stream.fd);
	server.conn->stream.fd = HIGH;
	ck_assert_int_eq(pthread_create(&thread, NULL, little_loop, &err), 0);
	pthread_join(thread, NULL);
	ck_assert_int_eq(err, EDGE_ELIMIT);
	/* it is detached still, and fits here */
	ck_assert_int_eq(
		edge_conn_attach(server.conn, loop, on_attached, &client),
		EDGE_OK);
	world_run();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("conn_move");
	TCase *t = world_case(s, "another loop");

	tcase_add_test(t, conn_moves_to_another_loop);
	tcase_add_test(t, conn_detach_wants_an_open_quiet_one);
	tcase_add_loop_test(t, conn_detached_is_silent_and_closes_at_once, 0,
			    4);
	tcase_add_loop_test(t, conn_attach_tells_again_unless_paused, 0, 2);
	tcase_add_test(t, conn_attach_says_when_the_loop_has_no_room);
	return s;
}
