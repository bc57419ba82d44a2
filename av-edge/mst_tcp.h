/* MS-TURN on a stream: the pseudo-TLS opening and the frames; AV 1.3, 1.4. */
#ifndef AV_EDGE_MST_TCP_H
#define AV_EDGE_MST_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum {
	MST_FRAME_HEAD = 4,
	MST_FRAME_CONTROL = 2,
	MST_FRAME_DATA = 3,
	MST_HELLO_LEN = 50,	   /* the client's ClientHello */
	MST_HELLO_REPLY_LEN = 83,  /* ServerHello and ServerHelloDone */
	MST_HELLO_RANDOM_LEN = 60, /* of the reply: 28 and 32 */
};

struct mst_frame {
	struct edge_slice payload;
	uint8_t type; /* MST_FRAME_CONTROL or MST_FRAME_DATA */
};

/** One frame off in. EDGE_EAGAIN: not whole yet; EDGE_EFORMAT: close. */
EDGE_MUST_CHECK enum edge_err mst_frame_take(struct mst_frame *out,
					     struct edge_slice *in);
void mst_frame_head(uint8_t out[MST_FRAME_HEAD], uint8_t type, uint16_t len);

/** Are these the first bytes of the pseudo-TLS ClientHello? EDGE_EAGAIN: so
 * far; EDGE_EFORMAT: no. Time and random are not looked at. */
EDGE_MUST_CHECK enum edge_err mst_hello_check(struct edge_slice in);
void mst_hello_reply(uint8_t out[MST_HELLO_REPLY_LEN], uint32_t wall_s,
		     const uint8_t random[MST_HELLO_RANDOM_LEN]);

#endif
