/* Who may go on: text of tokens, nonces, algorithms, integrity. */
#include "av-edge/rfc_caller.h"

#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/vector.h"
#include "tests/unit/av-edge/rfc_fixture.h"

static struct rfc_fixture f;
static struct ave_leg client, stream;
static int64_t start_s;

static void setup(void)
{
	rfc_fixture_init(&f);
	start_s = f.net.wall_s;
	client = fake_client("198.51.100.7", 40000);
	stream = fake_stream("198.51.100.7", 40001);
}

static void teardown(void)
{
	rfc_fixture_fini(&f);
}

static enum ave_reason admit(const struct ave_leg *leg,
			     const struct rfc_own *own)
{
	struct rfc_msg m;
	struct rfc_caller c;
	enum ave_reason why;

	ck_assert_int_eq(rfc_msg_decode(&m, rfc_end(&f.w)), EDGE_OK);
	why = rfc_caller_admit(&c, f.net.relay, leg, own, &m);
	if (why)
		return why;
	ck_assert(rfc_mac_fits(c.mac, &m));
	ck_assert_int_eq(c.is_holder, own != NULL);
	ck_assert(c.grant.outside);
	ck_assert_int_eq(c.grant.issued_s, start_s);
	ck_assert_int_eq(c.grant.expires_s, start_s + 8 * 3600);
	rfc_caller_fini(&c);
	ck_assert_ptr_null(c.mac);
	return why;
}

/* ---- text ---- */

START_TEST(token_is_read_from_its_text)
{
	uint8_t bytes[MRAS_TOKEN_LEN];
	char text[82];

	memcpy(text, f.alice.username, 81);
	ck_assert_uint_eq(rfc_token_decode(bytes, edge_slice(text, 80)),
			  MRAS_TOKEN_LEN);
	ck_assert_uint_eq(bytes[0], 0x45);
	ck_assert_uint_eq(bytes[59], 0x7f);
	ck_assert(!rfc_token_decode(bytes, edge_slice(text, 79)));
	ck_assert(!rfc_token_decode(bytes, edge_slice(text, 81)));
	ck_assert(!rfc_token_decode(bytes, edge_slice(text, 0)));
	for (const char *c = "-_=\n"; *c; c++) {
		text[40] = *c;
		ck_assert(!rfc_token_decode(bytes, edge_slice(text, 80)));
	}
}
END_TEST

/* 56 bytes leave one '=', and zeros behind them where tokens are kept. */
START_TEST(token_of_the_second_layout_is_read_from_its_text)
{
	static const uint8_t zeros[4];
	json_t *root = vector_load("av-token.json");
	const char *text = vector_text(
		vector_named(json_object_get(root, "observed_blob_layouts"),
			     "v2 (56 bytes)"),
		"username_base64");
	uint8_t bytes[MRAS_TOKEN_LEN] = {[59] = 1};

	ck_assert_uint_eq(rfc_token_decode(bytes, edge_slice_str(text)), 56);
	ck_assert_uint_eq(bytes[0], 2);
	ck_assert_uint_eq(bytes[55], 0x0d);
	ck_assert_mem_eq(bytes + 56, zeros, sizeof(zeros));
	ck_assert(!rfc_token_decode(bytes, edge_slice(text, 75)));
	ck_assert(!rfc_token_decode(bytes, edge_slice(text + 1, 75)));
	json_decref(root);
}
END_TEST

/* Both kinds are known to a server that makes one. */
START_TEST(holder_of_the_second_layout_is_admitted)
{
	struct rfc_user u =
		rfc_fixture_ms2_user(&f, "sip:carol@example.com", start_s);

	f.user = &u;
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_login(&f, &client);
	ck_assert_int_eq(admit(&client, NULL), AVE_FINE);
	ck_assert_int_eq(rfc_allocated(&f, &client, 17).family, AF_INET);
	rfc_ask(&f, RFC_REFRESH);
	ck_assert_int_eq(rfc_code(&f, &client), 0);
	rfc_user_fini(&u);
}
END_TEST

START_TEST(token_and_password_are_the_vectors_base64)
{
	/* AV 3.3 over av-token.json's bytes */
	json_t *root = vector_load("av-token.json");
	struct edge_slice token = vector_hex(root, "username_hex");
	struct edge_slice password = vector_hex(root, "password_hex");
	uint8_t bytes[MRAS_TOKEN_LEN];
	char text[RFC_PASSWORD_TEXT_LEN + 1];

	ck_assert(rfc_token_decode(
		bytes, edge_slice_str(vector_text(root, "username_base64"))));
	ck_assert_mem_eq(bytes, token.p, sizeof(bytes));
	rfc_password_encode(text, password.p);
	ck_assert_str_eq(text, vector_text(root, "password_base64"));
	json_decref(root);
}
END_TEST

START_TEST(password_is_standard_base64)
{
	static const uint8_t bytes[MRAS_PASSWORD_LEN] = {
		0xfb, 0xff, 0xbf, 0xfb, 0xff, 0xbf, 0, 0, 0, 0,
		0,    0,    0,	  0,	0,    0,    0, 0, 0, 0xff};
	char text[RFC_PASSWORD_TEXT_LEN + 1];

	rfc_password_encode(text, bytes);
	ck_assert_str_eq(text, "+/+/+/+/AAAAAAAAAAAAAAAAAP8=");
}
END_TEST

/* ---- fields ---- */

START_TEST(good_ones_are_admitted)
{
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_login(&f, &client);
	ck_assert_int_eq(admit(&client, NULL), AVE_FINE);
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_login(&f, &stream);
	ck_assert_int_eq(admit(&stream, NULL), AVE_FINE);
}
END_TEST

START_TEST(fields_are_missed_one_by_one)
{
	char nonce[MRAS_NONCE_LEN + 1];

	rfc_ask(&f, RFC_ALLOCATE);
	ck_assert_int_eq(admit(&client, NULL), AVE_NO_INTEGRITY);
	(void)rfc_sign(&f.w, f.alice.mac, RFC_INTEGRITY);
	ck_assert_int_eq(admit(&client, NULL), AVE_NO_USERNAME);
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_put_bytes(&f.w, RFC_USERNAME, edge_slice_str(f.alice.username));
	(void)rfc_sign(&f.w, f.alice.mac, RFC_INTEGRITY);
	ck_assert_int_eq(admit(&client, NULL), AVE_NO_REALM);
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_put_bytes(&f.w, RFC_USERNAME, edge_slice_str(f.alice.username));
	rfc_put_bytes(&f.w, RFC_REALM, edge_slice_str("rtcmedia"));
	(void)rfc_sign(&f.w, f.alice.mac, RFC_INTEGRITY);
	ck_assert_int_eq(admit(&client, NULL), AVE_NO_NONCE);
	mras_ring_nonce(nonce, &f.ring, &client.client, f.net.wall_s);
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_put_bytes(&f.w, RFC_USERNAME, edge_slice_str(f.alice.username));
	rfc_put_bytes(&f.w, RFC_REALM, edge_slice_str("rtcMedia"));
	rfc_put_bytes(&f.w, RFC_NONCE, edge_slice_str(nonce));
	(void)rfc_sign(&f.w, f.alice.mac, RFC_INTEGRITY);
	ck_assert_int_eq(admit(&client, NULL), AVE_BAD_INTEGRITY);
}
END_TEST

START_TEST(nonce_is_for_that_client_and_a_while)
{
	struct ave_leg other = fake_client("198.51.100.8", 40000);

	rfc_ask(&f, RFC_ALLOCATE);
	rfc_login(&f, &other);
	ck_assert_int_eq(admit(&client, NULL), AVE_STALE_NONCE);
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_login(&f, &client);
	fake_net_pass(&f.net, 600000);
	ck_assert_int_eq(admit(&client, NULL), AVE_FINE);
	fake_net_pass(&f.net, 1000);
	ck_assert_int_eq(admit(&client, NULL), AVE_STALE_NONCE);
}
END_TEST

START_TEST(nonce_of_a_stream_says_what_the_server_can)
{
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_login(&f, &client); /* as if somebody had taken it away */
	ck_assert_int_eq(admit(&stream, NULL), AVE_STALE_NONCE);
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_login(&f, &stream);
	ck_assert_int_eq(admit(&client, NULL), AVE_STALE_NONCE);
}
END_TEST

START_TEST(tokens_are_judged)
{
	struct rfc_user old = rfc_fixture_user(&f, "sip:old@b", MRAS_INTERNET,
					       f.net.wall_s - 9 * 3600);
	struct rfc_user bad = f.alice;

	f.user = &old;
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_login(&f, &client);
	ck_assert_int_eq(admit(&client, NULL), AVE_TOKEN_EXPIRED);
	f.user = &f.insider;
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_login(&f, &client);
	ck_assert_int_eq(admit(&client, NULL), AVE_TOKEN_SIDE);
	bad.username[30] = bad.username[30] == 'A' ? 'B' : 'A';
	f.user = &bad;
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_login(&f, &client);
	ck_assert_int_eq(admit(&client, NULL), AVE_BAD_TOKEN);
	memcpy(bad.username, "alice", 6);
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_login(&f, &client);
	ck_assert_int_eq(admit(&client, NULL), AVE_BAD_TOKEN);
	rfc_user_fini(&old);
}
END_TEST

START_TEST(wrong_password_does_not_fit)
{
	struct rfc_user mixed = f.alice;

	mixed.mac = f.bob.mac;
	f.user = &mixed;
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_login(&f, &client);
	ck_assert_int_eq(admit(&client, NULL), AVE_BAD_INTEGRITY);
}
END_TEST

START_TEST(kept_key_is_used_and_a_new_one_when_it_does_not_fit)
{
	struct rfc_mac *k;
	struct rfc_own *own;
	uint8_t token[MRAS_TOKEN_LEN], key[4] = {0};

	ck_assert(rfc_token_decode(token, edge_slice_str(f.alice.username)));
	/* of another realm, say */
	ck_assert_int_eq(rfc_mac_new(&k, edge_slice(key, 4)), EDGE_OK);
	ck_assert_int_eq(
		rfc_own_new(&own, k, token, ave_relay_random(f.net.relay)),
		EDGE_OK);
	rfc_ask(&f, RFC_REFRESH);
	rfc_login(&f, &client);
	ck_assert_int_eq(admit(&client, own), AVE_FINE);
	f.user = &f.bob;
	rfc_ask(&f, RFC_REFRESH);
	rfc_login(&f, &client);
	rfc_own_free(own);
	ck_assert_int_eq(admit(&client, NULL), AVE_FINE);
}
END_TEST

/* ---- RFC 8489's algorithms ---- */

static const struct choice {
	const char *list, *one; /* NULL: left out */
	bool is_wide;		/* the key */
	enum ave_reason why;
} choices[] = {
	{"0002000000010000", "00020000", true, AVE_FINE},
	{"0002000000010000", "00010000", false, AVE_FINE},
	{NULL, NULL, false, AVE_FINE},
	{NULL, NULL, true, AVE_BAD_INTEGRITY},
	{"0002000000010000", "00020000", false, AVE_BAD_INTEGRITY},
	{"0002000000010000", NULL, false, AVE_MALFORMED},
	{NULL, "00020000", true, AVE_MALFORMED},
	{"00010000", "00010000", false, AVE_MALFORMED},
	{"0002000000010000", "00030000", true, AVE_MALFORMED},
	{"0002000000010000", "0002000400000000", true, AVE_MALFORMED},
	{"0002000000010000", "00020004", true, AVE_MALFORMED},
};

START_TEST(algorithms_are_ours_or_none)
{
	const struct choice *c = &choices[_i];

	rfc_ask(&f, RFC_ALLOCATE);
	rfc_put_login(&f, &stream);
	if (c->list)
		rfc_put_bytes(&f.w, RFC_PASSWORD_ALGORITHMS,
			      vector_bytes(c->list));
	if (c->one)
		rfc_put_bytes(&f.w, RFC_PASSWORD_ALGORITHM,
			      vector_bytes(c->one));
	(void)rfc_sign(&f.w, c->is_wide ? f.alice.wide : f.alice.mac,
		       RFC_INTEGRITY_SHA256);
	ck_assert_int_eq(admit(&stream, NULL), c->why);
}
END_TEST

START_TEST(datagrams_have_no_choice)
{
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_put_login(&f, &client);
	rfc_put_bytes(&f.w, RFC_PASSWORD_ALGORITHM, vector_bytes("00020000"));
	(void)rfc_sign(&f.w, f.alice.wide, RFC_INTEGRITY_SHA256);
	ck_assert_int_eq(admit(&client, NULL), AVE_MALFORMED);
	/* the longer hash alone is understood */
	rfc_ask(&f, RFC_ALLOCATE);
	rfc_put_login(&f, &client);
	(void)rfc_sign(&f.w, f.alice.mac, RFC_INTEGRITY_SHA256);
	ck_assert_int_eq(admit(&client, NULL), AVE_FINE);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("rfc_caller");
	TCase *tc = tcase_create("caller");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, token_is_read_from_its_text);
	tcase_add_test(tc, token_and_password_are_the_vectors_base64);
	tcase_add_test(tc, password_is_standard_base64);
	tcase_add_test(tc, token_of_the_second_layout_is_read_from_its_text);
	tcase_add_test(tc, holder_of_the_second_layout_is_admitted);
	tcase_add_test(tc, good_ones_are_admitted);
	tcase_add_test(tc, fields_are_missed_one_by_one);
	tcase_add_test(tc, nonce_is_for_that_client_and_a_while);
	tcase_add_test(tc, nonce_of_a_stream_says_what_the_server_can);
	tcase_add_test(tc, tokens_are_judged);
	tcase_add_test(tc, wrong_password_does_not_fit);
	tcase_add_test(tc, kept_key_is_used_and_a_new_one_when_it_does_not_fit);
	tcase_add_loop_test(tc, algorithms_are_ours_or_none, 0,
			    sizeof(choices) / sizeof(choices[0]));
	tcase_add_test(tc, datagrams_have_no_choice);
	suite_add_tcase(s, tc);
	return s;
}
