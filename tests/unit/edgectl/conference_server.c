/* One poll loop over a TLS listener and its connections; reads and writes
 * block, the other end is a loop of its own. */
#include "tests/unit/edgectl/conference_server.h"

#include <check.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edgectl/dataconf_do.h"
#include "webconf-edge/psom_frame.h"

enum { CLIENTS = 4, AT_METHOD = 9, AT_LAST_FROM_END = 1, TO_CLIENT = 100 };

struct client {
	int fd;
	SSL *ssl;
	bool has_joined;
};

struct conference_server {
	struct conference_plan plan;
	SSL_CTX *tls;
	struct edge_addr address;
	int fd, stop_fd;
	pthread_t thread;
	struct client client[CLIENTS];
	unsigned hellos;
	uint8_t frame[CTL_DO_FRAME_MAX];
};

static bool read_all(struct client *c, uint8_t *p, size_t len)
{
	size_t n;

	for (; len; p += n, len -= n)
		if (!SSL_read_ex(c->ssl, p, len, &n))
			return false;
	return true;
}

static void put(struct conference_server *s, struct client *c, const void *p,
		size_t len)
{
	size_t at_once = s->plan.drip ? s->plan.drip : len, n;

	for (size_t at = 0; at < len; at += at_once)
		if (!SSL_write_ex(c->ssl, (const uint8_t *)p + at,
				  len - at < at_once ? len - at : at_once, &n))
			return;
}

static void hang_up(struct client *c)
{
	if (c->ssl) {
		SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
		close(c->fd);
	}
	*c = (struct client){.fd = -1};
}

static void answer_hello(struct conference_server *s, struct client *c)
{
	uint8_t out[128];
	struct edge_slice frame;
	struct psom_put w;

	if (s->plan.code) {
		psom_put_start(&w, out, sizeof(out), PSOM_REJECT);
		psom_put_number(&w, PSOM_TAG_CODE, s->plan.code);
		psom_put_number(&w, PSOM_TAG_RETRY,
				s->plan.code == 503 ? 5 : 0);
		psom_put_bytes(&w, PSOM_TAG_TEXT, edge_slice_str("text"));
	} else {
		psom_put_start(&w, out, sizeof(out), PSOM_HELLO_OK);
		psom_put_number(&w, PSOM_TAG_VERSION, 1);
		psom_put_bytes(&w, PSOM_TAG_SESSION,
			       edge_slice("0123456789abcdef", 16));
	}
	frame = psom_put_end(&w);
	put(s, c, frame.p, edge_slice_len(frame));
}

/* HELLO; false: the connection is over. */
static bool join(struct conference_server *s, struct client *c)
{
	struct psom_frame f;
	size_t len, used;

	if (!read_all(c, s->frame, PSOM_HEADER_LEN))
		return false;
	len = (size_t)(s->frame[6] << 8 | s->frame[7]);
	if (len > PSOM_BODY_MAX ||
	    !read_all(c, s->frame + PSOM_HEADER_LEN, len) ||
	    psom_frame_decode(&f, &used,
			      edge_slice(s->frame, PSOM_HEADER_LEN + len),
			      PSOM_LEG_CLIENT, PSOM_FROM_CLIENT) != PSOM_FINE)
		return false;
	s->hellos++;
	c->has_joined = true;
	if (s->plan.fault == CONFERENCE_BABBLES)
		put(s, c, "SIP/2.0 200 OK\r\n\r\n", 18);
	else if (s->plan.fault != CONFERENCE_SILENT &&
		 s->plan.fault != CONFERENCE_HANGS_UP)
		answer_hello(s, c);
	return !s->plan.code && s->plan.fault != CONFERENCE_HANGS_UP;
}

static void pass_on(struct conference_server *s, const struct client *from,
		    size_t len)
{
	s->frame[AT_METHOD + 1] =
		(uint8_t)(s->frame[AT_METHOD + 1] + TO_CLIENT);
	for (size_t i = 0; i < CLIENTS; i++)
		if (&s->client[i] != from && s->client[i].has_joined)
			put(s, &s->client[i], s->frame, len);
}

static void tell_error(struct conference_server *s, struct client *c)
{
	uint8_t out[64];
	const struct ctl_do d = {.op = CTL_DO_ERROR, .cookie = 507};
	struct edge_slice frame = ctl_do_encode(out, sizeof(out), &d);

	put(s, c, frame.p, edge_slice_len(frame));
}

static bool upload(struct conference_server *s, struct client *c, size_t len,
		   const struct ctl_do *d)
{
	switch (s->plan.fault) {
	case CONFERENCE_ALTERS:
		s->frame[len / 2] ^= 1;
		break;
	case CONFERENCE_SHORTENS:
		if (d->is_last)
			return true;
		s->frame[len - AT_LAST_FROM_END] = 1;
		break;
	case CONFERENCE_ENDS:
		return false;
	case CONFERENCE_ERRS:
		tell_error(s, c);
		return true;
	case CONFERENCE_BREAKS:
		put(s, c, "\0\0\0\0\0", 5);
		return true;
	case CONFERENCE_DEAF:
		return true;
	case CONFERENCE_FINE:
	case CONFERENCE_SILENT:
	case CONFERENCE_HANGS_UP:
	case CONFERENCE_BABBLES:
		break;
	}
	pass_on(s, c, len);
	return true;
}

static void reserve(struct conference_server *s, struct client *c,
		    const struct ctl_do *d)
{
	uint8_t out[32];
	const struct ctl_do answer = {.op = CTL_DO_INVOKE,
				      .object = CTL_DO_MANAGER,
				      .method = CTL_DO_RESERVED,
				      .cookie = d->cookie};
	struct edge_slice frame = ctl_do_encode(out, sizeof(out), &answer);

	put(s, c, frame.p, edge_slice_len(frame));
}

/* One frame; false: the connection is over. */
static bool converse(struct conference_server *s, struct client *c)
{
	struct ctl_do d;
	size_t len, used;

	if (!read_all(c, s->frame, 4))
		return false;
	len = (size_t)s->frame[2] << 8 | s->frame[3];
	if (s->frame[0] || s->frame[1] || !read_all(c, s->frame + 4, len))
		return false;
	if (s->frame[4] == CTL_DO_CONNECT)
		return true;
	if (ctl_do_decode(&d, &used, edge_slice(s->frame, len + 4)))
		return false;
	if (d.method == CTL_DO_UPLOAD)
		return upload(s, c, len + 4, &d);
	if (d.method == CTL_DO_RESERVE)
		reserve(s, c, &d);
	if (d.method == CTL_DO_PRESENT)
		pass_on(s, c, len + 4);
	return true;
}

static void serve(struct conference_server *s, struct client *c)
{
	do
		if (!(c->has_joined ? converse(s, c) : join(s, c))) {
			hang_up(c);
			return;
		}
	while (SSL_has_pending(c->ssl));
}

static void take_client(struct conference_server *s)
{
	int fd = accept(s->fd, NULL, NULL);

	for (size_t i = 0; i < CLIENTS; i++) {
		struct client *c = &s->client[i];

		if (c->ssl)
			continue;
		c->fd = fd;
		c->ssl = SSL_new(s->tls);
		if (!SSL_set_fd(c->ssl, fd) || SSL_accept(c->ssl) <= 0)
			hang_up(c);
		return;
	}
	close(fd);
}

static void *run(void *arg)
{
	struct conference_server *s = arg;

	for (;;) {
		struct pollfd p[CLIENTS + 2] = {{s->stop_fd, POLLIN, 0},
						{s->fd, POLLIN, 0}};

		for (size_t i = 0; i < CLIENTS; i++)
			p[i + 2] = (struct pollfd){s->client[i].fd, POLLIN, 0};
		if (poll(p, CLIENTS + 2, -1) < 0 || p[0].revents)
			return NULL;
		if (p[1].revents)
			take_client(s);
		for (size_t i = 0; i < CLIENTS; i++)
			if (p[i + 2].revents && s->client[i].ssl)
				serve(s, &s->client[i]);
	}
}

static void make_tls(struct conference_server *s, struct certs *certs,
		     const char *name)
{
	char file[64];

	s->tls = SSL_CTX_new(TLS_server_method());
	snprintf(file, sizeof(file), "%s.pem", name);
	ck_assert_int_eq(SSL_CTX_use_certificate_chain_file(
				 s->tls, certs_path(certs, file)),
			 1);
	snprintf(file, sizeof(file), "%s.key", name);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey_file(s->tls,
						     certs_path(certs, file),
						     SSL_FILETYPE_PEM),
			 1);
}

struct conference_server *conference_start(struct certs *certs,
					   const char *name,
					   const struct conference_plan *plan)
{
	struct conference_server *s = calloc(1, sizeof(*s));
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sa);

	ck_assert_ptr_nonnull(s);
	s->plan = *plan;
	for (size_t i = 0; i < CLIENTS; i++)
		s->client[i].fd = -1;
	make_tls(s, certs, name);
	s->stop_fd = eventfd(0, 0);
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(s->fd, (struct sockaddr *)&sa, len), 0);
	ck_assert_int_eq(listen(s->fd, CLIENTS), 0);
	ck_assert_int_eq(getsockname(s->fd, (struct sockaddr *)&sa, &len), 0);
	ck_assert_int_eq(
		edge_addr_from_sockaddr(&s->address, (struct sockaddr *)&sa),
		EDGE_OK);
	ck_assert_int_eq(pthread_create(&s->thread, NULL, run, s), 0);
	return s;
}

struct edge_addr conference_address(const struct conference_server *s)
{
	return s->address;
}

unsigned conference_stop(struct conference_server *s)
{
	const uint64_t one = 1;
	unsigned hellos;

	ck_assert_int_eq(write(s->stop_fd, &one, sizeof(one)), sizeof(one));
	pthread_join(s->thread, NULL);
	for (size_t i = 0; i < CLIENTS; i++)
		hang_up(&s->client[i]);
	close(s->fd);
	close(s->stop_fd);
	SSL_CTX_free(s->tls);
	hellos = s->hellos;
	free(s);
	return hellos;
}
