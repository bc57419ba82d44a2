/* One client outside, from accept() to its last log line: WC 4.1. */
#ifndef WEBCONF_EDGE_CLIENT_H
#define WEBCONF_EDGE_CLIENT_H

#include "common/wheel.h"
#include "webconf-edge/pair.h"
#include "webconf-edge/profile.h"
#include "webconf-edge/shard.h"

enum wce_client_state {
	WCE_CLIENT_TLS,	      /* S1 */
	WCE_CLIENT_OPENING,   /* S2, and S3 within one event */
	WCE_CLIENT_WAITING,   /* S4: asked the desk */
	WCE_CLIENT_ASSIGNING, /* S5: asked the data MCU */
	WCE_CLIENT_RELAY,     /* S6 */
	WCE_CLIENT_HALF,      /* S7 */
	WCE_CLIENT_CLOSED,    /* S9 */
	WCE_CLIENT_STATES
};

/* When the steps of a session happened; 0: not reached [ms]. */
struct wce_client_times {
	uint64_t accepted, secured, opened, assigned, paired;
};

/* Open to the files of the outside. Owner: the shard's table. */
struct wce_client {
	TAILQ_ENTRY(wce_client) in_line; /* while in its handshake */
	struct wce_shard *shard;
	edge_handle handle;
	enum wce_client_state state;
	struct edge_conn *conn; /* NULL once given up */
	struct edge_conn *leg;	/* from ASSIGNING on */
	const struct wce_profile *profile;
	struct edge_timer timer;
	struct wce_client_times at;
	uint64_t progress_ms, progress_bytes; /* while HALF, or idle */
	uint64_t half_ms;
	uint8_t session[PSOM_SESSION_LEN];
	struct psom_token token;
	char mcu[WCE_NAME_LEN];
	struct edge_addr from;
	char tls_text[64];  /* "TLSv1.3/TLS_AES_..."; "-" before */
	char sni[64];	    /* whom it wanted, escaped; "-": nobody */
	bool is_verbatim;   /* the opening is relayed, too */
	size_t opening_len; /* of what is in the input before relayed bytes */
	unsigned legs_tried;
	bool is_preauth;       /* counted as such */
	struct wce_mail *done; /* for the desk, at the end; NULL: not asked */
	bool is_throttled;     /* its data leg takes no more now */
	uint16_t leg_port;     /* the data MCU's */
	struct wce_pair pair;
};

/** Take an accepted socket that wce admission has let in. EDGE_ELIMIT,
 * EDGE_ENOMEM: closed, and admission is given back. */
EDGE_MUST_CHECK enum edge_err wce_client_accept(struct wce_shard *s, int fd,
						const struct edge_addr *from);
/** The desk's answer; takes m->leg when it uses it. */
void wce_client_mail(struct wce_shard *s, struct wce_mail *m);
/** End now for that reason; a client that is not paired is told it when it
 * can be (reason code not 0), a paired one is reset. */
void wce_client_end(struct wce_client *c, enum wce_reason why);
/** What its end costs others is given back; its connections are given up
 * already. Freed at the end of the turn. */
void wce_client_forget(struct wce_client *c);
uint64_t wce_client_now(const struct wce_client *c);
uint64_t wce_client_limit(const struct wce_client *c, enum wce_limit which);
/** (Re)start its one timer. */
void wce_client_arm(struct wce_client *c, uint64_t due_ms,
		    void (*fn)(struct edge_timer *t, uint64_t now_ms));
/** All of a shard; fn may end the one it is called with. */
void wce_client_each(struct wce_shard *s,
		     void (*fn)(struct wce_client *c, void *arg), void *arg);

#endif
