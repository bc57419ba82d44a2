/* Cuts SIP messages from what a line brings. */
#include "edgectl/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/sip/frame.h"

enum { MESSAGE_MAX = CTL_LINE_MAX };

static const struct edge_sip_frame_limits limits = {
	.head_len = 32 * 1024,
	.line_len = 16 * 1024,
	.lines = EDGE_SIP_LINES,
	.vias = EDGE_SIP_LIST,
	.record_routes = EDGE_SIP_LIST,
	.routes = EDGE_SIP_LIST,
	.body_len = 64 * 1024,
};

struct ctl_wire {
	struct ctl_lines *lines;
	struct ctl_line *line;
	struct edge_sip_arena *arena;
	struct edge_sip_framer framer;
	struct edge_sip_msg msg;
	uint8_t *raw; /* of msg */
	uint32_t ms;
};

enum edge_err ctl_wire_open(struct ctl_wire **out,
			    const struct ctl_wire_plan *p, char *why,
			    size_t why_cap)
{
	struct ctl_wire *w = calloc(1, sizeof(*w));
	enum edge_err err = EDGE_ENOMEM;

	if (!w)
		goto out;
	w->ms = p->ms;
	w->raw = malloc(MESSAGE_MAX);
	if (!w->raw)
		goto out;
	err = edge_sip_arena_new(&w->arena);
	if (!err)
		err = ctl_lines_new(&w->lines);
	if (!err)
		err = ctl_line_open(&w->line, w->lines, p, why, why_cap);
	if (err)
		goto out;
	*out = w;
	w = NULL;
out:
	if (err && !*why)
		snprintf(why, why_cap, "%s", edge_err_str(err));
	ctl_wire_close(w);
	return err;
}

void ctl_wire_close(struct ctl_wire *w)
{
	if (!w)
		return;
	ctl_line_close(w->line);
	ctl_lines_free(w->lines);
	edge_sip_arena_free(w->arena);
	free(w->raw);
	free(w);
}

enum edge_err ctl_wire_send(struct ctl_wire *w, struct edge_slice bytes)
{
	return ctl_line_write(w->line, bytes);
}

/* A whole message out of what has come; EDGE_EAGAIN: not yet. */
static enum edge_err cut(struct ctl_wire *w)
{
	struct edge_sip_frame f;
	struct edge_slice raw;
	enum edge_err err = edge_sip_frame_next(&w->framer, &limits,
						ctl_line_input(w->line), &f);

	if (!err && edge_slice_len(f.msg) > MESSAGE_MAX)
		err = EDGE_ELIMIT;
	if (err) {
		ctl_line_consume(w->line, err == EDGE_EAGAIN ? f.consumed : 0);
		return err;
	}
	raw = edge_slice(w->raw, edge_slice_len(f.msg));
	memcpy(w->raw, f.msg.p, edge_slice_len(f.msg));
	ctl_line_consume(w->line, f.consumed);
	return edge_sip_msg_parse(&w->msg, w->arena, raw, f.head_len);
}

enum edge_err ctl_wire_receive(struct ctl_wire *w,
			       const struct edge_sip_msg **out)
{
	enum edge_err err;

	ctl_lines_start_clock(w->lines, w->ms);
	while ((err = cut(w)) == EDGE_EAGAIN) {
		if (ctl_line_is_ended(w->line))
			return EDGE_ECLOSED;
		ctl_line_resume(w->line);
		if (!ctl_lines_turn(w->lines))
			return EDGE_ETIMEOUT;
	}
	if (!err)
		*out = &w->msg;
	return err;
}

const struct edge_addr *ctl_wire_local(const struct ctl_wire *w)
{
	return ctl_line_local(w->line);
}

const char *ctl_wire_tls(const struct ctl_wire *w)
{
	return ctl_line_tls(w->line);
}
