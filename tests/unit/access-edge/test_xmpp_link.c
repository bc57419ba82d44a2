/* access-edge/xmpp_link.c: deadlines, holding back, ends. */
#include "access-edge/xmpp_link.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "access-edge/xmpp_in.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/xmpp_world.h"

/* A partner that is admitted, as after dialback. */
static struct xmpp_end *admitted(void)
{
	struct xmpp_end *e = xmpp_partner_open("fabrikam.com");

	xmpp_say(e, "<db:result from='fabrikam.com' to='contoso.com'>k"
		    "</db:result>");
	/* without a resolver nobody can be asked */
	xmpp_hears(e, "type='error'");
	return e;
}

START_TEST(xmpp_link_ends_when_it_is_not_established)
{
	struct xmpp_end *e;

	xmpp_topo.xmpp_gateway.establish_s = 1;
	e = xmpp_partner_open("fabrikam.com");
	xmpp_is_over(e);
	ck_assert_ptr_nonnull(strstr(e->text, "<connection-timeout "));
	ck_assert_ptr_nonnull(strstr(e->text, "</stream:stream>"));
	ck_assert(heard("reason=establish_time"));
	ck_assert_uint_eq(core.streams, 0);
}
END_TEST

START_TEST(xmpp_link_ends_when_it_is_idle)
{
	struct xmpp_end *e = xmpp_partner_open("fabrikam.com");

	acc_xmpp_link_ready(xmpp_newest(), 300, 0);
	xmpp_forget(e);
	xmpp_is_over(e);
	ck_assert_str_eq(e->text, "</stream:stream>"); /* no error */
	ck_assert(heard("ACC_EV_XMPP_CLOSED"));
	ck_assert(heard("reason=idle"));
}
END_TEST

START_TEST(xmpp_link_keeps_alive_with_white_space)
{
	struct xmpp_end *e = xmpp_partner_open("fabrikam.com");

	acc_xmpp_link_ready(xmpp_newest(), 0, 50);
	xmpp_forget(e);
	xmpp_hears(e, "  ");
}
END_TEST

/* AE 6.4: what is more than the rate allows waits, and comes. */
START_TEST(xmpp_link_holds_back_who_is_too_fast)
{
	struct xmpp_end *g, *e;
	struct acc_xmpp_link *l;
	uint64_t before;

	xmpp_limits[ACC_LIMIT_XMPP_RATE] = 20;
	xmpp_limits[ACC_LIMIT_XMPP_BURST] = 5;
	g = xmpp_gateway("fe01.corp");
	e = xmpp_partner_open("fabrikam.com");
	l = xmpp_newest();
	/* proved, as if its key had been valid */
	xmpp_say(e, "<db:verify from='fabrikam.com' to='contoso.com' id='1'>k"
		    "</db:verify>");
	xmpp_hears(e, "type='invalid'");
	acc_xmpp_link_ready(l, 0, 0);
	before = acc_xmpp_now(&core);
	for (int i = 0; i < 15; i++) /* keys to be looked at, one a token */
		xmpp_say(e, "<db:verify from='fabrikam.com' to='contoso.com' "
			    "id='2'>k</db:verify>");
	xmpp_say(e, "<db:verify from='fabrikam.com' to='contoso.com' id='9'>k"
		    "</db:verify>");
	xmpp_hears(e, "id='9'");
	/* 5 at once, the other 11 at 20 a second */
	ck_assert_uint_ge(acc_xmpp_now(&core) - before, 400);
	ck_assert_int_ge(g->fd, 0);
}
END_TEST

/* Whoever fills a queue is not read until it has drained. */
START_TEST(xmpp_link_waits_for_a_long_queue)
{
	struct xmpp_end *g = xmpp_gateway("fe01.corp");
	struct acc_xmpp_link *gateway = xmpp_newest();
	struct xmpp_end *e = xmpp_partner_open("fabrikam.com");
	struct acc_xmpp_link *l = xmpp_newest();

	acc_xmpp_link_wait_for(l, gateway);
	xmpp_say(e, "<db:verify from='fabrikam.com' to='contoso.com' id='1'>k"
		    "</db:verify>");
	xmpp_turn(50);
	ck_assert_ptr_null(strstr(e->text, "db:verify"));
	close(g->fd); /* it ends instead */
	g->fd = -1;
	xmpp_hears(e, "type='invalid'");
}
END_TEST

START_TEST(xmpp_link_says_errors_with_a_header)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"<!DOCTYPE a><a/>", "restricted-xml"},
		{"<a/>", "invalid-namespace"},
		{"\xff\xfe", "unsupported-encoding"},
		{"hello there", "not-well-formed"},
	};
	struct xmpp_end *e = xmpp_partner();

	xmpp_say(e, rows[_i].text);
	xmpp_is_over(e);
	ck_assert_ptr_nonnull(strstr(e->text, "<stream:stream "));
	ck_assert_ptr_nonnull(strstr(e->text, rows[_i].error));
	ck_assert_uint_eq(core.streams, 0);
}
END_TEST

START_TEST(xmpp_link_that_breaks_is_told)
{
	struct xmpp_end *e = xmpp_partner_open("fabrikam.com");

	close(e->fd);
	e->fd = -1;
	xmpp_turn(50);
	ck_assert_ptr_null(xmpp_newest());
	ck_assert(heard("reason=remote_closed"));
	ck_assert_uint_eq(
		xmpp_stat(ACC_STAT_XMPP_REFUSED + ACC_XMPP_R_REMOTE_CLOSED), 1);
}
END_TEST

START_TEST(xmpp_link_without_resolver_refuses_keys)
{
	struct xmpp_end *e = admitted();

	xmpp_is_over(e);
	ck_assert_ptr_nonnull(strstr(e->text, "<remote-connection-failed "));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("xmpp_link");
	TCase *t = xmpp_world_case(s, "link");

	tcase_add_test(t, xmpp_link_ends_when_it_is_not_established);
	tcase_add_test(t, xmpp_link_ends_when_it_is_idle);
	tcase_add_test(t, xmpp_link_keeps_alive_with_white_space);
	tcase_add_test(t, xmpp_link_holds_back_who_is_too_fast);
	tcase_add_test(t, xmpp_link_waits_for_a_long_queue);
	tcase_add_loop_test(t, xmpp_link_says_errors_with_a_header, 0, 4);
	tcase_add_test(t, xmpp_link_that_breaks_is_told);
	tcase_add_test(t, xmpp_link_without_resolver_refuses_keys);
	return s;
}
