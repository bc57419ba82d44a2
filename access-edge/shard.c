/* One share-nothing thread: its loop and all it touches. */
#include "access-edge/shard.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access-edge/budget.h"
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
#include "common/crypto.h"
#include "common/mailbox.h"
#include "common/tls.h"

void acc_shard_count(struct acc_shard *s, size_t row)
{
	edge_stats_add(s->shared->stats, s->index, row, 1);
}

bool acc_shard_may_tell(struct acc_shard *s, uint32_t event, const char *reason,
			const struct edge_addr *from, uint32_t *held_back)
{
	const struct edge_quiet_line line = {event, reason, from};

	return edge_quiet_may_tell(&s->quiet, &line, edge_loop_now_ms(s->loop),
				   held_back);
}

uint64_t acc_shard_limit(const struct acc_shard *s, unsigned limit)
{
	return atomic_load_explicit(&s->shared->limits[limit],
				    memory_order_relaxed);
}

bool acc_shard_post(struct acc_shard *from, unsigned to, struct acc_mail *m)
{
	struct acc_shared *shared = from->shared;

	if (from->is_ending) { /* the others may be gone */
		acc_mail_free(m);
		return false;
	}
	if (edge_mailbox_post(shared->shard[to]->mailbox, m) == EDGE_OK) {
		acc_shard_count(from, ACC_STAT_MAIL_SENT);
		return true;
	}
	acc_shard_count(from, ACC_STAT_MAIL_FULL);
	edge_event(ACC_EV_MAILBOX_FULL, "from=%u to=%u", from->index, to);
	acc_mail_free(m);
	return false;
}

/* -- what the control thread sends -------------------------------------- */

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
static void find_device(struct acc_shard *s)
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
	find_device(s);
	acc_inbound_dns(s, old);
	if (acc_upstreams_topology(s->upstreams) != EDGE_OK)
		edge_event(EDGE_EV_TOPOLOGY_REFUSED, "shard=%u reason=memory",
			   s->index);
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

static void on_mail(void *msg, void *arg)
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

/* -- making one --------------------------------------------------------- */

static enum edge_err desk_new(struct acc_desk *d)
{
	enum edge_err err = edge_sip_arena_new(&d->arena);

	if (!err)
		err = edge_sip_edit_new(&d->edit);
	if (!err)
		d->msg = calloc(1, sizeof(*d->msg));
	return err ? err : d->msg ? EDGE_OK : EDGE_ENOMEM;
}

static void desk_free(struct acc_desk *d)
{
	edge_sip_arena_free(d->arena);
	edge_sip_edit_free(d->edit);
	free(d->msg);
}

static enum edge_err make_tables(struct acc_shard *s)
{
	size_t share = acc_shard_limit(s, ACC_LIMIT_TRANSACTIONS) /
		       s->shared->shard_count;
	enum edge_err err = desk_new(&s->desk);

	if (!err)
		err = desk_new(&s->aside);
	if (!err)
		err = acc_linktab_new(&s->links, s->index, EDGE_HANDLE_SLOTS);
	if (!err)
		err = acc_txntab_new(&s->txns, s, share ? share : 1);
	if (!err)
		err = edge_mailbox_new(&s->mailbox, s->loop,
				       acc_shard_limit(s, ACC_LIMIT_MAILBOX),
				       on_mail, acc_mail_free, s);
	return err;
}

static enum edge_err open_doors(struct acc_shard *s, struct acc_shard_plan *p)
{
	enum edge_err err = acc_upstreams_new(&s->upstreams, s);

	if (!err)
		err = acc_outbounds_new(&s->outbounds, s);
	for (int k = 0; k < ACC_LISTEN_KINDS && !err; k++) {
		int fd = p->fds[k];

		if (fd < 0)
			continue;
		p->fds[k] = -1;
		err = acc_listener_new(&s->listener[k], s,
				       (enum acc_listen_kind)k, fd);
	}
	return err;
}

void acc_shard_plan_drop(struct acc_shard_plan *p)
{
	for (int k = 0; k < ACC_LISTEN_KINDS; k++) {
		if (p->fds[k] >= 0)
			close(p->fds[k]);
		p->fds[k] = -1;
		if (p->tls[k])
			edge_tls_drop(p->tls[k]);
		p->tls[k] = NULL;
	}
	if (p->tls_out)
		edge_tls_drop(p->tls_out);
	p->tls_out = NULL;
	if (p->tls_partner)
		edge_tls_drop(p->tls_partner);
	p->tls_partner = NULL;
	acc_route_keys_free(p->keys);
	p->keys = NULL;
	topo_drop(p->topo);
	p->topo = NULL;
}

/* All but the sockets, which go to the listeners. */
static void take_plan(struct acc_shard *s, struct acc_shard_plan *p)
{
	uint8_t key[16];

	edge_random(key, sizeof(key));
	edge_quiet_init(&s->quiet, key);
	s->index = p->index;
	s->shared = p->shared;
	s->keys = p->keys;
	s->options = acc_mail_copy_options(&p->shared->options);
	s->view = (struct acc_view){p->topo, p->keys, p->shared->boot,
				    s->options, 0};
	memcpy(s->tls, p->tls, sizeof(s->tls));
	s->tls_out = p->tls_out;
	s->tls_partner = p->tls_partner;
	atomic_store(&s->gauges.topology_seq, p->topo->seq);
	p->keys = NULL;
	p->topo = NULL;
	memset(p->tls, 0, sizeof(p->tls));
	p->tls_out = NULL;
	p->tls_partner = NULL;
}

enum edge_err acc_shard_new(struct acc_shard **out, struct acc_shard_plan *p)
{
	struct acc_shard *s = calloc(1, sizeof(*s));
	enum edge_err err = EDGE_ENOMEM;

	if (!s)
		goto out;
	take_plan(s, p);
	find_device(s);
	if (s->options)
		err = edge_loop_new(&s->loop);
	if (!err)
		err = make_tables(s);
	if (!err) {
		acc_inbound_dns(s, NULL);
		err = open_doors(s, p);
	}
	if (!err) {
		acc_budget_start(s);
		acc_revoked_start(s);
		*out = s;
		s = NULL;
	}
out:
	acc_shard_plan_drop(p);
	acc_shard_free(s);
	return err;
}

static void close_link(struct acc_link *l, void *arg)
{
	(void)arg;
	acc_link_close(l);
}

void acc_shard_free(struct acc_shard *s)
{
	if (!s)
		return;
	for (int k = 0; k < ACC_LISTEN_KINDS; k++) {
		acc_listener_free(s->listener[k]);
		s->listener[k] = NULL;
	}
	s->is_ending = true;
	edge_wheel_stop(&s->drain_timer);
	edge_wheel_stop(&s->moved_timer);
	acc_budget_stop(s);
	acc_revoked_stop(s);
	acc_txntab_free(s->txns); /* first: links that close owe nothing */
	if (s->links)
		acc_linktab_each(s->links, close_link, NULL);
	edge_dns_free(s->dns);
	acc_outbounds_free(s->outbounds);
	acc_upstreams_free(s->upstreams);
	edge_mailbox_free(s->mailbox);
	edge_loop_free(s->loop);
	acc_linktab_free(s->links);
	desk_free(&s->desk);
	desk_free(&s->aside);
	acc_route_keys_free(s->keys);
	free(s->options);
	for (int k = 0; k < ACC_LISTEN_KINDS; k++)
		if (s->tls[k])
			edge_tls_drop(s->tls[k]);
	if (s->tls_out)
		edge_tls_drop(s->tls_out);
	if (s->tls_partner)
		edge_tls_drop(s->tls_partner);
	topo_drop(s->view.topo);
	free(s);
}
