/* Who asks: each check of AV 1.14, and that they come in their order. */
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

START_TEST(missing_username_is_432)
{
	mst_client_begin(&c, MST_ALLOCATE);
	mst_put_bytes(&c.w, MST_REALM, edge_slice_str("wrong"));
	mst_expect_challenge(&w, &c, mst_client_sign(&c), 432, true);
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
	mst_expect_challenge(&w, &c, with(NULL, NULL), 434, true);
	mst_expect_challenge(&w, &c, with("other", NULL), 434, true);
	ck_assert_uint_eq(mst_world_count(&w, AVE_NO_REALM), 2);
}
END_TEST

START_TEST(missing_nonce_is_435)
{
	c.ticket.username[20] ^= 1; /* not looked at yet */
	mst_expect_challenge(&w, &c, with("rtcmedia", NULL), 435, true);
}
END_TEST

START_TEST(foreign_nonce_is_438)
{
	c.ticket.username[20] ^= 1; /* not looked at yet */
	mst_expect_challenge(
		&w, &c, with("rtcmedia", "0123456789abcdef0123456789abcdef"),
		438, true);
	mst_expect_challenge(&w, &c, with("rtcmedia", "short"), 438, true);
	mst_say_hello(&w, &c);
	c.leg.client = mst_addr("198.51.100.8:40000"); /* another's nonce */
	mst_expect_challenge(&w, &c, with("rtcmedia", c.nonce), 438, true);
}
END_TEST

START_TEST(expired_nonce_is_438_and_its_fresh_one_works)
{
	struct mst_msg m;

	mst_say_hello(&w, &c);
	fake_net_pass(&w.net, 601 * 1000);
	m = mst_ask(&w, &c, mst_client_allocate(&c));
	ck_assert_uint_eq(m.v[MST_ERROR_CODE].number, 438);
	mst_client_learn(&c, &m);
	(void)mst_expect_success(&w, &c, mst_client_allocate(&c));
}
END_TEST

START_TEST(nonce_counts_for_its_time_and_any_port)
{
	mst_say_hello(&w, &c);
	fake_net_pass(&w.net, 600 * 1000);
	c.leg.client.port++;
	(void)mst_expect_success(&w, &c, mst_client_allocate(&c));
}
END_TEST

START_TEST(bad_token_is_436)
{
	mst_say_hello(&w, &c);
	c.ticket.username[20] ^= 1;
	mst_expect_challenge(&w, &c, mst_client_allocate(&c), 436, true);
	ck_assert_uint_eq(mst_world_count(&w, AVE_BAD_TOKEN), 1);
}
END_TEST

START_TEST(expired_token_is_436)
{
	fake_net_pass(&w.net, (28800 + 300) * 1000ull);
	mst_say_hello(&w, &c);
	mst_expect_challenge(&w, &c, mst_client_allocate(&c), 436, true);
	ck_assert_uint_eq(mst_world_count(&w, AVE_TOKEN_EXPIRED), 1);
}
END_TEST

START_TEST(token_of_the_other_side_is_436)
{
	c.leg.side = AVE_INSIDE;
	mst_say_hello(&w, &c);
	mst_expect_challenge(&w, &c, mst_client_allocate(&c), 436, true);
	ck_assert_uint_eq(mst_world_count(&w, AVE_TOKEN_SIDE), 1);
}
END_TEST

START_TEST(wrong_password_is_431_never_401)
{
	mst_say_hello(&w, &c);
	c.ticket.password[3] ^= 1;
	mst_client_key(&c, "rtcmedia", MST_MAC_SHA1);
	mst_expect_challenge(&w, &c, mst_client_allocate(&c), 431, false);
	ck_assert_uint_eq(mst_world_count(&w, AVE_BAD_INTEGRITY), 1);
}
END_TEST

static const char *const forms[MST_MAC_KINDS] = {
	NULL,
	"sha256/md5-key/padded",
	"sha256/md5-key/unpadded",
	"sha256/sha256-key/padded",
	"sha256/sha256-key/unpadded",
};

START_TEST(each_kind_of_integrity_is_answered_in_kind)
{
	struct mst_msg m;

	mst_client_key(&c, "rtcmedia", (enum mst_mac_kind)_i);
	m = mst_granted(&w, &c);
	ck_assert_uint_eq(edge_slice_len(m.v[MST_INTEGRITY].bytes),
			  _i == MST_MAC_SHA1 ? 20 : 32);
	ck_assert_pstr_eq(w.net.integrity, forms[_i]); /* once, in the log */
	(void)mst_expect_success(&w, &c, mst_client_allocate(&c));
}
END_TEST

START_TEST(quoted_realm_is_keyed_either_way)
{
	(void)strcpy(w.net.view.realm, "\"rtcmedia\"");
	c.realm = "\"rtcmedia\""; /* sent so, keyed without */
	mst_say_hello(&w, &c);
	(void)mst_expect_success(&w, &c, mst_client_allocate(&c));
	c.leg.client.port++;
	mst_client_key(&c, "\"rtcmedia\"", MST_MAC_SHA1);
	(void)mst_expect_success(&w, &c, mst_client_allocate(&c));
}
END_TEST

/* What c.w holds, each attribute padded to 4, and signed; in bytes. */
static struct edge_slice padded(uint8_t bytes[600])
{
	struct edge_put p = edge_put(bytes, 600);
	struct mst_msg m;

	ck_assert_int_eq(mst_msg_decode(&m, mst_client_end(&c)), EDGE_OK);
	m.is_padded = true;
	(void)mst_msg_encode(&p, &m);
	return mst_sign(&p, c.mac);
}

/* An allocation by a client that pads: its realm has three letters. */
static void granted_padded(void)
{
	uint8_t bytes[600];
	struct edge_slice request;
	struct mst_msg m;

	(void)strcpy(w.net.view.realm, "odd");
	mst_client_key(&c, "odd", MST_MAC_SHA1);
	mst_say_hello(&w, &c);
	mst_client_begin(&c, MST_ALLOCATE);
	mst_client_put_login(&c);
	request = padded(bytes);
	ck_assert_uint_eq(edge_slice_len(request), edge_put_len(&c.w) + 25);
	m = mst_expect_success(&w, &c, request);
	mst_client_learn(&c, &m);
}

START_TEST(padded_request_is_understood)
{
	granted_padded();
}
END_TEST

static void put_attr(struct edge_put *p, uint16_t number, const char *hex)
{
	struct edge_slice v = vector_bytes(hex);

	edge_put_u16(p, number);
	edge_put_u16(p, (uint16_t)edge_slice_len(v));
	edge_put_slice(p, v);
}

/* Its padding reads as an attribute of its own when it is not known for that,
 * and leads past the real integrity to something that looks like one. */
static struct edge_slice ambiguous(void)
{
	const struct edge_addr peer = mst_addr("203.0.113.9:6000");

	mst_client_begin(&c, MST_SEND);
	mst_put_addr(&c.w, MST_DESTINATION, &peer);
	mst_put_sequence(&c.w, c.connection, ++c.number);
	put_attr(&c.w, 0x0013, "6869");
	edge_put_u16(&c.w, 0x8001); /* padding, or a type, then a length */
	put_attr(&c.w, 0x000e, "000134a6cb007109");
	put_attr(&c.w, 0x8055,
		 "000800141111111111111111111111111111111111111111");
	return mst_client_sign(&c);
}

START_TEST(padding_is_remembered_of_a_client)
{
	granted_padded();
	fake_net_clear(&w.net);
	ck_assert(mst_world_give(&w, &c, ambiguous()));
	ck_assert_uint_eq(fake_net_count(&w.net, FAKE_TO_PEER), 1);
}
END_TEST

START_TEST(padding_is_not_thought_of_a_client_without)
{
	(void)mst_granted(&w, &c);
	fake_net_clear(&w.net);
	ck_assert(mst_world_give(&w, &c, ambiguous()));
	ck_assert_uint_eq(fake_net_count(&w.net, FAKE_TO_PEER), 0);
	ck_assert_uint_eq(mst_world_count(&w, AVE_BAD_INTEGRITY), 1);
}
END_TEST

/* Whoever pads may stop it: the other way is tried then. */
START_TEST(padding_may_end)
{
	const struct edge_addr peer = mst_addr("203.0.113.9:6000");

	granted_padded();
	fake_net_clear(&w.net);
	ck_assert(mst_world_give(&w, &c, mst_client_send(&c, &peer, "abc")));
	ck_assert_uint_eq(fake_net_count(&w.net, FAKE_TO_PEER), 1);
	ck_assert(mst_world_give(&w, &c, ambiguous()));
	ck_assert_uint_eq(mst_world_count(&w, AVE_BAD_INTEGRITY), 1);
}
END_TEST

START_TEST(refresh_takes_the_first_nonce_as_long_as_the_token_lasts)
{
	(void)mst_granted(&w, &c);
	for (unsigned s = 0; s < 28800; s += 480) {
		fake_net_pass(&w.net, 480 * 1000);
		(void)mst_expect_success(&w, &c, mst_client_allocate(&c));
	}
	/* a nonce of that age opens nothing new */
	c.leg.client.port++;
	ck_assert_uint_eq(mst_ask(&w, &c, mst_client_allocate(&c))
				  .v[MST_ERROR_CODE]
				  .number,
			  438);
}
END_TEST

START_TEST(refresh_with_a_foreign_nonce_is_438)
{
	struct mst_msg m;

	(void)mst_granted(&w, &c);
	memset(c.nonce, 'A', MRAS_NONCE_LEN);
	m = mst_ask(&w, &c, mst_client_allocate(&c));
	ck_assert_uint_eq(m.v[MST_ERROR_CODE].number, 438);
	ck_assert(mst_has(&m, MST_NONCE));
	ck_assert_uint_eq(mst_live(&w), 1);
}
END_TEST

START_TEST(refresh_with_a_wrong_key_is_431)
{
	struct mst_msg m;

	(void)mst_granted(&w, &c);
	c.ticket.password[0] ^= 1;
	mst_client_key(&c, "rtcmedia", MST_MAC_SHA1);
	m = mst_ask(&w, &c, mst_client_allocate(&c));
	ck_assert_uint_eq(m.v[MST_ERROR_CODE].number, 431);
	ck_assert_uint_eq(mst_live(&w), 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mst_caller");
	TCase *tc;

	tc = tcase_create("checks");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, missing_username_is_432);
	tcase_add_test(tc, missing_or_other_realm_is_434);
	tcase_add_test(tc, missing_nonce_is_435);
	tcase_add_test(tc, foreign_nonce_is_438);
	tcase_add_test(tc, expired_nonce_is_438_and_its_fresh_one_works);
	tcase_add_test(tc, nonce_counts_for_its_time_and_any_port);
	tcase_add_test(tc, bad_token_is_436);
	tcase_add_test(tc, expired_token_is_436);
	tcase_add_test(tc, token_of_the_other_side_is_436);
	tcase_add_test(tc, wrong_password_is_431_never_401);
	tcase_add_loop_test(tc, each_kind_of_integrity_is_answered_in_kind, 0,
			    MST_MAC_KINDS);
	tcase_add_test(tc, quoted_realm_is_keyed_either_way);
	tcase_add_test(tc, padded_request_is_understood);
	tcase_add_test(tc, padding_is_remembered_of_a_client);
	tcase_add_test(tc, padding_is_not_thought_of_a_client_without);
	tcase_add_test(tc, padding_may_end);
	tcase_add_test(
		tc, refresh_takes_the_first_nonce_as_long_as_the_token_lasts);
	tcase_add_test(tc, refresh_with_a_foreign_nonce_is_438);
	tcase_add_test(tc, refresh_with_a_wrong_key_is_431);
	suite_add_tcase(s, tc);
	return s;
}
