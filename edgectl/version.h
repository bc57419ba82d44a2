/* A new version: written, offered to the daemons, made current. */
#ifndef EDGECTL_VERSION_H
#define EDGECTL_VERSION_H

#include "edgectl/ctl.h"
#include "topology/import.h"
#include "topology/store_write.h"

/* Files of a version; p NULL: not there. Borrowed. */
struct ctl_version {
	struct edge_slice snap, source, hosts, manifest, sig;
	struct topo_meta meta; /* seq, imported_s and by are filled in */
};

/** Open the store for writing; reported when it cannot. */
enum ctl_exit ctl_writer_open(struct ctl *c, struct topo_writer **out);

/**
 * Write the version, have every running daemon prepare it, make it current,
 * have them commit, remove the oldest, note it in the audit file. When a
 * daemon refuses, all abort, the version is removed and the old one stays.
 * The order and what a crash leaves: topology/store_write.h.
 */
enum ctl_exit ctl_version_take(struct ctl *c, struct topo_writer *w,
			       struct ctl_version *v);

/** Daemons that run and are not on seq (told too late, or killed between) are
 * told to read again; those that still are not give CTL-013. */
void ctl_version_catch_up(struct ctl *c, uint64_t seq);

/** Addresses of this machine's NICs that are up. */
size_t ctl_version_local(struct topo_local_addr *out, size_t cap);

struct topo_bundle;
/** What a bundle, an export or a document holds, whoever signed it: for verbs
 * that store nothing. hosts: a file beside it, or NULL. */
enum ctl_exit ctl_version_source(struct ctl *c, struct topo_bundle **out,
				 const char *path, const char *hosts);

enum {
	CTL_BUILD_HERE = 1,  /* on the edge itself: its NICs and routes count */
	CTL_BUILD_DRAFT = 2, /* a draft is a warning (TO 1.1: check only) */
};
struct ctl_build {
	struct edge_slice source;
	struct edge_slice hosts; /* p NULL: none */
	const char *self;
	unsigned how;
};
/** The pipeline of topology/import.h with this machine's settings. *out only
 * on CTL_GOOD; findings are reported. */
enum ctl_exit ctl_version_build(struct ctl *c, struct topo_import **out,
				const struct ctl_build *b);

#endif
