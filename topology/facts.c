/* Sorted key<TAB>value lines: cut and checked, or put in order. */
#include "topology/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topology/snap.h"

static enum edge_err fault(char *why, size_t cap, unsigned line,
			   const char *text)
{
	if (why)
		(void)snprintf(why, cap, "line %u: %s", line, text);
	return EDGE_EFORMAT;
}

static bool is_key(struct edge_slice s)
{
	if (s.p == s.end)
		return false;
	for (; s.p < s.end; s.p++)
		if (!(*s.p >= 'a' && *s.p <= 'z') &&
		    !(*s.p >= '0' && *s.p <= '9') && !strchr("._-", *s.p))
			return false;
	return true;
}

static bool is_value(struct edge_slice s)
{
	if (s.p == s.end)
		return false;
	for (; s.p < s.end; s.p++)
		if (*s.p < 0x20 || *s.p == 0x7f)
			return false;
	return true;
}

static size_t count_lines(struct edge_slice s)
{
	size_t n = 0;

	for (; s.p < s.end; s.p++)
		n += *s.p == '\n';
	return n;
}

/* One line without its end -> fact; NULL or what is wrong with it. */
static const char *take_line(struct topo_fact *out, struct edge_slice line,
			     struct topo_arena *arena)
{
	struct edge_slice key;
	char *value;

	if (!edge_take_until(&line, '\t', &key))
		return "no tab";
	if (!is_key(key) || !is_value(line))
		return "key or value holds a byte it must not";
	out->key = topo_arena_str(arena, key);
	value = topo_arena_str(arena, line);
	out->value = edge_slice(value, edge_slice_len(line));
	return NULL;
}

static enum edge_err take_facts(struct topo_facts *out, struct edge_slice text,
				struct topo_arena *arena, char *why, size_t cap)
{
	struct topo_fact *v =
		topo_arena_array(arena, count_lines(text) + 1, sizeof(*v));
	struct edge_slice line;
	const char *bad;
	size_t n = 0;

	if (!v)
		return EDGE_ENOMEM;
	while (text.p < text.end) {
		unsigned number = (unsigned)n + 2;

		if (!edge_take_until(&text, '\n', &line))
			return fault(why, cap, number, "no end of line");
		bad = take_line(&v[n], line, arena);
		if (bad)
			return fault(why, cap, number, bad);
		if (arena->failed)
			return EDGE_ENOMEM;
		v[n].line = number;
		if (n && strcmp(v[n - 1].key, v[n].key) >= 0)
			return fault(why, cap, number, "keys out of order");
		n++;
	}
	*out = (struct topo_facts){v, n};
	return EDGE_OK;
}

enum edge_err topo_facts_parse(struct topo_facts *out, struct edge_slice text,
			       struct topo_arena *arena, char *why,
			       size_t why_cap)
{
	struct edge_slice head;

	if (edge_slice_len(text) > TOPO_SNAP_BYTES_MAX) {
		(void)fault(why, why_cap, 0, "snapshot too long");
		return EDGE_ELIMIT;
	}
	if (!edge_take_until(&text, '\n', &head) ||
	    !edge_slice_eq_str(head, TOPO_SNAP_MAGIC))
		return fault(why, why_cap, 1, "not '" TOPO_SNAP_MAGIC "'");
	return take_facts(out, text, arena, why, why_cap);
}

static int fact_compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct topo_fact *)row)->key);
}

const struct topo_fact *topo_facts_find(const struct topo_facts *f,
					const char *key)
{
	if (!f->count)
		return NULL;
	return bsearch(key, f->v, f->count, sizeof(*f->v), fact_compare);
}

struct edge_slice topo_fact_shown(const char *key, struct edge_slice value)
{
	if (strcmp(key, "xmpp.dialbackkey") != 0 ||
	    edge_slice_eq_str(value, "-"))
		return value;
	return edge_slice_str("(secret)");
}

static int line_compare(const void *a, const void *b)
{
	const struct edge_slice *x = a, *y = b;
	size_t nx = edge_slice_len(*x), ny = edge_slice_len(*y);
	int d = memcmp(x->p, y->p, nx < ny ? nx : ny);

	return d ? d : (nx > ny) - (nx < ny);
}

enum edge_err topo_facts_sort(char **text, size_t *len, struct edge_slice lines)
{
	size_t count = count_lines(lines);
	size_t cap = strlen(TOPO_SNAP_MAGIC) + edge_slice_len(lines) + 2;
	struct edge_slice *v = calloc(count + 1, sizeof(*v));
	char *out = malloc(cap);
	struct edge_put w;

	if (!v || !out) {
		free(v);
		free(out);
		return EDGE_ENOMEM;
	}
	w = edge_put(out, cap - 1);
	for (size_t i = 0; i < count; i++)
		(void)edge_take_until(&lines, '\n', &v[i]);
	qsort(v, count, sizeof(*v), line_compare);
	edge_put_str(&w, TOPO_SNAP_MAGIC "\n");
	for (size_t i = 0; i < count; i++) {
		edge_put_slice(&w, v[i]);
		edge_put_u8(&w, '\n');
	}
	*len = edge_put_len(&w);
	out[*len] = '\0';
	*text = out;
	free(v);
	return EDGE_OK;
}
