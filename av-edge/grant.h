/* What is asked of the relay for a client, and who it is. */
#ifndef AV_EDGE_GRANT_H
#define AV_EDGE_GRANT_H

#include <stdbool.h>
#include <stdint.h>

struct ave_alloc;

struct ave_want {
	uint32_t lifetime_s; /* 0: the default */
	bool is_tcp;	     /* relayed address for connections */
	bool v4, v6;	     /* families; at least one */
	uint8_t dscp;	     /* of datagrams to peers; 0: none */
	bool even, reserve;  /* EVEN-PORT, and the next port kept */
	uint64_t reserved;   /* RESERVATION-TOKEN; 0: none */
	/* ends when the new one is there, and only then; NULL: none */
	struct ave_alloc *instead;
	const char *integrity; /* for the log, of struct ave_story */
};

struct ave_grant { /* who the token says it is */
	uint8_t pseudonym[16];
	int64_t issued_s, expires_s; /* wall */
	bool outside, inside, is_server;
};

#endif
