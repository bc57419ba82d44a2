/* The threads that run shards: all made before one of them runs. */
#include "common/crew.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "common/loop.h"
#include "common/mailbox.h"

struct kept {
	STAILQ_ENTRY(kept) next;
	void *mail;
};

struct hand {
	const struct edge_crew_plan *plan;
	unsigned index;
	void *worker;
	STAILQ_HEAD(, kept) kept; /* for a full mailbox; in order */
	enum edge_err err;
	sem_t made, go, idle, leave; /* made, all made, stopped, all stopped */
	pthread_t id;
	bool started;
};

struct edge_crew {
	struct edge_crew_plan plan;
	struct hand hands[]; /* plan.count */
};

static void *work(void *arg)
{
	struct hand *h = arg;
	const struct edge_crew_plan *p = h->plan;
	void *worker = NULL;

	h->err = p->make(&worker, h->index, p->arg);
	h->worker = h->err ? NULL : worker;
	sem_post(&h->made);
	sem_wait(&h->go);
	if (h->worker)
		(void)!edge_loop_run(p->loop(h->worker));
	sem_post(&h->idle);
	sem_wait(&h->leave);
	if (h->worker)
		p->free(h->worker); /* its loop is this thread's */
	return NULL;
}

static void init_hand(struct edge_crew *c, unsigned i)
{
	struct hand *h = &c->hands[i];

	h->plan = &c->plan;
	h->index = i;
	STAILQ_INIT(&h->kept);
	sem_init(&h->made, 0, 0);
	sem_init(&h->go, 0, 0);
	sem_init(&h->idle, 0, 0);
	sem_init(&h->leave, 0, 0);
}

static void *take_first(struct hand *h)
{
	struct kept *k = STAILQ_FIRST(&h->kept);
	void *mail = k->mail;

	STAILQ_REMOVE_HEAD(&h->kept, next);
	free(k);
	return mail;
}

static void fini_hand(struct hand *h)
{
	while (!STAILQ_EMPTY(&h->kept))
		h->plan->drop(take_first(h));
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

enum edge_err edge_crew_new(struct edge_crew **out,
			    const struct edge_crew_plan *p)
{
	struct edge_crew *c;
	enum edge_err err = EDGE_OK;

	if (!p->count)
		return EDGE_ERANGE;
	c = calloc(1, sizeof(*c) + p->count * sizeof(struct hand));
	if (!c)
		return EDGE_ENOMEM;
	c->plan = *p;
	for (unsigned i = 0; i < p->count; i++)
		init_hand(c, i);
	for (unsigned i = 0; i < p->count && !err; i++)
		err = start_hand(&c->hands[i]);
	if (err) {
		edge_crew_free(c);
		return err;
	}
	for (unsigned i = 0; i < p->count; i++)
		sem_post(&c->hands[i].go);
	*out = c;
	return EDGE_OK;
}

void edge_crew_free(struct edge_crew *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->plan.count; i++) {
		if (c->hands[i].worker)
			edge_loop_stop(c->plan.loop(c->hands[i].worker));
		sem_post(&c->hands[i].go);
	}
	for (unsigned i = 0; i < c->plan.count; i++)
		if (c->hands[i].started)
			sem_wait(&c->hands[i].idle);
	/* nobody runs any more: workers that end tell each other nothing, and
	 * one after the other, so that none meets a corpse */
	for (unsigned i = 0; i < c->plan.count; i++)
		if (c->hands[i].started) {
			sem_post(&c->hands[i].leave);
			pthread_join(c->hands[i].id, NULL);
		}
	for (unsigned i = 0; i < c->plan.count; i++)
		fini_hand(&c->hands[i]);
	free(c);
}

void *edge_crew_worker(const struct edge_crew *c, unsigned i)
{
	return c->hands[i].worker;
}

static bool offer(struct hand *h, void *mail)
{
	return edge_mailbox_post(h->plan->mailbox(h->worker), mail) == EDGE_OK;
}

static bool flush_hand(struct hand *h)
{
	while (!STAILQ_EMPTY(&h->kept)) {
		if (!offer(h, STAILQ_FIRST(&h->kept)->mail))
			return false;
		(void)take_first(h); /* the worker's now; not looked at */
	}
	return true;
}

void edge_crew_post(struct edge_crew *c, unsigned i, void *mail)
{
	struct hand *h = &c->hands[i];
	struct kept *k;

	if (!mail || (flush_hand(h) && offer(h, mail)))
		return;
	if (c->plan.full)
		c->plan.full(i, c->plan.arg);
	k = malloc(sizeof(*k));
	if (!k) {
		c->plan.drop(mail);
		return;
	}
	k->mail = mail;
	STAILQ_INSERT_TAIL(&h->kept, k, next);
}

bool edge_crew_flush(struct edge_crew *c)
{
	bool is_kept = false;

	for (unsigned i = 0; i < c->plan.count; i++)
		is_kept |= !flush_hand(&c->hands[i]);
	return is_kept;
}
