/* MS-TURN messages: header, attributes, decode beside encode; AV 1.5-1.8. */
#ifndef AV_EDGE_MST_MSG_H
#define AV_EDGE_MST_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/slice.h"

enum {
	MST_HEADER_LEN = 20,
	MST_TID_LEN = 16,
	MST_COOKIE = 0x72c64bc6,
	MST_LEAST_LEN = 28, /* header and Magic Cookie */
	MST_CONNECTION_LEN = 20,
	MST_ATTRS_MAX = 32, /* ours: attributes of a message */
	MST_INDICATION_MAX = 20 + 8 + 24 + 4, /* before the payload */
};

enum mst_type { /* AV 1.5 */
		MST_ALLOCATE = 0x0003,
		MST_SEND = 0x0004,
		MST_SET_ACTIVE = 0x0006,
		MST_ALLOCATE_OK = 0x0103,
		MST_SET_ACTIVE_OK = 0x0106,
		MST_ALLOCATE_ERROR = 0x0113,
		MST_DATA_INDICATION = 0x0115,
		MST_SET_ACTIVE_ERROR = 0x0116,
};

enum mst_attr {
#define MST_ATTR(id, number, form, least, most, name) MST_##id,
#include "av-edge/mst_attr.def"
#undef MST_ATTR
	MST_ATTRS
};

/* A value; which members count is the form's to say. */
struct mst_value {
	struct edge_slice
		bytes; /* BYTES; reason of ERROR; Connection ID of SEQ */
	struct edge_addr addr; /* ADDR, XADDR; family 0 is 0.0.0.0 or :: */
	uint32_t number; /* U32; FAMILY 4 or 6; ERROR 300..699; SEQ's number */
};

struct mst_seen { /* in the order of the message */
	struct edge_slice value;
	uint16_t number;
	uint8_t attr; /* MST_ATTRS: not in the table */
};

struct mst_msg {
	struct edge_slice raw;
	struct edge_slice tid;
	uint16_t type;
	/* what a server must answer with; 0: nothing wrong. 400, 436 */
	uint16_t fault;
	bool is_padded;	       /* lengths are rounded up to 4, AV 1.6 */
	uint32_t present;      /* bit an mst_attr; v[] counts only then */
	size_t integrity_at;   /* offset of its attribute */
	uint16_t mandatory[8]; /* unknown mandatory ones, first of each */
	size_t mandatory_count;
	struct mst_value v[MST_ATTRS];
	struct mst_seen seen[MST_ATTRS_MAX];
	size_t seen_count;
};

/** Is it MS-TURN for certain: rule 1 of AV 1.2. */
bool mst_is(struct edge_slice in);
bool mst_has(const struct mst_msg *m, enum mst_attr a);

/**
 * Any bytes give a message or an error. The first of a repeated attribute
 * counts, what stands behind Message Integrity does not. A value that is not
 * what its row says sets fault, unless the attribute may be ignored.
 * @return EDGE_EFORMAT: not for us, or lengths that lie: to be ignored
 */
EDGE_MUST_CHECK enum edge_err mst_msg_decode(struct mst_msg *m,
					     struct edge_slice in);
/** The same of a client that was understood so before: both ways are tried,
 * this one first (AV 1.6). */
EDGE_MUST_CHECK enum edge_err
mst_msg_decode_as(struct mst_msg *m, struct edge_slice in, bool is_padded);
/** As it was decoded: m->seen in order, values from v[]. Empty on overflow. */
struct edge_slice mst_msg_encode(struct edge_put *w, const struct mst_msg *m);
/** One line for people; no Username, Nonce, Integrity or Data bytes. */
void mst_msg_print(char *out, size_t cap, const struct mst_msg *m);

/* Writing one attribute after the other; overflow is kept in w. The message
 * starts where w does. */
void mst_begin(struct edge_put *w, uint16_t type, struct edge_slice tid);
void mst_put_u32(struct edge_put *w, enum mst_attr a, uint32_t v);
/** Also the XOR form, by the message's own transaction id. */
void mst_put_addr(struct edge_put *w, enum mst_attr a,
		  const struct edge_addr *addr);
void mst_put_bytes(struct edge_put *w, enum mst_attr a, struct edge_slice v);
void mst_put_error(struct edge_put *w, unsigned code, const char *reason);
void mst_put_sequence(struct edge_put *w,
		      const uint8_t connection[MST_CONNECTION_LEN],
		      uint32_t number);
/** Writes the length so far into the header. */
struct edge_slice mst_end(struct edge_put *w);

/** Data Indication before a payload of len bytes: header of at most
 * MST_INDICATION_MAX bytes; returns its length. */
size_t mst_indication(uint8_t out[MST_INDICATION_MAX],
		      const uint8_t tid[MST_TID_LEN],
		      const struct edge_addr *from, size_t len);

#endif
