/* What reading and checking a topology found: code, level, place, text. */
#ifndef TOPOLOGY_FINDING_H
#define TOPOLOGY_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum topo_level { TOPO_INFO, TOPO_WARN, TOPO_ERROR, TOPO_FATAL };

enum {
	TOPO_FINDINGS_MAX = 200, /* ours: more are counted, not kept */
	TOPO_FINDING_TEXT = 512, /* ours: [bytes] */
};

struct topo_finding {
	char code[16]; /* "TOPO-NET-001" */
	enum topo_level level;
	char path[160];	       /* element, as an operator would name it */
	unsigned line, column; /* 0: not known */
	char text[TOPO_FINDING_TEXT];
};

struct topo_findings {
	const char *source; /* name of the input for texts; may be NULL */
	struct topo_finding *items;
	size_t count, cap;
	size_t dropped; /* findings beyond TOPO_FINDINGS_MAX */
	bool has_level[TOPO_FATAL + 1];
};

void topo_findings_init(struct topo_findings *f, const char *source);
void topo_findings_fini(struct topo_findings *f);

/** The new entry, for path, line and column; never NULL when memory is
 * there. NULL (counted as dropped) when the list is full. */
struct topo_finding *topo_findings_add(struct topo_findings *f,
				       enum topo_level level, const char *code,
				       const char *fmt, ...) EDGE_PRINTF(4, 5);
/** Name the place of an entry; p may be NULL. */
void topo_finding_place(struct topo_finding *p, unsigned line, const char *fmt,
			...) EDGE_PRINTF(3, 4);

/** Any error or fatal one: not to be activated. */
bool topo_findings_refuse(const struct topo_findings *f);
const char *topo_level_name(enum topo_level level); /* "error" */
/** "error TOPO-NET-001 at Cluster 1:2 (line 22): text", without newline;
 * returns the length it needs, as snprintf does. */
int topo_finding_print(const struct topo_finding *p, char *out, size_t cap);

#endif
