/* Frames with one UDP datagram, made and judged byte by byte. */
#ifndef TESTS_UNIT_AV_EDGE_FAST_FRAME_H
#define TESTS_UNIT_AV_EDGE_FAST_FRAME_H

#include "common/addr.h"

enum { FRAME_HEADS = 14 + 20 + 8, FRAME_ROOM = 2048 };

struct frame {
	uint8_t p[FRAME_ROOM];
	size_t len;
};

extern const uint8_t frame_own_mac[6];

void frame_put16(uint8_t *p, unsigned v);
unsigned frame_get16(const uint8_t *p);
uint32_t frame_add(uint32_t sum, const uint8_t *p, size_t len);
unsigned frame_folded(uint32_t sum);
/** Does its datagram's checksum fit? */
bool frame_is_summed(const struct frame *f);
/** Checksums made, traffic class EF, time to live 61; mac: the sender's. */
struct frame frame_make(const struct edge_addr *from,
			const struct edge_addr *to, const uint8_t *mac,
			struct edge_slice payload);
/** A good packet from here to there with that payload, class as above, time to
 * live 60. Of the datagram's checksum nothing is said. */
void frame_is_sent(const struct frame *f, const struct edge_addr *from,
		   const struct edge_addr *to, const uint8_t *mac,
		   struct edge_slice payload);

#endif
