/* Where a partner's server is. */
#include "access-edge/xmpp_resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/dns.h"

typedef void found_fn(struct acc_xmpp_core *c, edge_handle link,
		      const struct acc_xmpp_found *found);

struct question {
	struct acc_xmpp_core *core;
	edge_handle link;
	found_fn *fn;
	char domain[ACC_XMPP_DOMAIN_LEN];
	struct {
		char name[EDGE_DNS_NAME_LEN];
		uint16_t port;
	} targets[ACC_XMPP_TARGETS];
	size_t target_count, next;
	struct acc_xmpp_found found;
};

bool acc_xmpp_address_is_fit(const struct topo *t, const struct edge_addr *a)
{
	if (edge_addr_same_ip(a, &t->internal) ||
	    edge_addr_same_ip(a, &t->listen[TOPO_PORT_XMPP_OUTSIDE].addr))
		return false;
	for (size_t i = 0; i < t->host_count; i++)
		for (size_t n = 0; n < t->hosts[i].addr_count; n++)
			if (edge_addr_same_ip(a, &t->hosts[i].addrs[n]))
				return false;
	return true;
}

static void done(struct question *q)
{
	if (q->found.count)
		q->found.err = EDGE_OK;
	else if (!q->found.err)
		q->found.err = EDGE_ENOTFOUND;
	q->fn(q->core, q->link, &q->found);
	free(q);
}

static void ask_next(struct question *q);

static void on_addr(const struct edge_dns_answer *a, void *arg)
{
	struct question *q = arg;

	if (a->err)
		q->found.err = a->err;
	for (size_t i = 0; i < a->addr_count; i++)
		if (q->found.count < ACC_XMPP_ADDRESSES &&
		    acc_xmpp_address_is_fit(q->core->topo, &a->addr[i]))
			q->found.addrs[q->found.count++] = a->addr[i];
	if (a->err == EDGE_ECLOSED)
		q->next = q->target_count;
	ask_next(q);
}

static void ask_next(struct question *q)
{
	if (q->next >= q->target_count ||
	    q->found.count >= ACC_XMPP_ADDRESSES) {
		done(q);
		return;
	}
	q->next++;
	edge_dns_addr(q->core->dns, q->targets[q->next - 1].name,
		      q->targets[q->next - 1].port, on_addr, q);
}

static void add_target(struct question *q, const char *name, uint16_t port)
{
	snprintf(q->targets[q->target_count].name, EDGE_DNS_NAME_LEN, "%s",
		 name);
	q->targets[q->target_count].port = port;
	q->target_count++;
}

/* RFC 6120 3.2.2: without SRV it is the domain itself. */
static void on_srv(const struct edge_dns_answer *a, void *arg)
{
	struct question *q = arg;

	for (size_t i = 0; i < a->srv_count && i < ACC_XMPP_TARGETS; i++)
		add_target(q, a->srv[i].target, a->srv[i].port);
	if (a->err == EDGE_ENOTFOUND)
		add_target(q, q->domain, ACC_XMPP_PORT);
	else
		q->found.err = a->err;
	ask_next(q);
}

enum edge_err acc_xmpp_resolve(struct acc_xmpp_core *c,
			       const struct acc_xmpp_who *w, edge_handle link,
			       found_fn *fn)
{
	char name[EDGE_DNS_NAME_LEN + 32];
	struct question *q;

	if (!c->dns)
		return EDGE_EDNS;
	q = calloc(1, sizeof(*q));
	if (!q)
		return EDGE_ENOMEM;
	q->core = c;
	q->link = link;
	q->fn = fn;
	snprintf(q->domain, sizeof(q->domain), "%s", w->domain);
	if (w->partner->proxy_fqdn) {
		add_target(q, w->partner->proxy_fqdn, ACC_XMPP_PORT);
		ask_next(q);
		return EDGE_OK;
	}
	snprintf(name, sizeof(name), "_xmpp-server._tcp.%s", w->domain);
	edge_dns_srv(c->dns, name, on_srv, q);
	return EDGE_OK;
}
