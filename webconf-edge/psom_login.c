/* Edge tokens. */
#include "webconf-edge/psom_login.h"

#include <string.h>

enum { SIGNED_LEN = PSOM_TOKEN_LEN - PSOM_MAC_LEN };

static const char label[] = "WCE1-token"; /* its NUL is signed too */

/* ---- names ---- */

static struct edge_slice undotted(struct edge_slice name)
{
	if (name.p != name.end && name.end[-1] == '.')
		name.end--;
	return name;
}

static void hash(uint8_t *out, size_t len, struct edge_slice text)
{
	uint8_t folded[PSOM_CONFERENCE_MAX], whole[EDGE_SHA256_LEN];
	size_t n = edge_slice_len(text);

	for (size_t i = 0; i < n; i++) {
		uint8_t c = text.p[i];

		folded[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
	}
	edge_sha256(edge_slice(folded, n), whole);
	memcpy(out, whole, len);
}

bool psom_mcu_hash(uint8_t out[PSOM_MCU_HASH_LEN], struct edge_slice mcu)
{
	if (edge_slice_len(mcu) > PSOM_MCU_MAX)
		return false;
	hash(out, PSOM_MCU_HASH_LEN, undotted(mcu));
	return true;
}

bool psom_conf_hash(uint8_t out[PSOM_CONF_HASH_LEN],
		    struct edge_slice conference)
{
	if (edge_slice_len(conference) > PSOM_CONFERENCE_MAX)
		return false;
	hash(out, PSOM_CONF_HASH_LEN, conference);
	return true;
}

bool psom_name_eq(struct edge_slice a, struct edge_slice b)
{
	return edge_slice_ieq(undotted(a), undotted(b));
}

/* ---- keys ---- */

static enum edge_err take_key(struct psom_key *out, const struct topo_key *from)
{
	uint64_t kid;

	if (*from->kid == '0' ||
	    !edge_slice_u64(edge_slice_str(from->kid), TOPO_PSOM_KID_MAX, &kid))
		return EDGE_EFORMAT;
	out->kid = (uint8_t)kid;
	out->not_before_s = from->not_before_s;
	out->not_after_s = from->not_after_s;
	memcpy(out->key, from->key, sizeof(out->key));
	return edge_mac_new(&out->mac, edge_slice(out->key, sizeof(out->key)));
}

enum edge_err psom_keys_from(struct psom_keys *out,
			     const struct topo_keyring *ring)
{
	struct psom_keys k = {0};
	enum edge_err err = EDGE_OK;

	while (!err && k.count < ring->count) {
		err = take_key(&k.keys[k.count], &ring->keys[k.count]);
		k.count++;
	}
	if (err) {
		psom_keys_fini(&k);
		return err;
	}
	*out = k;
	edge_wipe(&k, sizeof(k));
	return EDGE_OK;
}

void psom_keys_fini(struct psom_keys *k)
{
	for (size_t i = 0; i < k->count; i++)
		edge_mac_free(k->keys[i].mac);
	edge_wipe(k, sizeof(*k));
}

static bool is_in_date(const struct psom_key *k, uint64_t now_s)
{
	return k->not_before_s <= now_s && now_s <= k->not_after_s;
}

const struct psom_key *psom_keys_current(const struct psom_keys *k,
					 uint64_t now_s)
{
	for (size_t i = 0; i < k->count; i++)
		if (is_in_date(&k->keys[i], now_s))
			return &k->keys[i];
	return NULL;
}

static const struct psom_key *find(const struct psom_keys *k, uint8_t kid,
				   uint64_t now_s)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->keys[i].kid == kid)
			return is_in_date(&k->keys[i], now_s) ? &k->keys[i]
							      : NULL;
	return NULL;
}

/* ---- tokens ---- */

static void take_into(struct edge_slice *in, uint8_t *out, size_t len)
{
	struct edge_slice v;

	if (edge_take(in, len, &v))
		memcpy(out, v.p, len);
}

bool psom_token_decode(struct psom_token *out, struct edge_slice in)
{
	if (edge_slice_len(in) != PSOM_TOKEN_LEN)
		return false;
	(void)edge_take_u8(&in, &out->version);
	(void)edge_take_u8(&in, &out->kid);
	(void)edge_take_u16(&in, &out->flags);
	(void)edge_take_u32(&in, &out->issued_s);
	(void)edge_take_u32(&in, &out->expires_s);
	take_into(&in, out->mcu, sizeof(out->mcu));
	take_into(&in, out->conference, sizeof(out->conference));
	take_into(&in, out->nonce, sizeof(out->nonce));
	take_into(&in, out->mac, sizeof(out->mac));
	return true;
}

void psom_token_encode(uint8_t out[PSOM_TOKEN_LEN], const struct psom_token *t)
{
	struct edge_put w = edge_put(out, PSOM_TOKEN_LEN);

	edge_put_u8(&w, t->version);
	edge_put_u8(&w, t->kid);
	edge_put_u16(&w, t->flags);
	edge_put_u32(&w, t->issued_s);
	edge_put_u32(&w, t->expires_s);
	edge_put_bytes(&w, t->mcu, sizeof(t->mcu));
	edge_put_bytes(&w, t->conference, sizeof(t->conference));
	edge_put_bytes(&w, t->nonce, sizeof(t->nonce));
	edge_put_bytes(&w, t->mac, sizeof(t->mac));
}

static void mac_of(uint8_t out[PSOM_MAC_LEN], const struct psom_key *key,
		   const uint8_t token[SIGNED_LEN])
{
	uint8_t text[sizeof(label) + SIGNED_LEN];

	memcpy(text, label, sizeof(label));
	memcpy(text + sizeof(label), token, SIGNED_LEN);
	edge_mac_sha256(key->mac, edge_slice(text, sizeof(text)), out);
}

bool psom_token_for(struct psom_token *t, struct edge_slice mcu,
		    struct edge_slice conference)
{
	return psom_mcu_hash(t->mcu, mcu) &&
	       psom_conf_hash(t->conference, conference);
}

void psom_token_make(uint8_t out[PSOM_TOKEN_LEN], const struct psom_key *key,
		     struct psom_token *t)
{
	t->version = PSOM_TOKEN_VERSION;
	t->flags = 0;
	t->kid = key->kid;
	psom_token_encode(out, t);
	mac_of(t->mac, key, out);
	memcpy(out + SIGNED_LEN, t->mac, PSOM_MAC_LEN);
}

/* Step 10; sums of 64 bits cannot wrap: the clock is one of seconds. */
static enum wce_reason check_times(const struct psom_token *t,
				   const struct psom_token_claim *c)
{
	const uint64_t skew = c->rule.skew_s;

	if (t->expires_s + skew <= c->now_s)
		return WCE_REASON_EXPIRED;
	if (t->issued_s >= c->now_s + skew)
		return WCE_REASON_NOT_YET_VALID;
	if (t->expires_s < t->issued_s ||
	    t->expires_s - t->issued_s > c->rule.life_s)
		return WCE_REASON_LIFETIME;
	return WCE_REASON_OK;
}

/* Steps 11 and 12. */
static enum wce_reason check_names(const struct psom_token *t,
				   const struct psom_token_claim *c)
{
	struct psom_token named;

	if (!psom_mcu_hash(named.mcu, c->mcu) ||
	    !edge_ct_eq(named.mcu, t->mcu, sizeof(t->mcu)))
		return WCE_REASON_MCU_MISMATCH;
	if (!psom_conf_hash(named.conference, c->conference) ||
	    !edge_ct_eq(named.conference, t->conference, sizeof(t->conference)))
		return WCE_REASON_CONF_MISMATCH;
	return WCE_REASON_OK;
}

enum wce_reason psom_token_check(struct psom_token *out,
				 const struct psom_keys *k,
				 const struct psom_token_claim *c)
{
	uint8_t mac[PSOM_MAC_LEN];
	const struct psom_key *key;
	struct psom_token t;
	enum wce_reason why;
	bool is_good;

	if (!psom_token_decode(&t, c->token) ||
	    t.version != PSOM_TOKEN_VERSION || t.flags)
		return WCE_REASON_TOKEN_VERSION;
	key = find(k, t.kid, c->now_s);
	if (!key)
		return WCE_REASON_UNKNOWN_KEY;
	mac_of(mac, key, c->token.p);
	is_good = edge_ct_eq(mac, t.mac, sizeof(mac));
	edge_wipe(mac, sizeof(mac)); /* of a forgery it would be the good one */
	if (!is_good)
		return WCE_REASON_BAD_MAC;
	why = check_times(&t, c);
	if (why == WCE_REASON_OK)
		why = check_names(&t, c);
	if (why == WCE_REASON_OK)
		*out = t;
	return why;
}
