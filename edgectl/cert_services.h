/* The services that use a certificate: told to read it, and looked at. */
#ifndef EDGECTL_CERT_SERVICES_H
#define EDGECTL_CERT_SERVICES_H

#include "edgectl/cert_file.h"
#include "edgectl/ctl.h"

/** Each that runs reads settings and certificates again; one that does not
 * will at its start. CTL_REFUSED: one would not, which is reported. */
enum ctl_exit ctl_cert_services_reload(struct ctl *c, enum edge_cert_use use);
/** Each that runs shows x at the listeners of that use, within a while; of
 * av-auth it makes tokens with its key. CTL_REFUSED: CERT-020. */
enum ctl_exit ctl_cert_services_prove(struct ctl *c, enum edge_cert_use use,
				      const struct ctl_cert *x,
				      const struct topo *t);

#endif
