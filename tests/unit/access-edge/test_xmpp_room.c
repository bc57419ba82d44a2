/* access-edge/xmpp_room.c: whose place a stream takes. */
#include "access-edge/xmpp_room.h"

#include <string.h>

#include "access-edge/xmpp_in.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/xmpp_world.h"

/* A stream as after dialback. */
static void prove(struct acc_xmpp_link *l, size_t partner)
{
	l->partner = &xmpp_topo.xmpp[partner];
}

START_TEST(xmpp_room_is_taken_by_who_is_proved)
{
	xmpp_topo.xmpp_gateway.partner_connections = 2;
	for (int i = 0; i < 5; i++) /* anybody may say that */
		xmpp_partner_open("fabrikam.com");
	ck_assert_int_eq(acc_xmpp_room(&core, &xmpp_topo.xmpp[0], false),
			 ACC_XMPP_R_OK);
	prove(xmpp_newest(), 0);
	ck_assert_int_eq(acc_xmpp_room(&core, &xmpp_topo.xmpp[0], false),
			 ACC_XMPP_R_OK);
	xmpp_partner_open("fabrikam.com");
	prove(xmpp_newest(), 0);
	ck_assert_int_eq(acc_xmpp_room(&core, &xmpp_topo.xmpp[0], false),
			 ACC_XMPP_R_PARTNER_LIMIT);
	ck_assert_int_eq(acc_xmpp_room(&core, &xmpp_topo.xmpp[1], false),
			 ACC_XMPP_R_OK);
	ck_assert_int_eq(acc_xmpp_room(&core, NULL, false), ACC_XMPP_R_OK);
}
END_TEST

START_TEST(xmpp_room_of_one_holds_one)
{
	xmpp_topo.xmpp_gateway.connections = 1;
	acc_xmpp_room_set(&core);
	xmpp_partner_open("fabrikam.com");
	ck_assert_int_eq(acc_xmpp_room(&core, &xmpp_topo.xmpp[0], true),
			 ACC_XMPP_R_OK);
	ck_assert_int_eq(acc_xmpp_room(&core, &xmpp_topo.xmpp[0], false),
			 ACC_XMPP_R_CONNECTIONS);
}
END_TEST

/* Strangers take half of all places at most. */
START_TEST(xmpp_room_is_left_for_ours)
{
	struct xmpp_end *e;

	xmpp_topo.xmpp_gateway.connections = 6;
	acc_xmpp_room_set(&core);
	for (int i = 0; i < 3; i++)
		xmpp_partner_open("fabrikam.com");
	e = xmpp_partner();
	xmpp_is_over(e);
	ck_assert(heard("reason=connections"));
	ck_assert_int_eq(acc_xmpp_room(&core, &xmpp_topo.xmpp[0], false),
			 ACC_XMPP_R_OK);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("xmpp_room");
	TCase *t = xmpp_world_case(s, "room");

	tcase_add_test(t, xmpp_room_is_taken_by_who_is_proved);
	tcase_add_test(t, xmpp_room_of_one_holds_one);
	tcase_add_test(t, xmpp_room_is_left_for_ours);
	return s;
}
