/* What is kept of an allocation: user, realm, ids. */
#include <stdio.h>
#include <string.h>

#include "av-edge/mst_own.h"
#include "tests/support/suite.h"

static uint8_t bytes[1024];
static struct mst_own *own;
static struct edge_stock stock;

static struct mst_msg allocate(const char *username, const char *realm)
{
	struct edge_put w = edge_put(bytes, sizeof(bytes));
	struct mst_msg m;

	mst_begin(&w, MST_ALLOCATE, edge_slice_str("0123456789abcdef"));
	mst_put_bytes(&w, MST_USERNAME, edge_slice_str(username));
	if (realm)
		mst_put_bytes(&w, MST_REALM, edge_slice_str(realm));
	ck_assert_int_eq(mst_msg_decode(&m, mst_end(&w)), EDGE_OK);
	return m;
}

static const char user[] =
	"0123456789012345678901234567890123456789012345678901234567-A";

static void setup(void)
{
	struct mst_msg m = allocate(user, "\"rtcmedia\"");
	const struct ave_login l = {edge_slice_str(user),
				    edge_slice_str("rtcmedia"),
				    edge_slice_str("secret")};
	struct mst_mac *mac;

	ck_assert_int_eq(mst_mac_new(&mac, MST_MAC_SHA1, &l), EDGE_OK);
	ck_assert_int_eq(mst_own_new(&own, &m, mac, &stock), EDGE_OK);
}

static void teardown(void)
{
	mst_own_free(own);
}

START_TEST(user_is_the_one_it_was_made_for)
{
	char other[sizeof(user)];

	ck_assert(mst_own_is_user(own, edge_slice_str(user)));
	memcpy(other, user, sizeof(user));
	other[59] ^= 1;
	ck_assert(!mst_own_is_user(own, edge_slice_str(other)));
	ck_assert(!mst_own_is_user(own, edge_slice(user, 59)));
}
END_TEST

START_TEST(realm_is_compared_without_its_quotes)
{
	struct mst_msg m = allocate(user, "rtcmedia");

	ck_assert(mst_own_is_realm(own, &m));
	m = allocate(user, "\"rtcmedia\"");
	ck_assert(mst_own_is_realm(own, &m));
	m = allocate(user, NULL);
	ck_assert(mst_own_is_realm(own, &m));
	m = allocate(user, "rtcmediA");
	ck_assert(!mst_own_is_realm(own, &m));
	m = allocate(user, "rtcmedia2");
	ck_assert(!mst_own_is_realm(own, &m));
}
END_TEST

START_TEST(username_that_is_too_long_is_refused)
{
	struct mst_msg m = allocate(
		"0123456789012345678901234567890123456789012345678901234567-Ab",
		"rtcmedia");
	struct mst_own *o;

	ck_assert_int_eq(mst_own_new(&o, &m, NULL, &stock), EDGE_EFORMAT);
}
END_TEST

/* Layouts are of different lengths. */
START_TEST(shorter_username_is_kept_whole)
{
	struct mst_msg m = allocate("short", "rtcmedia");
	struct mst_own *o;

	ck_assert_int_eq(mst_own_new(&o, &m, NULL, &stock), EDGE_OK);
	ck_assert(mst_own_is_user(o, edge_slice_str("short")));
	ck_assert(!mst_own_is_user(o, edge_slice_str("shor")));
	ck_assert(!mst_own_is_user(o, edge_slice("short", 6)));
	mst_own_free(o);
}
END_TEST

START_TEST(connection_ids_differ)
{
	struct mst_msg m = allocate(user, "rtcmedia");
	struct mst_own *o;

	ck_assert_int_eq(mst_own_new(&o, &m, NULL, &stock), EDGE_OK);
	ck_assert_mem_ne(o->connection, own->connection, MST_CONNECTION_LEN);
	ck_assert_mem_ne(o->tid, own->tid, MST_TID_LEN);
	mst_own_free(o);
}
END_TEST

START_TEST(indications_have_ids_of_their_own)
{
	uint8_t seen[300][MST_TID_LEN];

	memset(own->tid + 14, 0xff, 2); /* over the end of a byte */
	for (int i = 0; i < 300; i++) {
		mst_own_take_tid(own, seen[i]);
		for (int k = 0; k < i; k++)
			ck_assert_mem_ne(seen[i], seen[k], MST_TID_LEN);
	}
	/* the first half stays as it was drawn */
	ck_assert_mem_eq(seen[0], seen[299], MST_TID_LEN / 2);
}
END_TEST

START_TEST(id_after_the_last_is_the_first)
{
	uint8_t tid[MST_TID_LEN];
	static const uint8_t zeros[8];

	memset(own->tid + 8, 0xff, 8);
	mst_own_take_tid(own, tid);
	mst_own_take_tid(own, tid);
	ck_assert_mem_eq(tid + 8, zeros, 8);
}
END_TEST

START_TEST(freeing_nothing_is_fine)
{
	mst_own_free(NULL);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mst_own");
	TCase *tc = tcase_create("own");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, user_is_the_one_it_was_made_for);
	tcase_add_test(tc, realm_is_compared_without_its_quotes);
	tcase_add_test(tc, username_that_is_too_long_is_refused);
	tcase_add_test(tc, shorter_username_is_kept_whole);
	tcase_add_test(tc, connection_ids_differ);
	tcase_add_test(tc, indications_have_ids_of_their_own);
	tcase_add_test(tc, id_after_the_last_is_the_first);
	tcase_add_test(tc, freeing_nothing_is_fine);
	suite_add_tcase(s, tc);
	return s;
}
