/* How many data legs to ask a Data MCU for. PURE; WC 5.6 and 5.8. */
#ifndef WEBCONF_EDGE_WANT_H
#define WEBCONF_EDGE_WANT_H

#include <stdint.h>

struct wce_want {
	unsigned target, low;	  /* of parked legs */
	unsigned parked, waiting; /* legs; clients without one */
	unsigned promised;	  /* asked for and not arrived yet */
	unsigned room;		  /* legs that may be parked still */
};

/**
 * WC 5.8: target - parked + waiting when parked legs are below low or somebody
 * waits; what was asked for already is not asked for again.
 * @return 0: nothing to ask for
 */
uint16_t wce_want_count(const struct wce_want *w);

#endif
