/* The whole service on loopback, a data MCU and clients around it; its daemon
 * is the test. */
#ifndef TESTS_UNIT_WEBCONF_EDGE_SERVICE_WORLD_H
#define TESTS_UNIT_WEBCONF_EDGE_SERVICE_WORLD_H

#include <check.h>

#include "tests/unit/webconf-edge/ep1_peer.h"
#include "webconf-edge/service_state.h"

enum { KEY_BYTE = 0x11, NEXT_BYTE = 0x22 }; /* of keys 1 and 2 */

/* of the running test; new with each one */
extern struct certs *files;
extern struct topo t;		/* as it will be written next */
extern const struct topo *topo; /* the first one */
extern struct edge_config *config, *other;
extern struct edge_loop *loop;
extern struct wce_service *v;
extern struct edge_tls *client_tls;
extern struct ep1_peer control, leg, peer, second;
extern char state[64], why[512];

/** A case with a service, made and not opened, around each test. */
TCase *service_case(Suite *s, const char *name);
int count_files(void);
/** Both doors at ports that were free just now. */
void choose_doors(void);
/** What t is now, as the store gives it; the caller's. */
const struct topo *snapshot(void);
/** Settings with that certificate outside; more: further sections. */
struct edge_config *settings(const char *leaf, const char *more);
void write_keys(unsigned kid, unsigned byte);
void remove_state(void);
enum edge_err open_it(void);
void start(void); /* opens it, too */
const struct edge_addr *outside(void);
const struct edge_addr *inside(void);

/** A client says HELLO with that key. */
void knock(struct ep1_peer *p, unsigned kid, unsigned byte);
/** The MCU is up, and peer is paired with leg. */
void pair(void);
/** Both say something to each other. */
void talk(void);

#endif
