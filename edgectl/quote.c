/* Quotes for a shell, question marks for a terminal. */
#include "edgectl/quote.h"

#include <string.h>

#include "edgectl/clean.h"

static bool is_plain(const char *word)
{
	return *word && !word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "abcdefghijklmnopqrstuvwxyz"
					   "0123456789_-./:@%+=,")];
}

static bool put(struct ctl_quoted *out, size_t *len, const char *s)
{
	const size_t n = strlen(s);

	if (*len + n >= CTL_QUOTED)
		return false;
	memcpy(out->text + *len, s, n + 1);
	*len += n;
	return true;
}

/* Within quotes only the quote itself means anything. */
static bool put_quoted(struct ctl_quoted *out, const char *word)
{
	size_t len = 0;
	bool fits = put(out, &len, "'");

	for (const char *p = word; fits && *p; p++) {
		const char one[2] = {*p, '\0'};

		fits = put(out, &len, *p == '\'' ? "'\\''" : one);
	}
	return fits && put(out, &len, "'");
}

bool ctl_quote(struct ctl_quoted *out, const char *word)
{
	size_t len = 0;
	bool fits = ctl_is_clean(word);

	if (fits)
		fits = is_plain(word) ? put(out, &len, word)
				      : put_quoted(out, word);
	if (!fits)
		out->text[0] = '\0';
	return fits;
}
