/* What each test file provides: its suite. */
#ifndef TESTS_SUPPORT_SUITE_H
#define TESTS_SUPPORT_SUITE_H

#include <check.h>

Suite *test_suite(void);

#endif
