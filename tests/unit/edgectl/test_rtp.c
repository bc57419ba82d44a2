/* edgectl/rtp.c: SRTP both ways, lost and altered packets counted. */
#include <check.h>
#include <string.h>

#include "edgectl/rtp.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/relay_server.h"

enum { PACKETS = 10 };

static struct ctl_turn *end[2];
static struct ctl_rtp_way way[2];

/* Two allocations on a server of that plan, and PACKETS each way. */
static enum edge_err run(struct relay_plan plan, unsigned *given_back)
{
	struct relay_server *server;
	struct ctl_turn_plan p = {.is_tcp = plan.is_tcp,
				  .username = edge_slice_str("user"),
				  .password = edge_slice_str("secret"),
				  .ms = 20000};
	struct ctl_rtp_plan rtp = {.packets = PACKETS,
				   .is_stream = plan.is_tcp};
	enum edge_err err;
	char why[256] = "";

	plan.username = p.username;
	plan.password = p.password;
	server = relay_server_start(&plan);
	p.server = relay_server_address(server);
	for (int i = 0; i < 2; i++) {
		ck_assert_msg(!ctl_turn_open(&end[i], &p, why, sizeof(why)),
			      "%s", why);
		rtp.end[i] = end[i];
	}
	err = ctl_rtp_run(way, &rtp);
	ctl_turn_close(end[0]);
	ctl_turn_close(end[1]);
	*given_back = relay_server_stop(server);
	return err;
}

START_TEST(rtp_arrives_both_ways)
{
	const struct relay_plan plan = {.is_tcp = _i & 1,
					.as_indications = _i & 2};
	unsigned given_back;

	ck_assert(!run(plan, &given_back));
	ck_assert_uint_eq(given_back, 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(way[i].sent, PACKETS);
		ck_assert_uint_eq(way[i].received, PACKETS);
		ck_assert_uint_eq(way[i].bad, 0);
		ck_assert_uint_gt(way[i].worst_us, 0);
		ck_assert_uint_le(way[i].average_us, way[i].worst_us);
	}
}
END_TEST

START_TEST(rtp_lost_is_missing)
{
	unsigned given_back;

	ck_assert(!run((struct relay_plan){.lose = 5}, &given_back));
	ck_assert_uint_eq(way[0].sent + way[1].sent, 2 * PACKETS);
	ck_assert_uint_eq(way[0].received + way[1].received,
			  2 * PACKETS - 2 * PACKETS / 5);
	ck_assert_uint_eq(way[0].bad + way[1].bad, 0);
}
END_TEST

START_TEST(rtp_altered_is_bad)
{
	unsigned given_back;

	ck_assert(!run((struct relay_plan){.spoil = 4}, &given_back));
	ck_assert_uint_eq(way[0].bad + way[1].bad, 2 * PACKETS / 4);
	ck_assert_uint_eq(way[0].received + way[1].received,
			  2 * PACKETS - 2 * PACKETS / 4);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/rtp");
	TCase *t = tcase_create("rtp");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, rtp_arrives_both_ways, 0, 4);
	tcase_add_test(t, rtp_lost_is_missing);
	tcase_add_test(t, rtp_altered_is_bad);
	suite_add_tcase(s, t);
	return s;
}
