/* Who sends a request, as its token and its integrity say; RFC 8489 §9.2.4,
 * AV 3.3, 6.3. */
#ifndef AV_EDGE_RFC_CALLER_H
#define AV_EDGE_RFC_CALLER_H

#include "av-edge/relay.h"
#include "av-edge/rfc_own.h"

/* A value; end it with rfc_caller_fini. */
struct rfc_caller {
	struct ave_grant grant;
	const struct rfc_mac *mac; /* what answers are signed with */
	struct rfc_mac *made;	   /* mac, when no allocation has it */
	enum rfc_algorithm how;
	uint8_t token[MRAS_TOKEN_LEN]; /* with zeros after a shorter one */
	size_t token_len;
	bool is_holder; /* of the allocation whose own was given */
};

/** Token of the text in USERNAME: base64 (AV 3.3). @return its length; 0: none
 */
size_t rfc_token_decode(uint8_t out[MRAS_TOKEN_LEN], struct edge_slice text);
enum { RFC_PASSWORD_TEXT_LEN = 28 };
void rfc_password_encode(char out[RFC_PASSWORD_TEXT_LEN + 1],
			 const uint8_t password[MRAS_PASSWORD_LEN]);

/**
 * From cheap to dear: fields, nonce, token, key, integrity.
 * @param own  of the allocation of that 5-tuple; or NULL
 * @return AVE_FINE and *out; NO_INTEGRITY, NO_USERNAME, NO_REALM, NO_NONCE,
 *         MALFORMED, STALE_NONCE, BAD_TOKEN, TOKEN_EXPIRED, USER_REVOKED,
 * TOKEN_SIDE, BAD_INTEGRITY, INTERNAL
 */
enum ave_reason rfc_caller_admit(struct rfc_caller *out,
				 const struct ave_relay *r,
				 const struct ave_leg *leg,
				 const struct rfc_own *own,
				 const struct rfc_msg *m);
void rfc_caller_fini(struct rfc_caller *c);

#endif
