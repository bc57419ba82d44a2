/* The door of A/V authentication: its socket, who comes in, what counts. */
#include "av-edge/mras_door.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "av-edge/events.h"
#include "av-edge/mras_link.h"
#include "common/crypto.h"
#include "common/door.h"
#include "common/sock.h"
#include "common/tls.h"

enum {
	SOURCES = 4096,	    /* ours: sources remembered */
	KNOWN_MS = 3600000, /* ours: how long a trusted one is known [ms] */
};

void mras_door_count_many(struct mras_door *d, enum ave_stat row, size_t n)
{
	edge_stats_add(d->plan.stats, d->plan.shard, row, n);
}

void mras_door_count(struct mras_door *d, enum ave_stat row)
{
	mras_door_count_many(d, row, 1);
}

uint32_t mras_door_limit(const struct mras_door *d, enum ave_limit which)
{
	return (uint32_t)d->limits[which];
}

/* -- files and sockets -------------------------------------------------- */

enum edge_err mras_door_tls(struct edge_tls **out, const struct edge_config *c,
			    char *why, size_t why_cap)
{
	const struct edge_tls_recipe r = {
		.chain = c->certificate[EDGE_CERT_INTERNAL].chain,
		.key = c->certificate[EDGE_CERT_INTERNAL].key,
		.trust = c->trust.internal_ca,
		.crl = c->trust.internal_crl,
		.profile = edge_config_profile(c, "avauth-inside"),
		.ask = EDGE_TLS_ASK_REQUIRED,
	};
	enum edge_err err = edge_config_want_internal(c, why, why_cap);

	if (err)
		return err;
	if (r.profile == EDGE_TLS_LYNC2013)
		edge_event(EDGE_EV_TLS_PROFILE_RISK,
			   "listener=avauth-inside profile=%s",
			   edge_tls_profile_str(r.profile));
	return edge_tls_new(out, &r, why, why_cap);
}

enum edge_err mras_door_bind(int *out, const struct topo *t, const char *device,
			     char *why, size_t why_cap)
{
	const struct topo_listen *l = &t->listen[TOPO_PORT_AVAUTH];
	const struct edge_door_at at = {l->addr, device};

	if (!l->present) {
		(void)snprintf(why, why_cap,
			       "the topology has no port of A/V "
			       "authentication");
		return EDGE_ENOTFOUND;
	}
	return edge_door_bind(out, 1, &at, why, why_cap);
}

bool mras_door_moves(const struct topo *old, const struct topo *new)
{
	const struct topo_listen *a = &old->listen[TOPO_PORT_AVAUTH];
	const struct topo_listen *b = &new->listen[TOPO_PORT_AVAUTH];

	return a->present != b->present ||
	       (b->present && !edge_addr_eq(&a->addr, &b->addr));
}

/* -- accepting ---------------------------------------------------------- */

static void turn_away(struct mras_door *d, const struct edge_addr *from,
		      const char *reason)
{
	char text[EDGE_ADDR_STRLEN];

	edge_addr_print(from, text);
	mras_door_count(d, AVE_STAT_MRAS_TURNED_AWAY);
	edge_event(AVE_EV_MRAS_TURNED_AWAY, "peer=%s reason=%s", text, reason);
}

static const char *name_of(enum edge_admit_verdict v)
{
	static const char *const names[] = {
		[EDGE_ADMIT_OK] = "resource",
		[EDGE_ADMIT_TOTAL] = "total",
		[EDGE_ADMIT_SOURCE] = "source",
		[EDGE_ADMIT_HANDSHAKES] = "handshakes",
		[EDGE_ADMIT_PENALTY] = "penalty",
		[EDGE_ADMIT_UNKNOWN] = "unknown",
		[EDGE_ADMIT_BUSY] = "handshakes", /* a bound not set here */
		[EDGE_ADMIT_RATE] = "source",	  /* nor this one */
	};

	return names[v];
}

static bool on_taken(void *arg, int fd, const struct edge_addr *from)
{
	struct mras_door *d = arg;
	enum edge_admit_verdict v = edge_admit_enter(
		d->admit, from, edge_loop_now_ms(d->plan.loop));

	if (v == EDGE_ADMIT_OK && mras_link_accept(d, fd, from) == EDGE_OK)
		return true;
	if (v == EDGE_ADMIT_OK)
		edge_admit_leave(d->admit, from, false);
	turn_away(d, from, name_of(v));
	close(fd);
	return false;
}

static void close_socket(struct mras_door *d)
{
	edge_door_free(d->socket);
	d->socket = NULL;
}

enum edge_err mras_door_open(struct mras_door *d, int fd)
{
	const struct edge_door_plan p = {
		.loop = d->plan.loop, .taken = on_taken, .arg = d};
	struct edge_addr at, peer;
	struct edge_door *new;
	char text[EDGE_ADDR_STRLEN];
	enum edge_err err;

	if (!d->view.topo || d->is_draining) {
		close(fd);
		return EDGE_ESTATE;
	}
	edge_sock_names(fd, &at, &peer);
	err = edge_door_new(&new, &p, fd);
	if (err)
		return err;
	close_socket(d);
	d->socket = new;
	edge_addr_print(&at, text);
	edge_event(AVE_EV_MRAS_OPEN, "address=%s", text);
	return EDGE_OK;
}

/* -- what counts -------------------------------------------------------- */

static struct edge_admit_limits admission(const struct mras_door *d)
{
	const uint32_t source = mras_door_limit(d, AVE_LIMIT_MRAS_PER_SOURCE);

	return (struct edge_admit_limits){
		.total = mras_door_limit(d, AVE_LIMIT_MRAS_CONNECTIONS),
		.per_source = source,
		.handshakes_per_source = source,
		.sources = SOURCES,
		.known_ms = KNOWN_MS,
	};
}

static void take_settings(struct mras_door *d, const struct edge_config *c)
{
	memcpy(d->limits, c->limits, sizeof(d->limits));
	d->policy.cn_fallback = c->trust.internal_cn_fallback;
	edge_bucket_init(&d->requests, mras_door_limit(d, AVE_LIMIT_MRAS_RATE),
			 mras_door_limit(d, AVE_LIMIT_MRAS_BURST),
			 edge_loop_now_ms(d->plan.loop));
}

void mras_door_settings(struct mras_door *d, const struct edge_config *c)
{
	struct edge_admit_limits l;

	take_settings(d, c);
	l = admission(d);
	edge_admit_limits_set(d->admit, &l);
}

static void drop_view(struct mras_door *d)
{
	topo_drop(d->view.topo);
	if (d->view.tls)
		edge_tls_drop(d->view.tls);
	edge_wipe(&d->ring, sizeof(d->ring));
	d->view = (struct mras_door_view){0};
}

void mras_door_look(struct mras_door *d, const struct mras_door_view *v)
{
	const struct mras_door_view new = {
		.topo = topo_hold(v->topo),
		.ring = &d->ring,
		.tls = edge_tls_hold(v->tls),
	};
	struct mras_ring ring = *v->ring; /* may be our own */

	drop_view(d);
	d->ring = ring;
	d->view = new;
	edge_wipe(&ring, sizeof(ring));
}

void mras_door_drain(struct mras_door *d)
{
	struct mras_link *l, *next;

	d->is_draining = true;
	close_socket(d);
	for (l = LIST_FIRST(&d->links); l; l = next) {
		next = LIST_NEXT(l, next);
		mras_link_retire(l);
	}
}

size_t mras_door_connections(const struct mras_door *d)
{
	return d->link_count;
}

/* -- life --------------------------------------------------------------- */

enum edge_err mras_door_new(struct mras_door **out,
			    const struct mras_door_plan *p)
{
	struct mras_door *d = calloc(1, sizeof(*d));
	struct edge_admit_limits l;
	enum edge_err err = EDGE_ENOMEM;

	if (!d)
		return err;
	d->plan = *p;
	LIST_INIT(&d->links);
	edge_random(d->key, sizeof(d->key));
	take_settings(d, p->config);
	d->plan.config = NULL; /* borrowed during the call */
	l = admission(d);
	err = edge_admit_new(&d->admit, &l);
	if (!err)
		err = mras_new(&d->mras);
	if (!err)
		err = edge_sip_arena_new(&d->arena);
	if (err) {
		mras_door_free(d);
		return err;
	}
	*out = d;
	return EDGE_OK;
}

void mras_door_free(struct mras_door *d)
{
	if (!d)
		return;
	close_socket(d);
	while (!LIST_EMPTY(&d->links))
		mras_link_close(LIST_FIRST(&d->links));
	drop_view(d);
	mras_free(d->mras);
	edge_sip_arena_free(d->arena);
	edge_admit_free(d->admit);
	free(d);
}
