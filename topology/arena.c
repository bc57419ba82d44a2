/* Bump allocator: blocks chained, freed together. */
#include "topology/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"

enum { BLOCK_BYTES = 16 * 1024 }; /* ours: small models take one [bytes] */

struct topo_arena_block {
	struct topo_arena_block *next;
	size_t used, cap;
	alignas(max_align_t) unsigned char bytes[];
};

static struct topo_arena_block *block_new(size_t size)
{
	size_t cap = size > BLOCK_BYTES ? size : BLOCK_BYTES;
	struct topo_arena_block *b;

	if (cap > SIZE_MAX - sizeof(*b))
		return NULL;
	b = calloc(1, sizeof(*b) + cap);
	if (b)
		b->cap = cap;
	return b;
}

void *topo_arena_take(struct topo_arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct topo_arena_block *b = a->head;
	void *p;

	if (size > SIZE_MAX - align) {
		a->failed = true;
		return NULL;
	}
	size = (size + align - 1) / align * align;
	if (!b || b->cap - b->used < size) {
		b = block_new(size);
		if (!b) {
			a->failed = true;
			return NULL;
		}
		b->next = a->head;
		a->head = b;
	}
	p = b->bytes + b->used;
	b->used += size;
	return p;
}

void *topo_arena_array(struct topo_arena *a, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size) {
		a->failed = true;
		return NULL;
	}
	return topo_arena_take(a, count * size);
}

char *topo_arena_str(struct topo_arena *a, struct edge_slice s)
{
	size_t len = edge_slice_len(s);
	char *p = topo_arena_take(a, len + 1);

	if (!p)
		return NULL;
	for (size_t i = 0; i < len && s.p[i]; i++)
		p[i] = (char)s.p[i];
	return p;
}

char *topo_arena_name(struct topo_arena *a, struct edge_slice s)
{
	char *p = topo_arena_str(a, s);
	size_t len;

	if (!p)
		return NULL;
	for (char *c = p; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	len = strlen(p);
	if (len && p[len - 1] == '.')
		p[len - 1] = '\0';
	return p;
}

char *topo_arena_printf(struct topo_arena *a, const char *fmt, ...)
{
	char *text = NULL, *p = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		a->failed = true;
		return NULL;
	}
	p = topo_arena_str(a, edge_slice(text, (size_t)n));
	free(text);
	return p;
}

void topo_arena_fini(struct topo_arena *a)
{
	struct topo_arena_block *b = a->head;

	while (b) {
		struct topo_arena_block *next = b->next;

		edge_wipe(b->bytes, b->used); /* a secret may be in it */
		free(b);
		b = next;
	}
	*a = (struct topo_arena){0};
}
