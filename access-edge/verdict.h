/* A decision as a value, with the way it was reached; AE 3.6. */
#ifndef ACCESS_EDGE_VERDICT_H
#define ACCESS_EDGE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "access-edge/reason.h"
#include "common/slice.h"
#include "topology/topology.h"

enum acc_check {
#define ACC_CHECK(id, name) ACC_CHECK_##id,
#include "access-edge/verdict.def"
#undef ACC_CHECK
	ACC_CHECK_COUNT
};

struct acc_step {
	enum acc_check check;
	struct edge_slice row; /* of a list, or empty; borrowed */
	const char *outcome;   /* one word */
};

enum { ACC_STEPS = 16, ACC_RULE_LEN = 768 };

struct acc_verdict {
	enum acc_reason reason; /* OK: it may pass */
	enum topo_verification level;
	bool is_verified; /* AE 3.3: of a partner's message */
	bool is_limited;  /* AE 3.1: rate and contacts of discovered ones */
	size_t count;
	struct acc_step steps[ACC_STEPS];
};

/** One more check that was made; past ACC_STEPS it is not kept. */
void acc_verdict_step(struct acc_verdict *v, enum acc_check check,
		      struct edge_slice row, const char *outcome);
/** Same with reason as what comes of it; returned. */
enum acc_reason acc_verdict_end(struct acc_verdict *v, enum acc_reason reason);
/** "BlockedDomain[adatum.com]=yes,..." in the order of the checks: letters,
 * digits and ".-_:[]=,*" only; "-" when there was none. */
void acc_verdict_print(const struct acc_verdict *v, char out[ACC_RULE_LEN]);
const char *acc_check_name(enum acc_check c);
const char *acc_verification_name(enum topo_verification level);

#endif
