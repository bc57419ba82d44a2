/* The server of fabrikam.com as DNS tells it: a listening socket of the test.
 */
#ifndef TESTS_UNIT_ACCESS_EDGE_XMPP_FAR_H
#define TESTS_UNIT_ACCESS_EDGE_XMPP_FAR_H

#include "tests/support/fake_dns.h"
#include "tests/unit/access-edge/xmpp_world.h"

struct xmpp_far {
	int listener;
	struct fake_dns *dns;
	struct fake_dns_row rows[2];
	char srv[64], resolv[64];
};

/** From now on the world's look-ups lead there; f stays where it is. */
void xmpp_far_open(struct xmpp_far *f);
void xmpp_far_close(struct xmpp_far *f); /* fine when not opened */

#endif
