/* av-edge/stream.c and pipe.c: a stream joined with a peer's connection. */
#include "av-edge/stream.h"

#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "tests/unit/av-edge/stream_world.h"

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
	*fd = stream_world_client();
	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, far), 0);
	ck_assert_int_eq(ave_pipe_open(&peer, w.hub, far[0], false, on_peer),
			 EDGE_OK);
	ave_pipe_set_cap(&peer, OUT_CAP);
	w.joins = &peer;
	stream_world_say(*fd,
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
		stream_world_turn();
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
		stream_world_turn();
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
			stream_world_turn();
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
		stream_world_turn();
	}
	ck_assert_uint_eq(got, put);
	turn_until(w.gone && !peer.is_open);
	close(fd);
	close(far);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("stream joined");
	TCase *t = tcase_create("joined");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, stream_world_set_up,
				  stream_world_tear_down);
	tcase_add_test(t, stream_joined_ends_a_peer_that_does_not_read);
	tcase_add_test(t, stream_joined_ends_when_it_does_not_read);
	tcase_add_test(t, stream_joined_leaves_its_peer_so_long_to_read);
	tcase_add_test(t, stream_joined_waits_for_who_reads);
	tcase_add_test(t, stream_joined_is_a_pipe_to_the_peer);
	suite_add_tcase(s, t);
	return s;
}
