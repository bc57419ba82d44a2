/* av-edge/login_auth.c: keys as RFC 8489 and AV 1.11 have them. */
#include "av-edge/login_auth.h"

#include "tests/support/suite.h"
#include "tests/support/vector.h"

static struct ave_login login(const char *password)
{
	return (struct ave_login){edge_slice_str("user"),
				  edge_slice_str("realm"),
				  edge_slice_str(password)};
}

/* md5sum and sha256sum of "user:realm:pass" */
START_TEST(login_keys_are_the_hashes_of_three_parts)
{
	const struct ave_login l = login("pass");
	uint8_t md5[AVE_MD5_KEY_LEN], sha256[AVE_SHA256_KEY_LEN];

	ave_login_md5(md5, &l);
	ck_assert(edge_slice_eq(
		edge_slice(md5, sizeof(md5)),
		vector_bytes("8493fbc53ba582fb4c044c456bdc40eb")));
	ave_login_sha256(sha256, &l);
	ck_assert(edge_slice_eq(
		edge_slice(sha256, sizeof(sha256)),
		vector_bytes("07e934117abd40836e7c6329b54731b2"
			     "b2d2a5f9a71f544922d75e0730d8251b")));
}
END_TEST

START_TEST(login_keys_take_any_bytes)
{
	const struct ave_login empty = login(""), other = login("pass:");
	struct ave_login raw = login("pass");
	uint8_t a[AVE_MD5_KEY_LEN], b[AVE_MD5_KEY_LEN];

	ave_login_md5(a, &empty);
	ave_login_md5(b, &raw);
	ck_assert_mem_ne(a, b, sizeof(a));
	ave_login_md5(a, &other);
	ck_assert_mem_ne(a, b, sizeof(a));
	raw.password = edge_slice("pa\0s", 4);
	ave_login_md5(a, &raw);
	ck_assert_mem_ne(a, b, sizeof(a));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("login_auth");
	TCase *tc = tcase_create("keys");

	tcase_set_timeout(tc, 10);
	tcase_add_test(tc, login_keys_are_the_hashes_of_three_parts);
	tcase_add_test(tc, login_keys_take_any_bytes);
	suite_add_tcase(s, tc);
	return s;
}
