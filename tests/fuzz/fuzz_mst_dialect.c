/* The MS-TURN server with live allocations: whatever comes, with a good
 * integrity behind it too, and what a peer sends never passes as control. */
#include <assert.h>

#include "tests/unit/av-edge/mst_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static struct mst_world w;
static struct mst_client clients[2]; /* of datagrams, of a stream */

static struct ave_alloc *live(struct mst_client *c)
{
	struct ave_alloc *a = ave_relay_find(w.net.relay, &c->leg);

	if (a)
		return a;
	mst_client_fini(c);
	mst_world_client(&w, c, "alice", "198.51.100.7:40000");
	if (c != clients)
		mst_world_stream(c);
	return mst_world_allocate(&w, c);
}

static void speak(struct mst_client *c, uint8_t how, struct edge_slice in)
{
	if (how & 4) {
		mst_client_begin(c, how & 8 ? MST_SEND : how >> 4);
		edge_put_slice(&c->w, in);
		in = mst_client_sign(c);
	}
	if (how & 16 && c != clients)
		(void)fake_net_message(&w.net, &c->leg, AVE_CUT_MST_DATA, in);
	else
		(void)mst_world_give(&w, c, in);
}

static void hear(struct ave_alloc *a, struct edge_slice in)
{
	const struct edge_addr peer = {AF_INET, {203, 0, 113, 9}, 6000};
	struct edge_slice out;

	if (ave_relay_permit(w.net.relay, a, &peer))
		return;
	fake_net_peer(&w.net, &a->relayed[0].at, &peer, in);
	if (!fake_net_count(&w.net, FAKE_TO_CLIENT))
		return;
	out = edge_slice(fake_net_last(&w.net, FAKE_TO_CLIENT)->bytes,
			 fake_net_last(&w.net, FAKE_TO_CLIENT)->len);
	assert(!mst_is(out) || (out.p[0] == 1 && out.p[1] == 0x15));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct edge_slice in = edge_slice(p, len);
	struct ave_alloc *a;
	uint8_t how;

	if (len > 1500 || !edge_take_u8(&in, &how))
		return 0;
	if (!w.net.relay)
		mst_world_open(&w);
	fake_net_pass(&w.net, 1000);
	fake_net_clear(&w.net);
	a = live(&clients[how & 1]);
	if (how & 2 && !(how & 1))
		hear(a, in);
	else
		speak(&clients[how & 1], how, in);
	return 0;
}
