/* An MS-TURN client for tests: blocking, one allocation, one peer. */
#ifndef EDGECTL_TURN_H
#define EDGECTL_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/slice.h"

enum { CTL_TURN_PACKET = 2048 };

struct ctl_turn; /* wiped by close */

/* Of an open that failed, for who decides by it. */
struct ctl_turn_fault {
	unsigned code; /* the server's Error Code; 0: none */
	int error;     /* errno of EDGE_ESYS; 0: none */
};

struct ctl_turn_plan {
	struct edge_addr server;
	struct edge_addr local;		      /* to send from; family 0: any */
	const char *device;		      /* NULL: any */
	bool is_tcp;			      /* pseudo-TLS, then frames */
	struct edge_slice username, password; /* raw bytes */
	uint32_t ms;			      /* for connecting, each answer */
	struct ctl_turn_fault *fault;	      /* NULL: not wanted */
};

/** Connected (TCP: pseudo-TLS too) and allocated. why gets words. */
EDGE_MUST_CHECK enum edge_err ctl_turn_open(struct ctl_turn **out,
					    const struct ctl_turn_plan *p,
					    char *why, size_t why_cap);
/** Gives the allocation back. NULL is fine. */
void ctl_turn_close(struct ctl_turn *t);
const struct edge_addr *ctl_turn_relayed(const struct ctl_turn *t);
const struct edge_addr *ctl_turn_reflexive(const struct ctl_turn *t);
/** Set Active Destination and its answer; payload goes raw from then on. */
EDGE_MUST_CHECK enum edge_err ctl_turn_set_peer(struct ctl_turn *t,
						const struct edge_addr *peer,
						char *why, size_t why_cap);
EDGE_MUST_CHECK enum edge_err ctl_turn_send(struct ctl_turn *t,
					    struct edge_slice payload);
/** The peer's next payload, as it came or in an indication; on TCP whatever
 * piece of the stream. EDGE_ETIMEOUT: none within ms; EDGE_ECLOSED. */
EDGE_MUST_CHECK enum edge_err
ctl_turn_receive(struct ctl_turn *t, struct edge_slice *payload, uint32_t ms);
/** To poll for what may be received. */
int ctl_turn_fd(const struct ctl_turn *t);

#endif
