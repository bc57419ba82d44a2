/* Hierarchical timing wheel: four wheels of 64 slots, each 64 times coarser. */
#include "common/wheel.h"

#include <stdlib.h>

enum {
	TICK_MS = 16, /* ours: finer than any deadline we have [ms] */
	SLOT_BITS = 6,
	SLOTS = 1 << SLOT_BITS,
	LEVELS = 4, /* 64^4 ticks are 74 hours; what is later is filed again */
};

struct edge_wheel {
	uint64_t tick; /* the last one whose slot has been fired */
	struct edge_timer *slot[LEVELS][SLOTS];
};

enum edge_err edge_wheel_new(struct edge_wheel **out, uint64_t now_ms)
{
	struct edge_wheel *w = calloc(1, sizeof(*w));

	if (!w)
		return EDGE_ENOMEM;
	w->tick = now_ms / TICK_MS;
	*out = w;
	return EDGE_OK;
}

void edge_wheel_free(struct edge_wheel *w)
{
	if (!w)
		return;
	for (unsigned level = 0; level < LEVELS; level++)
		for (unsigned i = 0; i < SLOTS; i++)
			while (w->slot[level][i])
				edge_wheel_stop(w->slot[level][i]);
	free(w);
}

static uint64_t due_tick(const struct edge_timer *t)
{
	return t->due_ms / TICK_MS + (t->due_ms % TICK_MS != 0);
}

/* due is at or after w->tick. A level's slot is emptied into finer ones when
 * the tick reaches it; beyond the last level it stands at the far end. */
static void file(struct edge_wheel *w, struct edge_timer *t, uint64_t due)
{
	const uint64_t reach = (UINT64_C(1) << SLOT_BITS * LEVELS) - 1;
	uint64_t delta = due - w->tick;
	unsigned level = 0;
	struct edge_timer **head;

	if (delta > reach) {
		due = w->tick + reach;
		delta = reach;
	}
	while (delta >> SLOT_BITS * (level + 1))
		level++;
	head = &w->slot[level][due >> SLOT_BITS * level & (SLOTS - 1)];
	t->next = *head;
	t->link = head;
	if (t->next)
		t->next->link = &t->next;
	*head = t;
}

void edge_wheel_start(struct edge_wheel *w, struct edge_timer *t,
		      uint64_t due_ms,
		      void (*fn)(struct edge_timer *t, uint64_t now_ms))
{
	uint64_t due;

	edge_wheel_stop(t);
	t->due_ms = due_ms;
	t->fn = fn;
	due = due_tick(t);
	file(w, t, due > w->tick ? due : w->tick + 1);
}

void edge_wheel_stop(struct edge_timer *t)
{
	if (!t->link)
		return;
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	t->next = NULL;
	t->link = NULL;
}

bool edge_timer_running(const struct edge_timer *t)
{
	return t->link;
}

/* Take the whole list first: a far timer may be filed into the same slot. */
static void empty_slot(struct edge_wheel *w, unsigned level, unsigned i)
{
	struct edge_timer *t = w->slot[level][i];

	w->slot[level][i] = NULL;
	while (t) {
		struct edge_timer *next = t->next;
		uint64_t due = due_tick(t);

		file(w, t, due > w->tick ? due : w->tick);
		t = next;
	}
}

static void turn(struct edge_wheel *w)
{
	uint64_t tick = ++w->tick;

	for (unsigned level = 1; level < LEVELS && !(tick & (SLOTS - 1));
	     level++) {
		tick >>= SLOT_BITS;
		empty_slot(w, level, tick & (SLOTS - 1));
	}
}

void edge_wheel_advance(struct edge_wheel *w, uint64_t now_ms)
{
	while (w->tick < now_ms / TICK_MS) {
		struct edge_timer *t;

		turn(w);
		/* callbacks file at tick + 1 at the earliest, so this ends */
		while ((t = w->slot[0][w->tick & (SLOTS - 1)])) {
			edge_wheel_stop(t);
			t->fn(t, now_ms);
		}
	}
}
