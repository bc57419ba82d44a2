/* The user-space ceiling: what `udp_batch` can move when nothing is decided.
 *   bench_av_forward KIND SECONDS ADDRESS PORT FLOWS PEER PEER_PORT
 * Client f sends ChannelData of channel 0x4000 + f to ADDRESS:PORT; its payload
 * leaves from PORT + 1 + f to PEER:PEER_PORT + f, and back with the header. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "av-edge/udp_batch.h"

enum { FLOWS_MAX = 4096, HEADER = 4, FIRST_CHANNEL = 0x4000 };

struct flow {
	struct edge_addr client, peer;
	uint32_t relayed;
};

struct forward {
	struct ave_batch *batch;
	struct flow flow[FLOWS_MAX];
	uint32_t server, count;
	uint64_t packets;
};

static uint32_t open_at(struct forward *f, struct edge_addr at, uint64_t tag)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(&at, &sa);
	int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int room = 8 << 20;
	uint32_t id;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (bind(fd, (struct sockaddr *)&sa, len) ||
	    ave_batch_open(&id, f->batch, fd, tag)) {
		perror("bind");
		exit(1);
	}
	return id;
}

static void from_client(struct forward *f, const struct ave_batch_item *it)
{
	const uint8_t *p = it->packet.p;
	unsigned at = (unsigned)(p[0] << 8 | p[1]) - FIRST_CHANNEL;

	if (it->packet.len < HEADER || at >= f->count)
		return;
	f->flow[at].client = it->from;
	ave_batch_send(f->batch, f->flow[at].relayed, &f->flow[at].peer,
		       edge_slice(p + HEADER, it->packet.len - HEADER));
	f->packets++;
}

static void from_peer(struct forward *f, const struct ave_batch_item *it)
{
	const struct flow *flow = &f->flow[it->tag];
	uint8_t *p = it->packet.p - HEADER;

	if (!flow->client.family)
		return;
	p[0] = (uint8_t)((FIRST_CHANNEL + it->tag) >> 8);
	p[1] = (uint8_t)it->tag;
	p[2] = (uint8_t)(it->packet.len >> 8);
	p[3] = (uint8_t)it->packet.len;
	ave_batch_send(f->batch, f->server, &flow->client,
		       edge_slice(p, it->packet.len + HEADER));
	f->packets++;
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(struct forward *f, double until)
{
	static struct ave_batch_item items[AVE_BATCH_ITEMS];

	while (seconds(CLOCK_MONOTONIC) < until) {
		size_t n = ave_batch_wait(f->batch, items, 100);

		for (size_t i = 0; i < n; i++)
			if (items[i].tag == FLOWS_MAX)
				from_client(f, &items[i]);
			else
				from_peer(f, &items[i]);
	}
}

int main(int argc, char **argv)
{
	static struct forward f;
	struct edge_addr at, peer;
	struct ave_batch_losses lost;
	double used;
	unsigned kind;

	if (argc != 8)
		return 2;
	for (kind = AVE_BATCH_EPOLL; kind; kind--)
		if (*argv[1] == *ave_batch_kind_name(kind))
			break;
	f.count = (uint32_t)atoi(argv[5]);
	if (f.count > FLOWS_MAX ||
	    edge_addr_parse(&at, edge_slice_str(argv[3]),
			    (uint16_t)atoi(argv[4])) ||
	    edge_addr_parse(&peer, edge_slice_str(argv[6]),
			    (uint16_t)atoi(argv[7])) ||
	    ave_batch_new(&f.batch, kind, FLOWS_MAX + 1) ||
	    ave_batch_begin(f.batch))
		return 1;
	f.server = open_at(&f, at, FLOWS_MAX);
	for (unsigned i = 0; i < f.count; i++) {
		at.port++;
		f.flow[i].peer = peer;
		f.flow[i].peer.port = (uint16_t)(peer.port + i);
		f.flow[i].relayed = open_at(&f, at, i);
	}
	printf("ready %s\n", ave_batch_kind_name(ave_batch_kind_of(f.batch)));
	fflush(stdout);
	run(&f, seconds(CLOCK_MONOTONIC) + atof(argv[2]));
	used = seconds(CLOCK_THREAD_CPUTIME_ID);
	lost = ave_batch_losses_of(f.batch);
	printf("kind=%s packets=%" PRIu64 " cpu_us=%.3f send_full=%" PRIu64
	       " no_buffer=%" PRIu64 " failed=%" PRIu64 "\n",
	       ave_batch_kind_name(ave_batch_kind_of(f.batch)), f.packets,
	       f.packets ? 1e6 * used / (double)f.packets : 0, lost.send_full,
	       lost.no_buffer, lost.send_failed);
	ave_batch_free(f.batch);
	return 0;
}
