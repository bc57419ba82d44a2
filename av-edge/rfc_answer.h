/* What is in each answer of the STUN and TURN server, in its order. */
#ifndef AV_EDGE_RFC_ANSWER_H
#define AV_EDGE_RFC_ANSWER_H

#include "av-edge/reason.h"
#include "av-edge/rfc_auth.h"

enum {
	RFC_ANSWER_MAX = 384, /* ours: a 401 with the longest realm is 272 */
	RFC_COOKIE_NONCE_LEN = 13, /* "obMatJos2" and the features */
};

/* RFC 8489 §9.2: what this server can beyond MD5, said on streams only: a
 * datagram's 401 must stay short. Bit 0: PASSWORD-ALGORITHMS. */
extern const char rfc_cookie_nonce[RFC_COOKIE_NONCE_LEN + 1];
/** The value of PASSWORD-ALGORITHMS: SHA-256, MD5. */
struct edge_slice rfc_algorithms(void);

/* How an answer ends: as the request did. */
struct rfc_seal {
	const struct rfc_mac *mac; /* NULL: without integrity */
	enum rfc_attr which;	   /* INTEGRITY or INTEGRITY_SHA256 */
	bool has_fingerprint;
};

/* One answer in the making. */
struct rfc_answer {
	struct edge_put w;
	uint8_t bytes[RFC_ANSWER_MAX];
};

void rfc_answer_begin(struct rfc_answer *a, unsigned method, enum rfc_class cls,
		      struct edge_slice tid);
/** All that goes on the wire. Empty: it did not fit. */
struct edge_slice rfc_answer_end(struct rfc_answer *a,
				 const struct rfc_seal *seal);

/* Error answers that a stranger gets: 401, 438. */
struct rfc_challenge {
	unsigned code;
	struct edge_slice nonce, realm;
	bool has_features; /* rfc_cookie_nonce, and the algorithms */
};
void rfc_put_challenge(struct edge_put *w, const struct rfc_challenge *c);

/* What an Allocate request was granted. */
struct rfc_terms {
	struct edge_addr relayed[2]; /* IPv4, IPv6; family 0: not relayed */
	struct edge_addr client;     /* as seen here */
	uint32_t lifetime_s;
	uint64_t reserved;	/* RESERVATION-TOKEN; 0: none */
	unsigned address_error; /* why there is no IPv6 address; or 0 */
};
void rfc_put_terms(struct edge_put *w, const struct rfc_terms *t);

/** The code of an answer, which for some reasons depends on what was asked;
 * 500 for what the client has no part in. AV 3.2. */
unsigned rfc_code_of(enum ave_reason why, unsigned method);

#endif
