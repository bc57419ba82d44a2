/* av-edge: wires the service into the daemon, nothing else. */
#include <stdlib.h>

#include "av-edge/events.h"
#include "av-edge/limits.h"
#include "av-edge/service.h"
#include "av-edge/status.h"
#include "av-edge/try_route.h"
#include "common/daemon.h"

int main(int argc, char **argv)
{
	static const struct edge_admin_route routes[] = {
		{"POST", "/v1/mras/try", ave_try_route},
	};
	struct ave_service *service;
	int status;
	struct edge_daemon_plan plan = {
		.name = "av-edge",
		.events = ave_events,
		.rows = &ave_config_rows,
		.syscalls = ave_service_syscalls,
		.uses_maps = ave_service_uses_maps,
		.open = ave_service_open,
		.start = ave_service_start,
		.prepare = ave_service_prepare,
		.commit = ave_service_commit,
		.abort = ave_service_abort,
		.reload = ave_service_reload,
		.drain = ave_service_drain,
		.stop = ave_service_stop,
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(*routes),
		.status = ave_status_fill,
		.stats = ave_service_stats,
	};

	if (ave_service_new(&service) != EDGE_OK)
		return EXIT_FAILURE;
	plan.self = service;
	status = edge_daemon_run(&plan, argc, argv);
	ave_service_free(service);
	return status;
}
