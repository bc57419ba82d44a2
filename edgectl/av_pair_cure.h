/* Steps by which a pool has one pair of A/V authentication. Copies go by way of
 * a machine that may reach both: edges keep each other's SSH out. */
#ifndef EDGECTL_AV_PAIR_CURE_H
#define EDGECTL_AV_PAIR_CURE_H

#include "edgectl/finding.h"

struct ctl_av_pair {
	const char *host;	 /* where it lies */
	const char *chain, *key; /* whole paths of files there */
	const char *effective;	 /* staged for then; NULL: used at once */
	bool is_now;		 /* tokens of the key before may end */
};
/** Its files become those of the host that edgectl, as tool calls it, is on. */
void ctl_av_pair_use(struct ctl_cure *out, enum ctl_hands hands,
		     const char *tool, const struct ctl_av_pair *p);
/** Another member gets the pair. */
void ctl_av_pair_share(struct ctl_cure *out, const struct ctl_av_pair *p,
		       const char *member);
/** This host gets what a member uses, whose files that one must name. */
void ctl_av_pair_fetch(struct ctl_cure *out, const char *tool,
		       const char *member, const char *self);

#endif
