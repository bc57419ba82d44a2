/* The pool's keys: when they are a fault, and whose hands mend it. */
#include "edgectl/keyring.h"

#include <check.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/suite.h"
#include "tests/unit/edgectl/roll_fixture.h"
#include "topology/secrets.h"

static struct roll r;
static char saw[128];

static void setup(void)
{
	roll_init(&r);
	ck_assert_int_eq(mkdir(certs_path(r.certs, "state"), 0755), 0);
	saw[0] = '\0';
}

static void teardown(void)
{
	roll_fini(&r);
}

static enum ctl_exit nothing(struct ctl *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return ctl_config(c);
}

static bool is_fault(void)
{
	ck_assert_int_eq(roll_run(&r, nothing, (char *)NULL), CTL_GOOD);
	return ctl_route_key_fault(&r.c, saw, sizeof(saw));
}

static void new_key(void)
{
	ck_assert_int_eq(roll_run(&r, ctl_secrets_new, "--route", (char *)NULL),
			 CTL_GOOD);
}

START_TEST(route_key_that_is_not_there_is_no_fault)
{
	ck_assert(!is_fault());
	ck_assert_int_eq(roll_run(&r, ctl_secrets_new, "--psom", (char *)NULL),
			 CTL_GOOD);
	ck_assert(!is_fault()); /* another ring */
	certs_write(r.certs, "state/secrets/route.keys", "no ring\n");
	ck_assert(!is_fault()); /* told where it is read */
}
END_TEST

START_TEST(route_key_is_a_fault_from_48_hours_before_its_end)
{
	const uint64_t begins_s = r.now_s;
	const uint64_t ends_s = begins_s + TOPO_KEY_WEEK_S + TOPO_KEY_GRACE_S;

	new_key();
	ck_assert(!is_fault());
	r.now_s = ends_s - TOPO_KEY_GRACE_S;
	ck_assert(!is_fault());
	r.now_s++;
	ck_assert(is_fault());
	ck_assert_msg(strstr(saw, "ends within 48 h"), "%s", saw);
	r.now_s = ends_s + 1;
	ck_assert(is_fault());
	ck_assert_str_eq(saw, "no key is valid now");
	r.now_s = begins_s - 1;
	ck_assert(is_fault());
	r.now_s = ends_s + 1;
	new_key();
	ck_assert(!is_fault());
}
END_TEST

START_TEST(key_of_a_single_edge_is_made_there)
{
	const struct ctl_key_cure k = {"edgectl --config x", "route",
				       "access-edge", 0};
	struct ctl_cure cure = {0};

	ctl_key_cure(&cure, &k);
	ck_assert_uint_eq(cure.count, 2);
	ck_assert_str_eq(cure.step[0].line,
			 "edgectl --config x secrets new --route");
	ck_assert_int_eq(cure.step[0].hands, CTL_ON_EDGE);
	ck_assert_str_eq(cure.step[1].line, "systemctl reload access-edge");
}
END_TEST

/* A key made here would be one that no other member has. */
START_TEST(key_of_a_pool_comes_from_another_member)
{
	static const enum ctl_hands hands[] = {CTL_ON_MEMBER, CTL_ON_MEMBER,
					       CTL_ON_INSIDE, CTL_ON_EDGE,
					       CTL_ON_EDGE};
	const struct ctl_key_cure k = {"edgectl", "psom", "webconf-edge", 1};
	struct ctl_cure cure = {0};

	ctl_key_cure(&cure, &k);
	ck_assert_uint_eq(cure.count, 5);
	for (size_t i = 0; i < 5; i++) {
		ck_assert_int_eq(cure.step[i].hands, hands[i]);
		ck_assert(cure.step[i].hands != CTL_ON_EDGE ||
			  !strstr(cure.step[i].line, "secrets new"));
	}
	ck_assert_ptr_nonnull(strstr(cure.step[1].line, "secrets export"));
	ck_assert_str_eq(cure.step[3].line, "edgectl topology import FOLDER");
	ck_assert_str_eq(cure.step[4].line, "systemctl reload webconf-edge");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/keyring");
	TCase *t = tcase_create("keys");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, route_key_that_is_not_there_is_no_fault);
	tcase_add_test(t, route_key_is_a_fault_from_48_hours_before_its_end);
	tcase_add_test(t, key_of_a_single_edge_is_made_there);
	tcase_add_test(t, key_of_a_pool_comes_from_another_member);
	suite_add_tcase(s, t);
	return s;
}
