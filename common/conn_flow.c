/* Buffered TLS connection, the loop's side: handshake, one read a wake-up, one
 * write a turn, deadlines. */
#include "common/conn_flow.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/sock.h"
#include "common/tls.h"

enum {
	CONN_HANDSHAKE_MAX = 96 * 1024, /* AE 1.5: 64 KiB of certificates */
	CONN_HELLO_HEAD = 9, /* RFC 8446 §5.1, §4: record and message head */
	CONN_HELLO_MAX =
		16 * 1024, /* ours: what comes is below 4 KiB [bytes] */
	CONN_HANDSHAKE_RECORD = 22, /* RFC 8446 §5.1 */
	CONN_CLIENT_HELLO = 1,	    /* RFC 8446 §4 */
	CONN_RECV_MIN = 32 * 1024,  /* ours: two TLS records [bytes] */
	CONN_DETAIL_LEN = 192,
};

bool edge_conn_flow_is_live(const struct edge_conn *c)
{
	return c->state <= CONN_HALF;
}

bool edge_conn_flow_is_secured(const struct edge_conn *c)
{
	return c->state >= CONN_OPEN && c->state <= CONN_LINGER;
}

struct edge_conn *edge_conn_flow_of(struct edge_timer *deadline)
{
	return (void *)((char *)deadline -
			offsetof(struct edge_conn, deadline));
}

static void on_io(unsigned ready, void *arg);

void edge_conn_flow_watch(struct edge_conn *c)
{
	unsigned io = 0;
	enum edge_err err;

	if (c->state == CONN_CONNECTING || c->is_blocked)
		io |= EDGE_LOOP_WRITE;
	if (c->state == CONN_HANDSHAKE ||
	    (c->state == CONN_LINGER && !c->is_deaf) ||
	    (c->state == CONN_OPEN && !c->is_paused && !c->is_starting &&
	     !(c->is_blocked && c->held.len)))
		io |= EDGE_LOOP_READ;
	if (c->state == CONN_OPEN && !io && !c->is_hung)
		io = EDGE_LOOP_ERROR; /* paused: a reset is seen all the same */
	if (c->state > CONN_LINGER)
		io = 0;
	if (io == c->watched)
		return;
	err = edge_loop_watch(c->loop, c->stream.fd, io, on_io, c);
	if (!err)
		c->watched = (uint8_t)io;
}

void edge_conn_flow_deadline(struct edge_conn *c, uint32_t ms,
			     void (*fn)(struct edge_timer *t, uint64_t now_ms))
{
	if (ms)
		edge_wheel_start(edge_loop_wheel(c->loop), &c->deadline,
				 edge_loop_now_ms(c->loop) + ms, fn);
	else
		edge_wheel_stop(&c->deadline);
}

void edge_conn_flow_tell(struct edge_conn *c, enum edge_conn_event ev)
{
	c->is_telling = true;
	c->fn(c, ev, c->arg);
	c->is_telling = false;
}

void edge_conn_flow_detail(struct edge_conn *c, const char *fmt, ...)
{
	char text[CONN_DETAIL_LEN];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	free(c->detail);
	c->detail = strdup(text);
}

void edge_conn_flow_fail(struct edge_conn *c, enum edge_conn_why why)
{
	c->state = CONN_OVER;
	c->why = (uint8_t)why;
	c->stream.rx = (struct edge_slice){0};
	edge_wheel_stop(&c->deadline);
	edge_conn_flow_watch(c);
	edge_conn_flow_tell(c, why == EDGE_CONN_WHY_HANDSHAKE_TIME ||
					       why == EDGE_CONN_WHY_STALLED
				       ? EDGE_CONN_TIMEOUT
				       : EDGE_CONN_FAILED);
}

void edge_conn_flow_detail_tls(struct edge_conn *c)
{
	char text[CONN_DETAIL_LEN];

	edge_tls_stream_detail(&c->stream, text, sizeof(text));
	edge_conn_flow_detail(c, "%s", text);
}

static void peer_read(struct edge_conn *c)
{
	struct edge_peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return; /* nobody: the safe answer */
	edge_tls_stream_peer(peer, &c->stream, c->policy);
	if (peer->has_certificate) {
		c->peer = peer;
		return;
	}
	edge_peer_fini(peer);
	free(peer);
}

void edge_conn_flow_free(void *thing)
{
	struct edge_conn *c = thing;

	edge_tls_stream_fini(&c->stream);
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

void edge_conn_flow_count(struct edge_conn *c, _Atomic uint32_t *sockets)
{
	if (sockets)
		atomic_fetch_add(sockets, 1);
	c->sockets = sockets;
}

void edge_conn_flow_finish(struct edge_conn *c)
{
	c->state = CONN_CLOSED;
	edge_wheel_stop(&c->deadline);
	edge_loop_leave(&c->leaver);
	if (c->loop && c->stream.fd >= 0)
		edge_loop_unwatch(c->loop, c->stream.fd);
	if (c->stream.fd >= 0)
		close(c->stream.fd);
	if (c->sockets)
		atomic_fetch_sub(c->sockets, 1);
	c->sockets = NULL;
	c->stream.fd = -1;
	if (c->loop)
		edge_loop_defer_free(c->loop, c, edge_conn_flow_free);
	else /* detached: nobody looks at it */
		edge_conn_flow_free(c);
}

static void tell_eof(struct edge_conn *c)
{
	c->state = CONN_HALF;
	c->why = EDGE_CONN_WHY_EOF;
	edge_conn_flow_watch(c);
	edge_conn_flow_tell(c, EDGE_CONN_EOF);
}

static void read_plain(struct edge_conn *c)
{
	enum edge_tls_step step = EDGE_TLS_FULL;

	while (step == EDGE_TLS_FULL && c->state == CONN_OPEN &&
	       !c->is_paused && !c->is_starting) {
		const uint32_t before = c->in.len;

		step = edge_tls_stream_read(&c->stream, &c->in, c->in_cap);
		if (!c->in.len)
			edge_bytes_fini(&c->in);
		if (step == EDGE_TLS_BROKEN)
			edge_conn_flow_detail_tls(c);
		if (c->in.len > before)
			edge_conn_flow_tell(c, EDGE_CONN_DATA);
		if (c->in.len >= c->in_cap && c->state == CONN_OPEN &&
		    !c->is_paused) {
			edge_conn_flow_detail(c, "%u bytes not consumed",
					      (unsigned)c->in.len);
			edge_conn_flow_fail(c, EDGE_CONN_WHY_INPUT);
		}
	}
	if (!edge_conn_flow_is_live(c))
		return;
	if (step == EDGE_TLS_WANT_WRITE)
		edge_conn_flow_wait_to_answer(c);
	else if (step == EDGE_TLS_EOF)
		tell_eof(c);
	else if (step == EDGE_TLS_BROKEN)
		edge_conn_flow_fail(c, EDGE_CONN_WHY_RESET);
}

static void secured(struct edge_conn *c)
{
	edge_wheel_stop(&c->deadline);
	if (!c->is_plain)
		peer_read(c);
	c->state = CONN_OPEN;
	edge_conn_flow_watch(c);
	edge_conn_flow_tell(c, EDGE_CONN_SECURED);
	if (c->state == CONN_OPEN && edge_conn_flow_has_to_write(c))
		edge_conn_flow_flush(c);
}

static void handshake(struct edge_conn *c)
{
	const enum edge_tls_step step = edge_tls_stream_handshake(&c->stream);

	c->is_blocked = step == EDGE_TLS_WANT_WRITE;
	if (step == EDGE_TLS_DONE) {
		secured(c);
		return;
	}
	if (step != EDGE_TLS_BROKEN) {
		edge_conn_flow_watch(c);
		return;
	}
	edge_conn_flow_detail_tls(c);
	peer_read(c);
	edge_conn_flow_fail(c, EDGE_CONN_WHY_TLS);
}

/* In the clear all is written that led to TLS: now it begins. */
static void begin_tls(struct edge_conn *c)
{
	if (!c->is_starting || c->state != CONN_OPEN || edge_conn_queued(c))
		return;
	c->is_starting = false;
	if (c->in.len || c->held.len) {
		edge_conn_flow_detail(c, "%s", "clear text before TLS");
		edge_conn_flow_fail(c, EDGE_CONN_WHY_TLS);
		return;
	}
	c->is_plain = false;
	c->stream.is_clear = false;
	c->handshake_len = 0;
	c->state = CONN_HANDSHAKE;
	edge_conn_flow_deadline(c, c->handshake_ms,
				edge_conn_flow_handshake_time);
	edge_conn_flow_watch(c);
	if (c->is_client)
		handshake(c);
}

/* What was received goes through TLS. */
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

	c->stream.rx = edge_bytes_slice(&c->held);
	process(c);
	edge_bytes_take(&c->held, before - edge_slice_len(c->stream.rx));
	c->stream.rx = (struct edge_slice){0};
	return !c->held.len;
}

static void on_recv_end(struct edge_conn *c, ssize_t n)
{
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (!n && c->is_plain) {
		tell_eof(c);
		return;
	}
	if (n < 0)
		edge_conn_flow_detail(c, "%s", strerror(errno));
	else
		edge_conn_flow_detail(c, "%s", "closed without close_notify");
	edge_conn_flow_fail(c, c->state == CONN_HANDSHAKE ? EDGE_CONN_WHY_TLS
			       : n < 0			  ? EDGE_CONN_WHY_RESET
				       : EDGE_CONN_WHY_TRUNCATED);
}

static void refuse_handshake(struct edge_conn *c, const char *why)
{
	edge_conn_flow_detail(c, "%s", why);
	edge_conn_flow_fail(c, EDGE_CONN_WHY_TLS);
}

/* OpenSSL takes memory for as long a message as its first bytes promise (up
 * to 128 KiB), so we look at them before; what is no record it refuses. */
static bool hello_fits(struct edge_slice head)
{
	struct edge_slice version;
	uint8_t record, message, high;
	uint16_t record_len, low;

	if (!edge_take_u8(&head, &record) || !edge_take(&head, 2, &version) ||
	    !edge_take_u16(&head, &record_len) ||
	    !edge_take_u8(&head, &message) || !edge_take_u8(&head, &high) ||
	    !edge_take_u16(&head, &low))
		return false;
	if (record != CONN_HANDSHAKE_RECORD)
		return true;
	return record_len >= 4 && message == CONN_CLIENT_HELLO && !high &&
	       low <= CONN_HELLO_MAX;
}

/* n bytes came before SECURED; false: they are kept, or the end is told. */
static bool handshake_fits(struct edge_conn *c, const uint8_t *p, size_t n)
{
	const bool is_first = c->handshake_len < CONN_HELLO_HEAD;
	struct edge_slice head = edge_slice(p, n);

	c->handshake_len += (uint32_t)n;
	if (c->handshake_len > CONN_HANDSHAKE_MAX) {
		refuse_handshake(c, "handshake too long");
		return false;
	}
	if (c->is_client || !is_first)
		return true;
	if (c->held.len || n < CONN_HELLO_HEAD) { /* in very small pieces */
		if (edge_bytes_add(&c->held, head, CONN_HANDSHAKE_MAX)) {
			refuse_handshake(c, edge_err_str(EDGE_ENOMEM));
			return false;
		}
		head = edge_bytes_slice(&c->held);
	}
	if (c->handshake_len < CONN_HELLO_HEAD)
		return false;
	if (!hello_fits(head)) {
		refuse_handshake(c, "client hello too long");
		return false;
	}
	if (!c->held.len)
		return true;
	process_held(c);
	return false;
}

/* What cannot be decrypted would have to be kept: about as much as there is
 * room for, and no less than two records. */
static size_t recv_len(const struct edge_conn *c, size_t cap)
{
	size_t room = c->in_cap > c->in.len ? c->in_cap - c->in.len : 0;

	if (room < CONN_RECV_MIN)
		room = CONN_RECV_MIN;
	return room < cap ? room : cap;
}

static void receive(struct edge_conn *c)
{
	size_t cap;
	uint8_t *scratch;
	ssize_t n;

	if ((c->is_paused || c->is_starting) && c->state == CONN_OPEN) {
		edge_conn_flow_watch(
			c); /* not before it matters: pauses are short */
		return;
	}
	if (c->state == CONN_OPEN && c->held.len &&
	    (!process_held(c) || c->state != CONN_OPEN))
		return;
	scratch = edge_loop_scratch(c->loop, &cap);
	n = recv(c->stream.fd, scratch, recv_len(c, cap), 0);
	if (n <= 0) {
		on_recv_end(c, n);
		return;
	}
	if (c->state == CONN_HANDSHAKE &&
	    !handshake_fits(c, scratch, (size_t)n))
		return;
	c->stream.rx = edge_slice(scratch, (size_t)n);
	process(c);
	if (edge_conn_flow_is_live(c) && edge_slice_len(c->stream.rx) &&
	    edge_bytes_add(&c->held, c->stream.rx, UINT32_MAX)) {
		edge_conn_flow_detail(c, "%s", edge_err_str(EDGE_ENOMEM));
		edge_conn_flow_fail(c, EDGE_CONN_WHY_INPUT);
	}
	c->stream.rx = (struct edge_slice){0};
	if (c->is_blocked && c->held.len)
		edge_conn_flow_watch(c);
}

static void connected(struct edge_conn *c)
{
	const int error = edge_sock_error(c->stream.fd);
	struct edge_addr remote;

	if (error) {
		edge_conn_flow_detail(c, "%s", strerror(error));
		edge_conn_flow_fail(c, EDGE_CONN_WHY_CONNECT);
		return;
	}
	edge_sock_names(c->stream.fd, &c->local, &remote);
	if (c->is_plain) {
		secured(c);
		return;
	}
	c->state = CONN_HANDSHAKE;
	handshake(c);
}

/* Nothing is read now; what we are told is a reset, or that both sides have
 * closed, which the reading will find. */
static void on_error_alone(struct edge_conn *c)
{
	const int error = edge_sock_error(c->stream.fd);

	if (error) {
		edge_conn_flow_detail(c, "%s", strerror(error));
		edge_conn_flow_fail(c, EDGE_CONN_WHY_RESET);
		return;
	}
	c->is_hung = true;
	edge_conn_flow_watch(c);
}

static void on_io(unsigned ready, void *arg)
{
	struct edge_conn *c = arg;

	if (c->watched == EDGE_LOOP_ERROR) {
		if (ready & EDGE_LOOP_ERROR)
			on_error_alone(c);
		return;
	}
	if (c->state == CONN_LINGER) {
		edge_conn_flow_linger(c, ready);
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
			edge_conn_flow_flush(c);
		begin_tls(c);
		if (c->state == CONN_OPEN && c->held.len && !c->is_blocked &&
		    !c->is_paused)
			process_held(c);
	}
	if (ready & EDGE_LOOP_READ &&
	    (c->state == CONN_HANDSHAKE || c->state == CONN_OPEN))
		receive(c);
}

void edge_conn_flow_turn_end(struct edge_task *t)
{
	struct edge_conn *c =
		(void *)((char *)t - offsetof(struct edge_conn, task));

	if (c->state == CONN_CONNECTING && c->stream.fd < 0) {
		edge_conn_flow_fail(c, EDGE_CONN_WHY_CONNECT);
		return;
	}
	if (c->state == CONN_LINGER)
		edge_conn_flow_linger(c, 0);
	if (edge_conn_flow_has_to_write(c) && !c->is_blocked &&
	    (c->state == CONN_OPEN || c->state == CONN_HALF))
		edge_conn_flow_flush(c);
	begin_tls(c);
	if (!c->retell || c->is_paused || !edge_conn_flow_is_live(c))
		return;
	c->retell = false;
	if (c->in.len)
		edge_conn_flow_tell(c, EDGE_CONN_DATA);
	if (c->state != CONN_OPEN || c->is_paused || c->is_starting)
		return;
	process_held(c);
	if (edge_conn_flow_is_live(c))
		edge_conn_flow_watch(c);
}
