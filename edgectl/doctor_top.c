/* doctor, family TOP: a topology is there, and all services have this one. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "edgectl/doctor.h"
#include "topology/store.h"

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

/* Who answers for it, and that it is this machine's. */
static void check_signature(struct ctl_doctor *d)
{
	struct topo_store *s = NULL;
	struct topo_meta m = {0};
	enum edge_err err = topo_store_open(&s, d->c->config->state);

	if (!err)
		err = topo_store_meta(s, d->topo->seq, &m, NULL, 0);
	topo_store_free(s);
	if (err || d->c->config->lab)
		return; /* a laboratory needs no signature */
	if (strcmp(m.signer, "unsigned") != 0) {
		ctl_doctor_good(d, "signed with %s", m.signer);
		return;
	}
	ctl_cure_add(&d->cure, CTL_ON_INSIDE,
		     "edgectl topology sign FOLDER --key PEM --seq %" PRIu64,
		     m.bundle_high + 1);
	ctl_cure_add(&d->cure, CTL_ON_EDGE, "%s topology import FOLDER",
		     d->tool);
	ctl_doctor_bad(d, TOPO_WARN, "TOP-004", m.source,
		       "version %" PRIu64 " was imported unsigned by %s",
		       d->topo->seq, m.by);
}

static void check_name(struct ctl_doctor *d)
{
	const char *fqdn = d->c->config->fqdn;

	if (!fqdn || !strcasecmp(fqdn, d->topo->self))
		return;
	ctl_cure_add(&d->cure, CTL_ON_EDGE,
		     "sed -i -E 's/^[[:space:]]*fqdn[[:space:]]*=.*/fqdn = "
		     "%s/' %s",
		     d->topo->self, d->c->config_path);
	ctl_doctor_bad(d, TOPO_ERROR, "TOP-005", d->c->config_path,
		       "[local] fqdn is %s, the topology was built for %s",
		       fqdn, d->topo->self);
}

static void no_topology(struct ctl_doctor *d)
{
	const char *state = d->c->config->state;

	if (d->no_topo == EDGE_ENOTFOUND) {
		ctl_cure_add(&d->cure, CTL_ON_EDGE, "%s topology import BUNDLE",
			     d->tool);
		ctl_doctor_bad(d, TOPO_ERROR, "TOP-001", state,
			       "no topology in the store");
		return;
	}
	if (d->no_topo == EDGE_EDENIED) {
		ctl_doctor_bad(d, TOPO_INFO, "CTL-003", state,
			       "not allowed to read it");
		return;
	}
	ctl_cure_add(&d->cure, CTL_ON_EDGE, "%s topology rollback", d->tool);
	ctl_doctor_bad(d, TOPO_ERROR, "TOP-003", state, "%s",
		       *d->why ? d->why : ctl_reason(d->no_topo));
}

void ctl_doctor_top(struct ctl_doctor *d)
{
	if (!d->topo) {
		no_topology(d);
		return;
	}
	ctl_doctor_good(d, "topology %" PRIu64 " of %s, pool %s", d->topo->seq,
			d->topo->self, d->topo->pool);
	check_signature(d);
	check_name(d);
	for (size_t i = 0; i < CTL_DAEMONS; i++)
		check_service(d, (enum ctl_daemon)i);
}
