/* av-edge/alloc_table.c */
#include "av-edge/alloc_table.h"

#include <stdlib.h>

#include "av-edge/allocation.h"
#include "tests/support/suite.h"

enum { MANY = 5000 };

static struct ave_leg leg(unsigned n)
{
	return (struct ave_leg){
		.client = {AF_INET,
			   {192, 0, (uint8_t)(n >> 8), (uint8_t)n},
			   (uint16_t)(1024 + n % 7)},
		.server = {AF_INET, {192, 0, 2, 31}, 3478},
	};
}

START_TEST(alloc_table_finds_what_it_holds)
{
	struct ave_alloc_table t;
	struct ave_alloc *a = calloc(MANY, sizeof(*a));

	ck_assert_int_eq(ave_alloc_table_init(&t), EDGE_OK);
	ck_assert_ptr_null(ave_alloc_table_any(&t));
	for (unsigned n = 0; n < MANY; n++) {
		a[n].leg = leg(n);
		ck_assert_ptr_null(ave_alloc_table_find(&t, &a[n].leg));
		ave_alloc_table_add(&t, &a[n]);
	}
	ck_assert_uint_eq(t.count, MANY);
	ck_assert_uint_ge(t.mask + 1, MANY / 2); /* chains stay short */
	for (unsigned n = 0; n < MANY; n += 2)
		ave_alloc_table_remove(&t, &a[n]);
	for (unsigned n = 0; n < MANY; n++) {
		const struct ave_leg l = leg(n);

		ck_assert_ptr_eq(ave_alloc_table_find(&t, &l),
				 n % 2 ? &a[n] : NULL);
	}
	while (ave_alloc_table_any(&t))
		ave_alloc_table_remove(&t, ave_alloc_table_any(&t));
	ck_assert_uint_eq(t.count, 0);
	ave_alloc_table_fini(&t);
	free(a);
}
END_TEST

START_TEST(alloc_table_compares_the_whole_5_tuple)
{
	struct ave_alloc_table t;
	struct ave_alloc a = {.leg = leg(1)};
	struct ave_leg l = a.leg;

	ck_assert_int_eq(ave_alloc_table_init(&t), EDGE_OK);
	ave_alloc_table_add(&t, &a);
	l.wire = 77; /* sockets may be remade */
	ck_assert_ptr_eq(ave_alloc_table_find(&t, &l), &a);
	l.transport = AVE_TCP;
	ck_assert_ptr_null(ave_alloc_table_find(&t, &l));
	l = a.leg;
	l.client.port++;
	ck_assert_ptr_null(ave_alloc_table_find(&t, &l));
	l = a.leg;
	l.client.ip[3]++;
	ck_assert_ptr_null(ave_alloc_table_find(&t, &l));
	l = a.leg;
	l.server.ip[3]++;
	ck_assert_ptr_null(ave_alloc_table_find(&t, &l));
	l = a.leg;
	l.server.port++;
	ck_assert_ptr_null(ave_alloc_table_find(&t, &l));
	ave_alloc_table_fini(&t);
}
END_TEST

/* Two hosts behind one address, or one port used twice. */
START_TEST(alloc_table_tells_streams_of_one_5_tuple_apart)
{
	struct ave_alloc_table t;
	struct ave_alloc a = {.leg = leg(1)}, b;
	struct ave_leg l;

	a.leg.transport = AVE_TCP;
	a.leg.wire = 1;
	b = a;
	b.leg.wire = 2;
	l = b.leg;
	ck_assert_int_eq(ave_alloc_table_init(&t), EDGE_OK);
	ave_alloc_table_add(&t, &a);
	ck_assert_ptr_null(ave_alloc_table_find(&t, &l));
	ave_alloc_table_add(&t, &b);
	ck_assert_ptr_eq(ave_alloc_table_find(&t, &l), &b);
	l.transport = AVE_TLS;
	ck_assert_ptr_eq(ave_alloc_table_find(&t, &l), &b);
	ave_alloc_table_remove(&t, &b);
	ck_assert_ptr_null(ave_alloc_table_find(&t, &l));
	ck_assert_ptr_eq(ave_alloc_table_find(&t, &a.leg), &a);
	ave_alloc_table_fini(&t);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("alloc_table");
	TCase *t = tcase_create("5-tuples");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, alloc_table_finds_what_it_holds);
	tcase_add_test(t, alloc_table_compares_the_whole_5_tuple);
	tcase_add_test(t, alloc_table_tells_streams_of_one_5_tuple_apart);
	suite_add_tcase(s, t);
	return s;
}
