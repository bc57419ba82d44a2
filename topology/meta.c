/* meta: "name value" lines in one order, one table for both ways. */
#include <stdio.h>
#include <string.h>

#include "topology/meta.h"
#include "topology/utc.h"

enum form { NUMBER, TIME, WORD, HEX };

#define AT(field) offsetof(struct topo_meta, field)

static const struct field {
	const char *name;
	enum form form;
	size_t at;
} fields[] = {
	/* clang-format off */
	{"seq",           NUMBER, AT(seq)},
	{"bundle-seq",    NUMBER, AT(bundle_seq)},
	{"bundle-high",   NUMBER, AT(bundle_high)},
	{"imported",      TIME,   AT(imported_s)},
	{"created",       TIME,   AT(created_s)},
	{"signature",     WORD,   AT(signature)},
	{"source",        WORD,   AT(source)},
	{"signer",        WORD,   AT(signer)},
	{"reason",        WORD,   AT(reason)},
	{"by",            WORD,   AT(by)},
	{"self",          WORD,   AT(self)},
	{"source-sha256", HEX,    AT(source_sha256)},
	{"snap-sha256",   HEX,    AT(snap_sha256)},
	{"hosts-sha256",  HEX,    AT(hosts_sha256)},
	/* clang-format on */
};

enum { FIELDS = sizeof(fields) / sizeof(*fields) };

static void *at(struct topo_meta *m, const struct field *f)
{
	return (char *)m + f->at;
}

static const void *at_const(const struct topo_meta *m, const struct field *f)
{
	return (const char *)m + f->at;
}

static bool parse_hex(char *dst, struct edge_slice s)
{
	if (edge_slice_len(s) && edge_slice_len(s) != TOPO_META_HEX - 1)
		return false;
	for (const uint8_t *p = s.p; p < s.end; p++)
		if (!(*p >= '0' && *p <= '9') && !(*p >= 'a' && *p <= 'f'))
			return false;
	return edge_slice_copy(dst, TOPO_META_HEX, s);
}

static bool parse_value(struct topo_meta *m, const struct field *f,
			struct edge_slice value)
{
	switch (f->form) {
	case NUMBER:
		return edge_slice_u64(value, INT64_MAX, at(m, f));
	case TIME:
		return !topo_utc_parse(at(m, f), value);
	case WORD:
		return edge_slice_copy(at(m, f), TOPO_META_WORD, value);
	case HEX:
		return parse_hex(at(m, f), value);
	}
	return false;
}

static bool take_line(struct edge_slice *in, struct edge_slice *line)
{
	return edge_take_until(in, '\n', line);
}

enum edge_err topo_meta_parse(struct topo_meta *out, struct edge_slice text,
			      char *why, size_t why_cap)
{
	struct topo_meta m = {0};
	struct edge_slice line, name;
	const char *missing = TOPO_META_MAGIC;

	if (edge_slice_len(text) > TOPO_META_BYTES_MAX ||
	    !take_line(&text, &line) || !edge_slice_eq_str(line, missing))
		goto bad;
	for (size_t i = 0; i < FIELDS; i++) {
		missing = fields[i].name;
		if (!take_line(&text, &line) ||
		    !edge_take_until(&line, ' ', &name) ||
		    !edge_slice_eq_str(name, missing) ||
		    !parse_value(&m, &fields[i], line))
			goto bad;
	}
	missing = "the end";
	if (edge_slice_len(text))
		goto bad;
	*out = m;
	return EDGE_OK;
bad:
	if (why)
		snprintf(why, why_cap, "meta: want \"%s\" here", missing);
	return EDGE_EFORMAT;
}

/* One line, printable; a file name may hold anything. */
static void put_word(struct edge_put *w, const char *s)
{
	for (; *s; s++) {
		uint8_t c = (uint8_t)*s;

		edge_put_u8(w, c >= 0x20 && c != 0x7f ? c : '?');
	}
}

enum edge_err topo_meta_print(char *out, size_t cap, size_t *len,
			      const struct topo_meta *m)
{
	struct edge_put w = edge_put(out, cap);
	char utc[TOPO_UTC_STRLEN];

	edge_put_str(&w, TOPO_META_MAGIC "\n");
	for (size_t i = 0; i < FIELDS; i++) {
		const struct field *f = &fields[i];
		const void *v = at_const(m, f);

		edge_put_str(&w, f->name);
		edge_put_str(&w, " ");
		if (f->form == NUMBER) {
			edge_put_dec(&w, *(const uint64_t *)v);
		} else if (f->form == TIME) {
			topo_utc_print(utc, *(const uint64_t *)v);
			edge_put_str(&w, utc);
		} else {
			put_word(&w, v);
		}
		edge_put_str(&w, "\n");
	}
	if (w.overflow)
		return EDGE_ELIMIT;
	*len = edge_put_len(&w);
	return EDGE_OK;
}

void topo_meta_folder(char out[TOPO_VERSION_NAME], const struct topo_meta *m)
{
	snprintf(out, TOPO_VERSION_NAME, "%llu-%.8s",
		 (unsigned long long)m->seq, m->source_sha256);
}
