/* Relayed TCP addresses and the connections on them (AV 1.15, RFC 6062). */
#include "av-edge/peer_tcp.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "av-edge/stream.h"
#include "common/sock.h"

enum { ACCEPTS_A_TURN = 8 }; /* ours: of one relayed address */

struct ave_tcp_relay {
	struct ave_ear ear; /* first */
	struct ave_peer_host *host;
	edge_handle id;
	uint64_t tag;
	int fd;
	bool is_dead;
	struct ave_lull lull;
	struct ave_chore burial;
};

static void bury_peer(struct ave_chore *c)
{
	free((char *)c - offsetof(struct ave_peer, burial));
}

static void bury_relay(struct ave_chore *c)
{
	free((char *)c - offsetof(struct ave_tcp_relay, burial));
}

static void end(struct ave_peer *p, enum ave_peer_why why, bool is_reset)
{
	if (p->is_dead)
		return;
	p->is_dead = true;
	p->host->gone(p->host, p, why);
	edge_wheel_stop(&p->timer);
	edge_wheel_stop(&p->stall);
	ave_pipe_close(&p->pipe, is_reset);
	edge_handles_drop(p->host->peers, p->id);
	ave_hub_later(p->host->hub, &p->burial);
}

static void on_timer(struct edge_timer *t, uint64_t now_ms)
{
	struct ave_peer *p =
		(struct ave_peer *)(void *)((char *)t -
					    offsetof(struct ave_peer, timer));

	(void)now_ms;
	end(p, AVE_PEER_TIMEOUT, true);
}

/* Its client waits for it, and is not to wait for ever. */
static void on_stalled(struct edge_timer *t, uint64_t now_ms)
{
	struct ave_peer *p =
		(struct ave_peer *)(void *)((char *)t -
					    offsetof(struct ave_peer, stall));

	(void)now_ms;
	end(p, AVE_PEER_STALLED, true);
}

static void on_cut(struct ave_chore *c)
{
	end((struct ave_peer *)(void *)((char *)c -
					offsetof(struct ave_peer, cut)),
	    AVE_PEER_STALLED, true);
}

static void start_timer(struct ave_peer *p, uint32_t ms)
{
	struct ave_hub *hub = p->host->hub;

	edge_wheel_start(hub->wheel, &p->timer, hub->now_ms + ms, on_timer);
}

/* -- events -------------------------------------------------------------- */

static void read_some(struct ave_peer *p)
{
	struct ave_peer_host *h = p->host;
	struct ave_packet packet = {h->hub->scratch + AVE_HEADROOM, 0};
	enum edge_err err =
		ave_pipe_take(&p->pipe, packet.p, h->chunk, &packet.len);

	if (!err)
		h->data(h, p, &packet);
	else if (err != EDGE_EAGAIN)
		end(p, AVE_PEER_CLOSED, false);
}

static void on_connected(struct ave_peer *p)
{
	struct ave_peer_host *h = p->host;

	edge_wheel_stop(&p->timer);
	ave_pipe_set_cap(&p->pipe, h->out_cap);
	ave_socket_set_keep_alive(p->pipe.fd, h->keep_alive_s);
	h->connected(h, p);
}

static void on_event(struct ave_pipe *pipe, enum ave_pipe_event e)
{
	struct ave_peer *p = (struct ave_peer *)(void *)pipe;

	switch (e) {
	case AVE_PIPE_CONNECTED:
		on_connected(p);
		break;
	case AVE_PIPE_READABLE:
		read_some(p);
		break;
	case AVE_PIPE_DRAINED:
		edge_wheel_stop(&p->stall);
		p->host->drained(p->host, p);
		break;
	case AVE_PIPE_STALLED:
		end(p, AVE_PEER_STALLED, true);
		break;
	case AVE_PIPE_GONE:
		end(p, pipe->is_connecting ? AVE_PEER_REFUSED : AVE_PEER_CLOSED,
		    false);
		break;
	}
}

/* -- connections --------------------------------------------------------- */

static enum edge_err peer_new(struct ave_peer **out, struct ave_peer_host *h,
			      int fd, bool is_connecting)
{
	struct ave_peer *p = calloc(1, sizeof(*p));
	enum edge_err err = EDGE_ENOMEM;

	if (p)
		err = edge_handles_put(h->peers, p, &p->id);
	if (!err)
		err = ave_pipe_open(&p->pipe, h->hub, fd, is_connecting,
				    on_event);
	if (err) {
		if (p && p->id)
			edge_handles_drop(h->peers, p->id);
		free(p);
		close(fd);
		return err;
	}
	p->host = h;
	p->burial.fn = bury_peer;
	p->cut.fn = on_cut;
	*out = p;
	return EDGE_OK;
}

enum edge_err ave_peer_dial(edge_handle *out, struct ave_peer_host *h,
			    const struct ave_place *from,
			    const struct edge_addr *to, uint64_t tag)
{
	struct ave_peer *p = NULL;
	enum edge_err err;
	int fd;

	err = ave_socket_dial(&fd, from, to);
	if (!err)
		err = peer_new(&p, h, fd, true);
	if (err)
		return err;
	p->remote = *to;
	p->tag = tag;
	ave_pipe_set_cap(&p->pipe, h->connect_queue);
	start_timer(p, h->connect_ms);
	*out = p->id;
	return EDGE_OK;
}

static void accept_one(struct ave_tcp_relay *r, int fd)
{
	struct ave_peer *p;
	struct edge_addr local, remote;

	edge_sock_names(fd, &local, &remote);
	if (!remote.family) {
		close(fd);
		return;
	}
	if (peer_new(&p, r->host, fd, false) != EDGE_OK)
		return;
	p->remote = remote;
	p->tag = r->tag;
	p->is_held = true;
	ave_pipe_set_cap(&p->pipe, r->host->out_cap);
	ave_pipe_pause(&p->pipe);
	ave_socket_set_keep_alive(fd, r->host->keep_alive_s);
	start_timer(p, r->host->hold_ms);
	r->host->accepted(r->host, p);
}

static void on_ready(struct ave_ear *e, unsigned io)
{
	struct ave_tcp_relay *r = (struct ave_tcp_relay *)(void *)e;

	(void)io;
	for (int i = 0; i < ACCEPTS_A_TURN && !r->is_dead; i++) {
		int fd = accept4(r->fd, NULL, NULL,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			ave_hub_lull(&r->lull, r->host->hub, e, errno);
			return;
		}
		accept_one(r, fd);
	}
}

struct ave_peer *ave_peer_find(const struct ave_peer_host *h, edge_handle id)
{
	return edge_handles_find(h->peers, id);
}

void ave_peer_admit(struct ave_peer *p, bool is_joining)
{
	if (p->is_dead)
		return;
	p->is_held = false;
	if (is_joining) {
		ave_pipe_pause(&p->pipe);
		start_timer(p, p->host->join_ms);
		return;
	}
	edge_wheel_stop(&p->timer);
	ave_pipe_resume(&p->pipe);
}

enum edge_err ave_peer_put(struct ave_peer *p, struct edge_slice bytes)
{
	struct ave_hub *hub = p->host->hub;
	enum edge_err err =
		p->is_cut ? EDGE_ECLOSED : ave_pipe_put(&p->pipe, bytes);

	if (err == EDGE_ELIMIT) { /* a hole in it: it ends, dialled or not */
		p->is_cut = true;
		ave_hub_later(hub, &p->cut); /* the relay is in its midst */
	}
	if (ave_pipe_is_full(&p->pipe) && !edge_timer_running(&p->stall))
		edge_wheel_start(hub->wheel, &p->stall,
				 hub->now_ms + p->host->stall_ms, on_stalled);
	return err;
}

bool ave_peer_is_full(const struct ave_peer *p)
{
	return ave_pipe_is_full(&p->pipe);
}

void ave_peer_pause(struct ave_peer *p)
{
	ave_pipe_pause(&p->pipe);
}

void ave_peer_resume(struct ave_peer *p)
{
	if (!p->is_held && !p->is_dead)
		ave_pipe_resume(&p->pipe);
}

void ave_peer_join(struct ave_peer *p, struct ave_stream *s)
{
	edge_wheel_stop(&p->timer);
	p->is_held = false;
	p->is_joined = true;
	ave_stream_join(s, &p->pipe);
}

void ave_peer_close(struct ave_peer *p, bool is_reset)
{
	end(p, AVE_PEER_DISMISSED, is_reset);
}

/* -- relayed addresses ---------------------------------------------------- */

enum edge_err ave_tcp_relay_open(edge_handle *out, struct ave_peer_host *h,
				 const struct ave_place *at, uint64_t tag)
{
	struct ave_tcp_relay *r = calloc(1, sizeof(*r));
	enum edge_err err = EDGE_ENOMEM;

	if (!r)
		return err;
	r->fd = -1;
	r->ear.ready = on_ready;
	r->burial.fn = bury_relay;
	r->host = h;
	r->tag = tag;
	err = ave_socket_relay(&r->fd, at);
	if (!err)
		err = ave_hub_listen(h->hub, &r->ear, r->fd, AVE_BATCH_READ);
	if (!err)
		err = edge_handles_put(h->relays, r, &r->id);
	if (err) {
		ave_hub_leave(h->hub, &r->ear);
		if (r->fd >= 0)
			close(r->fd);
		free(r);
		return err;
	}
	*out = r->id;
	return EDGE_OK;
}

void ave_tcp_relay_accept(struct ave_peer_host *h, edge_handle relay)
{
	struct ave_tcp_relay *r = edge_handles_find(h->relays, relay);

	if (r)
		on_ready(&r->ear, AVE_BATCH_READ);
}

void ave_tcp_relay_close(struct ave_peer_host *h, edge_handle relay)
{
	struct ave_tcp_relay *r = edge_handles_find(h->relays, relay);

	if (!r || r->is_dead)
		return;
	r->is_dead = true;
	ave_hub_unlull(&r->lull);
	ave_hub_leave(h->hub, &r->ear);
	close(r->fd);
	edge_handles_drop(h->relays, relay);
	ave_hub_later(h->hub, &r->burial);
}
