/* access-edge/xmpp_dialback.c: keys of XEP-0185. */
#include "access-edge/xmpp_dialback.h"

#include <string.h>

#include "tests/support/suite.h"

/* XEP-0185 2.2: passphrase s3cr3tf0rd14lb4ck */
static const char secret[] =
	"a7136eb1f46c9ef18c5e78c36ca257067c69b3d518285f0b18a96c33beae9acc";
static const char xep_key[] =
	"37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643";

static struct acc_dialback d;

static void setup(void)
{
	d = (struct acc_dialback){0};
}

static bool is_ours(const char *key, const char *receiving,
		    const char *originating, const char *id)
{
	return acc_dialback_is_ours(&d, edge_slice_str(key), receiving,
				    originating, edge_slice_str(id));
}

START_TEST(dialback_key_is_the_one_of_the_xep)
{
	char key[ACC_DIALBACK_KEY_LEN];

	ck_assert_int_eq(acc_dialback_of_passphrase(&d, secret), EDGE_OK);
	ck_assert_int_eq(acc_dialback_key(&d, key, "xmpp.example.com",
					  "example.org",
					  edge_slice_str("D60000229F")),
			 EDGE_OK);
	ck_assert_str_eq(key, xep_key);
	ck_assert(
		is_ours(key, "xmpp.example.com", "example.org", "D60000229F"));
}
END_TEST

START_TEST(dialback_key_is_of_its_domains_and_stream_alone)
{
	ck_assert_int_eq(acc_dialback_of_passphrase(&d, secret), EDGE_OK);
	ck_assert(!is_ours(xep_key, "example.org", "xmpp.example.com",
			   "D60000229F"));
	ck_assert(!is_ours(xep_key, "xmpp.example.com", "example.org", "D6"));
	ck_assert(!is_ours(xep_key, "xmpp.example.com", "example.net",
			   "D60000229F"));
	ck_assert(
		!is_ours("", "xmpp.example.com", "example.org", "D60000229F"));
	ck_assert(!is_ours(xep_key + 1, "xmpp.example.com", "example.org",
			   "D60000229F"));
	/* words do not run into each other */
	ck_assert(!is_ours(xep_key, "xmpp.example.com example.org", "",
			   "D60000229F"));
}
END_TEST

/* Members of a pool have the same ring: any of them verifies what any made,
 * and a key that was rotated out is good for as long as it is there. */
START_TEST(dialback_keys_of_a_pool_verify_each_other)
{
	struct acc_dialback other = {0};
	char key[ACC_DIALBACK_KEY_LEN];
	const struct edge_slice old = edge_slice_str("old key of the pool"),
				new = edge_slice_str("new key of the pool"),
				id = edge_slice_str("id");

	ck_assert_int_eq(acc_dialback_add(&d, old), EDGE_OK);
	ck_assert_int_eq(acc_dialback_add(&other, new), EDGE_OK);
	ck_assert_int_eq(acc_dialback_key(&d, key, "a", "b", id), EDGE_OK);
	ck_assert(!acc_dialback_is_ours(&other, edge_slice_str(key), "a", "b",
					id));
	ck_assert_int_eq(acc_dialback_add(&other, old), EDGE_OK);
	ck_assert(acc_dialback_is_ours(&other, edge_slice_str(key), "a", "b",
				       id));
}
END_TEST

START_TEST(dialback_refuses_what_is_no_secret)
{
	char key[ACC_DIALBACK_KEY_LEN], many[2048];

	ck_assert_int_eq(acc_dialback_of_passphrase(&d, ""), EDGE_EFORMAT);
	ck_assert_int_eq(acc_dialback_of_passphrase(&d, "s3cr3t"),
			 EDGE_EFORMAT);
	ck_assert_int_eq(acc_dialback_of_passphrase(&d, secret + 1),
			 EDGE_EFORMAT);
	ck_assert_int_eq(
		acc_dialback_key(&d, key, "a", "b", edge_slice_str("id")),
		EDGE_ESTATE);
	ck_assert(!is_ours(xep_key, "a", "b", "id"));
	for (int i = 0; i < ACC_DIALBACK_SECRETS; i++)
		ck_assert_int_eq(acc_dialback_add(&d, edge_slice_str("key")),
				 EDGE_OK);
	ck_assert_int_eq(acc_dialback_add(&d, edge_slice_str("key")),
			 EDGE_ELIMIT);
	memset(many, 'i', sizeof(many));
	ck_assert_int_eq(acc_dialback_key(&d, key, "a", "b",
					  edge_slice(many, sizeof(many))),
			 EDGE_ELIMIT);
	ck_assert(!acc_dialback_is_ours(&d, edge_slice_str(xep_key), "a", "b",
					edge_slice(many, sizeof(many))));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_dialback");
	TCase *t = tcase_create("dialback");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, dialback_key_is_the_one_of_the_xep);
	tcase_add_test(t, dialback_key_is_of_its_domains_and_stream_alone);
	tcase_add_test(t, dialback_keys_of_a_pool_verify_each_other);
	tcase_add_test(t, dialback_refuses_what_is_no_secret);
	suite_add_tcase(suite, t);
	return suite;
}
