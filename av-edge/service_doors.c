/* Server sockets of all workers, as the topology wants them. */
#include "av-edge/service_doors.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "av-edge/sockets.h"
#include "common/log.h"

/* clang-format off */
static const struct {
	enum topo_port_kind port;
	enum ave_side side;
	bool is_tcp, is_twin; /* twin: on IPv6 beside IPv4, may be none */
	const char *name;
} rows[AVE_DOORS] = {
	[AVE_DOOR_OUTSIDE_UDP] = {TOPO_PORT_AV_OUTSIDE_UDP, AVE_OUTSIDE, false,
		false, "outside udp"},
	[AVE_DOOR_INSIDE_UDP] = {TOPO_PORT_AV_INSIDE_UDP, AVE_INSIDE, false,
		false, "inside udp"},
	[AVE_DOOR_OUTSIDE_TCP] = {TOPO_PORT_AV_OUTSIDE_TCP, AVE_OUTSIDE, true,
		false, "outside tcp"},
	[AVE_DOOR_INSIDE_TCP] = {TOPO_PORT_AV_INSIDE_TCP, AVE_INSIDE, true,
		false, "inside tcp"},
	[AVE_DOOR_OUTSIDE_UDP6] = {TOPO_PORT_AV_OUTSIDE_UDP, AVE_OUTSIDE, false,
		true, "outside udp ipv6"},
	[AVE_DOOR_INSIDE_UDP6] = {TOPO_PORT_AV_INSIDE_UDP, AVE_INSIDE, false,
		true, "inside udp ipv6"},
	[AVE_DOOR_OUTSIDE_TCP6] = {TOPO_PORT_AV_OUTSIDE_TCP, AVE_OUTSIDE, true,
		true, "outside tcp ipv6"},
	[AVE_DOOR_INSIDE_TCP6] = {TOPO_PORT_AV_INSIDE_TCP, AVE_INSIDE, true,
		true, "inside tcp ipv6"},
};
/* clang-format on */

void ave_doors_init(struct ave_doors *d, const struct ave_house *h)
{
	d->house = h;
	d->held = NULL;
	memset(d->fd, 0xff, sizeof(d->fd)); /* every fd -1 */
}

void ave_doors_close(struct ave_doors *d)
{
	for (int k = 0; k < AVE_DOORS; k++)
		for (int i = 0; i < AVE_WORKERS; i++)
			if (d->fd[k][i] >= 0)
				close(d->fd[k][i]);
	ave_doors_init(d, d->house);
}

enum topo_port_kind ave_door_port(enum ave_door_kind kind)
{
	return rows[kind].port;
}

enum ave_side ave_door_side(enum ave_door_kind kind)
{
	return rows[kind].side;
}

struct edge_addr ave_door_at(enum ave_door_kind kind, const struct topo *t)
{
	const struct topo_listen *l = &t->listen[rows[kind].port];

	if (rows[kind].is_twin)
		return topo_av_twin(t, rows[kind].port);
	return l->present ? l->addr : (struct edge_addr){0};
}

bool ave_door_is_tcp(enum ave_door_kind kind)
{
	return rows[kind].is_tcp;
}

const char *ave_door_name(enum ave_door_kind kind)
{
	return rows[kind].name;
}

/* -- places that are held -------------------------------------------------- */

static void let_go(struct ave_held *h, const struct edge_addr *at)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->count; i++)
		if (!edge_addr_eq(&h->at[i], at))
			h->at[kept++] = h->at[i];
	h->count = kept;
}

static void hold(struct ave_held *h, const struct edge_addr *at)
{
	if (h->count == AVE_OLD_DOORS) {
		h->count--;
		memmove(&h->at[0], &h->at[1], h->count * sizeof(h->at[0]));
	}
	h->at[h->count++] = *at;
}

static bool moves(enum ave_door_kind kind, const struct topo *old,
		  const struct topo *new)
{
	const struct edge_addr was = ave_door_at(kind, old);
	const struct edge_addr is = ave_door_at(kind, new);

	return (!is.family && !rows[kind].is_twin) || !edge_addr_eq(&was, &is);
}

bool ave_door_ends(enum ave_door_kind kind, const struct topo *old,
		   const struct topo *new)
{
	return ave_door_at(kind, old).family && !ave_door_at(kind, new).family;
}

bool ave_held_has(const struct ave_held *h, enum ave_door_kind kind,
		  const struct topo *old, const struct topo *new)
{
	const struct edge_addr at = ave_door_at(kind, new);

	if (!h || rows[kind].is_tcp || !moves(kind, old, new))
		return false;
	for (size_t i = 0; i < h->count; i++)
		if (edge_addr_eq(&h->at[i], &at))
			return true;
	return false;
}

unsigned ave_held_move(struct ave_held *h, const struct topo *old,
		       const struct topo *new)
{
	unsigned count = 0;

	for (int k = 0; k < AVE_DOORS; k++) {
		const enum ave_door_kind kind = (enum ave_door_kind)k;
		const struct edge_addr was = ave_door_at(kind, old);
		const struct edge_addr is = ave_door_at(kind, new);

		if (rows[k].is_tcp || !moves(kind, old, new))
			continue;
		let_go(h, &is);
		if (!was.family)
			continue;
		hold(h, &was);
		count++;
	}
	return count;
}

/* -- binding -------------------------------------------------------------- */

enum edge_err ave_doors_bind(struct ave_doors *d, enum ave_door_kind kind,
			     const struct topo *t, char *why, size_t why_cap)
{
	const struct ave_house *h = d->house;
	const struct ave_place place = {
		.at = ave_door_at(kind, t),
		.device = h->device[rows[kind].side],
		.is_tcp = rows[kind].is_tcp,
	};
	char text[EDGE_ADDR_STRLEN];
	enum edge_err err;

	if (!place.at.family && rows[kind].is_twin)
		return EDGE_OK;
	if (!place.at.family) {
		snprintf(why, why_cap, "the topology has no %s port for A/V",
			 rows[kind].name);
		return EDGE_ENOTFOUND;
	}
	err = ave_sockets_server(d->fd[kind], h->worker_count, &place, why,
				 why_cap);
	if (err) {
		memset(d->fd[kind], 0xff, sizeof(d->fd[kind]));
		return err;
	}
	edge_addr_print(&place.at, text);
	edge_event(EDGE_EV_LISTENER_OPEN, "address=%s protocol=%s workers=%u",
		   text, rows[kind].is_tcp ? "tcp" : "udp", h->worker_count);
	return EDGE_OK;
}

enum edge_err ave_doors_bind_moved(struct ave_doors *d, const struct topo *old,
				   const struct topo *new, char *why,
				   size_t why_cap)
{
	enum edge_err err = EDGE_OK;

	for (int k = 0; k < AVE_DOORS && !err; k++) {
		const enum ave_door_kind kind = (enum ave_door_kind)k;

		if (moves(kind, old, new) &&
		    !ave_held_has(d->held, kind, old, new))
			err = ave_doors_bind(d, (enum ave_door_kind)k, new, why,
					     why_cap);
	}
	if (err)
		ave_doors_close(d);
	return err;
}

void ave_doors_give(int out[AVE_DOORS], struct ave_doors *d, unsigned worker)
{
	for (int k = 0; k < AVE_DOORS; k++) {
		out[k] = d->fd[k][worker];
		d->fd[k][worker] = -1;
	}
}
