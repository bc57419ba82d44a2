/* The daemons' part of taking a version: prepare, then commit or abort. */
#ifndef EDGECTL_OFFER_H
#define EDGECTL_OFFER_H

#include "edgectl/daemons.h"

struct ctl_offer {
	uint64_t seq;
	bool is_ready[CTL_DAEMONS]; /* runs and has prepared */
};

/** Ask each running daemon; any refusal aborts all and is reported. */
enum ctl_exit ctl_offer_prepare(struct ctl *c, struct ctl_offer *o,
				uint64_t seq);
/** Tell the ready ones; a daemon whose prepare has lapsed is told to read the
 * store instead. What goes wrong is a warning: the version is current. */
void ctl_offer_commit(struct ctl *c, const struct ctl_offer *o);
void ctl_offer_abort(struct ctl *c, const struct ctl_offer *o);

#endif
