/* A pair put in place of another, in one step, and back. */
#ifndef EDGECTL_CERT_CHANGE_H
#define EDGECTL_CERT_CHANGE_H

#include "edgectl/cert_pair.h"

/* Open, for what is judged and told of it; end it with fini, once begin was
 * called. */
struct ctl_cert_change {
	struct ctl *c;
	enum edge_cert_use use;
	const char *name; /* of the use */
	struct ctl_cert_place place;
	size_t was_slot, slot;	    /* of edge.ini, or none; where new goes */
	char *was_chain, *was_key;  /* of edge.ini; NULL: not set */
	struct ctl_cert_pair older; /* what new takes the place of */
	struct ctl_cert_pair new;   /* read by the caller, for put */
	struct ctl_cert_pair old;   /* read by the caller: in use */
	struct edge_slice roots;    /* borrowed; empty: none came along */
	char kept_roots[CTL_FILE_PATH]; /* where they went; "": nowhere */
	bool has_copy;			/* of old, beside new */
	int lock;			/* of the folder */
};

/** Which slots there are; the folder, if there is one, is locked until fini:
 * another call is told so (CTL-007). */
enum ctl_exit ctl_cert_change_begin(struct ctl_cert_change *h, struct ctl *c,
				    enum edge_cert_use use);
/** new and roots into place; from when edge.ini is replaced they are in use.
 * On failure all is as it was, or said not to be. */
enum ctl_exit ctl_cert_change_put(struct ctl_cert_change *h);
/** As it was, in the services, too; says how that went. */
void ctl_cert_change_undo(struct ctl_cert_change *h);
/** Pairs are wiped, the lock ends. */
void ctl_cert_change_fini(struct ctl_cert_change *h);

/** Whom the side trusts that the use is shown to; NULL: not set. */
const char *ctl_cert_change_trust(const struct ctl_cert_change *h);

#endif
