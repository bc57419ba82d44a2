/* The document as written: five tables, every row with its line. */
#ifndef TOPOLOGY_DRAFT_H
#define TOPOLOGY_DRAFT_H

#include "topology/arena.h"
#include "topology/topology.h"

struct topo_draft_domain {
	struct topo_draft_domain *next;
	const char *name;
	bool authoritative, sub_domains;
	unsigned line;
};

struct topo_draft_site {
	struct topo_draft_site *next;
	const char *id, *name;
	const char *route; /* id of the declared federation route, or NULL */
	unsigned line;
};

struct topo_draft_nic {
	struct topo_draft_nic *next;
	const char *side;	/* "Internal" "External" "Primary" "Pstn" */
	unsigned number;	/* 1-based; 0 when not a number */
	const char *address;	/* as written */
	const char *configured; /* as written, or NULL */
	const char *address6, *configured6; /* the IPv6 twins, or NULL */
	unsigned line;
};

struct topo_draft_machine {
	struct topo_draft_machine *next;
	const char *fqdn; /* as written; never NULL after reading */
	unsigned ordinal, line;
	struct topo_draft_nic *nics, **nics_tail;
};

struct topo_draft_cluster {
	struct topo_draft_cluster *next;
	const char *id; /* "site:number" or GUID */
	const char *site, *fqdn;
	struct topo_draft_machine *machines, **machines_tail;
	unsigned line;
};

struct topo_draft_port {
	struct topo_draft_port *next;
	const char *owner; /* without "urn:component:" */
	const char *usage, *side, *protocol, *url_path, *gruu;
	const char *configured_fqdn; /* or NULL */
	const char *port_text, *range_text;
	unsigned number;      /* of the interface */
	long port, range;     /* -1: not a number; range 1 when absent */
	long configured_port; /* 0: none */
	unsigned line;
};

struct topo_draft_dep {
	struct topo_draft_dep *next;
	const char *usage, *id;
	const char *role; /* role in the id; NULL when the id is a GUID */
	unsigned line;
};

struct topo_draft_service {
	struct topo_draft_service *next;
	const char *id;	   /* "site:role:instance" or GUID */
	const char *label; /* "EdgeServer-1", for people and facts */
	const char *role, *site, *version;
	const char *cluster_id; /* InstalledOn, or NULL */
	const char *sql_id;	/* "name@cluster", or NULL */
	struct topo_draft_dep *deps, **deps_tail;
	struct topo_draft_port *ports, **ports_tail;
	bool is_director, is_active_cms, discovery_external;
	const char *external_host; /* WebServices, or NULL */
	const char *discovery_url; /* WacService, or NULL */
	unsigned line;
};

struct topo_draft_name { /* a domain, a simple URL */
	struct topo_draft_name *next;
	const char *name;
	const char *kind; /* of a URL: "Meet"; else NULL */
	unsigned line;
};

struct topo_draft_names {
	struct topo_draft_name *head, **tail;
};

/* Rows of policy: names as written, NULL when not said. */
struct topo_draft_partner {
	struct topo_draft_partner *next;
	struct topo_partner is;
	unsigned line;
};

struct topo_draft_provider {
	struct topo_draft_provider *next;
	struct topo_provider is;
	unsigned line;
};

struct topo_draft_xmpp {
	struct topo_draft_xmpp *next;
	struct topo_xmpp_partner is; /* without more */
	struct topo_draft_names more;
	unsigned line;
};

struct topo_draft_proxy { /* ProxySettings of one service */
	struct topo_draft_proxy *next;
	const char *service, *pool; /* id, FQDN; either may be NULL */
	struct topo_proxy_settings is;
};

struct topo_draft_lifetime { /* MediaRelaySettings of one scope */
	struct topo_draft_lifetime *next;
	const char *site; /* NULL: global */
	unsigned seconds;
};

enum topo_unknown_kind { /* TOPO-VER-001 counts by kind */
			 TOPO_UNKNOWN_ELEMENT,
			 TOPO_UNKNOWN_ATTRIBUTE,
			 TOPO_UNKNOWN_OWNER,
			 TOPO_UNKNOWN_VERSION,
			 TOPO_UNKNOWN_KINDS
};

enum { TOPO_UNKNOWN_SHOWN = 5 }; /* TO 1.10: "first five" */

struct topo_draft {
	struct topo_arena arena;
	const char *container; /* "Topology" "DocItemSet" "TopologyBuilder" */
	const char *signature;
	bool is_draft, allow_all_domains, has_access, has_topology;
	const char *default_domain;
	unsigned domains_line, topology_line;
	struct topo_draft_domain *domains, **domains_tail;
	struct topo_draft_site *sites, **sites_tail;
	struct topo_draft_cluster *clusters, **clusters_tail;
	struct topo_draft_service *services, **services_tail;
	struct topo_draft_names sql; /* ids of SQL instances */
	struct topo_access_settings access;
	struct topo_proxy_settings proxy; /* of global scope */
	struct topo_draft_proxy *proxies; /* of services, the last one first */
	struct topo_xmpp_gateway gateway;
	struct topo_draft_partner *allowed, **allowed_tail;
	struct topo_draft_provider *providers, **providers_tail;
	struct topo_draft_xmpp *xmpp, **xmpp_tail;
	struct topo_draft_names blocked, simple_urls;
	struct topo_draft_names items; /* DocItem names */
	struct topo_draft_lifetime *lifetimes;
	size_t unknown[TOPO_UNKNOWN_KINDS];
	const char *unknown_shown[TOPO_UNKNOWN_SHOWN];
	/* by id, sorted; made by topo_draft_index */
	struct topo_draft_cluster **cluster_index;
	struct topo_draft_service **service_index;
	const char **sql_index;
	size_t cluster_count, service_count, sql_count;
};

EDGE_MUST_CHECK enum edge_err topo_draft_new(struct topo_draft **out);
void topo_draft_free(struct topo_draft *d);
/** Build the look-up tables once all rows are in. */
EDGE_MUST_CHECK enum edge_err topo_draft_index(struct topo_draft *d);
/* By id; of duplicates any one. id may be NULL. */
struct topo_draft_cluster *topo_draft_cluster(const struct topo_draft *d,
					      const char *id);
struct topo_draft_service *topo_draft_service(const struct topo_draft *d,
					      const char *id);
bool topo_draft_has_sql(const struct topo_draft *d, const char *id);
struct topo_draft_nic *topo_draft_nic(const struct topo_draft_machine *m,
				      const char *side, unsigned number);
/** Row kind of TO 1.5 of an Edge or replica port; TOPO_PORT_KINDS: none. */
enum topo_port_kind topo_draft_port_kind(const struct topo_draft_port *p);
/** "row 2 (AccessEdge SipClient External Tls)" */
const char *topo_port_kind_name(enum topo_port_kind kind);
/** First port of that kind of a service, or NULL. */
struct topo_draft_port *topo_draft_port(const struct topo_draft_service *s,
					enum topo_port_kind kind);

#endif
