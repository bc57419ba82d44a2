/* What shards hand each other: whole messages, never shared memory. */
#ifndef ACCESS_EDGE_MAIL_H
#define ACCESS_EDGE_MAIL_H

#include <sys/queue.h>

#include "access-edge/reason.h"
#include "access-edge/source.h"
#include "common/slice.h"
#include "topology/topology.h"

struct acc_options;
struct acc_route_keys;
struct edge_tls;

enum acc_mail_kind {
	ACC_MAIL_DELIVER,	/* bytes to the client link cid */
	ACC_MAIL_RESPONSE,	/* a response a link of another shard got */
	ACC_MAIL_UNDELIVERABLE, /* DELIVER failed: txn, reason */
	ACC_MAIL_LINK_GONE,	/* link cid closed; its askers give up */
	ACC_MAIL_TOPOLOGY,	/* new snapshot, held */
	ACC_MAIL_TLS,		/* new certificates, held */
	ACC_MAIL_KEYS,		/* new route keys, owned */
	ACC_MAIL_OPTIONS,	/* new [options], owned */
	ACC_MAIL_DRAIN,
	ACC_MAIL_KINDS
};

enum acc_listen_kind {
	ACC_LISTEN_CLIENT,
	ACC_LISTEN_INSIDE,
	ACC_LISTEN_PARTNER, /* may be absent */
	ACC_LISTEN_KINDS
};

struct acc_mail {
	enum acc_mail_kind kind;
	unsigned asker; /* DELIVER: the shard that sent it */
	edge_handle cid, txn;
	struct edge_addr far; /* DELIVER by Request-URI: only to a link with
				 this far end; port 0: no check */
	enum acc_reason reason;
	struct acc_source source;  /* RESPONSE */
	const struct topo *topo;   /* TOPOLOGY */
	int fds[ACC_LISTEN_KINDS]; /* TOPOLOGY: re-opened sockets or -1 */
	struct edge_tls *tls[ACC_LISTEN_KINDS]; /* TLS */
	struct edge_tls *tls_out, *tls_partner; /* TLS */
	struct acc_route_keys *keys;		/* KEYS */
	struct acc_options *options;		/* OPTIONS */
	size_t len, head_len;
	uint8_t bytes[]; /* the message */
};

/** NULL when out of memory; bytes copied. */
struct acc_mail *acc_mail_new(enum acc_mail_kind kind, struct edge_slice bytes);
/** Options with all their text in one piece, for a shard of its own; NULL when
 * out of memory. Freed by free(). */
struct acc_options *acc_mail_copy_options(const struct acc_options *o);
/** Frees what the mail holds, sockets and references too. */
void acc_mail_free(void *mail);

#endif
