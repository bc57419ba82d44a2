/* The XMPP proxy's streams with a test at their other ends, in the clear. */
#ifndef TESTS_UNIT_ACCESS_EDGE_XMPP_WORLD_H
#define TESTS_UNIT_ACCESS_EDGE_XMPP_WORLD_H

#include <check.h>

#include "access-edge/limits.h"
#include "access-edge/xmpp_link.h"

/* fabrikam.com is spoken to in the clear and by dialback, litware.example by
 * certificate alone; contoso.com is ours. */
struct xmpp_end { /* what the test holds of a connection */
	int fd;
	size_t len;
	char text[1 << 20]; /* all that came */
};

extern struct acc_xmpp_core core;
extern struct topo xmpp_topo;
extern _Atomic uint64_t xmpp_limits[ACC_LIMIT_COUNT];

/** A case with the world around each test. */
TCase *xmpp_world_case(Suite *s, const char *name);
/** A partner's connection to us; freed with the world. */
struct xmpp_end *xmpp_partner(void);
/** The same with a stream: header and features are there. */
struct xmpp_end *xmpp_partner_open(const char *from);
/** A gateway of that name, its stream established. */
struct xmpp_end *xmpp_gateway(const char *name);
/** Where a listening socket of the test's is; a partner's server. */
struct edge_addr xmpp_listen(int *fd);
/** Who comes in there. */
struct xmpp_end *xmpp_taken(int listener);
void xmpp_say(struct xmpp_end *e, const char *text);
/** Turns the loop until that has come; the test fails after some seconds. */
void xmpp_hears(struct xmpp_end *e, const char *words);
/** The other end has closed; what it said before is kept. */
void xmpp_is_over(struct xmpp_end *e);
/** Turn the loop once more and read what is there. */
void xmpp_seen(struct xmpp_end *e);
/** What came is forgotten. */
void xmpp_forget(struct xmpp_end *e);
/** The link whose peer that end is, the newest one. */
struct acc_xmpp_link *xmpp_newest(void);
uint64_t xmpp_stat(size_t row);
/** A row of the list of refusals has that. */
bool xmpp_kept(const char *words);
void xmpp_turn(unsigned ms);

#endif
