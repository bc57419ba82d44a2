/* Loads the store's current version; names cannot be judged without. */
#include "edgectl/cert_topology.h"
#include "topology/store.h"

const struct topo *ctl_cert_topology(struct ctl *c)
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
		 c->config->state, "names cannot be judged: %s",
		 *why ? why : ctl_reason(err));
	return NULL;
}
