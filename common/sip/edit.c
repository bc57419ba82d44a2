/* Changes to a message: splices at offsets of its bytes, printed in order. */
#include "common/sip/edit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/sip/scan.h"

enum { KEEP_LEN = 262144 }; /* ours: a larger print buffer is given back */

/* At one offset things happen in this order, so that calls need not. */
enum step {
	TEXT_BEFORE, /* new lines before this one */
	TEXT_APPEND, /* new lines at the end of the header block */
	DROP_LINE,   /* [at, end) goes, with cuts and texts inside */
	TEXT_LINE,   /* what replaces the line */
	TEXT_INSIDE, /* text between bytes of a kept line */
	CUT	     /* [at, end) goes */
};

struct splice {
	size_t at, end; /* offsets in the message */
	enum step step;
	uint32_t text, text_len; /* in texts */
};

struct edge_sip_edit {
	const struct edge_sip_msg *m;
	enum edge_err err; /* the first one */
	size_t count, text_used;
	struct splice splices[EDGE_SIP_EDITS]; /* by at, step, call */
	char texts[EDGE_SIP_EDIT_TEXT];
	uint8_t *out;
	size_t out_cap;
};

enum edge_err edge_sip_edit_new(struct edge_sip_edit **out)
{
	struct edge_sip_edit *e = calloc(1, sizeof(*e));

	if (!e)
		return EDGE_ENOMEM;
	*out = e;
	return EDGE_OK;
}

void edge_sip_edit_free(struct edge_sip_edit *e)
{
	if (!e)
		return;
	free(e->out);
	free(e);
}

void edge_sip_edit_wipe(struct edge_sip_edit *e)
{
	if (e->out)
		explicit_bzero(e->out, e->out_cap);
}

void edge_sip_edit_begin(struct edge_sip_edit *e, const struct edge_sip_msg *m)
{
	e->m = m;
	e->err = EDGE_OK;
	e->count = 0;
	e->text_used = 0;
	if (e->out_cap > KEEP_LEN) {
		free(e->out);
		e->out = NULL;
		e->out_cap = 0;
	}
}

static void fail(struct edge_sip_edit *e, enum edge_err err)
{
	if (e->err == EDGE_OK)
		e->err = err;
}

static size_t offset_of(const struct edge_sip_edit *e, const uint8_t *p)
{
	return (size_t)(p - e->m->raw.p);
}

static bool is_after(const struct splice *a, const struct splice *b)
{
	return a->at != b->at ? a->at > b->at : a->step > b->step;
}

static void add(struct edge_sip_edit *e, struct splice s)
{
	size_t i = e->count;

	if (e->err)
		return;
	if (e->count == EDGE_SIP_EDITS) {
		fail(e, EDGE_ELIMIT);
		return;
	}
	for (; i > 0 && is_after(&e->splices[i - 1], &s); i--)
		e->splices[i] = e->splices[i - 1];
	e->splices[i] = s;
	e->count++;
}

/* Format at the end of texts; as_line adds CR LF. */
__attribute__((format(printf, 4, 0))) static bool
format(struct edge_sip_edit *e, struct splice *s, bool as_line, const char *fmt,
       va_list ap)
{
	char *at = e->texts + e->text_used;
	const size_t room = sizeof(e->texts) - e->text_used;
	int n;

	if (e->err)
		return false;
	n = vsnprintf(at, room, fmt, ap);
	if (n < 0 || (size_t)n + 2 > room) {
		fail(e, EDGE_ELIMIT);
		return false;
	}
	if (!edge_sip_text_ok(edge_slice(at, (size_t)n))) {
		fail(e, EDGE_EFORMAT); /* would start a line of its own */
		return false;
	}
	s->text = (uint32_t)e->text_used;
	s->text_len = (uint32_t)n;
	if (as_line) {
		memcpy(at + n, "\r\n", 2);
		s->text_len += 2;
	}
	e->text_used += s->text_len;
	return true;
}

/* The line, or NULL with the fault noted. */
static const struct edge_sip_line *line_at(struct edge_sip_edit *e, int line)
{
	if (line >= 0 && (size_t)line < e->m->line_count)
		return &e->m->lines[line];
	fail(e, EDGE_ERANGE);
	return NULL;
}

void edge_sip_edit_delete(struct edge_sip_edit *e, int line)
{
	const struct edge_sip_line *l = line_at(e, line);

	if (l)
		add(e, (struct splice){.at = offset_of(e, l->raw.p),
				       .end = offset_of(e, l->raw.end),
				       .step = DROP_LINE});
}

void edge_sip_edit_delete_all(struct edge_sip_edit *e, enum edge_sip_hdr id)
{
	for (int i = edge_sip_find(e->m, id, 0); i >= 0;
	     i = edge_sip_find(e->m, id, i + 1))
		edge_sip_edit_delete(e, i);
}

void edge_sip_edit_replace(struct edge_sip_edit *e, int line, const char *fmt,
			   ...)
{
	const struct edge_sip_line *l = line_at(e, line);
	struct splice s = {.step = TEXT_LINE};
	va_list ap;

	if (!l)
		return;
	edge_sip_edit_delete(e, line);
	s.at = offset_of(e, l->raw.p);
	va_start(ap, fmt);
	if (format(e, &s, true, fmt, ap))
		add(e, s);
	va_end(ap);
}

/* Offset of the end of the header block: its empty line, if it has one. */
static size_t block_end(const struct edge_sip_edit *e)
{
	const struct edge_sip_msg *m = e->m;

	if (m->line_count)
		return offset_of(e, m->lines[m->line_count - 1].raw.end);
	return offset_of(e, m->start_line.end);
}

void edge_sip_edit_before(struct edge_sip_edit *e, int line, const char *fmt,
			  ...)
{
	struct splice s = {.step = TEXT_BEFORE};
	const struct edge_sip_line *l;
	va_list ap;

	l = line_at(e, line);
	if (!l)
		return;
	s.at = offset_of(e, l->raw.p);
	va_start(ap, fmt);
	if (format(e, &s, true, fmt, ap))
		add(e, s);
	va_end(ap);
}

void edge_sip_edit_append(struct edge_sip_edit *e, const char *fmt, ...)
{
	const int length = edge_sip_find(e->m, EDGE_SIP_CONTENT_LENGTH, 0);
	struct splice s = {.step = TEXT_APPEND};
	va_list ap;

	s.at = length < 0 ? block_end(e)
			  : offset_of(e, e->m->lines[length].raw.p);
	va_start(ap, fmt);
	if (format(e, &s, true, fmt, ap))
		add(e, s);
	va_end(ap);
}

static bool in_head(const struct edge_sip_edit *e, const uint8_t *p)
{
	return p >= e->m->raw.p && offset_of(e, p) < block_end(e);
}

void edge_sip_edit_cut(struct edge_sip_edit *e, struct edge_slice bytes)
{
	if (!in_head(e, bytes.p) || offset_of(e, bytes.end) > block_end(e)) {
		fail(e, EDGE_ERANGE);
		return;
	}
	add(e, (struct splice){.at = offset_of(e, bytes.p),
			       .end = offset_of(e, bytes.end),
			       .step = CUT});
}

void edge_sip_edit_cut_param(struct edge_sip_edit *e, struct edge_slice params,
			     const char *name)
{
	struct edge_slice raw;

	while (edge_sip_param_raw(params, name, &raw)) {
		edge_sip_edit_cut(e, raw);
		params.p = raw.end;
		params = edge_slice_trim(params);
	}
}

void edge_sip_edit_put(struct edge_sip_edit *e, const uint8_t *at,
		       const char *fmt, ...)
{
	struct splice s = {.step = TEXT_INSIDE};
	va_list ap;

	if (!in_head(e, at)) {
		fail(e, EDGE_ERANGE);
		return;
	}
	s.at = offset_of(e, at);
	va_start(ap, fmt);
	if (format(e, &s, false, fmt, ap))
		add(e, s);
	va_end(ap);
}

static bool reserve(struct edge_sip_edit *e, size_t len)
{
	uint8_t *p;

	if (len <= e->out_cap)
		return true;
	p = realloc(e->out, len);
	if (!p)
		return false;
	e->out = p;
	e->out_cap = len;
	return true;
}

static void put_splices(const struct edge_sip_edit *e, struct edge_put *w)
{
	const uint8_t *raw = e->m->raw.p;
	size_t done = 0;    /* offset up to which bytes are printed or gone */
	size_t dropped = 0; /* end of the last line that is gone whole */

	for (size_t i = 0; i < e->count; i++) {
		const struct splice *s = &e->splices[i];

		if (s->at > done) {
			edge_put_bytes(w, raw + done, s->at - done);
			done = s->at;
		}
		if (s->step == TEXT_INSIDE && (s->at < dropped || s->at < done))
			continue; /* its place is gone */
		edge_put_bytes(w, e->texts + s->text, s->text_len);
		if (s->end > done)
			done = s->end;
		if (s->step == DROP_LINE && s->end > dropped)
			dropped = s->end;
	}
	edge_put_bytes(w, raw + done, edge_slice_len(e->m->raw) - done);
}

enum edge_err edge_sip_edit_print(struct edge_sip_edit *e,
				  struct edge_slice *out)
{
	struct edge_put w;

	if (e->err)
		return e->err;
	if (!reserve(e, edge_slice_len(e->m->raw) + e->text_used))
		return EDGE_ENOMEM;
	w = edge_put(e->out, e->out_cap);
	put_splices(e, &w);
	*out = edge_put_done(&w);
	return EDGE_OK;
}

/* All lines of one header as received; false when there is none. */
static void put_lines(struct edge_put *w, const struct edge_sip_msg *m,
		      enum edge_sip_hdr id)
{
	const int i = edge_sip_find(m, id, 0);

	if (i >= 0)
		edge_put_slice(w, m->lines[i].raw);
}

static void put_vias(struct edge_put *w, const struct edge_sip_msg *m,
		     const char *suffix)
{
	const uint8_t *end = m->via_count ? m->via.text.end : NULL;

	for (int i = edge_sip_find(m, EDGE_SIP_VIA, 0); i >= 0;
	     i = edge_sip_find(m, EDGE_SIP_VIA, i + 1)) {
		struct edge_slice raw = m->lines[i].raw;

		if (end && end >= raw.p && end <= raw.end) {
			edge_put_bytes(w, raw.p, (size_t)(end - raw.p));
			edge_put_str(w, suffix);
			raw.p = end;
		}
		edge_put_slice(w, raw);
	}
}

static void put_to(struct edge_put *w, const struct edge_sip_msg *m,
		   const char *tag)
{
	const int i = edge_sip_find(m, EDGE_SIP_TO, 0);

	if (i < 0)
		return;
	if (!tag || !tag[0] || edge_slice_len(m->to.tag)) {
		edge_put_slice(w, m->lines[i].raw);
		return;
	}
	edge_put_bytes(w, m->lines[i].raw.p,
		       (size_t)(m->lines[i].value.end - m->lines[i].raw.p));
	edge_put_str(w, ";tag=");
	edge_put_str(w, tag);
	edge_put_str(w, "\r\n");
}

enum edge_err edge_sip_answer_print(struct edge_sip_edit *e,
				    const struct edge_sip_msg *m,
				    const struct edge_sip_answer *a,
				    struct edge_slice *out)
{
	const char *suffix = a->via_suffix ? a->via_suffix : "";
	const char *tag = a->to_tag ? a->to_tag : "";
	const char *extra = a->extra ? a->extra : "";
	struct edge_put w;

	if (!m->is_request)
		return EDGE_ESTATE;
	if (!reserve(e, edge_slice_len(m->raw) + strlen(a->phrase) +
				strlen(suffix) + strlen(tag) + strlen(extra) +
				edge_slice_len(a->body) + 128))
		return EDGE_ENOMEM;
	w = edge_put(e->out, e->out_cap);
	edge_put_str(&w, "SIP/2.0 ");
	edge_put_dec(&w, a->status);
	edge_put_u8(&w, ' ');
	edge_put_str(&w, a->phrase);
	edge_put_str(&w, "\r\n");
	put_vias(&w, m, suffix);
	put_lines(&w, m, EDGE_SIP_FROM);
	put_to(&w, m, tag);
	put_lines(&w, m, EDGE_SIP_CALL_ID);
	put_lines(&w, m, EDGE_SIP_CSEQ);
	edge_put_str(&w, extra);
	edge_put_str(&w, "Content-Length: ");
	edge_put_dec(&w, edge_slice_len(a->body));
	edge_put_str(&w, "\r\n\r\n");
	edge_put_slice(&w, a->body);
	*out = edge_put_done(&w);
	return EDGE_OK;
}
