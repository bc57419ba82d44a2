/* access-edge as one daemon: the SIP service and the XMPP proxy beside it. */
#ifndef ACCESS_EDGE_PROGRAM_H
#define ACCESS_EDGE_PROGRAM_H

#include "common/daemon.h"

struct acc_program;

EDGE_MUST_CHECK enum edge_err acc_program_new(struct acc_program **out);
void acc_program_free(struct acc_program *p);
/** Its callbacks and tables. */
struct edge_daemon_plan acc_program_plan(struct acc_program *p);

#endif
