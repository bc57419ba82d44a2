/* access-edge/service_keys.c: whose keys a single edge and a pool use. */
#include "access-edge/service_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "access-edge/events.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"

enum { DAY_S = 86400, WEEK_S = 7 * DAY_S };

static char state[64], secrets[80], file[96], why[512];
static struct topo single, pool;
static struct topo_keyring *ring;

static void setup(void)
{
	heard_start(acc_events);
	snprintf(state, sizeof(state), "/tmp/edge-keys-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(state));
	snprintf(secrets, sizeof(secrets), "%s/secrets", state);
	snprintf(file, sizeof(file), "%s/route.keys", secrets);
	ck_assert_int_eq(mkdir(secrets, 0700), 0);
	single = topo_fixture();
	pool = topo_fixture_pool();
	ring = NULL;
	*why = 0;
}

static void teardown(void)
{
	heard_stop();
	topo_keyring_free(ring);
	unlink(file);
	rmdir(secrets);
	rmdir(state);
}

static enum edge_err load(const struct topo *t)
{
	topo_keyring_free(ring);
	ring = NULL;
	return acc_service_keys_load(&ring, state, t, why, sizeof(why));
}

static void write_keys(const char *kid, const char *from, const char *to)
{
	FILE *f = fopen(file, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f,
		"%s 000102030405060708090a0b0c0d0e0f"
		"101112131415161718191a1b1c1d1e1f %s %s\n",
		kid, from, to);
	fclose(f);
	ck_assert_int_eq(chmod(file, 0600), 0);
}

START_TEST(service_keys_single_edge_makes_its_own)
{
	struct stat st;
	char kid[TOPO_KID_LEN];

	ck_assert_msg(load(&single) == EDGE_OK, "%s", why);
	ck_assert_uint_eq(ring->count, 1);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	snprintf(kid, sizeof(kid), "%s", ring->keys[0].kid);
	ck_assert_int_eq(load(&single), EDGE_OK); /* and keeps it */
	ck_assert_str_eq(ring->keys[0].kid, kid);
}
END_TEST

START_TEST(service_keys_single_edge_without_a_folder_works)
{
	rmdir(secrets);
	ck_assert_int_eq(chmod(state, 0500), 0);
	ck_assert_int_eq(load(&single), EDGE_OK);
	ck_assert_ptr_nonnull(topo_keyring_current(ring, (uint64_t)time(NULL)));
	ck_assert_int_eq(chmod(state, 0700), 0);
}
END_TEST

START_TEST(service_keys_pool_member_without_file_is_refused)
{
	ck_assert_int_eq(load(&pool), EDGE_ENOTFOUND);
	ck_assert_ptr_null(ring);
	ck_assert_ptr_nonnull(strstr(why, "edgepool.contoso.net"));
	ck_assert_ptr_nonnull(strstr(why, "edgectl secrets new --route"));
}
END_TEST

START_TEST(service_keys_pool_member_with_file_is_served)
{
	write_keys("k7", "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z");
	ck_assert_msg(load(&pool) == EDGE_OK, "%s", why);
	ck_assert_str_eq(ring->keys[0].kid, "k7");
}
END_TEST

START_TEST(service_keys_that_have_ended)
{
	write_keys("old", "2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z");
	ck_assert_int_eq(load(&pool), EDGE_ESTATE);
	ck_assert_ptr_null(ring);
	ck_assert_ptr_nonnull(strstr(why, "has ended"));
	ck_assert_int_eq(load(&single), EDGE_OK);
	ck_assert_str_ne(ring->keys[0].kid, "old");
}
END_TEST

START_TEST(service_keys_that_are_nonsense)
{
	FILE *f = fopen(file, "w");

	ck_assert_ptr_nonnull(f);
	fputs("k1 xyz\n", f);
	fclose(f);
	ck_assert_int_eq(chmod(file, 0600), 0);
	ck_assert_int_eq(load(&single), EDGE_EFORMAT);
	ck_assert_str_ne(why, "");
	write_keys("k7", "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z");
	ck_assert_int_eq(chmod(file, 0644), 0);
	ck_assert_int_eq(load(&pool), EDGE_EDENIED);
}
END_TEST

START_TEST(service_keys_rotate_a_day_before_the_end)
{
	uint64_t now = (uint64_t)time(NULL), end;

	ck_assert_int_eq(load(&single), EDGE_OK);
	end = ring->keys[0].not_after_s;
	ck_assert(!acc_service_keys_rotate(ring, state, &single, now));
	ck_assert(!acc_service_keys_rotate(ring, state, &pool, end));
	ck_assert(acc_service_keys_rotate(ring, state, &single,
					  end - DAY_S + 10));
	ck_assert_uint_eq(ring->count, 2); /* the old one is known still */
	ck_assert(!acc_service_keys_rotate(ring, state, &single,
					   end - DAY_S + 20));
}
END_TEST

START_TEST(service_keys_copy_signs_alike)
{
	struct acc_route_keys *a = NULL, *b = NULL;
	uint64_t now = (uint64_t)time(NULL);

	ck_assert_int_eq(load(&single), EDGE_OK);
	ck_assert_int_eq(acc_service_keys_copy(&a, ring), EDGE_OK);
	ck_assert_int_eq(acc_service_keys_copy(&b, ring), EDGE_OK);
	ck_assert_mem_eq(acc_route_keys_loop_key(a, now),
			 acc_route_keys_loop_key(b, now), 16);
	ck_assert_ptr_null(acc_route_keys_loop_key(a, now + 10 * WEEK_S));
	acc_route_keys_free(a);
	acc_route_keys_free(b);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("service_keys");
	TCase *t = tcase_create("service_keys");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, service_keys_single_edge_makes_its_own);
	tcase_add_test(t, service_keys_single_edge_without_a_folder_works);
	tcase_add_test(t, service_keys_pool_member_without_file_is_refused);
	tcase_add_test(t, service_keys_pool_member_with_file_is_served);
	tcase_add_test(t, service_keys_that_have_ended);
	tcase_add_test(t, service_keys_that_are_nonsense);
	tcase_add_test(t, service_keys_rotate_a_day_before_the_end);
	tcase_add_test(t, service_keys_copy_signs_alike);
	suite_add_tcase(s, t);
	return s;
}
