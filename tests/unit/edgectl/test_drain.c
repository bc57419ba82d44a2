/* drain: counted down, and over when the process has ended. */
#include <check.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edgectl/ctl.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/stand_in.h"
#include "tests/unit/edgectl/verb.h"

#define STATUS "GET /v1/status"
#define DRAIN  "POST /v1/drain"

static struct certs *folder;
static struct stand_in *services;
static pid_t process; /* that says it is the service */
static const char *id;

static void setup(void)
{
	char ini[512];

	folder = certs_new();
	(void)snprintf(ini, sizeof(ini), "[local]\nrun = %s\n",
		       certs_path(folder, "."));
	certs_write(folder, "edge.ini", ini);
	services = stand_in_new(certs_path(folder, "."));
	process = fork();
	if (!process)
		for (;;)
			pause();
	ck_assert_int_gt(process, 0);
}

static void teardown(void)
{
	(void)kill(process, SIGKILL); /* may have been */
	(void)waitpid(process, NULL, 0);
	stand_in_free(services);
	certs_free(folder);
}

/* One more answer of av-edge about itself. */
static void av_edge_is(const char *state, pid_t pid, int allocations)
{
	char body[256];

	(void)snprintf(body, sizeof(body),
		       "{\"state\":\"%s\",\"pid\":%d,\"draining\":{"
		       "\"ends_in_s\":60,\"left\":{\"allocations\":%d}}}",
		       state, (int)pid, allocations);
	stand_in_answers(services, "av-edge", STATUS, 200, body);
}

static enum ctl_exit drain(const char *word, const char *other)
{
	return verb_call(ctl_drain, folder,
			 (const char *[VERB_WORDS]){word, other}, &id);
}

START_TEST(drain_ends_when_the_process_has)
{
	av_edge_is("ready", process, 2);
	stand_in_answers(services, "av-edge", DRAIN, 202, "{}");
	av_edge_is("draining", process, 1);
	av_edge_is("draining", process, 0);
	stand_in_kills(services, process);
	ck_assert_int_eq(drain("av-edge", NULL), CTL_GOOD);
	ck_assert_uint_eq(stand_in_asked(services, "av-edge", STATUS), 3);
}
END_TEST

START_TEST(drain_is_not_over_with_a_connection)
{
	av_edge_is("ready", process, 2);
	stand_in_answers(services, "av-edge", DRAIN, 202, "{}");
	/* it has no time for us, which is no end */
	stand_in_answers(services, "av-edge", STATUS, STAND_IN_HANGS_UP, "");
	av_edge_is("draining", process, 1);
	stand_in_answers(services, "av-edge", STATUS, STAND_IN_HANGS_UP, "");
	stand_in_kills(services, process);
	ck_assert_int_eq(drain("av-edge", NULL), CTL_GOOD);
	ck_assert_uint_eq(stand_in_asked(services, "av-edge", STATUS), 4);
}
END_TEST

START_TEST(drain_is_over_when_another_has_its_place)
{
	av_edge_is("ready", process, 2);
	stand_in_answers(services, "av-edge", DRAIN, 202, "{}");
	av_edge_is("ready", getpid(), 0);
	stand_in_kills(services, process);
	ck_assert_int_eq(drain("av-edge", NULL), CTL_GOOD);
}
END_TEST

START_TEST(drain_of_an_unknown_process_goes_by_its_socket)
{
	stand_in_answers(services, "av-edge", STATUS, 200,
			 "{\"state\":\"ready\"}");
	stand_in_answers(services, "av-edge", DRAIN, 202, "{}");
	stand_in_answers(services, "av-edge", STATUS, STAND_IN_HANGS_UP, "");
	stand_in_answers(services, "av-edge", STATUS, 200,
			 "{\"state\":\"draining\"}");
	stand_in_leaves(services);
	ck_assert_int_eq(drain("av-edge", NULL), CTL_GOOD);
	ck_assert_uint_eq(stand_in_asked(services, "av-edge", STATUS), 3);
}
END_TEST

START_TEST(drain_does_not_wait_when_told_so)
{
	av_edge_is("ready", process, 2);
	stand_in_answers(services, "av-edge", DRAIN, 202, "{}");
	ck_assert_int_eq(drain("av-edge", "--no-wait"), CTL_GOOD);
	ck_assert_uint_eq(stand_in_asked(services, "av-edge", STATUS), 1);
	ck_assert_int_eq(kill(process, 0), 0);
}
END_TEST

START_TEST(drain_that_is_refused_is_a_fault)
{
	av_edge_is("ready", process, 2);
	stand_in_answers(services, "av-edge", DRAIN, 409, "{}");
	ck_assert_int_eq(drain("av-edge", NULL), CTL_REFUSED);
	ck_assert_str_eq(id, "CTL-006");
}
END_TEST

START_TEST(drain_wants_a_service_that_is_there)
{
	ck_assert_int_eq(drain("av-edge", NULL), CTL_IO);
	ck_assert_str_eq(id, "CTL-014");
	ck_assert_int_eq(drain("relay", NULL), CTL_USAGE);
	ck_assert_str_eq(id, "CTL-001");
	ck_assert_int_eq(drain("av-edge", "access-edge"), CTL_USAGE);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/drain");
	TCase *t = tcase_create("drain");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, drain_ends_when_the_process_has);
	tcase_add_test(t, drain_is_not_over_with_a_connection);
	tcase_add_test(t, drain_is_over_when_another_has_its_place);
	tcase_add_test(t, drain_of_an_unknown_process_goes_by_its_socket);
	tcase_add_test(t, drain_does_not_wait_when_told_so);
	tcase_add_test(t, drain_that_is_refused_is_a_fault);
	tcase_add_test(t, drain_wants_a_service_that_is_there);
	suite_add_tcase(s, t);
	return s;
}
