/* Two participants share a content: one uploads and presents it, the other must
 * get it whole, unaltered, and be shown it. */
#ifndef EDGECTL_DATACONF_SHARE_H
#define EDGECTL_DATACONF_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edgectl/dataconf_seat.h"
#include "edgectl/test_report.h"

enum { CTL_SENDER, CTL_RECEIVER, CTL_SHARE_PEOPLE };

struct ctl_share {
	struct ctl_report *report;
	struct ctl_lines *lines;
	struct ctl_seat *seat[CTL_SHARE_PEOPLE]; /* closed by leave */
	size_t len;				 /* of the content [bytes] */
	uint32_t ms; /* without anything new: given up */
	/* its own */
	char title[40];
	uint8_t *content;
	size_t sent, received;
	bool is_sending; /* the rest of the content */
	/* what has been told so far */
	bool is_reserved[CTL_SHARE_PEOPLE], is_whole, is_active;
};

/** Both seats are taken; steps and what fails are reported. */
bool ctl_share_run(struct ctl_share *s);
/** Says good-bye and closes the seats that there are. */
void ctl_share_leave(struct ctl_share *s);

#endif
