/* Taking a new topology in two steps: prepare, then commit or abort. */
#include "common/taking.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/wheel.h"

enum { EVENT_WHY_LEN = 300 /* ours: of a reason in an event */ };

struct edge_taking {
	struct edge_loop *loop;
	const struct topo_store *store;
	const struct edge_daemon_plan *plan;
	const struct topo *current;
	const struct topo *next; /* prepared, or NULL */
	struct edge_timer lapse;
};

enum edge_err edge_taking_new(struct edge_taking **out, struct edge_loop *loop,
			      const struct topo_store *store,
			      const struct edge_daemon_plan *plan,
			      const struct topo *current)
{
	struct edge_taking *t = calloc(1, sizeof(*t));

	if (!t)
		return EDGE_ENOMEM;
	t->loop = loop;
	t->store = store;
	t->plan = plan;
	t->current = current;
	*out = t;
	return EDGE_OK;
}

void edge_taking_free(struct edge_taking *t)
{
	if (!t)
		return;
	edge_taking_abort(t);
	topo_drop(t->current);
	free(t);
}

const struct topo *edge_taking_current(const struct edge_taking *t)
{
	return t->current;
}

void edge_taking_abort(struct edge_taking *t)
{
	edge_wheel_stop(&t->lapse);
	if (!t->next)
		return;
	if (t->plan->abort)
		t->plan->abort(t->plan->self);
	topo_drop(t->next);
	t->next = NULL;
}

static void on_lapse(struct edge_timer *timer, uint64_t now_ms)
{
	struct edge_taking *t =
		(struct edge_taking *)((char *)timer -
				       offsetof(struct edge_taking, lapse));
	char why[EVENT_WHY_LEN];

	(void)now_ms;
	edge_event(EDGE_EV_TOPOLOGY_REFUSED, "seq=%" PRIu64 " why=lapsed",
		   t->next->seq);
	edge_taking_abort(t);
	/* the importer may have died between the swap and its commit: then
	 * the store has gone on, and so do we */
	(void)!edge_taking_reread(t, why, sizeof(why));
}

static enum edge_err refuse(uint64_t seq, enum edge_err err, char *why,
			    size_t why_cap)
{
	char text[EVENT_WHY_LEN];

	if (!*why)
		snprintf(why, why_cap, "%s", edge_err_str(err));
	edge_event(EDGE_EV_TOPOLOGY_REFUSED, "seq=%" PRIu64 " why=%s", seq,
		   edge_log_quote(text, sizeof(text), edge_slice_str(why)));
	return err;
}

/* next is ours from here on. */
static enum edge_err ask(struct edge_taking *t, const struct topo *next,
			 char *why, size_t why_cap)
{
	enum edge_err err = EDGE_OK;

	edge_taking_abort(t);
	if (strcmp(next->self, t->current->self) != 0) {
		snprintf(why, why_cap, "it describes %s, this machine is %s",
			 next->self, t->current->self);
		err = EDGE_EREFUSED;
	} else if (t->plan->prepare) {
		err = t->plan->prepare(t->plan->self, next, why, why_cap);
	}
	if (err) {
		err = refuse(next->seq, err, why, why_cap);
		topo_drop(next);
		return err;
	}
	t->next = next;
	edge_wheel_start(edge_loop_wheel(t->loop), &t->lapse,
			 edge_loop_now_ms(t->loop) + EDGE_TAKING_LAPSE_MS,
			 on_lapse);
	return EDGE_OK;
}

enum edge_err edge_taking_prepare(struct edge_taking *t, uint64_t seq,
				  char *why, size_t why_cap)
{
	const struct topo *next;
	enum edge_err err;

	*why = '\0';
	err = topo_store_load(t->store, seq, &next, why, why_cap);
	if (err)
		return refuse(seq, err, why, why_cap);
	return ask(t, next, why, why_cap);
}

enum edge_err edge_taking_commit(struct edge_taking *t, uint64_t seq)
{
	if (!t->next || t->next->seq != seq)
		return EDGE_ESTATE;
	edge_wheel_stop(&t->lapse);
	if (t->plan->commit)
		t->plan->commit(t->plan->self, t->next);
	topo_drop(t->current);
	t->current = t->next;
	t->next = NULL;
	edge_event(EDGE_EV_TOPOLOGY_TAKEN, "seq=%" PRIu64 " sha256=%.16s", seq,
		   t->current->sha256);
	return EDGE_OK;
}

enum edge_err edge_taking_reread(struct edge_taking *t, char *why,
				 size_t why_cap)
{
	const struct topo *next;
	enum edge_err err;
	uint64_t seq;

	*why = '\0';
	err = topo_store_current(t->store, &next, why, why_cap);
	if (err)
		return refuse(0, err, why, why_cap);
	seq = next->seq;
	if (seq == t->current->seq) {
		topo_drop(next);
		return EDGE_OK;
	}
	err = ask(t, next, why, why_cap);
	return err ? err : edge_taking_commit(t, seq);
}
