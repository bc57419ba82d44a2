/* Where a request goes: own Route entries, permitted targets, clients. */
#include "access-edge/route.h"

#include <string.h>

#include "access-edge/contact.h"
#include "access-edge/domain.h"
#include "access-edge/hide.h"
#include "access-edge/host.h"
#include "access-edge/reveal.h"
#include "access-edge/route_token.h"

enum {
	SIP_PORT = 5060, /* RFC 3261 19.1.2 */
	SIPS_PORT = 5061
};

/* What the Route header of one request says. */
struct route_set {
	struct edge_sip_addr list[EDGE_SIP_LIST];
	size_t count;
	size_t pop;    /* own entries at the top */
	size_t end;    /* entries that count: the last may become the R-URI */
	size_t tokens; /* how many of the popped had a token */
	struct acc_token token; /* of the first that had one */
	enum acc_token_kind last_kind;
};

static void answer(struct acc_decision *d, enum acc_reason reason)
{
	d->to = ACC_TO_ANSWER;
	d->reason = reason;
}

/* Take one own entry; EDGE_ESTATE: own, but of another client's pair. */
static enum edge_err take_own(struct route_set *r, const struct acc_view *v,
			      const struct edge_sip_uri *u)
{
	struct acc_token t;
	enum edge_err err = acc_token_check(v, u, &t);

	if (err == EDGE_ENOTFOUND)
		return EDGE_OK;
	if (err)
		return err;
	if (r->tokens > 1 || (r->tokens == 1 && (t.cid != r->token.cid ||
						 t.boot != r->token.boot ||
						 t.kind == r->last_kind)))
		return EDGE_ESTATE;
	if (r->tokens++ == 0)
		r->token = t;
	r->last_kind = t.kind;
	return EDGE_OK;
}

/* Pop the pair of one client: a second pair is another leg of a spiral and
 * must come back through the inside. */
static enum acc_reason pop_own(struct route_set *r, const struct acc_view *v)
{
	for (; r->pop < r->end; r->pop++) {
		const struct edge_sip_uri *u = &r->list[r->pop].uri;
		enum edge_err err;

		if (!acc_token_is_ours(v, u))
			break;
		err = take_own(r, v, u);
		if (err == EDGE_ESTATE)
			break;
		if (err)
			return ACC_REASON_ROUTE_SIGNATURE;
	}
	return ACC_REASON_OK;
}

/* AE 9.2 16.4: a strict router put our Record-Route into the Request-URI and
 * the real one last. */
static enum acc_reason repair(struct acc_decision *d, struct route_set *r,
			      const struct acc_view *v,
			      const struct edge_sip_msg *m)
{
	struct edge_slice sig;

	if (!acc_token_is_ours(v, &m->ruri) ||
	    !edge_sip_param(m->ruri.params, "ms-route-sig", &sig))
		return ACC_REASON_OK;
	if (take_own(r, v, &m->ruri))
		return ACC_REASON_ROUTE_SIGNATURE;
	if (r->count == 0)
		return ACC_REASON_STRICT_ROUTE;
	r->end = r->count - 1;
	d->replace_ruri = true;
	d->last_route = r->list[r->end].uri;
	return d->last_route.is_sip ? ACC_REASON_OK : ACC_REASON_STRICT_ROUTE;
}

/* Entries of the inside that our own one carried, as if they stood behind it.
 * The first of them is ours again. */
static enum acc_reason open_hidden(struct acc_decision *d, struct route_set *r,
				   const struct acc_view *v)
{
	struct edge_sip_addr more[EDGE_SIP_LIST];
	size_t n = 0, rest = r->count - r->pop;

	enum edge_err err =
		r->pop ? acc_hidden_of(v, ACC_HIDDEN_ROUTES,
				       &r->list[r->pop - 1].uri, d->hidden)
		       : EDGE_ENOTFOUND;

	if (err == EDGE_ENOTFOUND)
		return ACC_REASON_OK;
	if (err)
		return ACC_REASON_ROUTE_SIGNATURE;
	if (edge_sip_addr_list(edge_slice_str(d->hidden), more, &n) ||
	    !acc_token_is_ours(v, &more[0].uri) ||
	    r->count + n - 1 > EDGE_SIP_LIST)
		return ACC_REASON_ROUTE_SIGNATURE;
	if (n == 1)
		return ACC_REASON_OK;
	memmove(&r->list[r->pop + n - 1], &r->list[r->pop],
		rest * sizeof(*r->list));
	memcpy(&r->list[r->pop], &more[1], (n - 1) * sizeof(*more));
	r->count += n - 1;
	r->end += n - 1;
	d->routes_at = (unsigned)((const char *)more[1].text.p - d->hidden);
	return ACC_REASON_OK;
}

static enum acc_reason read_routes(struct acc_decision *d, struct route_set *r,
				   const struct acc_view *v,
				   const struct edge_sip_msg *m)
{
	enum acc_reason why;

	r->count = r->pop = r->tokens = 0;
	r->token = (struct acc_token){0};
	if (edge_sip_find(m, EDGE_SIP_ROUTE, 0) >= 0 &&
	    edge_sip_addrs(m, EDGE_SIP_ROUTE, r->list, NULL, &r->count))
		return ACC_REASON_PARSE;
	r->end = r->count;
	why = repair(d, r, v, m);
	if (!why)
		why = pop_own(r, v);
	if (!why && r->token.of_partner)
		why = open_hidden(d, r, v);
	d->pop = (unsigned)r->pop;
	d->in_dialog = r->tokens != 0 && edge_slice_len(m->to.tag) != 0;
	return why;
}

/* A cluster by the IP that HOSTS gives one of its machines. */
static const struct topo_cluster *
registrar_by_ip(const struct topo *t, struct edge_slice host,
		const struct topo_host **member)
{
	struct edge_addr a;

	if (!acc_host_addr(&a, host))
		return NULL;
	for (size_t i = 0; i < t->registrar_count; i++) {
		const struct topo_cluster *c = &t->registrars[i];

		for (size_t k = 0; k < c->member_count; k++)
			for (size_t n = 0; n < c->members[k].addr_count; n++)
				if (edge_addr_same_ip(&c->members[k].addrs[n],
						      &a)) {
					*member = &c->members[k];
					return c;
				}
	}
	return NULL;
}

/* is_behind: the hop's own other entry, where it changes to plain SIP between
 * its two sides. */
static bool leg_fits(const struct edge_sip_uri *u, uint16_t port,
		     bool is_behind)
{
	struct edge_slice p;

	if (u->port != 0 && u->port != port &&
	    !(is_behind && (u->port == SIP_PORT || u->port == SIPS_PORT)))
		return false;
	return !edge_sip_param(u->params, "transport", &p) ||
	       edge_slice_ieq_str(p, "tls") ||
	       (is_behind && edge_slice_ieq_str(p, "tcp"));
}

/* Next Route of an outside request: a registrar cluster, its port, TLS. */
static enum acc_reason target_inside(struct acc_decision *d,
				     const struct acc_view *v,
				     const struct edge_sip_uri *u,
				     bool is_behind)
{
	const struct topo_host *member = NULL, *fe_member = NULL;
	const struct topo_cluster *c;
	struct edge_slice p;

	if (!u->is_sip)
		return ACC_REASON_ROUTE_TARGET;
	c = topo_find_registrar(v->topo, u->host, &member);
	if (!c)
		c = registrar_by_ip(v->topo, u->host, &member);
	if (!c || c->port == 0 || !leg_fits(u, c->port, is_behind))
		return ACC_REASON_ROUTE_TARGET;
	if (edge_sip_param(u->params, "maddr", &p))
		return ACC_REASON_ROUTE_TARGET;
	if (edge_sip_param(u->params, "ms-fe", &p)) {
		if (topo_find_registrar(v->topo, p, &fe_member) != c)
			return ACC_REASON_ROUTE_TARGET;
		if (fe_member)
			member = fe_member;
	}
	d->cluster = c;
	d->member = member;
	return ACC_REASON_OK;
}

/* A loose router inside follows what is behind its own entry as well: each
 * one must be permitted, up to an entry of ours, where it comes back here. */
static enum acc_reason targets_inside(struct acc_decision *d,
				      const struct acc_view *v,
				      const struct route_set *r)
{
	struct acc_decision later = {0};
	struct acc_token t;
	enum acc_reason why = ACC_REASON_OK;

	for (size_t i = r->pop; i < r->end && !why; i++) {
		const struct edge_sip_uri *u = &r->list[i].uri;

		if (acc_token_is_ours(v, u))
			return acc_token_check(v, u, &t)
				       ? ACC_REASON_ROUTE_SIGNATURE
				       : ACC_REASON_OK;
		why = i == r->pop ? target_inside(d, v, u, false)
				  : target_inside(&later, v, u, true);
	}
	return why;
}

static void decide_inward(struct acc_decision *d, const struct acc_view *v,
			  const struct route_set *r)
{
	const struct edge_sip_uri *next;
	struct edge_slice lr;
	enum acc_reason why;

	d->to = ACC_TO_NEXT_HOP;
	d->reason = ACC_REASON_OK;
	d->cluster = topo_next_hop(v->topo);
	if (r->pop == r->end)
		return;
	next = &r->list[r->pop].uri;
	if (!edge_sip_param(next->params, "lr", &lr)) {
		answer(d, ACC_REASON_STRICT_ROUTE);
		return;
	}
	why = targets_inside(d, v, r);
	if (why)
		answer(d, why);
}

/* AE 2.7 (b): the connection that the rewritten Contact named. */
static bool client_of_ruri(const struct edge_sip_uri *u, edge_handle *out)
{
	struct edge_slice text;
	uint64_t cid;

	if (!u->is_sip ||
	    !edge_sip_param(u->params, "ms-received-cid", &text) ||
	    !edge_slice_hex(text, &cid) || cid == 0 || cid > UINT32_MAX)
		return false;
	*out = (edge_handle)cid;
	return true;
}

/* The Route entry behind ours that says "leave through the edge" (AE 2.4). */
static const struct edge_sip_uri *edge_route(const struct route_set *r)
{
	struct edge_slice mark;

	return r->pop != r->end && edge_sip_param(r->list[r->pop].params,
						  "ms-edge-route", &mark)
		       ? &r->list[r->pop].uri
		       : NULL;
}

static void decide_federated(struct acc_decision *d, const struct acc_view *v,
			     const struct edge_sip_msg *m,
			     const struct route_set *r)
{
	const struct acc_leaving l = {m, edge_route(r), d->in_dialog};
	size_t rest = r->pop + (edge_route(r) != NULL);
	enum acc_reason why =
		acc_destination_find(&d->verdict, &d->partner, v, &l);

	for (; rest < r->end && !why; rest++) /* they go along */
		if (acc_contact_names_inside(v, &r->list[rest].uri))
			why = ACC_REASON_ROUTE_TARGET;
	if (why) {
		answer(d, why);
		return;
	}
	d->to = ACC_TO_PARTNER;
	d->reason = ACC_REASON_OK;
	d->pop += edge_route(r) != NULL; /* consumed */
}

/* Is it for a partner: by token, by ms-edge-route (AE 2.4), or by a domain
 * that is not ours? */
static bool leaves(const struct acc_view *v, const struct edge_sip_uri *target,
		   const struct route_set *r)
{
	struct edge_addr literal;
	edge_handle cid;

	if (r->tokens)
		return r->token.of_partner;
	if (r->pop != r->end)
		return edge_route(r) != NULL;
	return target->is_sip && !client_of_ruri(target, &cid) &&
	       !acc_host_addr(&literal, target->host) &&
	       !topo_find_domain(v->topo, target->host) &&
	       !acc_token_is_ours(v, target);
}

/* The Request-URI as it goes on. */
static const struct edge_sip_uri *target_of(const struct acc_decision *d,
					    const struct edge_sip_msg *m)
{
	return d->replace_ruri ? &d->last_route : &m->ruri;
}

static void decide_outward(struct acc_decision *d, const struct acc_view *v,
			   const struct edge_sip_msg *m,
			   const struct route_set *r)
{
	const struct edge_sip_uri *target = target_of(d, m);
	bool gone = r->tokens && r->token.boot != v->boot; /* DESIGN 5 */

	if (leaves(v, target, r)) {
		decide_federated(d, v, m, r);
	} else if (!gone && r->pop != r->end) {
		answer(d, ACC_REASON_ROUTE_TARGET);
	} else if (!gone && (r->tokens || client_of_ruri(target, &d->client))) {
		d->to = ACC_TO_CLIENT;
		if (r->tokens)
			d->client = r->token.cid;
	} else {
		answer(d, ACC_REASON_CLIENT_GONE);
	}
}

/* Without user, at a name or address of this edge. */
static bool is_for_us(const struct acc_view *v, const struct edge_sip_msg *m,
		      const struct acc_source *from)
{
	const struct edge_sip_uri *u = &m->ruri;
	struct edge_slice cid;

	if (!u->is_sip || edge_slice_len(u->user) != 0 ||
	    edge_sip_param(u->params, "ms-received-cid", &cid) ||
	    edge_sip_param(u->params, "ms-route-sig", &cid))
		return false;
	return acc_token_is_ours(v, u) || acc_host_is_ip(u->host, &from->local);
}

bool acc_route_forms_dialog(const struct edge_sip_msg *m)
{
	if (edge_slice_len(m->to.tag) != 0)
		return false;
	return m->method == EDGE_SIP_INVITE ||
	       m->method == EDGE_SIP_SUBSCRIBE || m->method == EDGE_SIP_REFER;
}

/* Whoever is referred goes there by himself. */
static bool leads_inside(const struct acc_view *v, struct edge_slice value)
{
	struct edge_sip_addr list[EDGE_SIP_LIST];
	size_t count;

	if (edge_sip_addr_list(value, list, &count))
		return true; /* who knows */
	for (size_t i = 0; i < count; i++) {
		const struct edge_sip_uri *u = &list[i].uri;

		if (u->is_sip ? acc_contact_leads_inside(v, u)
			      : acc_text_reveals(v, u->text))
			return true;
	}
	return false;
}

static bool refers_inside(const struct acc_view *v,
			  const struct edge_sip_msg *m)
{
	static const char *const names[] = {"Refer-To", "r"};

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		for (int i = edge_sip_find_name(m, names[n], 0); i >= 0;
		     i = edge_sip_find_name(m, names[n], i + 1))
			if (leads_inside(v, m->lines[i].value))
				return true;
	return false;
}

/* A Contact that we sealed stands for a dialog. Without one, and without a
 * word of one (RFC 3891, 3911, 4538), it would pass by the user's own server.
 */
static bool is_contact_alone(const struct acc_decision *d,
			     const struct edge_sip_msg *m)
{
	struct edge_slice sealed;

	return !d->in_dialog &&
	       edge_sip_param(target_of(d, m)->params, ACC_HIDDEN_PARAM,
			      &sealed) &&
	       edge_sip_find_name(m, "Replaces", 0) < 0 &&
	       edge_sip_find_name(m, "Join", 0) < 0 &&
	       edge_sip_find_name(m, "Target-Dialog", 0) < 0;
}

/* What a partner names is its own, or what we gave it: as Request-URI, and in
 * Record-Route, which the inside repeats. */
static enum acc_reason places_of_partner(struct acc_decision *d,
					 const struct acc_view *v,
					 const struct edge_sip_msg *m)
{
	struct edge_sip_addr list[EDGE_SIP_LIST];
	size_t count = 0;

	if (edge_sip_find(m, EDGE_SIP_RECORD_ROUTE, 0) >= 0 &&
	    edge_sip_addrs(m, EDGE_SIP_RECORD_ROUTE, list, NULL, &count))
		return ACC_REASON_PARSE;
	for (size_t i = 0; i < count; i++)
		if (acc_contact_names_inside(v, &list[i].uri))
			return ACC_REASON_ROUTE_TARGET;
	if (refers_inside(v, m))
		return ACC_REASON_NO_ROUTE;
	if (is_contact_alone(d, m))
		return acc_verdict_end(&d->verdict, ACC_REASON_NO_ROUTE);
	return acc_partner_target(&d->verdict, v, target_of(d, m),
				  d->in_dialog);
}

static void decide(struct acc_decision *d, const struct acc_view *v,
		   const struct edge_sip_msg *m, const struct acc_source *from)
{
	struct route_set r;
	enum acc_reason why;
	bool for_us;

	if (m->method == EDGE_SIP_NEGOTIATE) {
		answer(d, ACC_REASON_NEGOTIATE);
		return;
	}
	why = read_routes(d, &r, v, m);
	if (why) {
		answer(d, why);
		return;
	}
	/* a token of the other kind of peer is nobody's dialog here */
	if (from->role != ACC_ROLE_INT &&
	    r.token.of_partner != acc_role_is_partner(from->role))
		d->in_dialog = false;
	for_us = m->method == EDGE_SIP_OPTIONS && r.pop == r.end &&
		 is_for_us(v, m, from);
	if (for_us &&
	    (from->role != ACC_ROLE_USR || v->topo->access.outside_users)) {
		d->to = ACC_TO_SELF;
		return;
	}
	if (!for_us && m->max_forwards == 0) /* the guard left OPTIONS to us */
		why = ACC_REASON_HOPS;
	else
		why = acc_domain_check(&d->verdict, v, m, from, d->in_dialog);
	if (!why && acc_role_is_partner(from->role))
		why = places_of_partner(d, v, m);
	if (why)
		answer(d, why);
	else if (from->role == ACC_ROLE_INT)
		decide_outward(d, v, m, &r);
	else
		decide_inward(d, v, &r);
}

void acc_route_decide(struct acc_decision *out, const struct acc_view *v,
		      const struct edge_sip_msg *m,
		      const struct acc_source *from)
{
	*out = (struct acc_decision){0};
	decide(out, v, m, from);
	if (out->to == ACC_TO_NEXT_HOP && acc_role_is_partner(from->role) &&
	    acc_hidden_of(v, ACC_HIDDEN_CONTACT, target_of(out, m),
			  out->ruri) == EDGE_EAUTH)
		answer(out, ACC_REASON_ROUTE_SIGNATURE);
	out->record_route =
		acc_route_forms_dialog(m) ||
		(m->method == EDGE_SIP_REGISTER && from->role != ACC_ROLE_INT);
	/* never an answer to an ACK (AE 2.10) */
	if (m->method == EDGE_SIP_ACK && out->to == ACC_TO_ANSWER)
		out->to = ACC_TO_DROP;
}
