/* TLS over one non-blocking socket; OpenSSL reads what was received before. */
#include "common/tls_stream.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "common/peer.h"
#include "common/tls.h"

enum {
	STREAM_RECORD = 16 * 1024, /* RFC 8446 §5.1: most in a record [bytes] */
	STREAM_STEP = 1024, /* ours: least room for a decryption [bytes] */
	STREAM_SEALED_MAX = STREAM_RECORD + 256 + 5, /* RFC 8446 §5.2 */
	STREAM_ADDED = 22, /* to each at least: head, type, tag [bytes] */
	STREAM_SEALED =
		STREAM_RECORD + 512, /* RFC 8446 §5.2: + 256, a head;
				      * ours: and a key update [bytes] */
};

/* OpenSSL wants one BIO_METHOD a process; made once, never changed. */
static pthread_once_t bio_once = PTHREAD_ONCE_INIT;
static BIO_METHOD *bio_method;

static int on_bio_read(BIO *bio, char *dst, size_t len, size_t *done)
{
	struct edge_tls_stream *s = BIO_get_data(bio);
	struct edge_slice part;

	BIO_clear_retry_flags(bio);
	if (len > edge_slice_len(s->rx))
		len = edge_slice_len(s->rx);
	if (!len || !edge_take(&s->rx, len, &part)) {
		BIO_set_retry_read(bio);
		return 0;
	}
	memcpy(dst, part.p, len);
	*done = len;
	return 1;
}

/* What the socket takes now; 0: nothing, and io_errno says when it is over. */
static size_t send_some(struct edge_tls_stream *s, const void *src, size_t len)
{
	const ssize_t n = send(s->fd, src, len, MSG_NOSIGNAL);

	if (n > 0)
		return (size_t)n;
	if (errno != EAGAIN && errno != EINTR)
		s->io_errno = errno;
	return 0;
}

static size_t collect(struct edge_tls_stream *s, const void *src, size_t len)
{
	if (len > s->batch_cap - s->batch_len)
		len = s->batch_cap - s->batch_len;
	memcpy(s->batch + s->batch_len, src, len);
	s->batch_len += len;
	return len;
}

static int on_bio_write(BIO *bio, const char *src, size_t len, size_t *done)
{
	struct edge_tls_stream *s = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	*done = s->batch    ? collect(s, src, len)
		: s->tx.len ? 0 /* not before what is older */
			    : send_some(s, src, len);
	if (*done)
		return 1;
	if (!s->io_errno)
		BIO_set_retry_write(bio);
	return 0;
}

static long on_bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static int on_bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

static void bio_method_make(void)
{
	bio_method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "edge_tls_stream");
	if (!bio_method)
		return;
	BIO_meth_set_read_ex(bio_method, on_bio_read);
	BIO_meth_set_write_ex(bio_method, on_bio_write);
	BIO_meth_set_ctrl(bio_method, on_bio_ctrl);
	BIO_meth_set_create(bio_method, on_bio_create);
}

static enum edge_err name_server(SSL *ssl, const char *name)
{
	char host[EDGE_PEER_NAME_LEN];
	struct edge_slice text = edge_slice_str(name);

	if (edge_slice_len(text) && text.end[-1] == '.')
		text.end--;
	if (!edge_slice_len(text))
		return EDGE_OK;
	if (!edge_slice_copy(host, sizeof(host), text))
		return EDGE_ERANGE;
	return SSL_set_tlsext_host_name(ssl, host) == 1 ? EDGE_OK : EDGE_ENOMEM;
}

enum edge_err edge_tls_stream_init(struct edge_tls_stream *s,
				   struct edge_tls *tls, bool is_client,
				   const char *server_name)
{
	enum edge_err err = EDGE_ENOMEM;
	BIO *bio;

	*s = (struct edge_tls_stream){.fd = -1};
	pthread_once(&bio_once, bio_method_make);
	s->ssl = SSL_new(edge_tls_context(tls));
	bio = bio_method ? BIO_new(bio_method) : NULL;
	if (!s->ssl || !bio)
		goto out;
	BIO_set_data(bio, s);
	SSL_set_bio(s->ssl, bio, bio);
	bio = NULL;
	if (is_client)
		SSL_set_connect_state(s->ssl);
	else
		SSL_set_accept_state(s->ssl);
	err = is_client ? name_server(s->ssl, server_name) : EDGE_OK;
out:
	if (err) {
		BIO_free(bio);
		edge_tls_stream_fini(s);
		ERR_clear_error();
	}
	return err;
}

enum edge_err edge_tls_stream_clear(struct edge_tls_stream *s)
{
	*s = (struct edge_tls_stream){.fd = -1, .is_clear = true};
	return EDGE_OK;
}

enum edge_err edge_tls_stream_ready(struct edge_tls_stream *s,
				    struct edge_tls *tls, bool is_client,
				    const char *server_name)
{
	const struct edge_tls_stream before = *s;
	enum edge_err err =
		edge_tls_stream_init(s, tls, is_client, server_name);

	s->fd = before.fd;
	s->is_clear = true;
	if (!err && before.is_secret)
		edge_tls_stream_cleanse(s);
	s->is_secret = before.is_secret;
	return err;
}

void edge_tls_stream_fini(struct edge_tls_stream *s)
{
	SSL_free(s->ssl);
	s->ssl = NULL;
	edge_bytes_fini(&s->tx);
}

/* Whether OpenSSL wipes plaintext that was read, and a buffer it frees. */
static void cleanse(struct edge_tls_stream *s, bool does)
{
	if (!s->is_secret || !s->ssl)
		return;
	if (does)
		SSL_set_options(s->ssl, SSL_OP_CLEANSE_PLAINTEXT);
	else
		SSL_clear_options(s->ssl, SSL_OP_CLEANSE_PLAINTEXT);
}

void edge_tls_stream_cleanse(struct edge_tls_stream *s)
{
	s->is_secret = true;
	cleanse(s, true);
}

/* An idle connection holds no record buffer, and records that come together
 * share one: SSL_MODE_RELEASE_BUFFERS would take, wipe and free one each. In
 * the midst of a record OpenSSL before 3.0.14 frees what it still needs
 * (CVE-2024-4741), so we look. */
static void buffers_free(struct edge_tls_stream *s)
{
	if (!SSL_has_pending(s->ssl) &&
	    strcmp(SSL_rstate_string(s->ssl), "RH") == 0)
		SSL_free_buffers(s->ssl);
}

static enum edge_tls_step handshake(struct edge_tls_stream *s)
{
	int done;

	ERR_clear_error();
	done = SSL_do_handshake(s->ssl);
	if (done == 1)
		return EDGE_TLS_DONE;
	if (s->io_errno)
		return EDGE_TLS_BROKEN;
	switch (SSL_get_error(s->ssl, done)) {
	case SSL_ERROR_WANT_WRITE:
		return EDGE_TLS_WANT_WRITE;
	case SSL_ERROR_WANT_READ:
		return EDGE_TLS_WANT_READ;
	default:
		return EDGE_TLS_BROKEN;
	}
}

enum edge_tls_step edge_tls_stream_handshake(struct edge_tls_stream *s)
{
	const enum edge_tls_step step = handshake(s);

	if (step != EDGE_TLS_BROKEN)
		buffers_free(s);
	return step;
}

/* Room for what is decrypted already and for the most that can be in what was
 * received; at least for one small message. */
static enum edge_err room_make(struct edge_tls_stream *s, struct edge_bytes *in,
			       uint32_t cap)
{
	const size_t sealed = edge_slice_len(s->rx);
	const size_t added = (sealed / STREAM_SEALED_MAX + 1) * STREAM_ADDED;
	size_t want = (size_t)SSL_pending(s->ssl);

	if (sealed > added)
		want += sealed - added;

	if (want < STREAM_STEP)
		want = STREAM_STEP;
	if (want > cap - in->len)
		want = cap - in->len;
	return edge_bytes_room(in, want, cap);
}

static enum edge_tls_step why_no_bytes(const struct edge_tls_stream *s)
{
	if (s->io_errno)
		return EDGE_TLS_BROKEN;
	switch (SSL_get_error(s->ssl, 0)) {
	case SSL_ERROR_WANT_READ:
		return EDGE_TLS_DONE;
	case SSL_ERROR_WANT_WRITE: /* an answer to a key update */
		return EDGE_TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return EDGE_TLS_EOF;
	default:
		return EDGE_TLS_BROKEN;
	}
}

static enum edge_tls_step read_all(struct edge_tls_stream *s,
				   struct edge_bytes *in, uint32_t cap)
{
	size_t room, done;

	do {
		uint8_t *tail;

		if (in->len >= cap)
			return EDGE_TLS_FULL;
		if (room_make(s, in, cap))
			return EDGE_TLS_BROKEN;
		ERR_clear_error();
		tail = edge_bytes_tail(in, &room);
		if (SSL_read_ex(s->ssl, tail, room, &done) != 1)
			return why_no_bytes(s);
		edge_bytes_grown(in, done);
	} while (edge_slice_len(s->rx) || SSL_pending(s->ssl));
	return EDGE_TLS_DONE;
}

static enum edge_tls_step read_clear(struct edge_tls_stream *s,
				     struct edge_bytes *in, uint32_t cap)
{
	size_t len = edge_slice_len(s->rx);
	struct edge_slice part;

	if (in->len >= cap)
		return EDGE_TLS_FULL;
	if (len > cap - in->len)
		len = cap - in->len;
	if (edge_take(&s->rx, len, &part) && edge_bytes_add(in, part, cap)) {
		s->io_errno = ENOMEM;
		return EDGE_TLS_BROKEN;
	}
	return edge_slice_len(s->rx) ? EDGE_TLS_FULL : EDGE_TLS_DONE;
}

/* Little plaintext is wiped where it was, much of it with the buffer, once: to
 * OpenSSL wiping costs as much as a fifth of decryption. */
enum edge_tls_step edge_tls_stream_read(struct edge_tls_stream *s,
					struct edge_bytes *in, uint32_t cap)
{
	const bool is_much = edge_slice_len(s->rx) > STREAM_RECORD;
	enum edge_tls_step step;

	if (s->is_clear)
		return read_clear(s, in, cap);
	cleanse(s, !is_much);
	step = read_all(s, in, cap);
	cleanse(s, is_much);
	if (step != EDGE_TLS_BROKEN)
		buffers_free(s);
	cleanse(s, true);
	return step;
}

static enum edge_tls_step socket_full(const struct edge_tls_stream *s)
{
	return s->io_errno ? EDGE_TLS_BROKEN : EDGE_TLS_WANT_WRITE;
}

static enum edge_tls_step write_clear(struct edge_tls_stream *s,
				      struct edge_bytes *out)
{
	while (out->len) {
		const struct edge_slice rest = edge_bytes_slice(out);
		const size_t done = send_some(s, rest.p, edge_slice_len(rest));

		edge_bytes_take(out, done);
		if (!done)
			return socket_full(s);
	}
	return EDGE_TLS_DONE;
}

/* What was kept from before goes first. */
static enum edge_tls_step send_kept(struct edge_tls_stream *s)
{
	const struct edge_slice rest = edge_bytes_slice(&s->tx);

	if (!s->tx.len)
		return EDGE_TLS_DONE;
	edge_bytes_take(&s->tx, send_some(s, rest.p, edge_slice_len(rest)));
	return s->tx.len ? socket_full(s) : EDGE_TLS_DONE;
}

static enum edge_tls_step send_batch(struct edge_tls_stream *s)
{
	const size_t done = send_some(s, s->batch, s->batch_len);
	const struct edge_slice rest =
		edge_slice(s->batch + done, s->batch_len - done);

	if (!edge_slice_len(rest))
		return EDGE_TLS_DONE;
	if (edge_bytes_add(&s->tx, rest, UINT32_MAX)) {
		s->io_errno = ENOMEM;
		return EDGE_TLS_BROKEN;
	}
	return socket_full(s);
}

/* Records into the batch while a whole one fits, or to the socket; what went in
 * is off out. */
static enum edge_tls_step seal(struct edge_tls_stream *s,
			       struct edge_bytes *out)
{
	const struct edge_slice all = edge_bytes_slice(out);
	size_t sealed = 0, done = 0;
	bool fine = true;

	while (fine && sealed < edge_slice_len(all) &&
	       (!s->batch || s->batch_cap - s->batch_len >= STREAM_SEALED)) {
		size_t len = edge_slice_len(all) - sealed;

		if (len > STREAM_RECORD)
			len = STREAM_RECORD;
		ERR_clear_error();
		fine = SSL_write_ex(s->ssl, all.p + sealed, len, &done) == 1;
		sealed += fine ? done : 0;
	}
	edge_bytes_take(out, sealed);
	if (fine)
		return EDGE_TLS_DONE;
	return SSL_want_write(s->ssl) ? socket_full(s) : EDGE_TLS_BROKEN;
}

enum edge_tls_step edge_tls_stream_write(struct edge_tls_stream *s,
					 struct edge_bytes *out,
					 uint8_t *scratch, size_t cap)
{
	enum edge_tls_step step;

	if (s->is_clear)
		return write_clear(s, out);
	step = send_kept(s);
	assert(!scratch || cap >= STREAM_SEALED);
	while (step == EDGE_TLS_DONE && out->len) {
		s->batch = scratch;
		s->batch_cap = cap;
		s->batch_len = 0;
		step = seal(s, out);
		if (scratch && step != EDGE_TLS_BROKEN)
			step = send_batch(s);
		s->batch = NULL;
	}
	if (step != EDGE_TLS_BROKEN)
		buffers_free(s);
	return step;
}

enum edge_tls_step edge_tls_stream_goodbye(struct edge_tls_stream *s)
{
	enum edge_tls_step step = EDGE_TLS_DONE;

	if (s->is_clear)
		return step;
	/* -1: not gone; 0 and 1: it is, and theirs is or is not here */
	if (SSL_shutdown(s->ssl) < 0)
		step = SSL_want_write(s->ssl) ? socket_full(s)
					      : EDGE_TLS_BROKEN;
	ERR_clear_error();
	return step;
}

void edge_tls_stream_detail(struct edge_tls_stream *s, char *text, size_t cap)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	const long verify =
		s->ssl ? (long)(uintptr_t)SSL_get_app_data((SSL *)s->ssl) : 0;

	if (reason && verify)
		snprintf(text, cap, "%s: %s", reason,
			 X509_verify_cert_error_string(verify));
	else
		snprintf(text, cap, "%s",
			 reason	       ? reason
			 : s->io_errno ? strerror(s->io_errno)
				       : "connection closed");
	ERR_clear_error();
}

void edge_tls_stream_peer(struct edge_peer *out, struct edge_tls_stream *s,
			  const struct edge_peer_policy *policy)
{
	edge_peer_verify(out, policy, s->ssl);
}

const char *edge_tls_stream_version(const struct edge_tls_stream *s)
{
	return s->is_clear ? "" : SSL_get_version(s->ssl);
}

const char *edge_tls_stream_suite(const struct edge_tls_stream *s)
{
	return s->is_clear ? "" : SSL_get_cipher_name((const SSL *)s->ssl);
}

const char *edge_tls_stream_server_name(const struct edge_tls_stream *s)
{
	const char *name =
		s->is_clear
			? NULL
			: SSL_get_servername(s->ssl, TLSEXT_NAMETYPE_host_name);

	return name ? name : "";
}

bool edge_tls_stream_is_resumed(const struct edge_tls_stream *s)
{
	return !s->is_clear && SSL_session_reused(s->ssl) == 1;
}
