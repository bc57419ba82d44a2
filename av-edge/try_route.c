/* JSON around the two bodies; the response is wiped here, and lives on in the
 * answer for as long as its credentials do at most. */
#include "av-edge/try_route.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "av-edge/mras_try.h"
#include "av-edge/service.h"
#include "av-edge/service_keys.h"
#include "common/crypto.h"

static struct edge_admin_answer respond(const struct ave_service_facts *f,
					const char *request)
{
	char response[MRAS_TRY_RESPONSE + 1];
	struct edge_put w = edge_put(response, MRAS_TRY_RESPONSE);
	const struct mras_mint mint = {
		.topo = f->topo,
		.ring = &f->keys->ring,
		.now_s = (int64_t)time(NULL),
		.random = edge_random,
	};
	json_t *o;
	char *body;

	(void)mras_try(&w, &mint, edge_slice_str(request));
	response[edge_put_len(&w)] = '\0';
	o = json_pack("{s:s}", "response", response);
	body = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	edge_wipe(response, sizeof(response));
	return body ? (struct edge_admin_answer){200, body}
		    : edge_admin_refuse(500, "memory", "out of memory");
}

struct edge_admin_answer ave_try_route(const struct edge_admin_request *r,
				       void *arg)
{
	const struct ave_service_facts f = ave_service_facts(arg);
	json_t *asked = json_loadb((const char *)r->body.p,
				   edge_slice_len(r->body), 0, NULL);
	const char *request =
		json_string_value(json_object_get(asked, "request"));
	struct edge_admin_answer a;

	a = request && strlen(request) <= MRAS_BODY_MAX
		    ? respond(&f, request)
		    : edge_admin_refuse(400, "format",
					"want {\"request\":TEXT}");
	json_decref(asked);
	return a;
}
