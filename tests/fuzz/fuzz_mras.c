/* A/V authentication's dialogue: what is answered is a message of its own. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "av-edge/mras.h"
#include "common/sip/frame.h"
#include "tests/support/topo_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static const struct edge_sip_frame_limits limits = {32768, 16384, 200,	  40,
						    20,	   20,	  1 << 20};

/* an answer has lines and parameters more */
static const struct edge_sip_frame_limits wide = {65536, 32768, 250,	40,
						  20,	 20,	1 << 20};

static void no_random(void *out, size_t len)
{
	memset(out, 7, len);
}

static struct mras_ring ring_of(void)
{
	struct mras_ring r = {.count = 1, .lifetime_s = 28800};

	(void)!mras_keys_derive(&r.v[0].keys, edge_slice_str("k"));
	r.v[0].until_s = INT64_MAX;
	return r;
}

static void answer(const struct edge_sip_msg *msg)
{
	char name[EDGE_PEER_NAME_LEN] = "fe01.contoso.net";
	struct edge_peer peer = {.names = &name, .name_count = 1};
	struct edge_sip_framer f = {0};
	struct edge_sip_frame out;
	struct topo t = topo_fixture();
	struct mras_ring ring = ring_of();
	struct mras_case c = {.topo = &t,
			      .ring = &ring,
			      .now_s = 1700000000,
			      .peer = &peer,
			      .random = no_random};
	struct mras_answer a;
	struct mras *m = NULL;

	t.listen[TOPO_PORT_AV_OUTSIDE_UDP] = t.listen[TOPO_PORT_ACCESS_CLIENT];
	if (!mras_new(&m) && !mras_answer(&a, m, &c, msg) && a.status)
		assert(!edge_sip_frame_next(&f, &wide, a.bytes, &out) &&
		       out.consumed == edge_slice_len(a.bytes));
	mras_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct edge_sip_msg msg;
	struct edge_sip_framer f = {0};
	struct edge_sip_arena *arena = NULL;
	struct edge_sip_frame frame;

	if (edge_sip_frame_next(&f, &limits, edge_slice(p, len), &frame) ||
	    edge_sip_arena_new(&arena))
		return 0;
	(void)!edge_sip_msg_parse(&msg, arena, frame.msg, frame.head_len);
	answer(&msg);
	edge_sip_arena_free(arena);
	return 0;
}
