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

/* Where a pair may lie. */
struct ctl_cert_slot {
	char chain[CTL_FILE_PATH], key[CTL_FILE_PATH];
};

enum { CTL_CERT_SLOTS = 2 };

/* Of one use, in the folder certs beside edge.ini: USE-chain.pem and USE.key,
 * USE-2-chain.pem and USE-2.key. edge.ini names one of them; a new pair goes
 * into the other, and is in use when edge.ini is replaced: at any time what it
 * names is one whole pair, and the pair before lies in the other. */
struct ctl_cert_place {
	char folder[CTL_FILE_PATH - 64];
	struct ctl_cert_slot slot[CTL_CERT_SLOTS];
	gid_t gid; /* of who may read the key */
};

/** Where it is; nothing is made. */
enum ctl_exit ctl_cert_place_find(struct ctl *c, struct ctl_cert_place *out,
				  enum edge_cert_use use);
/** The slot of these files, however they are spelled; CTL_CERT_SLOTS: neither
 * is. NULL is fine. */
size_t ctl_cert_place_slot(const struct ctl_cert_place *p, const char *chain,
			   const char *key);
/** One that may be written to while these files are in use. */
size_t ctl_cert_place_free(const struct ctl_cert_place *p, const char *chain,
			   const char *key);
/** The folder is made when it is not there; its rights are left alone. */
enum ctl_exit ctl_cert_place_make(struct ctl *c,
				  const struct ctl_cert_place *p);
/** The key 0640 for the services that use it, the chain last. Of an empty pair
 * nothing stays there. */
enum ctl_exit ctl_cert_place_put(struct ctl *c, const struct ctl_cert_place *p,
				 const struct ctl_cert_pair *pair, size_t slot);

#endif
