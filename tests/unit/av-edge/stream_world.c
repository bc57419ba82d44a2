#include "tests/unit/av-edge/stream_world.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct stream_world w;

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

void stream_world_turn(void)
{
	ave_hub_turn(w.hub, no_datagram, no_begin, NULL);
}

void stream_world_set_up(void)
{
	struct ave_batch *b;

	w = (struct stream_world){.host = {.message = on_message,
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

void stream_world_tear_down(void)
{
	if (w.stream && !w.gone)
		ave_stream_finish(w.stream);
	ck_assert_uint_eq(w.gone, w.stream ? 1 : 0);
	ck_assert_uint_eq(edge_handles_count(w.host.streams), 0);
	ck_assert_uint_eq(edge_handles_count(w.hub->ears), 0);
	ave_hub_free(w.hub);
	edge_handles_free(w.host.streams);
}

struct edge_addr stream_world_addr(uint16_t port)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str("192.0.2.1"), port),
			 EDGE_OK);
	return a;
}

int stream_world_client(void)
{
	const struct ave_stream_ends ends = {stream_world_addr(1),
					     stream_world_addr(2), false};
	int fd[2], small = 4096;

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	ck_assert_int_eq(ave_stream_new(&w.stream, &w.host, fd[0], &ends),
			 EDGE_OK);
	return fd[1];
}

void stream_world_say(int fd, const void *p, size_t len)
{
	ck_assert_int_eq(write(fd, p, len), (ssize_t)len);
}
