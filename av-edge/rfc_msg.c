/* The STUN and TURN codec, driven by one table. */
#include "av-edge/rfc_msg.h"

#include <stdio.h>
#include <string.h>

#include "av-edge/attr_value.h"

enum form { BYTES, U8, U16, U32, U64, ADDR, XADDR, ERROR };

static const struct row {
	const char *name;
	uint16_t number, least;
	uint32_t most;
	enum form form;
} rows[RFC_ATTRS] = {
#define RFC_ATTR(id, number, form, least, most, name) \
	[RFC_##id] = {name, number, least, most, form},
#include "av-edge/rfc_attr.def"
#undef RFC_ATTR
};

enum {
	OPTIONAL = 0x8000, /* RFC 8489 §14 */
};

static const char zeros[8];

bool rfc_is(struct edge_slice in)
{
	size_t len = edge_slice_len(in);
	struct edge_slice at = in;
	uint16_t type, body;
	uint32_t cookie;

	return len >= RFC_HEADER_LEN && edge_take_u16(&at, &type) &&
	       edge_take_u16(&at, &body) && edge_take_u32(&at, &cookie) &&
	       !(type & 0xc000) && cookie == RFC_COOKIE &&
	       body == len - RFC_HEADER_LEN && !(body & 3);
}

bool rfc_has(const struct rfc_msg *m, enum rfc_attr a)
{
	return m->present >> a & 1;
}

/* RFC 8489 §5: the class lies between the bits of the method. */
uint16_t rfc_type(unsigned method, enum rfc_class cls)
{
	return (uint16_t)((method & 0x0f80) << 2 | (method & 0x0070) << 1 |
			  (method & 0x000f) | ((unsigned)cls & 2) << 7 |
			  ((unsigned)cls & 1) << 4);
}

static enum rfc_attr row_of(uint16_t number)
{
	unsigned a = 0;

	while (a < RFC_ATTRS && rows[a].number != number)
		a++;
	return (enum rfc_attr)a;
}

/* ---- values ---- */

static bool take_error(struct rfc_value *out, struct edge_slice v)
{
	uint8_t family, zero, cls, number;

	if (!edge_take_u8(&v, &family) || !edge_take_u8(&v, &zero) ||
	    !edge_take_u8(&v, &cls) || !edge_take_u8(&v, &number) ||
	    number > 99)
		return false;
	out->family = family;
	out->number = (cls & 7) * 100u + number;
	out->bytes = v;
	return true;
}

static bool take_number(struct rfc_value *out, struct edge_slice v, size_t len)
{
	uint8_t byte;

	for (out->number = 0; len && edge_take_u8(&v, &byte); len--)
		out->number = out->number << 8 | byte;
	return !len;
}

static bool take_value(struct rfc_value *out, const struct row *row,
		       struct edge_slice v, const uint8_t *mask)
{
	size_t len = edge_slice_len(v);

	if (len < row->least || len > row->most)
		return false;
	switch (row->form) {
	case BYTES:
		out->bytes = v;
		return true;
	case U8:
		return take_number(out, v, 1);
	case U16:
		return take_number(out, v, 2);
	case U32:
		return take_number(out, v, 4);
	case U64:
		return take_number(out, v, 8);
	case ADDR:
		return ave_value_take_addr(&out->addr, v, NULL);
	case XADDR:
		return ave_value_take_addr(&out->addr, v, mask);
	case ERROR:
		return take_error(out, v);
	}
	return false;
}

/* ---- decode ---- */

static void unknown(struct rfc_msg *m, uint16_t number)
{
	size_t most = sizeof(m->mandatory) / sizeof(m->mandatory[0]);

	for (size_t i = 0; i < m->mandatory_count; i++)
		if (m->mandatory[i] == number)
			return;
	if (number < OPTIONAL && m->mandatory_count < most)
		m->mandatory[m->mandatory_count++] = number;
}

static void take_attr(struct rfc_msg *m, enum rfc_attr a, struct edge_slice v,
		      bool is_repeat)
{
	struct rfc_value passed_over = {0};
	bool good = take_value(is_repeat ? &passed_over : &m->v[a], &rows[a], v,
			       m->raw.p + 4);

	if (a == RFC_INTEGRITY_SHA256 && edge_slice_len(v) & 3)
		good = false;
	if (good && !is_repeat)
		m->present |= (uint64_t)1 << a;
	else if (!good && rows[a].number < OPTIONAL)
		m->is_faulty = true;
}

/* RFC 8489 §14.5-14.7: what may still stand there. */
static bool counts(const struct rfc_msg *m, enum rfc_attr a)
{
	if (m->sha256_at)
		return a == RFC_FINGERPRINT;
	if (m->integrity_at)
		return a == RFC_FINGERPRINT || a == RFC_INTEGRITY_SHA256;
	return true;
}

static void note_place(struct rfc_msg *m, enum rfc_attr a, const uint8_t *at)
{
	size_t place = (size_t)(at - m->raw.p);

	if (a == RFC_INTEGRITY)
		m->integrity_at = place;
	else if (a == RFC_INTEGRITY_SHA256)
		m->sha256_at = place;
	else if (a == RFC_FINGERPRINT)
		m->fingerprint_at = place;
}

static enum edge_err take_one(struct rfc_msg *m, struct edge_slice *body)
{
	const uint8_t *at = body->p;
	struct edge_slice v, pad;
	uint16_t number, len;
	bool is_repeat;
	enum rfc_attr a;

	if (m->seen_count == RFC_ATTRS_MAX || m->fingerprint_at ||
	    !edge_take_u16(body, &number) || !edge_take_u16(body, &len) ||
	    !edge_take(body, len, &v) || !edge_take(body, -len & 3u, &pad))
		return EDGE_EFORMAT;
	a = row_of(number);
	if (!counts(m, a))
		return EDGE_OK;
	is_repeat = a < RFC_ATTRS && rfc_has(m, a);
	m->seen[m->seen_count++] =
		(struct rfc_seen){v, number, (uint8_t)a, is_repeat};
	if (a == RFC_ATTRS) {
		unknown(m, number);
		return EDGE_OK;
	}
	note_place(m, a, at);
	take_attr(m, a, v, is_repeat);
	return EDGE_OK;
}

enum edge_err rfc_msg_decode(struct rfc_msg *m, struct edge_slice in)
{
	struct edge_slice body = in;
	uint16_t type = 0, len;
	uint32_t cookie;
	enum edge_err err = EDGE_OK;

	if (!rfc_is(in))
		return EDGE_EFORMAT;
	m->raw = in;
	m->present = 0;
	m->is_faulty = false;
	m->integrity_at = m->sha256_at = m->fingerprint_at = 0;
	m->mandatory_count = m->seen_count = 0;
	if (!edge_take_u16(&body, &type) || !edge_take_u16(&body, &len) ||
	    !edge_take_u32(&body, &cookie) ||
	    !edge_take(&body, RFC_TID_LEN, &m->tid))
		return EDGE_EFORMAT;
	m->method = (uint16_t)((type & 0x3e00) >> 2 | (type & 0x00e0) >> 1 |
			       (type & 0x000f));
	m->cls = (uint8_t)((type & 0x0100) >> 7 | (type & 0x0010) >> 4);
	while (!err && body.p != body.end)
		err = take_one(m, &body);
	return err;
}

bool rfc_next_addr(const struct rfc_msg *m, enum rfc_attr a, size_t *at,
		   struct edge_addr *out)
{
	while (*at < m->seen_count) {
		const struct rfc_seen *s = &m->seen[(*at)++];
		struct rfc_value v = {0};

		if (s->attr == a && rfc_has(m, a) &&
		    take_value(&v, &rows[a], s->value, m->raw.p + 4)) {
			*out = v.addr;
			return true;
		}
	}
	return false;
}

/* ---- encode ---- */

void rfc_begin(struct edge_put *w, unsigned method, enum rfc_class cls,
	       struct edge_slice tid)
{
	edge_put_u16(w, rfc_type(method, cls));
	edge_put_u16(w, 0);
	edge_put_u32(w, RFC_COOKIE);
	edge_put_slice(w, tid);
}

static void head(struct edge_put *w, enum rfc_attr a, size_t len)
{
	edge_put_u16(w, rows[a].number);
	edge_put_u16(w, (uint16_t)len);
}

static void pad(struct edge_put *w)
{
	edge_put_bytes(w, zeros, -edge_put_len(w) & 3);
}

static size_t number_len(enum form form)
{
	return form == U8 ? 1 : form == U16 ? 2 : form == U32 ? 4 : 8;
}

void rfc_put_number(struct edge_put *w, enum rfc_attr a, uint64_t v)
{
	size_t len = number_len(rows[a].form);

	head(w, a, rows[a].least);
	for (size_t i = len; i; i--)
		edge_put_u8(w, (uint8_t)(v >> 8 * (i - 1)));
	edge_put_bytes(w, zeros, rows[a].least - len);
	pad(w);
}

void rfc_put_addr(struct edge_put *w, enum rfc_attr a,
		  const struct edge_addr *addr)
{
	const bool is_masked = rows[a].form == XADDR && !w->overflow;

	head(w, a, ave_value_addr_len(addr));
	/* cookie and transaction id, RFC 8489 §14.2 */
	ave_value_put_addr(w, addr, is_masked ? w->start + 4 : NULL);
}

void rfc_put_bytes(struct edge_put *w, enum rfc_attr a, struct edge_slice v)
{
	head(w, a, edge_slice_len(v));
	edge_put_slice(w, v);
	pad(w);
}

static void put_error(struct edge_put *w, enum rfc_attr a,
		      const struct rfc_value *v)
{
	head(w, a, 4 + edge_slice_len(v->bytes));
	edge_put_u8(w, v->family);
	edge_put_u8(w, 0);
	edge_put_u8(w, (uint8_t)(v->number / 100));
	edge_put_u8(w, (uint8_t)(v->number % 100));
	edge_put_slice(w, v->bytes);
	pad(w);
}

void rfc_put_error(struct edge_put *w, unsigned code)
{
	put_error(w, RFC_ERROR_CODE, &(struct rfc_value){.number = code});
}

void rfc_put_address_error(struct edge_put *w, uint8_t family, unsigned code)
{
	put_error(w, RFC_ADDRESS_ERROR_CODE,
		  &(struct rfc_value){.number = code, .family = family});
}

void rfc_put_unknown(struct edge_put *w, const struct rfc_msg *m)
{
	head(w, RFC_UNKNOWN, 2 * m->mandatory_count);
	for (size_t i = 0; i < m->mandatory_count; i++)
		edge_put_u16(w, m->mandatory[i]);
	pad(w);
}

void rfc_set_len(struct edge_put *w, size_t more)
{
	size_t len = edge_put_len(w) - RFC_HEADER_LEN + more;

	if (w->overflow)
		return;
	w->start[2] = (uint8_t)(len >> 8);
	w->start[3] = (uint8_t)len;
}

struct edge_slice rfc_end(struct edge_put *w)
{
	rfc_set_len(w, 0);
	return edge_put_done(w);
}

static void put_value(struct edge_put *w, const struct rfc_value *v,
		      enum rfc_attr a)
{
	switch (rows[a].form) {
	case BYTES:
		rfc_put_bytes(w, a, v->bytes);
		break;
	case U8:
	case U16:
	case U32:
	case U64:
		rfc_put_number(w, a, v->number);
		break;
	case ADDR:
	case XADDR:
		rfc_put_addr(w, a, &v->addr);
		break;
	case ERROR:
		put_error(w, a, v);
		break;
	}
}

struct edge_slice rfc_msg_encode(struct edge_put *w, const struct rfc_msg *m)
{
	rfc_begin(w, m->method, (enum rfc_class)m->cls, m->tid);
	for (size_t i = 0; i < m->seen_count; i++) {
		const struct rfc_seen *s = &m->seen[i];

		if (s->attr < RFC_ATTRS && rfc_has(m, s->attr) &&
		    !s->is_repeat) {
			put_value(w, &m->v[s->attr], s->attr);
			continue;
		}
		edge_put_u16(w, s->number);
		edge_put_u16(w, (uint16_t)edge_slice_len(s->value));
		edge_put_slice(w, s->value);
		pad(w);
	}
	return rfc_end(w);
}

size_t rfc_indication(uint8_t out[RFC_INDICATION_MAX],
		      const uint8_t tid[RFC_TID_LEN],
		      const struct edge_addr *from, size_t len)
{
	struct edge_put w = edge_put(out, RFC_INDICATION_MAX);

	rfc_begin(&w, RFC_DATA_INDICATION, RFC_INDICATION,
		  edge_slice(tid, RFC_TID_LEN));
	rfc_put_addr(&w, RFC_XOR_PEER, from);
	head(&w, RFC_DATA, len);
	rfc_set_len(&w, (len + 3) & ~(size_t)3);
	return edge_put_len(&w);
}

/* ---- ChannelData, RFC 8656 §12.4 ---- */

enum edge_err rfc_channel_decode(uint16_t *channel, struct edge_slice *payload,
				 struct edge_slice in)
{
	uint16_t number, len;

	if (!edge_take_u16(&in, &number) || !edge_take_u16(&in, &len) ||
	    (number & 0xc000) != RFC_CHANNEL_FIRST ||
	    !edge_take(&in, len, payload))
		return EDGE_EFORMAT;
	*channel = number;
	return EDGE_OK;
}

void rfc_channel_head(uint8_t out[RFC_CHANNEL_HEAD], uint16_t channel,
		      size_t len)
{
	struct edge_put w = edge_put(out, RFC_CHANNEL_HEAD);

	edge_put_u16(&w, channel);
	edge_put_u16(&w, (uint16_t)len);
}

/* ---- print ---- */

static const char *method_str(unsigned method)
{
	static const char *const names[] = {
		[RFC_BINDING] = "Binding",
		[RFC_ALLOCATE] = "Allocate",
		[RFC_REFRESH] = "Refresh",
		[RFC_SEND] = "Send",
		[RFC_DATA_INDICATION] = "Data",
		[RFC_CREATE_PERMISSION] = "CreatePermission",
		[RFC_CHANNEL_BIND] = "ChannelBind",
		[RFC_CONNECT] = "Connect",
		[RFC_CONNECTION_BIND] = "ConnectionBind",
		[RFC_CONNECTION_ATTEMPT] = "ConnectionAttempt",
	};

	return method < sizeof(names) / sizeof(names[0]) && names[method]
		       ? names[method]
		       : "unknown method";
}

static void print_value(char out[EDGE_ADDR_STRLEN], enum rfc_attr a,
			const struct rfc_value *v)
{
	switch (rows[a].form) {
	case BYTES:
		(void)snprintf(out, EDGE_ADDR_STRLEN, "(%zu bytes)",
			       edge_slice_len(v->bytes));
		break;
	case ADDR:
	case XADDR:
		edge_addr_print(&v->addr, out);
		break;
	case U64: /* a reservation: whoever knows it has the port */
		(void)snprintf(out, EDGE_ADDR_STRLEN, "(8 bytes)");
		break;
	case U8:
	case U16:
	case U32:
	case ERROR:
		(void)snprintf(out, EDGE_ADDR_STRLEN, "%llu",
			       (unsigned long long)v->number);
		break;
	}
}

void rfc_msg_print(char *out, size_t cap, const struct rfc_msg *m)
{
	static const char *const classes[] = {"request", "indication",
					      "response", "error"};
	int len = snprintf(out, cap, "%s %s", method_str(m->method),
			   classes[m->cls & 3]);

	for (size_t i = 0; i < m->seen_count; i++) {
		const struct rfc_seen *s = &m->seen[i];
		char value[EDGE_ADDR_STRLEN] = "?";
		bool known = s->attr < RFC_ATTRS;

		if (len < 0 || (size_t)len >= cap)
			return;
		if (known && rfc_has(m, s->attr) && !s->is_repeat)
			print_value(value, s->attr, &m->v[s->attr]);
		len += snprintf(out + len, cap - (size_t)len, ", %s 0x%04x: %s",
				known ? rows[s->attr].name : "attribute",
				s->number, value);
	}
}
