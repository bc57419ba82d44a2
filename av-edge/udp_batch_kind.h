/* What both kinds of batch share: the socket table and names on the wire. */
#ifndef AV_EDGE_UDP_BATCH_KIND_H
#define AV_EDGE_UDP_BATCH_KIND_H

#include <netinet/in.h>
#include <sys/epoll.h>

#include "av-edge/udp_batch.h"

enum {
	AVE_BATCH_STRIDE = 2048 + 64, /* of buffers: not all in one cache set */
	AVE_BATCH_EVENTS = 64, /* ours: watched descriptors told a turn */
};

struct ave_batch_socket {
	uint64_t tag;
	int fd; /* -1: free */
	uint16_t generation;
	uint16_t next; /* free list, oldest first */
	uint16_t family;
	uint16_t burst; /* epoll: datagrams to ask for */
};

union ave_batch_name {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* The rows of a kind; b is open to both. */
struct ave_batch_ops {
	enum ave_batch_kind kind;
	enum edge_err (*start)(struct ave_batch *b);
	void (*stop)(struct ave_batch *b);
	enum edge_err (*begin)(struct ave_batch *b);
	enum edge_err (*open)(struct ave_batch *b, uint32_t id);
	void (*close)(struct ave_batch *b, uint32_t id);
	size_t (*wait)(struct ave_batch *b, struct ave_batch_item *items,
		       int timeout_ms);
	void (*send)(struct ave_batch *b, uint32_t id,
		     const struct edge_addr *to, struct edge_slice bytes);
	void (*flush)(struct ave_batch *b);
};

struct ave_batch {
	const struct ave_batch_ops *ops;
	void *engine; /* of the kind */
	int epoll;    /* everything (epoll), what is watched (ring) */
	struct ave_batch_socket *sockets;
	uint32_t cap, count, oldest, newest;
	struct ave_batch_losses losses;
};

extern const struct ave_batch_ops ave_batch_epoll_ops, ave_batch_ring_ops;

uint32_t ave_batch_slot(uint32_t id);
/** NULL when that socket is not open any more. */
struct ave_batch_socket *ave_batch_find(const struct ave_batch *b, uint32_t id);
/** Length of the name; 0 when the address is not of the socket's family. */
socklen_t ave_batch_name(union ave_batch_name *out, const struct edge_addr *to,
			 unsigned family);
/** False, and counted: an address that answers could not be sent to. */
bool ave_batch_sender(struct edge_addr *out, struct ave_batch *b,
		      const union ave_batch_name *name, unsigned family);
/** What epoll told of a watched descriptor; 1. */
size_t ave_batch_ready(struct ave_batch_item *out, const struct epoll_event *e);

#endif
