/* webconf-edge/events.c: ids that last. */
#include "webconf-edge/events.h"

#include <string.h>

#include "tests/support/suite.h"

START_TEST(events_have_their_own_ids)
{
	size_t n = 0;

	for (; wce_events[n].id; n++) {
		ck_assert_uint_ge(wce_events[n].id, 2000);
		ck_assert_uint_lt(wce_events[n].id, 3000);
		ck_assert(*wce_events[n].text);
		ck_assert_msg(strncmp(wce_events[n].name, "WCE_EV_", 7) == 0,
			      "%s", wce_events[n].name);
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_ne(wce_events[i].id, wce_events[n].id);
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
