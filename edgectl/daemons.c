/* One question to a daemon, one answer. */
#include "edgectl/daemons.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

const char *const ctl_daemons[CTL_DAEMONS] = {"access-edge", "webconf-edge",
					      "av-edge", "edge-replica"};

enum edge_err ctl_daemon_post(struct ctl *c, size_t daemon, const char *path,
			      uint64_t seq, struct edge_admin_answer *answer)
{
	char body[64] = "{}";
	struct edge_admin_question q = {.run = c->config->run,
					.daemon = ctl_daemons[daemon],
					.method = "POST",
					.path = path};

	if (seq)
		snprintf(body, sizeof(body), "{\"seq\":%llu}",
			 (unsigned long long)seq);
	q.json = edge_slice_str(body);
	return edge_admin_call(answer, &q);
}

struct json_t *ctl_daemon_get(struct ctl *c, const char *daemon,
			      const char *path, enum edge_err *err)
{
	const struct edge_admin_question q = {.run = c->config->run,
					      .daemon = daemon,
					      .method = "GET",
					      .path = path,
					      .ms = c->answer_ms};
	struct edge_admin_answer a;
	json_t *o;

	*err = edge_admin_call(&a, &q);
	if (*err)
		return NULL;
	o = a.status == 200 ? json_loads(a.body, 0, NULL) : NULL;
	free(a.body);
	if (!o)
		*err = EDGE_EFORMAT;
	return o;
}
