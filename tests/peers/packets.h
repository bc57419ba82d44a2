/* Numbered packets that peers send each other, and which of them have come. */
#ifndef TESTS_PEERS_PACKETS_H
#define TESTS_PEERS_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PACKET_MIN = 40,    /* [bytes] */
	PACKET_SPREAD = 97, /* lengths vary, odd ones too */
	PACKET_MAX = PACKET_MIN + PACKET_SPREAD,
	PACKET_WINDOW = 32, /* on the way at a time: loss would be a fault */
	PACKET_FIRST = 0x80 /* as RTP begins */
};

/* All below next have come, and those whose bit is set: next is bit 0. */
struct packets {
	uint32_t next;
	uint64_t ahead;
};

/** Returns its length. from: a letter for who sends it. */
size_t packet_make(uint8_t out[PACKET_MAX], uint32_t number, char from);
/** False: altered, or here before. UDP may change their order. */
bool packets_take(struct packets *p, const uint8_t *bytes, size_t len,
		  char from);

#endif
