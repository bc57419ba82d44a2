/* What the admin endpoint shows of this service. */
#ifndef WEBCONF_EDGE_STATUS_H
#define WEBCONF_EDGE_STATUS_H

#include "common/admin.h"

enum { WCE_STATUS_ROUTES = 1 };
extern const struct edge_admin_route wce_status_routes[WCE_STATUS_ROUTES];

/** Adds "listeners", "upstreams" (the data MCUs) and "conference"
 * (connections, throttling, keys); object is a json_t *, self the service.
 * Control thread. */
void wce_status_fill(void *self, void *object);

#endif
