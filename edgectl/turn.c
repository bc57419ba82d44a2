/* Challenge, Allocate, Set Active Destination, then payload. */
#include "edgectl/turn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "av-edge/mst_auth.h"
#include "av-edge/mst_tcp.h"
#include "common/crypto.h"

enum {
	RESEND_MS = 500, /* doubled each time; AV 1.14 as clients do */
	IN_MAX = 128 * 1024,
	NAME_MAX_LEN = 128, /* realm, nonce; AV 1.12 */
	MS_VERSION = 1,
};

struct ctl_turn {
	int fd;
	bool is_tcp, is_allocated;
	uint32_t ms, sequence;
	uint8_t username[512];
	size_t username_len, realm_len, nonce_len;
	uint8_t realm[NAME_MAX_LEN], nonce[NAME_MAX_LEN];
	uint8_t connection[MST_CONNECTION_LEN];
	bool has_connection;
	struct mst_mac *mac;
	struct edge_addr relayed, reflexive;
	struct mst_msg msg; /* the last message, in in[] */
	unsigned refused;   /* its Error Code when that is why we end */
	size_t in_len, in_used;
	uint8_t in[IN_MAX];
	uint8_t out[CTL_TURN_PACKET];
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool ready(const struct ctl_turn *t, short events, uint64_t until_ms)
{
	struct pollfd p = {.fd = t->fd, .events = events};
	uint64_t now = now_ms();

	return poll(&p, 1, until_ms > now ? (int)(until_ms - now) : 0) == 1;
}

static enum edge_err put_all(struct ctl_turn *t, struct edge_slice b)
{
	uint64_t until = now_ms() + t->ms;

	while (b.p < b.end) {
		ssize_t n = send(t->fd, b.p, edge_slice_len(b), MSG_NOSIGNAL);

		if (n > 0)
			b.p += n;
		else if (errno != EAGAIN && errno != EWOULDBLOCK)
			return EDGE_ESYS;
		else if (!ready(t, POLLOUT, until))
			return EDGE_ETIMEOUT;
	}
	return EDGE_OK;
}

static enum edge_err put_message(struct ctl_turn *t, uint8_t type,
				 struct edge_slice b)
{
	uint8_t whole[MST_FRAME_HEAD + CTL_TURN_PACKET];
	size_t len = edge_slice_len(b);

	if (!t->is_tcp)
		return put_all(t, b);
	if (len > CTL_TURN_PACKET)
		return EDGE_ELIMIT;
	mst_frame_head(whole, type, (uint16_t)len);
	memcpy(whole + MST_FRAME_HEAD, b.p, len);
	return put_all(t, edge_slice(whole, MST_FRAME_HEAD + len));
}

/* More bytes into in[]; what was used up is moved away first. */
static enum edge_err fill(struct ctl_turn *t, uint64_t until_ms)
{
	ssize_t n;

	memmove(t->in, t->in + t->in_used, t->in_len - t->in_used);
	t->in_len -= t->in_used;
	t->in_used = 0;
	if (!ready(t, POLLIN, until_ms))
		return EDGE_ETIMEOUT;
	n = recv(t->fd, t->in + t->in_len, IN_MAX - t->in_len, 0);
	if (n == 0 && t->is_tcp)
		return EDGE_ECLOSED;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? EDGE_OK : EDGE_ESYS;
	t->in_len += (size_t)n;
	return EDGE_OK;
}

/* The next thing the server says: a message, or payload of the peer. */
static enum edge_err next(struct ctl_turn *t, struct edge_slice *out,
			  bool *is_message, uint64_t until_ms)
{
	struct edge_slice in;
	struct mst_frame f;
	enum edge_err err;

	for (;;) {
		in = edge_slice(t->in + t->in_used, t->in_len - t->in_used);
		err = EDGE_EAGAIN;
		if (!t->is_tcp && in.p < in.end) {
			*is_message = mst_is(in);
			*out = in;
			t->in_used = t->in_len;
			return EDGE_OK;
		}
		if (t->is_tcp)
			err = mst_frame_take(&f, &in);
		if (!err) {
			*is_message = f.type == MST_FRAME_CONTROL;
			*out = f.payload;
			t->in_used = (size_t)(in.p - t->in);
			return EDGE_OK;
		}
		if (err != EDGE_EAGAIN)
			return err;
		err = fill(t, until_ms);
		if (err)
			return err;
	}
}

/* Sends, and again on UDP, until the answer with this transaction id is in
 * t->msg. */
static enum edge_err answer(struct ctl_turn *t, struct edge_slice request,
			    const uint8_t tid[MST_TID_LEN])
{
	uint64_t end = now_ms() + t->ms, pause = RESEND_MS, again;
	struct edge_slice got;
	bool is_message;
	enum edge_err err;

	for (;;) {
		err = put_message(t, MST_FRAME_CONTROL, request);
		again = t->is_tcp ? end : now_ms() + pause;
		pause *= 2;
		while (!err) {
			err = next(t, &got, &is_message,
				   again < end ? again : end);
			if (!err && is_message &&
			    !mst_msg_decode(&t->msg, got) &&
			    edge_slice_eq(t->msg.tid,
					  edge_slice(tid, MST_TID_LEN)))
				return EDGE_OK;
		}
		if (err != EDGE_ETIMEOUT || now_ms() >= end)
			return err;
	}
}

static void begin(struct edge_put *w, struct ctl_turn *t, uint16_t type,
		  uint8_t tid[MST_TID_LEN])
{
	edge_random(tid, MST_TID_LEN);
	*w = edge_put(t->out, sizeof(t->out));
	mst_begin(w, type, edge_slice(tid, MST_TID_LEN));
}

static struct edge_slice value(const struct ctl_turn *t, enum mst_attr a)
{
	return mst_has(&t->msg, a) ? t->msg.v[a].bytes : edge_slice(t->in, 0);
}

static bool keep(uint8_t *dst, size_t *len, struct edge_slice s)
{
	if (!edge_slice_len(s) || edge_slice_len(s) > NAME_MAX_LEN)
		return false;
	*len = edge_slice_len(s);
	memcpy(dst, s.p, *len);
	return true;
}

static unsigned code_of(const struct ctl_turn *t)
{
	return mst_has(&t->msg, MST_ERROR_CODE)
		       ? t->msg.v[MST_ERROR_CODE].number
		       : 0;
}

static void tell(struct ctl_turn *t, const char *what, char *why, size_t cap)
{
	const struct edge_slice reason = value(t, MST_ERROR_CODE);
	const int len = (int)edge_slice_len(reason);

	t->refused = code_of(t);
	snprintf(why, cap, "%s refused with %u%s%.*s%s", what, t->refused,
		 len ? " (" : "", len, (const char *)reason.p, len ? ")" : "");
}

static enum edge_err challenge(struct ctl_turn *t,
			       const struct ctl_turn_plan *p, char *why,
			       size_t cap)
{
	uint8_t tid[MST_TID_LEN];
	struct ave_login login;
	struct edge_put w;
	enum edge_err err;

	begin(&w, t, MST_ALLOCATE, tid);
	mst_put_u32(&w, MST_MS_VERSION, MS_VERSION);
	err = answer(t, mst_end(&w), tid);
	if (err)
		return err;
	if (t->msg.type != MST_ALLOCATE_ERROR ||
	    !mst_has(&t->msg, MST_ERROR_CODE) ||
	    t->msg.v[MST_ERROR_CODE].number != 401 ||
	    !keep(t->realm, &t->realm_len, value(t, MST_REALM)) ||
	    !keep(t->nonce, &t->nonce_len, value(t, MST_NONCE))) {
		tell(t, "the first Allocate was not challenged but", why, cap);
		return EDGE_EFORMAT;
	}
	login = (struct ave_login){
		.username = p->username,
		.realm = edge_slice(t->realm, t->realm_len),
		.password = p->password,
	};
	return mst_mac_new(&t->mac, MST_MAC_SHA1, &login);
}

/* lifetime_s 0: give back. */
static struct edge_slice
allocate_message(struct ctl_turn *t, uint8_t tid[MST_TID_LEN], bool is_release)
{
	struct edge_put w;

	begin(&w, t, MST_ALLOCATE, tid);
	mst_put_u32(&w, MST_MS_VERSION, MS_VERSION);
	if (is_release)
		mst_put_u32(&w, MST_LIFETIME, 0);
	mst_put_bytes(&w, MST_REALM, edge_slice(t->realm, t->realm_len));
	mst_put_bytes(&w, MST_NONCE, edge_slice(t->nonce, t->nonce_len));
	mst_put_bytes(&w, MST_USERNAME,
		      edge_slice(t->username, t->username_len));
	return mst_sign(&w, t->mac);
}

static enum edge_err allocate(struct ctl_turn *t, char *why, size_t cap)
{
	uint8_t tid[MST_TID_LEN];
	struct edge_slice m = allocate_message(t, tid, false);
	enum edge_err err = answer(t, m, tid);

	if (err)
		return err;
	if (t->msg.type != MST_ALLOCATE_OK) {
		tell(t, "Allocate was", why, cap);
		return EDGE_EDENIED;
	}
	if (!mst_mac_fits(t->mac, &t->msg) ||
	    !mst_has(&t->msg, MST_MAPPED_ADDRESS)) {
		snprintf(why, cap, "the answer's integrity does not fit");
		return EDGE_EAUTH;
	}
	t->relayed = t->msg.v[MST_MAPPED_ADDRESS].addr;
	if (mst_has(&t->msg, MST_XOR_MAPPED))
		t->reflexive = t->msg.v[MST_XOR_MAPPED].addr;
	t->has_connection =
		mst_has(&t->msg, MST_SEQUENCE) &&
		edge_slice_len(value(t, MST_SEQUENCE)) == MST_CONNECTION_LEN;
	if (t->has_connection)
		memcpy(t->connection, value(t, MST_SEQUENCE).p,
		       MST_CONNECTION_LEN);
	t->is_allocated = true;
	return EDGE_OK;
}

static enum edge_err pseudo_tls(struct ctl_turn *t)
{
	uint8_t hello[MST_HELLO_LEN] = {
		0x16, 3, 1, 0, 0x2d, 1, 0, 0, 0x29, 3, 1,
	};
	static const uint8_t suites[] = {0, 0, 2, 0, 0x18, 1, 0};
	uint64_t until = now_ms() + t->ms;
	enum edge_err err;

	edge_random(hello + 11, 32); /* time and random */
	memcpy(hello + 43, suites, sizeof(suites));
	err = put_all(t, edge_slice(hello, sizeof(hello)));
	while (!err && t->in_len < MST_HELLO_REPLY_LEN)
		err = fill(t, until);
	if (!err)
		t->in_used = MST_HELLO_REPLY_LEN;
	return err;
}

static bool bind_to(const struct ctl_turn *t, const struct ctl_turn_plan *p)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(&p->local, &sa);

	return (!p->device ||
		!setsockopt(t->fd, SOL_SOCKET, SO_BINDTODEVICE, p->device,
			    (socklen_t)strlen(p->device))) &&
	       (!len || !bind(t->fd, (const struct sockaddr *)&sa, len));
}

static enum edge_err dial(struct ctl_turn *t, const struct ctl_turn_plan *p)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(&p->server, &sa);
	const int one = 1;
	int error = 0;
	socklen_t error_len = sizeof(error);

	t->fd = socket(sa.ss_family,
		       (p->is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC |
			       SOCK_NONBLOCK,
		       0);
	if (t->fd < 0 || !bind_to(t, p))
		return EDGE_ESYS;
	if (p->is_tcp)
		(void)setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &one,
				 sizeof(one));
	if (connect(t->fd, (const struct sockaddr *)&sa, len) &&
	    errno != EINPROGRESS)
		return EDGE_ESYS;
	if (!p->is_tcp)
		return EDGE_OK;
	if (!ready(t, POLLOUT, now_ms() + t->ms))
		return EDGE_ETIMEOUT;
	if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &error_len))
		return EDGE_ESYS;
	errno = error;
	return error ? EDGE_ESYS : pseudo_tls(t);
}

enum edge_err ctl_turn_open(struct ctl_turn **out,
			    const struct ctl_turn_plan *p, char *why,
			    size_t why_cap)
{
	struct ctl_turn *t = calloc(1, sizeof(*t));
	const char *step = "connecting";
	enum edge_err err = EDGE_ENOMEM;

	if (!t)
		goto out;
	t->fd = -1;
	t->ms = p->ms;
	t->is_tcp = p->is_tcp;
	t->username_len = edge_slice_len(p->username);
	err = t->username_len <= sizeof(t->username) ? EDGE_OK : EDGE_ELIMIT;
	if (err)
		goto out;
	memcpy(t->username, p->username.p, t->username_len);
	err = dial(t, p);
	if (err)
		goto out;
	step = "first Allocate";
	err = challenge(t, p, why, why_cap);
	if (err)
		goto out;
	step = "Allocate";
	err = allocate(t, why, why_cap);
	if (err)
		goto out;
	*out = t;
	t = NULL;
out:
	if (err && p->fault)
		*p->fault = (struct ctl_turn_fault){
			.code = t ? t->refused : 0,
			.error = err == EDGE_ESYS ? errno : 0,
		};
	if (err && !*why)
		snprintf(why, why_cap, "%s: %s", step,
			 err == EDGE_ESYS ? strerror(errno)
					  : edge_err_str(err));
	ctl_turn_close(t);
	return err;
}

void ctl_turn_close(struct ctl_turn *t)
{
	uint8_t tid[MST_TID_LEN];

	if (!t)
		return;
	/* the answer does not matter: what is lost lapses by itself */
	if (t->is_allocated &&
	    put_message(t, MST_FRAME_CONTROL, allocate_message(t, tid, true)))
		t->is_allocated = false;
	if (t->fd >= 0)
		close(t->fd);
	mst_mac_free(t->mac);
	edge_wipe(t, sizeof(*t));
	free(t);
}

const struct edge_addr *ctl_turn_relayed(const struct ctl_turn *t)
{
	return &t->relayed;
}

const struct edge_addr *ctl_turn_reflexive(const struct ctl_turn *t)
{
	return &t->reflexive;
}

int ctl_turn_fd(const struct ctl_turn *t)
{
	return t->fd;
}

enum edge_err ctl_turn_set_peer(struct ctl_turn *t,
				const struct edge_addr *peer, char *why,
				size_t why_cap)
{
	uint8_t tid[MST_TID_LEN];
	struct edge_put w;
	enum edge_err err;

	begin(&w, t, MST_SET_ACTIVE, tid);
	mst_put_bytes(&w, MST_USERNAME,
		      edge_slice(t->username, t->username_len));
	if (t->has_connection)
		mst_put_sequence(&w, t->connection, ++t->sequence);
	mst_put_addr(&w, MST_DESTINATION, peer);
	err = answer(t, mst_sign(&w, t->mac), tid);
	if (err) {
		snprintf(why, why_cap, "Set Active Destination: %s",
			 edge_err_str(err));
		return err;
	}
	if (t->msg.type == MST_SET_ACTIVE_OK)
		return EDGE_OK;
	tell(t, "Set Active Destination was", why, why_cap);
	return EDGE_EDENIED;
}

enum edge_err ctl_turn_send(struct ctl_turn *t, struct edge_slice payload)
{
	return put_message(t, MST_FRAME_DATA, payload);
}

enum edge_err ctl_turn_receive(struct ctl_turn *t, struct edge_slice *payload,
			       uint32_t ms)
{
	uint64_t until = now_ms() + ms;
	struct edge_slice got;
	bool is_message;
	enum edge_err err;

	for (;;) {
		err = next(t, &got, &is_message, until);
		if (err)
			return err;
		if (!is_message) {
			*payload = got;
			return EDGE_OK;
		}
		if (!mst_msg_decode(&t->msg, got) &&
		    t->msg.type == MST_DATA_INDICATION &&
		    mst_has(&t->msg, MST_DATA)) {
			*payload = value(t, MST_DATA);
			return EDGE_OK;
		}
	}
}
