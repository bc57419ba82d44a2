/* Reading psom-manifest.json and the files that it names. */
#include "tests/unit/webconf-edge/psom_vectors.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"

enum { HEX_MAX = 8192 };

const struct psom_token_rule psom_vectors_rule = {.skew_s = 60, .life_s = 3600};

static struct edge_slice read_hex(const char *file)
{
	char path[4096], hex[HEX_MAX], word[128];
	size_t len = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", getenv("EDGE_VECTORS"), file);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	while (fscanf(f, "%127s", word) == 1) {
		ck_assert_uint_lt(len + strlen(word), sizeof(hex));
		memcpy(hex + len, word, strlen(word));
		len += strlen(word);
	}
	fclose(f);
	hex[len] = '\0';
	return vector_bytes(hex);
}

static void load_one(struct psom_vector *out, const json_t *row)
{
	uint8_t hash[EDGE_SHA256_LEN];
	char hex[2 * EDGE_SHA256_LEN + 1];

	out->file = vector_text(row, "file");
	out->leg = vector_text(row, "leg");
	out->expect = vector_text(row, "expect");
	out->note = vector_text(row, "note");
	out->bytes = read_hex(out->file);
	ck_assert_int_eq((long long)edge_slice_len(out->bytes),
			 json_integer_value(json_object_get(row, "bytes")));
	edge_sha256(out->bytes, hash);
	edge_hex(hex, edge_slice(hash, sizeof(hash)));
	ck_assert_str_eq(hex, vector_text(row, "sha256"));
}

static void load_keys(struct psom_vectors *v)
{
	struct topo_keyring *ring;
	char name[8];

	ck_assert_int_eq(topo_keyring_new(&ring), EDGE_OK);
	for (unsigned i = 0; i < 2; i++) {
		struct topo_key *k = &ring->keys[ring->count++];
		struct edge_slice key;

		snprintf(name, sizeof(name), "key_%u", i + 1);
		key = vector_hex(v->manifest, name);
		snprintf(k->kid, sizeof(k->kid), "%u", i + 1);
		ck_assert_uint_eq(edge_slice_len(key), TOPO_KEY_LEN);
		memcpy(k->key, key.p, TOPO_KEY_LEN);
		k->not_before_s = v->clock_s - 3600;
		k->not_after_s = v->clock_s + 3600;
	}
	ck_assert_int_eq(psom_keys_from(&v->keys, ring), EDGE_OK);
	topo_keyring_free(ring);
}

void psom_vectors_load(struct psom_vectors *v)
{
	const json_t *rows;
	size_t i;
	json_t *row;

	memset(v, 0, sizeof(*v));
	v->manifest = vector_load("psom-manifest.json");
	v->clock_s = (uint64_t)json_integer_value(
		json_object_get(v->manifest, "clock"));
	rows = json_object_get(v->manifest, "vectors");
	ck_assert_uint_eq(json_array_size(rows), PSOM_VECTORS);
	json_array_foreach(rows, i, row) load_one(&v->all[v->count++], row);
	load_keys(v);
}

void psom_vectors_fini(struct psom_vectors *v)
{
	psom_keys_fini(&v->keys);
	json_decref(v->manifest);
}

const struct psom_vector *psom_vectors_named(const struct psom_vectors *v,
					     const char *file)
{
	for (size_t i = 0; i < v->count; i++)
		if (!strcmp(v->all[i].file, file))
			return &v->all[i];
	ck_abort_msg("no vector %s", file);
	return NULL;
}

const struct psom_vector *psom_vectors_client(const struct psom_vectors *v,
					      size_t index)
{
	for (size_t i = 0; i < v->count; i++)
		if (!strcmp(v->all[i].leg, "client") && !index--)
			return &v->all[i];
	ck_abort_msg("too few vectors of clients");
	return NULL;
}

struct edge_slice psom_vectors_text(const struct psom_vectors *v,
				    const char *name)
{
	return edge_slice_str(vector_text(v->manifest, name));
}

bool psom_vector_leg(const struct psom_vector *v, enum psom_leg *leg,
		     unsigned *from)
{
	static const struct {
		const char *name;
		enum psom_leg leg;
		unsigned from;
	} legs[] = {
		{"client", PSOM_LEG_CLIENT, PSOM_FROM_CLIENT},
		{"client-out", PSOM_LEG_CLIENT, PSOM_FROM_EDGE},
		{"any", PSOM_LEG_CLIENT, PSOM_FROM_EDGE},
		{"control", PSOM_LEG_CONTROL, PSOM_FROM_MCU | PSOM_FROM_EDGE},
		{"data", PSOM_LEG_DATA, PSOM_FROM_MCU | PSOM_FROM_EDGE},
	};

	for (size_t i = 0; i < sizeof(legs) / sizeof(legs[0]); i++)
		if (!strcmp(legs[i].name, v->leg)) {
			*leg = legs[i].leg;
			*from = legs[i].from;
			return true;
		}
	return false;
}

unsigned psom_vector_code(const struct psom_vector *v)
{
	unsigned code = 0;

	return sscanf(v->expect, "REJECT %u", &code) == 1 ? code : 0;
}
