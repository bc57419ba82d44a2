/* Loads the store's current version, which tells names and times. */
#include "edgectl/cert_topology.h"
#include "topology/store.h"

const struct topo *ctl_cert_topology(struct ctl *c, const char *without)
{
	struct topo_store *s = NULL;
	const struct topo *t = NULL;
	char why[256] = "";
	enum edge_err err;

	err = topo_store_open(&s, c->config->state);
	if (!err)
		err = topo_store_current(s, &t, why, sizeof(why));
	topo_store_free(s);
	if (!err)
		return t;
	ctl_find(c, TOPO_WARN, err == EDGE_ENOTFOUND ? "CTL-009" : "CTL-003",
		 c->config->state, "%s: %s", without,
		 *why ? why : ctl_reason(err));
	return NULL;
}

enum ctl_exit ctl_cert_wanted(struct ctl *c, enum edge_cert_use use,
			      struct ctl_cert_names *out)
{
	const struct topo *t = ctl_cert_topology(c, "no name is known");

	if (!t)
		return CTL_IO;
	ctl_cert_names(out, use == EDGE_CERT_AV_AUTH ? EDGE_CERT_INTERNAL : use,
		       t);
	topo_drop(t);
	return out->count ? CTL_GOOD
			  : ctl_fail(c, EDGE_EFORMAT, "CERT-003",
				     ctl_cert_use_name(use),
				     "the topology gives it no name");
}
