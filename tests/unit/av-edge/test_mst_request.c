/* Errors: what strangers hear, what the known hear; AV 1.13. */
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/vector.h"
#include "tests/unit/av-edge/mst_world.h"

static struct mst_world w;
static struct mst_client c;

static void setup(void)
{
	mst_world_open(&w);
	mst_world_client(&w, &c, "alice", "198.51.100.7:40000");
}

static void teardown(void)
{
	mst_client_fini(&c);
	mst_world_close(&w);
}

START_TEST(hello_is_challenged_byte_for_byte)
{
	json_t *token = vector_load("av-token.json");
	json_t *udp = vector_load("av-msturn-libnice-udp.json");
	const char *nonce =
		vector_text(json_object_get(token, "nonce"), "text");
	struct edge_slice hello =
		vector_hex(vector_named(json_object_get(udp, "vectors"),
					"allocate-initial"),
			   "message");
	uint8_t want[92];
	struct edge_put p = edge_put(want, sizeof(want));

	/* 1.13: no reason text, no Alternate Server; the rest as recorded */
	edge_put_slice(&p, vector_bytes("01130048"
					"1112131415161718191a1b1c1d1e1f20"
					"000f000472c64bc68008000400000001"
					"000900040000040100140020"));
	edge_put_str(&p, nonce);
	edge_put_slice(&p, vector_bytes("00150008"));
	edge_put_str(&p, "rtcmedia");
	c.leg.client = mst_addr("198.51.100.7:5000"); /* as the nonce's */
	ck_assert(mst_world_give(&w, &c, hello));
	ck_assert(edge_slice_eq(mst_world_told(&w), edge_put_done(&p)));
	ck_assert_uint_eq(edge_slice_len(edge_put_done(&p)), 92);
	ck_assert_uint_eq(ave_relay_count(w.net.relay)->challenged, 1);
	json_decref(token);
	json_decref(udp);
}
END_TEST

/* A hello with so many bytes in an attribute that nobody knows. */
static struct edge_slice padded_hello(size_t more)
{
	static const uint8_t zeros[400];

	mst_client_begin(&c, MST_ALLOCATE);
	edge_put_u16(&c.w, 0xfff0);
	edge_put_u16(&c.w, (uint16_t)more);
	edge_put_slice(&c.w, edge_slice(zeros, more));
	return mst_client_end(&c);
}

START_TEST(shortest_hello_is_not_answered)
{
	struct edge_slice hello;
	struct mst_msg m;

	c.version = 0;
	hello = mst_client_hello(&c);
	ck_assert_uint_eq(edge_slice_len(hello), 28);
	ck_assert(mst_world_give(&w, &c, hello)); /* 84 would be three times */
	ck_assert(!mst_world_is_told(&w));
	ck_assert_uint_eq(mst_world_count(&w, AVE_TOO_LONG), 1);
	ck_assert_uint_eq(ave_relay_count(w.net.relay)->challenged, 0);
	m = mst_ask(&w, &c, padded_hello(1));
	ck_assert_uint_eq(edge_slice_len(m.raw), 84);
	ck_assert_uint_eq(m.v[MST_ERROR_CODE].number, 401);
	ck_assert(!mst_has(&m, MST_MS_VERSION));
	mst_world_stream(&c);
	mst_expect_challenge(&w, &c, mst_client_hello(&c), 401, true);
}
END_TEST

/* Whatever is said of the pool, and however long its realm is. */
START_TEST(answer_is_at_most_2_6_times_the_request)
{
	unsigned answers = 0;
	struct mst_msg m;

	w.net.view.limits[AVE_LIMIT_CHALLENGE_RATE] = 1000;
	w.net.view.names_members = true;
	w.net.view.ms_version = 4;
	if (_i)
		memset(w.net.view.realm, 'r', AVE_REALM_MAX);
	for (size_t more = 0; more < 100; more++) {
		const struct edge_slice hello = padded_hello(more);

		ck_assert(mst_world_give(&w, &c, hello));
		if (!mst_world_is_told(&w))
			continue;
		answers++;
		ck_assert_uint_le(edge_slice_len(mst_world_told(&w)) * 10,
				  edge_slice_len(hello) * 26);
	}
	/* the least answer of 84 bytes wants 33, that of 204 wants 79; a hello
	 * has 32 and its padding */
	ck_assert_uint_eq(answers, _i ? 53 : 99);
	ck_assert_uint_eq(mst_world_count(&w, AVE_TOO_LONG), _i ? 47 : 1);
	m = mst_ask(&w, &c, padded_hello(99));
	ck_assert(mst_has(&m, MST_ALTERNATE_SERVER));
	ck_assert(mst_has(&m, MST_MS_VERSION));
	mst_world_stream(&c);
	mst_expect_challenge(&w, &c, mst_client_hello(&c), 401, true);
}
END_TEST

START_TEST(alternate_server_is_left_out_before_the_version)
{
	struct mst_msg m;

	w.net.view.names_members = true;
	m = mst_ask(&w, &c, mst_client_hello(&c)); /* 36 bytes get 92 of 104 */
	ck_assert(!mst_has(&m, MST_ALTERNATE_SERVER));
	ck_assert(mst_has(&m, MST_MS_VERSION));
	c.lifetime_s = 600;
	m = mst_ask(&w, &c, mst_client_hello(&c));
	ck_assert(mst_has(&m, MST_ALTERNATE_SERVER));
}
END_TEST

START_TEST(pool_names_the_member_that_answers)
{
	struct mst_msg m;

	w.net.view.names_members = true;
	c.lifetime_s = 600; /* longer, and its answer with it */
	m = mst_ask(&w, &c, mst_client_hello(&c));
	ck_assert(edge_addr_eq(&m.v[MST_ALTERNATE_SERVER].addr,
			       &w.net.view.server_udp[AVE_OUTSIDE]));
	mst_world_stream(&c);
	m = mst_ask(&w, &c, mst_client_hello(&c));
	ck_assert(edge_addr_eq(&m.v[MST_ALTERNATE_SERVER].addr,
			       &w.net.view.server_tcp[AVE_OUTSIDE]));
	c.leg.side = AVE_INSIDE;
	m = mst_ask(&w, &c, mst_client_hello(&c));
	ck_assert(edge_addr_eq(&m.v[MST_ALTERNATE_SERVER].addr,
			       &w.net.view.server_tcp[AVE_INSIDE]));
	w.net.view.server_tcp[AVE_INSIDE].family = 0;
	m = mst_ask(&w, &c, mst_client_hello(&c));
	ck_assert(!mst_has(&m, MST_ALTERNATE_SERVER));
}
END_TEST

START_TEST(member_is_named_to_clients_of_its_family_only)
{
	struct mst_msg m;

	w.net.view.names_members = true;
	c.leg.client = mst_addr("[2001:db8:7::7]:40000");
	m = mst_ask(&w, &c, mst_client_hello(&c));
	ck_assert(!mst_has(&m, MST_ALTERNATE_SERVER));
	w.net.view.server_tcp[AVE_OUTSIDE] = mst_addr("[2001:db8::21]:443");
	mst_world_stream(&c);
	m = mst_ask(&w, &c, mst_client_hello(&c));
	ck_assert(edge_addr_eq(&m.v[MST_ALTERNATE_SERVER].addr,
			       &w.net.view.server_tcp[AVE_OUTSIDE]));
	/* both families, and the client has one */
	w.net.view.server_tcp[AVE_OUTSIDE] = mst_addr("198.51.100.21:443");
	w.net.view.server6_tcp[AVE_OUTSIDE] = mst_addr("[2001:db8::21]:443");
	m = mst_ask(&w, &c, mst_client_hello(&c));
	ck_assert(edge_addr_eq(&m.v[MST_ALTERNATE_SERVER].addr,
			       &w.net.view.server6_tcp[AVE_OUTSIDE]));
}
END_TEST

START_TEST(only_a_401_names_the_member)
{
	struct mst_msg m;

	w.net.view.names_members = true;
	mst_say_hello(&w, &c);
	memset(c.nonce, 'A', MRAS_NONCE_LEN);
	m = mst_ask(&w, &c, mst_client_allocate(&c));
	ck_assert_uint_eq(m.v[MST_ERROR_CODE].number, 438);
	ck_assert(!mst_has(&m, MST_ALTERNATE_SERVER));
}
END_TEST

START_TEST(proposed_realm_is_not_taken)
{
	struct mst_msg m;

	mst_client_begin(&c, MST_ALLOCATE);
	mst_put_bytes(&c.w, MST_REALM, edge_slice_str("other"));
	m = mst_ask(&w, &c, mst_client_end(&c));
	ck_assert(edge_slice_eq_str(m.v[MST_REALM].bytes, "rtcmedia"));
}
END_TEST

START_TEST(strangers_are_answered_at_a_limited_rate)
{
	unsigned answers = 0;

	for (int i = 0; i < 30; i++) {
		ck_assert(mst_world_give(&w, &c, mst_client_hello(&c)));
		answers += mst_world_is_told(&w);
	}
	ck_assert_uint_eq(answers, w.net.view.limits[AVE_LIMIT_CHALLENGE_RATE]);
	ck_assert_uint_eq(mst_world_count(&w, AVE_RATE), 30 - answers);
	fake_net_pass(&w.net, 1000);
	(void)mst_ask(&w, &c, mst_client_hello(&c));
}
END_TEST

START_TEST(broken_attribute_is_400)
{
	static const uint8_t zeros[200];
	static const struct {
		enum mst_attr attr;
		size_t len;
	} rows[] = {{MST_LIFETIME, 3},
		    {MST_DESTINATION, 7},
		    {MST_NONCE, 129},
		    {MST_REALM, 129},
		    {MST_INTEGRITY, 21}};

	mst_client_begin(&c, MST_ALLOCATE);
	mst_put_u32(&c.w, MST_MS_VERSION, 1);
	mst_put_bytes(&c.w, rows[_i].attr, edge_slice(zeros, rows[_i].len));
	mst_expect_challenge(&w, &c, mst_client_end(&c), 400, false);
	ck_assert_uint_eq(mst_world_count(&w, AVE_MALFORMED), 1);
}
END_TEST

START_TEST(username_that_is_too_long_is_436)
{
	static const uint8_t name[513];

	mst_client_begin(&c, MST_ALLOCATE);
	mst_put_bytes(&c.w, MST_USERNAME, edge_slice(name, sizeof(name)));
	mst_expect_challenge(&w, &c, mst_client_sign(&c), 436, true);
}
END_TEST

START_TEST(unknown_mandatory_attribute_is_420_with_a_list)
{
	struct mst_msg m;

	mst_say_hello(&w, &c);
	mst_client_begin(&c, MST_ALLOCATE);
	edge_put_u32(&c.w, 0x70010000);
	edge_put_u32(&c.w, 0x00240002);
	edge_put_u16(&c.w, 0);
	mst_client_put_login(&c);
	m = mst_expect_refusal(&w, &c, mst_client_sign(&c), 420);
	ck_assert_uint_eq(edge_slice_len(m.v[MST_UNKNOWN].bytes), 4);
	ck_assert_mem_eq(m.v[MST_UNKNOWN].bytes.p, "\x70\x01\x00\x24", 4);
	ck_assert_uint_eq(mst_live(&w), 0);
}
END_TEST

static void expect_shortage(enum ave_reason why)
{
	struct edge_addr members[] = {mst_addr("[2001:db8::77]:3478"),
				      mst_addr("192.0.2.77:3478")};
	struct mst_msg m;

	mst_say_hello(&w, &c);
	(void)mst_expect_refusal(&w, &c, mst_client_allocate(&c), 500);
	ck_assert_uint_eq(mst_world_count(&w, why), 1);
	w.net.view.members = members;
	w.net.view.member_count = 2;
	m = mst_expect_refusal(&w, &c, mst_client_allocate(&c), 300);
	ck_assert(edge_addr_eq(&m.v[MST_ALTERNATE_SERVER].addr, &members[1]));
	ck_assert(
		edge_slice_eq_str(m.v[MST_ERROR_CODE].bytes, "Try Alternate"));
	w.net.view.members = NULL;
	w.net.view.member_count = 0;
}

START_TEST(draining_member_names_another)
{
	w.net.view.is_draining = true;
	expect_shortage(AVE_DRAINING);
}
END_TEST

START_TEST(full_table_names_another)
{
	w.net.view.limits[AVE_LIMIT_ALLOCATIONS] = 0;
	expect_shortage(AVE_TABLE_FULL);
}
END_TEST

START_TEST(user_with_enough_is_sent_away)
{
	w.net.view.limits[AVE_LIMIT_ALLOCATIONS_PER_USER] = 0;
	expect_shortage(AVE_USER_LIMIT);
}
END_TEST

START_TEST(source_with_enough_is_sent_away)
{
	w.net.view.limits[AVE_LIMIT_ALLOCATIONS_PER_SOURCE] = 0;
	expect_shortage(AVE_SOURCE_LIMIT);
}
END_TEST

START_TEST(member_without_a_socket_names_another)
{
	w.net.open_err = EDGE_ESYS;
	w.net.open_failures = 1000;
	expect_shortage(AVE_NO_SOCKET);
}
END_TEST

START_TEST(what_is_wrong_inside_is_500_whoever_else_there_is)
{
	struct edge_addr member = mst_addr("192.0.2.77:3478");

	w.net.view.members = &member;
	w.net.view.member_count = 1;
	w.net.open_err = EDGE_ENOMEM;
	w.net.open_failures = 1;
	mst_say_hello(&w, &c);
	(void)mst_expect_refusal(&w, &c, mst_client_allocate(&c), 500);
	ck_assert_uint_eq(mst_world_count(&w, AVE_INTERNAL), 1);
	(void)mst_expect_success(&w, &c, mst_client_allocate(&c));
}
END_TEST

START_TEST(tuple_of_the_other_dialect_is_500)
{
	static const struct ave_dialect rfc = {.name = "TURN"};
	const struct ave_grant grant = {.outside = true};
	const struct ave_want want = {.v4 = true};
	struct ave_alloc *a;

	ck_assert_int_eq(ave_relay_allocate(&a, w.net.relay, &c.leg, &rfc,
					    &grant, &want),
			 AVE_FINE);
	mst_say_hello(&w, &c);
	(void)mst_expect_refusal(&w, &c, mst_client_allocate(&c), 500);
	ck_assert_uint_eq(mst_world_count(&w, AVE_OTHER_DIALECT), 1);
	ck_assert(ave_relay_find(w.net.relay, &c.leg) == a);
}
END_TEST

START_TEST(members_are_named_in_turn)
{
	struct edge_addr members[3];
	unsigned seen = 0;

	for (int i = 0; i < 3; i++)
		members[i] = fake_addr("192.0.2.77", (uint16_t)(3478 + i));
	w.net.view.is_draining = true;
	w.net.view.members = members;
	w.net.view.member_count = 3;
	mst_say_hello(&w, &c);
	for (int i = 0; i < 3; i++) {
		struct mst_msg m = mst_expect_refusal(
			&w, &c, mst_client_allocate(&c), 300);

		seen |= 1u << (m.v[MST_ALTERNATE_SERVER].addr.port - 3478);
	}
	ck_assert_uint_eq(seen, 7);
}
END_TEST

START_TEST(stream_is_sent_to_the_port_of_streams)
{
	struct edge_addr member = mst_addr("192.0.2.77:3478");
	struct mst_msg m;

	w.net.view.is_draining = true;
	w.net.view.members = &member;
	w.net.view.member_count = 1;
	mst_world_stream(&c);
	mst_say_hello(&w, &c);
	m = mst_expect_refusal(&w, &c, mst_client_allocate(&c), 300);
	ck_assert_uint_eq(m.v[MST_ALTERNATE_SERVER].addr.port, 443);
}
END_TEST

START_TEST(client_inside_is_not_sent_outside)
{
	struct edge_addr member = mst_addr("192.0.2.77:3478");

	w.net.view.is_draining = true;
	w.net.view.members = &member;
	w.net.view.member_count = 1;
	mst_client_fini(&c);
	mst_client_init(&c, &w.ring, "alice", MRAS_INTRANET, w.net.wall_s);
	c.leg = (struct ave_leg){.client = mst_addr("10.20.30.5:40000"),
				 .server = mst_addr("172.16.20.21:3478"),
				 .side = AVE_INSIDE};
	mst_say_hello(&w, &c);
	(void)mst_expect_refusal(&w, &c, mst_client_allocate(&c), 500);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mst_request");
	TCase *tc;

	tc = tcase_create("errors");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, hello_is_challenged_byte_for_byte);
	tcase_add_test(tc, shortest_hello_is_not_answered);
	tcase_add_loop_test(tc, answer_is_at_most_2_6_times_the_request, 0, 2);
	tcase_add_test(tc, alternate_server_is_left_out_before_the_version);
	tcase_add_test(tc, pool_names_the_member_that_answers);
	tcase_add_test(tc, member_is_named_to_clients_of_its_family_only);
	tcase_add_test(tc, only_a_401_names_the_member);
	tcase_add_test(tc, proposed_realm_is_not_taken);
	tcase_add_test(tc, strangers_are_answered_at_a_limited_rate);
	tcase_add_loop_test(tc, broken_attribute_is_400, 0, 5);
	tcase_add_test(tc, username_that_is_too_long_is_436);
	tcase_add_test(tc, unknown_mandatory_attribute_is_420_with_a_list);
	tcase_add_test(tc, draining_member_names_another);
	tcase_add_test(tc, full_table_names_another);
	tcase_add_test(tc, user_with_enough_is_sent_away);
	tcase_add_test(tc, source_with_enough_is_sent_away);
	tcase_add_test(tc, member_without_a_socket_names_another);
	tcase_add_test(tc, what_is_wrong_inside_is_500_whoever_else_there_is);
	tcase_add_test(tc, tuple_of_the_other_dialect_is_500);
	tcase_add_test(tc, members_are_named_in_turn);
	tcase_add_test(tc, stream_is_sent_to_the_port_of_streams);
	tcase_add_test(tc, client_inside_is_not_sent_outside);
	suite_add_tcase(s, tc);
	return s;
}
