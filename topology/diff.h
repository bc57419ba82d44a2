/* Two snapshots: what to open and close, and the facts that changed. */
#ifndef TOPOLOGY_DIFF_H
#define TOPOLOGY_DIFF_H

#include "topology/topology.h"

enum topo_listen_change {
	TOPO_LISTEN_NONE, /* in neither */
	TOPO_LISTEN_KEEP,
	TOPO_LISTEN_OPEN,
	TOPO_LISTEN_CLOSE,
	TOPO_LISTEN_MOVE, /* open the new one, then close the old one */
};

struct topo_fact_change {
	const char *key;
	/* NULL: added, removed; of a secret never the value itself */
	const char *before, *after;
};

struct topo_diff {
	enum topo_listen_change listen[TOPO_PORT_KINDS];
	bool next_hop;	 /* its name, port, members or addresses */
	bool domains;	 /* SIP domains */
	bool trusted;	 /* who may connect inside */
	bool federation; /* access settings, allowed, blocked, providers */
	bool xmpp;	 /* XMPP partners and gateway */
	bool hosts;	 /* any HOSTS address */
	bool webconf;	 /* IPv6 address of its outside listener */
	bool av;	 /* public A/V address, token lifetime, MRAS user */
	const struct topo_fact_change *facts; /* by key */
	size_t fact_count;
};

/** @param before  NULL: there was none; every listener is to be opened. */
EDGE_MUST_CHECK enum edge_err topo_diff_new(struct topo_diff **out,
					    const struct topo *before,
					    const struct topo *after);
void topo_diff_free(struct topo_diff *d);
/** "+ key value", "- key value" or "~ key before -> after". */
int topo_fact_change_print(const struct topo_fact_change *c, char *out,
			   size_t cap);

#endif
