/* A relay without sockets. */
#include "tests/support/fake_net.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "av-edge/policy.h"
#include "av-edge/ports.h"
#include "common/tally.h"

enum {
	START_MS = 1000000,
	START_S = 1700000000,
	STEP_MS = 1000,
	PORT_LOW = 50000,
	PORT_HIGH = 59999,
	KEYS = 1000,
};

struct edge_addr fake_addr(const char *ip, uint16_t port)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(ip), port),
			 EDGE_OK);
	return a;
}

static struct ave_leg leg(const char *ip, uint16_t port, enum ave_transport way)
{
	return (struct ave_leg){
		.client = fake_addr(ip, port),
		.server = fake_addr("192.0.2.31", way == AVE_UDP ? 3478 : 443),
		.wire = way == AVE_UDP ? 1 : 0x80000000u + port,
		.transport = (uint8_t)way,
		.side = AVE_OUTSIDE,
	};
}

struct ave_leg fake_client(const char *ip, uint16_t port)
{
	return leg(ip, port, AVE_UDP);
}

struct ave_leg fake_stream(const char *ip, uint16_t port)
{
	return leg(ip, port, AVE_TCP);
}

/* -- what the relay asks for ------------------------------------------------
 */

static struct fake_sent *keep(struct fake_net *n, enum fake_kind what,
			      struct edge_slice bytes)
{
	struct fake_sent *s;

	ck_assert_uint_lt(n->sent_count, FAKE_SENT);
	s = &n->sent[n->sent_count++];
	*s = (struct fake_sent){.what = what, .len = edge_slice_len(bytes)};
	ck_assert_uint_le(s->len, FAKE_BYTES);
	if (s->len)
		memcpy(s->bytes, bytes.p, s->len);
	return s;
}

static struct fake_socket *by_name(const struct fake_net *n, uint32_t name)
{
	for (int i = 0; i < FAKE_SOCKETS && name; i++)
		if (n->socket[i].name == name)
			return (struct fake_socket *)(uintptr_t)&n->socket[i];
	return NULL;
}

static struct fake_socket *add(struct fake_net *n, const struct fake_socket *s)
{
	for (int i = 0; i < FAKE_SOCKETS; i++)
		if (!n->socket[i].name) {
			n->socket[i] = *s;
			n->socket[i].name = ++n->names;
			return &n->socket[i];
		}
	ck_abort_msg("no more sockets");
	return NULL;
}

static void pass_to_client(void *self, const struct ave_leg *to,
			   struct edge_slice bytes)
{
	keep(self, FAKE_TO_CLIENT, bytes)->leg = *to;
}

static void tell_client(void *self, const struct ave_leg *to,
			struct edge_slice bytes)
{
	keep(self, FAKE_TOLD, bytes)->leg = *to;
}

static void read_client(void *self, const struct ave_leg *which, bool on)
{
	struct fake_net *n = self;

	ck_assert(ave_leg_is_stream(which));
	if (on)
		n->clients_stopped--;
	else
		n->clients_stopped++;
}

static void close_client(void *self, const struct ave_leg *which)
{
	ck_assert(ave_leg_is_stream(which));
	keep(self, FAKE_CLIENT_CLOSED, edge_slice(NULL, 0))->leg = *which;
}

static enum edge_err open_one(struct fake_net *n, uint32_t *wire,
			      const struct fake_socket *s)
{
	if (n->open_err && n->open_failures) {
		n->open_failures--;
		return n->open_err;
	}
	for (int i = 0; i < FAKE_SOCKETS; i++)
		ck_assert(!n->socket[i].name || n->socket[i].is_connection ||
			  n->socket[i].is_tcp != s->is_tcp ||
			  !edge_addr_eq(&n->socket[i].at, &s->at));
	*wire = add(n, s)->name;
	return EDGE_OK;
}

static enum edge_err open_udp(void *self, uint32_t *wire,
			      const struct edge_addr *at, uint64_t tag)
{
	const struct fake_socket s = {.at = *at, .tag = tag};

	return open_one(self, wire, &s);
}

static enum edge_err open_tcp(void *self, uint32_t *wire,
			      const struct edge_addr *at, uint64_t tag)
{
	const struct fake_socket s = {.at = *at, .tag = tag, .is_tcp = true};

	return open_one(self, wire, &s);
}

static void close_relayed(void *self, uint32_t wire)
{
	struct fake_socket *s = by_name(self, wire);

	ck_assert_ptr_nonnull(s);
	ck_assert(!s->is_connection);
	s->name = 0;
}

static void pass_to_peer(void *self, uint32_t wire, const struct edge_addr *to,
			 struct edge_slice bytes)
{
	const struct fake_socket *s = by_name(self, wire);
	struct fake_sent *k;

	ck_assert_ptr_nonnull(s);
	ck_assert(!s->is_tcp);
	k = keep(self, FAKE_TO_PEER, bytes);
	k->at = s->at;
	k->to = *to;
}

static enum edge_err dial(void *self, uint32_t *peer,
			  const struct edge_addr *at,
			  const struct edge_addr *to, uint64_t tag)
{
	struct fake_net *n = self;
	const struct fake_socket s = {.at = *at,
				      .to = *to,
				      .tag = tag,
				      .is_tcp = true,
				      .is_connection = true,
				      .is_read = true};
	struct fake_sent *k;

	if (n->dial_err)
		return n->dial_err;
	*peer = add(n, &s)->name;
	k = keep(n, FAKE_DIALLED, edge_slice(NULL, 0));
	k->at = *at;
	k->to = *to;
	k->peer = *peer;
	return EDGE_OK;
}

static struct fake_socket *connection(const struct fake_net *n, uint32_t peer)
{
	struct fake_socket *s = by_name(n, peer);

	ck_assert_ptr_nonnull(s);
	ck_assert(s->is_connection);
	return s;
}

static enum edge_err write_peer(void *self, uint32_t peer,
				struct edge_slice bytes)
{
	struct fake_net *n = self;
	const struct fake_socket *s = connection(n, peer);
	struct fake_sent *k;

	if (n->write_err)
		return n->write_err;
	k = keep(n, FAKE_WRITTEN, bytes);
	k->at = s->at;
	k->to = s->to;
	k->peer = peer;
	return EDGE_OK;
}

static void read_peer(void *self, uint32_t peer, bool on)
{
	connection(self, peer)->is_read = on;
}

static void close_peer(void *self, uint32_t peer, bool is_reset)
{
	struct fake_socket *s = connection(self, peer);
	struct fake_sent *k = keep(self, FAKE_PEER_CLOSED, edge_slice(NULL, 0));

	k->peer = peer;
	k->to = s->to;
	k->is_reset = is_reset;
	s->name = 0;
}

static enum edge_err join(void *self, const struct ave_leg *which,
			  uint32_t peer)
{
	struct fake_net *n = self;
	struct fake_sent *k;

	if (n->join_err)
		return n->join_err;
	(void)connection(n, peer); /* there it is, or the test fails */
	k = keep(n, FAKE_JOINED, edge_slice(NULL, 0));
	k->peer = peer;
	k->leg = *which;
	return EDGE_OK;
}

static void mark(void *self, uint32_t wire, const struct edge_addr *at,
		 uint8_t dscp)
{
	struct fake_net *n = self;

	ck_assert_uint_ne(wire, 0);
	ck_assert_uint_ne(at->port, 0);
	n->dscp = dscp;
}

static void told(void *self, const struct ave_story *s)
{
	struct fake_net *n = self;

	ck_assert_ptr_nonnull(s->dialect);
	ck_assert_ptr_nonnull(s->pseudonym);
	ck_assert_int_eq(s->relayed == NULL, s->what == AVE_STORY_REFUSED);
	n->stories[s->what]++;
	n->last_why = s->why;
	n->integrity = s->integrity;
}

static void take_peers(void *self, uint32_t wire)
{
	struct fake_net *n = self;
	const struct edge_addr from = n->waiting;

	n->waiting.family = 0;
	for (size_t i = 0; from.family && i < FAKE_SOCKETS; i++)
		if (n->socket[i].name == wire) {
			(void)fake_net_connect(n, &n->socket[i].at, &from);
			return;
		}
}

static const struct ave_net net = {
	.pass_to_client = pass_to_client,
	.tell_client = tell_client,
	.read_client = read_client,
	.close_client = close_client,
	.open_udp = open_udp,
	.mark = mark,
	.open_tcp = open_tcp,
	.close = close_relayed,
	.pass_to_peer = pass_to_peer,
	.dial = dial,
	.take_peers = take_peers,
	.write_peer = write_peer,
	.read_peer = read_peer,
	.close_peer = close_peer,
	.join = join,
	.told = told,
};

/* -- life -------------------------------------------------------------------
 */

static const struct edge_addr *member(void)
{
	static const struct edge_addr m = {
		.family = AF_INET, .ip = {203, 0, 113, 41}, .port = 3478};

	return &m;
}

void fake_net_init(struct fake_net *n)
{
	static const uint64_t defaults[AVE_LIMIT_COUNT] = {
#define LIMIT(id, name, min, def, max, unit, source) [AVE_LIMIT_##id] = (def),
#include "av-edge/ave_limits.def"
#undef LIMIT
	};
	struct ave_view *v = &n->view;
	struct ave_policy_plan p = {.member_count = 1,
				    .own_count = 2,
				    .port_low = PORT_LOW,
				    .port_high = PORT_HIGH};

	memset(n, 0, sizeof(*n));
	n->now_ms = START_MS;
	n->wall_s = START_S;
	memcpy(v->limits, defaults, sizeof(defaults));
	v->relay_at[0] = fake_addr("192.0.2.31", 0);
	v->relay_told[0] = fake_addr("203.0.113.31", 0);
	v->relay_at[1] = fake_addr("2001:db8::31", 0);
	v->relay_told[1] = fake_addr("2001:db8:1::31", 0);
	v->server_udp[AVE_OUTSIDE] = fake_addr("203.0.113.31", 3478);
	v->server_tcp[AVE_OUTSIDE] = fake_addr("203.0.113.31", 443);
	v->members = member();
	v->member_count = 1;
	v->ms_version = 1;
	v->has_rfc = true;
	p.own = v->relay_told;
	p.members = member();
	ck_assert_int_eq(ave_policy_new(&n->policy, &p), EDGE_OK);
	v->policy = n->policy;
	ck_assert_int_eq(ave_ports_new(&n->shared.udp, PORT_LOW, PORT_HIGH),
			 EDGE_OK);
	ck_assert_int_eq(ave_ports_new(&n->shared.tcp, PORT_LOW, PORT_HIGH),
			 EDGE_OK);
	ck_assert_int_eq(edge_tally_new(&n->shared.users, KEYS), EDGE_OK);
	ck_assert_int_eq(edge_tally_new(&n->shared.sources, KEYS), EDGE_OK);
}

void fake_net_start(struct fake_net *n, const struct ave_dialect *ms,
		    const struct ave_dialect *rfc)
{
	const struct ave_relay_plan p = {
		.net = &net,
		.net_self = n,
		.fast = n->fast,
		.fast_self = n->fast_self,
		.dialects = {[AVE_DIALECT_MS] = ms, [AVE_DIALECT_RFC] = rfc},
		.shared = &n->shared,
		.view = &n->view,
		.workers = 1,
		.now_ms = n->now_ms,
	};

	ck_assert_int_eq(ave_relay_new(&n->relay, &p), EDGE_OK);
	ave_relay_tick(n->relay, n->now_ms, n->wall_s);
}

void fake_net_stop(struct fake_net *n)
{
	n->sent_count = 0;
	ave_relay_free(n->relay);
	n->relay = NULL;
	ck_assert_uint_eq(fake_net_sockets(n), 0);
	ck_assert_uint_eq(n->clients_stopped, 0);
	ck_assert_uint_eq(ave_ports_count(n->shared.udp), 0);
	ck_assert_uint_eq(ave_ports_count(n->shared.tcp), 0);
	ck_assert_uint_eq(edge_tally_total(n->shared.users), 0);
	ck_assert_uint_eq(edge_tally_keys(n->shared.users), 0);
	ck_assert_uint_eq(edge_tally_total(n->shared.sources), 0);
	ck_assert_uint_eq(edge_tally_keys(n->shared.sources), 0);
	ck_assert_uint_eq(n->stories[AVE_STORY_MADE],
			  n->stories[AVE_STORY_ENDED]);
	ave_ports_free(n->shared.udp);
	ave_ports_free(n->shared.tcp);
	edge_tally_free(n->shared.users);
	edge_tally_free(n->shared.sources);
	ave_policy_free(n->policy);
}

/* -- what comes -------------------------------------------------------------
 */

/* Headroom, payload, tailroom. */
struct room {
	uint8_t bytes[AVE_HEADROOM + FAKE_BYTES + AVE_TAILROOM];
};

/* Of its own size, so that a sanitizer sees what passes its rooms. */
static struct ave_packet packet(struct room **out, struct edge_slice bytes)
{
	const size_t len = edge_slice_len(bytes);
	struct ave_packet p = {.len = len};

	*out = malloc(AVE_HEADROOM + len + AVE_TAILROOM);
	ck_assert_ptr_nonnull(*out);
	p.p = (*out)->bytes + AVE_HEADROOM;
	if (len)
		memcpy(p.p, bytes.p, len);
	return p;
}

void fake_net_datagram(struct fake_net *n, const struct ave_leg *from,
		       struct edge_slice bytes)
{
	struct room *room;

	ave_relay_datagram(n->relay, from, packet(&room, bytes));
	free(room);
}

bool fake_net_message(struct fake_net *n, const struct ave_leg *from,
		      enum ave_cut cut, struct edge_slice bytes)
{
	struct room *room;
	bool is_well =
		ave_relay_message(n->relay, from, cut, packet(&room, bytes));

	free(room);
	if (!is_well)
		ave_relay_client_gone(n->relay, from);
	return is_well;
}

static const struct fake_socket *
bound(const struct fake_net *n, const struct edge_addr *relayed, bool is_tcp)
{
	for (int i = 0; i < FAKE_SOCKETS; i++) {
		const struct fake_socket *s = &n->socket[i];

		if (s->name && !s->is_connection && s->is_tcp == is_tcp &&
		    s->at.family == relayed->family &&
		    s->at.port == relayed->port)
			return s;
	}
	return NULL;
}

void fake_net_peer(struct fake_net *n, const struct edge_addr *relayed,
		   const struct edge_addr *from, struct edge_slice bytes)
{
	const struct fake_socket *s = bound(n, relayed, false);
	struct room *room;

	ck_assert_ptr_nonnull(s);
	ave_relay_peer_datagram(n->relay, s->tag, from, packet(&room, bytes));
	free(room);
}

void fake_net_hairpin(struct fake_net *n)
{
	const size_t count = n->sent_count;

	for (size_t i = 0; i < count; i++) {
		const struct fake_sent k = n->sent[i];

		if (k.what == FAKE_TO_PEER &&
		    edge_addr_same_ip(
			    &k.to,
			    &n->view.relay_at[k.to.family == AF_INET6]) &&
		    bound(n, &k.to, false))
			fake_net_peer(n, &k.to, &k.at,
				      edge_slice(k.bytes, k.len));
	}
}

uint32_t fake_net_connect(struct fake_net *n, const struct edge_addr *relayed,
			  const struct edge_addr *from)
{
	const struct fake_socket *listener = bound(n, relayed, true);
	struct fake_socket s = {
		.to = *from, .is_tcp = true, .is_connection = true};
	uint32_t name;

	ck_assert_ptr_nonnull(listener);
	s.at = listener->at;
	s.tag = listener->tag;
	name = add(n, &s)->name;
	ave_relay_peer_accepted(n->relay, s.tag, name, from);
	return name;
}

void fake_net_connected(struct fake_net *n, uint32_t peer)
{
	ave_relay_peer_connected(n->relay, connection(n, peer)->tag, peer);
}

void fake_net_bytes(struct fake_net *n, uint32_t peer, struct edge_slice bytes)
{
	const struct fake_socket *s = connection(n, peer);
	struct room *room;

	ck_assert(s->is_read);
	ave_relay_peer_bytes(n->relay, s->tag, peer, packet(&room, bytes));
	free(room);
}

void fake_net_closed(struct fake_net *n, uint32_t peer)
{
	struct fake_socket *s = connection(n, peer);

	s->name = 0;
	ave_relay_peer_closed(n->relay, s->tag, peer);
}

/* -- what was done -----------------------------------------------------------
 */

const struct fake_sent *fake_net_last(const struct fake_net *n,
				      enum fake_kind what)
{
	for (size_t i = n->sent_count; i--;)
		if (n->sent[i].what == what)
			return &n->sent[i];
	ck_abort_msg("nothing of kind %d was sent", what);
	return NULL;
}

size_t fake_net_count(const struct fake_net *n, enum fake_kind what)
{
	size_t count = 0;

	for (size_t i = 0; i < n->sent_count; i++)
		count += n->sent[i].what == what;
	return count;
}

void fake_net_clear(struct fake_net *n)
{
	n->sent_count = 0;
}

void fake_net_pass(struct fake_net *n, uint64_t ms)
{
	while (ms) {
		const uint64_t step = ms < STEP_MS ? ms : STEP_MS;
		const uint64_t before = n->now_ms / 1000;

		ms -= step;
		n->now_ms += step;
		n->wall_s += (int64_t)(n->now_ms / 1000 - before);
		ave_relay_tick(n->relay, n->now_ms, n->wall_s);
	}
}

uint64_t fake_net_reasons(const struct fake_net *n, enum ave_reason why)
{
	return ave_relay_count(n->relay)->reasons[why];
}

size_t fake_net_sockets(const struct fake_net *n)
{
	size_t count = 0;

	for (int i = 0; i < FAKE_SOCKETS; i++)
		count += n->socket[i].name != 0;
	return count;
}

const struct fake_socket *fake_net_socket(const struct fake_net *n,
					  uint32_t name)
{
	return by_name(n, name);
}
