/* av-edge/stream.c: a TCP client from its first bytes to its end. */
#include "av-edge/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "av-edge/mst_tcp.h"
#include "tests/support/suite.h"

enum { TURNS = 400, OUT_CAP = 80000 };

static struct world {
	struct ave_stream_host host; /* first */
	struct ave_hub *hub;
	struct ave_stream *stream;
	unsigned messages, gone, filled, drained;
	enum ave_stream_why why;
	enum ave_cut cut[8];
	char body[8][64];
	size_t len[8];
	bool pauses; /* after each message */
	struct ave_pipe *joins;
} w;

static void on_message(struct ave_stream_host *h, struct ave_stream *s,
		       enum ave_cut cut, const struct ave_packet *p)
{
	unsigned n = w.messages++;

	ck_assert_ptr_eq(h, &w.host);
	ck_assert_uint_lt(n, 8);
	w.cut[n] = cut;
	w.len[n] = p->len;
	memcpy(w.body[n], p->p, p->len < 64 ? p->len : 64);
	memset(p->p - AVE_HEADROOM, 0xee, AVE_HEADROOM);
	memset(p->p + p->len, 0xee, AVE_TAILROOM);
	if (w.pauses)
		ave_stream_pause(s);
	if (w.joins)
		ave_stream_join(s, w.joins);
}

static void on_gone(struct ave_stream_host *h, struct ave_stream *s,
		    enum ave_stream_why why)
{
	(void)h;
	ck_assert_ptr_eq(s, w.stream);
	w.gone++;
	w.why = why;
}

static void on_filled(struct ave_stream_host *h, struct ave_stream *s)
{
	(void)h;
	(void)s;
	w.filled++;
}

static void on_drained(struct ave_stream_host *h, struct ave_stream *s)
{
	(void)h;
	(void)s;
	w.drained++;
}

static void no_datagram(struct ave_batch_item *it, void *arg)
{
	(void)it;
	(void)arg;
}

static void no_begin(uint64_t now_ms, void *arg)
{
	(void)now_ms;
	(void)arg;
}

static void turn(void)
{
	ave_hub_turn(w.hub, no_datagram, no_begin, NULL);
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

	w = (struct world){.host = {.message = on_message,
				    .gone = on_gone,
				    .filled = on_filled,
				    .drained = on_drained,
				    .is_rfc_served = true,
				    .out_cap = OUT_CAP,
				    .first_bytes_ms = 60000,
				    .first_allocate_ms = 60000,
				    .stall_ms = 60000,
				    .keep_alive_s = 30}};
	ck_assert_int_eq(ave_batch_new(&b, AVE_BATCH_EPOLL, 1), EDGE_OK);
	ck_assert_int_eq(ave_batch_begin(b), EDGE_OK);
	ck_assert_int_eq(ave_hub_new(&w.hub, b, 1), EDGE_OK);
	w.host.hub = w.hub;
	ck_assert_int_eq(
		edge_handles_new(&w.host.streams, 1, 100, EDGE_HANDLE_REST),
		EDGE_OK);
}

static void tear_down(void)
{
	if (w.stream && !w.gone)
		ave_stream_finish(w.stream);
	ck_assert_uint_eq(w.gone, w.stream ? 1 : 0);
	ck_assert_uint_eq(edge_handles_count(w.host.streams), 0);
	ck_assert_uint_eq(edge_handles_count(w.hub->ears), 0);
	ave_hub_free(w.hub);
	edge_handles_free(w.host.streams);
}

static struct edge_addr somewhere(uint16_t port)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str("192.0.2.1"), port),
			 EDGE_OK);
	return a;
}

static int client(void)
{
	const struct ave_stream_ends ends = {somewhere(1), somewhere(2), false};
	int fd[2], small = 4096;

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	ck_assert_int_eq(ave_stream_new(&w.stream, &w.host, fd[0], &ends),
			 EDGE_OK);
	return fd[1];
}

static void say(int fd, const void *p, size_t len)
{
	ck_assert_int_eq(write(fd, p, len), (ssize_t)len);
}

static const uint8_t frames[] = {0x16, 3, 1, 0, 0x2d, 1, 0, 0, 0x29, 3,
				 1, [44] = 0, 2, 0, 0x18, 1, 0,
				 /* control "abc", data "d" */
				 2, 0, 0, 3, 'a', 'b', 'c', 3, 0, 0, 1, 'd'};

static void expect_frames(int fd)
{
	uint8_t reply[200];

	turn_until(w.messages == 2);
	ck_assert_int_eq(w.stream->kind, AVE_STREAM_MS);
	ck_assert_int_eq(w.cut[0], AVE_CUT_MST_CONTROL);
	ck_assert_uint_eq(w.len[0], 3);
	ck_assert_mem_eq(w.body[0], "abc", 3);
	ck_assert_int_eq(w.cut[1], AVE_CUT_MST_DATA);
	ck_assert_uint_eq(w.len[1], 1);
	ck_assert_int_eq(w.body[1][0], 'd');
	ck_assert_int_eq(read(fd, reply, sizeof(reply)), MST_HELLO_REPLY_LEN);
}

/* AV 1.3: what follows the hello in the same segment is framed data. */
START_TEST(stream_greets_pseudo_tls_and_cuts_frames)
{
	int fd = client();

	say(fd, frames, sizeof(frames));
	expect_frames(fd);
	close(fd);
	turn_until(w.gone);
	ck_assert_int_eq(w.why, AVE_STREAM_CLOSED);
}
END_TEST

START_TEST(stream_takes_bytes_one_by_one)
{
	int fd = client();

	for (size_t i = 0; i < sizeof(frames); i++) {
		say(fd, frames + i, 1);
		turn();
	}
	expect_frames(fd);
	close(fd);
}
END_TEST

START_TEST(stream_takes_plain_framing)
{
	int fd = client();

	say(fd, "\x02\0\0\2hi", 6);
	turn_until(w.messages == 1);
	ck_assert_uint_eq(w.len[0], 2);
	close(fd);
}
END_TEST

static const char stun[] = "\x00\x03\x00\x00\x21\x12\xa4\x42"
			   "0123456789ab"
			   "\x40\x00\x00\x02"
			   "xy\0";

START_TEST(stream_takes_rfc_messages)
{
	int fd = client();

	say(fd, stun, sizeof(stun)); /* its last NUL is padding too */
	turn_until(w.messages == 2);
	ck_assert_int_eq(w.cut[0], AVE_CUT_RFC_MESSAGE);
	ck_assert_uint_eq(w.len[0], 20);
	ck_assert_int_eq(w.cut[1], AVE_CUT_RFC_CHANNEL);
	ck_assert_uint_eq(w.len[1], 6);
	ck_assert_mem_eq(w.body[1], "\x40\x00\x00\x02xy", 6);
	close(fd);
}
END_TEST

START_TEST(stream_refuses_rfc_when_it_is_off)
{
	int fd = client();

	w.host.is_rfc_served = false;
	say(fd, stun, sizeof(stun));
	turn_until(w.gone);
	ck_assert_int_eq(w.why, AVE_STREAM_STRANGE);
	close(fd);
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
	enum ave_stream_why why;
} endings[] = {
	{"GET / HTTP/1.1\r\n\r\n", 18, AVE_STREAM_STRANGE},
	{"\x02\0\0\0\x09\0\0\0", 8, AVE_STREAM_FRAMING},
	{"\x16\x03\x03\x00\x50", 5, AVE_STREAM_TLS}, /* none is served */
};

/* As it was asked at the door: the tally there counts it by this name, and a
 * socket whose client has reset it tells none. */
START_TEST(stream_keeps_the_names_it_came_in_with)
{
	const struct edge_addr one = somewhere(1), two = somewhere(2);
	int fd = client();

	ck_assert(edge_addr_eq(&w.stream->client, &one));
	ck_assert(edge_addr_eq(&w.stream->server, &two));
	close(fd);
}
END_TEST

START_TEST(stream_ends_for_a_reason)
{
	int fd = client();
	char c;

	say(fd, endings[_i].bytes, endings[_i].len);
	turn_until(w.gone);
	ck_assert_int_eq(w.why, endings[_i].why);
	ck_assert_int_le(read(fd, &c, 1), 0);
	close(fd);
}
END_TEST

START_TEST(stream_waits_for_first_bytes_so_long)
{
	int fd;

	w.host.first_bytes_ms = 60;
	fd = client();
	say(fd, frames, 20);
	turn_until(w.gone);
	ck_assert_int_eq(w.why, AVE_STREAM_SLOW);
	close(fd);
}
END_TEST

START_TEST(stream_waits_for_an_allocation_so_long)
{
	int fd;

	w.host.first_bytes_ms = 60;
	w.host.first_allocate_ms = 200;
	fd = client();
	say(fd, frames, sizeof(frames));
	turn_until(w.gone);
	ck_assert_uint_eq(w.messages, 2);
	ck_assert_int_eq(w.why, AVE_STREAM_SLOW);
	close(fd);
}
END_TEST

static void say_most_of_a_long_frame(int fd, size_t len)
{
	static uint8_t b[30000] = {3, 0, 0xff, 0xff};

	say(fd, b, len);
}

/* Who has no allocation is owed no memory. */
START_TEST(stream_keeps_little_for_strangers)
{
	int fd = client();

	say_most_of_a_long_frame(fd, 2048);
	for (int i = 0; i < 3; i++)
		turn();
	ck_assert_uint_eq(w.stream->rest.len, 2048);
	say(fd, "x", 1);
	turn_until(w.gone);
	ck_assert_int_eq(w.why, AVE_STREAM_FRAMING);
	close(fd);
}
END_TEST

START_TEST(stream_keeps_long_messages_of_its_clients)
{
	int fd = client();

	ave_stream_confirm(w.stream);
	say_most_of_a_long_frame(fd, 30000);
	turn_until(w.stream->rest.len == 30000);
	ck_assert_uint_eq(w.gone, 0);
	close(fd);
}
END_TEST

START_TEST(stream_confirmed_has_time)
{
	int fd;

	w.host.first_bytes_ms = w.host.first_allocate_ms = 60;
	fd = client();
	say(fd, "\x02\0\0\0", 4);
	turn_until(w.messages == 1);
	ave_stream_confirm(w.stream);
	for (int i = 0; i < 6; i++)
		turn();
	ck_assert_uint_eq(w.gone, 0);
	close(fd);
}
END_TEST

START_TEST(stream_doubted_has_its_first_time_again)
{
	int fd;

	w.host.first_bytes_ms = w.host.first_allocate_ms = 60;
	fd = client();
	say(fd, "\x02\0\0\0", 4);
	turn_until(w.messages == 1);
	ave_stream_confirm(w.stream);
	ave_stream_doubt(w.stream);
	turn_until(w.gone);
	ck_assert_int_eq(w.why, AVE_STREAM_SLOW);
	close(fd);
}
END_TEST

/* Media is dropped at half of the queue, an answer still fits. */
START_TEST(stream_drops_media_of_a_slow_reader)
{
	static uint8_t b[1000], sink[2 * OUT_CAP];
	unsigned taken = 0;
	int fd = client();

	while (ave_stream_put(w.stream, edge_slice(b, sizeof(b)), true) ==
	       EDGE_OK)
		ck_assert_uint_lt(taken++, OUT_CAP / sizeof(b));
	ck_assert_uint_gt(w.stream->pipe.out.len, OUT_CAP / 2);
	ck_assert_int_eq(
		ave_stream_put(w.stream, edge_slice(b, sizeof(b)), false),
		EDGE_OK);
	turn_until(w.filled == 1);
	while (!w.drained) {
		(void)!read(fd, sink, sizeof(sink));
		turn();
	}
	ck_assert_int_eq(ave_stream_put(w.stream, edge_slice(b, 1), true),
			 EDGE_OK);
	close(fd);
}
END_TEST

START_TEST(stream_ends_who_does_not_read_at_all)
{
	static uint8_t b[1000];
	int fd;

	w.host.stall_ms = 60;
	fd = client();
	while (ave_stream_put(w.stream, edge_slice(b, sizeof(b)), true) ==
	       EDGE_OK)
		;
	turn_until(w.gone);
	ck_assert_int_eq(w.why, AVE_STREAM_STALLED);
	close(fd);
}
END_TEST

START_TEST(stream_paused_keeps_messages_until_resumed)
{
	int fd = client();

	w.pauses = true;
	say(fd, "\x02\0\0\1a\x02\0\0\1b\x02\0\0\1c", 15);
	turn_until(w.messages == 1);
	turn();
	ck_assert_uint_eq(w.messages, 1);
	for (unsigned i = 2; i <= 3; i++) {
		ave_stream_resume(w.stream);
		turn_until(w.messages == i);
	}
	ck_assert_int_eq(w.body[2][0], 'c');
	close(fd);
}
END_TEST

static struct ave_pipe peer;
static unsigned peer_stalled;

static void on_peer(struct ave_pipe *p, enum ave_pipe_event e)
{
	peer_stalled += e == AVE_PIPE_STALLED;
	if (e == AVE_PIPE_GONE || e == AVE_PIPE_STALLED)
		ave_pipe_close(p, false);
}

/* A client's end, and the end of the peer it is joined with. */
static void joined(int *fd, int *far_end)
{
	uint8_t b[4];
	int far[2];

	peer_stalled = 0;
	*fd = client();
	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, far), 0);
	ck_assert_int_eq(ave_pipe_open(&peer, w.hub, far[0], false, on_peer),
			 EDGE_OK);
	ave_pipe_set_cap(&peer, OUT_CAP);
	w.joins = &peer;
	say(*fd,
	    "\x00\x0b\x00\x00\x21\x12\xa4\x42"
	    "0123456789ab"
	    "rest",
	    24);
	turn_until(w.messages == 1);
	ck_assert_int_eq(read(far[1], b, sizeof(b)), 4);
	ck_assert_mem_eq(b, "rest", 4);
	*far_end = far[1];
}

/* Until what reads it is stopped. */
static void write_all(int fd, const struct ave_pipe *to)
{
	static const uint8_t b[65536];

	for (int i = 0; i < TURNS && !ave_pipe_is_full(to); i++) {
		(void)!send(fd, b, sizeof(b), MSG_DONTWAIT | MSG_NOSIGNAL);
		turn();
	}
	ck_assert(ave_pipe_is_full(to));
}

START_TEST(stream_joined_ends_a_peer_that_does_not_read)
{
	int fd, far;

	w.host.stall_ms = 60;
	joined(&fd, &far);
	write_all(fd, &peer);
	turn_until(peer_stalled);
	turn_until(w.gone);
	ck_assert_int_eq(w.why, AVE_STREAM_CLOSED);
	close(fd);
	close(far);
}
END_TEST

START_TEST(stream_joined_ends_when_it_does_not_read)
{
	int fd, far;

	w.host.stall_ms = 60;
	joined(&fd, &far);
	write_all(far, &w.stream->pipe);
	turn_until(w.gone);
	ck_assert_int_eq(w.why, AVE_STREAM_STALLED);
	turn_until(!peer.is_open);
	ck_assert_uint_eq(peer_stalled, 0);
	close(fd);
	close(far);
}
END_TEST

/* What is left of a client that has gone is not kept for ever. */
START_TEST(stream_joined_leaves_its_peer_so_long_to_read)
{
	int fd, far;

	w.host.stall_ms = 60;
	joined(&fd, &far);
	write_all(fd, &peer);
	ave_stream_finish(w.stream);
	ck_assert(peer.is_open);
	turn_until(peer_stalled);
	close(fd);
	close(far);
}
END_TEST

START_TEST(stream_joined_waits_for_who_reads)
{
	static uint8_t b[65536];
	int fd, far;

	joined(&fd, &far);
	write_all(fd, &peer);
	ck_assert(edge_timer_running(&peer.stall));
	for (int i = 0; i < TURNS && ave_pipe_is_full(&peer); i++) {
		(void)!recv(far, b, sizeof(b), MSG_DONTWAIT);
		turn();
	}
	ck_assert(!ave_pipe_is_full(&peer));
	ck_assert(!edge_timer_running(&peer.stall));
	ave_stream_finish(w.stream);
	ave_pipe_close(&peer, false);
	close(fd);
	close(far);
}
END_TEST

/* RFC 6062: what is behind the request goes to the peer, then all of it; a
 * slow reader stops its writer; the end of one is the end of the other, after
 * all bytes. */
START_TEST(stream_joined_is_a_pipe_to_the_peer)
{
	enum { MUCH = 1000000 };
	static uint8_t b[65536];
	size_t put = 0, got = 0;
	int fd, far;

	joined(&fd, &far);
	while (put < MUCH) { /* nobody reads: the writer is stopped */
		ssize_t n = write(fd, b, sizeof(b));

		if (n > 0)
			put += (size_t)n;
		for (int i = 0; i < 2; i++)
			turn();
		if (n < 0 && ave_pipe_is_full(&peer))
			break;
	}
	ck_assert_uint_lt(put, MUCH);
	ck_assert_uint_le(peer.out.len, OUT_CAP);
	shutdown(fd, SHUT_WR);
	for (int i = 0; got < put && i < 10 * TURNS; i++) {
		ssize_t n = read(far, b, sizeof(b));

		if (n > 0)
			got += (size_t)n;
		turn();
	}
	ck_assert_uint_eq(got, put);
	turn_until(w.gone && !peer.is_open);
	close(fd);
	close(far);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("stream");
	TCase *t = tcase_create("clients");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, stream_greets_pseudo_tls_and_cuts_frames);
	tcase_add_test(t, stream_takes_bytes_one_by_one);
	tcase_add_test(t, stream_takes_plain_framing);
	tcase_add_test(t, stream_takes_rfc_messages);
	tcase_add_test(t, stream_refuses_rfc_when_it_is_off);
	tcase_add_test(t, stream_keeps_the_names_it_came_in_with);
	tcase_add_loop_test(t, stream_ends_for_a_reason, 0, 3);
	tcase_add_test(t, stream_waits_for_first_bytes_so_long);
	tcase_add_test(t, stream_waits_for_an_allocation_so_long);
	tcase_add_test(t, stream_keeps_little_for_strangers);
	tcase_add_test(t, stream_keeps_long_messages_of_its_clients);
	tcase_add_test(t, stream_confirmed_has_time);
	tcase_add_test(t, stream_doubted_has_its_first_time_again);
	tcase_add_test(t, stream_drops_media_of_a_slow_reader);
	tcase_add_test(t, stream_ends_who_does_not_read_at_all);
	tcase_add_test(t, stream_paused_keeps_messages_until_resumed);
	tcase_add_test(t, stream_joined_is_a_pipe_to_the_peer);
	tcase_add_test(t, stream_joined_ends_a_peer_that_does_not_read);
	tcase_add_test(t, stream_joined_ends_when_it_does_not_read);
	tcase_add_test(t, stream_joined_leaves_its_peer_so_long_to_read);
	tcase_add_test(t, stream_joined_waits_for_who_reads);
	suite_add_tcase(s, t);
	return s;
}
