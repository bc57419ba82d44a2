/* How many data legs to ask a Data MCU for. PURE; WC 5.6 and 5.8. */
#include "webconf-edge/want.h"

static unsigned less(unsigned a, unsigned b)
{
	return a > b ? a - b : 0;
}

uint16_t wce_want_count(const struct wce_want *w)
{
	unsigned n, most = w->room + w->waiting;

	if (w->parked + w->promised >= w->low && !w->waiting)
		return 0;
	n = less(w->target + w->waiting, w->parked + w->promised);
	most = less(most, w->promised);
	if (n > most)
		n = most;
	return n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}
