/* The names that each certificate must carry, from the topology (TO 5.1). */
#ifndef EDGECTL_CERT_NAMES_H
#define EDGECTL_CERT_NAMES_H

#include "common/config.h"
#include "topology/topology.h"

enum { CTL_CERT_NAMES_MAX = 260, CTL_CERT_NAME = 260 };

struct ctl_cert_names {
	char v[CTL_CERT_NAMES_MAX][CTL_CERT_NAME];
	size_t count;
};

/** As in edge.ini's [certificate.NAME]. */
const char *ctl_cert_use_name(enum edge_cert_use use);
/** False: no such use. */
bool ctl_cert_use_find(const char *name, enum edge_cert_use *use);

/** What the certificate must name: access its public name and sip.<domain>
 * of every SIP domain, webconf and turn their public name, internal the pool
 * and the machine; av-auth nothing (TO 5.1: names not used). */
void ctl_cert_names(struct ctl_cert_names *out, enum edge_cert_use use,
		    const struct topo *t);

#endif
