/* What a TCP client's bytes are: first bytes to dialect, stream to messages. */
#ifndef AV_EDGE_STREAM_CUT_H
#define AV_EDGE_STREAM_CUT_H

#include "av-edge/stream.h"

enum {
	AVE_HELLO_LEN = 50,	  /* AV 1.3 ClientHello [bytes] */
	AVE_HELLO_REPLY_LEN = 83, /* AV 1.3 ServerHello and Done [bytes] */
};

enum ave_first {
	AVE_FIRST_MORE, /* too few bytes to tell */
	AVE_FIRST_PSEUDO_TLS,
	AVE_FIRST_TLS,
	AVE_FIRST_MS,
	AVE_FIRST_RFC,
	AVE_FIRST_STRANGE
};

/** AV 1.2, table of TCP first bytes. */
enum ave_first ave_stream_first(struct edge_slice in);
/** The answer to a pseudo-TLS hello: fields that the client masks are random.
 * EDGE_ESYS when there is no randomness. */
EDGE_MUST_CHECK enum edge_err
ave_stream_hello_reply(uint8_t out[AVE_HELLO_REPLY_LEN], uint32_t wall_s);

/**
 * The next message of a stream of that dialect (MS or RFC).
 * @param body   its bytes as enum ave_cut says
 * @param whole  how far the next one is
 * @return EDGE_EAGAIN when it is not whole yet, EDGE_EFORMAT when lost
 */
EDGE_MUST_CHECK enum edge_err
ave_stream_cut(enum ave_cut *cut, struct edge_slice *body, size_t *whole,
	       struct edge_slice in, enum ave_stream_kind kind);

#endif
