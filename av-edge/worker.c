/* One packet worker: a thread that owns a relay, its sockets and streams. */
#include "av-edge/worker.h"

#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "av-edge/events.h"
#include "av-edge/worker_state.h"
#include "common/mailbox.h"
#include "common/tls.h"

enum {
	TELL_MS = 200,	      /* ours: counters are this fresh [ms] */
	MAILS = 64,	      /* ours: of the control thread; a power of two */
	PEER_CHUNK = 1400,    /* AV 1.15: of a peer's stream [bytes] */
	RELAY_SHARDS = 8,     /* handles above AVE_BATCH_ID_END */
	HOLD_SLACK_MS = 1000, /* ours: the relay's own timers come first */
	SOURCE_BITS4 = 32,    /* who shakes hands too often */
	SOURCE_BITS6 = 64,
};

/* The thread's own; the worker behind it. */
struct hand {
	struct ave_worker w; /* first */
	pthread_t id;
	sem_t begun;
	enum edge_err err;
	int fds[AVE_DOORS]; /* until the thread opens them */
};

void ave_worker_plan_drop(struct ave_worker_plan *p)
{
	ave_batch_free(p->batch);
	ave_outlook_free(p->outlook);
	edge_tls_drop(p->tls);
	for (int i = 0; i < AVE_DOORS; i++) {
		if (p->fds[i] >= 0)
			close(p->fds[i]);
		p->fds[i] = -1;
	}
	p->batch = NULL;
	p->outlook = NULL;
	p->tls = NULL;
}

void ave_worker_count(struct ave_worker *w, size_t row)
{
	edge_stats_add(w->house->stats, w->index, row, 1);
}

static uint32_t limit(const struct ave_worker *w, enum ave_limit which)
{
	return (uint32_t)w->outlook->view.limits[which];
}

/* -- what comes ----------------------------------------------------------- */

static struct ave_worker *of_streams(struct ave_stream_host *h)
{
	return (struct ave_worker *)(void *)((char *)h -
					     offsetof(struct ave_worker,
						      streams));
}

static struct ave_worker *of_peers(struct ave_peer_host *h)
{
	return (struct ave_worker *)(void *)((char *)h -
					     offsetof(struct ave_worker,
						      peers));
}

static void on_datagram(struct ave_batch_item *it, void *arg)
{
	struct ave_worker *w = arg;
	const struct ave_door *d = ave_door_of(w, it->socket);
	struct ave_leg leg;

	w->is_batch = true;
	if (d) {
		leg = (struct ave_leg){.client = it->from,
				       .server = d->at,
				       .wire = it->socket,
				       .transport = AVE_UDP,
				       .side = d->side};
		if (ave_door_is_old(w, d) && !ave_relay_find(w->relay, &leg))
			ave_relay_drop(w->relay, AVE_NO_ALLOCATION);
		else
			ave_relay_datagram(w->relay, &leg, it->packet);
	} else {
		ave_relay_peer_datagram(w->relay, it->tag, &it->from,
					it->packet);
	}
	w->is_batch = false;
}

/* Data frames neither begin an allocation nor end it. */
static bool is_message(enum ave_cut cut)
{
	return cut == AVE_CUT_MST_CONTROL || cut == AVE_CUT_RFC_MESSAGE;
}

/* A client may end its allocation and stay: then it has so long for the next
 * one as it had for the first. */
static void judge_stream(struct ave_worker *w, struct ave_stream *s,
			 const struct ave_leg *leg)
{
	const bool has_one = ave_relay_find(w->relay, leg);

	if (has_one && !s->is_confirmed)
		ave_stream_confirm(s);
	else if (!has_one && s->is_confirmed && s->kind != AVE_STREAM_JOINED)
		ave_stream_doubt(s);
}

static void on_message(struct ave_stream_host *h, struct ave_stream *s,
		       enum ave_cut cut, const struct ave_packet *packet)
{
	struct ave_worker *w = of_streams(h);
	const struct ave_leg leg = ave_worker_leg(s);
	bool is_well;

	w->speaker = s;
	is_well = ave_relay_message(w->relay, &leg, cut, *packet);
	w->speaker = NULL;
	if (s->is_dead)
		return;
	if (!is_well)
		ave_stream_finish(s);
	else if (is_message(cut))
		judge_stream(w, s, &leg);
}

void ave_worker_leaves(struct ave_worker *w, const struct edge_addr *client)
{
	atomic_fetch_sub(&w->house->stream_count, 1);
	ave_house_leave(w->house, client);
}

static void on_stream_gone(struct ave_stream_host *h, struct ave_stream *s,
			   enum ave_stream_why why)
{
	struct ave_worker *w = of_streams(h);
	const struct ave_leg leg = ave_worker_leg(s);

	ave_worker_count(w, AVE_STAT_CLOSED + why);
	ave_worker_leaves(w, &s->client);
	if (!s->is_silent)
		ave_relay_client_gone(w->relay, &leg);
}

/* The private key costs this thread what media could use. Inside are few
 * machines, and ours: they are not counted. */
static bool on_may_shake(struct ave_stream_host *h, struct ave_stream *s)
{
	struct ave_worker *w = of_streams(h);
	const unsigned workers = w->house->worker_count;
	const struct edge_rate_of of = {
		.source = s->client,
		.bits4 = SOURCE_BITS4,
		.bits6 = SOURCE_BITS6,
		.rate = (limit(w, AVE_LIMIT_HANDSHAKE_RATE) + workers - 1) /
			workers,
	};

	if (s->is_inside || edge_rates_take(w->shakes, &of, w->hub->now_ms))
		return true;
	ave_worker_count(w, AVE_STAT_REJECTED_HANDSHAKES);
	return false;
}

static void on_filled(struct ave_stream_host *h, struct ave_stream *s)
{
	const struct ave_leg leg = ave_worker_leg(s);

	if (!s->is_silent)
		ave_relay_client_full(of_streams(h)->relay, &leg, true);
}

static void on_stream_drained(struct ave_stream_host *h, struct ave_stream *s)
{
	const struct ave_leg leg = ave_worker_leg(s);

	if (!s->is_silent)
		ave_relay_client_full(of_streams(h)->relay, &leg, false);
}

static void on_connected(struct ave_peer_host *h, struct ave_peer *p)
{
	ave_relay_peer_connected(of_peers(h)->relay, p->tag, p->id);
}

static void on_accepted(struct ave_peer_host *h, struct ave_peer *p)
{
	ave_worker_count(of_peers(h), AVE_STAT_PEERS_ACCEPTED);
	ave_relay_peer_accepted(of_peers(h)->relay, p->tag, p->id, &p->remote);
}

static void on_peer_data(struct ave_peer_host *h, struct ave_peer *p,
			 const struct ave_packet *packet)
{
	struct ave_worker *w = of_peers(h);
	struct ave_stream *s;

	w->is_of_stream = true;
	ave_relay_peer_bytes(w->relay, p->tag, p->id, *packet);
	w->is_of_stream = false;
	s = edge_handles_find(w->streams.streams, w->hearer);
	if (s && w->is_overflow)
		ave_stream_overflow(s);
	else if (s && ave_pipe_is_full(&s->pipe))
		on_filled(&w->streams, s); /* before the next peer is read */
	w->hearer = 0;
	w->is_overflow = false;
}

static void on_peer_drained(struct ave_peer_host *h, struct ave_peer *p)
{
	if (p->blocks)
		ave_worker_unblock(of_peers(h), p);
}

static void on_peer_gone(struct ave_peer_host *h, struct ave_peer *p,
			 enum ave_peer_why why)
{
	struct ave_worker *w = of_peers(h);

	(void)why;
	if (p->blocks)
		ave_worker_unblock(w, p);
	if (!p->is_silent)
		ave_relay_peer_closed(w->relay, p->tag, p->id);
}

/* -- mail ----------------------------------------------------------------- */

static void take_limits(struct ave_worker *w)
{
	struct ave_stream_host *s = &w->streams;
	struct ave_peer_host *p = &w->peers;

	s->is_rfc_served = w->outlook->view.has_rfc;
	s->out_cap = p->out_cap = limit(w, AVE_LIMIT_OUT_QUEUE);
	s->first_bytes_ms = limit(w, AVE_LIMIT_FIRST_BYTES_MS);
	s->first_allocate_ms = limit(w, AVE_LIMIT_FIRST_ALLOCATE_MS);
	s->stall_ms = p->stall_ms = limit(w, AVE_LIMIT_STALL_MS);
	s->keep_alive_s = p->keep_alive_s =
		limit(w, AVE_LIMIT_TCP_KEEP_ALIVE_S);
	p->connect_ms = limit(w, AVE_LIMIT_CONNECT_MS);
	p->connect_queue = limit(w, AVE_LIMIT_CONNECT_QUEUE);
	p->join_ms = limit(w, AVE_LIMIT_JOIN_MS);
	p->hold_ms = limit(w, AVE_LIMIT_HOLD_MS) + p->join_ms + HOLD_SLACK_MS;
}

/* false: the door is not as it should be */
static bool take_door(struct ave_worker *w, struct ave_mail *m,
		      enum ave_door_kind kind)
{
	int fd = m->fds[kind];
	bool is_well;

	m->fds[kind] = -1;
	if (m->ends[kind])
		ave_door_end(w, kind);
	is_well =
		!m->back[kind].family || ave_door_back(w, kind, &m->back[kind]);
	return fd < 0 ? is_well : !ave_door_open(w, kind, fd);
}

static void take_doors(struct ave_worker *w, struct ave_mail *m)
{
	if (m->ends_old)
		ave_doors_end_old(w);
	for (int k = 0; k < AVE_DOORS; k++)
		if (!take_door(w, m, (enum ave_door_kind)k))
			edge_event(AVE_EV_MEMORY, "worker=%u door=%d", w->index,
				   k);
	if (m->moves)
		w->moves = m->moves;
}

static void on_mail(void *msg, void *arg)
{
	struct ave_worker *w = arg;
	struct ave_mail *m = msg;
	struct ave_outlook *old = w->outlook;

	if (m->outlook) {
		ave_relay_look(w->relay, &m->outlook->view);
		w->outlook = m->outlook;
		m->outlook = old; /* freed with the mail */
		take_limits(w);
	}
	if (m->has_tls) {
		struct edge_tls *tls = w->streams.tls;

		w->streams.tls = m->tls;
		m->tls = tls;
	}
	take_doors(w, m);
	if (w->outlook->view.is_draining)
		ave_doors_close_tcp(w);
	ave_mail_free(m);
}

static void on_mail_ready(struct ave_ear *e, unsigned io)
{
	struct ave_worker *w =
		(struct ave_worker *)(void *)((char *)e -
					      offsetof(struct ave_worker,
						       mail_ear));

	(void)io;
	edge_mailbox_take(w->mailbox);
}

/* -- the thread ------------------------------------------------------------ */

static void on_begun(uint64_t now_ms, void *arg)
{
	struct ave_worker *w = arg;

	ave_relay_tick(w->relay, now_ms, (int64_t)time(NULL));
	if (now_ms - w->told_ms < TELL_MS)
		return;
	w->told_ms = now_ms;
	ave_worker_tell(w);
}

static enum edge_err open_doors(struct hand *h)
{
	enum edge_err err = ave_batch_begin(h->w.hub->batch);

	for (int k = 0; k < AVE_DOORS && !err; k++) {
		int fd = h->fds[k];

		h->fds[k] = -1;
		if (fd >= 0)
			err = ave_door_open(&h->w, (enum ave_door_kind)k, fd);
	}
	return err;
}

static void finish_stream(void *thing, void *arg)
{
	(void)arg;
	ave_stream_finish(thing);
}

static void finish_peer(void *thing, void *arg)
{
	(void)arg;
	((struct ave_peer *)thing)->is_silent = true;
	ave_peer_close(thing, false);
}

/* On the thread: its ring takes orders from no other. */
static void close_all(struct ave_worker *w)
{
	edge_handles_each(w->streams.streams, finish_stream, NULL);
	edge_handles_each(w->peers.peers, finish_peer, NULL);
	ave_relay_free(w->relay);
	w->relay = NULL;
	for (int k = 0; k < AVE_DOORS; k++)
		ave_door_close(w, (enum ave_door_kind)k);
	ave_doors_end_old(w);
}

static void *work(void *arg)
{
	struct hand *h = arg;
	struct ave_worker *w = &h->w;

	h->err = open_doors(h);
	sem_post(&h->begun);
	while (!h->err &&
	       !atomic_load_explicit(&w->is_stopping, memory_order_relaxed))
		ave_hub_turn(w->hub, on_datagram, on_begun, w);
	ave_worker_tell(w);
	close_all(w);
	return NULL;
}

/* -- life ------------------------------------------------------------------ */

static void free_hand(struct hand *h)
{
	struct ave_worker *w = &h->w;

	ave_relay_free(w->relay);
	if (w->hub)
		ave_hub_leave(w->hub, &w->mail_ear);
	edge_mailbox_free(w->mailbox);
	ave_hub_free(w->hub);
	edge_handles_free(w->streams.streams);
	edge_rates_free(w->shakes);
	edge_handles_free(w->peers.peers);
	edge_handles_free(w->peers.relays);
	edge_tls_drop(w->streams.tls);
	ave_outlook_free(w->outlook);
	for (int k = 0; k < AVE_DOORS; k++)
		if (h->fds[k] >= 0)
			close(h->fds[k]);
	sem_destroy(&h->begun);
	free(h);
}

static void set_hosts(struct ave_worker *w)
{
	w->streams.message = on_message;
	w->streams.gone = on_stream_gone;
	w->streams.filled = on_filled;
	w->streams.drained = on_stream_drained;
	w->streams.may_shake = on_may_shake;
	w->streams.hub = w->hub;
	w->peers.connected = on_connected;
	w->peers.accepted = on_accepted;
	w->peers.data = on_peer_data;
	w->peers.drained = on_peer_drained;
	w->peers.gone = on_peer_gone;
	w->peers.hub = w->hub;
	w->peers.chunk = PEER_CHUNK;
	take_limits(w);
}

static enum edge_err make_tables(struct ave_worker *w)
{
	const unsigned high = RELAY_SHARDS + w->index % RELAY_SHARDS;
	enum edge_err err = edge_handles_new(&w->streams.streams, w->index,
					     EDGE_HANDLE_SLOTS);

	if (!err)
		err = edge_handles_new(&w->peers.peers, w->index,
				       EDGE_HANDLE_SLOTS);
	if (!err)
		err = edge_handles_new(&w->peers.relays, high,
				       EDGE_HANDLE_SLOTS);
	if (!err)
		err = edge_rates_new(&w->shakes,
				     limit(w, AVE_LIMIT_SOURCES) /
					     w->house->worker_count);
	return err;
}

static enum edge_err make_parts(struct ave_worker *w)
{
	struct ave_relay_plan plan = {
		.net = &ave_worker_net,
		.net_self = w,
		.dialects = {w->house->dialects[AVE_DIALECT_MS],
			     w->house->dialects[AVE_DIALECT_RFC]},
		.shared = &w->house->shared,
		.view = &w->outlook->view,
		.worker = w->index,
		.workers = w->house->worker_count,
		.now_ms = w->hub->now_ms,
	};
	enum edge_err err = make_tables(w);

	if (err)
		return err;
	set_hosts(w);
	err = edge_mailbox_new(&w->mailbox, NULL, MAILS, on_mail, ave_mail_free,
			       w);
	if (err)
		return err;
	w->mail_ear.ready = on_mail_ready;
	err = ave_hub_listen(w->hub, &w->mail_ear, edge_mailbox_fd(w->mailbox),
			     AVE_BATCH_READ);
	if (!err)
		err = ave_relay_new(&w->relay, &plan);
	return err;
}

static enum edge_err start_thread(struct hand *h)
{
	if (pthread_create(&h->id, NULL, work, h))
		return EDGE_ENOMEM;
	sem_wait(&h->begun);
	if (h->err)
		pthread_join(h->id, NULL);
	return h->err;
}

enum edge_err ave_worker_start(struct ave_worker **out,
			       struct ave_worker_plan *p)
{
	struct hand *h = calloc(1, sizeof(*h));
	enum edge_err err = EDGE_ENOMEM;

	if (!h) {
		ave_worker_plan_drop(p);
		return err;
	}
	sem_init(&h->begun, 0, 0);
	h->w.index = p->index;
	h->w.house = p->house;
	h->w.outlook = p->outlook;
	h->w.streams.tls = p->tls;
	for (int k = 0; k < AVE_DOORS; k++) {
		h->fds[k] = p->fds[k];
		p->fds[k] = -1;
		h->w.door[k].fd = -1;
	}
	err = ave_hub_new(&h->w.hub, p->batch, p->index);
	p->batch = NULL;
	p->outlook = NULL;
	p->tls = NULL;
	if (!err)
		err = make_parts(&h->w);
	if (!err)
		err = start_thread(h);
	if (err) {
		free_hand(h);
		return err;
	}
	*out = &h->w;
	return EDGE_OK;
}

void ave_worker_stop(struct ave_worker *w)
{
	struct hand *h = (struct hand *)(void *)w;

	if (!w)
		return;
	atomic_store(&w->is_stopping, true);
	pthread_join(h->id, NULL);
	free_hand(h);
}

enum edge_err ave_worker_post(struct ave_worker *w, struct ave_mail *m)
{
	return edge_mailbox_post(w->mailbox, m);
}
