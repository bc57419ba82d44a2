/* Cuts a TLS byte stream into SIP messages; knows lengths, not meanings. */
#include "common/sip/frame.h"

#include <string.h>

enum { PING_LEN = 4 }; /* CRLFCRLF, RFC 5626 §3.5.1 */

const char *edge_sip_frame_fault_str(enum edge_sip_frame_fault f)
{
	switch (f) {
#define EDGE_SIP_FRAME_TEXT(name, text) \
	case name:                      \
		return text;
		EDGE_SIP_FRAME_FAULT_MAP(EDGE_SIP_FRAME_TEXT)
#undef EDGE_SIP_FRAME_TEXT
	}
	return "unknown";
}

static size_t skip_blank_lines(struct edge_sip_framer *f, struct edge_slice in,
			       bool *ping)
{
	const uint8_t *p = in.p;

	for (; p < in.end && (*p == '\r' || *p == '\n'); p++) {
		const bool want_cr = f->ping % 2 == 0;

		if ((*p == '\r') == want_cr)
			f->ping++;
		else
			f->ping = *p == '\r';
		if (f->ping == PING_LEN) {
			*ping = true;
			f->ping = 0;
		}
	}
	return (size_t)(p - in.p);
}

/* Name and value of one header line; false when it has no colon. */
static bool split(struct edge_slice line, struct edge_slice *name,
		  struct edge_slice *value)
{
	const uint8_t *colon = edge_slice_find(line, ':');

	if (!colon)
		return false;
	*name = edge_slice_trim((struct edge_slice){line.p, colon});
	*value = edge_slice_trim((struct edge_slice){colon + 1, line.end});
	return true;
}

/* Values of a comma list; commas inside quotes or <> do not separate. */
static uint32_t count_values(struct edge_slice v)
{
	uint32_t n = 1;
	bool quoted = false, bracketed = false;

	if (!edge_slice_find(v, ','))
		return n;
	for (; v.p < v.end; v.p++) {
		if (quoted && *v.p == '\\' && v.p + 1 < v.end)
			v.p++;
		else if (*v.p == '"')
			quoted = !quoted;
		else if (!quoted && (*v.p == '<' || *v.p == '>'))
			bracketed = *v.p == '<';
		else if (*v.p == ',' && !quoted && !bracketed)
			n++;
	}
	return n;
}

static bool is_start_line(struct edge_slice s)
{
	struct edge_slice w;

	if (edge_slice_len(s) >= 4 &&
	    edge_slice_ieq_str((struct edge_slice){s.p, s.p + 4}, "SIP/"))
		return true;
	while (edge_take_until(&s, ' ', &w))
		if (edge_slice_len(s) >= 4 &&
		    edge_slice_ieq_str((struct edge_slice){s.p, s.p + 4},
				       "SIP/"))
			return true;
	return false;
}

static void on_length(struct edge_sip_framer *f, struct edge_slice v)
{
	f->lengths++;
	if (!edge_slice_u64(v, UINT32_MAX, &f->body_len))
		f->bad_length = true;
}

/* Whether the line can be one that is counted: Via, Route, Record-Route,
 * Content-Length and the compact ones. */
static bool may_count(struct edge_slice line)
{
	const uint8_t c = *line.p | 0x20;

	return c == 'v' || c == 'r' || c == 'c' || c == 'l';
}

/* One whole header line, folding included. */
static enum edge_sip_frame_fault on_line(struct edge_sip_framer *f,
					 const struct edge_sip_frame_limits *l,
					 struct edge_slice line)
{
	struct edge_slice name, value;

	if (f->line == 0)
		return is_start_line(line) ? EDGE_SIP_FRAME_FINE
					   : EDGE_SIP_FRAME_GARBAGE;
	if (++f->lines > l->lines)
		return EDGE_SIP_FRAME_LINES;
	if (!may_count(line) || !split(line, &name, &value))
		return EDGE_SIP_FRAME_FINE; /* no colon: the parser refuses */
	switch (edge_slice_len(name)) {
	case 1:
		if (edge_slice_ieq_str(name, "v"))
			f->vias += count_values(value);
		else if (edge_slice_ieq_str(name, "l"))
			on_length(f, value);
		break;
	case 3:
		if (edge_slice_ieq_str(name, "Via"))
			f->vias += count_values(value);
		break;
	case 5:
		if (edge_slice_ieq_str(name, "Route"))
			f->routes += count_values(value);
		break;
	case 12:
		if (edge_slice_ieq_str(name, "Record-Route"))
			f->record_routes += count_values(value);
		break;
	case 14:
		if (edge_slice_ieq_str(name, "Content-Length"))
			on_length(f, value);
		break;
	}
	if (f->vias > l->vias)
		return EDGE_SIP_FRAME_VIAS;
	if (f->routes > l->routes || f->record_routes > l->record_routes)
		return EDGE_SIP_FRAME_ROUTES;
	return EDGE_SIP_FRAME_FINE;
}

/* Look for the end of the physical line; *lf is its offset. Faults come in
 * the order of the octets, whatever the chunks were. */
static enum edge_err find_lf(struct edge_sip_framer *f,
			     const struct edge_sip_frame_limits *l,
			     struct edge_slice s, size_t *lf,
			     enum edge_sip_frame_fault *fault)
{
	const size_t line_cap = f->line + l->line_len, head_cap = l->head_len;
	const size_t cap = line_cap < head_cap ? line_cap : head_cap;
	const size_t len = edge_slice_len(s), stop = len < cap ? len : cap;
	struct edge_slice part = {
		s.p + f->scanned,
		s.p + (stop > f->scanned ? stop : f->scanned)};
	const uint8_t *p = edge_slice_find(part, '\n');

	if (p)
		part.end = p;
	if (edge_slice_find(part, '\0')) {
		*fault = EDGE_SIP_FRAME_NUL;
		return EDGE_EFORMAT;
	}
	f->scanned = (size_t)(part.end - s.p);
	if (!p && len < cap)
		return EDGE_EAGAIN;
	if (!p) {
		*fault = line_cap < head_cap ? EDGE_SIP_FRAME_LINE
					     : EDGE_SIP_FRAME_HEAD;
		return EDGE_ELIMIT;
	}
	if (f->scanned == f->physical || p[-1] != '\r') {
		*fault = EDGE_SIP_FRAME_BARE_LF;
		return EDGE_EFORMAT;
	}
	*lf = f->scanned++;
	return EDGE_OK;
}

/* Whether the piece that starts at f->physical goes on an older line. */
static bool is_folding(const struct edge_sip_framer *f, struct edge_slice s)
{
	const uint8_t c = s.p[f->physical];

	return f->physical > 0 && (c == ' ' || c == '\t');
}

static enum edge_err scan_head(struct edge_sip_framer *f,
			       const struct edge_sip_frame_limits *l,
			       struct edge_slice s,
			       enum edge_sip_frame_fault *fault)
{
	size_t lf;

	while (f->physical < edge_slice_len(s)) {
		enum edge_err err;

		if (f->physical > f->line && f->scanned == f->physical &&
		    !is_folding(f, s)) {
			*fault =
				on_line(f, l,
					(struct edge_slice){s.p + f->line,
							    s.p + f->physical});
			if (*fault != EDGE_SIP_FRAME_FINE)
				return *fault == EDGE_SIP_FRAME_GARBAGE
					       ? EDGE_EFORMAT
					       : EDGE_ELIMIT;
			f->line = f->physical;
		}
		err = find_lf(f, l, s, &lf, fault);
		if (err)
			return err;
		if (f->physical == f->line && f->line > 0 &&
		    lf == f->line + 1) {
			f->head_len = lf + 1;
			return EDGE_OK;
		}
		f->physical = lf + 1;
	}
	return EDGE_EAGAIN;
}

static enum edge_sip_frame_fault
length_fault(const struct edge_sip_framer *f,
	     const struct edge_sip_frame_limits *l)
{
	if (f->lengths == 0)
		return EDGE_SIP_FRAME_NO_LENGTH;
	if (f->lengths > 1)
		return EDGE_SIP_FRAME_TWO_LENGTHS;
	if (f->bad_length)
		return EDGE_SIP_FRAME_BAD_LENGTH;
	return f->body_len > l->body_len ? EDGE_SIP_FRAME_BODY
					 : EDGE_SIP_FRAME_FINE;
}

/* Give what there is of the head, so that an answer can be made. */
static enum edge_err refuse(struct edge_sip_framer *f, struct edge_slice s,
			    enum edge_sip_frame_fault fault,
			    struct edge_sip_frame *out)
{
	const size_t len = f->head_len ? f->head_len : f->line;

	out->fault = fault;
	out->msg = (struct edge_slice){s.p, s.p + len};
	out->head_len = len;
	out->consumed = out->skipped + len;
	if (fault == EDGE_SIP_FRAME_BODY)
		out->skip_body = f->body_len;
	*f = (struct edge_sip_framer){0};
	return fault == EDGE_SIP_FRAME_GARBAGE || fault == EDGE_SIP_FRAME_NUL ||
			       fault == EDGE_SIP_FRAME_BARE_LF ||
			       fault == EDGE_SIP_FRAME_NO_LENGTH ||
			       fault == EDGE_SIP_FRAME_TWO_LENGTHS ||
			       fault == EDGE_SIP_FRAME_BAD_LENGTH
		       ? EDGE_EFORMAT
		       : EDGE_ELIMIT;
}

enum edge_err edge_sip_frame_next(struct edge_sip_framer *f,
				  const struct edge_sip_frame_limits *l,
				  struct edge_slice in,
				  struct edge_sip_frame *out)
{
	enum edge_sip_frame_fault fault = EDGE_SIP_FRAME_FINE;
	struct edge_slice s = in;
	enum edge_err err;

	*out = (struct edge_sip_frame){0};
	if (f->scanned == 0)
		out->skipped = skip_blank_lines(f, in, &out->double_crlf);
	s.p += out->skipped;
	out->consumed = out->skipped;
	if (s.p == s.end)
		return EDGE_EAGAIN;
	f->ping = 0;
	if (!f->head_len) {
		err = scan_head(f, l, s, &fault);
		if (err == EDGE_EAGAIN)
			return err;
		if (err == EDGE_OK)
			fault = length_fault(f, l);
		if (fault != EDGE_SIP_FRAME_FINE)
			return refuse(f, s, fault, out);
	}
	if (edge_slice_len(s) - f->head_len < f->body_len)
		return EDGE_EAGAIN;
	out->head_len = f->head_len;
	out->msg = (struct edge_slice){s.p, s.p + f->head_len + f->body_len};
	out->consumed += edge_slice_len(out->msg);
	*f = (struct edge_sip_framer){0};
	return EDGE_OK;
}
