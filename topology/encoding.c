/* Byte order marks, declarations, and UTF-16 turned into UTF-8. */
#include "topology/encoding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { UTF8, UTF8_BOM, UTF16_LE, UTF16_BE, REFUSED };

/* clang-format off */
static const struct {
	const char *bytes;
	size_t len;
	enum kind kind;
	const char *name;
} marks[] = {
	{"\xff\xfe\0\0", 4, REFUSED, "UTF-32LE"},
	{"\0\0\xfe\xff", 4, REFUSED, "UTF-32BE"},
	{"\xff\xfe", 2, UTF16_LE, "UTF-16LE"},
	{"\xfe\xff", 2, UTF16_BE, "UTF-16BE"},
	{"\xef\xbb\xbf", 3, UTF8_BOM, "UTF-8"},
	{"+/v", 3, REFUSED, "UTF-7"},
	{"\x4c\x6f\xa7\x94", 4, REFUSED, "EBCDIC"},
	{"<\0", 2, REFUSED, "UTF-16LE without BOM"},
	{"\0<", 2, REFUSED, "UTF-16BE without BOM"},
};
/* clang-format on */

static enum kind sniff(struct edge_slice *in, const char **name)
{
	size_t len = edge_slice_len(*in);

	*name = "no BOM";
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		if (len < marks[i].len ||
		    memcmp(in->p, marks[i].bytes, marks[i].len) != 0)
			continue;
		*name = marks[i].name;
		if (marks[i].kind != REFUSED)
			in->p += marks[i].len;
		return marks[i].kind;
	}
	return UTF8;
}

static bool take_unit(struct edge_slice *in, bool big, uint32_t *out)
{
	struct edge_slice two;

	if (!edge_take(in, 2, &two))
		return false;
	*out = big ? (uint32_t)(two.p[0] << 8 | two.p[1])
		   : (uint32_t)(two.p[1] << 8 | two.p[0]);
	return true;
}

/* One character, both halves of a surrogate pair taken. */
static bool take_char(struct edge_slice *in, bool big, uint32_t *out)
{
	uint32_t low;

	if (!take_unit(in, big, out))
		return false;
	if (*out < 0xd800 || *out > 0xdfff)
		return true;
	if (*out > 0xdbff || !take_unit(in, big, &low) || low < 0xdc00 ||
	    low > 0xdfff)
		return false;
	*out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

static void put_char(struct edge_put *w, uint32_t c)
{
	if (c < 0x80) {
		edge_put_u8(w, (uint8_t)c);
		return;
	}
	if (c < 0x800) {
		edge_put_u8(w, (uint8_t)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		edge_put_u8(w, (uint8_t)(0xe0 | c >> 12));
		edge_put_u8(w, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	} else {
		edge_put_u8(w, (uint8_t)(0xf0 | c >> 18));
		edge_put_u8(w, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
		edge_put_u8(w, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	}
	edge_put_u8(w, (uint8_t)(0x80 | (c & 0x3f)));
}

static enum edge_err from_utf16(struct topo_encoding *out, struct edge_slice in,
				bool big)
{
	size_t cap = edge_slice_len(in) / 2 * 3 + 1; /* 3 bytes a unit */
	struct edge_put w;
	uint32_t c;

	out->heap = malloc(cap);
	if (!out->heap)
		return EDGE_ENOMEM;
	w = edge_put(out->heap, cap);
	while (in.p < in.end) {
		if (!take_char(&in, big, &c)) {
			(void)snprintf(out->why, sizeof(out->why),
				       "UTF-16 text is broken");
			return EDGE_EFORMAT;
		}
		put_char(&w, c);
	}
	out->utf8 = edge_put_done(&w);
	return EDGE_OK;
}

/* The encoding a declaration names; empty when it names none. */
static struct edge_slice declared(struct edge_slice s)
{
	static const char key[] = "encoding";
	const uint8_t *close;
	struct edge_slice head, word;

	if (!edge_take(&s, 5, &head) || !edge_slice_eq_str(head, "<?xml"))
		return edge_slice(NULL, 0);
	close = edge_slice_find(s, '>');
	s.end = close ? close : s.end;
	while (edge_slice_len(s) > sizeof(key)) {
		word = edge_slice(s.p, sizeof(key) - 1);
		s.p++;
		if (!edge_slice_eq_str(word, key))
			continue;
		s.p += sizeof(key) - 2;
		if (!edge_take_until(&s, '=', &head))
			break;
		s = edge_slice_trim(s);
		if (s.p < s.end && (*s.p == '"' || *s.p == '\'')) {
			uint8_t quote = *s.p++;

			if (edge_take_until(&s, quote, &word))
				return word;
		}
		break;
	}
	return edge_slice(NULL, 0);
}

static bool agrees(enum kind kind, struct edge_slice name, struct edge_slice s)
{
	if (name.p == name.end)
		return true;
	if (kind == UTF16_LE || kind == UTF16_BE)
		return edge_slice_ieq_str(name, "utf-16") ||
		       edge_slice_ieq_str(name, kind == UTF16_LE ? "utf-16le"
								 : "utf-16be");
	if (edge_slice_ieq_str(name, "utf-8"))
		return true;
	if (kind == UTF8_BOM || !edge_slice_ieq_str(name, "us-ascii"))
		return false;
	for (; s.p < s.end; s.p++)
		if (*s.p >= 0x80)
			return false;
	return true;
}

enum edge_err topo_encoding_decode(struct topo_encoding *out,
				   struct edge_slice in)
{
	const char *mark;
	enum kind kind = sniff(&in, &mark);
	struct edge_slice name;
	enum edge_err err;

	*out = (struct topo_encoding){.utf8 = in};
	if (kind == REFUSED) {
		(void)snprintf(out->why, sizeof(out->why),
			       "looks like %s; accepted: UTF-8, ASCII, UTF-16 "
			       "with BOM",
			       mark);
		return EDGE_EFORMAT;
	}
	if (kind == UTF16_LE || kind == UTF16_BE) {
		err = from_utf16(out, in, kind == UTF16_BE);
		if (err)
			return err;
	}
	name = declared(out->utf8);
	if (agrees(kind, name, out->utf8))
		return EDGE_OK;
	(void)snprintf(
		out->why, sizeof(out->why),
		"byte order mark: %s; declaration: %.*s", mark,
		(int)(edge_slice_len(name) < 60 ? edge_slice_len(name) : 60),
		(const char *)name.p);
	return EDGE_EFORMAT;
}
