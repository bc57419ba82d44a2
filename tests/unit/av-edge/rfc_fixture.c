/* A TURN client on a relay without sockets. */
#include "tests/unit/av-edge/rfc_fixture.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "av-edge/dialect.h"
#include "av-edge/mras_ms2_cred.h"
#include "av-edge/rfc_caller.h"
#include "common/crypto.h"

enum { LIFETIME_S = 8 * 3600, TRANSPORT_UDP = 17 };

/* RFC 4648 §4; of these lengths only that of the second layout is padded. */
static void base64(char *out, const uint8_t *p, size_t len)
{
	size_t n =
		edge_base64url(out, 4 * (len + 2) / 3 + 1, edge_slice(p, len));

	for (size_t i = 0; i < n; i++)
		out[i] = (char)(out[i] == '-'	? '+'
				: out[i] == '_' ? '/'
						: out[i]);
	memcpy(out + n, len % 3 ? "=" : "", 1 + (len % 3 != 0));
}

static struct rfc_user user_of(const struct mras_ticket *ticket)
{
	struct rfc_user u;
	struct ave_login l;
	uint8_t key[RFC_KEY_MAX];

	base64(u.username, ticket->username, ticket->username_len);
	rfc_password_encode(u.password, ticket->password);
	l = (struct ave_login){edge_slice_str(u.username),
			       edge_slice_str("rtcmedia"),
			       edge_slice_str(u.password)};
	ck_assert_int_eq(
		rfc_mac_new(&u.mac, edge_slice(key, rfc_key(key, RFC_MD5, &l))),
		EDGE_OK);
	ck_assert_int_eq(
		rfc_mac_new(&u.wide,
			    edge_slice(key, rfc_key(key, RFC_SHA256, &l))),
		EDGE_OK);
	return u;
}

struct rfc_user rfc_fixture_user(const struct rfc_fixture *f, const char *who,
				 uint8_t flags, int64_t issued_s)
{
	struct mras_token t = {.issued_s = (uint32_t)issued_s,
			       .expires_s = (uint32_t)issued_s + LIFETIME_S,
			       .flags = flags};
	const uint8_t random[8] = {1, 2, 3};
	struct mras_ticket ticket;

	mras_token_mint(&ticket, &f->ring.v[0].keys, &t, edge_slice_str(who),
			random);
	return user_of(&ticket);
}

struct rfc_user rfc_fixture_ms2_user(const struct rfc_fixture *f,
				     const char *who, int64_t issued_s)
{
	struct mras_token t = {.issued_s = (uint32_t)issued_s,
			       .expires_s = (uint32_t)issued_s + LIFETIME_S,
			       .flags = MRAS_INTERNET};
	const uint8_t random[8] = {1, 2, 3};
	struct mras_ticket ticket;

	mras_ms2_mint(&ticket, &f->ring.v[0].keys, &t, edge_slice_str(who),
		      random);
	return user_of(&ticket);
}

void rfc_user_fini(struct rfc_user *u)
{
	rfc_mac_free(u->mac);
	rfc_mac_free(u->wide);
}

void rfc_fixture_init(struct rfc_fixture *f)
{
	memset(f, 0, sizeof(*f));
	fake_net_init(&f->net);
	f->ring = (struct mras_ring){
		.v = {{.until_s = INT64_MAX}},
		.count = 1,
		.lifetime_s = LIFETIME_S,
		.skew_s = 300,
	};
	ck_assert_int_eq(
		mras_keys_derive(&f->ring.v[0].keys, edge_slice_str("key")),
		EDGE_OK);
	f->net.view.ring = &f->ring;
	(void)snprintf(f->net.view.realm, sizeof(f->net.view.realm),
		       "rtcmedia");
	fake_net_start(&f->net, NULL, &rfc_dialect);
	f->alice = rfc_fixture_user(f, "sip:alice@example.com", MRAS_INTERNET,
				    f->net.wall_s);
	f->bob = rfc_fixture_user(f, "sip:bob@example.com", MRAS_INTERNET,
				  f->net.wall_s);
	f->insider = rfc_fixture_user(f, "sip:in@example.com", MRAS_INTRANET,
				      f->net.wall_s);
	f->user = &f->alice;
}

void rfc_fixture_fini(struct rfc_fixture *f)
{
	fake_net_stop(&f->net);
	rfc_user_fini(&f->alice);
	rfc_user_fini(&f->bob);
	rfc_user_fini(&f->insider);
}

void rfc_ask(struct rfc_fixture *f, unsigned method)
{
	f->tid[0]++;
	f->w = edge_put(f->buf, sizeof(f->buf));
	rfc_begin(&f->w, method, RFC_REQUEST, edge_slice(f->tid, RFC_TID_LEN));
}

void rfc_put_login(struct rfc_fixture *f, const struct ave_leg *leg)
{
	char nonce[RFC_COOKIE_NONCE_LEN + MRAS_NONCE_LEN + 1] = "";
	size_t at = 0;

	if (ave_leg_is_stream(leg)) {
		at = RFC_COOKIE_NONCE_LEN;
		memcpy(nonce, rfc_cookie_nonce, at);
	}
	mras_ring_nonce(nonce + at, &f->ring, &leg->client, f->net.wall_s);
	rfc_put_bytes(&f->w, RFC_USERNAME, edge_slice_str(f->user->username));
	rfc_put_bytes(&f->w, RFC_REALM, edge_slice_str("rtcmedia"));
	rfc_put_bytes(&f->w, RFC_NONCE, edge_slice_str(nonce));
}

void rfc_login(struct rfc_fixture *f, const struct ave_leg *leg)
{
	rfc_put_login(f, leg);
	(void)rfc_sign(&f->w, f->user->mac, RFC_INTEGRITY);
}

const struct rfc_msg *rfc_told(struct rfc_fixture *f)
{
	const struct fake_sent *s = fake_net_last(&f->net, FAKE_TOLD);

	memcpy(f->answer_bytes, s->bytes, s->len);
	ck_assert_int_eq(
		rfc_msg_decode(&f->answer, edge_slice(f->answer_bytes, s->len)),
		EDGE_OK);
	ck_assert(rfc_fingerprint_fits(&f->answer));
	ck_assert(!f->answer.is_faulty);
	return &f->answer;
}

const struct rfc_msg *rfc_say_bytes(struct rfc_fixture *f,
				    const struct ave_leg *leg,
				    struct edge_slice bytes)
{
	const struct rfc_msg *m;

	fake_net_clear(&f->net);
	if (ave_leg_is_stream(leg))
		(void)fake_net_message(&f->net, leg, AVE_CUT_RFC_MESSAGE,
				       bytes);
	else
		fake_net_datagram(&f->net, leg, bytes);
	if (!fake_net_count(&f->net, FAKE_TOLD))
		return NULL;
	ck_assert_uint_eq(fake_net_count(&f->net, FAKE_TOLD), 1);
	m = rfc_told(f);
	ck_assert(edge_slice_eq(m->tid, edge_slice(bytes.p + 8, RFC_TID_LEN)));
	ck_assert(m->cls == RFC_SUCCESS || m->cls == RFC_ERROR);
	if (m->integrity_at || m->sha256_at)
		ck_assert(rfc_mac_fits(f->user->mac, m) ||
			  rfc_mac_fits(f->user->wide, m));
	return m;
}

const struct rfc_msg *rfc_say(struct rfc_fixture *f, const struct ave_leg *leg)
{
	return rfc_say_bytes(f, leg, rfc_end(&f->w));
}

int rfc_code(struct rfc_fixture *f, const struct ave_leg *leg)
{
	const struct rfc_msg *m;

	rfc_login(f, leg);
	m = rfc_say(f, leg);
	if (!m)
		return -1;
	ck_assert(m->integrity_at);
	return m->cls == RFC_SUCCESS ? 0 : (int)m->v[RFC_ERROR_CODE].number;
}

struct edge_addr rfc_allocated(struct rfc_fixture *f, const struct ave_leg *leg,
			       uint8_t transport)
{
	rfc_ask(f, RFC_ALLOCATE);
	rfc_put_number(&f->w, RFC_REQUESTED_TRANSPORT, transport);
	ck_assert_int_eq(rfc_code(f, leg), 0);
	ck_assert(rfc_has(&f->answer, RFC_XOR_RELAYED));
	return f->answer.v[RFC_XOR_RELAYED].addr;
}

int rfc_permit(struct rfc_fixture *f, const struct ave_leg *leg,
	       const struct edge_addr *peer)
{
	rfc_ask(f, RFC_CREATE_PERMISSION);
	rfc_put_addr(&f->w, RFC_XOR_PEER, peer);
	return rfc_code(f, leg);
}

int rfc_bind(struct rfc_fixture *f, const struct ave_leg *leg, uint16_t channel,
	     const struct edge_addr *peer)
{
	rfc_ask(f, RFC_CHANNEL_BIND);
	rfc_put_number(&f->w, RFC_CHANNEL_NUMBER, channel);
	rfc_put_addr(&f->w, RFC_XOR_PEER, peer);
	return rfc_code(f, leg);
}
