/* edgectl/probe_tree.c: the text of a tree, the words of its findings. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/probe_walk.h"
#include "tests/support/suite.h"

static struct ctl_probe_tree *t;

static void setup(void)
{
	t = ctl_probe_tree_new("contoso.com");
	ck_assert_ptr_nonnull(t);
}

static void teardown(void)
{
	ctl_probe_tree_free(t);
}

static char *printed(void)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	ctl_probe_print(f, t);
	fclose(f);
	return text;
}

static size_t tell(size_t parent, enum ctl_probe_state state, const char *id)
{
	const struct ctl_probe_node n = {.state = state,
					 .id = id,
					 .text = "TCP 192.0.2.21:443",
					 .saw = "Connection refused"};

	return ctl_probe_tell(t, parent, &n);
}

START_TEST(probe_tree_prints_stems_marks_and_findings)
{
	const struct ctl_probe_advice *a = ctl_probe_advice("PROBE-103");
	char want[2048], *got;
	size_t part, record, bad;

	part = ctl_probe_add(t, CTL_PROBE_ROOT, CTL_PROBE_HEAD, "sign-in");
	record = ctl_probe_add(t, part, CTL_PROBE_GOOD, "A %s → %s", "sip.c",
			       "192.0.2.21");
	bad = tell(record, CTL_PROBE_BAD, "PROBE-103");
	ctl_probe_add(t, bad, CTL_PROBE_SKIPPED, "TLS: not tried");
	/* found later, stands with its sisters all the same */
	ctl_probe_add(t, CTL_PROBE_ROOT, CTL_PROBE_HEAD, "federation");
	ctl_probe_add(t, record, CTL_PROBE_GOOD, "last");
	snprintf(want, sizeof(want),
		 "contoso.com\n"
		 "├ sign-in\n"
		 "│  └ ✓ A sip.c → 192.0.2.21\n"
		 "│     ├ ✗ TCP 192.0.2.21:443 [PROBE-103]\n"
		 "│     │  │    saw:   Connection refused\n"
		 "│     │  │    users: %s\n"
		 "│     │  │    fix:   %s\n"
		 "│     │  └ – TLS: not tried\n"
		 "│     └ ✓ last\n"
		 "└ federation\n",
		 a->users, a->fix);
	got = printed();
	ck_assert_str_eq(got, want);
	free(got);
	ck_assert_uint_eq(t->states[CTL_PROBE_BAD], 1);
	ck_assert_uint_eq(t->states[CTL_PROBE_GOOD], 2);
	ck_assert_uint_eq(t->states[CTL_PROBE_SKIPPED], 1);
}
END_TEST

START_TEST(probe_tree_marks_a_warning)
{
	char *got;

	tell(CTL_PROBE_ROOT, CTL_PROBE_WARN, "PROBE-005");
	got = printed();
	ck_assert_ptr_nonnull(strstr(got, "\n└ ! TCP 192.0.2.21:443 "
					  "[PROBE-005]\n        saw:   Conn"));
	free(got);
}
END_TEST

START_TEST(probe_tree_when_full_counts_on)
{
	char *got;

	for (unsigned i = 1; i < CTL_PROBE_NODES; i++)
		ck_assert_uint_eq(ctl_probe_add(t, i - 1, CTL_PROBE_GOOD, "x"),
				  i);
	ck_assert_uint_eq(ctl_probe_add(t, 7, CTL_PROBE_GOOD, "y"), 7);
	ck_assert_uint_eq(tell(8, CTL_PROBE_BAD, "PROBE-103"), 8);
	ck_assert_uint_eq(t->count, CTL_PROBE_NODES);
	ck_assert_uint_eq(t->states[CTL_PROBE_GOOD], CTL_PROBE_NODES);
	ck_assert_uint_eq(t->states[CTL_PROBE_BAD], 1);
	got = printed();
	ck_assert_str_eq(got + strlen(got) - 11, "and 2 more\n");
	free(got);
}
END_TEST

START_TEST(probe_findings_all_have_words)
{
	static const char *const others[] = {
		"PROBE-001", "PROBE-002", "PROBE-003", "PROBE-004", "PROBE-005",
		"PROBE-006", "PROBE-007", "PROBE-409", "PROBE-410",
	};
	unsigned count = 0;

	for (int p = 0; p < CTL_PROBE_PARTS; p++) {
		for (int f = 0; f < CTL_PROBE_FAULTS; f++) {
			const char *id = ctl_probe_id((enum ctl_probe_part)p,
						      (enum ctl_probe_fault)f);
			char want[16];

			if (!id)
				continue;
			snprintf(want, sizeof(want), "PROBE-%d%02d", p + 1,
				 f + 1);
			ck_assert_str_eq(id, want);
			ck_assert_str_eq(ctl_probe_advice(id)->id, id);
			ck_assert(*ctl_probe_advice(id)->users &&
				  *ctl_probe_advice(id)->fix);
			count++;
		}
	}
	ck_assert_uint_eq(count, 29);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		ck_assert_str_eq(ctl_probe_advice(others[i])->id, others[i]);
	ck_assert_str_eq(ctl_probe_advice("PROBE-999")->id, "");
}
END_TEST

START_TEST(probe_clean_leaves_printable_ascii)
{
	char out[8];

	ctl_probe_clean(out, sizeof(out), edge_slice("a\x1b[1m\xc3\n9xyz", 11));
	ck_assert_str_eq(out, "a?[1m??");
	ctl_probe_clean(out, sizeof(out), edge_slice(NULL, 0));
	ck_assert_str_eq(out, "");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("probe_tree");
	TCase *c = tcase_create("tree");

	tcase_set_timeout(c, 20);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, probe_tree_prints_stems_marks_and_findings);
	tcase_add_test(c, probe_tree_marks_a_warning);
	tcase_add_test(c, probe_tree_when_full_counts_on);
	tcase_add_test(c, probe_findings_all_have_words);
	tcase_add_test(c, probe_clean_leaves_printable_ascii);
	suite_add_tcase(s, c);
	return s;
}
