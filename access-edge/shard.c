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
#include "access-edge/revoked.h"
#include "access-edge/shard_mail.h"
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
				       acc_shard_on_mail, acc_mail_free, s);
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

enum edge_err acc_shard_new(struct acc_shard **out, struct acc_shard_plan *p)
{
	struct acc_shard *s = calloc(1, sizeof(*s));
	enum edge_err err = EDGE_ENOMEM;

	if (!s)
		goto out;
	acc_shard_take_plan(s, p);
	acc_shard_find_devices(s);
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
