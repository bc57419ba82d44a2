/* Pool secrets: keyrings shared by the members of a pool (AE 2.6). */
#ifndef TOPOLOGY_SECRETS_H
#define TOPOLOGY_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum {
	TOPO_KEYS_MAX = 8,
	TOPO_KID_LEN = 32, /* with its NUL; letters, digits, '-' and '_' */
	TOPO_KEY_LEN = 32, /* AE 2.6 [bytes] */
	TOPO_KEYS_MAX_BYTES = 4096,   /* ours: 8 lines and comments */
	TOPO_KEY_WEEK_S = 7 * 86400,  /* AE 2.6: rotated weekly */
	TOPO_KEY_GRACE_S = 48 * 3600, /* AE 2.6: previous key accepted */
	TOPO_PSOM_DAY_S = 86400,      /* WC 5.4: rotated daily */
	TOPO_PSOM_GRACE_S = 2 * 3600, /* WC 5.4: overlap */
	TOPO_PSOM_KID_MAX = 255,      /* WC 5.4: one byte of the token, not 0 */
};

struct topo_key {
	char kid[TOPO_KID_LEN];
	uint8_t key[TOPO_KEY_LEN];
	uint64_t not_before_s, not_after_s; /* wall clock, UTC */
};

/* Newest not_before first. Free wipes. */
struct topo_keyring {
	struct topo_key keys[TOPO_KEYS_MAX];
	size_t count;
};

/**
 * Parse lines "kid hex not-before not-after"; '#' starts a comment line.
 * @param why  "line N: what was seen, what is wanted" without any key; or NULL
 * @return EDGE_EFORMAT, EDGE_EDUP (kid twice), EDGE_ELIMIT, EDGE_ENOMEM
 */
EDGE_MUST_CHECK enum edge_err topo_keyring_parse(struct topo_keyring **out,
						 struct edge_slice text,
						 char *why, size_t why_cap);
/** The same; of kind "psom" a kid must be a number from 1 to 255. */
EDGE_MUST_CHECK enum edge_err
topo_keyring_parse_kind(struct topo_keyring **out, const char *kind,
			struct edge_slice text, char *why, size_t why_cap);
EDGE_MUST_CHECK enum edge_err topo_keyring_new(struct topo_keyring **out);
void topo_keyring_free(struct topo_keyring *r); /* wiped; NULL is fine */

/** Text form into caller's memory, which is the caller's to wipe.
 * EDGE_ELIMIT when cap (TOPO_KEYS_MAX_BYTES is always enough) is too small. */
EDGE_MUST_CHECK enum edge_err topo_keyring_print(char *out, size_t cap,
						 size_t *len,
						 const struct topo_keyring *r);

/** The key to make new MACs with: the newest that has begun and not ended;
 * NULL when there is none. */
const struct topo_key *topo_keyring_current(const struct topo_keyring *r,
					    uint64_t now_s);
/** The key to check an old MAC with; NULL: unknown, not begun or ended. */
const struct topo_key *topo_keyring_find(const struct topo_keyring *r,
					 struct edge_slice kid, uint64_t now_s);

/** Add a random key that begins at from_s, is current for a week and accepted
 * for 48 h more; keys that ended by now_s are dropped, and the oldest when
 * the ring is full. */
void topo_keyring_rotate(struct topo_keyring *r, uint64_t from_s,
			 uint64_t now_s);

/** The same for psom: its kid is the number after the newest key's that is
 * free (any, when there was none), it is current for a day and accepted for 2 h
 * more. */
void topo_keyring_rotate_psom(struct topo_keyring *r, uint64_t from_s,
			      uint64_t now_s);

/** Add the keys of from that are not there; as rotate, drops what has ended
 * and the oldest of a full ring. *added: how many. EDGE_EDUP: one kid, two
 * different keys; nothing is changed then. */
EDGE_MUST_CHECK enum edge_err
topo_keyring_merge(size_t *added, struct topo_keyring *r,
		   const struct topo_keyring *from, uint64_t now_s);

/* The rings of a pool, as one bundle file `secrets`: the lines above with the
 * word "route" or "psom" in front. NULL: no line of that kind. */
struct topo_secrets {
	struct topo_keyring *route, *psom;
};
EDGE_MUST_CHECK enum edge_err topo_secrets_parse(struct topo_secrets *out,
						 struct edge_slice text,
						 char *why, size_t why_cap);
void topo_secrets_fini(struct topo_secrets *s);
enum { TOPO_SECRETS_PRINT_MAX = 2 * TOPO_KEYS_MAX_BYTES };
EDGE_MUST_CHECK enum edge_err topo_secrets_print(char *out, size_t cap,
						 size_t *len,
						 const struct topo_secrets *s);

/** Read <state>/secrets/<kind>.keys. EDGE_ENOTFOUND: no such file;
 * EDGE_EDENIED: others than its owner may read or write it. */
EDGE_MUST_CHECK enum edge_err topo_keyring_load(struct topo_keyring **out,
						const char *state,
						const char *kind, char *why,
						size_t why_cap);
/** Write it, 0600, old or new and never half (temporary file, fsync, rename).
 * A file that was there keeps its owner when we are root. */
EDGE_MUST_CHECK enum edge_err topo_keyring_save(const char *state,
						const char *kind,
						const struct topo_keyring *r);

#endif
