/* Bodies of A/V authentication: a request read, a response written; AV 2.3,
 * 2.4. */
#ifndef AV_EDGE_MRAS_XML_H
#define AV_EDGE_MRAS_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum {
	MRAS_BODY_MAX = 64 * 1024, /* AV 2.2: 413 beyond [bytes] */
	MRAS_DEPTH_MAX = 8,	   /* AV 2.4 [elements] */
	MRAS_ASKS_MAX = 100,	   /* AV 2.3 */
	MRAS_ID_MAX = 64,	   /* AV 2.3 [characters] */
	MRAS_URI_MAX = 2048,	   /* ours: @to and @from [bytes] */
	MRAS_ATTRS_MAX = 32,	   /* ours: of one element */
	/* ours: 100 answers fit, and it fits the smallest av.mras_out_queue
	 * above its high water [bytes] */
	MRAS_RESPONSE_MAX = 1 << 19,
};

/* What a response says, and how it is counted: AV 2.4, exact strings. */
#define MRAS_PHRASE_MAP(X)                                 \
	X(OK, "OK", "ok")                                  \
	X(MALFORMED, "Request Malformed", "malformed")     \
	X(TOO_LARGE, "Request Too Large", "too_large")     \
	X(NOT_SUPPORTED, "Not Supported", "not_supported") \
	X(BUSY, "Server Busy", "busy")                     \
	X(TIME_OUT, "Time Out", "time_out")                \
	X(FORBIDDEN, "Forbidden", "forbidden")             \
	X(INTERNAL, "Internal Server Error", "internal")   \
	X(OTHER, "Other Failure", "other")                 \
	X(VERSION, "Version Mismatch", "version")

enum mras_phrase {
#define MRAS_PHRASE_NAME(id, text, label) MRAS_##id,
	MRAS_PHRASE_MAP(MRAS_PHRASE_NAME)
#undef MRAS_PHRASE_NAME
		MRAS_PHRASES
};

#define MRAS_NAMESPACE "http://schemas.microsoft.com/2006/09/sip/mrasp"

const char *mras_phrase_str(enum mras_phrase p);   /* "Request Malformed" */
const char *mras_phrase_label(enum mras_phrase p); /* "malformed" */

enum mras_location { MRAS_ANYWHERE, MRAS_AT_INTERNET, MRAS_AT_INTRANET };

struct mras_ask { /* one credentialsRequest */
	struct edge_slice id, identity;
	enum mras_location location;
	uint32_t minutes; /* 0: not said */
};

/* Texts are UTF-8, without entities, in the struct's own memory. */
struct mras_request {
	/* empty: not there, or not read before the fault */
	struct edge_slice id, version, to, from;
	bool direct_ip; /* @route */
	size_t count;
	struct mras_ask asks[MRAS_ASKS_MAX];
	size_t text_len;
	uint8_t text[MRAS_BODY_MAX];
};

/**
 * Read a body. Total: any bytes give a phrase.
 * @param r  always written; with a fault, what was read before it, so that
 *           the response can have its ids
 * @return MRAS_OK, MRAS_MALFORMED (also: a second identity, location or
 *         duration), MRAS_TOO_LARGE (more than 100), MRAS_VERSION,
 *         MRAS_INTERNAL (no memory)
 */
enum mras_phrase mras_xml_read(struct mras_request *r, struct edge_slice body);

struct mras_relay { /* one mediaRelay */
	enum mras_location location;
	const char *host;
	uint16_t udp, tcp; /* 0: none */
};

struct mras_grant { /* one credentialsResponse */
	struct edge_slice id;
	struct edge_slice username, password; /* raw bytes */
	uint32_t minutes;
	struct mras_relay relays[2];
	size_t relay_count;
};

/* What follows is written in this order: open, grants, close. */

/** The root with ids as asked; empty ones are left out. */
void mras_xml_open(struct edge_put *w, const struct mras_request *r,
		   enum mras_phrase p);
void mras_xml_grant(struct edge_put *w, const struct mras_grant *g);
void mras_xml_close(struct edge_put *w);

#endif
