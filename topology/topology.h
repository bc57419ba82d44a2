/* The topology as services see it: one parsed, immutable snapshot. */
#ifndef TOPOLOGY_TOPOLOGY_H
#define TOPOLOGY_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/slice.h"
#include "topology/partners.h"
#include "topology/xmpp.h"

/* Rows of TO 1.5, named by who connects and where. */
enum topo_port_kind {
	TOPO_PORT_ACCESS_INSIDE,     /* 1: SIP servers inside, mTLS */
	TOPO_PORT_ACCESS_CLIENT,     /* 2: remote users, TLS */
	TOPO_PORT_WEBCONF_INSIDE,    /* 3 */
	TOPO_PORT_WEBCONF_CLIENT,    /* 4 */
	TOPO_PORT_AVAUTH,	     /* 5 */
	TOPO_PORT_AV_INSIDE_TCP,     /* 6 */
	TOPO_PORT_AV_OUTSIDE_TCP,    /* 7 */
	TOPO_PORT_AV_INSIDE_UDP,     /* 8 */
	TOPO_PORT_AV_OUTSIDE_UDP,    /* 9 */
	TOPO_PORT_AV_RANGE,	     /* 10 */
	TOPO_PORT_ACCESS_FEDERATION, /* 11: partners, mTLS; may be absent */
	TOPO_PORT_XMPP_OUTSIDE,	     /* 13: XMPP partners; may be absent */
	TOPO_PORT_XMPP_INSIDE,	     /* 14: XMPP gateways; may be absent */
	TOPO_PORT_REPLICA,	     /* 4443; may be absent */
	TOPO_PORT_KINDS
};

struct topo_listen {
	bool present;
	struct edge_addr addr; /* with first port */
	uint16_t count;	       /* 1, or the length of the range */
	const char *protocol;  /* "tls" "mtls" "tcp" "udp" "tcp+udp" "https" */
};

struct topo_domain {
	const char *name; /* lower case, no trailing dot */
	bool sub_domains, authoritative, is_default;
};

/* A cluster the edge may talk to, with its HOSTS addresses. */
struct topo_host {
	const char *fqdn;	       /* lower case */
	const struct edge_addr *addrs; /* port 0; from HOSTS, file order */
	size_t addr_count;
};

struct topo_cluster {
	const char *fqdn; /* pool FQDN, lower case */
	uint16_t port;	  /* its Registrar's SipServer port; 0 when not one */
	bool is_director, is_registrar, is_next_hop;
	const struct topo_host *members; /* OrdinalInCluster order */
	size_t member_count;
	struct topo_host pool; /* the pool name itself and its addresses */
};

enum topo_trust { /* bit per inside listener: TO 1.7, DESIGN 10 */
		  TOPO_TRUST_SIP = 1 << 0,     /* 5061 and 5062 */
		  TOPO_TRUST_WEBCONF = 1 << 1, /* 8057 */
		  TOPO_TRUST_REPLICA = 1 << 2, /* 4443 */
		  TOPO_TRUST_XMPP = 1 << 3,    /* 23456: Front Ends only */
};

struct topo_trusted {
	const char *fqdn;
	unsigned listeners; /* enum topo_trust bits */
};

struct topo_names {
	const char *const *v;
	size_t count;
};

struct topo {	      /* all strings and arrays live as long as the snapshot */
	uint64_t seq; /* version number in the store; 0 outside it */
	const char *signature; /* GUID of the document */
	const char *sha256;    /* hex of the import bytes */
	const char *self, *pool;
	const struct topo_host *members; /* the other members of our pool */
	size_t member_count;
	struct edge_addr internal;  /* port 0 */
	struct edge_addr av_public; /* port 0 */
	/* of the other members, IPv4 before IPv6; port 0 */
	const struct edge_addr *av_members;
	size_t av_member_count;
	/* IPv6 twins of internal, of the A/V address that is bound, and of
	 * av_public; port 0; family 0: there is none */
	struct edge_addr internal6, av_own6, av_public6;
	struct edge_addr webconf_own6; /* the same of web conferencing */
	struct topo_listen listen[TOPO_PORT_KINDS];
	const char *access_name, *webconf_name, *av_name; /* public names */
	const struct topo_domain *domains;
	size_t domain_count;
	const struct topo_cluster *registrars; /* next hop first */
	size_t registrar_count;
	const struct topo_trusted *trusted;
	size_t trusted_count;
	bool federation_ports;
	struct topo_access_settings access;
	struct topo_proxy_settings proxy;
	const struct topo_partner *allowed;
	size_t allowed_count;
	const char *const *blocked;
	size_t blocked_count;
	const struct topo_provider *providers;
	size_t provider_count;
	unsigned token_lifetime_s;
	const char *mras_user;
	const char *route;   /* federation route "EdgeServer-1", or NULL */
	bool route_declared; /* else inferred, TO 1.8 */
	struct topo_names not_served;	      /* "XmppFederationProxy/5269" */
	struct topo_names simple_urls;	      /* hosts of the simple URLs */
	const struct topo_xmpp_partner *xmpp; /* allowed ones, AE 6.1 */
	size_t xmpp_count;
	struct topo_xmpp_gateway xmpp_gateway;
	struct topo_names inside_suffixes; /* TO 3.4: never asked of DNS */
	struct topo_names inside_names;	   /* those no suffix covers */
	const struct topo_host *hosts;	   /* all HOSTS names, sorted */
	size_t host_count;
};

/* Shared between threads; the last drop frees. Only for snapshots that
 * topo_snap_decode made, not for a struct filled by hand. NULL is fine. */
const struct topo *topo_hold(const struct topo *t);
void topo_drop(const struct topo *t);

/** "ours" test: names, sub-domains on a label boundary; host lower case or
 * not, trailing dot ignored. AllowAllDomains is never used (DESIGN 10). */
const struct topo_domain *topo_find_domain(const struct topo *t,
					   struct edge_slice host);
const struct topo_cluster *topo_next_hop(const struct topo *t); /* never NULL */
/** Registrar cluster by pool FQDN or member FQDN; member may be NULL. */
const struct topo_cluster *topo_find_registrar(const struct topo *t,
					       struct edge_slice host,
					       const struct topo_host **member);
/** May this certificate name connect to that inside listener? exact name. */
bool topo_is_trusted(const struct topo *t, struct edge_slice name,
		     enum topo_trust listener);
/** Is the name one of ours: self, pool or a member of the pool. */
bool topo_is_our_machine(const struct topo *t, struct edge_slice name);
bool topo_is_blocked(const struct topo *t, struct edge_slice domain);
/** Allowed domain, whole labels: a sub-domain is not admitted (AE 1.3). */
const struct topo_partner *topo_find_partner(const struct topo *t,
					     struct edge_slice domain);
/** Hosting or public provider by the name its edge bears, enabled or not;
 * NULL when there is none. */
const struct topo_provider *topo_find_provider(const struct topo *t,
					       struct edge_slice proxy_fqdn);
/** By domain or additional domain; sub-domains do not count. NULL: none. */
const struct topo_xmpp_partner *topo_find_xmpp(const struct topo *t,
					       struct edge_slice domain);
/** HOSTS address list of an inside name; NULL when absent (never DNS). */
const struct topo_host *topo_find_host(const struct topo *t,
				       struct edge_slice name);
/** The IPv6 twin of an A/V listener: the same port at the same interface's
 * IPv6 address; family 0: there is none. */
struct edge_addr topo_av_twin(const struct topo *t, enum topo_port_kind kind);
/** The same of the Web Conferencing Edge's outside listener. */
struct edge_addr topo_webconf_twin(const struct topo *t);
/** Is it an address of ours, or one that the topology or HOSTS gives to a
 * machine inside? The port does not count. */
bool topo_is_inside_address(const struct topo *t, const struct edge_addr *at);
/** HOSTS-010: inside by suffix or by name, so never asked of DNS. */
bool topo_is_inside_name(const struct topo *t, struct edge_slice name);

#endif
