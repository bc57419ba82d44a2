/* doctor: its families, its summary, its exit status. */
#include <check.h>
#include <jansson.h>
#include <string.h>

#include "edgectl/doctor.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/verb.h"

static struct certs *folder;

static void setup(void)
{
	folder = verb_folder();
}

static void teardown(void)
{
	certs_free(folder);
}

START_TEST(doctor_without_a_topology_says_so_alone)
{
	const char *id;

	ck_assert_int_eq(
		verb_call(ctl_doctor, folder,
			  (const char *[VERB_WORDS]){"--family", "top"}, &id),
		CTL_WARNINGS);
	ck_assert_str_eq(id, "TOP-001");
}
END_TEST

START_TEST(doctor_knows_its_families)
{
	static const char *const bad[] = {"xyz", "top,xyz", "topp", "to"};
	const char *id;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_int_eq(verb_call(ctl_doctor, folder,
					   (const char *[VERB_WORDS]){
						   "--family", bad[i]},
					   &id),
				 CTL_USAGE);
		ck_assert_str_eq(id, "CTL-001");
	}
}
END_TEST

START_TEST(doctor_wants_no_words)
{
	const char *id;

	ck_assert_int_eq(verb_call(ctl_doctor, folder,
				   (const char *[VERB_WORDS]){"now"}, &id),
			 CTL_USAGE);
}
END_TEST

START_TEST(doctor_good_and_bad_are_kept_with_their_family)
{
	struct ctl c;
	struct ctl_doctor d = {.c = &c, .family = "TOP"};

	ck_assert(!ctl_init(&c));
	c.json = true;
	d.checks = json_array();
	ctl_doctor_good(&d, "version %d", 7);
	ctl_cure_add(&d.cure, CTL_ON_EDGE, "true");
	ctl_doctor_bad(&d, TOPO_ERROR, "TOP-002", "av-edge", "version %d", 6);
	ck_assert_uint_eq(d.good, 1);
	ck_assert_uint_eq(d.cure.count, 0);
	ck_assert_uint_eq(c.errors, 1);
	ck_assert_str_eq(json_string_value(json_object_get(
				 json_array_get(d.checks, 0), "good")),
			 "version 7");
	ck_assert_uint_eq(json_array_size(json_object_get(
				  json_array_get(c.findings, 0), "cure")),
			  1);
	json_decref(d.checks);
	ctl_fini(&c);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/doctor");
	TCase *t = tcase_create("doctor");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, doctor_without_a_topology_says_so_alone);
	tcase_add_test(t, doctor_knows_its_families);
	tcase_add_test(t, doctor_wants_no_words);
	tcase_add_test(t, doctor_good_and_bad_are_kept_with_their_family);
	suite_add_tcase(s, t);
	return s;
}
