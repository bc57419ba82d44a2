/* The other end of a SIP connection, on the test's own loop. */
#ifndef TESTS_SUPPORT_SIP_PEER_H
#define TESTS_SUPPORT_SIP_PEER_H

#include <stdarg.h>

#include "common/conn.h"
#include "common/loop.h"
#include "common/sip/frame.h"
#include "common/sip/msg.h"
#include "common/tls.h"

enum { SIP_PEER_BYTES = 1 << 20, SIP_PEER_WAIT_MS = 8000, SIP_PEER_TEXTS = 4 };

struct sip_peer {
	struct edge_loop *loop;
	struct edge_conn *conn; /* NULL: not there, or gone */
	bool secured, closed;
	char *in; /* not yet read messages */
	size_t in_len;
	struct edge_sip_framer framer;
	struct edge_sip_arena *arena;
	struct edge_sip_msg msg;     /* the last one that was expected */
	char *texts[SIP_PEER_TEXTS]; /* of the last ones, in turn */
	unsigned text_count;
	size_t pongs; /* bytes CR and LF between messages */
};

void sip_peer_init(struct sip_peer *p, struct edge_loop *loop);
void sip_peer_fini(struct sip_peer *p);
void sip_peer_dial(struct sip_peer *p, struct edge_tls *tls,
		   const struct edge_addr *to);
void sip_peer_accept(struct sip_peer *p, struct edge_tls *tls, int fd);
void sip_peer_close(struct sip_peer *p);

/** printf; each LF becomes CR LF. */
void sip_peer_send(struct sip_peer *p, const char *fmt, ...) EDGE_PRINTF(2, 3);
/** Turn the loop until done(arg) or fail after SIP_PEER_WAIT_MS, saying what
 * was awaited. */
void sip_peer_wait(struct edge_loop *loop, bool (*done)(void *arg), void *arg,
		   const char *what);
void sip_peer_wait_secured(struct sip_peer *p);
void sip_peer_wait_closed(struct sip_peer *p);
/** The next message, which must begin with that; parsed. A copy of it is good
 * for sip_peer_answer until SIP_PEER_TEXTS more have come. */
const struct edge_sip_msg *sip_peer_expect(struct sip_peer *p,
					   const char *start);
/** Is a message there already? */
bool sip_peer_has_message(const struct sip_peer *p);
/** Answer a request that was expected: status line and extra lines with LF. */
void sip_peer_answer(struct sip_peer *p, const struct edge_sip_msg *request,
		     const char *status, const char *extra);
/** Text of a header's nth value line into out; "" when absent. */
const char *sip_peer_header(const struct edge_sip_msg *m, const char *name,
			    int nth, char out[1024]);

#endif
