/* Counted snapshots filled by hand; linked instead of topology's snap.c. */
#include "tests/support/held_topo.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

struct box {
	atomic_uint refs;
	struct topo topo;
};

static atomic_int live;

static struct box *box_of(const struct topo *t)
{
	return (struct box *)((uintptr_t)t - offsetof(struct box, topo));
}

const struct topo *held_topo_new(const struct topo *t)
{
	struct box *b = malloc(sizeof(*b));

	if (!b)
		abort();
	atomic_init(&b->refs, 1);
	b->topo = *t;
	atomic_fetch_add(&live, 1);
	return &b->topo;
}

int held_topo_count(void)
{
	return atomic_load(&live);
}

const struct topo *topo_hold(const struct topo *t)
{
	if (t)
		atomic_fetch_add(&box_of(t)->refs, 1);
	return t;
}

void topo_drop(const struct topo *t)
{
	if (!t || atomic_fetch_sub(&box_of(t)->refs, 1) != 1)
		return;
	atomic_fetch_sub(&live, 1);
	free(box_of(t));
}
