/* One Data MCU as the desk knows it: its registration, its parked legs, who
 * waits for one. */
#ifndef WEBCONF_EDGE_MCU_H
#define WEBCONF_EDGE_MCU_H

#include "common/loop.h"
#include "webconf-edge/desk.h"

TAILQ_HEAD(wce_leg_queue, wce_inside);
TAILQ_HEAD(wce_seat_queue, wce_seat);

/* Open to the desk's files. Lives while it is registered or has seats. */
struct wce_mcu {
	LIST_ENTRY(wce_mcu) next;
	struct wce_desk *desk;
	char name[WCE_NAME_LEN];
	struct wce_inside *control; /* NULL: not registered now */
	uint8_t instance[PSOM_INSTANCE_LEN];
	uint64_t generation;
	uint32_t capacity;    /* of sessions, as it says */
	uint32_t told_active; /* by LOAD */
	uint16_t at_once;     /* legs it is ready to open at once */
	bool is_draining;
	uint32_t seated; /* clients waiting or paired here */
	unsigned parked_count, waiting_count;
	struct wce_leg_queue parked; /* oldest first */
	struct wce_seat_queue waiting;
	uint64_t wanted_ms; /* of the last WANT */
	unsigned wanted;    /* by it, and not arrived yet */
	/* conferences it has ended in the time that tokens may live */
	uint32_t ended_count;
	uint64_t ended_since_ms;
	struct edge_timer want_timer, cut_timer;
	struct edge_task serve;
	bool is_gone; /* waits for the end of the turn */
};

/** NULL when there is none of that name. */
struct wce_mcu *wce_mcu_find(struct wce_desk *d, struct edge_slice name);
struct wce_registration {
	struct edge_slice name;
	const uint8_t *instance; /* PSOM_INSTANCE_LEN */
	uint64_t generation;
	uint32_t capacity;
	uint16_t at_once;
};
/** Registers: control is its connection from now on. EDGE_ESTATE: a live one
 * of the same or a higher generation is there (WC 5.6, 409); EDGE_ELIMIT. */
EDGE_MUST_CHECK enum edge_err
wce_mcu_register(struct wce_mcu **out, struct wce_inside *control,
		 const struct wce_registration *r);
/** Its control connection is gone or given up: parked legs are closed, who
 * waits is refused; paired sessions go on. */
void wce_mcu_lost(struct wce_mcu *m, const char *why);
/** May one more leg be parked here? When somebody waits for it, always. */
bool wce_mcu_has_room(const struct wce_mcu *m);
/** A leg is parked: who waits first gets it. */
void wce_mcu_parked(struct wce_mcu *m, struct wce_inside *leg);
/** A parked leg ended by itself. */
void wce_mcu_unpark(struct wce_mcu *m, struct wce_inside *leg);
/** The oldest parked leg, off its loop; NULL: none. The caller's then. */
struct edge_conn *wce_mcu_take_leg(struct wce_mcu *m);
/** Ask for more legs when they are low, now or when WANT may be sent again. */
void wce_mcu_want(struct wce_mcu *m);
/** One seat less; frees a record that nothing needs any more. */
void wce_mcu_unseat(struct wce_mcu *m);
/** The topology no longer names it: BYE 403 now, its sessions after 30 s. */
void wce_mcu_cut(struct wce_mcu *m);
/** A later topology names it: its sessions go on. */
void wce_mcu_spare(struct wce_mcu *m);
void wce_mcu_free(struct wce_mcu *m);

#endif
