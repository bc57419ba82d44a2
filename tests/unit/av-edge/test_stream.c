/* av-edge/stream.c: a TCP client from its first bytes to its end. */
#include "av-edge/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "av-edge/mst_tcp.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/stream_world.h"

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
	int fd = stream_world_client();

	stream_world_say(fd, frames, sizeof(frames));
	expect_frames(fd);
	close(fd);
	turn_until(w.gone);
	ck_assert_int_eq(w.why, AVE_STREAM_CLOSED);
}
END_TEST

START_TEST(stream_takes_bytes_one_by_one)
{
	int fd = stream_world_client();

	for (size_t i = 0; i < sizeof(frames); i++) {
		stream_world_say(fd, frames + i, 1);
		stream_world_turn();
	}
	expect_frames(fd);
	close(fd);
}
END_TEST

START_TEST(stream_takes_plain_framing)
{
	int fd = stream_world_client();

	stream_world_say(fd, "\x02\0\0\2hi", 6);
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
	int fd = stream_world_client();

	stream_world_say(fd, stun,
			 sizeof(stun)); /* its last NUL is padding too */
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
	int fd = stream_world_client();

	w.host.is_rfc_served = false;
	stream_world_say(fd, stun, sizeof(stun));
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
	const struct edge_addr one = stream_world_addr(1),
			       two = stream_world_addr(2);
	int fd = stream_world_client();

	ck_assert(edge_addr_eq(&w.stream->client, &one));
	ck_assert(edge_addr_eq(&w.stream->server, &two));
	close(fd);
}
END_TEST

START_TEST(stream_ends_for_a_reason)
{
	int fd = stream_world_client();
	char c;

	stream_world_say(fd, endings[_i].bytes, endings[_i].len);
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
	fd = stream_world_client();
	stream_world_say(fd, frames, 20);
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
	fd = stream_world_client();
	stream_world_say(fd, frames, sizeof(frames));
	turn_until(w.gone);
	ck_assert_uint_eq(w.messages, 2);
	ck_assert_int_eq(w.why, AVE_STREAM_SLOW);
	close(fd);
}
END_TEST

static void say_most_of_a_long_frame(int fd, size_t len)
{
	static uint8_t b[30000] = {3, 0, 0xff, 0xff};

	stream_world_say(fd, b, len);
}

/* Who has no allocation is owed no memory. */
START_TEST(stream_keeps_little_for_strangers)
{
	int fd = stream_world_client();

	say_most_of_a_long_frame(fd, 2048);
	for (int i = 0; i < 3; i++)
		stream_world_turn();
	ck_assert_uint_eq(w.stream->rest.len, 2048);
	stream_world_say(fd, "x", 1);
	turn_until(w.gone);
	ck_assert_int_eq(w.why, AVE_STREAM_FRAMING);
	close(fd);
}
END_TEST

START_TEST(stream_keeps_long_messages_of_its_clients)
{
	int fd = stream_world_client();

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
	fd = stream_world_client();
	stream_world_say(fd, "\x02\0\0\0", 4);
	turn_until(w.messages == 1);
	ave_stream_confirm(w.stream);
	for (int i = 0; i < 6; i++)
		stream_world_turn();
	ck_assert_uint_eq(w.gone, 0);
	close(fd);
}
END_TEST

START_TEST(stream_doubted_has_its_first_time_again)
{
	int fd;

	w.host.first_bytes_ms = w.host.first_allocate_ms = 60;
	fd = stream_world_client();
	stream_world_say(fd, "\x02\0\0\0", 4);
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
	int fd = stream_world_client();

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
		stream_world_turn();
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
	fd = stream_world_client();
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
	int fd = stream_world_client();

	w.pauses = true;
	stream_world_say(fd, "\x02\0\0\1a\x02\0\0\1b\x02\0\0\1c", 15);
	turn_until(w.messages == 1);
	stream_world_turn();
	ck_assert_uint_eq(w.messages, 1);
	for (unsigned i = 2; i <= 3; i++) {
		ave_stream_resume(w.stream);
		turn_until(w.messages == i);
	}
	ck_assert_int_eq(w.body[2][0], 'c');
	close(fd);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("stream");
	TCase *t = tcase_create("clients");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, stream_world_set_up,
				  stream_world_tear_down);
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
	suite_add_tcase(s, t);
	return s;
}
