/* A relay's view and all that it points to, made for one worker. */
#ifndef AV_EDGE_OUTLOOK_H
#define AV_EDGE_OUTLOOK_H

#include "av-edge/inside.h"
#include "av-edge/view.h"
#include "topology/topology.h"

struct edge_config;

/* Owner: who made it, then one worker. */
struct ave_outlook {
	struct ave_view view;
	struct ave_policy *policy;
	struct mras_ring *ring;
	struct edge_addr *members;
};

/* Where an outlook comes from; borrowed. */
struct ave_outlook_source {
	const struct topo *topo;
	const struct edge_config *config;
	const struct ave_networks *inside; /* no peer may be in them */
	const struct mras_ring *ring;	   /* copied */
	bool is_draining;
};

EDGE_MUST_CHECK enum edge_err
ave_outlook_new(struct ave_outlook **out, const struct ave_outlook_source *s);
void ave_outlook_free(struct ave_outlook *o); /* wipes keys; NULL is fine */

#endif
