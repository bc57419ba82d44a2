/* The pool's keys by time: which one makes tokens, which ones count. */
#ifndef AV_EDGE_MRAS_RING_H
#define AV_EDGE_MRAS_RING_H

#include "av-edge/mras_cred.h"
#include "av-edge/reason.h"
#include "av-edge/relay.h"

enum {
	MRAS_RING_KEYS = 4,
	MRAS_REVOKED_USERS = 16, /* ours */
	MRAS_REVOKED = 2 * MRAS_RING_KEYS * MRAS_REVOKED_USERS,
};

struct mras_ring_key {
	struct mras_keys keys;
	int64_t from_s;	 /* makes tokens from then on [wall] */
	int64_t until_s; /* its certificate's end: nothing counts after */
};

/* A value; immutable once handed out. Wipe it. TO 5.4. */
struct mras_ring {
	struct mras_ring_key v[MRAS_RING_KEYS]; /* newest from_s first */
	size_t count;
	/* pseudonyms of users whose tokens do not count */
	uint8_t revoked[MRAS_REVOKED][MRAS_PSEUDONYM_LEN];
	size_t revoked_count;
	int64_t not_before_s;	 /* tokens issued earlier are revoked; or 0 */
	uint32_t lifetime_s;	 /* no token may be made for longer */
	enum mras_format format; /* that tokens are made in; both count */
	uint32_t skew_s;
};

/** The key that makes tokens at that time; NULL: none. */
const struct mras_keys *mras_ring_minting(const struct mras_ring *r,
					  int64_t now_s);
/** Nobody by that identity is served any more, whichever key of the ring made
 * the token: once all keys are there. A pseudonym as the log has it, 32 hex
 * digits, will do too. EDGE_ELIMIT: too many. */
EDGE_MUST_CHECK enum edge_err mras_ring_revoke(struct mras_ring *r,
					       struct edge_slice identity);
bool mras_ring_is_revoked(const struct mras_ring *r,
			  const uint8_t pseudonym[MRAS_PSEUDONYM_LEN]);
/* What a token says, and the password that goes with it: wipe it. */
struct mras_known {
	struct ave_grant grant;
	uint8_t password[MRAS_PASSWORD_LEN];
};
/**
 * Whose token is it? Layout, key, tag, times, revocation, side; AV 1.14, 6.1.
 * @return AVE_FINE, AVE_BAD_TOKEN, AVE_TOKEN_EXPIRED, AVE_USER_REVOKED,
 *         AVE_TOKEN_SIDE
 */
enum ave_reason mras_ring_verify(struct mras_known *out,
				 const struct mras_ring *r,
				 struct edge_slice username, int64_t now_s,
				 enum ave_side side);

enum { MRAS_NONCE_LEN = 32 /* base64url text, AV 1.12 */ };
/** Made with the minting key; none: all zeros' worth, never accepted. */
void mras_ring_nonce(char out[MRAS_NONCE_LEN + 1], const struct mras_ring *r,
		     const struct edge_addr *client, int64_t now_s);
/** Genuine, made for that IP, and not older than max_age_s. */
bool mras_ring_nonce_fits(const struct mras_ring *r, struct edge_slice nonce,
			  const struct edge_addr *client, int64_t now_s,
			  uint32_t max_age_s);

#endif
