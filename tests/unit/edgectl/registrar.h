/* A TLS server in a thread that answers SIP requests from a list. */
#ifndef TESTS_UNIT_EDGECTL_REGISTRAR_H
#define TESTS_UNIT_EDGECTL_REGISTRAR_H

#include "common/addr.h"
#include "tests/support/certs.h"

enum { REGISTRAR_SEEN = 8 };

/* One request's answer: headers beyond those copied, each with CRLF. status 0:
 * silence; 1: the connection is closed; 2: bytes as they are in headers. */
struct registrar_row {
	unsigned status;
	const char *headers, *body;
};

struct registrar;

/** Its certificate is NAME.pem of certs. Ends when the rows are used up and
 * the client has gone. */
struct registrar *registrar_start(struct certs *certs, const char *name,
				  const struct registrar_row *rows,
				  size_t count);
struct edge_addr registrar_address(const struct registrar *r);
/** Waits for its end; the n-th request it has seen, "" when there was none. */
const char *registrar_seen(struct registrar *r, size_t n);
void registrar_stop(struct registrar *r);

#endif
