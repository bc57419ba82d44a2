/* The steps of a partner's stream to us; AE 6.3. */
#include "access-edge/xmpp_stream.h"

enum { SASL_TRIES = 2 /* AE 6.3 step 6: one retry */ };

typedef struct acc_xmpp_in_step in_step(struct acc_xmpp_in *s);

static struct acc_xmpp_in_step act(enum acc_xmpp_in_act a)
{
	return (struct acc_xmpp_in_step){.act = a};
}

static struct acc_xmpp_in_step refuse(enum acc_xmpp_reason r)
{
	return (struct acc_xmpp_in_step){ACC_IN_DO_REFUSE, r};
}

bool acc_xmpp_in_offers_external(const struct acc_xmpp_in *s)
{
	return s->is_secured && s->mode.external && s->is_certified;
}

bool acc_xmpp_in_offers_dialback(const struct acc_xmpp_in *s)
{
	return s->mode.dialback && (s->is_secured || !s->mode.tls_required);
}

bool acc_xmpp_stream_fits(const struct acc_xmpp_mode *m, bool is_external,
			  bool is_secured)
{
	if (m->tls_required && !is_secured)
		return false;
	return is_external ? m->external : m->dialback;
}

static struct acc_xmpp_in_step on_bad(struct acc_xmpp_in *s)
{
	(void)s;
	return refuse(ACC_XMPP_R_OUT_OF_ORDER);
}

static struct acc_xmpp_in_step on_header(struct acc_xmpp_in *s)
{
	s->state = ACC_IN_CLEAR;
	return act(ACC_IN_DO_FEATURES);
}

/* Under TLS there must be somebody, and a way for him to prove it. */
static struct acc_xmpp_in_step on_secure_header(struct acc_xmpp_in *s)
{
	if (!s->has_from)
		return refuse(ACC_XMPP_R_NO_FROM);
	s->state = ACC_IN_SECURE;
	if (!acc_xmpp_in_offers_external(s) && !acc_xmpp_in_offers_dialback(s))
		return refuse(ACC_XMPP_R_CERTIFICATE);
	return act(ACC_IN_DO_FEATURES);
}

static struct acc_xmpp_in_step on_proven_header(struct acc_xmpp_in *s)
{
	s->state = ACC_IN_READY;
	return act(ACC_IN_DO_FEATURES);
}

static struct acc_xmpp_in_step on_starttls(struct acc_xmpp_in *s)
{
	if (!s->mode.tls)
		return refuse(ACC_XMPP_R_OUT_OF_ORDER);
	s->state = ACC_IN_HANDSHAKE;
	return act(ACC_IN_DO_PROCEED);
}

static struct acc_xmpp_in_step on_tls_done(struct acc_xmpp_in *s)
{
	s->state = ACC_IN_SECURED;
	return act(ACC_IN_DO_NOTHING);
}

static struct acc_xmpp_in_step on_auth(struct acc_xmpp_in *s)
{
	if (s->is_external && s->is_self && acc_xmpp_in_offers_external(s)) {
		s->state = ACC_IN_PROVEN;
		return act(ACC_IN_DO_SUCCESS);
	}
	s->failures++;
	return (struct acc_xmpp_in_step){
		ACC_IN_DO_FAILURE,
		s->failures < SASL_TRIES ? ACC_XMPP_R_OK : ACC_XMPP_R_SASL};
}

static struct acc_xmpp_in_step on_result(struct acc_xmpp_in *s)
{
	if (s->mode.tls_required && !s->is_secured)
		return refuse(ACC_XMPP_R_TLS_WANTED);
	if (!s->mode.dialback)
		return refuse(ACC_XMPP_R_DIALBACK_OFF);
	return act(ACC_IN_DO_ASK);
}

static struct acc_xmpp_in_step on_verify(struct acc_xmpp_in *s)
{
	struct acc_xmpp_in_step step = on_result(s);

	if (step.act == ACC_IN_DO_ASK)
		step.act = ACC_IN_DO_ANSWER;
	return step;
}

static struct acc_xmpp_in_step on_valid(struct acc_xmpp_in *s)
{
	s->state = ACC_IN_READY;
	return act(ACC_IN_DO_NOTHING);
}

static struct acc_xmpp_in_step on_clear_auth(struct acc_xmpp_in *s)
{
	(void)s;
	return refuse(ACC_XMPP_R_TLS_WANTED);
}

static struct acc_xmpp_in_step on_early(struct acc_xmpp_in *s)
{
	return refuse(s->mode.tls_required && !s->is_secured
			      ? ACC_XMPP_R_TLS_WANTED
			      : ACC_XMPP_R_NOT_READY);
}

static struct acc_xmpp_in_step on_stanza(struct acc_xmpp_in *s)
{
	(void)s;
	return act(ACC_IN_DO_RELAY);
}

/* clang-format off */
static in_step *const steps[ACC_IN_STATES][ACC_IN_EVENTS] = {
	/*                    HEADER            STARTTLS     TLS_DONE     AUTH           RESULT     VERIFY     VALID     STANZA     OTHER */
	[ACC_IN_OPENING]   = {on_header,        on_bad,      on_bad,      on_bad,        on_bad,    on_bad,    on_bad,   on_bad,    on_bad},
	[ACC_IN_CLEAR]     = {on_bad,           on_starttls, on_bad,      on_clear_auth, on_result, on_verify, on_valid, on_early,  on_bad},
	[ACC_IN_HANDSHAKE] = {on_bad,           on_bad,      on_tls_done, on_bad,        on_bad,    on_bad,    on_bad,   on_bad,    on_bad},
	[ACC_IN_SECURED]   = {on_secure_header, on_bad,      on_bad,      on_bad,        on_bad,    on_bad,    on_bad,   on_bad,    on_bad},
	[ACC_IN_SECURE]    = {on_bad,           on_bad,      on_bad,      on_auth,       on_result, on_verify, on_valid, on_early,  on_bad},
	[ACC_IN_PROVEN]    = {on_proven_header, on_bad,      on_bad,      on_bad,        on_bad,    on_bad,    on_bad,   on_bad,    on_bad},
	[ACC_IN_READY]     = {on_bad,           on_bad,      on_bad,      on_bad,        on_result, on_verify, on_valid, on_stanza, on_bad},
};
/* clang-format on */

struct acc_xmpp_in_step acc_xmpp_in_next(struct acc_xmpp_in *s,
					 enum acc_xmpp_in_event ev)
{
	return steps[s->state][ev](s);
}
