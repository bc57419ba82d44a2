/* Dialback keys in the form of XEP-0185. */
#include "access-edge/xmpp_dialback.h"

#include <string.h>

enum { TEXT_MAX = 1024 /* ours: two domains and a stream id [bytes] */ };

enum edge_err acc_dialback_of_passphrase(struct acc_dialback *d,
					 const char *hex)
{
	const struct edge_slice s = edge_slice_str(hex);
	uint8_t raw[EDGE_SHA256_LEN];
	size_t len = 0;

	if (edge_slice_len(s) != ACC_DIALBACK_SECRET_LEN ||
	    edge_unhex(raw, sizeof(raw), &len, s))
		return EDGE_EFORMAT;
	edge_hex(d->secret[0], edge_slice(raw, sizeof(raw)));
	edge_wipe(raw, sizeof(raw));
	d->count = 1;
	return EDGE_OK;
}

enum edge_err acc_dialback_add(struct acc_dialback *d,
			       struct edge_slice pool_key)
{
	uint8_t raw[EDGE_SHA256_LEN];
	enum edge_err err;

	if (d->count >= ACC_DIALBACK_SECRETS)
		return EDGE_ELIMIT;
	err = edge_hkdf_sha256(raw, sizeof(raw), pool_key,
			       (struct edge_slice){0},
			       edge_slice_str("lync-edge xmpp dialback"));
	if (err)
		return err;
	edge_hex(d->secret[d->count++], edge_slice(raw, sizeof(raw)));
	edge_wipe(raw, sizeof(raw));
	return EDGE_OK;
}

static enum edge_err key_by(const char *secret, char out[ACC_DIALBACK_KEY_LEN],
			    struct edge_slice text)
{
	uint8_t mac[EDGE_SHA256_LEN];
	struct edge_mac *m;
	enum edge_err err = edge_mac_new(&m, edge_slice_str(secret));

	if (err)
		return err;
	edge_mac_sha256(m, text, mac);
	edge_mac_free(m);
	edge_hex(out, edge_slice(mac, sizeof(mac)));
	edge_wipe(mac, sizeof(mac));
	return EDGE_OK;
}

/* XEP-0185 2.2; empty when it does not fit. */
static struct edge_slice text_of(char buf[TEXT_MAX], const char *receiving,
				 const char *originating,
				 struct edge_slice stream_id)
{
	struct edge_put w = edge_put(buf, TEXT_MAX);

	edge_put_str(&w, receiving);
	edge_put_str(&w, " ");
	edge_put_str(&w, originating);
	edge_put_str(&w, " ");
	edge_put_slice(&w, stream_id);
	return edge_put_done(&w);
}

enum edge_err acc_dialback_key(const struct acc_dialback *d,
			       char out[ACC_DIALBACK_KEY_LEN],
			       const char *receiving, const char *originating,
			       struct edge_slice stream_id)
{
	char buf[TEXT_MAX];
	const struct edge_slice text =
		text_of(buf, receiving, originating, stream_id);

	if (!d->count)
		return EDGE_ESTATE;
	if (!edge_slice_len(text))
		return EDGE_ELIMIT;
	return key_by(d->secret[0], out, text);
}

bool acc_dialback_is_ours(const struct acc_dialback *d, struct edge_slice key,
			  const char *receiving, const char *originating,
			  struct edge_slice stream_id)
{
	char buf[TEXT_MAX], want[ACC_DIALBACK_KEY_LEN];
	const struct edge_slice text =
		text_of(buf, receiving, originating, stream_id);
	bool is_ours = false;

	if (edge_slice_len(key) != ACC_DIALBACK_KEY_LEN - 1 ||
	    !edge_slice_len(text))
		return false;
	for (size_t i = 0; i < d->count; i++)
		if (key_by(d->secret[i], want, text) == EDGE_OK)
			is_ours |= edge_ct_eq(want, key.p,
					      ACC_DIALBACK_KEY_LEN - 1);
	return is_ours;
}
