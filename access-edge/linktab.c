/* Connection id -> link, on one shard. */
#include "access-edge/linktab.h"

#include <stdlib.h>

struct acc_linktab {
	struct edge_handles *handles;
};

struct each {
	void (*fn)(struct acc_link *l, void *arg);
	void *arg;
};

enum edge_err acc_linktab_new(struct acc_linktab **out, unsigned shard,
			      size_t cap)
{
	struct acc_linktab *t = calloc(1, sizeof(*t));
	enum edge_err err;

	if (!t)
		return EDGE_ENOMEM;
	err = edge_handles_new(&t->handles, shard, cap, EDGE_HANDLE_SLOTS);
	if (err) {
		free(t);
		return err;
	}
	*out = t;
	return EDGE_OK;
}

void acc_linktab_free(struct acc_linktab *t)
{
	if (!t)
		return;
	edge_handles_free(t->handles);
	free(t);
}

enum edge_err acc_linktab_put(struct acc_linktab *t, struct acc_link *l)
{
	return edge_handles_put(t->handles, l, &l->source.cid);
}

struct acc_link *acc_linktab_find(const struct acc_linktab *t, edge_handle cid)
{
	return edge_handles_find(t->handles, cid);
}

void acc_linktab_drop(struct acc_linktab *t, edge_handle cid)
{
	edge_handles_drop(t->handles, cid);
}

static void each_link(void *thing, void *arg)
{
	struct each *e = arg;

	e->fn(thing, e->arg);
}

void acc_linktab_each(struct acc_linktab *t,
		      void (*fn)(struct acc_link *l, void *arg), void *arg)
{
	struct each e = {fn, arg};

	edge_handles_each(t->handles, each_link, &e);
}
