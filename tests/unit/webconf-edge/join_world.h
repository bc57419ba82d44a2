/* Clients, legs and MCUs of the tests of webconf-edge/join.c. */
#ifndef TESTS_UNIT_WEBCONF_EDGE_JOIN_WORLD_H
#define TESTS_UNIT_WEBCONF_EDGE_JOIN_WORLD_H

#include "tests/unit/webconf-edge/desk_world.h"

#define FE01 "fe01.contoso.net"
#define FE02 "fe02.contoso.net"
#define URI  "sip:alice@contoso.com;gruu;opaque=app:conf:data-conf:id:5D37"

enum { JOIN_LEGS = 6 };

/* of the running test; new with each one */
extern struct ep1_peer control, other, legs[JOIN_LEGS];
extern edge_handle a, b, c; /* clients of both shards */

/** A case with a desk and these around each test. */
TCase *join_case(Suite *s, const char *name);
void ask(edge_handle client, uint8_t nonce);
void done(edge_handle client); /* and the desk has read it */
/** The MCU says that a conference has ended, and the desk has read it. */
void send_conf_end(struct ep1_peer *p, const char *uri);

#endif
