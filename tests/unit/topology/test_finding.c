/* Findings, and the arena that drafts and snapshots live in. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include "tests/support/suite.h"
#include "topology/arena.h"
#include "topology/finding.h"

static struct topo_findings f;

static void setup(void)
{
	topo_findings_init(&f, "x");
}

static void teardown(void)
{
	topo_findings_fini(&f);
}

START_TEST(finding_print_says_all_it_knows)
{
	struct topo_finding *p =
		topo_findings_add(&f, TOPO_ERROR, "TOPO-X-1", "saw %d", 3);
	char line[200];

	(void)topo_finding_print(p, line, sizeof(line));
	ck_assert_str_eq(line, "error TOPO-X-1: saw 3");
	topo_finding_place(p, 12, "Machine %s", "a");
	(void)topo_finding_print(p, line, sizeof(line));
	ck_assert_str_eq(line, "error TOPO-X-1 at Machine a (line 12): saw 3");
	p->column = 4;
	(void)topo_finding_print(p, line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "(line 12, column 4)"));
	topo_finding_place(NULL, 1, "x");
}
END_TEST

START_TEST(findings_refuse_from_error_on)
{
	(void)topo_findings_add(&f, TOPO_INFO, "A", "x");
	(void)topo_findings_add(&f, TOPO_WARN, "A", "x");
	ck_assert(!topo_findings_refuse(&f));
	(void)topo_findings_add(&f, TOPO_FATAL, "A", "x");
	ck_assert(topo_findings_refuse(&f));
}
END_TEST

START_TEST(findings_are_capped_and_counted)
{
	for (int i = 0; i < TOPO_FINDINGS_MAX + 5; i++)
		(void)topo_findings_add(&f, TOPO_ERROR, "A", "%d", i);
	ck_assert_uint_eq(f.count, TOPO_FINDINGS_MAX);
	ck_assert_uint_eq(f.dropped, 5);
	ck_assert(topo_findings_refuse(&f));
	ck_assert_str_eq(f.items[f.count - 1].text, "199");
}
END_TEST

START_TEST(finding_text_is_tamed)
{
	struct topo_finding *p = topo_findings_add(
		&f, TOPO_INFO, "A-CODE-THAT-IS-TOO-LONG", "a\x1b[2Jb\nc");

	ck_assert_str_eq(p->text, "a?[2Jb?c");
	ck_assert_uint_eq(strlen(p->code), sizeof(p->code) - 1);
	topo_finding_place(p, 0, "x\ty");
	ck_assert_str_eq(p->path, "x?y");
}
END_TEST

START_TEST(arena_take_aligns_and_zeroes)
{
	struct topo_arena a = {0};

	for (size_t i = 0; i < 2000; i += 41) {
		unsigned char *p = topo_arena_take(&a, i);

		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq((uintptr_t)p % 16, 0);
		for (size_t k = 0; k < i; k++)
			ck_assert_uint_eq(p[k], 0);
		memset(p, 0xff, i);
	}
	topo_arena_fini(&a);
	ck_assert_ptr_null(a.head);
}
END_TEST

START_TEST(arena_refuses_what_overflows)
{
	struct topo_arena a = {0};

	ck_assert_ptr_null(topo_arena_take(&a, SIZE_MAX));
	ck_assert(a.failed);
	a.failed = false;
	ck_assert_ptr_null(topo_arena_array(&a, SIZE_MAX / 2, 4));
	ck_assert(a.failed);
	topo_arena_fini(&a);
}
END_TEST

START_TEST(arena_name_is_lower_case_without_dot)
{
	struct topo_arena a = {0};

	ck_assert_str_eq(topo_arena_name(&a, edge_slice_str("A.b.COM.")),
			 "a.b.com");
	ck_assert_str_eq(topo_arena_name(&a, edge_slice_str("")), "");
	ck_assert_str_eq(topo_arena_str(&a, edge_slice("a\0b", 3)), "a");
	ck_assert_str_eq(topo_arena_printf(&a, "%d-%s", 5, "x"), "5-x");
	topo_arena_fini(&a);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("finding");
	TCase *tc = tcase_create("findings");

	tcase_set_timeout(tc, 10);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, finding_print_says_all_it_knows);
	tcase_add_test(tc, findings_refuse_from_error_on);
	tcase_add_test(tc, findings_are_capped_and_counted);
	tcase_add_test(tc, finding_text_is_tamed);
	tcase_add_test(tc, arena_take_aligns_and_zeroes);
	tcase_add_test(tc, arena_refuses_what_overflows);
	tcase_add_test(tc, arena_name_is_lower_case_without_dot);
	suite_add_tcase(s, tc);
	return s;
}
