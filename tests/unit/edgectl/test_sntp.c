/* 48 bytes of RFC 5905: what counts as an answer, and what it says. */
#include "edgectl/sntp.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

static const uint64_t nonce = 0x0123456789abcdefULL;
static uint8_t in[CTL_SNTP_LEN + 4];
static struct ctl_sntp s;

static void put(int at, uint64_t n)
{
	for (int i = 0; i < 8; i++)
		in[at + i] = (uint8_t)(n >> (56 - 8 * i));
}

static void setup(void)
{
	memset(in, 0, sizeof(in));
	in[0] = 0x24; /* no warning, version 4, a server */
	in[1] = 2;    /* stratum */
	put(24, nonce);
	put(32, 0xe000000000000000ULL);
	put(40, 0xe000000080000000ULL);
}

static enum edge_err decode(size_t len)
{
	return ctl_sntp_decode(&s, edge_slice(in, len), nonce);
}

START_TEST(sntp_question_is_a_client_s_and_tells_no_time)
{
	uint8_t out[CTL_SNTP_LEN];
	static const uint8_t zero[39];

	ctl_sntp_encode(out, nonce);
	ck_assert_uint_eq(out[0], 0x23);
	ck_assert_mem_eq(out + 1, zero, sizeof(zero));
	ck_assert_uint_eq(out[40], 0x01);
	ck_assert_uint_eq(out[47], 0xef);
}
END_TEST

START_TEST(sntp_answer_gives_both_times)
{
	ck_assert_int_eq(decode(CTL_SNTP_LEN), EDGE_OK);
	ck_assert_uint_eq(s.stratum, 2);
	ck_assert_uint_eq(s.received, 0xe000000000000000ULL);
	ck_assert_uint_eq(s.sent, 0xe000000080000000ULL);
	ck_assert_int_eq(decode(sizeof(in)), EDGE_OK); /* with a key's id */
	in[0] = 0x1c;
	ck_assert_int_eq(decode(CTL_SNTP_LEN), EDGE_OK); /* version 3 */
}
END_TEST

START_TEST(sntp_refuses_every_strict_prefix)
{
	for (size_t n = 0; n < CTL_SNTP_LEN; n++)
		ck_assert_int_eq(decode(n), EDGE_EFORMAT);
}
END_TEST

static const struct {
	int at;
	uint8_t value;
	enum edge_err err;
} others[] = {
	{0, 0x23, EDGE_EFORMAT}, /* a client's */
	{0, 0x14, EDGE_EFORMAT}, /* version 2 */
	{1, 16, EDGE_EFORMAT},	 /* no such stratum */
	{31, 0, EDGE_EFORMAT},	 /* to another question */
	{1, 0, EDGE_EDENIED},	 /* go away */
	{0, 0xe4, EDGE_ESTATE},	 /* not set */
};

START_TEST(sntp_takes_no_other_answer)
{
	in[others[_i].at] = others[_i].value;
	ck_assert_int_eq(decode(CTL_SNTP_LEN), others[_i].err);
}
END_TEST

START_TEST(sntp_takes_no_answer_without_a_time)
{
	put(40, 0);
	ck_assert_int_eq(decode(CTL_SNTP_LEN), EDGE_ESTATE);
}
END_TEST

static uint64_t at(int64_t wall_s, uint32_t ms)
{
	return ctl_sntp_time(wall_s, ms * 1000000);
}

static const struct {
	int64_t server_s; /* after ours */
	uint32_t way_ms;
	int64_t behind_ms;
} clocks[] = {
	{0, 0, 0},	     {0, 400, 0},
	{3600, 20, 3600000}, {-3600, 20, -3600000},
	{61, 0, 61000},	     {-86400, 2, -86400000},
};

START_TEST(sntp_takes_the_way_off_the_difference)
{
	const int64_t now = 1700000000;

	s.received = at(now + clocks[_i].server_s, clocks[_i].way_ms / 2);
	s.sent = s.received;
	ck_assert_int_le(llabs(ctl_sntp_behind_ms(&s, at(now, 0),
						  at(now, clocks[_i].way_ms)) -
			       clocks[_i].behind_ms),
			 1);
}
END_TEST

/* 2036-02-07 06:28:16 UTC: the seconds begin anew. */
START_TEST(sntp_knows_no_end_of_an_era)
{
	const int64_t turn = 4294967296LL - 2208988800LL;

	s.received = s.sent = at(turn + 5, 0);
	ck_assert_uint_eq(s.sent >> 32, 5);
	ck_assert_int_eq(
		ctl_sntp_behind_ms(&s, at(turn - 5, 0), at(turn - 5, 0)),
		10000);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("edgectl/sntp");
	TCase *t = tcase_create("sntp");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, sntp_question_is_a_client_s_and_tells_no_time);
	tcase_add_test(t, sntp_answer_gives_both_times);
	tcase_add_test(t, sntp_refuses_every_strict_prefix);
	tcase_add_loop_test(t, sntp_takes_no_other_answer, 0,
			    sizeof(others) / sizeof(*others));
	tcase_add_test(t, sntp_takes_no_answer_without_a_time);
	tcase_add_loop_test(t, sntp_takes_the_way_off_the_difference, 0,
			    sizeof(clocks) / sizeof(*clocks));
	tcase_add_test(t, sntp_knows_no_end_of_an_era);
	suite_add_tcase(suite, t);
	return suite;
}
