/* Edits: no edit reaches the body or outlives begin, and the answer to any
 * framed request is one whole message. The first octets choose the edits. */
#include <assert.h>
#include <string.h>

#include "common/sip/edit.h"
#include "common/sip/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

enum { CHOICES = 8 };

static void edit(struct edge_sip_edit *e, const struct edge_sip_msg *m,
		 uint8_t choice)
{
	const int line = m->line_count ? choice / 8 % (int)m->line_count : -1;
	const size_t at = (size_t)choice * 7 % (edge_slice_len(m->raw) + 1);

	switch (choice % 8) {
	case 0:
		edge_sip_edit_delete(e, line);
		break;
	case 1:
		edge_sip_edit_replace(e, line, "X-New: %d", line);
		break;
	case 2:
		edge_sip_edit_before(e, line, "X-Before: %d", line);
		break;
	case 3:
		edge_sip_edit_append(e, "X-Append: %d", line);
		break;
	case 4:
		edge_sip_edit_put(e, m->raw.p + at, "p");
		break;
	case 5:
		edge_sip_edit_cut(e, (struct edge_slice){m->raw.p + at / 2,
							 m->raw.p + at});
		break;
	default:
		break;
	}
}

static const struct edge_sip_frame_limits limits = {
	.head_len = 1 << 20,
	.line_len = 1 << 20,
	.lines = 400,
	.vias = 1 << 20,
	.record_routes = 400,
	.routes = 400,
	.body_len = 1 << 20,
};

/* Whatever a framed request was like, its answer is one whole message. */
static void check_answer(struct edge_sip_edit *e, const struct edge_sip_msg *m)
{
	const struct edge_sip_answer a = {.status = 400,
					  .phrase = "Bad Request",
					  .to_tag = "t",
					  .via_suffix = ";received=1"};
	struct edge_sip_framer f = {0};
	struct edge_sip_frame frame;
	struct edge_slice out;

	if (edge_sip_answer_print(e, m, &a, &out)) {
		assert(!m->is_request);
		return;
	}
	assert(!edge_sip_frame_next(&f, &limits, out, &frame));
	assert(frame.consumed == edge_slice_len(out));
}

static void check_edits(struct edge_sip_edit *e, const struct edge_sip_msg *m,
			const uint8_t *choices)
{
	struct edge_slice out, again;

	edge_sip_edit_begin(e, m);
	for (int i = 0; i < CHOICES; i++)
		edit(e, m, choices[i]);
	if (edge_sip_edit_print(e, &out))
		return;
	assert(edge_slice_len(out) <= edge_slice_len(m->raw) + 256);
	if (edge_slice_len(m->body)) /* no edit reaches the body */
		assert(!memcmp(out.end - edge_slice_len(m->body), m->body.p,
			       edge_slice_len(m->body)));
	edge_sip_edit_begin(e, m);
	assert(!edge_sip_edit_print(e, &again));
	assert(edge_slice_eq(again, m->raw));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct edge_sip_frame frame;
	struct edge_sip_framer f = {0};
	struct edge_sip_arena *a = NULL;
	struct edge_sip_edit *e = NULL;
	static struct edge_sip_msg m;

	if (len < CHOICES ||
	    edge_sip_frame_next(&f, &limits,
				edge_slice(p + CHOICES, len - CHOICES),
				&frame) == EDGE_EAGAIN)
		return 0;
	if (edge_sip_arena_new(&a) || edge_sip_edit_new(&e))
		return 0;
	(void)!edge_sip_msg_parse(&m, a, frame.msg, frame.head_len);
	check_edits(e, &m, p);
	check_answer(e, &m);
	edge_sip_edit_free(e);
	edge_sip_arena_free(a);
	return 0;
}
