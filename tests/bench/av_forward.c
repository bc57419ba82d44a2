/* The user-space ceiling: what `udp_batch` can move when nothing is decided.
 *   bench_av_forward KIND ADDRESS PORT FLOWS
 * Client f sends ChannelData of channel 0x4000 + f to ADDRESS:PORT; its payload
 * leaves from PORT + 1 + f to whoever was heard there, and back with the
 * header. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "av-edge/udp_batch.h"

enum { FLOWS_MAX = 3840, HEADER = 4, FIRST_CHANNEL = 0x4000 };

struct flow {
	struct edge_addr client, peer;
	uint32_t relayed;
};

struct forward {
	struct ave_batch *batch;
	struct flow flow[FLOWS_MAX];
	uint32_t server, count;
};

static uint32_t open_at(struct forward *f, struct edge_addr at, uint64_t tag)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(&at, &sa);
	int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int room = 4 << 20;
	uint32_t id;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
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
	if (f->flow[at].peer.family)
		ave_batch_send(f->batch, f->flow[at].relayed, &f->flow[at].peer,
			       edge_slice(p + HEADER, it->packet.len - HEADER));
}

static void from_peer(struct forward *f, const struct ave_batch_item *it)
{
	struct flow *flow = &f->flow[it->tag];
	uint8_t *p = it->packet.p - HEADER;

	flow->peer = it->from;
	p[0] = (uint8_t)((FIRST_CHANNEL + it->tag) >> 8);
	p[1] = (uint8_t)it->tag;
	p[2] = (uint8_t)(it->packet.len >> 8);
	p[3] = (uint8_t)it->packet.len;
	if (flow->client.family)
		ave_batch_send(f->batch, f->server, &flow->client,
			       edge_slice(p, it->packet.len + HEADER));
}

static _Noreturn void run(struct forward *f)
{
	static struct ave_batch_item items[AVE_BATCH_ITEMS];

	for (;;) {
		size_t n = ave_batch_wait(f->batch, items, -1);

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
	struct edge_addr at;
	unsigned kind;

	if (argc != 5)
		return 2;
	for (kind = AVE_BATCH_EPOLL; kind; kind--)
		if (*argv[1] == *ave_batch_kind_name(kind))
			break;
	f.count = (uint32_t)atoi(argv[4]);
	if (f.count > FLOWS_MAX ||
	    edge_addr_parse(&at, edge_slice_str(argv[2]),
			    (uint16_t)atoi(argv[3])) ||
	    ave_batch_new(&f.batch, kind, FLOWS_MAX + 1) ||
	    ave_batch_begin(f.batch))
		return 1;
	f.server = open_at(&f, at, FLOWS_MAX);
	for (unsigned i = 0; i < f.count; i++) {
		at.port++;
		f.flow[i].relayed = open_at(&f, at, i);
	}
	printf("ready %s\n", ave_batch_kind_name(ave_batch_kind_of(f.batch)));
	fflush(stdout);
	run(&f);
}
