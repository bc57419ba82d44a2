/* Two TLS contexts shake hands in memory, so that a test sees both ends. */
#ifndef TESTS_SUPPORT_HANDSHAKE_H
#define TESTS_SUPPORT_HANDSHAKE_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "common/tls.h"
#include "tests/support/certs.h"

struct handshake {
	SSL *server, *client;
	bool is_done;	       /* both ends say so */
	char server_error[96]; /* OpenSSL's reason; "" when none */
	char client_error[96];
};

/** The recipe of who has WHO.pem and WHO.key of the folder, and no trust. */
struct edge_tls_recipe tls_recipe_of(struct certs *c, const char *who);
/** edge_tls_new, or the test ends with why. */
struct edge_tls *tls_must(const struct edge_tls_recipe *r);

/**
 * session: offered by the client, NULL for none. After the handshake one byte
 * goes from server to client, so that tickets and late alerts arrive.
 */
void handshake_run(struct handshake *h, struct edge_tls *server,
		   struct edge_tls *client, SSL_SESSION *session);
/** The client sends that name as SNI. */
void handshake_run_named(struct handshake *h, struct edge_tls *server,
			 struct edge_tls *client, const char *server_name);
void handshake_fini(struct handshake *h);

#endif
