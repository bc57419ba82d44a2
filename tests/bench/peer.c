/* A TLS end for benches: non-blocking, buffered, on one epoll. */
#include "tests/bench/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

enum {
	EVENTS = 64,
	IN_CAP = 65536,
	OUT_CAP = 1 << 20, /* a bench that queues more is broken [bytes] */
	RECORD = 16384,
	BACKLOG = 4096,
	BURSTS = 4, /* of a source, before others have their turn */
};

struct bench_loop {
	SSL_CTX *ctx;
	bench_peer_fn *fn;
	bench_lost_fn *lost;
	bench_drained_fn *drained;
	SSL_SESSION *ticket;
	void *owner;
	bool keeps_ticket, resumes;
	int epoll;
	struct bench_peer *listener;
	char in[IN_CAP]; /* what a peer leaves over is moved to its own */
};

struct bench_peer {
	struct bench_loop *loop;
	SSL *ssl;
	void *arg;
	char *rest, *out; /* NULL while empty: idle peers are many */
	size_t rest_len, out_len, out_cap;
	int fd;
	bool is_secured, is_dead, wants_write, is_listener;
};

_Noreturn void bench_die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	ERR_print_errors_fp(stderr);
	exit(1);
}

uint64_t bench_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int on_ticket(SSL *ssl, SSL_SESSION *session)
{
	struct bench_peer *p = SSL_get_app_data(ssl);

	p->loop->fn(p, NULL, 0);
	if (!p->loop->keeps_ticket)
		return 0; /* each handshake is a full one */
	SSL_SESSION_free(p->loop->ticket);
	p->loop->ticket = session;
	return 1;
}

/* One suite and one group: both servers do the same work. */
static void context_new(struct bench_loop *l, const struct bench_tls *tls)
{
	SSL_CTX *c = SSL_CTX_new(TLS_method());
	char groups[] = "X25519"; /* the macro drops const */
	const char *suite = tls->suite ? tls->suite : "TLS_AES_128_GCM_SHA256";

	if (!c || SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(c, suite) != 1 ||
	    SSL_CTX_set1_groups_list(c, groups) != 1)
		bench_die("TLS context");
	if (tls->chain &&
	    (SSL_CTX_use_certificate_chain_file(c, tls->chain) != 1 ||
	     SSL_CTX_use_PrivateKey_file(c, tls->key, SSL_FILETYPE_PEM) != 1))
		bench_die(tls->chain);
	if (tls->ca) {
		if (SSL_CTX_load_verify_file(c, tls->ca) != 1)
			bench_die(tls->ca);
		SSL_CTX_set_verify(
			c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			NULL);
	}
	SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS |
				    SSL_MODE_ENABLE_PARTIAL_WRITE |
				    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(
		c, tls->is_client
			   ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL
			   : SSL_SESS_CACHE_OFF);
	SSL_CTX_sess_set_new_cb(c, on_ticket);
	SSL_CTX_set_num_tickets(c, 0);
	l->ctx = c;
}

static struct bench_loop *loop_new(const struct bench_tls *tls,
				   bench_peer_fn *fn, bench_lost_fn *lost)
{
	struct bench_loop *l = calloc(1, sizeof(*l));

	if (!l)
		bench_die("memory");
	signal(SIGPIPE, SIG_IGN); /* a proxy that ends is a lost peer */
	l->fn = fn;
	l->lost = lost;
	l->keeps_ticket = tls->keeps_ticket;
	context_new(l, tls);
	return l;
}

struct bench_loop *bench_loop_new(const struct bench_tls *tls,
				  bench_peer_fn *fn, bench_lost_fn *lost)
{
	struct bench_loop *l = loop_new(tls, fn, lost);

	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0)
		bench_die("epoll");
	return l;
}

struct bench_loop *bench_loop_beside(struct bench_loop *first,
				     const struct bench_tls *tls,
				     bench_peer_fn *fn, bench_lost_fn *lost)
{
	struct bench_loop *l = loop_new(tls, fn, lost);

	l->epoll = first->epoll;
	return l;
}

void bench_loop_on_drained(struct bench_loop *l, bench_drained_fn *fn)
{
	l->drained = fn;
}

bool bench_loop_resume(struct bench_loop *l, bool resumes)
{
	l->resumes = resumes && l->ticket;
	return l->resumes == resumes;
}

static void watch(struct bench_loop *l, int fd, int how, uint32_t events,
		  void *ptr)
{
	struct epoll_event e = {.events = events, .data.ptr = ptr};

	if (epoll_ctl(l->epoll, how, fd, &e))
		bench_die("epoll_ctl");
}

static struct sockaddr_in address(const char *ip, unsigned port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)port)};

	if (inet_pton(AF_INET, ip, &a.sin_addr) != 1)
		bench_die(ip);
	return a;
}

void bench_loop_listen(struct bench_loop *l, const char *ip, unsigned port)
{
	struct sockaddr_in a = address(ip, port);
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	l->listener = calloc(1, sizeof(*l->listener));
	if (!l->listener)
		bench_die("memory");
	*l->listener =
		(struct bench_peer){.loop = l, .fd = fd, .is_listener = true};
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, BACKLOG))
		bench_die("listen");
	watch(l, fd, EPOLL_CTL_ADD, EPOLLIN, l->listener);
}

static struct bench_peer *peer_new(struct bench_loop *l, int fd)
{
	struct bench_peer *p = calloc(1, sizeof(*p));
	int one = 1;

	if (!p)
		bench_die("memory");
	p->loop = l;
	p->fd = fd;
	p->ssl = SSL_new(l->ctx);
	if (!p->ssl || SSL_set_fd(p->ssl, fd) != 1)
		bench_die("SSL_new");
	SSL_set_app_data(p->ssl, p);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return p;
}

/* A copy: OpenSSL spoils a session for all when one gets its next ticket. */
static void resume(struct bench_peer *p)
{
	SSL_SESSION *copy = SSL_SESSION_dup(p->loop->ticket);

	if (!copy || SSL_set_session(p->ssl, copy) != 1)
		bench_die("SSL_set_session");
	SSL_SESSION_free(copy);
}

struct bench_peer *bench_peer_dial(struct bench_loop *l, const char *from,
				   const char *to, unsigned port,
				   const char *name)
{
	struct sockaddr_in local = address(from, 0), remote = address(to, port);
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct bench_peer *p;

	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
		       sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&local, sizeof(local)) ||
	    (connect(fd, (struct sockaddr *)&remote, sizeof(remote)) &&
	     errno != EINPROGRESS))
		bench_die("connect");
	p = peer_new(l, fd);
	SSL_set_connect_state(p->ssl);
	if (l->resumes)
		resume(p);
	if (name) { /* the macro drops const */
		char *copy = strdup(name);

		if (!copy || SSL_set_tlsext_host_name(p->ssl, copy) != 1)
			bench_die(name);
		free(copy);
	}
	p->wants_write = true;
	watch(l, fd, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT, p);
	return p;
}

static void want_write(struct bench_peer *p, bool wants)
{
	if (p->wants_write == wants)
		return;
	p->wants_write = wants;
	watch(p->loop, p->fd, EPOLL_CTL_MOD,
	      wants ? EPOLLIN | EPOLLOUT : EPOLLIN, p);
}

void bench_peer_send(struct bench_peer *p, const char *bytes, size_t len)
{
	if (p->out_len + len > p->out_cap) {
		size_t cap = p->out_cap ? p->out_cap : 2048;

		while (cap < p->out_len + len)
			cap *= 2;
		p->out = cap > OUT_CAP ? NULL : realloc(p->out, cap);
		if (!p->out)
			bench_die("output queue");
		p->out_cap = cap;
	}
	memcpy(p->out + p->out_len, bytes, len);
	p->out_len += len;
}

static void lost(struct bench_peer *p)
{
	if (p->is_dead)
		return;
	p->is_dead = true;
	p->loop->lost(p);
}

void bench_peer_flush(struct bench_peer *p)
{
	size_t done = 0, n;

	if (p->is_dead || !p->is_secured || !p->out_len)
		return;
	while (done < p->out_len) {
		size_t len = p->out_len - done;

		if (SSL_write_ex(p->ssl, p->out + done,
				 len > RECORD ? RECORD : len, &n) != 1)
			break;
		done += n;
	}
	p->out_len -= done;
	memmove(p->out, p->out + done, p->out_len);
	want_write(p, p->out_len > 0);
	if (p->out_len && !SSL_want_write(p->ssl)) {
		ERR_clear_error();
		lost(p);
	}
}

/* A source goes on until the socket is full, for a few bursts. */
static void refill(struct bench_peer *p)
{
	if (!p->loop->drained || !p->is_secured)
		return;
	for (int i = 0; i < BURSTS && !p->is_dead && !p->out_len; i++) {
		if (!p->loop->drained(p))
			return;
		bench_peer_flush(p);
	}
	if (!p->is_dead)
		want_write(p, true);
}

static void peer_free(struct bench_peer *p)
{
	SSL_shutdown(p->ssl);
	ERR_clear_error();
	SSL_free(p->ssl);
	close(p->fd);
	free(p->rest);
	free(p->out);
	free(p);
}

void bench_peer_close(struct bench_peer *p)
{
	p->is_dead = true;
}

void bench_peer_drop(struct bench_peer *p)
{
	peer_free(p);
}

bool bench_peer_is_resumed(const struct bench_peer *p)
{
	return SSL_session_reused(p->ssl) == 1;
}

void bench_peer_push(struct bench_peer *p)
{
	bench_peer_flush(p);
	refill(p);
}

void bench_loop_set_owner(struct bench_loop *l, void *owner)
{
	l->owner = owner;
}

void *bench_peer_owner(const struct bench_peer *p)
{
	return p->loop->owner;
}

void *bench_peer_arg(const struct bench_peer *p)
{
	return p->arg;
}

void bench_peer_set_arg(struct bench_peer *p, void *arg)
{
	p->arg = arg;
}

unsigned bench_peer_port(const struct bench_peer *p)
{
	struct sockaddr_in a = {0};
	socklen_t len = sizeof(a);

	getsockname(p->fd, (struct sockaddr *)&a, &len);
	return ntohs(a.sin_port);
}

static void keep_rest(struct bench_peer *p, const char *from, size_t len)
{
	p->rest_len = len;
	if (!len) {
		free(p->rest);
		p->rest = NULL;
		return;
	}
	p->rest = realloc(p->rest, len);
	if (!p->rest)
		bench_die("memory");
	memcpy(p->rest, from, len);
}

/* All there is to read now, in one block to the callback. */
static bool read_block(struct bench_peer *p)
{
	char *in = p->loop->in;
	size_t len = p->rest_len, n, used;
	int got = 1;

	if (len)
		memcpy(in, p->rest, len);
	ERR_clear_error();
	while (len < IN_CAP &&
	       (got = SSL_read_ex(p->ssl, in + len, IN_CAP - len, &n)) == 1)
		len += n;
	if (len > p->rest_len) {
		used = p->loop->fn(p, in, len);
		keep_rest(p, in + used, len - used);
	}
	if (got == 1 || SSL_get_error(p->ssl, 0) == SSL_ERROR_WANT_READ)
		return true;
	ERR_clear_error();
	return false;
}

/* What OpenSSL holds epoll does not tell of again. */
static bool read_some(struct bench_peer *p)
{
	do {
		if (!read_block(p))
			return false;
	} while (!p->is_dead && p->rest_len < IN_CAP && SSL_pending(p->ssl));
	return true;
}

static void shake(struct bench_peer *p)
{
	int done;

	ERR_clear_error();
	done = SSL_do_handshake(p->ssl);
	if (done == 1) {
		p->is_secured = true;
		want_write(p, false);
		p->loop->fn(p, NULL, 0);
		return;
	}
	switch (SSL_get_error(p->ssl, done)) {
	case SSL_ERROR_WANT_READ:
		want_write(p, false);
		return;
	case SSL_ERROR_WANT_WRITE:
		return;
	default:
		lost(p);
	}
}

static void on_peer(struct bench_peer *p, uint32_t events)
{
	bool alive = true;

	if (!p->is_secured)
		shake(p);
	if (p->is_secured && !p->is_dead && events & (EPOLLIN | EPOLLHUP))
		alive = read_some(p);
	if (!p->is_dead)
		bench_peer_push(p);
	if (!alive)
		lost(p);
	if (p->is_dead)
		peer_free(p);
}

static void accept_all(struct bench_loop *l)
{
	int fd;

	while ((fd = accept4(l->listener->fd, NULL, NULL,
			     SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct bench_peer *p = peer_new(l, fd);

		SSL_set_accept_state(p->ssl);
		watch(l, fd, EPOLL_CTL_ADD, EPOLLIN, p);
	}
}

void bench_loop_turn(struct bench_loop *l, int64_t timeout_ns)
{
	struct timespec t = {.tv_sec = timeout_ns / 1000000000,
			     .tv_nsec = timeout_ns % 1000000000};
	struct epoll_event events[EVENTS];
	int n = epoll_pwait2(l->epoll, events, EVENTS,
			     timeout_ns < 0 ? NULL : &t, NULL);

	if (n < 0 && errno != EINTR)
		bench_die("epoll_wait");
	for (int i = 0; i < n; i++) {
		struct bench_peer *p = events[i].data.ptr;

		if (p->is_listener)
			accept_all(p->loop);
		else
			on_peer(p, events[i].events);
	}
}
