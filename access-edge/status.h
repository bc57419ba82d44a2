/* What the admin endpoint shows of this service. */
#ifndef ACCESS_EDGE_STATUS_H
#define ACCESS_EDGE_STATUS_H

/** Adds "listeners", "upstreams", "connections", "transactions", "notserved";
 * object is a json_t *, self the service. */
void acc_status_fill(void *self, void *object);

#endif
