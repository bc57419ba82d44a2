/* Two TLS contexts shake hands in memory. */
#include "tests/support/handshake.h"

#include <check.h>
#include <stdio.h>

#include <openssl/err.h>

struct edge_tls_recipe tls_recipe_of(struct certs *c, const char *who)
{
	char text[64];
	const char *chain;

	snprintf(text, sizeof(text), "%s.pem", who);
	chain = certs_path(c, text);
	snprintf(text, sizeof(text), "%s.key", who);
	return (struct edge_tls_recipe){.chain = chain,
					.key = certs_path(c, text)};
}

struct edge_tls *tls_must(const struct edge_tls_recipe *r)
{
	char why[256];
	struct edge_tls *t = NULL;
	enum edge_err err = edge_tls_new(&t, r, why, sizeof(why));

	ck_assert_msg(err == EDGE_OK, "%s", why);
	return t;
}

/* One go of one end; false once it has failed. */
static bool step(SSL *ssl, char *error, size_t cap)
{
	char byte;
	int n;

	if (*error)
		return false;
	ERR_clear_error();
	if (!SSL_is_init_finished(ssl))
		n = SSL_do_handshake(ssl);
	else
		n = SSL_read(ssl, &byte, 1);
	if (n > 0 || SSL_get_error(ssl, n) == SSL_ERROR_WANT_READ ||
	    SSL_get_error(ssl, n) == SSL_ERROR_WANT_WRITE)
		return true;
	snprintf(error, cap, "%s", ERR_reason_error_string(ERR_peek_error()));
	return false;
}

static void pump(struct handshake *h)
{
	for (int i = 0; i < 10; i++) {
		step(h->client, h->client_error, sizeof(h->client_error));
		step(h->server, h->server_error, sizeof(h->server_error));
	}
}

static void prepare(struct handshake *h, struct edge_tls *server,
		    struct edge_tls *client)
{
	BIO *a, *b;

	*h = (struct handshake){0};
	h->server = SSL_new(edge_tls_context(server));
	h->client = SSL_new(edge_tls_context(client));
	ck_assert_ptr_nonnull(h->server);
	ck_assert_ptr_nonnull(h->client);
	ck_assert_int_eq(BIO_new_bio_pair(&a, 1 << 20, &b, 1 << 20), 1);
	SSL_set_bio(h->server, a, a);
	SSL_set_bio(h->client, b, b);
	SSL_set_accept_state(h->server);
	SSL_set_connect_state(h->client);
}

static void run(struct handshake *h)
{
	pump(h);
	if (SSL_is_init_finished(h->server) && !*h->server_error)
		SSL_write(h->server, "x", 1);
	pump(h);
	h->is_done = SSL_is_init_finished(h->server) &&
		     SSL_is_init_finished(h->client) && !*h->server_error &&
		     !*h->client_error;
}

void handshake_run(struct handshake *h, struct edge_tls *server,
		   struct edge_tls *client, SSL_SESSION *session)
{
	prepare(h, server, client);
	if (session)
		ck_assert_int_eq(SSL_set_session(h->client, session), 1);
	run(h);
}

void handshake_run_named(struct handshake *h, struct edge_tls *server,
			 struct edge_tls *client, const char *server_name)
{
	prepare(h, server, client);
	ck_assert_int_eq(SSL_set_tlsext_host_name(h->client, server_name), 1);
	run(h);
}

void handshake_fini(struct handshake *h)
{
	/* as if closed in order: else OpenSSL thinks the session is bad */
	SSL_set_shutdown(h->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(h->server);
	SSL_free(h->client);
	*h = (struct handshake){0};
}
