/* Handles: layout, reuse order, and that late names find nothing. */
#include "common/handle.h"

#include "tests/support/suite.h"

static struct edge_handles *resting(unsigned shard, size_t cap, size_t rest)
{
	struct edge_handles *t;

	ck_assert_int_eq(edge_handles_new(&t, shard, cap, rest), EDGE_OK);
	return t;
}

static struct edge_handles *table(unsigned shard, size_t cap)
{
	return resting(shard, cap, EDGE_HANDLE_SLOTS);
}

static edge_handle put(struct edge_handles *t, void *thing)
{
	edge_handle h = 0;

	ck_assert_int_eq(edge_handles_put(t, thing, &h), EDGE_OK);
	ck_assert_uint_ne(h, 0);
	return h;
}

static unsigned slot(edge_handle h)
{
	return h >> 12 & 0xffff;
}

START_TEST(handles_new_refuses_sizes_out_of_range)
{
	struct edge_handles *t = NULL;

	ck_assert_int_eq(edge_handles_new(&t, 16, 1, 1), EDGE_ERANGE);
	ck_assert_int_eq(edge_handles_new(&t, 0, 0, 1), EDGE_ERANGE);
	ck_assert_int_eq(edge_handles_new(&t, 0, 65537, 1), EDGE_ERANGE);
	ck_assert_ptr_null(t);
	edge_handles_free(NULL);
}
END_TEST

START_TEST(handle_carries_shard_and_slot)
{
	struct edge_handles *t = table(15, 70);
	int thing;

	for (unsigned i = 0; i < 70; i++) {
		edge_handle h = put(t, &thing);

		ck_assert_uint_eq(edge_handle_shard(h), 15);
		ck_assert_uint_eq(slot(h), i);
		ck_assert_uint_ne(h & 0xfff, 0);
	}
	edge_handles_free(t);
}
END_TEST

START_TEST(handles_find_knows_only_the_living)
{
	struct edge_handles *t = table(3, 8);
	int a, b;
	edge_handle ha = put(t, &a), hb = put(t, &b);

	ck_assert_ptr_eq(edge_handles_find(t, ha), &a);
	ck_assert_ptr_eq(edge_handles_find(t, hb), &b);
	ck_assert_ptr_null(edge_handles_find(t, 0));
	ck_assert_ptr_null(edge_handles_find(t, ha ^ 1));
	ck_assert_ptr_null(edge_handles_find(t, ha ^ 0x10000000));
	ck_assert_ptr_null(edge_handles_find(t, ha | 7 << 12));
	ck_assert_ptr_null(edge_handles_find(t, UINT32_MAX));
	edge_handles_drop(t, ha);
	edge_handles_drop(t, ha); /* twice is once */
	ck_assert_ptr_null(edge_handles_find(t, ha));
	ck_assert_uint_eq(edge_handles_count(t), 1);
	edge_handles_free(t);
}
END_TEST

START_TEST(handles_put_fails_when_full_and_writes_nothing)
{
	struct edge_handles *t = table(0, 3);
	edge_handle h[3], more = 77;
	int thing;

	for (int i = 0; i < 3; i++)
		h[i] = put(t, &thing);
	ck_assert_int_eq(edge_handles_put(t, &thing, &more), EDGE_ELIMIT);
	ck_assert_uint_eq(more, 77);
	edge_handles_drop(t, h[1]);
	ck_assert_uint_eq(slot(put(t, &thing)), 1);
	edge_handles_free(t);
}
END_TEST

START_TEST(handles_reuse_the_slot_free_for_longest)
{
	static const unsigned order[] = {2, 0, 3, 1};
	struct edge_handles *t = table(0, 4);
	edge_handle h[4];
	int thing;

	for (int i = 0; i < 4; i++)
		h[i] = put(t, &thing);
	for (int i = 0; i < 4; i++)
		edge_handles_drop(t, h[order[i]]);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(slot(put(t, &thing)), order[i]);
	edge_handles_free(t);
}
END_TEST

START_TEST(handles_prefer_slots_never_used)
{
	struct edge_handles *t = table(0, 3);
	int thing;

	edge_handles_drop(t, put(t, &thing));
	ck_assert_uint_eq(slot(put(t, &thing)), 1);
	ck_assert_uint_eq(slot(put(t, &thing)), 2);
	ck_assert_uint_eq(slot(put(t, &thing)), 0);
	edge_handles_free(t);
}
END_TEST

/* Two live ones that come and go touch four slots, not all. */
START_TEST(handles_reuse_when_enough_have_rested)
{
	struct edge_handles *t = resting(0, EDGE_HANDLE_SLOTS, 3);
	edge_handle live[2], late[1000];
	int thing;

	live[0] = put(t, &thing);
	live[1] = put(t, &thing);
	for (unsigned i = 0; i < 1000; i++) {
		late[i] = live[i % 2];
		edge_handles_drop(t, live[i % 2]);
		live[i % 2] = put(t, &thing);
		ck_assert_uint_eq(slot(live[i % 2]), (i + 2) % 4);
	}
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_ptr_null(edge_handles_find(t, late[i]));
	edge_handles_free(t);
}
END_TEST

/* What rests is no reason to refuse: cap counts the living. */
START_TEST(handles_take_rested_slots_when_no_other_is_left)
{
	struct edge_handles *t = resting(0, 4, 3);
	edge_handle h[4], more;
	int thing;

	for (int i = 0; i < 4; i++)
		h[i] = put(t, &thing);
	edge_handles_drop(t, h[2]);
	ck_assert_uint_eq(slot(put(t, &thing)), 2);
	ck_assert_int_eq(edge_handles_put(t, &thing, &more), EDGE_ELIMIT);
	edge_handles_free(t);
}
END_TEST

/* No rest: there must be a freed one all the same. */
START_TEST(handles_without_rest_reuse_at_once)
{
	struct edge_handles *t = resting(0, 4, 0);
	edge_handle h;
	int thing;

	h = put(t, &thing);
	edge_handles_drop(t, h);
	ck_assert_uint_eq(slot(put(t, &thing)), 0);
	ck_assert_uint_eq(slot(put(t, &thing)), 1);
	edge_handles_free(t);
}
END_TEST

START_TEST(handle_generation_runs_through_all_before_it_repeats)
{
	static unsigned char seen[4096];
	struct edge_handles *t = table(0, 1);
	edge_handle h, first = 0;
	int thing;

	for (int i = 0; i < 4095; i++) {
		h = put(t, &thing);
		first = first ? first : h;
		ck_assert_uint_eq(seen[h & 0xfff]++, 0);
		edge_handles_drop(t, h);
	}
	ck_assert_uint_eq(seen[0], 0);
	ck_assert_uint_eq(put(t, &thing), first);
	edge_handles_free(t);
}
END_TEST

START_TEST(handle_first_generation_is_random)
{
	struct edge_handles *t = table(0, 64);
	unsigned equal = 0;
	edge_handle first = 0;
	int thing;

	for (int i = 0; i < 64; i++) {
		edge_handle h = put(t, &thing);

		first = first ? first : h;
		equal += (h & 0xfff) == (first & 0xfff);
	}
	ck_assert_uint_lt(equal, 10); /* chance below 1e-20 */
	edge_handles_free(t);
}
END_TEST

static void add_up(void *thing, void *arg)
{
	*(int *)arg += *(int *)thing;
}

START_TEST(handles_each_visits_the_living_once)
{
	struct edge_handles *t = table(0, 8);
	int things[5] = {1, 10, 100, 1000, 10000}, sum = 0;
	edge_handle h[5];

	for (int i = 0; i < 5; i++)
		h[i] = put(t, &things[i]);
	edge_handles_drop(t, h[2]);
	edge_handles_each(t, add_up, &sum);
	ck_assert_int_eq(sum, 11011);
	edge_handles_free(t);
}
END_TEST

/* Each drops itself and its neighbour, and one comes: none is met twice. */
START_TEST(handles_are_walked_while_they_come_and_go)
{
	struct edge_handles *t = table(3, 8);
	int things[6] = {0}, met = 0;
	edge_handle h[5], at = 0;

	ck_assert_uint_eq(edge_handles_after(t, 0), 0);
	for (int i = 0; i < 5; i++)
		h[i] = put(t, &things[i]);
	while ((at = edge_handles_after(t, at)) != 0) {
		++*(int *)edge_handles_find(t, at);
		edge_handles_drop(t, at);
		if (!met++) {
			edge_handles_drop(t, h[1]);
			put(t, &things[5]);
		}
	}
	ck_assert_int_eq(met, 5);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(things[i], i != 1);
	edge_handles_free(t);
}
END_TEST

START_TEST(handles_fill_all_65536_slots)
{
	struct edge_handles *t = table(1, EDGE_HANDLE_SLOTS);
	edge_handle more, last = 0;
	int thing;

	for (int i = 0; i < EDGE_HANDLE_SLOTS; i++)
		last = put(t, &thing);
	ck_assert_uint_eq(slot(last), 65535);
	ck_assert_ptr_eq(edge_handles_find(t, last), &thing);
	ck_assert_int_eq(edge_handles_put(t, &thing, &more), EDGE_ELIMIT);
	edge_handles_free(t);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("handle");
	TCase *t = tcase_create("handle");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, handles_new_refuses_sizes_out_of_range);
	tcase_add_test(t, handle_carries_shard_and_slot);
	tcase_add_test(t, handles_find_knows_only_the_living);
	tcase_add_test(t, handles_put_fails_when_full_and_writes_nothing);
	tcase_add_test(t, handles_reuse_the_slot_free_for_longest);
	tcase_add_test(t, handles_prefer_slots_never_used);
	tcase_add_test(t, handles_reuse_when_enough_have_rested);
	tcase_add_test(t, handles_take_rested_slots_when_no_other_is_left);
	tcase_add_test(t, handles_without_rest_reuse_at_once);
	tcase_add_test(t, handle_generation_runs_through_all_before_it_repeats);
	tcase_add_test(t, handle_first_generation_is_random);
	tcase_add_test(t, handles_each_visits_the_living_once);
	tcase_add_test(t, handles_are_walked_while_they_come_and_go);
	tcase_add_test(t, handles_fill_all_65536_slots);
	suite_add_tcase(s, t);
	return s;
}
