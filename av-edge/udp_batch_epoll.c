/* Batches with epoll: recvmmsg for each ready socket, sendmmsg for each run. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "av-edge/udp_batch_kind.h"

enum {
	SENDS = 256,	/* ours: queued at most before a flush */
	BURST_MAX = 64, /* ours: a socket's share of a turn */
};

struct queued {
	uint32_t socket;
	socklen_t name_len;
	union ave_batch_name name;
	struct iovec bytes;
};

struct engine {
	uint8_t *memory; /* AVE_BATCH_ITEMS buffers */
	struct mmsghdr message[SENDS];
	struct iovec room[BURST_MAX];
	union ave_batch_name name[BURST_MAX];
	struct queued queued[SENDS];
	size_t queued_count;
	struct epoll_event event[AVE_BATCH_ITEMS];
};

static void stop(struct ave_batch *b)
{
	struct engine *e = b->engine;

	free(e->memory);
	free(e);
}

static enum edge_err start(struct ave_batch *b)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return EDGE_ENOMEM;
	e->memory = malloc((size_t)AVE_BATCH_ITEMS * AVE_BATCH_STRIDE);
	if (!e->memory) {
		free(e);
		return EDGE_ENOMEM;
	}
	b->engine = e;
	return EDGE_OK;
}

static enum edge_err begin(struct ave_batch *b)
{
	(void)b;
	return EDGE_OK;
}

static enum edge_err open_socket(struct ave_batch *b, uint32_t id)
{
	struct epoll_event e = {.events = EPOLLIN, .data.u64 = id};

	return epoll_ctl(b->epoll, EPOLL_CTL_ADD, ave_batch_find(b, id)->fd, &e)
		       ? EDGE_ESYS
		       : EDGE_OK;
}

static void close_socket(struct ave_batch *b, uint32_t id)
{
	(void)epoll_ctl(b->epoll, EPOLL_CTL_DEL, ave_batch_find(b, id)->fd,
			NULL);
}

/* -- sending ------------------------------------------------------------ */

static void count_unsent(struct ave_batch *b)
{
	if (errno == EAGAIN || errno == ENOBUFS)
		b->losses.send_full++;
	else
		b->losses.send_failed++;
}

/* The first that fails is counted and skipped, the rest tried again. */
static void send_run(struct ave_batch *b, const struct queued *q, size_t count)
{
	const struct ave_batch_socket *s = ave_batch_find(b, q->socket);
	struct engine *e = b->engine;
	size_t done = 0;

	for (size_t i = 0; i < count; i++)
		e->message[i].msg_hdr = (struct msghdr){
			.msg_name = (void *)(uintptr_t)&q[i].name,
			.msg_namelen = q[i].name_len,
			.msg_iov = (void *)(uintptr_t)&q[i].bytes,
			.msg_iovlen = 1,
		};
	while (done < count) {
		int n = sendmmsg(s->fd, e->message + done,
				 (unsigned)(count - done), MSG_DONTWAIT);

		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		count_unsent(b);
		done++;
	}
}

static void send_one(struct ave_batch *b, const struct queued *q)
{
	if (sendto(ave_batch_find(b, q->socket)->fd, q->bytes.iov_base,
		   q->bytes.iov_len, MSG_DONTWAIT, &q->name.any,
		   q->name_len) < 0)
		count_unsent(b);
}

static void flush(struct ave_batch *b)
{
	struct engine *e = b->engine;
	size_t from = 0;

	while (from < e->queued_count) {
		size_t n = 1;

		while (from + n < e->queued_count &&
		       e->queued[from + n].socket == e->queued[from].socket)
			n++;
		if (n == 1)
			send_one(b, &e->queued[from]);
		else
			send_run(b, &e->queued[from], n);
		from += n;
	}
	e->queued_count = 0;
}

static void send_later(struct ave_batch *b, uint32_t socket,
		       const struct edge_addr *to, struct edge_slice bytes)
{
	const struct ave_batch_socket *s = ave_batch_find(b, socket);
	struct engine *e = b->engine;
	struct queued *q;

	if (e->queued_count == SENDS)
		flush(b);
	q = &e->queued[e->queued_count];
	q->name_len = s ? ave_batch_name(&q->name, to, s->family) : 0;
	if (!q->name_len) {
		b->losses.send_failed++;
		return;
	}
	q->socket = socket;
	q->bytes = (struct iovec){(void *)(uintptr_t)bytes.p,
				  edge_slice_len(bytes)};
	e->queued_count++;
}

/* -- receiving ---------------------------------------------------------- */

static uint8_t *buffer(const struct engine *e, size_t i)
{
	return e->memory + i * AVE_BATCH_STRIDE + AVE_HEADROOM;
}

/* Buffers are counted apart from items: what is refused uses one too. */
static int receive(struct engine *e, const struct ave_batch_socket *s,
		   size_t first, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		e->room[i] = (struct iovec){buffer(e, first + i),
					    AVE_BATCH_DATAGRAM_MAX};
		e->message[i].msg_hdr = (struct msghdr){
			.msg_name = &e->name[i],
			.msg_namelen = sizeof(e->name[i]),
			.msg_iov = &e->room[i],
			.msg_iovlen = 1,
		};
	}
	return recvmmsg(s->fd, e->message, (unsigned)count, MSG_DONTWAIT, NULL);
}

/* What a socket had last time is asked for next time, and one more. */
static void learn(struct ave_batch_socket *s, size_t asked, size_t got)
{
	if (got == asked)
		s->burst = (uint16_t)(asked * 2 > BURST_MAX ? BURST_MAX
							    : asked * 2);
	else
		s->burst = (uint16_t)(got ? got : 1);
}

static size_t take(struct ave_batch *b, uint32_t id, size_t *used,
		   struct ave_batch_item *items)
{
	struct ave_batch_socket *s = ave_batch_find(b, id);
	struct engine *e = b->engine;
	size_t want, count = 0;
	int n;

	if (!s || *used == AVE_BATCH_ITEMS)
		return 0;
	want = s->burst;
	if (want > AVE_BATCH_ITEMS - *used)
		want = AVE_BATCH_ITEMS - *used;
	n = receive(e, s, *used, want);
	learn(s, want, n > 0 ? (size_t)n : 0);
	for (int i = 0; i < n; i++) {
		struct ave_batch_item *it = &items[count];

		if (e->message[i].msg_hdr.msg_flags & MSG_TRUNC) {
			b->losses.oversize++;
			continue;
		}
		if (!ave_batch_sender(&it->from, b, &e->name[i], s->family))
			continue;
		it->what = AVE_BATCH_DATAGRAM;
		it->socket = id;
		it->tag = s->tag;
		it->packet.p = buffer(e, *used + (size_t)i);
		it->packet.len = e->message[i].msg_len;
		count++;
	}
	*used += n > 0 ? (size_t)n : 0;
	return count;
}

static size_t wait_for(struct ave_batch *b, struct ave_batch_item *items,
		       int timeout_ms)
{
	struct engine *e = b->engine;
	size_t count = 0, used = 0;
	int n;

	flush(b);
	n = epoll_wait(b->epoll, e->event, AVE_BATCH_ITEMS, timeout_ms);
	for (int i = 0; i < n && count < AVE_BATCH_ITEMS; i++) {
		uint64_t tag = e->event[i].data.u64;

		if (tag >> 63)
			count += ave_batch_ready(&items[count], &e->event[i]);
		else
			count += take(b, (uint32_t)tag, &used, items + count);
	}
	return count;
}

const struct ave_batch_ops ave_batch_epoll_ops = {
	.kind = AVE_BATCH_EPOLL,
	.start = start,
	.stop = stop,
	.begin = begin,
	.open = open_socket,
	.close = close_socket,
	.wait = wait_for,
	.send = send_later,
	.flush = flush,
};
