/* Batches with io_uring: one system call a turn submits all sends and brings
 * what arrived, into buffers that the kernel picks. */
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "av-edge/udp_batch_kind.h"

enum {
	SENDS = 1024,	 /* ours: submission queue [entries] */
	ARRIVALS = 8192, /* ours: completion queue [entries] */
	BUFFERS = 1024,	 /* ours: a power of two */
	GROUP = 1,	 /* the one group of buffers */
	/* of the kernel's record before the payload */
	RECORD = sizeof(struct io_uring_recvmsg_out) +
		 sizeof(union ave_batch_name),
	LEAD = AVE_HEADROOM - RECORD,
	ROOM = RECORD + AVE_BATCH_DATAGRAM_MAX,
};

_Static_assert((int)AVE_HEADROOM >= (int)RECORD, "the record is headroom");

/* What a completion is about: user_data is this << 32 | socket. */
enum about { ABOUT_RECEIVE, ABOUT_SEND, ABOUT_READY, ABOUT_CANCEL };

struct engine {
	struct io_uring ring;
	struct io_uring_buf_ring *bufs;
	uint8_t *memory;
	struct msghdr shape;	 /* of what is received */
	uint16_t held[ARRIVALS]; /* buffers lent to the items of this turn */
	size_t held_count;
	uint32_t *again; /* sockets whose receive has ended */
	size_t again_count;
	union ave_batch_name name[SENDS];
	unsigned name_count;
	bool is_made, is_watching;
};

static uint64_t about(enum about what, uint32_t id)
{
	return (uint64_t)what << 32 | id;
}

/* -- making ------------------------------------------------------------- */

/* liburing 2.3 declares these two calls but its shared library lacks them. */
static int enroll(const struct io_uring *ring, unsigned what, const void *arg,
		  unsigned count)
{
	return syscall(SYS_io_uring_register, ring->ring_fd, what, arg, count) <
			       0
		       ? -errno
		       : 0;
}

/* Whatever else the program could be made to do, this ring only moves
 * datagrams (IORING_REGISTER_RESTRICTIONS). */
static int restrict_ring(struct io_uring *ring)
{
	static const uint8_t calls[] = {IORING_OP_RECVMSG, IORING_OP_SEND,
					IORING_OP_POLL_ADD,
					IORING_OP_ASYNC_CANCEL};
	struct io_uring_restriction r[sizeof(calls) + 3] = {0};
	size_t n = 0;

	for (; n < sizeof(calls); n++) {
		r[n].opcode = IORING_RESTRICTION_SQE_OP;
		r[n].sqe_op = calls[n];
	}
	r[n].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
	r[n++].sqe_flags =
		IOSQE_CQE_SKIP_SUCCESS | IOSQE_BUFFER_SELECT | IOSQE_FIXED_FILE;
	r[n].opcode = IORING_RESTRICTION_SQE_FLAGS_REQUIRED;
	r[n++].sqe_flags = IOSQE_FIXED_FILE;
	r[n].opcode = IORING_RESTRICTION_REGISTER_OP;
	r[n++].register_op = IORING_REGISTER_FILES_UPDATE;
	return enroll(ring, IORING_REGISTER_RESTRICTIONS, r, (unsigned)n);
}

static int offer_buffers(struct engine *e)
{
	struct io_uring_buf_reg reg = {.ring_entries = BUFFERS, .bgid = GROUP};
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (posix_memalign((void **)&e->bufs, page,
			   BUFFERS * sizeof(struct io_uring_buf)))
		return -ENOMEM;
	memset(e->bufs, 0, BUFFERS * sizeof(struct io_uring_buf));
	e->memory = malloc((size_t)BUFFERS * AVE_BATCH_STRIDE);
	if (!e->memory)
		return -ENOMEM;
	io_uring_buf_ring_init(e->bufs);
	reg.ring_addr = (uint64_t)(uintptr_t)e->bufs;
	for (int i = 0; i < BUFFERS; i++)
		io_uring_buf_ring_add(
			e->bufs,
			e->memory + (size_t)i * AVE_BATCH_STRIDE + LEAD, ROOM,
			(uint16_t)i, io_uring_buf_ring_mask(BUFFERS), i);
	io_uring_buf_ring_advance(e->bufs, BUFFERS);
	return io_uring_register_buf_ring(&e->ring, &reg, 0);
}

static void free_engine(struct engine *e)
{
	if (!e)
		return;
	if (e->is_made)
		io_uring_queue_exit(&e->ring);
	free(e->bufs);
	free(e->memory);
	free(e->again);
	free(e);
}

static enum edge_err make_engine(struct engine **out, uint32_t sockets)
{
	struct engine *e = calloc(1, sizeof(*e));
	struct io_uring_params p = {
		.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER |
			 IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
			 IORING_SETUP_CQSIZE,
		.cq_entries = ARRIVALS,
	};
	int n = -ENOMEM;

	if (!e)
		return EDGE_ENOMEM;
	e->again = calloc(sockets, sizeof(*e->again));
	if (e->again)
		n = io_uring_queue_init_params(SENDS, &e->ring, &p);
	e->is_made = !n;
	if (!n)
		n = restrict_ring(&e->ring);
	if (!n)
		n = offer_buffers(e);
	if (!n) /* the sockets, and behind them the epoll */
		n = io_uring_register_files_sparse(&e->ring, sockets + 1);
	if (n) {
		free_engine(e);
		errno = -n;
		return n == -ENOMEM ? EDGE_ENOMEM : EDGE_ESYS;
	}
	e->shape.msg_namelen = sizeof(union ave_batch_name);
	*out = e;
	return EDGE_OK;
}

static void stop(struct ave_batch *b)
{
	free_engine(b->engine);
}

/* The ring works on these alone, by index. */
static enum edge_err put_file(struct engine *e, uint32_t slot, int fd)
{
	int n = io_uring_register_files_update(&e->ring, slot, &fd, 1);

	if (n >= 0)
		return EDGE_OK;
	errno = -n;
	return EDGE_ESYS;
}

static enum edge_err begin(struct ave_batch *b)
{
	struct engine *e = b->engine;

	if (enroll(&e->ring, IORING_REGISTER_ENABLE_RINGS, NULL, 0) ||
	    put_file(e, b->cap, b->epoll))
		return EDGE_ESYS;
	return EDGE_OK;
}

/* -- submitting --------------------------------------------------------- */

/* Without memory the kernel leaves the rest, or all, in the queue: buffers and
 * names stay theirs until a later call takes them. */
static bool is_taken(const struct engine *e)
{
	return !io_uring_sq_ready(&e->ring);
}

static void submit(struct engine *e)
{
	(void)io_uring_submit(&e->ring);
	if (is_taken(e))
		e->name_count = 0;
}

/* NULL: the queue is full and the kernel takes nothing. */
static struct io_uring_sqe *entry(struct engine *e)
{
	struct io_uring_sqe *q = io_uring_get_sqe(&e->ring);

	if (q)
		return q;
	submit(e);
	return io_uring_get_sqe(&e->ring);
}

static bool receive_on(struct engine *e, uint32_t id)
{
	struct io_uring_sqe *q = entry(e);

	if (!q)
		return false;
	io_uring_prep_recvmsg_multishot(q, (int)ave_batch_slot(id), &e->shape,
					0);
	q->flags |= IOSQE_BUFFER_SELECT | IOSQE_FIXED_FILE;
	q->buf_group = GROUP;
	io_uring_sqe_set_data64(q, about(ABOUT_RECEIVE, id));
	return true;
}

static enum edge_err open_socket(struct ave_batch *b, uint32_t id)
{
	enum edge_err err = put_file(b->engine, ave_batch_slot(id),
				     ave_batch_find(b, id)->fd);

	if (err || receive_on(b->engine, id))
		return err;
	(void)put_file(b->engine, ave_batch_slot(id), -1);
	return EDGE_ELIMIT;
}

/* What was not taken would go out by the next socket of that slot: it fails,
 * and is counted. */
static void call_back(struct engine *e, uint32_t slot)
{
	const struct io_uring_sq *sq = &e->ring.sq;
	const unsigned first = sq->sqe_tail - io_uring_sq_ready(&e->ring);

	for (unsigned i = first; i != sq->sqe_tail; i++) {
		struct io_uring_sqe *q = &sq->sqes[i & sq->ring_mask];

		if (q->fd == (int)slot)
			q->fd = -1;
	}
}

/* Queued is enough: the kernel holds the socket until then. Without room even
 * for that, its receive ends as nothing more can come. */
static void close_socket(struct ave_batch *b, uint32_t id)
{
	struct engine *e = b->engine;
	struct io_uring_sqe *q = entry(e);

	if (q) {
		io_uring_prep_cancel64(q, about(ABOUT_RECEIVE, id), 0);
		q->flags |= IOSQE_CQE_SKIP_SUCCESS | IOSQE_FIXED_FILE;
		io_uring_sqe_set_data64(q, about(ABOUT_CANCEL, id));
		submit(e);
	} else {
		(void)shutdown(ave_batch_find(b, id)->fd, SHUT_RD);
	}
	call_back(e, ave_batch_slot(id));
	(void)put_file(e, ave_batch_slot(id), -1);
}

/* With MSG_DONTWAIT a send is over when it has been submitted, so its buffer
 * is free then; only failures are told. */
static void send_later(struct ave_batch *b, uint32_t socket,
		       const struct edge_addr *to, struct edge_slice bytes)
{
	const struct ave_batch_socket *s = ave_batch_find(b, socket);
	struct engine *e = b->engine;
	struct io_uring_sqe *q;
	union ave_batch_name *name;
	socklen_t len;

	if (!s || to->family != s->family) {
		b->losses.send_failed++;
		return;
	}
	if (e->name_count == SENDS)
		submit(e);
	q = e->name_count < SENDS ? entry(e) : NULL;
	if (!q) {
		b->losses.send_full++;
		return;
	}
	name = &e->name[e->name_count++];
	len = ave_batch_name(name, to, s->family);
	io_uring_prep_send(q, (int)ave_batch_slot(socket), bytes.p,
			   edge_slice_len(bytes), MSG_DONTWAIT);
	io_uring_prep_send_set_addr(q, &name->any, (uint16_t)len);
	q->flags |= IOSQE_CQE_SKIP_SUCCESS | IOSQE_FIXED_FILE;
	io_uring_sqe_set_data64(q, about(ABOUT_SEND, socket));
}

static void flush(struct ave_batch *b)
{
	struct engine *e = b->engine;

	if (e->name_count)
		submit(e);
}

/* -- receiving ---------------------------------------------------------- */

static void give_back(struct engine *e)
{
	const int mask = io_uring_buf_ring_mask(BUFFERS);

	if (!is_taken(e))
		return;
	for (size_t i = 0; i < e->held_count; i++) {
		uint16_t bid = e->held[i];

		io_uring_buf_ring_add(
			e->bufs,
			e->memory + (size_t)bid * AVE_BATCH_STRIDE + LEAD, ROOM,
			bid, mask, (int)i);
	}
	io_uring_buf_ring_advance(e->bufs, (int)e->held_count);
	e->held_count = 0;
}

/* A receive ends when buffers run out or the completion queue is full. */
static void start_again(struct ave_batch *b)
{
	struct engine *e = b->engine;
	size_t left = 0;

	submit(e); /* then this turn's buffers are free */
	give_back(e);
	for (size_t i = 0; i < e->again_count; i++)
		if (ave_batch_find(b, e->again[i]) &&
		    !receive_on(e, e->again[i]))
			e->again[left++] = e->again[i];
	e->again_count = left;
}

/* Level triggered by asking again once what was ready has been looked at. */
static void watch_epoll(struct ave_batch *b)
{
	struct engine *e = b->engine;
	struct io_uring_sqe *q = entry(e);

	if (!q)
		return; /* in the next turn */
	io_uring_prep_poll_add(q, (int)b->cap, POLLIN);
	q->flags |= IOSQE_FIXED_FILE;
	io_uring_sqe_set_data64(q, about(ABOUT_READY, 0));
	e->is_watching = true;
}

static bool take_datagram(struct ave_batch *b, const struct io_uring_cqe *c,
			  struct ave_batch_item *it)
{
	uint16_t bid = (uint16_t)(c->flags >> IORING_CQE_BUFFER_SHIFT);
	struct engine *e = b->engine;
	const struct ave_batch_socket *s;
	struct io_uring_recvmsg_out *out;

	e->held[e->held_count++] = bid;
	it->socket = (uint32_t)c->user_data;
	s = ave_batch_find(b, it->socket);
	out = io_uring_recvmsg_validate(
		e->memory + (size_t)bid * AVE_BATCH_STRIDE + LEAD, c->res,
		&e->shape);
	if (!s || !out)
		return false;
	if (out->flags & MSG_TRUNC) {
		b->losses.oversize++;
		return false;
	}
	if (!ave_batch_sender(&it->from, b, io_uring_recvmsg_name(out),
			      s->family))
		return false;
	it->what = AVE_BATCH_DATAGRAM;
	it->tag = s->tag;
	it->packet.p = io_uring_recvmsg_payload(out, &e->shape);
	it->packet.len =
		io_uring_recvmsg_payload_length(out, c->res, &e->shape);
	return true;
}

static size_t take_arrival(struct ave_batch *b, const struct io_uring_cqe *c,
			   struct ave_batch_item *it)
{
	const uint32_t id = (uint32_t)c->user_data;
	struct engine *e = b->engine;
	bool got = false;

	if (c->flags & IORING_CQE_F_BUFFER)
		got = take_datagram(b, c, it);
	else if (c->res == -ENOBUFS)
		b->losses.no_buffer++;
	if (!(c->flags & IORING_CQE_F_MORE) && ave_batch_find(b, id))
		e->again[e->again_count++] = id;
	return got;
}

static void count_unsent(struct ave_batch *b, int error)
{
	if (error == -EAGAIN || error == -ENOBUFS)
		b->losses.send_full++;
	else
		b->losses.send_failed++;
}

static size_t take_ready(struct ave_batch *b, struct ave_batch_item *items)
{
	struct epoll_event event[AVE_BATCH_EVENTS];
	struct engine *e = b->engine;
	int n = epoll_wait(b->epoll, event, AVE_BATCH_EVENTS, 0);

	e->is_watching = false;
	for (int i = 0; i < n; i++)
		ave_batch_ready(&items[i], &event[i]);
	return n > 0 ? (size_t)n : 0;
}

/* Room for AVE_BATCH_EVENTS is kept for what is watched. */
static size_t reap(struct ave_batch *b, struct ave_batch_item *items)
{
	const size_t cap = AVE_BATCH_ITEMS - AVE_BATCH_EVENTS;
	struct engine *e = b->engine;
	struct io_uring_cqe *c;
	bool is_ready = false;
	unsigned head, seen = 0;
	size_t count = 0;

	io_uring_for_each_cqe(&e->ring, head, c)
	{
		if (count == cap || seen == ARRIVALS)
			break;
		seen++;
		switch ((enum about)(c->user_data >> 32)) {
		case ABOUT_RECEIVE:
			count += take_arrival(b, c, &items[count]);
			break;
		case ABOUT_SEND:
			count_unsent(b, c->res);
			break;
		case ABOUT_READY:
			is_ready = true;
			break;
		case ABOUT_CANCEL: /* it had ended by itself */
			break;
		}
	}
	io_uring_cq_advance(&e->ring, seen);
	return is_ready ? count + take_ready(b, items + count) : count;
}

static size_t wait_for(struct ave_batch *b, struct ave_batch_item *items,
		       int timeout_ms)
{
	struct __kernel_timespec ts = {.tv_sec = timeout_ms / 1000,
				       .tv_nsec = timeout_ms % 1000 * 1000000L};
	struct engine *e = b->engine;
	struct io_uring_cqe *first;

	if (e->again_count)
		start_again(b);
	if (!e->is_watching)
		watch_epoll(b);
	(void)io_uring_submit_and_wait_timeout(
		&e->ring, &first, 1, timeout_ms < 0 ? NULL : &ts, NULL);
	if (is_taken(e))
		e->name_count = 0;
	give_back(e);
	return reap(b, items);
}

/* -- is it any good here? ------------------------------------------------ */

/* One datagram to ourselves, over the calls that count: an older kernel lacks
 * multishot receive (6.0), addressed sends (6.2), or forbids rings. */
static enum edge_err try_it(struct ave_batch *b)
{
	static const uint8_t word[] = {'r', 'i', 'n', 'g'};
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(name.sun_family);
	struct engine *e = b->engine;
	enum edge_err err = EDGE_ESYS;
	struct io_uring_sqe *q;
	struct io_uring_cqe *c;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&name, len))
		goto out;
	len = sizeof(name);
	if (getsockname(fd, (struct sockaddr *)&name, &len))
		goto out;
	if (put_file(e, 0, fd))
		goto out;
	q = receive_on(e, 0) ? entry(e) : NULL;
	if (!q)
		goto out;
	io_uring_prep_send(q, 0, word, sizeof(word), MSG_DONTWAIT);
	io_uring_prep_send_set_addr(q, (struct sockaddr *)&name, (uint16_t)len);
	q->flags |= IOSQE_CQE_SKIP_SUCCESS | IOSQE_FIXED_FILE;
	io_uring_sqe_set_data64(q, about(ABOUT_SEND, 0));
	submit(e);
	if (io_uring_submit_and_get_events(&e->ring) < 0 ||
	    io_uring_peek_cqe(&e->ring, &c))
		goto out;
	if (c->user_data == about(ABOUT_RECEIVE, 0) &&
	    c->res == (int)(sizeof(struct io_uring_recvmsg_out) +
			    sizeof(union ave_batch_name) + sizeof(word)) &&
	    c->flags & IORING_CQE_F_MORE)
		err = EDGE_OK;
	else
		errno = c->res < 0 ? -c->res : EOPNOTSUPP;
out:
	if (fd >= 0)
		close(fd);
	return err;
}

static enum edge_err start(struct ave_batch *b)
{
	struct engine *e = NULL;
	enum edge_err err = make_engine(&e, b->cap);

	b->engine = e;
	if (!err)
		err = begin(b);
	if (!err)
		err = try_it(b);
	free_engine(e);
	b->engine = NULL;
	if (!err)
		err = make_engine(&e, b->cap);
	if (!err)
		b->engine = e;
	return err;
}

const struct ave_batch_ops ave_batch_ring_ops = {
	.kind = AVE_BATCH_RING,
	.start = start,
	.stop = stop,
	.begin = begin,
	.open = open_socket,
	.close = close_socket,
	.wait = wait_for,
	.send = send_later,
	.flush = flush,
};
