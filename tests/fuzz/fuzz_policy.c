/* The pure steps of access-edge on any message that parses, from each role:
 * whatever they let out parses again, keeps its body, and tells users nothing
 * of the inside that they were not told. The first octet chooses the role. */
#include <assert.h>
#include <string.h>

#include "common/sip/frame.h"
#include "access-edge/guard.h"
#include "access-edge/rewrite.h"
#include "access-edge/route_token.h"
#include "tests/support/topo_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static const struct edge_sip_frame_limits limits = {
	.head_len = 1 << 20,
	.line_len = 1 << 20,
	.lines = 400,
	.vias = 1 << 20,
	.record_routes = 400,
	.routes = 400,
	.body_len = 1 << 20,
};

/* One a run of the program: the tables of a shard. */
struct world {
	struct topo topo;
	struct acc_options options;
	struct acc_route_keys *keys;
	struct acc_view view;
	struct edge_sip_arena *arena, *again;
	struct edge_sip_edit *edit;
	struct edge_sip_msg m, sent;
};

static struct world *world(void)
{
	static struct world w; /* fuzzing: made once, lives to the end */
	const struct acc_route_key key = {.kid = "k1", .not_after_s = 9};

	if (w.keys)
		return &w;
	w.topo = topo_fixture();
	w.topo.access.anonymous_users = true;
	w.options = (struct acc_options){.double_record_route = true,
					 .keep_alive_s = 300};
	assert(!acc_route_keys_new(&w.keys, &key, 1));
	assert(!edge_sip_arena_new(&w.arena));
	assert(!edge_sip_arena_new(&w.again));
	assert(!edge_sip_edit_new(&w.edit));
	w.view = (struct acc_view){
		.topo = &w.topo, .keys = w.keys, .options = &w.options};
	return &w;
}

static bool parses(struct world *w, struct edge_slice out)
{
	struct edge_sip_framer f = {0};
	struct edge_sip_frame frame;

	return !edge_sip_frame_next(&f, &limits, out, &frame) &&
	       frame.consumed == edge_slice_len(out) &&
	       !edge_sip_msg_parse(&w->sent, w->again, frame.msg,
				   frame.head_len);
}

static void request(struct world *w, const struct acc_source *from)
{
	const struct acc_stamp stamp = {
		.sent_by = "172.25.33.10:1", .txn = 1, .route_tag = "A"};
	const struct acc_rewrite r = {w->edit, &w->view, &w->m, from};
	struct acc_answer a = {.extra = ""};
	struct acc_guard_verdict g;
	struct acc_decision d;
	enum acc_reason reason;
	struct edge_slice out;

	acc_guard_request(&g, &w->view, &w->m, from,
			  acc_guard_loop_hash(&w->view, &w->m, from));
	acc_route_decide(&d, &w->view, &w->m, from);
	assert(d.to != ACC_TO_ANSWER || acc_reason_status(d.reason) >= 400);
	if (g.reason || (d.to != ACC_TO_NEXT_HOP && d.to != ACC_TO_CLIENT)) {
		a.reason = g.reason ? g.reason : d.reason;
		if (acc_reason_status(a.reason))
			assert(!acc_rewrite_answer(&r, &a, &out));
		return;
	}
	if (acc_rewrite_request(&r, &d, &stamp, &out, &reason))
		return;
	if (w->m.via_count + 1 > EDGE_SIP_LIST || w->m.line_count > 190)
		return; /* at the limits of the grammar */
	assert(parses(w, out));
	assert(edge_slice_eq(w->sent.body, w->m.body));
	assert(w->sent.max_forwards <= 70);
	assert(edge_slice_eq(w->sent.call_id, w->m.call_id));
}

static void response(struct world *w, const struct acc_source *from)
{
	const struct acc_back back = {.to_role = from->role == ACC_ROLE_INT
							 ? ACC_ROLE_USR
							 : ACC_ROLE_INT,
				      .asked_keep_alive = true,
				      .method = w->m.method};
	const struct acc_rewrite r = {w->edit, &w->view, &w->m, from};
	enum acc_reason reason;
	struct edge_slice out;

	if (w->m.via_count < 2 || w->m.line_count > 190 ||
	    acc_rewrite_response(&r, &back, &out, &reason))
		return;
	assert(parses(w, out));
	assert(w->sent.via_count == w->m.via_count - 1);
	assert(edge_slice_eq(w->sent.body, w->m.body));
	if (from->role == ACC_ROLE_INT)
		assert(edge_sip_find(&w->sent, EDGE_SIP_MS_DIAGNOSTICS, 0) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct world *w = world();
	struct acc_source from = {.cid = 7, .signed_in = true};
	struct edge_sip_framer f = {0};
	struct edge_sip_frame frame;

	if (len < 1 || edge_sip_frame_next(&f, &limits,
					   edge_slice(p + 1, len - 1), &frame))
		return 0;
	from.role = (enum acc_role)(p[0] % ACC_ROLE_COUNT);
	from.remote = w->topo.listen[TOPO_PORT_ACCESS_CLIENT].addr;
	from.local = from.remote;
	if (edge_sip_msg_parse(&w->m, w->arena, frame.msg, frame.head_len))
		return 0;
	if (w->m.is_request)
		request(w, &from);
	else
		response(w, &from);
	return 0;
}
