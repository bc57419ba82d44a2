/* When a certificate needs attention: told at each mark, once. */
#include "common/expiry.h"

#include <stddef.h>

#include "common/log.h"

enum { DAY_S = 86400 };

/* 0: more than 60 days left; then one more at each mark that is passed */
static unsigned mark(int64_t left_s)
{
	static const int marks[] = {60, 30, 7, 0}; /* AE 4.4 [days] */
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		n += left_s <= (int64_t)marks[i] * DAY_S;
	return n;
}

void edge_expiry_tell(unsigned *told, const char *use, int64_t not_after_s,
		      int64_t wall_s)
{
	const int64_t left = not_after_s - wall_s;
	const unsigned now = mark(left);

	if (now > *told)
		edge_event(EDGE_EV_CERTIFICATE,
			   "use=%s days_left=%lld state=%s", use,
			   (long long)(left / DAY_S),
			   left <= 0 ? "ended" : "ending");
	*told = now;
}
