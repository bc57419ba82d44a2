/* DNS names as the topology uses them: comparison and syntax. */
#ifndef TOPOLOGY_NAME_H
#define TOPOLOGY_NAME_H

#include "common/slice.h"

/** Letters, digits, hyphen, underscore (tolerated); labels 1..63, name
 * 1..253; one trailing dot allowed; not an address. */
bool topo_name_is_valid(struct edge_slice name);
/** Valid and already lower case without trailing dot. */
bool topo_name_is_canonical(struct edge_slice name);
/** Without one trailing dot. */
struct edge_slice topo_name_trim(struct edge_slice name);
/** ASCII case and one trailing dot do not matter. */
bool topo_name_eq(struct edge_slice a, const char *b);
/** name is suffix or ends in "." suffix. */
bool topo_name_is_under(struct edge_slice name, const char *suffix);

#endif
