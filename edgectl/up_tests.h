/* The synthetic tests at the end of up: those that there is somebody for, and
 * by name those that there is not. */
#ifndef EDGECTL_UP_TESTS_H
#define EDGECTL_UP_TESTS_H

#include "edgectl/ctl.h"

enum { CTL_UP_TEST_OPTIONS = 8 };

/* Who may be tested with; NULL: nobody. */
struct ctl_up_people {
	const char *user, *user_name, *user_password;
	const char *receiver, *receiver_name, *receiver_password;
	const char *sender_join, *receiver_join;
};

/** As the tests have them. */
void ctl_up_test_options(struct ctl_up_people *p,
			 struct ctl_option out[CTL_UP_TEST_OPTIONS]);
/** A user without a password and the like is CTL_USAGE, before anything is
 * done. */
enum ctl_exit ctl_up_people_check(struct ctl *c, const struct ctl_up_people *p);
/** Runs what can be run, and tells what cannot and why; for --json "tests".
 * @param why_none  NULL; else why none is run */
void ctl_up_tests(struct ctl *c, const struct ctl_up_people *p,
		  const char *why_none);

#endif
