/* ours: a.root-servers.net, which nobody blocks. */
#include "edgectl/stranger.h"

#include <netinet/in.h>

struct edge_addr ctl_stranger(uint8_t family)
{
	static const struct edge_addr
		four = {.family = AF_INET, .ip = {198, 41, 0, 4}},
		six = {.family = AF_INET6,
		       .ip = {0x20, 1, 5, 3, 0xba,
			      0x3e, [13] = 2, [15] = 0x30}};

	return family == AF_INET6 ? six : four;
}
