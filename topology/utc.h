/* Wall time in files and reports: "2026-07-22T06:00:00Z", UTC only. */
#ifndef TOPOLOGY_UTC_H
#define TOPOLOGY_UTC_H

#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum { TOPO_UTC_STRLEN = 21 }; /* with its NUL */

/** Exactly that form, years 1970 to 9999; EDGE_EFORMAT otherwise. */
EDGE_MUST_CHECK enum edge_err topo_utc_parse(uint64_t *out_s,
					     struct edge_slice text);
/** Seconds beyond the year 9999 print as its last second. */
void topo_utc_print(char out[TOPO_UTC_STRLEN], uint64_t wall_s);

#endif
