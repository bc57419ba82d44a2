/* The world of A/V authentication's tests: a topology, keys, requests. */
#ifndef TESTS_UNIT_AV_EDGE_MRAS_FIXTURE_H
#define TESTS_UNIT_AV_EDGE_MRAS_FIXTURE_H

#include "av-edge/mras_ring.h"
#include "topology/topology.h"

enum {
	MRAS_TEST_NOW = 1700000000, /* wall */
	MRAS_TEST_TEXT = 128 * 1024,
};

#define MRAS_TEST_TYPE "application/msrtc-media-relay-auth+xml"
#define MRAS_TEST_URI                                            \
	"sip:edgepool.contoso.net@contoso.com;gruu;opaque=srvr:" \
	"MRAS:AbCdEfGhIjKlMnOpAA"

/** topo_fixture with the A/V Edge's ports; 8 h. */
struct topo mras_test_topo(void);
/** One key that counts from 0 on, for a year from MRAS_TEST_NOW. */
struct mras_ring mras_test_ring(void);
/** Bytes 1, 2, 3 ... */
void mras_test_random(void *out, size_t len);

/** Body: "from" asks for "identity" with more elements after it. */
void mras_test_body(char out[MRAS_TEST_TEXT], const char *from,
		    const char *identity, const char *more);
struct mras_test_message {
	const char *method;  /* NULL: SERVICE */
	const char *from;    /* NULL: sip:alice@contoso.com */
	const char *uri;     /* NULL: MRAS_TEST_URI; also To */
	const char *type;    /* NULL: the right one; "": none */
	const char *headers; /* lines with CR LF; or NULL */
	const char *body;    /* NULL: that of from */
};
/** A whole message, in memory of its own until the next call. */
struct edge_slice mras_test_message(const struct mras_test_message *m);

/** Text between "<name>" and "</name>", the nth one, at or after 0. */
struct edge_slice mras_test_element(struct edge_slice xml, const char *name,
				    int nth);
/** Does it hold that text? */
bool mras_test_has(struct edge_slice s, const char *text);
/** Decoded base64. */
size_t mras_test_base64(uint8_t *out, size_t cap, struct edge_slice s);

#endif
