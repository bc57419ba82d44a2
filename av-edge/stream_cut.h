/* One message after the other out of a TCP client's bytes. */
#ifndef AV_EDGE_STREAM_CUT_H
#define AV_EDGE_STREAM_CUT_H

#include "av-edge/stream.h"

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
