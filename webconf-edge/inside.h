/* One connection on 8057: what it is it says in its first frame; WC 5.6-5.8. */
#ifndef WEBCONF_EDGE_INSIDE_H
#define WEBCONF_EDGE_INSIDE_H

#include "webconf-edge/mcu.h"
#include "webconf-edge/psom_frame.h"

enum wce_inside_state {
	WCE_INSIDE_TLS,
	WCE_INSIDE_FRESH,   /* named by its certificate, has said nothing */
	WCE_INSIDE_CONTROL, /* REGISTER was taken */
	WCE_INSIDE_PARKED,  /* OFFER was taken */
	WCE_INSIDE_OVER,
	WCE_INSIDE_STATES
};

/* Open to the desk's files. Owner: the desk. */
struct wce_inside {
	LIST_ENTRY(wce_inside) next;	 /* of the desk */
	TAILQ_ENTRY(wce_inside) in_line; /* PARKED: of its MCU */
	struct wce_desk *desk;
	struct edge_conn *conn;
	enum wce_inside_state state;
	struct wce_mcu *mcu; /* CONTROL and PARKED */
	struct edge_timer timer;
	uint64_t since_ms, heard_ms;
	uint64_t echo; /* of the ping that is out; 0: none is */
};

void wce_inside_accept(struct wce_desk *d, int fd,
		       const struct edge_addr *from);
/** Close it, after REJECT when code is not 0 and it can be told. */
void wce_inside_close(struct wce_inside *c);
void wce_inside_reject(struct wce_inside *c, enum wce_reason why);
/** Is the name in its certificate, and may it come in here? WC 5.6 step 2. */
bool wce_inside_is_named(const struct wce_inside *c, struct edge_slice name);
/** Any allowed name of its certificate; NULL: it has none. */
const char *wce_inside_name(const struct wce_inside *c);
/** Off the desk's list without closing: its connection is somebody else's. */
void wce_inside_give_up(struct wce_inside *c);
/** "cert_subject=... cert_sha256=..." for the log. */
void wce_inside_tell(uint32_t event, const struct wce_inside *c,
		     const char *what);

#endif
