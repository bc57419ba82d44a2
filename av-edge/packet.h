/* One packet in a buffer with room around it: headers never move bytes. */
#ifndef AV_EDGE_PACKET_H
#define AV_EDGE_PACKET_H

#include <stddef.h>
#include <stdint.h>

enum {
	AVE_HEADROOM = 64, /* writable bytes before p */
	AVE_TAILROOM = 4,  /* writable bytes after p + len */
};

struct ave_packet {
	uint8_t *p;
	size_t len;
};

#endif
