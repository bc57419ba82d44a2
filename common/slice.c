/* Reading and writing cursors: every bound is checked here and nowhere else. */
#include "common/slice.h"

#include <string.h>

static const uint8_t nothing[1];

struct edge_slice edge_slice(const void *p, size_t len)
{
	const uint8_t *b = p ? p : nothing;

	return (struct edge_slice){b, p ? b + len : b};
}

struct edge_slice edge_slice_str(const char *s)
{
	return edge_slice(s, s ? strlen(s) : 0);
}

size_t edge_slice_len(struct edge_slice s)
{
	return s.p ? (size_t)(s.end - s.p) : 0;
}

bool edge_slice_eq(struct edge_slice a, struct edge_slice b)
{
	size_t len = edge_slice_len(a);

	return len == edge_slice_len(b) && (!len || !memcmp(a.p, b.p, len));
}

/* ASCII only: the locale has no say in protocol text. */
static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

bool edge_slice_ieq(struct edge_slice a, struct edge_slice b)
{
	size_t len = edge_slice_len(a);

	if (len != edge_slice_len(b))
		return false;
	for (size_t i = 0; i < len; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool edge_slice_eq_str(struct edge_slice a, const char *s)
{
	return edge_slice_eq(a, edge_slice_str(s));
}

bool edge_slice_ieq_str(struct edge_slice a, const char *s)
{
	return edge_slice_ieq(a, edge_slice_str(s));
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct edge_slice edge_slice_trim(struct edge_slice s)
{
	while (s.p < s.end && is_blank(*s.p))
		s.p++;
	while (s.p < s.end && is_blank(s.end[-1]))
		s.end--;
	return s;
}

const uint8_t *edge_slice_find(struct edge_slice s, uint8_t byte)
{
	size_t len = edge_slice_len(s);

	return len ? memchr(s.p, byte, len) : NULL;
}

bool edge_slice_copy(char *dst, size_t cap, struct edge_slice s)
{
	size_t len = edge_slice_len(s);

	if (len >= cap || edge_slice_find(s, 0))
		return false;
	if (len)
		memcpy(dst, s.p, len);
	dst[len] = 0;
	return true;
}

bool edge_take(struct edge_slice *in, size_t n, struct edge_slice *out)
{
	const uint8_t *p = in->p;

	if (n > edge_slice_len(*in))
		return false;
	if (n)
		in->p += n;
	*out = edge_slice(p, n);
	return true;
}

/* Big-endian integer of n bytes, 1..8. */
static bool take_int(struct edge_slice *in, size_t n, uint64_t *out)
{
	struct edge_slice s;
	uint64_t v = 0;

	if (!edge_take(in, n, &s))
		return false;
	for (; s.p < s.end; s.p++)
		v = v << 8 | *s.p;
	*out = v;
	return true;
}

bool edge_take_u8(struct edge_slice *in, uint8_t *out)
{
	uint64_t v;

	if (!take_int(in, 1, &v))
		return false;
	*out = (uint8_t)v;
	return true;
}

bool edge_take_u16(struct edge_slice *in, uint16_t *out)
{
	uint64_t v;

	if (!take_int(in, 2, &v))
		return false;
	*out = (uint16_t)v;
	return true;
}

bool edge_take_u32(struct edge_slice *in, uint32_t *out)
{
	uint64_t v;

	if (!take_int(in, 4, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

bool edge_take_u64(struct edge_slice *in, uint64_t *out)
{
	return take_int(in, 8, out);
}

bool edge_take_until(struct edge_slice *in, uint8_t sep, struct edge_slice *out)
{
	const uint8_t *at = edge_slice_find(*in, sep);

	if (!at)
		return false;
	*out = (struct edge_slice){in->p, at};
	in->p = at + 1;
	return true;
}

bool edge_slice_u64(struct edge_slice s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!edge_slice_len(s))
		return false;
	for (; s.p < s.end; s.p++) {
		uint64_t digit = (uint64_t)*s.p - '0';

		if (*s.p < '0' || *s.p > '9' || digit > max ||
		    v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool edge_slice_hex(struct edge_slice s, uint64_t *out)
{
	size_t len = edge_slice_len(s);
	uint64_t v = 0;

	if (!len || len > 16)
		return false;
	for (; s.p < s.end; s.p++) {
		int digit = hex_digit(*s.p);

		if (digit < 0)
			return false;
		v = v << 4 | (uint64_t)digit;
	}
	*out = v;
	return true;
}

struct edge_put edge_put(void *buf, size_t cap)
{
	uint8_t *p = buf;

	return (struct edge_put){p, p ? p + cap : p, p, false};
}

void edge_put_bytes(struct edge_put *w, const void *p, size_t len)
{
	if (w->overflow || len > (size_t)(w->end - w->p)) {
		w->overflow = true;
		return;
	}
	if (!len)
		return;
	memcpy(w->p, p, len);
	w->p += len;
}

void edge_put_slice(struct edge_put *w, struct edge_slice s)
{
	edge_put_bytes(w, s.p, edge_slice_len(s));
}

void edge_put_str(struct edge_put *w, const char *s)
{
	edge_put_slice(w, edge_slice_str(s));
}

static void put_int(struct edge_put *w, uint64_t v, unsigned n)
{
	uint8_t b[8];

	for (unsigned i = 0; i < n; i++)
		b[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	edge_put_bytes(w, b, n);
}

void edge_put_u8(struct edge_put *w, uint8_t v)
{
	put_int(w, v, 1);
}

void edge_put_u16(struct edge_put *w, uint16_t v)
{
	put_int(w, v, 2);
}

void edge_put_u32(struct edge_put *w, uint32_t v)
{
	put_int(w, v, 4);
}

void edge_put_u64(struct edge_put *w, uint64_t v)
{
	put_int(w, v, 8);
}

static void put_digits(struct edge_put *w, uint64_t v, unsigned base)
{
	char text[20]; /* 2^64 - 1 has 20 digits */
	size_t at = sizeof(text);

	do {
		text[--at] = "0123456789ABCDEF"[v % base];
		v /= base;
	} while (v);
	edge_put_bytes(w, text + at, sizeof(text) - at);
}

void edge_put_dec(struct edge_put *w, uint64_t v)
{
	put_digits(w, v, 10);
}

void edge_put_hex(struct edge_put *w, uint64_t v)
{
	put_digits(w, v, 16);
}

size_t edge_put_len(const struct edge_put *w)
{
	return (size_t)(w->p - w->start);
}

struct edge_slice edge_put_done(const struct edge_put *w)
{
	return edge_slice(w->start, w->overflow ? 0 : edge_put_len(w));
}
