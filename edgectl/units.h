/* Units of systemd: started, and started again with the host. */
#ifndef EDGECTL_UNITS_H
#define EDGECTL_UNITS_H

#include <stddef.h>

#define CTL_UNIT_TARGET "lync-edge.target"
#define CTL_UNIT_NET	"lync-edge-net.service"

enum ctl_unit_state {
	CTL_UNIT_UNKNOWN, /* no such unit, no systemd: nothing to judge */
	CTL_UNIT_ENABLED,
	CTL_UNIT_DISABLED, /* gone after the next start of the host */
	CTL_UNIT_MASKED,   /* the same, and by somebody's will: it cannot be
			    * enabled until it is unmasked */
};

enum { CTL_UNITS_MAX = 8 };

/** Does it start with the host? */
enum ctl_unit_state ctl_unit_state(const char *unit);
/**
 * systemctl VERB UNIT...
 *
 * @param unit  at most CTL_UNITS_MAX
 * @return its exit status; -1: it could not be run, errno says why
 */
int ctl_units_do(const char *verb, const char *const *unit, size_t count);

#endif
