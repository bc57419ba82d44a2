/* Which domains and methods a peer may use here; AE 2.8, 3.1, 3.6, 5. */
#include "access-edge/domain.h"

static struct edge_slice host_of(const struct edge_sip_addr *a)
{
	return a->uri.is_sip ? a->uri.host : (struct edge_slice){0};
}

static bool is_own(const struct acc_view *v, struct edge_slice host)
{
	return edge_slice_len(host) != 0 &&
	       topo_find_domain(v->topo, host) != NULL;
}

static bool is_anonymous(const struct edge_sip_msg *m)
{
	return edge_slice_ieq_str(host_of(&m->from), "anonymous.invalid");
}

/* AE 3.1 AllowAnonymousUsers: what somebody without an account may send. */
static bool anonymous_method(enum edge_sip_method method)
{
	static const bool allowed[EDGE_SIP_METHOD_COUNT] = {
		[EDGE_SIP_INVITE] = true,    [EDGE_SIP_ACK] = true,
		[EDGE_SIP_BYE] = true,	     [EDGE_SIP_CANCEL] = true,
		[EDGE_SIP_INFO] = true,	     [EDGE_SIP_UPDATE] = true,
		[EDGE_SIP_PRACK] = true,     [EDGE_SIP_SERVICE] = true,
		[EDGE_SIP_SUBSCRIBE] = true,
	};

	return (unsigned)method < EDGE_SIP_METHOD_COUNT && allowed[method];
}

static bool starts(struct edge_slice s, const char *with)
{
	struct edge_slice w = edge_slice_str(with), head;

	return edge_take(&s, edge_slice_len(w), &head) &&
	       edge_slice_ieq(head, w);
}

/* AE 3.1: a conference focus, or the service that gives media credentials. */
static bool anonymous_target(const struct edge_sip_uri *u)
{
	struct edge_slice opaque;

	return u->is_sip && edge_sip_param(u->params, "opaque", &opaque) &&
	       (starts(opaque, "app:conf:") || starts(opaque, "srvr:"));
}

static enum acc_reason anonymous_check(const struct edge_sip_msg *m,
				       bool in_dialog)
{
	if (!anonymous_method(m->method))
		return ACC_REASON_METHOD_UNSIGNED;
	if (!in_dialog && !anonymous_target(&m->ruri))
		return ACC_REASON_ANONYMOUS_OFF;
	return ACC_REASON_OK;
}

/* AE 5, unauthenticated client connection. ACK and CANCEL belong to an INVITE
 * that passed. */
static bool unsigned_method(const struct acc_view *v,
			    const struct edge_sip_msg *m, bool in_dialog)
{
	switch ((int)m->method) {
	case EDGE_SIP_REGISTER:
	case EDGE_SIP_NEGOTIATE:
	case EDGE_SIP_ACK:
	case EDGE_SIP_CANCEL:
		return true;
	case EDGE_SIP_INVITE:
	case EDGE_SIP_SERVICE:
		return v->topo->access.anonymous_users;
	default:
		return v->topo->access.anonymous_users && in_dialog &&
		       is_anonymous(m) && anonymous_method(m->method);
	}
}

static enum acc_reason user_check(const struct acc_view *v,
				  const struct edge_sip_msg *m,
				  const struct acc_source *from, bool in_dialog)
{
	struct edge_slice f = host_of(&m->from);

	if (!v->topo->access.outside_users)
		return ACC_REASON_OUTSIDE_USERS_OFF;
	if (is_anonymous(m) && !v->topo->access.anonymous_users)
		return ACC_REASON_ANONYMOUS_OFF;
	if (!from->signed_in && !unsigned_method(v, m, in_dialog))
		return ACC_REASON_METHOD_UNSIGNED;
	if (is_anonymous(m))
		return anonymous_check(m, in_dialog);
	if (!is_own(v, f))
		return ACC_REASON_FROM_DOMAIN;
	if (m->method == EDGE_SIP_REGISTER &&
	    (!edge_slice_ieq(f, host_of(&m->to)) || !m->ruri.is_sip ||
	     !edge_slice_ieq(f, m->ruri.host)))
		return ACC_REASON_REGISTER_DOMAIN;
	return ACC_REASON_OK;
}

/* AE 3.6 step 6 */
static bool federated_method(enum edge_sip_method method)
{
	return method != EDGE_SIP_REGISTER && method != EDGE_SIP_PUBLISH &&
	       method != EDGE_SIP_NEGOTIATE && method != EDGE_SIP_UNKNOWN;
}

/* AE 3.6 steps 1, 3, 5 and 6; which peer may speak for which domain (step 4)
 * is known where the peer's names are. */
static enum acc_reason partner_check(const struct acc_view *v,
				     const struct edge_sip_msg *m,
				     const struct acc_source *from,
				     bool in_dialog)
{
	struct edge_slice f = host_of(&m->from);

	if (!v->topo->access.federated_users)
		return ACC_REASON_FEDERATION_OFF;
	if (edge_slice_len(f) == 0 || topo_is_blocked(v->topo, f) ||
	    (is_own(v, f) && from->role != ACC_ROLE_HST))
		return ACC_REASON_SOURCE_DOMAIN;
	if (!in_dialog && !is_own(v, host_of(&m->to)))
		return ACC_REASON_NO_ROUTE;
	if (!federated_method(m->method))
		return ACC_REASON_PARTNER_METHOD;
	return ACC_REASON_OK;
}

enum acc_reason acc_domain_check(const struct acc_view *v,
				 const struct edge_sip_msg *m,
				 const struct acc_source *from, bool in_dialog)
{
	switch (from->role) {
	case ACC_ROLE_USR:
		return user_check(v, m, from, in_dialog);
	case ACC_ROLE_INT:
		return ACC_REASON_OK; /* the inside decided already */
	case ACC_ROLE_DIR:
	case ACC_ROLE_DSC:
	case ACC_ROLE_HST:
	case ACC_ROLE_PIC:
	case ACC_ROLE_CLR:
	case ACC_ROLE_COUNT:
		break;
	}
	return partner_check(v, m, from, in_dialog);
}

enum acc_reason acc_domain_outbound(const struct acc_view *v,
				    const struct edge_sip_msg *m,
				    bool in_dialog)
{
	struct edge_slice f = host_of(&m->from), t = host_of(&m->to);

	if (!v->topo->access.federated_users)
		return ACC_REASON_FEDERATION_OFF;
	if (!is_own(v, f) || (!in_dialog && is_own(v, t)))
		return ACC_REASON_INSIDE_DOMAINS;
	if (topo_is_blocked(v->topo, t))
		return ACC_REASON_FEDERATION_OFF;
	if (!federated_method(m->method))
		return ACC_REASON_PARTNER_METHOD;
	return ACC_REASON_OK;
}
