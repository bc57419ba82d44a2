/* Keys, integrity and fingerprints over the RFCs' messages. */
#include <string.h>

#include "av-edge/rfc_auth.h"
#include "tests/support/suite.h"
#include "tests/support/vector.h"

enum { VECTORS = 5 };

static json_t *root;

static void setup(void)
{
	root = vector_load("rfc5769.json");
}

static void teardown(void)
{
	json_decref(root);
}

static const json_t *row(int i)
{
	return json_array_get(json_object_get(root, "vectors"), (size_t)i);
}

static const json_t *named(const char *name)
{
	return vector_named(json_object_get(root, "vectors"), name);
}

static struct rfc_mac *mac_of(const json_t *v)
{
	struct rfc_mac *k;

	ck_assert_int_eq(rfc_mac_new(&k, vector_hex(v, "key_hex")), EDGE_OK);
	return k;
}

static struct ave_login login_of(const json_t *v)
{
	return (struct ave_login){
		vector_hex(v, "username_hex"),
		edge_slice_str(vector_text(v, "realm")),
		edge_slice_str(vector_text(v, "password")),
	};
}

START_TEST(keys_are_those_of_the_vectors)
{
	const json_t *v = named("request-long-term");
	struct ave_login l = login_of(v);
	uint8_t key[RFC_KEY_MAX];

	ck_assert_uint_eq(rfc_key(key, RFC_MD5, &l), 16);
	ck_assert_mem_eq(key, vector_hex(v, "key_hex").p, 16);
	v = named("request-userhash");
	l = login_of(v);
	ck_assert_uint_eq(rfc_key(key, RFC_SHA256, &l), 32);
	ck_assert_mem_eq(key, vector_hex(v, "key_hex").p, 32);
}
END_TEST

START_TEST(every_integrity_and_fingerprint_fits)
{
	struct rfc_mac *k = mac_of(row(_i));
	struct rfc_msg m;

	ck_assert_int_eq(rfc_msg_decode(&m, vector_hex(row(_i), "message")),
			 EDGE_OK);
	ck_assert(rfc_mac_fits(k, &m));
	ck_assert(rfc_fingerprint_fits(&m));
	rfc_mac_free(k);
}
END_TEST

START_TEST(integrity_falls_with_any_byte_before_it)
{
	struct edge_slice in = vector_hex(row(_i), "message");
	size_t len = edge_slice_len(in), at;
	struct rfc_mac *k = mac_of(row(_i));
	uint8_t bytes[512];
	struct rfc_msg m;

	ck_assert_int_eq(rfc_msg_decode(&m, in), EDGE_OK);
	at = m.integrity_at ? m.integrity_at : m.sha256_at;
	for (size_t i = 0; i < at + 8; i++) {
		memcpy(bytes, in.p, len);
		bytes[i] ^= 1;
		ck_assert_msg(rfc_msg_decode(&m, edge_slice(bytes, len)) !=
					      EDGE_OK ||
				      !rfc_mac_fits(k, &m),
			      "byte %zu", i);
	}
	rfc_mac_free(k);
}
END_TEST

START_TEST(fingerprint_falls_with_any_byte_before_it)
{
	struct edge_slice in = vector_hex(named("request"), "message");
	size_t len = edge_slice_len(in);
	uint8_t bytes[512];
	struct rfc_msg m;

	for (size_t i = 0; i < len; i++) {
		memcpy(bytes, in.p, len);
		bytes[i] ^= 0x10;
		ck_assert_msg(
			rfc_msg_decode(&m, edge_slice(bytes, len)) != EDGE_OK ||
				!m.fingerprint_at || !rfc_fingerprint_fits(&m),
			"byte %zu", i);
	}
}
END_TEST

/* Cut off what ends it and sign again. */
START_TEST(what_is_signed_is_what_was_published)
{
	struct edge_slice in = vector_hex(row(_i), "message"), got;
	struct rfc_mac *k = mac_of(row(_i));
	uint8_t buf[512];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct rfc_msg m;

	ck_assert_int_eq(rfc_msg_decode(&m, in), EDGE_OK);
	edge_put_slice(&w, edge_slice(in.p, m.integrity_at ? m.integrity_at
							   : m.sha256_at));
	got = rfc_sign(&w, k,
		       m.integrity_at ? RFC_INTEGRITY : RFC_INTEGRITY_SHA256);
	if (m.fingerprint_at)
		got = rfc_put_fingerprint(&w);
	ck_assert(edge_slice_eq(got, in));
	rfc_mac_free(k);
}
END_TEST

static struct edge_slice both(uint8_t *buf, size_t cap, struct rfc_mac *k)
{
	struct edge_put w = edge_put(buf, cap);

	rfc_begin(&w, RFC_ALLOCATE, RFC_REQUEST,
		  edge_slice_str("0123456789ab"));
	rfc_put_number(&w, RFC_LIFETIME, 600);
	(void)rfc_sign(&w, k, RFC_INTEGRITY);
	(void)rfc_sign(&w, k, RFC_INTEGRITY_SHA256);
	return rfc_put_fingerprint(&w);
}

START_TEST(stronger_one_decides)
{
	struct rfc_mac *k = mac_of(row(0));
	uint8_t buf[256];
	struct edge_slice in = both(buf, sizeof(buf), k);
	struct rfc_msg m;

	ck_assert_uint_eq(edge_slice_len(in), 20 + 8 + 24 + 36 + 8);
	ck_assert_int_eq(rfc_msg_decode(&m, in), EDGE_OK);
	ck_assert(rfc_mac_fits(k, &m));
	ck_assert(rfc_fingerprint_fits(&m));
	buf[m.sha256_at + 10] ^= 1;
	ck_assert(!rfc_mac_fits(k, &m));
	ck_assert(!rfc_fingerprint_fits(&m));
	/* alone, the weaker one is good: nothing behind it is hashed */
	m.present &= ~((uint64_t)1 << RFC_INTEGRITY_SHA256);
	ck_assert(rfc_mac_fits(k, &m));
	rfc_mac_free(k);
}
END_TEST

START_TEST(missing_and_shortened_ones_do_not_fit)
{
	struct rfc_mac *k = mac_of(row(0));
	uint8_t buf[256], mac[32] = {0};
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct rfc_msg m;

	rfc_begin(&w, RFC_BINDING, RFC_REQUEST, edge_slice_str("0123456789ab"));
	ck_assert_int_eq(rfc_msg_decode(&m, rfc_end(&w)), EDGE_OK);
	ck_assert(!rfc_mac_fits(k, &m));
	ck_assert(rfc_fingerprint_fits(&m));
	rfc_put_bytes(&w, RFC_INTEGRITY_SHA256, edge_slice(mac, 16));
	ck_assert_int_eq(rfc_msg_decode(&m, rfc_end(&w)), EDGE_OK);
	ck_assert(!m.is_faulty);
	ck_assert(!rfc_mac_fits(k, &m));
	rfc_mac_free(k);
}
END_TEST

START_TEST(broken_fingerprint_does_not_fit)
{
	uint8_t buf[64];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct rfc_msg m;

	rfc_begin(&w, RFC_BINDING, RFC_REQUEST, edge_slice_str("0123456789ab"));
	edge_put_u32(&w, 0x80280002);
	edge_put_u32(&w, 0);
	ck_assert_int_eq(rfc_msg_decode(&m, rfc_end(&w)), EDGE_OK);
	ck_assert(!rfc_fingerprint_fits(&m));
}
END_TEST

START_TEST(signing_needs_room)
{
	struct rfc_mac *k = mac_of(row(0));
	uint8_t buf[RFC_HEADER_LEN + 35];

	for (size_t cap = 0; cap < sizeof(buf); cap++) {
		struct edge_put w = edge_put(buf, cap);

		rfc_begin(&w, RFC_BINDING, RFC_SUCCESS,
			  edge_slice_str("0123456789ab"));
		ck_assert_uint_eq(
			edge_slice_len(rfc_sign(&w, k, RFC_INTEGRITY_SHA256)),
			0);
		ck_assert_uint_eq(edge_slice_len(rfc_put_fingerprint(&w)), 0);
	}
	rfc_mac_free(k);
}
END_TEST

START_TEST(keys_longer_than_a_block_are_refused)
{
	uint8_t key[65] = {0};
	struct rfc_mac *k;

	ck_assert_int_eq(rfc_mac_new(&k, edge_slice(key, 65)), EDGE_ERANGE);
	rfc_mac_free(NULL);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("rfc_auth");
	TCase *tc = tcase_create("integrity");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, keys_are_those_of_the_vectors);
	tcase_add_loop_test(tc, every_integrity_and_fingerprint_fits, 0,
			    VECTORS);
	tcase_add_loop_test(tc, integrity_falls_with_any_byte_before_it, 0,
			    VECTORS);
	tcase_add_test(tc, fingerprint_falls_with_any_byte_before_it);
	tcase_add_loop_test(tc, what_is_signed_is_what_was_published, 0,
			    VECTORS);
	tcase_add_test(tc, stronger_one_decides);
	tcase_add_test(tc, missing_and_shortened_ones_do_not_fit);
	tcase_add_test(tc, broken_fingerprint_does_not_fit);
	tcase_add_test(tc, signing_needs_room);
	tcase_add_test(tc, keys_longer_than_a_block_are_refused);
	suite_add_tcase(s, tc);
	return s;
}
