/* av-edge/worker_tell.c: events of allocations. */
#include <string.h>

#include "av-edge/events.h"
#include "av-edge/worker_state.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"

static const uint8_t user[16] = {0xab, 0xcd, [15] = 0x01};
static struct ave_leg leg;

static void set_up(void)
{
	heard_start(ave_events);
	ck_assert_int_eq(
		edge_addr_parse(&leg.client, edge_slice_str("192.0.2.7"), 4000),
		EDGE_OK);
	leg.transport = AVE_TLS;
}

static void tear_down(void)
{
	heard_stop();
}

static bool says(const char *what)
{
	return strstr(heard_line(heard_count() - 1), what);
}

START_TEST(worker_tells_what_becomes_of_allocations)
{
	struct edge_addr relayed;
	struct ave_story s = {.what = AVE_STORY_MADE,
			      .dialect = "MS-TURN",
			      .leg = &leg,
			      .pseudonym = user,
			      .relayed = &relayed,
			      .lived_ms = 4711,
			      .to_peer = 1,
			      .to_peer_bytes = 22,
			      .to_client = 3,
			      .to_client_bytes = 44};

	ck_assert_int_eq(edge_addr_parse(&relayed,
					 edge_slice_str("203.0.113.31"), 50001),
			 EDGE_OK);
	ave_worker_story(NULL, &s);
	ck_assert(says("client=192.0.2.7:4000 over=tls dialect=MS-TURN"));
	ck_assert(says("user=abcd0000000000000000000000000001"));
	ck_assert(says("relayed=203.0.113.31:50001"));
	ck_assert(!says("integrity="));
	s.integrity = "sha256/md5-key/padded";
	ave_worker_story(NULL, &s);
	ck_assert(says(" integrity=sha256/md5-key/padded"));
	s.what = AVE_STORY_ENDED;
	s.why = AVE_EXPIRED;
	leg.transport = AVE_UDP;
	ave_worker_story(NULL, &s);
	ck_assert(says("over=udp"));
	ck_assert(says("reason=expired ms=4711 to_peer=1/22 to_client=3/44"));
	s.what = AVE_STORY_REFUSED;
	s.why = AVE_USER_LIMIT;
	s.relayed = NULL;
	ave_worker_story(NULL, &s);
	ck_assert(says("reason=user_limit"));
	ck_assert(!says("relayed="));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("worker_tell");
	TCase *t = tcase_create("events");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, worker_tells_what_becomes_of_allocations);
	suite_add_tcase(s, t);
	return s;
}
