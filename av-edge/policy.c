/* Who may be a peer: what its network is, then its port; AV 6.4. */
#include "av-edge/policy.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "av-edge/policy_table.h"

enum {
	LOWEST_PORT = 1024, /* AV 6.4: below are services of hosts */
	EDGE_UDP = 3478,    /* but for those of other edges */
	EDGE_TCP = 443,
};

struct ave_policy {
	struct ave_policy_table *table;
	struct edge_addr *listeners;
	size_t listener_count;
	uint16_t ports[AVE_PEER_PORTS]; /* low ones that are allowed */
	size_t port_count;
	uint16_t port_low, port_high;
};

/* -- making --------------------------------------------------------------- */

static enum edge_err copy_listeners(struct ave_policy *p,
				    const struct ave_policy_plan *plan)
{
	const size_t size = plan->listener_count * sizeof(*p->listeners);

	if (!size)
		return EDGE_OK;
	p->listeners = malloc(size);
	if (!p->listeners)
		return EDGE_ENOMEM;
	memcpy(p->listeners, plan->listeners, size);
	p->listener_count = plan->listener_count;
	return EDGE_OK;
}

enum edge_err ave_policy_new(struct ave_policy **out,
			     const struct ave_policy_plan *plan)
{
	struct ave_policy *p = calloc(1, sizeof(*p));
	enum edge_err err = EDGE_ENOMEM;

	if (!p)
		return err;
	p->port_low = plan->port_low;
	p->port_high = plan->port_high;
	p->port_count = plan->port_count;
	if (plan->port_count)
		memcpy(p->ports, plan->ports,
		       plan->port_count * sizeof(*p->ports));
	err = ave_policy_table_new(&p->table, plan);
	if (!err)
		err = copy_listeners(p, plan);
	if (err) {
		ave_policy_free(p);
		return err;
	}
	*out = p;
	return EDGE_OK;
}

void ave_policy_free(struct ave_policy *p)
{
	if (!p)
		return;
	ave_policy_table_free(p->table);
	free(p->listeners);
	free(p);
}

/* -- judging -------------------------------------------------------------- */

static bool is_relayed_port(const struct ave_policy *p, uint16_t port)
{
	return p->port_low <= port && port <= p->port_high;
}

static bool is_edge_port(uint16_t port)
{
	return port == EDGE_TCP || port == EDGE_UDP;
}

static bool is_listener(const struct ave_policy *p, const struct edge_addr *a)
{
	for (size_t i = 0; i < p->listener_count; i++)
		if (edge_addr_eq(&p->listeners[i], a))
			return true;
	return false;
}

static bool is_listed_port(const struct ave_policy *p, uint16_t port)
{
	for (size_t i = 0; i < p->port_count; i++)
		if (p->ports[i] == port)
			return true;
	return false;
}

static bool is_open_port(const struct ave_policy *p, uint16_t port)
{
	return port >= LOWEST_PORT || is_edge_port(port) ||
	       is_listed_port(p, port);
}

/* any: is there a port that would be let through? */
static bool allows(const struct ave_policy *p, const struct edge_addr *a,
		   bool any)
{
	if (!any && is_listener(p, a))
		return false;
	switch (ave_policy_table_find(p->table, a)) {
	case AVE_WORD_ALLOW:
	case AVE_WORD_LISTED:
		return any || is_open_port(p, a->port);
	case AVE_WORD_MEMBER:
		return any || is_relayed_port(p, a->port) ||
		       is_edge_port(a->port);
	case AVE_WORD_OWN:
		return any || is_relayed_port(p, a->port);
	case AVE_WORD_PRIVATE:
	case AVE_WORD_DENY:
		break;
	}
	return false;
}

/* Where an IPv6 address may carry an IPv4 address: within a network, from a
 * byte on, some with their bits turned. */
/* clang-format off */
static const struct disguise {
	uint8_t net[16], bits, at[4], turned;
} disguises[] = {
	/* network                           bits  bytes              xor   source */
	{{[10] = 0xff, 0xff},                  96, {12, 13, 14, 15},    0}, /* RFC 4291 2.5.5.2 */
	{{0},                                  96, {12, 13, 14, 15},    0}, /* RFC 4291 2.5.5.1 */
	{{0x00, 0x64, 0xff, 0x9b},             96, {12, 13, 14, 15},    0}, /* RFC 6052 2.1 */
	{{0x20, 0x02},                         16, {2, 3, 4, 5},        0}, /* RFC 3056 */
	{{0x20, 0x01, 0, 0},                   32, {4, 5, 6, 7},        0}, /* RFC 4380: server */
	{{0x20, 0x01, 0, 0},                   32, {12, 13, 14, 15}, 0xff}, /* and client */
};
/* clang-format on */

static bool carries(struct edge_addr *out, const struct edge_addr *a,
		    const struct disguise *d)
{
	struct edge_addr net = {.family = AF_INET6};

	memcpy(net.ip, d->net, sizeof(net.ip));
	if (!edge_addr_in_prefix(a, &net, d->bits))
		return false;
	*out = (struct edge_addr){.family = AF_INET, .port = a->port};
	for (int i = 0; i < 4; i++)
		out->ip[i] = a->ip[d->at[i]] ^ d->turned;
	return true;
}

static bool judge(const struct ave_policy *p, const struct edge_addr *peer,
		  bool any)
{
	struct edge_addr inner;

	if (!peer->family || !allows(p, peer, any))
		return false;
	if (peer->family != AF_INET6)
		return true;
	/* ::1 of a lab carries nothing */
	if (edge_addr_classify(peer) == EDGE_ADDR_LOOPBACK)
		return true;
	for (size_t i = 0; i < sizeof(disguises) / sizeof(disguises[0]); i++)
		if (carries(&inner, peer, &disguises[i]) &&
		    !allows(p, &inner, any))
			return false;
	return true;
}

enum ave_reason ave_policy_judge(const struct ave_policy *p,
				 const struct edge_addr *peer)
{
	return judge(p, peer, false) ? AVE_FINE : AVE_PEER_DENIED;
}

enum ave_reason ave_policy_judge_ip(const struct ave_policy *p,
				    const struct edge_addr *peer)
{
	return judge(p, peer, true) ? AVE_FINE : AVE_PEER_DENIED;
}
