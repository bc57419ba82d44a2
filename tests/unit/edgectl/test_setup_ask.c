/* Questions of setup, on a terminal and without one. */
#include <check.h>
#include <jansson.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edgectl/setup_ask.h"
#include "tests/support/suite.h"

static struct ctl c;
static struct edge_config config;
static struct ctl_setup s;
static struct ctl_setup_facts f;
static struct ctl_setup_answers a;
static int terminal = -1;

static void setup(void)
{
	ck_assert(!ctl_init(&c));
	config = (struct edge_config){0};
	c.config = &config;
	s = (struct ctl_setup){.c = &c};
	f = (struct ctl_setup_facts){0};
	memset(&a, 0, sizeof(a));
}

static void teardown(void)
{
	(void)unsetenv("SSH_CONNECTION");
	c.config = NULL;
	ctl_fini(&c);
}

/* Standard input is a terminal where somebody has typed that; what is asked
 * goes nowhere. */
static void typed(const char *text)
{
	int ours;

	ck_assert_int_eq(openpty(&terminal, &ours, NULL, NULL, NULL), 0);
	ck_assert_int_eq(dup2(ours, STDIN_FILENO), STDIN_FILENO);
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	ck_assert_int_eq(write(terminal, text, strlen(text)),
			 (ssize_t)strlen(text));
}

static const char *missing(void)
{
	const char *text = json_string_value(
		json_object_get(json_array_get(c.findings, 0), "saw"));

	return text ? text : "";
}

START_TEST(ask_without_a_terminal_names_the_options)
{
	c.json = true;
	ck_assert_int_eq(ctl_setup_ask(&s, &a, &f), CTL_USAGE);
	ck_assert_ptr_nonnull(strstr(missing(), "--bundle FILE, "
						"--trust-internal FILE"));
	ck_assert_ptr_null(s.bundle);
}
END_TEST

START_TEST(ask_misses_nothing_that_is_there)
{
	c.json = true;
	f.self = "edge01.x.test";
	config.trust.internal_ca = strdup("/x.pem");
	ck_assert_int_eq(ctl_setup_ask(&s, &a, &f), CTL_GOOD);
	free(config.trust.internal_ca);
	config.trust.internal_ca = NULL;
	config.lab = true; /* it has an authority of its own */
	ck_assert_int_eq(ctl_setup_ask(&s, &a, &f), CTL_GOOD);
	f.self = NULL;
	s.bundle = "b";
	ck_assert_int_eq(ctl_setup_ask(&s, &a, &f), CTL_GOOD);
}
END_TEST

START_TEST(ask_takes_what_is_typed)
{
	typed("bundle.zip \n\nroots.pem\n192.0.2.1\n\n"
	      "22 from 10.0.0.0/24\n");
	ck_assert_int_eq(ctl_setup_ask(&s, &a, &f), CTL_GOOD);
	ck_assert_str_eq(s.bundle, "bundle.zip"); /* without the blank */
	ck_assert_ptr_null(s.fqdn);
	ck_assert_str_eq(s.trust_internal, "roots.pem");
	/* no topology says which device is outside: nothing is suggested, so an
	 * empty answer is none */
	ck_assert_str_eq(s.outside_gateway, "192.0.2.1");
	ck_assert_ptr_null(s.inside_gateway);
	ck_assert_str_eq(s.manage, "22 from 10.0.0.0/24");
}
END_TEST

/* Whoever works over SSH is not to shut himself out by Enter. */
START_TEST(ask_suggests_the_session_that_it_is_typed_in)
{
	f.self = "edge01.x.test";
	s.lab = true;
	s.outside_gateway = s.inside_gateway = "192.0.2.9";
	ck_assert_int_eq(
		setenv("SSH_CONNECTION", "10.0.0.7 4711 10.0.0.2 2222", 1), 0);
	typed("\n");
	ck_assert_int_eq(ctl_setup_ask(&s, &a, &f), CTL_GOOD);
	ck_assert_str_eq(s.manage, "2222 from 10.0.0.7");
}
END_TEST

START_TEST(ask_asks_only_for_what_is_missing)
{
	f.self = "edge01.x.test";
	s.outside_gateway = "192.0.2.9";
	s.lab = true;
	s.manage = "none";
	typed("172.16.20.1\n");
	ck_assert_int_eq(ctl_setup_ask(&s, &a, &f), CTL_GOOD);
	ck_assert_ptr_null(s.bundle);
	ck_assert_ptr_null(s.trust_internal);
	ck_assert_str_eq(s.outside_gateway, "192.0.2.9");
	ck_assert_str_eq(s.inside_gateway, "172.16.20.1");
	ck_assert_str_eq(s.manage, "none");
}
END_TEST

START_TEST(ask_asks_nothing_when_it_may_not)
{
	typed("bundle.zip\n");
	a.is_mute = true;
	c.json = true;
	ck_assert_int_eq(ctl_setup_ask(&s, &a, &f), CTL_USAGE);
	ck_assert_ptr_null(s.bundle);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("edgectl/setup_ask");
	TCase *t = tcase_create("ask");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, ask_without_a_terminal_names_the_options);
	tcase_add_test(t, ask_misses_nothing_that_is_there);
	tcase_add_test(t, ask_takes_what_is_typed);
	tcase_add_test(t, ask_suggests_the_session_that_it_is_typed_in);
	tcase_add_test(t, ask_asks_only_for_what_is_missing);
	tcase_add_test(t, ask_asks_nothing_when_it_may_not);
	suite_add_tcase(suite, t);
	return suite;
}
