/* One client of a worker's, as a stream, and all that becomes of it. */
#ifndef TESTS_UNIT_AV_EDGE_STREAM_WORLD_H
#define TESTS_UNIT_AV_EDGE_STREAM_WORLD_H

#include <check.h>

#include "av-edge/stream.h"

enum { TURNS = 400, OUT_CAP = 80000 };

struct stream_world {
	struct ave_stream_host host; /* first */
	struct ave_hub *hub;
	struct ave_stream *stream;
	unsigned messages, gone, filled, drained;
	enum ave_stream_why why;
	enum ave_cut cut[8];
	char body[8][64];
	size_t len[8];
	bool pauses; /* after each message */
	struct ave_pipe *joins;
};

/** The only one; set up and torn down by these. */
extern struct stream_world w;
void stream_world_set_up(void);
void stream_world_tear_down(void);
/** 192.0.2.1 with that port. */
struct edge_addr stream_world_addr(uint16_t port);
/** A client: its own end. */
int stream_world_client(void);
void stream_world_say(int fd, const void *p, size_t len);
void stream_world_turn(void);

#define turn_until(what)                                      \
	do {                                                  \
		for (int left = TURNS; !(what); left--) {     \
			ck_assert_msg(left, "never: " #what); \
			stream_world_turn();                  \
		}                                             \
	} while (0)

#endif
