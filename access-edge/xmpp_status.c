/* What the admin endpoint shows of the XMPP proxy. */
#include "access-edge/xmpp_status.h"

#include <jansson.h>

#include "access-edge/xmpp_gateway.h"
#include "access-edge/xmpp_link.h"

static const struct listener {
	enum topo_port_kind port;
	const char *name, *tls;
} rows[ACC_XMPP_DOORS] = {
	[ACC_XMPP_OUTSIDE] = {TOPO_PORT_XMPP_OUTSIDE, "xmpp-outside",
			      "starttls"},
	[ACC_XMPP_INSIDE] = {TOPO_PORT_XMPP_INSIDE, "xmpp-inside", "mtls"},
};

static void add_listener(json_t *listeners, const struct acc_xmpp *x,
			 enum acc_xmpp_door d)
{
	const struct listener *row = &rows[d];
	const struct topo_listen *at =
		&acc_xmpp_core_of(x)->topo->listen[row->port];
	char text[EDGE_ADDR_STRLEN];

	if (!at->present || !listeners)
		return;
	edge_addr_print(&at->addr, text);
	json_array_append_new(
		listeners,
		json_pack("{s:s,s:s,s:s,s:s,s:s}", "name", row->name, "address",
			  text, "protocol", at->protocol, "tls", row->tls,
			  "state",
			  acc_xmpp_has_door(x, d) ? "open" : "closed"));
}

struct page {
	const struct acc_xmpp_core *core;
	json_t *streams, *gateways;
};

static const char *tls_of(const struct acc_xmpp_link *l)
{
	return l->conn && !edge_conn_is_plain(l->conn)
		       ? edge_conn_tls_version(l->conn)
		       : "none";
}

static void add_link(void *thing, void *arg)
{
	const struct acc_xmpp_link *l = thing;
	const struct page *p = arg;
	json_t *to =
		l->kind == ACC_XMPP_LINK_GATEWAY ? p->gateways : p->streams;
	const uint64_t age = acc_xmpp_now(p->core) - l->begun_ms;
	char peer[EDGE_ADDR_STRLEN];

	if (json_array_size(to) >= ACC_XMPP_STATUS_STREAMS)
		return;
	edge_addr_print(&l->remote, peer);
	json_array_append_new(
		to,
		json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I}", "way",
			  l->role->name, "domain", l->domain, "own", l->own,
			  "peer", peer, "tls", tls_of(l), "state",
			  l->is_ready ? "ready" : "negotiating", "taken",
			  (json_int_t)l->taken, "given", (json_int_t)l->given,
			  "queued",
			  (json_int_t)(l->conn ? edge_conn_queued(l->conn) : 0),
			  "age_s", (json_int_t)(age / 1000)));
}

void acc_xmpp_status(const struct acc_xmpp *x, void *object)
{
	const struct acc_xmpp_core *c = acc_xmpp_core_of(x);
	struct page p = {c, json_array(), json_array()};
	json_t *o = object, *listeners = json_object_get(o, "listeners");

	for (int d = 0; d < ACC_XMPP_DOORS; d++)
		add_listener(listeners, x, (enum acc_xmpp_door)d);
	edge_handles_each(c->links, add_link, &p);
	json_object_set_new(
		o, "xmpp",
		json_pack("{s:s,s:i,s:i,s:o,s:o}", "state",
			  c->topo->listen[TOPO_PORT_XMPP_OUTSIDE].present
				  ? "on"
				  : "off",
			  "partners", (int)c->topo->xmpp_count, "connections",
			  (int)c->streams, "gateways", p.gateways, "streams",
			  p.streams));
}
