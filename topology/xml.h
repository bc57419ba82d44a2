/* Bytes of any of the four containers -> draft; no rule is applied yet. */
#ifndef TOPOLOGY_XML_H
#define TOPOLOGY_XML_H

#include "common/slice.h"
#include "topology/draft.h"
#include "topology/finding.h"

enum { /* TO 1.10, TOPO-IO-001 and TOPO-XML-003 */
       TOPO_XML_BYTES_MAX = 16 * 1024 * 1024, /* [bytes] */
       TOPO_XML_DEPTH_MAX = 64,
       TOPO_XML_ELEMENTS_MAX = 200000,
       TOPO_XML_ATTR_MAX = 64 * 1024, /* [bytes] */
       TOPO_XML_NAME_MAX = 1024,      /* [bytes] */
};

/**
 * Read a published Topology, a DocItemSet or a TopologyBuilder document.
 * No network, no DTD, no entity but the five predefined ones.
 * @param f  takes TOPO-IO-001, TOPO-XML-001..004, TOPO-DOC-001, -003 with
 *           line and column; f->source is what the texts call the input
 * EDGE_EFORMAT: a fatal finding says why. EDGE_ENOMEM.
 * Source: TO 1.1-1.4, 1.9, 1.11.
 */
EDGE_MUST_CHECK enum edge_err topo_xml_parse(struct topo_draft **out,
					     struct edge_slice bytes,
					     struct topo_findings *f);

#endif
