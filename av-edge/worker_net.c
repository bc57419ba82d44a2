/* The sockets of a worker, as its relay asks for them. */
#include <string.h>

#include "av-edge/worker_state.h"

struct ave_leg ave_worker_leg(const struct ave_stream *s)
{
	return (struct ave_leg){
		.client = s->client,
		.server = s->server,
		.wire = s->id,
		.transport = s->pipe.tls ? AVE_TLS : AVE_TCP,
		.side = s->is_inside ? AVE_INSIDE : AVE_OUTSIDE,
	};
}

static struct ave_stream *stream_of(struct ave_worker *w,
				    const struct ave_leg *leg)
{
	return edge_handles_find(w->streams.streams, leg->wire);
}

/* -- clients ------------------------------------------------------------- */

/* What lies in a stream's scratch is gone before the batch is sent. */
static void send_datagram(struct ave_worker *w, uint32_t wire,
			  const struct edge_addr *to, struct edge_slice bytes)
{
	if (w->is_batch)
		ave_batch_send(w->hub->batch, wire, to, bytes);
	else
		ave_batch_send_now(w->hub->batch, wire, to, bytes);
}

static void put(struct ave_worker *w, const struct ave_leg *leg,
		struct edge_slice bytes, bool is_media)
{
	struct ave_stream *s = stream_of(w, leg);

	if (s && ave_stream_put(s, bytes, is_media) == EDGE_ELIMIT)
		ave_worker_count(w, AVE_STAT_LOST_SLOW_READER);
}

/* Nothing may be missing in the middle of a stream (RFC 4571). Who hears it is
 * looked at when the relay is done with the packet. */
static void put_of_stream(struct ave_worker *w, const struct ave_leg *leg,
			  struct edge_slice bytes)
{
	struct ave_stream *s = stream_of(w, leg);

	if (!s)
		return;
	w->hearer = s->id;
	w->is_overflow |= ave_stream_put(s, bytes, false) == EDGE_ELIMIT;
}

static void pass_to_client(void *self, const struct ave_leg *leg,
			   struct edge_slice bytes)
{
	struct ave_worker *w = self;

	if (leg->transport == AVE_UDP)
		send_datagram(w, leg->wire, &leg->client, bytes);
	else if (w->is_of_stream)
		put_of_stream(w, leg, bytes);
	else
		put(w, leg, bytes, true);
}

static void tell_client(void *self, const struct ave_leg *leg,
			struct edge_slice bytes)
{
	struct ave_worker *w = self;

	if (leg->transport == AVE_UDP)
		ave_batch_send_now(w->hub->batch, leg->wire, &leg->client,
				   bytes);
	else
		put(w, leg, bytes, false);
}

static void read_client(void *self, const struct ave_leg *leg, bool on)
{
	struct ave_stream *s = stream_of(self, leg);

	if (!s)
		return;
	if (!on && !s->blockers++)
		ave_stream_pause(s);
	else if (on && s->blockers && !--s->blockers)
		ave_stream_resume(s);
}

static void close_client(void *self, const struct ave_leg *leg)
{
	struct ave_stream *s = stream_of(self, leg);

	if (!s)
		return;
	s->is_silent = true;
	ave_stream_finish(s);
}

/* -- relayed addresses ---------------------------------------------------- */

static struct ave_place place(const struct ave_worker *w,
			      const struct edge_addr *at)
{
	return (struct ave_place){.at = *at,
				  .device = w->house->device[AVE_OUTSIDE]};
}

static unsigned limit(const struct ave_worker *w, enum ave_limit which)
{
	return (unsigned)w->outlook->view.limits[which];
}

static enum edge_err open_udp(void *self, uint32_t *wire,
			      const struct edge_addr *at, uint64_t tag)
{
	struct ave_worker *w = self;
	struct ave_place p = place(w, at);
	int fd;
	enum edge_err err = ave_socket_udp(&fd, &p, false,
					   limit(w, AVE_LIMIT_RELAY_BUFFER));

	if (err)
		return err;
	err = ave_batch_open(wire, w->hub->batch, fd, tag);
	if (err)
		ave_socket_close(fd);
	return err;
}

static void mark(void *self, uint32_t wire, const struct edge_addr *at,
		 uint8_t dscp)
{
	const struct ave_worker *w = self;

	ave_socket_mark(ave_batch_fd(w->hub->batch, wire), at->family, dscp);
}

static enum edge_err open_tcp(void *self, uint32_t *wire,
			      const struct edge_addr *at, uint64_t tag)
{
	struct ave_worker *w = self;
	struct ave_place p = place(w, at);

	return ave_tcp_relay_open(wire, &w->peers, &p, tag);
}

static void close_relayed(void *self, uint32_t wire)
{
	struct ave_worker *w = self;

	if (wire < AVE_BATCH_ID_END)
		ave_batch_close(w->hub->batch, wire);
	else
		ave_tcp_relay_close(&w->peers, wire);
}

static void pass_to_peer(void *self, uint32_t wire, const struct edge_addr *to,
			 struct edge_slice bytes)
{
	send_datagram(self, wire, to, bytes);
}

/* -- connections of peers ------------------------------------------------- */

static enum edge_err dial(void *self, uint32_t *peer,
			  const struct edge_addr *at,
			  const struct edge_addr *to, uint64_t tag)
{
	struct ave_worker *w = self;
	struct ave_place p = place(w, at);
	enum edge_err err = ave_peer_dial(peer, &w->peers, &p, to, tag);

	if (!err)
		ave_worker_count(w, AVE_STAT_PEERS_DIALLED);
	return err;
}

static void take_peers(void *self, uint32_t wire)
{
	struct ave_worker *w = self;

	ave_tcp_relay_accept(&w->peers, wire);
}

/* A slow peer stops the client that speaks, until it has read. */
static enum edge_err write_peer(void *self, uint32_t peer,
				struct edge_slice bytes)
{
	struct ave_worker *w = self;
	struct ave_peer *p = ave_peer_find(&w->peers, peer);
	enum edge_err err = p ? ave_peer_put(p, bytes) : EDGE_ECLOSED;

	if (!p || !w->speaker || p->blocks || !ave_peer_is_full(p))
		return err;
	p->blocks = w->speaker->id;
	w->speaker->blockers++;
	ave_stream_pause(w->speaker);
	return err;
}

void ave_worker_unblock(struct ave_worker *w, struct ave_peer *p)
{
	struct ave_stream *s = edge_handles_find(w->streams.streams, p->blocks);

	p->blocks = 0;
	if (s && !--s->blockers)
		ave_stream_resume(s);
}

static void read_peer(void *self, uint32_t peer, bool on)
{
	struct ave_worker *w = self;
	struct ave_peer *p = ave_peer_find(&w->peers, peer);

	if (!p)
		return;
	if (on)
		ave_peer_admit(p, false);
	else
		ave_peer_pause(p);
}

static void close_peer(void *self, uint32_t peer, bool is_reset)
{
	struct ave_worker *w = self;
	struct ave_peer *p = ave_peer_find(&w->peers, peer);

	if (!p)
		return;
	p->is_silent = true;
	ave_peer_close(p, is_reset);
}

static enum edge_err join(void *self, const struct ave_leg *leg, uint32_t peer)
{
	struct ave_worker *w = self;
	struct ave_peer *p = ave_peer_find(&w->peers, peer);
	struct ave_stream *s = stream_of(w, leg);

	if (!p || !s)
		return EDGE_ENOTFOUND;
	s->is_silent = true;
	ave_peer_join(p, s);
	return EDGE_OK;
}

const struct ave_net ave_worker_net = {
	.pass_to_client = pass_to_client,
	.tell_client = tell_client,
	.read_client = read_client,
	.close_client = close_client,
	.open_udp = open_udp,
	.mark = mark,
	.open_tcp = open_tcp,
	.close = close_relayed,
	.pass_to_peer = pass_to_peer,
	.dial = dial,
	.take_peers = take_peers,
	.write_peer = write_peer,
	.read_peer = read_peer,
	.close_peer = close_peer,
	.join = join,
	.told = ave_worker_story,
};
