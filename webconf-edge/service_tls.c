/* The certificates this service shows and the store it trusts. */
#include "webconf-edge/service_tls.h"

#include "common/expiry.h"
#include "common/tls.h"
#include "webconf-edge/events.h"

static void warn_of_risk(const char *listener, enum edge_tls_profile p)
{
	if (p == EDGE_TLS_LYNC2013)
		edge_event(EDGE_EV_TLS_PROFILE_RISK, "listener=%s profile=%s",
			   listener, edge_tls_profile_str(p));
}

enum edge_err wce_service_tls_load(struct wce_service_tls *out,
				   const struct edge_config *c, char *why,
				   size_t cap)
{
	const struct edge_tls_recipe client = {
		.chain = c->certificate[EDGE_CERT_WEBCONF].chain,
		.key = c->certificate[EDGE_CERT_WEBCONF].key,
		.profile = edge_config_profile(c, "webconf-client"),
		.ask = EDGE_TLS_ASK_NONE,
		.like = {out->in[WCE_LISTEN_CLIENT]},
	};
	const struct edge_tls_recipe inside = {
		.chain = c->certificate[EDGE_CERT_INTERNAL].chain,
		.key = c->certificate[EDGE_CERT_INTERNAL].key,
		.trust = c->trust.internal_ca,
		.crl = c->trust.internal_crl,
		.profile = edge_config_profile(c, "webconf-inside"),
		.ask = EDGE_TLS_ASK_REQUIRED,
		.like = {out->in[WCE_LISTEN_INSIDE]},
	};
	const struct wce_service_tls was = *out;
	struct wce_service_tls two = {0};
	enum edge_err err =
		edge_config_want_certificate(c, EDGE_CERT_WEBCONF, why, cap);

	*out = (struct wce_service_tls){0};
	if (!err)
		err = edge_config_want_internal(c, why, cap);
	warn_of_risk("webconf-client", client.profile);
	warn_of_risk("webconf-inside", inside.profile);
	if (!err)
		err = edge_tls_new(&two.in[WCE_LISTEN_CLIENT], &client, why,
				   cap);
	if (!err)
		err = edge_tls_new(&two.in[WCE_LISTEN_INSIDE], &inside, why,
				   cap);
	if (err) {
		wce_service_tls_drop(&two);
		return err;
	}
	for (int k = 0; k < WCE_LISTEN_KINDS; k++)
		if (two.in[k] == was.in[k]) /* what was told of it, was */
			two.told[k] = was.told[k];
	*out = two;
	return EDGE_OK;
}

void wce_service_tls_tell(struct wce_service_tls *t, int64_t wall_s)
{
	static const char *const uses[WCE_LISTEN_KINDS] = {
		[WCE_LISTEN_CLIENT] = "webconf",
		[WCE_LISTEN_INSIDE] = "internal",
	};

	for (int k = 0; k < WCE_LISTEN_KINDS; k++)
		edge_expiry_tell(&t->told[k], uses[k],
				 edge_tls_not_after_s(t->in[k]), wall_s);
}

void wce_service_tls_drop(struct wce_service_tls *t)
{
	for (int k = 0; k < WCE_LISTEN_KINDS; k++)
		if (t->in[k])
			edge_tls_drop(t->in[k]);
	*t = (struct wce_service_tls){0};
}
