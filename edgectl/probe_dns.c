/* Runs a loop until the one question is answered, or its time is over. */
#include "edgectl/probe_dns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/dns_name.h"
#include "common/loop.h"

enum {
	TRY_SHARE = 4, /* ours: so much of a question's time has a try */
	TRY_LEAST_MS = 100,
};

static const char system_file[] = "/etc/resolv.conf";

struct ctl_probe_dns {
	struct edge_loop *loop;
	struct edge_dns *dns;
	struct edge_timer timer;
	uint32_t ms;
	bool is_late;
};

/* Lives until it is answered, which may be after nobody waits any more. */
struct question {
	struct ctl_probe_dns *at;
	struct ctl_probe_rows *rows; /* NULL: given up */
	bool is_answered;
};

/* The servers of the command line as a resolv.conf that edge_dns reads. */
static enum edge_err write_servers(int *fd, const char *servers)
{
	struct edge_slice rest = edge_slice_str(servers), one;

	*fd = memfd_create("resolv", MFD_CLOEXEC);
	if (*fd < 0)
		return EDGE_ESYS;
	while (rest.p < rest.end) {
		struct edge_addr a;

		if (!edge_take_until(&rest, ',', &one)) {
			one = rest;
			rest.p = rest.end;
		}
		if (edge_addr_parse(&a, one, 0) &&
		    edge_addr_parse_port(&a, one))
			return EDGE_EFORMAT;
		if (dprintf(*fd, "nameserver %.*s\n", (int)edge_slice_len(one),
			    (const char *)one.p) < 0)
			return EDGE_ESYS;
	}
	return EDGE_OK;
}

static enum edge_err open_dns(struct ctl_probe_dns *d,
			      const struct ctl_probe_dns_plan *p)
{
	char file[64];
	int fd = -1;
	struct edge_dns_plan plan = {
		.loop = d->loop,
		.local = p->local,
		.resolv = system_file,
		.timeout_ms = p->ms / TRY_SHARE > TRY_LEAST_MS
				      ? p->ms / TRY_SHARE
				      : TRY_LEAST_MS,
		.is_lab = true, /* what is published is told, whatever it is */
	};
	enum edge_err err = EDGE_OK;

	plan.local.port = 0;
	if (p->servers) {
		err = write_servers(&fd, p->servers);
		snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
		plan.resolv = file;
	}
	if (!err)
		err = edge_dns_new(&d->dns, &plan);
	if (fd >= 0)
		close(fd);
	return err;
}

enum edge_err ctl_probe_dns_new(struct ctl_probe_dns **out,
				const struct ctl_probe_dns_plan *p, char *why,
				size_t why_cap)
{
	struct ctl_probe_dns *d = calloc(1, sizeof(*d));
	enum edge_err err = d ? edge_loop_new(&d->loop) : EDGE_ENOMEM;

	if (!err) {
		d->ms = p->ms;
		err = open_dns(d, p);
	}
	if (!err) {
		*out = d;
		return EDGE_OK;
	}
	snprintf(why, why_cap, "%.60s: %s", p->servers ? "--dns" : system_file,
		 err == EDGE_ENOTFOUND ? "names no server that can be asked"
		 : err == EDGE_EFORMAT ? "servers are IP addresses, with a "
					 "comma between them"
		 : err == EDGE_ESYS    ? strerror(errno)
				       : edge_err_str(err));
	ctl_probe_dns_free(d);
	return err;
}

void ctl_probe_dns_free(struct ctl_probe_dns *d)
{
	if (!d)
		return;
	edge_dns_free(d->dns); /* tells questions that were given up */
	if (d->loop)
		edge_wheel_stop(&d->timer);
	edge_loop_free(d->loop);
	free(d);
}

/* ---- one question */

static void on_time(struct edge_timer *t, uint64_t now_ms)
{
	struct ctl_probe_dns *d =
		(struct ctl_probe_dns *)(void *)((uint8_t *)t -
						 offsetof(struct ctl_probe_dns,
							  timer));

	(void)now_ms;
	d->is_late = true;
	edge_loop_stop(d->loop);
}

static void copy(struct ctl_probe_rows *out, const struct edge_dns_answer *a)
{
	size_t have = a->srv_count ? a->srv_count : a->addr_count;

	out->err = a->err;
	if (a->err)
		return;
	out->count = have < CTL_PROBE_ROWS ? have : CTL_PROBE_ROWS;
	out->more = have - out->count;
	for (size_t i = 0; i < out->count; i++) {
		if (a->srv_count)
			out->srv[i] = a->srv[i];
		else
			out->addr[i] = a->addr[i];
	}
}

static void on_answer(const struct edge_dns_answer *a, void *arg)
{
	struct question *q = arg;

	if (!q->rows) {
		free(q);
		return;
	}
	copy(q->rows, a);
	q->is_answered = true;
	edge_loop_stop(q->at->loop);
}

static struct question *question_new(struct ctl_probe_rows *out,
				     struct ctl_probe_dns *d)
{
	struct question *q = calloc(1, sizeof(*q));

	*out = (struct ctl_probe_rows){.err = q ? EDGE_ETIMEOUT : EDGE_ENOMEM};
	if (q)
		*q = (struct question){.at = d, .rows = out};
	return q;
}

static void wait_for(struct question *q)
{
	struct ctl_probe_dns *d = q->at;

	d->is_late = false;
	edge_wheel_start(edge_loop_wheel(d->loop), &d->timer,
			 edge_loop_now_ms(d->loop) + d->ms, on_time);
	while (!q->is_answered && !d->is_late)
		if (edge_loop_run(d->loop))
			break;
	edge_wheel_stop(&d->timer);
	if (q->is_answered)
		free(q);
	else
		q->rows = NULL; /* on_answer frees it */
}

void ctl_probe_dns_srv(struct ctl_probe_rows *out, struct ctl_probe_dns *d,
		       const char *name)
{
	struct question *q = question_new(out, d);

	if (!q)
		return;
	edge_dns_srv(d->dns, name, on_answer, q);
	wait_for(q);
}

void ctl_probe_dns_addr(struct ctl_probe_rows *out, struct ctl_probe_dns *d,
			const char *name, uint16_t port)
{
	struct question *q = question_new(out, d);

	if (!q)
		return;
	edge_dns_addr(d->dns, name, port, on_answer, q);
	wait_for(q);
}
