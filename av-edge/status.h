/* What the admin endpoint shows of this service. */
#ifndef AV_EDGE_STATUS_H
#define AV_EDGE_STATUS_H

/** For edge_daemon_plan: object is a json_t *. */
void ave_status_fill(void *self, void *object);

#endif
