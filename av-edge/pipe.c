/* One TCP connection of a worker: bytes in, frames out, a queue with a cap. */
#include "av-edge/pipe.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/sock.h"

enum {
	PIPE_READ = 16384, /* ours: TLS records are no longer [bytes] */
	SHUTTLE = 32768,   /* ours: between joined ones at once [bytes] */
};

static struct ave_pipe *of(struct ave_ear *e)
{
	return (struct ave_pipe *)(void *)e;
}

static void on_stalled(struct edge_timer *t, uint64_t now_ms)
{
	struct ave_pipe *p =
		(struct ave_pipe *)(void *)((char *)t -
					    offsetof(struct ave_pipe, stall));

	(void)now_ms;
	p->fn(p, AVE_PIPE_STALLED);
}

static void wait_for_reader(struct ave_pipe *p)
{
	if (!edge_timer_running(&p->stall))
		edge_wheel_start(p->hub->wheel, &p->stall,
				 p->hub->now_ms + p->stall_ms, on_stalled);
}

/* What the far one has still to write is waited for, not for ever. */
static void part(struct ave_pipe *p)
{
	struct ave_pipe *far = p->far;

	if (!far)
		return;
	p->far = NULL;
	far->far = NULL;
	if (far->out.len)
		wait_for_reader(far);
	ave_pipe_end(far);
}

static void tell_gone(struct ave_pipe *p)
{
	if (p->is_gone)
		return;
	p->is_gone = true;
	part(p);
	p->fn(p, AVE_PIPE_GONE);
}

/* What the kernel is asked about follows from the state alone. */
static void listen_as_needed(struct ave_pipe *p)
{
	unsigned io = 0;

	if (!p->is_open)
		return;
	if (p->is_connecting || p->out.len)
		io |= AVE_BATCH_WRITE;
	if (!p->is_connecting && !p->is_ending &&
	    (!p->is_paused || p->is_shaking))
		io |= AVE_BATCH_READ;
	if (ave_hub_listen(p->hub, &p->ear, p->fd, io) == EDGE_OK || p->is_gone)
		return;
	p->is_gone = true;
	ave_hub_later(p->hub, &p->lost); /* its owner may be in its midst */
}

static void on_lost(struct ave_chore *c)
{
	struct ave_pipe *p =
		(struct ave_pipe *)(void *)((char *)c -
					    offsetof(struct ave_pipe, lost));

	if (!p->is_open)
		return;
	part(p);
	p->fn(p, AVE_PIPE_GONE);
}

static void write_queued(struct ave_pipe *p);
static void read_secured(struct ave_pipe *p);
static void shuttle(struct ave_pipe *p);

static void tell_readable(struct ave_pipe *p)
{
	if (p->far)
		shuttle(p);
	else
		p->fn(p, AVE_PIPE_READABLE);
}

static void on_ready(struct ave_ear *e, unsigned io)
{
	struct ave_pipe *p = of(e);

	if (p->is_connecting) {
		if (edge_sock_error(p->fd)) {
			tell_gone(p);
			return;
		}
		if (!(io & AVE_BATCH_WRITE))
			return;
		p->is_connecting = false;
		p->fn(p, AVE_PIPE_CONNECTED);
		if (p->is_open)
			write_queued(p);
		return;
	}
	if (io & AVE_BATCH_WRITE)
		write_queued(p);
	if (!p->is_open || !(io & AVE_BATCH_READ))
		return;
	if (p->tls)
		read_secured(p);
	else if (!p->is_paused && !p->is_ending)
		tell_readable(p);
	else if (edge_sock_error(p->fd)) /* an error is told as both */
		tell_gone(p);
}

/* Not at once: who resumes a pipe may be in the middle of the scratch. */
static void on_again(struct ave_chore *c)
{
	struct ave_pipe *p =
		(struct ave_pipe *)(void *)((char *)c -
					    offsetof(struct ave_pipe, again));

	if (p->is_open && !p->is_gone && !p->is_paused && p->plain.len)
		tell_readable(p);
}

enum edge_err
ave_pipe_open(struct ave_pipe *p, struct ave_hub *h, int fd, bool is_connecting,
	      void (*fn)(struct ave_pipe *p, enum ave_pipe_event e))
{
	enum edge_err err;

	*p = (struct ave_pipe){.hub = h,
			       .fn = fn,
			       .fd = fd,
			       .cap = UINT32_MAX / 4,
			       .is_connecting = is_connecting};
	p->ear.ready = on_ready;
	p->again.fn = on_again;
	p->lost.fn = on_lost;
	err = ave_hub_listen(h, &p->ear, fd,
			     is_connecting ? AVE_BATCH_WRITE : AVE_BATCH_READ);
	p->is_open = !err;
	if (!err)
		edge_sock_set_nodelay(fd);
	return err;
}

void ave_pipe_set_cap(struct ave_pipe *p, uint32_t cap)
{
	p->cap = cap;
}

void ave_pipe_close(struct ave_pipe *p, bool is_reset)
{
	if (!p->is_open)
		return;
	p->is_open = false;
	p->is_gone = true;
	edge_wheel_stop(&p->stall);
	part(p);
	ave_hub_leave(p->hub, &p->ear);
	if (p->tls) {
		edge_tls_stream_goodbye(p->tls);
		edge_tls_stream_fini(p->tls);
		free(p->tls);
		p->tls = NULL;
	}
	if (is_reset)
		edge_sock_set_abrupt(p->fd);
	close(p->fd);
	edge_bytes_fini(&p->out);
	edge_bytes_fini(&p->plain);
}

/* -- writing ------------------------------------------------------------ */

static bool is_above(const struct ave_pipe *p, uint32_t share)
{
	return p->out.len > p->cap / share;
}

static enum edge_err write_plain(struct ave_pipe *p)
{
	while (p->out.len) {
		struct edge_slice s = edge_bytes_slice(&p->out);
		ssize_t n = send(p->fd, s.p, edge_slice_len(s),
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? EDGE_OK
								 : EDGE_ECLOSED;
		edge_bytes_take(&p->out, (size_t)n);
	}
	return EDGE_OK;
}

static enum edge_err write_out(struct ave_pipe *p)
{
	if (p->is_connecting || p->is_shaking)
		return EDGE_OK;
	if (!p->tls)
		return write_plain(p);
	return edge_tls_stream_write(p->tls, &p->out, NULL, 0) ==
			       EDGE_TLS_BROKEN
		       ? EDGE_ECLOSED
		       : EDGE_OK;
}

static void write_queued(struct ave_pipe *p)
{
	if (write_out(p) != EDGE_OK) {
		tell_gone(p);
		return;
	}
	listen_as_needed(p);
	if (p->is_ending && !p->out.len) {
		tell_gone(p);
	} else if (p->is_full && !is_above(p, 4)) {
		p->is_full = false;
		if (p->far) {
			edge_wheel_stop(&p->stall);
			ave_pipe_resume(p->far);
		} else {
			p->fn(p, AVE_PIPE_DRAINED);
		}
	}
}

/* Straight to the socket when nothing waits: one system call, no copy. */
static enum edge_err put_straight(struct ave_pipe *p, struct edge_slice *bytes)
{
	ssize_t n;

	if (p->tls || p->is_connecting || p->out.len)
		return EDGE_OK;
	n = send(p->fd, bytes->p, edge_slice_len(*bytes),
		 MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n >= 0)
		bytes->p += n;
	else if (errno != EAGAIN && errno != EINTR)
		return EDGE_ECLOSED;
	return EDGE_OK;
}

enum edge_err ave_pipe_put(struct ave_pipe *p, struct edge_slice bytes)
{
	size_t len = edge_slice_len(bytes);
	enum edge_err err;

	if (!p->is_open || p->is_gone)
		return EDGE_ECLOSED;
	if (len > p->cap || p->out.len > p->cap - len)
		return EDGE_ELIMIT;
	err = put_straight(p, &bytes);
	if (!err)
		err = edge_bytes_add(&p->out, bytes, UINT32_MAX / 2);
	if (!err && p->tls)
		err = write_out(p);
	if (err)
		return EDGE_ECLOSED;
	p->is_full = p->is_full || is_above(p, 2);
	listen_as_needed(p);
	return EDGE_OK;
}

bool ave_pipe_is_full(const struct ave_pipe *p)
{
	return p->is_full;
}

/* -- reading ------------------------------------------------------------ */

static enum edge_err take_plain(struct ave_pipe *p, uint8_t *buf, size_t cap,
				size_t *len)
{
	ssize_t n = recv(p->fd, buf, cap, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return EDGE_EAGAIN;
	if (n <= 0)
		return EDGE_ECLOSED;
	*len = (size_t)n;
	return EDGE_OK;
}

static enum edge_err take_secured(struct ave_pipe *p, uint8_t *buf, size_t cap,
				  size_t *len)
{
	struct edge_slice s = edge_bytes_slice(&p->plain);
	struct edge_put w = edge_put(buf, cap);

	if (!p->plain.len)
		return p->is_gone ? EDGE_ECLOSED : EDGE_EAGAIN;
	if (edge_slice_len(s) > cap)
		s.end = s.p + cap;
	edge_put_slice(&w, s);
	*len = edge_slice_len(s);
	edge_bytes_take(&p->plain, *len);
	return EDGE_OK;
}

enum edge_err ave_pipe_take(struct ave_pipe *p, uint8_t *buf, size_t cap,
			    size_t *len)
{
	if (!p->is_open)
		return EDGE_ECLOSED;
	return p->tls ? take_secured(p, buf, cap, len)
		      : take_plain(p, buf, cap, len);
}

/* True: go on with what is decrypted. Who makes TLS wait for room to write a
 * handshake or a key update is not waited for. */
static bool feed(struct ave_pipe *p, struct edge_slice received)
{
	enum edge_tls_step step = EDGE_TLS_DONE;

	p->tls->rx = received;
	if (p->is_shaking) {
		step = edge_tls_stream_handshake(p->tls);
		p->is_shaking = step != EDGE_TLS_DONE;
		if (p->is_shaking)
			return step == EDGE_TLS_WANT_READ;
	}
	step = edge_tls_stream_read(p->tls, &p->plain, AVE_HUB_SCRATCH);
	return step == EDGE_TLS_DONE || step == EDGE_TLS_WANT_READ;
}

static void tell_secured(struct ave_pipe *p, bool is_well)
{
	if (is_well)
		listen_as_needed(p);
	if (p->plain.len && !p->is_paused)
		tell_readable(p);
	if (p->is_open && !is_well)
		tell_gone(p);
}

static void read_secured(struct ave_pipe *p)
{
	uint8_t raw[PIPE_READ];
	size_t len = 0;
	enum edge_err err = take_plain(p, raw, sizeof(raw), &len);

	if (err == EDGE_EAGAIN)
		return;
	tell_secured(p, !err && feed(p, edge_slice(raw, len)));
}

enum edge_err ave_pipe_secure(struct ave_pipe *p, struct edge_tls *tls,
			      struct edge_slice received)
{
	enum edge_err err;

	p->tls = calloc(1, sizeof(*p->tls));
	if (!p->tls)
		return EDGE_ENOMEM;
	err = edge_tls_stream_init(p->tls, tls, false, NULL);
	if (err) {
		free(p->tls);
		p->tls = NULL;
		return err;
	}
	p->tls->fd = p->fd;
	p->is_shaking = true;
	return feed(p, received) ? EDGE_OK : EDGE_ETLS;
}

void ave_pipe_pause(struct ave_pipe *p)
{
	p->is_paused = true;
	listen_as_needed(p);
}

bool ave_pipe_is_paused(const struct ave_pipe *p)
{
	return p->is_paused;
}

void ave_pipe_resume(struct ave_pipe *p)
{
	if (!p->is_paused)
		return;
	p->is_paused = false;
	listen_as_needed(p);
	if (p->plain.len)
		ave_hub_later(p->hub, &p->again);
}

void ave_pipe_end(struct ave_pipe *p)
{
	if (!p->is_open || p->is_gone)
		return;
	p->is_ending = true;
	if (p->out.len)
		listen_as_needed(p);
	else
		tell_gone(p);
}

/* -- joined ------------------------------------------------------------- */

static void slow_down(struct ave_pipe *p)
{
	ave_pipe_pause(p);
	wait_for_reader(p->far);
}

/* At most half of the far queue, which is not full: so it always fits. */
static void shuttle(struct ave_pipe *p)
{
	size_t len, most = p->far->cap / 2;
	enum edge_err err = ave_pipe_take(
		p, p->hub->scratch, most < SHUTTLE ? most : SHUTTLE, &len);

	if (!err)
		err = ave_pipe_put(p->far, edge_slice(p->hub->scratch, len));
	else if (err == EDGE_EAGAIN)
		return;
	if (err)
		tell_gone(p);
	else if (ave_pipe_is_full(p->far))
		slow_down(p);
	else if (p->plain.len)
		ave_hub_later(p->hub, &p->again);
}

static void flow(struct ave_pipe *p)
{
	if (ave_pipe_is_full(p->far))
		slow_down(p);
	else
		ave_pipe_resume(p);
}

void ave_pipe_join(struct ave_pipe *a, struct ave_pipe *b, uint32_t stall_ms)
{
	a->far = b;
	b->far = a;
	a->stall_ms = b->stall_ms = stall_ms;
	flow(a);
	flow(b);
}
