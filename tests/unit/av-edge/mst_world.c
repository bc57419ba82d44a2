/* The dialect on the relay core, over a net without sockets. */
#include "tests/unit/av-edge/mst_world.h"

#include <check.h>
#include <string.h>

void mst_world_open(struct mst_world *w)
{
	struct ave_view *v = &w->net.view;
	uint8_t ikm[32]; /* as in av-token.json */

	for (uint8_t i = 0; i < sizeof(ikm); i++)
		ikm[i] = i;
	memset(&w->ring, 0, sizeof(w->ring));
	w->ring.count = 1;
	w->ring.lifetime_s = 28800;
	w->ring.skew_s = 300;
	w->ring.v[0].until_s = INT64_MAX;
	ck_assert_int_eq(mras_keys_derive(&w->ring.v[0].keys,
					  edge_slice(ikm, sizeof(ikm))),
			 EDGE_OK);
	fake_net_init(&w->net);
	v->ring = &w->ring;
	(void)strcpy(v->realm, "rtcmedia");
	v->server_udp[AVE_INSIDE] = fake_addr("172.16.20.21", 3478);
	v->server_tcp[AVE_INSIDE] = fake_addr("172.16.20.21", 443);
	v->members = NULL;
	v->member_count = 0;
	fake_net_start(&w->net, &mst_dialect, NULL);
}

void mst_world_close(struct mst_world *w)
{
	fake_net_stop(&w->net);
}

void mst_world_client(struct mst_world *w, struct mst_client *c,
		      const char *name, const char *at)
{
	const struct edge_addr from = mst_addr(at);

	mst_client_init(c, &w->ring, name, MRAS_INTERNET, w->net.wall_s);
	c->leg = fake_client("192.0.2.1", from.port);
	c->leg.client = from;
}

void mst_world_stream(struct mst_client *c)
{
	const struct edge_addr from = c->leg.client;

	c->leg = fake_stream("192.0.2.1", from.port);
	c->leg.client = from;
}

bool mst_world_give(struct mst_world *w, const struct mst_client *c,
		    struct edge_slice bytes)
{
	fake_net_clear(&w->net);
	if (ave_leg_is_stream(&c->leg))
		return fake_net_message(&w->net, &c->leg, AVE_CUT_MST_CONTROL,
					bytes);
	fake_net_datagram(&w->net, &c->leg, bytes);
	return true;
}

bool mst_world_is_told(struct mst_world *w)
{
	return fake_net_count(&w->net, FAKE_TOLD) != 0;
}

struct edge_slice mst_world_told(struct mst_world *w)
{
	const struct fake_sent *s = fake_net_last(&w->net, FAKE_TOLD);
	struct edge_slice bytes = edge_slice(s->bytes, s->len);

	ck_assert_uint_eq(fake_net_count(&w->net, FAKE_TOLD), 1);
	if (ave_leg_is_stream(&s->leg)) {
		ck_assert_uint_gt(s->len, 4);
		ck_assert_uint_eq(bytes.p[0], 2);
		ck_assert_uint_eq(bytes.p[1], 0);
		ck_assert_uint_eq(bytes.p[2] << 8 | bytes.p[3], s->len - 4);
		bytes.p += 4;
	}
	return bytes;
}

struct mst_msg mst_world_answer(struct mst_world *w)
{
	struct mst_msg m;

	ck_assert_int_eq(mst_msg_decode(&m, mst_world_told(w)), EDGE_OK);
	return m;
}

struct mst_msg mst_ask(struct mst_world *w, const struct mst_client *c,
		       struct edge_slice request)
{
	ck_assert(mst_world_give(w, c, request));
	return mst_world_answer(w);
}

/* The error type that belongs to a request. */
static uint16_t error_of(struct edge_slice request)
{
	return request.p[1] == MST_ALLOCATE ? MST_ALLOCATE_ERROR
					    : MST_SET_ACTIVE_ERROR;
}

void mst_expect_challenge(struct mst_world *w, const struct mst_client *c,
			  struct edge_slice request, unsigned code,
			  bool with_login)
{
	const uint32_t before = mst_live(w);
	struct mst_msg m = mst_ask(w, c, request);

	ck_assert_uint_eq(m.type, error_of(request));
	ck_assert_uint_eq(m.v[MST_ERROR_CODE].number, code);
	ck_assert_uint_eq(edge_slice_len(m.v[MST_ERROR_CODE].bytes), 0);
	ck_assert_uint_eq(m.integrity_at, 0);
	ck_assert_int_eq(mst_has(&m, MST_NONCE), with_login);
	ck_assert_int_eq(mst_has(&m, MST_REALM), with_login);
	ck_assert(mst_has(&m, MST_MS_VERSION));
	ck_assert_uint_eq(mst_live(w), before);
}

struct mst_msg mst_expect_refusal(struct mst_world *w,
				  const struct mst_client *c,
				  struct edge_slice request, unsigned code)
{
	struct mst_msg m = mst_ask(w, c, request);

	ck_assert_uint_eq(m.type, error_of(request));
	ck_assert_uint_eq(m.v[MST_ERROR_CODE].number, code);
	ck_assert(edge_slice_len(m.v[MST_ERROR_CODE].bytes) > 0);
	ck_assert(mst_mac_fits(c->mac, &m));
	ck_assert(!mst_has(&m, MST_NONCE));
	return m;
}

struct mst_msg mst_expect_success(struct mst_world *w,
				  const struct mst_client *c,
				  struct edge_slice request)
{
	struct mst_msg m = mst_ask(w, c, request);

	ck_assert_uint_eq(m.type, request.p[1] | 0x100);
	ck_assert(mst_mac_fits(c->mac, &m));
	return m;
}

void mst_say_hello(struct mst_world *w, struct mst_client *c)
{
	struct mst_msg m = mst_ask(w, c, mst_client_hello(c));

	mst_client_learn(c, &m);
}

struct mst_msg mst_granted(struct mst_world *w, struct mst_client *c)
{
	struct mst_msg m;

	mst_say_hello(w, c);
	m = mst_expect_success(w, c, mst_client_allocate(c));
	mst_client_learn(c, &m);
	return m;
}

struct ave_alloc *mst_world_allocate(struct mst_world *w, struct mst_client *c)
{
	struct ave_alloc *a;

	(void)mst_granted(w, c);
	fake_net_clear(&w->net);
	a = ave_relay_find(w->net.relay, &c->leg);
	ck_assert_ptr_nonnull(a);
	return a;
}

uint32_t mst_live(const struct mst_world *w)
{
	return ave_relay_count(w->net.relay)->allocations;
}

uint64_t mst_world_count(const struct mst_world *w, enum ave_reason why)
{
	return fake_net_reasons(&w->net, why);
}
