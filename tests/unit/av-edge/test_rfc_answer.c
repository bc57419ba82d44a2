/* Bytes of answers, their sizes, their codes. */
#include "av-edge/rfc_own.h"

#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/vector.h"

static const struct rfc_seal none = {0};
static const char nonce[] = "0123456789abcdef0123456789abcdef";

static struct edge_slice tid(void)
{
	return edge_slice_str("0123456789ab");
}

START_TEST(challenge_is_short)
{
	struct rfc_challenge c = {.code = 401,
				  .nonce = edge_slice_str(nonce),
				  .realm = edge_slice_str("rtcmedia")};
	struct rfc_answer a;
	struct edge_slice got;

	rfc_answer_begin(&a, RFC_ALLOCATE, RFC_ERROR, tid());
	rfc_put_challenge(&a.w, &c);
	got = rfc_answer_end(&a, &none);
	/* a 28-byte Allocate may get 2.8 times as much */
	ck_assert_uint_eq(edge_slice_len(got), 76);
	ck_assert(edge_slice_eq(got,
				vector_bytes("01130038"
					     "2112a442303132333435363738396162"
					     "0009000400000401"
					     "00150020"
					     "30313233343536373839616263646566"
					     "30313233343536373839616263646566"
					     "00140008"
					     "7274636d65646961")));
}
END_TEST

START_TEST(challenge_of_a_stream_says_more)
{
	struct rfc_challenge c = {.code = 438,
				  .nonce = edge_slice_str(nonce),
				  .realm = edge_slice_str("rtcmedia"),
				  .has_features = true};
	struct rfc_answer a;
	struct rfc_msg m;
	struct edge_slice said;

	rfc_answer_begin(&a, RFC_ALLOCATE, RFC_ERROR, tid());
	rfc_put_challenge(&a.w, &c);
	ck_assert_int_eq(rfc_msg_decode(&m, rfc_answer_end(&a, &none)),
			 EDGE_OK);
	said = m.v[RFC_NONCE].bytes;
	ck_assert_uint_eq(edge_slice_len(said), 45);
	ck_assert_mem_eq(said.p, "obMatJos2AAAB0123", 17);
	ck_assert(edge_slice_eq(m.v[RFC_PASSWORD_ALGORITHMS].bytes,
				vector_bytes("0002000000010000")));
	ck_assert_uint_eq(m.v[RFC_ERROR_CODE].number, 438);
}
END_TEST

START_TEST(longest_answers_fit)
{
	char realm[129] = "";
	struct rfc_challenge c = {.code = 401,
				  .nonce = edge_slice_str(nonce),
				  .has_features = true};
	const struct rfc_terms t = {
		.relayed = {{.family = AF_INET}, {.family = AF_INET6}},
		.client = {.family = AF_INET6},
		.reserved = 1,
		.address_error = 440};
	struct rfc_seal seal = {.which = RFC_INTEGRITY_SHA256,
				.has_fingerprint = true};
	struct rfc_mac *k;
	struct rfc_answer a;
	size_t len;

	ck_assert_int_eq(rfc_mac_new(&k, edge_slice_str("k")), EDGE_OK);
	seal.mac = k;
	memset(realm, 'r', 128);
	c.realm = edge_slice_str(realm);
	rfc_answer_begin(&a, RFC_ALLOCATE, RFC_ERROR, tid());
	rfc_put_challenge(&a.w, &c);
	ck_assert_uint_gt(edge_slice_len(rfc_answer_end(&a, &seal)), 0);
	rfc_answer_begin(&a, RFC_ALLOCATE, RFC_SUCCESS, tid());
	rfc_put_terms(&a.w, &t);
	len = edge_slice_len(rfc_answer_end(&a, &seal));
	ck_assert_uint_gt(len, 0);
	ck_assert_uint_le(len, RFC_REPLY_MAX);
	rfc_mac_free(k);
}
END_TEST

START_TEST(terms_are_in_their_order)
{
	const struct rfc_terms t = {.relayed = {{.family = AF_INET,
						 .ip = {203, 0, 113, 31},
						 .port = 50000}},
				    .client = {.family = AF_INET,
					       .ip = {198, 51, 100, 7},
					       .port = 40000},
				    .lifetime_s = 600,
				    .reserved = 0x0102030405060708};
	struct rfc_answer a;
	struct edge_slice got;

	rfc_answer_begin(&a, RFC_ALLOCATE, RFC_SUCCESS, tid());
	rfc_put_terms(&a.w, &t);
	got = rfc_answer_end(&a, &none);
	ck_assert(edge_slice_eq(got,
				vector_bytes("0103002c"
					     "2112a442303132333435363738396162"
					     "001600080001e242ea12d55d"
					     "000d000400000258"
					     "002200080102030405060708"
					     "002000080001bd52e721c045")));
}
END_TEST

START_TEST(seal_is_the_requests)
{
	struct rfc_seal seal = {.which = RFC_INTEGRITY_SHA256};
	struct rfc_mac *k;
	struct rfc_answer a;
	struct rfc_msg m;

	ck_assert_int_eq(rfc_mac_new(&k, edge_slice_str("k")), EDGE_OK);
	seal.mac = k;
	rfc_answer_begin(&a, RFC_REFRESH, RFC_SUCCESS, tid());
	ck_assert_int_eq(rfc_msg_decode(&m, rfc_answer_end(&a, &seal)),
			 EDGE_OK);
	ck_assert_uint_eq(m.integrity_at, 0);
	ck_assert(rfc_mac_fits(k, &m));
	seal.which = RFC_INTEGRITY;
	seal.has_fingerprint = true;
	rfc_answer_begin(&a, RFC_REFRESH, RFC_SUCCESS, tid());
	ck_assert_int_eq(rfc_msg_decode(&m, rfc_answer_end(&a, &seal)),
			 EDGE_OK);
	ck_assert_uint_eq(m.sha256_at, 0);
	ck_assert(rfc_mac_fits(k, &m));
	ck_assert_uint_ne(m.fingerprint_at, 0);
	ck_assert(rfc_fingerprint_fits(&m));
	rfc_mac_free(k);
}
END_TEST

static const struct code {
	enum ave_reason why;
	unsigned method, code;
} codes[] = {
	{AVE_MALFORMED, RFC_ALLOCATE, 400},
	{AVE_NO_INTEGRITY, RFC_ALLOCATE, 401},
	{AVE_BAD_INTEGRITY, RFC_REFRESH, 401},
	{AVE_TOKEN_EXPIRED, RFC_REFRESH, 401},
	{AVE_USER_REVOKED, RFC_ALLOCATE, 401},
	{AVE_PEER_DENIED, RFC_CREATE_PERMISSION, 403},
	{AVE_PEER_DENIED, RFC_CONNECT, 403},
	{AVE_UNKNOWN_ATTR, RFC_ALLOCATE, 420},
	{AVE_NO_ALLOCATION, RFC_REFRESH, 437},
	{AVE_ALLOCATED, RFC_ALLOCATE, 437},
	{AVE_STALE_NONCE, RFC_ALLOCATE, 438},
	{AVE_FAMILY, RFC_ALLOCATE, 440},
	{AVE_FAMILY, RFC_CREATE_PERMISSION, 443},
	{AVE_FAMILY, RFC_CONNECT, 443},
	{AVE_WRONG_USER, RFC_CHANNEL_BIND, 441},
	{AVE_TRANSPORT, RFC_ALLOCATE, 442},
	{AVE_CHANNEL_TAKEN, RFC_CHANNEL_BIND, 400},
	{AVE_CHANNEL_TAKEN, RFC_CONNECT, 446},
	{AVE_PEER_GONE, RFC_CONNECT, 447},
	{AVE_USER_LIMIT, RFC_ALLOCATE, 486},
	{AVE_NO_PORT, RFC_ALLOCATE, 508},
	{AVE_PEER_LIMIT, RFC_CREATE_PERMISSION, 508},
	{AVE_INTERNAL, RFC_ALLOCATE, 500},
	{AVE_MULTIPLEXED, RFC_ALLOCATE, 500},
};

START_TEST(codes_are_those_of_the_rfcs)
{
	ck_assert_uint_eq(rfc_code_of(codes[_i].why, codes[_i].method),
			  codes[_i].code);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("rfc_answer");
	TCase *tc = tcase_create("answer");

	tcase_set_timeout(tc, 10);
	tcase_add_test(tc, challenge_is_short);
	tcase_add_test(tc, challenge_of_a_stream_says_more);
	tcase_add_test(tc, longest_answers_fit);
	tcase_add_test(tc, terms_are_in_their_order);
	tcase_add_test(tc, seal_is_the_requests);
	tcase_add_loop_test(tc, codes_are_those_of_the_rfcs, 0,
			    sizeof(codes) / sizeof(codes[0]));
	suite_add_tcase(s, tc);
	return s;
}
