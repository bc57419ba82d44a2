/* One table of listeners, and rows of status read by it. */
#include "edgectl/svc_judge.h"

#include <jansson.h>
#include <string.h>

/* clang-format off */
const struct ctl_svc_door ctl_svc_doors[CTL_SVC_DOORS] = {
	{CTL_ACCESS,  TOPO_PORT_ACCESS_CLIENT,     "access-client",     EDGE_CERT_ACCESS,   false},
	{CTL_ACCESS,  TOPO_PORT_ACCESS_FEDERATION, "access-federation", EDGE_CERT_ACCESS,   false},
	{CTL_ACCESS,  TOPO_PORT_ACCESS_INSIDE,     "access-inside",     EDGE_CERT_INTERNAL, true},
	{CTL_ACCESS,  TOPO_PORT_XMPP_OUTSIDE,      "xmpp-outside",      EDGE_CERT_USES,     false},
	{CTL_ACCESS,  TOPO_PORT_XMPP_INSIDE,       "xmpp-inside",       EDGE_CERT_USES,     true},
	{CTL_WEBCONF, TOPO_PORT_WEBCONF_CLIENT,    "webconf-client",    EDGE_CERT_WEBCONF,  false},
	{CTL_WEBCONF, TOPO_PORT_WEBCONF_INSIDE,    "webconf-inside",    EDGE_CERT_INTERNAL, true},
	{CTL_AV,      TOPO_PORT_AVAUTH,            "avauth-inside",     EDGE_CERT_INTERNAL, true},
	{CTL_AV,      TOPO_PORT_AV_INSIDE_TCP,     "av-inside-tcp",     EDGE_CERT_USES,     true},
	{CTL_AV,      TOPO_PORT_AV_OUTSIDE_TCP,    "av-outside-tcp",    EDGE_CERT_TURN,     false},
	{CTL_AV,      TOPO_PORT_AV_INSIDE_UDP,     "av-inside-udp",     EDGE_CERT_USES,     true},
	{CTL_AV,      TOPO_PORT_AV_OUTSIDE_UDP,    "av-outside-udp",    EDGE_CERT_USES,     false},
};
/* clang-format on */

const char *ctl_json_text(const struct json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "-";
}

const char *ctl_svc_door_state(const struct json_t *status,
			       const struct topo_listen *at)
{
	const json_t *list = json_object_get(status, "listeners"), *row;
	char wanted[EDGE_ADDR_STRLEN];
	size_t i;

	edge_addr_print(&at->addr, wanted);
	json_array_foreach(list, i, row)
	{
		if (!strcmp(ctl_json_text(row, "address"), wanted) &&
		    !strcmp(ctl_json_text(row, "protocol"), at->protocol))
			return ctl_json_text(row, "state");
	}
	return NULL;
}

enum ctl_mcu_state ctl_svc_mcu_state(const struct json_t *row)
{
	const char *state = ctl_json_text(row, "state");

	if (!strcmp(state, "up") || !strcmp(state, "draining"))
		return CTL_MCU_UP;
	return strcmp(state, "down") != 0 ? CTL_MCU_ABSENT : CTL_MCU_DOWN;
}
