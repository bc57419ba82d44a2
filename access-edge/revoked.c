/* Partners whose certificate was revoked are not let in, and are cut off. */
#include "access-edge/revoked.h"

#include <stddef.h>
#include <time.h>

#include "access-edge/inbound.h"
#include "access-edge/linktab.h"
#include "common/peer_cache.h"
#include "common/revocation.h"

enum {
	LOOK_MS = 1000,	    /* ours: is there news? [ms] */
	AGAIN_MS = 3600000, /* ours: lists end without news [ms] */
};

enum edge_peer_fault acc_revoked_fault(const struct acc_shard *s,
				       const struct edge_peer *p,
				       const char **why)
{
	enum edge_revocation_verdict v;

	if (!s->view.topo->access.keep_crls)
		return EDGE_PEER_FINE;
	v = edge_revocation_check(s->shared->revocation, p, time(NULL));
	*why = edge_revocation_str(v);
	if (v == EDGE_REVOCATION_REVOKED)
		return EDGE_PEER_REVOKED;
	return v == EDGE_REVOCATION_GOOD || !s->options->crl_hard_fail
		       ? EDGE_PEER_FINE
		       : EDGE_PEER_CRL_STALE;
}

void acc_revoked_note(const struct acc_shard *s, const struct edge_peer *p,
		      enum edge_peer_fault fault)
{
	struct edge_peer shown = *p; /* names and all are borrowed */

	shown.fault = fault;
	edge_peer_cache_note(s->shared->certificates, &shown,
			     fault == EDGE_PEER_FINE, time(NULL));
}

static void look_at(struct acc_link *l, void *arg)
{
	const char *why;

	(void)arg;
	if (l->state != ACC_LINK_OPEN ||
	    (l->kind != ACC_LINK_PARTNER && l->kind != ACC_LINK_OUTBOUND) ||
	    acc_revoked_fault(l->shard, edge_conn_peer(l->conn), &why) ==
		    EDGE_PEER_FINE)
		return;
	if (l->kind == ACC_LINK_PARTNER)
		acc_inbound_distrust(l, why);
	else
		l->dialler->distrust(l, why);
	acc_link_close(l);
}

static void on_look(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_shard *s =
		(struct acc_shard *)(void *)((char *)t -
					     offsetof(struct acc_shard,
						      revoked_timer));
	uint64_t news = edge_revocation_generation(s->shared->revocation);

	if (news != s->revoked_news || now_ms >= s->revoked_again_ms) {
		s->revoked_news = news;
		s->revoked_again_ms = now_ms + AGAIN_MS;
		acc_linktab_each(s->links, look_at, NULL);
	}
	edge_wheel_start(edge_loop_wheel(s->loop), t, now_ms + LOOK_MS,
			 on_look);
}

void acc_revoked_start(struct acc_shard *s)
{
	on_look(&s->revoked_timer, edge_loop_now_ms(s->loop));
}

void acc_revoked_stop(struct acc_shard *s)
{
	edge_wheel_stop(&s->revoked_timer);
}

void acc_revoked_hurry(struct acc_shard *s)
{
	s->revoked_again_ms = 0;
}
