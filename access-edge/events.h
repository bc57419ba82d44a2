/* Events of the Access Edge: ids 1000-1999, stable. */
#ifndef ACCESS_EDGE_EVENTS_H
#define ACCESS_EDGE_EVENTS_H

#include "common/log.h"

enum acc_event_id {
#define EVENT(name, id, level, text) name = id,
#include "access-edge/acc_events.def"
#undef EVENT
};

/** Ends with id 0; for edge_log_table. */
extern const struct edge_event_row acc_events[];

#endif
