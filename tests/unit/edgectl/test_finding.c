/* Findings with their cures, as JSON and as text. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/finding.h"
#include "tests/support/suite.h"

static struct ctl c;
static struct ctl_cure cure;

static void setup(void)
{
	ck_assert(!ctl_init(&c));
	cure.count = cure.left_out = 0;
	ctl_cure_add(&cure, CTL_ON_EDGE, "systemctl reload %s", "av-edge");
	ctl_cure_add(&cure, CTL_ON_DNS, "sip.contoso.com. A %s", "192.0.2.21");
}

static void teardown(void)
{
	ctl_fini(&c);
}

static void show(const char *id, enum topo_level level)
{
	ctl_find_show(&c, &(struct ctl_finding){
				  .level = level,
				  .id = id,
				  .place = "av-edge",
				  .saw = "version 3",
				  .cure = &cure,
			  });
}

static const char *text(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

START_TEST(finding_has_its_family_cure_and_page)
{
	const json_t *o, *steps;

	c.json = true;
	show("TOP-002", TOPO_ERROR);
	o = json_array_get(c.findings, 0);
	ck_assert_str_eq(text(o, "family"), "TOP");
	ck_assert_str_eq(text(o, "saw"), "version 3");
	ck_assert_str_eq(text(o, "page"), CTL_PAGES "/TOP-002.md");
	steps = json_object_get(o, "cure");
	ck_assert_uint_eq(json_array_size(steps), 2);
	ck_assert_str_eq(text(json_array_get(steps, 0), "on"), "edge");
	ck_assert_str_eq(text(json_array_get(steps, 0), "run"),
			 "systemctl reload av-edge");
	ck_assert_str_eq(text(json_array_get(steps, 1), "on"), "dns");
}
END_TEST

START_TEST(finding_counts_by_its_level)
{
	c.json = true;
	show("TOP-002", TOPO_ERROR);
	show("TOP-002", TOPO_WARN);
	show("TOP-002", TOPO_INFO);
	ck_assert_uint_eq(c.errors, 1);
	ck_assert_uint_eq(c.warnings, 1);
	ck_assert_uint_eq(json_array_size(c.findings), 3);
}
END_TEST

START_TEST(finding_prints_each_step_with_whose_hands_it_takes)
{
	FILE *old = stderr;
	char *said = NULL;
	size_t len;

	stderr = open_memstream(&said, &len);
	ck_assert_ptr_nonnull(stderr);
	show("TOP-002", TOPO_ERROR);
	(void)fclose(stderr);
	stderr = old;
	ck_assert_ptr_nonnull(strstr(said, "error TOP-002 at av-edge\n"
					   "  saw:  version 3\n"));
	ck_assert_ptr_nonnull(
		strstr(said, "  run: edge     systemctl reload av-edge\n"
			     "       dns      sip.contoso.com. A 192.0.2.21\n"
			     "  more: " CTL_PAGES "/TOP-002.md\n"));
	free(said);
}
END_TEST

/* What prints into said, on one of the two. */
static char *printed(FILE **on, void (*fn)(void))
{
	FILE *old = *on;
	char *said = NULL;
	size_t len;

	*on = open_memstream(&said, &len);
	ck_assert_ptr_nonnull(*on);
	fn();
	(void)fclose(*on);
	*on = old;
	return said;
}

static void find_hostile(void)
{
	ctl_find(&c, TOPO_WARN, "TOP-002", "\x1b[2J", "%s",
		 "a\x1b]0;b\x07\nerror TOP-001 at this host");
}

static void say_hostile(void)
{
	ctl_say(&c, "%s\nis told", "a\x1b[2J\xc2\x9b");
}

START_TEST(finding_moves_no_cursor)
{
	char *said = printed(&stderr, find_hostile);

	ck_assert_int_eq(strncmp(said,
				 "warning TOP-002 at ?[2J\n"
				 "  saw:  a?]0;b? error TOP-001 at this host\n",
				 60),
			 0);
	free(said);
	said = printed(&stdout, say_hostile);
	ck_assert_str_eq(said, "a?[2J?\nis told\n");
	free(said);
}
END_TEST

/* A server's reason, a path, a record: none makes a finding vanish. */
START_TEST(finding_with_bytes_of_others_is_shown_clean)
{
	const struct ctl_finding f = {
		.level = TOPO_ERROR,
		.id = "SVC-009",
		.place = "av-edge \xff",
		.saw = "refused with 486 (Quota \x1b[31m f\xfcr)",
		.cure = &cure,
	};
	const json_t *o;

	ctl_cure_add(&cure, CTL_ON_DNS, "delete a\x1b\xfc. IN A 192.0.2.1");
	c.json = true;
	ctl_find_show(&c, &f);
	ck_assert_uint_eq(json_array_size(c.findings), 1);
	o = json_array_get(c.findings, 0);
	ck_assert_str_eq(text(o, "place"), "av-edge ?");
	ck_assert_str_eq(text(o, "saw"), "refused with 486 (Quota ?[31m f?r)");
	ck_assert_str_eq(
		text(json_array_get(json_object_get(o, "cure"), 2), "run"),
		"delete a??. IN A 192.0.2.1");
}
END_TEST

START_TEST(finding_of_no_table_has_no_page)
{
	c.json = true;
	show("NONE-001", TOPO_WARN);
	ck_assert_ptr_null(ctl_advice_find("NONE-001"));
	ck_assert_ptr_null(
		json_object_get(json_array_get(c.findings, 0), "page"));
}
END_TEST

START_TEST(cure_restart_says_what_it_cuts)
{
	static const struct {
		const char *service, *line;
	} rows[] = {
		{"access-edge",
		 "systemctl restart access-edge  # users sign in again"},
		{"av-edge", "systemctl restart av-edge  # cuts calls; "
			    "`edgectl drain av-edge` before it sees them out"},
		{"webconf-edge", "systemctl restart webconf-edge  # who is in "
				 "a meeting joins again"},
		{"edge-replica", "systemctl restart edge-replica"},
	};

	cure.count = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ctl_cure_restart(&cure, CTL_ON_MEMBER, rows[i].service);
		ck_assert_uint_eq(cure.count, i + 1);
		ck_assert_str_eq(cure.step[i].line, rows[i].line);
		ck_assert_int_eq(cure.step[i].hands, CTL_ON_MEMBER);
	}
}
END_TEST

START_TEST(cure_leaves_out_what_does_not_fit)
{
	char line[CTL_CURE_LINE + 1];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	ctl_cure_add(&cure, CTL_ON_CA, "%s", line);
	ck_assert_uint_eq(cure.count, 2);
	ck_assert_uint_eq(cure.left_out, 1);
}
END_TEST

/* A host whose edge.ini lies elsewhere; another host's does not. */
START_TEST(cure_calls_edgectl_here_as_it_was_called)
{
	static const char *const want[][2] = {
		{"edge", "edgectl --config '/srv/my edge.ini' secrets new"},
		{"edge", "edgectl --config '/srv/my edge.ini' cert list"},
		{"member", "edgectl secrets export"},
		{"inside", "edgectl topology sign"},
		{"edge", "systemctl reload av-edge"},
	};

	c.config_path = "/srv/my edge.ini";
	cure.count = 0;
	ctl_cure_add(&cure, CTL_ON_EDGE, "edgectl secrets new");
	ctl_cure_add(&cure, CTL_ON_EDGE, "%s", want[1][1]); /* said already */
	ctl_cure_add(&cure, CTL_ON_MEMBER, "%s", want[2][1]);
	ctl_cure_add(&cure, CTL_ON_INSIDE, "%s", want[3][1]);
	ctl_cure_add(&cure, CTL_ON_EDGE, "%s", want[4][1]);
	ctl_cure_tool(&cure, &c);
	ck_assert_uint_eq(cure.count, 5);
	ck_assert_uint_eq(cure.left_out, 0);
	for (size_t i = 0; i < cure.count; i++) {
		ck_assert_str_eq(ctl_hands_name(cure.step[i].hands),
				 want[i][0]);
		ck_assert_str_eq(cure.step[i].line, want[i][1]);
	}
}
END_TEST

START_TEST(cure_calls_no_edgectl_of_another_configuration)
{
	char longest[CTL_CURE_LINE], line[CTL_CURE_LINE] = "edgectl hosts ";
	char tool[CTL_CURE_LINE / 2];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	cure.count = 0;
	c.config_path = longest;
	ck_assert(!ctl_tool(&c, tool, sizeof(tool)));
	ctl_cure_add(&cure, CTL_ON_EDGE, "edgectl hosts load");
	ctl_cure_add(&cure, CTL_ON_EDGE, "systemctl reload av-edge");
	ctl_cure_tool(&cure, &c);
	ck_assert_uint_eq(cure.count, 1);
	ck_assert_str_eq(cure.step[0].line, "systemctl reload av-edge");
	ck_assert_uint_eq(cure.left_out, 1);
	/* the path fits, not the whole line */
	c.config_path = "/srv/edge.ini";
	ck_assert(ctl_tool(&c, tool, sizeof(tool)));
	memset(line + strlen(line), 'x', CTL_CURE_LINE - 1 - strlen(line));
	line[CTL_CURE_LINE - 1] = '\0';
	ctl_cure_add(&cure, CTL_ON_EDGE, "%s", line);
	ctl_cure_tool(&cure, &c);
	ck_assert_uint_eq(cure.count, 1);
	ck_assert_uint_eq(cure.left_out, 2);
}
END_TEST

static void fill_and_end(void)
{
	for (size_t i = 0; i < CTL_CURE_LINES; i++)
		ctl_cure_add(&cure, CTL_ON_EDGE, "ip route");
	ctl_cure_end(&cure, CTL_ON_EDGE, "hosts load");
}

START_TEST(cure_keeps_a_place_for_its_last_step)
{
	const json_t *o, *steps;

	fill_and_end();
	ck_assert_uint_eq(cure.count, CTL_CURE_LINES);
	ck_assert_uint_eq(cure.left_out, 3); /* two were there */
	ctl_cure_end(&cure, CTL_ON_EDGE, "no place for another one");
	ck_assert_uint_eq(cure.left_out, 4);
	c.json = true;
	show("HOSTS-002", TOPO_WARN);
	o = json_array_get(c.findings, 0);
	steps = json_object_get(o, "cure");
	ck_assert_uint_eq(json_array_size(steps), CTL_CURE_LINES);
	ck_assert_str_eq(text(json_array_get(steps, CTL_CURE_LINES - 1), "run"),
			 "hosts load");
	ck_assert_int_eq(
		json_integer_value(json_object_get(o, "cure_left_out")), 4);
}
END_TEST

START_TEST(cure_says_how_many_steps_are_left_out)
{
	FILE *old = stderr;
	char *said = NULL;
	size_t len;

	fill_and_end();
	stderr = open_memstream(&said, &len);
	ck_assert_ptr_nonnull(stderr);
	show("HOSTS-002", TOPO_WARN);
	(void)fclose(stderr);
	stderr = old;
	ck_assert_ptr_nonnull(
		strstr(said, "edge     hosts load\n"
			     "       and 3 steps more: run these, then look "
			     "again\n"));
	free(said);
}
END_TEST

START_TEST(family_is_told_by_the_id)
{
	static const char *const rows[][2] = {
		{"NET-001", "NET"},    {"FW-001", "FW"},   {"DNS-001", "DNS"},
		{"HOSTS-002", "DNS"},  {"TLS-001", "TLS"}, {"CERT-003", "CRT"},
		{"TOPO-NET-1", "TOP"}, {"TOP-001", "TOP"}, {"SYS-001", "SYS"},
		{"SVC-001", "SVC"},    {"CTL-001", "CTL"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_str_eq(ctl_family_of(rows[i][0]), rows[i][1]);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/finding");
	TCase *t = tcase_create("finding");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, finding_has_its_family_cure_and_page);
	tcase_add_test(t, finding_counts_by_its_level);
	tcase_add_test(t, finding_prints_each_step_with_whose_hands_it_takes);
	tcase_add_test(t, finding_moves_no_cursor);
	tcase_add_test(t, finding_with_bytes_of_others_is_shown_clean);
	tcase_add_test(t, finding_of_no_table_has_no_page);
	tcase_add_test(t, cure_restart_says_what_it_cuts);
	tcase_add_test(t, cure_leaves_out_what_does_not_fit);
	tcase_add_test(t, cure_calls_edgectl_here_as_it_was_called);
	tcase_add_test(t, cure_calls_no_edgectl_of_another_configuration);
	tcase_add_test(t, cure_keeps_a_place_for_its_last_step);
	tcase_add_test(t, cure_says_how_many_steps_are_left_out);
	tcase_add_test(t, family_is_told_by_the_id);
	suite_add_tcase(s, t);
	return s;
}
