/* The certificates this service shows and the stores it trusts. */
#include "access-edge/service_tls.h"

#include <stdio.h>

#include "access-edge/events.h"
#include "access-edge/listener.h"
#include "common/expiry.h"
#include "common/tls.h"

bool acc_service_tls_differs(const struct topo *old, const struct topo *new)
{
	return acc_door_is_shared(old) != acc_door_is_shared(new);
}

static void warn_of_risk(const char *listener, enum edge_tls_profile p)
{
	if (p == EDGE_TLS_LYNC2013)
		edge_event(EDGE_EV_TLS_PROFILE_RISK, "listener=%s profile=%s",
			   listener, edge_tls_profile_str(p));
}

/* Those before, and those that are being made. */
struct sides {
	struct acc_service_tls was, now;
	const struct edge_config *c;
	char *why;
	size_t cap;
};

static enum edge_err load_client_side(struct sides *s, const struct topo *t)
{
	const struct edge_config *c = s->c;
	struct edge_tls_recipe r = {
		.chain = c->certificate[EDGE_CERT_ACCESS].chain,
		.key = c->certificate[EDGE_CERT_ACCESS].key,
		.profile = edge_config_profile(c, "access-client"),
		.ask = EDGE_TLS_ASK_NONE,
		.like = {s->was.in[ACC_LISTEN_CLIENT]},
	};

	warn_of_risk("access-client", r.profile);
	if (acc_door_is_shared(t) && c->trust.public_roots) {
		r.ask = EDGE_TLS_ASK_OPTIONAL;
		r.trust = c->trust.public_roots;
	}
	return edge_tls_new(&s->now.in[ACC_LISTEN_CLIENT], &r, s->why, s->cap);
}

/* L2 and what dials it: our public certificate, everybody's trust. */
static enum edge_err load_partner_side(struct sides *s)
{
	const struct edge_config *c = s->c;
	struct edge_tls_recipe r = {
		.chain = c->certificate[EDGE_CERT_ACCESS].chain,
		.key = c->certificate[EDGE_CERT_ACCESS].key,
		.trust = c->trust.public_roots,
		.profile = edge_config_profile(c, "access-federation"),
		.ask = EDGE_TLS_ASK_REQUIRED,
		.like = {s->was.in[ACC_LISTEN_PARTNER],
			 s->now.in[ACC_LISTEN_CLIENT]},
	};
	enum edge_err err;

	if (!r.trust)
		return EDGE_OK;
	warn_of_risk("access-federation", r.profile);
	err = edge_tls_new(&s->now.in[ACC_LISTEN_PARTNER], &r, s->why, s->cap);
	if (err)
		return err;
	r.is_client = true;
	r.like[0] = s->was.partner;
	r.like[1] = s->now.in[ACC_LISTEN_PARTNER];
	return edge_tls_new(&s->now.partner, &r, s->why, s->cap);
}

static enum edge_err load_inside(struct sides *s)
{
	const struct edge_config *c = s->c;
	struct edge_tls_recipe r = {
		.chain = c->certificate[EDGE_CERT_INTERNAL].chain,
		.key = c->certificate[EDGE_CERT_INTERNAL].key,
		.trust = c->trust.internal_ca,
		.crl = c->trust.internal_crl,
		.profile = edge_config_profile(c, "access-inside"),
		.ask = EDGE_TLS_ASK_REQUIRED,
		.like = {s->was.in[ACC_LISTEN_INSIDE]},
	};
	enum edge_err err;

	err = edge_tls_new(&s->now.in[ACC_LISTEN_INSIDE], &r, s->why, s->cap);
	if (err)
		return err;
	r.is_client = true;
	r.like[0] = s->was.out;
	r.like[1] = s->now.in[ACC_LISTEN_INSIDE];
	return edge_tls_new(&s->now.out, &r, s->why, s->cap);
}

enum edge_err acc_service_tls_load(struct acc_service_tls *out,
				   const struct edge_config *c,
				   const struct topo *t, char *why, size_t cap)
{
	struct sides s = {.was = *out, .c = c, .why = why, .cap = cap};
	enum edge_err err =
		edge_config_want_certificate(c, EDGE_CERT_ACCESS, why, cap);

	*out = (struct acc_service_tls){0};
	if (!err)
		err = edge_config_want_internal(c, why, cap);
	warn_of_risk("access-inside", edge_config_profile(c, "access-inside"));
	if (!err)
		err = load_client_side(&s, t);
	if (!err)
		err = load_inside(&s);
	if (!err)
		err = load_partner_side(&s);
	if (err) {
		acc_service_tls_drop(&s.now);
		return err;
	}
	for (int k = 0; k < ACC_LISTEN_KINDS; k++)
		if (s.now.in[k] == s.was.in[k]) /* what was told of it, was */
			s.now.told[k] = s.was.told[k];
	*out = s.now;
	return EDGE_OK;
}

void acc_service_tls_tell(struct acc_service_tls *t, int64_t wall_s)
{
	static const char *const uses[ACC_LISTEN_KINDS] = {
		[ACC_LISTEN_CLIENT] = "access",
		[ACC_LISTEN_INSIDE] = "internal",
	};

	for (int k = 0; k < ACC_LISTEN_KINDS; k++)
		if (uses[k]) /* partners see that of clients */
			edge_expiry_tell(&t->told[k], uses[k],
					 edge_tls_not_after_s(t->in[k]),
					 wall_s);
}

struct edge_tls *acc_service_tls_hold(struct edge_tls *t)
{
	return t ? edge_tls_hold(t) : NULL;
}

void acc_service_tls_drop(struct acc_service_tls *t)
{
	for (int k = 0; k < ACC_LISTEN_KINDS; k++)
		if (t->in[k])
			edge_tls_drop(t->in[k]);
	if (t->out)
		edge_tls_drop(t->out);
	if (t->partner)
		edge_tls_drop(t->partner);
	*t = (struct acc_service_tls){0};
}
