/* Durations as exports write them. */
#include <check.h>

#include "tests/support/suite.h"
#include "topology/field.h"

START_TEST(topo_duration_reads_both_spellings)
{
	static const struct {
		const char *text;
		unsigned seconds;
	} rows[] = {
		{"PT8H", 28800},
		{"PT90M", 5400},
		{"P1DT2H30M5S", 95405},
		{"P30D", 2592000},
		{"P30DT1S", 0},
		{"P1Y", 0},
		{"PT", 0},
		{"P", 0},
		{"", 0},
		{"P8H", 0},
		{"PT8", 0},
		{"PT-8H", 0},
		{"PT8D", 0},
		{"PTT8H", 0},
		{"08:00:00", 28800},
		{"1.00:00:01", 86401},
		{"24:00:00", 0},
		{"00:60:00", 0},
		{"31.00:00:00", 0},
		{"8:00", 0},
		{"eight", 0},
		{"99999999999999D", 0},
		{"00:00:00", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(topo_duration(edge_slice_str(rows[i].text)) ==
				      rows[i].seconds,
			      "%s", rows[i].text);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("duration");
	TCase *tc = tcase_create("spellings");

	tcase_set_timeout(tc, 10);
	tcase_add_test(tc, topo_duration_reads_both_spellings);
	suite_add_tcase(s, tc);
	return s;
}
