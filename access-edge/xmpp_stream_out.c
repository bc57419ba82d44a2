/* The steps of our stream to a partner; AE 6.3. */
#include "access-edge/xmpp_stream.h"

typedef struct acc_xmpp_out_step out_step(struct acc_xmpp_out *s);

static struct acc_xmpp_out_step act(struct acc_xmpp_out *s,
				    enum acc_xmpp_out_state next,
				    enum acc_xmpp_out_act a)
{
	s->state = next;
	return (struct acc_xmpp_out_step){.act = a};
}

static struct acc_xmpp_out_step refuse(enum acc_xmpp_reason r)
{
	return (struct acc_xmpp_out_step){ACC_OUT_DO_REFUSE, r};
}

static struct acc_xmpp_out_step on_bad(struct acc_xmpp_out *s)
{
	(void)s;
	return refuse(ACC_XMPP_R_OUT_OF_ORDER);
}

static struct acc_xmpp_out_step on_nothing(struct acc_xmpp_out *s)
{
	return act(s, s->state, ACC_OUT_DO_NOTHING);
}

static struct acc_xmpp_out_step on_connected(struct acc_xmpp_out *s)
{
	return act(s, ACC_OUT_OPENING, ACC_OUT_DO_OPEN);
}

/* Who proves what, once there is no more to encrypt. */
static struct acc_xmpp_out_step prove(struct acc_xmpp_out *s)
{
	if (s->is_verify)
		return act(s, ACC_OUT_VERIFY, ACC_OUT_DO_VERIFY);
	if (s->is_secured && s->mode.external && s->offers_external &&
	    s->is_certified)
		return act(s, ACC_OUT_AUTH, ACC_OUT_DO_AUTH);
	if (s->mode.dialback)
		return act(s, ACC_OUT_DIALBACK, ACC_OUT_DO_RESULT);
	return refuse(ACC_XMPP_R_NO_METHOD);
}

static struct acc_xmpp_out_step on_features(struct acc_xmpp_out *s)
{
	if (s->mode.tls && s->offers_tls)
		return act(s, ACC_OUT_STARTTLS, ACC_OUT_DO_STARTTLS);
	if (s->mode.tls_required)
		return refuse(ACC_XMPP_R_TLS_WANTED);
	return prove(s);
}

/* Before version 1.0 there were no features, and no TLS. */
static struct acc_xmpp_out_step on_header(struct acc_xmpp_out *s)
{
	if (s->has_features)
		return act(s, ACC_OUT_CLEAR, ACC_OUT_DO_NOTHING);
	s->offers_tls = s->offers_external = false;
	return on_features(s);
}

static struct acc_xmpp_out_step on_proceed(struct acc_xmpp_out *s)
{
	return act(s, ACC_OUT_HANDSHAKE, ACC_OUT_DO_HANDSHAKE);
}

/* Where EXTERNAL is all there is, theirs has to be right as well. */
static struct acc_xmpp_out_step on_tls_done(struct acc_xmpp_out *s)
{
	if (!s->mode.dialback && !s->is_certified)
		return refuse(ACC_XMPP_R_CERTIFICATE);
	return act(s, ACC_OUT_SECURED, ACC_OUT_DO_OPEN);
}

static struct acc_xmpp_out_step on_secure_header(struct acc_xmpp_out *s)
{
	if (s->has_features)
		return act(s, ACC_OUT_SECURE, ACC_OUT_DO_NOTHING);
	s->offers_external = false;
	return prove(s);
}

static struct acc_xmpp_out_step on_secure_features(struct acc_xmpp_out *s)
{
	return prove(s);
}

static struct acc_xmpp_out_step on_success(struct acc_xmpp_out *s)
{
	return act(s, ACC_OUT_PROVEN, ACC_OUT_DO_OPEN);
}

/* They do not believe our certificate: our key may do. */
static struct acc_xmpp_out_step on_auth_failure(struct acc_xmpp_out *s)
{
	if (!s->mode.dialback)
		return refuse(ACC_XMPP_R_SASL);
	return act(s, ACC_OUT_DIALBACK, ACC_OUT_DO_RESULT);
}

static struct acc_xmpp_out_step on_tls_failure(struct acc_xmpp_out *s)
{
	(void)s;
	return refuse(ACC_XMPP_R_TLS_FAILED);
}

static struct acc_xmpp_out_step on_proven_header(struct acc_xmpp_out *s)
{
	return act(s, ACC_OUT_ADMITTED, ACC_OUT_DO_NOTHING);
}

static struct acc_xmpp_out_step on_ready(struct acc_xmpp_out *s)
{
	return act(s, ACC_OUT_READY, ACC_OUT_DO_READY);
}

static struct acc_xmpp_out_step on_invalid(struct acc_xmpp_out *s)
{
	(void)s;
	return refuse(ACC_XMPP_R_DIALBACK_KEY);
}

static struct acc_xmpp_out_step on_unsure(struct acc_xmpp_out *s)
{
	(void)s;
	return refuse(ACC_XMPP_R_DIALBACK_FAILED);
}

static struct acc_xmpp_out_step on_their_valid(struct acc_xmpp_out *s)
{
	return act(s, s->state, ACC_OUT_DO_VALID);
}

static struct acc_xmpp_out_step on_their_invalid(struct acc_xmpp_out *s)
{
	return act(s, s->state, ACC_OUT_DO_INVALID);
}

#define BAD on_bad
/* clang-format off */
static out_step *const steps[ACC_OUT_STATES][ACC_OUT_EVENTS] = {
	/*                      CONNECTED     HEADER            FEATURES            PROCEED     TLS_DONE     SUCCESS     FAILURE          VALID           INVALID           UNSURE     OTHER */
	[ACC_OUT_CONNECTING] = {on_connected, BAD,              BAD,                BAD,        BAD,         BAD,        BAD,             BAD,            BAD,              BAD,       BAD},
	[ACC_OUT_OPENING]    = {BAD,          on_header,        BAD,                BAD,        BAD,         BAD,        BAD,             BAD,            BAD,              BAD,       BAD},
	[ACC_OUT_CLEAR]      = {BAD,          BAD,              on_features,        BAD,        BAD,         BAD,        BAD,             BAD,            BAD,              BAD,       BAD},
	[ACC_OUT_STARTTLS]   = {BAD,          BAD,              BAD,                on_proceed, BAD,         BAD,        on_tls_failure,  BAD,            BAD,              BAD,       BAD},
	[ACC_OUT_HANDSHAKE]  = {BAD,          BAD,              BAD,                BAD,        on_tls_done, BAD,        BAD,             BAD,            BAD,              BAD,       BAD},
	[ACC_OUT_SECURED]    = {BAD,          on_secure_header, BAD,                BAD,        BAD,         BAD,        BAD,             BAD,            BAD,              BAD,       BAD},
	[ACC_OUT_SECURE]     = {BAD,          BAD,              on_secure_features, BAD,        BAD,         BAD,        BAD,             BAD,            BAD,              BAD,       BAD},
	[ACC_OUT_AUTH]       = {BAD,          BAD,              BAD,                BAD,        BAD,         on_success, on_auth_failure, BAD,            BAD,              BAD,       BAD},
	[ACC_OUT_PROVEN]     = {BAD,          on_proven_header, BAD,                BAD,        BAD,         BAD,        BAD,             BAD,            BAD,              BAD,       BAD},
	[ACC_OUT_ADMITTED]   = {BAD,          BAD,              on_ready,           BAD,        BAD,         BAD,        BAD,             BAD,            BAD,              BAD,       BAD},
	[ACC_OUT_DIALBACK]   = {BAD,          BAD,              BAD,                BAD,        BAD,         BAD,        BAD,             on_ready,       on_invalid,       on_unsure, BAD},
	[ACC_OUT_VERIFY]     = {BAD,          BAD,              BAD,                BAD,        BAD,         BAD,        BAD,             on_their_valid, on_their_invalid, on_unsure, BAD},
	[ACC_OUT_READY]      = {BAD,          BAD,              BAD,                BAD,        BAD,         BAD,        BAD,             BAD,            BAD,              BAD,       on_nothing},
};
/* clang-format on */
#undef BAD

struct acc_xmpp_out_step acc_xmpp_out_next(struct acc_xmpp_out *s,
					   enum acc_xmpp_out_event ev)
{
	return steps[s->state][ev](s);
}
