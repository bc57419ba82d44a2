/* One GET: name, address, request, answer; again for each redirect. */
#include "common/fetch_get.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/dns.h"
#include "common/http_body.h"
#include "common/loop.h"
#include "common/sock.h"

enum {
	PORT = 80, /* RFC 9110 4.2.1 */
	REQUEST_MAX = EDGE_URL_PATH_LEN + EDGE_HTTP_ENCODE_MAX,
	OK = 200, /* RFC 9110 15.3.1 */
};

struct edge_get {
	struct edge_get_plan plan;
	struct edge_url at;
	edge_get_fn *fn;
	void *arg;
	unsigned redirects, status;
	struct edge_addr addr[EDGE_GET_ADDRESSES];
	size_t addr_count, addr_next;
	int fd; /* -1: none */
	uint8_t request[REQUEST_MAX];
	size_t request_len, sent;
	bool has_head;
	struct edge_bytes head, content;
	struct edge_http_body body;
	struct edge_timer timer;
	struct edge_task ended;
	enum edge_err err;
	bool is_asking; /* the resolver has our pointer */
	bool is_over;	/* nothing more happens but being freed */
};

/* ---- its end */

static void get_wipe(void *thing)
{
	struct edge_get *g = thing;

	edge_bytes_fini(&g->head);
	edge_bytes_fini(&g->content);
	free(g);
}

static void hang_up(struct edge_get *g)
{
	if (g->fd < 0)
		return;
	edge_loop_unwatch(g->plan.loop, g->fd);
	close(g->fd);
	g->fd = -1;
}

/* A name that is being asked for has to be answered before. */
static void get_leave(struct edge_get *g)
{
	g->is_over = true;
	hang_up(g);
	edge_wheel_stop(&g->timer);
	if (!g->is_asking)
		edge_loop_defer_free(g->plan.loop, g, get_wipe);
}

static void on_ended(struct edge_task *t)
{
	struct edge_get *g =
		(struct edge_get *)((char *)t -
				    offsetof(struct edge_get, ended));
	const struct edge_get_answer a = {
		.err = g->err,
		.status = g->status,
		.body = edge_bytes_slice(&g->content),
		.at = &g->at,
	};

	if (g->is_over)
		return;
	g->fn(&a, g->arg);
	get_leave(g);
}

/* The owner is told at the end of the turn, not from inside its call. */
static void end(struct edge_get *g, enum edge_err err)
{
	hang_up(g);
	edge_wheel_stop(&g->timer);
	g->err = err;
	edge_loop_defer(g->plan.loop, &g->ended);
}

static void on_time(struct edge_timer *t, uint64_t now_ms)
{
	struct edge_get *g =
		(struct edge_get *)((char *)t -
				    offsetof(struct edge_get, timer));

	(void)now_ms;
	end(g, EDGE_ETIMEOUT);
}

/* ---- what comes back */

static void visit(struct edge_get *g);

static bool is_redirect(unsigned status)
{
	return (status >= 301 && status <= 303) || status == 307 ||
	       status == 308; /* RFC 9110 15.4 */
}

static void on_redirect(struct edge_get *g, struct edge_slice location)
{
	struct edge_url next;
	enum edge_err err = edge_url_join(&next, &g->at, location);

	if (!err && ++g->redirects > EDGE_GET_REDIRECTS)
		err = EDGE_ELIMIT;
	if (err) {
		end(g, err);
		return;
	}
	hang_up(g);
	g->at = next;
	visit(g);
}

/* Pieces of the body; false: it is over. */
static bool on_content(struct edge_get *g, struct edge_slice in)
{
	enum edge_err err = EDGE_OK;

	while (!err && edge_slice_len(in) &&
	       !edge_http_body_is_done(&g->body)) {
		struct edge_slice piece;

		err = edge_http_body_take(&g->body, &in, &piece);
		if (!err)
			err = edge_bytes_add(&g->content, piece,
					     g->plan.body_max);
	}
	if (err || edge_http_body_is_done(&g->body)) {
		end(g, err);
		return false;
	}
	return true;
}

static void on_head(struct edge_get *g, const struct edge_http_head *h)
{
	struct edge_slice in = edge_bytes_slice(&g->head);

	g->status = h->status;
	if (is_redirect(h->status)) {
		on_redirect(g, h->location);
	} else if (h->status != OK) {
		end(g, EDGE_EREFUSED);
	} else if (h->has_length && h->length > g->plan.body_max) {
		end(g, EDGE_ELIMIT);
	} else {
		g->has_head = true;
		edge_http_body_init(&g->body, h);
		in.p += h->len;
		(void)on_content(g, in);
	}
}

static void on_bytes(struct edge_get *g, struct edge_slice in)
{
	struct edge_http_head h;
	enum edge_err err;

	if (g->has_head) {
		(void)on_content(g, in);
		return;
	}
	err = edge_bytes_add(&g->head, in, UINT32_MAX);
	if (!err)
		err = edge_http_head_decode(&h, edge_bytes_slice(&g->head));
	if (!err)
		on_head(g, &h);
	else if (err != EDGE_EAGAIN)
		end(g, err);
}

static void on_end_of_input(struct edge_get *g)
{
	const bool is_whole =
		g->has_head && edge_http_body_ends_with_connection(&g->body);

	end(g, is_whole ? EDGE_OK : EDGE_ECLOSED);
}

static void receive(struct edge_get *g)
{
	size_t cap;
	uint8_t *buf = edge_loop_scratch(g->plan.loop, &cap);
	ssize_t n = recv(g->fd, buf, cap, 0);

	if (n > 0)
		on_bytes(g, edge_slice(buf, (size_t)n));
	else if (n == 0)
		on_end_of_input(g);
	else if (errno != EAGAIN && errno != EINTR)
		end(g, errno == ECONNRESET ? EDGE_ECLOSED : EDGE_ESYS);
}

/* ---- what goes out */

static void dial(struct edge_get *g);
static void on_ready(unsigned ready, void *arg);

static void request_make(struct edge_get *g)
{
	char host[EDGE_URL_HOST_LEN + 8];
	struct edge_put name = edge_put(host, sizeof(host));
	struct edge_put w = edge_put(g->request, sizeof(g->request));

	edge_url_put_host(&name, &g->at);
	edge_http_put_get(&w, edge_put_done(&name), g->at.path);
	g->request_len = edge_slice_len(edge_put_done(&w)); /* always fits */
	g->sent = 0;
}

static bool watch(struct edge_get *g, unsigned io)
{
	return edge_loop_watch(g->plan.loop, g->fd, io, on_ready, g) == EDGE_OK;
}

static void transmit(struct edge_get *g)
{
	ssize_t n = send(g->fd, g->request + g->sent, g->request_len - g->sent,
			 MSG_NOSIGNAL);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			end(g, EDGE_ESYS);
		return;
	}
	g->sent += (size_t)n;
	if (g->sent == g->request_len && !watch(g, EDGE_LOOP_READ))
		end(g, EDGE_ELIMIT);
}

static void on_ready(unsigned ready, void *arg)
{
	struct edge_get *g = arg;

	(void)ready; /* may be stale: the calls tell the truth */
	if (g->fd < 0)
		return;
	if (g->sent == g->request_len) {
		receive(g);
	} else if (!g->sent && edge_sock_error(g->fd)) {
		hang_up(g);
		dial(g);
	} else {
		transmit(g);
	}
}

/* The next address that takes us. */
static void dial(struct edge_get *g)
{
	while (g->addr_next < g->addr_count) {
		const struct edge_addr *to = &g->addr[g->addr_next++];

		if (edge_sock_dial(&g->fd, &g->plan.local, g->plan.device, to))
			continue;
		if (watch(g, EDGE_LOOP_WRITE))
			return;
		hang_up(g);
	}
	end(g, EDGE_ESYS);
}

/* ---- where it may go */

static bool is_allowed(const struct edge_get *g, const struct edge_addr *to)
{
	const enum edge_addr_class class = edge_addr_classify(to);

	if (g->plan.is_inside && g->plan.is_inside(to, g->plan.arg))
		return false;
	if (g->plan.is_lab)
		return class == EDGE_ADDR_GLOBAL ||
		       class == EDGE_ADDR_PRIVATE ||
		       class == EDGE_ADDR_LOOPBACK;
	return edge_addr_is_public(to) &&
	       !edge_addr_same_ip(to, &g->plan.local);
}

static void go_to(struct edge_get *g, const struct edge_addr *addr,
		  size_t count)
{
	g->addr_count = g->addr_next = 0;
	for (size_t i = 0; i < count && g->addr_count < EDGE_GET_ADDRESSES; i++)
		if (is_allowed(g, &addr[i]))
			g->addr[g->addr_count++] = addr[i];
	if (!g->addr_count) {
		end(g, EDGE_EDENIED);
		return;
	}
	request_make(g);
	dial(g);
}

static void on_name(const struct edge_dns_answer *a, void *arg)
{
	struct edge_get *g = arg;

	g->is_asking = false;
	if (g->is_over)
		edge_loop_defer_free(g->plan.loop, g, get_wipe);
	else if (g->ended.queued)
		return; /* too late, in this very turn */
	else if (a->err)
		end(g, a->err);
	else
		go_to(g, a->addr, a->addr_count);
}

/* One step: the URL at g->at. */
static void visit(struct edge_get *g)
{
	g->has_head = false;
	edge_bytes_fini(&g->head);
	if (g->at.port != PORT && !g->plan.is_lab) {
		end(g, EDGE_EDENIED);
	} else if (g->at.at.family) {
		go_to(g, &g->at.at, 1);
	} else {
		g->is_asking = true;
		edge_dns_addr(g->plan.dns, g->at.host, g->at.port, on_name, g);
	}
}

enum edge_err edge_get_new(struct edge_get **out, const struct edge_get_plan *p,
			   const struct edge_url *url)
{
	struct edge_get *g = calloc(1, sizeof(*g));

	if (!g)
		return EDGE_ENOMEM;
	g->plan = *p;
	if (!g->plan.timeout_ms)
		g->plan.timeout_ms = EDGE_GET_MS;
	if (!g->plan.body_max)
		g->plan.body_max = EDGE_GET_BODY_MAX;
	g->plan.local.port = 0;
	g->at = *url;
	g->fd = -1;
	g->ended.fn = on_ended;
	*out = g;
	return EDGE_OK;
}

void edge_get_start(struct edge_get *g, edge_get_fn *fn, void *arg)
{
	g->fn = fn;
	g->arg = arg;
	edge_wheel_start(edge_loop_wheel(g->plan.loop), &g->timer,
			 edge_loop_now_ms(g->plan.loop) + g->plan.timeout_ms,
			 on_time);
	visit(g);
}

void edge_get_free(struct edge_get *g)
{
	if (g)
		get_leave(g);
}
