/* What follows from the view alone. */
#include "av-edge/view.h"

struct edge_addr ave_view_member(const struct ave_view *v,
				 const struct ave_leg *leg, uint8_t any)
{
	struct edge_addr found = {0};

	if (leg->side != AVE_OUTSIDE)
		return found;
	for (size_t i = 0; i < v->member_count && !found.family; i++) {
		const size_t at = (i + any) % v->member_count;

		if (v->members[at].family == leg->client.family)
			found = v->members[at];
	}
	if (found.family && ave_leg_is_stream(leg))
		found.port = leg->server.port;
	return found;
}
