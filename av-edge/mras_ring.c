/* Which key makes tokens now, and which token counts; TO 5.4, AV 1.12, 6.2. */
#include "av-edge/mras_ring.h"

#include <string.h>

#include "av-edge/mras_ms2_cred.h"
#include "common/crypto.h"

const struct mras_keys *mras_ring_minting(const struct mras_ring *r,
					  int64_t now_s)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->v[i].from_s <= now_s && now_s < r->v[i].until_s)
			return &r->v[i].keys;
	return NULL;
}

/* A key counts until its certificate ends, staged ones too: another member's
 * clock may be ahead. */
static const struct mras_ring_key *of_kid(const struct mras_ring *r,
					  uint16_t kid, int64_t now_s)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->v[i].keys.kid == kid && now_s < r->v[i].until_s)
			return &r->v[i];
	return NULL;
}

static enum edge_err add_revoked(struct mras_ring *r,
				 const uint8_t pseudonym[MRAS_PSEUDONYM_LEN])
{
	if (r->revoked_count == MRAS_REVOKED)
		return EDGE_ELIMIT;
	memcpy(r->revoked[r->revoked_count++], pseudonym, MRAS_PSEUDONYM_LEN);
	return EDGE_OK;
}

enum edge_err mras_ring_revoke(struct mras_ring *r, struct edge_slice identity)
{
	uint8_t name[MRAS_PSEUDONYM_LEN];
	enum edge_err err = EDGE_OK;
	size_t len;

	if (edge_unhex(name, sizeof(name), &len, identity) == EDGE_OK &&
	    len == sizeof(name))
		return add_revoked(r, name);
	for (size_t i = 0; i < r->count && !err; i++) {
		mras_token_pseudonym(name, &r->v[i].keys, identity);
		err = add_revoked(r, name);
		mras_ms2_pseudonym(name, &r->v[i].keys, identity);
		if (!err)
			err = add_revoked(r, name);
	}
	return err;
}

bool mras_ring_is_revoked(const struct mras_ring *r,
			  const uint8_t pseudonym[MRAS_PSEUDONYM_LEN])
{
	for (size_t i = 0; i < r->revoked_count; i++)
		if (!memcmp(r->revoked[i], pseudonym, MRAS_PSEUDONYM_LEN))
			return true;
	return false;
}

static enum ave_reason judge(const struct mras_ring *r,
			     const struct mras_token *t, int64_t now_s,
			     enum ave_side side)
{
	uint8_t wanted = side == AVE_OUTSIDE ? MRAS_INTERNET : MRAS_INTRANET;

	if (t->expires_s < t->issued_s ||
	    t->expires_s - t->issued_s > r->lifetime_s ||
	    (int64_t)t->issued_s > now_s + r->skew_s)
		return AVE_BAD_TOKEN;
	if ((int64_t)t->expires_s + r->skew_s <= now_s ||
	    (int64_t)t->issued_s < r->not_before_s)
		return AVE_TOKEN_EXPIRED;
	if (mras_ring_is_revoked(r, t->pseudonym))
		return AVE_USER_REVOKED;
	return t->flags & wanted ? AVE_FINE : AVE_TOKEN_SIDE;
}

/* Its layout says which key made it, or one after the other is tried. */
static bool is_ours(struct mras_token *t, uint8_t password[MRAS_PASSWORD_LEN],
		    const struct mras_ring *r, struct edge_slice username,
		    int64_t now_s)
{
	const struct mras_ring_key *key;

	if (mras_token_decode(t, username)) {
		key = of_kid(r, t->kid, now_s);
		return key && mras_token_verify(password, &key->keys, username);
	}
	if (!mras_ms2_decode(t, username))
		return false;
	for (size_t i = 0; i < r->count; i++)
		if (now_s < r->v[i].until_s &&
		    mras_ms2_verify(password, &r->v[i].keys, username))
			return true;
	return false;
}

enum ave_reason mras_ring_verify(struct mras_known *out,
				 const struct mras_ring *r,
				 struct edge_slice username, int64_t now_s,
				 enum ave_side side)
{
	struct mras_token t;
	enum ave_reason why;

	if (!is_ours(&t, out->password, r, username, now_s))
		return AVE_BAD_TOKEN;
	why = judge(r, &t, now_s, side);
	if (why) {
		edge_wipe(out->password, sizeof(out->password));
		return why;
	}
	memcpy(out->grant.pseudonym, t.pseudonym, sizeof(out->grant.pseudonym));
	out->grant.issued_s = t.issued_s;
	out->grant.expires_s = t.expires_s;
	out->grant.outside = t.flags & MRAS_INTERNET;
	out->grant.inside = t.flags & MRAS_INTRANET;
	out->grant.is_server = t.flags & MRAS_SERVER;
	return AVE_FINE;
}

static struct edge_slice ip_of(const struct edge_addr *a)
{
	return edge_slice(a->ip, a->family == AF_INET6 ? 16 : 4);
}

enum { NONCE_MAC_LEN = 20, NONCE_BYTES = 4 + NONCE_MAC_LEN };

void mras_ring_nonce(char out[MRAS_NONCE_LEN + 1], const struct mras_ring *r,
		     const struct edge_addr *client, int64_t now_s)
{
	const struct mras_keys *k = mras_ring_minting(r, now_s);
	uint8_t bytes[NONCE_BYTES] = {0};
	struct edge_put w = edge_put(bytes, sizeof(bytes));

	if (k) {
		edge_put_u32(&w, (uint32_t)now_s);
		mras_nonce_mac(bytes + 4, k, (uint32_t)now_s, ip_of(client));
	}
	(void)edge_base64url(out, MRAS_NONCE_LEN + 1,
			     edge_slice(bytes, sizeof(bytes)));
}

bool mras_ring_nonce_fits(const struct mras_ring *r, struct edge_slice nonce,
			  const struct edge_addr *client, int64_t now_s,
			  uint32_t max_age_s)
{
	uint8_t bytes[NONCE_BYTES], mac[NONCE_MAC_LEN];
	struct edge_slice in;
	uint32_t made;
	size_t len;

	if (edge_slice_len(nonce) != MRAS_NONCE_LEN ||
	    edge_base64url_decode(bytes, sizeof(bytes), &len, nonce) !=
		    EDGE_OK ||
	    len != NONCE_BYTES)
		return false;
	in = edge_slice(bytes, len);
	if (!edge_take_u32(&in, &made) || made > now_s + r->skew_s ||
	    now_s - made > max_age_s)
		return false;
	for (size_t i = 0; i < r->count; i++) {
		if (now_s >= r->v[i].until_s)
			continue;
		mras_nonce_mac(mac, &r->v[i].keys, made, ip_of(client));
		if (edge_ct_eq(mac, in.p, NONCE_MAC_LEN))
			return true;
	}
	return false;
}
