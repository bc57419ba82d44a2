#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/sip/fixture.h"

const struct edge_sip_frame_limits sip_limits = {
	.head_len = 32768,
	.line_len = 16384,
	.lines = 200,
	.vias = 40,
	.record_routes = 20,
	.routes = 20,
	.body_len = 131072,
};

struct edge_slice sip_file(const char *name)
{
	const char *dir = getenv("EDGE_VECTORS");
	char path[512];
	uint8_t *buf = malloc(1 << 20);
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "tests/vectors",
		 name);
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "cannot open %s", path);
	ck_assert_ptr_nonnull(buf);
	len = fread(buf, 1, 1 << 20, f);
	fclose(f);
	return edge_slice(buf, len);
}

void sip_file_free(struct edge_slice s)
{
	void *p;

	memcpy(&p, &s.p, sizeof(p)); /* ours, though slices are const */
	free(p);
}

void sip_case_init(struct sip_case *c)
{
	ck_assert_int_eq(edge_sip_arena_new(&c->arena), EDGE_OK);
	ck_assert_int_eq(edge_sip_edit_new(&c->edit), EDGE_OK);
}

void sip_case_fini(struct sip_case *c)
{
	edge_sip_edit_free(c->edit);
	edge_sip_arena_free(c->arena);
}

enum edge_err sip_case_parse(struct sip_case *c, struct edge_slice text)
{
	struct edge_sip_framer f = {0};

	ck_assert_int_eq(edge_sip_frame_next(&f, &sip_limits, text, &c->frame),
			 EDGE_OK);
	return edge_sip_msg_parse(&c->msg, c->arena, c->frame.msg,
				  c->frame.head_len);
}

struct edge_slice sip_swap(struct edge_slice s, const char *from,
			   const char *to)
{
	const size_t from_len = strlen(from), to_len = strlen(to);
	const size_t cap = edge_slice_len(s) * (to_len + 1) + 1;
	struct edge_put w = edge_put(malloc(cap), cap);
	size_t hits = 0;

	while (s.p < s.end) {
		if ((size_t)(s.end - s.p) >= from_len &&
		    !memcmp(s.p, from, from_len)) {
			edge_put_bytes(&w, to, to_len);
			s.p += from_len;
			hits++;
		} else {
			edge_put_u8(&w, *s.p++);
		}
	}
	ck_assert_msg(hits > 0, "no '%s' to replace", from);
	return edge_put_done(&w);
}
