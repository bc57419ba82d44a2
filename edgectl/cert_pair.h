/* A certificate chain and its key as bytes, and the place where they lie. */
#ifndef EDGECTL_CERT_PAIR_H
#define EDGECTL_CERT_PAIR_H

#include "edgectl/cert_file.h"
#include "edgectl/ctl.h"
#include "edgectl/file_put.h"

/** Both files whole. On failure *at is the name of the one it is about. */
EDGE_MUST_CHECK enum edge_err
ctl_cert_pair_read(struct ctl_cert_pair *out, const struct ctl_cert_files *from,
		   const char **at);
/** The same for files that were given, which is reported: CERT-001. From then
 * on these bytes are what from means; out is to outlive it. */
enum ctl_exit ctl_cert_pair_take(struct ctl *c, struct ctl_cert_pair *out,
				 struct ctl_cert_files *from,
				 const char *place);
void ctl_cert_pair_fini(struct ctl_cert_pair *p); /* the key is wiped */
bool ctl_cert_pair_eq(const struct ctl_cert_pair *a,
		      const struct ctl_cert_pair *b);

/* Of one use: USE-chain.pem and USE.key in the folder certs beside edge.ini,
 * with .previous those before. */
struct ctl_cert_place {
	char folder[CTL_FILE_PATH - 64];
	char chain[CTL_FILE_PATH], key[CTL_FILE_PATH];
	char old_chain[CTL_FILE_PATH], old_key[CTL_FILE_PATH];
	gid_t gid; /* of who may read the key */
};

/** Where it is; nothing is made. */
enum ctl_exit ctl_cert_place_find(struct ctl *c, struct ctl_cert_place *out,
				  enum edge_cert_use use);
/** The folder is made when it is not there; its rights are left alone. */
enum ctl_exit ctl_cert_place_make(struct ctl *c,
				  const struct ctl_cert_place *p);
/** The key 0640 for the services that use it, the chain last. */
enum ctl_exit ctl_cert_place_put(struct ctl *c, const struct ctl_cert_place *p,
				 const struct ctl_cert_pair *pair,
				 bool as_previous);

#endif
