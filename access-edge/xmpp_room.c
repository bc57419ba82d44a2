/* Places for streams with partners. */
#include "access-edge/xmpp_room.h"

#include "access-edge/limits.h"
#include "access-edge/xmpp_link.h"

enum {			   /* ours: keys that one source has us ask about */
       QUESTIONS_RATE = 5, /* [1/s] */
       QUESTIONS_BURST = 50
};

static uint32_t part(uint32_t total, uint32_t of)
{
	return total > of ? total / of : 1;
}

/* Half of all is for streams that have proved nothing yet, */
static struct edge_admit_limits streams(const struct acc_xmpp_core *c)
{
	const uint32_t total = c->topo->xmpp_gateway.connections;

	return (struct edge_admit_limits){
		.total = part(total, 1),
		.per_source = acc_xmpp_limit(c, ACC_LIMIT_XMPP_PER_SOURCE),
		.handshakes_per_source =
			acc_xmpp_limit(c, ACC_LIMIT_XMPP_HANDSHAKES),
		.handshakes = part(total, 2),
		.sources = acc_xmpp_limit(c, ACC_LIMIT_SOURCES),
	};
}

/* a quarter for what they have us ask, and the rest for everybody else. */
static struct edge_admit_limits questions(const struct acc_xmpp_core *c)
{
	const uint32_t each = acc_xmpp_limit(c, ACC_LIMIT_XMPP_HANDSHAKES);

	return (struct edge_admit_limits){
		.total = part(c->topo->xmpp_gateway.connections, 4),
		.per_source = each,
		.handshakes_per_source = each,
		.rate_per_source = QUESTIONS_RATE,
		.burst_per_source = QUESTIONS_BURST,
		.sources = acc_xmpp_limit(c, ACC_LIMIT_SOURCES),
	};
}

enum edge_err acc_xmpp_room_new(struct acc_xmpp_core *c)
{
	struct edge_admit_limits l = streams(c);
	enum edge_err err = edge_admit_new(&c->admit, &l);

	if (err)
		return err;
	l = questions(c);
	return edge_admit_new(&c->questions, &l);
}

void acc_xmpp_room_free(struct acc_xmpp_core *c)
{
	edge_admit_free(c->admit);
	edge_admit_free(c->questions);
	c->admit = c->questions = NULL;
}

void acc_xmpp_room_set(struct acc_xmpp_core *c)
{
	struct edge_admit_limits l = streams(c);

	edge_admit_limits_set(c->admit, &l);
	l = questions(c);
	edge_admit_limits_set(c->questions, &l);
}

struct tally {
	const struct topo_xmpp_partner *partner;
	unsigned count;
};

static void count_one(void *thing, void *arg)
{
	const struct acc_xmpp_link *l = thing;
	struct tally *t = arg;

	if (l->partner == t->partner)
		t->count++;
}

enum acc_xmpp_reason acc_xmpp_room(const struct acc_xmpp_core *c,
				   const struct topo_xmpp_partner *p,
				   bool is_there)
{
	struct tally t = {.partner = p};

	if (c->streams - is_there >= c->topo->xmpp_gateway.connections)
		return ACC_XMPP_R_CONNECTIONS;
	if (!p)
		return ACC_XMPP_R_OK;
	edge_handles_each(c->links, count_one, &t);
	return t.count < acc_xmpp_partner_limit(c->topo, p)
		       ? ACC_XMPP_R_OK
		       : ACC_XMPP_R_PARTNER_LIMIT;
}
