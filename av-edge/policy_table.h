/* The networks of a policy: the longest prefix that holds an address says what
 * it is. */
#ifndef AV_EDGE_POLICY_TABLE_H
#define AV_EDGE_POLICY_TABLE_H

#include "av-edge/policy.h"

/* What a row says of its addresses; of two for one network the later in this
 * list counts. */
enum ave_word {
	AVE_WORD_ALLOW,
	AVE_WORD_PRIVATE, /* denied, unless a row of the operator's allows */
	AVE_WORD_LISTED,  /* that row */
	AVE_WORD_DENY,
	AVE_WORD_MEMBER, /* relayed ports and those of an edge */
	AVE_WORD_OWN,	 /* relayed ports */
};

struct ave_policy_table; /* immutable */

EDGE_MUST_CHECK enum edge_err
ave_policy_table_new(struct ave_policy_table **out,
		     const struct ave_policy_plan *p);
void ave_policy_table_free(struct ave_policy_table *t); /* NULL is fine */
enum ave_word ave_policy_table_find(const struct ave_policy_table *t,
				    const struct edge_addr *a);

#endif
