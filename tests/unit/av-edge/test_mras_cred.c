/* Keys, tokens, passwords and nonces: av-token.json, and their refusals. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "av-edge/mras_cred.h"
#include "common/crypto.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"
#include "tests/support/vector.h"

static json_t *root;
static struct mras_keys keys;
static struct mras_ticket ticket;

static void setup(void)
{
	const json_t *in;
	struct mras_token t = {.flags = MRAS_INTERNET};

	root = vector_load("av-token.json");
	in = json_object_get(root, "inputs");
	ck_assert_int_eq(mras_keys_derive(&keys, vector_hex(in, "ikm_hex")),
			 EDGE_OK);
	t.issued_s =
		(uint32_t)json_integer_value(json_object_get(in, "issued"));
	t.expires_s =
		(uint32_t)json_integer_value(json_object_get(in, "expires"));
	mras_token_mint(&ticket, &keys, &t,
			edge_slice_str(vector_text(in, "identity")),
			vector_hex(in, "random_hex").p);
}

static void teardown(void)
{
	json_decref(root);
}

static struct edge_slice username(void)
{
	return edge_slice(ticket.username, MRAS_TOKEN_LEN);
}

static void is_hex(const void *got, size_t len, const char *name)
{
	struct edge_slice want = vector_hex(root, name);

	ck_assert_uint_eq(edge_slice_len(want), len);
	ck_assert_msg(!memcmp(got, want.p, len), "%s", name);
}

/* HKDF's first step is an HMAC keyed with the salt. */
START_TEST(salt_is_that_of_the_vector)
{
	const json_t *in = json_object_get(root, "inputs");
	uint8_t prk[EDGE_SHA256_LEN];
	struct edge_mac *m;

	ck_assert_int_eq(
		edge_mac_new(&m, edge_slice_str(vector_text(in, "salt_ascii"))),
		EDGE_OK);
	edge_mac_sha256(m, vector_hex(in, "ikm_hex"), prk);
	is_hex(prk, sizeof(prk), "prk_hex");
	edge_mac_free(m);
}
END_TEST

START_TEST(keys_are_those_of_the_vector)
{
	ck_assert_uint_eq(keys.kid, 0xa39c);
	is_hex(keys.user, MRAS_KEY_LEN, "k_username_mac_hex");
	is_hex(keys.password, MRAS_KEY_LEN, "k_password_hex");
	is_hex(keys.identity, MRAS_KEY_LEN, "k_identity_hex");
	is_hex(keys.nonce, MRAS_KEY_LEN, "k_nonce_hex");
}
END_TEST

START_TEST(token_is_that_of_the_vector)
{
	is_hex(ticket.username, MRAS_TOKEN_LEN, "username_hex");
	is_hex(ticket.password, MRAS_PASSWORD_LEN, "password_hex");
}
END_TEST

START_TEST(token_verifies_and_gives_its_password)
{
	uint8_t password[MRAS_PASSWORD_LEN];
	struct mras_token t;

	ck_assert(mras_token_decode(&t, username()));
	ck_assert_uint_eq(t.kid, keys.kid);
	ck_assert_uint_eq(t.issued_s, 1700000000);
	ck_assert_uint_eq(t.expires_s, 1700028800);
	ck_assert_uint_eq(t.flags, MRAS_INTERNET);
	ck_assert(mras_token_verify(password, &keys, username()));
	ck_assert_mem_eq(password, ticket.password, sizeof(password));
}
END_TEST

START_TEST(token_falls_with_any_byte)
{
	uint8_t bytes[MRAS_TOKEN_LEN] = {0}, password[MRAS_PASSWORD_LEN];
	struct edge_slice s = edge_slice(bytes, sizeof(bytes));
	struct mras_token t;

	memcpy(bytes, ticket.username, sizeof(bytes));
	bytes[_i] ^= 0x10;
	ck_assert(!mras_token_decode(&t, s) ||
		  !mras_token_verify(password, &keys, s));
}
END_TEST

START_TEST(token_of_another_length_is_none)
{
	struct mras_token t;

	for (size_t n = 0; n < MRAS_TOKEN_LEN; n++)
		ck_assert(
			!mras_token_decode(&t, edge_slice(ticket.username, n)));
}
END_TEST

/* Even with a tag that fits: it is of a layout that nobody made yet. */
START_TEST(token_of_another_layout_is_none)
{
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = {{0, 'F'}, {1, 2}, {14, 1}, {15, 1}, {59, 0x7e}};
	uint8_t bytes[MRAS_TOKEN_LEN];
	struct mras_token t = {.kid = 4711};

	memcpy(bytes, ticket.username, sizeof(bytes));
	ck_assert(mras_token_decode(&t, edge_slice(bytes, sizeof(bytes))));
	t.kid = 4711;
	bytes[rows[_i].at] = rows[_i].value;
	ck_assert(!mras_token_decode(&t, edge_slice(bytes, sizeof(bytes))));
	ck_assert_uint_eq(t.kid, 4711); /* written on success only */
}
END_TEST

START_TEST(token_gives_back_what_it_was_made_of)
{
	const struct mras_token made = {.issued_s = 0x01020304,
					.expires_s = 0xfffefdfc,
					.flags = MRAS_INTRANET | MRAS_SERVER,
					.quota = 9};
	const uint8_t random[8] = {1};
	struct mras_token t;

	mras_token_mint(&ticket, &keys, &made, edge_slice_str("sip:a@b"),
			random);
	ck_assert(mras_token_decode(&t, username()));
	ck_assert_uint_eq(t.kid, keys.kid);
	ck_assert_uint_eq(t.issued_s, made.issued_s);
	ck_assert_uint_eq(t.expires_s, made.expires_s);
	ck_assert_uint_eq(t.flags, made.flags);
	ck_assert_uint_eq(t.quota, made.quota);
}
END_TEST

START_TEST(token_of_other_keys_is_not_ours)
{
	struct mras_keys other;
	uint8_t password[MRAS_PASSWORD_LEN] = {0};

	ck_assert_int_eq(mras_keys_derive(&other, edge_slice_str("other")),
			 EDGE_OK);
	other.kid = keys.kid; /* as one who forges would write it */
	ck_assert(!mras_token_verify(password, &other, username()));
	ck_assert_uint_eq(password[0], 0); /* written on success only */
	ck_assert(mras_token_verify(password, &keys, username()));
}
END_TEST

START_TEST(nonce_is_of_a_time_and_an_address)
{
	static const uint8_t ip[16] = {198, 51, 100, 7};
	static const uint8_t other[4] = {198, 51, 100, 8};
	struct mras_keys second = keys;
	uint8_t mac[20], again[20];

	mras_nonce_mac(mac, &keys, 1000, edge_slice(ip, 4));
	mras_nonce_mac(again, &keys, 1000, edge_slice(ip, 4));
	ck_assert_mem_eq(mac, again, sizeof(mac));
	mras_nonce_mac(again, &keys, 1001, edge_slice(ip, 4));
	ck_assert_mem_ne(mac, again, sizeof(mac));
	mras_nonce_mac(again, &keys, 1000, edge_slice(other, 4));
	ck_assert_mem_ne(mac, again, sizeof(mac));
	mras_nonce_mac(again, &keys, 1000, edge_slice(ip, 16));
	ck_assert_mem_ne(mac, again, sizeof(mac));
	second.nonce[0] ^= 1;
	mras_nonce_mac(again, &second, 1000, edge_slice(ip, 4));
	ck_assert_mem_ne(mac, again, sizeof(mac));
}
END_TEST

START_TEST(identity_counts_without_case)
{
	struct mras_token t = {.issued_s = 1, .expires_s = 2};
	const uint8_t random[8] = {0};
	struct mras_ticket a, b;

	mras_token_mint(&a, &keys, &t, edge_slice_str("sip:Bob@Contoso.com"),
			random);
	mras_token_mint(&b, &keys, &t, edge_slice_str("sip:bob@contoso.com"),
			random);
	ck_assert_mem_eq(a.username, b.username, sizeof(a.username));
	ck_assert_mem_eq(a.password, b.password, sizeof(a.password));
	mras_token_mint(&b, &keys, &t, edge_slice_str("sip:rob@contoso.com"),
			random);
	ck_assert_mem_ne(a.username, b.username, sizeof(a.username));
}
END_TEST

START_TEST(no_token_begins_or_ends_with_what_libnice_trims)
{
	struct mras_token t = {.expires_s = 1};
	struct mras_ticket a;

	for (unsigned i = 0; i < 2000; i++) {
		uint8_t random[8] = {(uint8_t)i, (uint8_t)(i >> 8)};

		t.issued_s = i;
		mras_token_mint(&a, &keys, &t, edge_slice_str("x"), random);
		ck_assert_uint_ge(a.password[0], 0x80);
		ck_assert_uint_ge(a.password[MRAS_PASSWORD_LEN - 1], 0x80);
		ck_assert_uint_eq(a.username[0], 0x45);
		ck_assert_uint_eq(a.username[MRAS_TOKEN_LEN - 1], 0x7f);
	}
}
END_TEST

static enum edge_err load(struct certs *c, const char *file,
			  struct mras_keys *k, uint8_t spki[MRAS_SPKI_LEN])
{
	char why[256] = "";
	enum edge_err err =
		mras_keys_load(k, spki, certs_path(c, file), why, sizeof(why));

	ck_assert_int_eq(err != EDGE_OK, why[0] != '\0');
	return err;
}

static void same_file_same_keys(struct certs *c, const char *name)
{
	uint8_t first[MRAS_SPKI_LEN], second[MRAS_SPKI_LEN];
	struct mras_keys a, b;

	ck_assert_int_eq(load(c, name, &a, first), EDGE_OK);
	ck_assert_int_eq(load(c, name, &b, second), EDGE_OK);
	ck_assert_mem_eq(&a, &b, sizeof(a));
	ck_assert_mem_eq(first, second, sizeof(first));
}

START_TEST(key_files_give_the_same_keys_each_time)
{
	struct certs *c = certs_new();
	struct cert_spec rsa = {.rsa_bits = 2048}, ec = {.rsa_bits = 0};
	uint8_t one[MRAS_SPKI_LEN], other[MRAS_SPKI_LEN];
	struct mras_keys a, b;

	certs_make(c, "rsa", &rsa);
	certs_make(c, "ec", &ec);
	same_file_same_keys(c, "rsa.key");
	same_file_same_keys(c, "ec.key");
	ck_assert_int_eq(load(c, "rsa.key", &a, one), EDGE_OK);
	ck_assert_int_eq(load(c, "ec.key", &b, other), EDGE_OK);
	ck_assert_mem_ne(&a, &b, sizeof(a));
	ck_assert_mem_ne(one, other, sizeof(one));
	certs_free(c);
}
END_TEST

START_TEST(other_files_are_refused)
{
	/* openssl genpkey -algorithm ed25519 */
	static const char ed25519[] = "-----BEGIN PRIVATE KEY-----\n"
				      "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/"
				      "VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
				      "-----END PRIVATE KEY-----\n";
	struct certs *c = certs_new();
	struct mras_keys k;

	certs_write(c, "ed.key", ed25519);
	certs_write(c, "no.key", "no key\n");
	ck_assert_int_eq(load(c, "ed.key", &k, NULL), EDGE_EDENIED);
	ck_assert_int_eq(load(c, "no.key", &k, NULL), EDGE_EFORMAT);
	ck_assert_int_eq(load(c, "absent.key", &k, NULL), EDGE_ENOTFOUND);
	certs_free(c);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mras_cred");
	TCase *tc = tcase_create("token");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, salt_is_that_of_the_vector);
	tcase_add_test(tc, keys_are_those_of_the_vector);
	tcase_add_test(tc, token_is_that_of_the_vector);
	tcase_add_test(tc, token_verifies_and_gives_its_password);
	tcase_add_loop_test(tc, token_falls_with_any_byte, 0, MRAS_TOKEN_LEN);
	tcase_add_test(tc, token_of_another_length_is_none);
	tcase_add_loop_test(tc, token_of_another_layout_is_none, 0, 5);
	tcase_add_test(tc, token_gives_back_what_it_was_made_of);
	tcase_add_test(tc, token_of_other_keys_is_not_ours);
	tcase_add_test(tc, nonce_is_of_a_time_and_an_address);
	tcase_add_test(tc, identity_counts_without_case);
	tcase_add_test(tc, no_token_begins_or_ends_with_what_libnice_trims);
	suite_add_tcase(s, tc);
	tc = tcase_create("files");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, key_files_give_the_same_keys_each_time);
	tcase_add_test(tc, other_files_are_refused);
	suite_add_tcase(s, tc);
	return s;
}
