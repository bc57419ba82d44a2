/* av-edge/relay_tcp.c: connections of peers. */
#include <string.h>

#include "av-edge/policy.h"
#include "tests/support/fake_dialect.h"
#include "tests/support/suite.h"

static struct fake_net net;
static struct ave_leg client, rfc_client, joiner;
static struct edge_addr peer, other;
static struct ave_alloc *a, *b; /* of MS-TURN; of the other dialect */

static void set_up(void)
{
	fake_dialect_reset();
	fake_net_init(&net);
	fake_net_start(&net, &fake_ms, &fake_rfc);
	client = fake_stream("198.51.100.7", 4000);
	rfc_client = fake_stream("198.51.100.7", 4001);
	joiner = fake_stream("198.51.100.7", 4002);
	peer = fake_addr("198.51.100.200", 6000);
	other = fake_addr("198.51.100.201", 6001);
	a = fake_allocate(&net, &client, &fake_ms);
	b = fake_allocate(&net, &rfc_client, &fake_rfc);
}

static void tear_down(void)
{
	fake_net_stop(&net);
}

static struct edge_slice text(const char *s)
{
	return edge_slice_str(s);
}

static enum ave_reason send_to(const struct edge_addr *to, const char *s)
{
	return ave_relay_to_peer(net.relay, a, to, text(s));
}

static bool was_sent(enum fake_kind what, const char *s)
{
	const struct fake_sent *k = fake_net_last(&net, what);

	return k->len == strlen(s) && !memcmp(k->bytes, s, k->len);
}

static void permit(struct ave_alloc *of, const struct edge_addr *whom)
{
	ck_assert_int_eq(ave_relay_permit(net.relay, of, whom), AVE_FINE);
}

static uint32_t dialled(const struct edge_addr *to)
{
	permit(a, to);
	ck_assert_int_eq(send_to(to, "first"), AVE_FINE);
	return fake_net_last(&net, FAKE_DIALLED)->peer;
}

static bool is_read(uint32_t name)
{
	return fake_net_socket(&net, name)->is_read;
}

/* -- MS-TURN --------------------------------------------------------------- */

START_TEST(tcp_dials_a_peer_once)
{
	uint32_t name = dialled(&peer);
	const struct fake_sent *k = fake_net_last(&net, FAKE_DIALLED);

	ck_assert(edge_addr_eq(&k->at, &a->relayed[0].at));
	ck_assert(edge_addr_eq(&k->to, &peer));
	ck_assert(was_sent(FAKE_WRITTEN, "first")); /* waits in its queue */
	fake_net_connected(&net, name);
	ck_assert(is_read(name));
	ck_assert_int_eq(send_to(&peer, "second"), AVE_FINE);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_DIALLED), 1);
	ck_assert(was_sent(FAKE_WRITTEN, "second"));
	fake_net_bytes(&net, name, text("answer"));
	ck_assert(was_sent(FAKE_TO_CLIENT, "D:answer"));
	ck_assert_uint_eq(fake_heard.peer_is, 0);
	ck_assert_uint_eq(ave_relay_count(net.relay)->to_peer_bytes, 11);
}
END_TEST

START_TEST(tcp_passes_frames_to_the_destination)
{
	struct ave_flow *f;

	ck_assert_int_eq(ave_relay_flow(&f, a, &peer, 0, UINT64_MAX, 1),
			 AVE_FINE);
	ck_assert(fake_net_message(&net, &client, AVE_CUT_MST_DATA,
				   text("frame")));
	ck_assert(was_sent(FAKE_WRITTEN, "frame"));
	fake_net_connected(&net, fake_net_last(&net, FAKE_DIALLED)->peer);
	fake_net_bytes(&net, fake_net_last(&net, FAKE_DIALLED)->peer,
		       text("back"));
	ck_assert(was_sent(FAKE_TO_CLIENT, "back"));
	ck_assert_uint_eq(f->to_peer_bytes, 5);
	ck_assert_uint_eq(f->to_client_bytes, 4);
}
END_TEST

START_TEST(tcp_opens_for_a_permission_without_data)
{
	permit(a, &peer);
	ck_assert_int_eq(send_to(&peer, ""), AVE_FINE);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_DIALLED), 1);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_WRITTEN), 0);
}
END_TEST

/* Both dial at once: the other was faster, its connection is the one. */
START_TEST(tcp_speaks_to_who_has_connected_meanwhile)
{
	permit(a, &peer);
	net.dial_err = EDGE_ESYS;
	net.waiting = peer;
	ck_assert_int_eq(send_to(&peer, "x"), AVE_FINE);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_WRITTEN), 1);
	/* somebody else is no help */
	net.waiting = peer;
	net.waiting.port++;
	other = peer;
	other.port += 2;
	ck_assert_int_eq(send_to(&other, "x"), AVE_PEER_GONE);
}
END_TEST

START_TEST(tcp_tells_why_nothing_goes)
{
	permit(a, &peer);
	net.dial_err = EDGE_ESYS;
	ck_assert_int_eq(send_to(&peer, "x"), AVE_PEER_GONE);
	net.dial_err = EDGE_OK;
	net.write_err = EDGE_ELIMIT;
	ck_assert_int_eq(send_to(&peer, "x"), AVE_PEER_QUEUE);
	net.write_err = EDGE_ECLOSED;
	ck_assert_int_eq(send_to(&peer, "x"), AVE_PEER_GONE);
	net.write_err = EDGE_OK;
	ck_assert_int_eq(send_to(&other, "x"), AVE_NO_PERMISSION);
	other = fake_addr("10.0.0.1", 6000);
	ck_assert_int_eq(send_to(&other, "x"), AVE_PEER_DENIED);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_DIALLED), 1);
}
END_TEST

START_TEST(tcp_keeps_the_allocation_when_a_peer_goes)
{
	uint32_t name = dialled(&peer);

	fake_net_connected(&net, name);
	fake_net_closed(&net, name);
	ck_assert_uint_eq(ave_relay_count(net.relay)->allocations, 2);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_PEER_GONE), 0);
	ck_assert_int_eq(send_to(&peer, "again"), AVE_FINE);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_DIALLED), 2);
	fake_net_closed(&net, fake_net_last(&net, FAKE_DIALLED)->peer);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_PEER_GONE), 1);
}
END_TEST

START_TEST(tcp_accepts_whom_it_knows)
{
	uint32_t name;

	permit(a, &peer);
	peer.port = 7777; /* another port of the same host */
	name = fake_net_connect(&net, &a->relayed[0].at, &peer);
	ck_assert(is_read(name));
	fake_net_bytes(&net, name, text("check"));
	ck_assert(was_sent(FAKE_TO_CLIENT, "D:check"));
	ck_assert_int_eq(send_to(&peer, "answer"), AVE_FINE);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_DIALLED), 0);
	ck_assert_uint_eq(fake_net_last(&net, FAKE_WRITTEN)->peer, name);
}
END_TEST

/* AV 1.15: ICE checks race with the permission. */
START_TEST(tcp_holds_strangers_for_5_s)
{
	uint32_t name = fake_net_connect(&net, &a->relayed[0].at, &peer);
	uint32_t late = fake_net_connect(&net, &a->relayed[0].at, &other);

	ck_assert(!is_read(name));
	fake_net_pass(&net, 4900);
	permit(a, &peer);
	ck_assert(is_read(name));
	ck_assert(!is_read(late));
	fake_net_pass(&net, 200);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_PEER_CLOSED), 1);
	ck_assert_uint_eq(fake_net_last(&net, FAKE_PEER_CLOSED)->peer, late);
	ck_assert(fake_net_last(&net, FAKE_PEER_CLOSED)->is_reset);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_PEER_HELD), 1);
	permit(a, &other);
	fake_net_pass(&net, 10000);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_PEER_CLOSED), 1);
}
END_TEST

START_TEST(tcp_writes_to_no_stranger)
{
	uint32_t name = fake_net_connect(&net, &a->relayed[0].at, &peer);

	ck_assert_int_eq(send_to(&peer, "x"), AVE_NO_PERMISSION);
	fake_net_closed(&net, name); /* while it is held */
	fake_net_pass(&net, 6000);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_PEER_HELD), 0);
	net.view.limits[AVE_LIMIT_HOLD_MS] = 0;
	fake_net_connect(&net, &a->relayed[0].at, &peer);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_PEER_HELD), 1);
	ck_assert(fake_net_last(&net, FAKE_PEER_CLOSED)->is_reset);
}
END_TEST

START_TEST(tcp_peers_are_8_and_strangers_take_none_of_them)
{
	struct edge_addr p = peer;
	uint32_t held[8], read = 0;

	for (int i = 0; i < 8; i++, other.port++)
		held[i] = fake_net_connect(&net, &a->relayed[0].at, &other);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_PEER_CLOSED), 0);
	fake_net_connect(&net, &a->relayed[0].at, &other);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_PEER_CLOSED), 1);
	permit(a, &peer);
	for (int i = 0; i < 8; i++, p.port++)
		ck_assert_int_eq(send_to(&p, "x"), AVE_FINE);
	ck_assert_int_eq(send_to(&p, "x"), AVE_PEER_LIMIT);
	fake_net_connect(&net, &a->relayed[0].at, &p);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_PEER_LIMIT), 2);
	/* held ones come in when there is room */
	permit(a, &other);
	for (int i = 0; i < 8; i++)
		ck_assert(!is_read(held[i]));
	fake_net_closed(&net, fake_net_last(&net, FAKE_DIALLED)->peer);
	permit(a, &other);
	for (int i = 0; i < 8; i++)
		read += is_read(held[i]);
	ck_assert_uint_eq(read, 1);
	ck_assert_int_eq(send_to(&p, "x"), AVE_PEER_LIMIT);
}
END_TEST

START_TEST(tcp_stops_peers_of_a_client_that_is_full)
{
	uint32_t name = dialled(&peer), later;

	fake_net_connected(&net, name);
	ave_relay_client_full(net.relay, &client, true);
	ck_assert(!is_read(name));
	permit(a, &other);
	later = fake_net_connect(&net, &a->relayed[0].at, &other);
	ck_assert(!is_read(later));
	ave_relay_client_full(net.relay, &client, false);
	ck_assert(is_read(name));
	ck_assert(is_read(later));
}
END_TEST

/* Nothing is lost: both ends wait until the rate has caught up. */
START_TEST(tcp_is_slowed_down_to_the_bandwidth)
{
	static uint8_t much[2000];
	uint32_t name = dialled(&peer);
	unsigned sent = 0;

	fake_net_connected(&net, name);
	while (!net.clients_stopped) {
		ck_assert_int_eq(ave_relay_to_peer(net.relay, a, &peer,
						   edge_slice(much, 2000)),
				 AVE_FINE);
		ck_assert_uint_lt(++sent, 200);
	}
	ck_assert_uint_eq(sent, 262144 / 2000 + 1);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_BANDWIDTH), 0);
	ck_assert(!is_read(name));
	ave_relay_client_full(net.relay, &client, true);
	fake_net_pass(&net, 100);
	ck_assert_uint_eq(net.clients_stopped, 0);
	ck_assert(!is_read(name)); /* the client is full still */
	ave_relay_client_full(net.relay, &client, false);
	ck_assert(is_read(name));
	/* a peer that is fast, too */
	for (int i = 0; i < 65 && is_read(name); i++)
		fake_net_bytes(&net, name, edge_slice(much, 2000));
	ck_assert(!is_read(name));
	ck_assert_uint_eq(net.clients_stopped, 1);
	ave_relay_client_gone(net.relay, &client); /* in the middle of it */
	ck_assert_uint_eq(net.clients_stopped, 0);
}
END_TEST

START_TEST(tcp_ends_with_the_client)
{
	uint32_t name = dialled(&peer);
	uint32_t held = fake_net_connect(&net, &a->relayed[0].at, &other);

	fake_net_connected(&net, name);
	ave_relay_client_gone(net.relay, &client);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_PEER_CLOSED), 2);
	for (size_t i = 0; i < net.sent_count; i++)
		if (net.sent[i].what == FAKE_PEER_CLOSED)
			ck_assert_int_eq(net.sent[i].is_reset,
					 net.sent[i].peer == held);
	ck_assert_uint_eq(fake_net_sockets(&net), 1); /* b's */
}
END_TEST

/* Two clients over TCP: both ends are ours. */
START_TEST(tcp_hairpins_by_the_bound_address)
{
	struct ave_leg leg = fake_stream("198.51.100.9", 5000);
	struct ave_alloc *c = fake_allocate(&net, &leg, &fake_ms);
	const struct edge_addr to_c = c->relayed[0].told,
			       to_a = a->relayed[0].told;
	uint32_t name;

	permit(a, &to_c);
	permit(c, &to_a);
	ck_assert_int_eq(send_to(&to_c, "x"), AVE_FINE);
	ck_assert(edge_addr_eq(&fake_net_last(&net, FAKE_DIALLED)->to,
			       &c->relayed[0].at));
	name = fake_net_connect(&net, &to_c, &a->relayed[0].at);
	ck_assert(is_read(name));
	ck_assert_int_eq(ave_relay_to_peer(net.relay, c, &to_a, text("y")),
			 AVE_FINE);
	ck_assert_uint_eq(fake_net_last(&net, FAKE_WRITTEN)->peer, name);
	ck_assert_int_eq(send_to(&to_a, "x"), AVE_PEER_DENIED);
}
END_TEST

START_TEST(tcp_events_of_the_gone_are_dropped)
{
	uint8_t room[AVE_HEADROOM + 1 + AVE_TAILROOM] = {0};
	const struct ave_packet pkt = {room + AVE_HEADROOM, 1};
	const uint64_t tag = fake_net_socket(&net, a->relayed[0].wire)->tag;
	uint32_t held = fake_net_connect(&net, &a->relayed[0].at, &other);

	ave_relay_peer_bytes(net.relay, tag, held, pkt);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_TO_CLIENT), 0);
	ave_relay_peer_connected(net.relay, tag, 4711);
	ave_relay_peer_closed(net.relay, tag, 4711);
	ave_relay_release(net.relay, a, AVE_FINE);
	ave_relay_peer_connected(net.relay, tag, held);
	ave_relay_peer_bytes(net.relay, tag, held, pkt);
	ave_relay_peer_closed(net.relay, tag, held);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_NO_ALLOCATION), 2);
}
END_TEST

/* -- RFC 6062 -------------------------------------------------------------- */

static uint32_t connected(const struct edge_addr *to)
{
	uint32_t id;

	ck_assert_int_eq(ave_relay_connect(&id, net.relay, b, to), AVE_FINE);
	fake_net_connected(&net, fake_net_last(&net, FAKE_DIALLED)->peer);
	return id;
}

START_TEST(tcp_connects_and_joins)
{
	uint32_t id = connected(&peer);
	const uint32_t name = fake_net_last(&net, FAKE_DIALLED)->peer;

	ck_assert_uint_eq(fake_heard.peer_is, 1);
	ck_assert_uint_eq(fake_heard.connection, id);
	ck_assert_int_eq(fake_heard.how, AVE_FINE);
	ck_assert(edge_addr_eq(&fake_heard.peer, &peer));
	ck_assert(!is_read(name)); /* RFC 6062 4.5: until it is bound */
	ck_assert_ptr_eq(ave_relay_connection(net.relay, id), b);
	ck_assert_int_eq(ave_relay_join(net.relay, &joiner, id), AVE_FINE);
	ck_assert_uint_eq(fake_net_last(&net, FAKE_JOINED)->peer, name);
	ck_assert_uint_eq(fake_net_last(&net, FAKE_JOINED)->leg.wire,
			  joiner.wire);
	ck_assert_ptr_null(ave_relay_connection(net.relay, id));
	ck_assert_int_eq(ave_relay_join(net.relay, &joiner, id), AVE_PEER_GONE);
}
END_TEST

/* RFC 8656 5, RFC 6062 5.1: all its connections are closed. */
START_TEST(tcp_joined_ends_with_its_allocation)
{
	uint32_t id = connected(&peer);
	const uint32_t name = fake_net_last(&net, FAKE_DIALLED)->peer;

	ck_assert_int_eq(ave_relay_join(net.relay, &joiner, id), AVE_FINE);
	fake_net_pass(&net, 31000); /* it does not wait any more */
	ck_assert_uint_eq(fake_net_count(&net, FAKE_PEER_CLOSED), 0);
	ave_relay_release(net.relay, b, AVE_FINE);
	ck_assert_uint_eq(fake_net_last(&net, FAKE_PEER_CLOSED)->peer, name);
	ck_assert_uint_eq(fake_net_last(&net, FAKE_CLIENT_CLOSED)->leg.wire,
			  joiner.wire);
}
END_TEST

START_TEST(tcp_joined_is_one_of_so_many_until_it_ends)
{
	struct edge_addr p = peer;
	uint32_t id;

	for (int i = 0; i < 8; i++, p.port++)
		ck_assert_int_eq(
			ave_relay_join(net.relay, &joiner, connected(&p)),
			AVE_FINE);
	ck_assert_int_eq(ave_relay_connect(&id, net.relay, b, &peer),
			 AVE_CHANNEL_TAKEN);
	ck_assert_int_eq(ave_relay_connect(&id, net.relay, b, &p),
			 AVE_PEER_LIMIT);
	fake_net_closed(&net, fake_net_last(&net, FAKE_JOINED)->peer);
	connected(&p);
	ck_assert_uint_eq(fake_heard.peer_is, 9);
}
END_TEST

START_TEST(tcp_connects_to_each_peer_once)
{
	uint32_t id;

	connected(&peer);
	ck_assert_int_eq(ave_relay_connect(&id, net.relay, b, &peer),
			 AVE_CHANNEL_TAKEN);
	other = fake_addr("10.0.0.1", 6000);
	ck_assert_int_eq(ave_relay_connect(&id, net.relay, b, &other),
			 AVE_PEER_DENIED);
	net.dial_err = EDGE_ESYS;
	peer.port++;
	ck_assert_int_eq(ave_relay_connect(&id, net.relay, b, &peer),
			 AVE_PEER_GONE);
	net.dial_err = EDGE_OK;
	for (int i = 0; i < 7; i++, peer.port++)
		connected(&peer);
	ck_assert_int_eq(ave_relay_connect(&id, net.relay, b, &peer),
			 AVE_PEER_LIMIT);
}
END_TEST

START_TEST(tcp_tells_of_a_dial_that_failed)
{
	uint32_t id;

	ck_assert_int_eq(ave_relay_connect(&id, net.relay, b, &peer), AVE_FINE);
	ck_assert_ptr_null(ave_relay_connection(net.relay, id)); /* not yet */
	fake_net_closed(&net, fake_net_last(&net, FAKE_DIALLED)->peer);
	ck_assert_uint_eq(fake_heard.peer_is, 1);
	ck_assert_uint_eq(fake_heard.connection, id);
	ck_assert_int_eq(fake_heard.how, AVE_PEER_GONE);
	connected(&peer); /* that is not said twice */
	fake_net_closed(&net, fake_net_last(&net, FAKE_DIALLED)->peer);
	ck_assert_uint_eq(fake_heard.peer_is, 2);
}
END_TEST

START_TEST(tcp_tells_of_peers_that_connect)
{
	uint32_t name = fake_net_connect(&net, &b->relayed[0].at, &peer);

	ck_assert_uint_eq(fake_heard.peer_is, 0);
	permit(b, &peer);
	ck_assert_uint_eq(fake_heard.peer_is, 1);
	ck_assert(edge_addr_eq(&fake_heard.peer, &peer));
	ck_assert(!is_read(name));
	permit(b, &peer);
	peer.port++;
	fake_net_connect(&net, &b->relayed[0].at, &peer);
	ck_assert_uint_eq(fake_heard.peer_is, 2);
	ck_assert_int_eq(
		ave_relay_join(net.relay, &joiner, fake_heard.connection),
		AVE_FINE);
}
END_TEST

/* Open, dialled, held or waiting: whom the new policy denies is cut off. */
START_TEST(tcp_look_cuts_off_whom_it_denies)
{
	struct ave_network v = {fake_addr("198.51.100.200", 0), 32};
	struct ave_networks inside = {&v, 1, false, false};
	const struct ave_policy_plan plan = {.inside = &inside};
	struct ave_view view = net.view;
	struct ave_policy *policy;
	uint32_t id, kept = dialled(&other);

	fake_net_connected(&net, dialled(&peer)); /* open */
	peer.port++;
	dialled(&peer);					  /* and on its way */
	fake_net_connect(&net, &b->relayed[0].at, &peer); /* held */
	peer.port++;
	ck_assert_int_eq(ave_relay_join(net.relay, &joiner, connected(&peer)),
			 AVE_FINE); /* one with a stream */
	peer.port++;
	id = connected(&peer); /* waits for its join */
	peer.port++;
	ck_assert_int_eq(ave_relay_connect(&id, net.relay, b, &peer), AVE_FINE);
	fake_net_clear(&net);
	fake_heard.peer_is = 0;
	ck_assert_int_eq(ave_policy_new(&policy, &plan), EDGE_OK);
	view.policy = policy;
	ave_relay_look(net.relay, &view);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_PEER_CLOSED), 6);
	ck_assert_uint_eq(fake_net_reasons(&net, AVE_PEER_DENIED), 6);
	ck_assert_uint_eq(
		fake_net_last(&net, FAKE_CLIENT_CLOSED)->leg.client.port,
		joiner.client.port);
	ck_assert_ptr_nonnull(fake_net_socket(&net, kept));
	ck_assert_ptr_null(ave_relay_connection(net.relay, id));
	/* its client waits for the end of the dial */
	ck_assert_uint_eq(fake_heard.peer_is, 1);
	ck_assert_uint_eq(fake_heard.connection, id);
	ck_assert_int_eq(fake_heard.how, AVE_PEER_GONE);
	ave_relay_look(net.relay, &net.view);
	ave_policy_free(policy);
}
END_TEST

START_TEST(tcp_waits_30_s_for_the_join)
{
	uint32_t id = connected(&peer);

	fake_net_pass(&net, 29900);
	ck_assert_ptr_nonnull(ave_relay_connection(net.relay, id));
	fake_net_pass(&net, 200);
	ck_assert_ptr_null(ave_relay_connection(net.relay, id));
	ck_assert_uint_eq(fake_net_count(&net, FAKE_PEER_CLOSED), 1);
	ck_assert_int_eq(ave_relay_join(net.relay, &joiner, id), AVE_PEER_GONE);
	id = connected(&peer);
	net.join_err = EDGE_ENOTFOUND;
	ck_assert_int_eq(ave_relay_join(net.relay, &joiner, id), AVE_PEER_GONE);
	ck_assert_ptr_nonnull(ave_relay_connection(net.relay, id));
}
END_TEST

START_TEST(tcp_survives_the_end_of_an_allocation_by_its_dialect)
{
	struct ave_flow *f;

	for (int i = 0; i < 3; i++, peer.port++)
		fake_net_connect(&net, &b->relayed[0].at, &peer);
	fake_heard.is_releasing = true;
	ck_assert_int_eq(ave_relay_flow(&f, b, &peer, 0x4001, UINT64_MAX, 1),
			 AVE_EXPIRED);
	ck_assert_uint_eq(fake_heard.peer_is, 1);
	ck_assert_uint_eq(fake_net_count(&net, FAKE_PEER_CLOSED), 3);
	ck_assert_uint_eq(ave_relay_count(net.relay)->allocations, 1);
	fake_net_pass(&net, 100);
}
END_TEST

static TCase *peers(const char *name)
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, set_up, tear_down);
	return t;
}

Suite *test_suite(void)
{
	Suite *s = suite_create("relay_tcp");
	TCase *t = peers("MS-TURN");

	tcase_add_test(t, tcp_dials_a_peer_once);
	tcase_add_test(t, tcp_passes_frames_to_the_destination);
	tcase_add_test(t, tcp_opens_for_a_permission_without_data);
	tcase_add_test(t, tcp_speaks_to_who_has_connected_meanwhile);
	tcase_add_test(t, tcp_tells_why_nothing_goes);
	tcase_add_test(t, tcp_keeps_the_allocation_when_a_peer_goes);
	tcase_add_test(t, tcp_accepts_whom_it_knows);
	tcase_add_test(t, tcp_holds_strangers_for_5_s);
	tcase_add_test(t, tcp_writes_to_no_stranger);
	tcase_add_test(t, tcp_peers_are_8_and_strangers_take_none_of_them);
	tcase_add_test(t, tcp_stops_peers_of_a_client_that_is_full);
	tcase_add_test(t, tcp_is_slowed_down_to_the_bandwidth);
	tcase_add_test(t, tcp_ends_with_the_client);
	tcase_add_test(t, tcp_hairpins_by_the_bound_address);
	tcase_add_test(t, tcp_events_of_the_gone_are_dropped);
	suite_add_tcase(s, t);
	t = peers("RFC 6062");
	tcase_add_test(t, tcp_connects_and_joins);
	tcase_add_test(t, tcp_joined_ends_with_its_allocation);
	tcase_add_test(t, tcp_joined_is_one_of_so_many_until_it_ends);
	tcase_add_test(t, tcp_connects_to_each_peer_once);
	tcase_add_test(t, tcp_tells_of_a_dial_that_failed);
	tcase_add_test(t, tcp_tells_of_peers_that_connect);
	tcase_add_test(t, tcp_look_cuts_off_whom_it_denies);
	tcase_add_test(t, tcp_waits_30_s_for_the_join);
	tcase_add_test(t, tcp_survives_the_end_of_an_allocation_by_its_dialect);
	suite_add_tcase(s, t);
	return s;
}
