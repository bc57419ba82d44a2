/* Manifest: three head lines, then one line a file. */
#include <stdio.h>
#include <string.h>

#include "topology/manifest.h"
#include "topology/utc.h"

bool topo_manifest_name_ok(struct edge_slice name)
{
	if (name.p == name.end || *name.p == '.' ||
	    edge_slice_len(name) >= TOPO_MANIFEST_NAME)
		return false;
	for (const uint8_t *p = name.p; p < name.end; p++)
		if (*p <= 0x20 || *p >= 0x7f || *p == '/' || *p == '\\' ||
		    *p == ':')
			return false;
	return !edge_slice_eq_str(name, "manifest") &&
	       !edge_slice_eq_str(name, "manifest.sig");
}

/* "word rest" when the line begins with that word. */
static bool take_word(struct edge_slice *line, const char *word)
{
	struct edge_slice got;

	return edge_take_until(line, ' ', &got) && edge_slice_eq_str(got, word);
}

static bool has_name(const struct topo_manifest *m, struct edge_slice name)
{
	for (size_t i = 0; i < m->count; i++)
		if (edge_slice_eq_str(name, m->files[i].name))
			return true;
	return false;
}

/* One file line; what is wrong with it, NULL when nothing. */
static const char *parse_file(struct topo_manifest *m, struct edge_slice line)
{
	struct edge_slice hex;
	size_t len = 0;

	if (!take_word(&line, "sha256") || !edge_take_until(&line, ' ', &hex))
		return "want \"sha256 HEX NAME\"";
	if (m->count == TOPO_MANIFEST_FILES_MAX)
		return "more than 8 files";
	if (edge_slice_len(hex) != 2 * EDGE_SHA256_LEN ||
	    edge_unhex(m->files[m->count].sha256, EDGE_SHA256_LEN, &len, hex))
		return "want 64 hexadecimal digits";
	if (!topo_manifest_name_ok(line))
		return "not a file name that a bundle may hold";
	if (has_name(m, line))
		return "file named twice";
	if (!edge_slice_copy(m->files[m->count].name, TOPO_MANIFEST_NAME, line))
		return "file name too long";
	m->count++;
	return NULL;
}

static const char *parse_line(struct topo_manifest *m, unsigned n,
			      struct edge_slice line)
{
	if (n == 1)
		return edge_slice_eq_str(line, TOPO_MANIFEST_MAGIC)
			       ? NULL
			       : "want \"" TOPO_MANIFEST_MAGIC "\"";
	if (n == 2)
		return take_word(&line, "seq") &&
				       edge_slice_u64(line, INT64_MAX,
						      &m->seq) &&
				       m->seq
			       ? NULL
			       : "want \"seq N\", N from 1";
	if (n == 3)
		return take_word(&line, "created") &&
				       !topo_utc_parse(&m->created_s, line)
			       ? NULL
			       : "want \"created 2026-07-22T06:00:00Z\"";
	return parse_file(m, line);
}

enum edge_err topo_manifest_parse(struct topo_manifest *out,
				  struct edge_slice text, char *why,
				  size_t why_cap)
{
	struct topo_manifest m = {0};
	const char *wrong = NULL;
	unsigned n = 0;

	if (edge_slice_len(text) > TOPO_MANIFEST_BYTES_MAX)
		wrong = "manifest over 8192 bytes";
	while (!wrong && text.p < text.end) {
		struct edge_slice line;

		n++;
		wrong = edge_take_until(&text, '\n', &line)
				? parse_line(&m, n, line)
				: "line does not end";
	}
	if (!wrong && !m.count) {
		wrong = "names no file";
		n++;
	}
	if (wrong) {
		if (why)
			snprintf(why, why_cap, "manifest line %u: %s", n,
				 wrong);
		return EDGE_EFORMAT;
	}
	*out = m;
	return EDGE_OK;
}

enum edge_err topo_manifest_print(char *out, size_t cap, size_t *len,
				  const struct topo_manifest *m)
{
	struct edge_put w = edge_put(out, cap);
	char utc[TOPO_UTC_STRLEN], hex[2 * EDGE_SHA256_LEN + 1];

	topo_utc_print(utc, m->created_s);
	edge_put_str(&w, TOPO_MANIFEST_MAGIC "\nseq ");
	edge_put_dec(&w, m->seq);
	edge_put_str(&w, "\ncreated ");
	edge_put_str(&w, utc);
	edge_put_str(&w, "\n");
	for (size_t i = 0; i < m->count; i++) {
		edge_hex(hex, edge_slice(m->files[i].sha256, EDGE_SHA256_LEN));
		edge_put_str(&w, "sha256 ");
		edge_put_str(&w, hex);
		edge_put_str(&w, " ");
		edge_put_str(&w, m->files[i].name);
		edge_put_str(&w, "\n");
	}
	if (w.overflow)
		return EDGE_ELIMIT;
	*len = edge_put_len(&w);
	return EDGE_OK;
}
