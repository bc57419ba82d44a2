/* Accepting sockets: bound to address and device, one a shard. */
#include "access-edge/listener.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access-edge/budget.h"
#include "access-edge/limits.h"
#include "access-edge/link.h"
#include "access-edge/events.h"

enum {
	ACCEPTS_A_TURN = 64, /* ours: so that no listener starves the rest */
	TIGHT_MS = 200,	     /* ours: look again at the memory budget [ms] */
};

struct acc_listener {
	struct acc_shard *shard;
	enum acc_listen_kind kind;
	int fd;
	bool throttled;
	uint32_t rate;
	struct edge_bucket bucket;
	struct edge_timer timer; /* running: accepting is paused */
};

enum edge_err acc_listener_bind(int *fds, unsigned count,
				const struct acc_door *door, char *why,
				size_t why_cap)
{
	const char *device =
		door->device && *door->device ? door->device : NULL;
	char text[EDGE_ADDR_STRLEN];
	unsigned opened = 0;
	int proof;
	enum edge_err err = edge_sock_listen(&proof, &door->at, device, false);

	if (!err)
		close(proof);
	while (!err && opened < count) {
		err = edge_sock_listen(&fds[opened], &door->at, device, true);
		opened += !err;
	}
	if (!err)
		return EDGE_OK;
	edge_addr_print(&door->at, text);
	snprintf(why, why_cap, "cannot listen on %s%s%s: %s", text,
		 device ? " device " : "", device ? device : "",
		 strerror(errno));
	while (opened)
		close(fds[--opened]);
	return err;
}

static struct acc_listener *of_timer(struct edge_timer *t)
{
	return (struct acc_listener *)(void *)((char *)t -
					       offsetof(struct acc_listener,
							timer));
}

static void on_ready(unsigned ready, void *arg);

static void resume(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_listener *l = of_timer(t);

	(void)now_ms;
	if (edge_loop_watch(l->shard->loop, l->fd, EDGE_LOOP_READ, on_ready,
			    l) != EDGE_OK)
		edge_wheel_start(edge_loop_wheel(l->shard->loop), &l->timer,
				 now_ms + 100, resume);
}

static void pause_for(struct acc_listener *l, uint64_t ms)
{
	struct edge_loop *loop = l->shard->loop;

	acc_shard_count(l->shard, ACC_STAT_ACCEPT_PAUSED);
	edge_loop_unwatch(loop, l->fd);
	edge_wheel_start(edge_loop_wheel(loop), &l->timer,
			 edge_loop_now_ms(loop) + (ms ? ms : 1), resume);
}

static void count_rejected(struct acc_listener *l, enum edge_admit_verdict v,
			   const struct edge_addr *from)
{
	static const struct {
		enum acc_stat row;
		const char *name;
	} rows[] = {
		[EDGE_ADMIT_OK] = {ACC_STAT_REJECTED_RESOURCE, "resource"},
		[EDGE_ADMIT_TOTAL] = {ACC_STAT_REJECTED_TOTAL, "total"},
		[EDGE_ADMIT_SOURCE] = {ACC_STAT_REJECTED_SOURCE, "source"},
		[EDGE_ADMIT_HANDSHAKES] = {ACC_STAT_REJECTED_HANDSHAKES,
					   "handshakes"},
		[EDGE_ADMIT_PENALTY] = {ACC_STAT_REJECTED_PENALTY, "penalty"},
		[EDGE_ADMIT_UNKNOWN] = {ACC_STAT_REJECTED_UNKNOWN, "unknown"},
	};
	char text[EDGE_ADDR_STRLEN];
	uint32_t more;

	acc_shard_count(l->shard, rows[v].row);
	if (!acc_shard_may_tell(l->shard, ACC_EV_LINK_REFUSED, rows[v].name,
				from, &more))
		return;
	edge_addr_print(from, text);
	edge_event(ACC_EV_LINK_REFUSED, "client=%s reason=%s suppressed=%u",
		   text, rows[v].name, more);
}

/* false: nothing more to accept now */
static bool accept_one(struct acc_listener *l, uint64_t now_ms)
{
	struct edge_addr from;
	enum edge_admit_verdict v;
	int fd;
	enum edge_err err = edge_sock_accept(&fd, &from, l->fd);

	if (err == EDGE_ELIMIT)
		pause_for(l, 100);
	if (err)
		return false;
	v = edge_admit_enter(l->shard->shared->admit[l->kind], &from, now_ms);
	if (v != EDGE_ADMIT_OK) {
		count_rejected(l, v, &from);
		close(fd);
		return true;
	}
	if (acc_link_accept(l->shard, l->kind, fd, &from) != EDGE_OK)
		count_rejected(l, EDGE_ADMIT_OK, &from);
	return true;
}

static void on_ready(unsigned ready, void *arg)
{
	struct acc_listener *l = arg;
	uint64_t now = edge_loop_now_ms(l->shard->loop);

	(void)ready;
	if (l->kind == ACC_LISTEN_CLIENT && acc_budget_is_tight(l->shard)) {
		pause_for(l, TIGHT_MS);
		return;
	}
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		if (l->kind == ACC_LISTEN_CLIENT &&
		    edge_bucket_wait_ms(&l->bucket, now)) {
			pause_for(l, edge_bucket_wait_ms(&l->bucket, now));
			return;
		}
		if (!accept_one(l, now))
			return;
		(void)edge_bucket_take(&l->bucket, now);
	}
}

static uint32_t share_of_rate(const struct acc_shard *s, bool throttled)
{
	uint64_t rate = acc_shard_limit(s, ACC_LIMIT_ACCEPT_RATE) /
			s->shared->shard_count;

	if (throttled)
		rate /= 10; /* AE 2.9: while the pool is down */
	return rate ? (uint32_t)rate : 1;
}

enum edge_err acc_listener_new(struct acc_listener **out, struct acc_shard *s,
			       enum acc_listen_kind kind, int fd)
{
	struct acc_listener *l = calloc(1, sizeof(*l));
	uint32_t rate = share_of_rate(s, false);
	enum edge_err err;

	if (!l) {
		close(fd);
		return EDGE_ENOMEM;
	}
	l->shard = s;
	l->kind = kind;
	l->fd = fd;
	edge_bucket_init(&l->bucket, rate, rate, edge_loop_now_ms(s->loop));
	err = edge_loop_watch(s->loop, fd, EDGE_LOOP_READ, on_ready, l);
	if (err) {
		close(fd);
		free(l);
		return err;
	}
	*out = l;
	return EDGE_OK;
}

void acc_listener_free(struct acc_listener *l)
{
	if (!l)
		return;
	edge_wheel_stop(&l->timer);
	edge_loop_unwatch(l->shard->loop, l->fd);
	close(l->fd);
	free(l);
}

void acc_listener_throttle(struct acc_listener *l, bool on)
{
	uint32_t rate;

	if (!l || l->throttled == on)
		return;
	l->throttled = on;
	rate = share_of_rate(l->shard, on);
	edge_bucket_init(&l->bucket, rate, rate,
			 edge_loop_now_ms(l->shard->loop));
}
