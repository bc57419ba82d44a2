/* The MS-TURN codec, driven by one table. */
#include "av-edge/mst_msg.h"

#include <stdio.h>
#include <string.h>

#include "av-edge/attr_value.h"

enum form { BYTES, U32, ADDR, XADDR, ERROR, SEQ, FAMILY };

static const struct row {
	const char *name;
	uint16_t number, least;
	uint32_t most;
	enum form form;
} rows[MST_ATTRS] = {
#define MST_ATTR(id, number, form, least, most, name) \
	[MST_##id] = {name, number, least, most, form},
#include "av-edge/mst_attr.def"
#undef MST_ATTR
};

enum {
	OPTIONAL = 0x8000,  /* AV 1.7 */
	BAD_REQUEST = 400,  /* AV 1.17 */
	UNKNOWN_USER = 436, /* AV 1.17: Username too long */
};

bool mst_is(struct edge_slice in)
{
	static const uint8_t cookie[8] = {0,	0x0f, 0,    4,
					  0x72, 0xc6, 0x4b, 0xc6};
	size_t len = edge_slice_len(in);

	return len >= MST_LEAST_LEN && !(in.p[0] & 0xc0) &&
	       (size_t)(in.p[2] << 8 | in.p[3]) == len - MST_HEADER_LEN &&
	       !memcmp(in.p + MST_HEADER_LEN, cookie, sizeof(cookie));
}

bool mst_has(const struct mst_msg *m, enum mst_attr a)
{
	return m->present >> a & 1;
}

static enum mst_attr row_of(uint16_t number)
{
	unsigned a = 0;

	while (a < MST_ATTRS && rows[a].number != number)
		a++;
	return (enum mst_attr)a;
}

/* ---- values ---- */

static bool take_error(struct mst_value *out, struct edge_slice v)
{
	uint16_t zero;
	uint8_t class, number;

	if (!edge_take_u16(&v, &zero) || !edge_take_u8(&v, &class) ||
	    !edge_take_u8(&v, &number) || number > 99)
		return false;
	out->number = (class & 7) * 100u + number;
	out->bytes = v;
	return true;
}

static bool take_value(struct mst_value *out, const struct row *row,
		       struct edge_slice v, const uint8_t *tid)
{
	size_t len = edge_slice_len(v);

	if (len < row->least || len > row->most)
		return false;
	switch (row->form) {
	case BYTES:
		out->bytes = v;
		return true;
	case U32:
		return edge_take_u32(&v, &out->number);
	case ADDR:
		return ave_value_take_addr(&out->addr, v, NULL);
	case XADDR:
		return ave_value_take_addr(&out->addr, v, tid);
	case ERROR:
		return take_error(out, v);
	case SEQ:
		return edge_take(&v, MST_CONNECTION_LEN, &out->bytes) &&
		       edge_take_u32(&v, &out->number);
	case FAMILY:
		out->number = v.p[0] == AVE_VALUE_V4 ? 4 : 6;
		return v.p[0] == AVE_VALUE_V4 || v.p[0] == AVE_VALUE_V6;
	}
	return false;
}

/* ---- decode ---- */

static void unknown(struct mst_msg *m, uint16_t number)
{
	size_t most = sizeof(m->mandatory) / sizeof(m->mandatory[0]);

	for (size_t i = 0; i < m->mandatory_count; i++)
		if (m->mandatory[i] == number)
			return;
	if (number < OPTIONAL && m->mandatory_count < most)
		m->mandatory[m->mandatory_count++] = number;
}

static void take_attr(struct mst_msg *m, enum mst_attr a, struct edge_slice v)
{
	const struct row *row = &rows[a];
	bool good = take_value(&m->v[a], row, v, m->tid.p);

	if (a == MST_INTEGRITY)
		good = good &&
		       (edge_slice_len(v) == 20 || edge_slice_len(v) == 32);
	if (good)
		m->present |= 1u << a;
	else if (row->number < OPTIONAL && !m->fault)
		m->fault = a == MST_USERNAME && edge_slice_len(v) > row->most
				   ? UNKNOWN_USER
				   : BAD_REQUEST;
}

static enum edge_err walk(struct mst_msg *m, struct edge_slice body,
			  bool is_padded)
{
	while (body.p != body.end) {
		const uint8_t *at = body.p;
		struct edge_slice v, pad;
		uint16_t number, len;
		enum mst_attr a;

		if (m->seen_count == MST_ATTRS_MAX ||
		    !edge_take_u16(&body, &number) ||
		    !edge_take_u16(&body, &len) || !edge_take(&body, len, &v) ||
		    (is_padded && !edge_take(&body, -len & 3u, &pad)))
			return EDGE_EFORMAT;
		if (mst_has(m, MST_INTEGRITY) || m->integrity_at)
			continue; /* not protected: does not count */
		a = row_of(number);
		if (a == MST_ATTRS)
			unknown(m, number);
		else if (a == MST_INTEGRITY)
			m->integrity_at = (size_t)(at - m->raw.p);
		if (a < MST_ATTRS && mst_has(m, a))
			a = MST_ATTRS; /* a second one says nothing */
		m->seen[m->seen_count++] =
			(struct mst_seen){v, number, (uint8_t)a};
		if (a < MST_ATTRS)
			take_attr(m, a, v);
	}
	return EDGE_OK;
}

static enum edge_err decode(struct mst_msg *m, struct edge_slice in,
			    bool is_padded)
{
	struct edge_slice body = in;
	uint16_t len;

	m->present = 0;
	m->fault = 0;
	m->integrity_at = 0;
	m->mandatory_count = m->seen_count = 0;
	m->is_padded = is_padded;
	m->raw = in;
	if (!edge_take_u16(&body, &m->type) || !edge_take_u16(&body, &len) ||
	    !edge_take(&body, MST_TID_LEN, &m->tid))
		return EDGE_EFORMAT;
	return walk(m, body, is_padded);
}

/* What lands on its end with an integrity is it; else what lands on its end. */
enum edge_err mst_msg_decode_as(struct mst_msg *m, struct edge_slice in,
				bool is_padded)
{
	enum edge_err err;

	if (!mst_is(in))
		return EDGE_EFORMAT;
	err = decode(m, in, is_padded);
	if (!err && m->integrity_at)
		return EDGE_OK;
	/* AV 1.6: perhaps the other way */
	if (decode(m, in, !is_padded) == EDGE_OK && (err || m->integrity_at))
		return EDGE_OK;
	return err ? err : decode(m, in, is_padded);
}

enum edge_err mst_msg_decode(struct mst_msg *m, struct edge_slice in)
{
	return mst_msg_decode_as(m, in, false);
}

/* ---- encode ---- */

void mst_begin(struct edge_put *w, uint16_t type, struct edge_slice tid)
{
	edge_put_u16(w, type);
	edge_put_u16(w, 0);
	edge_put_slice(w, tid);
	mst_put_u32(w, MST_MAGIC_COOKIE, MST_COOKIE);
}

static void head(struct edge_put *w, enum mst_attr a, size_t len)
{
	edge_put_u16(w, rows[a].number);
	edge_put_u16(w, (uint16_t)len);
}

void mst_put_u32(struct edge_put *w, enum mst_attr a, uint32_t v)
{
	head(w, a, 4);
	if (rows[a].form == FAMILY)
		v = (v == 4 ? 1u * AVE_VALUE_V4 : 1u * AVE_VALUE_V6) << 24;
	edge_put_u32(w, v);
}

void mst_put_addr(struct edge_put *w, enum mst_attr a,
		  const struct edge_addr *addr)
{
	const bool is_masked = rows[a].form == XADDR && !w->overflow;

	head(w, a, ave_value_addr_len(addr));
	ave_value_put_addr(w, addr, is_masked ? w->start + 4 : NULL);
}

void mst_put_bytes(struct edge_put *w, enum mst_attr a, struct edge_slice v)
{
	head(w, a, edge_slice_len(v));
	edge_put_slice(w, v);
}

static void put_error(struct edge_put *w, uint32_t code,
		      struct edge_slice reason)
{
	head(w, MST_ERROR_CODE, 4 + edge_slice_len(reason));
	edge_put_u16(w, 0);
	edge_put_u8(w, (uint8_t)(code / 100));
	edge_put_u8(w, (uint8_t)(code % 100));
	edge_put_slice(w, reason);
}

void mst_put_error(struct edge_put *w, unsigned code, const char *reason)
{
	put_error(w, code, edge_slice_str(reason));
}

void mst_put_sequence(struct edge_put *w,
		      const uint8_t connection[MST_CONNECTION_LEN],
		      uint32_t number)
{
	head(w, MST_SEQUENCE, MST_CONNECTION_LEN + 4);
	edge_put_bytes(w, connection, MST_CONNECTION_LEN);
	edge_put_u32(w, number);
}

struct edge_slice mst_end(struct edge_put *w)
{
	size_t len = edge_put_len(w) - MST_HEADER_LEN;

	if (w->overflow)
		return edge_slice(NULL, 0);
	w->start[2] = (uint8_t)(len >> 8);
	w->start[3] = (uint8_t)len;
	return edge_put_done(w);
}

static void put_value(struct edge_put *w, const struct mst_msg *m,
		      enum mst_attr a)
{
	const struct mst_value *v = &m->v[a];

	switch (rows[a].form) {
	case BYTES:
		mst_put_bytes(w, a, v->bytes);
		break;
	case U32:
	case FAMILY:
		mst_put_u32(w, a, v->number);
		break;
	case ADDR:
	case XADDR:
		mst_put_addr(w, a, &v->addr);
		break;
	case ERROR:
		put_error(w, v->number, v->bytes);
		break;
	case SEQ:
		mst_put_sequence(w, v->bytes.p, v->number);
		break;
	}
}

struct edge_slice mst_msg_encode(struct edge_put *w, const struct mst_msg *m)
{
	edge_put_u16(w, m->type);
	edge_put_u16(w, 0);
	edge_put_slice(w, m->tid);
	for (size_t i = 0; i < m->seen_count; i++) {
		const struct mst_seen *s = &m->seen[i];

		if (s->attr < MST_ATTRS && mst_has(m, s->attr)) {
			put_value(w, m, s->attr);
		} else {
			edge_put_u16(w, s->number);
			edge_put_u16(w, (uint16_t)edge_slice_len(s->value));
			edge_put_slice(w, s->value);
		}
		while (m->is_padded && !w->overflow && edge_put_len(w) & 3)
			edge_put_u8(w, 0);
	}
	return mst_end(w);
}

size_t mst_indication(uint8_t out[MST_INDICATION_MAX],
		      const uint8_t tid[MST_TID_LEN],
		      const struct edge_addr *from, size_t len)
{
	struct edge_put w = edge_put(out, MST_INDICATION_MAX);
	size_t head_len;

	mst_begin(&w, MST_DATA_INDICATION, edge_slice(tid, MST_TID_LEN));
	mst_put_addr(&w, MST_REMOTE_ADDRESS, from);
	head(&w, MST_DATA, len);
	head_len = edge_put_len(&w);
	out[2] = (uint8_t)((head_len - MST_HEADER_LEN + len) >> 8);
	out[3] = (uint8_t)(head_len - MST_HEADER_LEN + len);
	return head_len;
}

/* ---- print ---- */

static const char *type_str(uint16_t type)
{
	switch (type) {
	case MST_ALLOCATE:
		return "Allocate";
	case MST_SEND:
		return "Send";
	case MST_SET_ACTIVE:
		return "Set Active Destination";
	case MST_ALLOCATE_OK:
		return "Allocate response";
	case MST_SET_ACTIVE_OK:
		return "Set Active Destination response";
	case MST_ALLOCATE_ERROR:
		return "Allocate error";
	case MST_DATA_INDICATION:
		return "Data Indication";
	case MST_SET_ACTIVE_ERROR:
		return "Set Active Destination error";
	default:
		return "unknown type";
	}
}

static void print_value(char out[EDGE_ADDR_STRLEN], const struct mst_seen *s,
			const struct mst_value *v)
{
	switch (rows[s->attr].form) {
	case BYTES:
		(void)snprintf(out, EDGE_ADDR_STRLEN, "(%zu bytes)",
			       edge_slice_len(s->value));
		break;
	case ADDR:
	case XADDR:
		edge_addr_print(&v->addr, out);
		break;
	case U32:
	case ERROR:
	case SEQ:
	case FAMILY:
		(void)snprintf(out, EDGE_ADDR_STRLEN, "%u", v->number);
		break;
	}
}

void mst_msg_print(char *out, size_t cap, const struct mst_msg *m)
{
	int len = snprintf(out, cap, "%s", type_str(m->type));

	for (size_t i = 0; i < m->seen_count; i++) {
		const struct mst_seen *s = &m->seen[i];
		char value[EDGE_ADDR_STRLEN] = "?";
		bool known = s->attr < MST_ATTRS;

		if (len < 0 || (size_t)len >= cap)
			return;
		if (known && mst_has(m, s->attr))
			print_value(value, s, &m->v[s->attr]);
		len += snprintf(out + len, cap - (size_t)len, ", %s 0x%04x: %s",
				known ? rows[s->attr].name : "attribute",
				s->number, value);
	}
}
