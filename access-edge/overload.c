/* Overload of the whole service: when it begins, when it is over. */
#include "access-edge/overload.h"

enum {
	LOW = 50,	/* ours: low watermark [%] */
	OVER_MS = 5000, /* ours: so long below it [ms] */
};

static bool is_past(uint64_t count, uint64_t max, unsigned percent)
{
	return max && count * 100 >= max * percent;
}

bool acc_overload_is_high(uint64_t count, uint64_t max)
{
	return is_past(count, max, ACC_OVERLOAD_HIGH);
}

/* The first of what is past that mark. */
static enum acc_overload what_is_past(const struct acc_load *l,
				      unsigned percent)
{
	if (l->memory_is_tight)
		return ACC_OVERLOAD_MEMORY;
	if (is_past(l->transactions, l->transactions_max, percent))
		return ACC_OVERLOAD_TRANSACTIONS;
	if (is_past(l->held, l->held_max, percent))
		return ACC_OVERLOAD_HELD;
	return ACC_OVERLOAD_NONE;
}

bool acc_overload_look(struct acc_overload_state *s, const struct acc_load *l,
		       uint64_t now_ms)
{
	enum acc_overload was = s->now;

	if (!was) {
		s->now = what_is_past(l, ACC_OVERLOAD_HIGH);
		s->since_ms = s->high_ms = now_ms;
		return s->now != was;
	}
	if (what_is_past(l, LOW))
		s->high_ms = now_ms;
	else if (now_ms - s->high_ms >= OVER_MS)
		s->now = ACC_OVERLOAD_NONE;
	return s->now != was;
}

const char *acc_overload_name(enum acc_overload o)
{
	static const char *const names[] = {
		[ACC_OVERLOAD_NONE] = "none",
		[ACC_OVERLOAD_MEMORY] = "memory",
		[ACC_OVERLOAD_TRANSACTIONS] = "transactions",
		[ACC_OVERLOAD_HELD] = "held",
	};

	return names[o];
}
