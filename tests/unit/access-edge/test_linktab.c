/* access-edge/linktab.c: names of connections, never a corpse. */
#include "access-edge/linktab.h"

#include "tests/support/suite.h"

static struct acc_linktab *t;

static void setup(void)
{
	ck_assert_int_eq(acc_linktab_new(&t, 3, 2), EDGE_OK);
}

static void teardown(void)
{
	acc_linktab_free(t);
}

START_TEST(linktab_names_a_link_with_its_shard)
{
	struct acc_link a = {.txn_count = 1}, b = {.txn_count = 2};

	ck_assert_int_eq(acc_linktab_put(t, &a), EDGE_OK);
	ck_assert_int_eq(acc_linktab_put(t, &b), EDGE_OK);
	ck_assert_uint_eq(edge_handle_shard(a.source.cid), 3);
	ck_assert_uint_ne(a.source.cid, b.source.cid);
	ck_assert_ptr_eq(acc_linktab_find(t, a.source.cid), &a);
	ck_assert_ptr_eq(acc_linktab_find(t, b.source.cid), &b);
}
END_TEST

START_TEST(linktab_refuses_past_its_cap)
{
	struct acc_link l[3] = {{.txn_count = 0}};

	ck_assert_int_eq(acc_linktab_put(t, &l[0]), EDGE_OK);
	ck_assert_int_eq(acc_linktab_put(t, &l[1]), EDGE_OK);
	ck_assert_int_eq(acc_linktab_put(t, &l[2]), EDGE_ELIMIT);
}
END_TEST

START_TEST(linktab_finds_nothing_by_an_old_name)
{
	struct acc_link a = {.txn_count = 0}, b = {.txn_count = 0};
	edge_handle old;

	ck_assert_int_eq(acc_linktab_put(t, &a), EDGE_OK);
	ck_assert_int_eq(acc_linktab_put(t, &b), EDGE_OK);
	old = a.source.cid;
	acc_linktab_drop(t, old);
	ck_assert_int_eq(acc_linktab_put(t, &a), EDGE_OK);
	ck_assert_ptr_null(acc_linktab_find(t, old));
	ck_assert_ptr_null(acc_linktab_find(t, 0));
	ck_assert_ptr_null(acc_linktab_find(t, a.source.cid ^ 1u << 28));
}
END_TEST

static void drop_it(struct acc_link *l, void *arg)
{
	++*(int *)arg;
	acc_linktab_drop(t, l->source.cid);
}

START_TEST(linktab_visits_each_also_while_they_go)
{
	struct acc_link a = {.txn_count = 0}, b = {.txn_count = 0};
	int count = 0;

	ck_assert_int_eq(acc_linktab_put(t, &a), EDGE_OK);
	ck_assert_int_eq(acc_linktab_put(t, &b), EDGE_OK);
	acc_linktab_each(t, drop_it, &count);
	acc_linktab_each(t, drop_it, &count);
	ck_assert_int_eq(count, 2);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("linktab");
	TCase *c = tcase_create("linktab");

	tcase_set_timeout(c, 5);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, linktab_names_a_link_with_its_shard);
	tcase_add_test(c, linktab_refuses_past_its_cap);
	tcase_add_test(c, linktab_finds_nothing_by_an_old_name);
	tcase_add_test(c, linktab_visits_each_also_while_they_go);
	suite_add_tcase(s, c);
	return s;
}
