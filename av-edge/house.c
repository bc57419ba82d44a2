/* What all workers share: who may come in over TCP. */
#include "av-edge/worker.h"
#include "common/tally.h"

bool ave_house_enter(struct ave_house *h, const struct edge_addr *client,
		     uint32_t per_source)
{
	uint8_t key[EDGE_TALLY_KEY];

	edge_tally_source(key, client);
	return edge_tally_enter(h->connections, key, per_source);
}

void ave_house_leave(struct ave_house *h, const struct edge_addr *client)
{
	uint8_t key[EDGE_TALLY_KEY];

	edge_tally_source(key, client);
	edge_tally_leave(h->connections, key);
}
