/* What the admin endpoint shows of this service. */
#ifndef WEBCONF_EDGE_STATUS_H
#define WEBCONF_EDGE_STATUS_H

/** Adds "listeners", "upstreams" (the data MCUs) and "conference"
 * (connections, throttling, keys); object is a json_t *, self the service.
 * Control thread. */
void wce_status_fill(void *self, void *object);

#endif
