/* Requests in the shape that libnice gives them. */
#include "tests/unit/av-edge/mst_client.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

struct edge_addr mst_addr(const char *text)
{
	struct edge_addr out;

	ck_assert_int_eq(edge_addr_parse_port(&out, edge_slice_str(text)),
			 EDGE_OK);
	return out;
}

void mst_client_key(struct mst_client *c, const char *realm,
		    enum mst_mac_kind kind)
{
	const struct ave_login l = {
		mras_ticket_name(&c->ticket),
		edge_slice_str(realm),
		edge_slice(c->ticket.password, sizeof(c->ticket.password)),
	};

	mst_mac_free(c->mac);
	c->realm = realm;
	ck_assert_int_eq(mst_mac_new(&c->mac, kind, &l), EDGE_OK);
}

void mst_client_init(struct mst_client *c, const struct mras_ring *ring,
		     const char *name, uint8_t flags, int64_t now_s)
{
	const struct mras_token t = {.issued_s = (uint32_t)now_s,
				     .expires_s =
					     (uint32_t)now_s + ring->lifetime_s,
				     .flags = flags};
	const uint8_t random[8] = {1, 2, 3};
	char identity[80];

	*c = (struct mst_client){.version = 1, .lifetime_s = -1};
	(void)snprintf(identity, sizeof(identity), "sip:%s@example.com", name);
	mras_token_mint(&c->ticket, mras_ring_minting(ring, now_s), &t,
			edge_slice_str(identity), random);
	mst_client_key(c, "rtcmedia", MST_MAC_SHA1);
}

void mst_client_fini(struct mst_client *c)
{
	mst_mac_free(c->mac);
}

void mst_client_again(struct mst_client *c, uint16_t type)
{
	char tid[MST_TID_LEN + 1];

	(void)snprintf(tid, sizeof(tid), "%016u", c->id);
	c->w = edge_put(c->bytes, sizeof(c->bytes));
	mst_begin(&c->w, type, edge_slice(tid, MST_TID_LEN));
}

void mst_client_begin(struct mst_client *c, uint16_t type)
{
	c->id++;
	mst_client_again(c, type);
}

static void put_user(struct mst_client *c)
{
	mst_put_bytes(&c->w, MST_USERNAME, mras_ticket_name(&c->ticket));
}

void mst_client_put_login(struct mst_client *c)
{
	mst_put_bytes(&c->w, MST_REALM, edge_slice_str(c->realm));
	mst_put_bytes(&c->w, MST_NONCE, edge_slice_str(c->nonce));
	put_user(c);
}

struct edge_slice mst_client_end(struct mst_client *c)
{
	return mst_end(&c->w);
}

struct edge_slice mst_client_sign(struct mst_client *c)
{
	return mst_sign(&c->w, c->mac);
}

static void put_wishes(struct mst_client *c)
{
	if (c->version)
		mst_put_u32(&c->w, MST_MS_VERSION, c->version);
	if (c->lifetime_s >= 0)
		mst_put_u32(&c->w, MST_LIFETIME, (uint32_t)c->lifetime_s);
	if (c->family)
		mst_put_u32(&c->w, MST_ADDRESS_FAMILY, c->family);
}

struct edge_slice mst_client_hello(struct mst_client *c)
{
	mst_client_begin(c, MST_ALLOCATE);
	put_wishes(c);
	return mst_client_end(c);
}

struct edge_slice mst_client_allocate(struct mst_client *c)
{
	mst_client_begin(c, MST_ALLOCATE);
	put_wishes(c);
	mst_client_put_login(c);
	return mst_client_sign(c);
}

struct edge_slice mst_client_send(struct mst_client *c,
				  const struct edge_addr *peer,
				  const char *data)
{
	mst_client_begin(c, MST_SEND);
	put_user(c);
	mst_put_addr(&c->w, MST_DESTINATION, peer);
	mst_put_u32(&c->w, MST_MS_VERSION, 1);
	mst_put_sequence(&c->w, c->connection, ++c->number);
	mst_put_bytes(&c->w, MST_REALM, edge_slice_str(c->realm));
	mst_put_bytes(&c->w, MST_DATA, edge_slice_str(data));
	return mst_client_sign(c);
}

struct edge_slice mst_client_activate(struct mst_client *c,
				      const struct edge_addr *peer)
{
	mst_client_begin(c, MST_SET_ACTIVE);
	put_user(c);
	mst_put_sequence(&c->w, c->connection, ++c->number);
	mst_put_bytes(&c->w, MST_REALM, edge_slice_str(c->realm));
	mst_put_addr(&c->w, MST_DESTINATION, peer);
	return mst_client_sign(c);
}

void mst_client_learn(struct mst_client *c, const struct mst_msg *answer)
{
	if (mst_has(answer, MST_NONCE))
		ck_assert(edge_slice_copy(c->nonce, sizeof(c->nonce),
					  answer->v[MST_NONCE].bytes));
	if (mst_has(answer, MST_SEQUENCE))
		memcpy(c->connection, answer->v[MST_SEQUENCE].bytes.p,
		       sizeof(c->connection));
}
