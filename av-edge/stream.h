/* One TCP client: which dialect it speaks, its messages, its deadlines. */
#ifndef AV_EDGE_STREAM_H
#define AV_EDGE_STREAM_H

#include "av-edge/pipe.h"
#include "av-edge/relay.h"

struct ave_stream;

/* What the first bytes said (AV 1.2). */
enum ave_stream_kind {
	AVE_STREAM_NEW,	   /* no verdict yet */
	AVE_STREAM_MS,	   /* MS framing, with pseudo-TLS before or without */
	AVE_STREAM_RFC,	   /* STUN and ChannelData one after the other */
	AVE_STREAM_SHAKEN, /* genuine TLS, then RFC */
	AVE_STREAM_JOINED, /* bytes of a peer (RFC 6062) */
};

enum ave_stream_why {
	AVE_STREAM_CLOSED,   /* by the client */
	AVE_STREAM_STRANGE,  /* first bytes that are none of ours */
	AVE_STREAM_FRAMING,  /* lost in the middle */
	AVE_STREAM_SLOW,     /* first bytes or first allocation too late */
	AVE_STREAM_STALLED,  /* does not read */
	AVE_STREAM_TLS,	     /* handshake failed or refused; none is served */
	AVE_STREAM_DISMISSED /* by ave_stream_finish */
};

/* Who owns the streams; all calls on its thread. */
struct ave_stream_host {
	/** packet is valid until return, with room around it. */
	void (*message)(struct ave_stream_host *h, struct ave_stream *s,
			enum ave_cut cut, const struct ave_packet *packet);
	/** It is freed at the end of the turn. */
	void (*gone)(struct ave_stream_host *h, struct ave_stream *s,
		     enum ave_stream_why why);
	/** Its queue is half full: told at the end of the turn. */
	void (*filled)(struct ave_stream_host *h, struct ave_stream *s);
	/** It was full and takes media again. */
	void (*drained)(struct ave_stream_host *h, struct ave_stream *s);
	/** A TLS handshake of it would begin. false: it ends instead; NULL:
	 * never. */
	bool (*may_shake)(struct ave_stream_host *h, struct ave_stream *s);
	struct ave_hub *hub;
	struct edge_handles *streams;
	struct edge_tls *tls; /* TURN over TLS; NULL: not served */
	bool is_rfc_served;
	uint32_t out_cap;
	uint32_t first_bytes_ms, first_allocate_ms, stall_ms, keep_alive_s;
};

struct ave_stream {
	struct ave_pipe pipe; /* first */
	struct ave_stream_host *host;
	edge_handle id;
	enum ave_stream_kind kind;
	struct edge_addr client, server;
	bool is_inside, is_confirmed, is_dead;
	bool is_silent;		/* the host's: its end is told to nobody */
	unsigned blockers;	/* the host's: peers it waits for */
	struct edge_bytes rest; /* of a message that is not whole yet */
	struct edge_timer deadline, stall;
	struct ave_chore burial, again, full;
};

/* Who came in where, as asked once: a client that has reset the connection
 * meanwhile has no name any more. */
struct ave_stream_ends {
	struct edge_addr client, server;
	bool is_inside;
};

/** fd is taken over, also when this fails. */
EDGE_MUST_CHECK enum edge_err ave_stream_new(struct ave_stream **out,
					     struct ave_stream_host *h, int fd,
					     const struct ave_stream_ends *at);
/** It has an allocation: no more deadline. */
void ave_stream_confirm(struct ave_stream *s);
/** It has none any more: so long for the next one as for the first. */
void ave_stream_doubt(struct ave_stream *s);
/** Close now; gone() is told AVE_STREAM_DISMISSED unless it was told. */
void ave_stream_finish(struct ave_stream *s);

/** Its queue has no room for bytes that must not be missing: it ends as one
 * that does not read. */
void ave_stream_overflow(struct ave_stream *s);

/** One message, framed already. EDGE_ELIMIT: nothing was sent, the queue is
 * full; half full for media, which is worth less later. EDGE_ECLOSED. */
EDGE_MUST_CHECK enum edge_err
ave_stream_put(struct ave_stream *s, struct edge_slice bytes, bool is_media);
/** No more messages until resumed: a peer does not read. */
void ave_stream_pause(struct ave_stream *s);
void ave_stream_resume(struct ave_stream *s);
/** Its raw bytes and the peer's become each other's. */
void ave_stream_join(struct ave_stream *s, struct ave_pipe *peer);
const char *ave_stream_why_name(enum ave_stream_why why);

#endif
