/* webconf-edge/want.c: how many data legs are asked for. */
#include "webconf-edge/want.h"

#include "tests/support/suite.h"

static const struct row {
	const char *what;
	struct wce_want w; /* target, low, parked, waiting, promised, room */
	uint16_t count;
} rows[] = {
	/* clang-format off */
	{"after REGISTER: the target",      {8, 4, 0, 0, 0, 64}, 8},
	{"as many as are parked: none",     {8, 4, 8, 0, 0, 56}, 0},
	{"down to low: none yet",           {8, 4, 4, 0, 0, 60}, 0},
	{"below low: up to the target",     {8, 4, 3, 0, 0, 61}, 5},
	{"promised ones count",             {8, 4, 3, 0, 1, 61}, 0},
	{"promised ones are not asked for again", {8, 4, 1, 0, 2, 63}, 5},
	{"nobody waits, all is promised",   {8, 4, 0, 0, 8, 64}, 0},
	{"who waits is added",              {8, 4, 0, 3, 0, 64}, 11},
	{"and asked for above low",         {8, 4, 4, 1, 0, 60}, 5},
	{"who waits, some are promised",    {8, 4, 0, 3, 8, 64}, 3},
	{"who waits, enough is promised",   {8, 4, 0, 1, 9, 64}, 0},
	{"more than enough is promised",    {8, 4, 0, 1, 20, 64}, 0},
	{"no more than may be parked",      {8, 4, 0, 0, 0, 3}, 3},
	{"and what waits passes through",   {8, 4, 0, 2, 0, 3}, 5},
	{"room for those promised is taken", {8, 4, 0, 0, 2, 3}, 1},
	{"no room: none",                   {8, 4, 0, 0, 0, 0}, 0},
	{"no room, but one waits",          {8, 4, 0, 1, 0, 0}, 1},
	{"a target below low",              {1, 4, 0, 0, 0, 64}, 1},
	{"is reached",                      {1, 4, 1, 0, 0, 63}, 0},
	{"the MCU wants to open none",      {0, 4, 0, 0, 0, 64}, 0},
	{"unless somebody waits",           {0, 4, 0, 2, 0, 64}, 2},
	{"more than a frame can say",       {4096, 4, 0, 70000, 0, 4096}, 65535},
	/* clang-format on */
};
enum { ROWS = sizeof(rows) / sizeof(*rows) };

START_TEST(want_counts_by_the_table)
{
	const struct row *r = &rows[_i];

	ck_assert_msg(wce_want_count(&r->w) == r->count, "%s: %u, not %u",
		      r->what, wce_want_count(&r->w), r->count);
}
END_TEST

/* What is asked for is never more than the room and those who wait take, and
 * asking again with it promised asks for nothing. */
START_TEST(want_is_content_with_its_answer)
{
	struct wce_want w = {.target = 8, .low = 4};

	for (w.parked = 0; w.parked < 12; w.parked++)
		for (w.waiting = 0; w.waiting < 12; w.waiting++)
			for (w.room = 0; w.room < 12; w.room++) {
				w.promised = 0;
				w.promised = wce_want_count(&w);
				ck_assert_uint_le(w.promised,
						  w.room + w.waiting);
				ck_assert_uint_eq(wce_want_count(&w), 0);
			}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("want");
	TCase *t = tcase_create("want");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, want_counts_by_the_table, 0, ROWS);
	tcase_add_test(t, want_is_content_with_its_answer);
	suite_add_tcase(s, t);
	return s;
}
