/* The two doors of the XMPP proxy. */
#include "access-edge/xmpp_sockets.h"

#include <stdio.h>
#include <unistd.h>

#include "access-edge/limits.h"
#include "access-edge/xmpp_gateway.h"
#include "access-edge/xmpp_in.h"
#include "common/log.h"

static const enum topo_port_kind port_of[ACC_XMPP_DOORS] = {
	[ACC_XMPP_OUTSIDE] = TOPO_PORT_XMPP_OUTSIDE,
	[ACC_XMPP_INSIDE] = TOPO_PORT_XMPP_INSIDE,
};

void acc_xmpp_sockets_init(struct acc_xmpp_sockets *s, struct acc_xmpp_core *c,
			   const char *device_external,
			   const char *device_internal)
{
	const char *const set[ACC_XMPP_DOORS] = {
		[ACC_XMPP_OUTSIDE] = device_external,
		[ACC_XMPP_INSIDE] = device_internal,
	};

	*s = (struct acc_xmpp_sockets){.core = c};
	for (int d = 0; d < ACC_XMPP_DOORS; d++) {
		snprintf(s->device[d], sizeof(s->device[d]), "%s",
			 set[d] ? set[d] : "");
		s->fd[d] = -1;
	}
}

void acc_xmpp_sockets_abort(struct acc_xmpp_sockets *s)
{
	for (int d = 0; d < ACC_XMPP_DOORS; d++) {
		if (s->fd[d] >= 0)
			close(s->fd[d]);
		s->fd[d] = -1;
	}
}

void acc_xmpp_sockets_close(struct acc_xmpp_sockets *s)
{
	for (int d = 0; d < ACC_XMPP_DOORS; d++) {
		edge_door_free(s->door[d]);
		s->door[d] = NULL;
	}
}

void acc_xmpp_sockets_fini(struct acc_xmpp_sockets *s)
{
	acc_xmpp_sockets_close(s);
	acc_xmpp_sockets_abort(s);
}

/* Where it was it is still. */
static bool is_in_place(const struct topo *old, const struct topo *t, int d)
{
	const struct topo_listen *was = old ? &old->listen[port_of[d]] : NULL;
	const struct topo_listen *is = &t->listen[port_of[d]];

	return was && was->present && is->present &&
	       edge_addr_eq(&was->addr, &is->addr);
}

/* Its door stays: one that could not be opened is tried again. */
static bool is_kept(const struct acc_xmpp_sockets *s, const struct topo *old,
		    const struct topo *t, int d)
{
	return is_in_place(old, t, d) && (s->door[d] || s->core->is_draining);
}

static enum edge_err bind_one(struct acc_xmpp_sockets *s, int d,
			      const struct topo *t, char *why, size_t why_cap)
{
	char device[16] = "", text[EDGE_ADDR_STRLEN];
	const struct edge_door_at at = {t->listen[port_of[d]].addr, device};
	enum edge_err err;

	if (*s->device[d])
		snprintf(device, sizeof(device), "%s", s->device[d]);
	else
		(void)edge_sock_device(&at.at, device);
	err = edge_door_bind(&s->fd[d], 1, &at, why, why_cap);
	if (err) {
		s->fd[d] = -1;
		return err;
	}
	edge_addr_print(&at.at, text);
	edge_event(EDGE_EV_LISTENER_OPEN, "address=%s shards=1", text);
	return EDGE_OK;
}

enum edge_err acc_xmpp_sockets_bind(struct acc_xmpp_sockets *s,
				    const struct topo *old,
				    const struct topo *t, char *why,
				    size_t why_cap)
{
	enum edge_err err = EDGE_OK;

	acc_xmpp_sockets_abort(s);
	for (int d = 0; d < ACC_XMPP_DOORS && !err; d++)
		if (t->listen[port_of[d]].present && !is_kept(s, old, t, d))
			err = bind_one(s, d, t, why, why_cap);
	if (err)
		acc_xmpp_sockets_abort(s);
	return err;
}

static bool partner_taken(void *arg, int fd, const struct edge_addr *from)
{
	return acc_xmpp_in_accept(arg, fd, from);
}

static bool gateway_taken(void *arg, int fd, const struct edge_addr *from)
{
	return acc_xmpp_gateway_accept(arg, fd, from);
}

static enum edge_err open_one(struct acc_xmpp_sockets *s, int d)
{
	struct edge_door_plan p = {
		.loop = s->core->loop, .taken = gateway_taken, .arg = s->core};
	const int fd = s->fd[d];

	if (fd < 0)
		return EDGE_OK;
	if (d == ACC_XMPP_OUTSIDE) {
		p.rate = p.burst =
			acc_xmpp_limit(s->core, ACC_LIMIT_ACCEPT_RATE);
		p.taken = partner_taken;
	}
	s->fd[d] = -1;
	return edge_door_new(&s->door[d], &p, fd);
}

enum edge_err acc_xmpp_sockets_open(struct acc_xmpp_sockets *s)
{
	enum edge_err err = EDGE_OK;

	for (int d = 0; d < ACC_XMPP_DOORS && !err; d++)
		err = open_one(s, d);
	return err;
}

static void tell_closed(const struct topo_listen *was, bool is_moved)
{
	char text[EDGE_ADDR_STRLEN];

	edge_addr_print(&was->addr, text);
	edge_event(EDGE_EV_LISTENER_CLOSED, "address=%s reason=%s", text,
		   is_moved ? "moved" : "off");
}

/* What the topology has is there now, or somebody hears of it. */
static void open_or_tell(struct acc_xmpp_sockets *s, const struct topo *t,
			 int d)
{
	char text[EDGE_ADDR_STRLEN];

	if (open_one(s, d) == EDGE_OK &&
	    (s->door[d] || !t->listen[port_of[d]].present))
		return;
	edge_addr_print(&t->listen[port_of[d]].addr, text);
	edge_event(EDGE_EV_START_FAILED, "reason=xmpp-door address=%s", text);
}

void acc_xmpp_sockets_commit(struct acc_xmpp_sockets *s, const struct topo *old,
			     const struct topo *t)
{
	for (int d = 0; d < ACC_XMPP_DOORS; d++) {
		if (!s->door[d] || is_in_place(old, t, d))
			continue;
		edge_door_free(s->door[d]);
		s->door[d] = NULL;
		tell_closed(&old->listen[port_of[d]],
			    t->listen[port_of[d]].present);
	}
	for (int d = 0; d < ACC_XMPP_DOORS && !s->core->is_draining; d++)
		open_or_tell(s, t, d);
	acc_xmpp_sockets_abort(s);
}

bool acc_xmpp_sockets_is_open(const struct acc_xmpp_sockets *s,
			      enum acc_xmpp_door d)
{
	return s->door[d] != NULL;
}
