/* One connection on 8057: what it is it says in its first frame; WC 5.6, 5.8.
 */
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
	struct wce_mcu *mcu; /* CONTROL and PARKED; NULL: not its any more */
	struct edge_timer timer;
	uint64_t heard_ms;
	uint64_t echo;		   /* of the ping that is out; 0: none is */
	struct edge_bucket frames; /* CONTROL: how often it may speak */
};

/** fd is taken over in every case. */
void wce_inside_accept(struct wce_desk *d, int fd);
/** The end, for that reason: told by REJECT when the reason has a code. Its
 * MCU is told too. */
void wce_inside_end(struct wce_inside *c, enum wce_reason why);
/** The end without a word; conn may have been taken out before. */
void wce_inside_close(struct wce_inside *c);
/** The end after these last bytes. */
void wce_inside_close_after(struct wce_inside *c, struct edge_slice bytes);
/** Is the name in its certificate, and may it come in here? WC 5.6. */
bool wce_inside_is_named(const struct wce_inside *c, struct edge_slice name);
/** Has its certificate any name that the topology allows on 8057? */
bool wce_inside_is_trusted(const struct wce_inside *c);
/** One line: peer, its name, and what happened. */
void wce_inside_tell(uint32_t event, const struct wce_inside *c,
		     const char *name, const char *reason);

#endif
