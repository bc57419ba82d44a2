/* Many producers, one loop: a ring of numbered cells and one eventfd. */
#include "common/mailbox.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/loop.h"

enum {
	MAILBOX_CAP_MAX = 1 << 20, /* ours [messages] */
	MAILBOX_LINE = 64,	   /* producers and consumer apart [bytes] */
};

/*
 * A cell whose turn equals a position is free for that position; turn
 * position + 1 says it is filled. (D. Vyukov's bounded queue, one consumer.)
 */
struct cell {
	_Atomic size_t turn;
	void *msg;
};

/* the padding keeps producers and consumer on lines of their own */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct edge_mailbox {
	struct edge_loop *loop;
	void (*fn)(void *msg, void *arg);
	void (*drop)(void *msg);
	void *arg;
	struct cell *cells;
	size_t mask;
	int fd;
	_Alignas(MAILBOX_LINE) _Atomic size_t tail;  /* next to fill */
	_Alignas(MAILBOX_LINE) _Atomic bool is_rung; /* a wake is under way */
	_Alignas(MAILBOX_LINE) size_t head; /* next to take; the loop's own */
};

static bool take(struct edge_mailbox *m, void **msg)
{
	struct cell *c = &m->cells[m->head & m->mask];

	if (atomic_load_explicit(&c->turn, memory_order_acquire) != m->head + 1)
		return false;
	*msg = c->msg;
	c->msg = NULL;
	atomic_store_explicit(&c->turn, m->head + m->mask + 1,
			      memory_order_release);
	m->head++;
	return true;
}

static void ring(struct edge_mailbox *m)
{
	const uint64_t one = 1;

	if (atomic_exchange(&m->is_rung, true))
		return;
	/* fails only when the counter is full, and then the loop wakes too */
	if (write(m->fd, &one, sizeof(one)) < 0)
		return;
}

void edge_mailbox_take(struct edge_mailbox *m)
{
	uint64_t count;
	void *msg;

	if (read(m->fd, &count, sizeof(count)) < 0)
		return;
	/* before looking: who posts after our last look rings again; and an
	 * exchange, so that what came before a ring not sent is seen here */
	atomic_exchange(&m->is_rung, false);
	for (size_t n = 0; n <= m->mask; n++) {
		if (!take(m, &msg))
			return;
		m->fn(msg, m->arg);
	}
	ring(m); /* a full ring was taken; let other events have their turn */
}

static void on_rung(unsigned ready, void *arg)
{
	(void)ready;
	edge_mailbox_take(arg);
}

int edge_mailbox_fd(const struct edge_mailbox *m)
{
	return m->fd;
}

/* six: two things to know, three callbacks' parts, and the result */
/* NOLINTNEXTLINE(readability-function-size) */
enum edge_err edge_mailbox_new(struct edge_mailbox **out,
			       struct edge_loop *loop, size_t cap,
			       void (*fn)(void *msg, void *arg),
			       void (*drop)(void *msg), void *arg)
{
	struct edge_mailbox *m;
	enum edge_err err = EDGE_ENOMEM;

	if (cap < 2 || cap > MAILBOX_CAP_MAX || (cap & (cap - 1)))
		return EDGE_ERANGE;
	m = aligned_alloc(MAILBOX_LINE, sizeof(*m));
	if (!m)
		return EDGE_ENOMEM;
	*m = (struct edge_mailbox){.loop = loop,
				   .fn = fn,
				   .drop = drop,
				   .arg = arg,
				   .mask = cap - 1,
				   .fd = -1};
	m->cells = calloc(cap, sizeof(*m->cells));
	if (!m->cells)
		goto out;
	for (size_t i = 0; i < cap; i++)
		atomic_init(&m->cells[i].turn, i);
	err = EDGE_ESYS;
	m->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (m->fd < 0)
		goto out;
	err = EDGE_OK;
	if (loop)
		err = edge_loop_watch(loop, m->fd, EDGE_LOOP_READ, on_rung, m);
	if (err)
		goto out;
	*out = m;
	m = NULL;
out:
	edge_mailbox_free(m);
	return err;
}

void edge_mailbox_free(struct edge_mailbox *m)
{
	void *msg;

	if (!m)
		return;
	while (m->cells && take(m, &msg))
		m->drop(msg);
	if (m->fd >= 0) {
		if (m->loop)
			edge_loop_unwatch(m->loop, m->fd);
		close(m->fd);
	}
	free(m->cells);
	free(m);
}

enum edge_err edge_mailbox_post(struct edge_mailbox *m, void *msg)
{
	size_t at = atomic_load_explicit(&m->tail, memory_order_relaxed);
	struct cell *c;

	for (;;) {
		size_t turn;

		c = &m->cells[at & m->mask];
		turn = atomic_load_explicit(&c->turn, memory_order_acquire);
		if (turn == at) {
			if (atomic_compare_exchange_weak_explicit(
				    &m->tail, &at, at + 1, memory_order_relaxed,
				    memory_order_relaxed))
				break;
		} else if ((ptrdiff_t)(turn - at) < 0) {
			return EDGE_ELIMIT;
		} else {
			at = atomic_load_explicit(&m->tail,
						  memory_order_relaxed);
		}
	}
	c->msg = msg;
	atomic_store_explicit(&c->turn, at + 1, memory_order_release);
	ring(m);
	return EDGE_OK;
}
