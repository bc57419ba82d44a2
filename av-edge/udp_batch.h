/* Datagrams in batches: received into room, sent together, once a turn. */
#ifndef AV_EDGE_UDP_BATCH_H
#define AV_EDGE_UDP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "av-edge/packet.h"
#include "common/addr.h"
#include "common/err.h"
#include "common/slice.h"

enum {
	AVE_BATCH_ITEMS = 256, /* ours: a turn; what a worker's array holds */
	AVE_BATCH_SOCKETS = 65535, /* at most, a batch */
	/* ours: payload of the longest datagram taken; longer ones are cut by
	 * the kernel, so they are dropped and counted [bytes] */
	AVE_BATCH_DATAGRAM_MAX = 2048 - AVE_HEADROOM - AVE_TAILROOM,
};

/* How the kernel is asked. */
enum ave_batch_kind {
	AVE_BATCH_AUTO,	 /* a ring if it works here, else epoll */
	AVE_BATCH_RING,	 /* io_uring: multishot receive, sends as one call */
	AVE_BATCH_EPOLL, /* epoll, recvmmsg, sendmmsg */
};

enum ave_batch_what {
	AVE_BATCH_DATAGRAM,
	AVE_BATCH_READY, /* a watched descriptor */
};

enum ave_batch_io { AVE_BATCH_READ = 1, AVE_BATCH_WRITE = 2 };

struct ave_batch_item {
	uint64_t tag; /* given to _open or _watch */
	uint32_t socket;
	uint8_t what, ready; /* ready: enum ave_batch_io bits */
	struct edge_addr from;
	struct ave_packet packet; /* valid until the next _wait */
};

/* Since the start; any thread may read a copy that its owner made. */
struct ave_batch_losses {
	uint64_t oversize;  /* received, longer than AVE_BATCH_DATAGRAM_MAX */
	uint64_t no_buffer; /* times that receive buffers ran out */
	uint64_t send_full; /* not sent: the socket's send buffer was full */
	uint64_t send_failed;
	uint64_t foreign; /* sender's address no client of that family has */
};

/* Owner: one worker. Made on any thread; from _begin on of that thread. */
struct ave_batch;

/**
 * @param kind     AVE_BATCH_AUTO never fails for want of a ring
 * @param sockets  datagram sockets open at a time, 1..AVE_BATCH_SOCKETS
 * @return EDGE_ERANGE, EDGE_ENOMEM, EDGE_ESYS (a ring was asked for and the
 *         kernel has none that does what is needed)
 * Before the sandbox closes: it makes the ring and tries it.
 */
EDGE_MUST_CHECK enum edge_err ave_batch_new(struct ave_batch **out,
					    enum ave_batch_kind kind,
					    uint32_t sockets);
void ave_batch_free(struct ave_batch *b); /* closes all sockets; NULL is fine */
/** On the worker's thread, before anything else. */
EDGE_MUST_CHECK enum edge_err ave_batch_begin(struct ave_batch *b);
enum ave_batch_kind ave_batch_kind_of(const struct ave_batch *b);
const char *ave_batch_kind_name(enum ave_batch_kind k); /* "ring" */

/* Ids of sockets are below; so others can be told from them. */
#define AVE_BATCH_ID_END 0x80000000u

/** Receive from fd, a bound non-blocking UDP socket, from now on; it is taken
 * over on success. EDGE_ELIMIT when there are as many as there may be. */
EDGE_MUST_CHECK enum edge_err ave_batch_open(uint32_t *out, struct ave_batch *b,
					     int fd, uint64_t tag);
/** What is queued is sent first; items of this turn stay valid. An id that is
 * not open is fine. */
void ave_batch_close(struct ave_batch *b, uint32_t socket);
/** The socket of that name; -1: none. */
int ave_batch_fd(const struct ave_batch *b, uint32_t id);
size_t ave_batch_count(const struct ave_batch *b); /* open sockets */

/** Any other descriptor: told as AVE_BATCH_READY while it is (level). tag below
 * 2^63, not a pointer: an item may come after _unwatch in the same turn.
 * io 0: errors only. */
EDGE_MUST_CHECK enum edge_err ave_batch_watch(struct ave_batch *b, int fd,
					      unsigned io, uint64_t tag);
void ave_batch_unwatch(struct ave_batch *b, int fd); /* before close */

/**
 * Send what is queued, then wait for something to do.
 * @param items       room for AVE_BATCH_ITEMS; their packets have AVE_HEADROOM
 *                    writable bytes before and AVE_TAILROOM behind
 * @param timeout_ms  -1: for ever
 * @return how many items; none also before the time is over
 */
size_t ave_batch_wait(struct ave_batch *b, struct ave_batch_item *items,
		      int timeout_ms);
/** Queue a datagram; bytes are borrowed until the next _wait (they lie in an
 * item's packet). What cannot be sent is counted, never kept. */
void ave_batch_send(struct ave_batch *b, uint32_t socket,
		    const struct edge_addr *to, struct edge_slice bytes);
/** The same with bytes of the caller's own: sent before this returns. */
void ave_batch_send_now(struct ave_batch *b, uint32_t socket,
			const struct edge_addr *to, struct edge_slice bytes);
struct ave_batch_losses ave_batch_losses_of(const struct ave_batch *b);

#endif
