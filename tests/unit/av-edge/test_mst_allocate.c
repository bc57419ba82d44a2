/* Allocate in all its branches: AV 1.13 and 1.14 row by row. */
#include <string.h>

#include "tests/support/suite.h"
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

static uint32_t live(void)
{
	return ave_relay_count(w.relay)->allocations;
}

/* What the server says to it, decoded. */
static struct mst_msg ask(struct edge_slice request)
{
	ck_assert(mst_world_give(&w, &c, request));
	return mst_world_answer(&w);
}

static bool is_signed(const struct mst_msg *m)
{
	return m->integrity_at != 0;
}

/* An error without integrity; with_login: with nonce and realm too. */
static void expect_challenge(struct edge_slice request, unsigned code,
			     bool with_login)
{
	struct mst_msg m = ask(request);

	ck_assert_uint_eq(m.type, MST_ALLOCATE_ERROR);
	ck_assert_uint_eq(m.v[MST_ERROR_CODE].number, code);
	ck_assert_uint_eq(edge_slice_len(m.v[MST_ERROR_CODE].bytes), 0);
	ck_assert(!is_signed(&m));
	ck_assert_int_eq(mst_has(&m, MST_NONCE), with_login);
	ck_assert_int_eq(mst_has(&m, MST_REALM), with_login);
	ck_assert(mst_has(&m, MST_MS_VERSION));
	ck_assert_uint_eq(live(), 0);
}

/* An error that its key fits. */
static struct mst_msg expect_refusal(struct edge_slice request, unsigned code)
{
	struct mst_msg m = ask(request);

	ck_assert_uint_eq(m.type, MST_ALLOCATE_ERROR);
	ck_assert_uint_eq(m.v[MST_ERROR_CODE].number, code);
	ck_assert(mst_mac_fits(c.mac, &m));
	ck_assert(!mst_has(&m, MST_NONCE));
	return m;
}

static struct mst_msg expect_success(struct edge_slice request)
{
	struct mst_msg m = ask(request);

	ck_assert_uint_eq(m.type, MST_ALLOCATE_OK);
	ck_assert(mst_mac_fits(c.mac, &m));
	return m;
}

static void say_hello(void)
{
	struct mst_msg m = ask(mst_client_hello(&c));

	mst_client_learn(&c, &m);
}

static struct mst_msg allocate(void)
{
	struct mst_msg m;

	say_hello();
	m = expect_success(mst_client_allocate(&c));
	mst_client_learn(&c, &m);
	return m;
}

/* ---- without integrity ---- */

START_TEST(hello_is_challenged_byte_for_byte)
{
	json_t *token = vector_load("av-token.json");
	json_t *udp = vector_load("av-msturn-libnice-udp.json");
	const char *nonce = vector_text(json_object_get(token, "nonce"), "text");
	struct edge_slice hello = vector_hex(
		vector_named(json_object_get(udp, "vectors"),
			     "allocate-initial"),
		"message");
	uint8_t want[92];
	struct edge_put p = edge_put(want, sizeof(want));

	/* 1.13: no reason text, no Alternate Server; the rest as recorded */
	edge_put_slice(&p, vector_bytes("01130048"
					"1112131415161718191a1b1c1d1e1f20"
					"000f000472c64bc68008000400000001"
					"00090004000004010014002"
					"0"));
	edge_put_str(&p, nonce);
	edge_put_slice(&p, vector_bytes("00150008"));
	edge_put_str(&p, "rtcmedia");
	ck_assert(mst_world_give(&w, &c, hello));
	ck_assert(edge_slice_eq(mst_world_told(&w), edge_put_done(&p)));
	ck_assert_uint_eq(edge_slice_len(edge_put_done(&p)), 92);
	ck_assert_uint_eq(ave_relay_count(w.relay)->challenged, 1);
	json_decref(token);
	json_decref(udp);
}
END_TEST

START_TEST(shortest_hello_gets_at_most_three_times_its_bytes)
{
	struct edge_slice hello;

	c.version = 0;
	hello = mst_client_hello(&c);
	ck_assert_uint_eq(edge_slice_len(hello), 28);
	ck_assert(mst_world_give(&w, &c, hello));
	ck_assert_uint_eq(edge_slice_len(mst_world_told(&w)), 84);
}
END_TEST

START_TEST(pool_names_the_member_that_answers)
{
	struct mst_msg m;

	w.view.names_members = true;
	m = ask(mst_client_hello(&c));
	ck_assert(edge_addr_eq(&m.v[MST_ALTERNATE_SERVER].addr,
			       &w.view.server_udp[AVE_OUTSIDE]));
	c.leg.transport = AVE_TCP;
	m = ask(mst_client_hello(&c));
	ck_assert(edge_addr_eq(&m.v[MST_ALTERNATE_SERVER].addr,
			       &w.view.server_tcp[AVE_OUTSIDE]));
	c.leg.side = AVE_INSIDE;
	m = ask(mst_client_hello(&c));
	ck_assert(edge_addr_eq(&m.v[MST_ALTERNATE_SERVER].addr,
			       &w.view.server_tcp[AVE_INSIDE]));
	w.view.server_tcp[AVE_INSIDE].family = 0;
	m = ask(mst_client_hello(&c));
	ck_assert(!mst_has(&m, MST_ALTERNATE_SERVER));
}
END_TEST

START_TEST(only_a_401_names_the_member)
{
	w.view.names_members = true;
	say_hello();
	memset(c.nonce, 'A', MRAS_NONCE_LEN);
	ck_assert(!mst_has(&(struct mst_msg[1]){[0] = ask(mst_client_allocate(
							 &c))}[0],
			   MST_ALTERNATE_SERVER));
}
END_TEST

START_TEST(proposed_realm_is_not_taken)
{
	struct mst_msg m;

	mst_client_begin(&c, MST_ALLOCATE);
	mst_put_bytes(&c.w, MST_REALM, edge_slice_str("other"));
	m = ask(mst_client_end(&c));
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
	ck_assert_uint_eq(answers, w.view.limits[AVE_LIMIT_CHALLENGE_RATE]);
	ck_assert_uint_eq(mst_world_count(&w, AVE_RATE), 30 - answers);
	mst_world_wait(&w, 1000);
	(void)ask(mst_client_hello(&c));
}
END_TEST

/* ---- the checks in their order ---- */

START_TEST(missing_username_is_432)
{
	mst_client_begin(&c, MST_ALLOCATE);
	mst_put_bytes(&c.w, MST_REALM, edge_slice_str("wrong"));
	expect_challenge(mst_client_sign(&c), 432, true);
	ck_assert_uint_eq(mst_world_count(&w, AVE_NO_USERNAME), 1);
}
END_TEST

static struct edge_slice with(const char *realm, const char *nonce)
{
	mst_client_begin(&c, MST_ALLOCATE);
	mst_put_bytes(&c.w, MST_USERNAME,
		      edge_slice(c.ticket.username, MRAS_TOKEN_LEN));
	if (realm)
		mst_put_bytes(&c.w, MST_REALM, edge_slice_str(realm));
	if (nonce)
		mst_put_bytes(&c.w, MST_NONCE, edge_slice_str(nonce));
	return mst_client_sign(&c);
}

START_TEST(missing_or_other_realm_is_434)
{
	expect_challenge(with(NULL, NULL), 434, true);
	expect_challenge(with("other", NULL), 434, true);
	ck_assert_uint_eq(mst_world_count(&w, AVE_NO_REALM), 2);
}
END_TEST

START_TEST(missing_nonce_is_435)
{
	c.ticket.username[20] ^= 1; /* not looked at yet */
	expect_challenge(with("rtcmedia", NULL), 435, true);
}
END_TEST

START_TEST(foreign_nonce_is_438)
{
	c.ticket.username[20] ^= 1; /* not looked at yet */
	expect_challenge(with("rtcmedia", "0123456789abcdef0123456789abcdef"),
			 438, true);
	expect_challenge(with("rtcmedia", "short"), 438, true);
	say_hello();
	c.leg.client = mst_addr("198.51.100.8:40000"); /* another's nonce */
	expect_challenge(with("rtcmedia", c.nonce), 438, true);
}
END_TEST

START_TEST(expired_nonce_is_438_and_its_fresh_one_works)
{
	struct mst_msg m;

	say_hello();
	mst_world_wait(&w, 601 * 1000);
	m = ask(mst_client_allocate(&c));
	ck_assert_uint_eq(m.v[MST_ERROR_CODE].number, 438);
	mst_client_learn(&c, &m);
	(void)expect_success(mst_client_allocate(&c));
}
END_TEST

START_TEST(nonce_counts_for_its_time_and_any_port)
{
	say_hello();
	mst_world_wait(&w, 600 * 1000);
	c.leg.client.port++;
	(void)expect_success(mst_client_allocate(&c));
}
END_TEST

START_TEST(bad_token_is_436)
{
	say_hello();
	c.ticket.username[20] ^= 1;
	expect_challenge(mst_client_allocate(&c), 436, true);
	ck_assert_uint_eq(mst_world_count(&w, AVE_BAD_TOKEN), 1);
}
END_TEST

START_TEST(expired_token_is_436)
{
	mst_world_wait(&w, (28800 + 300) * 1000ull);
	say_hello();
	expect_challenge(mst_client_allocate(&c), 436, true);
	ck_assert_uint_eq(mst_world_count(&w, AVE_TOKEN_EXPIRED), 1);
}
END_TEST

START_TEST(token_of_the_other_side_is_436)
{
	c.leg.side = AVE_INSIDE;
	say_hello();
	expect_challenge(mst_client_allocate(&c), 436, true);
	ck_assert_uint_eq(mst_world_count(&w, AVE_TOKEN_SIDE), 1);
}
END_TEST

START_TEST(wrong_password_is_431_never_401)
{
	say_hello();
	c.ticket.password[3] ^= 1;
	mst_client_key(&c, "rtcmedia", MST_MAC_SHA1);
	expect_challenge(mst_client_allocate(&c), 431, false);
	ck_assert_uint_eq(mst_world_count(&w, AVE_BAD_INTEGRITY), 1);
}
END_TEST

START_TEST(broken_attribute_is_400)
{
	static const uint8_t zeros[200];
	static const struct {
		enum mst_attr attr;
		size_t len;
	} rows[] = {{MST_LIFETIME, 3}, {MST_DESTINATION, 7},
		    {MST_NONCE, 129},  {MST_REALM, 129},
		    {MST_INTEGRITY, 21}};

	mst_client_begin(&c, MST_ALLOCATE);
	mst_put_u32(&c.w, MST_MS_VERSION, 1);
	mst_put_bytes(&c.w, rows[_i].attr, edge_slice(zeros, rows[_i].len));
	expect_challenge(mst_client_end(&c), 400, false);
	ck_assert_uint_eq(mst_world_count(&w, AVE_MALFORMED), 1);
}
END_TEST

START_TEST(username_that_is_too_long_is_436)
{
	static const uint8_t name[513];

	mst_client_begin(&c, MST_ALLOCATE);
	mst_put_bytes(&c.w, MST_USERNAME, edge_slice(name, sizeof(name)));
	expect_challenge(mst_client_sign(&c), 436, true);
}
END_TEST

/* ---- wishes ---- */

START_TEST(unknown_mandatory_attribute_is_420_with_a_list)
{
	struct mst_msg m;

	say_hello();
	mst_client_begin(&c, MST_ALLOCATE);
	edge_put_u32(&c.w.p ? &c.w : NULL, 0x70010000);
	edge_put_u32(&c.w, 0x00240002);
	edge_put_u16(&c.w, 0);
	mst_client_put_login(&c);
	m = expect_refusal(mst_client_sign(&c), 420);
	ck_assert_uint_eq(edge_slice_len(m.v[MST_UNKNOWN].bytes), 4);
	ck_assert_mem_eq(m.v[MST_UNKNOWN].bytes.p, "\x70\x01\x00\x24", 4);
	ck_assert_uint_eq(live(), 0);
}
END_TEST

START_TEST(attributes_of_bandwidth_management_are_ignored)
{
	static const uint16_t numbers[] = {
		0x8056, 0x8057, 0x8058, 0x8059, 0x805a, 0x805b, 0x805c, 0x805d,
		0x805e, 0x805f, 0x8060, 0x8061, 0x8062, 0x8068, 0x8032, 0x8037,
		0x8039, 0x8095, 0x8055, 0xffff};

	say_hello();
	mst_client_begin(&c, MST_ALLOCATE);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		edge_put_u16(&c.w, numbers[i]);
		edge_put_u16(&c.w, 3);
		edge_put_str(&c.w, "any");
	}
	mst_client_put_login(&c);
	(void)expect_success(mst_client_sign(&c));
}
END_TEST

START_TEST(family_that_is_not_relayed_is_420_with_0017)
{
	struct mst_msg m;

	w.view.relay_at[1].family = 0;
	say_hello();
	c.family = 6;
	m = expect_refusal(mst_client_allocate(&c), 420);
	ck_assert_mem_eq(m.v[MST_UNKNOWN].bytes.p, "\x00\x17\x00\x17", 4);
	ck_assert_uint_eq(mst_world_count(&w, AVE_FAMILY), 1);
}
END_TEST

START_TEST(family_is_as_asked)
{
	struct mst_msg m;

	say_hello();
	c.family = _i;
	m = expect_success(mst_client_allocate(&c));
	ck_assert_uint_eq(m.v[MST_MAPPED_ADDRESS].addr.family,
			  _i == 6 ? AF_INET6 : AF_INET);
	ck_assert(!mst_has(&m, MST_ALTERNATE_MAPPED));
	/* a type that libnice would refuse */
	ck_assert(!mst_has(&m, MST_ADDRESS_FAMILY));
}
END_TEST

START_TEST(both_families_only_when_both_sides_know_them)
{
	struct mst_msg m;

	w.view.ms_version = 4;
	c.version = 4;
	m = allocate();
	ck_assert_uint_eq(m.v[MST_MAPPED_ADDRESS].addr.family, AF_INET);
	ck_assert_uint_eq(m.v[MST_ALTERNATE_MAPPED].addr.family, AF_INET6);
	c.leg.client.port++;
	c.version = 2;
	m = allocate();
	ck_assert(!mst_has(&m, MST_ALTERNATE_MAPPED));
}
END_TEST

START_TEST(only_family_there_is_given_unasked)
{
	struct mst_msg m;

	w.view.relay_at[0].family = 0;
	m = allocate();
	ck_assert_uint_eq(m.v[MST_MAPPED_ADDRESS].addr.family, AF_INET6);
}
END_TEST

START_TEST(no_family_at_all_is_500)
{
	w.view.relay_at[0].family = w.view.relay_at[1].family = 0;
	say_hello();
	(void)expect_refusal(mst_client_allocate(&c), 500);
}
END_TEST

/* ---- success ---- */

START_TEST(success_has_all_of_the_recorded_one_in_its_order)
{
	static const enum mst_attr order[] = {
		MST_MAGIC_COOKIE, MST_MAPPED_ADDRESS, MST_XOR_MAPPED,
		MST_LIFETIME,	  MST_BANDWIDTH,      MST_MS_VERSION,
		MST_SEQUENCE,	  MST_INTEGRITY};
	struct mst_msg m = allocate();

	ck_assert_uint_eq(m.seen_count, 8);
	for (size_t i = 0; i < 8; i++)
		ck_assert_uint_eq(m.seen[i].attr, order[i]);
	ck_assert(edge_addr_eq(&m.v[MST_XOR_MAPPED].addr, &c.leg.client));
	ck_assert(edge_addr_same_ip(&m.v[MST_MAPPED_ADDRESS].addr,
				    &w.view.relay_told[0]));
	ck_assert_uint_ge(m.v[MST_MAPPED_ADDRESS].addr.port, 50000);
	ck_assert_uint_eq(m.v[MST_LIFETIME].number, 600);
	ck_assert_uint_eq(m.v[MST_BANDWIDTH].number, 1000);
	ck_assert_uint_eq(m.v[MST_MS_VERSION].number, 1);
	ck_assert_uint_eq(m.v[MST_SEQUENCE].number, 0);
	ck_assert_uint_eq(live(), 1);
}
END_TEST

START_TEST(lifetime_is_granted_within_limits)
{
	static const struct {
		int64_t wanted;
		uint32_t granted;
	} rows[] = {{-1, 600}, {1, 60}, {61, 61}, {4000, 3600}};
	struct mst_msg m;

	c.lifetime_s = rows[_i].wanted;
	m = allocate();
	ck_assert_uint_eq(m.v[MST_LIFETIME].number, rows[_i].granted);
}
END_TEST

START_TEST(stream_is_answered_in_a_frame)
{
	struct mst_msg m;

	c.leg.transport = AVE_TCP;
	m = allocate(); /* the world takes the frame off */
	ck_assert(edge_addr_eq(&m.v[MST_XOR_MAPPED].addr, &c.leg.client));
	ck_assert(ave_relay_find(w.relay, &c.leg)->is_tcp);
}
END_TEST

START_TEST(each_kind_of_integrity_is_answered_in_kind)
{
	struct mst_msg m;

	mst_client_key(&c, "rtcmedia", (enum mst_mac_kind)_i);
	m = allocate();
	ck_assert_uint_eq(edge_slice_len(m.v[MST_INTEGRITY].bytes),
			  _i == MST_MAC_SHA1 ? 20 : 32);
	(void)expect_success(mst_client_allocate(&c));
}
END_TEST

START_TEST(quoted_realm_is_keyed_either_way)
{
	(void)strcpy(w.view.realm, "\"rtcmedia\"");
	c.realm = "\"rtcmedia\""; /* sent so, keyed without */
	say_hello();
	(void)expect_success(mst_client_allocate(&c));
	c.leg.client.port++;
	mst_client_key(&c, "\"rtcmedia\"", MST_MAC_SHA1);
	(void)expect_success(mst_client_allocate(&c));
}
END_TEST

START_TEST(padded_request_is_understood)
{
	struct edge_slice unpadded, padded;
	uint8_t bytes[600];
	struct edge_put p = edge_put(bytes, sizeof(bytes));
	struct mst_msg m;

	(void)strcpy(w.view.realm, "odd");
	mst_client_key(&c, "odd", MST_MAC_SHA1);
	say_hello();
	mst_client_begin(&c, MST_ALLOCATE);
	mst_client_put_login(&c);
	unpadded = mst_client_end(&c);
	ck_assert_int_eq(mst_msg_decode(&m, unpadded), EDGE_OK);
	m.is_padded = true;
	(void)mst_msg_encode(&p, &m);
	padded = mst_sign(&p, c.mac);
	ck_assert_uint_eq(edge_slice_len(padded), edge_slice_len(unpadded) + 25);
	(void)expect_success(padded);
}
END_TEST

/* ---- an allocation that is there ---- */

START_TEST(retransmission_gets_the_same_bytes)
{
	struct edge_slice request, first;
	uint8_t kept[256];
	size_t len;

	say_hello();
	request = mst_client_allocate(&c);
	(void)expect_success(request);
	first = mst_world_told(&w);
	len = edge_slice_len(first);
	memcpy(kept, first.p, len);
	mst_world_wait(&w, 9999);
	(void)expect_success(request);
	ck_assert(edge_slice_eq(mst_world_told(&w), edge_slice(kept, len)));
	ck_assert_uint_eq(ave_relay_count(w.relay)->allocated, 1);
	/* after that it is a refresh like any other */
	mst_world_wait(&w, 1);
	(void)expect_success(request);
	ck_assert_uint_eq(live(), 1);
}
END_TEST

START_TEST(refresh_keeps_addresses_and_key)
{
	struct mst_msg m = allocate(), again;
	struct edge_addr relayed = m.v[MST_MAPPED_ADDRESS].addr;

	mst_world_wait(&w, 300 * 1000);
	again = expect_success(mst_client_allocate(&c));
	ck_assert(edge_addr_eq(&again.v[MST_MAPPED_ADDRESS].addr, &relayed));
	ck_assert_mem_eq(again.v[MST_SEQUENCE].bytes.p, c.connection,
			 MST_CONNECTION_LEN);
	ck_assert_uint_eq(again.v[MST_LIFETIME].number, 600);
	mst_world_wait(&w, 599 * 1000);
	ck_assert_uint_eq(live(), 1);
	mst_world_wait(&w, 2 * 1000);
	ck_assert_uint_eq(live(), 0);
}
END_TEST

START_TEST(refresh_takes_the_first_nonce_as_long_as_the_token_lasts)
{
	(void)allocate();
	for (unsigned s = 0; s < 28800; s += 480) {
		mst_world_wait(&w, 480 * 1000);
		(void)expect_success(mst_client_allocate(&c));
	}
	/* a nonce of that age opens nothing new */
	c.leg.client.port++;
	ck_assert_uint_eq(
		ask(mst_client_allocate(&c)).v[MST_ERROR_CODE].number, 438);
}
END_TEST

START_TEST(refresh_with_a_foreign_nonce_is_438)
{
	struct mst_msg m;

	(void)allocate();
	memset(c.nonce, 'A', MRAS_NONCE_LEN);
	m = ask(mst_client_allocate(&c));
	ck_assert_uint_eq(m.v[MST_ERROR_CODE].number, 438);
	ck_assert(mst_has(&m, MST_NONCE));
	ck_assert_uint_eq(live(), 1);
}
END_TEST

START_TEST(refresh_with_a_wrong_key_is_431)
{
	struct mst_msg m;

	(void)allocate();
	c.ticket.password[0] ^= 1;
	mst_client_key(&c, "rtcmedia", MST_MAC_SHA1);
	m = ask(mst_client_allocate(&c));
	ck_assert_uint_eq(m.v[MST_ERROR_CODE].number, 431);
	ck_assert_uint_eq(live(), 1);
}
END_TEST

START_TEST(refresh_tells_the_highest_number_seen)
{
	const struct edge_addr peer = mst_addr("203.0.113.9:6000");
	struct mst_msg m;

	(void)allocate();
	c.number = 40;
	ck_assert(mst_world_give(&w, &c, mst_client_send(&c, &peer, "x")));
	m = expect_success(mst_client_allocate(&c));
	ck_assert_uint_eq(m.v[MST_SEQUENCE].number, 41);
}
END_TEST

START_TEST(lifetime_0_ends_it_and_is_answered_again)
{
	struct edge_slice request;
	struct mst_msg m = allocate();
	uint8_t kept[256];
	size_t len;

	c.lifetime_s = 0;
	request = mst_client_allocate(&c);
	m = expect_success(request);
	ck_assert_uint_eq(m.v[MST_LIFETIME].number, 0);
	ck_assert_uint_eq(live(), 0);
	len = edge_slice_len(mst_world_told(&w));
	memcpy(kept, mst_world_told(&w).p, len);
	mst_world_wait(&w, 9000);
	(void)expect_success(request);
	ck_assert(edge_slice_eq(mst_world_told(&w), edge_slice(kept, len)));
	mst_world_wait(&w, 1000);
	(void)expect_refusal(request, 437);
}
END_TEST

START_TEST(lifetime_0_without_an_allocation_is_437)
{
	say_hello();
	c.lifetime_s = 0;
	(void)expect_refusal(mst_client_allocate(&c), 437);
	ck_assert_uint_eq(live(), 0);
}
END_TEST

START_TEST(another_user_is_441_until_30_s_of_silence)
{
	struct mst_msg first = allocate(), m;
	struct edge_addr relayed = first.v[MST_MAPPED_ADDRESS].addr;
	char nonce[MRAS_NONCE_LEN + 1];

	memcpy(nonce, c.nonce, sizeof(nonce));
	mst_client_fini(&c);
	mst_world_client(&w, &c, "bob", "198.51.100.7:40000");
	memcpy(c.nonce, nonce, sizeof(nonce));
	mst_world_wait(&w, 29999);
	(void)expect_refusal(mst_client_allocate(&c), 441);
	ck_assert_uint_eq(ave_relay_count(w.relay)->allocated, 1);
	mst_world_wait(&w, 1);
	m = expect_success(mst_client_allocate(&c));
	ck_assert(!edge_addr_eq(&m.v[MST_MAPPED_ADDRESS].addr, &relayed));
	ck_assert_uint_eq(live(), 1);
	ck_assert_uint_eq(ave_relay_count(w.relay)->allocated, 2);
}
END_TEST

/* ---- nothing left ---- */

static void expect_shortage(enum ave_reason why)
{
	struct edge_addr members[] = {mst_addr("[2001:db8::77]:3478"),
				      mst_addr("192.0.2.77:3478")};
	struct mst_msg m;

	say_hello();
	(void)expect_refusal(mst_client_allocate(&c), 500);
	ck_assert_uint_eq(mst_world_count(&w, why), 1);
	w.view.members = members;
	w.view.member_count = 2;
	m = expect_refusal(mst_client_allocate(&c), 300);
	ck_assert(edge_addr_eq(&m.v[MST_ALTERNATE_SERVER].addr, &members[1]));
	ck_assert(edge_slice_eq_str(m.v[MST_ERROR_CODE].bytes,
				    "Try Alternate"));
	w.view.members = NULL;
	w.view.member_count = 0;
}

START_TEST(draining_member_names_another)
{
	w.view.is_draining = true;
	expect_shortage(AVE_DRAINING);
}
END_TEST

START_TEST(full_table_names_another)
{
	w.view.limits[AVE_LIMIT_ALLOCATIONS] = 0;
	expect_shortage(AVE_TABLE_FULL);
}
END_TEST

START_TEST(user_with_enough_is_sent_away)
{
	w.view.limits[AVE_LIMIT_ALLOCATIONS_PER_USER] = 0;
	expect_shortage(AVE_USER_LIMIT);
}
END_TEST

START_TEST(source_with_enough_is_sent_away)
{
	w.view.limits[AVE_LIMIT_ALLOCATIONS_PER_SOURCE] = 0;
	expect_shortage(AVE_SOURCE_LIMIT);
}
END_TEST

START_TEST(stream_is_sent_to_the_port_of_streams)
{
	struct edge_addr member = mst_addr("192.0.2.77:3478");
	struct mst_msg m;

	w.view.is_draining = true;
	w.view.members = &member;
	w.view.member_count = 1;
	c.leg.transport = AVE_TCP;
	c.leg.server.port = 443;
	say_hello();
	m = expect_refusal(mst_client_allocate(&c), 300);
	ck_assert_uint_eq(m.v[MST_ALTERNATE_SERVER].addr.port, 443);
}
END_TEST

START_TEST(client_inside_is_not_sent_outside)
{
	struct edge_addr member = mst_addr("192.0.2.77:3478");

	w.view.is_draining = true;
	w.view.members = &member;
	w.view.member_count = 1;
	mst_client_fini(&c);
	mst_world_client(&w, &c, "alice", "10.20.30.5:40000");
	c.leg.side = AVE_INSIDE;
	mst_client_fini(&c);
	mst_client_init(&c, &w.ring, "alice", MRAS_INTRANET, w.wall_s);
	c.leg = (struct ave_leg){.client = mst_addr("10.20.30.5:40000"),
				 .server = mst_addr("172.16.20.21:3478"),
				 .side = AVE_INSIDE};
	say_hello();
	(void)expect_refusal(mst_client_allocate(&c), 500);
}
END_TEST

START_TEST(new_allocations_too_often_are_not_answered)
{
	unsigned answers = 0;

	say_hello();
	for (int i = 0; i < 12; i++) {
		c.leg.client.port++;
		ck_assert(mst_world_give(&w, &c, mst_client_allocate(&c)));
		answers += mst_world_is_told(&w);
	}
	ck_assert_uint_eq(answers, 10);
	ck_assert_uint_eq(mst_world_count(&w, AVE_RATE), 2);
	mst_world_wait(&w, 500); /* as libnice sends it again */
	(void)expect_success(mst_client_allocate(&c));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mst_allocate");
	TCase *tc = tcase_create("challenge");
	static const TTest *const challenge[] = {
		hello_is_challenged_byte_for_byte,
		shortest_hello_gets_at_most_three_times_its_bytes,
		pool_names_the_member_that_answers,
		only_a_401_names_the_member,
		proposed_realm_is_not_taken,
		strangers_are_answered_at_a_limited_rate,
		missing_username_is_432,
		missing_or_other_realm_is_434,
		missing_nonce_is_435,
		foreign_nonce_is_438,
		expired_nonce_is_438_and_its_fresh_one_works,
		nonce_counts_for_its_time_and_any_port,
		bad_token_is_436,
		expired_token_is_436,
		token_of_the_other_side_is_436,
		wrong_password_is_431_never_401,
		username_that_is_too_long_is_436,
	};
	static const TTest *const granted[] = {
		unknown_mandatory_attribute_is_420_with_a_list,
		attributes_of_bandwidth_management_are_ignored,
		family_that_is_not_relayed_is_420_with_0017,
		both_families_only_when_both_sides_know_them,
		only_family_there_is_given_unasked,
		no_family_at_all_is_500,
		success_has_all_of_the_recorded_one_in_its_order,
		stream_is_answered_in_a_frame,
		quoted_realm_is_keyed_either_way,
		padded_request_is_understood,
	};
	static const TTest *const there[] = {
		retransmission_gets_the_same_bytes,
		refresh_keeps_addresses_and_key,
		refresh_takes_the_first_nonce_as_long_as_the_token_lasts,
		refresh_with_a_foreign_nonce_is_438,
		refresh_with_a_wrong_key_is_431,
		refresh_tells_the_highest_number_seen,
		lifetime_0_ends_it_and_is_answered_again,
		lifetime_0_without_an_allocation_is_437,
		another_user_is_441_until_30_s_of_silence,
		draining_member_names_another,
		full_table_names_another,
		user_with_enough_is_sent_away,
		source_with_enough_is_sent_away,
		stream_is_sent_to_the_port_of_streams,
		client_inside_is_not_sent_outside,
		new_allocations_too_often_are_not_answered,
	};

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	for (size_t i = 0; i < sizeof(challenge) / sizeof(challenge[0]); i++)
		tcase_add_test(tc, challenge[i]);
	tcase_add_loop_test(tc, broken_attribute_is_400, 0, 5);
	suite_add_tcase(s, tc);

	tc = tcase_create("granted");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	for (size_t i = 0; i < sizeof(granted) / sizeof(granted[0]); i++)
		tcase_add_test(tc, granted[i]);
	tcase_add_loop_test(tc, lifetime_is_granted_within_limits, 0, 4);
	tcase_add_loop_test(tc, each_kind_of_integrity_is_answered_in_kind, 0,
			    MST_MAC_KINDS);
	tcase_add_loop_test(tc, family_is_as_asked, 4, 5);
	tcase_add_loop_test(tc, family_is_as_asked, 6, 7);
	suite_add_tcase(s, tc);

	tc = tcase_create("there");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		tcase_add_test(tc, there[i]);
	suite_add_tcase(s, tc);
	return s;
}
