/* One TCP connection of a worker: bytes in, frames out, and a queue that says
 * when it is full. TLS or not. */
#ifndef AV_EDGE_PIPE_H
#define AV_EDGE_PIPE_H

#include "av-edge/hub.h"
#include "common/bytes.h"
#include "common/tls_stream.h"

enum ave_pipe_event {
	AVE_PIPE_CONNECTED, /* what was dialled is there */
	AVE_PIPE_READABLE,  /* ave_pipe_take has something to say */
	AVE_PIPE_DRAINED,   /* was full, is half empty */
	AVE_PIPE_GONE,	    /* nothing more comes or goes: close it */
	AVE_PIPE_STALLED,   /* joined, and its reader is too slow: the same */
};

/* Embedded in its owner; the fields are pipe.c's own. Must not move. */
struct ave_pipe {
	struct ave_ear ear; /* first */
	struct ave_hub *hub;
	void (*fn)(struct ave_pipe *p, enum ave_pipe_event e);
	struct edge_bytes out;
	struct edge_bytes plain; /* TLS: decrypted, not yet taken */
	struct edge_tls_stream *tls;
	struct ave_chore again;	 /* more is decrypted already */
	struct ave_chore lost;	 /* the kernel listens to it no more */
	struct ave_pipe *far;	 /* joined: what comes goes there */
	struct edge_timer stall; /* joined: its reader is waited for */
	uint32_t stall_ms;
	uint32_t cap; /* of out [bytes] */
	int fd;
	bool is_open, is_connecting, is_shaking, is_paused, is_full, is_gone;
	bool is_ending; /* gone when all is written */
};

/** fd is taken over on success; is_connecting: until AVE_PIPE_CONNECTED. */
EDGE_MUST_CHECK enum edge_err
ave_pipe_open(struct ave_pipe *p, struct ave_hub *h, int fd, bool is_connecting,
	      void (*fn)(struct ave_pipe *p, enum ave_pipe_event e));
/** How much may wait to be written; what is queued stays. */
void ave_pipe_set_cap(struct ave_pipe *p, uint32_t cap);
/** The bytes received so far are the start of a TLS handshake as its server;
 * from now on what is taken is plain. */
EDGE_MUST_CHECK enum edge_err ave_pipe_secure(struct ave_pipe *p,
					      struct edge_tls *tls,
					      struct edge_slice received);
/** Closes at once; a closed or zero-initialised one is fine. is_reset: tells
 * the other end so (RST). */
void ave_pipe_close(struct ave_pipe *p, bool is_reset);

/** Read into buf: EDGE_OK and *len bytes, EDGE_EAGAIN, EDGE_ECLOSED. */
EDGE_MUST_CHECK enum edge_err ave_pipe_take(struct ave_pipe *p, uint8_t *buf,
					    size_t cap, size_t *len);
/** Write all of it or keep the rest. EDGE_ELIMIT: the queue is full, nothing
 * was taken; EDGE_ECLOSED. */
EDGE_MUST_CHECK enum edge_err ave_pipe_put(struct ave_pipe *p,
					   struct edge_slice bytes);
/** More than half of the queue is used: the writer should wait. */
bool ave_pipe_is_full(const struct ave_pipe *p);
/** No more AVE_PIPE_READABLE until resumed. */
void ave_pipe_pause(struct ave_pipe *p);
void ave_pipe_resume(struct ave_pipe *p);
bool ave_pipe_is_paused(const struct ave_pipe *p);
/** AVE_PIPE_GONE as soon as what is queued has been written; nothing is read
 * any more. */
void ave_pipe_end(struct ave_pipe *p);
/** From now on what one brings is written to the other, and a slow reader
 * stops its writer (RFC 6062 §4.5); each is told AVE_PIPE_GONE of itself, and
 * the other ends when its queue is written. A queue that is not drained in
 * stall_ms is AVE_PIPE_STALLED. Neither is told of data. */
void ave_pipe_join(struct ave_pipe *a, struct ave_pipe *b, uint32_t stall_ms);

#endif
