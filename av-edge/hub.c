/* The plain loop of one packet worker: batch, timers, descriptors by name. */
#include "av-edge/hub.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

enum edge_err ave_hub_new(struct ave_hub **out, struct ave_batch *batch,
			  unsigned shard)
{
	struct ave_hub *h = calloc(1, sizeof(*h));
	enum edge_err err = EDGE_ENOMEM;

	if (!h) {
		ave_batch_free(batch);
		return err;
	}
	h->batch = batch;
	h->last = &h->first;
	h->now_ms = clock_ms();
	h->scratch = malloc(AVE_HEADROOM + AVE_HUB_SCRATCH + AVE_TAILROOM);
	h->items = calloc(AVE_BATCH_ITEMS, sizeof(*h->items));
	if (h->scratch && h->items)
		err = edge_wheel_new(&h->wheel, h->now_ms);
	if (!err)
		err = edge_handles_new(&h->ears, shard, EDGE_HANDLE_SLOTS,
				       EDGE_HANDLE_REST);
	if (err) {
		ave_hub_free(h);
		return err;
	}
	*out = h;
	return EDGE_OK;
}

static void do_chores(struct ave_hub *h)
{
	while (h->first) {
		struct ave_chore *c = h->first;

		h->first = c->next;
		if (!h->first)
			h->last = &h->first;
		c->is_queued = false;
		c->fn(c);
	}
}

void ave_hub_free(struct ave_hub *h)
{
	if (!h)
		return;
	do_chores(h);
	ave_batch_free(h->batch);
	edge_wheel_free(h->wheel);
	edge_handles_free(h->ears);
	free(h->scratch);
	free(h->items);
	free(h);
}

enum edge_err ave_hub_listen(struct ave_hub *h, struct ave_ear *e, int fd,
			     unsigned io)
{
	const bool is_new = !e->id;
	enum edge_err err = EDGE_OK;

	if (is_new)
		err = edge_handles_put(h->ears, e, &e->id);
	else if (e->io == io)
		return EDGE_OK;
	if (err)
		return err;
	e->fd = fd;
	e->io = io;
	err = ave_batch_watch(h->batch, fd, io, e->id);
	if (err && is_new) {
		edge_handles_drop(h->ears, e->id);
		e->id = 0;
	}
	return err;
}

void ave_hub_leave(struct ave_hub *h, struct ave_ear *e)
{
	if (!e->id)
		return;
	ave_batch_unwatch(h->batch, e->fd);
	edge_handles_drop(h->ears, e->id);
	e->id = 0;
}

static void end_lull(struct edge_timer *t, uint64_t now_ms)
{
	struct ave_lull *l =
		(struct ave_lull *)(void *)((char *)t -
					    offsetof(struct ave_lull, timer));

	if (ave_hub_listen(l->hub, l->ear, l->ear->fd, AVE_BATCH_READ))
		edge_wheel_start(l->hub->wheel, t, now_ms + AVE_HUB_LULL_MS,
				 end_lull);
}

void ave_hub_lull(struct ave_lull *l, struct ave_hub *h, struct ave_ear *e,
		  int error)
{
	if ((error != EMFILE && error != ENFILE && error != ENOBUFS &&
	     error != ENOMEM) ||
	    ave_hub_listen(h, e, e->fd, 0) != EDGE_OK)
		return;
	l->hub = h;
	l->ear = e;
	edge_wheel_start(h->wheel, &l->timer, h->now_ms + AVE_HUB_LULL_MS,
			 end_lull);
}

void ave_hub_unlull(struct ave_lull *l)
{
	edge_wheel_stop(&l->timer);
}

void ave_hub_later(struct ave_hub *h, struct ave_chore *c)
{
	if (c->is_queued)
		return;
	c->is_queued = true;
	c->next = NULL;
	*h->last = c;
	h->last = &c->next;
}

void ave_hub_turn(struct ave_hub *h,
		  void (*datagram)(struct ave_batch_item *it, void *arg),
		  void (*begun)(uint64_t now_ms, void *arg), void *arg)
{
	size_t n = ave_batch_wait(h->batch, h->items, AVE_HUB_TURN_MS);

	h->now_ms = clock_ms();
	begun(h->now_ms, arg);
	for (size_t i = 0; i < n; i++) {
		struct ave_batch_item *it = &h->items[i];
		struct ave_ear *e;

		if (it->what == AVE_BATCH_DATAGRAM) {
			datagram(it, arg);
			continue;
		}
		e = edge_handles_find(h->ears, (edge_handle)it->tag);
		if (e)
			e->ready(e, it->ready);
	}
	edge_wheel_advance(h->wheel, h->now_ms);
	do_chores(h);
}
