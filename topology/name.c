/* DNS names: label boundaries, case and the trailing dot, in one place. */
#include "topology/name.h"

#include <string.h>

#include "common/addr.h"

enum { NAME_MAX_LEN = 253, LABEL_MAX_LEN = 63 }; /* RFC 1035 2.3.4 [bytes] */

struct edge_slice topo_name_trim(struct edge_slice name)
{
	if (name.p < name.end && name.end[-1] == '.')
		name.end--;
	return name;
}

static bool is_name_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool topo_name_is_valid(struct edge_slice name)
{
	struct edge_addr ip;
	size_t label = 0;

	name = topo_name_trim(name);
	if (name.p == name.end || edge_slice_len(name) > NAME_MAX_LEN)
		return false;
	if (edge_slice_eq_str(name, "-")) /* a fact's word for nothing */
		return false;
	for (const uint8_t *c = name.p; c < name.end; c++) {
		if (*c == '.') {
			if (!label)
				return false;
			label = 0;
		} else if (!is_name_byte(*c) || ++label > LABEL_MAX_LEN) {
			return false;
		}
	}
	return label && edge_addr_parse(&ip, name, 0) != EDGE_OK;
}

bool topo_name_is_canonical(struct edge_slice name)
{
	if (!topo_name_is_valid(name) || name.end[-1] == '.')
		return false;
	for (const uint8_t *c = name.p; c < name.end; c++)
		if (*c >= 'A' && *c <= 'Z')
			return false;
	return true;
}

bool topo_name_eq(struct edge_slice a, const char *b)
{
	return edge_slice_ieq(topo_name_trim(a),
			      topo_name_trim(edge_slice_str(b)));
}

bool topo_name_is_under(struct edge_slice name, const char *suffix)
{
	size_t len, want;

	name = topo_name_trim(name);
	len = edge_slice_len(name);
	want = strlen(suffix);
	if (len == want)
		return edge_slice_ieq_str(name, suffix);
	if (len < want + 2 || name.end[-(ptrdiff_t)want - 1] != '.')
		return false;
	return edge_slice_ieq_str(edge_slice(name.end - want, want), suffix);
}
