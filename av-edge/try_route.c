/* JSON around the two bodies. The response has credentials in it: it is written
 * by hand, so that no copy is left in memory but the answer, which the endpoint
 * wipes. */
#include "av-edge/try_route.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "av-edge/events.h"
#include "av-edge/house.h"
#include "av-edge/mras_try.h"
#include "av-edge/service.h"
#include "av-edge/service_keys.h"
#include "common/crypto.h"
#include "common/log.h"

enum {
	FRAME = 32,  /* {"response":""} and a NUL [bytes] */
	ESCAPED = 6, /* a byte as \\u0022, at most [bytes] */
};

/* RFC 8259 7; what is UTF-8 stays so. */
static void put_escaped(struct edge_put *w, struct edge_slice text)
{
	static const char hex[] = "0123456789abcdef";

	for (const uint8_t *p = text.p; p < text.end; p++) {
		if (*p >= ' ' && *p != '"' && *p != '\\') {
			edge_put_u8(w, *p);
			continue;
		}
		edge_put_str(w, "\\u00");
		edge_put_u8(w, (uint8_t)hex[*p >> 4]);
		edge_put_u8(w, (uint8_t)hex[*p & 15]);
	}
}

/* NULL: out of memory. */
static char *body_of(struct edge_slice xml)
{
	const size_t cap = FRAME + ESCAPED * edge_slice_len(xml);
	char *body = malloc(cap);
	struct edge_put w;

	if (!body)
		return NULL;
	w = edge_put(body, cap);
	edge_put_str(&w, "{\"response\":\"");
	put_escaped(&w, xml);
	edge_put_str(&w, "\"}");
	edge_put_u8(&w, 0);
	return body;
}

static void count(const struct ave_service_facts *f, enum ave_stat row)
{
	edge_stats_add(f->house->stats, f->house->worker_count, row, 1);
}

static struct edge_admin_answer respond(const struct ave_service_facts *f,
					const char *request)
{
	uint8_t response[MRAS_TRY_RESPONSE];
	struct edge_put w = edge_put(response, sizeof(response));
	const struct mras_mint mint = {
		.topo = f->topo,
		.ring = &f->keys->ring,
		.now_s = (int64_t)time(NULL),
		.random = edge_random,
	};
	const enum mras_phrase phrase =
		mras_try(&w, &mint, edge_slice_str(request));
	char *body = body_of(edge_put_done(&w));

	edge_wipe(response, sizeof(response));
	count(f, AVE_STAT_MRAS_TRIED);
	edge_event(AVE_EV_MRAS_TRIED, "said=%s", mras_phrase_label(phrase));
	return body ? (struct edge_admin_answer){200, body}
		    : edge_admin_refuse(500, "memory", "out of memory");
}

struct edge_admin_answer ave_try_route(const struct edge_admin_request *r,
				       void *arg)
{
	const struct ave_service_facts f = ave_service_facts(arg);
	json_t *asked;
	const char *request;
	struct edge_admin_answer a;

	if (!ave_service_may_try(arg)) {
		count(&f, AVE_STAT_MRAS_TRIES_BUSY);
		return edge_admin_refuse(503, "busy",
					 "too many trials; again in a second");
	}
	asked = json_loadb((const char *)r->body.p, edge_slice_len(r->body), 0,
			   NULL);
	request = json_string_value(json_object_get(asked, "request"));
	a = request && strlen(request) <= MRAS_BODY_MAX
		    ? respond(&f, request)
		    : edge_admin_refuse(400, "format",
					"want {\"request\":TEXT}");
	json_decref(asked);
	return a;
}
