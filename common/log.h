/* Events: one line, stable id, key=value; journald when there, else stderr. */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

/* A RECORD is one line a thing that was let in: shown as INFO, never held
 * back. */
enum edge_level { EDGE_DEBUG, EDGE_INFO, EDGE_WARN, EDGE_ERROR, EDGE_RECORD };

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
/** Clock of the rate limit [ms]; starts it anew (tests). NULL restores. */
void edge_log_clock(uint64_t (*now_ms)(void));
/**
 * One event. fmt is key=value words; peer text goes through %s arguments made
 * by edge_log_escape. Of one id 20 lines a second are shown, the rest is
 * counted and told in one EDGE_EV_SUPPRESSED line. Any thread.
 * With EDGE_LOG=stderr in the environment the journal is not used; with
 * EDGE_LOG_LEVEL=debug events of level EDGE_DEBUG are shown too.
 */
void edge_event(uint32_t id, const char *fmt, ...) EDGE_PRINTF(2, 3);
/** Tell what was suppressed in windows that are over; once a second. */
void edge_log_tick(void);
/** Tell what was suppressed so far; before the program ends. */
void edge_log_close(void);
/** Printable ASCII but blank and \ as it is, the rest as \xHH; cut with "..."
 * when it does not fit. Returns dst. */
const char *edge_log_escape(char *dst, size_t cap, struct edge_slice s);
/** The same between double quotes, blanks kept: for sentences, the last word
 * of an event. A cap of 16 or more. */
const char *edge_log_quote(char *dst, size_t cap, struct edge_slice s);

#endif
