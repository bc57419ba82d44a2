/* Buffered TLS connection: one read a wake-up, one write a turn, hard caps. */
#include "common/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "common/bytes.h"
#include "common/loop.h"
#include "common/sock.h"
#include "common/tls.h"

enum {
	CONN_RECORD = 16 * 1024,	/* RFC 8446 §5.1: most in a record */
	CONN_READ_STEP = 1024,		/* ours: least room for a decryption */
	CONN_HANDSHAKE_MAX = 96 * 1024, /* AE 1.5: 64 KiB of certificates */
	CONN_DETAIL_LEN = 192,
};

enum state {
	CONN_CONNECTING,
	CONN_HANDSHAKE,
	CONN_OPEN,
	CONN_HALF,   /* the other end has closed its side */
	CONN_LINGER, /* closing: writes the rest, reads and forgets */
	CONN_OVER,   /* failed and told so */
	CONN_CLOSED, /* waits for the end of the turn */
};

struct edge_conn {
	struct edge_loop *loop;
	struct edge_tls *tls;
	const struct edge_peer_policy *policy;
	edge_conn_fn *fn;
	void *arg;
	SSL *ssl;
	struct edge_slice rx;	/* read, not yet decrypted; this turn only */
	struct edge_bytes held; /* the same, kept while paused */
	struct edge_bytes in, out;
	struct edge_timer deadline; /* handshake, then stall, then linger */
	struct edge_task task;
	struct edge_peer *peer; /* NULL without a certificate */
	char *detail;		/* NULL while nothing failed */
	struct edge_addr local, remote;
	uint32_t in_cap, out_cap, high_water, low_water;
	uint32_t handshake_ms, stall_ms;
	uint32_t handshake_len; /* bytes received before SECURED */
	int fd, io_errno;
	uint8_t state, why, watched;
	bool is_paused, is_blocked, was_high, retell, is_shut;
};

/* OpenSSL wants one BIO_METHOD a process; made once, never changed. */
static pthread_once_t bio_once = PTHREAD_ONCE_INIT;
static BIO_METHOD *bio_method;

static int on_bio_read(BIO *bio, char *dst, size_t len, size_t *done)
{
	struct edge_conn *c = BIO_get_data(bio);
	struct edge_slice part;

	BIO_clear_retry_flags(bio);
	if (len > edge_slice_len(c->rx))
		len = edge_slice_len(c->rx);
	if (!len || !edge_take(&c->rx, len, &part)) {
		BIO_set_retry_read(bio);
		return 0;
	}
	memcpy(dst, part.p, len);
	*done = len;
	return 1;
}

static int on_bio_write(BIO *bio, const char *src, size_t len, size_t *done)
{
	struct edge_conn *c = BIO_get_data(bio);
	ssize_t n = send(c->fd, src, len, MSG_NOSIGNAL);

	BIO_clear_retry_flags(bio);
	if (n > 0) {
		*done = (size_t)n;
		return 1;
	}
	if (errno == EAGAIN || errno == EINTR)
		BIO_set_retry_write(bio);
	else
		c->io_errno = errno;
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
	bio_method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "edge_conn");
	if (!bio_method)
		return;
	BIO_meth_set_read_ex(bio_method, on_bio_read);
	BIO_meth_set_write_ex(bio_method, on_bio_write);
	BIO_meth_set_ctrl(bio_method, on_bio_ctrl);
	BIO_meth_set_create(bio_method, on_bio_create);
}

static const struct edge_peer *peer_absent(void)
{
	static const struct edge_peer absent = {.fault = EDGE_PEER_ABSENT};

	return &absent;
}

static bool is_live(const struct edge_conn *c)
{
	return c->state <= CONN_HALF;
}

static bool is_secured(const struct edge_conn *c)
{
	return c->state >= CONN_OPEN && c->state <= CONN_LINGER;
}

static void on_io(unsigned ready, void *arg);

/* What the state needs from epoll; a system call only when it changes. */
static void watch(struct edge_conn *c)
{
	unsigned io = 0;
	enum edge_err err;

	if (c->state == CONN_CONNECTING || c->is_blocked)
		io |= EDGE_LOOP_WRITE;
	if (c->state == CONN_HANDSHAKE || c->state == CONN_LINGER ||
	    (c->state == CONN_OPEN && !c->is_paused))
		io |= EDGE_LOOP_READ;
	if (c->state > CONN_LINGER)
		io = 0;
	if (io == c->watched)
		return;
	err = edge_loop_watch(c->loop, c->fd, io, on_io, c);
	if (!err)
		c->watched = (uint8_t)io;
}

static void deadline_in(struct edge_conn *c, uint32_t ms,
			void (*fn)(struct edge_timer *t, uint64_t now_ms))
{
	if (ms)
		edge_wheel_start(edge_loop_wheel(c->loop), &c->deadline,
				 edge_loop_now_ms(c->loop) + ms, fn);
	else
		edge_wheel_stop(&c->deadline);
}

static void tell(struct edge_conn *c, enum edge_conn_event ev)
{
	c->fn(c, ev, c->arg);
}

static EDGE_PRINTF(2, 3) void detail_set(struct edge_conn *c, const char *fmt,
					 ...)
{
	char text[CONN_DETAIL_LEN];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	free(c->detail);
	c->detail = strdup(text);
}

/* The end: told once, and nothing moves any more. */
static void fail(struct edge_conn *c, enum edge_conn_why why)
{
	c->state = CONN_OVER;
	c->why = (uint8_t)why;
	c->rx = (struct edge_slice){0};
	edge_wheel_stop(&c->deadline);
	watch(c);
	tell(c,
	     why == EDGE_CONN_WHY_HANDSHAKE_TIME || why == EDGE_CONN_WHY_STALLED
		     ? EDGE_CONN_TIMEOUT
		     : EDGE_CONN_FAILED);
}

/* OpenSSL's words for what went wrong, or the socket's. */
static void detail_from_ssl(struct edge_conn *c)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	const long verify = (long)(uintptr_t)SSL_get_app_data(c->ssl);

	if (reason && verify)
		detail_set(c, "%s: %s", reason,
			   X509_verify_cert_error_string(verify));
	else if (reason)
		detail_set(c, "%s", reason);
	else if (c->io_errno)
		detail_set(c, "%s", strerror(c->io_errno));
	else
		detail_set(c, "%s", "connection closed");
	ERR_clear_error();
}

static void peer_read(struct edge_conn *c)
{
	struct edge_peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return; /* nobody: the safe answer */
	edge_peer_verify(peer, c->policy, c->ssl);
	if (peer->has_certificate) {
		c->peer = peer;
		return;
	}
	edge_peer_fini(peer);
	free(peer);
}

static void conn_free(void *thing)
{
	struct edge_conn *c = thing;

	SSL_free(c->ssl);
	edge_tls_drop(c->tls);
	edge_bytes_fini(&c->held);
	edge_bytes_fini(&c->in);
	edge_bytes_fini(&c->out);
	if (c->peer)
		edge_peer_fini(c->peer);
	free(c->peer);
	free(c->detail);
	free(c);
}

/* Off the loop; the memory stays until the turn is over. */
static void finish(struct edge_conn *c)
{
	c->state = CONN_CLOSED;
	edge_wheel_stop(&c->deadline);
	if (c->fd >= 0) {
		edge_loop_unwatch(c->loop, c->fd);
		close(c->fd);
		c->fd = -1;
	}
	edge_loop_defer_free(c->loop, c, conn_free);
}

/* Write what is queued; false: the connection is broken. */
static bool write_out(struct edge_conn *c)
{
	c->is_blocked = false;
	while (c->out.len) {
		struct edge_slice s = edge_bytes_slice(&c->out);
		size_t len = edge_slice_len(s), done;

		if (len > CONN_RECORD)
			len = CONN_RECORD;
		ERR_clear_error();
		if (SSL_write_ex(c->ssl, s.p, len, &done) == 1) {
			edge_bytes_take(&c->out, done);
			continue;
		}
		if (!SSL_want_write(c->ssl) || c->io_errno)
			return false;
		c->is_blocked = true;
		break;
	}
	return true;
}

static void on_stall(struct edge_timer *t, uint64_t now_ms);

static void flush(struct edge_conn *c)
{
	const uint32_t before = c->out.len;

	if (!write_out(c)) {
		detail_from_ssl(c);
		fail(c, EDGE_CONN_WHY_RESET);
		return;
	}
	if (!c->out.len)
		edge_wheel_stop(&c->deadline);
	else if (c->out.len != before || !edge_timer_running(&c->deadline))
		deadline_in(c, c->stall_ms, on_stall);
	watch(c);
	if (c->was_high && c->out.len <= c->low_water) {
		c->was_high = false;
		tell(c, EDGE_CONN_DRAINED);
	}
}

static void on_stall(struct edge_timer *t, uint64_t now_ms)
{
	struct edge_conn *c =
		(void *)((char *)t - offsetof(struct edge_conn, deadline));

	(void)now_ms;
	detail_set(c, "%u bytes unwritten", (unsigned)c->out.len);
	fail(c, EDGE_CONN_WHY_STALLED);
}

/* Decrypt into the input queue until there is no more, or no more room. */
enum got { GOT_ALL, GOT_FULL, GOT_EOF, GOT_BROKEN };

static enum got decrypt(struct edge_conn *c, bool *has_grown)
{
	for (;;) {
		size_t want = (size_t)SSL_pending(c->ssl), room, done;

		if (c->in.len >= c->in_cap)
			return GOT_FULL;
		if (want < CONN_READ_STEP)
			want = CONN_READ_STEP;
		if (want > c->in_cap - c->in.len)
			want = c->in_cap - c->in.len;
		if (edge_bytes_room(&c->in, want, c->in_cap))
			return GOT_BROKEN;
		ERR_clear_error();
		uint8_t *tail = edge_bytes_tail(&c->in, &room);

		if (SSL_read_ex(c->ssl, tail, room, &done) != 1)
			break;
		edge_bytes_grown(&c->in, done);
		*has_grown = true;
		if (!edge_slice_len(c->rx) && !SSL_pending(c->ssl))
			return GOT_ALL;
	}
	switch (SSL_get_error(c->ssl, 0)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE: /* a key update's answer: sent with ours */
		return GOT_ALL;
	case SSL_ERROR_ZERO_RETURN:
		return GOT_EOF;
	default:
		return GOT_BROKEN;
	}
}

static void tell_eof(struct edge_conn *c)
{
	c->state = CONN_HALF;
	c->why = EDGE_CONN_WHY_EOF;
	watch(c);
	tell(c, EDGE_CONN_EOF);
}

static void read_plain(struct edge_conn *c)
{
	enum got got = GOT_FULL;

	while (got == GOT_FULL && c->state == CONN_OPEN && !c->is_paused) {
		bool has_grown = false;

		got = decrypt(c, &has_grown);
		if (!c->in.len)
			edge_bytes_fini(&c->in);
		if (got == GOT_BROKEN)
			detail_from_ssl(c);
		if (has_grown)
			tell(c, EDGE_CONN_DATA);
		if (c->in.len >= c->in_cap && c->state == CONN_OPEN &&
		    !c->is_paused) {
			detail_set(c, "%u bytes not consumed",
				   (unsigned)c->in.len);
			fail(c, EDGE_CONN_WHY_INPUT);
		}
	}
	if (!is_live(c))
		return;
	if (got == GOT_EOF)
		tell_eof(c);
	else if (got == GOT_BROKEN)
		fail(c, EDGE_CONN_WHY_RESET);
}

static void secured(struct edge_conn *c)
{
	edge_wheel_stop(&c->deadline);
	peer_read(c);
	c->state = CONN_OPEN;
	watch(c);
	tell(c, EDGE_CONN_SECURED);
	if (c->state == CONN_OPEN && c->out.len)
		flush(c);
}

static void handshake(struct edge_conn *c)
{
	int done;

	ERR_clear_error();
	c->is_blocked = false;
	done = SSL_do_handshake(c->ssl);
	if (done == 1) {
		secured(c);
		return;
	}
	switch (SSL_get_error(c->ssl, done)) {
	case SSL_ERROR_WANT_WRITE:
		c->is_blocked = true;
		/* fall through */
	case SSL_ERROR_WANT_READ:
		watch(c);
		return;
	default:
		detail_from_ssl(c);
		peer_read(c);
		fail(c, EDGE_CONN_WHY_TLS);
	}
}

/* Feed what was read to OpenSSL. */
static void process(struct edge_conn *c)
{
	if (c->state == CONN_HANDSHAKE)
		handshake(c);
	if (c->state == CONN_OPEN)
		read_plain(c);
}

/* Ciphertext kept from before the pause comes first; false: more is left. */
static bool process_held(struct edge_conn *c)
{
	const uint32_t before = c->held.len;

	c->rx = edge_bytes_slice(&c->held);
	process(c);
	edge_bytes_take(&c->held, before - edge_slice_len(c->rx));
	c->rx = (struct edge_slice){0};
	return !c->held.len;
}

static void on_recv_end(struct edge_conn *c, ssize_t n)
{
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		detail_set(c, "%s", strerror(errno));
	else
		detail_set(c, "%s", "closed without close_notify");
	fail(c, c->state == CONN_HANDSHAKE ? EDGE_CONN_WHY_TLS
					   : EDGE_CONN_WHY_RESET);
}

static void receive(struct edge_conn *c)
{
	size_t cap;
	uint8_t *scratch;
	ssize_t n;

	if (c->is_paused && c->state == CONN_OPEN) {
		watch(c); /* not before it matters: pauses are short */
		return;
	}
	if (c->held.len && (!process_held(c) || c->state != CONN_OPEN))
		return;
	scratch = edge_loop_scratch(c->loop, &cap);
	n = recv(c->fd, scratch, cap, 0);
	if (n <= 0) {
		on_recv_end(c, n);
		return;
	}
	if (c->state == CONN_HANDSHAKE) {
		c->handshake_len += (uint32_t)n;
		if (c->handshake_len > CONN_HANDSHAKE_MAX) {
			detail_set(c, "%s", "handshake too long");
			fail(c, EDGE_CONN_WHY_TLS);
			return;
		}
	}
	c->rx = edge_slice(scratch, (size_t)n);
	process(c);
	if (is_live(c) && edge_slice_len(c->rx) &&
	    edge_bytes_add(&c->held, c->rx, UINT32_MAX)) {
		detail_set(c, "%s", edge_err_str(EDGE_ENOMEM));
		fail(c, EDGE_CONN_WHY_INPUT);
	}
	c->rx = (struct edge_slice){0};
}

static void connected(struct edge_conn *c)
{
	const int error = edge_sock_error(c->fd);
	struct edge_addr remote;

	if (error) {
		detail_set(c, "%s", strerror(error));
		fail(c, EDGE_CONN_WHY_CONNECT);
		return;
	}
	edge_sock_names(c->fd, &c->local, &remote);
	c->state = CONN_HANDSHAKE;
	handshake(c);
}

static void on_linger_over(struct edge_timer *t, uint64_t now_ms)
{
	(void)now_ms;
	finish((void *)((char *)t - offsetof(struct edge_conn, deadline)));
}

/* Write the rest, say goodbye, then wait until the other end has read it: a
 * close with unread input would reset the connection under our last words. */
static void linger(struct edge_conn *c, unsigned ready)
{
	size_t cap;
	uint8_t *scratch = edge_loop_scratch(c->loop, &cap);

	if (ready & EDGE_LOOP_READ) {
		ssize_t n = recv(c->fd, scratch, cap, 0);

		if (!n || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			finish(c);
			return;
		}
	}
	if (!c->is_shut && !write_out(c)) {
		finish(c);
		return;
	}
	if (!c->is_shut && !c->out.len) {
		c->is_shut = true;
		SSL_shutdown(c->ssl);
		ERR_clear_error();
		shutdown(c->fd, SHUT_WR);
	}
	watch(c);
}

static void on_io(unsigned ready, void *arg)
{
	struct edge_conn *c = arg;

	if (c->state == CONN_LINGER) {
		linger(c, ready);
		return;
	}
	if (c->state == CONN_CONNECTING) {
		if (ready & EDGE_LOOP_WRITE)
			connected(c);
		return;
	}
	if (ready & EDGE_LOOP_WRITE && c->is_blocked) {
		if (c->state == CONN_HANDSHAKE)
			handshake(c);
		else
			flush(c);
	}
	if (ready & EDGE_LOOP_READ &&
	    (c->state == CONN_HANDSHAKE || c->state == CONN_OPEN))
		receive(c);
}

/* The end of the turn: what was queued is written, what was held is told. */
static void on_task(struct edge_task *t)
{
	struct edge_conn *c =
		(void *)((char *)t - offsetof(struct edge_conn, task));

	if (c->state == CONN_CONNECTING && c->fd < 0) {
		fail(c, EDGE_CONN_WHY_CONNECT);
		return;
	}
	if (c->state == CONN_LINGER)
		linger(c, 0);
	if (c->out.len && !c->is_blocked &&
	    (c->state == CONN_OPEN || c->state == CONN_HALF))
		flush(c);
	if (!c->retell || c->is_paused || !is_live(c))
		return;
	c->retell = false;
	if (c->in.len)
		tell(c, EDGE_CONN_DATA);
	if (c->state != CONN_OPEN || c->is_paused)
		return;
	process_held(c);
	if (is_live(c))
		watch(c);
}

static void on_handshake_time(struct edge_timer *t, uint64_t now_ms)
{
	struct edge_conn *c =
		(void *)((char *)t - offsetof(struct edge_conn, deadline));

	(void)now_ms;
	detail_set(c, "%s",
		   c->state == CONN_CONNECTING ? "no answer to connect"
					       : "handshake not finished");
	fail(c, c->state == CONN_CONNECTING ? EDGE_CONN_WHY_CONNECT
					    : EDGE_CONN_WHY_HANDSHAKE_TIME);
}

static bool ssl_attach(struct edge_conn *c)
{
	BIO *bio;

	pthread_once(&bio_once, bio_method_make);
	if (!bio_method)
		return false;
	c->ssl = SSL_new(edge_tls_context(c->tls));
	if (!c->ssl)
		return false;
	bio = BIO_new(bio_method);
	if (!bio)
		return false;
	BIO_set_data(bio, c);
	SSL_set_bio(c->ssl, bio, bio);
	return true;
}

static enum edge_err conn_new(struct edge_conn **out,
			      const struct edge_conn_plan *p, int fd)
{
	struct edge_conn *c = calloc(1, sizeof(*c));

	if (!c)
		return EDGE_ENOMEM;
	c->loop = p->loop;
	c->tls = edge_tls_hold(p->tls);
	c->policy = p->policy;
	c->fn = p->fn;
	c->arg = p->arg;
	c->in_cap = p->in_cap;
	c->out_cap = p->out_cap;
	c->high_water = p->high_water;
	c->low_water = p->low_water;
	c->handshake_ms = p->handshake_ms;
	c->stall_ms = p->stall_ms;
	c->task.fn = on_task;
	c->fd = fd;
	if (!ssl_attach(c)) {
		conn_free(c);
		ERR_clear_error();
		return EDGE_ENOMEM;
	}
	*out = c;
	return EDGE_OK;
}

enum edge_err edge_conn_accept(struct edge_conn **out,
			       const struct edge_conn_plan *p, int fd)
{
	struct edge_conn *c;
	enum edge_err err;

	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK))
		return EDGE_ESYS;
	err = conn_new(&c, p, fd);
	if (err)
		return err;
	edge_sock_names(fd, &c->local, &c->remote);
	edge_sock_set_nodelay(fd);
	SSL_set_accept_state(c->ssl);
	c->state = CONN_HANDSHAKE;
	watch(c);
	if (!c->watched) {
		conn_free(c);
		return EDGE_ELIMIT;
	}
	deadline_in(c, c->handshake_ms, on_handshake_time);
	*out = c;
	return EDGE_OK;
}

static enum edge_err name_server(struct edge_conn *c, const char *name)
{
	char host[EDGE_PEER_NAME_LEN];
	struct edge_slice s = edge_slice_str(name);

	if (edge_slice_len(s) && s.end[-1] == '.')
		s.end--;
	if (!edge_slice_len(s))
		return EDGE_OK;
	if (!edge_slice_copy(host, sizeof(host), s))
		return EDGE_ERANGE;
	return SSL_set_tlsext_host_name(c->ssl, host) == 1 ? EDGE_OK
							   : EDGE_ENOMEM;
}

enum edge_err edge_conn_dial(struct edge_conn **out,
			     const struct edge_conn_plan *p,
			     const struct edge_addr *local, const char *device,
			     const struct edge_addr *remote,
			     const char *server_name)
{
	struct edge_conn *c;
	struct edge_addr peer; /* not connected: not known */
	enum edge_err err = conn_new(&c, p, -1);

	if (err)
		return err;
	err = name_server(c, server_name);
	if (err) {
		conn_free(c);
		return err;
	}
	SSL_set_connect_state(c->ssl);
	c->state = CONN_CONNECTING;
	c->remote = *remote;
	err = edge_sock_dial(&c->fd, local, device, remote);
	if (err)
		detail_set(c, "%s", strerror(errno));
	else
		watch(c);
	if (!err && !c->watched) {
		close(c->fd);
		c->fd = -1;
		detail_set(c, "%s", "too many open files");
	}
	if (c->fd < 0) {
		edge_loop_defer(c->loop, &c->task);
	} else { /* connect() has chosen the port */
		edge_sock_names(c->fd, &c->local, &peer);
		deadline_in(c, c->handshake_ms, on_handshake_time);
	}
	*out = c;
	return EDGE_OK;
}

void edge_conn_close(struct edge_conn *c)
{
	if (!c || c->state == CONN_CLOSED)
		return;
	if (is_secured(c) && write_out(c) && !c->is_blocked) {
		SSL_shutdown(c->ssl);
		ERR_clear_error();
	}
	finish(c);
}

void edge_conn_close_after_flush(struct edge_conn *c, uint32_t ms)
{
	if (!is_secured(c)) {
		edge_conn_close(c);
		return;
	}
	c->state = CONN_LINGER;
	edge_bytes_fini(&c->in);
	edge_bytes_fini(&c->held);
	deadline_in(c, ms ? ms : 1, on_linger_over);
	edge_loop_defer(c->loop, &c->task);
}

struct edge_slice edge_conn_input(const struct edge_conn *c)
{
	return edge_bytes_slice(&c->in);
}

void edge_conn_consume(struct edge_conn *c, size_t len)
{
	edge_bytes_take(&c->in, len);
}

enum edge_err edge_conn_write(struct edge_conn *c, struct edge_slice bytes)
{
	enum edge_err err;

	if (!is_live(c))
		return EDGE_ECLOSED;
	err = edge_bytes_add(&c->out, bytes, c->out_cap);
	if (err)
		return err;
	if (c->out.len > c->high_water)
		c->was_high = true;
	if (!c->is_blocked && is_secured(c))
		edge_loop_defer(c->loop, &c->task);
	return EDGE_OK;
}

bool edge_conn_above_high_water(const struct edge_conn *c)
{
	return c->out.len > c->high_water;
}

void edge_conn_pause(struct edge_conn *c)
{
	c->is_paused = true;
}

void edge_conn_resume(struct edge_conn *c)
{
	if (!c->is_paused)
		return;
	c->is_paused = false;
	c->retell = true;
	if (is_live(c))
		edge_loop_defer(c->loop, &c->task);
}

size_t edge_conn_queued(const struct edge_conn *c)
{
	return c->out.len;
}

size_t edge_conn_buffered(const struct edge_conn *c)
{
	return c->in.len;
}

const struct edge_peer *edge_conn_peer(const struct edge_conn *c)
{
	return c->peer ? c->peer : peer_absent();
}

const struct edge_addr *edge_conn_remote(const struct edge_conn *c)
{
	return &c->remote;
}

const struct edge_addr *edge_conn_local(const struct edge_conn *c)
{
	return &c->local;
}

enum edge_conn_why edge_conn_why(const struct edge_conn *c)
{
	return (enum edge_conn_why)c->why;
}

const char *edge_conn_why_str(enum edge_conn_why why)
{
	static const char *const texts[] = {
#define EDGE_CONN_WHY_TEXT(name, text) [name] = text,
		EDGE_CONN_WHY_MAP(EDGE_CONN_WHY_TEXT)
#undef EDGE_CONN_WHY_TEXT
	};

	return (size_t)why < sizeof(texts) / sizeof(*texts) ? texts[why] : "?";
}

const char *edge_conn_detail(const struct edge_conn *c)
{
	return c->detail ? c->detail : "";
}
