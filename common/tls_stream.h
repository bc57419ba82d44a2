/* TLS over one non-blocking socket: bytes in, bytes out; no loop, no events. */
#ifndef COMMON_TLS_STREAM_H
#define COMMON_TLS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"
#include "common/slice.h"

struct edge_peer;
struct edge_peer_policy;
struct edge_tls;

/* Embedded in its connection; the fields are tls_stream.c's own, but fd and
 * rx. Must not move between init and fini. */
struct edge_tls_stream {
	void *ssl;
	struct edge_slice rx; /* received, not yet decrypted; borrowed */
	struct edge_bytes tx; /* encrypted, and the socket did not take it */
	uint8_t *batch;	      /* records of one write; borrowed, else NULL */
	size_t batch_len, batch_cap;
	int fd;
	int io_errno;
	bool is_secret; /* plaintext is wiped */
	bool is_clear;	/* nothing is encrypted; its connection's to change */
};

enum edge_tls_step {
	EDGE_TLS_DONE,
	EDGE_TLS_WANT_READ,  /* more received bytes */
	EDGE_TLS_WANT_WRITE, /* a writable socket */
	EDGE_TLS_FULL,	     /* the queue has no more room */
	EDGE_TLS_EOF,	     /* close_notify */
	EDGE_TLS_BROKEN,     /* edge_tls_stream_detail says why */
};

/** server_name: SNI to send, NULL for none; only for a client. */
EDGE_MUST_CHECK enum edge_err edge_tls_stream_init(struct edge_tls_stream *s,
						   struct edge_tls *tls,
						   bool is_client,
						   const char *server_name);
/** One without TLS yet: read and write copy, there is no goodbye. */
EDGE_MUST_CHECK enum edge_err edge_tls_stream_clear(struct edge_tls_stream *s);
/** TLS for one that was clear, used once is_clear is taken off; fd stays. On an
 * error it is as before. */
EDGE_MUST_CHECK enum edge_err edge_tls_stream_ready(struct edge_tls_stream *s,
						    struct edge_tls *tls,
						    bool is_client,
						    const char *server_name);
void edge_tls_stream_fini(struct edge_tls_stream *s);
/** DONE, WANT_READ, WANT_WRITE or BROKEN (its alert is sent). */
enum edge_tls_step edge_tls_stream_handshake(struct edge_tls_stream *s);
/** Decrypt rx behind in, up to cap bytes: DONE when there is no more;
 * WANT_WRITE: TLS itself must write before it reads on. */
enum edge_tls_step edge_tls_stream_read(struct edge_tls_stream *s,
					struct edge_bytes *in, uint32_t cap);
/**
 * Encrypt and send out, several records in one system call: DONE, WANT_WRITE
 * with a rest (of out, or encrypted in tx), or BROKEN.
 * @param scratch  where records are collected, room for one at least (17 KiB);
 *                 NULL: each is sent by itself
 */
enum edge_tls_step edge_tls_stream_write(struct edge_tls_stream *s,
					 struct edge_bytes *out,
					 uint8_t *scratch, size_t cap);
/** close_notify, after all that was written: DONE, WANT_WRITE or BROKEN. */
enum edge_tls_step edge_tls_stream_goodbye(struct edge_tls_stream *s);
/** Plaintext is overwritten inside TLS too, once it was read. */
void edge_tls_stream_cleanse(struct edge_tls_stream *s);
/** OpenSSL's words for what broke, or the socket's. */
void edge_tls_stream_detail(struct edge_tls_stream *s, char *text, size_t cap);
void edge_tls_stream_peer(struct edge_peer *out, struct edge_tls_stream *s,
			  const struct edge_peer_policy *policy);
/** "TLSv1.3" and "TLS_AES_128_GCM_SHA256", static; after the handshake. ""
 * in the clear. */
const char *edge_tls_stream_version(const struct edge_tls_stream *s);
const char *edge_tls_stream_suite(const struct edge_tls_stream *s);
/** Whom the client wanted (SNI), unchecked peer text; "" when it did not say.
 */
const char *edge_tls_stream_server_name(const struct edge_tls_stream *s);
bool edge_tls_stream_is_resumed(const struct edge_tls_stream *s);

#endif
