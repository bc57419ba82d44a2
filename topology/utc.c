/* Wall time, strict: no locale, no zone but Z. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "topology/utc.h"

#define LAST_SECOND 253402300799u /* 9999-12-31T23:59:59Z */

static bool take_number(struct edge_slice *in, size_t digits, uint64_t max,
			int *out)
{
	struct edge_slice s;
	uint64_t v;

	if (!edge_take(in, digits, &s) || !edge_slice_u64(s, max, &v))
		return false;
	*out = (int)v;
	return true;
}

static bool take_byte(struct edge_slice *in, uint8_t want)
{
	uint8_t c;

	return edge_take_u8(in, &c) && c == want;
}

enum edge_err topo_utc_parse(uint64_t *out_s, struct edge_slice text)
{
	struct tm tm = {0}, back;
	time_t t;

	if (!take_number(&text, 4, 9999, &tm.tm_year) ||
	    !take_byte(&text, '-') || !take_number(&text, 2, 12, &tm.tm_mon) ||
	    !take_byte(&text, '-') || !take_number(&text, 2, 31, &tm.tm_mday) ||
	    !take_byte(&text, 'T') || !take_number(&text, 2, 23, &tm.tm_hour) ||
	    !take_byte(&text, ':') || !take_number(&text, 2, 59, &tm.tm_min) ||
	    !take_byte(&text, ':') || !take_number(&text, 2, 59, &tm.tm_sec) ||
	    !take_byte(&text, 'Z') || edge_slice_len(text))
		return EDGE_EFORMAT;
	if (tm.tm_year < 1970 || !tm.tm_mon || !tm.tm_mday)
		return EDGE_EFORMAT;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	back = tm;
	t = timegm(&back);
	if (back.tm_mday != tm.tm_mday) /* 31 February */
		return EDGE_EFORMAT;
	*out_s = (uint64_t)t;
	return EDGE_OK;
}

void topo_utc_print(char out[TOPO_UTC_STRLEN], uint64_t wall_s)
{
	time_t t = (time_t)(wall_s < LAST_SECOND ? wall_s : LAST_SECOND);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, TOPO_UTC_STRLEN, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
