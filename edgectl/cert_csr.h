/* A key and a request, for other verbs too. */
#ifndef EDGECTL_CERT_CSR_H
#define EDGECTL_CERT_CSR_H

#include "edgectl/cert_names.h"
#include "edgectl/ctl.h"

struct ctl_cert_request {
	enum edge_cert_use use;
	const char *out, *key_out; /* files that are not there yet */
	const char *type;	   /* "rsa" or "p256" */
	/* the file of the request is written over, and the key that is there
	 * is used again: a certificate for it may be on its way */
	bool is_again;
};

/** With the names that the topology wants; reported. */
enum ctl_exit ctl_cert_request(struct ctl *c, const struct ctl_cert_request *r);
/** Is the file a request with exactly the names that are wanted now, and of the
 * key in the other file? */
bool ctl_cert_request_fits(struct ctl *c, const char *path, const char *key,
			   enum edge_cert_use use);

#endif
