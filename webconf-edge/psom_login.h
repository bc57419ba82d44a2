/* The edge token: its bytes, its keys, its check; WC 5.4 and 5.5 steps 7-12. */
#ifndef WEBCONF_EDGE_PSOM_LOGIN_H
#define WEBCONF_EDGE_PSOM_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/crypto.h"
#include "common/err.h"
#include "common/slice.h"
#include "topology/secrets.h"
#include "webconf-edge/psom_frame.h"
#include "webconf-edge/reason.h"

enum {
	PSOM_TOKEN_VERSION = 1,
	PSOM_MCU_HASH_LEN = 8,
	PSOM_CONF_HASH_LEN = 16,
	PSOM_MAC_LEN = 32,
	PSOM_KEY_LEN = TOPO_KEY_LEN,
	PSOM_KEYS_MAX = TOPO_KEYS_MAX,
	PSOM_MCU_MAX = 255,	   /* WC 4.7: names [bytes] */
	PSOM_CONFERENCE_MAX = 512, /* WC 4.7 [bytes] */
	PSOM_SKEW_S = 60, /* WC 4.7: defaults of struct psom_token_rule */
	PSOM_LIFE_S = 3600,
};

/* Times: Unix, seconds. */
struct psom_token {
	uint8_t version, kid;
	uint16_t flags;
	uint32_t issued_s, expires_s;
	uint8_t mcu[PSOM_MCU_HASH_LEN];
	uint8_t conference[PSOM_CONF_HASH_LEN];
	uint8_t nonce[PSOM_NONCE_LEN];
	uint8_t mac[PSOM_MAC_LEN];
};

/* The pool's keys with their MAC states: a thread has its own. */
struct psom_key {
	uint8_t kid;
	uint8_t key[PSOM_KEY_LEN];
	uint64_t not_before_s, not_after_s; /* wall clock, both included */
	struct edge_mac *mac;		    /* owned */
};
struct psom_keys { /* newest not_before first */
	struct psom_key keys[PSOM_KEYS_MAX];
	size_t count;
};
/** A kid that is not decimal 1..255: EDGE_EFORMAT; EDGE_ENOMEM. *out is
 * written only when it is fine. An empty ring gives no keys. */
EDGE_MUST_CHECK enum edge_err psom_keys_from(struct psom_keys *out,
					     const struct topo_keyring *ring);
void psom_keys_fini(struct psom_keys *k); /* wiped; {0} is fine */
/** The key to sign with: newest that is in date; NULL when none is. */
const struct psom_key *psom_keys_current(const struct psom_keys *k,
					 uint64_t now_s);

/** The fields of 84 bytes, nothing checked; false for another length. */
bool psom_token_decode(struct psom_token *out, struct edge_slice in);
void psom_token_encode(uint8_t out[PSOM_TOKEN_LEN], const struct psom_token *t);

/** Hashes into t; false when a name is longer than the frame's field. */
EDGE_MUST_CHECK bool psom_token_for(struct psom_token *t, struct edge_slice mcu,
				    struct edge_slice conference);
/** Sets t's version, flags, kid and MAC, and gives its bytes. Times, hashes
 * (psom_token_for) and nonce are the caller's. */
void psom_token_make(uint8_t out[PSOM_TOKEN_LEN], const struct psom_key *key,
		     struct psom_token *t);

struct psom_token_rule {
	uint32_t skew_s, life_s; /* tolerated clock difference; longest life */
};
/* What a token is looked at against. */
struct psom_token_claim {
	struct edge_slice token, mcu, conference; /* of the opening message */
	struct psom_token_rule rule;
	uint64_t now_s;
};
/**
 * Steps 7-12 of WC 5.5, in their order; constant-time compare of the MAC.
 * A token that ends before it begins has no life: WCE_REASON_LIFETIME.
 * @param out  the token; written only with WCE_REASON_OK
 * @return WCE_REASON_OK or one of the reasons whose code is 401
 */
enum wce_reason psom_token_check(struct psom_token *out,
				 const struct psom_keys *k,
				 const struct psom_token_claim *c);

/** SHA-256 over the folded name: ASCII lower case, one trailing dot off.
 * False, and out unwritten, when it is longer than PSOM_MCU_MAX. */
bool psom_mcu_hash(uint8_t out[PSOM_MCU_HASH_LEN], struct edge_slice mcu);
/** The same of a conference: ASCII lower case of the whole. */
bool psom_conf_hash(uint8_t out[PSOM_CONF_HASH_LEN],
		    struct edge_slice conference);
/** Folded compare of MCU names. */
bool psom_name_eq(struct edge_slice a, struct edge_slice b);

#endif
