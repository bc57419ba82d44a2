/* The list of findings and how one is printed. */
#include "topology/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void topo_findings_init(struct topo_findings *f, const char *source)
{
	*f = (struct topo_findings){.source = source};
}

void topo_findings_fini(struct topo_findings *f)
{
	free(f->items);
	*f = (struct topo_findings){0};
}

static bool has_room(struct topo_findings *f)
{
	struct topo_finding *items;
	size_t cap;

	if (f->count >= TOPO_FINDINGS_MAX)
		return false;
	if (f->count < f->cap)
		return true;
	cap = f->cap ? f->cap * 2 : 8;
	items = realloc(f->items, cap * sizeof(*items));
	if (!items)
		return false;
	f->items = items;
	f->cap = cap;
	return true;
}

/* Peer text goes to terminals: control bytes are not passed on. */
static void tame(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

struct topo_finding *topo_findings_add(struct topo_findings *f,
				       enum topo_level level, const char *code,
				       const char *fmt, ...)
{
	struct topo_finding *p;
	va_list ap;

	f->has_level[level] = true;
	if (!has_room(f)) {
		f->dropped++;
		return NULL;
	}
	p = &f->items[f->count++];
	*p = (struct topo_finding){.level = level};
	(void)snprintf(p->code, sizeof(p->code), "%s", code);
	va_start(ap, fmt);
	(void)vsnprintf(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
	tame(p->text);
	return p;
}

void topo_finding_place(struct topo_finding *p, unsigned line, const char *fmt,
			...)
{
	va_list ap;

	if (!p)
		return;
	p->line = line;
	va_start(ap, fmt);
	(void)vsnprintf(p->path, sizeof(p->path), fmt, ap);
	va_end(ap);
	tame(p->path);
}

bool topo_findings_refuse(const struct topo_findings *f)
{
	return f->has_level[TOPO_ERROR] || f->has_level[TOPO_FATAL];
}

const char *topo_level_name(enum topo_level level)
{
	switch (level) {
	case TOPO_INFO:
		return "info";
	case TOPO_WARN:
		return "warning";
	case TOPO_ERROR:
		return "error";
	case TOPO_FATAL:
		return "fatal";
	}
	return "unknown";
}

int topo_finding_print(const struct topo_finding *p, char *out, size_t cap)
{
	char place[64] = "";

	if (p->line && p->column)
		(void)snprintf(place, sizeof(place), " (line %u, column %u)",
			       p->line, p->column);
	else if (p->line)
		(void)snprintf(place, sizeof(place), " (line %u)", p->line);
	return snprintf(out, cap, "%s %s%s%s%s: %s", topo_level_name(p->level),
			p->code, p->path[0] ? " at " : "", p->path, place,
			p->text);
}
