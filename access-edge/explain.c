/* What would be decided on a message, and why. */
#include "access-edge/explain.h"

#include <stdio.h>
#include <string.h>

#include "access-edge/domain.h"
#include "topology/name.h"

const char *acc_direction_name(enum acc_direction d)
{
	static const char *const names[] = {
		[ACC_ANY_DIRECTION] = "any",
		[ACC_FROM_PARTNER] = "in",
		[ACC_TO_A_PARTNER] = "out",
		[ACC_OF_A_USER] = "user",
	};

	return names[d];
}

const struct acc_verdict *acc_explained_verdict(const struct acc_explained *x)
{
	return x->link.reason ? &x->link : &x->message;
}

bool acc_explained_same(const struct acc_explained *a,
			const struct acc_explained *b)
{
	const struct acc_verdict *va = acc_explained_verdict(a);
	const struct acc_verdict *vb = acc_explained_verdict(b);

	if (a->direction != b->direction || va->reason != vb->reason)
		return false;
	return va->reason || (a->role == b->role && va->level == vb->level &&
			      va->is_limited == vb->is_limited &&
			      a->goes.level == b->goes.level &&
			      strcmp(a->goes.name, b->goes.name) == 0);
}

/* -- the message -------------------------------------------------------- */

/* Visible ASCII without what would end the place it stands in. */
static bool fits(const char *s, const char *but)
{
	const char *c = s;

	for (; *c; c++)
		if (*c <= ' ' || *c > '~' || strchr(but, *c))
			return false;
	return c != s;
}

static bool is_askable(const struct acc_question *q)
{
	static const char separators[] = "()<>@,;:\\\"/[]?={}";

	return fits(q->from, "<>\",") && fits(q->to, "<>\",") &&
	       fits(q->method, separators) &&
	       (!q->peer || fits(q->peer, "<>\"@:;/")) &&
	       (!q->route || fits(q->route, "<>\"@:;/,"));
}

/* A name alone is a SIP one: "carol@fabrikam.com:5061", "fabrikam.com". */
static const char *scheme_of(const char *uri)
{
	return uri[strcspn(uri, ":@.")] == ':' ? "" : "sip:";
}

static enum edge_err make(struct acc_explain_room *r,
			  const struct acc_question *q)
{
	int n;

	if (!is_askable(q))
		return EDGE_EFORMAT;
	n = snprintf(r->text, ACC_EXPLAIN_LEN,
		     "%s %s%s SIP/2.0\r\n"
		     "Via: SIP/2.0/TLS explain.invalid;branch=z9hG4bK1\r\n"
		     "From: <%s%s>;tag=1\r\nTo: <%s%s>\r\n"
		     "Call-ID: explain\r\nCSeq: 1 %s\r\n"
		     "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		     q->method, scheme_of(q->to), q->to, scheme_of(q->from),
		     q->from, scheme_of(q->to), q->to, q->method);
	if (n < 0 || n >= ACC_EXPLAIN_LEN)
		return EDGE_ELIMIT;
	return edge_sip_msg_parse(r->msg, r->arena,
				  edge_slice(r->text, (size_t)n), (size_t)n);
}

/* -- the peer ----------------------------------------------------------- */

static bool put_peer(struct acc_explained *out, const char *name)
{
	int n = snprintf(out->peer, sizeof(out->peer), "%s", name);

	return n >= 0 && (size_t)n < sizeof(out->peer);
}

static const char *listed_peer(const struct topo *t, struct edge_slice domain)
{
	const struct topo_partner *p = topo_find_partner(t, domain);

	if (t->access.default_route)
		return t->access.default_route;
	if (p)
		return p->proxy_fqdn;
	for (size_t i = 0; i < t->provider_count; i++)
		if (t->providers[i].decorated &&
		    topo_name_eq(domain, t->providers[i].decorated))
			return t->providers[i].proxy_fqdn;
	return NULL;
}

/* Whose certificate it would be: of the lists, else the domain's usual name. */
static void usual_peer(struct acc_explained *out, const struct topo *t,
		       struct edge_slice domain)
{
	const char *known = listed_peer(t, domain);
	char usual[ACC_EXPLAIN_PEER];

	snprintf(usual, sizeof(usual), "sip.%.*s", (int)edge_slice_len(domain),
		 (const char *)domain.p);
	out->is_peer_assumed = true;
	(void)put_peer(out, known ? known : usual);
}

static bool take_name(char out[EDGE_PEER_NAME_LEN], struct edge_slice name)
{
	if (!edge_slice_len(name) ||
	    !edge_slice_copy(out, EDGE_PEER_NAME_LEN, name))
		return false;
	for (char *c = out; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return true;
}

/* "a.test,b.test": how many names; 0: none, too many or too long. */
static size_t split(char names[ACC_EXPLAIN_NAMES][EDGE_PEER_NAME_LEN],
		    const char *list)
{
	for (size_t n = 0; n < ACC_EXPLAIN_NAMES; n++) {
		size_t len = strcspn(list, ",");

		if (!take_name(names[n], edge_slice(list, len)))
			return 0;
		if (!list[len])
			return n + 1;
		list += len + 1;
	}
	return 0;
}

/* -- the three ways ----------------------------------------------------- */

static enum edge_err from_partner(struct acc_explained *out,
				  const struct acc_view *v,
				  const struct edge_sip_msg *m,
				  const struct acc_question *q)
{
	char names[ACC_EXPLAIN_NAMES][EDGE_PEER_NAME_LEN];
	struct edge_dns_srv rows[ACC_EXPLAIN_NAMES];
	struct edge_peer peer = {.fault = EDGE_PEER_FINE,
				 .has_certificate = true,
				 .names = names};
	struct acc_facts facts = {.peer = &peer};
	struct acc_source from = {.facts = &facts};

	if (!q->peer)
		usual_peer(out, v->topo, m->from.uri.host);
	else if (!put_peer(out, q->peer))
		return EDGE_ELIMIT;
	peer.name_count = split(names, out->peer);
	if (!peer.name_count)
		return EDGE_EFORMAT;
	for (size_t i = 0; i < peer.name_count; i++) {
		rows[i] = (struct edge_dns_srv){.port = 5061};
		memcpy(rows[i].target, names[i], strlen(names[i]) + 1);
	}
	facts.srv = (struct acc_srv){ACC_SRV_FOUND, rows, peer.name_count};
	from.role = out->role = acc_partner_role(&out->link, v->topo, &peer);
	if (from.role == ACC_ROLE_COUNT)
		return EDGE_OK;
	if (acc_partner_wants_srv(v->topo, from.role, m->from.uri.host))
		out->srv_assumed = m->from.uri.host;
	acc_partner_inbound(&out->message, v, m, &from, false);
	return EDGE_OK;
}

/* Where its record would lead: as asked, else to the usual name. */
static enum edge_err by_srv(struct acc_explained *out, const struct acc_view *v,
			    const struct acc_question *q)
{
	char target[1][EDGE_PEER_NAME_LEN];
	enum acc_reason why;

	out->srv_assumed = edge_slice_str(out->goes.name);
	out->is_peer_assumed = !q->peer;
	if (q->peer && !put_peer(out, q->peer))
		return EDGE_ELIMIT;
	if (!q->peer)
		snprintf(out->peer, sizeof(out->peer), "sip.%s",
			 out->goes.name);
	if (strlen(out->peer) >= sizeof(*target) || strchr(out->peer, ','))
		return EDGE_EFORMAT;
	memcpy(*target, out->peer, strlen(out->peer) + 1);
	why = acc_destination_target(v, &out->goes, *target);
	if (why)
		acc_destination_tell(&out->message, &out->goes, why);
	return EDGE_OK;
}

static enum edge_err to_partner(struct acc_explained *out,
				const struct acc_view *v,
				const struct edge_sip_msg *m,
				const struct acc_question *q)
{
	const struct edge_sip_uri route = {
		.host = edge_slice_str(q->route ? q->route : ""),
		.is_sip = true,
	};
	const struct acc_leaving l = {m, q->route ? &route : NULL, false};
	enum edge_err err = EDGE_OK;

	acc_destination_find(&out->message, &out->goes, v, &l);
	if (!out->message.reason) {
		if (out->goes.by_srv)
			err = by_srv(out, v, q);
		else
			(void)put_peer(out, out->goes.name);
	}
	out->role = out->message.reason ? ACC_ROLE_COUNT : out->goes.role;
	return err;
}

static enum edge_err of_user(struct acc_explained *out,
			     const struct acc_view *v,
			     const struct edge_sip_msg *m, bool is_anonymous)
{
	const struct acc_source user = {.role = ACC_ROLE_USR,
					.signed_in = !is_anonymous};

	acc_domain_check(&out->message, v, m, &user, false);
	out->role = ACC_ROLE_USR;
	return EDGE_OK;
}

static bool is_own(const struct acc_view *v, const struct edge_sip_addr *a)
{
	return a->uri.is_sip && edge_slice_len(a->uri.host) &&
	       topo_find_domain(v->topo, a->uri.host);
}

static enum acc_direction usual_direction(const struct acc_view *v,
					  const struct edge_sip_msg *m,
					  const struct acc_question *q,
					  bool is_anonymous)
{
	if (is_anonymous && !q->peer)
		return ACC_OF_A_USER;
	if (!is_own(v, &m->from))
		return ACC_FROM_PARTNER;
	if (!is_own(v, &m->to) || q->route)
		return ACC_TO_A_PARTNER;
	return q->peer ? ACC_FROM_PARTNER : ACC_OF_A_USER;
}

enum edge_err acc_explain(struct acc_explained *out, const struct acc_view *v,
			  struct acc_explain_room *room,
			  const struct acc_question *q)
{
	const struct edge_sip_msg *msg = room->msg;
	enum edge_err err = make(room, q);
	bool is_anonymous;

	*out = (struct acc_explained){.role = ACC_ROLE_COUNT};
	if (err)
		return err;
	is_anonymous =
		edge_slice_ieq_str(msg->from.uri.host, "anonymous.invalid");
	out->direction = q->direction
				 ? q->direction
				 : usual_direction(v, msg, q, is_anonymous);
	switch (out->direction) {
	case ACC_FROM_PARTNER:
		return from_partner(out, v, msg, q);
	case ACC_TO_A_PARTNER:
		return to_partner(out, v, msg, q);
	case ACC_OF_A_USER:
	case ACC_ANY_DIRECTION:
		break;
	}
	return of_user(out, v, msg, is_anonymous);
}
