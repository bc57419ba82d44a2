/* up: its options, and which tests it runs. */
#include <check.h>
#include <jansson.h>
#include <string.h>

#include "edgectl/up_tests.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/verb.h"

static struct certs *folder;
static struct ctl c;
static const char *id;

static void setup(void)
{
	folder = verb_folder();
	ck_assert(!ctl_init(&c));
	c.json = true;
	c.config_path = certs_path(folder, "edge.ini");
}

static void teardown(void)
{
	ctl_fini(&c);
	certs_free(folder);
}

/* Of the i-th test. */
static const char *told(size_t i, const char *what)
{
	const char *s = json_string_value(json_object_get(
		json_array_get(json_object_get(c.doc, "tests"), i), what));

	return s ? s : "";
}

START_TEST(up_names_each_test_that_was_not_run)
{
	static const char *const wants[][2] = {
		{"av-edge", "--user-sip-address"},
		{"p2p-av", "--receiver-sip-address"},
		{"dataconf", "--sender-join"}};

	ctl_up_tests(&c, &(struct ctl_up_people){0}, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(c.doc, "tests")), 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_str_eq(told(i, "test"), wants[i][0]);
		ck_assert_str_eq(told(i, "result"), "not run");
		ck_assert_ptr_nonnull(strstr(told(i, "wants"), wants[i][1]));
	}
	ck_assert_uint_eq(c.errors, 0);
}
END_TEST

START_TEST(up_runs_no_test_of_what_does_not_serve)
{
	const struct ctl_up_people p = {.user = "sip:a@x.test",
					.user_password = "/nonexistent"};

	ctl_up_tests(&c, &p, "not all services run");
	ck_assert_str_eq(told(0, "result"), "not run");
	ck_assert_str_eq(told(0, "why"), "not all services run");
	ck_assert_uint_eq(c.errors, 0);
}
END_TEST

START_TEST(up_runs_a_test_that_it_has_a_user_for)
{
	const struct ctl_up_people p = {.user = "sip:a@x.test",
					.user_password = "/nonexistent"};

	ctl_up_tests(&c, &p, NULL);
	ck_assert_str_eq(told(0, "test"), "av-edge");
	ck_assert_str_eq(told(0, "result"), "Failure");
	ck_assert_str_eq(told(1, "result"), "not run");
	ck_assert_uint_eq(c.errors, 1);
	ck_assert_str_eq(json_string_value(json_object_get(
				 json_array_get(c.findings, 0), "id")),
			 "TEST-005");
	/* its answer is its own: that of up has what up has put there */
	ck_assert_ptr_null(json_object_get(c.doc, "result"));
}
END_TEST

START_TEST(up_wants_people_whole)
{
	static const char *const bad[][5] = {
		{"b", "--user-sip-address", "sip:a@x.test"},
		{"b", "--user-password-file", "f"},
		{"b", "--user-name", "a"},
		{"b", "--receiver-sip-address", "sip:a@x.test",
		 "--receiver-password-file"},
		{"b", "--user-sip-address", "sip:a@x.test",
		 "--user-password-file", "-"},
		{"b", "--sender-join", "f"},
		{"b", "--receiver-join", "f"},
	};
	const char *words[VERB_WORDS];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		memset(words, 0, sizeof(words));
		memcpy(words, bad[i], sizeof(bad[i]));
		if (words[3] && !words[4])
			words[4] = "f";
		ck_assert_int_eq(verb_call(ctl_up, folder, words, &id),
				 CTL_USAGE);
		ck_assert_str_eq(id, "CTL-001");
	}
}
END_TEST

START_TEST(up_wants_one_bundle)
{
	ck_assert_int_eq(verb_call(ctl_up, folder,
				   (const char *[VERB_WORDS]){NULL}, &id),
			 CTL_USAGE);
	ck_assert_int_eq(verb_call(ctl_up, folder,
				   (const char *[VERB_WORDS]){"a", "b"}, &id),
			 CTL_USAGE);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/up_tests");
	TCase *t = tcase_create("up");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, up_names_each_test_that_was_not_run);
	tcase_add_test(t, up_runs_no_test_of_what_does_not_serve);
	tcase_add_test(t, up_runs_a_test_that_it_has_a_user_for);
	tcase_add_test(t, up_wants_people_whole);
	tcase_add_test(t, up_wants_one_bundle);
	suite_add_tcase(s, t);
	return s;
}
