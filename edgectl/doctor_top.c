/* doctor, family TOP: a topology is there, and all services have this one. */
#include <inttypes.h>
#include <jansson.h>

#include "edgectl/doctor.h"

static void check_service(struct ctl_doctor *d, enum ctl_daemon i)
{
	const json_t *topo = json_object_get(d->status[i], "topology");
	uint64_t has =
		(uint64_t)json_integer_value(json_object_get(topo, "seq"));

	if (!d->status[i])
		return; /* SVC says that it does not run */
	if (has == d->topo->seq) {
		ctl_doctor_good(d, "%s has version %" PRIu64, ctl_daemons[i],
				has);
		return;
	}
	ctl_cure_add(&d->cure, CTL_ON_EDGE, "systemctl reload %s",
		     ctl_daemons[i]);
	ctl_doctor_bad(d, TOPO_ERROR, "TOP-002", ctl_daemons[i],
		       "version %" PRIu64 ", the store has %" PRIu64, has,
		       d->topo->seq);
}

void ctl_doctor_top(struct ctl_doctor *d)
{
	if (!d->topo) {
		ctl_doctor_bad(d, TOPO_ERROR, "TOP-001", d->c->config->state,
			       "no topology in the store");
		return;
	}
	ctl_doctor_good(d, "topology %" PRIu64 " of %s, pool %s", d->topo->seq,
			d->topo->self, d->topo->pool);
	for (size_t i = 0; i < CTL_DAEMONS; i++)
		check_service(d, (enum ctl_daemon)i);
}
