/* av-edge/view.c: whom a client may try instead. */
#include "av-edge/view.h"

#include <netinet/in.h>

#include "tests/support/fake_net.h"
#include "tests/support/suite.h"

static struct edge_addr members[3];
static struct ave_view view;

static void set_up(void)
{
	members[0] = fake_addr("2001:db8::77", 3478);
	members[1] = fake_addr("192.0.2.77", 3478);
	members[2] = fake_addr("192.0.2.78", 3478);
	view = (struct ave_view){.members = members, .member_count = 3};
}

START_TEST(view_names_members_in_turn)
{
	const struct ave_leg leg = fake_client("198.51.100.7", 4000);
	const uint8_t last[] = {77, 77, 78, 77};
	struct edge_addr at;

	for (uint8_t any = 0; any < sizeof(last); any++) {
		at = ave_view_member(&view, &leg, any);
		ck_assert_uint_eq(at.family, AF_INET);
		ck_assert_uint_eq(at.ip[3], last[any]);
		ck_assert_uint_eq(at.port, 3478);
	}
	at = ave_view_member(&view, &leg, 255);
	ck_assert_uint_eq(at.ip[3], 77);
}
END_TEST

START_TEST(view_names_members_of_the_clients_family)
{
	struct ave_leg leg = fake_client("2001:db8:7::7", 4000);

	for (uint8_t any = 0; any < 3; any++)
		ck_assert_uint_eq(ave_view_member(&view, &leg, any).family,
				  AF_INET6);
	view.members++;
	view.member_count = 2;
	ck_assert_uint_eq(ave_view_member(&view, &leg, 0).family, 0);
}
END_TEST

START_TEST(view_names_the_port_of_a_stream)
{
	const struct ave_leg leg = fake_stream("198.51.100.7", 4000);

	ck_assert_uint_eq(ave_view_member(&view, &leg, 1).port,
			  leg.server.port);
}
END_TEST

/* What is told there are public addresses. */
START_TEST(view_names_nobody_inside_nor_alone)
{
	struct ave_leg leg = fake_client("198.51.100.7", 4000);

	leg.side = AVE_INSIDE;
	ck_assert_uint_eq(ave_view_member(&view, &leg, 1).family, 0);
	leg.side = AVE_OUTSIDE;
	view.member_count = 0;
	ck_assert_uint_eq(ave_view_member(&view, &leg, 1).family, 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("view");
	TCase *tc = tcase_create("members");

	tcase_set_timeout(tc, 10);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, view_names_members_in_turn);
	tcase_add_test(tc, view_names_members_of_the_clients_family);
	tcase_add_test(tc, view_names_the_port_of_a_stream);
	tcase_add_test(tc, view_names_nobody_inside_nor_alone);
	suite_add_tcase(s, tc);
	return s;
}
