/* access-edge/xmpp_item.c: namespaces by sight, parts by name. */
#include "access-edge/xmpp_item.h"

#include "tests/support/suite.h"

START_TEST(item_namespaces_have_one_name_each)
{
	for (int i = ACC_NS_SERVER; i < ACC_NS_COUNT; i++) {
		const char *uri = acc_xmpp_ns_uri((enum acc_xmpp_ns)i);

		ck_assert_str_ne(uri, "");
		ck_assert_int_eq(acc_xmpp_ns_of(uri), i);
	}
	ck_assert_int_eq(acc_xmpp_ns_of(NULL), ACC_NS_NONE);
	ck_assert_int_eq(acc_xmpp_ns_of(""), ACC_NS_NONE);
	ck_assert_int_eq(acc_xmpp_ns_of("jabber:client"), ACC_NS_OTHER);
	ck_assert_int_eq(acc_xmpp_ns_of("JABBER:server"), ACC_NS_OTHER);
	ck_assert_str_eq(acc_xmpp_ns_uri(ACC_NS_OTHER), "");
	ck_assert_str_eq(acc_xmpp_ns_uri(ACC_NS_COUNT), "");
}
END_TEST

START_TEST(item_is_what_namespace_and_name_say)
{
	static const struct acc_xmpp_part parts[] = {
		{2, ACC_NS_TLS, "starttls", ""},
		{3, ACC_NS_TLS, "required", ""},
		{2, ACC_NS_SASL, "mechanism", "PLAIN"},
		{3, ACC_NS_SASL, "mechanism", "EXTERNAL"}};
	struct acc_xmpp_item i = {.kind = ACC_XMPP_ELEMENT,
				  .ns = ACC_NS_STREAM,
				  .name = "features",
				  .parts = parts,
				  .part_count = 4};

	ck_assert(acc_xmpp_item_is(&i, ACC_NS_STREAM, "features"));
	ck_assert(!acc_xmpp_item_is(&i, ACC_NS_SERVER, "features"));
	ck_assert(!acc_xmpp_item_is(&i, ACC_NS_STREAM, "error"));
	ck_assert_ptr_eq(acc_xmpp_item_part(&i, ACC_NS_TLS, "required"),
			 &parts[1]);
	ck_assert_ptr_eq(acc_xmpp_item_part(&i, ACC_NS_SASL, "mechanism"),
			 &parts[2]);
	ck_assert_ptr_null(acc_xmpp_item_part(&i, ACC_NS_SASL, "required"));
	i.kind = ACC_XMPP_HEADER;
	ck_assert(!acc_xmpp_item_is(&i, ACC_NS_STREAM, "features"));
}
END_TEST

START_TEST(item_version_is_a_number)
{
	static const struct {
		const char *text;
		unsigned major;
	} rows[] = {{"1.0", 1},	 {"1.1", 1}, {"0.9", 0}, {"10.0", 10},
		    {"", 0},	 {"x", 0},   {"1", 0},	 {".1", 0},
		    {"-1.0", 0}, {"2x.0", 0}};
	struct acc_xmpp_item i = {.kind = ACC_XMPP_HEADER};

	ck_assert_uint_eq(acc_xmpp_item_version(&i), 0);
	for (size_t n = 0; n < sizeof(rows) / sizeof(*rows); n++) {
		i.version = edge_slice_str(rows[n].text);
		ck_assert_uint_eq(acc_xmpp_item_version(&i), rows[n].major);
	}
	i.version = edge_slice("1.0", 0); /* behind it is another's */
	ck_assert_uint_eq(acc_xmpp_item_version(&i), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_item");
	TCase *t = tcase_create("item");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, item_namespaces_have_one_name_each);
	tcase_add_test(t, item_is_what_namespace_and_name_say);
	tcase_add_test(t, item_version_is_a_number);
	suite_add_tcase(suite, t);
	return suite;
}
