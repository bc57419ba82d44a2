#include "tests/unit/av-edge/worker_relay.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "av-edge/outlook.h"
#include "av-edge/worker.h"
#include "tests/support/suite.h"

enum { WAIT_MS = 10000, PEER_TAG = 4711 };

struct ave_relay {
	const struct ave_net *net;
	void *self;
	struct ave_leg leg, frozen; /* who spoke last; who is not read */
	uint32_t udp, tcp, peer;
	struct edge_addr tcp_at;
	struct ave_relay_counts counts;
	const struct ave_view *view;
	bool has_allocation;
};

_Atomic int relays, gone, looks, fulls, closed_peers, outlooks;
_Atomic int copies;

enum edge_err ave_relay_new(struct ave_relay **out,
			    const struct ave_relay_plan *p)
{
	struct ave_relay *r = calloc(1, sizeof(*r));

	ck_assert_ptr_nonnull(r);
	r->net = p->net;
	r->self = p->net_self;
	r->view = p->view;
	relays++;
	*out = r;
	return EDGE_OK;
}

static void close_relayed(struct ave_relay *r)
{
	if (r->udp)
		r->net->close(r->self, r->udp);
	if (r->tcp)
		r->net->close(r->self, r->tcp);
	r->udp = r->tcp = 0;
}

void ave_relay_free(struct ave_relay *r)
{
	if (!r)
		return;
	close_relayed(r);
	free(r);
	relays--;
}

void ave_relay_tick(struct ave_relay *r, uint64_t now_ms, int64_t wall_s)
{
	(void)r;
	ck_assert_uint_gt(now_ms, 0);
	ck_assert_int_gt(wall_s, 0);
}

void ave_relay_look(struct ave_relay *r, const struct ave_view *v)
{
	r->view = v;
	looks++;
}

struct edge_addr local(uint16_t port)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str("127.0.0.1"), port),
			 EDGE_OK);
	return a;
}

static void obey(struct ave_relay *r, char what, const struct edge_addr *at,
		 struct edge_slice rest)
{
	const struct ave_net *n = r->net;

	switch (what) {
	case 'U':
		ck_assert_int_eq(n->open_udp(r->self, &r->udp, at, PEER_TAG),
				 EDGE_OK);
		break;
	case 'P':
		n->pass_to_peer(r->self, r->udp, at, rest);
		break;
	case 'L':
		r->tcp_at = *at;
		ck_assert_int_eq(n->open_tcp(r->self, &r->tcp, at, PEER_TAG),
				 EDGE_OK);
		break;
	case 'D':
		ck_assert_int_eq(
			n->dial(r->self, &r->peer, &r->tcp_at, at, PEER_TAG),
			EDGE_OK);
		break;
	case 'W':
		(void)!n->write_peer(r->self, r->peer, rest);
		break;
	case 'J':
		ck_assert_int_eq(n->join(r->self, &r->leg, r->peer), EDGE_OK);
		break;
	case 'N':
		r->has_allocation = false;
		break;
	case 'Q':
		n->close_client(r->self, &r->leg);
		break;
	case 'C':
		close_relayed(r);
		break;
	case 'F':
		r->frozen = r->leg;
		n->read_client(r->self, &r->frozen, false);
		n->read_client(r->self, &r->frozen, false);
		break;
	case 'G':
		n->read_client(r->self, &r->frozen, true);
		break;
	default:
		break;
	}
}

static void hear(struct ave_relay *r, const struct ave_leg *leg,
		 struct ave_packet k)
{
	static const char told[] = "told";
	struct edge_addr at;

	r->leg = *leg;
	r->counts.to_peer++;
	if (k.p[0] == 'E') {
		memcpy(k.p - 4, "hdr:", 4);
		r->net->pass_to_client(r->self, leg,
				       edge_slice(k.p - 4, k.len + 4));
	} else if (k.p[0] == 'T' || k.p[0] == 'A') {
		r->has_allocation |= k.p[0] == 'A';
		r->net->tell_client(r->self, leg, edge_slice(told, 4));
	} else {
		ck_assert_uint_ge(k.len, 3);
		at = local((uint16_t)(k.p[1] << 8 | k.p[2]));
		obey(r, (char)k.p[0], &at, edge_slice(k.p + 3, k.len - 3));
	}
}

void ave_relay_datagram(struct ave_relay *r, const struct ave_leg *leg,
			struct ave_packet k)
{
	ck_assert_int_eq(leg->transport, AVE_UDP);
	ck_assert_uint_eq(leg->server.family, AF_INET);
	hear(r, leg, k);
}

bool ave_relay_message(struct ave_relay *r, const struct ave_leg *leg,
		       enum ave_cut cut, struct ave_packet k)
{
	ck_assert_int_eq(leg->transport, AVE_TCP);
	ck_assert_int_eq(cut, AVE_CUT_MST_CONTROL);
	if (k.p[0] == 'X')
		return false;
	r->has_allocation = true;
	hear(r, leg, k);
	return true;
}

struct ave_alloc *ave_relay_find(const struct ave_relay *r,
				 const struct ave_leg *leg)
{
	(void)leg;
	return r->has_allocation ? (struct ave_alloc *)(uintptr_t)r : NULL;
}

void ave_relay_client_gone(struct ave_relay *r, const struct ave_leg *leg)
{
	(void)r;
	(void)leg;
	gone++;
}

void ave_relay_peer_datagram(struct ave_relay *r, uint64_t tag,
			     const struct edge_addr *from, struct ave_packet k)
{
	(void)from;
	ck_assert_uint_eq(tag, PEER_TAG);
	r->net->pass_to_client(r->self, &r->leg, edge_slice(k.p, k.len));
}

void ave_relay_peer_accepted(struct ave_relay *r, uint64_t tag, uint32_t peer,
			     const struct edge_addr *from)
{
	ck_assert_uint_eq(tag, PEER_TAG);
	ck_assert_uint_eq(from->family, AF_INET);
	r->peer = peer;
	r->net->read_peer(r->self, peer, true);
}

void ave_relay_peer_connected(struct ave_relay *r, uint64_t tag, uint32_t peer)
{
	ck_assert_uint_eq(tag, PEER_TAG);
	ck_assert_uint_eq(peer, r->peer);
}

void ave_relay_peer_bytes(struct ave_relay *r, uint64_t tag, uint32_t peer,
			  struct ave_packet k)
{
	(void)peer;
	ck_assert_uint_eq(tag, PEER_TAG);
	for (int i = 0; i < copies; i++)
		r->net->pass_to_client(r->self, &r->leg,
				       edge_slice(k.p, k.len));
}

void ave_relay_peer_closed(struct ave_relay *r, uint64_t tag, uint32_t peer)
{
	(void)r;
	(void)peer;
	ck_assert_uint_eq(tag, PEER_TAG);
	closed_peers++;
}

void ave_relay_client_full(struct ave_relay *r, const struct ave_leg *leg,
			   bool is_full)
{
	(void)leg;
	fulls += is_full;
	r->net->read_peer(r->self, r->peer, !is_full);
}

const struct ave_relay_counts *ave_relay_count(const struct ave_relay *r)
{
	return &r->counts;
}

_Atomic int dropped, left_behind;

void ave_relay_drop(struct ave_relay *r, enum ave_reason why)
{
	(void)r;
	ck_assert_int_eq(why, AVE_NO_ALLOCATION);
	dropped++;
}

uint32_t ave_relay_at_wire(const struct ave_relay *r, uint32_t wire)
{
	(void)r;
	ck_assert_uint_ne(wire, 0);
	return (uint32_t)left_behind;
}

void ave_outlook_free(struct ave_outlook *o)
{
	outlooks -= o != NULL;
	free(o);
}

_Atomic int entered;

bool ave_house_enter(struct ave_house *h, const struct edge_addr *client,
		     uint32_t per_source)
{
	(void)h;
	ck_assert_uint_eq(client->family, AF_INET);
	if (entered >= (int)per_source)
		return false;
	entered++;
	return true;
}

void ave_house_leave(struct ave_house *h, const struct edge_addr *client)
{
	(void)h;
	ck_assert_uint_eq(client->family, AF_INET);
	entered--;
}

void await(int fd)
{
	struct pollfd f = {.fd = fd, .events = POLLIN};

	ck_assert_int_eq(poll(&f, 1, WAIT_MS), 1);
}

void expect(int fd, const char *what)
{
	char b[2048];
	size_t want = strlen(what), got = 0;

	while (got < want) {
		ssize_t n;

		await(fd);
		n = recv(fd, b + got, want - got, 0);
		ck_assert_int_gt(n, 0);
		got += (size_t)n;
	}
	ck_assert_mem_eq(b, what, want);
}

void order(int fd, char what, uint16_t port, const char *rest, bool is_framed)
{
	uint8_t b[256] = {2,
			  0,
			  0,
			  (uint8_t)(3 + strlen(rest)),
			  (uint8_t)what,
			  (uint8_t)(port >> 8),
			  (uint8_t)port};
	size_t len = 7 + strlen(rest), skip = is_framed ? 0 : 4;

	memcpy(b + 7, rest, strlen(rest));
	ck_assert_int_eq(send(fd, b + skip, len - skip, 0),
			 (ssize_t)(len - skip));
}
