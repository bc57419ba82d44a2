/* The port numbers of a ruleset: between two neighbours of them nothing
 * changes. */
#include <jansson.h>
#include <string.h>

#include "edgectl/nft.h"
#include "edgectl/nft_parts.h"

enum { DEPTH = 16 };

struct found {
	uint8_t bits[(UINT16_MAX + 1) / 8]; /* one a port */
};

static void add(struct found *f, json_int_t n)
{
	if (n < 0 || n > UINT16_MAX)
		return;
	for (json_int_t i = n - 1; i <= n + 1; i++)
		if (i > 0 && i <= UINT16_MAX)
			f->bits[i / 8] |= (uint8_t)(1 << i % 8);
}

static void look(struct found *f, const json_t *o, unsigned depth);

/* Of an object only what holds values: no lengths, times or counters. */
static void look_into(struct found *f, const json_t *o, unsigned depth)
{
	static const char *const kinds[] = {"set", "range", "concat"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		look(f, json_object_get(o, kinds[i]), depth);
	look(f, json_object_get(json_object_get(o, "elem"), "val"), depth);
}

static void look(struct found *f, const json_t *o, unsigned depth)
{
	if (!depth)
		return;
	if (json_is_integer(o))
		add(f, json_integer_value(o));
	for (size_t i = 0; i < json_array_size(o); i++)
		look(f, json_array_get(o, i), depth - 1);
	if (json_is_object(o))
		look_into(f, o, depth - 1);
}

/* The keys of a map: the first of each pair. */
static void look_at_keys(struct found *f, const json_t *pairs)
{
	for (size_t i = 0; i < json_array_size(pairs); i++)
		look(f, json_array_get(json_array_get(pairs, i), 0), DEPTH);
}

/* Is it a port, alone or together with others? */
static bool is_port(const json_t *expression)
{
	const json_t *all = json_object_get(expression, "concat");
	const char *field = json_string_value(json_object_get(
		json_object_get(expression, "payload"), "field"));

	for (size_t i = 0; i < json_array_size(all); i++)
		if (is_port(json_array_get(all, i)))
			return true;
	return field && (!strcmp(field, "dport") || !strcmp(field, "sport"));
}

static void look_at_rule(struct found *f, const json_t *expr)
{
	for (size_t i = 0; i < json_array_size(expr); i++) {
		const json_t *s = json_array_get(expr, i);
		const json_t *match = json_object_get(s, "match");
		const json_t *map = json_object_get(s, "vmap");

		if (is_port(json_object_get(match, "left")))
			look(f, json_object_get(match, "right"), DEPTH);
		if (is_port(json_object_get(map, "key")))
			look_at_keys(
				f, json_object_get(json_object_get(map, "data"),
						   "set"));
	}
}

/* Does a named set or map speak of ports? One whose type is written as an
 * expression may. */
static bool is_of_ports(const json_t *set)
{
	const json_t *type = json_object_get(set, "type");
	const char *name = json_string_value(type);

	for (size_t i = 0; i < json_array_size(type); i++) {
		name = json_string_value(json_array_get(type, i));
		if (name && !strcmp(name, "inet_service"))
			return true;
	}
	return json_is_object(type) || (name && !strcmp(name, "inet_service"));
}

static void look_at_row(struct found *f, const json_t *row)
{
	const json_t *set = json_object_get(row, "set"),
		     *map = json_object_get(row, "map");

	look_at_rule(f, json_object_get(json_object_get(row, "rule"), "expr"));
	if (is_of_ports(set))
		look(f, json_object_get(set, "elem"), DEPTH);
	if (is_of_ports(map))
		look_at_keys(f, json_object_get(map, "elem"));
}

size_t ctl_nft_ports(const struct ctl_nft *n, uint16_t *ports, size_t cap)
{
	const json_t *all = ctl_nft_list(n);
	struct found f = {.bits = {0}};
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(all); i++)
		look_at_row(&f, json_array_get(all, i));
	for (unsigned i = 1; i <= UINT16_MAX; i++) {
		if (!(f.bits[i / 8] & 1 << i % 8))
			continue;
		if (count < cap)
			ports[count] = (uint16_t)i;
		count++;
	}
	return count;
}
