/* Who has left is answered once more, and nobody else. */
#include <stdio.h>
#include <string.h>

#include "av-edge/mst_farewell.h"
#include "tests/support/suite.h"

static struct mst_farewell f;
static uint8_t bytes[64];

static void setup(void)
{
	memset(&f, 0, sizeof(f));
}

static struct mst_msg message(unsigned id)
{
	struct edge_put w = edge_put(bytes, sizeof(bytes));
	struct mst_msg m;
	char tid[MST_TID_LEN + 1];

	(void)snprintf(tid, sizeof(tid), "%016u", id);
	mst_begin(&w, MST_ALLOCATE, edge_slice(tid, MST_TID_LEN));
	ck_assert_int_eq(mst_msg_decode(&m, mst_end(&w)), EDGE_OK);
	return m;
}

static struct ave_leg leg(uint16_t port)
{
	struct ave_leg l = {.transport = AVE_UDP};

	ck_assert_int_eq(edge_addr_parse(&l.client,
					 edge_slice_str("198.51.100.7"), port),
			 EDGE_OK);
	ck_assert_int_eq(
		edge_addr_parse(&l.server, edge_slice_str("192.0.2.1"), 3478),
		EDGE_OK);
	return l;
}

static void leave(uint16_t port, unsigned id, const char *answer)
{
	struct mst_msg m = message(id);
	struct mst_reply r = {0};
	const struct ave_leg l = leg(port);

	mst_reply_keep(&r, &m, edge_slice_str(answer), 1000);
	mst_farewell_keep(&f, &l, &r);
}

static bool hears(const struct ave_leg *l, unsigned id, uint64_t now_ms,
		  const char *want)
{
	struct mst_msg m = message(id);

	return edge_slice_eq_str(mst_farewell_find(&f, l, &m, now_ms), want);
}

START_TEST(leaver_is_answered_again_for_a_while)
{
	const struct ave_leg l = leg(40000);

	ck_assert(hears(&l, 1, 0, ""));
	leave(40000, 1, "bye");
	ck_assert(hears(&l, 1, 0, "bye"));
	ck_assert(hears(&l, 1, 999, "bye"));
	ck_assert(hears(&l, 1, 1000, ""));
	ck_assert(hears(&l, 2, 0, ""));
}
END_TEST

START_TEST(another_5_tuple_hears_nothing)
{
	struct ave_leg l = leg(40001);

	leave(40000, 1, "bye");
	ck_assert(hears(&l, 1, 0, ""));
	l = leg(40000);
	l.transport = AVE_TCP;
	ck_assert(hears(&l, 1, 0, ""));
	l = leg(40000);
	l.server.port = 443;
	ck_assert(hears(&l, 1, 0, ""));
}
END_TEST

START_TEST(two_that_left_one_5_tuple_are_told_apart)
{
	const struct ave_leg l = leg(40000);

	leave(40000, 1, "first");
	leave(40000, 2, "second");
	ck_assert(hears(&l, 1, 0, "first"));
	ck_assert(hears(&l, 2, 0, "second"));
}
END_TEST

START_TEST(oldest_makes_room)
{
	const struct ave_leg first = leg(0), second = leg(1),
			     last = leg(MST_FAREWELLS);

	for (unsigned i = 0; i <= MST_FAREWELLS; i++)
		leave((uint16_t)i, i, "bye");
	ck_assert(hears(&first, 0, 0, ""));
	ck_assert(hears(&second, 1, 0, "bye"));
	ck_assert(hears(&last, MST_FAREWELLS, 0, "bye"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mst_farewell");
	TCase *tc = tcase_create("farewell");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, leaver_is_answered_again_for_a_while);
	tcase_add_test(tc, another_5_tuple_hears_nothing);
	tcase_add_test(tc, two_that_left_one_5_tuple_are_told_apart);
	tcase_add_test(tc, oldest_makes_room);
	suite_add_tcase(s, tc);
	return s;
}
