/* HELLO and its answer, then frames. */
#include "edgectl/dataconf_seat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "webconf-edge/psom_frame.h"

struct ctl_seat {
	struct ctl_lines *lines;
	struct ctl_line *line;
	size_t taken; /* of the input: the frame told last */
	char session[CTL_SEAT_SESSION];
};

/* WC 4.6: what the codes mean to who joins. */
static const struct {
	unsigned code;
	const char *words;
} codes[] = {
	{400, "the edge did not understand the opening message"},
	{401, "the edge or the conferencing server does not accept the token: "
	      "expired, of another pool, used too often, or the conference "
	      "has ended; ask for a new addUser"},
	{408, "the opening message came too slowly"},
	{413, "the opening message is too large"},
	{426, "the edge speaks another version of the protocol"},
	{429, "too many sessions from this address or of this conference"},
	{503, "the conferencing server is not registered at this edge, is "
	      "draining or full, or the edge is draining"},
};

static const char *words_of(unsigned code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code)
			return codes[i].words;
	return "a code that is in no table";
}

static enum edge_err send_hello(struct ctl_seat *s, const struct ctl_join *j)
{
	uint8_t buf[PSOM_HEADER_LEN + PSOM_BODY_MAX];
	struct edge_slice hello;
	struct psom_put w;
	enum edge_err err;

	psom_put_start(&w, buf, sizeof(buf), PSOM_HELLO);
	psom_put_number(&w, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	psom_put_bytes(&w, PSOM_TAG_TOKEN,
		       edge_slice(j->token, sizeof(j->token)));
	psom_put_bytes(&w, PSOM_TAG_MCU, edge_slice_str(j->mcu));
	psom_put_bytes(&w, PSOM_TAG_CONFERENCE, edge_slice_str(j->conference));
	psom_put_bytes(&w, PSOM_TAG_INNER, edge_slice_str(j->inner));
	psom_put_bytes(&w, PSOM_TAG_AGENT,
		       edge_slice_str("edgectl/" EDGE_VERSION));
	hello = psom_put_end(&w);
	err = edge_slice_len(hello) ? ctl_line_write(s->line, hello)
				    : EDGE_EFORMAT;
	edge_wipe(buf, sizeof(buf));
	return err;
}

/* The edge's words, of which none goes to the terminal unescaped. */
static enum edge_err rejected(const struct psom_frame *f,
			      struct ctl_seat_fault *fault)
{
	unsigned retry = (unsigned)psom_frame_number(f, PSOM_TAG_RETRY);
	char later[48] = "";

	fault->code = (unsigned)psom_frame_number(f, PSOM_TAG_CODE);
	if (retry)
		snprintf(later, sizeof(later), "; again after %u s", retry);
	snprintf(fault->why, sizeof(fault->why), "REJECT %u: %s%s", fault->code,
		 words_of(fault->code), later);
	return EDGE_EREFUSED;
}

static enum edge_err answered(struct ctl_seat *s, const struct psom_frame *f,
			      struct ctl_seat_fault *fault)
{
	if (f->type == PSOM_REJECT)
		return rejected(f, fault);
	edge_hex(s->session, f->value[PSOM_TAG_SESSION]);
	return EDGE_OK;
}

/* EDGE_EAGAIN: no whole frame yet. */
static enum edge_err take_answer(struct ctl_seat *s,
				 struct ctl_seat_fault *fault)
{
	struct edge_slice in = ctl_line_input(s->line);
	struct psom_frame f;
	enum edge_err err;
	size_t used;

	switch (psom_frame_decode(&f, &used, in, PSOM_LEG_CLIENT,
				  PSOM_FROM_EDGE)) {
	case PSOM_FINE:
		err = answered(s, &f, fault);
		ctl_line_consume(s->line, used);
		return err;
	case PSOM_MORE:
		return EDGE_EAGAIN;
	case PSOM_NOT_OURS:
	case PSOM_MALFORMED:
	case PSOM_TOO_LARGE:
	case PSOM_VERSION:
		break;
	}
	snprintf(fault->why, sizeof(fault->why),
		 "its answer is none of this protocol");
	return EDGE_EFORMAT;
}

static enum edge_err await_answer(struct ctl_seat *s, uint32_t ms,
				  struct ctl_seat_fault *fault)
{
	enum edge_err err;

	ctl_lines_start_clock(s->lines, ms);
	while ((err = take_answer(s, fault)) == EDGE_EAGAIN) {
		if (ctl_line_is_ended(s->line)) {
			snprintf(fault->why, sizeof(fault->why),
				 "it closed the connection without an answer");
			return EDGE_ECLOSED;
		}
		ctl_line_resume(s->line);
		if (!ctl_lines_turn(s->lines)) {
			snprintf(fault->why, sizeof(fault->why),
				 "no answer to the opening message");
			return EDGE_ETIMEOUT;
		}
	}
	return err;
}

enum edge_err ctl_seat_open(struct ctl_seat **out, struct ctl_lines *lines,
			    const struct ctl_join *join,
			    const struct ctl_wire_plan *at,
			    struct ctl_seat_fault *fault)
{
	struct ctl_seat *s = calloc(1, sizeof(*s));
	enum edge_err err = EDGE_ENOMEM;

	*fault = (struct ctl_seat_fault){0};
	if (!s)
		goto out;
	s->lines = lines;
	err = ctl_line_open(&s->line, lines, at, fault->why,
			    sizeof(fault->why));
	if (!err)
		err = send_hello(s, join);
	if (!err)
		err = await_answer(s, at->ms, fault);
	if (err)
		goto out;
	*out = s;
	s = NULL;
out:
	if (err && !*fault->why)
		snprintf(fault->why, sizeof(fault->why), "%s",
			 edge_err_str(err));
	ctl_seat_close(s);
	return err;
}

void ctl_seat_close(struct ctl_seat *s)
{
	if (!s)
		return;
	ctl_line_close(s->line);
	free(s);
}

enum edge_err ctl_seat_send(struct ctl_seat *s, const struct ctl_do *d)
{
	uint8_t buf[CTL_DO_FRAME_MAX];
	struct edge_slice frame;

	if (ctl_line_queued(s->line) > CTL_LINE_MAX - CTL_DO_FRAME_MAX)
		return EDGE_EAGAIN;
	frame = ctl_do_encode(buf, sizeof(buf), d);
	return edge_slice_len(frame) ? ctl_line_write(s->line, frame)
				     : EDGE_ELIMIT;
}

enum edge_err ctl_seat_next(struct ctl_seat *s, struct ctl_do *out)
{
	enum edge_err err;
	size_t used = 0;

	ctl_line_consume(s->line, s->taken);
	s->taken = 0;
	err = ctl_do_decode(out, &used, ctl_line_input(s->line));
	if (err == EDGE_EAGAIN) {
		if (ctl_line_is_ended(s->line))
			return EDGE_ECLOSED;
		ctl_line_resume(s->line);
	}
	s->taken = used;
	return err;
}

size_t ctl_seat_queued(const struct ctl_seat *s)
{
	return ctl_line_queued(s->line);
}

const char *ctl_seat_session(const struct ctl_seat *s)
{
	return s->session;
}

const char *ctl_seat_tls(const struct ctl_seat *s)
{
	return ctl_line_tls(s->line);
}
