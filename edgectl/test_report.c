/* Lines for people, members for --json. */
#include "edgectl/test_report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

uint64_t ctl_report_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void ctl_report_begin(struct ctl_report *r, struct ctl *c, const char *target)
{
	*r = (struct ctl_report){.c = c,
				 .target = target,
				 .steps = json_array(),
				 .begun_us = ctl_report_now_us()};
}

void ctl_report_step(struct ctl_report *r, const char *name, uint64_t since_us,
		     const char *fmt, ...)
{
	char text[256];
	uint64_t took = ctl_report_now_us() - since_us;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ctl_say(r->c, "%-11s %s, %" PRIu64 ".%" PRIu64 " ms", name, text,
		took / 1000, took / 100 % 10);
	json_array_append_new(
		r->steps, json_pack("{s:s, s:s, s:f}", "step", name, "told",
				    text, "latency_ms", (double)took / 1000));
}

bool ctl_report_fail(struct ctl_report *r, const char *id, const char *place,
		     const char *what)
{
	char told[sizeof(r->why)];

	if (!*r->why)
		snprintf(r->why, sizeof(r->why), "%s", what);
	snprintf(told, sizeof(told), "%s", r->why);
	if (!*r->first)
		memcpy(r->first, told, sizeof(r->first));
	ctl_find(r->c, TOPO_ERROR, id, place, "%s", told);
	return false;
}

enum ctl_exit ctl_report_end(struct ctl_report *r, bool good)
{
	uint64_t took = ctl_report_now_us() - r->begun_us;
	uint64_t s = took / 1000000;
	char latency[32];

	snprintf(latency, sizeof(latency),
		 "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%06" PRIu64,
		 s / 3600, s / 60 % 60, s % 60, took % 1000000);
	ctl_say(r->c, "\nTarget Fqdn   : %s", r->target);
	ctl_say(r->c, "Result        : %s", good ? "Success" : "Failure");
	ctl_say(r->c, "Latency       : %s", latency);
	ctl_say(r->c, "Error Message : %s", good ? "" : r->first);
	ctl_say(r->c, "Diagnosis     : %s",
		good ? "" : "see the findings above");
	ctl_put(r->c, "steps", r->steps);
	ctl_put_text(r->c, "target_fqdn", r->target);
	ctl_put_text(r->c, "result", good ? "Success" : "Failure");
	ctl_put_text(r->c, "latency", latency);
	ctl_put_text(r->c, "error_message", good ? NULL : r->first);
	return good ? CTL_GOOD : CTL_WARNINGS;
}
