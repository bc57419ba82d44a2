/* A topology store in place of the real one, for tests of the daemon. */
#include "tests/support/fake_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VERSIONS = 9 };

struct topo_store {
	char path[128];
};

static int held;

void fake_store_set(const char *state, unsigned seq)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/current", state);
	unlink(path);
	if (!seq)
		return;
	f = fopen(path, "w");
	if (!f)
		abort();
	fprintf(f, "%u\n", seq);
	fclose(f);
}

int fake_store_held(void)
{
	return held;
}

enum edge_err topo_store_open(struct topo_store **out, const char *state)
{
	struct topo_store *s = calloc(1, sizeof(*s));

	if (!s)
		return EDGE_ENOMEM;
	snprintf(s->path, sizeof(s->path), "%s/current", state);
	*out = s;
	return EDGE_OK;
}

void topo_store_free(struct topo_store *s)
{
	free(s);
}

enum edge_err topo_store_load(const struct topo_store *s, uint64_t seq,
			      const struct topo **out, char *why, size_t cap)
{
	struct topo *t;

	(void)s;
	if (!seq || seq > VERSIONS) {
		snprintf(why, cap, "line 3: no such thing");
		return EDGE_EFORMAT;
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return EDGE_ENOMEM;
	t->seq = seq;
	t->signature = "11111111-2222-3333-4444-555555555555";
	t->sha256 = "abababababababababababababababab";
	t->self = seq == VERSIONS ? "other.contoso.com" : "edge1.contoso.com";
	t->pool = "edge.contoso.com";
	held++;
	*out = t;
	return EDGE_OK;
}

enum edge_err topo_store_current(const struct topo_store *s,
				 const struct topo **out, char *why, size_t cap)
{
	unsigned seq = 0;
	FILE *f = fopen(s->path, "r");

	if (!f)
		return EDGE_ENOTFOUND;
	if (fscanf(f, "%u", &seq) != 1)
		seq = 0;
	fclose(f);
	return topo_store_load(s, seq, out, why, cap);
}

void topo_drop(const struct topo *t)
{
	if (!t)
		return;
	held--;
	free((void *)(uintptr_t)t);
}

const struct topo *topo_hold(const struct topo *t)
{
	(void)t;
	abort(); /* nobody in these tests keeps one */
}
