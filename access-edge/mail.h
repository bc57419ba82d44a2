/* What shards hand each other: whole messages, never shared memory. */
#ifndef ACCESS_EDGE_MAIL_H
#define ACCESS_EDGE_MAIL_H

#include "access-edge/reason.h"
#include "access-edge/source.h"
#include "common/slice.h"
#include "topology/topology.h"

struct edge_tls;

enum acc_mail_kind {
	ACC_MAIL_DELIVER,       /* bytes to the client link cid */
	ACC_MAIL_RESPONSE,      /* a response a link of another shard got */
	ACC_MAIL_UNDELIVERABLE, /* DELIVER failed: txn, reason */
	ACC_MAIL_LINK_GONE,     /* link cid closed; its askers give up */
	ACC_MAIL_TOPOLOGY,      /* new snapshot, held */
	ACC_MAIL_TLS,           /* new certificates, held */
	ACC_MAIL_DRAIN,
	ACC_MAIL_STOP,
	ACC_MAIL_KINDS
};

enum acc_listen_kind { ACC_LISTEN_CLIENT, ACC_LISTEN_INSIDE, ACC_LISTEN_KINDS };

struct acc_mail {
	enum acc_mail_kind kind;
	edge_handle cid, txn;
	edge_handle ruri_cid;  /* DELIVER by Request-URI: check far end */
	struct edge_addr far;  /* ... against this; port 0: no check */
	enum acc_reason reason;
	struct acc_source source;     /* RESPONSE */
	const struct topo *topo;      /* TOPOLOGY */
	int fds[ACC_LISTEN_KINDS];    /* TOPOLOGY: re-opened sockets or -1 */
	struct edge_tls *tls[ACC_LISTEN_KINDS], *tls_out; /* TLS */
	size_t len, head_len;
	uint8_t bytes[];              /* the message */
};

/** NULL when out of memory; bytes copied. */
struct acc_mail *acc_mail_new(enum acc_mail_kind kind, struct edge_slice bytes);
/** Frees what the mail holds, sockets and references too. */
void acc_mail_free(void *mail);

#endif
