/* Bytes of answers, and which code says what. */
#include "av-edge/rfc_answer.h"

enum { SERVER_ERROR = 500 };

const char rfc_cookie_nonce[RFC_COOKIE_NONCE_LEN + 1] = "obMatJos2AAAB";

struct edge_slice rfc_algorithms(void)
{
	static const uint8_t list[8] = {0, RFC_SHA256, 0, 0, 0, RFC_MD5, 0, 0};

	return edge_slice(list, sizeof(list));
}

void rfc_answer_begin(struct rfc_answer *a, unsigned method, enum rfc_class cls,
		      struct edge_slice tid)
{
	a->w = edge_put(a->bytes, sizeof(a->bytes));
	rfc_begin(&a->w, method, cls, tid);
}

struct edge_slice rfc_answer_end(struct rfc_answer *a,
				 const struct rfc_seal *seal)
{
	if (seal->mac)
		(void)rfc_sign(&a->w, seal->mac, seal->which);
	return seal->has_fingerprint ? rfc_put_fingerprint(&a->w)
				     : rfc_end(&a->w);
}

void rfc_put_challenge(struct edge_put *w, const struct rfc_challenge *c)
{
	uint8_t nonce[RFC_COOKIE_NONCE_LEN + 128];
	struct edge_put n = edge_put(nonce, sizeof(nonce));

	rfc_put_error(w, c->code);
	if (c->has_features)
		edge_put_str(&n, rfc_cookie_nonce);
	edge_put_slice(&n, c->nonce);
	rfc_put_bytes(w, RFC_NONCE, edge_put_done(&n));
	rfc_put_bytes(w, RFC_REALM, c->realm);
	if (c->has_features)
		rfc_put_bytes(w, RFC_PASSWORD_ALGORITHMS, rfc_algorithms());
}

void rfc_put_terms(struct edge_put *w, const struct rfc_terms *t)
{
	for (int i = 0; i < 2; i++)
		if (t->relayed[i].family)
			rfc_put_addr(w, RFC_XOR_RELAYED, &t->relayed[i]);
	rfc_put_number(w, RFC_LIFETIME, t->lifetime_s);
	if (t->reserved)
		rfc_put_number(w, RFC_RESERVATION_TOKEN, t->reserved);
	rfc_put_addr(w, RFC_XOR_MAPPED, &t->client);
	if (t->address_error)
		rfc_put_address_error(w, RFC_FAMILY_V6, t->address_error);
}

static const struct {
	enum ave_reason why;
	uint16_t code, allocate, connect; /* 0: as code */
} codes[] = {
	/* clang-format off */
	{AVE_MALFORMED,     400, 0,   0},
	{AVE_NO_USERNAME,   400, 0,   0},
	{AVE_NO_REALM,      400, 0,   0},
	{AVE_NO_NONCE,      400, 0,   0},
	{AVE_NO_INTEGRITY,  401, 0,   0},
	{AVE_BAD_TOKEN,     401, 0,   0},
	{AVE_TOKEN_EXPIRED, 401, 0,   0},
	{AVE_USER_REVOKED,  401, 0,   0},
	{AVE_TOKEN_SIDE,    401, 0,   0},
	{AVE_BAD_INTEGRITY, 401, 0,   0},
	{AVE_PEER_DENIED,   403, 0,   0},
	{AVE_UNKNOWN_ATTR,  420, 0,   0},
	{AVE_NO_ALLOCATION, 437, 0,   0},
	{AVE_ALLOCATED,     437, 0,   0},
	{AVE_OTHER_DIALECT, 437, 0,   0},
	{AVE_STALE_NONCE,   438, 0,   0},
	{AVE_FAMILY,        443, 440, 0},
	{AVE_WRONG_USER,    441, 0,   0},
	{AVE_TRANSPORT,     442, 0,   0},
	{AVE_CHANNEL_TAKEN, 400, 0,   446},
	{AVE_PEER_GONE,     447, 0,   0},
	{AVE_USER_LIMIT,    486, 0,   0},
	{AVE_SOURCE_LIMIT,  486, 0,   0},
	{AVE_RATE,          508, 0,   0},
	{AVE_TABLE_FULL,    508, 0,   0},
	{AVE_NO_PORT,       508, 0,   0},
	{AVE_NO_SOCKET,     508, 0,   0},
	{AVE_DRAINING,      508, 0,   0},
	{AVE_RESERVATION,   508, 0,   0},
	{AVE_PEER_LIMIT,    508, 0,   0},
	/* clang-format on */
};

unsigned rfc_code_of(enum ave_reason why, unsigned method)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].why != why)
			continue;
		if (method == RFC_ALLOCATE && codes[i].allocate)
			return codes[i].allocate;
		if (method == RFC_CONNECT && codes[i].connect)
			return codes[i].connect;
		return codes[i].code;
	}
	return SERVER_ERROR;
}
