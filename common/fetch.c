/* The queue before edge_get: bounded, rated, without doubles. */
#include "common/fetch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/admit.h"
#include "common/loop.h"

struct job {
	struct edge_fetch *fetch;
	char *url;
	struct edge_get *get;
	edge_get_fn *fn;
	void *arg;
	TAILQ_ENTRY(job) order;
};

TAILQ_HEAD(jobs, job);

struct edge_fetch {
	struct edge_fetch_plan plan;
	struct jobs running, waiting;
	uint32_t running_count, waiting_count;
	struct edge_bucket bucket;
	struct edge_timer timer;
};

enum edge_err edge_fetch_new(struct edge_fetch **out,
			     const struct edge_fetch_plan *p)
{
	struct edge_fetch *f = calloc(1, sizeof(*f));

	if (!f)
		return EDGE_ENOMEM;
	f->plan = *p;
	if (!f->plan.running)
		f->plan.running = EDGE_FETCH_RUNNING;
	if (!f->plan.queue)
		f->plan.queue = EDGE_FETCH_QUEUE;
	if (!f->plan.rate)
		f->plan.rate = EDGE_FETCH_RATE;
	if (!f->plan.burst)
		f->plan.burst = EDGE_FETCH_BURST;
	TAILQ_INIT(&f->running);
	TAILQ_INIT(&f->waiting);
	edge_bucket_init(&f->bucket, f->plan.rate, f->plan.burst,
			 edge_loop_now_ms(p->get.loop));
	*out = f;
	return EDGE_OK;
}

static void job_free(struct job *j)
{
	edge_get_free(j->get);
	free(j->url);
	free(j);
}

static void jobs_free(struct jobs *list)
{
	struct job *j, *next;

	for (j = TAILQ_FIRST(list); j; j = next) {
		next = TAILQ_NEXT(j, order);
		job_free(j);
	}
}

void edge_fetch_free(struct edge_fetch *f)
{
	if (!f)
		return;
	jobs_free(&f->running);
	jobs_free(&f->waiting);
	edge_wheel_stop(&f->timer);
	free(f);
}

static void start_some(struct edge_fetch *f);

static void on_time(struct edge_timer *t, uint64_t now_ms)
{
	(void)now_ms;
	start_some((struct edge_fetch *)((char *)t -
					 offsetof(struct edge_fetch, timer)));
}

static void on_got(const struct edge_get_answer *a, void *arg)
{
	struct job *j = arg;
	struct edge_fetch *f = j->fetch;
	edge_get_fn *fn = j->fn;
	void *owner = j->arg;

	TAILQ_REMOVE(&f->running, j, order);
	f->running_count--;
	j->get = NULL; /* goes by itself */
	job_free(j);
	fn(a, owner);
	start_some(f);
}

static void start_one(struct edge_fetch *f)
{
	struct job *j = TAILQ_FIRST(&f->waiting);

	TAILQ_REMOVE(&f->waiting, j, order);
	f->waiting_count--;
	TAILQ_INSERT_TAIL(&f->running, j, order);
	f->running_count++;
	edge_get_start(j->get, on_got, j);
}

static void start_some(struct edge_fetch *f)
{
	struct edge_loop *loop = f->plan.get.loop;
	const uint64_t now_ms = edge_loop_now_ms(loop);

	while (f->waiting_count && f->running_count < f->plan.running) {
		if (!edge_bucket_take(&f->bucket, now_ms)) {
			edge_wheel_start(edge_loop_wheel(loop), &f->timer,
					 now_ms + edge_bucket_wait_ms(
							  &f->bucket, now_ms),
					 on_time);
			return;
		}
		start_one(f);
	}
}

static bool has(const struct jobs *list, const char *url)
{
	const struct job *j;

	TAILQ_FOREACH(j, list, order)
	if (!strcmp(j->url, url))
		return true;
	return false;
}

static enum edge_err job_new(struct job **out, struct edge_fetch *f,
			     const char *url, const struct edge_url *parsed)
{
	struct job *j = calloc(1, sizeof(*j));

	if (!j)
		return EDGE_ENOMEM;
	j->fetch = f;
	j->url = strdup(url);
	if (!j->url || edge_get_new(&j->get, &f->plan.get, parsed)) {
		job_free(j);
		return EDGE_ENOMEM;
	}
	*out = j;
	return EDGE_OK;
}

enum edge_err edge_fetch_ask(struct edge_fetch *f, const char *url,
			     edge_get_fn *fn, void *arg)
{
	struct edge_url parsed;
	struct job *j;
	enum edge_err err = edge_url_parse(&parsed, edge_slice_str(url));

	if (err)
		return err;
	if (has(&f->running, url) || has(&f->waiting, url))
		return EDGE_EDUP;
	if (f->waiting_count >= f->plan.queue)
		return EDGE_ELIMIT;
	err = job_new(&j, f, url, &parsed);
	if (err)
		return err;
	j->fn = fn;
	j->arg = arg;
	TAILQ_INSERT_TAIL(&f->waiting, j, order);
	f->waiting_count++;
	start_some(f);
	return EDGE_OK;
}

size_t edge_fetch_count(const struct edge_fetch *f)
{
	return f->running_count + f->waiting_count;
}
