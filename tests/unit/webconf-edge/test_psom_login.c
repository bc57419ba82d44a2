/* Edge tokens: recorded ones, each check, keys, folding. */
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/webconf-edge/psom_vectors.h"

static struct psom_vectors v;

static void setup(void)
{
	psom_vectors_load(&v);
}

static void teardown(void)
{
	psom_vectors_fini(&v);
}

static struct psom_token_claim claim_of(struct edge_slice token)
{
	return (struct psom_token_claim){
		.token = token,
		.mcu = psom_vectors_text(&v, "mcu"),
		.conference = psom_vectors_text(&v, "conf"),
		.rule = psom_vectors_rule,
		.now_s = v.clock_s,
	};
}

static struct edge_slice recorded(void)
{
	return psom_vectors_named(&v, "psom-token-valid.hex")->bytes;
}

START_TEST(token_of_the_digest_is_accepted_and_read)
{
	const struct psom_token_claim c = claim_of(recorded());
	struct psom_token t;
	uint8_t text[PSOM_TOKEN_LEN];
	size_t len;

	ck_assert_int_eq(psom_token_check(&t, &v.keys, &c), WCE_REASON_OK);
	ck_assert_uint_eq(t.kid, 1);
	ck_assert_uint_eq(t.issued_s, 1700000000);
	ck_assert_uint_eq(t.expires_s, 1700000300);
	ck_assert_uint_eq(t.nonce[0], 0xa0);
	ck_assert_uint_eq(t.nonce[15], 0xaf);
	ck_assert_int_eq(
		edge_base64url_decode(text, sizeof(text), &len,
				      psom_vectors_text(&v, "token_b64url")),
		EDGE_OK);
	ck_assert(edge_slice_eq(edge_slice(text, len), recorded()));
}
END_TEST

START_TEST(token_made_from_its_fields_is_the_recorded_one)
{
	struct psom_token t = {.issued_s = 1700000000, .expires_s = 1700000300};
	const struct psom_key *key = &v.keys.keys[0];
	uint8_t out[PSOM_TOKEN_LEN];

	ck_assert_uint_eq(key->kid, 1);
	for (unsigned i = 0; i < PSOM_NONCE_LEN; i++)
		t.nonce[i] = (uint8_t)(0xa0 + i);
	ck_assert(psom_token_for(&t, psom_vectors_text(&v, "mcu"),
				 psom_vectors_text(&v, "conf")));
	psom_token_make(out, key, &t);
	ck_assert_mem_eq(out, recorded().p, sizeof(out));
}
END_TEST

START_TEST(token_decode_and_encode_are_inverse)
{
	struct psom_token t;
	uint8_t out[PSOM_TOKEN_LEN];

	ck_assert(psom_token_decode(&t, recorded()));
	psom_token_encode(out, &t);
	ck_assert_mem_eq(out, recorded().p, sizeof(out));
	for (size_t n = 0; n < PSOM_TOKEN_LEN; n++)
		ck_assert(!psom_token_decode(&t, edge_slice(recorded().p, n)));
}
END_TEST

START_TEST(token_with_any_bit_changed_is_refused)
{
	uint8_t bytes[PSOM_TOKEN_LEN] = {0};
	struct psom_token t;

	for (size_t bit = 0; bit < 8 * PSOM_TOKEN_LEN; bit++) {
		const struct psom_token_claim c =
			claim_of(edge_slice(bytes, sizeof(bytes)));
		enum wce_reason want = WCE_REASON_BAD_MAC;

		memcpy(bytes, recorded().p, sizeof(bytes));
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (bit / 8 == 0 || bit / 8 == 2 || bit / 8 == 3)
			want = WCE_REASON_TOKEN_VERSION;
		else if (bit / 8 == 1)
			want = WCE_REASON_UNKNOWN_KEY;
		ck_assert_int_eq(psom_token_check(&t, &v.keys, &c), want);
	}
}
END_TEST

/* Tokens that are signed: times and names relative to the good one. */
static const struct {
	int64_t issued, expires; /* from now [s] */
	const char *mcu, *conference;
	enum wce_reason want;
} signed_ones[] = {
	{0, 300, NULL, NULL, WCE_REASON_OK},
	{-10, -59, NULL, NULL, WCE_REASON_LIFETIME}, /* ends before it begins */
	{-100, -59, NULL, NULL, WCE_REASON_OK},
	{-100, -60, NULL, NULL, WCE_REASON_EXPIRED},
	{-4000, -60, NULL, NULL, WCE_REASON_EXPIRED}, /* before LIFETIME */
	{59, 300, NULL, NULL, WCE_REASON_OK},
	{60, 300, NULL, NULL, WCE_REASON_NOT_YET_VALID},
	{60, 9000, NULL, NULL, WCE_REASON_NOT_YET_VALID},
	{0, 3600, NULL, NULL, WCE_REASON_OK},
	{0, 3601, NULL, NULL, WCE_REASON_LIFETIME},
	{0, 3601, "other", "other", WCE_REASON_LIFETIME},
	{0, 300, "fe02.contoso.local", NULL, WCE_REASON_MCU_MISMATCH},
	{0, 300, "fe02.contoso.local", "sip:x", WCE_REASON_MCU_MISMATCH},
	{0, 300, "FE01.Contoso.LOCAL.", NULL, WCE_REASON_OK},
	{0, 300, "fe01.contoso.local..", NULL, WCE_REASON_MCU_MISMATCH},
	{0, 300, NULL, "sip:x", WCE_REASON_CONF_MISMATCH},
};

START_TEST(token_is_checked_in_the_order_of_the_digest)
{
	struct psom_token t = {
		.issued_s =
			(uint32_t)((int64_t)v.clock_s + signed_ones[_i].issued),
		.expires_s = (uint32_t)((int64_t)v.clock_s +
					signed_ones[_i].expires)};
	uint8_t bytes[PSOM_TOKEN_LEN] = {0};
	struct psom_token_claim c = claim_of(edge_slice(bytes, sizeof(bytes)));
	struct psom_token out;

	ck_assert(psom_token_for(&t, c.mcu, c.conference));
	psom_token_make(bytes, &v.keys.keys[1], &t);
	if (signed_ones[_i].mcu)
		c.mcu = edge_slice_str(signed_ones[_i].mcu);
	if (signed_ones[_i].conference)
		c.conference = edge_slice_str(signed_ones[_i].conference);
	ck_assert_int_eq(psom_token_check(&out, &v.keys, &c),
			 signed_ones[_i].want);
}
END_TEST

START_TEST(token_of_a_conference_in_other_case_is_accepted)
{
	struct psom_token_claim c = claim_of(recorded());
	char upper[PSOM_CONFERENCE_MAX + 1];
	struct psom_token t;

	ck_assert(edge_slice_copy(upper, sizeof(upper), c.conference));
	for (char *p = upper; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 32);
	c.conference = edge_slice_str(upper);
	ck_assert_int_eq(psom_token_check(&t, &v.keys, &c), WCE_REASON_OK);
}
END_TEST

START_TEST(token_skew_and_life_are_the_rules)
{
	struct psom_token_claim c = claim_of(recorded());
	struct psom_token t;

	c.now_s = 1700000301;
	ck_assert_int_eq(psom_token_check(&t, &v.keys, &c), WCE_REASON_OK);
	c.rule.skew_s = 1;
	ck_assert_int_eq(psom_token_check(&t, &v.keys, &c), WCE_REASON_EXPIRED);
	c.now_s = v.clock_s;
	c.rule.life_s = 299;
	ck_assert_int_eq(psom_token_check(&t, &v.keys, &c),
			 WCE_REASON_LIFETIME);
	c.rule.life_s = 300;
	ck_assert_int_eq(psom_token_check(&t, &v.keys, &c), WCE_REASON_OK);
}
END_TEST

START_TEST(token_that_ends_before_it_begins_has_no_life)
{
	struct psom_token t = {.issued_s = (uint32_t)v.clock_s,
			       .expires_s = (uint32_t)v.clock_s - 1};
	uint8_t bytes[PSOM_TOKEN_LEN] = {0};
	struct psom_token_claim c = claim_of(edge_slice(bytes, sizeof(bytes)));
	struct psom_token out;

	ck_assert(psom_token_for(&t, c.mcu, c.conference));
	psom_token_make(bytes, &v.keys.keys[0], &t);
	c.rule.life_s = UINT32_MAX;
	ck_assert_int_eq(psom_token_check(&out, &v.keys, &c),
			 WCE_REASON_LIFETIME);
}
END_TEST

START_TEST(token_at_the_end_of_its_clock_does_not_wrap)
{
	struct psom_token t = {.issued_s = UINT32_MAX - 5,
			       .expires_s = UINT32_MAX};
	uint8_t bytes[PSOM_TOKEN_LEN] = {0};
	struct psom_token_claim c = claim_of(edge_slice(bytes, sizeof(bytes)));
	struct psom_token out;

	for (size_t i = 0; i < v.keys.count; i++)
		v.keys.keys[i].not_after_s = UINT64_MAX;
	ck_assert(psom_token_for(&t, c.mcu, c.conference));
	psom_token_make(bytes, &v.keys.keys[0], &t);
	c.now_s = UINT32_MAX;
	ck_assert_int_eq(psom_token_check(&out, &v.keys, &c), WCE_REASON_OK);
	c.now_s = (uint64_t)UINT32_MAX + 60;
	ck_assert_int_eq(psom_token_check(&out, &v.keys, &c),
			 WCE_REASON_EXPIRED);
	c.now_s = 1000;
	for (size_t i = 0; i < v.keys.count; i++)
		v.keys.keys[i].not_before_s = 0;
	ck_assert_int_eq(psom_token_check(&out, &v.keys, &c),
			 WCE_REASON_NOT_YET_VALID);
}
END_TEST

START_TEST(key_out_of_date_is_unknown)
{
	struct psom_token_claim c = claim_of(recorded());
	struct psom_token t;

	v.keys.keys[0].not_after_s = v.clock_s - 1;
	ck_assert_int_eq(psom_token_check(&t, &v.keys, &c),
			 WCE_REASON_UNKNOWN_KEY);
	v.keys.keys[0].not_after_s = v.clock_s;
	ck_assert_int_eq(psom_token_check(&t, &v.keys, &c), WCE_REASON_OK);
	v.keys.keys[0].not_before_s = v.clock_s + 1;
	ck_assert_int_eq(psom_token_check(&t, &v.keys, &c),
			 WCE_REASON_UNKNOWN_KEY);
}
END_TEST

START_TEST(key_to_sign_with_is_the_newest_in_date)
{
	struct topo_keyring *ring;
	struct psom_keys k;

	ck_assert_int_eq(topo_keyring_new(&ring), EDGE_OK);
	for (unsigned i = 0; i < TOPO_KEYS_MAX; i++) { /* newest first */
		ring->keys[i] = (struct topo_key){.not_before_s = 1000 - i,
						  .not_after_s = 2000 - i};
		ring->keys[i].kid[0] = (char)('9' - i);
		ring->count++;
	}
	ck_assert_int_eq(psom_keys_from(&k, ring), EDGE_OK);
	ck_assert_uint_eq(k.count, 8);
	ck_assert_uint_eq(psom_keys_current(&k, 1000)->kid, 9);
	ck_assert_uint_eq(psom_keys_current(&k, 999)->kid, 8);
	ck_assert_ptr_null(psom_keys_current(&k, 992));
	ck_assert_ptr_null(psom_keys_current(&k, 2001));
	psom_keys_fini(&k);
	ck_assert_uint_eq(k.count, 0);
	for (size_t i = 0; i < sizeof(k); i++)
		ck_assert_uint_eq(((const uint8_t *)&k)[i], 0);
	topo_keyring_free(ring);
}
END_TEST

START_TEST(keys_from_refuses_kids_of_other_kinds)
{
	static const char *const kids[] = {
		"0", "256", "01", "k1", "-1", "", "1a", "99999999999999999999"};
	struct topo_keyring *ring;
	struct psom_keys k = {.count = 77};

	ck_assert_int_eq(topo_keyring_new(&ring), EDGE_OK);
	strcpy(ring->keys[0].kid, "255");
	strcpy(ring->keys[1].kid, kids[_i]);
	ring->count = 2;
	ck_assert_int_eq(psom_keys_from(&k, ring), EDGE_EFORMAT);
	ck_assert_uint_eq(k.count, 77);
	topo_keyring_free(ring);
}
END_TEST

START_TEST(names_are_folded)
{
	uint8_t a[PSOM_MCU_HASH_LEN], b[PSOM_MCU_HASH_LEN];
	char many[PSOM_CONFERENCE_MAX + 1];
	uint8_t whole[PSOM_CONF_HASH_LEN], dotted[PSOM_CONF_HASH_LEN];

	ck_assert(psom_name_eq(edge_slice_str("FE01.a."),
			       edge_slice_str("fe01.A")));
	ck_assert(!psom_name_eq(edge_slice_str("fe01.a.."),
				edge_slice_str("fe01.a")));
	ck_assert(
		!psom_name_eq(edge_slice_str("fe01"), edge_slice_str("fe02")));
	ck_assert(psom_mcu_hash(a, edge_slice_str("FE01.a.")));
	ck_assert(psom_mcu_hash(b, edge_slice_str("fe01.a")));
	ck_assert_mem_eq(a, b, sizeof(a));
	/* of a conference no dot is taken */
	ck_assert(psom_conf_hash(whole, edge_slice_str("sip:A")));
	ck_assert(psom_conf_hash(dotted, edge_slice_str("sip:a.")));
	ck_assert_mem_ne(whole, dotted, sizeof(whole));
	memset(many, 'x', sizeof(many));
	ck_assert(psom_mcu_hash(a, edge_slice(many, PSOM_MCU_MAX)));
	ck_assert(!psom_mcu_hash(a, edge_slice(many, PSOM_MCU_MAX + 1)));
	ck_assert(psom_conf_hash(whole, edge_slice(many, PSOM_CONFERENCE_MAX)));
	ck_assert(!psom_conf_hash(whole,
				  edge_slice(many, PSOM_CONFERENCE_MAX + 1)));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("psom_login");
	TCase *t = tcase_create("tokens");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, token_of_the_digest_is_accepted_and_read);
	tcase_add_test(t, token_made_from_its_fields_is_the_recorded_one);
	tcase_add_test(t, token_decode_and_encode_are_inverse);
	tcase_add_test(t, token_with_any_bit_changed_is_refused);
	tcase_add_loop_test(t, token_is_checked_in_the_order_of_the_digest, 0,
			    sizeof(signed_ones) / sizeof(signed_ones[0]));
	tcase_add_test(t, token_of_a_conference_in_other_case_is_accepted);
	tcase_add_test(t, token_skew_and_life_are_the_rules);
	tcase_add_test(t, token_that_ends_before_it_begins_has_no_life);
	tcase_add_test(t, token_at_the_end_of_its_clock_does_not_wrap);
	tcase_add_test(t, key_out_of_date_is_unknown);
	suite_add_tcase(s, t);
	t = tcase_create("keys and names");
	tcase_set_timeout(t, 10);
	tcase_add_test(t, key_to_sign_with_is_the_newest_in_date);
	tcase_add_loop_test(t, keys_from_refuses_kids_of_other_kinds, 0, 8);
	tcase_add_test(t, names_are_folded);
	suite_add_tcase(s, t);
	return s;
}
