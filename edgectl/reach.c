/* Errors of sockets: RFC 1122 §3.2.2.1 and RFC 4443 §3.1 as Linux gives them.
 */
#include "edgectl/reach.h"

#include <errno.h>
#include <stddef.h>

static enum ctl_reach of_error(int error)
{
	static const struct {
		int error;
		enum ctl_reach reach;
	} rows[] = {
		{ECONNREFUSED, CTL_REACH_REFUSED}, /* RST, port unreachable */
		{ECONNRESET, CTL_REACH_REFUSED},
		{ETIMEDOUT, CTL_REACH_SILENT},
		{EHOSTUNREACH, CTL_REACH_NO_WAY}, /* also: prohibited */
		{ENETUNREACH, CTL_REACH_NO_WAY},
		{EHOSTDOWN, CTL_REACH_NO_WAY},
		{ENONET, CTL_REACH_NO_WAY},
		{EACCES, CTL_REACH_NO_WAY}, /* IPv6: prohibited */
		{EPERM, CTL_REACH_NO_WAY},  /* our own filter */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].error == error)
			return rows[i].reach;
	return CTL_REACHED;
}

enum ctl_reach ctl_reach_of(enum edge_err err, int error)
{
	if (err == EDGE_ETIMEOUT)
		return CTL_REACH_SILENT;
	return err == EDGE_ESYS ? of_error(error) : CTL_REACHED;
}

const char *ctl_reach_meaning(enum ctl_reach r)
{
	static const char *const words[] = {
		[CTL_REACHED] = "",
		[CTL_REACH_REFUSED] = ": nobody listens there, or a filter "
				      "refuses in its name",
		[CTL_REACH_SILENT] = ": dropped on the way, or the machine is "
				     "off",
		[CTL_REACH_NO_WAY] = ": a router or filter on the way lets "
				     "nothing through",
	};

	return words[r];
}
