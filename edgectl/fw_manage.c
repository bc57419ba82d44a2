/* What a cure says with --manage, so that it shuts nobody out. */
#include <stdio.h>
#include <string.h>

#include "edgectl/fw_judge.h"

enum { SSH = 22 };

/* The port that people manage the host by; 0: none. */
static unsigned port_of(const struct ctl_sockets *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->v[i].is_tcp && !strncmp(s->v[i].who, "sshd", 4))
			return s->v[i].at.port;
	for (size_t i = 0; i < s->count; i++) /* of systemd, perhaps */
		if (s->v[i].is_tcp && s->v[i].at.port == SSH)
			return SSH;
	return 0;
}

void ctl_fw_manage(char out[CTL_FW_MANAGE], const struct ctl_sockets *s,
		   const char *session)
{
	size_t len = session ? strcspn(session, " ") : 0;
	const char *last = session ? strrchr(session, ' ') : NULL;
	unsigned port = port_of(s);
	struct edge_addr from;
	uint64_t n;

	if (last && !edge_addr_parse(&from, edge_slice(session, len), 0) &&
	    edge_slice_u64(edge_slice_str(last + 1), UINT16_MAX, &n) && n)
		(void)snprintf(out, CTL_FW_MANAGE, "%u from %.*s", (unsigned)n,
			       (int)len, session);
	else if (port) /* who: nobody can guess, and edgectl refuses the word */
		(void)snprintf(out, CTL_FW_MANAGE, "%u from NETWORK", port);
	else
		(void)snprintf(out, CTL_FW_MANAGE, "none");
}
