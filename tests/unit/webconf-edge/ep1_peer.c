/* The other end of a connection to webconf-edge, on the test's own loop. */
#include "tests/unit/webconf-edge/ep1_peer.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/sock.h"
#include "tests/support/turns.h"

enum { FDS = 1024 }; /* more than a test opens */

static void take(struct ep1_peer *p)
{
	const struct edge_slice in = edge_conn_input(p->conn);
	const size_t len = edge_slice_len(in);

	if (p->in_len + len > p->in_cap) {
		p->in_cap = 2 * (p->in_len + len);
		p->in = realloc(p->in, p->in_cap);
		ck_assert_ptr_nonnull(p->in);
	}
	if (len)
		memcpy(p->in + p->in_len, in.p, len);
	p->in_len += len;
	edge_conn_consume(p->conn, len);
}

static void on_event(struct edge_conn *c, enum edge_conn_event ev, void *arg)
{
	struct ep1_peer *p = arg;

	ck_assert_ptr_eq(c, p->conn);
	p->count[ev]++;
	if (!p->is_deaf)
		take(p);
	if (ev == EDGE_CONN_TIMEOUT || ev == EDGE_CONN_FAILED)
		p->is_over = true;
	edge_loop_stop(p->loop);
}

void ep1_peer_dial_named(struct ep1_peer *p, struct edge_loop *loop,
			 struct edge_tls *tls, const struct edge_addr *at,
			 const char *sni)
{
	static const struct edge_peer_policy policy;
	const struct edge_conn_plan plan = {.loop = loop,
					    .tls = tls,
					    .policy = &policy,
					    .in_cap = 65536,
					    .out_cap = EP1_PEER_QUEUE,
					    .high_water = EP1_PEER_QUEUE,
					    .low_water = 1,
					    .handshake_ms = EP1_PEER_WAIT_MS,
					    .fn = on_event,
					    .arg = p};

	*p = (struct ep1_peer){.loop = loop};
	ck_assert_int_eq(edge_conn_dial(&p->conn, &plan, NULL, NULL, at, sni),
			 EDGE_OK);
}

void ep1_peer_dial(struct ep1_peer *p, struct edge_loop *loop,
		   struct edge_tls *tls, const struct edge_addr *at)
{
	ep1_peer_dial_named(p, loop, tls, at, NULL);
}

void ep1_peer_fini(struct ep1_peer *p)
{
	edge_conn_abort(p->conn);
	free(p->in);
	*p = (struct ep1_peer){0};
}

void ep1_peer_send(struct ep1_peer *p, struct edge_slice bytes)
{
	ck_assert_int_eq(edge_conn_write(p->conn, bytes), EDGE_OK);
}

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 31 + (at >> 9));
}

void ep1_peer_send_pattern(struct ep1_peer *p, size_t len)
{
	uint8_t *bytes = malloc(len);

	ck_assert_ptr_nonnull(bytes);
	for (size_t i = 0; i < len; i++)
		bytes[i] = pattern(i);
	ep1_peer_send(p, edge_slice(bytes, len));
	free(bytes);
}

void ep1_peer_shut(struct ep1_peer *p)
{
	edge_conn_shut(p->conn);
}

void ep1_peer_cut(struct ep1_peer *p)
{
	edge_conn_cut_after_flush(p->conn, EP1_PEER_WAIT_MS);
	p->conn = NULL;
	p->is_over = true;
}

void ep1_peer_reset(struct ep1_peer *p)
{
	edge_conn_abort(p->conn);
	p->conn = NULL;
	p->is_over = true;
}

/* A kernel may take megabytes for who does not read; this socket takes a
 * little, whatever the machine is set to. */
static void hold_little(const struct edge_conn *c)
{
	const int little = 65536;

	for (int fd = 0; fd < FDS; fd++) {
		struct edge_addr own, other;

		edge_sock_names(fd, &own, &other);
		if (edge_addr_eq(&own, edge_conn_local(c)) &&
		    edge_addr_eq(&other, edge_conn_remote(c)))
			ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF,
						    &little, sizeof(little)),
					 0);
	}
}

void ep1_peer_deaf(struct ep1_peer *p, bool is)
{
	p->is_deaf = is;
	if (is)
		hold_little(p->conn);
	if (is)
		edge_conn_pause(p->conn);
	else
		edge_conn_resume(p->conn);
}

/* -- waiting ------------------------------------------------------------ */

void ep1_wait(struct edge_loop *loop, bool (*done)(void *arg), void *arg,
	      const char *what)
{
	turns_until(loop, done, arg, EP1_PEER_WAIT_MS, what);
}

static bool is_secured(void *arg)
{
	const struct ep1_peer *p = arg;

	ck_assert_msg(!p->is_over, "ended before its handshake was done: %s",
		      edge_conn_detail(p->conn));
	return p->count[EDGE_CONN_SECURED];
}

void ep1_wait_secured(struct ep1_peer *p)
{
	ep1_wait(p->loop, is_secured, p, "a handshake");
}

static bool has_ended(void *arg)
{
	const struct ep1_peer *p = arg;

	return p->is_over || p->count[EDGE_CONN_EOF];
}

void ep1_wait_end(struct ep1_peer *p)
{
	ep1_wait(p->loop, has_ended, p, "an end");
}

struct wanted {
	struct ep1_peer *peer;
	size_t len;
	struct psom_frame *frame;
};

static bool has_bytes(void *arg)
{
	const struct wanted *w = arg;

	return w->peer->in_len >= w->len;
}

void ep1_wait_bytes(struct ep1_peer *p, size_t len)
{
	struct wanted w = {.peer = p, .len = len};

	ep1_wait(p->loop, has_bytes, &w, "bytes");
}

static void used_up(struct ep1_peer *p, size_t len)
{
	p->in_len -= len;
	memmove(p->in, p->in + len, p->in_len);
}

void ep1_take_pattern(struct ep1_peer *p, size_t len)
{
	ep1_wait_bytes(p, len);
	for (size_t i = 0; i < len; i++)
		if (p->in[i] != pattern(i))
			ck_abort_msg("byte %zu is not the one sent", i);
	used_up(p, len);
}

/* -- frames ------------------------------------------------------------- */

/* The edge speaks on all legs; whose frame it is its type says. */
static bool decode(struct psom_frame *f, size_t *used, struct edge_slice in)
{
	static const enum psom_leg legs[] = {PSOM_LEG_CONTROL, PSOM_LEG_DATA,
					     PSOM_LEG_CLIENT};

	for (size_t i = 0; i < sizeof(legs) / sizeof(*legs); i++)
		if (psom_frame_decode(f, used, in, legs[i], PSOM_FROM_EDGE) ==
		    PSOM_FINE)
			return true;
	return false;
}

bool ep1_try(struct ep1_peer *p, struct psom_frame *f)
{
	static uint8_t bytes[EP1_FRAME_MAX]; /* what f borrows */
	size_t used;

	if (!decode(f, &used, edge_slice(p->in, p->in_len)))
		return false;
	memcpy(bytes, p->in, used);
	used_up(p, used);
	return decode(f, &used, edge_slice(bytes, used));
}

static bool has_frame(void *arg)
{
	const struct wanted *w = arg;
	const struct ep1_peer *p = w->peer;

	if (ep1_try(w->peer, w->frame))
		return true;
	ck_assert_msg(!p->is_over && !p->count[EDGE_CONN_EOF],
		      "ended instead of a frame");
	return false;
}

void ep1_take(struct ep1_peer *p, enum psom_type type, struct psom_frame *f)
{
	struct wanted w = {.peer = p, .frame = f};

	ep1_wait(p->loop, has_frame, &w, psom_type_name(type));
	ck_assert_msg(f->type == type, "%s instead of %s",
		      psom_type_name(f->type), psom_type_name(type));
}

uint64_t ep1_take_number(struct ep1_peer *p, enum psom_type type,
			 enum psom_tag tag)
{
	struct psom_frame f;

	ep1_take(p, type, &f);
	return psom_frame_number(&f, tag);
}

void ep1_take_end(struct ep1_peer *p)
{
	ep1_wait_end(p);
	ck_assert_uint_eq(p->in_len, 0);
}

void ep1_take_reject(struct ep1_peer *p, unsigned code)
{
	ck_assert_uint_eq(ep1_take_number(p, PSOM_REJECT, PSOM_TAG_CODE), code);
	ep1_take_end(p);
}

void ep1_send_number(struct ep1_peer *p, enum psom_type type, enum psom_tag tag,
		     uint64_t v)
{
	uint8_t bytes[64];
	struct psom_put w;

	psom_put_start(&w, bytes, sizeof(bytes), type);
	psom_put_number(&w, tag, v);
	ep1_peer_send(p, psom_put_end(&w));
}

/* -- sockets and certificates ------------------------------------------- */

int ep1_listen(struct edge_addr *at)
{
	struct edge_addr peer;
	int fd = -1;

	*at = (struct edge_addr){.family = AF_INET, .ip = {127, 0, 0, 1}};
	ck_assert_int_eq(edge_sock_listen(&fd, at, NULL, false), EDGE_OK);
	edge_sock_names(fd, at, &peer);
	return fd;
}

struct edge_tls *ep1_tls(struct certs *c, const char *name,
			 enum ep1_tls_kind kind)
{
	char chain[64], key[64], why[256] = "";
	struct edge_tls_recipe r = {.is_client = kind == EP1_TLS_CLIENT};
	struct edge_tls *t = NULL;

	if (kind != EP1_TLS_OUTSIDE) {
		r.trust = certs_path(c, "ca.pem");
		r.ask = EDGE_TLS_ASK_REQUIRED;
	}
	if (name) {
		snprintf(chain, sizeof(chain), "%s.pem", name);
		snprintf(key, sizeof(key), "%s.key", name);
		r.chain = certs_path(c, chain);
		r.key = certs_path(c, key);
	}
	ck_assert_msg(edge_tls_new(&t, &r, why, sizeof(why)) == EDGE_OK, "%s",
		      why);
	return t;
}
