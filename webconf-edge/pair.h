/* Two connections whose bytes change sides unread: WC 4.3-4.5. */
#ifndef WEBCONF_EDGE_PAIR_H
#define WEBCONF_EDGE_PAIR_H

#include "common/conn.h"

enum wce_side { WCE_CLIENT, WCE_MCU, WCE_SIDES };

enum wce_pair_state {
	WCE_PAIR_RELAY, /* both directions are open */
	WCE_PAIR_HALF,	/* one end has closed its direction in order */
	WCE_PAIR_OVER,	/* both connections are given up */
};

/* What came from one side. */
struct wce_flow {
	uint64_t bytes;		   /* moved to the other side's queue */
	uint64_t stall_ms;	   /* held up by a full queue, in all */
	uint64_t stalled_since_ms; /* 0: it is not now */
	bool has_ended;		   /* its end of stream came */
	bool is_truncated;	   /* without close_notify */
	bool is_shut;		   /* and was passed on */
};

/* Open to its owner, who reads only. Thread: the loop of both connections. */
struct wce_pair {
	struct edge_conn *end[WCE_SIDES]; /* NULL when given up */
	struct wce_flow from[WCE_SIDES];
	enum wce_pair_state state;
	enum edge_conn_why why; /* OVER: how the first of them ended */
	enum wce_side culprit;	/* OVER: which one that was */
};

/**
 * Begin with both connections open; what has come already is moved at once,
 * and later what edge_conn tells of either must go through wce_pair_event.
 */
void wce_pair_start(struct wce_pair *p, struct edge_conn *client,
		    struct edge_conn *mcu, uint64_t now_ms);
/** One event of one end. The state says what the owner must do: at OVER the
 * ends are closed and freed already. */
void wce_pair_event(struct wce_pair *p, enum wce_side side,
		    enum edge_conn_event ev, uint64_t now_ms);
/** Reset both ends: a deadline of the owner's has passed, or an order came. */
void wce_pair_abort(struct wce_pair *p, uint64_t now_ms);
/** Bytes of both directions; grows while there is progress. */
uint64_t wce_pair_bytes(const struct wce_pair *p);

#endif
