/* Who talked with whom in the last hour, by domains; for `policy explain`. */
#ifndef ACCESS_EDGE_FLOWS_H
#define ACCESS_EDGE_FLOWS_H

#include "access-edge/journey.h"
#include "common/lately.h"

enum {
	ACC_FLOWS = 4096,	     /* ours: told apart */
	ACC_FLOWS_SPAN_MS = 3600000, /* ours [ms] */
};

struct acc_flow { /* one row, taken apart; points into its text */
	bool is_outward;
	const char *peer; /* names of its certificate, comma list; outward: the
			     provider with our address space, or "" */
	const char *from, *to, *method; /* domains of the first two */
};

/** A request of or for a partner was decided. */
void acc_flows_note(const struct acc_journey *j);
/** text is cut at its tabs; false: not a row of ours. */
bool acc_flow_read(struct acc_flow *out, char *text);

#endif
