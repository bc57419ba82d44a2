/* Which encoding a document is in, and the same bytes as UTF-8: TO 1.1. */
#ifndef TOPOLOGY_ENCODING_H
#define TOPOLOGY_ENCODING_H

#include "common/err.h"
#include "common/slice.h"

struct topo_encoding {
	struct edge_slice utf8; /* without BOM; in the input or in heap */
	char *heap;		/* caller frees; may be NULL */
	char why[160];		/* on EDGE_EFORMAT: BOM and declaration */
};

/** UTF-8 with or without BOM, UTF-16 with BOM, ASCII; a declaration must
 * agree. EDGE_EFORMAT (TOPO-XML-004) otherwise. */
EDGE_MUST_CHECK enum edge_err topo_encoding_decode(struct topo_encoding *out,
						   struct edge_slice in);

#endif
