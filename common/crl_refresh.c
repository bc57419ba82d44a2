/* The round from store to fetch and back. */
#include "common/crl_refresh.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

#include "common/fetch.h"
#include "common/loop.h"
#include "common/revocation.h"

/* One list under way. */
struct errand {
	struct edge_crl_refresh *refresh;
	char url[EDGE_CRL_URL_LEN];
	LIST_ENTRY(errand) place;
};

struct edge_crl_refresh {
	struct edge_crl_refresh_plan plan;
	struct edge_timer timer;
	LIST_HEAD(, errand) errands;
};

static int64_t system_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

/* It has come to its end: not fetched, or not kept. */
static void report(struct edge_crl_refresh *r, const struct edge_crl_news *n)
{
	if (r->plan.told)
		r->plan.told(n, r->plan.arg);
}

static void on_fetched(const struct edge_get_answer *a, void *arg)
{
	struct errand *e = arg;
	struct edge_crl_refresh *r = e->refresh;
	const int64_t now_s = r->plan.wall_s();
	struct edge_crl_news n = {
		.url = e->url, .err = a->err, .status = a->status};

	if (a->err)
		edge_revocation_failed(r->plan.store, e->url, a->err, now_s);
	else
		n.err = edge_revocation_put(r->plan.store, e->url, a->body,
					    now_s);
	report(r, &n);
	LIST_REMOVE(e, place);
	free(e);
}

/* e->url is to be fetched; e is taken. */
static void send_for(struct edge_crl_refresh *r, struct errand *e)
{
	const struct edge_crl_news n = {
		.url = e->url,
		.err = edge_fetch_ask(r->plan.fetch, e->url, on_fetched, e)};

	if (!n.err) {
		LIST_INSERT_HEAD(&r->errands, e, place);
		return;
	}
	edge_revocation_failed(r->plan.store, e->url, n.err, r->plan.wall_s());
	report(r, &n);
	free(e);
}

static void on_time(struct edge_timer *t, uint64_t now_ms)
{
	struct edge_crl_refresh *r =
		(struct edge_crl_refresh *)((char *)t -
					    offsetof(struct edge_crl_refresh,
						     timer));
	struct errand *e;

	/* without memory: another time */
	while ((e = calloc(1, sizeof(*e))) != NULL) {
		e->refresh = r;
		if (!edge_revocation_due(r->plan.store, r->plan.wall_s(),
					 e->url)) {
			free(e);
			break;
		}
		send_for(r, e);
	}
	edge_wheel_start(edge_loop_wheel(r->plan.loop), t,
			 now_ms + r->plan.period_ms, on_time);
}

enum edge_err edge_crl_refresh_new(struct edge_crl_refresh **out,
				   const struct edge_crl_refresh_plan *p)
{
	struct edge_crl_refresh *r = calloc(1, sizeof(*r));

	if (!r)
		return EDGE_ENOMEM;
	r->plan = *p;
	if (!r->plan.period_ms)
		r->plan.period_ms = EDGE_CRL_REFRESH_MS;
	if (!r->plan.wall_s)
		r->plan.wall_s = system_s;
	LIST_INIT(&r->errands);
	edge_wheel_start(edge_loop_wheel(p->loop), &r->timer,
			 edge_loop_now_ms(p->loop) + r->plan.period_ms,
			 on_time);
	*out = r;
	return EDGE_OK;
}

void edge_crl_refresh_free(struct edge_crl_refresh *r)
{
	struct errand *e, *next;

	if (!r)
		return;
	edge_wheel_stop(&r->timer);
	for (e = LIST_FIRST(&r->errands); e; e = next) {
		next = LIST_NEXT(e, place);
		free(e);
	}
	free(r);
}
