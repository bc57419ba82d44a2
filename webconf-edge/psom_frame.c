/* The EP1 codec, driven by two tables. */
#include "webconf-edge/psom_frame.h"

#include <string.h>

#include "webconf-edge/psom_text.h"

enum form { U16, U32, U64, HEX, SECRET, NAME, URI, TEXT, ADDR };

static const struct field {
	const char *name;
	uint16_t number, least, most;
	enum form form;
} fields[PSOM_TAG_COUNT] = {
#define PSOM_TAG(id, number, form, least, most, name) \
	[PSOM_TAG_##id] = {name, number, least, most, form},
#include "webconf-edge/psom_tag.def"
#undef PSOM_TAG
};

enum { FIELDS_MAX = 8, NONE = 0 };

/* must and may hold tag + 1; NONE ends them */
static const struct row {
	const char *name;
	uint8_t number;
	uint8_t legs, senders;
	uint8_t must[FIELDS_MAX], may[FIELDS_MAX];
} rows[] = {
#define T(id)	(PSOM_TAG_##id + 1)
#define ON(leg) (1u << PSOM_LEG_##leg)
#define BY(who) PSOM_FROM_##who
#define MUST(...)           \
	{                   \
		__VA_ARGS__ \
	}
#define MAY(...)            \
	{                   \
		__VA_ARGS__ \
	}
#define PSOM_TYPE(id, number, legs, senders, must, may) \
	{#id, number, legs, senders, must, may},
#include "webconf-edge/psom_type.def"
#undef PSOM_TYPE
#undef MAY
#undef MUST
#undef BY
#undef ON
#undef T
};

enum { OPTIONAL = 0x8000 }; /* WC 5.2: top bit of a tag */

static const uint8_t magic[PSOM_MAGIC_LEN] = {'W', 'C', 'E', '1'};

static const struct row *row_of(unsigned number)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].number == number)
			return &rows[i];
	return NULL;
}

static enum psom_tag tag_of(uint16_t number)
{
	unsigned t = 0;

	while (t < PSOM_TAG_COUNT && fields[t].number != number)
		t++;
	return (enum psom_tag)t;
}

static bool lists(const uint8_t list[FIELDS_MAX], enum psom_tag t)
{
	for (size_t i = 0; i < FIELDS_MAX && list[i] != NONE; i++)
		if (list[i] == t + 1)
			return true;
	return false;
}

const char *psom_type_name(enum psom_type type)
{
	const struct row *row = row_of(type);

	return row ? row->name : "?";
}

bool psom_frame_has(const struct psom_frame *f, enum psom_tag t)
{
	return f->value[t].p != NULL;
}

/* ---- decode ---- */

static bool take_addr(struct edge_addr *out, struct edge_slice v)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct edge_slice ip;
	uint8_t family;
	uint16_t port;

	if (!edge_take_u8(&v, &family) || (family != 4 && family != 6) ||
	    !edge_take(&v, family == 4 ? 4 : 16, &ip) ||
	    !edge_take_u16(&v, &port) || v.p != v.end)
		return false;
	if (family == 4) {
		memcpy(&four.sin_addr, ip.p, 4);
		four.sin_port = htons(port);
		return !edge_addr_from_sockaddr(
			out, (const struct sockaddr *)(void *)&four);
	}
	memcpy(&six.sin6_addr, ip.p, 16);
	six.sin6_port = htons(port);
	return !edge_addr_from_sockaddr(out,
					(const struct sockaddr *)(void *)&six);
}

static bool is_good(const struct field *field, struct edge_slice v)
{
	struct edge_addr a;
	size_t len = edge_slice_len(v);

	if (len < field->least || len > field->most)
		return false;
	switch (field->form) {
	case NAME:
	case URI:
	case TEXT:
		return psom_text_is(v);
	case ADDR:
		return take_addr(&a, v);
	case U16:
	case U32:
	case U64:
	case HEX:
	case SECRET:
		break;
	}
	return true;
}

/* Fields that are skipped, too, must not repeat. */
struct skipped {
	uint64_t bits[OPTIONAL / 64];
};

static bool skip(struct skipped *s, uint16_t number)
{
	unsigned i = number & ~(unsigned)OPTIONAL;
	uint64_t bit = UINT64_C(1) << i % 64;

	if (!(number & OPTIONAL) || s->bits[i / 64] & bit)
		return false;
	s->bits[i / 64] |= bit;
	return true;
}

static bool take_field(struct psom_frame *f, const struct row *row,
		       struct skipped *s, struct edge_slice *body)
{
	struct edge_slice v;
	uint16_t number, len;
	enum psom_tag t;

	if (!edge_take_u16(body, &number) || !edge_take_u16(body, &len) ||
	    len > PSOM_VALUE_MAX || !edge_take(body, len, &v))
		return false;
	t = tag_of(number);
	if (t == PSOM_TAG_COUNT ||
	    (!lists(row->must, t) && !lists(row->may, t)))
		return skip(s, number);
	if (psom_frame_has(f, t) || !is_good(&fields[t], v))
		return false;
	f->value[t] = v;
	return true;
}

static enum psom_verdict take_body(struct psom_frame *f, const struct row *row,
				   struct edge_slice body)
{
	struct skipped s = {0};

	while (body.p != body.end)
		if (!take_field(f, row, &s, &body))
			return PSOM_MALFORMED;
	for (size_t i = 0; i < FIELDS_MAX && row->must[i] != NONE; i++)
		if (!psom_frame_has(f, (enum psom_tag)(row->must[i] - 1)))
			return PSOM_MALFORMED;
	/* a REJECT names the version that its sender wants: not one of these */
	if (lists(row->must, PSOM_TAG_VERSION) &&
	    psom_frame_number(f, PSOM_TAG_VERSION) != PSOM_PROFILE_VERSION)
		return PSOM_VERSION;
	return PSOM_FINE;
}

/* Header: PSOM_FINE gives row and body length. */
static enum psom_verdict take_header(const struct row **row, uint16_t *len,
				     struct edge_slice *in, enum psom_leg leg,
				     unsigned from)
{
	size_t have = edge_slice_len(*in);
	size_t most =
		leg == PSOM_LEG_CONTROL ? PSOM_CONTROL_BODY_MAX : PSOM_BODY_MAX;
	struct edge_slice head;

	if (have && memcmp(in->p, magic, have < 4 ? have : 4) != 0)
		return PSOM_NOT_OURS;
	if (have <= 4)
		return PSOM_MORE;
	*row = row_of(in->p[4]);
	if (!*row || !((*row)->legs >> leg & 1) || !((*row)->senders & from))
		return PSOM_MALFORMED;
	if (have > 5 && in->p[5])
		return PSOM_MALFORMED;
	if (!edge_take(in, 6, &head) || !edge_take_u16(in, len))
		return PSOM_MORE;
	return *len > most ? PSOM_TOO_LARGE : PSOM_FINE;
}

enum psom_verdict psom_frame_decode(struct psom_frame *out, size_t *used,
				    struct edge_slice in, enum psom_leg leg,
				    unsigned from)
{
	struct psom_frame f = {0};
	const struct row *row = NULL;
	struct edge_slice body;
	uint16_t len = 0;
	enum psom_verdict v = take_header(&row, &len, &in, leg, from);

	if (v != PSOM_FINE)
		return v;
	if (!edge_take(&in, len, &body))
		return PSOM_MORE;
	f.type = (enum psom_type)row->number;
	v = take_body(&f, row, body);
	if (v != PSOM_FINE)
		return v;
	*used = PSOM_HEADER_LEN + (size_t)len;
	*out = f;
	return PSOM_FINE;
}

uint64_t psom_frame_number(const struct psom_frame *f, enum psom_tag t)
{
	const struct edge_slice v = f->value[t];
	uint64_t n = 0;

	if (fields[t].form > U64)
		return 0;
	for (const uint8_t *p = v.p; p != v.end; p++)
		n = n << 8 | *p;
	return n;
}

bool psom_frame_client(struct edge_addr *out, const struct psom_frame *f)
{
	return psom_frame_has(f, PSOM_TAG_CLIENT) &&
	       take_addr(out, f->value[PSOM_TAG_CLIENT]);
}

/* ---- encode ---- */

static void put(struct psom_put *w, const void *p, size_t len)
{
	if (w->is_full || len > w->cap - w->len) {
		w->is_full = true;
		return;
	}
	if (len)
		memcpy(w->p + w->len, p, len);
	w->len += len;
}

static void put_number(struct psom_put *w, uint64_t v, size_t width)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < width; i++)
		bytes[i] = (uint8_t)(v >> 8 * (width - 1 - i));
	put(w, bytes, width);
}

void psom_put_start(struct psom_put *w, uint8_t *p, size_t cap,
		    enum psom_type type)
{
	*w = (struct psom_put){.p = p, .cap = cap};
	put(w, magic, sizeof(magic));
	put_number(w, type, 1);
	put_number(w, 0, 3); /* flags; length, which psom_put_end knows */
}

void psom_put_number(struct psom_put *w, enum psom_tag t, uint64_t v)
{
	size_t width = fields[t].least;

	if (fields[t].form > U64 || (width < 8 && v >> 8 * width)) {
		w->is_full = true;
		return;
	}
	put_number(w, fields[t].number, 2);
	put_number(w, width, 2);
	put_number(w, v, width);
}

void psom_put_bytes(struct psom_put *w, enum psom_tag t, struct edge_slice v)
{
	size_t len = edge_slice_len(v);

	if (len < fields[t].least || len > fields[t].most) {
		w->is_full = true;
		return;
	}
	put_number(w, fields[t].number, 2);
	put_number(w, len, 2);
	put(w, v.p, len);
}

void psom_put_client(struct psom_put *w, const struct edge_addr *a)
{
	size_t len = a->family == AF_INET6 ? 16 : 4;

	if (a->family != AF_INET6 && a->family != AF_INET) {
		w->is_full = true;
		return;
	}
	put_number(w, fields[PSOM_TAG_CLIENT].number, 2);
	put_number(w, len + 3, 2);
	put_number(w, len == 4 ? 4 : 6, 1);
	put(w, a->ip, len);
	put_number(w, a->port, 2);
}

struct edge_slice psom_put_end(struct psom_put *w)
{
	size_t body = w->len - PSOM_HEADER_LEN;

	if (w->is_full || body > PSOM_CONTROL_BODY_MAX)
		return (struct edge_slice){0};
	w->p[6] = (uint8_t)(body >> 8);
	w->p[7] = (uint8_t)body;
	return edge_slice(w->p, w->len);
}

static void put_fields(struct psom_put *w, const struct psom_frame *f,
		       const uint8_t list[FIELDS_MAX])
{
	for (size_t i = 0; i < FIELDS_MAX && list[i] != NONE; i++) {
		enum psom_tag t = (enum psom_tag)(list[i] - 1);

		if (psom_frame_has(f, t))
			psom_put_bytes(w, t, f->value[t]);
	}
}

struct edge_slice psom_frame_encode(uint8_t *out, size_t cap,
				    const struct psom_frame *f)
{
	const struct row *row = row_of(f->type);
	struct psom_put w;

	if (!row)
		return (struct edge_slice){0};
	psom_put_start(&w, out, cap, f->type);
	put_fields(&w, f, row->must);
	put_fields(&w, f, row->may);
	return psom_put_end(&w);
}

/* ---- print ---- */

static void print_value(struct psom_line *line, const struct psom_frame *f,
			enum psom_tag t)
{
	const struct edge_slice v = f->value[t];
	struct edge_addr a;

	switch (fields[t].form) {
	case U16:
	case U32:
	case U64:
		psom_line_number(line, psom_frame_number(f, t));
		break;
	case HEX:
		psom_line_hex(line, v);
		break;
	case NAME:
	case TEXT:
		psom_line_text(line, v);
		break;
	case ADDR:
		if (take_addr(&a, v))
			psom_line_addr(line, &a);
		break;
	case SECRET:
	case URI:
		psom_line_str(line, "(");
		psom_line_number(line, edge_slice_len(v));
		psom_line_str(line, " bytes)");
		break;
	}
}

size_t psom_frame_print(char *out, size_t cap, const struct psom_frame *f)
{
	struct psom_line line = {.p = out, .cap = cap};

	psom_line_str(&line, psom_type_name(f->type));
	for (unsigned i = 0; i < PSOM_TAG_COUNT; i++) {
		enum psom_tag t = (enum psom_tag)i;

		if (!psom_frame_has(f, t))
			continue;
		psom_line_str(&line, " ");
		psom_line_str(&line, fields[t].name);
		psom_line_str(&line, "=");
		print_value(&line, f, t);
	}
	return psom_line_end(&line);
}
