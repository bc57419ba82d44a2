/* Questions to services, and a reload: done, refused, nobody there. */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edgectl/daemons.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/stand_in.h"

static struct certs *folder;
static struct stand_in *services;
static struct edge_config config;
static struct ctl c;

static void setup(void)
{
	folder = certs_new();
	services = stand_in_new(certs_path(folder, "."));
	ck_assert(!ctl_init(&c));
	config = (struct edge_config){.run = strdup(certs_path(folder, "."))};
	c.config = &config;
	c.json = true;
}

static void teardown(void)
{
	free(config.run);
	c.config = NULL;
	ctl_fini(&c);
	stand_in_free(services);
	certs_free(folder);
}

static const char *found(const char *what)
{
	const char *s = json_string_value(
		json_object_get(json_array_get(c.findings, 0), what));

	return s ? s : "";
}

START_TEST(reload_is_done)
{
	stand_in_answers(services, "av-edge", "POST /v1/reload", 200, "{}");
	ck_assert_int_eq(ctl_daemon_reload(&c, CTL_AV, TOPO_ERROR), CTL_GOOD);
	ck_assert_uint_eq(json_array_size(c.findings), 0);
	ck_assert_uint_eq(
		stand_in_asked(services, "av-edge", "POST /v1/reload"), 1);
}
END_TEST

START_TEST(reload_that_is_refused_says_why)
{
	stand_in_answers(services, "access-edge", "POST /v1/reload", 409,
			 "{\"refused\":\"x\",\"why\":\"key: no such file\"}");
	ck_assert_int_eq(ctl_daemon_reload(&c, CTL_ACCESS, TOPO_ERROR),
			 CTL_REFUSED);
	ck_assert_str_eq(found("id"), "CTL-030");
	ck_assert_str_eq(found("place"), "access-edge");
	ck_assert_str_eq(found("saw"),
			 "answered 409 to reload: key: no such file");
	ck_assert_uint_eq(c.errors, 1);
}
END_TEST

START_TEST(reload_may_be_refused_as_a_warning)
{
	stand_in_answers(services, "av-edge", "POST /v1/reload", 500, "?");
	ck_assert_int_eq(ctl_daemon_reload(&c, CTL_AV, TOPO_WARN), CTL_REFUSED);
	ck_assert_str_eq(found("saw"), "answered 500 to reload: no reason "
				       "given");
	ck_assert_uint_eq(c.errors, 0);
	ck_assert_uint_eq(c.warnings, 1);
}
END_TEST

START_TEST(reload_without_an_answer_is_a_refusal)
{
	stand_in_answers(services, "webconf-edge", "POST /v1/reload",
			 STAND_IN_HANGS_UP, "");
	ck_assert_int_eq(ctl_daemon_reload(&c, CTL_WEBCONF, TOPO_ERROR),
			 CTL_REFUSED);
	ck_assert_str_eq(found("id"), "CTL-016");
}
END_TEST

START_TEST(reload_of_what_does_not_run_is_no_fault)
{
	ck_assert_int_eq(ctl_daemon_reload(&c, CTL_AV, TOPO_ERROR), CTL_GOOD);
	ck_assert_uint_eq(json_array_size(c.findings), 0);
}
END_TEST

START_TEST(answers_are_json_or_an_error)
{
	enum edge_err err;
	json_t *o;

	stand_in_answers(services, "av-edge", "GET /v1/status", 200,
			 "{\"state\":\"ready\"}");
	stand_in_answers(services, "av-edge", "GET /v1/status", 200, "ready");
	stand_in_answers(services, "av-edge", "GET /v1/status", 503, "{}");
	o = ctl_daemon_get(&c, "av-edge", "/v1/status", &err);
	ck_assert_int_eq(err, EDGE_OK);
	ck_assert_str_eq(json_string_value(json_object_get(o, "state")),
			 "ready");
	json_decref(o);
	for (int i = 0; i < 2; i++) {
		ck_assert_ptr_null(
			ctl_daemon_get(&c, "av-edge", "/v1/status", &err));
		ck_assert_int_eq(err, EDGE_EFORMAT);
	}
	ck_assert_ptr_null(
		ctl_daemon_get(&c, "access-edge", "/v1/status", &err));
	ck_assert_int_eq(err, EDGE_ENOTFOUND);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/daemons");
	TCase *t = tcase_create("daemons");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, reload_is_done);
	tcase_add_test(t, reload_that_is_refused_says_why);
	tcase_add_test(t, reload_may_be_refused_as_a_warning);
	tcase_add_test(t, reload_without_an_answer_is_a_refusal);
	tcase_add_test(t, reload_of_what_does_not_run_is_no_fault);
	tcase_add_test(t, answers_are_json_or_an_error);
	suite_add_tcase(s, t);
	return s;
}
