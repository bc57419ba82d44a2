/* What the workers share, made and ended by the control thread. */
#include "av-edge/house.h"

#include "av-edge/limits.h"
#include "av-edge/ports.h"
#include "common/tally.h"

static uint16_t last_port(const struct topo_listen *l)
{
	return (uint16_t)(l->addr.port + l->count - 1);
}

static enum edge_err open_ports(struct ave_house *h, const struct topo *t)
{
	const struct topo_listen *l = &t->listen[TOPO_PORT_AV_RANGE];
	enum edge_err err;

	if (!l->present)
		return EDGE_ENOTFOUND;
	err = ave_ports_new(&h->shared.udp, l->addr.port, last_port(l));
	if (!err)
		err = ave_ports_new(&h->shared.tcp, l->addr.port, last_port(l));
	return err;
}

enum edge_err ave_house_open(struct ave_house *h, const struct edge_config *c,
			     const struct topo *t)
{
	/* one more row: the control thread's */
	enum edge_err err = ave_stats_new(&h->stats, h->worker_count + 1);

	if (!err)
		err = open_ports(h, t);
	if (!err)
		err = edge_tally_new(&h->shared.users,
				     c->limits[AVE_LIMIT_ALLOCATIONS]);
	if (!err)
		err = edge_tally_new(&h->shared.sources,
				     c->limits[AVE_LIMIT_ALLOCATIONS]);
	if (!err)
		err = edge_tally_new(&h->connections,
				     c->limits[AVE_LIMIT_CONNECTIONS]);
	return err;
}

void ave_house_close(struct ave_house *h)
{
	edge_tally_free(h->connections);
	edge_tally_free(h->shared.sources);
	edge_tally_free(h->shared.users);
	ave_ports_free(h->shared.tcp);
	ave_ports_free(h->shared.udp);
	edge_stats_free(h->stats);
	h->connections = NULL;
	h->shared = (struct ave_shared){0};
	h->stats = NULL;
}

enum edge_err ave_house_set_range(struct ave_house *h, const struct topo *t)
{
	const struct topo_listen *l = &t->listen[TOPO_PORT_AV_RANGE];
	enum edge_err err =
		ave_ports_set_range(h->shared.udp, l->addr.port, last_port(l));

	if (!err)
		err = ave_ports_set_range(h->shared.tcp, l->addr.port,
					  last_port(l));
	return err;
}

struct ave_ports_used ave_house_ports(const struct ave_house *h)
{
	return (struct ave_ports_used){ave_ports_count(h->shared.udp),
				       ave_ports_count(h->shared.tcp)};
}

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
