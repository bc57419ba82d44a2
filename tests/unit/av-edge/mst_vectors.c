/* Loads av-msturn-*.json. */
#include "tests/unit/av-edge/mst_vectors.h"

#include <check.h>
#include <string.h>

#include "common/crypto.h"

static void add(struct mst_vectors *v, const json_t *row)
{
	struct edge_slice s = {0};

	if (json_object_get(row, "message"))
		s = vector_hex(row, "message");
	else if (!strncmp(vector_text(row, "name"), "framed-", 7))
		s = vector_hex(row, "bytes"), s.p += 4;
	else
		return;
	ck_assert_uint_lt(v->count, MST_VECTORS);
	v->all[v->count++] = s;
}

static void add_all(struct mst_vectors *v, const json_t *root)
{
	const json_t *rows = json_object_get(root, "vectors");
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row) if (!json_object_get(row, "datagram"))
		add(v, row);
}

static struct ave_login login(const json_t *in)
{
	struct ave_login l = {
		.realm = edge_slice_str(vector_text(in, "realm")),
	};

	if (json_object_get(in, "username_hex")) {
		l.username = vector_hex(in, "username_hex");
		l.password = vector_hex(in, "password_hex");
	}
	return l;
}

void mst_vectors_load(struct mst_vectors *v)
{
	const json_t *in;

	*v = (struct mst_vectors){0};
	v->udp = vector_load("av-msturn-libnice-udp.json");
	v->tcp = vector_load("av-msturn-libnice-tcp.json");
	v->office = vector_load("av-msturn-officesip.json");
	add_all(v, v->udp);
	add_all(v, v->tcp);
	add_all(v, v->office);
	v->nice = login(json_object_get(v->udp, "inputs"));
	in = json_object_get(v->office, "inputs");
	v->officesip = login(in);
}

void mst_vectors_fini(struct mst_vectors *v)
{
	json_decref(v->udp);
	json_decref(v->tcp);
	json_decref(v->office);
}

struct edge_slice mst_vectors_udp(const struct mst_vectors *v, const char *name)
{
	return vector_hex(
		vector_named(json_object_get(v->udp, "vectors"), name),
		"message");
}
