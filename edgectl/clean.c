/* UTF-8 (RFC 3629), one character after the other. */
#include "edgectl/clean.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character that begins there, and the character; 0: none does. */
static size_t take(const uint8_t *s, uint32_t *out)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const size_t len = *s < 0x80		 ? 1
			   : (*s & 0xe0) == 0xc0 ? 2
			   : (*s & 0xf0) == 0xe0 ? 3
			   : (*s & 0xf8) == 0xf0 ? 4
						 : 0;
	uint32_t c = len < 2 ? *s : *s & (0x7fU >> len);

	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0; /* also the end of the text */
		c = c << 6 | (s[i] & 0x3f);
	}
	if (!len || c < least[len] || c > 0x10ffff ||
	    (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*out = c;
	return len;
}

/* Controls, and characters that have others written backwards. */
static bool is_bad(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0) ||
	       (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static bool is_space(uint32_t c)
{
	return c == '\n' || c == '\r' || c == '\t';
}

static char *clean(char *text, bool has_lines)
{
	const uint8_t *from = (const uint8_t *)text;
	char *to = text;

	while (*from) {
		uint32_t c = 0;
		const size_t len = take(from, &c);

		if (is_space(c))
			*to++ = has_lines && c != '\r' ? (char)c : ' ';
		else if (!len || is_bad(c))
			*to++ = '?';
		for (size_t i = 0; len && !is_bad(c) && i < len; i++)
			*to++ = (char)from[i];
		from += len ? len : 1;
	}
	*to = '\0';
	return text;
}

char *ctl_clean(char *text)
{
	return clean(text, false);
}

char *ctl_clean_lines(char *text)
{
	return clean(text, true);
}

bool ctl_is_clean(const char *text)
{
	const uint8_t *p = (const uint8_t *)text;
	uint32_t c = 0;
	size_t len = 1;

	for (; *p && len; p += len) {
		len = take(p, &c);
		if (len && is_bad(c))
			len = 0;
	}
	return len != 0;
}
