/* The memory budget: near it nobody new comes in, at it strangers go; and
 * whether there is too much of anything; AE 5. */
#ifndef ACCESS_EDGE_BUDGET_H
#define ACCESS_EDGE_BUDGET_H

#include <stdbool.h>

struct acc_shard;

enum acc_budget_level { /* of the process; gauge in acc_shared */
			ACC_BUDGET_FINE,
			ACC_BUDGET_TIGHT, /* 80 %: accept nobody outside */
			ACC_BUDGET_OVER,  /* 90 %: drop the oldest strangers */
};

/** Look at it from now on; the shard's own thread, its first listener too. */
void acc_budget_start(struct acc_shard *s);
void acc_budget_stop(struct acc_shard *s);
bool acc_budget_is_tight(const struct acc_shard *s);
/** Overload in which who comes is turned away: more of them would make it
 * worse. When it is of memory they wait in the backlog instead. */
bool acc_budget_refuses(const struct acc_shard *s);

#endif
