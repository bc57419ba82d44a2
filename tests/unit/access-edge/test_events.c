/* access-edge/events.c: ids that last. */
#include "access-edge/events.h"

#include "tests/support/rows.h"
#include "tests/support/suite.h"

START_TEST(events_have_their_own_ids)
{
	rows_of_events(acc_events, 1000, "ACC_EV_");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("events");
	TCase *t = tcase_create("events");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, events_have_their_own_ids);
	suite_add_tcase(s, t);
	return s;
}
