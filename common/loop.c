/* The event loop of one thread: libre's, with turns, tasks and a clock. */
#include "common/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <re.h>

enum {
	/* ours: one table entry costs libre 36 bytes, touched at start; a shard
	 * names 65536 connections at most (common/handle.h) [fds] */
	LOOP_FDS_MAX = 262144,
	LOOP_FDS_MIN = 1024,
	LOOP_TICK_MS = 50,	       /* ours: grain of the wheel [ms] */
	LOOP_BLOCK = 256,	       /* watches allocated together */
	LOOP_SCRATCH_LEN = 256 * 1024, /* the longest queue: WC 4.5 [bytes] */
	LOOP_OUT_SCRATCH_LEN = 264 * 1024, /* and with what TLS adds */
};

struct watch {
	struct edge_loop *loop;
	edge_io_fn *fn;
	void *arg;
	unsigned io;
};

struct grave {
	void *thing;
	void (*free_fn)(void *thing);
};

struct edge_loop {
	struct edge_wheel *wheel;
	struct watch **blocks; /* by fd, LOOP_BLOCK in each; made when used */
	size_t block_count;
	struct edge_task *first, **last; /* deferred, in order */
	struct edge_leaver *leavers;
	struct grave *graves;
	size_t grave_count, grave_cap;
	struct tmr turn_end; /* 0 ms: libre polls timers after all fds */
	uint64_t now_ms;
	bool in_turn;
	bool has_thread;
	int stop_fd, tick_fd;
	uint8_t scratch[LOOP_SCRATCH_LEN];
	uint8_t out_scratch[LOOP_OUT_SCRATCH_LEN];
};

static uint64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void bury(struct edge_loop *l)
{
	/* a free function may bury more: the array can move */
	for (size_t i = 0; i < l->grave_count; i++) {
		struct grave g = l->graves[i];

		g.free_fn(g.thing);
	}
	l->grave_count = 0;
}

static void run_deferred(struct edge_loop *l)
{
	while (l->first) {
		struct edge_task *t = l->first;

		l->first = t->next;
		if (!l->first)
			l->last = &l->first;
		t->next = NULL;
		t->queued = false;
		t->fn(t);
	}
	bury(l);
}

static void on_turn_end(void *arg)
{
	struct edge_loop *l = arg;

	if (!l->in_turn) /* deferred before the first event */
		l->now_ms = clock_ms();
	l->in_turn = true;
	run_deferred(l);
	l->in_turn = false;
}

static void turn_end_arm(struct edge_loop *l)
{
	if (!l->in_turn && !tmr_isrunning(&l->turn_end))
		tmr_start(&l->turn_end, 0, on_turn_end, l);
}

/*
 * libre's timers run on the wall clock, so the only one we start is due at
 * once; were the clock set back in that very moment, the next event (a tick
 * at the latest) starts it anew.
 */
static void turn_begin(struct edge_loop *l)
{
	if (l->in_turn && tmr_isrunning(&l->turn_end) &&
	    l->turn_end.jfs <= tmr_jiffies())
		return;
	l->now_ms = clock_ms();
	l->in_turn = true;
	tmr_start(&l->turn_end, 0, on_turn_end, l);
}

static void on_fd(int flags, void *arg)
{
	struct watch *w = arg;
	unsigned ready = 0;

	turn_begin(w->loop);
	if (flags & (FD_READ | FD_EXCEPT))
		ready |= EDGE_LOOP_READ;
	if (flags & (FD_WRITE | FD_EXCEPT))
		ready |= EDGE_LOOP_WRITE;
	if (flags & FD_EXCEPT)
		ready |= EDGE_LOOP_ERROR;
	if (w->fn)
		w->fn(ready, w->arg);
}

static void on_stop(unsigned ready, void *arg)
{
	struct edge_loop *l = arg;
	uint64_t count;

	(void)ready;
	if (read(l->stop_fd, &count, sizeof(count)) > 0)
		re_cancel();
}

static void on_tick(unsigned ready, void *arg)
{
	struct edge_loop *l = arg;
	uint64_t count;

	(void)ready;
	if (read(l->tick_fd, &count, sizeof(count)) > 0)
		edge_wheel_advance(l->wheel, l->now_ms);
}

static enum edge_err table_new(struct edge_loop *l)
{
	struct rlimit rl;
	size_t fds = LOOP_FDS_MIN;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_cur > fds)
		fds = rl.rlim_cur < LOOP_FDS_MAX ? rl.rlim_cur : LOOP_FDS_MAX;
	l->block_count = (fds + LOOP_BLOCK - 1) / LOOP_BLOCK;
	l->blocks = calloc(l->block_count, sizeof(struct watch *));
	if (!l->blocks || fd_setsize((int)fds))
		return EDGE_ENOMEM;
	return poll_method_set(METHOD_EPOLL) ? EDGE_ESYS : EDGE_OK;
}

static enum edge_err own_fds(struct edge_loop *l)
{
	const struct timespec tick = {.tv_nsec = LOOP_TICK_MS * 1000000L};
	const struct itimerspec every = {tick, tick};
	enum edge_err err;

	l->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	l->tick_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (l->stop_fd < 0 || l->tick_fd < 0 ||
	    timerfd_settime(l->tick_fd, 0, &every, NULL))
		return EDGE_ESYS;
	err = edge_loop_watch(l, l->stop_fd, EDGE_LOOP_READ, on_stop, l);
	if (err)
		return err;
	return edge_loop_watch(l, l->tick_fd, EDGE_LOOP_READ, on_tick, l);
}

enum edge_err edge_loop_new(struct edge_loop **out)
{
	struct edge_loop *l = calloc(1, sizeof(*l));
	enum edge_err err = EDGE_ENOMEM;

	if (!l)
		goto out;
	l->last = &l->first;
	l->stop_fd = l->tick_fd = -1;
	l->now_ms = clock_ms();
	tmr_init(&l->turn_end);
	err = EDGE_ESTATE;
	if (re_thread_init())
		goto out;
	l->has_thread = true;
	err = table_new(l);
	if (err)
		goto out;
	err = edge_wheel_new(&l->wheel, l->now_ms);
	if (err)
		goto out;
	err = own_fds(l);
	if (err)
		goto out;
	*out = l;
	l = NULL;
out:
	edge_loop_free(l);
	return err;
}

void edge_loop_free(struct edge_loop *l)
{
	if (!l)
		return;
	while (l->leavers) {
		struct edge_leaver *v = l->leavers;

		edge_loop_leave(v);
		v->fn(v);
	}
	run_deferred(l);
	edge_loop_unwatch(l, l->stop_fd);
	edge_loop_unwatch(l, l->tick_fd);
	if (l->stop_fd >= 0)
		close(l->stop_fd);
	if (l->tick_fd >= 0)
		close(l->tick_fd);
	if (l->has_thread) {
		tmr_cancel(&l->turn_end);
		re_thread_close();
	}
	edge_wheel_free(l->wheel);
	for (size_t i = 0; l->blocks && i < l->block_count; i++)
		free(l->blocks[i]);
	free(l->blocks);
	free(l->graves);
	free(l);
}

enum edge_err edge_loop_run(struct edge_loop *l)
{
	int error;

	(void)l; /* libre finds it by the thread */
	error = re_main(NULL);
	if (error) {
		errno = error;
		return EDGE_ESYS;
	}
	return EDGE_OK;
}

void edge_loop_stop(struct edge_loop *l)
{
	const uint64_t one = 1;
	const int saved = errno;

	if (write(l->stop_fd, &one, sizeof(one)) < 0)
		errno = saved; /* the counter is full: it is stopping anyway */
}

uint64_t edge_loop_now_ms(const struct edge_loop *l)
{
	return l->in_turn ? l->now_ms : clock_ms();
}

struct edge_wheel *edge_loop_wheel(struct edge_loop *l)
{
	return l->wheel;
}

static struct watch *watch_at(struct edge_loop *l, int fd)
{
	size_t block = (size_t)fd / LOOP_BLOCK;

	if (fd < 0 || block >= l->block_count)
		return NULL;
	if (!l->blocks[block])
		l->blocks[block] = calloc(LOOP_BLOCK, sizeof(struct watch));
	if (!l->blocks[block])
		return NULL;
	return &l->blocks[block][(size_t)fd % LOOP_BLOCK];
}

enum edge_err edge_loop_watch(struct edge_loop *l, int fd, unsigned io,
			      edge_io_fn *fn, void *arg)
{
	struct watch *w = watch_at(l, fd);
	int flags = 0, error;

	if (!w)
		return EDGE_ELIMIT;
	if (!io) {
		edge_loop_unwatch(l, fd);
		return EDGE_OK;
	}
	w->loop = l;
	w->fn = fn;
	w->arg = arg;
	if (w->io == io)
		return EDGE_OK;
	if (io & EDGE_LOOP_READ)
		flags |= FD_READ;
	if (io & EDGE_LOOP_WRITE)
		flags |= FD_WRITE;
	if (io & EDGE_LOOP_ERROR)
		flags |= FD_EXCEPT;
	error = fd_listen(fd, flags, on_fd, w);
	if (error) {
		*w = (struct watch){0};
		errno = error;
		return error == EMFILE ? EDGE_ELIMIT : EDGE_ESYS;
	}
	w->io = io;
	return EDGE_OK;
}

void edge_loop_unwatch(struct edge_loop *l, int fd)
{
	size_t block = (size_t)fd / LOOP_BLOCK;
	struct watch *w;

	if (fd < 0 || block >= l->block_count || !l->blocks ||
	    !l->blocks[block])
		return;
	w = &l->blocks[block][(size_t)fd % LOOP_BLOCK];
	if (w->io)
		fd_close(fd);
	*w = (struct watch){0};
}

void edge_loop_defer(struct edge_loop *l, struct edge_task *t)
{
	if (t->queued)
		return;
	turn_end_arm(l);
	t->queued = true;
	t->next = NULL;
	*l->last = t;
	l->last = &t->next;
}

void edge_loop_defer_free(struct edge_loop *l, void *thing,
			  void (*free_fn)(void *thing))
{
	if (l->grave_count == l->grave_cap) {
		size_t cap = l->grave_cap ? l->grave_cap * 2 : 64;
		struct grave *more =
			reallocarray(l->graves, cap, sizeof(*l->graves));

		/* no memory: a leak is better than a corpse in use */
		if (!more)
			return;
		l->graves = more;
		l->grave_cap = cap;
	}
	turn_end_arm(l);
	l->graves[l->grave_count++] = (struct grave){thing, free_fn};
}

void edge_loop_join(struct edge_loop *l, struct edge_leaver *v)
{
	if (v->link)
		return;
	v->next = l->leavers;
	if (v->next)
		v->next->link = &v->next;
	v->link = &l->leavers;
	l->leavers = v;
}

void edge_loop_leave(struct edge_leaver *v)
{
	if (!v->link)
		return;
	*v->link = v->next;
	if (v->next)
		v->next->link = v->link;
	v->next = NULL;
	v->link = NULL;
}

uint8_t *edge_loop_scratch(struct edge_loop *l, size_t *cap)
{
	*cap = sizeof(l->scratch);
	return l->scratch;
}

uint8_t *edge_loop_out_scratch(struct edge_loop *l, size_t *cap)
{
	*cap = sizeof(l->out_scratch);
	return l->out_scratch;
}
