/* Two dialects of a few bytes. */
#include "tests/support/fake_dialect.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNEL_LEN = 4 };

struct fake_heard fake_heard;

void fake_dialect_reset(void)
{
	fake_heard = (struct fake_heard){0};
}

static bool heard(struct ave_relay *r, struct ave_alloc *a,
		  struct ave_packet pkt, unsigned which)
{
	fake_heard.control[which]++;
	fake_heard.with_alloc[which] += a != NULL;
	if (pkt.p[pkt.len - 1] == 'R')
		ave_relay_release(r, a, AVE_FINE);
	return pkt.p[pkt.len - 1] != 'X';
}

static bool ms_control(struct ave_relay *r, const struct ave_leg *leg,
		       struct ave_alloc *a, struct ave_packet pkt)
{
	(void)leg;
	return heard(r, a, pkt, AVE_DIALECT_MS);
}

static bool rfc_control(struct ave_relay *r, const struct ave_leg *leg,
			struct ave_alloc *a, struct ave_packet pkt)
{
	(void)leg;
	return heard(r, a, pkt, AVE_DIALECT_RFC);
}

static struct ave_verdict drop(enum ave_reason why)
{
	return (struct ave_verdict){.what = AVE_DO_DROP, .why = why};
}

static struct ave_verdict to_peer(const struct edge_addr *to, const uint8_t *p,
				  size_t len)
{
	return (struct ave_verdict){
		.what = AVE_DO_TO_PEER, .to = to, .bytes = edge_slice(p, len)};
}

static struct ave_verdict ms_from_client(struct ave_alloc *a,
					 struct ave_packet pkt)
{
	struct ave_flow *f =
		ave_flows_by_channel(&a->flows, 0, ave_relay_now_ms(a->relay));

	return f ? to_peer(&f->peer, pkt.p, pkt.len) : drop(AVE_NO_DESTINATION);
}

static struct ave_verdict rfc_from_client(struct ave_alloc *a,
					  struct ave_packet pkt)
{
	struct ave_flow *f;

	if (pkt.len < CHANNEL_LEN)
		return drop(AVE_MALFORMED);
	f = ave_flows_by_channel(&a->flows, (uint16_t)(0x4000 | pkt.p[1]),
				 ave_relay_now_ms(a->relay));
	return f ? to_peer(&f->to, pkt.p + CHANNEL_LEN, pkt.len - CHANNEL_LEN)
		 : drop(AVE_NO_CHANNEL);
}

static struct ave_verdict to_client(struct ave_packet pkt, const char *head,
				    size_t len)
{
	if (len)
		memcpy(pkt.p - len, head, len);
	return (struct ave_verdict){
		.what = AVE_DO_TO_CLIENT,
		.bytes = edge_slice(pkt.p - len, pkt.len + len)};
}

static struct ave_verdict from_peer(struct ave_alloc *a,
				    const struct edge_addr *from,
				    struct ave_packet pkt)
{
	struct ave_flow *f =
		ave_flows_by_peer(&a->flows, from, ave_relay_now_ms(a->relay));
	char head[CHANNEL_LEN] = "@";

	if (pkt.len && pkt.p[0] == '!')
		return drop(AVE_TOO_LONG);
	if (!f)
		return to_client(pkt, "D:", 2);
	head[1] = (char)f->channel;
	return to_client(pkt, head, f->channel ? CHANNEL_LEN : 0);
}

static void peer_is(struct ave_relay *r, struct ave_alloc *a,
		    const struct edge_addr *peer, uint32_t connection,
		    enum ave_reason how)
{
	fake_heard.peer_is++;
	fake_heard.peer = *peer;
	fake_heard.connection = connection;
	fake_heard.how = how;
	if (fake_heard.is_releasing)
		ave_relay_release(r, a, AVE_FINE);
}

static void forget(struct ave_alloc *a)
{
	fake_heard.forgotten++;
	free(a->own);
}

const struct ave_dialect fake_ms = {
	.name = "MS-TURN",
	.lives_by_use = true,
	.control = ms_control,
	.from_client = ms_from_client,
	.from_peer = from_peer,
	.forget = forget,
};

const struct ave_dialect fake_rfc = {
	.name = "TURN",
	.joins_peers = true,
	.control = rfc_control,
	.from_client = rfc_from_client,
	.from_peer = from_peer,
	.peer_is = peer_is,
	.forget = forget,
};

/* -- messages ----------------------------------------------------------------
 */

struct edge_slice fake_ms_message(char last)
{
	static uint8_t m[40] = {0,    3,    0,	  20,	[20] = 0x00, 0x0f,
				0x00, 0x04, 0x72, 0xc6, 0x4b,	     0xc6};

	m[sizeof(m) - 1] = (uint8_t)last;
	return edge_slice(m, sizeof(m));
}

struct edge_slice fake_rfc_message(char last)
{
	static uint8_t m[24] = {0, 1, 0, 4, 0x21, 0x12, 0xa4, 0x42};

	m[sizeof(m) - 1] = (uint8_t)last;
	return edge_slice(m, sizeof(m));
}

enum ave_reason fake_try(struct ave_alloc **out, struct fake_net *n,
			 const struct ave_leg *leg, const struct ave_dialect *d,
			 const struct ave_want *want)
{
	const struct ave_grant g = {.pseudonym = "somebody",
				    .expires_s = n->wall_s + 28800,
				    .outside = true};

	return ave_relay_allocate(out, n->relay, leg, d, &g, want);
}

struct ave_alloc *fake_allocate(struct fake_net *n, const struct ave_leg *leg,
				const struct ave_dialect *d)
{
	const struct ave_want want = {.v4 = true,
				      .is_tcp = ave_leg_is_stream(leg)};
	struct ave_alloc *a;

	ck_assert_int_eq(fake_try(&a, n, leg, d, &want), AVE_FINE);
	return a;
}
