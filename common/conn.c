/* Buffered TLS connection, its owner's side: open, queue, pause, ask. */
#include "common/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/conn_flow.h"
#include "common/sock.h"
#include "common/tls.h"

static const struct edge_peer *peer_absent(void)
{
	static const struct edge_peer absent = {.fault = EDGE_PEER_ABSENT};

	return &absent;
}

void edge_conn_flow_handshake_time(struct edge_timer *t, uint64_t now_ms)
{
	struct edge_conn *c = edge_conn_flow_of(t);

	(void)now_ms;
	edge_conn_flow_detail(c, "%s",
			      c->state == CONN_CONNECTING
				      ? "no answer to connect"
				      : "handshake not finished");
	edge_conn_flow_fail(c, c->state == CONN_CONNECTING
				       ? EDGE_CONN_WHY_CONNECT
				       : EDGE_CONN_WHY_HANDSHAKE_TIME);
}

static enum edge_err conn_new(struct edge_conn **out,
			      const struct edge_conn_plan *p, bool is_client,
			      const char *server_name)
{
	struct edge_conn *c = calloc(1, sizeof(*c));
	enum edge_err err;

	if (!c)
		return EDGE_ENOMEM;
	if (p->is_plain)
		err = edge_tls_stream_clear(&c->stream);
	else
		err = edge_tls_stream_init(&c->stream, p->tls, is_client,
					   server_name);
	if (err) {
		free(c);
		return err;
	}
	c->loop = p->loop;
	c->is_plain = p->is_plain;
	c->tls = p->is_plain ? NULL : edge_tls_hold(p->tls);
	c->policy = p->policy;
	c->fn = p->fn;
	c->arg = p->arg;
	c->in_cap = p->in_cap;
	c->out_cap = p->out_cap;
	c->in.is_secret = c->out.is_secret = p->has_secrets;
	if (p->has_secrets)
		edge_tls_stream_cleanse(&c->stream);
	c->high_water = p->high_water;
	c->low_water = p->low_water;
	c->handshake_ms = p->handshake_ms;
	c->stall_ms = p->stall_ms;
	c->is_client = is_client;
	c->task.fn = edge_conn_flow_turn_end;
	*out = c;
	return EDGE_OK;
}

static bool set_nonblock(int fd)
{
	const int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_NONBLOCK ||
			      fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0);
}

enum edge_err edge_conn_accept(struct edge_conn **out,
			       const struct edge_conn_plan *p, int fd)
{
	struct edge_conn *c;
	enum edge_err err;

	if (!set_nonblock(fd))
		return EDGE_ESYS;
	err = conn_new(&c, p, false, NULL);
	if (err)
		return err;
	c->stream.fd = fd;
	edge_sock_names(fd, &c->local, &c->remote);
	edge_sock_set_nodelay(fd);
	if (p->probing)
		edge_sock_set_probing(fd, p->probing);
	c->state = c->is_plain ? CONN_OPEN : CONN_HANDSHAKE;
	edge_conn_flow_watch(c);
	if (!c->watched) {
		edge_conn_flow_free(c);
		return EDGE_ELIMIT;
	}
	edge_conn_flow_count(c, p->sockets);
	if (!c->is_plain)
		edge_conn_flow_deadline(c, c->handshake_ms,
					edge_conn_flow_handshake_time);
	*out = c;
	return EDGE_OK;
}

/* six: the plan is the owner's, where to and from where is the call's */
/* NOLINTNEXTLINE(readability-function-size) */
enum edge_err edge_conn_dial(struct edge_conn **out,
			     const struct edge_conn_plan *p,
			     const struct edge_addr *local, const char *device,
			     const struct edge_addr *remote,
			     const char *server_name)
{
	struct edge_conn *c;
	struct edge_addr peer; /* not connected: not known */
	enum edge_err err = conn_new(&c, p, true, server_name);

	if (err)
		return err;
	c->state = CONN_CONNECTING;
	c->remote = *remote;
	err = edge_sock_dial(&c->stream.fd, local, device, remote);
	if (err)
		edge_conn_flow_detail(c, "%s", strerror(errno));
	else
		edge_conn_flow_watch(c);
	if (!err && !c->watched) {
		close(c->stream.fd);
		c->stream.fd = -1;
		edge_conn_flow_detail(c, "%s", "too many open files");
	}
	if (c->stream.fd < 0) {
		edge_loop_defer(c->loop, &c->task);
	} else { /* connect() has chosen the port */
		edge_conn_flow_count(c, p->sockets);
		edge_sock_names(c->stream.fd, &c->local, &peer);
		if (p->probing)
			edge_sock_set_probing(c->stream.fd, p->probing);
		edge_conn_flow_deadline(c, c->handshake_ms,
					edge_conn_flow_handshake_time);
	}
	*out = c;
	return EDGE_OK;
}

bool edge_conn_is_silent(const struct edge_conn *c)
{
	return c->state == CONN_HANDSHAKE && !c->handshake_len;
}

struct edge_slice edge_conn_input(const struct edge_conn *c)
{
	return edge_bytes_slice(&c->in);
}

void edge_conn_consume(struct edge_conn *c, size_t len)
{
	edge_bytes_take(&c->in, len);
}

enum edge_err edge_conn_write(struct edge_conn *c, struct edge_slice bytes)
{
	enum edge_err err;

	if (!edge_conn_flow_takes(c))
		return EDGE_ECLOSED;
	err = edge_bytes_add(&c->out, bytes, c->out_cap);
	if (!err)
		edge_conn_flow_queued(c);
	return err;
}

bool edge_conn_above_high_water(const struct edge_conn *c)
{
	return edge_conn_queued(c) > c->high_water;
}

void edge_conn_pause(struct edge_conn *c)
{
	c->is_paused = true;
}

void edge_conn_resume(struct edge_conn *c)
{
	if (!c->is_paused)
		return;
	c->is_paused = false;
	c->retell = true;
	if (edge_conn_flow_is_live(c))
		edge_loop_defer(c->loop, &c->task);
}

size_t edge_conn_queued(const struct edge_conn *c)
{
	return (size_t)c->out.len + c->stream.tx.len;
}

void edge_conn_set_in_cap(struct edge_conn *c, uint32_t in_cap)
{
	c->in_cap = in_cap;
}

size_t edge_conn_buffered(const struct edge_conn *c)
{
	return c->in.len;
}

const struct edge_peer *edge_conn_peer(const struct edge_conn *c)
{
	return c->peer ? c->peer : peer_absent();
}

const char *edge_conn_tls_version(const struct edge_conn *c)
{
	return edge_tls_stream_version(&c->stream);
}

const char *edge_conn_tls_suite(const struct edge_conn *c)
{
	return edge_tls_stream_suite(&c->stream);
}

const char *edge_conn_tls_server_name(const struct edge_conn *c)
{
	return edge_tls_stream_server_name(&c->stream);
}

bool edge_conn_is_resumed(const struct edge_conn *c)
{
	return edge_tls_stream_is_resumed(&c->stream);
}

const struct edge_addr *edge_conn_remote(const struct edge_conn *c)
{
	return &c->remote;
}

const struct edge_addr *edge_conn_local(const struct edge_conn *c)
{
	return &c->local;
}

enum edge_conn_why edge_conn_why(const struct edge_conn *c)
{
	return (enum edge_conn_why)c->why;
}

const char *edge_conn_why_str(enum edge_conn_why why)
{
	static const char *const texts[] = {
#define EDGE_CONN_WHY_TEXT(name, text) [name] = text,
		EDGE_CONN_WHY_MAP(EDGE_CONN_WHY_TEXT)
#undef EDGE_CONN_WHY_TEXT
	};

	return (size_t)why < sizeof(texts) / sizeof(*texts) ? texts[why] : "?";
}

const char *edge_conn_detail(const struct edge_conn *c)
{
	return c->detail ? c->detail : "";
}
