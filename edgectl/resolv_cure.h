/* Which file name servers stand in, and how to change them there. PURE. */
#ifndef EDGECTL_RESOLV_CURE_H
#define EDGECTL_RESOLV_CURE_H

#include <stdbool.h>

#include "common/addr.h"
#include "edgectl/finding.h"

/* systemd-resolved: the servers that it asks itself. */
#define CTL_RESOLV_UPLINKS "/run/systemd/resolve/resolv.conf"

enum ctl_resolv_kind {
	CTL_RESOLV_PLAIN, /* people write it */
	CTL_RESOLV_STUB,  /* it names systemd-resolved on this host alone */
	CTL_RESOLV_MADE,  /* systemd-resolved writes it */
};
/** path: with no links in it; server: all that the file names. */
enum ctl_resolv_kind ctl_resolv_kind_of(const char *path,
					const struct edge_addr *server,
					size_t count);

struct ctl_resolv {
	enum ctl_resolv_kind kind;
	const char *config;	     /* edge.ini */
	const char *path;	     /* [local] resolv */
	bool has_uplinks;	     /* CTL_RESOLV_UPLINKS can be read */
	const struct edge_addr *out; /* the servers outside, to be kept */
	size_t out_count;
};
/** It names no server outside. */
void ctl_resolv_cure_none(struct ctl_cure *k, const struct ctl_resolv *r);
/** It names a server inside. */
void ctl_resolv_cure_inside(struct ctl_cure *k, const struct ctl_resolv *r,
			    const struct edge_addr *server);

#endif
