/* RFC 6062: Connect, ConnectionAttempt, ConnectionBind. */
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/av-edge/rfc_fixture.h"

static struct rfc_fixture f;
static struct ave_leg control, carrier; /* streams of the same client */
static struct edge_addr relayed, peer;

static void setup(void)
{
	rfc_fixture_init(&f);
	control = fake_stream("198.51.100.7", 40000);
	carrier = fake_stream("198.51.100.7", 40001);
	peer = fake_addr("198.51.100.99", 5000);
	relayed = rfc_allocated(&f, &control, 6);
}

static void teardown(void)
{
	rfc_fixture_fini(&f);
}

static int connect_to(const struct edge_addr *to)
{
	rfc_ask(&f, RFC_CONNECT);
	rfc_put_addr(&f.w, RFC_XOR_PEER, to);
	return rfc_code(&f, &control);
}

static int bind_to(uint64_t connection)
{
	rfc_ask(&f, RFC_CONNECTION_BIND);
	rfc_put_number(&f.w, RFC_CONNECTION_ID, connection);
	return rfc_code(&f, &carrier);
}

/* The connection id of a Connect whose peer has answered. */
static uint64_t connected(void)
{
	const struct rfc_msg *m;
	uint32_t dialled;

	ck_assert_int_eq(connect_to(&peer), -1);
	dialled = fake_net_last(&f.net, FAKE_DIALLED)->peer;
	fake_net_clear(&f.net);
	fake_net_connected(&f.net, dialled);
	m = rfc_told(&f);
	ck_assert_uint_eq(m->method, RFC_CONNECT);
	ck_assert_uint_eq(m->cls, RFC_SUCCESS);
	return m->v[RFC_CONNECTION_ID].number;
}

/* ---- Connect ---- */

START_TEST(connect_is_answered_when_the_peer_has)
{
	const struct fake_sent *s;
	const struct rfc_msg *m;
	uint32_t dialled;

	ck_assert_int_eq(connect_to(&peer), -1);
	s = fake_net_last(&f.net, FAKE_DIALLED);
	ck_assert(edge_addr_eq(&s->to, &peer));
	ck_assert_uint_eq(s->at.port, relayed.port);
	dialled = s->peer;
	fake_net_clear(&f.net);
	fake_net_connected(&f.net, dialled);
	m = rfc_told(&f);
	ck_assert_uint_eq(m->cls, RFC_SUCCESS);
	ck_assert(edge_slice_eq(m->tid, edge_slice(f.tid, RFC_TID_LEN)));
	ck_assert(rfc_has(m, RFC_CONNECTION_ID));
	ck_assert(rfc_mac_fits(f.alice.mac, m));
	ck_assert_mem_eq(&fake_net_last(&f.net, FAKE_TOLD)->leg.client,
			 &control.client, sizeof(control.client));
	ck_assert(!fake_net_socket(&f.net, dialled)->is_read);
}
END_TEST

START_TEST(connect_that_fails_is_447)
{
	const struct rfc_msg *m;
	uint32_t dialled;

	ck_assert_int_eq(connect_to(&peer), -1);
	dialled = fake_net_last(&f.net, FAKE_DIALLED)->peer;
	fake_net_clear(&f.net);
	fake_net_closed(&f.net, dialled);
	m = rfc_told(&f);
	ck_assert_uint_eq(m->cls, RFC_ERROR);
	ck_assert_uint_eq(m->v[RFC_ERROR_CODE].number, 447);
	ck_assert(edge_slice_eq(m->tid, edge_slice(f.tid, RFC_TID_LEN)));
	ck_assert(rfc_mac_fits(f.alice.mac, m));
	f.net.dial_err = EDGE_ESYS;
	ck_assert_int_eq(connect_to(&peer), 447);
	/* tried again it goes well */
	f.net.dial_err = EDGE_OK;
	connected();
}
END_TEST

START_TEST(second_connect_to_a_peer_is_446)
{
	ck_assert_int_eq(connect_to(&peer), -1);
	ck_assert_int_eq(connect_to(&peer), 446);
	peer.port++;
	ck_assert_int_eq(connect_to(&peer), -1);
}
END_TEST

START_TEST(connect_has_its_refusals)
{
	struct edge_addr inside = fake_addr("10.1.2.3", 443);
	struct edge_addr six = fake_addr("2001:db8:7::9", 443);
	struct ave_leg udp = fake_client("198.51.100.7", 40000);

	ck_assert_int_eq(connect_to(&inside), 403);
	ck_assert_int_eq(connect_to(&six), 443);
	rfc_ask(&f, RFC_CONNECT);
	ck_assert_int_eq(rfc_code(&f, &control), 400);
	rfc_allocated(&f, &udp, 17);
	rfc_ask(&f, RFC_CONNECT);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &peer);
	ck_assert_int_eq(rfc_code(&f, &udp), 400);
	f.net.view.limits[AVE_LIMIT_TCP_PEERS] = 1;
	ck_assert_int_eq(connect_to(&peer), -1);
	peer.port++;
	ck_assert_int_eq(connect_to(&peer), 508);
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_DIALLED), 0);
}
END_TEST

START_TEST(answers_find_their_connects)
{
	uint8_t first[RFC_TID_LEN];
	uint32_t a, b;
	const struct rfc_msg *m;

	ck_assert_int_eq(connect_to(&peer), -1);
	memcpy(first, f.tid, sizeof(first));
	a = fake_net_last(&f.net, FAKE_DIALLED)->peer;
	peer.port++;
	rfc_ask(&f, RFC_CONNECT);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &peer);
	rfc_login(&f, &control);
	(void)rfc_put_fingerprint(&f.w);
	ck_assert_ptr_null(rfc_say(&f, &control));
	b = fake_net_last(&f.net, FAKE_DIALLED)->peer;
	fake_net_clear(&f.net);
	fake_net_connected(&f.net, b);
	m = rfc_told(&f);
	ck_assert(edge_slice_eq(m->tid, edge_slice(f.tid, RFC_TID_LEN)));
	ck_assert_uint_ne(m->fingerprint_at, 0);
	fake_net_connected(&f.net, a);
	m = rfc_told(&f);
	ck_assert(edge_slice_eq(m->tid, edge_slice(first, RFC_TID_LEN)));
	ck_assert_uint_eq(m->fingerprint_at, 0);
}
END_TEST

/* ---- ConnectionAttempt ---- */

START_TEST(attempt_is_told_when_permitted)
{
	const struct rfc_msg *m;

	ck_assert_int_eq(rfc_permit(&f, &control, &peer), 0);
	fake_net_clear(&f.net);
	(void)fake_net_connect(&f.net, &relayed, &peer);
	m = rfc_told(&f);
	ck_assert_uint_eq(m->method, RFC_CONNECTION_ATTEMPT);
	ck_assert_uint_eq(m->cls, RFC_INDICATION);
	ck_assert(edge_addr_eq(&m->v[RFC_XOR_PEER].addr, &peer));
	ck_assert(rfc_has(m, RFC_CONNECTION_ID));
	ck_assert_int_eq(bind_to(m->v[RFC_CONNECTION_ID].number), 0);
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_JOINED), 1);
}
END_TEST

START_TEST(attempt_is_held_until_permitted)
{
	fake_net_clear(&f.net);
	(void)fake_net_connect(&f.net, &relayed, &peer);
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_TOLD), 0);
	rfc_ask(&f, RFC_CREATE_PERMISSION);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &peer);
	rfc_login(&f, &control);
	fake_net_clear(&f.net);
	ck_assert(fake_net_message(&f.net, &control, AVE_CUT_RFC_MESSAGE,
				   rfc_end(&f.w)));
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_TOLD), 2);
}
END_TEST

/* ---- ConnectionBind ---- */

START_TEST(bind_joins_stream_and_peer)
{
	uint64_t id = connected();
	const struct fake_sent *s;

	ck_assert_int_eq(bind_to(id), 0);
	s = fake_net_last(&f.net, FAKE_JOINED);
	ck_assert_uint_eq(s->leg.wire, carrier.wire);
	/* answered before, and once */
	ck_assert_int_eq(f.net.sent[0].what, FAKE_TOLD);
	ck_assert_int_eq(f.net.sent[1].what, FAKE_JOINED);
	ck_assert_int_eq(bind_to(id), 400);
}
END_TEST

START_TEST(joined_go_with_the_allocation)
{
	ck_assert_int_eq(bind_to(connected()), 0);
	fake_net_clear(&f.net);
	if (_i == 0) {
		rfc_ask(&f, RFC_REFRESH);
		rfc_put_number(&f.w, RFC_LIFETIME, 0);
		ck_assert_int_eq(rfc_code(&f, &control), 0);
	} else {
		fake_net_pass(&f.net, 601000);
	}
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_PEER_CLOSED), 1);
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_CLIENT_CLOSED),
			  _i ? 2 : 1);
	ck_assert_uint_eq(fake_net_sockets(&f.net), 0);
}
END_TEST

START_TEST(bind_has_its_refusals)
{
	struct ave_leg udp = fake_client("198.51.100.7", 40001);
	uint64_t id = connected();

	ck_assert_int_eq(bind_to(id + 1), 400);
	rfc_ask(&f, RFC_CONNECTION_BIND);
	ck_assert_int_eq(rfc_code(&f, &carrier), 400);
	rfc_ask(&f, RFC_CONNECTION_BIND);
	rfc_put_number(&f.w, RFC_CONNECTION_ID, id);
	ck_assert_int_eq(rfc_code(&f, &udp), 400);
	rfc_ask(&f, RFC_CONNECTION_BIND);
	rfc_put_number(&f.w, RFC_CONNECTION_ID, id);
	ck_assert_int_eq(rfc_code(&f, &control), 400);
	f.user = &f.bob;
	ck_assert_int_eq(bind_to(id), 441);
	f.user = &f.alice;
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_JOINED), 0);
	ck_assert_int_eq(bind_to(id), 0);
}
END_TEST

START_TEST(bind_comes_within_30_s)
{
	uint64_t id = connected();

	fake_net_pass(&f.net, 31000);
	ck_assert_int_eq(bind_to(id), 400);
	ck_assert_uint_eq(fake_net_sockets(&f.net), 1); /* the listener */
}
END_TEST

START_TEST(bind_that_fails_ends_the_stream)
{
	uint64_t id = connected();

	f.net.join_err = EDGE_ENOTFOUND;
	rfc_ask(&f, RFC_CONNECTION_BIND);
	rfc_put_number(&f.w, RFC_CONNECTION_ID, id);
	rfc_login(&f, &carrier);
	ck_assert(!fake_net_message(&f.net, &carrier, AVE_CUT_RFC_MESSAGE,
				    rfc_end(&f.w)));
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_PEER_GONE), 1);
}
END_TEST

START_TEST(who_waits_goes_with_the_allocation)
{
	ck_assert_int_eq(connect_to(&peer), -1);
	ave_relay_client_gone(f.net.relay, &control);
	ck_assert_uint_eq(fake_net_sockets(&f.net), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("rfc_tcp");
	TCase *tc = tcase_create("tcp");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, connect_is_answered_when_the_peer_has);
	tcase_add_test(tc, connect_that_fails_is_447);
	tcase_add_test(tc, second_connect_to_a_peer_is_446);
	tcase_add_test(tc, connect_has_its_refusals);
	tcase_add_test(tc, answers_find_their_connects);
	tcase_add_test(tc, attempt_is_told_when_permitted);
	tcase_add_test(tc, attempt_is_held_until_permitted);
	tcase_add_test(tc, bind_joins_stream_and_peer);
	tcase_add_loop_test(tc, joined_go_with_the_allocation, 0, 2);
	tcase_add_test(tc, bind_has_its_refusals);
	tcase_add_test(tc, bind_comes_within_30_s);
	tcase_add_test(tc, bind_that_fails_ends_the_stream);
	tcase_add_test(tc, who_waits_goes_with_the_allocation);
	suite_add_tcase(s, tc);
	return s;
}
