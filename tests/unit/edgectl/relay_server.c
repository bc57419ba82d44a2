/* One poll loop over a UDP socket, or a TCP listener and its connections. */
#include "tests/unit/edgectl/relay_server.h"

#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "av-edge/mst_auth.h"
#include "av-edge/mst_tcp.h"

enum { CLIENTS = 4, BUFFER = 65536 };

struct client {
	int fd;		       /* TCP */
	struct sockaddr_in at; /* UDP */
	struct edge_addr seen;
	bool is_used, has_hello;
	size_t len;
	uint8_t in[BUFFER];
};

struct relay_server {
	struct relay_plan plan;
	struct edge_addr address;
	int fd, stop_fd;
	pthread_t thread;
	struct mst_mac *mac;
	struct client client[CLIENTS];
	unsigned messages, payloads, released;
};

static const char realm[] = "rtcmedia", nonce[] = "0123456789abcdef";

static void put(struct relay_server *s, struct client *c, uint8_t type,
		struct edge_slice b)
{
	uint8_t out[MST_FRAME_HEAD + BUFFER];
	size_t len = edge_slice_len(b);

	if (!s->plan.is_tcp) {
		(void)sendto(s->fd, b.p, len, 0, (struct sockaddr *)&c->at,
			     sizeof(c->at));
		return;
	}
	mst_frame_head(out, type, (uint16_t)len);
	memcpy(out + MST_FRAME_HEAD, b.p, len);
	(void)send(c->fd, out, MST_FRAME_HEAD + len, MSG_NOSIGNAL);
}

static void refuse(struct relay_server *s, struct client *c,
		   const struct mst_msg *m, unsigned code)
{
	uint8_t out[512];
	struct edge_put w = edge_put(out, sizeof(out));

	mst_begin(&w,
		  m->type == MST_ALLOCATE ? MST_ALLOCATE_ERROR
					  : MST_SET_ACTIVE_ERROR,
		  m->tid);
	mst_put_error(&w, code, s->plan.reason ? s->plan.reason : "");
	mst_put_bytes(&w, MST_NONCE, edge_slice_str(nonce));
	mst_put_bytes(&w, MST_REALM, edge_slice_str(realm));
	put(s, c, MST_FRAME_CONTROL, mst_end(&w));
}

static struct edge_addr relayed(const struct relay_server *s,
				const struct client *c)
{
	struct edge_addr a = s->address;

	a.port = (uint16_t)(50000 + (c - s->client));
	return a;
}

static void grant(struct relay_server *s, struct client *c,
		  const struct mst_msg *m)
{
	static const uint8_t connection[MST_CONNECTION_LEN] = {7};
	struct edge_addr at = relayed(s, c);
	uint8_t out[512];
	struct edge_put w = edge_put(out, sizeof(out));

	s->released +=
		mst_has(m, MST_LIFETIME) && m->v[MST_LIFETIME].number == 0;
	mst_begin(&w, MST_ALLOCATE_OK, m->tid);
	mst_put_addr(&w, MST_MAPPED_ADDRESS, &at);
	mst_put_addr(&w, MST_XOR_MAPPED, &c->seen);
	mst_put_sequence(&w, connection, 0);
	put(s, c, MST_FRAME_CONTROL,
	    s->plan.is_unsigned ? mst_end(&w) : mst_sign(&w, s->mac));
}

static void allocate(struct relay_server *s, struct client *c,
		     const struct mst_msg *m)
{
	if (!mst_has(m, MST_INTEGRITY)) {
		if (s->plan.first_code == 1)
			shutdown(c->fd, SHUT_RDWR);
		else if (s->plan.first_code == 2)
			(void)send(c->fd, "HTTP/1.1 ", 9, MSG_NOSIGNAL);
		else
			refuse(s, c, m,
			       s->plan.first_code ? s->plan.first_code : 401);
	} else if (s->plan.is_mute) {
		return;
	} else if (s->plan.code) {
		refuse(s, c, m, s->plan.code);
	} else if (!mst_mac_fits(s->mac, m)) {
		refuse(s, c, m, 431);
	} else {
		grant(s, c, m);
	}
}

static void set_active(struct relay_server *s, struct client *c,
		       const struct mst_msg *m)
{
	uint8_t out[256];
	struct edge_put w = edge_put(out, sizeof(out));

	if (s->plan.active_code || !mst_mac_fits(s->mac, m) ||
	    !mst_has(m, MST_DESTINATION) || !mst_has(m, MST_SEQUENCE)) {
		refuse(s, c, m,
		       s->plan.active_code ? s->plan.active_code : 400);
		return;
	}
	mst_begin(&w, MST_SET_ACTIVE_OK, m->tid);
	put(s, c, MST_FRAME_CONTROL, mst_sign(&w, s->mac));
}

/* To the other one. */
static void forward(struct relay_server *s, struct client *c,
		    struct edge_slice payload)
{
	struct client *to = &s->client[(c - s->client) ^ 1];
	static const uint8_t tid[MST_TID_LEN] = {1};
	uint8_t out[BUFFER + MST_INDICATION_MAX];
	struct edge_addr from = relayed(s, c);
	size_t head = 0, len = edge_slice_len(payload);

	s->payloads++;
	if (!to->is_used || (s->plan.lose && s->payloads % s->plan.lose == 0))
		return;
	if (s->plan.as_indications)
		head = mst_indication(out, tid, &from, len);
	memcpy(out + head, payload.p, len);
	if (s->plan.spoil && s->payloads % s->plan.spoil == 0)
		out[head + len - 1] ^= 1;
	put(s, to, head ? MST_FRAME_CONTROL : MST_FRAME_DATA,
	    edge_slice(out, head + len));
}

static void take(struct relay_server *s, struct client *c, struct edge_slice b)
{
	struct mst_msg m;

	if (!mst_is(b)) {
		forward(s, c, b);
		return;
	}
	if (s->messages++ < s->plan.deaf || mst_msg_decode(&m, b))
		return;
	if (m.type == MST_ALLOCATE)
		allocate(s, c, &m);
	else if (m.type == MST_SET_ACTIVE)
		set_active(s, c, &m);
}

static void on_datagram(struct relay_server *s)
{
	uint8_t b[BUFFER];
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	ssize_t n =
		recvfrom(s->fd, b, sizeof(b), 0, (struct sockaddr *)&at, &len);

	for (int i = 0; n > 0 && i < CLIENTS; i++) {
		struct client *c = &s->client[i];

		if (c->is_used && memcmp(&c->at, &at, sizeof(at)) != 0)
			continue;
		c->is_used = true;
		c->at = at;
		(void)!edge_addr_from_sockaddr(&c->seen,
					       (struct sockaddr *)&at);
		take(s, c, edge_slice(b, (size_t)n));
		return;
	}
}

static void on_connection(struct relay_server *s)
{
	for (int i = 0; i < CLIENTS; i++) {
		struct client *c = &s->client[i];
		socklen_t len = sizeof(c->at);

		if (c->is_used)
			continue;
		c->fd = accept(s->fd, (struct sockaddr *)&c->at, &len);
		c->is_used = c->fd >= 0;
		(void)!edge_addr_from_sockaddr(&c->seen,
					       (struct sockaddr *)&c->at);
		return;
	}
}

static void on_bytes(struct relay_server *s, struct client *c)
{
	static const uint8_t random[MST_HELLO_RANDOM_LEN];
	uint8_t hello[MST_HELLO_REPLY_LEN];
	ssize_t n = recv(c->fd, c->in + c->len, BUFFER - c->len, 0);
	struct edge_slice in;
	struct mst_frame f;

	if (n <= 0) {
		close(c->fd);
		c->fd = -1;
		return;
	}
	c->len += (size_t)n;
	in = edge_slice(c->in, c->len);
	if (!c->has_hello) {
		if (c->len < MST_HELLO_LEN || mst_hello_check(in))
			return;
		mst_hello_reply(hello, 0, random);
		(void)send(c->fd, hello, sizeof(hello), MSG_NOSIGNAL);
		in.p += MST_HELLO_LEN;
		c->has_hello = true;
	}
	while (!mst_frame_take(&f, &in))
		if (f.type == MST_FRAME_CONTROL)
			take(s, c, f.payload);
		else
			forward(s, c, f.payload);
	c->len = edge_slice_len(in);
	memmove(c->in, in.p, c->len);
}

static void *run(void *arg)
{
	struct relay_server *s = arg;
	struct pollfd fd[2 + CLIENTS] = {{.fd = s->stop_fd, .events = POLLIN},
					 {.fd = s->fd, .events = POLLIN}};

	for (;;) {
		for (int i = 0; i < CLIENTS; i++)
			fd[2 + i] = (struct pollfd){.fd = s->client[i].fd,
						    .events = POLLIN};
		if (poll(fd, 2 + CLIENTS, -1) < 0)
			continue;
		if (fd[1].revents && s->plan.is_tcp)
			on_connection(s);
		else if (fd[1].revents)
			on_datagram(s);
		for (int i = 0; i < CLIENTS; i++)
			if (fd[2 + i].fd >= 0 && fd[2 + i].revents)
				on_bytes(s, &s->client[i]);
		if (fd[0].revents && !fd[1].revents)
			return NULL;
	}
}

struct relay_server *relay_server_start(const struct relay_plan *p)
{
	struct relay_server *s = calloc(1, sizeof(*s));
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sa);
	const struct ave_login login = {.username = p->username,
					.realm = edge_slice_str(realm),
					.password = p->password};

	ck_assert_ptr_nonnull(s);
	s->plan = *p;
	for (int i = 0; i < CLIENTS; i++)
		s->client[i].fd = -1;
	ck_assert(!mst_mac_new(&s->mac, MST_MAC_SHA1, &login));
	s->stop_fd = eventfd(0, 0);
	s->fd = socket(AF_INET, p->is_tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
	ck_assert(!bind(s->fd, (struct sockaddr *)&sa, sizeof(sa)) &&
		  !getsockname(s->fd, (struct sockaddr *)&sa, &len));
	ck_assert(!p->is_tcp || !listen(s->fd, CLIENTS));
	ck_assert(
		!edge_addr_from_sockaddr(&s->address, (struct sockaddr *)&sa));
	ck_assert(!pthread_create(&s->thread, NULL, run, s));
	return s;
}

struct edge_addr relay_server_address(const struct relay_server *s)
{
	return s->address;
}

unsigned relay_server_stop(struct relay_server *s)
{
	const uint64_t one = 1;
	unsigned released;

	ck_assert_int_eq(write(s->stop_fd, &one, sizeof(one)), sizeof(one));
	pthread_join(s->thread, NULL);
	for (int i = 0; i < CLIENTS; i++)
		if (s->client[i].fd >= 0)
			close(s->client[i].fd);
	close(s->fd);
	close(s->stop_fd);
	mst_mac_free(s->mac);
	released = s->released;
	free(s);
	return released;
}
