/* av-edge/pipe.c and hub.c: connections, queues, timers and chores. */
#include "av-edge/pipe.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "av-edge/sockets.h"
#include "common/sock.h"
#include "tests/support/suite.h"

enum { TURNS = 200, CAP = 65536 };

struct seen {
	unsigned connected, readable, drained, gone;
	size_t len;
	uint8_t bytes[4096];
};

static struct end {
	struct ave_pipe pipe;
	struct seen seen;
	bool closes; /* when gone */
} end;
static struct ave_hub *hub;

static void on_event(struct ave_pipe *p, enum ave_pipe_event e)
{
	struct seen *s = &end.seen;
	enum edge_err err;
	size_t len;

	s->connected += e == AVE_PIPE_CONNECTED;
	s->drained += e == AVE_PIPE_DRAINED;
	s->gone += e == AVE_PIPE_GONE;
	if (e == AVE_PIPE_GONE)
		ave_pipe_close(p, false);
	if (e != AVE_PIPE_READABLE)
		return;
	s->readable++;
	err = ave_pipe_take(p, s->bytes + s->len, sizeof(s->bytes) - s->len,
			    &len);
	if (!err) {
		s->len += len;
	} else if (err != EDGE_EAGAIN) {
		s->gone++;
		ave_pipe_close(p, false);
	}
}

static void no_datagram(struct ave_batch_item *it, void *arg)
{
	(void)it;
	(void)arg;
	ck_abort_msg("no datagram is expected");
}

static void no_begin(uint64_t now_ms, void *arg)
{
	(void)now_ms;
	(void)arg;
}

static void turn(void)
{
	ave_hub_turn(hub, no_datagram, no_begin, NULL);
}

#define turn_until(what)                                      \
	do {                                                  \
		for (int left = TURNS; !(what); left--) {     \
			ck_assert_msg(left, "never: " #what); \
			turn();                               \
		}                                             \
	} while (0)

static void set_up(void)
{
	struct ave_batch *b;

	ck_assert_int_eq(ave_batch_new(&b, AVE_BATCH_AUTO, 4), EDGE_OK);
	ck_assert_int_eq(ave_batch_begin(b), EDGE_OK);
	ck_assert_int_eq(ave_hub_new(&hub, b, 3), EDGE_OK);
	memset(&end, 0, sizeof(end));
}

static void tear_down(void)
{
	ave_pipe_close(&end.pipe, false);
	ck_assert_uint_eq(edge_handles_count(hub->ears), 0);
	ave_hub_free(hub);
}

/* The other end of our pipe. */
static int paired(void)
{
	int fd[2], small = 4096;

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	ck_assert_int_eq(ave_pipe_open(&end.pipe, hub, fd[0], false, on_event),
			 EDGE_OK);
	return fd[1];
}

static struct edge_slice text(const char *s)
{
	return edge_slice_str(s);
}

START_TEST(pipe_brings_what_came_and_sends)
{
	char back[8];
	int fd = paired();

	ck_assert_int_eq(write(fd, "hello", 5), 5);
	turn_until(end.seen.len == 5);
	ck_assert_mem_eq(end.seen.bytes, "hello", 5);
	ck_assert_int_eq(ave_pipe_put(&end.pipe, text("back")), EDGE_OK);
	ck_assert_int_eq(read(fd, back, sizeof(back)), 4);
	close(fd);
	turn_until(end.seen.gone);
}
END_TEST

/* A reader that does not read: full at half, refused at the cap, whole frames
 * only, drained when read. */
START_TEST(pipe_queue_has_a_cap_and_says_when_it_drains)
{
	static uint8_t frame[1000], got[CAP * 4];
	size_t put = 0, len = 0;
	int fd = paired();

	ave_pipe_set_cap(&end.pipe, CAP);
	for (;; put++) {
		enum edge_err err;

		memset(frame, (int)put, sizeof(frame));
		err = ave_pipe_put(&end.pipe, edge_slice(frame, sizeof(frame)));
		if (err == EDGE_ELIMIT)
			break;
		ck_assert_int_eq(err, EDGE_OK);
	}
	ck_assert(ave_pipe_is_full(&end.pipe));
	ck_assert_uint_ge(end.pipe.out.len, CAP - sizeof(frame));
	ck_assert_uint_le(end.pipe.out.len, CAP);
	ck_assert_uint_eq(end.seen.drained, 0);
	while (len < put * sizeof(frame)) {
		ssize_t n = read(fd, got + len, sizeof(got) - len);

		if (n > 0)
			len += (size_t)n;
		else
			turn();
	}
	turn_until(end.seen.drained == 1);
	ck_assert_uint_eq(len, put * sizeof(frame));
	for (size_t i = 0; i < len; i++)
		ck_assert_uint_eq(got[i], (uint8_t)(i / sizeof(frame)));
	ck_assert_ptr_null(end.pipe.out.p);
	close(fd);
}
END_TEST

START_TEST(pipe_paused_reads_nothing_until_resumed)
{
	int fd = paired();

	ave_pipe_pause(&end.pipe);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	for (int i = 0; i < 3; i++)
		turn();
	ck_assert_uint_eq(end.seen.readable, 0);
	ave_pipe_resume(&end.pipe);
	turn_until(end.seen.len == 1);
	close(fd);
}
END_TEST

/* As when the kernel has no memory for it: the descriptor is taken away. */
START_TEST(pipe_that_cannot_be_listened_to_is_gone)
{
	int fd = paired();

	close(end.pipe.fd);
	ave_pipe_pause(&end.pipe);
	ck_assert_uint_eq(end.seen.gone, 0); /* not in the midst of the call */
	ave_pipe_resume(&end.pipe);
	turn();
	ck_assert_uint_eq(end.seen.gone, 1);
	turn();
	ck_assert_uint_eq(end.seen.gone, 1);
	close(fd);
}
END_TEST

START_TEST(pipe_put_after_the_end_is_refused)
{
	int fd = paired();

	close(fd);
	turn_until(end.seen.gone);
	ck_assert_int_eq(ave_pipe_put(&end.pipe, text("x")), EDGE_ECLOSED);
	ave_pipe_close(&end.pipe, false);
}
END_TEST

static struct edge_addr listening(int *fd, const char *ip)
{
	struct ave_place p = {.device = "lo"};
	struct edge_addr remote;

	ck_assert_int_eq(edge_addr_parse(&p.at, edge_slice_str(ip), 0),
			 EDGE_OK);
	ck_assert_int_eq(ave_socket_relay(fd, &p), EDGE_OK);
	edge_sock_names(*fd, &p.at, &remote);
	return p.at;
}

/* AV 1.15: listener and outgoing connection on one address and port. */
START_TEST(pipe_dials_from_the_port_it_listens_on)
{
	int server, own, in, fd;
	struct edge_addr to = listening(&server, "127.0.0.1");
	struct ave_place from = {.at = listening(&own, "127.0.0.1")};
	struct edge_addr local, remote;

	ck_assert_int_eq(ave_socket_dial(&fd, &from, &to), EDGE_OK);
	ck_assert_int_eq(ave_pipe_open(&end.pipe, hub, fd, true, on_event),
			 EDGE_OK);
	ave_pipe_set_cap(&end.pipe, 16);
	ck_assert_int_eq(ave_pipe_put(&end.pipe, text("early")), EDGE_OK);
	turn_until(end.seen.connected);
	while ((in = accept(server, NULL, NULL)) < 0)
		turn();
	edge_sock_names(in, &local, &remote);
	ck_assert(edge_addr_eq(&remote, &from.at));
	ck_assert_int_eq(write(in, "ok", 2), 2);
	turn_until(end.seen.len == 2);
	ave_pipe_close(&end.pipe, true);
	close(in);
	close(own);
	close(server);
}
END_TEST

START_TEST(pipe_dialled_in_vain_is_gone)
{
	int server, fd;
	struct edge_addr to = listening(&server, "127.0.0.1");
	struct ave_place from = {.at = to};

	close(server);
	from.at.port = 0;
	if (ave_socket_dial(&fd, &from, &to) != EDGE_OK)
		return; /* refused at once: as good */
	ck_assert_int_eq(ave_pipe_open(&end.pipe, hub, fd, true, on_event),
			 EDGE_OK);
	turn_until(end.seen.gone);
	ck_assert_uint_eq(end.seen.connected, 0);
}
END_TEST

struct errand {
	struct ave_chore chore;
	struct edge_timer timer;
	unsigned done;
};

static void do_chore(struct ave_chore *c)
{
	((struct errand *)(void *)c)->done++;
}

static void on_timer(struct edge_timer *t, uint64_t now_ms)
{
	struct errand *e =
		(struct errand *)(void *)((char *)t -
					  offsetof(struct errand, timer));

	(void)now_ms;
	ave_hub_later(hub, &e->chore);
	ave_hub_later(hub, &e->chore);
}

START_TEST(hub_fires_timers_and_does_chores_once)
{
	struct errand e = {.chore.fn = do_chore};

	edge_wheel_start(hub->wheel, &e.timer, hub->now_ms + 20, on_timer);
	turn_until(e.done);
	ck_assert_uint_eq(e.done, 1);
	turn();
	ck_assert_uint_eq(e.done, 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("pipe");
	TCase *t = tcase_create("connections");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, pipe_brings_what_came_and_sends);
	tcase_add_test(t, pipe_queue_has_a_cap_and_says_when_it_drains);
	tcase_add_test(t, pipe_paused_reads_nothing_until_resumed);
	tcase_add_test(t, pipe_that_cannot_be_listened_to_is_gone);
	tcase_add_test(t, pipe_put_after_the_end_is_refused);
	tcase_add_test(t, pipe_dials_from_the_port_it_listens_on);
	tcase_add_test(t, pipe_dialled_in_vain_is_gone);
	tcase_add_test(t, hub_fires_timers_and_does_chores_once);
	suite_add_tcase(s, t);
	return s;
}
