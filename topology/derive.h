/* Inside topo_snap_build: draft -> struct topo, TO 1.7. */
#ifndef TOPOLOGY_DERIVE_H
#define TOPOLOGY_DERIVE_H

#include "topology/check.h"
#include "topology/role.h"

enum {				       /* ours: what one edge can be told */
       TOPO_DERIVE_CLUSTERS_MAX = 512, /* trusted clusters */
       TOPO_DERIVE_TRUSTED_MAX = 2048, /* trusted names */
       TOPO_DERIVE_SUFFIXES_MAX = 256,
       TOPO_DERIVE_NAMES_MAX = 1024, /* inside names no suffix covers */
       TOPO_DERIVE_LIST_MAX = 4096,  /* domains, partners: TOPO_SNAP_LIST_MAX */
       TOPO_DERIVE_MORE_MAX = 256,   /* additional domains of a partner */
       TOPO_DERIVE_SHORT_MAX = 64,   /* simple URLs, rows not served */
};

struct topo_derive_list { /* without doubles; zero it, set cap */
	const char **v;
	size_t count, cap;
	const char *what; /* for the finding when it is full */
};

struct topo_derive {
	const struct topo_draft *d;
	const struct topo_check_plan *plan;
	struct topo_findings *f;
	struct topo_role role;
	struct topo_arena arena;
	struct topo topo;
	enum edge_err err; /* the first; later steps do nothing */
};

/* Steps, each a group of facts; an earlier error makes them do nothing. */
void topo_derive_self(struct topo_derive *v);
void topo_derive_listeners(struct topo_derive *v);
void topo_derive_trust(struct topo_derive *v);
void topo_derive_inside(struct topo_derive *v);
void topo_derive_hosts(struct topo_derive *v);
void topo_derive_domains(struct topo_derive *v);
void topo_derive_settings(struct topo_derive *v);
void topo_derive_partners(struct topo_derive *v);
void topo_derive_xmpp(struct topo_derive *v);

/** A table is full: TOPO-XML-003 names it. */
void topo_derive_full(struct topo_derive *v, const char *table);
/** Lower-case copy of a valid name; NULL when it is none (or no memory). */
const char *topo_derive_name(struct topo_derive *v, const char *name);
/** Add unless it is there already; NULL is not added. */
void topo_derive_add(struct topo_derive *v, struct topo_derive_list *list,
		     const char *name);
struct topo_names topo_derive_names(const struct topo_derive_list *list);
/** Machines of a cluster by OrdinalInCluster. */
const struct topo_draft_machine **
topo_derive_machines(struct topo_derive *v, const struct topo_draft_cluster *c,
		     size_t *count);

#endif
