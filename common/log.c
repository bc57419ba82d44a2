/* Events: tables by id, repeats held back, one line to journal or stderr. */
#define SD_JOURNAL_SUPPRESS_LOCATION /* our lines carry an id instead */
#include "common/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

enum {
	TABLES = 8,	  /* common, service, topology and some air */
	REPEATS = 512,	  /* events with a rate at once; a power of two */
	RATE = 20,	  /* ours: lines of one event in a window */
	WINDOW_MS = 1000, /* [ms] */
	REST_LEN = 1536,  /* longest key=value part [bytes] */
	LINE_LEN = 2048,
	IDENT_LEN = 32,
};

static const struct edge_event_row common_events[] = {
#define EVENT(name, id, level, text) {id, level, #name, text},
#include "common/events.def"
#undef EVENT
	{0}};

static const struct {
	const char *text;
	int priority;
} levels[] = {
	[EDGE_DEBUG] = {"DEBUG", LOG_DEBUG},
	[EDGE_INFO] = {"INFO", LOG_INFO},
	[EDGE_WARN] = {"WARN", LOG_WARNING},
	[EDGE_ERROR] = {"ERROR", LOG_ERR},
	[EDGE_RECORD] = {"INFO", LOG_INFO},
};

struct repeat {
	const struct edge_event_row *row; /* NULL: unused */
	uint64_t window_ms;
	uint32_t shown, suppressed;
};

/*
 * A program has one log, wherever it is called from: the only mutable
 * variables at file scope in common/. lock guards all of them.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	const struct edge_event_row *tables[TABLES];
	char ident[IDENT_LEN];
	bool journal;
	enum edge_level least;
	void (*capture)(const char *line, void *arg);
	void *capture_arg;
	uint64_t (*now_ms)(void);
	struct repeat repeats[REPEATS];
} logger = {
	.tables = {common_events}, .ident = "lync-edge", .least = EDGE_INFO};

void edge_log_table(const struct edge_event_row *rows)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < TABLES; i++) {
		if (logger.tables[i] == rows)
			break;
		if (logger.tables[i])
			continue;
		logger.tables[i] = rows;
		break;
	}
	pthread_mutex_unlock(&lock);
}

void edge_log_open(const char *ident)
{
	const char *where = getenv("EDGE_LOG");
	const char *level = getenv("EDGE_LOG_LEVEL");
	bool journal = getenv("JOURNAL_STREAM") ||
		       !access("/run/systemd/journal/socket", W_OK);

	pthread_mutex_lock(&lock);
	snprintf(logger.ident, sizeof(logger.ident), "%s", ident);
	logger.journal = journal && !(where && !strcmp(where, "stderr"));
	logger.least =
		level && !strcmp(level, "debug") ? EDGE_DEBUG : EDGE_INFO;
	pthread_mutex_unlock(&lock);
}

void edge_log_capture(void (*fn)(const char *line, void *arg), void *arg)
{
	pthread_mutex_lock(&lock);
	logger.capture = fn;
	logger.capture_arg = arg;
	pthread_mutex_unlock(&lock);
}

void edge_log_clock(uint64_t (*now_ms)(void))
{
	pthread_mutex_lock(&lock);
	logger.now_ms = now_ms;
	memset(logger.repeats, 0, sizeof(logger.repeats));
	pthread_mutex_unlock(&lock);
}

static uint64_t monotonic_ms(void)
{
	struct timespec ts;

	if (logger.now_ms)
		return logger.now_ms();
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static const struct edge_event_row *find_row(uint32_t id)
{
	for (size_t i = 0; i < TABLES && logger.tables[i]; i++)
		for (const struct edge_event_row *r = logger.tables[i]; r->id;
		     r++)
			if (r->id == id)
				return r;
	return id == EDGE_EV_UNKNOWN ? common_events
				     : find_row(EDGE_EV_UNKNOWN);
}

static size_t print_time(char *out, size_t cap)
{
	struct timespec ts;
	struct tm tm;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	len = strftime(out, cap, "%Y-%m-%dT%H:%M:%S", &tm);
	return len + (size_t)snprintf(out + len, cap - len, ".%03ldZ ",
				      ts.tv_nsec / 1000000);
}

static struct iovec field(const char *text)
{
	return (struct iovec){(void *)(uintptr_t)text, strlen(text)};
}

static bool send_journal(const struct edge_event_row *r, const char *rest)
{
	char message[LINE_LEN], priority[16], event[96], ident[64], id[24];

	snprintf(message, sizeof(message), "MESSAGE=%u %s %s %s", r->id,
		 r->name, r->text, rest);
	snprintf(priority, sizeof(priority), "PRIORITY=%d",
		 levels[r->level].priority);
	snprintf(event, sizeof(event), "EDGE_EVENT=%s", r->name);
	snprintf(id, sizeof(id), "EDGE_ID=%u", r->id);
	snprintf(ident, sizeof(ident), "SYSLOG_IDENTIFIER=%s", logger.ident);
	return !sd_journal_sendv((struct iovec[]){field(message),
						  field(priority), field(event),
						  field(id), field(ident)},
				 5);
}

static void send_line(const struct edge_event_row *r, const char *rest)
{
	char line[LINE_LEN];
	size_t len = print_time(line, sizeof(line));

	snprintf(line + len, sizeof(line) - len, "%s %s %u %s %s%s%s",
		 logger.ident, levels[r->level].text, r->id, r->name, r->text,
		 *rest ? " " : "", rest);
	if (logger.capture)
		logger.capture(line, logger.capture_arg);
	else
		fprintf(stderr, "%s\n", line);
}

static void send_event(const struct edge_event_row *r, const char *rest)
{
	if (logger.capture || !logger.journal || !send_journal(r, rest))
		send_line(r, rest);
}

static void report(struct repeat *p)
{
	char rest[128];

	if (p->suppressed) {
		snprintf(rest, sizeof(rest), "event=%s id=%u count=%u",
			 p->row->name, p->row->id, p->suppressed);
		send_event(find_row(EDGE_EV_SUPPRESSED), rest);
	}
	p->suppressed = 0;
}

/* Report and forget all windows that are over; all of them at the end. */
static void close_windows(uint64_t now_ms, bool all)
{
	for (size_t i = 0; i < REPEATS; i++) {
		struct repeat *p = &logger.repeats[i];

		if (!p->row || (!all && now_ms - p->window_ms < WINDOW_MS))
			continue;
		report(p);
		p->shown = 0;
		p->window_ms = now_ms;
	}
}

static struct repeat *find_repeat(const struct edge_event_row *r)
{
	for (size_t i = 0; i < REPEATS; i++) {
		struct repeat *p = &logger.repeats[(r->id + i) & (REPEATS - 1)];

		if (p->row == r)
			return p;
		if (!p->row) {
			p->row = r;
			p->window_ms = monotonic_ms();
			return p;
		}
	}
	return NULL; /* more kinds of event than we have: not limited */
}

static bool is_wanted(const struct edge_event_row *r)
{
	struct repeat *p;

	if (r->level < logger.least)
		return false;
	if (r->level == EDGE_RECORD)
		return true;
	p = find_repeat(r);
	if (!p)
		return true;
	if (monotonic_ms() - p->window_ms >= WINDOW_MS) {
		report(p);
		p->shown = 0;
		p->window_ms = monotonic_ms();
	}
	if (p->shown < RATE) {
		p->shown++;
		return true;
	}
	p->suppressed++;
	return false;
}

/* The last guard: whatever an argument held, it stays one printable line. */
static void make_printable(char *s, bool was_cut)
{
	size_t len = strlen(s);

	for (size_t i = 0; i < len; i++)
		if (s[i] < ' ' || s[i] > '~')
			s[i] = '?';
	if (was_cut && len >= 3)
		memcpy(s + len - 3, "...", 3);
}

void edge_event(uint32_t id, const char *fmt, ...)
{
	const struct edge_event_row *r;
	char rest[REST_LEN];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(rest, sizeof(rest), fmt, ap);
	va_end(ap);
	if (len < 0)
		rest[0] = 0;
	make_printable(rest, len >= (int)sizeof(rest));
	pthread_mutex_lock(&lock);
	r = find_row(id);
	if (is_wanted(r))
		send_event(r, rest);
	pthread_mutex_unlock(&lock);
}

void edge_log_tick(void)
{
	pthread_mutex_lock(&lock);
	close_windows(monotonic_ms(), false);
	pthread_mutex_unlock(&lock);
}

void edge_log_close(void)
{
	pthread_mutex_lock(&lock);
	close_windows(monotonic_ms(), true);
	pthread_mutex_unlock(&lock);
}

static bool is_plain(uint8_t c)
{
	return c > ' ' && c <= '~' && c != '\\';
}

static size_t escaped_len(struct edge_slice s)
{
	size_t len = 0;

	for (; s.p < s.end; s.p++)
		len += is_plain(*s.p) ? 1 : 4;
	return len;
}

const char *edge_log_escape(char *dst, size_t cap, struct edge_slice s)
{
	static const char hex[] = "0123456789abcdef";
	static const char cut[] = "...";
	struct edge_put w;
	bool fits = escaped_len(s) < cap;
	size_t room;

	if (!fits && cap < sizeof(cut))
		return cap ? memset(dst, 0, 1) : "";
	room = fits ? cap - 1 : cap - sizeof(cut);
	w = edge_put(dst, cap);
	for (; s.p < s.end; s.p++) {
		const char code[] = {'\\', 'x', hex[*s.p >> 4], hex[*s.p & 15]};
		size_t need = is_plain(*s.p) ? 1 : sizeof(code);

		if (edge_put_len(&w) + need > room)
			break;
		edge_put_bytes(&w, need == 1 ? (const char *)s.p : code, need);
	}
	edge_put_str(&w, fits ? "" : cut);
	edge_put_u8(&w, 0);
	return dst;
}

const char *edge_log_quote(char *dst, size_t cap, struct edge_slice s)
{
	static const char hex[] = "0123456789abcdef";
	static const char end[] = "...\"";
	struct edge_put w = edge_put(dst, cap);

	if (cap <= sizeof(end))
		return cap ? memset(dst, 0, 1) : "";
	edge_put_u8(&w, '"');
	for (; s.p < s.end && edge_put_len(&w) + 4 + sizeof(end) <= cap;
	     s.p++) {
		const char code[] = {'\\', 'x', hex[*s.p >> 4], hex[*s.p & 15]};

		if (*s.p == ' ' || (is_plain(*s.p) && *s.p != '"'))
			edge_put_u8(&w, *s.p);
		else
			edge_put_bytes(&w, code, sizeof(code));
	}
	edge_put_str(&w, s.p < s.end ? end : "\"");
	edge_put_u8(&w, 0);
	return dst;
}
