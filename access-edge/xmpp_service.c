/* The XMPP proxy as its daemon sees it. */
#include "access-edge/xmpp_service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "access-edge/events.h"
#include "access-edge/xmpp_dns.h"
#include "access-edge/xmpp_gateway.h"
#include "access-edge/xmpp_in.h"
#include "access-edge/xmpp_out.h"
#include "access-edge/xmpp_room.h"
#include "access-edge/xmpp_status.h"
#include "access-edge/xmpp_tls.h"
#include "access-edge/xmpp_trust.h"
#include "common/dns.h"
#include "common/expiring.h"

enum {
	LINKS = 65536, /* the handle table's; the limits are below it */
	SHARD = 15,    /* of the handles: beyond what shards may be */
	RESTING = 4096 /* ours: pairs of domains that failed lately */
};

struct acc_xmpp {
	struct acc_xmpp_core core; /* first */
	const struct edge_config *config;
	struct acc_xmpp_sockets sockets;
	struct acc_xmpp_tls tls, prepared_tls;
	struct acc_xmpp_dns dns;
	char device[16];
};

const struct acc_xmpp_core *acc_xmpp_core_of(const struct acc_xmpp *x)
{
	return &x->core;
}

bool acc_xmpp_has_door(const struct acc_xmpp *x, enum acc_xmpp_door d)
{
	return acc_xmpp_sockets_is_open(&x->sockets, d);
}

static bool is_on(const struct topo *t)
{
	return t->listen[TOPO_PORT_XMPP_OUTSIDE].present;
}

/* -- parts -------------------------------------------------------------- */

static void find_device(struct acc_xmpp *x)
{
	const struct edge_addr *at =
		&x->core.topo->listen[TOPO_PORT_XMPP_OUTSIDE].addr;

	if (x->config->device_external)
		snprintf(x->device, sizeof(x->device), "%s",
			 x->config->device_external);
	else if (!edge_sock_device(at, x->device))
		*x->device = '\0';
	x->core.device = *x->device ? x->device : NULL;
}

/* What an operator should know of these partners. */
static void tell_partners(const struct acc_xmpp *x)
{
	const struct topo *t = x->core.topo;

	for (size_t i = 0; i < t->xmpp_count; i++) {
		const struct topo_xmpp_partner *p = &t->xmpp[i];

		if (!topo_xmpp_is_possible(p))
			edge_event(ACC_EV_XMPP_MODE, "domain=%s", p->domain);
		else if (topo_xmpp_is_plain(p))
			edge_event(ACC_EV_XMPP_PLAIN, "domain=%s", p->domain);
	}
	if (!x->config->trust.public_roots)
		edge_event(ACC_EV_XMPP_SETUP, "missing=trust.public");
}

/* What comes of the topology but the sockets. */
static void turn_on(struct acc_xmpp *x)
{
	if (!is_on(x->core.topo))
		return;
	find_device(x);
	acc_xmpp_dns_renew(&x->dns, &x->core, x->config);
	tell_partners(x);
}

/* How many go in is bounded; those that end last come first. */
static void add_key(struct acc_dialback *d, const struct topo_key *k)
{
	if (acc_dialback_add(d, edge_slice(k->key, TOPO_KEY_LEN)) != EDGE_OK)
		edge_event(ACC_EV_XMPP_SETUP, "missing=dialback-key kid=%s",
			   k->kid);
}

void acc_xmpp_keys(struct acc_xmpp *x, const struct topo_keyring *ring)
{
	struct acc_dialback *d = &x->core.dialback;
	const char *own = x->core.topo->xmpp_gateway.dialback_key;
	const uint64_t now = (uint64_t)time(NULL);
	const struct topo_key *first = topo_keyring_current(ring, now);

	edge_wipe(d, sizeof(*d));
	if (own && acc_dialback_of_passphrase(d, own) == EDGE_OK)
		return;
	if (first)
		add_key(d, first);
	for (size_t i = 0; i < ring->count; i++)
		if (&ring->keys[i] != first && ring->keys[i].not_after_s > now)
			add_key(d, &ring->keys[i]);
}

static void use_tls(struct acc_xmpp *x)
{
	x->core.tls_in = x->tls.in;
	x->core.tls_out = x->tls.out;
	x->core.tls_gateway = x->tls.gateway;
	x->core.gateway_policy.cn_fallback =
		x->config->trust.internal_cn_fallback;
}

/* -- life --------------------------------------------------------------- */

static enum edge_err make_all(struct acc_xmpp *x, const struct acc_xmpp_plan *p,
			      char *why, size_t why_cap)
{
	struct acc_xmpp_core *c = &x->core;
	enum edge_err err =
		edge_handles_new(&c->links, SHARD, LINKS, EDGE_HANDLE_REST);

	if (!err)
		err = edge_expiring_new(&c->resting, RESTING);
	if (!err)
		err = acc_xmpp_room_new(c);
	if (!err)
		err = acc_xmpp_tls_load(&x->tls, p->config, why, why_cap);
	if (!err)
		err = acc_xmpp_sockets_bind(&x->sockets, NULL, p->topo, why,
					    why_cap);
	return err;
}

enum edge_err acc_xmpp_new(struct acc_xmpp **out, const struct acc_xmpp_plan *p,
			   char *why, size_t why_cap)
{
	struct acc_xmpp *x = calloc(1, sizeof(*x));
	enum edge_err err;

	if (!x)
		return EDGE_ENOMEM;
	snprintf(why, why_cap, "%s", "");
	x->core.loop = p->loop;
	x->core.limits = p->limits;
	x->core.stats = p->stats;
	x->core.stats_shard = p->stats_shard;
	x->core.refusals = p->refusals;
	x->core.revocation = p->revocation;
	x->core.certificates = p->certificates;
	x->core.options = p->options;
	x->core.policy.wants_revocation = true;
	x->core.topo = topo_hold(p->topo);
	x->config = p->config;
	acc_xmpp_sockets_init(&x->sockets, &x->core, p->device_external,
			      p->device_internal);
	err = make_all(x, p, why, why_cap);
	if (err) {
		acc_xmpp_free(x);
		return err;
	}
	use_tls(x);
	acc_xmpp_keys(x, p->ring);
	turn_on(x);
	acc_xmpp_trust_start(&x->core);
	*out = x;
	return EDGE_OK;
}

enum edge_err acc_xmpp_start(struct acc_xmpp *x)
{
	return acc_xmpp_sockets_open(&x->sockets);
}

/* Visits all links: each may end others, and itself, and begin some. */
static void each_link(struct acc_xmpp_core *c,
		      void (*fn)(struct acc_xmpp_link *l))
{
	edge_handle id = 0;

	while ((id = edge_handles_after(c->links, id)) != 0)
		fn(edge_handles_find(c->links, id));
}

static void end_link(struct acc_xmpp_link *l)
{
	acc_xmpp_link_end(l, ACC_XMPP_R_SHUTDOWN);
}

void acc_xmpp_drain(struct acc_xmpp *x)
{
	x->core.is_draining = true;
	acc_xmpp_sockets_close(&x->sockets);
	each_link(&x->core, end_link);
}

void acc_xmpp_free(struct acc_xmpp *x)
{
	struct acc_xmpp_core *c;

	if (!x)
		return;
	c = &x->core;
	c->is_draining = true;
	acc_xmpp_trust_stop(c);
	if (c->links)
		each_link(c, end_link);
	edge_dns_free(c->dns);
	acc_xmpp_sockets_fini(&x->sockets);
	acc_xmpp_tls_drop(&x->tls);
	acc_xmpp_tls_drop(&x->prepared_tls);
	acc_xmpp_room_free(c);
	edge_expiring_free(c->resting);
	edge_handles_free(c->links);
	edge_wipe(&c->dialback, sizeof(c->dialback));
	topo_drop(c->topo);
	free(x);
}

/* -- changes ------------------------------------------------------------ */

enum edge_err acc_xmpp_prepare(struct acc_xmpp *x, const struct topo *t,
			       char *why, size_t why_cap)
{
	return acc_xmpp_sockets_bind(&x->sockets, x->core.topo, t, why,
				     why_cap);
}

void acc_xmpp_abort(struct acc_xmpp *x)
{
	acc_xmpp_sockets_abort(&x->sockets);
}

static void look_at_link(struct acc_xmpp_link *l)
{
	static void (*const by_kind[])(struct acc_xmpp_link * l) = {
		[ACC_XMPP_LINK_IN] = acc_xmpp_in_topology,
		[ACC_XMPP_LINK_OUT] = acc_xmpp_out_topology,
		[ACC_XMPP_LINK_VERIFY] = acc_xmpp_out_topology,
		[ACC_XMPP_LINK_GATEWAY] = acc_xmpp_gateway_topology,
	};

	by_kind[l->kind](l);
}

void acc_xmpp_commit(struct acc_xmpp *x, const struct topo *t)
{
	struct acc_xmpp_core *c = &x->core;
	const struct topo *old = c->topo;

	c->topo = topo_hold(t);
	acc_xmpp_sockets_commit(&x->sockets, old, t);
	each_link(c, is_on(t) ? look_at_link : end_link);
	topo_drop(old);
	acc_xmpp_room_set(c);
	acc_xmpp_trust_hurry(c);
	turn_on(x);
}

enum edge_err acc_xmpp_reload_prepare(struct acc_xmpp *x,
				      const struct edge_config *c, char *why,
				      size_t why_cap)
{
	acc_xmpp_tls_drop(&x->prepared_tls);
	x->prepared_tls = x->tls; /* borrowed by the next call alone */
	return acc_xmpp_tls_load(&x->prepared_tls, c, why, why_cap);
}

void acc_xmpp_reload_abort(struct acc_xmpp *x)
{
	acc_xmpp_tls_drop(&x->prepared_tls);
}

void acc_xmpp_reload(struct acc_xmpp *x, const struct edge_config *c)
{
	acc_xmpp_tls_drop(&x->tls);
	x->tls = x->prepared_tls;
	x->prepared_tls = (struct acc_xmpp_tls){0};
	x->config = c;
	use_tls(x);
	acc_xmpp_room_set(&x->core);
	acc_xmpp_trust_hurry(&x->core);
	turn_on(x);
}
