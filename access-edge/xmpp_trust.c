/* What the certificates of XMPP partners are worth. */
#include "access-edge/xmpp_trust.h"

#include <stddef.h>
#include <time.h>

#include "access-edge/view.h"
#include "access-edge/xmpp_in_link.h"
#include "access-edge/xmpp_out_link.h"
#include "common/log.h"
#include "common/peer_cache.h"
#include "common/revocation.h"

enum {
	LOOK_MS = 1000,	    /* ours: is there news? [ms] */
	AGAIN_MS = 3600000, /* ours: lists end without news [ms] */
};

enum acc_xmpp_reason acc_xmpp_trust_of(const struct acc_xmpp_core *c,
				       const struct acc_xmpp_who *w,
				       const struct edge_peer *peer,
				       const char **words)
{
	enum edge_revocation_verdict v;

	if (!acc_xmpp_is_certified(w, peer)) {
		*words = edge_peer_fault_str(peer->fault ? peer->fault
							 : EDGE_PEER_NAME);
		return ACC_XMPP_R_CERTIFICATE;
	}
	if (!c->revocation || !c->topo->access.keep_crls)
		return ACC_XMPP_R_OK;
	v = edge_revocation_check(c->revocation, peer, time(NULL));
	*words = edge_revocation_str(v);
	if (v == EDGE_REVOCATION_REVOKED)
		return ACC_XMPP_R_REVOKED;
	return v == EDGE_REVOCATION_GOOD || !c->options->crl_hard_fail
		       ? ACC_XMPP_R_OK
		       : ACC_XMPP_R_CERTIFICATE;
}

static void note(const struct acc_xmpp_core *c, const struct edge_peer *peer,
		 enum acc_xmpp_reason r)
{
	struct edge_peer shown = *peer; /* names and all are borrowed */

	if (!c->certificates || !peer->has_certificate)
		return;
	if (r == ACC_XMPP_R_REVOKED)
		shown.fault = EDGE_PEER_REVOKED;
	else if (r && !peer->fault)
		shown.fault = EDGE_PEER_NAME;
	edge_peer_cache_note(c->certificates, &shown, !r, time(NULL));
}

enum acc_xmpp_reason acc_xmpp_trust_met(struct acc_xmpp_link *l,
					const struct acc_xmpp_who *w)
{
	const struct edge_peer *peer = edge_conn_peer(l->conn);
	const char *words = "";
	const enum acc_xmpp_reason r =
		acc_xmpp_trust_of(l->core, w, peer, &words);

	if (r)
		edge_log_escape(l->detail, sizeof(l->detail),
				edge_slice_str(words));
	note(l->core, peer, r);
	return r;
}

/* -- those that live ---------------------------------------------------- */

static bool has_external(const struct acc_xmpp_pairs *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->all[i].is_proved && p->all[i].is_external)
			return true;
	return false;
}

/* Whose certificate is worth something to that link, or NULL; counts: without
 * it, it would not be where it is. */
static const struct acc_xmpp_who *certified(const struct acc_xmpp_link *l,
					    bool *counts)
{
	const struct acc_xmpp_in_link *in = (const void *)l;
	const struct acc_xmpp_out_link *out = (const void *)l;

	if (l->kind == ACC_XMPP_LINK_GATEWAY)
		return NULL;
	if (l->kind == ACC_XMPP_LINK_IN) {
		*counts = !l->is_ready || has_external(&in->pairs);
		return in->in.is_certified ? &in->who : NULL;
	}
	*counts = !l->is_ready || out->is_external;
	return out->out.is_certified ? &out->who : NULL;
}

static void look_at(struct acc_xmpp_link *l)
{
	bool counts = false;
	const struct acc_xmpp_who *w = certified(l, &counts);
	const char *words = "";
	enum acc_xmpp_reason r;

	if (!w || l->is_over || !l->conn || edge_conn_is_plain(l->conn))
		return;
	r = acc_xmpp_trust_of(l->core, w, edge_conn_peer(l->conn), &words);
	if (!r || (r == ACC_XMPP_R_CERTIFICATE && !counts))
		return;
	edge_log_escape(l->detail, sizeof(l->detail), edge_slice_str(words));
	acc_xmpp_link_end(l, r);
}

static void look(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_xmpp_core *c =
		(struct acc_xmpp_core *)(void *)((char *)t -
						 offsetof(struct acc_xmpp_core,
							  trust_timer));
	uint64_t news = edge_revocation_generation(c->revocation);
	edge_handle id = 0;

	if (news != c->trust_news || now_ms >= c->trust_again_ms) {
		c->trust_news = news;
		c->trust_again_ms = now_ms + AGAIN_MS;
		while ((id = edge_handles_after(c->links, id)) != 0)
			look_at(edge_handles_find(c->links, id));
	}
	edge_wheel_start(edge_loop_wheel(c->loop), t, now_ms + LOOK_MS, look);
}

void acc_xmpp_trust_start(struct acc_xmpp_core *c)
{
	if (c->revocation)
		look(&c->trust_timer, acc_xmpp_now(c));
}

void acc_xmpp_trust_stop(struct acc_xmpp_core *c)
{
	edge_wheel_stop(&c->trust_timer);
}

void acc_xmpp_trust_hurry(struct acc_xmpp_core *c)
{
	c->trust_again_ms = 0;
}
