/* What would be decided on a message, and why. */
#include "access-edge/explain.h"

#include <stdio.h>
#include <string.h>

#include "access-edge/domain.h"

const char *acc_direction_name(enum acc_direction d)
{
	static const char *const names[] = {
		[ACC_FROM_PARTNER] = "in",
		[ACC_TO_A_PARTNER] = "out",
		[ACC_OF_A_USER] = "user",
	};

	return names[d];
}

enum acc_reason acc_explained_reason(const struct acc_explained *x)
{
	return x->link.reason ? x->link.reason : x->message.reason;
}

static const char *scheme_of(const char *uri)
{
	return strchr(uri, ':') ? "" : "sip:";
}

static enum edge_err make(struct edge_sip_msg *msg,
			  struct edge_sip_arena *arena,
			  char text[ACC_EXPLAIN_LEN],
			  const struct acc_question *q)
{
	int n = snprintf(text, ACC_EXPLAIN_LEN,
			 "%s %s%s SIP/2.0\r\n"
			 "Via: SIP/2.0/TLS explain.invalid;branch=z9hG4bK1\r\n"
			 "From: <%s%s>;tag=1\r\nTo: <%s%s>\r\n"
			 "Call-ID: explain\r\nCSeq: 1 %s\r\n"
			 "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
			 q->method, scheme_of(q->to), q->to, scheme_of(q->from),
			 q->from, scheme_of(q->to), q->to, q->method);

	if (n < 0 || n >= ACC_EXPLAIN_LEN)
		return EDGE_ELIMIT;
	return edge_sip_msg_parse(msg, arena, edge_slice(text, (size_t)n),
				  (size_t)n);
}

/* Whose certificate it would be: of the list, else the domain's usual name. */
static void usual_peer(char out[EDGE_DNS_NAME_LEN], const struct topo *t,
		       struct edge_slice domain)
{
	const struct topo_partner *p = topo_find_partner(t, domain);
	const char *known = t->access.default_route ? t->access.default_route
			    : p			    ? p->proxy_fqdn
						    : NULL;

	if (known)
		snprintf(out, EDGE_DNS_NAME_LEN, "%s", known);
	else
		snprintf(out, EDGE_DNS_NAME_LEN, "sip.%.*s",
			 (int)edge_slice_len(domain), (const char *)domain.p);
}

static void from_partner(struct acc_explained *out, const struct acc_view *v,
			 const struct edge_sip_msg *m)
{
	char name[1][EDGE_PEER_NAME_LEN];
	struct edge_dns_srv row = {.port = 5061};
	struct edge_peer peer = {.fault = EDGE_PEER_FINE,
				 .has_certificate = true,
				 .names = name,
				 .name_count = 1};
	struct acc_facts facts = {.peer = &peer,
				  .srv = {ACC_SRV_FOUND, &row, 1}};
	struct acc_source from = {.facts = &facts};

	snprintf(name[0], sizeof(name[0]), "%s", out->peer);
	snprintf(row.target, sizeof(row.target), "%s", out->peer);
	from.role = acc_partner_role(&out->link, v->topo, &peer);
	out->role = from.role;
	if (from.role == ACC_ROLE_COUNT)
		return;
	out->is_srv_assumed =
		acc_partner_wants_srv(v->topo, from.role, m->from.uri.host);
	acc_partner_inbound(&out->message, v, m, &from, false);
}

enum edge_err acc_explain(struct acc_explained *out, const struct acc_view *v,
			  struct edge_sip_arena *arena,
			  struct edge_sip_msg *msg, char text[ACC_EXPLAIN_LEN],
			  const struct acc_question *q)
{
	const struct acc_source user = {.role = ACC_ROLE_USR,
					.signed_in = true};
	enum edge_err err = make(msg, arena, text, q);
	bool is_ours, is_for_us;

	*out = (struct acc_explained){.role = ACC_ROLE_USR};
	if (err)
		return err;
	is_ours = topo_find_domain(v->topo, msg->from.uri.host);
	is_for_us = topo_find_domain(v->topo, msg->to.uri.host);
	if (q->peer || !is_ours) {
		out->direction = ACC_FROM_PARTNER;
		if (q->peer)
			snprintf(out->peer, sizeof(out->peer), "%s", q->peer);
		else
			usual_peer(out->peer, v->topo, msg->from.uri.host);
		from_partner(out, v, msg);
	} else if (!is_for_us) {
		out->direction = ACC_TO_A_PARTNER;
		acc_destination_find(&out->message, &out->goes, v, msg, NULL,
				     false);
		out->role = out->goes.role;
		out->is_srv_assumed = out->goes.by_srv;
	} else {
		out->direction = ACC_OF_A_USER;
		acc_domain_check(&out->message, v, msg, &user, false);
	}
	return EDGE_OK;
}
