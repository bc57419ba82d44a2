/* What is no request: indications, responses, media, strange bytes. */
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/vector.h"
#include "tests/unit/av-edge/rfc_fixture.h"

static struct rfc_fixture f;
static struct ave_leg client, stream;
static struct edge_addr peer;

static void setup(void)
{
	rfc_fixture_init(&f);
	client = fake_client("198.51.100.7", 40000);
	stream = fake_stream("198.51.100.7", 40001);
	peer = fake_addr("198.51.100.99", 5000);
}

static void teardown(void)
{
	rfc_fixture_fini(&f);
}

START_TEST(what_is_not_in_the_table_is_not_possible)
{
	struct edge_put w;

	for (unsigned cls = 0; cls < 4; cls++)
		for (unsigned method = 0; method < 0x20; method++) {
			bool is_known = method == RFC_BINDING ||
					(method >= RFC_ALLOCATE &&
					 method <= RFC_CONNECTION_ATTEMPT &&
					 method != 5);

			if (is_known &&
			    (cls == RFC_REQUEST || cls == RFC_INDICATION))
				continue;
			w = edge_put(f.buf, sizeof(f.buf));
			rfc_begin(&w, method, (enum rfc_class)cls,
				  edge_slice(f.tid, RFC_TID_LEN));
			ck_assert_ptr_null(
				rfc_say_bytes(&f, &client, rfc_end(&w)));
		}
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_FORBIDDEN_TYPE),
			  4 * 0x20 - 20);
}
END_TEST

START_TEST(indications_of_a_server_are_refused)
{
	static const unsigned methods[] = {
		RFC_DATA_INDICATION, RFC_CONNECTION_ATTEMPT, RFC_ALLOCATE};

	for (size_t i = 0; i < 3; i++) {
		struct edge_put w = edge_put(f.buf, sizeof(f.buf));

		rfc_begin(&w, methods[i], RFC_INDICATION,
			  edge_slice(f.tid, RFC_TID_LEN));
		ck_assert_ptr_null(rfc_say_bytes(&f, &client, rfc_end(&w)));
	}
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_FORBIDDEN_TYPE), 3);
}
END_TEST

START_TEST(broken_message_ends_a_stream)
{
	/* an attribute that is longer than the message */
	struct edge_slice bad = vector_bytes(
		"000300042112a442303132333435363738396162000d0004");

	fake_net_datagram(&f.net, &client, bad);
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_MALFORMED), 1);
	ck_assert(!fake_net_message(&f.net, &stream, AVE_CUT_RFC_MESSAGE, bad));
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_MALFORMED), 2);
}
END_TEST

START_TEST(data_comes_as_an_indication)
{
	struct edge_addr relayed = rfc_allocated(&f, &client, 17);
	uint8_t before[RFC_TID_LEN] = {0};

	ck_assert_int_eq(rfc_permit(&f, &client, &peer), 0);
	for (size_t len = 0; len < 9; len++) {
		const struct fake_sent *s;
		struct rfc_msg m;

		fake_net_clear(&f.net);
		fake_net_peer(&f.net, &relayed, &peer,
			      edge_slice("abcdefgh", len));
		s = fake_net_last(&f.net, FAKE_TO_CLIENT);
		ck_assert_uint_eq(s->len & 3, 0);
		ck_assert_int_eq(
			rfc_msg_decode(&m, edge_slice(s->bytes, s->len)),
			EDGE_OK);
		ck_assert_uint_eq(m.method, RFC_DATA_INDICATION);
		ck_assert_uint_eq(m.cls, RFC_INDICATION);
		ck_assert(edge_addr_eq(&m.v[RFC_XOR_PEER].addr, &peer));
		ck_assert_uint_eq(edge_slice_len(m.v[RFC_DATA].bytes), len);
		ck_assert_mem_eq(m.v[RFC_DATA].bytes.p, "abcdefgh", len);
		/* the room behind it held anything: it is zeros now */
		for (size_t i = len; i & 3; i++)
			ck_assert_uint_eq(m.v[RFC_DATA].bytes.p[i], 0);
		ck_assert(
			!edge_slice_eq(m.tid, edge_slice(before, RFC_TID_LEN)));
		memcpy(before, m.tid.p, RFC_TID_LEN);
	}
}
END_TEST

START_TEST(ipv6_data_fits_the_room_before_it)
{
	struct edge_addr six = fake_addr("2001:db8:7::9", 5000), relayed;
	const struct fake_sent *s;
	struct rfc_msg m;

	rfc_ask(&f, RFC_ALLOCATE);
	rfc_put_number(&f.w, RFC_REQUESTED_TRANSPORT, 17);
	rfc_put_number(&f.w, RFC_REQUESTED_FAMILY, RFC_FAMILY_V6);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	relayed = f.answer.v[RFC_XOR_RELAYED].addr;
	ck_assert_int_eq(rfc_permit(&f, &client, &six), 0);
	fake_net_clear(&f.net);
	fake_net_peer(&f.net, &relayed, &six, edge_slice_str("hello"));
	s = fake_net_last(&f.net, FAKE_TO_CLIENT);
	ck_assert_uint_eq(s->len, RFC_INDICATION_MAX + 8);
	ck_assert_int_eq(rfc_msg_decode(&m, edge_slice(s->bytes, s->len)),
			 EDGE_OK);
	ck_assert(edge_addr_eq(&m.v[RFC_XOR_PEER].addr, &six));
}
END_TEST

START_TEST(channel_data_is_padded_on_streams)
{
	struct edge_addr relayed = rfc_allocated(&f, &stream, 17);
	const struct fake_sent *s;

	ck_assert_int_eq(rfc_bind(&f, &stream, 0x4000, &peer), 0);
	fake_net_clear(&f.net);
	fake_net_peer(&f.net, &relayed, &peer, edge_slice_str("hello"));
	s = fake_net_last(&f.net, FAKE_TO_CLIENT);
	ck_assert_uint_eq(s->len, 12);
	ck_assert_mem_eq(s->bytes, "\x40\0\0\5hello\0\0\0", 12);
	fake_net_clear(&f.net);
	ck_assert(fake_net_message(&f.net, &stream, AVE_CUT_RFC_CHANNEL,
				   edge_slice("\x40\0\0\5hello", 9)));
	s = fake_net_last(&f.net, FAKE_TO_PEER);
	ck_assert_uint_eq(s->len, 5);
	ck_assert_mem_eq(s->bytes, "hello", 5);
}
END_TEST

START_TEST(channel_data_that_lies_is_dropped)
{
	rfc_allocated(&f, &client, 17);
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4000, &peer), 0);
	fake_net_clear(&f.net);
	fake_net_datagram(&f.net, &client, edge_slice("\x40\0\0\6hello", 9));
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_TO_PEER), 0);
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_MALFORMED), 1);
	fake_net_datagram(&f.net, &client, edge_slice("\x40\1\0\5hello", 9));
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_NO_CHANNEL), 1);
	/* padding is nobody's business in a datagram */
	fake_net_datagram(&f.net, &client,
			  edge_slice("\x40\0\0\5hello\0\0\0", 12));
	ck_assert_uint_eq(fake_net_last(&f.net, FAKE_TO_PEER)->len, 5);
}
END_TEST

START_TEST(two_clients_of_ours_meet)
{
	struct ave_leg other = fake_client("198.51.100.8", 40000);
	struct edge_addr a = rfc_allocated(&f, &client, 17),
			 b = rfc_allocated(&f, &other, 17);
	const struct fake_sent *s;

	ck_assert_int_eq(rfc_bind(&f, &client, 0x4000, &b), 0);
	ck_assert_int_eq(rfc_bind(&f, &other, 0x4123, &a), 0);
	fake_net_clear(&f.net);
	fake_net_datagram(&f.net, &client, edge_slice("\x40\0\0\5hello", 9));
	fake_net_hairpin(&f.net);
	s = fake_net_last(&f.net, FAKE_TO_CLIENT);
	ck_assert(edge_addr_eq(&s->leg.client, &other.client));
	ck_assert_uint_eq(s->len, 9);
	ck_assert_mem_eq(s->bytes, "\x41\x23\0\5hello", 9);
}
END_TEST

START_TEST(dialect_that_is_off_says_nothing)
{
	f.net.view.has_rfc = false;
	rfc_ask(&f, RFC_BINDING);
	ck_assert_ptr_null(rfc_say(&f, &client));
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_DIALECT_OFF), 1);
}
END_TEST

/* ---- any order of anything ---- */

static uint32_t chance(uint32_t *state, uint32_t most)
{
	*state = *state * 1664525 + 1013904223; /* Numerical Recipes */
	return (*state >> 8) % most;
}

static void put_anything(uint32_t *state)
{
	static const enum rfc_attr numbers[] = {
		RFC_CHANNEL_NUMBER,    RFC_LIFETIME,  RFC_REQUESTED_FAMILY,
		RFC_ADDITIONAL_FAMILY, RFC_EVEN_PORT, RFC_RESERVATION_TOKEN,
		RFC_CONNECTION_ID};
	static const uint64_t values[] = {
		0, 1, 2, 0x80, 600, 0x4000, 0x4001, 0x7ffe, UINT32_MAX};
	struct edge_addr who = peer;

	who.ip[3] = (uint8_t)(97 + chance(state, 3));
	switch (chance(state, 4)) {
	case 0:
		rfc_put_number(&f.w, numbers[chance(state, 7)],
			       values[chance(state, 9)]);
		break;
	case 1:
		rfc_put_addr(&f.w, RFC_XOR_PEER, &who);
		break;
	case 2:
		rfc_put_bytes(&f.w, RFC_DATA,
			      edge_slice("0123456789", chance(state, 11)));
		break;
	default:
		rfc_put_number(&f.w, RFC_REQUESTED_TRANSPORT,
			       chance(state, 2) ? 17 : 6);
	}
}

static void say_anything(uint32_t *state, const struct ave_leg *leg)
{
	const struct rfc_msg *m;
	unsigned method = 1 + chance(state, RFC_CONNECTION_ATTEMPT);

	f.user = chance(state, 8) ? &f.alice : &f.bob;
	rfc_ask(&f, method);
	if (method == RFC_ALLOCATE && chance(state, 4))
		rfc_put_number(&f.w, RFC_REQUESTED_TRANSPORT,
			       chance(state, 2) ? 17 : 6);
	for (uint32_t i = chance(state, 4); i; i--)
		put_anything(state);
	if (chance(state, 8))
		rfc_login(&f, leg);
	if (!chance(state, 4))
		(void)rfc_put_fingerprint(&f.w);
	m = rfc_say(&f, leg);
	if (m && m->cls == RFC_ERROR) {
		ck_assert_uint_ge(m->v[RFC_ERROR_CODE].number, 300);
		ck_assert_uint_ne(m->v[RFC_ERROR_CODE].number, 500);
	}
}

START_TEST(any_order_of_anything_leaves_nothing_behind)
{
	uint32_t state = (uint32_t)_i + 1;

	f.net.view.limits[AVE_LIMIT_ALLOCATE_RATE] = 1000;
	for (int i = 0; i < 400; i++) {
		say_anything(&state, chance(&state, 2) ? &client : &stream);
		if (!chance(&state, 20))
			fake_net_pass(&f.net, chance(&state, 700000));
		for (uint32_t s = 1; s <= f.net.names; s++) {
			const struct fake_socket *peers =
				fake_net_socket(&f.net, s);

			if (peers && peers->is_connection &&
			    !chance(&state, 3)) {
				fake_net_clear(&f.net);
				if (chance(&state, 2))
					fake_net_connected(&f.net, s);
				else
					fake_net_closed(&f.net, s);
			}
		}
	}
	ck_assert_uint_gt(ave_relay_count(f.net.relay)->allocated, 1);
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_INTERNAL), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("rfc_dialect");
	TCase *tc = tcase_create("dialect");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_not_in_the_table_is_not_possible);
	tcase_add_test(tc, indications_of_a_server_are_refused);
	tcase_add_test(tc, broken_message_ends_a_stream);
	tcase_add_test(tc, data_comes_as_an_indication);
	tcase_add_test(tc, ipv6_data_fits_the_room_before_it);
	tcase_add_test(tc, channel_data_is_padded_on_streams);
	tcase_add_test(tc, channel_data_that_lies_is_dropped);
	tcase_add_test(tc, two_clients_of_ours_meet);
	tcase_add_test(tc, dialect_that_is_off_says_nothing);
	tcase_add_loop_test(tc, any_order_of_anything_leaves_nothing_behind, 0,
			    25);
	suite_add_tcase(s, tc);
	return s;
}
