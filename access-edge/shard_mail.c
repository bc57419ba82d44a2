/* What reaches a shard by mail: of other shards, of the control thread. */
#include "access-edge/shard_mail.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "access-edge/events.h"
#include "access-edge/inbound.h"
#include "access-edge/limits.h"
#include "access-edge/linktab.h"
#include "access-edge/listener.h"
#include "access-edge/outbound.h"
#include "access-edge/proxy.h"
#include "access-edge/revoked.h"
#include "access-edge/route_token.h"
#include "access-edge/upstream.h"
#include "common/tls.h"

static void finish_moved(struct acc_link *l, void *arg)
{
	const struct acc_shard *s = arg;
	struct edge_addr door = acc_door_of(s->view.topo, l->door);

	if (!l->dialler && l->state == ACC_LINK_OPEN &&
	    !edge_addr_eq(&l->source.local, &door))
		acc_link_finish(l);
}

/* TO 4.3: who came by the old address has had his time. */
static void on_moved_over(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_shard *s =
		(struct acc_shard *)(void *)((char *)t -
					     offsetof(struct acc_shard,
						      moved_timer));

	(void)now_ms;
	acc_linktab_each(s->links, finish_moved, s);
}

static void swap_listener(struct acc_shard *s, enum acc_listen_kind kind,
			  int *fd)
{
	struct acc_listener *new = NULL;

	struct edge_addr door = acc_door_of(s->view.topo, kind);

	if (!door.family &&
	    s->listener[kind]) { /* the topology has it no more */
		acc_listener_free(s->listener[kind]);
		s->listener[kind] = NULL;
	}
	if (*fd < 0)
		return;
	if (kind != ACC_LISTEN_INSIDE && s->is_draining)
		return; /* nobody comes in any more: the mail closes it */
	if (acc_listener_new(&new, s, kind, *fd) == EDGE_OK) {
		acc_listener_free(s->listener[kind]);
		s->listener[kind] = new;
		edge_wheel_start(edge_loop_wheel(s->loop), &s->moved_timer,
				 edge_loop_now_ms(s->loop) +
					 acc_shard_limit(s, ACC_LIMIT_DRAIN_MS),
				 on_moved_over);
	}
	*fd = -1;
}

void acc_shard_device(char out[16], const char *set, const struct edge_addr *at)
{
	out[0] = '\0';
	if (*set)
		memcpy(out, set, 16);
	else
		(void)edge_sock_device(at, out);
}

/* Next hops are dialled from the inside address on its own NIC, partners and
 * DNS from the Access address on the other. */
void acc_shard_find_devices(struct acc_shard *s)
{
	const struct topo *t = s->view.topo;

	acc_shard_device(s->device, s->shared->device[ACC_LISTEN_INSIDE],
			 &t->internal);
	acc_shard_device(s->device_outside,
			 s->shared->device[ACC_LISTEN_CLIENT],
			 &t->listen[TOPO_PORT_ACCESS_CLIENT].addr);
}

/* A server or partner the new topology no longer names is cut off. */
static void recheck_trust(struct acc_link *l, void *arg)
{
	const struct edge_peer *p;

	(void)arg;
	if (l->kind == ACC_LINK_PARTNER && l->state == ACC_LINK_OPEN)
		acc_inbound_recheck(l);
	if (l->kind != ACC_LINK_INSIDE || l->state != ACC_LINK_OPEN)
		return;
	p = edge_conn_peer(l->conn);
	for (size_t i = 0; i < p->name_count; i++)
		if (topo_is_trusted(l->shard->view.topo,
				    edge_slice_str(p->names[i]),
				    TOPO_TRUST_SIP))
			return;
	acc_shard_count(l->shard, ACC_STAT_REJECTED_ROLE);
	edge_event(ACC_EV_PEER_REFUSED, "san=%s reason=no_longer_trusted",
		   p->name_count ? p->names[0] : "-");
	acc_link_finish(l);
}

static void on_topology(struct acc_shard *s, struct acc_mail *m)
{
	const struct topo *old = s->view.topo;

	s->view.topo = m->topo;
	m->topo = NULL;
	for (int k = 0; k < ACC_LISTEN_KINDS; k++)
		swap_listener(s, (enum acc_listen_kind)k, &m->fds[k]);
	acc_shard_find_devices(s);
	acc_inbound_dns(s, old);
	if (acc_upstreams_topology(s->upstreams) != EDGE_OK)
		edge_event(EDGE_EV_TOPOLOGY_REFUSED, "shard=%u reason=memory",
			   s->index);
	acc_outbounds_topology(s->outbounds);
	acc_linktab_each(s->links, recheck_trust, NULL);
	acc_revoked_hurry(s);
	atomic_store_explicit(&s->gauges.topology_seq, s->view.topo->seq,
			      memory_order_relaxed);
	topo_drop(old);
}

static void take_tls(struct edge_tls **mine, struct edge_tls **theirs)
{
	struct edge_tls *old = *mine;

	if (!*theirs)
		return;
	*mine = *theirs;
	*theirs = NULL;
	edge_tls_drop(old);
}

static void on_tls(struct acc_shard *s, struct acc_mail *m)
{
	for (int k = 0; k < ACC_LISTEN_KINDS; k++)
		take_tls(&s->tls[k], &m->tls[k]);
	take_tls(&s->tls_out, &m->tls_out);
	take_tls(&s->tls_partner, &m->tls_partner);
}

static void on_keys(struct acc_shard *s, struct acc_mail *m)
{
	acc_route_keys_free(s->keys);
	s->keys = m->keys;
	s->view.keys = m->keys;
	m->keys = NULL;
}

static void on_options(struct acc_shard *s, struct acc_mail *m)
{
	free(s->options);
	s->options = m->options;
	s->view.options = m->options;
	m->options = NULL;
	acc_revoked_hurry(s);
}

static void finish_client(struct acc_link *l, void *arg)
{
	(void)arg;
	if (!l->dialler)
		acc_link_finish(l);
}

static void on_drain_over(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_shard *s =
		(struct acc_shard *)(void *)((char *)t -
					     offsetof(struct acc_shard,
						      drain_timer));

	(void)now_ms;
	acc_linktab_each(s->links, finish_client, NULL);
}

static void on_drain(struct acc_shard *s)
{
	if (s->is_draining)
		return;
	s->is_draining = true;
	for (int k = 0; k < ACC_LISTEN_KINDS; k++) {
		if (k == ACC_LISTEN_INSIDE)
			continue;
		acc_listener_free(s->listener[k]);
		s->listener[k] = NULL;
	}
	edge_wheel_start(edge_loop_wheel(s->loop), &s->drain_timer,
			 edge_loop_now_ms(s->loop) +
				 acc_shard_limit(s, ACC_LIMIT_DRAIN_MS),
			 on_drain_over);
}

void acc_shard_on_mail(void *msg, void *arg)
{
	struct acc_shard *s = arg;
	struct acc_mail *m = msg;

	switch (m->kind) {
	case ACC_MAIL_TOPOLOGY:
		on_topology(s, m);
		break;
	case ACC_MAIL_TLS:
		on_tls(s, m);
		break;
	case ACC_MAIL_KEYS:
		on_keys(s, m);
		break;
	case ACC_MAIL_OPTIONS:
		on_options(s, m);
		break;
	case ACC_MAIL_DRAIN:
		on_drain(s);
		break;
	case ACC_MAIL_DELIVER:
	case ACC_MAIL_RESPONSE:
	case ACC_MAIL_UNDELIVERABLE:
	case ACC_MAIL_LINK_GONE:
		acc_proxy_mail(s, m);
		break;
	case ACC_MAIL_KINDS:
		break;
	}
	acc_mail_free(m);
}
