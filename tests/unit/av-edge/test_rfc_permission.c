/* CreatePermission, ChannelBind, Send; RFC 8656 §10-12. */
#include <string.h>

#include "av-edge/allocation.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/rfc_fixture.h"

static struct rfc_fixture f;
static struct ave_leg client;
static struct edge_addr relayed, peer, other, six;

static void setup(void)
{
	rfc_fixture_init(&f);
	client = fake_client("198.51.100.7", 40000);
	peer = fake_addr("198.51.100.99", 5000);
	other = fake_addr("198.51.100.98", 5000);
	six = fake_addr("2001:db8:7::9", 5000);
	relayed = rfc_allocated(&f, &client, 17);
}

static void teardown(void)
{
	rfc_fixture_fini(&f);
}

static void from(const struct edge_addr *who, const char *what)
{
	fake_net_clear(&f.net);
	fake_net_peer(&f.net, &relayed, who, edge_slice_str(what));
}

static bool comes_in(const struct edge_addr *who)
{
	from(who, "hello");
	return fake_net_count(&f.net, FAKE_TO_CLIENT) == 1;
}

/* ---- CreatePermission ---- */

START_TEST(permission_is_for_an_ip_and_300_s)
{
	struct edge_addr same_ip = peer;

	ck_assert(!comes_in(&peer));
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_NO_PERMISSION), 1);
	ck_assert_int_eq(rfc_permit(&f, &client, &peer), 0);
	same_ip.port = 7;
	ck_assert(comes_in(&same_ip));
	ck_assert(!comes_in(&other));
	fake_net_pass(&f.net, 299000);
	ck_assert(comes_in(&peer));
	fake_net_pass(&f.net, 2000);
	ck_assert(!comes_in(&peer));
}
END_TEST

START_TEST(permission_needs_no_port)
{
	struct edge_addr any = peer, low = other;

	any.port = 0;
	low.port = 22;
	ck_assert_int_eq(rfc_permit(&f, &client, &any), 0);
	ck_assert_int_eq(rfc_permit(&f, &client, &low), 0);
	ck_assert(comes_in(&peer));
	ck_assert(comes_in(&other));
}
END_TEST

START_TEST(permissions_are_given_all_or_none)
{
	struct edge_addr bad = fake_addr("10.1.2.3", 5000);

	rfc_ask(&f, RFC_CREATE_PERMISSION);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &peer);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &bad);
	ck_assert_int_eq(rfc_code(&f, &client), 403);
	ck_assert(!comes_in(&peer));
	rfc_ask(&f, RFC_CREATE_PERMISSION);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &peer);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &six);
	ck_assert_int_eq(rfc_code(&f, &client), 443);
	ck_assert(!comes_in(&peer));
	rfc_ask(&f, RFC_CREATE_PERMISSION);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &peer);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &other);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	ck_assert(comes_in(&peer));
	ck_assert(comes_in(&other));
}
END_TEST

START_TEST(permission_needs_a_peer)
{
	rfc_ask(&f, RFC_CREATE_PERMISSION);
	ck_assert_int_eq(rfc_code(&f, &client), 400);
}
END_TEST

static const char *const denied[] = {
	/* AV 6.4 */
	"127.0.0.1",  "0.0.0.0",      "169.254.169.254",
	"10.0.0.1",   "172.16.20.21", "192.168.1.1",
	"100.64.0.1", "224.0.0.1",    "255.255.255.255",
};

START_TEST(denied_peers_are_403)
{
	struct edge_addr bad = fake_addr(denied[_i], 5000);

	ck_assert_int_eq(rfc_permit(&f, &client, &bad), 403);
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4000, &bad), 403);
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_PEER_DENIED), 2);
}
END_TEST

START_TEST(relayed_address_is_no_peer_of_its_own)
{
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4000, &relayed), 403);
}
END_TEST

START_TEST(permissions_have_a_cap)
{
	f.net.view.limits[AVE_LIMIT_PERMISSIONS] = 2;
	ck_assert_int_eq(rfc_permit(&f, &client, &peer), 0);
	ck_assert_int_eq(rfc_permit(&f, &client, &other), 0);
	ck_assert_int_eq(rfc_permit(&f, &client, &peer), 0);
	other = fake_addr("198.51.100.97", 1024);
	ck_assert_int_eq(rfc_permit(&f, &client, &other), 508);
}
END_TEST

START_TEST(permissions_past_the_cap_are_none)
{
	struct edge_addr third = fake_addr("198.51.100.97", 1024);

	f.net.view.limits[AVE_LIMIT_PERMISSIONS] = 2;
	rfc_ask(&f, RFC_CREATE_PERMISSION);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &peer);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &other);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &third);
	ck_assert_int_eq(rfc_code(&f, &client), 508);
	ck_assert(!comes_in(&peer));
	ck_assert(!comes_in(&other));
	/* a name twice is one, and who has a place needs no other */
	rfc_ask(&f, RFC_CREATE_PERMISSION);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &peer);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &other);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &peer);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	rfc_ask(&f, RFC_CREATE_PERMISSION);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &other);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &peer);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	/* whose time is over leaves its place */
	fake_net_pass(&f.net, 301000);
	rfc_ask(&f, RFC_CREATE_PERMISSION);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &third);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &peer);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
}
END_TEST

/* ---- ChannelBind ---- */

static void say_channel(uint16_t channel, const char *text)
{
	uint8_t buf[128];
	size_t len = strlen(text);

	rfc_channel_head(buf, channel, len);
	memcpy(buf + RFC_CHANNEL_HEAD, text, len);
	fake_net_clear(&f.net);
	fake_net_datagram(&f.net, &client,
			  edge_slice(buf, RFC_CHANNEL_HEAD + len));
}

START_TEST(channel_carries_both_ways)
{
	const struct fake_sent *s;

	ck_assert_int_eq(rfc_bind(&f, &client, 0x4000, &peer), 0);
	say_channel(0x4000, "hello");
	s = fake_net_last(&f.net, FAKE_TO_PEER);
	ck_assert(edge_addr_eq(&s->to, &peer));
	ck_assert_uint_eq(s->at.port, relayed.port);
	ck_assert_uint_eq(s->len, 5);
	ck_assert_mem_eq(s->bytes, "hello", 5);
	from(&peer, "world");
	s = fake_net_last(&f.net, FAKE_TO_CLIENT);
	ck_assert_uint_eq(s->len, 9); /* no padding in datagrams */
	ck_assert_mem_eq(s->bytes, "\x40\0\0\5world", 9);
}
END_TEST

START_TEST(channel_gives_a_permission)
{
	struct edge_addr same_ip = peer;

	same_ip.port = 7;
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4000, &peer), 0);
	ck_assert(comes_in(&same_ip));
	ck_assert_uint_eq(fake_net_last(&f.net, FAKE_TO_CLIENT)->bytes[0], 0);
}
END_TEST

START_TEST(channel_lasts_600_s_and_its_permission_300)
{
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4000, &peer), 0);
	fake_net_pass(&f.net, 301000);
	ck_assert(!comes_in(&peer));
	say_channel(0x4000, "x");
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_TO_PEER), 1);
	ck_assert_int_eq(rfc_permit(&f, &client, &peer), 0);
	from(&peer, "x");
	ck_assert_uint_eq(fake_net_last(&f.net, FAKE_TO_CLIENT)->bytes[0],
			  0x40);
	rfc_ask(&f, RFC_REFRESH);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	fake_net_pass(&f.net, 300000);
	say_channel(0x4000, "x");
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_TO_PEER), 0);
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_NO_CHANNEL), 1);
	/* bound otherwise when it is free again */
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4000, &other), 0);
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4001, &peer), 0);
	say_channel(0x4001, "x");
	ck_assert(
		edge_addr_eq(&fake_net_last(&f.net, FAKE_TO_PEER)->to, &peer));
}
END_TEST

START_TEST(channel_is_prolonged_by_binding_again)
{
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4000, &peer), 0);
	fake_net_pass(&f.net, 500000);
	rfc_ask(&f, RFC_REFRESH);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4000, &peer), 0);
	fake_net_pass(&f.net, 500000);
	say_channel(0x4000, "x");
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_TO_PEER), 1);
}
END_TEST

START_TEST(channel_and_peer_belong_together)
{
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4000, &peer), 0);
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4000, &other), 400);
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4001, &peer), 400);
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_CHANNEL_TAKEN), 2);
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4001, &other), 0);
}
END_TEST

START_TEST(channel_numbers_have_a_range)
{
	static const struct {
		uint16_t channel;
		int code;
	} rows[] = {{0x3fff, 400}, {0x4000, 0},	  {0x4ffe, 0}, {0x7ffe, 0},
		    {0x7fff, 400}, {0x8000, 400}, {0, 400},    {0xffff, 400}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		other.port = (uint16_t)(6000 + i);
		ck_assert_int_eq(rfc_bind(&f, &client, rows[i].channel, &other),
				 rows[i].code);
	}
}
END_TEST

START_TEST(channel_bind_needs_both)
{
	rfc_ask(&f, RFC_CHANNEL_BIND);
	rfc_put_number(&f.w, RFC_CHANNEL_NUMBER, 0x4000);
	ck_assert_int_eq(rfc_code(&f, &client), 400);
	rfc_ask(&f, RFC_CHANNEL_BIND);
	rfc_put_addr(&f.w, RFC_XOR_PEER, &peer);
	ck_assert_int_eq(rfc_code(&f, &client), 400);
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4000, &six), 443);
}
END_TEST

START_TEST(channels_have_a_cap)
{
	f.net.view.limits[AVE_LIMIT_CHANNELS] = 1;
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4000, &peer), 0);
	ck_assert_int_eq(rfc_bind(&f, &client, 0x4001, &other), 508);
}
END_TEST

START_TEST(tcp_allocations_have_no_channels)
{
	struct ave_leg stream = fake_stream("198.51.100.7", 40001);

	rfc_allocated(&f, &stream, 6);
	ck_assert_int_eq(rfc_bind(&f, &stream, 0x4000, &peer), 400);
}
END_TEST

/* ---- Send ---- */

static void begin_send(const struct edge_addr *to)
{
	f.w = edge_put(f.buf, sizeof(f.buf));
	rfc_begin(&f.w, RFC_SEND, RFC_INDICATION,
		  edge_slice(f.tid, RFC_TID_LEN));
	if (to)
		rfc_put_addr(&f.w, RFC_XOR_PEER, to);
}

static void send_to(const struct edge_addr *to, const char *text)
{
	begin_send(to);
	rfc_put_bytes(&f.w, RFC_DATA, edge_slice_str(text));
	ck_assert_ptr_null(rfc_say(&f, &client));
}

START_TEST(send_goes_where_there_is_a_permission)
{
	const struct fake_sent *s;

	send_to(&peer, "hello");
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_TO_PEER), 0);
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_NO_PERMISSION), 1);
	ck_assert_int_eq(rfc_permit(&f, &client, &peer), 0);
	send_to(&peer, "hello");
	s = fake_net_last(&f.net, FAKE_TO_PEER);
	ck_assert(edge_addr_eq(&s->to, &peer));
	ck_assert_uint_eq(s->len, 5);
	ck_assert_mem_eq(s->bytes, "hello", 5);
	send_to(&peer, "");
	ck_assert_uint_eq(fake_net_last(&f.net, FAKE_TO_PEER)->len, 0);
}
END_TEST

START_TEST(send_prolongs_no_permission)
{
	ck_assert_int_eq(rfc_permit(&f, &client, &peer), 0);
	fake_net_pass(&f.net, 200000);
	send_to(&peer, "x");
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_TO_PEER), 1);
	fake_net_pass(&f.net, 101000);
	send_to(&peer, "x");
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_TO_PEER), 0);
}
END_TEST

START_TEST(broken_sends_are_dropped)
{
	ck_assert_int_eq(rfc_permit(&f, &client, &peer), 0);
	begin_send(&peer);
	ck_assert_ptr_null(rfc_say(&f, &client));
	begin_send(NULL);
	rfc_put_bytes(&f.w, RFC_DATA, edge_slice_str("x"));
	ck_assert_ptr_null(rfc_say(&f, &client));
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_MALFORMED), 2);
	begin_send(&peer);
	edge_put_u32(&f.w, 0x001a0000); /* DONT-FRAGMENT */
	rfc_put_bytes(&f.w, RFC_DATA, edge_slice_str("x"));
	ck_assert_ptr_null(rfc_say(&f, &client));
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_UNKNOWN_ATTR), 1);
	client.client.port++;
	begin_send(&peer);
	rfc_put_bytes(&f.w, RFC_DATA, edge_slice_str("x"));
	ck_assert_ptr_null(rfc_say(&f, &client));
	ck_assert_uint_eq(fake_net_reasons(&f.net, AVE_NO_ALLOCATION), 1);
	ck_assert_uint_eq(fake_net_count(&f.net, FAKE_TO_PEER), 0);
}
END_TEST

static void add_channels(Suite *s)
{
	TCase *tc = tcase_create("channels");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, channel_carries_both_ways);
	tcase_add_test(tc, channel_gives_a_permission);
	tcase_add_test(tc, channel_lasts_600_s_and_its_permission_300);
	tcase_add_test(tc, channel_is_prolonged_by_binding_again);
	tcase_add_test(tc, channel_and_peer_belong_together);
	tcase_add_test(tc, channel_numbers_have_a_range);
	tcase_add_test(tc, channel_bind_needs_both);
	tcase_add_test(tc, channels_have_a_cap);
	tcase_add_test(tc, tcp_allocations_have_no_channels);
	suite_add_tcase(s, tc);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("rfc_permission");
	TCase *tc = tcase_create("permissions");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, permission_is_for_an_ip_and_300_s);
	tcase_add_test(tc, permission_needs_no_port);
	tcase_add_test(tc, permissions_are_given_all_or_none);
	tcase_add_test(tc, permission_needs_a_peer);
	tcase_add_loop_test(tc, denied_peers_are_403, 0,
			    sizeof(denied) / sizeof(denied[0]));
	tcase_add_test(tc, relayed_address_is_no_peer_of_its_own);
	tcase_add_test(tc, permissions_have_a_cap);
	tcase_add_test(tc, permissions_past_the_cap_are_none);
	suite_add_tcase(s, tc);
	add_channels(s);
	tc = tcase_create("send");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, send_goes_where_there_is_a_permission);
	tcase_add_test(tc, send_prolongs_no_permission);
	tcase_add_test(tc, broken_sends_are_dropped);
	suite_add_tcase(s, tc);
	return s;
}
