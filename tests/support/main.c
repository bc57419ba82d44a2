/* Runs the one check suite a test program is made of. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/suite.h"

int main(void)
{
	SRunner *r = srunner_create(test_suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
