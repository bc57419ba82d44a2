/* Events: one line, stable id, key=value; journald when there, else stderr. */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum edge_level { EDGE_DEBUG, EDGE_INFO, EDGE_WARN, EDGE_ERROR };

/* One row of a service's events.def, as the tables below expand it. */
struct edge_event_row {
	uint32_t id;
	enum edge_level level;
	const char *name; /* "ACC_REFUSED" */
	const char *text; /* "request refused" */
};

/* events of common/: ids 1-999 */
enum edge_event_id {
#define EVENT(name, id, level, text) name = id,
#include "common/events.def"
#undef EVENT
};

/** Register a service's table (terminated by id 0); at start only. */
void edge_log_table(const struct edge_event_row *rows);
/** ident names the program; picks journald when its socket is there. */
void edge_log_open(const char *ident);
/** Sends lines to fn instead (tests). NULL restores. */
void edge_log_capture(void (*fn)(const char *line, void *arg), void *arg);
/**
 * One event. fmt is key=value words; peer text goes through %s arguments made
 * by edge_log_escape. Repeats of (id, key) beyond the rate are counted and
 * reported once a second. Any thread.
 */
void edge_event(uint32_t id, const char *fmt, ...) EDGE_PRINTF(2, 3);
/** Print printable ASCII without blanks, rest as \xHH, cut to cap with "...";
 * returns dst. */
const char *edge_log_escape(char *dst, size_t cap, struct edge_slice s);

#endif
