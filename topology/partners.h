/* Values of policy: access settings, partners, providers. AE 3. */
#ifndef TOPOLOGY_PARTNERS_H
#define TOPOLOGY_PARTNERS_H

#include <stdbool.h>

enum topo_verification {		     /* VerificationLevel, AE 3.3 */
			 TOPO_VERIFY_SOURCE, /* UseSourceVerification */
			 TOPO_VERIFY_ALWAYS, /* AlwaysVerifiable */
			 TOPO_VERIFY_NEVER,  /* AlwaysUnverifiable */
			 TOPO_VERIFICATIONS
};

struct topo_partner {			 /* allowed domain */
	const char *domain, *proxy_fqdn; /* proxy NULL: found by SRV */
	enum topo_verification verification;
	bool is_monitored; /* MarkForMonitoring */
};

struct topo_access_settings { /* AccessEdgeSettings, TO 1.9 and AE 3.1 */
	bool outside_users, anonymous_users, federated_users, discovery;
	bool keep_crls, mark_verifiable, archiving_disclaimer;
	unsigned tls_count;	   /* 1..4 */
	const char *default_route; /* NULL: DNS SRV routing */
	bool route_is_public;	   /* default route is a public provider */
	enum topo_verification route_level, discovered_level;
	bool clearing_house;	  /* BeClearingHouse */
	bool limits_contacts;	  /* EnableDiscoveredPartnerContactsLimit */
	unsigned contacts_max;	  /* MaxContactsPerDiscoveredPartner */
	unsigned discovered_rate; /* DiscoveredPartnerStandardRate [1/s] */
	unsigned report_min;	  /* DiscoveredPartnerReportPeriodMinutes */
	unsigned accepted_certs;  /* MaxAcceptedCertificatesStored */
	unsigned rejected_certs;  /* MaxRejectedCertificatesStored */
	unsigned dropped_percent; /* CertificatesDeletedPercentage */
	unsigned srv_cache;	  /* DnsSrvCacheRecordCount; 0: not said */
};

enum { /* AE 3.2 [KiB], [min] */
       TOPO_CLIENT_BODY_MIN_KB = 64,
       TOPO_CLIENT_BODY_MAX_KB = 256,
       TOPO_SERVER_BODY_MIN_KB = 1000,
       TOPO_SERVER_BODY_MAX_KB = 20000,
       TOPO_KEEP_ALIVE_MAX_MIN = 1440, /* ours */
};

struct topo_proxy_settings { /* ProxySettings, AE 3.2; 0: not said */
	unsigned client_body_kb;
	unsigned server_body_kb;
	unsigned tls_count;	 /* 1..4, to an inside server */
	unsigned keep_alive_min; /* upper bound of what is offered [min] */
	bool no_white_space;	 /* EnableWhiteSpaceKeepAlive is false */
	unsigned dns_records;	 /* DnsCacheRecordCount */
	bool partner_polling;	 /* AllowPartnerPollingSubscribes */
};

struct topo_provider { /* hosting or public provider; disabled ones too */
	const char *name, *proxy_fqdn;
	bool is_public;
	enum topo_verification level;
	bool is_enabled;	   /* Enabled */
	bool shares_address_space; /* EnabledSharedAddressSpace: split domain */
	bool hosts_users, is_local; /* HostsOCSUsers, IsLocal */
	const char *decorated;	    /* NameDecorationDomain, or NULL */
};

/* What is true when nothing is said: TO 1.9, AE 3.1-3.4. */
struct topo_access_settings topo_access_default(void);
struct topo_proxy_settings topo_proxy_default(void);
struct topo_partner topo_partner_default(void);
struct topo_provider topo_provider_default(bool is_public);

#endif
