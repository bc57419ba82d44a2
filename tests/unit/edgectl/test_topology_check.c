/* topology check: what is told of a good one. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "edgectl/ctl.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/verb.h"

static struct certs *folder;
static const char *id;

static void setup(void)
{
	folder = verb_folder();
}

static void teardown(void)
{
	certs_free(folder);
}

static enum ctl_exit check(const char *file)
{
	char path[128];
	const char *const words[VERB_WORDS] = {path};

	(void)snprintf(path, sizeof(path), "%s/topology/%s",
		       getenv("EDGE_VECTORS"), file);
	return verb_call(ctl_topology_check, folder, words, &id);
}

START_TEST(check_notes_sign_in_beside_443)
{
	ck_assert_int_eq(check("01-single-edge-minimal.xml"), CTL_GOOD);
	ck_assert_str_eq(id, "NOTE-PORT-443");
	ck_assert_int_eq(check("02-edge-pool-director.xml"), CTL_GOOD);
	ck_assert_str_eq(id, "");
}
END_TEST

START_TEST(check_tells_what_is_wrong_first)
{
	ck_assert_int_eq(check("b3-next-hop-undefined.xml"), CTL_INVALID);
	ck_assert_str_eq(id, "TOPO-HOP-001");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/topology_check");
	TCase *t = tcase_create("check");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, check_notes_sign_in_beside_443);
	tcase_add_test(t, check_tells_what_is_wrong_first);
	suite_add_tcase(s, t);
	return s;
}
