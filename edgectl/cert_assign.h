/* cert assign for other verbs: a pair into its place and into use. */
#ifndef EDGECTL_CERT_ASSIGN_H
#define EDGECTL_CERT_ASSIGN_H

#include "edgectl/cert_names.h"
#include "edgectl/ctl.h"

struct ctl_cert_assignment {
	enum edge_cert_use use;
	const char *chain, *key;
	const char *roots;   /* NULL: those of [trust] */
	bool is_name_forced; /* names that are missing are a warning */
	bool is_now;	     /* tokens of the old key may end */
	bool is_previous;    /* the pair before; chain and key are NULL */
};

/**
 * Check the pair as cert check does, put it into certs beside edge.ini, name
 * it there, have the services read it, and see that they show it. What a
 * service refuses is undone.
 */
enum ctl_exit ctl_cert_assign_pair(struct ctl *c,
				   const struct ctl_cert_assignment *a);

#endif
