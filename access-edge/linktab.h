/* Connection id -> link, on one shard. */
#ifndef ACCESS_EDGE_LINKTAB_H
#define ACCESS_EDGE_LINKTAB_H

#include "access-edge/link.h"

EDGE_MUST_CHECK enum edge_err acc_linktab_new(struct acc_linktab **out,
					      unsigned shard, size_t cap);
void acc_linktab_free(struct acc_linktab *t);
/** Gives l->source.cid. */
EDGE_MUST_CHECK enum edge_err acc_linktab_put(struct acc_linktab *t,
					      struct acc_link *l);
struct acc_link *acc_linktab_find(const struct acc_linktab *t, edge_handle cid);
void acc_linktab_drop(struct acc_linktab *t, edge_handle cid);
void acc_linktab_each(struct acc_linktab *t,
		      void (*fn)(struct acc_link *l, void *arg), void *arg);

#endif
