/* Message Integrity over the recorded messages; keys and their variants. */
#include <string.h>

#include "common/crypto.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/mst_vectors.h"

static struct mst_vectors v;

static void setup(void)
{
	mst_vectors_load(&v);
}

static void teardown(void)
{
	mst_vectors_fini(&v);
}

START_TEST(key_is_that_of_the_digest)
{
	uint8_t key[AVE_MD5_KEY_LEN];

	ave_login_md5(key, &v.nice);
	ck_assert_mem_eq(key,
			 vector_bytes("94bb748d807d23542d4464fead69dd6a").p,
			 sizeof(key));
}
END_TEST

START_TEST(every_recorded_integrity_fits)
{
	struct mst_mac *k;
	struct mst_msg m;
	unsigned seen = 0;

	ck_assert_int_eq(mst_mac_new(&k, MST_MAC_SHA1, &v.nice), EDGE_OK);
	for (size_t i = 0; i < v.count - 2;
	     i++) { /* the last are OfficeSIP's */
		ck_assert_int_eq(mst_msg_decode(&m, v.all[i]), EDGE_OK);
		if (m.integrity_at) {
			ck_assert_msg(mst_mac_fits(k, &m), "message %zu", i);
			seen++;
		}
	}
	ck_assert_uint_ge(seen, 7);
	mst_mac_free(k);
}
END_TEST

START_TEST(integrity_falls_with_any_byte_before_it)
{
	struct edge_slice in = mst_vectors_udp(&v, "send-request");
	uint8_t bytes[512];
	struct mst_mac *k;
	struct mst_msg m;

	ck_assert_int_eq(mst_mac_new(&k, MST_MAC_SHA1, &v.nice), EDGE_OK);
	for (size_t at = 0; at < 268; at++) {
		memcpy(bytes, in.p, edge_slice_len(in));
		bytes[at] ^= 1;
		ck_assert(mst_msg_decode(
				  &m, edge_slice(bytes, edge_slice_len(in))) !=
				  EDGE_OK ||
			  !mst_mac_fits(k, &m));
	}
	mst_mac_free(k);
}
END_TEST

START_TEST(what_is_signed_is_what_was_recorded)
{
	static const char *const names[] = {"allocate-authenticated",
					    "allocate-success",
					    "send-request",
					    "set-active-destination",
					    "set-active-destination-success",
					    "allocate-refresh"};
	struct edge_slice in = mst_vectors_udp(&v, names[_i]), got;
	uint8_t buf[512];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct mst_mac *k;
	struct mst_msg m;

	ck_assert_int_eq(mst_mac_new(&k, MST_MAC_SHA1, &v.nice), EDGE_OK);
	ck_assert_int_eq(mst_msg_decode(&m, in), EDGE_OK);
	edge_put_slice(&w, edge_slice(in.p, m.integrity_at));
	got = mst_sign(&w, k);
	ck_assert(edge_slice_eq(got, in));
	mst_mac_free(k);
}
END_TEST

START_TEST(officesip_messages_fit_too)
{
	const json_t *in = json_object_get(v.office, "inputs");
	struct edge_slice key = vector_hex(in, "md5_key_hex");
	struct mst_msg m;
	struct ave_login l = v.officesip;
	uint8_t password[64], got[AVE_MD5_KEY_LEN];
	struct mst_mac *k;
	/* base64 of the file's password_base64 */
	static const char hex[] = "a14534b25ece08b40da4b518b88d5c5fb380c171";

	ck_assert_int_eq(mst_msg_decode(&m, v.all[v.count - 2]), EDGE_OK);
	l.username = m.v[MST_USERNAME].bytes;
	memcpy(password, vector_bytes(hex).p, 20);
	l.password = edge_slice(password, 20);
	ave_login_md5(got, &l);
	ck_assert_mem_eq(got, key.p, sizeof(got));
	ck_assert_int_eq(mst_mac_new(&k, MST_MAC_SHA1, &l), EDGE_OK);
	ck_assert(mst_mac_fits(k, &m));
	ck_assert_int_eq(mst_msg_decode(&m, v.all[v.count - 1]), EDGE_OK);
	ck_assert(mst_mac_fits(k, &m));
	mst_mac_free(k);
}
END_TEST

static void key_is(const json_t *row, enum mst_mac_kind kind)
{
	struct edge_slice want = vector_hex(row, "key_hex");
	uint8_t got[32];

	if (kind >= MST_MAC_SHA256_KEY_PADDED)
		ave_login_sha256(got, &v.nice);
	else
		ave_login_md5(got, &v.nice);
	ck_assert_mem_eq(got, want.p, edge_slice_len(want));
}

START_TEST(every_candidate_of_the_long_form_is_matched)
{
	json_t *root = vector_load("av-msturn-codec.json");
	const json_t *rows = json_object_get(
		json_object_get(root, "sha256_candidates"), "vectors");
	struct mst_mac *k;
	struct mst_msg m;
	unsigned kinds = 0;

	ck_assert_uint_eq(json_array_size(rows), 4);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(
			mst_msg_decode(&m, vector_hex(json_array_get(rows, i),
						      "message")),
			EDGE_OK);
		ck_assert_int_eq(mst_mac_match(&k, &m, &v.nice), EDGE_OK);
		ck_assert_int_ne(mst_mac_kind_of(k), MST_MAC_SHA1);
		kinds |= 1u << mst_mac_kind_of(k);
		key_is(json_array_get(rows, i), mst_mac_kind_of(k));
		mst_mac_free(k);
	}
	ck_assert_uint_eq(kinds, 0x1e);
	json_decref(root);
}
END_TEST

START_TEST(quoted_realm_matches_the_trimmed_key)
{
	struct ave_login quoted = v.nice;
	struct mst_mac *k;
	struct mst_msg m;

	quoted.realm = edge_slice_str("\"rtcmedia.example.com\"");
	ck_assert_int_eq(
		mst_msg_decode(&m,
			       mst_vectors_udp(&v, "allocate-authenticated")),
		EDGE_OK);
	ck_assert_int_eq(mst_mac_match(&k, &m, &quoted), EDGE_OK);
	mst_mac_free(k);
	quoted.realm = edge_slice_str("another");
	ck_assert_int_eq(mst_mac_match(&k, &m, &quoted), EDGE_EAUTH);
}
END_TEST

/* Both keys of a realm on the wire in quotes: as it is, as libnice trims. */
START_TEST(keys_of_a_quoted_realm_are_those_of_the_vectors)
{
	json_t *root = vector_load("av-msturn-codec.json");
	const json_t *quirk = json_object_get(root, "libnice_trim_quirk");
	struct ave_login l = v.nice;
	uint8_t got[AVE_MD5_KEY_LEN];

	l.realm = edge_slice_str(vector_text(quirk, "realm_on_wire"));
	ave_login_md5(got, &l);
	ck_assert_mem_eq(got, vector_hex(quirk, "key_naive_hex").p,
			 sizeof(got));
	l.realm = mst_trim(l.realm);
	ave_login_md5(got, &l);
	ck_assert_mem_eq(got, vector_hex(quirk, "key_libnice_hex").p,
			 sizeof(got));
	json_decref(root);
}
END_TEST

START_TEST(signing_needs_room)
{
	uint8_t buf[28 + 23];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct mst_mac *k;

	ck_assert_int_eq(mst_mac_new(&k, MST_MAC_SHA1, &v.nice), EDGE_OK);
	mst_begin(&w, MST_ALLOCATE, edge_slice_str("0123456789abcdef"));
	ck_assert_uint_eq(edge_slice_len(mst_sign(&w, k)), 0);
	mst_mac_free(k);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mst_auth");
	TCase *tc = tcase_create("integrity");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, key_is_that_of_the_digest);
	tcase_add_test(tc, every_recorded_integrity_fits);
	tcase_add_test(tc, integrity_falls_with_any_byte_before_it);
	tcase_add_loop_test(tc, what_is_signed_is_what_was_recorded, 0, 6);
	tcase_add_test(tc, officesip_messages_fit_too);
	tcase_add_test(tc, every_candidate_of_the_long_form_is_matched);
	tcase_add_test(tc, quoted_realm_matches_the_trimmed_key);
	tcase_add_test(tc, keys_of_a_quoted_realm_are_those_of_the_vectors);
	tcase_add_test(tc, signing_needs_room);
	suite_add_tcase(s, tc);
	return s;
}
