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

/* What a service says against it: {"why":...} of its answer. */
static void tell_refusal(struct ctl *c, enum topo_level level, const char *name,
			 const struct edge_admin_answer *a)
{
	json_t *o = json_loads(a->body ? a->body : "", 0, NULL);
	const char *why = json_string_value(json_object_get(o, "why"));

	ctl_find(c, level, "CTL-030", name, "answered %u to reload: %s",
		 a->status, why ? why : "no reason given");
	json_decref(o);
}

enum ctl_exit ctl_daemon_reload(struct ctl *c, size_t daemon,
				enum topo_level level)
{
	const char *name = ctl_daemons[daemon];
	struct edge_admin_answer a = {0};
	const enum edge_err err =
		ctl_daemon_post(c, daemon, "/v1/reload", 0, &a);
	const bool is_done = !err && a.status / 100 == 2;

	if (err == EDGE_ENOTFOUND)
		ctl_say(c, "%s does not run here; it reads it at its start",
			name);
	else if (err)
		ctl_find(c, level, "CTL-016", name, "reload: %s",
			 ctl_reason(err));
	else if (!is_done)
		tell_refusal(c, level, name, &a);
	else
		ctl_say(c, "%s has read it", name);
	free(a.body);
	return is_done || err == EDGE_ENOTFOUND ? CTL_GOOD : CTL_REFUSED;
}
