/* What a token grants; AV 6.1. */
#ifndef AV_EDGE_GRANT_H
#define AV_EDGE_GRANT_H

#include <stdbool.h>
#include <stdint.h>

struct ave_grant { /* who the token says it is */
	uint8_t pseudonym[16];
	int64_t issued_s, expires_s; /* wall */
	bool outside, inside, is_server;
};

#endif
