/* STUN and TURN messages: header, attributes, decode beside encode; RFC 8489,
 * RFC 8656, RFC 6062. */
#ifndef AV_EDGE_RFC_MSG_H
#define AV_EDGE_RFC_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/slice.h"

enum {
	RFC_HEADER_LEN = 20,
	RFC_TID_LEN = 12,
	RFC_COOKIE = 0x2112a442,	  /* RFC 8489 §5 */
	RFC_ATTRS_MAX = 80,		  /* ours: attributes of a message */
	RFC_INDICATION_MAX = 20 + 24 + 4, /* before the payload */
	RFC_CHANNEL_HEAD = 4,
	RFC_CHANNEL_FIRST = 0x4000,
	/* RFC 5766 §11.2; RFC 8656 §12.2 ends at 0x4ffe, but clients of the
	 * old range are many (turnutils_uclient) and no byte is ambiguous */
	RFC_CHANNEL_LAST = 0x7ffe,
};

enum rfc_method { /* RFC 8489 §18.1, RFC 8656 §17, RFC 6062 §6.1 */
		  RFC_BINDING = 0x001,
		  RFC_ALLOCATE = 0x003,
		  RFC_REFRESH = 0x004,
		  RFC_SEND = 0x006,
		  RFC_DATA_INDICATION = 0x007,
		  RFC_CREATE_PERMISSION = 0x008,
		  RFC_CHANNEL_BIND = 0x009,
		  RFC_CONNECT = 0x00a,
		  RFC_CONNECTION_BIND = 0x00b,
		  RFC_CONNECTION_ATTEMPT = 0x00c,
};

enum rfc_class { RFC_REQUEST, RFC_INDICATION, RFC_SUCCESS, RFC_ERROR };

enum rfc_attr {
#define RFC_ATTR(id, number, form, least, most, name) RFC_##id,
#include "av-edge/rfc_attr.def"
#undef RFC_ATTR
	RFC_ATTRS
};

enum { RFC_FAMILY_V4 = 1, RFC_FAMILY_V6 = 2 }; /* RFC 8489 §14.1 */

/* A value; which members count is the form's to say. */
struct rfc_value {
	struct edge_slice bytes; /* BYTES; reason of ERROR */
	struct edge_addr addr;	 /* ADDR, XADDR; family 0 is 0.0.0.0 or :: */
	uint64_t number;	 /* U8 U16 U32 U64; ERROR 300..699 */
	uint8_t family;		 /* of ADDRESS-ERROR-CODE, as on the wire */
};

struct rfc_seen { /* in the order of the message */
	struct edge_slice value;
	uint16_t number;
	uint8_t attr;	/* RFC_ATTRS: not in the table */
	bool is_repeat; /* v[] holds the first one */
};

struct rfc_msg {
	struct edge_slice raw;
	struct edge_slice tid;
	uint16_t method;  /* as on the wire, 0..0xfff */
	uint8_t cls;	  /* enum rfc_class */
	bool is_faulty;	  /* a value is not what its row says: 400 */
	uint64_t present; /* bit an rfc_attr; v[] counts only then */
	/* offsets of their attributes; 0: none */
	size_t integrity_at, sha256_at, fingerprint_at;
	uint16_t mandatory[8]; /* unknown mandatory ones, first of each */
	size_t mandatory_count;
	struct rfc_value v[RFC_ATTRS];
	struct rfc_seen seen[RFC_ATTRS_MAX];
	size_t seen_count;
};

/** Is it STUN for certain: rule 4 of AV 1.2. */
bool rfc_is(struct edge_slice in);
bool rfc_has(const struct rfc_msg *m, enum rfc_attr a);
uint16_t rfc_type(unsigned method, enum rfc_class cls);

/**
 * Any bytes give a message or an error. The first of a repeated attribute
 * counts (rfc_next_addr walks over all); behind MESSAGE-INTEGRITY only its
 * SHA-256 sister and FINGERPRINT do, behind that only FINGERPRINT, behind
 * FINGERPRINT nothing may stand. A value that is not what its row says sets
 * is_faulty, unless the attribute may be ignored.
 * @return EDGE_EFORMAT: not for us, or lengths that lie: to be ignored
 */
EDGE_MUST_CHECK enum edge_err rfc_msg_decode(struct rfc_msg *m,
					     struct edge_slice in);
/** As it was decoded: m->seen in order, values from v[]. Empty on overflow. */
struct edge_slice rfc_msg_encode(struct edge_put *w, const struct rfc_msg *m);
/** One line for people; no texts, tokens or DATA bytes. */
void rfc_msg_print(char *out, size_t cap, const struct rfc_msg *m);
/** Every address of that attribute in turn; *at starts with 0. False: no
 * more. */
bool rfc_next_addr(const struct rfc_msg *m, enum rfc_attr a, size_t *at,
		   struct edge_addr *out);

/* Writing one attribute after the other; overflow is kept in w. The message
 * starts where w does. */
void rfc_begin(struct edge_put *w, unsigned method, enum rfc_class cls,
	       struct edge_slice tid);
/** U8, U16, U32 and U64 forms. */
void rfc_put_number(struct edge_put *w, enum rfc_attr a, uint64_t v);
/** Also the XOR form. */
void rfc_put_addr(struct edge_put *w, enum rfc_attr a,
		  const struct edge_addr *addr);
void rfc_put_bytes(struct edge_put *w, enum rfc_attr a, struct edge_slice v);
/** Without a reason phrase: AV 6.5. */
void rfc_put_error(struct edge_put *w, unsigned code);
void rfc_put_address_error(struct edge_put *w, uint8_t family, unsigned code);
/** UNKNOWN-ATTRIBUTES of what m's sender should not have sent. */
void rfc_put_unknown(struct edge_put *w, const struct rfc_msg *m);
/** Writes the length so far into the header. */
struct edge_slice rfc_end(struct edge_put *w);
/** The same, as if more bytes of attributes were written already. */
void rfc_set_len(struct edge_put *w, size_t more);

/** Data indication before a payload of len bytes, whose padding is the
 * caller's: header of at most RFC_INDICATION_MAX bytes; returns its length. */
size_t rfc_indication(uint8_t out[RFC_INDICATION_MAX],
		      const uint8_t tid[RFC_TID_LEN],
		      const struct edge_addr *from, size_t len);

/** A ChannelData message: its number and payload; what stands behind it is
 * padding. EDGE_EFORMAT: not one, or it does not hold what it says. */
EDGE_MUST_CHECK enum edge_err rfc_channel_decode(uint16_t *channel,
						 struct edge_slice *payload,
						 struct edge_slice in);
void rfc_channel_head(uint8_t out[RFC_CHANNEL_HEAD], uint16_t channel,
		      size_t len);

#endif
