/* What `edgectl test` says: steps with their times, then a verdict in the
 * words of the cmdlets. */
#ifndef EDGECTL_TEST_REPORT_H
#define EDGECTL_TEST_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "edgectl/ctl.h"

struct json_t;

struct ctl_report {
	struct ctl *c;
	const char *target;   /* "Target Fqdn" */
	struct json_t *steps; /* for --json */
	uint64_t begun_us;
	/* of the last failure, filled by who fails; of the first */
	char why[512], first[512];
};

uint64_t ctl_report_now_us(void); /* monotonic */
/** target is borrowed until the end. */
void ctl_report_begin(struct ctl_report *r, struct ctl *c, const char *target);
/** One step has worked, begun at since_us. */
void ctl_report_step(struct ctl_report *r, const char *name, uint64_t since_us,
		     const char *fmt, ...) EDGE_PRINTF(4, 5);
/** A step has not: a finding says r->why, or what when that is empty. False. */
bool ctl_report_fail(struct ctl_report *r, const char *id, const char *place,
		     const char *what);
/** The verdict, as the cmdlets print it. */
enum ctl_exit ctl_report_end(struct ctl_report *r, bool good);

#endif
