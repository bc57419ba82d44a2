/* topology render dns: the lines of the public zone; TO 7.4. */
#include <string.h>

#include "common/config.h"
#include "edgectl/render.h"

enum { TTL = 3600, DONE = 64 };

struct zone {
	struct ctl_render *r;
	const char *done[DONE]; /* names that have their addresses */
	size_t count;
	char made[DONE][256]; /* sip.DOMAIN */
	size_t makes;
};

static void put_addr(struct zone *z, const char *name,
		     const struct edge_addr *at)
{
	char text[EDGE_ADDR_STRLEN];

	if (!at->family)
		return;
	edge_addr_print_ip(at, false, text);
	fprintf(z->r->out, "%s. %d IN %s %s\n", name, TTL,
		at->family == AF_INET6 ? "AAAA" : "A", text);
}

static bool is_done(struct zone *z, const char *name)
{
	for (size_t i = 0; i < z->count; i++)
		if (!strcmp(z->done[i], name))
			return true;
	if (z->count < DONE)
		z->done[z->count++] = name;
	return false;
}

static void put_list(struct zone *z, const char *name, const char *list)
{
	struct edge_addr at;
	unsigned bits;

	while (edge_config_next_net(&list, &at, &bits))
		put_addr(z, name, &at);
}

/* What stands before NAT is not known: the address is no good outside. */
static void tell_private(struct zone *z, const char *setting, const char *name,
			 const struct edge_addr *own)
{
	char text[EDGE_ADDR_STRLEN];

	edge_addr_print_ip(own, false, text);
	fprintf(z->r->out,
		"; %s is a private address: publish what NAT makes of it\n",
		text);
	ctl_find(z->r->c, TOPO_WARN, "DNS-001", name,
		 "%s is private, and [public] %s is not set", text, setting);
}

static void tell_members(struct zone *z, const char *setting, const char *name)
{
	const struct topo *t = z->r->topo;

	if (!t->member_count)
		return;
	fprintf(z->r->out,
		"; one more address for each other member of the pool\n");
	ctl_find(z->r->c, TOPO_WARN, "DNS-001", name,
		 "the pool has %zu other members, whose addresses are not "
		 "known: [public] %s is not set",
		 t->member_count, setting);
}

static void put_service(struct zone *z, const char *name, const char *setting,
			const char *list, const struct edge_addr *own)
{
	if (!name || is_done(z, name))
		return;
	if (list) {
		put_list(z, name, list);
		return;
	}
	if (edge_addr_classify(own) == EDGE_ADDR_PRIVATE)
		tell_private(z, setting, name, own);
	else
		tell_members(z, setting, name);
	put_addr(z, name, own);
}

static void put_av(struct zone *z)
{
	const struct topo *t = z->r->topo;
	const char *list = z->r->c->config->public_at.av;

	if (!t->av_name || is_done(z, t->av_name))
		return;
	if (list) {
		put_list(z, t->av_name, list);
		return;
	}
	if (edge_addr_classify(&t->av_public) == EDGE_ADDR_PRIVATE)
		tell_private(z, "av", t->av_name, &t->av_public);
	put_addr(z, t->av_name, &t->av_public);
	put_addr(z, t->av_name, &t->av_public6);
	for (size_t i = 0; i < t->av_member_count; i++)
		put_addr(z, t->av_name, &t->av_members[i]);
}

static void put_srv(struct zone *z, const char *service, const char *domain,
		    enum topo_port_kind kind)
{
	const struct topo_listen *l = &z->r->topo->listen[kind];

	if (l->present)
		fprintf(z->r->out, "%s.%s. %d IN SRV 0 0 %u sip.%s.\n", service,
			domain, TTL, l->addr.port, domain);
}

static void put_domain(struct zone *z, const char *domain)
{
	const struct topo *t = z->r->topo;
	char *name = z->made[z->makes];

	if (z->makes == DONE)
		return;
	z->makes++;
	(void)snprintf(name, sizeof(z->made[0]), "sip.%s", domain);
	fprintf(z->r->out, "\n; %s: sign-in%s\n", domain,
		t->federation_ports ? ", federation" : "");
	put_service(z, name, "access", z->r->c->config->public_at.access,
		    &t->listen[TOPO_PORT_ACCESS_CLIENT].addr);
	put_srv(z, "_sip._tls", domain, TOPO_PORT_ACCESS_CLIENT);
	put_srv(z, "_sipfederationtls._tcp", domain,
		TOPO_PORT_ACCESS_FEDERATION);
	if (t->xmpp_count)
		put_srv(z, "_xmpp-server._tcp", domain, TOPO_PORT_XMPP_OUTSIDE);
}

void ctl_render_dns(struct ctl_render *r)
{
	const struct topo *t = r->topo;
	struct zone z = {.r = r};

	fprintf(r->out,
		"; Public zone lines for %s, from topology %s.\n"
		"; _sipinternaltls and inside names must not be published.\n",
		t->pool, t->signature ? t->signature : "-");
	for (size_t i = 0; i < t->domain_count; i++)
		put_domain(&z, t->domains[i].name);
	fputs("\n; services\n", r->out);
	put_service(&z, t->access_name, "access",
		    r->c->config->public_at.access,
		    &t->listen[TOPO_PORT_ACCESS_CLIENT].addr);
	put_service(&z, t->webconf_name, "webconf",
		    r->c->config->public_at.webconf,
		    &t->listen[TOPO_PORT_WEBCONF_CLIENT].addr);
	put_addr(&z, t->webconf_name, &t->webconf_own6);
	put_av(&z);
}
