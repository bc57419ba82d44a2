/* Classes of octets and the small steps that header values are cut with. */
#include "common/sip/scan.h"

#include <string.h>

/* clang-format off */
static const uint16_t classes_of[128] = { /* bits: enum edge_sip_class */
	0x0400, 0x0400, 0x0400, 0x0400, 0x0400, 0x0400, 0x0400, 0x0400,
	0x0400, 0x0000, 0x0400, 0x0400, 0x0400, 0x0400, 0x0400, 0x0400,
	0x0400, 0x0400, 0x0400, 0x0400, 0x0400, 0x0400, 0x0400, 0x0400,
	0x0400, 0x0400, 0x0400, 0x0400, 0x0400, 0x0400, 0x0400, 0x0400,
	0x0000, 0x10df, 0x0080, 0x0000, 0x101e, 0x00c1, 0x101e, 0x10df,
	0x109e, 0x109e, 0x10df, 0x11df, 0x1012, 0x11ff, 0x11ff, 0x009e,
	0x13ff, 0x13ff, 0x13ff, 0x13ff, 0x13ff, 0x13ff, 0x13ff, 0x13ff,
	0x13ff, 0x13ff, 0x00dc, 0x0012, 0x0080, 0x101e, 0x0080, 0x009a,
	0x0010, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff,
	0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff,
	0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff,
	0x11ff, 0x11ff, 0x11ff, 0x00dc, 0x0080, 0x00dc, 0x0000, 0x10ff,
	0x00c1, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff,
	0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff,
	0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff, 0x11ff,
	0x11ff, 0x11ff, 0x11ff, 0x0080, 0x0000, 0x0080, 0x10df, 0x0400,
};
/* clang-format on */

bool edge_sip_is(uint8_t c, unsigned classes)
{
	return c < 128 ? (classes_of[c] & classes) != 0
		       : (classes & EDGE_SIP_HIGH) != 0;
}

struct edge_slice edge_sip_span(struct edge_slice *in, unsigned classes)
{
	struct edge_slice out = {in->p, in->p};

	while (out.end < in->end && *out.end < 128 &&
	       (classes_of[*out.end] & classes))
		out.end++;
	in->p = out.end;
	return out;
}

bool edge_sip_take_char(struct edge_slice *in, char c)
{
	if (in->p == in->end || *in->p != (uint8_t)c)
		return false;
	in->p++;
	return true;
}

bool edge_sip_skip_lws(struct edge_slice *in)
{
	const uint8_t *start = in->p;

	while (in->p < in->end && (*in->p == ' ' || *in->p == '\t' ||
				   *in->p == '\r' || *in->p == '\n'))
		in->p++; /* CR LF is folding: lines were cut before */
	return in->p > start;
}

bool edge_sip_take_sep(struct edge_slice *in, char sep)
{
	struct edge_slice s = *in;

	edge_sip_skip_lws(&s);
	if (!edge_sip_take_char(&s, sep))
		return false;
	edge_sip_skip_lws(&s);
	*in = s;
	return true;
}

bool edge_sip_take_quoted(struct edge_slice *in, struct edge_slice *out)
{
	const uint8_t *p = in->p;

	if (p == in->end || *p != '"')
		return false;
	for (p++; p < in->end; p++) {
		if (*p == '"') {
			*out = (struct edge_slice){in->p, p + 1};
			in->p = p + 1;
			return true;
		}
		if (*p == '\\' &&
		    (++p == in->end || *p == '\r' || *p == '\n' || *p > 127))
			return false;
	}
	return false;
}

static bool take_value(struct edge_slice *in, struct edge_slice *out)
{
	if (in->p < in->end && *in->p == '"')
		return edge_sip_take_quoted(in, out);
	*out = edge_sip_span(in, EDGE_SIP_VALUE);
	return out->p < out->end;
}

static bool note_wanted(struct edge_sip_wanted *wanted, size_t count,
			struct edge_slice name, struct edge_slice value)
{
	for (size_t i = 0; i < count; i++) {
		if ((*name.p | 0x20) != wanted[i].name[0] ||
		    !edge_slice_ieq_str(name, wanted[i].name))
			continue;
		if (wanted[i].found || value.p == value.end)
			return false;
		wanted[i].found = true;
		wanted[i].value = value;
	}
	return true;
}

bool edge_sip_take_params(struct edge_slice *in, struct edge_slice *out,
			  struct edge_sip_wanted *wanted, size_t count)
{
	struct edge_slice s = *in, name, value;
	const uint8_t *first = NULL, *end = in->p;

	for (;;) {
		edge_sip_skip_lws(&s);
		if (s.p == s.end || *s.p != ';')
			break;
		if (!first)
			first = s.p;
		s.p++;
		edge_sip_skip_lws(&s);
		name = edge_sip_span(&s, EDGE_SIP_TOKEN);
		if (name.p == name.end)
			return false;
		value = (struct edge_slice){s.p, s.p};
		if (edge_sip_take_sep(&s, '=') && !take_value(&s, &value))
			return false;
		end = value.end;
		if (!note_wanted(wanted, count, name, value))
			return false;
	}
	*out = first ? (struct edge_slice){first, end}
		     : (struct edge_slice){in->p, in->p};
	in->p = end;
	return true;
}

static bool plain(const uint8_t *p)
{
	const uint64_t ones = 0x0101010101010101u, highs = ones << 7;
	uint64_t v, low, del;

	memcpy(&v, p, sizeof(v));
	low = (v - ones * 0x20) & ~v; /* some octet below 0x20 */
	del = v ^ (ones * 0x7f);
	del = (del - ones) & ~del; /* some octet 0x7f */
	return !((v | low | del) & highs);
}

/* Octets of the UTF-8 character at p, 0 when it is none (RFC 3629 §4). */
static size_t utf8_len(const uint8_t *p, const uint8_t *end)
{
	size_t n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;
	uint32_t c = *p & (0xffu >> (n + 1));

	if (*p < 0xc2 || *p > 0xf4 || (size_t)(end - p) < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if ((n == 3 && c < 0x800) || (c >= 0xd800 && c <= 0xdfff) ||
	    (n == 4 && c < 0x10000) || c > 0x10ffff)
		return 0;
	return n;
}

bool edge_sip_text_ok(struct edge_slice s)
{
	size_t n;

	while (s.p < s.end) {
		if (s.end - s.p >= 8 && plain(s.p)) {
			s.p += 8;
			continue;
		}
		if (*s.p >= 128) {
			n = utf8_len(s.p, s.end);
			if (n == 0)
				return false;
			s.p += n;
			continue;
		}
		if (*s.p == '\r' && s.end - s.p > 2 && s.p[1] == '\n' &&
		    (s.p[2] == ' ' || s.p[2] == '\t'))
			s.p += 2;
		else if (classes_of[*s.p] & EDGE_SIP_CONTROL)
			return false;
		s.p++;
	}
	return true;
}
