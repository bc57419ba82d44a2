/* Message Integrity of MS-TURN and the keys it is made with; AV 1.11. */
#ifndef AV_EDGE_MST_AUTH_H
#define AV_EDGE_MST_AUTH_H

#include "av-edge/login_auth.h"
#include "av-edge/mst_msg.h"
#include "common/err.h"

enum { MST_MAC_MAX = 32, MST_INTEGRITY_MAX = 4 + 32 };

/* How the 32-byte form is made is not known for certain: the first of these
 * that fits stays with the allocation. SHA-1 is the one that clients use. */
enum mst_mac_kind {
	MST_MAC_SHA1,
	MST_MAC_SHA256_PADDED,	   /* (a) MD5 key */
	MST_MAC_SHA256,		   /* (b) MD5 key */
	MST_MAC_SHA256_KEY_PADDED, /* (c) SHA-256 key */
	MST_MAC_SHA256_KEY,	   /* (d) SHA-256 key */
	MST_MAC_KINDS
};

/** What libnice cuts off: leading 0x22, trailing 0x22 and 0x00. */
struct edge_slice mst_trim(struct edge_slice s);

struct mst_mac; /* key with its state kept; one thread; wiped by free */

EDGE_MUST_CHECK enum edge_err mst_mac_new(struct mst_mac **out,
					  enum mst_mac_kind kind,
					  const struct ave_login *l);
/** The kind, and the naive or the trimmed key, that m's integrity fits.
 * EDGE_EAUTH: none does. */
EDGE_MUST_CHECK enum edge_err mst_mac_match(struct mst_mac **out,
					    const struct mst_msg *m,
					    const struct ave_login *l);
void mst_mac_free(struct mst_mac *k); /* NULL is fine */
enum mst_mac_kind mst_mac_kind_of(const struct mst_mac *k);
/** How it is made, for the log: hash, key, input; NULL: SHA-1, the usual one.
 */
const char *mst_mac_form(const struct mst_mac *k);
/** Does m carry the right integrity? Constant time, allocates nothing. */
bool mst_mac_fits(const struct mst_mac *k, const struct mst_msg *m);
/** Ends the message that w holds with its integrity. */
struct edge_slice mst_sign(struct edge_put *w, const struct mst_mac *k);

#endif
