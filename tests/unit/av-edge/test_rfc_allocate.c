/* Allocate and Refresh as RFC 8656 §7, §8 and RFC 6062 §5.1 have them. */
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/av-edge/rfc_fixture.h"

static struct rfc_fixture f;
static struct ave_leg client, stream;

static void setup(void)
{
	rfc_fixture_init(&f);
	client = fake_client("198.51.100.7", 40000);
	stream = fake_stream("198.51.100.7", 40001);
}

static void teardown(void)
{
	rfc_fixture_fini(&f);
}

static void ask_allocate(void)
{
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_put_number(&f.w, RFC_REQUESTED_TRANSPORT, 17);
}

/* ---- Allocate ---- */

START_TEST(allocate_gives_what_the_rfc_says)
{
	struct edge_addr told = rfc_allocated(&f, &client, 17);
	const struct rfc_msg *m = &f.answer;

	ck_assert(edge_addr_same_ip(&told, &f.net.view.relay_told[0]));
	ck_assert_uint_ge(told.port, 50000);
	ck_assert_uint_le(told.port, 59999);
	ck_assert_uint_eq(m->v[RFC_LIFETIME].number, 600);
	ck_assert(edge_addr_eq(&m->v[RFC_XOR_MAPPED].addr, &client.client));
	ck_assert(!rfc_has(m, RFC_RESERVATION_TOKEN));
	ck_assert(!rfc_has(m, RFC_SOFTWARE));
	ck_assert_uint_eq(m->fingerprint_at, 0);
	ck_assert_uint_eq(ave_relay_count(f.net.relay)->allocations, 1);
}
END_TEST

/* 100 s of its 8 h are left, and the 300 s that clocks may differ. */
START_TEST(lifetime_is_no_longer_than_the_token)
{
	struct rfc_user late =
		rfc_fixture_user(&f, "sip:late@example.com", MRAS_INTERNET,
				 f.net.wall_s - 28700);
	const struct ave_leg *leg = _i ? &stream : &client;

	f.user = &late;
	(void)rfc_allocated(&f, leg, 17);
	ck_assert_uint_eq(f.answer.v[RFC_LIFETIME].number, 400);
	fake_net_pass(&f.net, 350000);
	for (unsigned left = 50; left; left -= 49) {
		rfc_ask(&f, RFC_REFRESH);
		rfc_put_number(&f.w, RFC_LIFETIME, 3600);
		ck_assert_int_eq(rfc_code(&f, leg), 0);
		ck_assert_uint_eq(f.answer.v[RFC_LIFETIME].number, left);
		if (left == 1)
			break;
		fake_net_pass(&f.net, 49000);
	}
	fake_net_pass(&f.net, 1000);
	ck_assert_uint_eq(ave_relay_count(f.net.relay)->allocations, 0);
	rfc_user_fini(&late);
}
END_TEST

START_TEST(lifetime_is_between_its_limits)
{
	static const struct {
		uint64_t wanted, granted;
	} rows[] = {{0, 600}, {1, 60}, {900, 900}, {100000, 3600}};

	for (size_t i = 0; i < 4; i++) {
		struct ave_leg leg =
			fake_client("198.51.100.7", (uint16_t)(5000 + i));

		ask_allocate();
		rfc_put_number(&f.w, RFC_LIFETIME, rows[i].wanted);
		ck_assert_int_eq(rfc_code(&f, &leg), 0);
		ck_assert_uint_eq(f.answer.v[RFC_LIFETIME].number,
				  rows[i].granted);
	}
}
END_TEST

START_TEST(fingerprint_is_answered_with_one)
{
	ask_allocate();
	rfc_login(&f, &client);
	(void)rfc_put_fingerprint(&f.w);
	ck_assert_ptr_nonnull(rfc_say(&f, &client));
	ck_assert_uint_eq(f.answer.cls, RFC_SUCCESS);
	ck_assert_uint_ne(f.answer.fingerprint_at, 0);
	ck_assert_uint_ne(f.answer.integrity_at, 0);
}
END_TEST

START_TEST(transport_is_needed_and_udp_or_tcp)
{
	rfc_ask(&f, RFC_ALLOCATE);
	ck_assert_int_eq(rfc_code(&f, &client), 400);
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_put_number(&f.w, RFC_REQUESTED_TRANSPORT, 132);
	ck_assert_int_eq(rfc_code(&f, &client), 442);
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_TRANSPORT), 1);
	ck_assert_uint_eq(ave_relay_count(f.net.relay)->allocations, 0);
}
END_TEST

START_TEST(retransmission_gets_the_same_answer)
{
	uint8_t asked[FAKE_BYTES], said[FAKE_BYTES];
	size_t asked_len, said_len;

	ask_allocate();
	rfc_login(&f, &client);
	asked_len = edge_slice_len(rfc_end(&f.w));
	memcpy(asked, f.buf, asked_len);
	ck_assert_ptr_nonnull(rfc_say(&f, &client));
	said_len = edge_slice_len(f.answer.raw);
	memcpy(said, f.answer.raw.p, said_len);
	fake_net_pass(&f.net, 3000);
	ck_assert_ptr_nonnull(
		rfc_say_bytes(&f, &client, edge_slice(asked, asked_len)));
	ck_assert(edge_slice_eq(f.answer.raw, edge_slice(said, said_len)));
	ck_assert_uint_eq(ave_relay_count(f.net.relay)->allocated, 1);
}
END_TEST

START_TEST(second_allocate_is_a_mismatch)
{
	rfc_allocated(&f, &client, 17);
	ask_allocate();
	ck_assert_int_eq(rfc_code(&f, &client), 437);
	f.user = &f.bob;
	ask_allocate();
	ck_assert_int_eq(rfc_code(&f, &client), 437);
	ck_assert_uint_eq(ave_relay_count(f.net.relay)->allocated, 1);
}
END_TEST

START_TEST(dont_fragment_is_not_understood)
{
	ask_allocate();
	edge_put_u32(&f.w, 0x001a0000);
	ck_assert_int_eq(rfc_code(&f, &client), 420);
	ck_assert_uint_eq(edge_slice_len(f.answer.v[RFC_UNKNOWN].bytes), 2);
	ck_assert_mem_eq(f.answer.v[RFC_UNKNOWN].bytes.p, "\0\x1a", 2);
	ck_assert_uint_eq(ave_relay_count(f.net.relay)->allocations, 0);
}
END_TEST

START_TEST(even_port_is_even_and_the_next_one_kept)
{
	struct ave_leg other = fake_client("198.51.100.7", 40002);
	struct edge_addr first, second;
	uint64_t token;

	ask_allocate();
	rfc_put_number(&f.w, RFC_EVEN_PORT, 0x80);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	first = f.answer.v[RFC_XOR_RELAYED].addr;
	ck_assert_uint_eq(first.port & 1, 0);
	ck_assert(rfc_has(&f.answer, RFC_RESERVATION_TOKEN));
	token = f.answer.v[RFC_RESERVATION_TOKEN].number;
	/* for its user */
	f.user = &f.bob;
	ask_allocate();
	rfc_put_number(&f.w, RFC_RESERVATION_TOKEN, token);
	ck_assert_int_eq(rfc_code(&f, &other), 508);
	f.user = &f.alice;
	ask_allocate();
	rfc_put_number(&f.w, RFC_RESERVATION_TOKEN, token);
	ck_assert_int_eq(rfc_code(&f, &other), 0);
	second = f.answer.v[RFC_XOR_RELAYED].addr;
	ck_assert_uint_eq(second.port, first.port + 1);
	/* once */
	other.client.port++;
	ask_allocate();
	rfc_put_number(&f.w, RFC_RESERVATION_TOKEN, token);
	ck_assert_int_eq(rfc_code(&f, &other), 508);
}
END_TEST

START_TEST(even_port_alone_keeps_nothing)
{
	ask_allocate();
	rfc_put_number(&f.w, RFC_EVEN_PORT, 0);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	ck_assert_uint_eq(f.answer.v[RFC_XOR_RELAYED].addr.port & 1, 0);
	ck_assert(!rfc_has(&f.answer, RFC_RESERVATION_TOKEN));
}
END_TEST

START_TEST(reservation_lapses)
{
	struct ave_leg other = fake_client("198.51.100.7", 40002);
	uint64_t token;

	ask_allocate();
	rfc_put_number(&f.w, RFC_EVEN_PORT, 0x80);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	token = f.answer.v[RFC_RESERVATION_TOKEN].number;
	fake_net_pass(&f.net, 31000);
	ask_allocate();
	rfc_put_number(&f.w, RFC_RESERVATION_TOKEN, token);
	ck_assert_int_eq(rfc_code(&f, &other), 508);
}
END_TEST

START_TEST(reservation_of_ipv6_is_found)
{
	struct ave_leg other = fake_client("198.51.100.7", 40002);
	uint64_t token;

	ask_allocate();
	rfc_put_number(&f.w, RFC_EVEN_PORT, 0x80);
	rfc_put_number(&f.w, RFC_REQUESTED_FAMILY, RFC_FAMILY_V6);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	token = f.answer.v[RFC_RESERVATION_TOKEN].number;
	ask_allocate();
	rfc_put_number(&f.w, RFC_RESERVATION_TOKEN, token);
	ck_assert_int_eq(rfc_code(&f, &other), 0);
	ck_assert_int_eq(f.answer.v[RFC_XOR_RELAYED].addr.family, AF_INET6);
}
END_TEST

/* ---- families ---- */

START_TEST(families_are_given_as_asked)
{
	struct ave_leg other = fake_client("198.51.100.7", 40002);
	struct edge_addr got;
	size_t at = 0;

	ask_allocate();
	rfc_put_number(&f.w, RFC_REQUESTED_FAMILY, RFC_FAMILY_V6);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	ck_assert(edge_addr_same_ip(&f.answer.v[RFC_XOR_RELAYED].addr,
				    &f.net.view.relay_told[1]));
	ask_allocate();
	rfc_put_number(&f.w, RFC_ADDITIONAL_FAMILY, RFC_FAMILY_V6);
	ck_assert_int_eq(rfc_code(&f, &other), 0);
	ck_assert(!rfc_has(&f.answer, RFC_ADDRESS_ERROR_CODE));
	for (int i = 0; i < 2; i++) {
		ck_assert(rfc_next_addr(&f.answer, RFC_XOR_RELAYED, &at, &got));
		ck_assert(edge_addr_same_ip(&got, &f.net.view.relay_told[i]));
	}
	ck_assert(!rfc_next_addr(&f.answer, RFC_XOR_RELAYED, &at, &got));
}
END_TEST

START_TEST(family_that_is_not_relayed_is_refused)
{
	f.net.view.relay_at[1].family = 0;
	ask_allocate();
	rfc_put_number(&f.w, RFC_REQUESTED_FAMILY, RFC_FAMILY_V6);
	ck_assert_int_eq(rfc_code(&f, &client), 440);
	ask_allocate();
	rfc_put_number(&f.w, RFC_REQUESTED_FAMILY, 3);
	ck_assert_int_eq(rfc_code(&f, &client), 440);
	ask_allocate();
	rfc_put_number(&f.w, RFC_ADDITIONAL_FAMILY, RFC_FAMILY_V6);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	ck_assert_int_eq(f.answer.v[RFC_XOR_RELAYED].addr.family, AF_INET);
	ck_assert_uint_eq(f.answer.v[RFC_ADDRESS_ERROR_CODE].number, 440);
	ck_assert_uint_eq(f.answer.v[RFC_ADDRESS_ERROR_CODE].family,
			  RFC_FAMILY_V6);
}
END_TEST

START_TEST(ipv6_alone_is_relayed_when_asked_for)
{
	f.net.view.relay_at[0].family = 0;
	ask_allocate();
	ck_assert_int_eq(rfc_code(&f, &client), 440);
	ask_allocate();
	rfc_put_number(&f.w, RFC_REQUESTED_FAMILY, RFC_FAMILY_V6);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
}
END_TEST

static const struct contradiction {
	enum rfc_attr a, b;
	uint64_t a_number, b_number;
} contradictions[] = {
	{RFC_RESERVATION_TOKEN, RFC_EVEN_PORT, 7, 0},
	{RFC_RESERVATION_TOKEN, RFC_REQUESTED_FAMILY, 7, RFC_FAMILY_V4},
	{RFC_RESERVATION_TOKEN, RFC_ADDITIONAL_FAMILY, 7, RFC_FAMILY_V6},
	{RFC_REQUESTED_FAMILY, RFC_ADDITIONAL_FAMILY, 1, RFC_FAMILY_V6},
	{RFC_EVEN_PORT, RFC_ADDITIONAL_FAMILY, 0x80, RFC_FAMILY_V6},
	{RFC_LIFETIME, RFC_ADDITIONAL_FAMILY, 600, RFC_FAMILY_V4},
};

START_TEST(contradictions_are_bad_requests)
{
	const struct contradiction *c = &contradictions[_i];

	ask_allocate();
	rfc_put_number(&f.w, c->a, c->a_number);
	rfc_put_number(&f.w, c->b, c->b_number);
	ck_assert_int_eq(rfc_code(&f, &client), 400);
	ck_assert_uint_eq(ave_relay_count(f.net.relay)->allocations, 0);
}
END_TEST

/* ---- limits ---- */

START_TEST(quota_of_a_user_is_486)
{
	f.net.view.limits[AVE_LIMIT_ALLOCATIONS_PER_USER] = 2;
	for (uint16_t i = 0; i < 3; i++) {
		struct ave_leg leg = fake_client("198.51.100.7", 5000 + i);

		ask_allocate();
		ck_assert_int_eq(rfc_code(&f, &leg), i < 2 ? 0 : 486);
	}
	f.user = &f.bob;
	ask_allocate();
	ck_assert_int_eq(rfc_code(&f, &client), 0);
}
END_TEST

START_TEST(shortage_names_another_member_or_is_508)
{
	struct edge_addr member = fake_addr("203.0.113.41", 3478);

	f.net.view.is_draining = true;
	ask_allocate();
	ck_assert_int_eq(rfc_code(&f, &client), 300);
	ck_assert(
		edge_addr_eq(&f.answer.v[RFC_ALTERNATE_SERVER].addr, &member));
	member.port = 443;
	ask_allocate();
	ck_assert_int_eq(rfc_code(&f, &stream), 300);
	ck_assert(
		edge_addr_eq(&f.answer.v[RFC_ALTERNATE_SERVER].addr, &member));
	f.net.view.member_count = 0;
	ask_allocate();
	ck_assert_int_eq(rfc_code(&f, &client), 508);
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_DRAINING), 3);
}
END_TEST

START_TEST(too_many_at_once_are_not_answered)
{
	int silent = 0;

	f.net.view.limits[AVE_LIMIT_ALLOCATIONS_PER_USER] = 1000;
	for (uint16_t i = 0; i < 15; i++) {
		struct ave_leg leg = fake_client("198.51.100.7", 5000 + i);

		ask_allocate();
		silent += rfc_code(&f, &leg) == -1;
	}
	ck_assert_int_eq(silent, 5);
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_RATE), 5);
}
END_TEST

START_TEST(streams_that_allocate_too_often_are_told)
{
	f.net.view.member_count = 0;
	f.net.view.limits[AVE_LIMIT_ALLOCATE_RATE] = 1;
	rfc_allocated(&f, &stream, 17);
	stream = fake_stream("198.51.100.7", 40002);
	ask_allocate();
	ck_assert_int_eq(rfc_code(&f, &stream), 508);
}
END_TEST

START_TEST(second_family_is_given_up_before_the_first)
{
	f.net.open_err = EDGE_ESYS;
	f.net.open_failures = 16; /* as often as the relay tries */
	ask_allocate();
	rfc_put_number(&f.w, RFC_ADDITIONAL_FAMILY, RFC_FAMILY_V6);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	ck_assert_int_eq(f.answer.v[RFC_XOR_RELAYED].addr.family, AF_INET);
	ck_assert_uint_eq(f.answer.v[RFC_ADDRESS_ERROR_CODE].number, 508);
}
END_TEST

/* ---- TCP ---- */

START_TEST(tcp_addresses_are_for_streams_alone)
{
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_put_number(&f.w, RFC_REQUESTED_TRANSPORT, 6);
	ck_assert_int_eq(rfc_code(&f, &client), 400);
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_put_number(&f.w, RFC_REQUESTED_TRANSPORT, 6);
	rfc_put_number(&f.w, RFC_EVEN_PORT, 0);
	ck_assert_int_eq(rfc_code(&f, &stream), 400);
	rfc_allocated(&f, &stream, 6);
	ck_assert(ave_relay_find(f.net.relay, &stream) != NULL);
}
END_TEST

START_TEST(streams_have_udp_addresses_too)
{
	rfc_allocated(&f, &stream, 17);
	ck_assert_uint_eq(fake_net_sockets(&f.net), 1);
}
END_TEST

/* ---- Refresh ---- */

START_TEST(refresh_prolongs_and_ends)
{
	rfc_allocated(&f, &client, 17);
	fake_net_pass(&f.net, 500000);
	rfc_ask(&f, RFC_REFRESH);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	ck_assert_uint_eq(f.answer.v[RFC_LIFETIME].number, 600);
	fake_net_pass(&f.net, 500000);
	ck_assert_ptr_nonnull(ave_relay_find(f.net.relay, &client));
	rfc_ask(&f, RFC_REFRESH);
	rfc_put_number(&f.w, RFC_LIFETIME, 100);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	ck_assert_uint_eq(f.answer.v[RFC_LIFETIME].number, 100);
	rfc_ask(&f, RFC_REFRESH);
	rfc_put_number(&f.w, RFC_LIFETIME, 0);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	ck_assert(rfc_has(&f.answer, RFC_LIFETIME));
	ck_assert_uint_eq(f.answer.v[RFC_LIFETIME].number, 0);
	ck_assert_ptr_null(ave_relay_find(f.net.relay, &client));
	/* RFC 8656 §8.2: a retransmission gets 437, which is as good */
	rfc_ask(&f, RFC_REFRESH);
	rfc_put_number(&f.w, RFC_LIFETIME, 0);
	ck_assert_int_eq(rfc_code(&f, &client), 437);
}
END_TEST

START_TEST(allocation_that_is_not_refreshed_ends)
{
	rfc_allocated(&f, &client, 17);
	fake_net_pass(&f.net, 601000);
	ck_assert_ptr_null(ave_relay_find(f.net.relay, &client));
	ck_assert_uint_eq(fake_net_sockets(&f.net), 0);
}
END_TEST

START_TEST(refresh_of_another_family_is_refused)
{
	rfc_allocated(&f, &client, 17);
	rfc_ask(&f, RFC_REFRESH);
	rfc_put_number(&f.w, RFC_REQUESTED_FAMILY, RFC_FAMILY_V6);
	ck_assert_int_eq(rfc_code(&f, &client), 443);
	rfc_ask(&f, RFC_REFRESH);
	rfc_put_number(&f.w, RFC_REQUESTED_FAMILY, RFC_FAMILY_V4);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
}
END_TEST

START_TEST(families_end_one_by_one)
{
	struct edge_addr peer = fake_addr("198.51.100.99", 5000);

	ask_allocate();
	rfc_put_number(&f.w, RFC_ADDITIONAL_FAMILY, RFC_FAMILY_V6);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	ck_assert_uint_eq(fake_net_sockets(&f.net), 2);
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4000, &peer), 0);
	rfc_ask(&f, RFC_REFRESH);
	rfc_put_number(&f.w, RFC_LIFETIME, 0);
	rfc_put_number(&f.w, RFC_REQUESTED_FAMILY, RFC_FAMILY_V4);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	ck_assert_uint_eq(fake_net_sockets(&f.net), 1);
	fake_net_datagram(&f.net, &client, edge_slice("\x40\0\0\1x", 5));
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_TO_PEER), 0);
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_FAMILY), 1);
	rfc_ask(&f, RFC_REFRESH);
	rfc_put_number(&f.w, RFC_LIFETIME, 0);
	rfc_put_number(&f.w, RFC_REQUESTED_FAMILY, RFC_FAMILY_V6);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	ck_assert_ptr_null(ave_relay_find(f.net.relay, &client));
}
END_TEST

START_TEST(refresh_by_somebody_else_is_refused)
{
	rfc_allocated(&f, &client, 17);
	f.user = &f.bob;
	rfc_ask(&f, RFC_REFRESH);
	rfc_put_number(&f.w, RFC_LIFETIME, 0);
	ck_assert_int_eq(rfc_code(&f, &client), 441);
	ck_assert_ptr_nonnull(ave_relay_find(f.net.relay, &client));
}
END_TEST

static void add_allocate(TCase *tc)
{
	tcase_add_test(tc, allocate_gives_what_the_rfc_says);
	tcase_add_test(tc, lifetime_is_between_its_limits);
	tcase_add_loop_test(tc, lifetime_is_no_longer_than_the_token, 0, 2);
	tcase_add_test(tc, fingerprint_is_answered_with_one);
	tcase_add_test(tc, transport_is_needed_and_udp_or_tcp);
	tcase_add_test(tc, retransmission_gets_the_same_answer);
	tcase_add_test(tc, second_allocate_is_a_mismatch);
	tcase_add_test(tc, dont_fragment_is_not_understood);
	tcase_add_test(tc, even_port_is_even_and_the_next_one_kept);
	tcase_add_test(tc, even_port_alone_keeps_nothing);
	tcase_add_test(tc, reservation_lapses);
	tcase_add_test(tc, reservation_of_ipv6_is_found);
	tcase_add_test(tc, families_are_given_as_asked);
	tcase_add_test(tc, family_that_is_not_relayed_is_refused);
	tcase_add_test(tc, ipv6_alone_is_relayed_when_asked_for);
	tcase_add_loop_test(tc, contradictions_are_bad_requests, 0, 6);
	tcase_add_test(tc, quota_of_a_user_is_486);
	tcase_add_test(tc, shortage_names_another_member_or_is_508);
	tcase_add_test(tc, too_many_at_once_are_not_answered);
	tcase_add_test(tc, streams_that_allocate_too_often_are_told);
	tcase_add_test(tc, second_family_is_given_up_before_the_first);
	tcase_add_test(tc, tcp_addresses_are_for_streams_alone);
	tcase_add_test(tc, streams_have_udp_addresses_too);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("rfc_allocate");
	TCase *tc = tcase_create("allocate");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	add_allocate(tc);
	suite_add_tcase(s, tc);
	tc = tcase_create("refresh");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refresh_prolongs_and_ends);
	tcase_add_test(tc, allocation_that_is_not_refreshed_ends);
	tcase_add_test(tc, refresh_of_another_family_is_refused);
	tcase_add_test(tc, families_end_one_by_one);
	tcase_add_test(tc, refresh_by_somebody_else_is_refused);
	suite_add_tcase(s, tc);
	return s;
}
