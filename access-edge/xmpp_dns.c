/* The resolver that finds partners' servers. */
#include "access-edge/xmpp_dns.h"

#include <stdio.h>
#include <string.h>

#include "access-edge/events.h"
#include "common/dns.h"

enum {
	NEGATIVE_S = 60, /* ours: as long as a missing name is believed [s] */
	TTL_MAX_S = 3600 /* ours [s] */
};

static bool is_inside(struct edge_slice name, void *arg)
{
	const struct acc_xmpp_core *c = arg;

	return topo_is_inside_name(c->topo, name);
}

static struct acc_xmpp_dns dns_of(const struct acc_xmpp_core *c,
				  const struct edge_config *config)
{
	struct acc_xmpp_dns d = {
		.local = c->topo->listen[TOPO_PORT_XMPP_OUTSIDE].addr,
		.cache_records = c->topo->proxy.dns_records,
		.is_lab = config->lab,
	};

	d.local.port = 0;
	snprintf(d.device, sizeof(d.device), "%s", c->device ? c->device : "");
	if (!config->resolv || stat(config->resolv, &d.resolv) != 0)
		d.resolv = (struct stat){0};
	return d;
}

/* The same file, and nobody has written it since. */
static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool is_same(const struct acc_xmpp_dns *a, const struct acc_xmpp_dns *b)
{
	return edge_addr_eq(&a->local, &b->local) &&
	       strcmp(a->device, b->device) == 0 &&
	       is_same_file(&a->resolv, &b->resolv) &&
	       a->cache_records == b->cache_records && a->is_lab == b->is_lab;
}

/* Without a resolver streams to partners that have no address fail. */
void acc_xmpp_dns_renew(struct acc_xmpp_dns *d, struct acc_xmpp_core *c,
			const struct edge_config *config)
{
	const struct acc_xmpp_dns now = dns_of(c, config);
	const struct edge_dns_plan p = {
		.loop = c->loop,
		.local = now.local,
		.device = c->device,
		.resolv = config->resolv,
		.cache_records = now.cache_records,
		.negative_s = NEGATIVE_S,
		.ttl_max_s = TTL_MAX_S,
		.is_lab = now.is_lab,
		.is_inside = is_inside,
		.arg = c,
	};
	enum edge_err err;

	if (c->dns && is_same(d, &now))
		return;
	edge_dns_free(c->dns);
	c->dns = NULL;
	*d = now;
	err = edge_dns_new(&c->dns, &p);
	if (err)
		edge_event(ACC_EV_XMPP_SETUP, "missing=resolver error=%s",
			   edge_err_name(err));
}
