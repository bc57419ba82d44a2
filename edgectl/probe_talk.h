/* What a probe says to each kind of server, and what it makes of the answer:
 * PURE. */
#ifndef EDGECTL_PROBE_TALK_H
#define EDGECTL_PROBE_TALK_H

#include <stdint.h>

#include "common/addr.h"
#include "common/slice.h"

enum {
	CTL_PROBE_SAY_MAX = 2048,
	CTL_PROBE_ID_LEN = 16,
	CTL_PROBE_HEARD_MAX = 16 * 1024, /* ours: an answer is small */
};

enum ctl_probe_talk {
	CTL_PROBE_SIP,	    /* OPTIONS; RFC 3261 §11 */
	CTL_PROBE_PSOM,	    /* EP1, a version that nobody speaks; WC 5.2 */
	CTL_PROBE_XMPP,	    /* the opening of a stream; RFC 6120 §4.2 */
	CTL_PROBE_BINDING,  /* RFC 8489 */
	CTL_PROBE_ALLOCATE, /* MS-TURN, without credentials */
	CTL_PROBE_HELLO,    /* pseudo-TLS; AV 1.3 */
	CTL_PROBE_FRAMED,   /* ALLOCATE in a frame; AV 1.4 */
	CTL_PROBE_TALKS
};

struct ctl_probe_ask {
	const char *domain, *host; /* the SIP domain; the server's name */
	struct edge_addr local;
	uint8_t id[CTL_PROBE_ID_LEN]; /* random: ties the answer to it */
};

enum ctl_probe_verdict {
	CTL_PROBE_MORE,	   /* so far it may be an answer */
	CTL_PROBE_HEARD,   /* such a server is there */
	CTL_PROBE_FOREIGN, /* something else is */
};

struct ctl_probe_heard {
	char text[200];	       /* for people; ASCII */
	struct edge_addr seen; /* BINDING: where we come from */
};

/** "SIP OPTIONS" */
const char *ctl_probe_talk_name(enum ctl_probe_talk t);
/** Empty when it does not fit. */
struct edge_slice ctl_probe_say(uint8_t out[CTL_PROBE_SAY_MAX],
				enum ctl_probe_talk t,
				const struct ctl_probe_ask *a);
/** Any bytes, from the first of the answer on. out is written with HEARD and
 * FOREIGN. */
enum ctl_probe_verdict ctl_probe_judge(struct ctl_probe_heard *out,
				       enum ctl_probe_talk t,
				       const struct ctl_probe_ask *a,
				       struct edge_slice in);

#endif
