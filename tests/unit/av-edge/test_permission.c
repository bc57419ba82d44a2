/* av-edge/permission.c: whose packets come in, and how long. */
#include "av-edge/permission.h"

#include <netinet/in.h>

#include "tests/support/suite.h"

enum { MAX = 64 };

static struct ave_permissions permissions;

static void set_up(void)
{
	permissions = (struct ave_permissions){0};
}

static void tear_down(void)
{
	ave_permissions_fini(&permissions);
	ck_assert_ptr_null(permissions.v);
	ck_assert_uint_eq(permissions.count, 0);
}

static struct edge_addr peer(uint8_t last, uint16_t port)
{
	return (struct edge_addr){
		.family = AF_INET, .ip = {198, 51, 100, last}, .port = port};
}

static enum edge_err put(uint8_t last, uint64_t now_ms, uint64_t until_ms)
{
	const struct edge_addr at = peer(last, 6000);

	return ave_permissions_put(&permissions, &at, now_ms, until_ms, MAX);
}

static struct ave_permission *find(uint8_t last, uint64_t now_ms)
{
	const struct edge_addr at = peer(last, 7000);

	return ave_permissions_find(&permissions, &at, now_ms);
}

START_TEST(permission_is_of_an_ip_whatever_its_port)
{
	struct edge_addr six = {
		.family = AF_INET6, .ip = {198, 51, 100, 1}, .port = 6000};

	ck_assert_ptr_null(find(1, 0));
	ck_assert_int_eq(put(1, 0, 1000), EDGE_OK);
	ck_assert_ptr_nonnull(find(1, 0));
	ck_assert_uint_eq(find(1, 0)->ip.port, 0);
	ck_assert_ptr_null(find(2, 0));
	/* the same bytes in the other family are another address */
	ck_assert_ptr_null(ave_permissions_find(&permissions, &six, 0));
}
END_TEST

START_TEST(permission_ends_by_its_time)
{
	ck_assert_int_eq(put(1, 0, 1000), EDGE_OK);
	ck_assert_ptr_nonnull(find(1, 999));
	ck_assert_ptr_null(find(1, 1000));
}
END_TEST

START_TEST(permission_put_twice_is_prolonged)
{
	ck_assert_int_eq(put(1, 0, 1000), EDGE_OK);
	ck_assert_int_eq(put(1, 500, 1500), EDGE_OK);
	ck_assert_uint_eq(permissions.count, 1);
	ck_assert_ptr_nonnull(find(1, 1499));
	/* also after its end */
	ck_assert_int_eq(put(1, 2000, 3000), EDGE_OK);
	ck_assert_uint_eq(permissions.count, 1);
	ck_assert_ptr_nonnull(find(1, 2999));
}
END_TEST

START_TEST(permissions_are_found_among_many)
{
	for (uint8_t i = 0; i < MAX; i++)
		ck_assert_int_eq(put(i, 0, 1000 + i), EDGE_OK);
	for (int round = 0; round < 2; round++)
		for (uint8_t i = 0; i < MAX; i++) {
			const struct ave_permission *p = find(i, 0);

			ck_assert_ptr_nonnull(p);
			ck_assert_uint_eq(p->until_ms, 1000u + i);
			/* the one found last is looked at first */
			ck_assert_uint_eq(permissions.last, i);
			ck_assert_ptr_eq(find(i, 0), p);
		}
}
END_TEST

START_TEST(permissions_that_ended_make_room)
{
	for (uint8_t i = 0; i < MAX; i++)
		ck_assert_int_eq(put(i, 0, i == 7 ? 500 : 1000), EDGE_OK);
	ck_assert_int_eq(put(MAX, 499, 2000), EDGE_ELIMIT);
	ck_assert_ptr_null(find(MAX, 499));
	ck_assert_int_eq(put(MAX, 500, 2000), EDGE_OK);
	ck_assert_uint_eq(permissions.count, MAX);
	ck_assert_ptr_nonnull(find(MAX, 500));
	ck_assert_ptr_null(find(7, 500));
	ck_assert_int_eq(put(7, 500, 2000), EDGE_ELIMIT);
	ck_assert_ptr_nonnull(find(8, 500)); /* the others are as they were */
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("permission");
	TCase *tc = tcase_create("table");

	tcase_set_timeout(tc, 10);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, permission_is_of_an_ip_whatever_its_port);
	tcase_add_test(tc, permission_ends_by_its_time);
	tcase_add_test(tc, permission_put_twice_is_prolonged);
	tcase_add_test(tc, permissions_are_found_among_many);
	tcase_add_test(tc, permissions_that_ended_make_room);
	suite_add_tcase(s, tc);
	return s;
}
