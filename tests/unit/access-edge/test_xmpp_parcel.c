/* access-edge/xmpp_parcel.c: a stanza kept until it can go. */
#include "access-edge/xmpp_parcel.h"

#include <string.h>

#include "tests/support/suite.h"

static struct acc_xmpp_item item(const char *type)
{
	struct acc_xmpp_item i = {.kind = ACC_XMPP_ELEMENT,
				  .ns = ACC_NS_SERVER,
				  .name = "message"};

	i.from = edge_slice_str("a@contoso.com");
	i.to = edge_slice_str("b@fabrikam.com");
	i.id = edge_slice_str("7");
	i.type = edge_slice_str(type);
	i.bytes = edge_slice_str("<message>text</message>");
	return i;
}

START_TEST(parcel_keeps_a_copy)
{
	char bytes[] = "<message/>";
	struct acc_xmpp_item i = item("chat");
	struct acc_xmpp_parcel *p;

	i.bytes = edge_slice_str(bytes);
	ck_assert_int_eq(acc_xmpp_parcel_new(&p, &i, 99), EDGE_OK);
	memset(bytes, 'x', sizeof(bytes) - 1);
	ck_assert(edge_slice_eq_str(p->bytes, "<message/>"));
	ck_assert(edge_slice_eq_str(p->from, "a@contoso.com"));
	ck_assert(edge_slice_eq_str(p->to, "b@fabrikam.com"));
	ck_assert(edge_slice_eq_str(p->id, "7"));
	ck_assert_str_eq(p->name, "message");
	ck_assert_uint_eq(p->gateway, 99);
	ck_assert(!p->is_answer);
	acc_xmpp_parcel_free(p);
	i = item("error");
	ck_assert_int_eq(acc_xmpp_parcel_new(&p, &i, 99), EDGE_OK);
	ck_assert(p->is_answer);
	acc_xmpp_parcel_free(p);
}
END_TEST

START_TEST(parcel_of_a_bounce_is_never_answered)
{
	struct acc_xmpp_item i = item("chat");
	struct acc_xmpp_parcel *p;

	ck_assert_int_eq(acc_xmpp_parcel_bounce(&p, &i, ACC_XMPP_R_STANZA_KIND),
			 EDGE_OK);
	ck_assert(edge_slice_eq_str(
		p->bytes,
		"<message from='b@fabrikam.com' to='a@contoso.com' id='7' "
		"type='error'><error type='cancel'><service-unavailable "
		"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
		"</message>"));
	ck_assert(p->is_answer);
	ck_assert_uint_eq(p->gateway, 0);
	acc_xmpp_parcel_free(p);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_parcel");
	TCase *t = tcase_create("parcel");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, parcel_keeps_a_copy);
	tcase_add_test(t, parcel_of_a_bounce_is_never_answered);
	suite_add_tcase(suite, t);
	return suite;
}
