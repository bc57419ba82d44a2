/* Events of the Web Conferencing Edge: ids 2000-2999, stable. */
#include "webconf-edge/events.h"

const struct edge_event_row wce_events[] = {
#define EVENT(name, id, level, text) {id, level, #name, text},
#include "webconf-edge/wce_events.def"
#undef EVENT
	{0, EDGE_DEBUG, NULL, NULL},
};
