/* access-edge/xmpp_tell.c: one reason in event, counter and list. */
#include "access-edge/xmpp_tell.h"

#include <string.h>

#include "access-edge/xmpp_in.h"
#include "common/recent.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/xmpp_world.h"

static void keep(const char *line, void *arg)
{
	char *out = arg;

	strncpy(out, line, EDGE_RECENT_LINE - 1);
}

START_TEST(xmpp_tell_of_a_refusal_says_it_thrice)
{
	char line[EDGE_RECENT_LINE] = "";

	xmpp_partner_open("fabrikam.com");
	acc_xmpp_link_end(xmpp_newest(), ACC_XMPP_R_CERTIFICATE);
	ck_assert(heard("1102 ACC_EV_XMPP_REFUSED"));
	ck_assert(heard("reason=certificate link=in"));
	ck_assert(heard("domain=fabrikam.com own=contoso.com"));
	ck_assert_uint_eq(
		xmpp_stat(ACC_STAT_XMPP_REFUSED + ACC_XMPP_R_CERTIFICATE), 1);
	edge_recent_each(core.refusals, keep, line);
	ck_assert_ptr_nonnull(strstr(line, "\"reason\":\"certificate\""));
	ck_assert_ptr_nonnull(strstr(line, "\"role\":\"xmpp-in\""));
}
END_TEST

START_TEST(xmpp_tell_of_an_end_in_order_is_no_refusal)
{
	static const enum acc_xmpp_reason orderly[] = {
		ACC_XMPP_R_OK, ACC_XMPP_R_IDLE, ACC_XMPP_R_SHUTDOWN};
	char line[EDGE_RECENT_LINE] = "";

	xmpp_partner_open("fabrikam.com");
	acc_xmpp_link_end(xmpp_newest(), orderly[_i]);
	ck_assert(heard("1101 ACC_EV_XMPP_CLOSED"));
	ck_assert(!heard("WARN"));
	edge_recent_each(core.refusals, keep, line);
	ck_assert_str_eq(line, "");
}
END_TEST

/* Peer text is escaped: no line of ours can be made by another. */
START_TEST(xmpp_tell_escapes_what_others_say)
{
	struct acc_xmpp_stanza_told told = {.way = "in",
					    .name = "message",
					    .reason = ACC_XMPP_R_STANZA_KIND,
					    .is_bounced = true};

	told.from = edge_slice_str("a b\nreason=ok@x");
	acc_xmpp_tell_stanza(&core, &told);
	ck_assert(heard("from=a\\x20b\\x0areason=ok@x to=-"));
	ck_assert(heard("1103 ACC_EV_XMPP_BOUNCED"));
	told.is_bounced = false;
	acc_xmpp_tell_stanza(&core, &told);
	ck_assert(heard("1104 ACC_EV_XMPP_DROPPED"));
}
END_TEST

START_TEST(xmpp_tell_of_gateways_has_its_own_events)
{
	xmpp_gateway("fe01.corp");
	ck_assert(heard("1106 ACC_EV_XMPP_GATEWAY "));
	ck_assert(heard("domain=fe01.corp own=contoso.com auth=mtls"));
	acc_xmpp_link_end(xmpp_newest(), ACC_XMPP_R_OUT_OF_ORDER);
	ck_assert(heard("1107 ACC_EV_XMPP_GATEWAY_GONE"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("xmpp_tell");
	TCase *t = xmpp_world_case(s, "tell");

	tcase_add_test(t, xmpp_tell_of_a_refusal_says_it_thrice);
	tcase_add_loop_test(t, xmpp_tell_of_an_end_in_order_is_no_refusal, 0,
			    3);
	tcase_add_test(t, xmpp_tell_escapes_what_others_say);
	tcase_add_test(t, xmpp_tell_of_gateways_has_its_own_events);
	return s;
}
