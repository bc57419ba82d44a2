/* A handshake as far as the other side's certificate. */
#include "edgectl/cert_seen.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/crypto.h"

/* Any certificate will do here: it is what is asked for. */
static int take(X509_STORE_CTX *x, void *arg)
{
	const X509 *leaf = X509_STORE_CTX_get0_cert(x);
	uint8_t digest[EDGE_SHA256_LEN];
	unsigned len = 0;

	if (leaf && X509_digest(leaf, EVP_sha256(), digest, &len) == 1)
		edge_hex(arg, edge_slice(digest, len));
	return 1;
}

static int dial(const struct edge_addr *at, unsigned ms)
{
	const struct timeval wait = {ms / 1000, ms % 1000 * 1000};
	struct sockaddr_storage to;
	socklen_t len = edge_addr_to_sockaddr(at, &to);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) &&
	    !setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) &&
	    !connect(fd, (const struct sockaddr *)&to, len))
		return fd;
	close(fd);
	return -1;
}

static SSL_CTX *context(char *sha256)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx)
		return NULL;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, take, sha256);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) == 1 &&
	    SSL_CTX_set_cipher_list(ctx, "DEFAULT@SECLEVEL=0") == 1)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static enum edge_err shake(SSL_CTX *ctx, int fd, const char *sha256, char *why,
			   size_t cap)
{
	/* who hangs up on us must not end us */
	void (*const was)(int) = signal(SIGPIPE, SIG_IGN);
	SSL *ssl = SSL_new(ctx);
	unsigned long code;

	if (!ssl || SSL_set_fd(ssl, fd) != 1) {
		(void)signal(SIGPIPE, was);
		SSL_free(ssl);
		return EDGE_ENOMEM;
	}
	(void)!SSL_connect(ssl);
	code = ERR_peek_error();
	(void)signal(SIGPIPE, was);
	if (!*sha256)
		snprintf(why, cap, "no certificate came: %s",
			 code ? ERR_reason_error_string(code)
			      : "the connection ended, or nothing was said");
	SSL_free(ssl);
	ERR_clear_error();
	return *sha256 ? EDGE_OK : EDGE_EFORMAT;
}

enum edge_err ctl_cert_seen(char sha256[65], const struct edge_addr *at,
			    unsigned ms, char *why, size_t why_cap)
{
	int fd = dial(at, ms);
	SSL_CTX *ctx;
	enum edge_err err;

	if (fd < 0) {
		snprintf(why, why_cap, "no connection: %s",
			 errno == EINPROGRESS ? "no answer" : strerror(errno));
		return EDGE_ESYS;
	}
	*sha256 = '\0';
	ctx = context(sha256);
	err = ctx ? shake(ctx, fd, sha256, why, why_cap) : EDGE_ENOMEM;
	SSL_CTX_free(ctx);
	close(fd);
	return err;
}
