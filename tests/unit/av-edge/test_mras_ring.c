/* Keys by time with a fake clock: the worked times of TO 5.4; nonces. */
#include <string.h>

#include "av-edge/mras_ms2_cred.h"
#include "av-edge/mras_ring.h"
#include "common/crypto.h"
#include "tests/support/suite.h"
#include "tests/support/vector.h"

enum {
	H = 3600,
	DAY = 1700006400, /* 00:00 UTC of some day */
	LIFETIME = 8 * H,
};

static struct mras_keys old_key, new_key;
static struct mras_ring ring;

static void setup(void)
{
	ck_assert_int_eq(mras_keys_derive(&old_key, edge_slice_str("old")),
			 EDGE_OK);
	ck_assert_int_eq(mras_keys_derive(&new_key, edge_slice_str("new")),
			 EDGE_OK);
	/* TO 5.4: the old one ends at 14:00, so the new one works from 06:00 */
	ring = (struct mras_ring){
		.v = {{new_key, DAY + 6 * H, DAY + 9000 * H},
		      {old_key, 0, DAY + 14 * H}},
		.count = 2,
		.lifetime_s = LIFETIME,
		.skew_s = 300,
	};
}

static enum ave_reason judge(const struct mras_ring *r, const uint8_t *username,
			     int64_t now_s, enum ave_side side)
{
	struct mras_known known;

	return mras_ring_verify(&known, r, edge_slice(username, MRAS_TOKEN_LEN),
				now_s, side);
}

static struct mras_ticket issue(int64_t now_s, uint32_t lifetime_s)
{
	struct mras_token t = {.issued_s = (uint32_t)now_s,
			       .expires_s = (uint32_t)now_s + lifetime_s,
			       .flags = MRAS_INTERNET};
	const uint8_t random[8] = {1};
	struct mras_ticket out;

	mras_token_mint(&out, mras_ring_minting(&ring, now_s), &t,
			edge_slice_str("sip:a@b"), random);
	return out;
}

START_TEST(new_key_makes_tokens_from_its_time_on)
{
	ck_assert_uint_eq(mras_ring_minting(&ring, DAY + 6 * H - 1)->kid,
			  old_key.kid);
	ck_assert_uint_eq(mras_ring_minting(&ring, DAY + 6 * H)->kid,
			  new_key.kid);
	ck_assert_uint_eq(mras_ring_minting(&ring, DAY + 20 * H)->kid,
			  new_key.kid);
}
END_TEST

START_TEST(old_token_counts_till_the_old_certificate_ends)
{
	struct mras_ticket t = issue(DAY + 6 * H - 60, LIFETIME);

	ck_assert_int_eq(
		judge(&ring, t.username, DAY + 14 * H - 60, AVE_OUTSIDE),
		AVE_FINE);
	ck_assert_int_eq(judge(&ring, t.username, DAY + 14 * H, AVE_OUTSIDE),
			 AVE_BAD_TOKEN);
}
END_TEST

START_TEST(new_token_counts_on_a_member_whose_clock_is_behind)
{
	struct mras_ticket t = issue(DAY + 6 * H, LIFETIME);

	ck_assert_int_eq(
		judge(&ring, t.username, DAY + 6 * H - 200, AVE_OUTSIDE),
		AVE_FINE);
	ck_assert_int_eq(
		judge(&ring, t.username, DAY + 6 * H - 301, AVE_OUTSIDE),
		AVE_BAD_TOKEN);
}
END_TEST

START_TEST(times_and_sides_are_judged)
{
	int64_t t0 = DAY + 7 * H;
	struct mras_ticket t = issue(t0, 600);
	struct mras_ring revoking = ring, other = ring;

	ck_assert_int_eq(judge(&ring, t.username, t0, AVE_INSIDE),
			 AVE_TOKEN_SIDE);
	ck_assert_int_eq(judge(&ring, t.username, t0 + 899, AVE_OUTSIDE),
			 AVE_FINE);
	ck_assert_int_eq(judge(&ring, t.username, t0 + 900, AVE_OUTSIDE),
			 AVE_TOKEN_EXPIRED);
	revoking.not_before_s = t0 + 1;
	ck_assert_int_eq(judge(&revoking, t.username, t0, AVE_OUTSIDE),
			 AVE_TOKEN_EXPIRED);
	other.count = 1;
	other.v[0].keys = old_key;
	ck_assert_int_eq(judge(&other, t.username, t0, AVE_OUTSIDE),
			 AVE_BAD_TOKEN);
	t = issue(t0, LIFETIME + 1);
	ck_assert_int_eq(judge(&ring, t.username, t0, AVE_OUTSIDE),
			 AVE_BAD_TOKEN);
}
END_TEST

/* No key is named in it: all that count are tried. */
START_TEST(second_layout_counts_as_the_first)
{
	int64_t t0 = DAY + 7 * H;
	struct mras_token made = {.issued_s = (uint32_t)t0,
				  .expires_s = (uint32_t)t0 + LIFETIME,
				  .flags = MRAS_INTERNET};
	const uint8_t random[8] = {1};
	struct mras_ring revoking = ring;
	struct mras_ticket t;
	struct mras_known known;
	struct edge_slice name;

	mras_ms2_mint(&t, &old_key, &made, edge_slice_str("sip:a@b"), random);
	name = mras_ticket_name(&t);
	ck_assert_int_eq(mras_ring_verify(&known, &ring, name, t0, AVE_OUTSIDE),
			 AVE_FINE);
	ck_assert_mem_eq(known.password, t.password, sizeof(t.password));
	ck_assert_int_eq(mras_ring_verify(&known, &ring, name, t0, AVE_INSIDE),
			 AVE_TOKEN_SIDE);
	revoking.not_before_s = t0 + 1;
	ck_assert_int_eq(
		mras_ring_verify(&known, &revoking, name, t0, AVE_OUTSIDE),
		AVE_TOKEN_EXPIRED);
	/* the certificate of its key has ended */
	ck_assert_int_eq(mras_ring_verify(&known, &ring, name, DAY + 14 * H,
					  AVE_OUTSIDE),
			 AVE_BAD_TOKEN);
	made.expires_s += 60;
	mras_ms2_mint(&t, &old_key, &made, edge_slice_str("sip:a@b"), random);
	ck_assert_int_eq(mras_ring_verify(&known, &ring, mras_ticket_name(&t),
					  t0, AVE_OUTSIDE),
			 AVE_BAD_TOKEN);
}
END_TEST

/* AV 6.2: a user, with whatever key and in whatever layout. */
START_TEST(revoked_user_is_one_with_every_key)
{
	int64_t t0 = DAY + 7 * H;
	struct mras_token made = {.issued_s = (uint32_t)t0,
				  .expires_s = (uint32_t)t0 + 600,
				  .flags = MRAS_INTERNET};
	const struct mras_keys *const keys[] = {&old_key, &new_key};
	const uint8_t random[8] = {1};

	ck_assert_int_eq(mras_ring_revoke(&ring, edge_slice_str("sip:A@b")),
			 EDGE_OK);
	ck_assert_uint_eq(ring.revoked_count, 4);
	for (size_t i = 0; i < 4; i++) {
		struct mras_known known;
		struct mras_ticket t;
		bool is_other = i == 3;

		(i & 1 ? mras_ms2_mint
		       : mras_token_mint)(&t, keys[i / 2], &made,
					  edge_slice_str("sip:a@b"), random);
		ck_assert_int_eq(mras_ring_verify(&known, &ring,
						  mras_ticket_name(&t), t0,
						  AVE_OUTSIDE),
				 AVE_USER_REVOKED);
		ck_assert(mras_ring_is_revoked(&ring, t.pseudonym));
		(is_other ? mras_ms2_mint
			  : mras_token_mint)(&t, keys[i / 2], &made,
					     edge_slice_str("sip:c@b"), random);
		ck_assert_int_eq(mras_ring_verify(&known, &ring,
						  mras_ticket_name(&t), t0,
						  AVE_OUTSIDE),
				 AVE_FINE);
	}
}
END_TEST

START_TEST(revoked_pseudonym_is_that_of_the_log)
{
	int64_t t0 = DAY + 7 * H;
	struct mras_ticket t = issue(t0, 600);
	char hex[2 * MRAS_PSEUDONYM_LEN + 1];

	edge_hex(hex, edge_slice(t.pseudonym, sizeof(t.pseudonym)));
	ck_assert_int_eq(mras_ring_revoke(&ring, edge_slice_str(hex)), EDGE_OK);
	ck_assert_uint_eq(ring.revoked_count, 1);
	ck_assert_int_eq(judge(&ring, t.username, t0, AVE_OUTSIDE),
			 AVE_USER_REVOKED);
}
END_TEST

START_TEST(revoked_users_are_so_many)
{
	ring.count = 1;
	for (int i = 0; i < MRAS_REVOKED / 2; i++)
		ck_assert_int_eq(
			mras_ring_revoke(&ring, edge_slice_str("sip:a@b")),
			EDGE_OK);
	ck_assert_int_eq(mras_ring_revoke(&ring, edge_slice_str("sip:a@b")),
			 EDGE_ELIMIT);
	ck_assert_uint_eq(ring.revoked_count, MRAS_REVOKED);
}
END_TEST

static struct edge_addr ip(const char *text)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(text), 4711),
			 EDGE_OK);
	return a;
}

START_TEST(nonce_is_that_of_the_vector)
{
	json_t *root = vector_load("av-token.json");
	const json_t *n = json_object_get(root, "nonce");
	struct edge_addr client = ip(vector_text(n, "client_ip"));
	struct mras_ring r = {.count = 1, .skew_s = 300};
	char text[MRAS_NONCE_LEN + 1];

	ck_assert_int_eq(
		mras_keys_derive(
			&r.v[0].keys,
			vector_hex(json_object_get(root, "inputs"), "ikm_hex")),
		EDGE_OK);
	r.v[0].until_s = INT64_MAX;
	mras_ring_nonce(text, &r, &client, 1700000000);
	ck_assert_str_eq(text, vector_text(n, "text"));
	json_decref(root);
}
END_TEST

START_TEST(nonce_fits_its_address_and_time_only)
{
	struct edge_addr a = ip("198.51.100.7"), b = ip("198.51.100.8"),
			 six = ip("2001:db8::1");
	int64_t t0 = DAY + 7 * H;
	char text[MRAS_NONCE_LEN + 1];
	struct edge_slice s = edge_slice(text, MRAS_NONCE_LEN);

	mras_ring_nonce(text, &ring, &a, t0);
	ck_assert(mras_ring_nonce_fits(&ring, s, &a, t0 + 600, 600));
	ck_assert(!mras_ring_nonce_fits(&ring, s, &a, t0 + 601, 600));
	ck_assert(mras_ring_nonce_fits(&ring, s, &a, t0 - 300, 600));
	ck_assert(!mras_ring_nonce_fits(&ring, s, &a, t0 - 301, 600));
	ck_assert(!mras_ring_nonce_fits(&ring, s, &b, t0, 600));
	text[9] = text[9] == 'A' ? 'B' : 'A';
	ck_assert(!mras_ring_nonce_fits(&ring, s, &a, t0, 600));
	ck_assert(!mras_ring_nonce_fits(&ring, edge_slice(text, 31), &a, t0,
					600));
	mras_ring_nonce(text, &ring, &six, t0);
	ck_assert(mras_ring_nonce_fits(&ring, s, &six, t0, 600));
}
END_TEST

START_TEST(no_key_no_nonce)
{
	struct edge_addr a = ip("198.51.100.7");
	struct mras_ring none = {.skew_s = 300};
	char text[MRAS_NONCE_LEN + 1];

	mras_ring_nonce(text, &none, &a, 5);
	ck_assert(!mras_ring_nonce_fits(&none, edge_slice(text, MRAS_NONCE_LEN),
					&a, 5, 600));
	ck_assert(!mras_ring_nonce_fits(&ring, edge_slice(text, MRAS_NONCE_LEN),
					&a, 5, 600));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mras_ring");
	TCase *tc = tcase_create("ring");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, new_key_makes_tokens_from_its_time_on);
	tcase_add_test(tc, old_token_counts_till_the_old_certificate_ends);
	tcase_add_test(tc, new_token_counts_on_a_member_whose_clock_is_behind);
	tcase_add_test(tc, times_and_sides_are_judged);
	tcase_add_test(tc, second_layout_counts_as_the_first);
	tcase_add_test(tc, revoked_user_is_one_with_every_key);
	tcase_add_test(tc, revoked_pseudonym_is_that_of_the_log);
	tcase_add_test(tc, revoked_users_are_so_many);
	tcase_add_test(tc, nonce_is_that_of_the_vector);
	tcase_add_test(tc, nonce_fits_its_address_and_time_only);
	tcase_add_test(tc, no_key_no_nonce);
	suite_add_tcase(s, tc);
	return s;
}
