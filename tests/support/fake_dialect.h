/* Two dialects of a few bytes, for tests of the relay alone. */
#ifndef TESTS_SUPPORT_FAKE_DIALECT_H
#define TESTS_SUPPORT_FAKE_DIALECT_H

#include "av-edge/allocation.h"
#include "tests/support/fake_net.h"

/*
 * Both: what has no flow goes to the client as "D:" and the payload. The first
 * has one flow of channel 0 and passes it bare; the second puts and takes off
 * "@", the channel's low byte and two more bytes. Control messages are
 * counted; the stream ends when their last byte is 'X', and with 'R' the
 * allocation does.
 */
extern const struct ave_dialect fake_ms, fake_rfc;

/* Since fake_dialect_reset. */
struct fake_heard {
	unsigned control[2], with_alloc[2], forgotten, peer_is;
	struct edge_addr peer; /* of the last peer_is */
	uint32_t connection;
	enum ave_reason how;
	bool is_releasing; /* peer_is ends the allocation */
};

extern struct fake_heard fake_heard;
void fake_dialect_reset(void);

/* Messages by their first bytes. */
struct edge_slice fake_ms_message(char last);
struct edge_slice fake_rfc_message(char last);

/** An allocation of n's relay; fails unless it is made. */
struct ave_alloc *fake_allocate(struct fake_net *n, const struct ave_leg *leg,
				const struct ave_dialect *d);
enum ave_reason fake_try(struct ave_alloc **out, struct fake_net *n,
			 const struct ave_leg *leg, const struct ave_dialect *d,
			 const struct ave_want *want);

#endif
