/* Prints, signs and checks our Record-Route entries; AE 2.6, DESIGN 5. */
#include "access-edge/route_token.h"

#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"

enum {
	MAC_LEN = 16,		 /* AE 2.6: first half of HMAC-SHA256 */
	MAC_TEXT_LEN = 22,	 /* base64url of it, no padding */
	LOOP_KEY_LEN = 16,	 /* SipHash */
	KEY_GRACE_S = 48 * 3600, /* AE 2.6: old key accepted [s] */
	TOKEN_TEXT_CAP = 32,	 /* "Ci.R" 8 "." 8 and room */
	CANONICAL_CAP = 1024,	 /* ours: our longest entry, and then some */
};

struct route_key {
	char kid[ACC_ROUTE_KID_LEN];
	struct edge_mac *mac;
	uint64_t not_before_s, not_after_s;
	uint8_t loop[LOOP_KEY_LEN];
	uint8_t seal[EDGE_SEAL_KEY_LEN];
};

struct acc_route_keys {
	size_t count;
	struct route_key rows[ACC_ROUTE_KEYS];
};

static enum edge_err key_init(struct route_key *out,
			      const struct acc_route_key *in)
{
	uint8_t sum[EDGE_SHA256_LEN];
	enum edge_err err;

	err = edge_mac_new(&out->mac, edge_slice(in->key, sizeof(in->key)));
	if (err)
		return err;
	memcpy(out->kid, in->kid, sizeof(out->kid));
	out->kid[sizeof(out->kid) - 1] = '\0';
	out->not_before_s = in->not_before_s;
	out->not_after_s = in->not_after_s;
	edge_mac_sha256(out->mac, edge_slice_str("loop hash"), sum);
	memcpy(out->loop, sum, sizeof(out->loop));
	edge_mac_sha256(out->mac, edge_slice_str("hide from partners"),
			out->seal);
	edge_wipe(sum, sizeof(sum));
	return EDGE_OK;
}

enum edge_err acc_route_keys_new(struct acc_route_keys **out,
				 const struct acc_route_key *keys, size_t count)
{
	struct acc_route_keys *k;
	enum edge_err err = EDGE_OK;

	if (count > ACC_ROUTE_KEYS)
		return EDGE_ELIMIT;
	k = calloc(1, sizeof(*k));
	if (!k)
		return EDGE_ENOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		err = key_init(&k->rows[i], &keys[i]);
		if (!err)
			k->count++;
	}
	if (err) {
		acc_route_keys_free(k);
		return err;
	}
	*out = k;
	return EDGE_OK;
}

void acc_route_keys_free(struct acc_route_keys *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->count; i++)
		edge_mac_free(k->rows[i].mac);
	edge_wipe(k, sizeof(*k));
	free(k);
}

static const struct route_key *signing_key(const struct acc_route_keys *k,
					   uint64_t wall_s)
{
	const struct route_key *best = NULL;

	for (size_t i = 0; k && i < k->count; i++) {
		const struct route_key *r = &k->rows[i];

		if (wall_s < r->not_before_s || wall_s > r->not_after_s)
			continue;
		if (!best || r->not_before_s > best->not_before_s)
			best = r;
	}
	return best;
}

const uint8_t *acc_route_keys_loop_key(const struct acc_route_keys *k,
				       uint64_t wall_s)
{
	const struct route_key *r = signing_key(k, wall_s);

	return r ? r->loop : NULL;
}

/* A key that may check: also one that ended less than 48 h ago. */
static const struct route_key *checking_key(const struct acc_view *v,
					    struct edge_slice kid)
{
	const struct acc_route_keys *k = v->keys;

	for (size_t i = 0; k && i < k->count; i++) {
		const struct route_key *r = &k->rows[i];

		if (v->wall_s < r->not_before_s ||
		    (v->wall_s > r->not_after_s &&
		     v->wall_s - r->not_after_s > KEY_GRACE_S))
			continue;
		if (edge_slice_eq_str(kid, r->kid))
			return r;
	}
	return NULL;
}

static void mac_text(const struct route_key *k, struct edge_slice canonical,
		     char out[MAC_TEXT_LEN + 1])
{
	uint8_t sum[EDGE_SHA256_LEN];

	edge_mac_sha256(k->mac, canonical, sum);
	out[0] = '\0';
	(void)edge_base64url(out, MAC_TEXT_LEN + 1, edge_slice(sum, MAC_LEN));
}

/* "Ci.R2A00.1A2B3C4D"; the boot id always with its eight digits. */
static void put_token(struct edge_put *w, const char *prefix,
		      const struct acc_token *t)
{
	edge_put_str(w, prefix);
	edge_put_hex(w, t->cid);
	if (t->boot == 0)
		return;
	edge_put_u8(w, '.');
	for (uint32_t top = t->boot; top >> 28 == 0; top <<= 4)
		edge_put_u8(w, '0');
	edge_put_hex(w, t->boot);
}

static void put_state(struct edge_put *w, const struct acc_token *t)
{
	char text[TOKEN_TEXT_CAP], b64[2 * TOKEN_TEXT_CAP];
	struct edge_put inner = edge_put(text, sizeof(text));

	edge_put_str(w, ";opaque=state:");
	switch (t->kind) {
	case ACC_TOKEN_CLIENT:
		put_token(w, "Ci.R", t);
		return;
	case ACC_TOKEN_PARTNER:
		put_token(w, "Fe.R", t);
		return;
	case ACC_TOKEN_INSIDE:
		put_token(&inner, t->of_partner ? "Fe.R" : "Ci.R", t);
		edge_put_str(w, "Ee.");
		edge_put_bytes(w, b64,
			       edge_base64url(b64, sizeof(b64),
					      edge_put_done(&inner)));
		return;
	}
}

static void put_host(struct edge_put *w, const struct topo *t,
		     enum acc_token_kind kind)
{
	enum topo_port_kind port = TOPO_PORT_ACCESS_INSIDE;
	const char *host = t->member_count ? t->self : t->pool;

	if (kind != ACC_TOKEN_INSIDE) {
		host = t->access_name;
		port = kind == ACC_TOKEN_CLIENT ? TOPO_PORT_ACCESS_CLIENT
						: TOPO_PORT_ACCESS_FEDERATION;
	}
	edge_put_str(w, "<sip:");
	edge_put_str(w, host);
	edge_put_u8(w, ':');
	edge_put_dec(w, t->listen[port].addr.port);
	edge_put_str(w, ";transport=tls");
	if (kind == ACC_TOKEN_INSIDE) {
		edge_put_str(w, ";ms-fe=");
		edge_put_str(w, t->self);
	}
}

enum edge_err acc_token_print(const struct acc_view *v,
			      const struct acc_token *t, char *out, size_t cap)
{
	const struct route_key *key = signing_key(v->keys, v->wall_s);
	struct edge_put w = edge_put(out, cap);
	char sig[MAC_TEXT_LEN + 1];
	struct edge_slice text;

	if (!key)
		return EDGE_ENOTFOUND;
	put_host(&w, v->topo, t->kind);
	put_state(&w, t);
	edge_put_str(&w, ";lr");
	text = edge_put_done(&w);
	if (edge_slice_len(text) == 0)
		return EDGE_ELIMIT;
	mac_text(key, edge_slice(text.p + 1, edge_slice_len(text) - 1), sig);
	edge_put_str(&w, ";ms-route-sig=");
	edge_put_str(&w, key->kid);
	edge_put_u8(&w, '.');
	edge_put_str(&w, sig);
	edge_put_str(&w, ">");
	edge_put_u8(&w, 0);
	return w.overflow ? EDGE_ELIMIT : EDGE_OK;
}

/* A port of a listener that speaks SIP to proxies or clients, or none. */
static bool is_our_port(const struct topo *t, uint16_t port)
{
	static const enum topo_port_kind kinds[] = {TOPO_PORT_ACCESS_CLIENT,
						    TOPO_PORT_ACCESS_FEDERATION,
						    TOPO_PORT_ACCESS_INSIDE};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (t->listen[kinds[i]].present &&
		    t->listen[kinds[i]].addr.port == port)
			return true;
	return port == 0;
}

bool acc_token_is_ours(const struct acc_view *v, const struct edge_sip_uri *u)
{
	struct edge_slice fe;

	if (!u->is_sip || !is_our_port(v->topo, u->port))
		return false;
	if (topo_is_our_machine(v->topo, u->host))
		return true;
	if (v->topo->access_name &&
	    edge_slice_ieq_str(u->host, v->topo->access_name))
		return true;
	return edge_sip_param(u->params, "ms-fe", &fe) &&
	       edge_slice_len(fe) != 0 && topo_is_our_machine(v->topo, fe);
}

/* From "sip:" to ";lr" with the host in lower case: peers may change it. */
static bool canonical_text(struct edge_put *w, const struct edge_sip_uri *u,
			   struct edge_slice *covered)
{
	struct edge_slice lr, text = u->text;

	if (!edge_sip_param_raw(u->params, "lr", &lr) || edge_slice_len(lr) < 3)
		return false;
	*covered = (struct edge_slice){u->params.p, lr.p + 3};
	edge_put_slice(w, (struct edge_slice){text.p, u->host.p});
	for (const uint8_t *p = u->host.p; p < u->host.end; p++)
		edge_put_u8(w, *p >= 'A' && *p <= 'Z'
				       ? (uint8_t)(*p + ('a' - 'A'))
				       : *p);
	edge_put_slice(w, (struct edge_slice){u->host.end, lr.p + 3});
	return !w->overflow;
}

static bool starts(struct edge_slice s, const char *with,
		   struct edge_slice *rest)
{
	size_t n = strlen(with);

	if (edge_slice_len(s) < n || memcmp(s.p, with, n) != 0)
		return false;
	*rest = (struct edge_slice){s.p + n, s.end};
	return true;
}

/* "2A00" or "2A00.1A2B3C4D" */
static bool token_ids(struct edge_slice text, struct acc_token *out)
{
	struct edge_slice cid = text, boot = {0};
	uint64_t cid_n, boot_n = 0;
	const uint8_t *dot = edge_slice_find(text, '.');

	if (dot) {
		cid.end = dot;
		boot = (struct edge_slice){dot + 1, text.end};
		if (!edge_slice_hex(boot, &boot_n) || boot_n == 0 ||
		    boot_n > UINT32_MAX)
			return false;
	}
	if (!edge_slice_hex(cid, &cid_n) || cid_n == 0 || cid_n > UINT32_MAX)
		return false;
	out->cid = (edge_handle)cid_n;
	out->boot = (uint32_t)boot_n;
	return true;
}

static enum edge_err token_parse(struct edge_slice opaque,
				 struct acc_token *out)
{
	struct acc_token t = {0};
	uint8_t text[TOKEN_TEXT_CAP];
	struct edge_slice state, rest;
	size_t len;

	if (!starts(opaque, "state:", &state))
		return EDGE_EFORMAT;
	if (starts(state, "Ci.R", &rest)) {
		t.kind = ACC_TOKEN_CLIENT;
	} else if (starts(state, "Fe.R", &rest)) {
		t.kind = ACC_TOKEN_PARTNER;
		t.of_partner = true;
	} else {
		t.kind = ACC_TOKEN_INSIDE;
		if (!starts(state, "Ee.", &rest) ||
		    edge_base64url_decode(text, sizeof(text), &len, rest))
			return EDGE_EFORMAT;
		state = edge_slice(text, len);
		t.of_partner = starts(state, "Fe.R", &rest);
		if (!t.of_partner && !starts(state, "Ci.R", &rest))
			return EDGE_EFORMAT;
	}
	if (!token_ids(rest, &t))
		return EDGE_EFORMAT;
	*out = t;
	return EDGE_OK;
}

/* sig is "kid.mac": the MAC has no dot and a fixed length. */
static bool signature_fits(const struct acc_view *v, struct edge_slice sig,
			   struct edge_slice canonical)
{
	const struct route_key *key;
	char want[MAC_TEXT_LEN + 1];
	size_t len = edge_slice_len(sig);

	if (len < MAC_TEXT_LEN + 2 || sig.end[-MAC_TEXT_LEN - 1] != '.')
		return false;
	key = checking_key(v, edge_slice(sig.p, len - MAC_TEXT_LEN - 1));
	if (!key)
		return false;
	mac_text(key, canonical, want);
	return edge_ct_eq(want, sig.end - MAC_TEXT_LEN, MAC_TEXT_LEN);
}

enum edge_err acc_token_check(const struct acc_view *v,
			      const struct edge_sip_uri *u,
			      struct acc_token *out)
{
	char text[CANONICAL_CAP];
	struct edge_put w = edge_put(text, sizeof(text));
	struct edge_slice sig, opaque, covered;
	bool has_sig = edge_sip_param(u->params, "ms-route-sig", &sig);

	if (!has_sig)
		return edge_sip_param(u->params, "opaque", &opaque) &&
				       starts(opaque, "state:", &covered)
			       ? EDGE_EAUTH
			       : EDGE_ENOTFOUND;
	if (!canonical_text(&w, u, &covered) ||
	    !signature_fits(v, sig, edge_put_done(&w)))
		return EDGE_EAUTH;
	if (!edge_sip_param(covered, "opaque", &opaque))
		return EDGE_EFORMAT;
	return token_parse(opaque, out);
}

/* -- sealed texts ------------------------------------------------------- */

/* What it is for is sealed with it, in front. */
enum edge_err acc_token_seal(const struct acc_view *v, enum acc_hidden what,
			     struct edge_slice text, char out[ACC_SEALED_LEN])
{
	const struct route_key *key = signing_key(v->keys, v->wall_s);
	struct edge_put w = edge_put(out, ACC_SEALED_LEN);
	uint8_t plain[ACC_HIDDEN_LEN], sealed[ACC_HIDDEN_LEN + EDGE_SEAL_MORE];
	struct edge_put p = edge_put(plain, sizeof(plain));
	char *at;
	size_t len;
	enum edge_err err;

	if (!key)
		return EDGE_ENOTFOUND;
	edge_put_u8(&p, (uint8_t)what);
	edge_put_slice(&p, text);
	if (p.overflow)
		return EDGE_ELIMIT;
	err = edge_seal(sealed, sizeof(sealed), &len, key->seal,
			edge_put_done(&p));
	if (err)
		return err;
	edge_put_str(&w, key->kid);
	edge_put_u8(&w, '.');
	if (w.overflow)
		return EDGE_ELIMIT;
	at = out + edge_put_len(&w);
	return edge_base64url(at, ACC_SEALED_LEN - edge_put_len(&w),
			      edge_slice(sealed, len))
		       ? EDGE_OK
		       : EDGE_ELIMIT;
}

enum edge_err acc_token_unseal(const struct acc_view *v, enum acc_hidden what,
			       struct edge_slice sealed,
			       char out[ACC_HIDDEN_LEN])
{
	uint8_t bytes[ACC_HIDDEN_LEN + EDGE_SEAL_MORE], plain[ACC_HIDDEN_LEN];
	const struct route_key *key;
	const uint8_t *dot = sealed.end;
	size_t len;

	while (dot > sealed.p && dot[-1] != '.')
		dot--;
	if (dot == sealed.p)
		return EDGE_EAUTH;
	key = checking_key(v, (struct edge_slice){sealed.p, dot - 1});
	if (!key ||
	    edge_base64url_decode(bytes, sizeof(bytes), &len,
				  (struct edge_slice){dot, sealed.end}) ||
	    edge_unseal(plain, sizeof(plain), &len, key->seal,
			edge_slice(bytes, len)) ||
	    len < 1 || plain[0] != (uint8_t)what)
		return EDGE_EAUTH;
	memcpy(out, plain + 1, len - 1);
	out[len - 1] = '\0';
	return EDGE_OK;
}
