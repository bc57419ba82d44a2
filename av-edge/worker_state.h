/* A worker as its own files see it. */
#ifndef AV_EDGE_WORKER_STATE_H
#define AV_EDGE_WORKER_STATE_H

#include "av-edge/outlook.h"
#include "av-edge/peer_tcp.h"
#include "common/rates.h"
#include "av-edge/stream.h"
#include "av-edge/worker.h"

/* A server socket of this worker. */
struct ave_door {
	struct ave_ear ear; /* TCP; first */
	struct ave_lull lull;
	struct ave_worker *worker;
	uint32_t socket; /* UDP: the batch's id; 0: closed */
	int fd;		 /* TCP; -1: closed */
	struct edge_addr at;
	uint8_t side;
};

struct ave_worker {
	unsigned index;
	struct ave_house *house;
	struct ave_hub *hub;
	struct ave_relay *relay;
	struct ave_outlook *outlook;
	struct ave_door door[AVE_DOORS];
	/* UDP doors that have moved, for the allocations made there; as the
	 * kernel shares clients out by the number of sockets at an address, all
	 * workers end theirs together */
	struct ave_door old[AVE_OLD_DOORS];
	unsigned old_count;
	uint32_t moves; /* as the last mail said */
	struct ave_stream_host streams;
	struct edge_rates *shakes; /* TLS handshakes by source */
	struct ave_peer_host peers;
	struct ave_stream *speaker;   /* whose message is at hand */
	bool is_batch;		      /* the packet at hand is the batch's */
	bool is_of_stream;	      /* it is a part of a peer's stream */
	edge_handle hearer;	      /* the client's stream that it went to */
	bool is_overflow;	      /* and had no room there */
	struct ave_relay_counts told; /* in house->stats already */
	struct ave_batch_losses lost;
	struct ave_relay_counts dropped; /* as in the last event */
	uint64_t told_ms, dropped_ms;
	struct edge_mailbox *mailbox;
	struct ave_ear mail_ear;
	_Atomic bool is_stopping;
};

/* What the relay asks of it. */
extern const struct ave_net ave_worker_net;
/** The client of a stream. */
struct ave_leg ave_worker_leg(const struct ave_stream *s);
/** A peer reads again, or is gone: who waited for it goes on. */
void ave_worker_unblock(struct ave_worker *w, struct ave_peer *p);
/** A TCP client that was let in has gone. */
void ave_worker_leaves(struct ave_worker *w, const struct edge_addr *client);
void ave_worker_count(struct ave_worker *w, size_t row);

/* Server sockets: fds are taken over. */
EDGE_MUST_CHECK enum edge_err ave_door_open(struct ave_worker *w,
					    enum ave_door_kind kind, int fd);
void ave_door_close(struct ave_worker *w, enum ave_door_kind kind);
/** It is no more; of UDP, who has an allocation there goes on. */
void ave_door_end(struct ave_worker *w, enum ave_door_kind kind);
/** Nobody connects any more. */
void ave_doors_close_tcp(struct ave_worker *w);
/** Of that UDP socket, also of one that has moved; NULL: none is. */
const struct ave_door *ave_door_of(const struct ave_worker *w, uint32_t socket);
/** It has moved back: clients that were left there are at home again. No other
 * socket joins those at that place: the kernel shares clients out by their
 * number. false: there is no such old door. */
bool ave_door_back(struct ave_worker *w, enum ave_door_kind kind,
		   const struct edge_addr *at);
bool ave_door_is_old(const struct ave_worker *w, const struct ave_door *d);
void ave_doors_end_old(struct ave_worker *w);

/** struct ave_net's told: events of allocations. */
void ave_worker_story(void *self, const struct ave_story *s);
/** Counters and gauges for the other threads. */
void ave_worker_tell(struct ave_worker *w);

#endif
