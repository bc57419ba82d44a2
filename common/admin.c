/* The admin endpoint's side: a few short connections on the control loop. */
#include "common/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "common/crypto.h"
#include "common/http.h"
#include "common/log.h"
#include "common/loop.h"

enum {
	IN_MAX = EDGE_HTTP_HEAD_MAX + EDGE_ADMIN_BODY_MAX,
	IN_FIRST = 4096,  /* ours: first size of the input buffer [bytes] */
	GROUPS_MAX = 256, /* ours: groups of a caller that are looked at */
	PATH_LEN = 256,	  /* ours: of a request */
};

struct client {
	struct edge_admin *admin;
	int fd; /* -1: free */
	bool is_allowed;
	uint8_t *in;
	size_t in_len, in_cap;
	uint8_t *out;
	size_t out_len, out_sent;
	struct edge_timer deadline;
};

struct edge_admin {
	struct edge_loop *loop;
	int fd;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	bool has_group;
	gid_t group;
	struct routes {
		const struct edge_admin_route *row;
		size_t count;
		void *arg;
	} also, own; /* in the order they are looked at */
	struct client clients[EDGE_ADMIN_CLIENTS];
};

struct edge_admin_answer edge_admin_refuse(unsigned status, const char *code,
					   const char *why)
{
	json_t *o = json_pack("{s:s, s:s}", "refused", code, "why", why);
	char *body = o ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	return (struct edge_admin_answer){status, body};
}

bool edge_admin_query_is(const char *query, const char *name, const char *value)
{
	size_t name_len = strlen(name), value_len = strlen(value);

	while (*query) {
		size_t len = strcspn(query, "&");

		if (len == name_len + 1 + value_len &&
		    !strncmp(query, name, name_len) && query[name_len] == '=' &&
		    !strncmp(query + name_len + 1, value, value_len))
			return true;
		query += len + (query[len] == '&');
	}
	return false;
}

/* Credentials may have been among it. */
static void drop(void *bytes, size_t len)
{
	if (bytes)
		edge_wipe(bytes, len);
	free(bytes);
}

static void client_close(struct client *c)
{
	if (c->fd < 0)
		return;
	edge_wheel_stop(&c->deadline);
	edge_loop_unwatch(c->admin->loop, c->fd);
	close(c->fd);
	free(c->in);
	drop(c->out, c->out_len);
	*c = (struct client){.admin = c->admin, .fd = -1};
}

static void client_late(struct edge_timer *t, uint64_t now_ms)
{
	struct client *c = (struct client *)((char *)t -
					     offsetof(struct client, deadline));

	(void)now_ms;
	client_close(c);
}

static void client_write(struct client *c)
{
	while (c->out_sent < c->out_len) {
		ssize_t n = send(c->fd, c->out + c->out_sent,
				 c->out_len - c->out_sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n < 0)
			break;
		c->out_sent += (size_t)n;
	}
	client_close(c);
}

static void client_ready(unsigned ready, void *arg);

static void client_answer(struct client *c, struct edge_admin_answer a)
{
	const char *body = a.body ? a.body : "{}";
	size_t len = strlen(body);
	struct edge_put w;

	c->out = malloc(EDGE_HTTP_ENCODE_MAX + len);
	if (!c->out) {
		client_close(c);
		goto out;
	}
	w = edge_put(c->out, EDGE_HTTP_ENCODE_MAX + len);
	edge_http_put_answer(&w, a.status, len);
	edge_put_bytes(&w, body, len);
	c->out_len = edge_put_len(&w);
	if (edge_loop_watch(c->admin->loop, c->fd, EDGE_LOOP_WRITE,
			    client_ready, c))
		client_close(c);
	else
		client_write(c);
out:
	drop(a.body, a.body ? len : 0);
}

static const struct edge_admin_route *
route_find(const struct routes *l, const struct edge_admin_request *r,
	   bool *path_known)
{
	for (size_t i = 0; i < l->count; i++) {
		if (strcmp(l->row[i].path, r->path) != 0)
			continue;
		*path_known = true;
		if (!strcmp(l->row[i].method, r->method))
			return &l->row[i];
	}
	return NULL;
}

/* The route's answer, or the refusal when there is none. */
static struct edge_admin_answer dispatch(const struct edge_admin *a,
					 const struct edge_admin_request *r)
{
	const struct edge_admin_route *x;
	bool path_known = false;

	x = route_find(&a->also, r, &path_known);
	if (x)
		return x->fn(r, a->also.arg);
	x = route_find(&a->own, r, &path_known);
	if (x)
		return x->fn(r, a->own.arg);
	if (path_known)
		return edge_admin_refuse(405, "method", "not for this path");
	return edge_admin_refuse(404, "path", "no such path");
}

static void client_serve(struct client *c, const struct edge_http_msg *m)
{
	char method[16], path[PATH_LEN], query[PATH_LEN];
	struct edge_admin_request r = {method, path, query, m->body};

	if (!c->is_allowed)
		client_answer(c, edge_admin_refuse(403, "caller",
						   "root or group lync-edge"));
	else if (!edge_slice_copy(method, sizeof(method), m->method) ||
		 !edge_slice_copy(path, sizeof(path), m->path) ||
		 !edge_slice_copy(query, sizeof(query), m->query))
		client_answer(c, edge_admin_refuse(400, "request",
						   "start line too long"));
	else
		client_answer(c, dispatch(c->admin, &r));
}

static bool client_grow(struct client *c)
{
	size_t cap = c->in_cap ? c->in_cap * 2 : IN_FIRST;
	uint8_t *in;

	if (c->in_len < c->in_cap)
		return true;
	if (cap > IN_MAX)
		cap = IN_MAX;
	if (cap == c->in_cap)
		return false;
	in = realloc(c->in, cap);
	if (!in)
		return false;
	c->in = in;
	c->in_cap = cap;
	return true;
}

static void client_read(struct client *c)
{
	struct edge_http_msg m;
	enum edge_err err;
	ssize_t n;

	if (!client_grow(c)) {
		client_answer(c, edge_admin_refuse(413, "request",
						   edge_err_str(EDGE_ELIMIT)));
		return;
	}
	n = recv(c->fd, c->in + c->in_len, c->in_cap - c->in_len, MSG_DONTWAIT);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		client_close(c);
		return;
	}
	c->in_len += (size_t)n;
	err = edge_http_decode(&m, EDGE_HTTP_REQUEST,
			       edge_slice(c->in, c->in_len),
			       EDGE_ADMIN_BODY_MAX);
	if (err == EDGE_EAGAIN)
		return;
	if (err)
		client_answer(c,
			      edge_admin_refuse(err == EDGE_ELIMIT ? 413 : 400,
						"request", edge_err_str(err)));
	else
		client_serve(c, &m);
}

static void client_ready(unsigned ready, void *arg)
{
	struct client *c = arg;

	(void)ready;
	if (c->out)
		client_write(c);
	else
		client_read(c);
}

static bool in_group(const struct edge_admin *a, int fd, gid_t primary)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);

	if (!a->has_group)
		return false;
	if (primary == a->group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == a->group)
			return true;
	return false;
}

static bool caller_check(const struct edge_admin *a, int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len))
		return false;
	if (who.uid == 0 || who.uid == geteuid() || in_group(a, fd, who.gid))
		return true;
	edge_event(EDGE_EV_ADMIN_DENIED, "uid=%u pid=%d", (unsigned)who.uid,
		   (int)who.pid);
	return false;
}

static struct client *client_free_slot(struct edge_admin *a)
{
	for (size_t i = 0; i < EDGE_ADMIN_CLIENTS; i++)
		if (a->clients[i].fd < 0)
			return &a->clients[i];
	return NULL;
}

static void accept_ready(unsigned ready, void *arg)
{
	struct edge_admin *a = arg;
	struct client *c = client_free_slot(a);
	int fd = accept4(a->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)ready;
	if (fd < 0)
		return;
	if (!c ||
	    edge_loop_watch(a->loop, fd, EDGE_LOOP_READ, client_ready, c)) {
		close(fd);
		return;
	}
	c->fd = fd;
	c->is_allowed = caller_check(a, fd);
	edge_wheel_start(edge_loop_wheel(a->loop), &c->deadline,
			 edge_loop_now_ms(a->loop) + EDGE_ADMIN_DEADLINE_MS,
			 client_late);
}

/* The socket file: made unreadable, then given to the group. */
static enum edge_err socket_open(struct edge_admin *a)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	const struct group *g = getgrnam("lync-edge");
	mode_t old;
	int e;

	memcpy(sa.sun_path, a->path, sizeof(sa.sun_path));
	a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd < 0)
		return EDGE_ESYS;
	if (unlink(a->path) && errno != ENOENT)
		return EDGE_ESYS;
	old = umask(0177);
	e = bind(a->fd, (const struct sockaddr *)&sa, sizeof(sa));
	umask(old);
	if (e)
		return EDGE_ESYS;
	if (g) {
		a->has_group = true;
		a->group = g->gr_gid;
	}
	/* Not root and not a member: the group cannot be given, so nobody
	 * but us gets in; caller_check stays the judge. */
	if (g && chown(a->path, (uid_t)-1, g->gr_gid) && errno != EPERM)
		return EDGE_ESYS;
	if (chmod(a->path, 0660) || listen(a->fd, EDGE_ADMIN_CLIENTS))
		return EDGE_ESYS;
	return EDGE_OK;
}

enum edge_err edge_admin_open(struct edge_admin **out,
			      const struct edge_admin_plan *p)
{
	struct edge_admin *a = calloc(1, sizeof(*a));
	enum edge_err err;
	int n;

	if (!a)
		return EDGE_ENOMEM;
	a->fd = -1;
	a->loop = p->loop;
	a->own = (struct routes){p->routes, p->count, p->arg};
	for (size_t i = 0; i < EDGE_ADMIN_CLIENTS; i++)
		a->clients[i] = (struct client){.admin = a, .fd = -1};
	n = snprintf(a->path, sizeof(a->path), "%s/%s.sock", p->run, p->daemon);
	err = EDGE_ELIMIT;
	if (n < 0 || (size_t)n >= sizeof(a->path))
		goto out;
	err = socket_open(a);
	if (err)
		goto out;
	err = edge_loop_watch(p->loop, a->fd, EDGE_LOOP_READ, accept_ready, a);
	if (err)
		goto out;
	*out = a;
	a = NULL;
out:
	edge_admin_close(a);
	return err;
}

enum edge_err edge_admin_give(const struct edge_admin *a, uid_t uid)
{
	return lchown(a->path, uid, (gid_t)-1) ? EDGE_ESYS : EDGE_OK;
}

void edge_admin_also(struct edge_admin *a,
		     const struct edge_admin_route *routes, size_t count,
		     void *arg)
{
	a->also = (struct routes){routes, count, arg};
}

void edge_admin_close(struct edge_admin *a)
{
	int e = errno;

	if (!a)
		return;
	for (size_t i = 0; i < EDGE_ADMIN_CLIENTS; i++)
		client_close(&a->clients[i]);
	if (a->fd >= 0) {
		edge_loop_unwatch(a->loop, a->fd);
		close(a->fd);
		unlink(a->path);
	}
	free(a);
	errno = e;
}
