/* Prepare on all, then commit on all: none takes what another refuses. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "edgectl/offer.h"

enum {
	/* ours: a prepare lapses after 10 s (DESIGN 7), so all answers must
	 * be there earlier [s] */
	OFFER_SECONDS = 8,
};

static time_t now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* What a refusal says; the daemons put it into "why". */
static void refusal_text(char *dst, size_t cap, unsigned status,
			 const char *answer)
{
	json_t *o = json_loads(answer, 0, NULL);
	const char *text = json_string_value(json_object_get(o, "why"));

	snprintf(dst, cap, "%u: %s", status, text ? text : answer);
	json_decref(o);
}

static enum ctl_exit prepare_one(struct ctl *c, struct ctl_offer *o, size_t i)
{
	enum ctl_exit exit = CTL_GOOD;
	struct edge_admin_answer answer = {0};
	char text[300];
	enum edge_err err;

	err = ctl_daemon_post(c, i, "/v1/topology/prepare", o->seq, &answer);
	if (err == EDGE_ENOTFOUND)
		return CTL_GOOD;
	if (err)
		return ctl_fail(c, EDGE_EREFUSED, "CTL-016", ctl_daemons[i],
				"no answer to prepare: %s", ctl_reason(err));
	if (answer.status != 200) {
		refusal_text(text, sizeof(text), answer.status, answer.body);
		exit = ctl_fail(c, EDGE_EREFUSED, "CTL-006", ctl_daemons[i],
				"refused version %llu, %s",
				(unsigned long long)o->seq, text);
	} else {
		o->is_ready[i] = true;
	}
	free(answer.body);
	return exit;
}

enum ctl_exit ctl_offer_prepare(struct ctl *c, struct ctl_offer *o,
				uint64_t seq)
{
	enum ctl_exit exit = CTL_GOOD;
	time_t start = now_s();

	*o = (struct ctl_offer){.seq = seq};
	for (size_t i = 0; !exit && i < CTL_DAEMONS; i++)
		exit = prepare_one(c, o, i);
	if (!exit && now_s() - start > OFFER_SECONDS)
		exit = ctl_fail(c, EDGE_EREFUSED, "CTL-006", "the services",
				"took %lld s to prepare; after 10 s the first "
				"has forgotten it",
				(long long)(now_s() - start));
	if (exit)
		ctl_offer_abort(c, o);
	return exit;
}

void ctl_offer_abort(struct ctl *c, const struct ctl_offer *o)
{
	for (size_t i = 0; i < CTL_DAEMONS; i++) {
		struct edge_admin_answer answer = {0};

		/* one that does not hear it forgets by itself */
		if (o->is_ready[i] &&
		    !ctl_daemon_post(c, i, "/v1/topology/abort", o->seq,
				     &answer))
			free(answer.body);
	}
}

/* 2xx or not, the answer thrown away. */
static bool post_ok(struct ctl *c, size_t i, const char *path, uint64_t seq)
{
	struct edge_admin_answer answer = {0};

	if (ctl_daemon_post(c, i, path, seq, &answer))
		return false;
	free(answer.body);
	return answer.status / 100 == 2;
}

void ctl_offer_commit(struct ctl *c, const struct ctl_offer *o)
{
	for (size_t i = 0; i < CTL_DAEMONS; i++) {
		if (!o->is_ready[i] ||
		    post_ok(c, i, "/v1/topology/commit", o->seq) ||
		    post_ok(c, i, "/v1/reload", 0))
			continue;
		ctl_find(c, TOPO_WARN, "CTL-013", ctl_daemons[i],
			 "prepared version %llu but did not take it; it goes "
			 "on with its old one",
			 (unsigned long long)o->seq);
	}
}
