/* The daemon: start-up order, signals, routes, sandbox; each in a child. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/fake_store.h"
#include "tests/support/suite.h"
#include "tests/unit/common/daemon_world.h"

START_TEST(daemon_starts_in_order_and_drains_on_sigterm)
{
	struct service s = {.drains_at_once = true};
	char path[80];

	daemon_ready(&s);
	kill(daemon_child, SIGTERM);
	daemon_expect_trace("dx");
	daemon_expect_notify("STOPPING=1");
	ck_assert_int_eq(daemon_finished(daemon_child), EDGE_EXIT_OK);
	daemon_expect_said("ready");
	snprintf(path, sizeof(path), "%s/edge-test.sock", daemon_run);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(daemon_second_sigterm_stops)
{
	struct service s = {0};

	daemon_ready(&s);
	kill(daemon_child, SIGTERM);
	daemon_expect_trace("d");
	daemon_ask_away("GET", "/v1/status", "", 200); /* still serving */
	kill(daemon_child, SIGTERM);
	daemon_expect_trace("x");
	ck_assert_int_eq(daemon_finished(daemon_child), EDGE_EXIT_OK);
}
END_TEST

START_TEST(daemon_status_says_what_it_is)
{
	struct service s = {0};
	json_t *o;

	daemon_ready(&s);
	o = daemon_ask("GET", "/v1/status", "", 200);
	ck_assert_str_eq(json_string_value(json_object_get(o, "daemon")),
			 "edge-test");
	ck_assert_str_eq(json_string_value(json_object_get(o, "fqdn")),
			 "edge1.contoso.com");
	ck_assert_str_eq(json_string_value(json_object_get(o, "pool")),
			 "edge.contoso.com");
	ck_assert_str_eq(json_string_value(json_object_get(o, "state")),
			 "ready");
	ck_assert_int_eq(daemon_number(o, "pid"), daemon_child);
	ck_assert_int_ge(daemon_number(o, "uptime_s"), 0);
	ck_assert_int_eq(daemon_number(json_object_get(o, "topology"), "seq"),
			 1);
	ck_assert(json_is_array(json_object_get(o, "listeners")));
	ck_assert(json_is_array(json_object_get(o, "certificates")));
	ck_assert(json_is_false(json_object_get(o, "lab")));
	ck_assert_ptr_null(json_object_get(o, "limits"));
	json_decref(o);
	daemon_stop();
}
END_TEST

START_TEST(daemon_status_lists_limits_when_asked)
{
	struct service s = {0};
	const json_t *row;
	json_t *o;

	daemon_settings("[limits]\naccess.links = 9");
	daemon_ready(&s);
	o = daemon_ask("GET", "/v1/status?limits=1", "", 200);
	row = json_array_get(json_object_get(o, "limits"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(row, "name")),
			 "access.links");
	ck_assert_int_eq(daemon_number(row, "value"), 9);
	ck_assert_int_eq(daemon_number(row, "default"), 7);
	ck_assert_int_eq(daemon_number(row, "min"), 1);
	ck_assert_int_eq(daemon_number(row, "max"), 100);
	json_decref(o);
	daemon_stop();
}
END_TEST

START_TEST(daemon_counters_give_names_and_sums)
{
	struct service s = {0};
	json_t *o;

	daemon_ready(&s);
	o = daemon_ask("GET", "/v1/counters", "", 200);
	ck_assert_int_eq(
		daemon_number(o,
			      "lync_edge_test_refused_total{reason=\"size\"}"),
		3);
	ck_assert_int_eq(daemon_number(o, "lync_edge_test_taken_total"), 0);
	json_decref(o);
	daemon_stop();
}
END_TEST

START_TEST(daemon_refusals_are_the_last_ones_that_can_be_read)
{
	struct service s = {0};
	const json_t *list;
	json_t *o;

	daemon_ready(&s);
	o = daemon_ask("GET", "/v1/refusals", "", 200);
	list = json_object_get(o, "refusals");
	ck_assert_uint_eq(json_array_size(list), 1); /* one was cut */
	ck_assert_str_eq(json_string_value(json_object_get(
				 json_array_get(list, 0), "reason")),
			 "rate");
	json_decref(o);
	daemon_stop();
}
END_TEST

START_TEST(daemon_takes_a_topology_in_two_steps)
{
	struct service s = {0};
	json_t *o;

	daemon_ready(&s);
	o = daemon_ask("POST", "/v1/topology/prepare", "{\"seq\":2}", 200);
	ck_assert_int_eq(daemon_number(o, "ready"), 2);
	json_decref(o);
	ck_assert_int_eq(daemon_topology_seq(), 1);
	daemon_ask_away("POST", "/v1/topology/commit", "{\"seq\":2}", 200);
	daemon_expect_trace("pc");
	ck_assert_int_eq(daemon_topology_seq(), 2);
	daemon_ask_away("POST", "/v1/topology/prepare", "{\"seq\":3}", 200);
	daemon_ask_away("POST", "/v1/topology/abort", "", 200);
	daemon_expect_trace("pa");
	daemon_ask_away("POST", "/v1/topology/commit", "{\"seq\":3}", 409);
	ck_assert_int_eq(daemon_topology_seq(), 2);
	daemon_stop();
}
END_TEST

START_TEST(daemon_refuses_a_topology_with_the_reason)
{
	struct service s = {0};
	json_t *o;

	daemon_ready(&s);
	o = daemon_ask("POST", "/v1/topology/prepare", "{\"seq\":5}", 409);
	ck_assert_str_eq(json_string_value(json_object_get(o, "why")),
			 "port 5061 is taken");
	ck_assert_str_eq(json_string_value(json_object_get(o, "refused")),
			 "EDGE_EREFUSED");
	json_decref(o);
	o = daemon_ask("POST", "/v1/topology/prepare", "{\"seq\":77}", 409);
	ck_assert_str_eq(json_string_value(json_object_get(o, "refused")),
			 "EDGE_EFORMAT");
	json_decref(o);
	ck_assert_int_eq(daemon_topology_seq(), 1);
	daemon_expect_trace("p");
	daemon_stop();
}
END_TEST

static const char *const no_seq[] = {
	"",
	"x",
	"{}",
	"{\"seq\":\"2\"}",
	"{\"seq\":-1}",
	"{\"seq\":2.5}",
	"[2]",
	"{\"seq\":1,\"seq\":2}",
	"{\"seq\":99999999999999999999}",
};

START_TEST(daemon_refuses_bad_requests)
{
	struct service s = {0};

	daemon_ready(&s);
	for (size_t i = 0; i < sizeof(no_seq) / sizeof(no_seq[0]); i++) {
		daemon_ask_away("POST", "/v1/topology/prepare", no_seq[i], 400);
		daemon_ask_away("POST", "/v1/topology/commit", no_seq[i], 400);
	}
	daemon_ask_away("GET", "/v1/drain", "", 405);
	daemon_stop();
}
END_TEST

START_TEST(daemon_sighup_reads_settings_and_topology)
{
	struct service s = {0};

	daemon_ready(&s);
	daemon_settings("[limits]\naccess.links = 50");
	fake_store_set(daemon_state, 3);
	kill(daemon_child, SIGHUP);
	daemon_expect_trace("rpc");
	ck_assert_int_eq(daemon_topology_seq(), 3);
	daemon_stop();
}
END_TEST

START_TEST(daemon_reload_keeps_old_settings_when_bad)
{
	struct service s = {0};
	json_t *o;

	daemon_ready(&s);
	daemon_settings("[limits]\naccess.links = 500");
	o = daemon_ask("POST", "/v1/reload", "", 409);
	ck_assert_ptr_nonnull(strstr(
		json_string_value(json_object_get(o, "why")), "outside"));
	json_decref(o);
	daemon_settings("[limits]\naccess.links = 13");
	o = daemon_ask("POST", "/v1/reload", "", 409);
	ck_assert_str_eq(json_string_value(json_object_get(o, "why")),
			 "thirteen is not wanted");
	json_decref(o);
	o = daemon_ask("GET", "/v1/status?limits=1", "", 200);
	ck_assert_int_eq(
		daemon_number(json_array_get(json_object_get(o, "limits"), 0),
			      "value"),
		7);
	json_decref(o);
	daemon_settings("");
	daemon_ask_away("POST", "/v1/reload", "", 200);
	daemon_expect_trace("rr");
	daemon_stop();
}
END_TEST

START_TEST(daemon_drain_route_drains)
{
	struct service s = {0};
	json_t *o;

	daemon_ready(&s);
	daemon_ask_away("POST", "/v1/drain", "", 202);
	daemon_expect_trace("d");
	daemon_ask_away("POST", "/v1/drain", "", 202); /* again: nothing more */
	o = daemon_ask("GET", "/v1/status", "", 200);
	ck_assert_str_eq(json_string_value(json_object_get(o, "state")),
			 "draining");
	json_decref(o);
	daemon_ask_away("POST", "/v1/topology/prepare", "{\"seq\":2}", 409);
	daemon_stop();
}
END_TEST

START_TEST(daemon_runs_in_its_sandbox)
{
	struct service s = {0};
	json_t *o, *status;
	bool landlock;

	daemon_ready(&s);
	status = daemon_ask("GET", "/v1/status", "", 200);
	landlock = json_is_true(json_object_get(
		json_object_get(status, "sandbox"), "landlock"));
	json_decref(status);
	o = daemon_ask("GET", "/v1/probe", "", 200);
	ck_assert_int_eq(daemon_number(o, "state"), 0);
	ck_assert_int_eq(daemon_number(o, "run"), 0);
	if (landlock)
		ck_assert_int_eq(daemon_number(o, "passwd"), EACCES);
	json_decref(o);
	daemon_stop();
}
END_TEST

START_TEST(daemon_beats_the_watchdog)
{
	struct service s = {0};

	setenv("WATCHDOG_USEC", "200000", 1);
	daemon_ready(&s);
	daemon_expect_notify("WATCHDOG=1");
	daemon_expect_notify("WATCHDOG=1");
	daemon_stop();
	unsetenv("WATCHDOG_USEC");
}
END_TEST

START_TEST(daemon_refuses_a_second_one)
{
	struct service s = {0};
	pid_t second;

	daemon_ready(&s);
	second = daemon_launch(&s, NULL);
	ck_assert_int_eq(daemon_finished(second), EDGE_EXIT_IO);
	daemon_expect_said("another one runs");
	daemon_ask_away("GET", "/v1/status", "",
			200); /* the first is unharmed */
	daemon_stop();
}
END_TEST

START_TEST(daemon_refuses_to_start_without_topology)
{
	struct service s = {0};

	fake_store_set(daemon_state, 0);
	ck_assert_int_eq(daemon_finished(daemon_launch(&s, NULL)),
			 EDGE_EXIT_IO);
	daemon_expect_said("no topology imported: edgectl topology import");
}
END_TEST

START_TEST(daemon_refuses_another_machines_topology)
{
	struct service s = {0};

	fake_store_set(daemon_state, 9);
	ck_assert_int_eq(daemon_finished(daemon_launch(&s, NULL)),
			 EDGE_EXIT_INVALID);
	daemon_expect_said("the topology describes other.contoso.com");
}
END_TEST

START_TEST(daemon_refuses_bad_settings)
{
	struct service s = {0};

	daemon_settings("[nonsense]\na = b");
	ck_assert_int_eq(daemon_finished(daemon_launch(&s, NULL)),
			 EDGE_EXIT_INVALID);
	daemon_expect_said("unknown section");
	unlink(daemon_ini);
	ck_assert_int_eq(daemon_finished(daemon_launch(&s, NULL)),
			 EDGE_EXIT_IO);
	daemon_expect_said("No such file");
}
END_TEST

START_TEST(daemon_stops_the_service_after_a_failed_open)
{
	struct service s = {.open_err = EDGE_EDENIED};

	ck_assert_int_eq(daemon_finished(daemon_launch(&s, NULL)),
			 EDGE_EXIT_IO);
	daemon_expect_trace("ox");
	daemon_expect_said("not allowed");
}
END_TEST

static const struct {
	const char *option;
	int status;
	const char *words;
} options[] = {
	{"--version", EDGE_EXIT_OK, "edge-test 0."},
	{"--help", EDGE_EXIT_OK, "usage: edge-test"},
	{"--check", EDGE_EXIT_OK, "are good"},
	{"--nonsense", EDGE_EXIT_USAGE, "nonsense"},
	{"word", EDGE_EXIT_USAGE, "no argument wanted: word"},
};

START_TEST(daemon_knows_its_options)
{
	struct service s = {0};

	ck_assert_int_eq(daemon_finished(daemon_launch(&s, options[_i].option)),
			 options[_i].status);
	daemon_expect_said(options[_i].words);
}
END_TEST

START_TEST(daemon_check_finds_what_is_wrong)
{
	struct service s = {0};

	fake_store_set(daemon_state, 10);
	ck_assert_int_eq(daemon_finished(daemon_launch(&s, "--check")),
			 EDGE_EXIT_INVALID);
	daemon_expect_said("line 3: no such thing");
}
END_TEST

static void add_running(Suite *s)
{
	TCase *t = tcase_create("running");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, daemon_world_open, daemon_world_close);
	tcase_add_test(t, daemon_starts_in_order_and_drains_on_sigterm);
	tcase_add_test(t, daemon_second_sigterm_stops);
	tcase_add_test(t, daemon_status_says_what_it_is);
	tcase_add_test(t, daemon_status_lists_limits_when_asked);
	tcase_add_test(t, daemon_counters_give_names_and_sums);
	tcase_add_test(t, daemon_refusals_are_the_last_ones_that_can_be_read);
	tcase_add_test(t, daemon_takes_a_topology_in_two_steps);
	tcase_add_test(t, daemon_refuses_a_topology_with_the_reason);
	tcase_add_test(t, daemon_refuses_bad_requests);
	tcase_add_test(t, daemon_sighup_reads_settings_and_topology);
	tcase_add_test(t, daemon_reload_keeps_old_settings_when_bad);
	tcase_add_test(t, daemon_drain_route_drains);
	tcase_add_test(t, daemon_runs_in_its_sandbox);
	tcase_add_test(t, daemon_beats_the_watchdog);
	suite_add_tcase(s, t);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("daemon");
	TCase *t = tcase_create("start");

	add_running(s);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, daemon_world_open, daemon_world_close);
	tcase_add_test(t, daemon_refuses_a_second_one);
	tcase_add_test(t, daemon_refuses_to_start_without_topology);
	tcase_add_test(t, daemon_refuses_another_machines_topology);
	tcase_add_test(t, daemon_refuses_bad_settings);
	tcase_add_test(t, daemon_stops_the_service_after_a_failed_open);
	tcase_add_loop_test(t, daemon_knows_its_options, 0,
			    (int)(sizeof(options) / sizeof(options[0])));
	tcase_add_test(t, daemon_check_finds_what_is_wrong);
	suite_add_tcase(s, t);
	return s;
}
