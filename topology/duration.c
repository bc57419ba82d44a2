/* Durations: xs:duration without years and months, or [d.]hh:mm:ss. */
#include "topology/field.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 }; /* [s] */
enum { LIFETIME_MAX = 30 * DAY };		/* ours [s] */

static unsigned unit_seconds(uint8_t unit, bool in_time)
{
	switch (unit) {
	case 'D':
		return in_time ? 0 : DAY;
	case 'H':
		return in_time ? HOUR : 0;
	case 'M':
		return in_time ? MINUTE : 0;
	case 'S':
		return in_time ? 1 : 0;
	default:
		return 0;
	}
}

static unsigned xs_duration(struct edge_slice s)
{
	const uint8_t *digits = s.p;
	bool in_time = false;
	uint64_t sum = 0, n;
	unsigned unit;

	for (; s.p < s.end; s.p++) {
		if (*s.p >= '0' && *s.p <= '9')
			continue;
		if (*s.p == 'T' && !in_time && digits == s.p) {
			in_time = true;
			digits = s.p + 1;
			continue;
		}
		unit = unit_seconds(*s.p, in_time);
		if (!unit ||
		    !edge_slice_u64(edge_slice(digits, (size_t)(s.p - digits)),
				    LIFETIME_MAX, &n))
			return 0;
		sum += n * unit;
		digits = s.p + 1;
	}
	return digits == s.end && sum <= LIFETIME_MAX ? (unsigned)sum : 0;
}

static unsigned clock_duration(struct edge_slice s)
{
	struct edge_slice part;
	uint64_t days = 0, h, m, sec;

	if (edge_slice_find(s, '.') &&
	    (!edge_take_until(&s, '.', &part) ||
	     !edge_slice_u64(part, LIFETIME_MAX / DAY, &days)))
		return 0;
	if (!edge_take_until(&s, ':', &part) || !edge_slice_u64(part, 23, &h) ||
	    !edge_take_until(&s, ':', &part) || !edge_slice_u64(part, 59, &m) ||
	    !edge_slice_u64(s, 59, &sec))
		return 0;
	sec += days * DAY + h * HOUR + m * MINUTE;
	return sec <= LIFETIME_MAX ? (unsigned)sec : 0;
}

unsigned topo_duration(struct edge_slice s)
{
	if (s.p < s.end && *s.p == 'P') {
		s.p++;
		return xs_duration(s);
	}
	return clock_duration(s);
}
