/* An edge and the conferencing server behind it, in one thread: HELLO is
 * answered as the plan says, then EP1-DO goes from each to all others. */
#ifndef TESTS_UNIT_EDGECTL_CONFERENCE_SERVER_H
#define TESTS_UNIT_EDGECTL_CONFERENCE_SERVER_H

#include "common/addr.h"
#include "tests/support/certs.h"

enum conference_fault {
	CONFERENCE_FINE,
	CONFERENCE_SILENT,   /* takes HELLO, says nothing */
	CONFERENCE_HANGS_UP, /* takes HELLO and closes */
	CONFERENCE_BABBLES,  /* answers HELLO with something else */
	CONFERENCE_ALTERS,   /* one bit of the content */
	CONFERENCE_SHORTENS, /* the last chunk is lost, the one before ends it
			      */
	CONFERENCE_DEAF,     /* takes all, passes nothing on */
	CONFERENCE_ENDS,     /* closes when the content begins */
	CONFERENCE_ERRS,     /* answers the content with error 507 */
	CONFERENCE_BREAKS,   /* answers the content with what is no frame */
};

struct conference_plan {
	unsigned code; /* of REJECT; 0: HELLO_OK */
	unsigned drip; /* bytes a write; 0: whole frames */
	enum conference_fault fault;
};

struct conference_server;

/** Its certificate is NAME.pem of certs. */
struct conference_server *conference_start(struct certs *certs,
					   const char *name,
					   const struct conference_plan *plan);
struct edge_addr conference_address(const struct conference_server *s);
/** Ends it. How many HELLOs it has taken. */
unsigned conference_stop(struct conference_server *s);

#endif
