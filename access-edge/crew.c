/* The threads that run the shards: all made before one of them runs. */
#include "access-edge/crew.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "access-edge/events.h"
#include "common/mailbox.h"

struct hand {
	struct acc_shard_plan plan;
	struct acc_shard *shard;
	struct acc_mail_queue kept; /* for a full mailbox; in order */
	enum edge_err err;
	sem_t made, go, idle, leave; /* made, all made, stopped, all stopped */
	pthread_t id;
	bool started;
};

struct acc_crew {
	struct acc_shared *shared;
	unsigned count;
	struct hand hands[ACC_SHARDS];
};

static void *work(void *arg)
{
	struct hand *h = arg;

	h->err = acc_shard_new(&h->shard, &h->plan);
	h->plan.shared->shard[h->plan.index] = h->shard;
	sem_post(&h->made);
	sem_wait(&h->go);
	if (h->shard)
		(void)!edge_loop_run(h->shard->loop);
	sem_post(&h->idle);
	sem_wait(&h->leave);
	acc_shard_free(h->shard); /* its loop is this thread's */
	return NULL;
}

static void init_hand(struct hand *h, const struct acc_shard_plan *p)
{
	h->plan = *p;
	TAILQ_INIT(&h->kept);
	sem_init(&h->made, 0, 0);
	sem_init(&h->go, 0, 0);
	sem_init(&h->idle, 0, 0);
	sem_init(&h->leave, 0, 0);
}

static void fini_hand(struct hand *h)
{
	struct acc_mail *m;

	if (!h->started)
		acc_shard_plan_drop(&h->plan);
	while ((m = TAILQ_FIRST(&h->kept))) {
		TAILQ_REMOVE(&h->kept, m, next);
		acc_mail_free(m);
	}
	sem_destroy(&h->made);
	sem_destroy(&h->go);
	sem_destroy(&h->idle);
	sem_destroy(&h->leave);
}

static enum edge_err start_hand(struct hand *h)
{
	if (pthread_create(&h->id, NULL, work, h))
		return EDGE_ESYS;
	h->started = true;
	sem_wait(&h->made);
	return h->err;
}

enum edge_err acc_crew_new(struct acc_crew **out, struct acc_shared *shared,
			   const struct acc_shard_plan *plans)
{
	struct acc_crew *c = calloc(1, sizeof(*c));
	struct acc_shard_plan plan;
	enum edge_err err = EDGE_OK;

	for (unsigned i = 0; i < shared->shard_count; i++) {
		plan = plans[i];
		if (c)
			init_hand(&c->hands[i], &plan);
		else
			acc_shard_plan_drop(&plan);
	}
	if (!c)
		return EDGE_ENOMEM;
	c->shared = shared;
	c->count = shared->shard_count;
	for (unsigned i = 0; i < c->count && !err; i++)
		err = start_hand(&c->hands[i]);
	if (err) {
		acc_crew_free(c);
		return err;
	}
	for (unsigned i = 0; i < c->count; i++)
		sem_post(&c->hands[i].go);
	*out = c;
	return EDGE_OK;
}

void acc_crew_free(struct acc_crew *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->count; i++) {
		if (c->hands[i].shard)
			edge_loop_stop(c->hands[i].shard->loop);
		sem_post(&c->hands[i].go);
	}
	for (unsigned i = 0; i < c->count; i++)
		if (c->hands[i].started)
			sem_wait(&c->hands[i].idle);
	/* nobody runs any more: shards that end tell each other nothing, and
	 * one after the other, so that none meets a corpse */
	for (unsigned i = 0; i < c->count; i++)
		if (c->hands[i].started) {
			sem_post(&c->hands[i].leave);
			pthread_join(c->hands[i].id, NULL);
		}
	for (unsigned i = 0; i < c->count; i++) {
		c->shared->shard[i] = NULL;
		fini_hand(&c->hands[i]);
	}
	free(c);
}

static bool offer(struct hand *h, struct acc_mail *m)
{
	return edge_mailbox_post(h->shard->mailbox, m) == EDGE_OK;
}

/* Taken off the list first: once posted it is the shard's. */
static bool send_first(struct hand *h)
{
	struct acc_mail *m = TAILQ_FIRST(&h->kept);

	TAILQ_REMOVE(&h->kept, m, next);
	if (offer(h, m))
		return true;
	TAILQ_INSERT_HEAD(&h->kept, m, next);
	return false;
}

static bool flush_hand(struct hand *h)
{
	while (!TAILQ_EMPTY(&h->kept))
		if (!send_first(h))
			return false;
	return true;
}

void acc_crew_post(struct acc_crew *c, unsigned shard, struct acc_mail *m)
{
	struct hand *h = &c->hands[shard];

	if (!m)
		return;
	if (flush_hand(h) && offer(h, m))
		return;
	edge_event(ACC_EV_MAILBOX_FULL, "from=control to=%u", shard);
	TAILQ_INSERT_TAIL(&h->kept, m, next);
}

bool acc_crew_flush(struct acc_crew *c)
{
	bool kept = false;

	for (unsigned i = 0; i < c->count; i++)
		kept |= !flush_hand(&c->hands[i]);
	return kept;
}
