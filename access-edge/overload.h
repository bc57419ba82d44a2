/* Overload of the whole service: when it begins, when it is over; AE 5. PURE.
 */
#ifndef ACCESS_EDGE_OVERLOAD_H
#define ACCESS_EDGE_OVERLOAD_H

#include <stdbool.h>
#include <stdint.h>

enum acc_overload { /* what there is too much of */
		    ACC_OVERLOAD_NONE,
		    ACC_OVERLOAD_MEMORY,       /* near its budget */
		    ACC_OVERLOAD_TRANSACTIONS, /* the table is nearly full */
		    ACC_OVERLOAD_HELD, /* requests wait for the next hop */
};

enum { ACC_OVERLOAD_HIGH = 80 /* ours: high watermark [%] */ };

struct acc_load { /* now, and at most */
	bool memory_is_tight;
	uint32_t transactions, transactions_max;
	uint32_t held, held_max;
};

struct acc_overload_state {
	enum acc_overload now;
	uint64_t since_ms, high_ms; /* entered; last time that it was high */
};

/** Look at the load; true: s->now has changed. Begins at once past the high
 * watermark and is over when everything was below the low one for a while. */
bool acc_overload_look(struct acc_overload_state *s, const struct acc_load *l,
		       uint64_t now_ms);
/** Is a queue of so many past the high watermark? */
bool acc_overload_is_high(uint64_t count, uint64_t max);
const char *acc_overload_name(enum acc_overload o); /* "none" */

#endif
