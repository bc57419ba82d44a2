/* What the desk and the shards hand each other: whole messages. */
#ifndef WEBCONF_EDGE_MAIL_H
#define WEBCONF_EDGE_MAIL_H

#include <sys/queue.h>

#include "common/addr.h"
#include "common/handle.h"
#include "topology/topology.h"
#include "webconf-edge/psom_login.h"
#include "webconf-edge/reason.h"

struct edge_conn;
struct edge_tls;

enum wce_mail_kind {
	/* a shard to the desk */
	WCE_MAIL_ASK,	/* a client with a good token wants a data leg */
	WCE_MAIL_AGAIN, /* its leg went before it answered: another one */
	WCE_MAIL_DONE,	/* that client is over; paired or not */
	/* the desk to a shard */
	WCE_MAIL_LEG,	   /* a data leg, off its loop, for that client */
	WCE_MAIL_REFUSE,   /* reason, for that client */
	WCE_MAIL_CUT,	   /* sessions of that MCU are closed */
	WCE_MAIL_TOPOLOGY, /* held */
	WCE_MAIL_TLS,	   /* held */
	WCE_MAIL_KEYS,	   /* owned */
	WCE_MAIL_DRAIN,
	WCE_MAIL_KINDS
};

/* The outside listener and its IPv6 twin. */
enum wce_family { WCE_FIRST, WCE_TWIN, WCE_FAMILIES };

enum { WCE_NAME_LEN = 256 /* WC 4.7: name <= 255, and NUL */ };

/* What the desk must know of a client whose token was good. */
struct wce_ask {
	char mcu[WCE_NAME_LEN]; /* as the client wrote it */
	uint8_t conference[PSOM_CONF_HASH_LEN];
	uint8_t nonce[PSOM_NONCE_LEN];
	uint64_t expires_s; /* of the token [wall] */
	struct edge_addr source;
};

TAILQ_HEAD(wce_mail_queue, wce_mail);

struct wce_mail {
	TAILQ_ENTRY(wce_mail) next; /* while its sender keeps it */
	enum wce_mail_kind kind;
	edge_handle client;
	enum wce_reason reason;	 /* REFUSE */
	struct wce_ask ask;	 /* ASK; CUT: mcu */
	struct edge_conn *leg;	 /* LEG */
	const struct topo *topo; /* TOPOLOGY */
	/* TOPOLOGY: listeners that moved; fd -1: no more is there */
	bool has_moved[WCE_FAMILIES];
	int fd[WCE_FAMILIES];
	struct edge_tls *tls;	/* TLS */
	struct psom_keys *keys; /* KEYS */
};

/** On the heap, for a mail; wiped. NULL is fine. */
void wce_keys_free(struct psom_keys *k);
/** NULL when out of memory. */
struct wce_mail *wce_mail_new(enum wce_mail_kind kind, edge_handle client);
/** Frees what the mail holds: leg, socket and references too. NULL is fine. */
void wce_mail_free(void *mail);

#endif
