/* Sockets of the flows, and their way to AV_READY. */
#include "tests/bench/av_ends.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/bench/peer.h"

enum {
	EVENTS = 256,
	ROOM = 4 << 20,	      /* of socket buffers [bytes] */
	AGAIN_NS = 500000000, /* as RFC 8489's RTO */
	GIVE_UP_S = 10,	      /* for one step */
	PEER_SIDE = 1,	      /* bit of an event's tag */
	HELD = 8192,	      /* of a stream, uncut [bytes] */
	DATAGRAMS = SOCK_DGRAM | SOCK_NONBLOCK,
	LOGIN_FLOWS = 8, /* flows of one identity */
	SECOND = 1000000000,
};

void av_ends_init(struct av_ends *e)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &most))
		bench_die("files");
	most.rlim_cur = most.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &most);
	e->flows = calloc(e->count, sizeof(*e->flows));
	e->epoll = epoll_create1(0);
	if (!e->flows || e->epoll < 0)
		bench_die("flows");
	for (unsigned i = 0; i < e->count; i++) {
		e->flows[i].index = i;
		e->flows[i].client = e->flows[i].peer = -1;
	}
}

/* -- sockets -------------------------------------------------------------- */

static int bound(struct edge_addr *at, int type)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(at, &sa);
	int fd = socket(sa.ss_family, type, 0);
	int room = ROOM;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (bind(fd, (struct sockaddr *)&sa, len) ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) ||
	    edge_addr_from_sockaddr(at, (struct sockaddr *)&sa) != EDGE_OK)
		bench_die("bind");
	return fd;
}

static void joined(int fd, const struct edge_addr *to)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(to, &sa);

	if (connect(fd, (struct sockaddr *)&sa, len))
		bench_die("connect");
}

static void watched(const struct av_ends *e, int fd, uint64_t tag)
{
	struct epoll_event v = {.events = EPOLLIN, .data.u64 = tag};

	if (epoll_ctl(e->epoll, EPOLL_CTL_ADD, fd, &v))
		bench_die("epoll_ctl");
}

/* A stream waits until it is connected, and never when it sends. */
static void open_client(const struct av_ends *e, struct av_flow *f)
{
	struct edge_addr own = e->own, to = e->server;

	if (!f->dialect->is_stream) {
		f->client = bound(&own, DATAGRAMS);
		joined(f->client, &to);
		return;
	}
	f->held = malloc(HELD);
	if (!f->held)
		bench_die("stream");
	to.port = AV_TCP_PORT;
	f->client = bound(&own, SOCK_STREAM);
	joined(f->client, &to);
	if (fcntl(f->client, F_SETFL, O_NONBLOCK))
		bench_die("stream");
}

void av_ends_start(struct av_ends *e, struct av_flow *f)
{
	char identity[64];

	*f = (struct av_flow){
		.index = f->index,
		.dialect = e->dialects[f->index % e->dialect_count],
		.server = e->server,
		.lifetime_s = e->lifetime_s,
		.state = AV_ASK,
		.client = -1,
		.peer = -1,
		.begun_ns = bench_now_ns(),
	};
	open_client(e, f);
	watched(e, f->client, (uint64_t)f->index << 1);
	if (e->peer.family) {
		f->peer_at = e->peer;
		f->peer = bound(&f->peer_at, DATAGRAMS);
		watched(e, f->peer, (uint64_t)f->index << 1 | PEER_SIDE);
	}
	snprintf(identity, sizeof(identity), "sip:user%u@contoso.com",
		 f->index / LOGIN_FLOWS);
	av_login_make(&f->login, &e->logins, f->dialect, identity);
}

void av_ends_close(struct av_flow *f)
{
	if (f->client >= 0)
		close(f->client);
	if (f->peer >= 0)
		close(f->peer);
	f->client = f->peer = -1;
	mst_mac_free(f->mac);
	free(f->held);
	f->mac = NULL;
	f->held = NULL;
}

/* -- control -------------------------------------------------------------- */

bool av_ends_send(struct av_flow *f, bool to_peer, const struct av_stamp *s,
		  size_t size)
{
	uint8_t payload[AV_PAYLOAD_MAX] = {0}, message[AV_MESSAGE_MAX];

	av_stamp_put(payload, s);
	if (!to_peer)
		return send(f->peer, payload, size, 0) > 0;
	size = f->dialect->frame(f, message, edge_slice(payload, size));
	return send(f->client, message, size, 0) > 0;
}

/* Both ways are walked once: a forwarder learns who is there. */
static void greet(struct av_flow *f)
{
	const struct av_stamp s = {.flow = f->index};

	if (f->peer < 0)
		return;
	(void)av_ends_send(f, false, &s, AV_PAYLOAD_MIN);
	(void)av_ends_send(f, true, &s, AV_PAYLOAD_MIN);
}

void av_ends_step(struct av_ends *e, struct av_flow *f)
{
	uint8_t message[AV_MESSAGE_MAX];
	size_t len;

	(void)e;
	if (f->peer >= 0 && f->relayed.family && f->state < AV_READY)
		joined(f->peer, &f->relayed);
	len = f->dialect->ask(f, message);
	if (f->peer >= 0 && f->relayed.family && f->state == AV_READY)
		joined(f->peer, &f->relayed);
	f->asked_len = len < AV_REQUEST_MAX ? len : 0;
	memcpy(f->asked, message, f->asked_len);
	f->asked_ns = bench_now_ns();
	if (len)
		(void)send(f->client, message, len, 0);
	if (f->state == AV_READY)
		greet(f);
}

void av_ends_remind(struct av_ends *e, struct av_flow *f, uint64_t now_ns)
{
	if (now_ns > f->begun_ns + (uint64_t)GIVE_UP_S * SECOND) {
		f->state = AV_FAILED;
		return;
	}
	if (now_ns < f->asked_ns + AGAIN_NS)
		return;
	f->asked_ns = now_ns;
	e->said_again++;
	(void)send(f->client, f->asked, f->asked_len, 0);
}

static void from_server(struct av_ends *e, struct av_flow *f,
			struct edge_slice in)
{
	const enum av_state before = f->state;

	if (before == AV_READY) {
		e->arrived(e->arg, f, true, f->dialect->payload(f, in));
		return;
	}
	f->dialect->answer(f, in);
	if (f->state == before)
		return;
	f->begun_ns = bench_now_ns();
	if (f->state < AV_READY && f->state < e->until)
		av_ends_step(e, f);
	else if (f->state == AV_READY)
		greet(f);
}

static void take_stream(struct av_ends *e, struct av_flow *f)
{
	ssize_t n =
		recv(f->client, f->held + f->held_len, HELD - f->held_len, 0);
	size_t at = 0, len;

	if (n <= 0) { /* it has ended */
		f->state = f->state == AV_LEAVE ? AV_GONE : AV_FAILED;
		return;
	}
	f->held_len += (size_t)n;
	while ((len = av_stream_cut(
			edge_slice(f->held + at, f->held_len - at))) &&
	       at + len <= f->held_len) {
		from_server(e, f, edge_slice(f->held + at, len));
		at += len;
	}
	f->held_len -= at;
	memmove(f->held, f->held + at, f->held_len);
}

static void take_one(struct av_ends *e, uint64_t tag)
{
	struct av_flow *f = &e->flows[tag >> 1];
	uint8_t bytes[AV_MESSAGE_MAX];
	ssize_t n;

	if (f->dialect->is_stream && !(tag & PEER_SIDE)) {
		take_stream(e, f);
		return;
	}
	n = recv(tag & PEER_SIDE ? f->peer : f->client, bytes, sizeof(bytes),
		 0);
	if (n <= 0)
		return;
	if (tag & PEER_SIDE)
		e->arrived(e->arg, f, false, edge_slice(bytes, (size_t)n));
	else
		from_server(e, f, edge_slice(bytes, (size_t)n));
}

void av_ends_take(struct av_ends *e, int timeout_ms)
{
	struct epoll_event v[EVENTS];
	int n = epoll_wait(e->epoll, v, EVENTS, timeout_ms);

	for (int i = 0; i < n; i++)
		take_one(e, v[i].data.u64);
}

/* -- all of them ---------------------------------------------------------- */

static void set_out(struct av_ends *e, struct av_flow *f)
{
	if (e->until == AV_GONE)
		f->state = AV_LEAVE;
	f->begun_ns = bench_now_ns();
	av_ends_step(e, f);
}

unsigned av_ends_bring(struct av_ends *e, enum av_state until, unsigned window)
{
	struct av_flow **busy = calloc(window, sizeof(struct av_flow *));
	unsigned next = 0, active = 0, there = 0;

	if (!busy)
		bench_die("window");
	e->until = until;
	while (next < e->count || active) {
		uint64_t now = bench_now_ns();

		while (active < window && next < e->count) {
			busy[active] = &e->flows[next++];
			set_out(e, busy[active++]);
		}
		av_ends_take(e, 1); /* at once, if there is something */
		for (unsigned i = 0; i < active; i++) {
			if (busy[i]->state < until)
				av_ends_remind(e, busy[i], now);
			if (busy[i]->state < until)
				continue;
			there += busy[i]->state != AV_FAILED;
			busy[i--] = busy[--active];
		}
	}
	free(busy);
	return there;
}
