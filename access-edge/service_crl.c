/* Keeps the revocation lists of partners' authorities current. */
#include "access-edge/service_crl.h"

#include <stdlib.h>
#include <string.h>

#include "access-edge/events.h"
#include "access-edge/limits.h"
#include "common/crl_refresh.h"
#include "common/crypto.h"
#include "common/dns.h"
#include "common/fetch.h"
#include "common/peer_cache.h"
#include "common/revocation.h"

enum {
	RECORDS = 256,	  /* ours: hosts of lists */
	NEGATIVE_S = 300, /* ours: no record is remembered [s] */
	TTL_MAX_S = 3600, /* ours [s] */
	RETRY_FACTOR = 60,
	URL_LEN = 256, /* of an event */
};

/* What fetching was begun with. */
struct way {
	struct edge_addr local;
	char device[16];
	uint32_t timeout_ms, body_max;
};

struct acc_service_crl {
	struct edge_loop *loop;
	struct acc_shared *shared;
	const struct topo *topo; /* held; NULL: none yet */
	struct way way;
	struct edge_dns *dns;
	struct edge_fetch *fetch;
	struct edge_crl_refresh *refresh; /* NULL: nothing is fetched */
	struct edge_quiet quiet;
};

static uint64_t limit(const struct acc_shared *s, enum acc_limit which)
{
	return atomic_load_explicit(&s->limits[which], memory_order_relaxed);
}

static struct edge_revocation_limits limits_of(const struct acc_shared *shared)
{
	const uint32_t retry_s = (uint32_t)limit(shared, ACC_LIMIT_CRL_RETRY_S);

	return (struct edge_revocation_limits){
		.lists = (uint32_t)limit(shared, ACC_LIMIT_CRL_LISTS),
		.bytes = limit(shared, ACC_LIMIT_CRL_MB) << 20,
		.retry_s = retry_s,
		.retry_max_s = retry_s * RETRY_FACTOR,
	};
}

static struct edge_peer_cache_limits seen_of(const struct topo *t)
{
	return (struct edge_peer_cache_limits){
		.accepted = t->access.accepted_certs,
		.rejected = t->access.rejected_certs,
		.deleted_percent = t->access.dropped_percent,
	};
}

/* Chains are kept whatever the topology says now: it may want them checked
 * later. */
enum edge_err acc_service_crl_open(struct acc_shared *shared,
				   const struct topo *t)
{
	const struct edge_revocation_limits lists = limits_of(shared);
	const struct edge_peer_cache_limits seen = seen_of(t);
	enum edge_err err = edge_revocation_new(&shared->revocation, &lists);

	shared->policy[ACC_LISTEN_PARTNER].wants_revocation = true;
	/* they may come by the clients' door, AE 1.2 */
	shared->policy[ACC_LISTEN_CLIENT].wants_revocation = true;
	return err ? err : edge_peer_cache_new(&shared->certificates, &seen);
}

void acc_service_crl_close(struct acc_shared *shared)
{
	edge_revocation_free(shared->revocation);
	shared->revocation = NULL;
	edge_peer_cache_free(shared->certificates);
	shared->certificates = NULL;
}

/* -- what becomes of a fetch -------------------------------------------- */

static void on_news(const struct edge_crl_news *n, void *arg)
{
	static const struct edge_addr nobody;
	struct acc_service_crl *c = arg;
	const uint32_t event = n->err ? ACC_EV_CRL_FAILED : ACC_EV_CRL_FETCHED;
	const struct edge_quiet_line line = {event, edge_err_str(n->err),
					     &nobody};
	char url[URL_LEN];
	uint32_t more;

	edge_stats_add(c->shared->stats, 0,
		       n->err ? ACC_STAT_CRL_FAILED : ACC_STAT_CRL_FETCHED, 1);
	if (!edge_quiet_may_tell(&c->quiet, &line, edge_loop_now_ms(c->loop),
				 &more))
		return;
	edge_log_escape(url, sizeof(url), edge_slice_str(n->url));
	if (n->err)
		edge_event(event, "url=%s error=%s status=%u suppressed=%u",
			   url, edge_err_str(n->err), n->status, more);
	else
		edge_event(event, "url=%s suppressed=%u", url, more);
}

/* -- where it may go ---------------------------------------------------- */

static bool is_inside_name(struct edge_slice name, void *arg)
{
	const struct acc_service_crl *c = arg;

	return topo_is_inside_name(c->topo, name);
}

static bool is_inside_address(const struct edge_addr *at, void *arg)
{
	const struct acc_service_crl *c = arg;

	return topo_is_inside_address(c->topo, at);
}

static struct way way_of(const struct acc_service_crl *c, const struct topo *t)
{
	const struct acc_shared *s = c->shared;
	struct way w = {
		.local = t->listen[TOPO_PORT_ACCESS_CLIENT].addr,
		.timeout_ms = (uint32_t)limit(s, ACC_LIMIT_CRL_MS),
		.body_max = (uint32_t)limit(s, ACC_LIMIT_CRL_BODY_KB) << 10,
	};

	acc_shard_device(w.device, s->device[ACC_LISTEN_CLIENT], &w.local);
	w.local.port = 0;
	return w;
}

static bool is_same(const struct way *a, const struct way *b)
{
	return edge_addr_eq(&a->local, &b->local) &&
	       strcmp(a->device, b->device) == 0 &&
	       a->timeout_ms == b->timeout_ms && a->body_max == b->body_max;
}

/* -- beginning and ending ----------------------------------------------- */

static void end(struct acc_service_crl *c)
{
	edge_fetch_free(c->fetch);
	c->fetch = NULL;
	edge_crl_refresh_free(c->refresh);
	c->refresh = NULL;
	edge_dns_free(c->dns);
	c->dns = NULL;
}

static enum edge_err begin_dns(struct acc_service_crl *c)
{
	const struct edge_dns_plan p = {
		.loop = c->loop,
		.local = c->way.local,
		.device = *c->way.device ? c->way.device : NULL,
		.resolv = c->shared->resolv,
		.cache_records = RECORDS,
		.negative_s = NEGATIVE_S,
		.ttl_max_s = TTL_MAX_S,
		.is_lab = c->shared->is_lab,
		.is_inside = is_inside_name,
		.arg = c,
	};

	return edge_dns_new(&c->dns, &p);
}

static enum edge_err begin_fetch(struct acc_service_crl *c)
{
	const struct edge_fetch_plan p = {
		.get = {
			.loop = c->loop,
			.dns = c->dns,
			.local = c->way.local,
			.device = *c->way.device ? c->way.device : NULL,
			.timeout_ms = c->way.timeout_ms,
			.body_max = c->way.body_max,
			.is_lab = c->shared->is_lab,
			.is_inside = is_inside_address,
			.arg = c,
		}};

	return edge_fetch_new(&c->fetch, &p);
}

static void begin(struct acc_service_crl *c)
{
	struct edge_crl_refresh_plan p = {
		.loop = c->loop,
		.store = c->shared->revocation,
		.told = on_news,
		.arg = c,
	};
	enum edge_err err = begin_dns(c);

	if (!err)
		err = begin_fetch(c);
	p.fetch = c->fetch;
	if (!err)
		err = edge_crl_refresh_new(&c->refresh, &p);
	if (!err)
		return;
	end(c);
	edge_event(ACC_EV_NO_DNS, "shard=control file=%s reason=%s",
		   c->shared->resolv, edge_err_str(err));
}

void acc_service_crl_follow(struct acc_service_crl *c, const struct topo *t)
{
	const struct edge_revocation_limits lists = limits_of(c->shared);
	const struct edge_peer_cache_limits seen = seen_of(t);
	const struct topo *old = c->topo;
	const struct way w = way_of(c, t);

	edge_revocation_limits_set(c->shared->revocation, &lists);
	edge_peer_cache_limits_set(c->shared->certificates, &seen);
	c->topo = topo_hold(t);
	topo_drop(old);
	if (!t->access.keep_crls ||
	    (!t->federation_ports &&
	     !t->listen[TOPO_PORT_XMPP_OUTSIDE].present)) {
		end(c);
		return;
	}
	if (c->refresh && is_same(&c->way, &w))
		return;
	end(c);
	c->way = w;
	begin(c);
}

bool acc_service_crl_is_on(const struct acc_service_crl *c)
{
	return c->refresh != NULL;
}

enum edge_err acc_service_crl_new(struct acc_service_crl **out,
				  struct edge_loop *loop,
				  struct acc_shared *shared)
{
	struct acc_service_crl *c = calloc(1, sizeof(*c));
	uint8_t key[16];

	if (!c)
		return EDGE_ENOMEM;
	c->loop = loop;
	c->shared = shared;
	edge_random(key, sizeof(key));
	edge_quiet_init(&c->quiet, key);
	*out = c;
	return EDGE_OK;
}

void acc_service_crl_free(struct acc_service_crl *c)
{
	if (!c)
		return;
	end(c);
	topo_drop(c->topo);
	free(c);
}
