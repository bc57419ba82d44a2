/* access-edge/xmpp_scope.c: what prefixes mean. */
#include "access-edge/xmpp_scope.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

static struct acc_scope s;

static void setup(void)
{
	acc_scope_init(&s);
}

static void bind(uint8_t depth, const char *prefix, const char *uri)
{
	ck_assert_int_eq(acc_scope_bind(&s, depth, prefix, uri), EDGE_OK);
}

START_TEST(scope_begins_with_the_content_of_servers)
{
	ck_assert_str_eq(acc_scope_find(&s, ""), "jabber:server");
	ck_assert_ptr_null(acc_scope_find(&s, "a"));
	ck_assert_ptr_null(acc_scope_find(&s, "xml"));
}
END_TEST

START_TEST(scope_inner_binding_hides_the_outer_until_it_is_left)
{
	bind(1, "a", "urn:1");
	bind(2, "a", "urn:2");
	bind(2, "", "");
	ck_assert_str_eq(acc_scope_find(&s, "a"), "urn:2");
	ck_assert_str_eq(acc_scope_find(&s, ""), "");
	ck_assert(acc_scope_has_at(&s, 2, "a"));
	ck_assert(!acc_scope_has_at(&s, 2, "b"));
	ck_assert(!acc_scope_has_at(&s, 1, ""));
	acc_scope_leave(&s, 2);
	ck_assert_str_eq(acc_scope_find(&s, "a"), "urn:1");
	ck_assert_str_eq(acc_scope_find(&s, ""), "jabber:server");
	acc_scope_leave(&s, 1);
	ck_assert_ptr_null(acc_scope_find(&s, "a"));
	ck_assert_uint_eq(s.used, 0);
}
END_TEST

START_TEST(scope_has_room_for_so_many)
{
	char prefix[8];

	for (int i = 0; i < ACC_SCOPE_BINDINGS; i++) {
		snprintf(prefix, sizeof(prefix), "p%d", i);
		bind(1, prefix, "urn:x");
	}
	ck_assert_int_eq(acc_scope_bind(&s, 1, "q", "urn:x"), EDGE_ELIMIT);
	ck_assert_ptr_null(acc_scope_find(&s, "q"));
}
END_TEST

START_TEST(scope_has_room_for_so_much)
{
	static char uri[ACC_SCOPE_BYTES + 2];
	char prefix[ACC_SCOPE_PREFIX_MAX + 2];

	memset(uri, 'u', sizeof(uri) - 1);
	ck_assert_int_eq(acc_scope_bind(&s, 1, "a", uri), EDGE_ELIMIT);
	uri[ACC_SCOPE_BYTES - 3] = '\0'; /* "a", its end and this end */
	ck_assert_int_eq(acc_scope_bind(&s, 1, "a", uri), EDGE_OK);
	ck_assert_int_eq(acc_scope_bind(&s, 1, "b", ""), EDGE_ELIMIT);
	acc_scope_leave(&s, 1);
	memset(prefix, 'p', sizeof(prefix) - 1);
	prefix[sizeof(prefix) - 1] = '\0';
	ck_assert_int_eq(acc_scope_bind(&s, 1, prefix, ""), EDGE_ELIMIT);
	ck_assert_int_eq(acc_scope_bind(&s, 1, prefix + 1, ""), EDGE_OK);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_scope");
	TCase *t = tcase_create("scope");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, scope_begins_with_the_content_of_servers);
	tcase_add_test(t, scope_inner_binding_hides_the_outer_until_it_is_left);
	tcase_add_test(t, scope_has_room_for_so_many);
	tcase_add_test(t, scope_has_room_for_so_much);
	suite_add_tcase(suite, t);
	return suite;
}
