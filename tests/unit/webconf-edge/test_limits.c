/* webconf-edge/limits.c: what an operator may set. */
#include "webconf-edge/limits.h"

#include "tests/support/rows.h"
#include "tests/support/suite.h"

START_TEST(limits_have_a_default_in_their_range)
{
	rows_of_config(&wce_config_rows, "webconf");
}
END_TEST

/* The tables of WC 4.2, 4.5 and 4.7, 5.6 to 5.9, by their numbers. */
static const struct {
	enum wce_limit which;
	uint64_t def;
} digest[] = {
	{WCE_LIMIT_SESSIONS, 4000},
	{WCE_LIMIT_PREAUTH, 512},
	{WCE_LIMIT_PREAUTH_PER_SOURCE, 32},
	{WCE_LIMIT_HANDSHAKES, 256},
	{WCE_LIMIT_ACCEPT_RATE, 20},
	{WCE_LIMIT_ACCEPT_BURST, 40},
	{WCE_LIMIT_PER_SOURCE, 200},
	{WCE_LIMIT_PER_CONFERENCE, 1000},
	{WCE_LIMIT_PER_MCU, 2000},
	{WCE_LIMIT_CONTROLS, 64},
	{WCE_LIMIT_PARKED, 512},
	{WCE_LIMIT_PARKED_PER_MCU, 64},
	{WCE_LIMIT_PARKED_TARGET, 8},
	{WCE_LIMIT_PARKED_LOW, 4},
	{WCE_LIMIT_PAIR_QUEUE, 256},
	{WCE_LIMIT_NONCES, 65536},
	{WCE_LIMIT_NONCE_USES, 4},
	{WCE_LIMIT_TOKEN_LIFE_S, 3600},
	{WCE_LIMIT_TOKEN_SKEW_S, 60},
	{WCE_LIMIT_HANDSHAKE_MS, 10000},
	{WCE_LIMIT_OPENING_MS, 5000},
	{WCE_LIMIT_OPENING_TOTAL_MS, 15000},
	{WCE_LIMIT_PAIR_MS, 5000},
	{WCE_LIMIT_ASSIGN_MS, 3000},
	{WCE_LIMIT_STALL_MS, 60000},
	{WCE_LIMIT_HALF_IDLE_MS, 30000},
	{WCE_LIMIT_HALF_TOTAL_MS, 300000},
	{WCE_LIMIT_IDLE_S, 0},
	{WCE_LIMIT_ALIVE_IDLE_S, 60},
	{WCE_LIMIT_ALIVE_INTERVAL_S, 15},
	{WCE_LIMIT_ALIVE_COUNT, 4},
	{WCE_LIMIT_USER_TIMEOUT_MS, 90000},
	{WCE_LIMIT_PING_S, 30},
	{WCE_LIMIT_DEAD_S, 90},
	{WCE_LIMIT_LEG_AGE_S, 660},
	{WCE_LIMIT_WANT_MS, 200},
	{WCE_LIMIT_REJECT_MS, 1000},
	{WCE_LIMIT_QUEUE, 65536},
	{WCE_LIMIT_DRAIN_MS, 30000},
};
enum { DIGEST = sizeof(digest) / sizeof(*digest) };

START_TEST(limits_are_those_of_the_tables)
{
	const struct edge_limit_row *r =
		&wce_config_rows.limits[digest[_i].which];

	ck_assert_msg(r->def == digest[_i].def, "%s", r->name);
}
END_TEST

/* What a frame says in 16 bits fits in them: WC 5.2 0042-0044 and 0036. */
START_TEST(limits_that_are_told_fit_in_their_fields)
{
	const struct edge_limit_row *r = wce_config_rows.limits;

	ck_assert_uint_le(r[WCE_LIMIT_PING_S].max, UINT16_MAX);
	ck_assert_uint_le(r[WCE_LIMIT_DEAD_S].max, UINT16_MAX);
	ck_assert_uint_le(r[WCE_LIMIT_PARKED_PER_MCU].max, UINT16_MAX);
	ck_assert_uint_le(r[WCE_LIMIT_DRAIN_MS].max / 1000, UINT16_MAX);
	ck_assert_uint_le(r[WCE_LIMIT_ALIVE_IDLE_S].max, UINT16_MAX);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("limits");
	TCase *t = tcase_create("limits");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, limits_have_a_default_in_their_range);
	tcase_add_loop_test(t, limits_are_those_of_the_tables, 0, DIGEST);
	tcase_add_test(t, limits_that_are_told_fit_in_their_fields);
	suite_add_tcase(s, t);
	return s;
}
