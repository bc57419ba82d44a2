/* Strict UTF-8; escaped printing. */
#include "webconf-edge/psom_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* RFC 3629 4, by first byte: length, and what the second byte may be. */
static const struct lead {
	uint8_t from, to, len, low, high;
} leads[] = {
	{0x20, 0x7e, 1, 0, 0},	     {0xc2, 0xdf, 2, 0x80, 0xbf},
	{0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
	{0xed, 0xed, 3, 0x80, 0x9f}, /* no surrogates */
	{0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
	{0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static const struct lead *lead_of(uint8_t byte)
{
	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++)
		if (byte >= leads[i].from && byte <= leads[i].to)
			return &leads[i];
	return NULL;
}

bool psom_text_is(struct edge_slice s)
{
	while (s.p != s.end) {
		const struct lead *lead = lead_of(*s.p);
		struct edge_slice one;

		if (!lead || !edge_take(&s, lead->len, &one))
			return false;
		for (size_t i = 1; i < lead->len; i++) {
			uint8_t low = i == 1 ? lead->low : 0x80;
			uint8_t high = i == 1 ? lead->high : 0xbf;

			if (one.p[i] < low || one.p[i] > high)
				return false;
		}
	}
	return true;
}

void psom_line_str(struct psom_line *l, const char *s)
{
	for (; *s && l->len + 1 < l->cap; s++)
		l->p[l->len++] = *s;
}

void psom_line_number(struct psom_line *l, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	psom_line_str(l, text);
}

void psom_line_hex(struct psom_line *l, struct edge_slice v)
{
	char text[3];

	for (; v.p != v.end; v.p++) {
		snprintf(text, sizeof(text), "%02x", *v.p);
		psom_line_str(l, text);
	}
}

void psom_line_text(struct psom_line *l, struct edge_slice v)
{
	char text[5];

	psom_line_str(l, "\"");
	for (; v.p != v.end; v.p++) {
		bool plain = *v.p >= 0x20 && *v.p < 0x7f && *v.p != '"' &&
			     *v.p != '\\';

		snprintf(text, sizeof(text), plain ? "%c" : "\\x%02x", *v.p);
		psom_line_str(l, text);
	}
	psom_line_str(l, "\"");
}

void psom_line_addr(struct psom_line *l, const struct edge_addr *a)
{
	char text[EDGE_ADDR_STRLEN];

	edge_addr_print(a, text);
	psom_line_str(l, text);
}

size_t psom_line_end(struct psom_line *l)
{
	if (l->cap)
		l->p[l->len] = '\0';
	return l->len;
}
