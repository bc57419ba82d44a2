/* Commands of sed that find the right line. */
#include "edgectl/cure_ini.h"

#include <stdio.h>
#include <string.h>

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

void ctl_cure_set(struct ctl_cure *k, const char *file,
		  const struct ctl_ini_set *s)
{
	char section[PATTERN], name[PATTERN], put[CTL_CURE_LINE] = "";

	ctl_cure_pattern(section, sizeof(section), s->section);
	ctl_cure_pattern(name, sizeof(name), s->name);
	if (s->value)
		(void)snprintf(put, sizeof(put),
			       " -e '0,/^\\s*\\[%s\\]/{/^\\s*\\[%s\\]/a %s = "
			       "%s' -e '}'",
			       section, section, s->name, s->value);
	ctl_cure_add(k, CTL_ON_EDGE,
		     "sed -i -E --follow-symlinks -e '/^\\s*\\[%s\\]/,"
		     "/^\\s*\\[/{/^\\s*%s\\s*[=:]/d;}'%s %s",
		     section, name, put, file);
}

void ctl_cure_section(struct ctl_cure *k, const char *file, const char *section)
{
	char pattern[PATTERN];

	ctl_cure_pattern(pattern, sizeof(pattern), section);
	ctl_cure_add(k, CTL_ON_EDGE,
		     "grep -q '^\\s*\\[%s\\]' %s || echo '[%s]' >> %s", pattern,
		     file, section, file);
}
