/* The relay core, driven by orders of two bytes: whatever happens in whatever
 * order, it gives back all that it took (fake_net_stop). */
#include <stdlib.h>

#include "tests/support/fake_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

enum { LEGS = 4, ORDERS_MAX = 400 };

struct scene {
	struct fake_net net;
	struct ave_leg legs[LEGS]; /* two of datagrams, two streams */
};

static struct edge_addr peer_of(const struct scene *s, uint8_t arg)
{
	struct edge_addr a = {AF_INET, {8, 8, 8, arg & 3}, 6000};
	const struct ave_alloc *other =
		ave_relay_find(s->net.relay, &s->legs[arg & 3]);

	if (arg & 4 && other)
		a = arg & 8 ? other->relayed[0].told : other->relayed[0].at;
	a.port = (uint16_t)(a.port + (arg >> 6));
	return a;
}

static void of_client(struct scene *s, const struct ave_leg *leg, uint8_t arg)
{
	const uint8_t media[] = {0x40, arg & 3, 0, 1, arg};
	const struct edge_slice in =
		arg & 32   ? edge_slice(media, sizeof(media))
		: arg & 16 ? fake_ms_message(arg & 8 ? 'X' : 0)
			   : fake_rfc_message(arg & 8 ? 'X' : 0);

	if (!ave_leg_is_stream(leg))
		fake_net_datagram(&s->net, leg, in);
	else
		(void)fake_net_message(&s->net, leg, arg >> 6, in);
}

static void allocate(struct scene *s, const struct ave_leg *leg, uint8_t arg)
{
	const struct ave_want want = {.v4 = !(arg & 8),
				      .v6 = arg & 16,
				      .even = arg & 32,
				      .reserve = arg & 64,
				      .is_tcp = ave_leg_is_stream(leg)};
	struct ave_alloc *a;

	(void)fake_try(&a, &s->net, leg, arg & 4 ? &fake_rfc : &fake_ms, &want);
}

static void to_peer(struct scene *s, struct ave_alloc *a, uint8_t op,
		    uint8_t arg)
{
	const struct edge_addr peer = peer_of(s, arg);
	const uint64_t until = s->net.now_ms + 1000u * arg;
	struct ave_flow *f;
	uint32_t id;

	if (op == 3)
		(void)ave_relay_permit(s->net.relay, a, &peer);
	else if (op == 4)
		(void)ave_relay_flow(&f, a, &peer, arg & 16 ? 0x4001 : 0, until,
				     4);
	else if (op == 5)
		(void)ave_relay_to_peer(s->net.relay, a, &peer,
					edge_slice(&arg, 1));
	else if (a->is_tcp && a->dialect == &fake_rfc)
		(void)ave_relay_connect(&id, s->net.relay, a, &peer);
}

static void from_peer(struct scene *s, struct ave_alloc *a, uint8_t arg)
{
	const struct edge_addr peer = peer_of(s, arg);

	if (!a->relayed[0].is_open)
		return;
	if (a->is_tcp)
		(void)fake_net_connect(&s->net, &a->relayed[0].at, &peer);
	else
		fake_net_peer(&s->net, &a->relayed[0].at, &peer,
			      edge_slice(&arg, 1));
}

/* Something happens to a connection. */
static void of_connection(struct scene *s, uint8_t arg)
{
	const struct fake_socket *c = &s->net.socket[arg % FAKE_SOCKETS];

	if (!c->name || !c->is_connection)
		return;
	if (arg & 128)
		fake_net_closed(&s->net, c->name);
	else if (arg & 64)
		fake_net_connected(&s->net, c->name);
	else if (c->is_read)
		fake_net_bytes(&s->net, c->name, edge_slice(&arg, 1));
}

static void of_relay(struct scene *s, struct ave_alloc *a, uint8_t arg)
{
	if (arg & 1)
		ave_relay_release(s->net.relay, a, AVE_FINE);
	else if (arg & 2)
		ave_relay_refresh(s->net.relay, a, arg);
	else if (arg & 4)
		ave_relay_client_gone(s->net.relay, &a->leg);
	else
		(void)ave_relay_join(s->net.relay, &s->legs[3],
				     fake_heard.connection);
}

static void obey(struct scene *s, uint8_t op, uint8_t arg)
{
	const struct ave_leg *leg = &s->legs[op / 16 % LEGS];
	struct ave_alloc *a = ave_relay_find(s->net.relay, leg);

	op %= 16;
	if (op == 0)
		fake_net_pass(&s->net, 40u * arg);
	else if (op == 1)
		of_client(s, leg, arg);
	else if (op == 2)
		allocate(s, leg, arg);
	else if (op <= 6 && a)
		to_peer(s, a, op, arg);
	else if (op == 7 && a)
		from_peer(s, a, arg);
	else if (op == 8)
		of_connection(s, arg);
	else if (op == 9 && a)
		of_relay(s, a, arg);
	else if (op == 10)
		ave_relay_client_full(s->net.relay, leg, arg & 1);
	else if (op == 11)
		fake_heard.is_releasing = arg & 1;
	else if (op == 12)
		s->net.dial_err = arg & 1 ? EDGE_ESYS : EDGE_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct scene *s = malloc(sizeof(*s));

	if (!s)
		return 0;
	fake_dialect_reset();
	fake_net_init(&s->net);
	s->net.view.limits[AVE_LIMIT_SOURCES] = 100;
	s->net.view.limits[AVE_LIMIT_BANDWIDTH_BURST] = 64; /* soon used up */
	fake_net_start(&s->net, &fake_ms, &fake_rfc);
	for (int i = 0; i < LEGS; i++)
		s->legs[i] = i < 2 ? fake_client("198.51.100.7", (uint16_t)i)
				   : fake_stream("198.51.100.7", (uint16_t)i);
	for (size_t i = 0; i + 1 < len && i < ORDERS_MAX; i += 2) {
		obey(s, p[i], p[i + 1]);
		fake_net_clear(&s->net);
	}
	fake_net_stop(&s->net);
	free(s);
	return 0;
}
