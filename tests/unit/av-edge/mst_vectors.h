/* The MS-TURN messages of the vectors, and who sent them. */
#ifndef TESTS_UNIT_AV_EDGE_MST_VECTORS_H
#define TESTS_UNIT_AV_EDGE_MST_VECTORS_H

#include "av-edge/mst_auth.h"
#include "tests/support/vector.h"

enum { MST_VECTORS = 15 }; /* whole messages in the three files */

struct mst_vectors {
	json_t *udp, *tcp, *office;
	struct edge_slice all[MST_VECTORS];
	size_t count;
	struct ave_login nice, officesip;
};

void mst_vectors_load(struct mst_vectors *v);
void mst_vectors_fini(struct mst_vectors *v);
/** A message of the UDP conversation. */
struct edge_slice mst_vectors_udp(const struct mst_vectors *v,
				  const char *name);

#endif
