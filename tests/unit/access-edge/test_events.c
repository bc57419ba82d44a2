/* access-edge/events.c: ids that last. */
#include "access-edge/events.h"

#include <string.h>

#include "tests/support/suite.h"

START_TEST(events_have_their_own_ids)
{
	size_t n = 0;

	for (; acc_events[n].id; n++) {
		ck_assert_uint_ge(acc_events[n].id, 1000);
		ck_assert_uint_lt(acc_events[n].id, 2000);
		ck_assert(*acc_events[n].text);
		ck_assert_msg(strncmp(acc_events[n].name, "ACC_EV_", 7) == 0,
			      "%s", acc_events[n].name);
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_ne(acc_events[i].id, acc_events[n].id);
	}
	ck_assert_uint_gt(n, 10);
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
