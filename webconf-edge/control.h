/* The control connection of a Data MCU: REGISTER and what follows; WC 5.6,
 * 5.7, 5.9. */
#ifndef WEBCONF_EDGE_CONTROL_H
#define WEBCONF_EDGE_CONTROL_H

#include "webconf-edge/inside.h"

/** The first frame was REGISTER. The state after it. */
enum wce_inside_state wce_control_register(struct wce_inside *c,
					   const struct psom_frame *f);
/** A later frame; the state after it. */
enum wce_inside_state wce_control_frame(struct wce_inside *c,
					const struct psom_frame *f);
/** Now and then: ping, or dead. */
void wce_control_tick(struct wce_inside *c, uint64_t now_ms);
void wce_control_want(struct wce_inside *c, uint16_t legs);
void wce_control_drain(struct wce_inside *c, uint16_t grace_s);
/** BYE with that code, then the end; its MCU must have let go of it. */
void wce_control_bye(struct wce_inside *c, uint16_t code);

#endif
