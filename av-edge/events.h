/* Events of the A/V Edge: ids 3000-3999, stable. */
#ifndef AV_EDGE_EVENTS_H
#define AV_EDGE_EVENTS_H

#include "common/log.h"

enum ave_event_id {
#define EVENT(name, id, level, text) name = id,
#include "av-edge/ave_events.def"
#undef EVENT
};

/** Ends with id 0; for edge_log_table. */
extern const struct edge_event_row ave_events[];

#endif
