/* POST /v1/mras/try: credentials for who looks after this host. */
#ifndef AV_EDGE_TRY_ROUTE_H
#define AV_EDGE_TRY_ROUTE_H

#include "common/admin.h"

/**
 * {"request": TEXT}, the body of a request for credentials; arg is the
 * service; thread: the control loop. mras_try.h says what they are good for.
 * Told by event 3038 and the counters mras_tries; so many a second and no more.
 * @return 200 {"response": TEXT}; 400 format; 503 busy
 */
struct edge_admin_answer ave_try_route(const struct edge_admin_request *r,
				       void *arg);

#endif
