/* Rounds: everyone who is not ready yet is looked at in each. */
#include "edgectl/ready.h"

/* true: somebody is not ready yet. */
static bool look_at_all(bool *is_ready, const struct ctl_ready *r)
{
	bool is_late = false;

	for (size_t i = 0; i < r->count; i++) {
		if (!r->wanted[i])
			continue;
		if (!is_ready[i])
			is_ready[i] = r->look(r->arg, i);
		is_late |= !is_ready[i];
	}
	return is_late;
}

void ctl_ready_wait(bool *is_ready, const struct ctl_ready *r, uint64_t ms)
{
	const uint64_t end_ms = r->now_ms(r->arg) + ms;

	for (size_t i = 0; i < r->count; i++)
		is_ready[i] = false;
	while (look_at_all(is_ready, r) && r->now_ms(r->arg) < end_ms)
		r->rest(r->arg);
}
