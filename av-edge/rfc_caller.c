/* From cheap to dear: fields, nonce, token, key, integrity. */
#include "av-edge/rfc_caller.h"

#include <string.h>

#include "av-edge/mras_ring.h"
#include "common/crypto.h"

enum {
	TOKEN_TEXT_LEN = 80, /* base64 of MRAS_TOKEN_LEN bytes, no padding */
	MS2_TEXT_LEN = 76,   /* of MRAS_BLOB_V2_LEN bytes, one '=' */
	ALGORITHM_LEN = 4,   /* number, length of parameters: none */
};

/* ---- text, AV 3.3: base64 of RFC 4648 §4 ---- */

size_t rfc_token_decode(uint8_t out[MRAS_TOKEN_LEN], struct edge_slice text)
{
	uint8_t url[TOKEN_TEXT_LEN];
	size_t len = edge_slice_len(text), got;

	if (len == MS2_TEXT_LEN && text.end[-1] == '=')
		len--;
	else if (len != TOKEN_TEXT_LEN)
		return 0;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = text.p[i];

		if (c == '-' || c == '_')
			return 0; /* one text a token */
		url[i] = c == '+' ? '-' : c == '/' ? '_' : c;
	}
	if (edge_base64url_decode(out, MRAS_TOKEN_LEN, &got,
				  edge_slice(url, len)) != EDGE_OK)
		return 0;
	memset(out + got, 0, MRAS_TOKEN_LEN - got);
	return got;
}

void rfc_password_encode(char out[RFC_PASSWORD_TEXT_LEN + 1],
			 const uint8_t password[MRAS_PASSWORD_LEN])
{
	size_t len = edge_base64url(out, RFC_PASSWORD_TEXT_LEN + 1,
				    edge_slice(password, MRAS_PASSWORD_LEN));

	for (size_t i = 0; i < len; i++)
		out[i] = (char)(out[i] == '-'	? '+'
				: out[i] == '_' ? '/'
						: out[i]);
	out[len] = '=';
	out[len + 1] = '\0';
}

/* ---- what must be there ---- */

static enum ave_reason check_fields(const struct rfc_msg *m)
{
	if (!m->integrity_at && !m->sha256_at)
		return AVE_NO_INTEGRITY;
	if (!rfc_has(m, RFC_USERNAME))
		return AVE_NO_USERNAME;
	if (!rfc_has(m, RFC_REALM))
		return AVE_NO_REALM;
	return rfc_has(m, RFC_NONCE) ? AVE_FINE : AVE_NO_NONCE;
}

/* A stream's nonce begins with what this server can, else somebody took it
 * away on the way: RFC 8489 §9.2.4. */
static bool is_nonce(const struct ave_relay *r, const struct ave_leg *leg,
		     struct edge_slice nonce)
{
	const struct ave_view *v = ave_relay_view(r);
	struct edge_slice cookie;

	if (ave_leg_is_stream(leg) &&
	    (!edge_take(&nonce, RFC_COOKIE_NONCE_LEN, &cookie) ||
	     !edge_slice_eq_str(cookie, rfc_cookie_nonce)))
		return false;
	return mras_ring_nonce_fits(v->ring, nonce, &leg->client,
				    ave_relay_wall_s(r),
				    (uint32_t)v->limits[AVE_LIMIT_NONCE_S]);
}

/* Neither attribute, or both: our list and one of it. */
static bool take_algorithm(enum rfc_algorithm *how, const struct ave_leg *leg,
			   const struct rfc_msg *m)
{
	struct edge_slice one;
	uint16_t number, params;

	*how = RFC_MD5;
	if (!ave_leg_is_stream(leg) || (!rfc_has(m, RFC_PASSWORD_ALGORITHM) &&
					!rfc_has(m, RFC_PASSWORD_ALGORITHMS)))
		return !rfc_has(m, RFC_PASSWORD_ALGORITHM);
	if (!rfc_has(m, RFC_PASSWORD_ALGORITHM) ||
	    !rfc_has(m, RFC_PASSWORD_ALGORITHMS) ||
	    !edge_slice_eq(m->v[RFC_PASSWORD_ALGORITHMS].bytes,
			   rfc_algorithms()))
		return false;
	one = m->v[RFC_PASSWORD_ALGORITHM].bytes;
	if (edge_slice_len(one) != ALGORITHM_LEN ||
	    !edge_take_u16(&one, &number) || !edge_take_u16(&one, &params) ||
	    params || (number != RFC_MD5 && number != RFC_SHA256))
		return false;
	*how = (enum rfc_algorithm)number;
	return true;
}

/* ---- token and integrity ---- */

static enum ave_reason make_mac(struct rfc_caller *c, const struct rfc_msg *m,
				const uint8_t password[MRAS_PASSWORD_LEN])
{
	char text[RFC_PASSWORD_TEXT_LEN + 1] = "";
	uint8_t key[RFC_KEY_MAX];
	struct ave_login l = {
		m->v[RFC_USERNAME].bytes, m->v[RFC_REALM].bytes, {0}};
	enum edge_err err;

	rfc_password_encode(text, password);
	l.password = edge_slice(text, RFC_PASSWORD_TEXT_LEN);
	err = rfc_mac_new(&c->made, edge_slice(key, rfc_key(key, c->how, &l)));
	edge_wipe(text, sizeof(text));
	edge_wipe(key, sizeof(key));
	return err ? AVE_INTERNAL : AVE_FINE;
}

/* The holder's key is kept with the allocation; another one is made when the
 * realm has changed since, or the algorithm. */
static enum ave_reason check_key(struct rfc_caller *c,
				 const struct rfc_own *own,
				 const struct rfc_msg *m,
				 const uint8_t password[MRAS_PASSWORD_LEN])
{
	enum ave_reason why;

	c->is_holder = own && edge_ct_eq(own->token, c->token, MRAS_TOKEN_LEN);
	if (c->is_holder && rfc_mac_fits(own->mac, m)) {
		c->mac = own->mac;
		return AVE_FINE;
	}
	why = make_mac(c, m, password);
	if (why)
		return why;
	c->mac = c->made;
	return rfc_mac_fits(c->mac, m) ? AVE_FINE : AVE_BAD_INTEGRITY;
}

enum ave_reason rfc_caller_admit(struct rfc_caller *out,
				 const struct ave_relay *r,
				 const struct ave_leg *leg,
				 const struct rfc_own *own,
				 const struct rfc_msg *m)
{
	const struct ave_view *v = ave_relay_view(r);
	struct mras_known known;
	struct rfc_caller c = {0};
	enum ave_reason why = check_fields(m);

	if (why)
		return why;
	if (!is_nonce(r, leg, m->v[RFC_NONCE].bytes))
		return AVE_STALE_NONCE;
	if (!take_algorithm(&c.how, leg, m))
		return AVE_MALFORMED;
	if (!edge_slice_eq_str(m->v[RFC_REALM].bytes, v->realm))
		return AVE_BAD_INTEGRITY;
	c.token_len = rfc_token_decode(c.token, m->v[RFC_USERNAME].bytes);
	why = mras_ring_verify(&known, v->ring,
			       edge_slice(c.token, c.token_len),
			       ave_relay_wall_s(r), (enum ave_side)leg->side);
	if (why)
		return why;
	c.grant = known.grant;
	why = check_key(&c, own, m, known.password);
	edge_wipe(&known, sizeof(known));
	if (why)
		rfc_caller_fini(&c);
	else
		*out = c;
	return why;
}

void rfc_caller_fini(struct rfc_caller *c)
{
	rfc_mac_free(c->made);
	c->made = NULL;
	c->mac = NULL;
}
