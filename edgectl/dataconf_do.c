/* Frames of EP1-DO: one table of methods drives both ways. */
#include "edgectl/dataconf_do.h"

#include <string.h>

enum { LENGTH_LEN = 4, HEAD_LEN = 5 /* op, object */, VERSION = 10 };

static const char name[] = "ContentManager";

/* WC 2.2: of the ContentManager's version 10 */
#define SERVER_HASH UINT64_C(0x34be85e500173031)
#define CLIENT_HASH UINT64_C(0x8d6feb075de8bdb4)

/* Arguments in the order of the fields below. */
enum { TITLE = 1, CHUNK = 2, LAST = 4, COOKIE = 8 };

static const struct row {
	enum ctl_do_method method;
	unsigned arguments;
} rows[] = {
	{CTL_DO_UPLOAD, TITLE | CHUNK | LAST},
	{CTL_DO_PRESENT, TITLE},
	{CTL_DO_RESERVE, TITLE | COOKIE},
	{CTL_DO_CONTENT, TITLE | CHUNK | LAST},
	{CTL_DO_ACTIVE, TITLE},
	{CTL_DO_RESERVED, COOKIE},
};

static const struct row *row_of(unsigned method)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].method == method)
			return &rows[i];
	return NULL;
}

/* ---- decode ---- */

static bool take_string(struct edge_slice *in, struct edge_slice *out)
{
	uint16_t len;

	return edge_take_u16(in, &len) && edge_take(in, len, out);
}

static bool take_bytes(struct edge_slice *in, struct edge_slice *out)
{
	uint32_t len;

	return edge_take_u32(in, &len) && edge_take(in, len, out);
}

static bool take_bool(struct edge_slice *in, bool *out)
{
	uint8_t byte;

	if (!edge_take_u8(in, &byte) || byte > 1)
		return false;
	*out = byte;
	return true;
}

static bool take_invoke(struct ctl_do *d, struct edge_slice *body)
{
	const struct row *row;
	uint16_t method;
	uint32_t cookie = 0;

	if (!edge_take_u16(body, &method))
		return false;
	row = row_of(method);
	if (!row)
		return false;
	d->method = row->method;
	if ((row->arguments & TITLE && !take_string(body, &d->title)) ||
	    (row->arguments & CHUNK && !take_bytes(body, &d->chunk)) ||
	    (row->arguments & LAST && !take_bool(body, &d->is_last)) ||
	    (row->arguments & COOKIE && !edge_take_u32(body, &cookie)))
		return false;
	d->cookie = (int32_t)cookie;
	return true;
}

static bool take_error(struct ctl_do *d, struct edge_slice *body)
{
	uint16_t code;

	if (!edge_take_u16(body, &code) || !take_string(body, &d->title))
		return false;
	d->cookie = code;
	return true;
}

static bool take_body(struct ctl_do *d, struct edge_slice body)
{
	switch (d->op) {
	case CTL_DO_INVOKE:
		return take_invoke(d, &body) && body.p == body.end;
	case CTL_DO_ERROR:
		return take_error(d, &body) && body.p == body.end;
	case CTL_DO_DISCONNECT:
	case CTL_DO_BEAT:
		return body.p == body.end;
	case CTL_DO_CONNECT:
		break;
	}
	return false;
}

enum edge_err ctl_do_decode(struct ctl_do *out, size_t *used,
			    struct edge_slice in)
{
	struct ctl_do d = {0};
	struct edge_slice body;
	uint32_t len;
	uint8_t op = 0;

	if (!edge_take_u32(&in, &len))
		return EDGE_EAGAIN;
	if (len < HEAD_LEN)
		return EDGE_EFORMAT;
	if (len > CTL_DO_FRAME_MAX - LENGTH_LEN)
		return EDGE_ELIMIT;
	if (!edge_take(&in, len, &body))
		return EDGE_EAGAIN;
	(void)edge_take_u8(&body, &op);
	(void)edge_take_u32(&body, &d.object);
	d.op = (enum ctl_do_op)op;
	if (!take_body(&d, body))
		return EDGE_EFORMAT;
	*used = LENGTH_LEN + len;
	*out = d;
	return EDGE_OK;
}

/* ---- encode ---- */

static void put_string(struct edge_put *w, struct edge_slice s)
{
	w->overflow = w->overflow || edge_slice_len(s) > UINT16_MAX;
	edge_put_u16(w, (uint16_t)edge_slice_len(s));
	edge_put_slice(w, s);
}

static void put_connect(struct edge_put *w)
{
	edge_put_u32(w, 0); /* no parent */
	put_string(w, edge_slice_str(name));
	edge_put_u32(w, VERSION);
	edge_put_u64(w, SERVER_HASH);
	edge_put_u64(w, CLIENT_HASH);
}

static void put_invoke(struct edge_put *w, const struct ctl_do *d)
{
	const struct row *row = row_of(d->method);

	if (!row) {
		w->overflow = true;
		return;
	}
	edge_put_u16(w, (uint16_t)d->method);
	if (row->arguments & TITLE)
		put_string(w, d->title);
	if (row->arguments & CHUNK) {
		edge_put_u32(w, (uint32_t)edge_slice_len(d->chunk));
		edge_put_slice(w, d->chunk);
	}
	if (row->arguments & LAST)
		edge_put_u8(w, d->is_last);
	if (row->arguments & COOKIE)
		edge_put_u32(w, (uint32_t)d->cookie);
}

static void put_error(struct edge_put *w, const struct ctl_do *d)
{
	edge_put_u16(w, (uint16_t)d->cookie);
	put_string(w, d->title);
}

struct edge_slice ctl_do_encode(uint8_t *out, size_t cap,
				const struct ctl_do *d)
{
	struct edge_put w =
		edge_put(out, cap < CTL_DO_FRAME_MAX ? cap : CTL_DO_FRAME_MAX);
	struct edge_put head = edge_put(out, cap < LENGTH_LEN ? 0 : LENGTH_LEN);

	edge_put_u32(&w, 0);
	edge_put_u8(&w, (uint8_t)d->op);
	edge_put_u32(&w, d->object);
	switch (d->op) {
	case CTL_DO_CONNECT:
		put_connect(&w);
		break;
	case CTL_DO_INVOKE:
		put_invoke(&w, d);
		break;
	case CTL_DO_ERROR:
		put_error(&w, d);
		break;
	case CTL_DO_DISCONNECT:
	case CTL_DO_BEAT:
		break;
	}
	if (w.overflow)
		return edge_slice(out, 0);
	edge_put_u32(&head, (uint32_t)(edge_put_len(&w) - LENGTH_LEN));
	return edge_put_done(&w);
}
