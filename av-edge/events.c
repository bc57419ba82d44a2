/* Events of the A/V Edge: ids 3000-3999, stable. */
#include "av-edge/events.h"

const struct edge_event_row ave_events[] = {
#define EVENT(name, id, level, text) {id, level, #name, text},
#include "av-edge/ave_events.def"
#undef EVENT
	{0, EDGE_DEBUG, NULL, NULL},
};
