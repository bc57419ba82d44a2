/* Commands of sed that find the right line. */
#include "edgectl/cure_ini.h"

#include <stdio.h>
#include <string.h>

#include "edgectl/quote.h"

enum { PATTERN = 160 };

void ctl_cure_pattern(char *out, size_t cap, const char *text)
{
	static const char special[] = ".[]{}()*+?|^$\\/";
	size_t len = 0;

	for (; *text && len + 2 < cap; text++) {
		if (strchr(special, *text))
			out[len++] = '\\';
		out[len++] = *text;
	}
	out[*text || !cap ? 0 : len] = '\0';
}

/* Half a command is worse than none: left out, and counted. */
static bool quote_file(struct ctl_quoted *q, struct ctl_cure *k,
		       const char *file)
{
	if (ctl_quote(q, file))
		return true;
	k->left_out++;
	return false;
}

void ctl_cure_set(struct ctl_cure *k, const char *file,
		  const struct ctl_ini_set *s)
{
	char section[PATTERN], name[PATTERN], put[CTL_CURE_LINE] = "";
	struct ctl_quoted q;

	ctl_cure_pattern(section, sizeof(section), s->section);
	ctl_cure_pattern(name, sizeof(name), s->name);
	if (s->value && strpbrk(s->value, "'\\\n")) { /* sed's, and quotes */
		k->left_out++;
		return;
	}
	if (s->value)
		(void)snprintf(put, sizeof(put),
			       " -e '0,/^\\s*\\[%s\\]/{/^\\s*\\[%s\\]/a %s = "
			       "%s' -e '}'",
			       section, section, s->name, s->value);
	if (quote_file(&q, k, file))
		ctl_cure_add(k, CTL_ON_EDGE,
			     "sed -i -E --follow-symlinks -e "
			     "'/^\\s*\\[%s\\]/,"
			     "/^\\s*\\[/{/^\\s*%s\\s*[=:]/d;}'%s %s",
			     section, name, put, q.text);
}

void ctl_cure_section(struct ctl_cure *k, const char *file, const char *section)
{
	char pattern[PATTERN];
	struct ctl_quoted q;

	ctl_cure_pattern(pattern, sizeof(pattern), section);
	if (quote_file(&q, k, file))
		ctl_cure_add(k, CTL_ON_EDGE,
			     "grep -q '^\\s*\\[%s\\]' %s || echo '[%s]' >> %s",
			     pattern, q.text, section, q.text);
}
