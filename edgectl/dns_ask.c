/* A loop for the time of the questions; the servers are handed over as a file
 * that exists in memory alone. */
#include "edgectl/dns_ask.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/loop.h"

enum {
	TRY_MS = 700,  /* ours: a try of each server */
	ALL_MS = 6000, /* ours: whatever has no answer by then */
};

struct asking {
	struct edge_loop *loop;
	struct edge_timer timer;
	size_t open; /* questions */
};

struct question {
	struct asking *all;
	struct ctl_dns_want *want;
};

static void on_answer(const struct edge_dns_answer *a, void *arg)
{
	struct question *q = arg;
	struct ctl_dns_want *w = q->want;

	q->all->open--;
	if (!q->all->open)
		edge_loop_stop(q->all->loop);
	if (a->err == EDGE_ECLOSED)
		return;
	w->is_answered = true;
	w->err = a->err;
	for (size_t i = 0; i < a->srv_count && i < CTL_DNS_SRVS; i++)
		w->srv[w->srv_count++] = a->srv[i];
	for (size_t i = 0; i < a->addr_count && i < CTL_DNS_ADDRS; i++)
		w->got[w->got_count++] = a->addr[i];
}

static void on_time(struct edge_timer *t, uint64_t now_ms)
{
	struct asking *a =
		(struct asking *)(void *)((char *)t -
					  offsetof(struct asking, timer));

	(void)now_ms;
	edge_loop_stop(a->loop);
}

static bool is_inside(struct edge_slice name, void *arg)
{
	return topo_is_inside_name(arg, name);
}

/* An open file of nameserver lines; negative: none. */
static int servers_file(const struct ctl_dns_plan *p)
{
	int fd = memfd_create("nameservers", MFD_CLOEXEC);
	char line[EDGE_ADDR_STRLEN + 16], at[EDGE_ADDR_STRLEN];

	for (size_t i = 0; fd >= 0 && i < p->server_count; i++) {
		int len;

		edge_addr_print(&p->server[i], at);
		len = snprintf(line, sizeof(line), "nameserver %s\n", at);
		if (write(fd, line, (size_t)len) == len)
			continue;
		close(fd);
		return -1;
	}
	return fd;
}

static enum edge_err open_dns(struct edge_dns **out, struct asking *a,
			      const struct ctl_dns_plan *p)
{
	char path[64];
	int fd = servers_file(p);
	struct edge_dns_plan plan = {
		.loop = a->loop,
		.local = p->local,
		.device = p->device,
		.resolv = path,
		.timeout_ms = TRY_MS,
		.is_lab = p->is_lab,
		.is_inside = is_inside,
		.arg = (void *)(uintptr_t)p->topo,
	};
	enum edge_err err;

	if (fd < 0)
		return EDGE_ESYS;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = edge_dns_new(out, &plan);
	close(fd);
	return err;
}

static void ask_all(struct asking *a, struct edge_dns *dns,
		    struct question *questions, struct ctl_dns_wants *w)
{
	a->open = w->count;
	for (size_t i = 0; i < w->count; i++) {
		struct question *q = &questions[i];

		*q = (struct question){a, &w->v[i]};
		if (q->want->is_srv)
			edge_dns_srv(dns, q->want->name, on_answer, q);
		else
			edge_dns_addr(dns, q->want->name, 0, on_answer, q);
	}
	edge_wheel_start(edge_loop_wheel(a->loop), &a->timer,
			 edge_loop_now_ms(a->loop) + ALL_MS, on_time);
	if (a->open)
		(void)!edge_loop_run(a->loop);
	edge_wheel_stop(&a->timer);
}

enum edge_err ctl_dns_ask(struct ctl_dns_wants *w, const struct ctl_dns_plan *p)
{
	struct question questions[CTL_DNS_WANTS];
	struct edge_dns *dns = NULL;
	struct asking a = {0};
	enum edge_err err = edge_loop_new(&a.loop);

	if (err)
		return err;
	err = open_dns(&dns, &a, p);
	if (!err)
		ask_all(&a, dns, questions, w);
	edge_dns_free(dns); /* what is open is told now */
	edge_loop_free(a.loop);
	return err;
}
