/* Two ends of TLS over loopback, for the tests of common/conn.c. */
#ifndef TESTS_UNIT_COMMON_CONN_WORLD_H
#define TESTS_UNIT_COMMON_CONN_WORLD_H

#include <check.h>

#include "common/conn.h"
#include "common/loop.h"
#include "common/tls.h"
#include "tests/support/certs.h"

enum {
	CONN_EVENTS = EDGE_CONN_FAILED + 1,
	BIG = 3 << 20, /* more than all buffers [bytes] */
};

/* One end of a connection and what it was told. */
struct end {
	struct edge_conn *conn;
	unsigned count[CONN_EVENTS];
	void (*fn)(struct end *e, enum edge_conn_event ev);
	struct end *other;
	uint8_t *got;
	size_t got_len, want_len, say_len;
};

/* of the running test; new with each one */
extern struct certs *certs;
extern struct edge_loop *loop;
extern struct edge_tls *server_tls, *client_tls;
extern struct edge_conn_plan plan; /* of both ends */
extern struct end server, client;
extern int listen_fd;
extern struct edge_addr address; /* where the server is */

/** A case with that world around each test. */
TCase *world_case(Suite *s, const char *name);
struct edge_tls *world_tls(const struct edge_tls_recipe *r);
struct edge_conn_plan world_plan(struct end *e, struct edge_tls *tls);
void world_dial(void);
void world_run(void);

/** Takes all that came; stops when the wanted length is there. */
void end_collect(struct end *e);
void end_send(struct end *e, const char *text);
uint8_t *pattern_new(size_t len);
void end_send_pattern(struct end *e, size_t len);
void end_check_pattern(const struct end *e, size_t len);
/* ends that talk, or only listen */
void end_pause(struct end *e, enum edge_conn_event ev);
void end_echo(struct end *e, enum edge_conn_event ev);
void end_say_hello(struct end *e, enum edge_conn_event ev);

#endif
