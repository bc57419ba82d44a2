/* Makes a client's Contact lead back here: far end's address and cid. */
#include "access-edge/contact.h"

#include "access-edge/host.h"

bool acc_contact_has_proxy(const struct edge_sip_msg *m)
{
	struct edge_sip_addr list[EDGE_SIP_LIST];
	struct edge_slice value;
	size_t count;

	if (edge_sip_find(m, EDGE_SIP_CONTACT, 0) < 0 ||
	    edge_sip_addrs(m, EDGE_SIP_CONTACT, list, NULL, &count))
		return false; /* "*" has no parameters; others: the parser */
	for (size_t i = 0; i < count; i++)
		if (edge_sip_param(list[i].params, "proxy", &value))
			return true;
	return false;
}

/* Readers differ on which of two counts (RFC 3261 19.1.1 has one). */
static bool stands_twice(struct edge_slice params, const char *name)
{
	struct edge_slice raw;

	if (!edge_sip_param_raw(params, name, &raw))
		return false;
	params.p = raw.end;
	return edge_sip_param_raw(edge_slice_trim(params), name, &raw);
}

static enum acc_reason may_replace(const struct edge_sip_msg *m,
				   const struct edge_sip_addr *c,
				   struct edge_slice proxy)
{
	struct edge_slice transport;

	if (m->is_request && m->via_count > 1)
		return ACC_REASON_NOT_FIRST_HOP;
	if (!edge_slice_ieq_str(proxy, "replace") || !c->uri.is_sip)
		return ACC_REASON_CONTACT_PROXY;
	if (edge_sip_param(c->uri.params, "transport", &transport) &&
	    !edge_slice_ieq_str(transport, "tls"))
		return ACC_REASON_CONTACT_PROXY;
	if (stands_twice(c->uri.params, "transport") ||
	    stands_twice(c->uri.params, "maddr"))
		return ACC_REASON_CONTACT_PROXY;
	return ACC_REASON_OK;
}

/* Steps 4 to 7 on one entry; ip is the far end's, in brackets for IPv6. */
static void replace_one(struct edge_sip_edit *e, const struct edge_sip_addr *c,
			const struct acc_source *from, const char *ip)
{
	const struct edge_sip_uri *u = &c->uri;
	struct edge_slice hostport = {u->host.p, u->params.p}, maddr;
	bool has_maddr = edge_sip_param(u->params, "maddr", &maddr) &&
			 edge_slice_len(maddr) != 0;
	struct edge_addr literal;
	bool is_ip = acc_host_addr(&literal, u->host);
	const char *add_maddr = "";

	if (has_maddr) {
		edge_sip_edit_cut(e, maddr);
		edge_sip_edit_put(e, maddr.p, "%s", ip);
	} else if (!is_ip) {
		add_maddr = ";maddr=";
	}
	if (!is_ip || has_maddr)
		hostport.p = u->host.end;
	if (!c->bracketed)
		edge_sip_edit_put(e, u->text.p, "<");
	if (edge_slice_len(hostport))
		edge_sip_edit_cut(e, hostport);
	edge_sip_edit_put(e, hostport.p, "%s:%u", is_ip && !has_maddr ? ip : "",
			  from->remote.port);
	edge_sip_edit_cut_param(e, u->params, "ms-received-cid");
	edge_sip_edit_put(e, u->params.end, "%s%s;ms-received-cid=%X%s",
			  add_maddr, *add_maddr ? ip : "", from->cid,
			  c->bracketed ? "" : ">");
	edge_sip_edit_cut_param(e, c->params, "proxy");
}

enum acc_reason acc_contact_replace(struct edge_sip_edit *e,
				    const struct edge_sip_msg *m,
				    const struct acc_source *from)
{
	struct edge_sip_addr list[EDGE_SIP_LIST];
	char ip[EDGE_ADDR_STRLEN];
	struct edge_slice proxy;
	size_t count;

	if (edge_sip_find(m, EDGE_SIP_CONTACT, 0) < 0 ||
	    edge_sip_addrs(m, EDGE_SIP_CONTACT, list, NULL, &count))
		return ACC_REASON_OK;
	edge_addr_print_ip(&from->remote, true, ip);
	for (size_t i = 0; i < count; i++) {
		enum acc_reason r;

		if (!edge_sip_param(list[i].params, "proxy", &proxy))
			continue;
		r = may_replace(m, &list[i], proxy);
		if (r)
			return r;
		replace_one(e, &list[i], from, ip);
	}
	return ACC_REASON_OK;
}

bool acc_contact_is_inside_address(const struct edge_addr *a)
{
	switch (edge_addr_classify(a)) {
	case EDGE_ADDR_GLOBAL:
		return false;
	case EDGE_ADDR_UNSPECIFIED:
	case EDGE_ADDR_LOOPBACK:
	case EDGE_ADDR_LINK_LOCAL:
	case EDGE_ADDR_MULTICAST:
	case EDGE_ADDR_BROADCAST:
	case EDGE_ADDR_PRIVATE:
		break;
	}
	return true;
}

bool acc_contact_is_inside(const struct acc_view *v, struct edge_slice host)
{
	struct edge_addr a;

	if (acc_host_addr(&a, host))
		return acc_contact_is_inside_address(&a);
	return topo_is_inside_name(v->topo, host) ||
	       topo_find_registrar(v->topo, host, NULL) != NULL;
}

bool acc_contact_leads_inside(const struct acc_view *v,
			      const struct edge_sip_uri *u)
{
	struct edge_slice maddr;

	return acc_contact_is_inside(v, u->host) ||
	       (edge_sip_param(u->params, "maddr", &maddr) &&
		acc_contact_is_inside(v, maddr));
}

static bool is_known_inside(const struct acc_view *v, struct edge_slice host)
{
	struct edge_addr a;

	if (acc_host_addr(&a, host))
		return topo_is_inside_address(v->topo, &a);
	return topo_is_inside_name(v->topo, host) &&
	       !edge_slice_ieq_str(host, v->topo->access_name);
}

bool acc_contact_names_inside(const struct acc_view *v,
			      const struct edge_sip_uri *u)
{
	struct edge_slice maddr;

	return is_known_inside(v, u->host) ||
	       (edge_sip_param(u->params, "maddr", &maddr) &&
		is_known_inside(v, maddr));
}

/* All Contacts of a message, and the way they would go out. */
struct contacts {
	struct edge_sip_edit *e;
	const struct acc_view *v;
	struct edge_sip_addr list[EDGE_SIP_LIST];
	int line[EDGE_SIP_LIST];
	size_t count;
};

/* One header line's entries, first to end: the inside ones go with their
 * comma; a line with nothing left goes whole. */
static void redirect_line(const struct contacts *c, size_t first, size_t end)
{
	const struct edge_sip_addr *list = c->list;
	size_t run = first;

	while (run < end) {
		size_t after = run;
		struct edge_slice cut;

		while (after < end &&
		       acc_contact_leads_inside(c->v, &list[after].uri))
			after++;
		if (run == first && after == end) {
			edge_sip_edit_delete(c->e, c->line[first]);
			return;
		}
		cut.p = after < end ? list[run].text.p : list[run - 1].text.end;
		cut.end = after < end ? list[after].text.p
				      : list[end - 1].text.end;
		if (after > run)
			edge_sip_edit_cut(c->e, cut);
		run = after + 1;
	}
}

static void redirect_other(const struct contacts *c)
{
	size_t end;

	for (size_t i = 0; i < c->count; i = end) {
		for (end = i + 1; end < c->count && c->line[end] == c->line[i];)
			end++;
		redirect_line(c, i, end);
	}
}

enum acc_reason acc_contact_redirect(struct edge_sip_edit *e,
				     const struct acc_view *v,
				     const struct edge_sip_msg *m)
{
	struct contacts c = {.e = e, .v = v};
	bool is_register = m->method == EDGE_SIP_REGISTER;

	if (edge_sip_find(m, EDGE_SIP_CONTACT, 0) < 0)
		return ACC_REASON_OK;
	if (edge_sip_addrs(m, EDGE_SIP_CONTACT, c.list, c.line, &c.count)) {
		if (is_register)
			return ACC_REASON_REDIRECT;
		edge_sip_edit_delete_all(e, EDGE_SIP_CONTACT);
		return ACC_REASON_OK;
	}
	for (size_t i = 0; is_register && i < c.count; i++)
		if (acc_contact_leads_inside(v, &c.list[i].uri))
			return ACC_REASON_REDIRECT;
	if (!is_register)
		redirect_other(&c);
	return ACC_REASON_OK;
}
