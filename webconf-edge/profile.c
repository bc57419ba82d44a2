/* The rows. */
#include "webconf-edge/profile.h"

#include "webconf-edge/ep1.h"

static const struct wce_profile *const profiles[] = {
	&wce_ep1,
	/* NATIVE: [MS-PSOM] 2.2, once its bytes are known (WC 0.2, 2.4). Its
	 * row needs: the first bytes of a client, a parser that finds server,
	 * conference, edge token and inner token and sets forward_verbatim if
	 * the server must see the opening, a check of that token, the bytes of
	 * yes and no, and how a server takes a client on its leg. How servers
	 * register and park their legs is inside.c's and control.c's, which
	 * speak EP1. */
};

const struct wce_profile *wce_profile_find(struct edge_slice first)
{
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (profiles[i]->begins(first))
			return profiles[i];
	return NULL;
}
