/* access-edge/xmpp_in.c: partners' streams. */
#include "access-edge/xmpp_in.h"

#include <string.h>

#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/xmpp_world.h"

START_TEST(xmpp_in_counts_all_streams)
{
	struct xmpp_end *e;

	xmpp_topo.xmpp_gateway.connections = 2;
	xmpp_partner_open("fabrikam.com");
	xmpp_partner_open("litware.example");
	e = xmpp_partner();
	xmpp_say(e, "<stream:stream xmlns='jabber:server' xmlns:stream='"
		    "http://etherx.jabber.org/streams' to='contoso.com' "
		    "from='fabrikam.com' version='1.0'>");
	xmpp_is_over(e);
	ck_assert(heard("reason=connections"));
}
END_TEST

START_TEST(xmpp_in_offers_what_the_partner_may)
{
	struct xmpp_end *e = xmpp_partner_open("fabrikam.com");

	ck_assert_ptr_null(strstr(e->text, "starttls"));
	ck_assert_ptr_nonnull(strstr(e->text, "<dialback "));
	e = xmpp_partner_open("litware.example");
	ck_assert_ptr_nonnull(strstr(e->text, "<required/></starttls>"));
	ck_assert_ptr_null(strstr(e->text, "<dialback "));
	ck_assert_ptr_null(strstr(e->text, "mechanism"));
}
END_TEST

/* A key of ours is ours for that partner and that stream. */
START_TEST(xmpp_in_answers_about_our_keys)
{
	struct xmpp_end *e = xmpp_partner_open("fabrikam.com");
	char key[ACC_DIALBACK_KEY_LEN];

	ck_assert_int_eq(acc_dialback_key(&core.dialback, key, "fabrikam.com",
					  "contoso.com", edge_slice_str("st1")),
			 EDGE_OK);
	xmpp_say(e, "<db:verify from='fabrikam.com' to='contoso.com' "
		    "id='st1'>");
	xmpp_say(e, key);
	xmpp_say(e, "</db:verify>");
	xmpp_hears(e, "<db:verify from='contoso.com' to='fabrikam.com' "
		      "id='st1' type='valid'>");
	xmpp_say(e, "<db:verify from='fabrikam.com' to='contoso.com' "
		    "id='st2'>");
	xmpp_say(e, key);
	xmpp_say(e, "</db:verify>");
	xmpp_hears(e, "id='st2' type='invalid'>");
	ck_assert_uint_eq(xmpp_stat(ACC_STAT_XMPP_KEYS_VALID), 1);
	ck_assert_uint_eq(xmpp_stat(ACC_STAT_XMPP_KEYS_INVALID), 1);
	xmpp_say(e, "</stream:stream>"); /* that was all he came for */
	xmpp_is_over(e);
	ck_assert(heard("ACC_EV_XMPP_CLOSED"));
	ck_assert(!heard("ACC_EV_XMPP_REFUSED"));
}
END_TEST

START_TEST(xmpp_in_who_comes_for_nothing_is_told)
{
	struct xmpp_end *e = xmpp_partner_open("fabrikam.com");

	xmpp_say(e, "</stream:stream>");
	xmpp_is_over(e);
	ck_assert(heard("ACC_EV_XMPP_REFUSED"));
}
END_TEST

START_TEST(xmpp_in_does_as_the_verdict_says)
{
	struct xmpp_end *g = xmpp_gateway("fe01.corp");
	struct xmpp_end *e = xmpp_partner_open("fabrikam.com");
	struct acc_xmpp_link *l = xmpp_newest();

	/* nobody asked about that pair: nothing happens */
	acc_xmpp_in_verdict(&core, l->id, 12345, ACC_XMPP_R_OK);
	xmpp_say(e, "<message from='b@fabrikam.com' to='a@contoso.com'/>");
	xmpp_is_over(e);
	ck_assert_ptr_nonnull(strstr(e->text, "<not-authorized "));
	ck_assert_ptr_null(strstr(g->text, "message"));
	/* a stream that is gone */
	acc_xmpp_in_verdict(&core, 12345, 12345, ACC_XMPP_R_OK);
}
END_TEST

START_TEST(xmpp_in_new_topology_ends_who_is_no_partner)
{
	struct xmpp_end *f = xmpp_partner_open("fabrikam.com");
	struct acc_xmpp_link *first = xmpp_newest();
	struct xmpp_end *l = xmpp_partner_open("litware.example");

	xmpp_topo.xmpp++; /* fabrikam.com is off the list */
	xmpp_topo.xmpp_count--;
	acc_xmpp_in_topology(first);
	xmpp_is_over(f);
	ck_assert_ptr_nonnull(strstr(f->text, "<not-authorized "));
	acc_xmpp_in_topology(xmpp_newest());
	xmpp_turn(20);
	ck_assert_ptr_null(strstr(l->text, "error"));
	ck_assert_uint_eq(core.streams, 1);
}
END_TEST

START_TEST(xmpp_in_takes_nobody_in_while_it_drains)
{
	struct xmpp_end *e;

	core.is_draining = true;
	e = xmpp_partner();
	xmpp_is_over(e);
	ck_assert_str_eq(e->text, "");
	ck_assert(heard("ACC_EV_XMPP_LIMIT"));
	ck_assert_uint_eq(xmpp_stat(ACC_STAT_XMPP_NOT_LET_IN), 1);
	ck_assert(xmpp_kept("\"reason\":\"shutdown\","
			    "\"role\":\"xmpp-in\""));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("xmpp_in");
	TCase *t = xmpp_world_case(s, "in");

	tcase_add_test(t, xmpp_in_counts_all_streams);
	tcase_add_test(t, xmpp_in_offers_what_the_partner_may);
	tcase_add_test(t, xmpp_in_answers_about_our_keys);
	tcase_add_test(t, xmpp_in_who_comes_for_nothing_is_told);
	tcase_add_test(t, xmpp_in_does_as_the_verdict_says);
	tcase_add_test(t, xmpp_in_new_topology_ends_who_is_no_partner);
	tcase_add_test(t, xmpp_in_takes_nobody_in_while_it_drains);
	return s;
}
