/* A ring of last answers. */
#include "av-edge/mst_farewell.h"

void mst_farewell_keep(struct mst_farewell *f, const struct ave_leg *leg,
		       const struct mst_reply *last)
{
	struct mst_leaver *l = &f->v[f->next];

	f->next = (f->next + 1) % MST_FAREWELLS;
	l->client = leg->client;
	l->server = leg->server;
	l->transport = leg->transport;
	l->reply = *last;
}

static bool is_leg(const struct mst_leaver *l, const struct ave_leg *leg)
{
	return l->transport == leg->transport &&
	       edge_addr_eq(&l->client, &leg->client) &&
	       edge_addr_eq(&l->server, &leg->server);
}

struct edge_slice mst_farewell_find(const struct mst_farewell *f,
				    const struct ave_leg *leg,
				    const struct mst_msg *m, uint64_t now_ms)
{
	struct edge_slice found = edge_slice(NULL, 0);

	for (size_t i = 0; i < MST_FAREWELLS && found.p == found.end; i++)
		if (is_leg(&f->v[i], leg))
			found = mst_reply_find(&f->v[i].reply, m, now_ms);
	return found;
}
