/* One handshake, mutual, in memory. */
#include "tests/support/shown_peer.h"

#include "tests/support/handshake.h"

static struct edge_tls *end(struct certs *c, const char *chain, const char *key,
			    bool is_client)
{
	return tls_must(
		&(struct edge_tls_recipe){.chain = certs_path(c, chain),
					  .key = certs_path(c, key),
					  .trust = certs_path(c, "ca.pem"),
					  .ask = EDGE_TLS_ASK_REQUIRED,
					  .is_client = is_client});
}

void shown_peer(struct edge_peer *out, struct certs *c, const char *san,
		const char *cdp)
{
	static const struct edge_peer_policy wants = {.wants_revocation = true};
	struct edge_tls *server, *client;
	struct handshake h;

	certs_make(c, "peer",
		   &(struct cert_spec){.issuer = "ca", .san = san, .cdp = cdp});
	server = end(c, "edge.pem", "edge.key", false);
	client = end(c, "peer.pem", "peer.key", true);
	handshake_run(&h, server, client, NULL);
	edge_peer_verify(out, &wants, h.server);
	handshake_fini(&h);
	edge_tls_drop(server);
	edge_tls_drop(client);
}
