/* Events of the Access Edge: ids 1000-1999, stable. */
#include "access-edge/events.h"

const struct edge_event_row acc_events[] = {
#define EVENT(name, id, level, text) {id, level, #name, text},
#include "access-edge/acc_events.def"
#undef EVENT
	{0, EDGE_DEBUG, NULL, NULL},
};
