/* The two doors of the XMPP proxy: partners outside, gateways inside. */
#ifndef ACCESS_EDGE_XMPP_SOCKETS_H
#define ACCESS_EDGE_XMPP_SOCKETS_H

#include "access-edge/xmpp_core.h"
#include "common/door.h"

enum acc_xmpp_door { ACC_XMPP_OUTSIDE, ACC_XMPP_INSIDE, ACC_XMPP_DOORS };

struct acc_xmpp_sockets {
	struct acc_xmpp_core *core;
	char device[ACC_XMPP_DOORS][16]; /* "": by address */
	int fd[ACC_XMPP_DOORS]; /* bound, and for what comes; -1: none */
	struct edge_door *door[ACC_XMPP_DOORS];
};

/** device_*: copied; NULL: by address. */
void acc_xmpp_sockets_init(struct acc_xmpp_sockets *s, struct acc_xmpp_core *c,
			   const char *device_external,
			   const char *device_internal);
void acc_xmpp_sockets_fini(struct acc_xmpp_sockets *s);
/** Bind what t has and old (NULL: nothing) has not, or has elsewhere, or has
 * and could not open. */
EDGE_MUST_CHECK enum edge_err acc_xmpp_sockets_bind(struct acc_xmpp_sockets *s,
						    const struct topo *old,
						    const struct topo *t,
						    char *why, size_t why_cap);
/** Close what was bound since the doors opened. */
void acc_xmpp_sockets_abort(struct acc_xmpp_sockets *s);
/** Who waits there is taken in from now on. */
EDGE_MUST_CHECK enum edge_err acc_xmpp_sockets_open(struct acc_xmpp_sockets *s);
/** Doors that t has not, or has elsewhere, are closed; then what was bound is
 * opened. */
void acc_xmpp_sockets_commit(struct acc_xmpp_sockets *s, const struct topo *old,
			     const struct topo *t);
bool acc_xmpp_sockets_is_open(const struct acc_xmpp_sockets *s,
			      enum acc_xmpp_door d);
/** Nobody is taken in any more. */
void acc_xmpp_sockets_close(struct acc_xmpp_sockets *s);

#endif
