/* A growing queue of bytes that gives its memory back when empty. */
#include "common/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES_FIRST = 2048 }; /* ours: most SIP messages fit [bytes] */

void edge_bytes_fini(struct edge_bytes *b)
{
	const bool is_secret = b->is_secret;

	if (is_secret && b->p)
		explicit_bzero(b->p + b->start, b->len);
	free(b->p);
	*b = (struct edge_bytes){.is_secret = is_secret};
}

struct edge_slice edge_bytes_slice(const struct edge_bytes *b)
{
	return edge_slice(b->p ? b->p + b->start : NULL, b->len);
}

void edge_bytes_take(struct edge_bytes *b, size_t len)
{
	if (len >= b->len) {
		edge_bytes_fini(b);
		return;
	}
	if (b->is_secret && b->p)
		explicit_bzero(b->p + b->start, len);
	b->start += (uint32_t)len;
	b->len -= (uint32_t)len;
}

/* What realloc would leave behind is wiped. */
static uint8_t *move(const struct edge_bytes *b, size_t cap)
{
	uint8_t *p = malloc(cap);

	if (!p || !b->p)
		return p;
	memcpy(p + b->start, b->p + b->start, b->len);
	explicit_bzero(b->p + b->start, b->len);
	free(b->p);
	return p;
}

static void shift(struct edge_bytes *b)
{
	const uint32_t start = b->start,
		       stale = start < b->len ? start : b->len;

	memmove(b->p, b->p + start, b->len);
	if (b->is_secret) /* of where it stood: what is no content now */
		explicit_bzero(b->p + start + b->len - stale, stale);
	b->start = 0;
}

static enum edge_err grow(struct edge_bytes *b, size_t need, uint32_t max)
{
	size_t cap = b->cap ? b->cap : BYTES_FIRST;
	uint8_t *p;

	while (cap < need)
		cap *= 2;
	if (cap > max)
		cap = max;
	p = b->is_secret ? move(b, cap) : realloc(b->p, cap);
	if (!p)
		return EDGE_ENOMEM;
	b->p = p;
	b->cap = (uint32_t)cap;
	return EDGE_OK;
}

enum edge_err edge_bytes_room(struct edge_bytes *b, size_t want, uint32_t max)
{
	if (b->len > max || want > max - b->len)
		return EDGE_ELIMIT;
	if (b->cap - b->start - b->len >= want && b->p)
		return EDGE_OK;
	if (b->start && b->p)
		shift(b);
	if (b->cap - b->len >= want && b->p)
		return EDGE_OK;
	return grow(b, b->len + want, max);
}

uint8_t *edge_bytes_tail(struct edge_bytes *b, size_t *room)
{
	*room = b->cap - b->start - b->len;
	return b->p + b->start + b->len;
}

void edge_bytes_grown(struct edge_bytes *b, size_t len)
{
	b->len += (uint32_t)len;
}

enum edge_err edge_bytes_add(struct edge_bytes *b, struct edge_slice s,
			     uint32_t max)
{
	size_t len = edge_slice_len(s), room;
	enum edge_err err;

	if (!len)
		return EDGE_OK;
	err = edge_bytes_room(b, len, max);
	if (err)
		return err;
	memcpy(edge_bytes_tail(b, &room), s.p, len);
	edge_bytes_grown(b, len);
	return EDGE_OK;
}

bool edge_bytes_swap(struct edge_bytes *a, struct edge_bytes *b)
{
	const struct edge_bytes was = *a;

	if (a->is_secret != b->is_secret)
		return false;
	*a = *b;
	*b = was;
	return true;
}
