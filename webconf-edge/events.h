/* Events of the Web Conferencing Edge: ids 2000-2999, stable. */
#ifndef WEBCONF_EDGE_EVENTS_H
#define WEBCONF_EDGE_EVENTS_H

#include "common/log.h"

enum wce_event_id {
#define EVENT(name, id, level, text) name = id,
#include "webconf-edge/wce_events.def"
#undef EVENT
};

/** Ends with id 0; for edge_log_table. */
extern const struct edge_event_row wce_events[];

#endif
