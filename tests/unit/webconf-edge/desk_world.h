/* A desk on the test's own loop, data MCUs around it, and a box for what it
 * posts to its shards. */
#ifndef TESTS_UNIT_WEBCONF_EDGE_DESK_WORLD_H
#define TESTS_UNIT_WEBCONF_EDGE_DESK_WORLD_H

#include <check.h>

#include "tests/unit/webconf-edge/ep1_peer.h"
#include "webconf-edge/desk.h"
#include "webconf-edge/mcu.h"

enum { DESK_MAILS = 2048, DESK_SHARDS = 2 };

/* Certificates by name: "fe01" (fe01, fepool and old.contoso.net), "fe02",
 * "stranger" (in no topology). */
struct desk_world {
	struct certs *certs;
	struct edge_loop *loop;
	_Atomic uint64_t limits[WCE_LIMIT_COUNT];
	struct wce_shared shared;
	struct edge_peer_policy policy;
	struct edge_addr at; /* of the desk's door */
	struct wce_desk *desk;
	struct wce_mail *mails[DESK_MAILS]; /* posted, in order */
	unsigned mail_shards[DESK_MAILS];
	unsigned mail_count, mails_read;
	const char
		*name; /* the edge's outside, of snapshots made from now on */
};

extern struct desk_world desk_w; /* of the running test */
/** A case with a desk around each test. */
TCase *desk_case(Suite *s, const char *name);
/** Another desk, made with the limits as they are now; nobody is there yet. */
void desk_restart(void);

/* -- data MCUs ---------------------------------------------------------- */

struct desk_mcu { /* what REGISTER says */
	const char *name;
	uint8_t instance; /* its first byte; the others are 0 */
	uint64_t generation;
	uint32_t capacity;
	uint16_t legs;
};
/** A connection, secured, with that certificate. */
void desk_dial(struct ep1_peer *p, const char *certificate);
void desk_send_register(struct ep1_peer *p, const struct desk_mcu *m);
void desk_send_offer(struct ep1_peer *p, const char *name, uint8_t instance);
/** fe01 registers: generation 1, instance 1, legs as given; REGISTER_OK and
 * WANT (when legs) are taken. */
void desk_up(struct ep1_peer *control, uint16_t legs);
/** A leg of fe01, instance 1, is parked when this returns. */
void desk_park(struct ep1_peer *leg);
/** All that was sent before on this control connection has been dealt with:
 * PING and its PONG. */
void desk_sync(struct ep1_peer *control);
struct wce_mcu *desk_mcu(const char *name); /* NULL: none */

/* -- shards ------------------------------------------------------------- */

/** A mail to the desk, by its mailbox. */
void desk_mail(enum wce_mail_kind kind, edge_handle client);
/** ASK for fe01: conference and nonce by one byte each, source 10.0.0.x. */
struct desk_ask {
	uint8_t conference, nonce, source;
	const char *mcu; /* NULL: fe01 */
	const char *uri; /* of the conference; NULL: by the byte */
};
void desk_ask(edge_handle client, struct desk_ask a);
/** All mails to the desk have been dealt with. */
void desk_read_mails(void);
/** The next mail that was posted; it must be of that kind, for that client.
 * Freed by the world. */
struct wce_mail *desk_take(enum wce_mail_kind kind, edge_handle client);
void desk_take_refusal(edge_handle client, enum wce_reason why);
/** None is there that was not taken. */
void desk_no_mail(void);
edge_handle desk_client(unsigned shard, unsigned n);
/** All counts of the desk are zero. */
void desk_is_empty(void);

uint64_t desk_stat(size_t row);
void desk_wait_stat(size_t row, uint64_t n);
/** A snapshot with fe01 (if wanted) and fe02 allowed on 8057; the caller's. */
const struct topo *desk_topo(bool with_fe01);

#endif
