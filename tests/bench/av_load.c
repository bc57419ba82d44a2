/* Both ends of forwarded flows, one packet of each flow in turn.
 *   bench_av_load SECONDS RATE SIZE ADDRESS SERVER PORT FLOWS PEER PEER_PORT
 * WAYS RATE: packets/s in each direction; 0: as many as go. WAYS: 1 to the
 * peer, 2 both. Clients are FLOWS sockets on ADDRESS, peers FLOWS on PEER. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "common/addr.h"

enum { FLOWS_MAX = 4096, HEADER = 4, STAMPS = 1 << 20, TURN = 32 };

struct load {
	struct edge_addr server;
	int client[FLOWS_MAX], peer[FLOWS_MAX], epoll;
	unsigned count, size, next;
	uint64_t sent[2], got[2];
	uint32_t *stamp; /* one-way times [ns] */
	size_t stamps;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int open_at(struct load *l, struct edge_addr at,
		   const struct edge_addr *to, uint64_t tag)
{
	struct sockaddr_storage sa;
	struct epoll_event e = {.events = EPOLLIN, .data.u64 = tag};
	socklen_t len = edge_addr_to_sockaddr(&at, &sa);
	int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (bind(fd, (struct sockaddr *)&sa, len)) {
		perror("bind");
		exit(1);
	}
	len = edge_addr_to_sockaddr(to, &sa);
	if (connect(fd, (struct sockaddr *)&sa, len)) {
		perror("connect");
		exit(1);
	}
	epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e);
	return fd;
}

static void send_turn(struct load *l, int ways)
{
	uint8_t b[1500] = {0};
	unsigned f = l->next++ % l->count;
	uint64_t t = now_ns();

	b[0] = (uint8_t)((0x4000 + f) >> 8);
	b[1] = (uint8_t)f;
	b[2] = (uint8_t)(l->size >> 8);
	b[3] = (uint8_t)l->size;
	memcpy(b + HEADER, &t, sizeof(t));
	l->sent[0] += send(l->client[f], b, l->size + HEADER, 0) > 0;
	if (ways > 1)
		l->sent[1] += send(l->peer[f], b + HEADER, l->size, 0) > 0;
}

static void take(struct load *l, int fd, int way)
{
	uint8_t b[2048];
	ssize_t n;
	uint64_t t;

	while ((n = recv(fd, b, sizeof(b), 0)) > 0) {
		l->got[way]++;
		memcpy(&t, b + (way ? HEADER : 0), sizeof(t));
		if (l->stamps < STAMPS)
			l->stamp[l->stamps++] = (uint32_t)(now_ns() - t);
	}
}

static void take_all(struct load *l)
{
	struct epoll_event e[256];
	int n = epoll_wait(l->epoll, e, 256, 0);

	for (int i = 0; i < n; i++) {
		uint64_t f = e[i].data.u64;

		take(l, f & FLOWS_MAX ? l->client[f - FLOWS_MAX] : l->peer[f],
		     f & FLOWS_MAX ? 1 : 0);
	}
}

static void run(struct load *l, double secs, double rate, int ways)
{
	uint64_t start = now_ns(), now = start, turns = 0;
	uint64_t end = start + (uint64_t)(secs * 1e9);

	while (now < end) {
		uint64_t due =
			rate > 0
				? (uint64_t)((double)(now - start) * rate / 1e9)
				: turns + TURN;

		for (int i = 0; turns < due && i < TURN; i++, turns++)
			send_turn(l, ways);
		take_all(l);
		now = now_ns();
	}
	for (end = now + 50000000; now < end; now = now_ns())
		take_all(l);
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static struct load l;
	struct edge_addr own, peer, to;
	double secs;

	if (argc != 11)
		return 2;
	secs = atof(argv[1]);
	l.size = (unsigned)atoi(argv[3]);
	l.count = (unsigned)atoi(argv[7]);
	l.epoll = epoll_create1(0);
	l.stamp = calloc(STAMPS, sizeof(*l.stamp));
	if (!l.stamp || l.count > FLOWS_MAX || l.size > 1400 ||
	    edge_addr_parse(&own, edge_slice_str(argv[4]), 0) ||
	    edge_addr_parse(&l.server, edge_slice_str(argv[5]),
			    (uint16_t)atoi(argv[6])) ||
	    edge_addr_parse(&peer, edge_slice_str(argv[8]),
			    (uint16_t)atoi(argv[9])))
		return 1;
	to = l.server;
	for (unsigned i = 0; i < l.count; i++) {
		l.client[i] = open_at(&l, own, &l.server, FLOWS_MAX + i);
		to.port++;
		l.peer[i] = open_at(&l, peer, &to, i);
		peer.port++;
	}
	run(&l, secs, atof(argv[2]), atoi(argv[10]));
	qsort(l.stamp, l.stamps, sizeof(*l.stamp), by_value);
	printf("sent=%" PRIu64 "+%" PRIu64 " got=%" PRIu64 "+%" PRIu64
	       " lost=%.3f%% rate=%.0f p50_us=%.1f p99_us=%.1f\n",
	       l.sent[0], l.sent[1], l.got[0], l.got[1],
	       100.0 - 100.0 * (double)(l.got[0] + l.got[1]) /
			       (double)(l.sent[0] + l.sent[1]),
	       (double)(l.got[0] + l.got[1]) / secs,
	       l.stamps ? l.stamp[l.stamps / 2] / 1e3 : 0,
	       l.stamps ? l.stamp[l.stamps * 99 / 100] / 1e3 : 0);
	return 0;
}
