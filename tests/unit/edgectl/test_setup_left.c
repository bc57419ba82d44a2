/* What is left to do: a line a row, and the call itself last. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "edgectl/setup.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/roll_fixture.h"

static struct roll r;
static struct ctl_setup s;
static const char *join; /* an option of up alone */
static bool is_mute;	 /* of setup alone */
static struct ctl_option options[CTL_SETUP_OPTIONS + 3];

static enum ctl_exit nothing(struct ctl *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return ctl_config(c);
}

static void setup(void)
{
	roll_init(&r);
	ck_assert_int_eq(roll_run(&r, nothing, (char *)NULL), CTL_GOOD);
	join = NULL;
	is_mute = false;
	s = (struct ctl_setup){.c = &r.c,
			       .is_up = true,
			       .bundle = "a b",
			       .option = options,
			       .options = CTL_SETUP_OPTIONS + 3};
	ctl_setup_options(&s, options);
	memcpy(options + CTL_SETUP_OPTIONS,
	       (const struct ctl_option[3]){{"as", &s.fqdn, NULL},
					    {"sender-join", &join, NULL},
					    {"yes", NULL, &is_mute}},
	       3 * sizeof(*options));
}

static void teardown(void)
{
	roll_fini(&r);
}

/* The last line, behind the tool. */
static const char *last(void)
{
	static char want[512];
	const char *line;

	ck_assert_uint_gt(s.left.count, 0);
	line = s.left.step[s.left.count - 1].line;
	(void)snprintf(want, sizeof(want), "edgectl --config %s ",
		       r.c.config_path);
	ck_assert_int_eq(strncmp(line, want, strlen(want)), 0);
	return line + strlen(want);
}

START_TEST(setup_left_is_a_line_a_row)
{
	static const char *const want[][2] = {
		{"edge", " net plan --apply"},
		{"member", "edgectl secrets export --out secrets"},
		{"edge", " up 'a b'"}};
	json_t *rows, *row;
	size_t i;

	ctl_setup_left(&s, CTL_ON_EDGE, "net plan --%s", "apply");
	ctl_setup_left(&s, CTL_ON_MEMBER, "secrets export --out secrets");
	ctl_setup_tell_left(&s);
	rows = json_object_get(r.c.doc, "left");
	ck_assert_uint_eq(json_array_size(rows), 3);
	json_array_foreach(rows, i, row)
	{
		const char *line =
			json_string_value(json_object_get(row, "do"));

		ck_assert_str_eq(json_string_value(json_object_get(row, "on")),
				 want[i][0]);
		ck_assert_int_eq(strncmp(line, "edgectl ", 8), 0);
		ck_assert_str_eq(line + strlen(line) - strlen(want[i][1]),
				 want[i][1]);
	}
	/* this host's tool is told where its settings are */
	ck_assert_ptr_nonnull(strstr(s.left.step[0].line, " --config "));
	ck_assert_ptr_null(strstr(s.left.step[1].line, " --config "));
}
END_TEST

START_TEST(setup_left_is_empty_when_nothing_is)
{
	ctl_setup_tell_left(&s);
	ck_assert_uint_eq(json_array_size(json_object_get(r.c.doc, "left")), 0);
	ck_assert_ptr_nonnull(json_object_get(r.c.doc, "left"));
}
END_TEST

/* What edge.ini keeps need not be said again; what it does not must be. */
START_TEST(setup_left_calls_up_as_it_was_called)
{
	s.is_unsigned = s.lab = true;
	s.hosts = "the hosts";
	s.requests = "/srv/csr";
	s.ca = "ca";
	s.fqdn = "edge01.x";
	s.manage = "22 from 10.0.0.0/8";
	s.trust_internal = "ca.pem";
	join = "conf:sip:a@x;gruu";
	ctl_setup_left(&s, CTL_ON_EDGE, "net plan --apply");
	ctl_setup_tell_left(&s);
	ck_assert_str_eq(last(), "up 'a b' --hosts 'the hosts' --unsigned "
				 "--csr-folder /srv/csr --ca ca --as edge01.x "
				 "--sender-join 'conf:sip:a@x;gruu'");
}
END_TEST

/* The store has what was imported. */
START_TEST(setup_left_calls_setup_as_it_was_called)
{
	char line[CTL_CURE_LINE];

	s.is_up = false;
	s.is_unsigned = is_mute = true;
	s.hosts = "hosts";
	s.requests = "/srv/csr";
	s.is_imported = true;
	ctl_setup_left(&s, CTL_ON_EDGE, "net plan --apply");
	ctl_setup_tell_left(&s);
	ck_assert_str_eq(last(), "setup --csr-folder /srv/csr --yes");
	s.is_imported = false; /* as when it asks for a name */
	ck_assert(ctl_setup_again(&s, line));
	ck_assert_ptr_nonnull(strstr(line, " setup --hosts hosts --unsigned "));
}
END_TEST

START_TEST(setup_left_ends_with_the_call_however_much_it_is)
{
	for (size_t i = 0; i < CTL_CURE_LINES + 2; i++)
		ctl_setup_left(&s, CTL_ON_EDGE, "net plan --apply");
	ctl_setup_tell_left(&s);
	ck_assert_uint_eq(s.left.count, CTL_CURE_LINES);
	ck_assert_uint_eq(s.left.left_out, 3);
	ck_assert_str_eq(last(), "up 'a b'");
}
END_TEST

/* Without one of its options it would do something else. */
START_TEST(setup_left_tells_no_half_of_the_call)
{
	char longest[CTL_CURE_LINE + 1];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < 2; i++) {
		s.hosts = i ? "a\nid" : longest;
		s.left.count = s.left.left_out = 0;
		ctl_setup_left(&s, CTL_ON_EDGE, "net plan --apply");
		ctl_setup_tell_left(&s);
		ck_assert_str_eq(last(), "net plan --apply");
		ck_assert_uint_eq(s.left.left_out, 1);
	}
}
END_TEST

/* Lines told on a host of a pool. */
static const char *const secrets[] = {
	"edgectl secrets new --route # on one alone, and only when none has a "
	"key in date",
	"edgectl secrets new --psom # on one alone, and only when none has a "
	"key in date",
	"edgectl secrets export --out secrets"};

static void told_to_members(const size_t *want, size_t count)
{
	static const struct topo pool = {.member_count = 1};

	s.left.count = s.left.left_out = 0;
	s.is_unsigned = true; /* FOLDER is signed */
	s.topo = &pool;
	ctl_setup_left_keys(&s, want[0] != 0, want[count - 2] != 1);
	ctl_setup_tell_left(&s);
	ck_assert_uint_eq(s.left.count, count + 2);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(s.left.step[i].hands, CTL_ON_MEMBER);
		ck_assert_str_eq(s.left.step[i].line, secrets[want[i]]);
	}
	ck_assert_int_eq(s.left.step[count].hands, CTL_ON_INSIDE);
	ck_assert_ptr_nonnull(
		strstr(s.left.step[count].line, "topology sign FOLDER "));
}

/* A key made here would be one that no other member has. */
START_TEST(setup_left_has_a_pool_s_keys_from_a_member)
{
	told_to_members((const size_t[]){0, 1, 2}, 3);
	ck_assert_str_eq(last(), "up FOLDER");
	told_to_members((const size_t[]){0, 2}, 2);
	told_to_members((const size_t[]){1, 2}, 2);
	s.is_up = false;
	told_to_members((const size_t[]){1, 2}, 2);
	ck_assert_str_eq(last(), "setup --bundle FOLDER");
	s.topo = NULL;
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("edgectl/setup_left");
	TCase *t = tcase_create("setup_left");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, setup_left_is_a_line_a_row);
	tcase_add_test(t, setup_left_is_empty_when_nothing_is);
	tcase_add_test(t, setup_left_calls_up_as_it_was_called);
	tcase_add_test(t, setup_left_calls_setup_as_it_was_called);
	tcase_add_test(t, setup_left_ends_with_the_call_however_much_it_is);
	tcase_add_test(t, setup_left_tells_no_half_of_the_call);
	tcase_add_test(t, setup_left_has_a_pool_s_keys_from_a_member);
	suite_add_tcase(suite, t);
	return suite;
}
