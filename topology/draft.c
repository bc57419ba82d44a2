/* The draft's memory and its look-up tables. */
#include "topology/draft.h"

#include <stdlib.h>
#include <string.h>

static void names_init(struct topo_draft_names *n)
{
	n->tail = &n->head;
}

enum edge_err topo_draft_new(struct topo_draft **out)
{
	struct topo_draft *d = calloc(1, sizeof(*d));

	if (!d)
		return EDGE_ENOMEM;
	d->signature = "";
	d->domains_tail = &d->domains;
	d->sites_tail = &d->sites;
	d->clusters_tail = &d->clusters;
	d->services_tail = &d->services;
	names_init(&d->sql);
	names_init(&d->blocked);
	names_init(&d->simple_urls);
	names_init(&d->items);
	d->allowed_tail = &d->allowed;
	d->providers_tail = &d->providers;
	d->xmpp_tail = &d->xmpp;
	d->access = topo_access_default();
	d->proxy = topo_proxy_default();
	d->gateway = topo_xmpp_gateway_default();
	*out = d;
	return EDGE_OK;
}

void topo_draft_free(struct topo_draft *d)
{
	if (!d)
		return;
	topo_arena_fini(&d->arena);
	free(d);
}

/* Rows of one id keep their order in the document. */
static int cluster_compare(const void *a, const void *b)
{
	const struct topo_draft_cluster *const *x = a, *const *y = b;
	int d = strcmp((*x)->id, (*y)->id);

	return d ? d : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

static int service_compare(const void *a, const void *b)
{
	const struct topo_draft_service *const *x = a, *const *y = b;
	int d = strcmp((*x)->id, (*y)->id);

	return d ? d : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

static int text_compare(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void index_clusters(struct topo_draft *d)
{
	size_t n = 0;

	for (struct topo_draft_cluster *c = d->clusters; c; c = c->next)
		n++;
	d->cluster_index = topo_arena_array(&d->arena, n, sizeof(void *));
	if (!d->cluster_index)
		return;
	for (struct topo_draft_cluster *c = d->clusters; c; c = c->next)
		d->cluster_index[d->cluster_count++] = c;
	qsort(d->cluster_index, n, sizeof(void *), cluster_compare);
}

static void index_services(struct topo_draft *d)
{
	size_t n = 0;

	for (struct topo_draft_service *s = d->services; s; s = s->next)
		n++;
	d->service_index = topo_arena_array(&d->arena, n, sizeof(void *));
	if (!d->service_index)
		return;
	for (struct topo_draft_service *s = d->services; s; s = s->next)
		d->service_index[d->service_count++] = s;
	qsort(d->service_index, n, sizeof(void *), service_compare);
}

enum edge_err topo_draft_index(struct topo_draft *d)
{
	size_t n = 0;

	for (struct topo_draft_name *s = d->sql.head; s; s = s->next)
		n++;
	d->sql_index = topo_arena_array(&d->arena, n, sizeof(*d->sql_index));
	if (d->sql_index) {
		for (struct topo_draft_name *s = d->sql.head; s; s = s->next)
			d->sql_index[d->sql_count++] = s->name;
		qsort(d->sql_index, n, sizeof(*d->sql_index), text_compare);
	}
	index_clusters(d);
	index_services(d);
	return d->arena.failed ? EDGE_ENOMEM : EDGE_OK;
}

static int cluster_find(const void *key, const void *row)
{
	const struct topo_draft_cluster *const *c = row;

	return strcmp(key, (*c)->id);
}

struct topo_draft_cluster *topo_draft_cluster(const struct topo_draft *d,
					      const char *id)
{
	struct topo_draft_cluster **c;

	if (!id || !d->cluster_count)
		return NULL;
	c = bsearch(id, d->cluster_index, d->cluster_count, sizeof(void *),
		    cluster_find);
	return c ? *c : NULL;
}

static int service_find(const void *key, const void *row)
{
	const struct topo_draft_service *const *s = row;

	return strcmp(key, (*s)->id);
}

struct topo_draft_service *topo_draft_service(const struct topo_draft *d,
					      const char *id)
{
	struct topo_draft_service **s;

	if (!id || !d->service_count)
		return NULL;
	s = bsearch(id, d->service_index, d->service_count, sizeof(void *),
		    service_find);
	return s ? *s : NULL;
}

static int sql_find(const void *key, const void *row)
{
	const char *const *text = row;

	return strcmp(key, *text);
}

bool topo_draft_has_sql(const struct topo_draft *d, const char *id)
{
	return id && d->sql_count &&
	       bsearch(id, d->sql_index, d->sql_count, sizeof(*d->sql_index),
		       sql_find);
}

struct topo_draft_nic *topo_draft_nic(const struct topo_draft_machine *m,
				      const char *side, unsigned number)
{
	for (struct topo_draft_nic *n = m->nics; n; n = n->next)
		if (n->number == number && strcmp(n->side, side) == 0)
			return n;
	return NULL;
}

/* TO 1.5, rows 1-11, 13, 14 and the replica's. */
/* clang-format off */
static const struct {
	const char *owner, *usage, *side, *protocol;
} rows[TOPO_PORT_KINDS] = {
	[TOPO_PORT_ACCESS_INSIDE] = {"AccessEdge", "SipServer", "Internal", "Mtls"},
	[TOPO_PORT_ACCESS_CLIENT] = {"AccessEdge", "SipClient", "External", "Tls"},
	[TOPO_PORT_WEBCONF_INSIDE] = {"DataEdge", "PsomServer", "Internal", "Mtls"},
	[TOPO_PORT_WEBCONF_CLIENT] = {"DataEdge", "PsomClient", "External", "Tls"},
	[TOPO_PORT_AVAUTH] = {"MediaRelayAuthenticationEdge", "SipServer", "Internal", "Mtls"},
	[TOPO_PORT_AV_INSIDE_TCP] = {"MediaRelayEdge", "TURNServer", "Internal", "Tcp"},
	[TOPO_PORT_AV_OUTSIDE_TCP] = {"MediaRelayEdge", "TURNServer", "External", "Tcp"},
	[TOPO_PORT_AV_INSIDE_UDP] = {"MediaRelayEdge", "TURNServer", "Internal", "Udp"},
	[TOPO_PORT_AV_OUTSIDE_UDP] = {"MediaRelayEdge", "TURNServer", "External", "Udp"},
	[TOPO_PORT_AV_RANGE] = {"MediaRelayEdge", "MediaCommunication", "External", "TcpOrUdp"},
	[TOPO_PORT_ACCESS_FEDERATION] = {"AccessEdge", "SipServer", "External", "Mtls"},
	[TOPO_PORT_XMPP_OUTSIDE] = {"XmppFederationProxy", "XmppServer", "External", "Tls"},
	[TOPO_PORT_XMPP_INSIDE] = {"XmppFederationProxy", "XptServer", "Internal", "Mtls"},
	[TOPO_PORT_REPLICA] = {"ReplicationService", "Replication", "Internal", "Https"},
};
/* clang-format on */

enum topo_port_kind topo_draft_port_kind(const struct topo_draft_port *p)
{
	for (size_t i = 0; i < TOPO_PORT_KINDS; i++)
		if (strcmp(p->owner, rows[i].owner) == 0 &&
		    strcmp(p->usage, rows[i].usage) == 0 &&
		    strcmp(p->side, rows[i].side) == 0 &&
		    strcmp(p->protocol, rows[i].protocol) == 0)
			return (enum topo_port_kind)i;
	return TOPO_PORT_KINDS;
}

struct topo_draft_port *topo_draft_port(const struct topo_draft_service *s,
					enum topo_port_kind kind)
{
	for (struct topo_draft_port *p = s->ports; p; p = p->next)
		if (topo_draft_port_kind(p) == kind)
			return p;
	return NULL;
}

const char *topo_port_kind_name(enum topo_port_kind kind)
{
	/* clang-format off */
	static const char *const names[TOPO_PORT_KINDS] = {
		[TOPO_PORT_ACCESS_INSIDE] = "row 1 (AccessEdge SipServer Internal Mtls)",
		[TOPO_PORT_ACCESS_CLIENT] = "row 2 (AccessEdge SipClient External Tls)",
		[TOPO_PORT_WEBCONF_INSIDE] = "row 3 (DataEdge PsomServer Internal Mtls)",
		[TOPO_PORT_WEBCONF_CLIENT] = "row 4 (DataEdge PsomClient External Tls)",
		[TOPO_PORT_AVAUTH] = "row 5 (MediaRelayAuthenticationEdge SipServer Internal Mtls)",
		[TOPO_PORT_AV_INSIDE_TCP] = "row 6 (MediaRelayEdge TURNServer Internal Tcp)",
		[TOPO_PORT_AV_OUTSIDE_TCP] = "row 7 (MediaRelayEdge TURNServer External Tcp)",
		[TOPO_PORT_AV_INSIDE_UDP] = "row 8 (MediaRelayEdge TURNServer Internal Udp)",
		[TOPO_PORT_AV_OUTSIDE_UDP] = "row 9 (MediaRelayEdge TURNServer External Udp)",
		[TOPO_PORT_AV_RANGE] = "row 10 (MediaRelayEdge MediaCommunication External TcpOrUdp)",
		[TOPO_PORT_ACCESS_FEDERATION] = "row 11 (AccessEdge SipServer External Mtls)",
		[TOPO_PORT_XMPP_OUTSIDE] = "row 13 (XmppFederationProxy XmppServer External Tls)",
		[TOPO_PORT_XMPP_INSIDE] = "row 14 (XmppFederationProxy XptServer Internal Mtls)",
		[TOPO_PORT_REPLICA] = "replica (ReplicationService Replication Internal Https)",
	};
	/* clang-format on */

	return kind < TOPO_PORT_KINDS ? names[kind] : "other";
}
