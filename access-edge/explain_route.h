/* POST /v1/explain: decisions on what is asked, or on the last hour. */
#ifndef ACCESS_EDGE_EXPLAIN_ROUTE_H
#define ACCESS_EDGE_EXPLAIN_ROUTE_H

#include "common/admin.h"

/**
 * {"from","to","method","peer","topology"}: peer may be left out; topology, the
 * text of a snapshot that is not in force, is judged by instead. Without from
 * and to: what would change by that topology for the traffic of the last
 * hour. arg is the service.
 */
struct edge_admin_answer acc_explain_route(const struct edge_admin_request *r,
					   void *arg);

#endif
