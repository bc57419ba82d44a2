/* The certificates the XMPP proxy shows and the stores it trusts. */
#include "access-edge/xmpp_tls.h"

#include "common/tls.h"

static enum edge_err load_outside(struct acc_xmpp_tls *t,
				  const struct acc_xmpp_tls *was,
				  const struct edge_config *c, char *why,
				  size_t cap)
{
	struct edge_tls_recipe r = {
		.chain = c->certificate[EDGE_CERT_ACCESS].chain,
		.key = c->certificate[EDGE_CERT_ACCESS].key,
		.trust = c->trust.public_roots,
		.profile = edge_config_profile(c, "xmpp-outside"),
		.ask = c->trust.public_roots ? EDGE_TLS_ASK_OPTIONAL
					     : EDGE_TLS_ASK_NONE,
		.like = {was->in},
	};
	enum edge_err err = edge_tls_new(&t->in, &r, why, cap);

	if (err)
		return err;
	r.is_client = true;
	r.like[0] = was->out;
	r.like[1] = t->in;
	return edge_tls_new(&t->out, &r, why, cap);
}

enum edge_err acc_xmpp_tls_load(struct acc_xmpp_tls *out,
				const struct edge_config *c, char *why,
				size_t cap)
{
	const struct acc_xmpp_tls was = *out;
	const struct edge_tls_recipe inside = {
		.chain = c->certificate[EDGE_CERT_INTERNAL].chain,
		.key = c->certificate[EDGE_CERT_INTERNAL].key,
		.trust = c->trust.internal_ca,
		.crl = c->trust.internal_crl,
		.profile = edge_config_profile(c, "xmpp-inside"),
		.ask = EDGE_TLS_ASK_REQUIRED,
		.like = {was.gateway},
	};
	struct acc_xmpp_tls t = {0};
	enum edge_err err = load_outside(&t, &was, c, why, cap);

	*out = (struct acc_xmpp_tls){0};
	if (!err)
		err = edge_tls_new(&t.gateway, &inside, why, cap);
	if (err) {
		acc_xmpp_tls_drop(&t);
		return err;
	}
	*out = t;
	return EDGE_OK;
}

void acc_xmpp_tls_drop(struct acc_xmpp_tls *t)
{
	edge_tls_drop(t->in);
	edge_tls_drop(t->out);
	edge_tls_drop(t->gateway);
	*t = (struct acc_xmpp_tls){0};
}
