/* A client of the MS-TURN server under test: its token, key and requests. */
#ifndef TESTS_UNIT_AV_EDGE_MST_CLIENT_H
#define TESTS_UNIT_AV_EDGE_MST_CLIENT_H

#include "av-edge/leg.h"
#include "av-edge/mras_ring.h"
#include "av-edge/mst_auth.h"

struct mst_client {
	struct ave_leg leg;
	struct mras_ticket ticket;
	const char *realm;
	char nonce[MRAS_NONCE_LEN + 1];
	struct mst_mac *mac; /* of ticket and realm */
	uint8_t connection[MST_CONNECTION_LEN];
	uint32_t number; /* MS-Sequence Number of the last message */
	uint32_t id;	 /* transaction id of the last message */
	/* what the next Allocate asks for; 0: not at all */
	uint32_t family, version;
	int64_t lifetime_s; /* -1: not at all */
	struct edge_put w;
	uint8_t bytes[2048];
};

/** With a token of that ring: identity "sip:<name>@example.com". */
void mst_client_init(struct mst_client *c, const struct mras_ring *ring,
		     const char *name, uint8_t flags, int64_t now_s);
void mst_client_fini(struct mst_client *c);
/** Key itself anew: another realm, another kind of integrity. */
void mst_client_key(struct mst_client *c, const char *realm,
		    enum mst_mac_kind kind);

/* A request step by step; it lives in c until the next one is begun. */
void mst_client_begin(struct mst_client *c, uint16_t type);
void mst_client_again(struct mst_client *c, uint16_t type); /* same id */
void mst_client_put_login(struct mst_client *c);	/* user, nonce, realm */
struct edge_slice mst_client_end(struct mst_client *c); /* without integrity */
struct edge_slice mst_client_sign(struct mst_client *c); /* with it */

/* Whole requests as libnice has them. */
struct edge_slice mst_client_hello(struct mst_client *c);
struct edge_slice mst_client_allocate(struct mst_client *c);
struct edge_slice mst_client_send(struct mst_client *c,
				  const struct edge_addr *peer,
				  const char *data);
struct edge_slice mst_client_activate(struct mst_client *c,
				      const struct edge_addr *peer);
/** The nonce of a challenge, the connection id of a success. */
void mst_client_learn(struct mst_client *c, const struct mst_msg *answer);

struct edge_addr mst_addr(const char *text); /* "192.0.2.1:3478" */

#endif
