/* What the admin endpoint shows of this service. */
#ifndef ACCESS_EDGE_STATUS_H
#define ACCESS_EDGE_STATUS_H

#include "common/admin.h"

enum { ACC_STATUS_ROUTES = 1 };
extern const struct edge_admin_route acc_status_routes[ACC_STATUS_ROUTES];

/** Adds "listeners", "upstreams", "connections", "transactions", "notserved";
 * object is a json_t *, self the service. */
void acc_status_fill(void *self, void *object);

#endif
