/* access-edge: wires the service into the daemon, nothing else. */
#include <stdlib.h>

#include "access-edge/events.h"
#include "access-edge/explain_route.h"
#include "access-edge/limits.h"
#include "access-edge/service.h"
#include "access-edge/status.h"
#include "common/daemon.h"

int main(int argc, char **argv)
{
	static const struct edge_admin_route routes[] = {
		{"POST", "/v1/explain", acc_explain_route},
	};
	struct acc_service *service;
	int status;
	struct edge_daemon_plan plan = {
		.name = "access-edge",
		.events = acc_events,
		.rows = &acc_config_rows,
		.open = acc_service_open,
		.start = acc_service_start,
		.prepare = acc_service_prepare,
		.commit = acc_service_commit,
		.abort = acc_service_abort,
		.reload = acc_service_reload,
		.drain = acc_service_drain,
		.stop = acc_service_stop,
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(*routes),
		.status = acc_status_fill,
		.stats = acc_service_stats,
		.refusals = acc_service_refusals,
	};

	if (acc_service_new(&service) != EDGE_OK)
		return EXIT_FAILURE;
	plan.self = service;
	status = edge_daemon_run(&plan, argc, argv);
	acc_service_free(service);
	return status;
}
