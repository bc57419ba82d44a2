/* JSON vectors for tests. */
#include "tests/support/vector.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOL = 1 << 22 /* all bytes of one test program */ };

static uint8_t *take(size_t len)
{
	static uint8_t pool[POOL];
	static size_t used;

	ck_assert_uint_le(used + len, POOL);
	used += len;
	return pool + used - len;
}

json_t *vector_load(const char *file)
{
	const char *folder = getenv("EDGE_VECTORS");
	char path[4096];
	json_t *root;

	ck_assert_ptr_nonnull(folder);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, file);
	root = json_load_file(path, 0, NULL);
	ck_assert_msg(root != NULL, "%s", path);
	return root;
}

const char *vector_text(const json_t *object, const char *name)
{
	const json_t *v = json_object_get(object, name);

	ck_assert_msg(json_is_string(v), "no text %s", name);
	return json_string_value(v);
}

struct edge_slice vector_bytes(const char *hex)
{
	size_t len = strlen(hex) / 2;
	uint8_t *out = take(len);
	unsigned byte;

	for (size_t i = 0; i < len; i++) {
		ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &byte), 1);
		out[i] = (uint8_t)byte;
	}
	return edge_slice(out, len);
}

struct edge_slice vector_hex(const json_t *object, const char *name)
{
	return vector_bytes(vector_text(object, name));
}

const json_t *vector_named(const json_t *array, const char *name)
{
	size_t i;
	json_t *v;

	json_array_foreach(array, i, v) if (!strcmp(vector_text(v, "name"),
						    name)) return v;
	ck_abort_msg("no vector %s", name);
	return NULL;
}
