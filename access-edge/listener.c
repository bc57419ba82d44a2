/* Accepting sockets of a shard: who may become a link. */
#include "access-edge/listener.h"

#include <stdlib.h>
#include <unistd.h>

#include "access-edge/budget.h"
#include "access-edge/events.h"
#include "access-edge/limits.h"
#include "access-edge/link.h"

enum { TIGHT_MS = 200 /* ours: look again at the memory budget [ms] */ };

struct acc_listener {
	struct acc_shard *shard;
	enum acc_listen_kind kind;
	struct edge_door *door;
	bool throttled;
};

static void turned_away(struct acc_listener *l, enum acc_stat row,
			const char *reason, const struct edge_addr *from)
{
	char text[EDGE_ADDR_STRLEN];
	uint32_t more;

	acc_shard_count(l->shard, row);
	if (!acc_shard_may_tell(l->shard, ACC_EV_LINK_REFUSED, reason, from,
				&more))
		return;
	edge_addr_print(from, text);
	edge_event(ACC_EV_LINK_REFUSED, "client=%s reason=%s suppressed=%u",
		   text, reason, more);
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
		/* bounds that this service does not set */
		[EDGE_ADMIT_BUSY] = {ACC_STAT_REJECTED_HANDSHAKES,
				     "handshakes"},
		[EDGE_ADMIT_RATE] = {ACC_STAT_REJECTED_SOURCE, "source"},
	};

	turned_away(l, rows[v].row, rows[v].name, from);
}

static bool on_taken(void *arg, int fd, const struct edge_addr *from)
{
	struct acc_listener *l = arg;
	enum edge_admit_verdict v;

	if (l->kind != ACC_LISTEN_INSIDE && acc_budget_refuses(l->shard)) {
		turned_away(l, ACC_STAT_REJECTED_OVERLOAD, "overload", from);
		close(fd);
		return false;
	}
	v = edge_admit_enter(l->shard->shared->admit[l->kind], from,
			     edge_loop_now_ms(l->shard->loop));
	if (v != EDGE_ADMIT_OK) {
		count_rejected(l, v, from);
		close(fd);
		return false;
	}
	if (acc_link_accept(l->shard, l->kind, fd, from) != EDGE_OK)
		count_rejected(l, EDGE_ADMIT_OK, from);
	return true;
}

static void on_paused(void *arg)
{
	struct acc_listener *l = arg;

	acc_shard_count(l->shard, ACC_STAT_ACCEPT_PAUSED);
}

static uint64_t until_not_tight(void *arg, uint64_t now_ms)
{
	const struct acc_listener *l = arg;

	(void)now_ms;
	return acc_budget_is_tight(l->shard) ? TIGHT_MS : 0;
}

bool acc_door_is_shared(const struct topo *t)
{
	const struct topo_listen *l = &t->listen[TOPO_PORT_ACCESS_FEDERATION];

	return l->present &&
	       edge_addr_eq(&l->addr, &t->listen[TOPO_PORT_ACCESS_CLIENT].addr);
}

struct edge_addr acc_door_of(const struct topo *t, enum acc_listen_kind kind)
{
	static const enum topo_port_kind ports[ACC_LISTEN_KINDS] = {
		[ACC_LISTEN_CLIENT] = TOPO_PORT_ACCESS_CLIENT,
		[ACC_LISTEN_INSIDE] = TOPO_PORT_ACCESS_INSIDE,
		[ACC_LISTEN_PARTNER] = TOPO_PORT_ACCESS_FEDERATION,
	};
	const struct topo_listen *l = &t->listen[ports[kind]];

	if (kind == ACC_LISTEN_PARTNER &&
	    (!l->present || acc_door_is_shared(t)))
		return (struct edge_addr){0};
	return l->addr;
}

static uint32_t share_of_rate(const struct acc_shard *s,
			      enum acc_listen_kind kind, bool throttled)
{
	uint64_t rate = acc_shard_limit(s, kind == ACC_LISTEN_PARTNER
						   ? ACC_LIMIT_PARTNER_RATE
						   : ACC_LIMIT_ACCEPT_RATE) /
			s->shared->shard_count;

	if (throttled)
		rate /= 10; /* AE 2.9: while the pool is down */
	return rate ? (uint32_t)rate : 1;
}

/* Inside are few machines, and ours: no rate holds them back. */
enum edge_err acc_listener_new(struct acc_listener **out, struct acc_shard *s,
			       enum acc_listen_kind kind, int fd)
{
	struct acc_listener *l = calloc(1, sizeof(*l));
	struct edge_door_plan p = {
		.loop = s->loop,
		.taken = on_taken,
		.paused = on_paused,
		.arg = l,
	};
	enum edge_err err;

	if (!l) {
		close(fd);
		return EDGE_ENOMEM;
	}
	l->shard = s;
	l->kind = kind;
	if (kind != ACC_LISTEN_INSIDE) {
		p.rate = p.burst = share_of_rate(s, kind, false);
		p.wait_ms = until_not_tight;
	}
	err = edge_door_new(&l->door, &p, fd);
	if (err) {
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
	edge_door_free(l->door);
	free(l);
}

void acc_listener_throttle(struct acc_listener *l, bool on)
{
	if (!l || l->throttled == on)
		return;
	l->throttled = on;
	edge_door_set_rate(l->door, share_of_rate(l->shard, l->kind, on));
}
