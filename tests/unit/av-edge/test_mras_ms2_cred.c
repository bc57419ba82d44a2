/* The observed layouts of a user name: the vectors byte for byte, tokens of
 * ours in the second one. */
#include <stdlib.h>
#include <string.h>

#include "av-edge/mras_ms2_cred.h"
#include "tests/support/suite.h"
#include "tests/support/vector.h"

enum { ISSUED = 1700000000, HOURS_8 = 8 * 3600 };

static uint8_t bytes[128];

/* RFC 4648 §4, as the vectors have it. */
static struct edge_slice base64(const char *text)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
				  "stuvwxyz0123456789+/";
	struct edge_put w = edge_put(bytes, sizeof(bytes));
	uint32_t bits = 0, count = 0;

	for (; *text && *text != '='; text++) {
		const char *at = strchr(set, *text);

		ck_assert_ptr_nonnull(at);
		bits = bits << 6 | (uint32_t)(at - set);
		count += 6;
		if (count >= 8)
			edge_put_u8(&w, (uint8_t)(bits >> (count -= 8)));
	}
	return edge_put_done(&w);
}

/* ---- the vectors ---- */

static const struct layout {
	const char *name;
	uint8_t version;
	size_t len;
	uint64_t expires;
	uint8_t client[4]; /* how it begins */
} layouts[] = {
	{"v1 (52 bytes)", 1, MRAS_BLOB_V1_LEN, 0, {0x4c, 0x6f, 0x67, 0x2e}},
	{"v2 (56 bytes)",
	 2,
	 MRAS_BLOB_V2_LEN,
	 0x01dc5c0065a00000, /* 2025-11-22 */
	 {0x40, 0x41, 0x42, 0x43}},
};

static const json_t *layout(const json_t *root, int i)
{
	return vector_named(json_object_get(root, "observed_blob_layouts"),
			    layouts[i].name);
}

START_TEST(blob_is_read_as_the_vectors_have_it)
{
	const struct layout *want = &layouts[_i];
	json_t *root = vector_load("av-token.json");
	struct edge_slice name =
		base64(vector_text(layout(root, _i), "username_base64"));
	struct mras_blob b;

	ck_assert_uint_eq(edge_slice_len(name), want->len);
	ck_assert(mras_blob_decode(&b, name));
	ck_assert_uint_eq(b.version, want->version);
	ck_assert_uint_eq(b.expires, want->expires);
	ck_assert_mem_eq(b.client, want->client, sizeof(want->client));
	ck_assert_uint_eq(b.flags, 0);
	for (size_t n = 0; n < want->len; n++)
		ck_assert(!mras_blob_decode(&b, edge_slice(name.p, n)));
	ck_assert(!mras_blob_decode(&b, edge_slice(name.p, want->len + 1)));
	json_decref(root);
}
END_TEST

static void is_made_again(struct edge_slice name, struct edge_slice key)
{
	uint8_t out[MRAS_BLOB_V2_LEN];
	struct mras_blob b;

	ck_assert(mras_blob_is_signed(name, key));
	ck_assert(mras_blob_decode(&b, name));
	ck_assert_uint_eq(mras_blob_encode(out, &b, key), edge_slice_len(name));
	ck_assert_mem_eq(out, name.p, edge_slice_len(name));
}

static void password_is(struct edge_slice name, struct edge_slice key,
			const char *want)
{
	uint8_t password[MRAS_SHA1_LEN];
	struct edge_slice s;

	mras_blob_hmac(password, key, name);
	s = base64(want);
	ck_assert_uint_eq(edge_slice_len(s), sizeof(password));
	ck_assert_mem_eq(password, s.p, sizeof(password));
}

START_TEST(second_version_is_made_byte_for_byte)
{
	json_t *root = vector_load("av-token.json");
	const json_t *v = layout(root, 1);

	is_made_again(base64(vector_text(v, "username_base64")),
		      edge_slice_str(vector_text(v, "username_key_ascii")));
	password_is(base64(vector_text(v, "username_base64")),
		    edge_slice_str(vector_text(v, "password_key_ascii")),
		    vector_text(v, "password_base64"));
	json_decref(root);
}
END_TEST

/* The same blob stands in both files; only this one has its keys. */
START_TEST(first_version_is_made_byte_for_byte)
{
	json_t *root = vector_load("av-msturn-officesip.json");
	json_t *token = vector_load("av-token.json");
	const json_t *in = json_object_get(root, "inputs");
	const char *name = vector_text(in, "username_base64");

	ck_assert_str_eq(name,
			 vector_text(layout(token, 0), "username_base64"));
	is_made_again(base64(name), vector_hex(in, "key1_hex"));
	password_is(base64(name), vector_hex(in, "key2_hex"),
		    vector_text(in, "password_base64"));
	json_decref(token);
	json_decref(root);
}
END_TEST

/* RFC 2202, test case 2: a key as short as a word */
START_TEST(hmac_is_that_of_the_rfc)
{
	struct edge_slice want =
		vector_bytes("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	uint8_t got[MRAS_SHA1_LEN];

	mras_blob_hmac(got, edge_slice_str("Jefe"),
		       edge_slice_str("what do ya want for nothing?"));
	ck_assert_mem_eq(got, want.p, sizeof(got));
}
END_TEST

/* ---- tokens of ours ---- */

static struct mras_keys keys;

static void setup(void)
{
	ck_assert_int_eq(mras_keys_derive(&keys, edge_slice_str("a key")),
			 EDGE_OK);
}

static struct mras_ticket mint(uint32_t lasts_s, const char *who, uint8_t seed)
{
	const struct mras_token t = {.issued_s = ISSUED,
				     .expires_s = ISSUED + lasts_s,
				     .flags = MRAS_INTERNET | MRAS_SERVER};
	const uint8_t random[8] = {0, 0, 0, 0, seed, seed, seed, seed};
	struct mras_ticket out;

	mras_ms2_mint(&out, &keys, &t, edge_slice_str(who), random);
	ck_assert_uint_eq(out.username_len, MRAS_BLOB_V2_LEN);
	return out;
}

static const struct {
	uint32_t lasts_s, issued_s;
} lasting[] = {
	{60, ISSUED},
	{HOURS_8, ISSUED},
	{0, ISSUED},
	{61, ISSUED - 59}, /* whole minutes are told */
	{0xffff * 60, ISSUED},
	{0xffff * 60 + 60, ISSUED + 60}, /* no more of them */
};

START_TEST(token_says_what_it_was_made_with)
{
	struct mras_ticket made = mint(lasting[_i].lasts_s, "sip:a@b", 1);
	uint8_t password[MRAS_PASSWORD_LEN];
	struct mras_token t;

	ck_assert(mras_ms2_decode(&t, mras_ticket_name(&made)));
	ck_assert_uint_eq(t.issued_s, lasting[_i].issued_s);
	ck_assert_uint_eq(t.expires_s, ISSUED + lasting[_i].lasts_s);
	ck_assert_uint_eq(t.flags, MRAS_INTERNET | MRAS_SERVER);
	ck_assert_mem_eq(t.pseudonym, made.pseudonym, sizeof(t.pseudonym));
	ck_assert(mras_ms2_verify(password, &keys, mras_ticket_name(&made)));
	ck_assert_mem_eq(password, made.password, sizeof(password));
}
END_TEST

START_TEST(token_is_the_same_in_any_case)
{
	struct mras_ticket a = mint(60, "sip:Bob@Contoso.com", 1);
	struct mras_ticket b = mint(60, "sip:bob@contoso.com", 2);
	struct mras_ticket c = mint(60, "sip:rob@contoso.com", 1);

	ck_assert_mem_eq(a.pseudonym, b.pseudonym, sizeof(a.pseudonym));
	ck_assert_mem_ne(a.username, b.username, a.username_len);
	ck_assert_mem_ne(a.pseudonym, c.pseudonym, sizeof(a.pseudonym));
}
END_TEST

START_TEST(token_of_the_second_layout_falls_with_any_byte)
{
	struct mras_ticket made = mint(HOURS_8, "sip:a@b", 1);
	uint8_t password[MRAS_PASSWORD_LEN];
	struct mras_token t;

	made.username[_i] ^= 1;
	ck_assert(!mras_ms2_decode(&t, mras_ticket_name(&made)) ||
		  !mras_ms2_verify(password, &keys, mras_ticket_name(&made)));
}
END_TEST

START_TEST(token_of_another_key_is_none)
{
	struct mras_ticket made = mint(HOURS_8, "sip:a@b", 1);
	uint8_t password[MRAS_PASSWORD_LEN];
	struct mras_keys other;

	ck_assert_int_eq(mras_keys_derive(&other, edge_slice_str("another")),
			 EDGE_OK);
	ck_assert(!mras_ms2_verify(password, &other, mras_ticket_name(&made)));
}
END_TEST

/* Of 4096 draws about 70 would have an end to trim without another one. */
START_TEST(no_end_of_the_second_layout_is_trimmed)
{
	size_t drawn_again = 0;

	for (uint32_t i = 0; i < 4096; i++) {
		const struct mras_token t = {.issued_s = ISSUED,
					     .expires_s = ISSUED + HOURS_8};
		const uint8_t random[8] = {
			[6] = (uint8_t)(i >> 8), [7] = (uint8_t)i};
		struct mras_ticket a;
		struct mras_blob b;
		const uint8_t *end;

		mras_ms2_mint(&a, &keys, &t, edge_slice_str("x"), random);
		end = a.username + a.username_len - 1;
		ck_assert_uint_eq(a.username[0], 2);
		ck_assert(*end && *end != 0x22);
		end = a.password + sizeof(a.password) - 1;
		ck_assert(a.password[0] != 0x22 && *end && *end != 0x22);
		ck_assert(mras_blob_decode(&b, mras_ticket_name(&a)));
		drawn_again += b.expires % 10000000 != i;
	}
	ck_assert_uint_gt(drawn_again, 20);
}
END_TEST

/* Signed or not, such a time is none. */
static const struct {
	uint64_t expires;
	uint32_t flags;
} bad_times[] = {
	{0, 0},
	{11644473599ULL * 10000000, 0},		     /* before 1970 */
	{(11644473600ULL + 60) * 10000000, 2 << 16}, /* made before 1970 */
	{(11644473600ULL + UINT32_MAX + 1) * 10000000, 0},
	{UINT64_MAX, 0},
};

START_TEST(time_that_does_not_fit_is_refused)
{
	struct mras_blob b = {.version = 2,
			      .expires = bad_times[_i].expires,
			      .flags = bad_times[_i].flags};
	struct mras_token t;
	size_t len = mras_blob_encode(bytes, &b,
				      edge_slice(keys.user, MRAS_KEY_LEN));

	ck_assert(!mras_ms2_decode(&t, edge_slice(bytes, len)));
}
END_TEST

/* It says nothing of sides: what was seen is read, not served. */
START_TEST(first_version_is_no_token)
{
	struct mras_blob b = {.version = 1,
			      .expires = (11644473600ULL + ISSUED) * 10000000};
	struct mras_token t;
	size_t len = mras_blob_encode(bytes, &b,
				      edge_slice(keys.user, MRAS_KEY_LEN));

	ck_assert(mras_blob_decode(&b, edge_slice(bytes, len)));
	ck_assert(!mras_ms2_decode(&t, edge_slice(bytes, len)));
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

Suite *test_suite(void)
{
	Suite *s = suite_create("mras_ms2_cred");
	TCase *tc = tcase_create("layouts");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, blob_is_read_as_the_vectors_have_it, 0,
			    COUNT(layouts));
	tcase_add_test(tc, second_version_is_made_byte_for_byte);
	tcase_add_test(tc, first_version_is_made_byte_for_byte);
	tcase_add_test(tc, hmac_is_that_of_the_rfc);
	suite_add_tcase(s, tc);
	tc = tcase_create("tokens");
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, token_says_what_it_was_made_with, 0,
			    COUNT(lasting));
	tcase_add_test(tc, token_is_the_same_in_any_case);
	tcase_add_loop_test(tc, token_of_the_second_layout_falls_with_any_byte,
			    0, MRAS_BLOB_V2_LEN);
	tcase_add_test(tc, token_of_another_key_is_none);
	tcase_add_test(tc, no_end_of_the_second_layout_is_trimmed);
	tcase_add_loop_test(tc, time_that_does_not_fit_is_refused, 0,
			    COUNT(bad_times));
	tcase_add_test(tc, first_version_is_no_token);
	suite_add_tcase(s, tc);
	return s;
}
