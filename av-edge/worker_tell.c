/* What a worker tells the others: counters, gauges, drops a minute. */
#include <inttypes.h>

#include "av-edge/events.h"
#include "av-edge/worker_state.h"
#include "common/crypto.h"

enum {
	DROPS_EVERY_MS = 60000, /* STYLE §10 [ms] */
	USER_SHOWN = 16, /* AV 6.6: the pseudonym, nothing else [bytes] */
};

static void add(struct ave_worker *w, size_t row, uint64_t *told, uint64_t now)
{
	if (now != *told)
		edge_stats_add(w->house->stats, w->index, row, now - *told);
	*told = now;
}

static void tell_relay(struct ave_worker *w)
{
	const struct ave_relay_counts *c = ave_relay_count(w->relay);
	struct ave_relay_counts *t = &w->told;

	add(w, AVE_STAT_ALLOCATED, &t->allocated, c->allocated);
	add(w, AVE_STAT_RELEASED, &t->released, c->released);
	add(w, AVE_STAT_CHALLENGED, &t->challenged, c->challenged);
	add(w, AVE_STAT_PACKETS_TO_PEER, &t->to_peer, c->to_peer);
	add(w, AVE_STAT_PACKETS_TO_CLIENT, &t->to_client, c->to_client);
	add(w, AVE_STAT_BYTES_TO_PEER, &t->to_peer_bytes, c->to_peer_bytes);
	add(w, AVE_STAT_BYTES_TO_CLIENT, &t->to_client_bytes,
	    c->to_client_bytes);
	add(w, AVE_STAT_FAST_TO_PEER, &t->fast_to_peer, c->fast_to_peer);
	add(w, AVE_STAT_FAST_TO_CLIENT, &t->fast_to_client, c->fast_to_client);
	for (int r = 0; r < AVE_REASONS; r++)
		add(w, AVE_STAT_DROPPED + (size_t)r, &t->reasons[r],
		    c->reasons[r]);
}

static void tell_batch(struct ave_worker *w)
{
	struct ave_batch_losses now = ave_batch_losses_of(w->hub->batch);
	struct ave_batch_losses *t = &w->lost;

	add(w, AVE_STAT_LOST_OVERSIZE, &t->oversize, now.oversize);
	add(w, AVE_STAT_LOST_NO_BUFFER, &t->no_buffer, now.no_buffer);
	add(w, AVE_STAT_LOST_SEND_FULL, &t->send_full, now.send_full);
	add(w, AVE_STAT_LOST_SEND_FAILED, &t->send_failed, now.send_failed);
	add(w, AVE_STAT_LOST_FOREIGN, &t->foreign, now.foreign);
}

/* Never a line a packet: how many of each, once a minute. */
static void tell_drops(struct ave_worker *w)
{
	const struct ave_relay_counts *c = ave_relay_count(w->relay);

	if (w->hub->now_ms - w->dropped_ms < DROPS_EVERY_MS)
		return;
	w->dropped_ms = w->hub->now_ms;
	for (int r = 0; r < AVE_REASONS; r++) {
		uint64_t n = c->reasons[r] - w->dropped.reasons[r];

		if (n)
			edge_event(AVE_EV_DROPPED,
				   "worker=%u reason=%s count=%" PRIu64,
				   w->index,
				   ave_reason_label((enum ave_reason)r), n);
	}
	w->dropped = *c;
}

/* -- allocations ---------------------------------------------------------- */

static const char *way(const struct ave_leg *leg)
{
	static const char *const names[] = {
		[AVE_UDP] = "udp", [AVE_TCP] = "tcp", [AVE_TLS] = "tls"};

	return names[leg->transport];
}

void ave_worker_story(void *self, const struct ave_story *s)
{
	char client[EDGE_ADDR_STRLEN], relayed[EDGE_ADDR_STRLEN] = "-";
	char user[2 * USER_SHOWN + 1];

	(void)self;
	edge_addr_print(&s->leg->client, client);
	if (s->relayed)
		edge_addr_print(s->relayed, relayed);
	edge_hex(user, edge_slice(s->pseudonym, USER_SHOWN));
	switch (s->what) {
	case AVE_STORY_MADE:
		edge_event(AVE_EV_ALLOC_MADE,
			   "client=%s over=%s dialect=%s user=%s relayed=%s"
			   "%s%s",
			   client, way(s->leg), s->dialect, user, relayed,
			   s->integrity ? " integrity=" : "",
			   s->integrity ? s->integrity : "");
		break;
	case AVE_STORY_ENDED:
		edge_event(AVE_EV_ALLOC_ENDED,
			   "client=%s over=%s user=%s relayed=%s reason=%s "
			   "ms=%" PRIu64 " to_peer=%" PRIu64 "/%" PRIu64
			   " to_client=%" PRIu64 "/%" PRIu64,
			   client, way(s->leg), user, relayed,
			   ave_reason_label(s->why), s->lived_ms, s->to_peer,
			   s->to_peer_bytes, s->to_client, s->to_client_bytes);
		break;
	case AVE_STORY_REFUSED:
		edge_event(AVE_EV_ALLOC_REFUSED,
			   "client=%s over=%s dialect=%s user=%s reason=%s",
			   client, way(s->leg), s->dialect, user,
			   ave_reason_label(s->why));
		break;
	}
}

static void set(_Atomic uint32_t *gauge, size_t n)
{
	atomic_store_explicit(gauge, (uint32_t)n, memory_order_relaxed);
}

static uint32_t count_on_old(const struct ave_worker *w)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < w->old_count; i++)
		n += ave_relay_at_wire(w->relay, w->old[i].socket);
	return n;
}

void ave_worker_tell(struct ave_worker *w)
{
	struct ave_gauges *g = &w->house->gauges[w->index];

	tell_relay(w);
	tell_batch(w);
	tell_drops(w);
	set(&g->allocations, ave_relay_count(w->relay)->allocations);
	set(&g->streams, edge_handles_count(w->streams.streams));
	set(&g->peers, edge_handles_count(w->peers.peers));
	set(&g->fast, w->fast ? ave_fast_table_count(w->fast) : 0);
	set(&g->sockets, ave_batch_count(w->hub->batch));
	/* in this order: who sees the move sees the allocations it left */
	atomic_store(&g->on_old, count_on_old(w));
	atomic_store(&g->moves, w->moves);
}
