/* Sample documents for topology tests: load, change a string, read, check. */
#ifndef TESTS_SUPPORT_TOPO_DOC_H
#define TESTS_SUPPORT_TOPO_DOC_H

#include "topology/check.h"
#include "topology/xml.h"

struct topo_doc {
	char *bytes; /* NUL follows */
	size_t len;
	struct topo_findings findings;
	struct topo_draft *draft;
	char *snap;
	size_t snap_len;
	const struct topo *topo;
	struct topo_hosts *hosts;
};

/** Read a file of the topology vectors; the test fails when it is not there. */
void topo_doc_load(struct topo_doc *d, const char *file);
void topo_doc_text(struct topo_doc *d, const char *text, size_t len);
void topo_doc_fini(struct topo_doc *d);
/** Replace the first occurrence; the test fails when there is none. */
void topo_doc_replace(struct topo_doc *d, const char *from, const char *to);
/** HOSTS from a text. */
void topo_doc_hosts(struct topo_doc *d, const char *text);
/** Read and check: the codes found, with the level's first letter, in order:
 * "E:TOPO-NET-001 W:TOPO-DOM-003", "" for none. Valid till the next call. */
const char *topo_doc_codes(struct topo_doc *d,
			   const struct topo_check_plan *plan);
/** Read, check, build and decode; the test fails when a step does. */
const struct topo *topo_doc_topo(struct topo_doc *d, const char *self);

#endif
