/* A TURN client on a relay without sockets: it has a token, asks, and reads
 * what it is told. */
#ifndef TESTS_UNIT_AV_EDGE_RFC_FIXTURE_H
#define TESTS_UNIT_AV_EDGE_RFC_FIXTURE_H

#include "av-edge/mras_ring.h"
#include "av-edge/rfc_answer.h"
#include "tests/support/fake_net.h"

struct rfc_user { /* a token as text */
	char username[81], password[29];
	struct rfc_mac *mac, *wide; /* keys by MD5 and by SHA-256 */
};

struct rfc_fixture {
	struct fake_net net;
	struct mras_ring ring;
	struct rfc_user alice, bob, insider;
	struct rfc_user *user; /* who asks; alice */
	struct edge_put w;     /* the message in the making */
	uint8_t buf[FAKE_BYTES];
	uint8_t tid[RFC_TID_LEN]; /* of the last one asked */
	struct rfc_msg answer;
	uint8_t answer_bytes[FAKE_BYTES];
};

/** Started: the relay knows the RFC dialect alone. */
void rfc_fixture_init(struct rfc_fixture *f);
void rfc_fixture_fini(struct rfc_fixture *f);
struct rfc_user rfc_fixture_user(const struct rfc_fixture *f, const char *who,
				 uint8_t flags, int64_t issued_s);
/** With a token of the second observed layout, AV 2.6. */
struct rfc_user rfc_fixture_ms2_user(const struct rfc_fixture *f,
				     const char *who, int64_t issued_s);
void rfc_user_fini(struct rfc_user *u);

/** Begin a request with a transaction id of its own. */
void rfc_ask(struct rfc_fixture *f, unsigned method);
/** USERNAME, REALM, a nonce for that client, integrity. */
void rfc_login(struct rfc_fixture *f, const struct ave_leg *leg);
void rfc_put_login(struct rfc_fixture *f, const struct ave_leg *leg);
/** Send what was made; the answer, or NULL when there was none. Its integrity
 * fits the user's key, if it has one. */
const struct rfc_msg *rfc_say(struct rfc_fixture *f, const struct ave_leg *leg);
/** The same bytes, however long the message in f->w has become since. */
const struct rfc_msg *rfc_say_bytes(struct rfc_fixture *f,
				    const struct ave_leg *leg,
				    struct edge_slice bytes);
/** Login, say: the code of the error; 0: success; -1: no answer. */
int rfc_code(struct rfc_fixture *f, const struct ave_leg *leg);
/** What was told last is decoded; fails when nothing was. */
const struct rfc_msg *rfc_told(struct rfc_fixture *f);

/** Allocate, transport 17 or 6: the relayed address, or a failed test. */
struct edge_addr rfc_allocated(struct rfc_fixture *f, const struct ave_leg *leg,
			       uint8_t transport);
/** CreatePermission and ChannelBind: the code, as of rfc_code. */
int rfc_permit(struct rfc_fixture *f, const struct ave_leg *leg,
	       const struct edge_addr *peer);
int rfc_bind(struct rfc_fixture *f, const struct ave_leg *leg, uint16_t channel,
	     const struct edge_addr *peer);

#endif
