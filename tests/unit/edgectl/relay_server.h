/* An MS-TURN server in a thread, for two clients that talk to each other. */
#ifndef TESTS_UNIT_EDGECTL_RELAY_SERVER_H
#define TESTS_UNIT_EDGECTL_RELAY_SERVER_H

#include <stdbool.h>

#include "common/addr.h"
#include "common/slice.h"

/* How it misbehaves; zero-initialised: not at all. */
struct relay_plan {
	bool is_tcp;
	unsigned deaf;	      /* to so many first messages */
	unsigned first_code;  /* instead of 401; 1: closes, 2: other bytes */
	unsigned code;	      /* of the Allocate with credentials */
	bool is_mute;	      /* to an Allocate with credentials */
	const char *reason;   /* beside any code; NULL: none */
	unsigned active_code; /* of Set Active Destination */
	bool is_unsigned;     /* its 0103 has no integrity */
	bool as_indications;  /* payload comes in Data Indications */
	unsigned lose, spoil; /* every so many payloads; 0: none */
	struct edge_slice username, password;
};

struct relay_server;

struct relay_server *relay_server_start(const struct relay_plan *p);
struct edge_addr relay_server_address(const struct relay_server *s);
/** Ends it; how many allocations were given back. */
unsigned relay_server_stop(struct relay_server *s);

#endif
