/* Profile EP1: our emulation's opening, WC 5.2-5.5. */
#ifndef WEBCONF_EDGE_EP1_H
#define WEBCONF_EDGE_EP1_H

#include "webconf-edge/profile.h"

extern const struct wce_profile wce_ep1;

/** What a frame that cannot be taken is refused for; OK, MORE. */
enum wce_reason wce_ep1_reason(enum psom_verdict v);
/** A REJECT for any leg: code, retry-after, text, and with 426 our version.
 * 0 when the reason has no code or cap is too small. */
size_t wce_ep1_reject(uint8_t *out, size_t cap, enum wce_reason why);

#endif
