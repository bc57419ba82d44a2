/* Numbered packets that peers send each other, and which of them have come. */
#include "tests/peers/packets.h"

#include <string.h>

size_t packet_make(uint8_t out[PACKET_MAX], uint32_t number, char from)
{
	size_t len = PACKET_MIN + number % PACKET_SPREAD;

	out[0] = PACKET_FIRST;
	out[1] = (uint8_t)from;
	memcpy(out + 2, &number, sizeof(number));
	for (size_t i = 6; i < len; i++)
		out[i] = (uint8_t)(i * 7 + number);
	return len;
}

bool packets_take(struct packets *p, const uint8_t *bytes, size_t len,
		  char from)
{
	uint8_t want[PACKET_MAX];
	uint32_t number, at;

	if (len < PACKET_MIN)
		return false;
	memcpy(&number, bytes + 2, sizeof(number));
	at = number - p->next;
	if (at >= PACKET_WINDOW || p->ahead >> at & 1 ||
	    packet_make(want, number, from) != len ||
	    memcmp(bytes, want, len) != 0)
		return false;
	for (p->ahead |= UINT64_C(1) << at; p->ahead & 1; p->ahead >>= 1)
		p->next++;
	return true;
}
