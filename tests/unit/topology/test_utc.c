/* Wall time: strict text both ways. */
#include <check.h>
#include <string.h>

#include "tests/support/suite.h"
#include "topology/utc.h"

static const struct {
	const char *text;
	uint64_t s;
} good[] = {
	{"1970-01-01T00:00:00Z", 0},
	{"2000-02-29T23:59:59Z", 951868799},
	{"2026-07-22T06:00:00Z", 1784700000},
	{"9999-12-31T23:59:59Z", 253402300799},
};

START_TEST(utc_parse_and_print_are_inverse)
{
	char text[TOPO_UTC_STRLEN];
	uint64_t s = 1;

	ck_assert(!topo_utc_parse(&s, edge_slice_str(good[_i].text)));
	ck_assert_uint_eq(s, good[_i].s);
	topo_utc_print(text, s);
	ck_assert_str_eq(text, good[_i].text);
}
END_TEST

static const char *const bad[] = {
	"",
	"2026-07-22T06:00:00",
	"2026-07-22T06:00:00z",
	"2026-07-22 06:00:00Z",
	"2026-07-22T06:00:00Z ",
	"2026-7-22T06:00:00Z",
	"2026-13-22T06:00:00Z",
	"2026-00-22T06:00:00Z",
	"2026-02-30T06:00:00Z",
	"2025-02-29T06:00:00Z",
	"2026-07-22T24:00:00Z",
	"2026-07-22T06:60:00Z",
	"2026-07-22T06:00:60Z",
	"1969-12-31T23:59:59Z",
	"2026-07-22T06:00:00+00:00",
	"+026-07-22T06:00:00Z",
};

START_TEST(utc_parse_refuses_other_forms)
{
	uint64_t s = 7;

	ck_assert_int_eq(topo_utc_parse(&s, edge_slice_str(bad[_i])),
			 EDGE_EFORMAT);
	ck_assert_uint_eq(s, 7);
}
END_TEST

START_TEST(utc_print_never_overflows)
{
	char text[TOPO_UTC_STRLEN];

	topo_utc_print(text, UINT64_MAX);
	ck_assert_str_eq(text, "9999-12-31T23:59:59Z");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("topology/utc");
	TCase *t = tcase_create("utc");

	tcase_set_timeout(t, 20);
	tcase_add_loop_test(t, utc_parse_and_print_are_inverse, 0,
			    sizeof(good) / sizeof(*good));
	tcase_add_loop_test(t, utc_parse_refuses_other_forms, 0,
			    sizeof(bad) / sizeof(*bad));
	tcase_add_test(t, utc_print_never_overflows);
	suite_add_tcase(s, t);
	return s;
}
