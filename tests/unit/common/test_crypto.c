/* MAC, HKDF, Ed25519 and hashes against the numbers in their documents. */
#include "common/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/suite.h"

static void check_hex(const uint8_t *got, size_t len, const char *want)
{
	char text[256];

	ck_assert_uint_lt(2 * len, sizeof(text));
	edge_hex(text, edge_slice(got, len));
	ck_assert_str_eq(text, want);
}

/* FIPS 180-4 examples */
START_TEST(sha256_matches_its_examples)
{
	uint8_t h[EDGE_SHA256_LEN];
	struct edge_sha256_ctx *c;

	edge_sha256(edge_slice_str("abc"), h);
	check_hex(h, sizeof(h),
		  "ba7816bf8f01cfea414140de5dae2223"
		  "b00361a396177a9cb410ff61f20015ad");
	ck_assert_int_eq(edge_sha256_new(&c), EDGE_OK);
	edge_sha256_end(c, h);
	check_hex(h, sizeof(h),
		  "e3b0c44298fc1c149afbf4c8996fb924"
		  "27ae41e4649b934ca495991b7852b855");
	ck_assert_int_eq(edge_sha256_new(&c), EDGE_OK);
	edge_sha256_add(c, edge_slice_str("a"));
	edge_sha256_add(c, edge_slice_str(""));
	edge_sha256_add(c, edge_slice_str("bc"));
	edge_sha256_end(c, h);
	check_hex(h, sizeof(h),
		  "ba7816bf8f01cfea414140de5dae2223"
		  "b00361a396177a9cb410ff61f20015ad");
	ck_assert_int_eq(edge_sha256_new(&c), EDGE_OK);
	edge_sha256_free(c);
	edge_sha256_free(NULL);
}
END_TEST

/* RFC 4231, cases 1, 2, 6 */
START_TEST(mac_matches_rfc_4231_and_can_be_used_again)
{
	uint8_t key[131], h[EDGE_SHA256_LEN];
	struct edge_mac *m;

	memset(key, 0x0b, 20);
	ck_assert_int_eq(edge_mac_new(&m, edge_slice(key, 20)), EDGE_OK);
	for (int i = 0; i < 3; i++) {
		edge_mac_sha256(m, edge_slice_str("Hi There"), h);
		check_hex(h, sizeof(h),
			  "b0344c61d8db38535ca8afceaf0bf12b"
			  "881dc200c9833da726e9376c2e32cff7");
		edge_mac_sha256(m, edge_slice_str("other"), h);
	}
	edge_mac_free(m);
	ck_assert_int_eq(edge_mac_new(&m, edge_slice_str("Jefe")), EDGE_OK);
	edge_mac_sha256(m, edge_slice_str("what do ya want for nothing?"), h);
	check_hex(h, sizeof(h),
		  "5bdcc146bf60754e6a042426089575c7"
		  "5a003f089d2739839dec58b964ec3843");
	edge_mac_free(m);
	memset(key, 0xaa, sizeof(key));
	ck_assert_int_eq(edge_mac_new(&m, edge_slice(key, sizeof(key))),
			 EDGE_OK);
	edge_mac_sha256(m,
			edge_slice_str("Test Using Larger Than Block-Size Key "
				       "- Hash Key First"),
			h);
	check_hex(h, sizeof(h),
		  "60e431591ee0b67f0d8a26aacbf5b77f"
		  "8e0bc6213728c5140546040f0ee37f54");
	edge_mac_free(m);
	edge_mac_free(NULL);
}
END_TEST

START_TEST(mac_takes_an_empty_key)
{
	struct edge_slice none = {0};
	uint8_t h[EDGE_SHA256_LEN];
	struct edge_mac *m;

	ck_assert_int_eq(edge_mac_new(&m, none), EDGE_OK);
	edge_mac_sha256(m, none, h);
	check_hex(h, sizeof(h),
		  "b613679a0814d9ec772f95d778c35fc5"
		  "ff1697c493715653c6c712144292c5ad");
	edge_mac_free(m);
}
END_TEST

/* RFC 5869, cases 1 and 3 */
START_TEST(hkdf_matches_rfc_5869)
{
	static const uint8_t salt[] = {0, 1, 2, 3,  4,	5, 6,
				       7, 8, 9, 10, 11, 12};
	static const uint8_t label[] = {0xf0, 0xf1, 0xf2, 0xf3, 0xf4,
					0xf5, 0xf6, 0xf7, 0xf8, 0xf9};
	struct edge_slice none = {0};
	uint8_t key[22], out[42];

	memset(key, 0x0b, sizeof(key));
	ck_assert(!edge_hkdf_sha256(out, sizeof(out),
				    edge_slice(key, sizeof(key)),
				    edge_slice(salt, sizeof(salt)),
				    edge_slice(label, sizeof(label))));
	check_hex(out, sizeof(out),
		  "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db0"
		  "2d56ecc4c5bf34007208d5b887185865");
	ck_assert(!edge_hkdf_sha256(out, sizeof(out),
				    edge_slice(key, sizeof(key)), none, none));
	check_hex(out, sizeof(out),
		  "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec345"
		  "4e5f3c738d2d9d201395faa4b61a96c8");
}
END_TEST

START_TEST(hkdf_refuses_impossible_requests)
{
	struct edge_slice none = {0}, key = edge_slice_str("key");
	static uint8_t out[8161];

	ck_assert_int_eq(edge_hkdf_sha256(out, 0, key, none, none),
			 EDGE_ERANGE);
	ck_assert_int_eq(edge_hkdf_sha256(out, 8161, key, none, none),
			 EDGE_ERANGE);
	ck_assert_int_eq(edge_hkdf_sha256(out, 8160, key, none, none), EDGE_OK);
	ck_assert_int_eq(edge_hkdf_sha256(out, 32, none, none, none),
			 EDGE_ERANGE);
}
END_TEST

/* RFC 8032 7.1, tests 1 and 2 */
static const struct {
	const char *seed, *public_key, *msg, *sig;
} signatures[] = {
	{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	 "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
	 "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
	{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	 "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	 "72",
	 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	 "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"}};

static char path[64];

static void no_file(void)
{
	strcpy(path, "/tmp/edge-crypto-XXXXXX");
	close(mkstemp(path));
}

static void remove_file(void)
{
	unlink(path);
}

/* A PEM file of RFC 8410's prefix and the raw key. */
static void write_pem(const char *label, const char *prefix, const char *key)
{
	uint8_t der[64];
	char hex[200], text[200];
	size_t len;
	FILE *f = fopen(path, "w");

	snprintf(hex, sizeof(hex), "%s%s", prefix, key);
	ck_assert(!edge_unhex(der, sizeof(der), &len, edge_slice_str(hex)));
	ck_assert(edge_base64url(text, sizeof(text), edge_slice(der, len)));
	for (char *c = text; *c; c++)
		*c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
	while (strlen(text) % 4)
		strcat(text, "=");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "-----BEGIN %s-----\n%s\n-----END %s-----\n", label, text,
		label);
	fclose(f);
}

static void write_public(const char *key)
{
	write_pem("PUBLIC KEY", "302a300506032b6570032100", key);
}

START_TEST(ed25519_signs_and_verifies_as_rfc_8032)
{
	uint8_t msg[8], want[EDGE_ED25519_SIG_LEN], got[EDGE_ED25519_SIG_LEN];
	size_t msg_len, len;
	struct edge_slice m;

	ck_assert(!edge_unhex(msg, sizeof(msg), &msg_len,
			      edge_slice_str(signatures[_i].msg)));
	ck_assert(!edge_unhex(want, sizeof(want), &len,
			      edge_slice_str(signatures[_i].sig)));
	m = edge_slice(msg, msg_len);
	write_pem("PRIVATE KEY", "302e020100300506032b657004220420",
		  signatures[_i].seed);
	ck_assert(!edge_ed25519_sign(path, m, got));
	ck_assert_mem_eq(got, want, sizeof(got));
	write_public(signatures[_i].public_key);
	ck_assert(!edge_ed25519_verify(path, m, edge_slice(want, 64)));
	for (size_t bit = 0; bit < 512; bit += 37) {
		want[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(
			edge_ed25519_verify(path, m, edge_slice(want, 64)),
			EDGE_EAUTH);
		want[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert_int_eq(edge_ed25519_verify(path, m, edge_slice(want, 63)),
			 EDGE_EAUTH);
	ck_assert_int_eq(edge_ed25519_verify(path, edge_slice_str("no"),
					     edge_slice(want, 64)),
			 EDGE_EAUTH);
}
END_TEST

START_TEST(ed25519_tells_what_is_wrong_with_the_file)
{
	/* RFC 8410: 1.3.101.110 is X25519, a key that cannot sign */
	static const char x25519[] = "302a300506032b656e032100";
	struct edge_slice s = edge_slice_str("");
	uint8_t sig[EDGE_ED25519_SIG_LEN] = {0};

	ck_assert_int_eq(edge_ed25519_verify(path, s, s), EDGE_EFORMAT);
	ck_assert_int_eq(edge_ed25519_sign(path, s, sig), EDGE_EFORMAT);
	write_pem("PUBLIC KEY", x25519, signatures[0].public_key);
	ck_assert_int_eq(edge_ed25519_verify(path, s, s), EDGE_EDENIED);
	write_public(signatures[0].public_key);
	ck_assert_int_eq(edge_ed25519_sign(path, s, sig), EDGE_EFORMAT);
	unlink(path);
	ck_assert_int_eq(edge_ed25519_verify(path, s, s), EDGE_ENOTFOUND);
	ck_assert_int_eq(edge_ed25519_verify("/", s, s), EDGE_EFORMAT);
}
END_TEST

/* Nothing is given out twice, and what was is not kept. */
START_TEST(stock_gives_each_byte_once)
{
	static const uint8_t zeros[EDGE_STOCK_LEN];
	static uint8_t given[2 * EDGE_STOCK_LEN / 16 + 1][16];
	struct edge_stock s = {0};
	uint8_t all[EDGE_STOCK_LEN] = {0};
	size_t count = sizeof(given) / sizeof(given[0]);

	for (size_t i = 0; i < count; i++) {
		edge_stock_take(&s, given[i], sizeof(given[i]));
		for (size_t k = 0; k < i; k++)
			ck_assert_mem_ne(given[i], given[k], sizeof(given[k]));
		ck_assert_mem_eq(s.bytes + s.left, zeros,
				 sizeof(s.bytes) - s.left);
	}
	edge_stock_take(&s, all, sizeof(all));
	ck_assert_uint_eq(s.left, 0);
	ck_assert_mem_eq(s.bytes, zeros, sizeof(zeros));
	ck_assert_mem_ne(all, zeros, sizeof(all));
}
END_TEST

START_TEST(random_differs_wipe_wipes_ct_eq_compares)
{
	uint8_t a[32] = {0}, b[32] = {0}, zero[32] = {0};

	edge_random(a, sizeof(a));
	edge_random(b, sizeof(b));
	ck_assert(!edge_ct_eq(a, b, sizeof(a)));
	ck_assert(!edge_ct_eq(a, zero, sizeof(a)));
	ck_assert(edge_ct_eq(a, b, 0));
	memcpy(b, a, sizeof(b));
	ck_assert(edge_ct_eq(a, b, sizeof(a)));
	b[31] ^= 1;
	ck_assert(!edge_ct_eq(a, b, sizeof(a)));
	edge_wipe(a, sizeof(a));
	ck_assert(edge_ct_eq(a, zero, sizeof(a)));
	edge_wipe(NULL, 0);
	ck_assert(edge_random_u32() != edge_random_u32() ||
		  edge_random_u32() != edge_random_u32());
}
END_TEST

START_TEST(seal_opens_with_its_key_only)
{
	uint8_t key[EDGE_SEAL_KEY_LEN] = {1}, sealed[64], open[64];
	struct edge_slice text = edge_slice_str("routes of the inside");
	size_t len, n;

	ck_assert_int_eq(edge_seal(sealed, sizeof(sealed), &len, key, text),
			 EDGE_OK);
	ck_assert_uint_eq(len, edge_slice_len(text) + EDGE_SEAL_MORE);
	ck_assert_int_eq(edge_unseal(open, sizeof(open), &n, key,
				     edge_slice(sealed, len)),
			 EDGE_OK);
	ck_assert(edge_slice_eq(edge_slice(open, n), text));
	for (size_t i = 0; i < len; i++) { /* every octet counts */
		sealed[i] ^= 1;
		ck_assert_int_eq(edge_unseal(open, sizeof(open), &n, key,
					     edge_slice(sealed, len)),
				 EDGE_EAUTH);
		sealed[i] ^= 1;
		ck_assert_int_eq(edge_unseal(open, sizeof(open), &n, key,
					     edge_slice(sealed, i)),
				 EDGE_EAUTH);
	}
	key[0] = 2;
	ck_assert_int_eq(edge_unseal(open, sizeof(open), &n, key,
				     edge_slice(sealed, len)),
			 EDGE_EAUTH);
}
END_TEST

START_TEST(seal_keeps_its_bounds)
{
	const uint8_t key[EDGE_SEAL_KEY_LEN] = {1};
	uint8_t sealed[EDGE_SEAL_MORE + 4], open[4];
	size_t len, n;

	ck_assert_int_eq(edge_seal(sealed, sizeof(sealed), &len, key,
				   edge_slice("12345", 5)),
			 EDGE_ELIMIT);
	ck_assert_int_eq(edge_seal(sealed, sizeof(sealed), &len, key,
				   edge_slice("1234", 4)),
			 EDGE_OK);
	ck_assert_int_eq(edge_unseal(open, 3, &n, key, edge_slice(sealed, len)),
			 EDGE_ELIMIT);
	ck_assert_int_eq(
		edge_seal(sealed, sizeof(sealed), &len, key, edge_slice("", 0)),
		EDGE_OK);
	ck_assert_int_eq(edge_unseal(open, 0, &n, key, edge_slice(sealed, len)),
			 EDGE_OK);
	ck_assert_uint_eq(n, 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("crypto");
	TCase *t = tcase_create("maths");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, sha256_matches_its_examples);
	tcase_add_test(t, mac_matches_rfc_4231_and_can_be_used_again);
	tcase_add_test(t, mac_takes_an_empty_key);
	tcase_add_test(t, hkdf_matches_rfc_5869);
	tcase_add_test(t, hkdf_refuses_impossible_requests);
	tcase_add_test(t, stock_gives_each_byte_once);
	tcase_add_test(t, random_differs_wipe_wipes_ct_eq_compares);
	suite_add_tcase(s, t);
	t = tcase_create("ed25519");
	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, no_file, remove_file);
	tcase_add_loop_test(t, ed25519_signs_and_verifies_as_rfc_8032, 0,
			    sizeof(signatures) / sizeof(signatures[0]));
	tcase_add_test(t, ed25519_tells_what_is_wrong_with_the_file);
	tcase_add_test(t, seal_opens_with_its_key_only);
	tcase_add_test(t, seal_keeps_its_bounds);
	suite_add_tcase(s, t);
	return s;
}
