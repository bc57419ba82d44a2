/* Who asks for credentials, and for whom he may ask; AV 2.5. */
#include "av-edge/mras_caller.h"

struct caller {
	const struct edge_sip_addr *from;
	struct edge_sip_addr asserted[EDGE_SIP_LIST];
	size_t asserted_count;
	bool is_server;
};

/* user@host, whatever parameters say about the place */
static bool is_same(const struct edge_sip_uri *a, const struct edge_sip_uri *b)
{
	return a->is_sip && b->is_sip && edge_slice_ieq(a->user, b->user) &&
	       edge_slice_ieq(a->host, b->host) && a->port == b->port;
}

static bool is_machine(const struct topo *t, struct edge_slice name)
{
	return topo_is_trusted(t, name, TOPO_TRUST_SIP) ||
	       topo_is_trusted(t, name, TOPO_TRUST_WEBCONF);
}

/* sip:fe01.corp, or its GRUU sip:fe01.corp@domain;gruu;opaque=srvr:... */
static bool is_server_uri(const struct topo *t, const struct edge_sip_uri *u)
{
	struct edge_slice opaque, word;

	if (is_machine(t, u->host))
		return true;
	return edge_sip_param(u->params, "opaque", &opaque) &&
	       edge_take(&opaque, 5, &word) &&
	       edge_slice_ieq_str(word, "srvr:") && is_machine(t, u->user);
}

/* "name=value" of "a=b;name=value" */
static bool says(struct edge_slice value, const char *name,
		 struct edge_slice *out)
{
	struct edge_slice part, key;

	while (edge_slice_len(value)) {
		if (!edge_take_until(&value, ';', &part)) {
			part = value;
			value.p = value.end;
		}
		if (!edge_take_until(&part, '=', &key) ||
		    !edge_slice_ieq_str(edge_slice_trim(key), name))
			continue;
		*out = edge_slice_trim(part);
		return true;
	}
	return false;
}

enum origin { NOT_SAID, A_USER, A_SERVER, A_STRANGER };

/* What the Access Edge that let it in has said; AE 2.5. */
static enum origin origin_of(const struct edge_sip_msg *m)
{
	enum origin found = NOT_SAID;
	struct edge_slice type, network;

	for (int i = edge_sip_find(m, EDGE_SIP_MS_TRUST, 0); i >= 0;
	     i = edge_sip_find(m, EDGE_SIP_MS_TRUST, i + 1)) {
		struct edge_slice v = m->lines[i].value;

		if (says(v, "ms-source-network", &network) ||
		    !says(v, "ms-source-type", &type))
			return A_STRANGER;
		if (edge_slice_ieq_str(type, "InternetUser"))
			found = A_USER;
		else if (!edge_slice_ieq_str(type, "AuthorizedServer") &&
			 !edge_slice_ieq_str(type, "EdgeProxyGenerated"))
			return A_STRANGER;
		else if (found == NOT_SAID)
			found = A_SERVER;
	}
	return found;
}

static bool is_server(const struct caller *c, const struct topo *t,
		      enum origin origin)
{
	if (origin == A_USER || !is_server_uri(t, &c->from->uri))
		return false;
	for (size_t i = 0; i < c->asserted_count; i++)
		if (c->asserted[i].uri.is_sip &&
		    !is_server_uri(t, &c->asserted[i].uri))
			return false;
	return true;
}

static bool is_himself(const struct caller *c, struct edge_slice identity)
{
	struct edge_sip_uri u;

	if (edge_sip_uri_parse(&u, identity) != EDGE_OK)
		return false;
	if (!c->asserted_count)
		return is_same(&u, &c->from->uri);
	for (size_t i = 0; i < c->asserted_count; i++)
		if (is_same(&u, &c->asserted[i].uri))
			return true;
	return false;
}

enum mras_phrase mras_caller_check(bool *out, const struct topo *t,
				   const struct edge_sip_msg *msg,
				   const struct mras_request *r)
{
	struct caller c = {.from = &msg->from};
	enum origin origin = origin_of(msg);
	struct edge_sip_uri from;

	if (edge_sip_uri_parse(&from, r->from) != EDGE_OK || !from.is_sip)
		return MRAS_MALFORMED;
	if (origin == A_STRANGER ||
	    edge_sip_addrs(msg, EDGE_SIP_P_ASSERTED_IDENTITY, c.asserted, NULL,
			   &c.asserted_count) != EDGE_OK)
		return MRAS_FORBIDDEN;
	c.is_server = is_server(&c, t, origin);
	*out = c.is_server;
	if (c.is_server)
		return MRAS_OK;
	if (!is_same(&from, &c.from->uri))
		return MRAS_FORBIDDEN;
	for (size_t i = 0; i < r->count; i++)
		if (!is_himself(&c, r->asks[i].identity))
			return MRAS_FORBIDDEN;
	return MRAS_OK;
}
