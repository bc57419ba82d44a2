/* Frames of EP1, our emulation's protocol: decode, encode, print; WC 5.2. */
#ifndef WEBCONF_EDGE_PSOM_FRAME_H
#define WEBCONF_EDGE_PSOM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/slice.h"

enum {
	PSOM_HEADER_LEN = 8,
	PSOM_MAGIC_LEN = 4,
	PSOM_PROFILE_VERSION = 1,
	PSOM_BODY_MAX = 4096,	       /* WC 5.2: client and data leg [bytes] */
	PSOM_CONTROL_BODY_MAX = 16384, /* WC 5.2 [bytes] */
	PSOM_VALUE_MAX = 1024,	       /* WC 4.7: any field, known or not */
	PSOM_TOKEN_LEN = 84,
	PSOM_SESSION_LEN = 16,
	PSOM_INSTANCE_LEN = 16,
	PSOM_EDGE_ID_LEN = 8,
	PSOM_NONCE_LEN = 16,
};

enum psom_type {
#define PSOM_TYPE(id, number, legs, senders, must, may) PSOM_##id = number,
#include "webconf-edge/psom_type.def"
#undef PSOM_TYPE
};

enum psom_tag {
#define PSOM_TAG(id, number, form, least, most, name) PSOM_TAG_##id,
#include "webconf-edge/psom_tag.def"
#undef PSOM_TAG
	PSOM_TAG_COUNT
};

/* The first frame that comes in on 8057 is read with PSOM_LEG_CONTROL: an
 * OFFER there makes the connection a data leg. */
enum psom_leg { PSOM_LEG_CLIENT, PSOM_LEG_DATA, PSOM_LEG_CONTROL };

enum psom_from {
	PSOM_FROM_CLIENT = 1,
	PSOM_FROM_MCU = 2,
	PSOM_FROM_EDGE = 4,
};

enum psom_verdict {
	PSOM_FINE,
	PSOM_MORE,
	PSOM_NOT_OURS,	/* no magic: close, no answer */
	PSOM_MALFORMED, /* 400 */
	PSOM_TOO_LARGE, /* 413 */
	PSOM_VERSION,	/* 426 */
};

struct psom_frame {
	enum psom_type type;
	struct edge_slice value[PSOM_TAG_COUNT]; /* p NULL: absent; borrowed */
};

/**
 * One frame from the start of in, decided as early as its bytes allow, in the
 * order of WC 5.5 steps 1-6. Fields that may be skipped are, when the table
 * does not list them for the type; a repeated one is malformed.
 * @param used  length of the frame; only with PSOM_FINE, as is *out
 * @param from  who may have sent it: PSOM_FROM_* bits
 * Thread: any; no allocation.
 */
enum psom_verdict psom_frame_decode(struct psom_frame *out, size_t *used,
				    struct edge_slice in, enum psom_leg leg,
				    unsigned from);
/** Is it there? Values of length 0 are. */
bool psom_frame_has(const struct psom_frame *f, enum psom_tag t);
/** Of U16, U32 and U64 fields; 0 when absent. */
uint64_t psom_frame_number(const struct psom_frame *f, enum psom_tag t);
/** Field 0061; false when absent. An IPv4 address in a disguise comes out as
 * what it is. */
bool psom_frame_client(struct edge_addr *out, const struct psom_frame *f);

/* Encoder: fields in the order of the calls; what does not fit, or is not as
 * long as the table says, leaves is_full. */
struct psom_put {
	uint8_t *p;
	size_t cap, len;
	bool is_full;
};
void psom_put_start(struct psom_put *w, uint8_t *p, size_t cap,
		    enum psom_type type);
/** Width from the table; full when v does not fit in it. */
void psom_put_number(struct psom_put *w, enum psom_tag t, uint64_t v);
void psom_put_bytes(struct psom_put *w, enum psom_tag t, struct edge_slice v);
/** Field 0061; full when the address has no family. */
void psom_put_client(struct psom_put *w, const struct edge_addr *a);
/** Sets the length; empty when it did not fit. */
struct edge_slice psom_put_end(struct psom_put *w);
/** All fields of f in the order of its type's row; empty when it did not fit
 * or the type is none. */
struct edge_slice psom_frame_encode(uint8_t *out, size_t cap,
				    const struct psom_frame *f);

/** One line for people, cut at cap; never token, inner blob, nonce or
 * conference. Returns its length. */
size_t psom_frame_print(char *out, size_t cap, const struct psom_frame *f);
/** "HELLO"; "?" for a number that is no type. */
const char *psom_type_name(enum psom_type type);

#endif
