/* A handshake by hand, for what common/conn.c would not do: nobody is
 * verified, and versions are spoken that nobody should speak. */
#include "edgectl/cert_shown.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/crypto.h"
#include "common/sock.h"

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool ready(int fd, short events, uint64_t until_ms)
{
	struct pollfd p = {fd, events, 0};
	uint64_t now = now_ms();

	return poll(&p, 1, until_ms > now ? (int)(until_ms - now) : 0) == 1;
}

static SSL_CTX *context(const struct ctl_shown_plan *p)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());

	if (!c)
		return NULL;
	SSL_CTX_set_verify(c, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_min_proto_version(c, p->is_old ? TLS1_VERSION
						   : TLS1_2_VERSION);
	if (p->is_old) {
		SSL_CTX_set_max_proto_version(c, TLS1_1_VERSION);
		(void)SSL_CTX_set_cipher_list(c, "ALL:@SECLEVEL=0");
	}
	/* without one of ours much is seen as well */
	if (p->chain && p->key &&
	    SSL_CTX_use_certificate_chain_file(c, p->chain) == 1)
		(void)SSL_CTX_use_PrivateKey_file(c, p->key, SSL_FILETYPE_PEM);
	ERR_clear_error();
	return c;
}

static enum edge_err shake(SSL *s, int fd, uint64_t until_ms)
{
	for (;;) {
		int got = SSL_connect(s), why;

		if (got == 1)
			return EDGE_OK;
		why = SSL_get_error(s, got);
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
			return EDGE_ETLS;
		if (!ready(fd, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT,
			   until_ms))
			return EDGE_ETIMEOUT;
	}
}

static void look_at(struct ctl_shown *out, SSL *s)
{
	X509 *x = SSL_get0_peer_certificate(s);
	uint8_t digest[EDGE_SHA256_LEN];
	unsigned len = 0;

	if (x && X509_digest(x, EVP_sha256(), digest, &len) == 1)
		edge_hex(out->sha256, edge_slice(digest, len));
	snprintf(out->version, sizeof(out->version), "%s", SSL_get_version(s));
}

static enum edge_err talk(struct ctl_shown *out, int fd,
			  const struct ctl_shown_plan *p, uint64_t until_ms)
{
	SSL_CTX *c = context(p);
	SSL *s = c ? SSL_new(c) : NULL;
	enum edge_err err = EDGE_ENOMEM;

	if (s && SSL_set_fd(s, fd) == 1) {
		err = shake(s, fd, until_ms);
		look_at(out, s);
		out->is_done = !err;
		if (!err)
			(void)SSL_shutdown(s);
	}
	SSL_free(s);
	SSL_CTX_free(c);
	return err;
}

static enum edge_err dial(int *out, const struct ctl_shown_plan *p,
			  uint64_t until_ms)
{
	int fd, fault;

	if (edge_sock_dial(&fd, &p->local, p->device, &p->server))
		return EDGE_ESYS;
	fault = ready(fd, POLLOUT, until_ms) ? edge_sock_error(fd) : ETIMEDOUT;
	if (!fault) {
		*out = fd;
		return EDGE_OK;
	}
	close(fd);
	errno = fault;
	return EDGE_ESYS;
}

static void say(enum edge_err err, char *why, size_t cap)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	if (err == EDGE_ESYS)
		snprintf(why, cap, "%s", strerror(errno));
	else if (err == EDGE_ETLS && reason)
		snprintf(why, cap, "%s", reason);
	else
		snprintf(why, cap, "%s",
			 err == EDGE_ETLS ? "closed in the handshake"
					  : edge_err_str(err));
}

enum edge_err ctl_cert_shown(struct ctl_shown *out,
			     const struct ctl_shown_plan *p, char *why,
			     size_t why_cap)
{
	uint64_t until_ms = now_ms() + p->ms;
	enum edge_err err;
	int fd = -1;

	memset(out, 0, sizeof(*out));
	err = dial(&fd, p, until_ms);
	if (!err)
		err = talk(out, fd, p, until_ms);
	if (err)
		say(err, why, why_cap);
	ERR_clear_error();
	if (fd >= 0)
		close(fd);
	return err;
}
