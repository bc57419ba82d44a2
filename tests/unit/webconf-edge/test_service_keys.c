/* webconf-edge/service_keys.c: token keys are read, copied, and missed. */
#include "webconf-edge/service_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "webconf-edge/events.h"
#include "webconf-edge/mail.h"

enum { HOUR_S = 3600 };

static const uint64_t now_s = 1700000000; /* 2023-11-14 */

static char state[64], secrets[80], file[96], why[512];
static struct topo_keyring *ring;
static unsigned told;

static void setup(void)
{
	heard_start(wce_events);
	snprintf(state, sizeof(state), "/tmp/edge-keys-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(state));
	snprintf(secrets, sizeof(secrets), "%s/secrets", state);
	snprintf(file, sizeof(file), "%s/psom.keys", secrets);
	ck_assert_int_eq(mkdir(secrets, 0700), 0);
	ring = NULL;
	told = 0;
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

static enum edge_err load(void)
{
	topo_keyring_free(ring);
	ring = NULL;
	return wce_service_keys_load(&ring, state, why, sizeof(why));
}

static void write_keys(const char *text)
{
	FILE *f = fopen(file, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(file, 0600), 0);
}

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

START_TEST(service_keys_are_read)
{
	write_keys("7 " HEX " 2020-01-01T00:00:00Z 2099-01-01T00:00:00Z\n");
	ck_assert_msg(load() == EDGE_OK, "%s", why);
	ck_assert_uint_eq(ring->count, 1);
	ck_assert_uint_eq(heard_count(), 1);
	ck_assert(heard("WCE_EV_KEYS"));
	ck_assert(heard("keys=1 newest=7"));
	ck_assert(!heard("00010203"));
}
END_TEST

START_TEST(service_keys_without_a_file_there_are_none)
{
	ck_assert_int_eq(load(), EDGE_OK);
	ck_assert_uint_eq(ring->count, 0);
	ck_assert_uint_eq(heard_count(), 0);
	wce_service_keys_tell(&told, ring, now_s);
	ck_assert_uint_eq(heard_count(), 1);
	ck_assert(heard("WCE_EV_NO_KEY"));
	ck_assert(heard("edgectl secrets new --psom"));
	wce_service_keys_tell(&told, ring, now_s + 60);
	ck_assert_uint_eq(heard_count(), 1); /* once */
}
END_TEST

START_TEST(service_keys_that_are_nonsense)
{
	write_keys("7 xyz\n");
	ck_assert_int_eq(load(), EDGE_EFORMAT);
	ck_assert_ptr_null(ring);
	ck_assert_str_ne(why, "");
	write_keys("7 " HEX " 2020-01-01T00:00:00Z 2099-01-01T00:00:00Z\n");
	ck_assert_int_eq(chmod(file, 0644), 0);
	ck_assert_int_eq(load(), EDGE_EDENIED);
}
END_TEST

/* A name that no token could carry. */
START_TEST(service_keys_of_a_kid_that_is_no_number)
{
	write_keys("new " HEX " 2020-01-01T00:00:00Z 2099-01-01T00:00:00Z\n");
	ck_assert_int_eq(load(), EDGE_EFORMAT);
	ck_assert_ptr_null(ring);
}
END_TEST

START_TEST(service_keys_copy_signs_alike)
{
	struct psom_keys *a = NULL, *b = NULL;
	struct psom_token t = {.issued_s = 1, .expires_s = 2};
	uint8_t one[PSOM_TOKEN_LEN], two[PSOM_TOKEN_LEN];

	write_keys("9 " HEX " 2020-01-01T00:00:00Z 2099-01-01T00:00:00Z\n");
	ck_assert_int_eq(load(), EDGE_OK);
	ck_assert_int_eq(wce_service_keys_copy(&a, ring), EDGE_OK);
	ck_assert_int_eq(wce_service_keys_copy(&b, ring), EDGE_OK);
	psom_token_make(one, &a->keys[0], &t);
	psom_token_make(two, &b->keys[0], &t);
	ck_assert_mem_eq(one, two, sizeof(one));
	wce_keys_free(a);
	wce_keys_free(b);
}
END_TEST

/* -- foreseen ----------------------------------------------------------- */

static void set(unsigned i, uint64_t from_s, uint64_t to_s)
{
	ring->keys[i].not_before_s = from_s;
	ring->keys[i].not_after_s = to_s;
	if (ring->count <= i)
		ring->count = i + 1;
}

static void at(uint64_t s, unsigned count, const char *words)
{
	wce_service_keys_tell(&told, ring, s);
	ck_assert_uint_eq(heard_count(), count);
	if (words)
		ck_assert_msg(strstr(heard_line(count - 1), words) != NULL,
			      "%s", heard_all());
}

START_TEST(service_keys_end_is_foreseen)
{
	ck_assert_int_eq(topo_keyring_new(&ring), EDGE_OK);
	set(0, now_s - HOUR_S, now_s + 5 * HOUR_S);
	at(now_s, 0, NULL);
	at(now_s + 3 * HOUR_S, 1, "WCE_EV_KEYS_END");
	ck_assert(heard("left_s=7200"));
	at(now_s + 4 * HOUR_S, 1, NULL);
	at(now_s + 5 * HOUR_S, 1, NULL); /* its last second */
	at(now_s + 5 * HOUR_S + 1, 2, "WCE_EV_NO_KEY");
	at(now_s + 6 * HOUR_S, 2, NULL);
}
END_TEST

START_TEST(service_keys_new_ones_begin_anew)
{
	ck_assert_int_eq(topo_keyring_new(&ring), EDGE_OK);
	set(0, now_s - HOUR_S, now_s + HOUR_S);
	at(now_s, 1, "WCE_EV_KEYS_END");
	set(1, now_s, now_s + 9 * HOUR_S);
	at(now_s + 10, 1, NULL);
	at(now_s + 8 * HOUR_S, 2, "WCE_EV_KEYS_END");
}
END_TEST

/* Keys that are still to come open nothing now. */
START_TEST(service_keys_that_have_not_begun_are_none)
{
	ck_assert_int_eq(topo_keyring_new(&ring), EDGE_OK);
	set(0, now_s + HOUR_S, now_s + 9 * HOUR_S);
	at(now_s, 1, "WCE_EV_NO_KEY");
	at(now_s + 2 * HOUR_S, 1, NULL);
}
END_TEST

START_TEST(service_keys_with_a_gap_between_are_none)
{
	ck_assert_int_eq(topo_keyring_new(&ring), EDGE_OK);
	set(0, now_s - 9 * HOUR_S, now_s - HOUR_S);
	set(1, now_s + HOUR_S, now_s + 9 * HOUR_S);
	at(now_s, 1, "WCE_EV_NO_KEY");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("service_keys");
	TCase *t = tcase_create("service_keys");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, service_keys_are_read);
	tcase_add_test(t, service_keys_without_a_file_there_are_none);
	tcase_add_test(t, service_keys_that_are_nonsense);
	tcase_add_test(t, service_keys_of_a_kid_that_is_no_number);
	tcase_add_test(t, service_keys_copy_signs_alike);
	tcase_add_test(t, service_keys_end_is_foreseen);
	tcase_add_test(t, service_keys_new_ones_begin_anew);
	tcase_add_test(t, service_keys_that_have_not_begun_are_none);
	tcase_add_test(t, service_keys_with_a_gap_between_are_none);
	suite_add_tcase(s, t);
	return s;
}
