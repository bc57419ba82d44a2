/* Accepting sockets: bound to address and device, one a loop, not faster than
 * is allowed. */
#include "common/door.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/admit.h"
#include "common/loop.h"
#include "common/sock.h"

enum {
	ACCEPTS_A_TURN = 64, /* ours: so that no door starves the rest */
	SHORT_MS = 100,	     /* ours: out of descriptors, try again [ms] */
};

struct edge_door {
	struct edge_door_plan plan;
	int fd;
	struct edge_bucket bucket;
	struct edge_timer timer; /* running: accepting is paused */
};

static enum edge_err bind_all(int *fds, unsigned count,
			      const struct edge_addr *at, const char *device)
{
	unsigned opened = 0;
	int proof, saved;
	enum edge_err err;

	if (count == 1)
		return edge_sock_listen(fds, at, device, false);
	err = edge_sock_listen(&proof, at, device, false);
	if (!err)
		close(proof);
	while (!err && opened < count) {
		err = edge_sock_listen(&fds[opened], at, device, true);
		opened += !err;
	}
	saved = errno;
	while (err && opened)
		close(fds[--opened]);
	errno = saved;
	return err;
}

enum edge_err edge_door_bind(int *fds, unsigned count,
			     const struct edge_door_at *at, char *why,
			     size_t why_cap)
{
	const char *device = at->device && *at->device ? at->device : NULL;
	char text[EDGE_ADDR_STRLEN];
	enum edge_err err = bind_all(fds, count, &at->at, device);

	if (!err)
		return EDGE_OK;
	edge_addr_print(&at->at, text);
	snprintf(why, why_cap, "cannot listen on %s%s%s: %s", text,
		 device ? " device " : "", device ? device : "",
		 strerror(errno));
	return err;
}

static void on_ready(unsigned ready, void *arg);

static void resume(struct edge_timer *t, uint64_t now_ms)
{
	struct edge_door *d =
		(struct edge_door *)(void *)((char *)t -
					     offsetof(struct edge_door, timer));

	if (edge_loop_watch(d->plan.loop, d->fd, EDGE_LOOP_READ, on_ready, d) !=
	    EDGE_OK)
		edge_wheel_start(edge_loop_wheel(d->plan.loop), &d->timer,
				 now_ms + SHORT_MS, resume);
}

static void pause_for(struct edge_door *d, uint64_t ms)
{
	struct edge_loop *loop = d->plan.loop;

	if (d->plan.paused)
		d->plan.paused(d->plan.arg);
	edge_loop_unwatch(loop, d->fd);
	edge_wheel_start(edge_loop_wheel(loop), &d->timer,
			 edge_loop_now_ms(loop) + ms, resume);
}

/* How long nobody may come in; no longer than it takes to look again. */
static uint64_t wait_ms(const struct edge_door *d, uint64_t now_ms)
{
	const uint64_t most = 60000;
	uint64_t ms = 0;

	if (d->plan.wait_ms)
		ms = d->plan.wait_ms(d->plan.arg, now_ms);
	if (!ms && d->plan.rate)
		ms = edge_bucket_wait_ms(&d->bucket, now_ms);
	return ms < most ? ms : most;
}

static void on_ready(unsigned ready, void *arg)
{
	struct edge_door *d = arg;
	uint64_t now = edge_loop_now_ms(d->plan.loop);

	(void)ready;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		uint64_t ms = wait_ms(d, now);
		struct edge_addr from;
		enum edge_err err;
		int fd;

		if (ms) {
			pause_for(d, ms);
			return;
		}
		err = edge_sock_accept(&fd, &from, d->fd);
		if (err == EDGE_ELIMIT)
			pause_for(d, SHORT_MS);
		if (err)
			return;
		if (d->plan.taken(d->plan.arg, fd, &from))
			(void)edge_bucket_take(&d->bucket, now);
	}
}

enum edge_err edge_door_new(struct edge_door **out,
			    const struct edge_door_plan *p, int fd)
{
	struct edge_door *d = calloc(1, sizeof(*d));
	enum edge_err err = EDGE_ENOMEM;

	if (d)
		err = edge_loop_watch(p->loop, fd, EDGE_LOOP_READ, on_ready, d);
	if (err) {
		close(fd);
		free(d);
		return err;
	}
	d->plan = *p;
	d->fd = fd;
	edge_bucket_init(&d->bucket, p->rate, p->burst,
			 edge_loop_now_ms(p->loop));
	*out = d;
	return EDGE_OK;
}

void edge_door_free(struct edge_door *d)
{
	if (!d)
		return;
	edge_wheel_stop(&d->timer);
	edge_loop_unwatch(d->plan.loop, d->fd);
	close(d->fd);
	free(d);
}

void edge_door_set_rate(struct edge_door *d, uint32_t rate)
{
	uint64_t burst = d->plan.rate
				 ? (uint64_t)d->plan.burst * rate / d->plan.rate
				 : rate;

	edge_bucket_init(&d->bucket, rate, burst ? (uint32_t)burst : 1,
			 edge_loop_now_ms(d->plan.loop));
	d->plan.rate = rate;
	d->plan.burst = d->bucket.burst;
}
