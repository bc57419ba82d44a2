/* webconf-edge: wires the service into the daemon, nothing else. */
#include <stdlib.h>

#include "common/daemon.h"
#include "webconf-edge/events.h"
#include "webconf-edge/limits.h"
#include "webconf-edge/service.h"
#include "webconf-edge/status.h"

int main(int argc, char **argv)
{
	struct wce_service *service;
	int status;
	struct edge_daemon_plan plan = {
		.name = "webconf-edge",
		.events = wce_events,
		.rows = &wce_config_rows,
		.open = wce_service_open,
		.start = wce_service_start,
		.prepare = wce_service_prepare,
		.commit = wce_service_commit,
		.abort = wce_service_abort,
		.reload = wce_service_reload,
		.drain = wce_service_drain,
		.stop = wce_service_stop,
		.status = wce_status_fill,
		.stats = wce_service_stats,
		.refusals = wce_service_refusals,
	};

	if (wce_service_new(&service) != EDGE_OK)
		return EXIT_FAILURE;
	plan.self = service;
	status = edge_daemon_run(&plan, argc, argv);
	wce_service_free(service);
	return status;
}
