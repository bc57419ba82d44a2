/* Tests of common/quiet.c */
#include "common/quiet.h"

#include "tests/support/suite.h"

static const uint8_t key[16] = {7};

static struct edge_addr at(const char *text)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(text), 5061),
			 EDGE_OK);
	return a;
}

START_TEST(quiet_tells_once_a_second_and_how_many_it_held_back)
{
	struct edge_addr a = at("192.0.2.101");
	struct edge_quiet q;
	uint32_t more = 9;

	edge_quiet_init(&q, key);
	ck_assert(edge_quiet_may_tell(
		&q, &(struct edge_quiet_line){1010, "rate", &a}, 5000, &more));
	ck_assert_uint_eq(more, 0);
	for (uint64_t now = 5000; now < 5000 + EDGE_QUIET_MS; now += 100)
		ck_assert(!edge_quiet_may_tell(
			&q, &(struct edge_quiet_line){1010, "rate", &a}, now,
			&more));
	ck_assert(edge_quiet_may_tell(
		&q, &(struct edge_quiet_line){1010, "rate", &a},
		5000 + EDGE_QUIET_MS, &more));
	ck_assert_uint_eq(more, 10);
	ck_assert(!edge_quiet_may_tell(
		&q, &(struct edge_quiet_line){1010, "rate", &a},
		5001 + EDGE_QUIET_MS, &more));
}
END_TEST

START_TEST(quiet_keeps_events_reasons_and_sources_apart)
{
	struct edge_addr a = at("192.0.2.101"), b = at("192.0.2.102");
	struct edge_quiet q;
	uint32_t more;

	edge_quiet_init(&q, key);
	ck_assert(edge_quiet_may_tell(
		&q, &(struct edge_quiet_line){1010, "rate", &a}, 0, &more));
	ck_assert(edge_quiet_may_tell(
		&q, &(struct edge_quiet_line){1011, "rate", &a}, 0, &more));
	ck_assert(edge_quiet_may_tell(
		&q, &(struct edge_quiet_line){1010, "parse", &a}, 0, &more));
	ck_assert(edge_quiet_may_tell(
		&q, &(struct edge_quiet_line){1010, "rate", &b}, 0, &more));
	a.port++;
	ck_assert(!edge_quiet_may_tell(
		&q, &(struct edge_quiet_line){1010, "rate", &a}, 0, &more));
}
END_TEST

/* A few lines that take turns do not drive each other out. */
START_TEST(quiet_holds_several_lines_at_once)
{
	struct edge_addr a = at("192.0.2.101");
	struct edge_quiet q;
	unsigned told = 0;
	uint32_t more;
	char reason[2] = "a";

	for (unsigned seed = 0; seed < 256; seed++) {
		edge_quiet_init(&q, (uint8_t[16]){(uint8_t)seed});
		for (unsigned i = 0; i < 100; i++) {
			reason[0] = (char)('a' + i % EDGE_QUIET_ROW);
			told += edge_quiet_may_tell(
				&q, &(struct edge_quiet_line){1010, reason, &a},
				0, &more);
		}
	}
	ck_assert_uint_eq(told, 256 * EDGE_QUIET_ROW);
}
END_TEST

START_TEST(quiet_tells_rather_too_much_when_crowded)
{
	struct edge_addr a = at("10.0.0.0");
	struct edge_quiet q;
	unsigned told = 0;
	uint32_t more = 0;

	edge_quiet_init(&q, key);
	for (unsigned i = 0; i < 4 * EDGE_QUIET_SLOTS; i++) {
		a.ip[14] = (uint8_t)(i >> 8);
		a.ip[15] = (uint8_t)i;
		told += edge_quiet_may_tell(
			&q, &(struct edge_quiet_line){1010, "rate", &a}, 0,
			&more);
		ck_assert_uint_eq(more, 0); /* nobody else's number */
	}
	ck_assert_uint_eq(told, 4 * EDGE_QUIET_SLOTS);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("quiet");
	TCase *c = tcase_create("quiet");

	tcase_set_timeout(c, 10);
	tcase_add_test(c, quiet_tells_once_a_second_and_how_many_it_held_back);
	tcase_add_test(c, quiet_keeps_events_reasons_and_sources_apart);
	tcase_add_test(c, quiet_holds_several_lines_at_once);
	tcase_add_test(c, quiet_tells_rather_too_much_when_crowded);
	suite_add_tcase(s, c);
	return s;
}
