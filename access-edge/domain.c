/* Which domains and methods a user may use here; AE 2.8, 3.1, 5. */
#include "access-edge/domain.h"

#include "access-edge/host.h"

static bool is_anonymous(const struct edge_sip_msg *m)
{
	return edge_slice_ieq_str(acc_host_of(&m->from), "anonymous.invalid");
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

/* What a user without a name here may do. */
static enum acc_reason anonymous(struct acc_verdict *out,
				 const struct acc_view *v,
				 const struct edge_sip_msg *m, bool in_dialog)
{
	bool on = v->topo->access.anonymous_users;

	acc_verdict_step(out, ACC_CHECK_ANONYMOUS, m->method_text,
			 on ? "true" : "false");
	return on ? anonymous_check(m, in_dialog) : ACC_REASON_ANONYMOUS_OFF;
}

static enum acc_reason own_user(struct acc_verdict *out,
				const struct acc_view *v,
				const struct edge_sip_msg *m)
{
	struct edge_slice f = acc_host_of(&m->from);
	bool own = acc_host_is_own(v->topo, f);

	acc_verdict_step(out, ACC_CHECK_FROM, f, own ? "own" : "not_own");
	if (!own)
		return ACC_REASON_FROM_DOMAIN;
	if (m->method != EDGE_SIP_REGISTER ||
	    (edge_slice_ieq(f, acc_host_of(&m->to)) && m->ruri.is_sip &&
	     edge_slice_ieq(f, m->ruri.host)))
		return ACC_REASON_OK;
	acc_verdict_step(out, ACC_CHECK_TO, acc_host_of(&m->to), "differs");
	return ACC_REASON_REGISTER_DOMAIN;
}

static enum acc_reason user_check(struct acc_verdict *out,
				  const struct acc_view *v,
				  const struct edge_sip_msg *m,
				  const struct acc_source *from, bool in_dialog)
{
	const struct topo_access_settings *a = &v->topo->access;

	acc_verdict_step(out, ACC_CHECK_OUTSIDE_USERS, edge_slice_str(""),
			 a->outside_users ? "true" : "false");
	if (!a->outside_users)
		return ACC_REASON_OUTSIDE_USERS_OFF;
	if (is_anonymous(m) && !a->anonymous_users)
		return anonymous(out, v, m, in_dialog);
	if (!from->signed_in && !unsigned_method(v, m, in_dialog)) {
		acc_verdict_step(out, ACC_CHECK_SIGN_IN, m->method_text, "no");
		return ACC_REASON_METHOD_UNSIGNED;
	}
	return is_anonymous(m) ? anonymous(out, v, m, in_dialog)
			       : own_user(out, v, m);
}

enum acc_reason acc_domain_check(struct acc_verdict *out,
				 const struct acc_view *v,
				 const struct edge_sip_msg *m,
				 const struct acc_source *from, bool in_dialog)
{
	*out = (struct acc_verdict){.reason = ACC_REASON_OK};
	if (from->role == ACC_ROLE_INT)
		return ACC_REASON_OK; /* the inside decided already */
	if (acc_role_is_partner(from->role))
		return acc_partner_inbound(out, v, m, from, in_dialog);
	return acc_verdict_end(out, user_check(out, v, m, from, in_dialog));
}
