/* What the control thread hands a worker: whole messages, never shared. */
#ifndef AV_EDGE_MAIL_H
#define AV_EDGE_MAIL_H

#include <stdint.h>

#include "av-edge/inside.h"
#include "topology/topology.h"

struct edge_tls;

/* Server sockets, one each a worker. */
enum ave_door_kind {
	AVE_DOOR_OUTSIDE_UDP,
	AVE_DOOR_INSIDE_UDP,
	AVE_DOOR_OUTSIDE_TCP,
	AVE_DOOR_INSIDE_TCP,
	AVE_DOORS
};

enum ave_mail_kind {
	AVE_MAIL_TOPOLOGY, /* topo, fds of doors that moved, networks */
	AVE_MAIL_TLS,	   /* a new certificate for TURN over TLS, or none */
	AVE_MAIL_LIMITS,   /* their atomics have changed */
	AVE_MAIL_DRAIN,
};

struct ave_mail {
	enum ave_mail_kind kind;
	const struct topo *topo;      /* held; or NULL */
	struct ave_networks networks; /* that no peer may be in */
	int fds[AVE_DOORS];	      /* -1: as before */
	struct edge_tls *tls;	      /* held; or NULL */
};

struct ave_mail *ave_mail_new(enum ave_mail_kind kind); /* NULL: no memory */
void ave_mail_free(void *mail); /* and all it still holds; NULL is fine */

#endif
