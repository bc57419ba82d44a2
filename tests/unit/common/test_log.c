/* Events: the line's shape, escaping, and what happens to repeats. */
#include "common/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

enum { MINE_HELLO = 1001, MINE_QUIET, MINE_LOUD, MINE_RECORD };

static const struct edge_event_row mine[] = {
	{MINE_HELLO, EDGE_WARN, "MINE_HELLO", "hello there"},
	{MINE_QUIET, EDGE_DEBUG, "MINE_QUIET", "not shown"},
	{MINE_LOUD, EDGE_ERROR, "MINE_LOUD", "again and again"},
	{MINE_RECORD, EDGE_RECORD, "MINE_RECORD", "one more done"},
	{0}};

/* What the log has said since setup. */
static char last[4096];
static unsigned lines;
static uint64_t now;

static void keep(const char *line, void *arg)
{
	ck_assert_ptr_eq(arg, &lines);
	ck_assert_uint_lt(strlen(line), sizeof(last));
	strcpy(last, line);
	lines++;
}

static uint64_t fake_now(void)
{
	return now;
}

static void setup(void)
{
	setenv("EDGE_LOG", "stderr", 1);
	unsetenv("EDGE_LOG_LEVEL");
	edge_log_open("unit-test");
	edge_log_table(mine);
	edge_log_capture(keep, &lines);
	now = 5000;
	edge_log_clock(fake_now);
	last[0] = 0;
	lines = 0;
}

static void teardown(void)
{
	edge_log_capture(NULL, NULL);
	edge_log_clock(NULL);
}

/* The line after "2026-11-22T10:00:00.123Z ". */
static const char *after_time(void)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ ";

	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == 'd')
			ck_assert(last[i] >= '0' && last[i] <= '9');
		else
			ck_assert_int_eq(last[i], shape[i]);
	return last + sizeof(shape) - 1;
}

START_TEST(event_prints_one_line_with_id_name_and_words)
{
	edge_event(MINE_HELLO, "client=%s n=%d", "192.0.2.1:5", 7);
	ck_assert_str_eq(after_time(), "unit-test WARN 1001 MINE_HELLO hello "
				       "there client=192.0.2.1:5 n=7");
	edge_event(MINE_HELLO, "%s", "");
	ck_assert_str_eq(after_time(),
			 "unit-test WARN 1001 MINE_HELLO hello there");
	edge_event(EDGE_EV_DRAINING, "left=%d", 3);
	ck_assert_str_eq(after_time(),
			 "unit-test INFO 14 EDGE_EV_DRAINING draining left=3");
	ck_assert_uint_eq(lines, 3);
}
END_TEST

START_TEST(event_without_a_row_is_told_as_such)
{
	edge_event(999999, "a=%d", 1);
	ck_assert_ptr_nonnull(strstr(last, " ERROR 17 EDGE_EV_UNKNOWN "));
}
END_TEST

START_TEST(event_of_debug_level_is_shown_on_wish_only)
{
	edge_event(MINE_QUIET, "a=%d", 1);
	ck_assert_uint_eq(lines, 0);
	setenv("EDGE_LOG_LEVEL", "debug", 1);
	edge_log_open("unit-test");
	edge_event(MINE_QUIET, "a=%d", 1);
	ck_assert_uint_eq(lines, 1);
	unsetenv("EDGE_LOG_LEVEL");
}
END_TEST

START_TEST(event_stays_one_printable_line)
{
	char peer[5000];

	edge_event(MINE_HELLO, "x=%s", "a\r\n2026 fake\x1b[1m\xff");
	ck_assert_ptr_nonnull(strstr(last, "x=a??2026 fake?[1m?"));
	memset(peer, 'p', sizeof(peer) - 1);
	peer[sizeof(peer) - 1] = 0;
	edge_event(MINE_HELLO, "x=%s", peer);
	ck_assert_str_eq(last + strlen(last) - 4, "p...");
}
END_TEST

START_TEST(event_repeats_are_counted_and_told_once)
{
	for (int i = 0; i < 100; i++)
		edge_event(MINE_LOUD, "i=%d", i);
	ck_assert_uint_eq(lines, 20);
	ck_assert_ptr_nonnull(strstr(last, "i=19"));
	edge_event(MINE_HELLO, "other=%d", 1); /* has its own rate */
	ck_assert_uint_eq(lines, 21);
	now += 999;
	edge_log_tick();
	ck_assert_uint_eq(lines, 21);
	now += 1;
	edge_log_tick();
	ck_assert_uint_eq(lines, 22);
	ck_assert_ptr_nonnull(
		strstr(last, "EDGE_EV_SUPPRESSED repeated events suppressed "
			     "event=MINE_LOUD id=1003 count=80"));
	edge_log_tick();
	edge_log_close();
	ck_assert_uint_eq(lines, 22);
}
END_TEST

START_TEST(event_after_the_window_is_shown_again)
{
	for (int i = 0; i < 21; i++)
		edge_event(MINE_LOUD, "i=%d", i);
	now += 1000;
	edge_event(MINE_LOUD, "i=%d", 21);
	ck_assert_uint_eq(lines, 22); /* 20, suppressed, this one */
	ck_assert_ptr_nonnull(strstr(last, "i=21"));
}
END_TEST

START_TEST(log_close_tells_what_is_still_held_back)
{
	for (int i = 0; i < 23; i++)
		edge_event(MINE_LOUD, "i=%d", i);
	edge_log_close();
	ck_assert_uint_eq(lines, 21);
	ck_assert_ptr_nonnull(strstr(last, "id=1003 count=3"));
}
END_TEST

/* A record is one line a thing: none of them may be missing. */
START_TEST(event_that_is_a_record_is_never_held_back)
{
	for (int i = 0; i < 100; i++)
		edge_event(MINE_RECORD, "i=%d", i);
	ck_assert_uint_eq(lines, 100);
	ck_assert_str_eq(after_time(),
			 "unit-test INFO 1004 MINE_RECORD one more done i=99");
	now += 1000;
	edge_log_tick();
	edge_log_close();
	ck_assert_uint_eq(lines, 100);
}
END_TEST

static void *talk(void *arg)
{
	for (int i = 0; i < 500; i++)
		edge_event(*(const uint32_t *)arg, "i=%d", i);
	return NULL;
}

START_TEST(events_of_two_threads_are_all_accounted_for)
{
	static const uint32_t ids[] = {MINE_HELLO, MINE_LOUD};
	pthread_t thread;

	ck_assert(!pthread_create(&thread, NULL, talk,
				  (void *)(uintptr_t)&ids[0]));
	talk((void *)(uintptr_t)&ids[1]);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(lines, 40);
	edge_log_close();
	ck_assert_uint_eq(lines, 42);
	ck_assert_ptr_nonnull(strstr(last, "count=480"));
}
END_TEST

/* clang-format off */
static const struct { const char *in; size_t len, cap; const char *want; } escapes[] = {
	{"", 0, 8, ""}, {"abc", 3, 4, "abc"}, {"abc", 3, 8, "abc"},
	{"abcdef", 6, 6, "ab..."}, {"a b", 3, 16, "a\\x20b"}, {"a\\b", 3, 16, "a\\x5cb"},
	{"\0\r\n\xff", 4, 32, "\\x00\\x0d\\x0a\\xff"}, {"a\nb", 3, 6, "a..."},
	{"a\n", 2, 6, "a\\x0a"}, {"abcdef", 6, 4, "..."}, {"abcdef", 6, 3, ""},
	{"ab", 2, 3, "ab"}, {"abc", 3, 1, ""},
};
/* clang-format on */

START_TEST(log_escape_shows_bytes_and_keeps_to_its_room)
{
	char dst[33];

	memset(dst, '#', sizeof(dst));
	ck_assert_str_eq(
		edge_log_escape(dst, escapes[_i].cap,
				edge_slice(escapes[_i].in, escapes[_i].len)),
		escapes[_i].want);
	ck_assert_int_eq(dst[escapes[_i].cap], '#');
	ck_assert_str_eq(edge_log_escape(dst, 0, edge_slice_str("x")), "");
}
END_TEST

START_TEST(log_quote_keeps_blanks_and_nothing_else)
{
	char out[32];

	ck_assert_str_eq(
		edge_log_quote(out, sizeof(out), edge_slice_str("a b\"c\\d\n")),
		"\"a b\\x22c\\x5cd\\x0a\"");
	ck_assert_str_eq(edge_log_quote(out, sizeof(out), edge_slice_str("")),
			 "\"\"");
	edge_log_quote(out, sizeof(out),
		       edge_slice_str("a sentence that is far too long"));
	ck_assert_uint_lt(strlen(out), sizeof(out));
	ck_assert_str_eq(out + strlen(out) - 4, "...\"");
}
END_TEST

START_TEST(log_quote_fits_whatever_the_size)
{
	char out[64];

	for (size_t cap = 16; cap < sizeof(out); cap++) {
		memset(out, 'Z', sizeof(out));
		edge_log_quote(out, cap,
			       edge_slice_str("\x01\x02 b c d e f g \x03\x04"));
		ck_assert_uint_lt(strlen(out), cap);
		ck_assert_int_eq(out[strlen(out) - 1], '"');
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("event");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, event_prints_one_line_with_id_name_and_words);
	tcase_add_test(t, event_without_a_row_is_told_as_such);
	tcase_add_test(t, event_of_debug_level_is_shown_on_wish_only);
	tcase_add_test(t, event_stays_one_printable_line);
	tcase_add_test(t, event_repeats_are_counted_and_told_once);
	tcase_add_test(t, event_after_the_window_is_shown_again);
	tcase_add_test(t, log_close_tells_what_is_still_held_back);
	tcase_add_test(t, event_that_is_a_record_is_never_held_back);
	tcase_add_test(t, events_of_two_threads_are_all_accounted_for);
	suite_add_tcase(s, t);
	t = tcase_create("escape");
	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, log_escape_shows_bytes_and_keeps_to_its_room, 0,
			    sizeof(escapes) / sizeof(escapes[0]));
	tcase_add_test(t, log_quote_keeps_blanks_and_nothing_else);
	tcase_add_test(t, log_quote_fits_whatever_the_size);
	suite_add_tcase(s, t);
	return s;
}
